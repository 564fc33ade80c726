//! Parser of targets and form rules.
//!
//! There is one function per grammar rule. The next word always determines the rule, so the parser
//! never backtracks and an error points at the exact column. Depth, members, terms and length are
//! bounded, so parsing always terminates quickly.

use super::ast::{
    Baseline, ChangeMode, Comparator, Comparison, DEPTH_MAX, EachUnits, Expr, FormRuleExpr,
    MEMBERS_MAX, Measure, RatioBasis, TERMS_MAX, TEXT_MAX, Target, TargetBound, TargetUnits,
    TargetWindow, TermSign,
};
use super::syntax_error::{ExpectedSyntax, SyntaxError};
use super::token::{
    ParseFailure, ParseResult, ParserHints, ParserInput, accept_symbol, accept_word, expect_symbol,
    parse_bracketed_identifier, parse_bracketed_whole_number, parse_date, parse_decimal,
    parse_element, parse_keyword, parse_whole_number, skip_blanks,
};
use crate::domain::report::element::CountingLevel;
use std::str::FromStr;

/// Maximum number after `per`.
const PER_MAX: u64 = 1_000_000_000;
/// Maximum phase number.
const PHASE_MAX: u64 = 99;

impl Target {
    /// Parses the text of a target.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        parse_whole_text(text, |input| parse_target(input, 1))
    }
}

impl FormRuleExpr {
    /// Parses a form rule: `expr cmp expr`.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        parse_whole_text(text, |input| {
            Ok(Self {
                left: parse_expr(input)?,
                cmp: parse_comparator(input)?,
                right: parse_expr(input)?,
            })
        })
    }
}

impl Expr {
    /// Parses a sum of elements: `a + b - c`.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        parse_whole_text(text, parse_expr)
    }
}

