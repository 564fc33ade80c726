//! Text to tree: the grammar of targets and of form rules.
//!
//! One function a rule of the grammar; which rule comes next is always told by the next word, so nothing is read twice
//! and an error points at the very column. Depth, members, terms and length are bounded, so any text ends quickly.

use super::ast::{
    Baseline, Basis, Bound, Comparator, Comparison, DEPTH_MAX, Expr, MEMBERS_MAX, Measure, Mode, Rule, Sign, TERMS_MAX,
    TEXT_MAX, Target, Units, Window,
};
use super::expected::{Expected, SyntaxError};
use super::token::{
    Failure, Hints, Input, Read, blanks, date, decimal, element, maybe_sign, maybe_word, name_in_brackets, one_of,
    sign, whole, whole_in_brackets,
};
use std::str::FromStr;

/// Greatest number after `per`.
const PER_MAX: u64 = 1_000_000_000;
/// Greatest number of a phase.
const PHASE_MAX: u64 = 99;

impl Target {
    /// Reads the text of a target.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        whole_text(text, |input| target(input, 1))
    }
}

impl Rule {
    /// Reads a form's rule: `expr cmp expr`.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        whole_text(text, |input| Ok(Self { left: expr(input)?, cmp: comparator(input)?, right: expr(input)? }))
    }
}

impl Expr {
    /// Reads a sum of elements: `a + b - c`.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        whole_text(text, expr)
    }
}

