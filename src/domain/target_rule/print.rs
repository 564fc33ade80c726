//! Canonical text of a target: defaults are printed, one space around the comparator and after a
//! comma, shortest decimals.
//!
//! Parsing the printed text gives the same tree (property test in `tests`).

use super::ast::{
    Baseline, Comparison, EachUnits, Expr, FormRuleExpr, Measure, Target, TargetBound, TargetUnits,
    TargetWindow,
};
use std::fmt;

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compare(comparison) => comparison.fmt(f),
            Self::Milestone(name) => write!(f, "milestone({name})"),
            Self::Attest(name) => write!(f, "attest({name})"),
            Self::All(members) => write_list(f, "all", members),
            Self::Any(members) => write_list(f, "any", members),
            Self::Tier { floor, stretch } => write!(f, "tier({floor}, {stretch})"),
        }
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, word: &str, members: &[Target]) -> fmt::Result {
    write!(f, "{word}(")?;
    for (index, member) in members.iter().enumerate() {
        write!(f, "{}{member}", if index == 0 { "" } else { ", " })?;
    }
    f.write_str(")")
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { measure, cmp, bound, window, units } = self;
        write!(f, "{measure} {cmp} {bound}")?;
        if let Some(window) = window {
            write!(f, " in {window}")?;
        }
        if let Some(units) = units {
            write!(f, " by {units}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(expr) => write!(f, "count({expr})"),
            Self::Stock(expr) => write!(f, "stock({expr}@end)"),
            Self::Ratio { num, den, basis: None } => write!(f, "ratio({num}/{den})"),
            Self::Ratio { num, den, basis: Some(basis) } => {
                write!(f, "ratio({num}/{den}, {basis})")
            }
            Self::Rate { num, per, den } => write!(f, "rate({num} per {per} {den})"),
            Self::Change { measure: of, baseline, mode } => {
                write!(f, "change({of} vs {baseline}, {mode})")
            }
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        self.rest.iter().try_for_each(|(sign, code)| write!(f, " {sign} {code}"))
    }
}

impl fmt::Display for TargetBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.decimal, if self.percent { "%" } else { "" })
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameWindowPriorYear => f.write_str("same_window_prior_year"),
            Self::StatYear(year) => write!(f, "stat_year({year})"),
            Self::CalendarYear(year) => write!(f, "calendar_year({year})"),
            Self::Fixed(value) => write!(f, "fixed({value})"),
            Self::MeanPrior(years) => write!(f, "mean_prior({years})"),
        }
    }
}

impl fmt::Display for TargetWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Legal => f.write_str("legal"),
            Self::Phase(number) => write!(f, "phase({number})"),
            Self::Milestone(name) => write!(f, "milestone({name})"),
            Self::Dates(from, to) => write!(f, "{from}..{to}"),
        }
    }
}

impl fmt::Display for TargetUnits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Each(EachUnits::Counted) => f.write_str("each"),
            Self::Each(EachUnits::Level(level)) => write!(f, "each level({level})"),
            Self::Each(EachUnits::Kind(name)) => write!(f, "each kind({name})"),
            Self::Unit(name) => write!(f, "unit({name})"),
        }
    }
}

impl fmt::Display for FormRuleExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.left, self.cmp, self.right)
    }
}