impl FromStr for Target {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

fn parse_whole_text<T>(
    text: &str,
    read: impl FnOnce(&mut ParserInput<'_>) -> ParseResult<T>,
) -> Result<T, SyntaxError> {
    let mut input = ParserInput { input: text, state: ParserHints::default() };
    if text.len() > TEXT_MAX {
        return Err(
            ParseFailure::expecting(&input, ExpectedSyntax::ShorterText).into_syntax_error(text)
        );
    }
    let all = |input: &mut ParserInput<'_>| {
        let value = read(input)?;
        skip_blanks(input)?;
        if input.input.is_empty() {
            Ok(value)
        } else {
            Err(ParseFailure::expecting(input, ExpectedSyntax::End))
        }
    };
    all(&mut input).map_err(|failure| failure.into_syntax_error(text))
}

#[derive(Clone, Copy)]
enum FormulaKeyword {
    All,
    Any,
    Tier,
    Milestone,
    Attest,
    Measure(MeasureKeyword),
}

#[derive(Clone, Copy)]
enum MeasureKeyword {
    Count,
    Stock,
    Ratio,
    Rate,
    Change,
}

const MEASURE_KEYWORDS: [(&str, MeasureKeyword); 5] = [
    ("count", MeasureKeyword::Count),
    ("stock", MeasureKeyword::Stock),
    ("ratio", MeasureKeyword::Ratio),
    ("rate", MeasureKeyword::Rate),
    ("change", MeasureKeyword::Change),
];

const FORMULA_KEYWORDS: [(&str, FormulaKeyword); 10] = [
    ("all", FormulaKeyword::All),
    ("any", FormulaKeyword::Any),
    ("tier", FormulaKeyword::Tier),
    ("milestone", FormulaKeyword::Milestone),
    ("attest", FormulaKeyword::Attest),
    ("count", FormulaKeyword::Measure(MeasureKeyword::Count)),
    ("stock", FormulaKeyword::Measure(MeasureKeyword::Stock)),
    ("ratio", FormulaKeyword::Measure(MeasureKeyword::Ratio)),
    ("rate", FormulaKeyword::Measure(MeasureKeyword::Rate)),
    ("change", FormulaKeyword::Measure(MeasureKeyword::Change)),
];

fn parse_target(input: &mut ParserInput<'_>, depth: usize) -> ParseResult<Target> {
    skip_blanks(input)?;
    let too_deep = ParseFailure::expecting(input, ExpectedSyntax::LessNesting);
    let head = parse_keyword(input, &FORMULA_KEYWORDS)?;
    if depth > DEPTH_MAX {
        return Err(too_deep);
    }
    match head {
        FormulaKeyword::All => parse_members(input, depth).map(Target::All),
        FormulaKeyword::Any => parse_members(input, depth).map(Target::Any),
        FormulaKeyword::Tier => parse_tier(input, depth),
        FormulaKeyword::Milestone => parse_bracketed_identifier(input).map(Target::Milestone),
        FormulaKeyword::Attest => parse_bracketed_identifier(input).map(Target::Attest),
        FormulaKeyword::Measure(kind) => parse_comparison(input, kind, depth).map(Target::Compare),
    }
}

fn parse_members(input: &mut ParserInput<'_>, depth: usize) -> ParseResult<Vec<Target>> {
    expect_symbol(input, "(")?;
    let mut members = vec![parse_target(input, depth + 1)?];
    while accept_symbol(input, ",")? {
        if members.len() == MEMBERS_MAX {
            return Err(ParseFailure::expecting(input, ExpectedSyntax::FewerMembers));
        }
        members.push(parse_target(input, depth + 1)?);
    }
    expect_symbol(input, ")")?;
    Ok(members)
}

fn parse_tier(input: &mut ParserInput<'_>, depth: usize) -> ParseResult<Target> {
    expect_symbol(input, "(")?;
    let floor = Box::new(parse_target(input, depth + 1)?);
    expect_symbol(input, ",")?;
    let stretch = Box::new(parse_target(input, depth + 1)?);
    expect_symbol(input, ")")?;
    Ok(Target::Tier { floor, stretch })
}

fn parse_comparison(
    input: &mut ParserInput<'_>,
    kind: MeasureKeyword,
    depth: usize,
) -> ParseResult<Comparison> {
    let measure = parse_measure(input, kind, depth)?;
    let cmp = parse_comparator(input)?;
    let bound = parse_bound(input, measure.is_share())?;
    let window = if accept_word(input, "in")? { Some(parse_window(input)?) } else { None };
    let units = if accept_word(input, "by")? { Some(parse_units(input)?) } else { None };
    Ok(Comparison { measure, cmp, bound, window, units })
}

fn parse_comparator(input: &mut ParserInput<'_>) -> ParseResult<Comparator> {
    skip_blanks(input)?;
    let text = input.input;
    // The longer signs come first: `>=` starts with `>`.
    let signs = [
        Comparator::AtLeast,
        Comparator::AtMost,
        Comparator::Greater,
        Comparator::Less,
        Comparator::Equal,
    ];
    let Some(cmp) = signs.into_iter().find(|cmp| text.starts_with(cmp.as_str())) else {
        return Err(ParseFailure::expecting(input, ExpectedSyntax::Comparator));
    };
    expect_symbol(input, cmp.as_str()).map(|()| cmp)
}

/// A percentage is a bound of shares and relative changes only: `count(x) >= 50%` is refused.
fn parse_bound(input: &mut ParserInput<'_>, share: bool) -> ParseResult<TargetBound> {
    let decimal = parse_decimal(input)?;
    skip_blanks(input)?;
    if !share && input.input.starts_with('%') {
        return Err(ParseFailure::expecting(input, ExpectedSyntax::PlainNumber));
    }
    Ok(TargetBound { decimal, percent: accept_symbol(input, "%")? })
}

fn parse_measure(
    input: &mut ParserInput<'_>,
    kind: MeasureKeyword,
    depth: usize,
) -> ParseResult<Measure> {
    expect_symbol(input, "(")?;
    let measure = match kind {
        MeasureKeyword::Count => Measure::Count(parse_expr(input)?),
        MeasureKeyword::Stock => parse_stock(input)?,
        MeasureKeyword::Ratio => parse_ratio(input)?,
        MeasureKeyword::Rate => parse_rate(input)?,
        MeasureKeyword::Change => parse_change(input, depth + 1)?,
    };
    expect_symbol(input, ")")?;
    Ok(measure)
}

fn parse_stock(input: &mut ParserInput<'_>) -> ParseResult<Measure> {
    let expr = parse_expr(input)?;
    expect_symbol(input, "@")?;
    parse_keyword(input, &[("end", ())])?;
    Ok(Measure::Stock(expr))
}

fn parse_ratio(input: &mut ParserInput<'_>) -> ParseResult<Measure> {
    let num = parse_expr(input)?;
    expect_symbol(input, "/")?;
    let den = parse_expr(input)?;
    let words = [
        ("period", RatioBasis::Period),
        ("cohort", RatioBasis::Cohort),
        ("stock", RatioBasis::Stock),
    ];
    let basis = if accept_symbol(input, ",")? { Some(parse_keyword(input, &words)?) } else { None };
    Ok(Measure::Ratio { num, den, basis })
}

fn parse_rate(input: &mut ParserInput<'_>) -> ParseResult<Measure> {
    let num = parse_expr(input)?;
    parse_keyword(input, &[("per", ())])?;
    let per = parse_whole_number(input, 1, PER_MAX)?;
    Ok(Measure::Rate { num, per, den: parse_expr(input)? })
}

fn parse_change(input: &mut ParserInput<'_>, depth: usize) -> ParseResult<Measure> {
    skip_blanks(input)?;
    let too_deep = ParseFailure::expecting(input, ExpectedSyntax::LessNesting);
    let nested = ParseFailure::expecting(input, ExpectedSyntax::PlainMeasure);
    let kind = parse_keyword(input, &MEASURE_KEYWORDS)?;
    if depth > DEPTH_MAX {
        return Err(too_deep);
    }
    if matches!(kind, MeasureKeyword::Change) {
        return Err(nested);
    }
    let of = Box::new(parse_measure(input, kind, depth)?);
    let baseline = if accept_word(input, "vs")? {
        parse_baseline(input, of.is_share())?
    } else {
        Baseline::SameWindowPriorYear
    };
    let modes = [("rel", ChangeMode::Relative), ("abs", ChangeMode::Absolute)];
    let mode = if accept_symbol(input, ",")? {
        parse_keyword(input, &modes)?
    } else {
        ChangeMode::Relative
    };
    Ok(Measure::Change { measure: of, baseline, mode })
}

fn parse_expr(input: &mut ParserInput<'_>) -> ParseResult<Expr> {
    let first = parse_element(input)?;
    let mut rest = Vec::new();
    while let Some(sign) = accept_term_sign(input)? {
        if rest.len() + 1 == TERMS_MAX {
            return Err(ParseFailure::expecting(input, ExpectedSyntax::FewerTerms));
        }
        rest.push((sign, parse_element(input)?));
    }
    Ok(Expr { first, rest })
}

fn accept_term_sign(input: &mut ParserInput<'_>) -> ParseResult<Option<TermSign>> {
    Ok(if accept_symbol(input, "+")? {
        Some(TermSign::Plus)
    } else if accept_symbol(input, "-")? {
        Some(TermSign::Minus)
    } else {
        None
    })
}

fn parse_baseline(input: &mut ParserInput<'_>, share: bool) -> ParseResult<Baseline> {
    #[derive(Clone, Copy)]
    enum BaselineKeyword {
        Same,
        Stat,
        Calendar,
        Fixed,
        Mean,
    }
    let words = [
        ("same_window_prior_year", BaselineKeyword::Same),
        ("stat_year", BaselineKeyword::Stat),
        ("calendar_year", BaselineKeyword::Calendar),
        ("fixed", BaselineKeyword::Fixed),
        ("mean_prior", BaselineKeyword::Mean),
    ];
    Ok(match parse_keyword(input, &words)? {
        BaselineKeyword::Same => Baseline::SameWindowPriorYear,
        BaselineKeyword::Stat => Baseline::StatYear(parse_bracketed_year(input)?),
        BaselineKeyword::Calendar => Baseline::CalendarYear(parse_bracketed_year(input)?),
        BaselineKeyword::Fixed => {
            expect_symbol(input, "(")?;
            let value = parse_bound(input, share)?;
            expect_symbol(input, ")")?;
            Baseline::Fixed(value)
        }
        BaselineKeyword::Mean => Baseline::MeanPrior(
            u8::try_from(parse_bracketed_whole_number(input, 1, 99)?).unwrap_or(99),
        ),
    })
}

fn parse_bracketed_year(input: &mut ParserInput<'_>) -> ParseResult<u16> {
    // The range fits 16 bits.
    parse_bracketed_whole_number(input, 1900, 2999).map(|year| u16::try_from(year).unwrap_or(2999))
}

fn parse_window(input: &mut ParserInput<'_>) -> ParseResult<TargetWindow> {
    #[derive(Clone, Copy)]
    enum WindowKeyword {
        Legal,
        Phase,
        Milestone,
    }
    skip_blanks(input)?;
    if input.input.starts_with(|c: char| c.is_ascii_digit()) {
        return parse_dates(input);
    }
    Ok(
        match parse_keyword(
            input,
            &[
                ("legal", WindowKeyword::Legal),
                ("phase", WindowKeyword::Phase),
                ("milestone", WindowKeyword::Milestone),
            ],
        )? {
            WindowKeyword::Legal => TargetWindow::Legal,
            // The range fits 16 bits.
            WindowKeyword::Phase => TargetWindow::Phase(
                u16::try_from(parse_bracketed_whole_number(input, 1, PHASE_MAX)?).unwrap_or(1),
            ),
            WindowKeyword::Milestone => TargetWindow::Milestone(parse_bracketed_identifier(input)?),
        },
    )
}

fn parse_dates(input: &mut ParserInput<'_>) -> ParseResult<TargetWindow> {
    let from = parse_date(input)?;
    expect_symbol(input, "..")?;
    skip_blanks(input)?;
    let here = ParseFailure::expecting(input, ExpectedSyntax::LaterDate);
    let to = parse_date(input)?;
    if from < to { Ok(TargetWindow::Dates(from, to)) } else { Err(here) }
}

fn parse_units(input: &mut ParserInput<'_>) -> ParseResult<TargetUnits> {
    #[derive(Clone, Copy)]
    enum UnitsKeyword {
        Each,
        Unit,
        Kind,
    }
    Ok(
        match parse_keyword(
            input,
            &[
                ("each", UnitsKeyword::Each),
                ("unit", UnitsKeyword::Unit),
                ("kind", UnitsKeyword::Kind),
            ],
        )? {
            UnitsKeyword::Each => TargetUnits::Each(parse_each_units(input)?),
            UnitsKeyword::Unit => TargetUnits::Unit(parse_bracketed_identifier(input)?),
            // The older writing of `each kind(...)`.
            UnitsKeyword::Kind => {
                TargetUnits::Each(EachUnits::Kind(parse_bracketed_identifier(input)?))
            }
        },
    )
}

fn parse_each_units(input: &mut ParserInput<'_>) -> ParseResult<EachUnits> {
    if accept_word(input, "level")? {
        expect_symbol(input, "(")?;
        let words = CountingLevel::ALL.iter().map(|level| (level.as_str(), *level));
        let level = parse_keyword(input, &words.collect::<Vec<_>>())?;
        expect_symbol(input, ")")?;
        return Ok(EachUnits::Level(level));
    }
    if accept_word(input, "kind")? {
        return parse_bracketed_identifier(input).map(EachUnits::Kind);
    }
    Ok(EachUnits::Counted)
}
