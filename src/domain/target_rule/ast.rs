//! Syntax tree of a target: what is measured, against which bound, in which window, for which
//! units.
//!
//! A tree can hold everything that the grammar can write, within the limits below. Text is in
//! `parse` and `print`; figures and verdicts are elsewhere.

use super::decimal::Decimal;
use crate::domain::report::element::{CountingLevel, ElementCode};
use crate::domain::support::string_enum::string_enum;
use jiff::civil::Date;
use std::fmt;

/// Maximum nesting depth of `all`, `any`, `tier` and `change`.
pub(crate) const DEPTH_MAX: usize = 8;
/// Maximum number of members of one `all` or `any`.
pub(crate) const MEMBERS_MAX: usize = 32;
/// Maximum number of elements in one sum.
pub(crate) const TERMS_MAX: usize = 32;
/// Maximum length of a target's text, in bytes.
pub(crate) const TEXT_MAX: usize = 4096;
/// Maximum length, in characters, of a name in brackets (milestone, duty, unit, kind).
pub(crate) const NAME_MAX: usize = 64;

/// A target (chỉ tiêu) or a combination of targets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A measure compared with a bound.
    Compare(Comparison),
    /// A milestone that must be reached.
    Milestone(FormulaIdentifier),
    /// A duty that is attested as done or not done; its content is never stored.
    Attest(FormulaIdentifier),
    /// All members must be met.
    All(Vec<Target>),
    /// One met member is enough.
    Any(Vec<Target>),
    /// A required floor and a stretch target above it.
    Tier {
        /// Decides the verdict.
        floor: Box<Target>,
        /// Met on top of the floor: tier `stretch`.
        stretch: Box<Target>,
    },
}

/// `measure cmp bound ["in" window] ["by" units]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Comparison {
    /// What is measured.
    pub measure: Measure,
    /// How it must compare.
    pub cmp: Comparator,
    /// With what.
    pub bound: TargetBound,
    /// The window; `None` is the campaign's measurement window.
    pub window: Option<TargetWindow>,
    /// The units; `None` is the unit that is evaluated.
    pub units: Option<TargetUnits>,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Number of occurrences in the window.
    Count(Expr),
    /// Level at the window's end.
    Stock(Expr),
    /// A share, for example solved of occurred.
    Ratio {
        /// Numerator.
        num: Expr,
        /// Denominator.
        den: Expr,
        /// How cases are matched; `None` is the indicator's own basis.
        basis: Option<RatioBasis>,
    },
    /// Occurrences per fixed number of something.
    Rate {
        /// Numerator.
        num: Expr,
        /// The multiplier: 100000 in "per 100000 people".
        per: u64,
        /// Denominator.
        den: Expr,
    },
    /// The change of a measure against a baseline.
    Change {
        /// The measure that changes.
        measure: Box<Measure>,
        /// The baseline.
        baseline: Baseline,
        /// Relative or absolute.
        mode: ChangeMode,
    },
}

impl Measure {
    /// Whether the measure is a share (a ratio or a relative change), so that a bound in percent is
    /// valid.
    #[must_use]
    pub fn is_share(&self) -> bool {
        match self {
            Self::Count(_) | Self::Stock(_) | Self::Rate { .. } => false,
            Self::Ratio { .. } | Self::Change { mode: ChangeMode::Relative, .. } => true,
            Self::Change { measure: of, mode: ChangeMode::Absolute, .. } => of.is_share(),
        }
    }
}

/// A signed sum of elements. The first element has no sign in text and is always added.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Expr {
    /// The first element, added.
    pub first: ElementCode,
    /// The others with their signs.
    pub rest: Vec<(TermSign, ElementCode)>,
}

impl Expr {
    /// Every element with its sign, in text order.
    pub fn terms(&self) -> impl Iterator<Item = (TermSign, &ElementCode)> {
        std::iter::once((TermSign::Plus, &self.first))
            .chain(self.rest.iter().map(|(sign, code)| (*sign, code)))
    }
}

string_enum! {
    /// Sign of a term in a sum.
    TermSign {
        /// Added.
        Plus = "+",
        /// Subtracted.
        Minus = "-",
    }
}

string_enum! {
    /// How the cases of numerator and denominator are matched.
    RatioBasis {
        /// Numerator and denominator of the same period, whichever cases they concern.
        Period = "period",
        /// The numerator is a subset of the cases in the denominator.
        Cohort = "cohort",
        /// The denominator is every open case: carried over and new.
        Stock = "stock",
    }
}

string_enum! {
    /// How value and bound must compare.
    Comparator {
        /// trên, hơn, vượt.
        Greater = ">",
        /// ít nhất, tối thiểu, trở lên.
        AtLeast = ">=",
        /// đạt đúng.
        Equal = "=",
        /// không quá, tối đa.
        AtMost = "<=",
        /// dưới.
        Less = "<",
    }
}

/// The bound: a decimal, in hundredths if `percent` is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TargetBound {
    /// The number as written.
    pub decimal: Decimal,
    /// Whether `%` follows.
    pub percent: bool,
}

string_enum! {
    /// How a change is expressed.
    ChangeMode {
        /// (now - before) / before.
        Relative = "rel",
        /// now - before.
        Absolute = "abs",
    }
}

/// What a change is measured against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Baseline {
    /// The same window a year earlier; the default.
    SameWindowPriorYear,
    /// The statistical year of this number: 15 December of the year before to 14 December.
    StatYear(u16),
    /// The calendar year.
    CalendarYear(u16),
    /// A fixed number.
    Fixed(TargetBound),
    /// The mean of the same window over this many prior years, 1 to 99.
    MeanPrior(u8),
}

/// The window of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TargetWindow {
    /// The campaign's legal window.
    Legal,
    /// A phase by its number.
    Phase(u16),
    /// Around a milestone.
    Milestone(FormulaIdentifier),
    /// Half-open: from the first date, before the second.
    Dates(Date, Date),
}

/// The units for which a target is evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TargetUnits {
    /// Every unit of these in scope for itself; at a unit above them: all of them together.
    Each(EachUnits),
    /// One unit; judged there only.
    Unit(FormulaIdentifier),
}

/// Which units `by each` means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EachUnits {
    /// Those of the level at which the elements are counted.
    Counted,
    /// Those of a level.
    Level(CountingLevel),
    /// Those of a kind, in the word of the register (`local_kind`).
    Kind(FormulaIdentifier),
}

/// A name in brackets: letters of any language, digits, `_`, `-`, `.`; at most [`NAME_MAX`]
/// characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FormulaIdentifier(String);

/// The text is not a valid [`FormulaIdentifier`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to {NAME_MAX} letters, digits, _, - or .")]
pub struct IdentifierError;

impl FormulaIdentifier {
    /// Parses a name.
    pub fn new(text: &str) -> Result<Self, IdentifierError> {
        let fits = !text.is_empty()
            && text.chars().count() <= NAME_MAX
            && text.chars().all(Self::is_identifier_char);
        if fits { Ok(Self(text.to_owned())) } else { Err(IdentifierError) }
    }

    /// Whether a name may contain this character.
    #[must_use]
    pub fn is_identifier_char(c: char) -> bool {
        c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FormulaIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FormulaIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An identity that a completed form must satisfy: `expr cmp expr`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FormRuleExpr {
    /// Left of the comparator.
    pub left: Expr,
    /// The comparator.
    pub cmp: Comparator,
    /// Right of the comparator.
    pub right: Expr,
}
