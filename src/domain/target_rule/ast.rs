//! The tree of a target: what is measured, against what, where and when.
//!
//! A tree holds whatever the grammar can write, within the limits below. Knows no text (see `parse` and `print`), no
//! figures and no verdict.

use super::decimal::Decimal;
use crate::domain::element::ElementCode;
use crate::domain::string_enum::string_enum;
use jiff::civil::Date;
use std::fmt;

/// How deep `all`, `any`, `tier` and `change` may stand inside each other.
pub const DEPTH_MAX: usize = 8;
/// Most members of one `all` or `any`.
pub const MEMBERS_MAX: usize = 32;
/// Most elements of one sum.
pub const TERMS_MAX: usize = 32;
/// Most bytes of a target's text.
pub const TEXT_MAX: usize = 4096;
/// Most characters of a name in brackets (milestone, duty, unit, kind).
pub const NAME_MAX: usize = 64;

/// A target (chỉ tiêu) or a combination of targets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A measure held against a bound.
    Compare(Comparison),
    /// A milestone reached.
    Milestone(FormulaIdentifier),
    /// A duty attested: done or not, its content is never stored.
    Attest(FormulaIdentifier),
    /// Every member must be met.
    All(Vec<Target>),
    /// One member suffices.
    Any(Vec<Target>),
    /// A floor that must be met and a stretch that is striven for.
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
    /// When; left out, the campaign's measurement window.
    pub window: Option<TargetWindow>,
    /// For whom; left out, the unit that is asked about.
    pub units: Option<TargetUnits>,
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Occurrences in the window.
    Count(Expr),
    /// What stands at the window's end.
    Stock(Expr),
    /// A share, as in solved of occurred.
    Ratio {
        /// Above the line.
        num: Expr,
        /// Below the line.
        den: Expr,
        /// Which cases belong together; left out, the indicator's own.
        basis: Option<RatioBasis>,
    },
    /// Occurrences per so many of something.
    Rate {
        /// Above the line.
        num: Expr,
        /// Per how many: 100000 in "per 100000 people".
        per: u64,
        /// Below the line.
        den: Expr,
    },
    /// The change of a measure against a baseline.
    Change {
        /// The measure that changes.
        measure: Box<Measure>,
        /// Against what.
        baseline: Baseline,
        /// Relative or absolute.
        mode: ChangeMode,
    },
}

impl Measure {
    /// Whether what is measured is a share, which a bound in percent can be put to: a ratio, or a relative change.
    #[must_use]
    pub fn is_share(&self) -> bool {
        match self {
            Self::Count(_) | Self::Stock(_) | Self::Rate { .. } => false,
            Self::Ratio { .. } | Self::Change { mode: ChangeMode::Relative, .. } => true,
            Self::Change { measure: of, mode: ChangeMode::Absolute, .. } => of.is_share(),
        }
    }
}

/// A sum of elements with signs; the first has no sign in text and is always added.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Expr {
    /// The first element, added.
    pub first: ElementCode,
    /// The others with their signs.
    pub rest: Vec<(TermSign, ElementCode)>,
}

impl Expr {
    /// Every element with its sign, in the order of the text.
    pub fn terms(&self) -> impl Iterator<Item = (TermSign, &ElementCode)> {
        std::iter::once((TermSign::Plus, &self.first))
            .chain(self.rest.iter().map(|(sign, code)| (*sign, code)))
    }
}

string_enum! {
    /// Sign of a term.
    TermSign {
        /// Added.
        Plus = "+",
        /// Taken away.
        Minus = "-",
    }
}

string_enum! {
    /// Which cases of a ratio belong together.
    RatioBasis {
        /// Numerator and denominator of the same period, whichever cases they concern.
        Period = "period",
        /// Numerator among the very cases of the denominator.
        Cohort = "cohort",
        /// Denominator is all that was there to handle: carried over and new.
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

/// The bound: a decimal, in hundredths if `percent`.
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
    /// The statistical year (15 December to 14 December) so numbered.
    StatYear(u16),
    /// The calendar year.
    CalendarYear(u16),
    /// A fixed number.
    Fixed(TargetBound),
    /// The mean of the same window in so many years before, 1 to 99.
    MeanPrior(u8),
}

/// When.
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

/// For whom the target is judged.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TargetUnits {
    /// Every unit in scope for itself.
    Each,
    /// One unit.
    Unit(FormulaIdentifier),
    /// Every unit of a kind for itself.
    Kind(FormulaIdentifier),
}

/// A name in brackets: letters of any language, digits, `_`, `-`, `.`; at most [`NAME_MAX`] characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FormulaIdentifier(String);

/// Text that is no [`FormulaIdentifier`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to {NAME_MAX} letters, digits, _, - or .")]
pub struct IdentifierError;

impl FormulaIdentifier {
    /// Reads a name.
    pub fn new(text: &str) -> Result<Self, IdentifierError> {
        let fits = !text.is_empty()
            && text.chars().count() <= NAME_MAX
            && text.chars().all(Self::is_identifier_char);
        if fits { Ok(Self(text.to_owned())) } else { Err(IdentifierError) }
    }

    /// Whether a name may hold this character.
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

/// An identity that a filled form must keep: `expr cmp expr`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FormRuleExpr {
    /// Left of the comparator.
    pub left: Expr,
    /// The comparator.
    pub cmp: Comparator,
    /// Right of the comparator.
    pub right: Expr,
}