impl FromStr for Target {
    type Err = SyntaxError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

fn whole_text<T>(text: &str, read: impl FnOnce(&mut Input<'_>) -> Read<T>) -> Result<T, SyntaxError> {
    let mut input = Input { input: text, state: Hints::default() };
    if text.len() > TEXT_MAX {
        return Err(Failure::here(&input, Expected::Shorter).about(text));
    }
    let all = |input: &mut Input<'_>| {
        let value = read(input)?;
        blanks(input)?;
        if input.input.is_empty() { Ok(value) } else { Err(Failure::here(input, Expected::End)) }
    };
    all(&mut input).map_err(|failure| failure.about(text))
}

#[derive(Clone, Copy)]
enum Head {
    All,
    Any,
    Tier,
    Milestone,
    Attest,
    Measure(Kind),
}

#[derive(Clone, Copy)]
enum Kind {
    Count,
    Stock,
    Ratio,
    Rate,
    Change,
}

const MEASURES: [(&str, Kind); 5] = [
    ("count", Kind::Count),
    ("stock", Kind::Stock),
    ("ratio", Kind::Ratio),
    ("rate", Kind::Rate),
    ("change", Kind::Change),
];

const HEADS: [(&str, Head); 10] = [
    ("all", Head::All),
    ("any", Head::Any),
    ("tier", Head::Tier),
    ("milestone", Head::Milestone),
    ("attest", Head::Attest),
    ("count", Head::Measure(Kind::Count)),
    ("stock", Head::Measure(Kind::Stock)),
    ("ratio", Head::Measure(Kind::Ratio)),
    ("rate", Head::Measure(Kind::Rate)),
    ("change", Head::Measure(Kind::Change)),
];

fn target(input: &mut Input<'_>, depth: usize) -> Read<Target> {
    blanks(input)?;
    let too_deep = Failure::here(input, Expected::Shallower);
    let head = one_of(input, &HEADS)?;
    if depth > DEPTH_MAX {
        return Err(too_deep);
    }
    match head {
        Head::All => members(input, depth).map(Target::All),
        Head::Any => members(input, depth).map(Target::Any),
        Head::Tier => tier(input, depth),
        Head::Milestone => name_in_brackets(input).map(Target::Milestone),
        Head::Attest => name_in_brackets(input).map(Target::Attest),
        Head::Measure(kind) => comparison(input, kind, depth).map(Target::Compare),
    }
}

fn members(input: &mut Input<'_>, depth: usize) -> Read<Vec<Target>> {
    sign(input, "(")?;
    let mut members = vec![target(input, depth + 1)?];
    while maybe_sign(input, ",")? {
        if members.len() == MEMBERS_MAX {
            return Err(Failure::here(input, Expected::FewerMembers));
        }
        members.push(target(input, depth + 1)?);
    }
    sign(input, ")")?;
    Ok(members)
}

fn tier(input: &mut Input<'_>, depth: usize) -> Read<Target> {
    sign(input, "(")?;
    let floor = Box::new(target(input, depth + 1)?);
    sign(input, ",")?;
    let stretch = Box::new(target(input, depth + 1)?);
    sign(input, ")")?;
    Ok(Target::Tier { floor, stretch })
}

fn comparison(input: &mut Input<'_>, kind: Kind, depth: usize) -> Read<Comparison> {
    let measure = measure(input, kind, depth)?;
    let cmp = comparator(input)?;
    let bound = bound(input, measure.is_share())?;
    let window = if maybe_word(input, "in")? { Some(window(input)?) } else { None };
    let units = if maybe_word(input, "by")? { Some(units(input)?) } else { None };
    Ok(Comparison { measure, cmp, bound, window, units })
}

fn comparator(input: &mut Input<'_>) -> Read<Comparator> {
    blanks(input)?;
    let text = input.input;
    // The longer signs stand first: `>=` begins with `>`.
    let signs = [Comparator::AtLeast, Comparator::AtMost, Comparator::Greater, Comparator::Less, Comparator::Equal];
    let Some(cmp) = signs.into_iter().find(|cmp| text.starts_with(cmp.as_str())) else {
        return Err(Failure::here(input, Expected::Comparator));
    };
    sign(input, cmp.as_str()).map(|()| cmp)
}

/// A percentage is a bound of shares and relative changes only: `count(x) >= 50%` asks for half of nothing.
fn bound(input: &mut Input<'_>, share: bool) -> Read<Bound> {
    let decimal = decimal(input)?;
    blanks(input)?;
    if !share && input.input.starts_with('%') {
        return Err(Failure::here(input, Expected::NoPercent));
    }
    Ok(Bound { decimal, percent: maybe_sign(input, "%")? })
}

fn measure(input: &mut Input<'_>, kind: Kind, depth: usize) -> Read<Measure> {
    sign(input, "(")?;
    let measure = match kind {
        Kind::Count => Measure::Count(expr(input)?),
        Kind::Stock => stock(input)?,
        Kind::Ratio => ratio(input)?,
        Kind::Rate => rate(input)?,
        Kind::Change => change(input, depth + 1)?,
    };
    sign(input, ")")?;
    Ok(measure)
}

fn stock(input: &mut Input<'_>) -> Read<Measure> {
    let expr = expr(input)?;
    sign(input, "@")?;
    one_of(input, &[("end", ())])?;
    Ok(Measure::Stock(expr))
}

fn ratio(input: &mut Input<'_>) -> Read<Measure> {
    let num = expr(input)?;
    sign(input, "/")?;
    let den = expr(input)?;
    let words = [("period", Basis::Period), ("cohort", Basis::Cohort), ("stock", Basis::Stock)];
    let basis = if maybe_sign(input, ",")? { Some(one_of(input, &words)?) } else { None };
    Ok(Measure::Ratio { num, den, basis })
}

fn rate(input: &mut Input<'_>) -> Read<Measure> {
    let num = expr(input)?;
    one_of(input, &[("per", ())])?;
    let per = whole(input, 1, PER_MAX)?;
    Ok(Measure::Rate { num, per, den: expr(input)? })
}

fn change(input: &mut Input<'_>, depth: usize) -> Read<Measure> {
    blanks(input)?;
    let too_deep = Failure::here(input, Expected::Shallower);
    let nested = Failure::here(input, Expected::PlainMeasure);
    let kind = one_of(input, &MEASURES)?;
    if depth > DEPTH_MAX {
        return Err(too_deep);
    }
    if matches!(kind, Kind::Change) {
        return Err(nested);
    }
    let of = Box::new(measure(input, kind, depth)?);
    let baseline =
        if maybe_word(input, "vs")? { baseline(input, of.is_share())? } else { Baseline::SameWindowPriorYear };
    let modes = [("rel", Mode::Relative), ("abs", Mode::Absolute)];
    let mode = if maybe_sign(input, ",")? { one_of(input, &modes)? } else { Mode::Relative };
    Ok(Measure::Change { of, baseline, mode })
}

fn expr(input: &mut Input<'_>) -> Read<Expr> {
    let first = element(input)?;
    let mut rest = Vec::new();
    while let Some(sign) = maybe_plus_or_minus(input)? {
        if rest.len() + 1 == TERMS_MAX {
            return Err(Failure::here(input, Expected::FewerTerms));
        }
        rest.push((sign, element(input)?));
    }
    Ok(Expr { first, rest })
}

fn maybe_plus_or_minus(input: &mut Input<'_>) -> Read<Option<Sign>> {
    Ok(if maybe_sign(input, "+")? {
        Some(Sign::Plus)
    } else if maybe_sign(input, "-")? {
        Some(Sign::Minus)
    } else {
        None
    })
}

fn baseline(input: &mut Input<'_>, share: bool) -> Read<Baseline> {
    #[derive(Clone, Copy)]
    enum Word {
        Same,
        Stat,
        Calendar,
        Fixed,
        Mean,
    }
    let words = [
        ("same_window_prior_year", Word::Same),
        ("stat_year", Word::Stat),
        ("calendar_year", Word::Calendar),
        ("fixed", Word::Fixed),
        ("mean_prior", Word::Mean),
    ];
    Ok(match one_of(input, &words)? {
        Word::Same => Baseline::SameWindowPriorYear,
        Word::Stat => Baseline::StatYear(year_in_brackets(input)?),
        Word::Calendar => Baseline::CalendarYear(year_in_brackets(input)?),
        Word::Fixed => {
            sign(input, "(")?;
            let value = bound(input, share)?;
            sign(input, ")")?;
            Baseline::Fixed(value)
        }
        Word::Mean => Baseline::MeanPrior(u8::try_from(whole_in_brackets(input, 1, 99)?).unwrap_or(99)),
    })
}

fn year_in_brackets(input: &mut Input<'_>) -> Read<u16> {
    // The range fits 16 bits.
    whole_in_brackets(input, 1900, 2999).map(|year| u16::try_from(year).unwrap_or(2999))
}

fn window(input: &mut Input<'_>) -> Read<Window> {
    #[derive(Clone, Copy)]
    enum Word {
        Legal,
        Phase,
        Milestone,
    }
    blanks(input)?;
    if input.input.starts_with(|c: char| c.is_ascii_digit()) {
        return dates(input);
    }
    Ok(match one_of(input, &[("legal", Word::Legal), ("phase", Word::Phase), ("milestone", Word::Milestone)])? {
        Word::Legal => Window::Legal,
        // The range fits 16 bits.
        Word::Phase => Window::Phase(u16::try_from(whole_in_brackets(input, 1, PHASE_MAX)?).unwrap_or(1)),
        Word::Milestone => Window::Milestone(name_in_brackets(input)?),
    })
}

fn dates(input: &mut Input<'_>) -> Read<Window> {
    let from = date(input)?;
    sign(input, "..")?;
    blanks(input)?;
    let here = Failure::here(input, Expected::LaterDate);
    let to = date(input)?;
    if from < to { Ok(Window::Dates(from, to)) } else { Err(here) }
}

fn units(input: &mut Input<'_>) -> Read<Units> {
    #[derive(Clone, Copy)]
    enum Word {
        Each,
        Unit,
        Kind,
    }
    Ok(match one_of(input, &[("each", Word::Each), ("unit", Word::Unit), ("kind", Word::Kind)])? {
        Word::Each => Units::Each,
        Word::Unit => Units::Unit(name_in_brackets(input)?),
        Word::Kind => Units::Kind(name_in_brackets(input)?),
    })
}
