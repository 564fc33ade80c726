//! What a target would reward: which elements it asks more of, and the refusal of quotas on acts of force.
//!
//! Knows signs and directions; which elements count arrests, fines or stops is data of the caller.

use super::ast::{Comparator, Comparison, Expr, Measure, Sign, Target};
use crate::domain::element::ElementCode;
use crate::domain::lang::Lang;
use std::collections::BTreeSet;

/// Codes and beginnings of codes that count acts of force upon persons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coercive {
    /// Whole codes.
    pub codes: BTreeSet<ElementCode>,
    /// Beginnings, as in `arrest`.
    pub prefixes: Vec<String>,
}

impl Coercive {
    /// Whether an element is in the table.
    #[must_use]
    pub fn names(&self, code: &ElementCode) -> bool {
        self.codes.contains(code) || self.prefixes.iter().any(|prefix| code.as_str().starts_with(prefix))
    }
}

/// A target asks for more arrests, fines or stops, and nobody has allowed it by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoerciveQuota {
    /// Elements of which it asks more.
    pub elements: Vec<ElementCode>,
}

impl CoerciveQuota {
    /// Stable code of the refusal.
    pub const CODE: &'static str = "COERCIVE_QUOTA";

    /// Why, and what to do next, for a person.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let names: Vec<&str> = self.elements.iter().map(ElementCode::as_str).collect();
        let names = names.join(", ");
        lang.pick(
            format!("chỉ tiêu khuyến khích tăng số lượt cưỡng chế ({names}); hãy viết lại, hoặc ghi rõ cấp có thẩm quyền cho phép"),
            format!("the target asks for more acts of force upon persons ({names}); write it otherwise, or record which authority allows it"),
        )
    }
}

impl std::fmt::Display for CoerciveQuota {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for CoerciveQuota {}

/// Refuses a target that asks for more of what `coercive` names, unless `allowed_by` names the authority.
pub fn check(
    target: &Target,
    coercive: impl Fn(&ElementCode) -> bool,
    allowed_by: Option<&str>,
) -> Result<(), CoerciveQuota> {
    let elements: Vec<ElementCode> = target.asks_more_of().into_iter().filter(|code| coercive(code)).collect();
    if elements.is_empty() || allowed_by.is_some_and(|name| !name.trim().is_empty()) {
        return Ok(());
    }
    Err(CoerciveQuota { elements })
}

impl Target {
    /// Elements whose growth helps to meet the target.
    #[must_use]
    pub fn asks_more_of(&self) -> BTreeSet<ElementCode> {
        self.helped_by(Sign::Plus)
    }

    /// Elements whose fall helps to meet the target: those that somebody may be tempted not to count.
    #[must_use]
    pub fn asks_less_of(&self) -> BTreeSet<ElementCode> {
        self.helped_by(Sign::Minus)
    }

    fn helped_by(&self, wanted: Sign) -> BTreeSet<ElementCode> {
        let all = self.comparisons().into_iter().flat_map(helps);
        all.filter(|(sign, _)| *sign == wanted).map(|(_, code)| code.clone()).collect()
    }
}

/// Each element with the direction that helps; an exact number asked for can be helped either way.
fn helps(comparison: &Comparison) -> Vec<(Sign, &ElementCode)> {
    let directions: &[Sign] = match comparison.cmp {
        Comparator::Greater | Comparator::AtLeast => &[Sign::Plus],
        Comparator::Less | Comparator::AtMost => &[Sign::Minus],
        // Exactly none can only be helped by less.
        Comparator::Equal if nothing(comparison) => &[Sign::Minus],
        Comparator::Equal => &[Sign::Plus, Sign::Minus],
    };
    let parts = signed(&comparison.measure);
    directions.iter().flat_map(|way| parts.iter().map(|(sign, code)| (times(*way, *sign), *code))).collect()
}

fn nothing(comparison: &Comparison) -> bool {
    let level = matches!(comparison.measure, Measure::Count(_) | Measure::Stock(_) | Measure::Rate { .. });
    comparison.bound.decimal.is_zero() && level
}

/// Each element with the sign by which it moves the measure.
fn signed(measure: &Measure) -> Vec<(Sign, &ElementCode)> {
    match measure {
        Measure::Count(expr) | Measure::Stock(expr) => terms(expr, Sign::Plus).collect(),
        Measure::Ratio { num, den, .. } | Measure::Rate { num, den, .. } => {
            terms(num, Sign::Plus).chain(terms(den, Sign::Minus)).collect()
        }
        Measure::Change { of, .. } => signed(of),
    }
}

fn terms(expr: &Expr, side: Sign) -> impl Iterator<Item = (Sign, &ElementCode)> {
    expr.terms().map(move |(sign, code)| (times(sign, side), code))
}

fn times(left: Sign, right: Sign) -> Sign {
    if left == right { Sign::Plus } else { Sign::Minus }
}
