//! Which elements a target rewards, and the refusal of quotas on coercive acts.
//!
//! The caller supplies the list of elements that count arrests, fines or stops.

use super::ast::{Comparator, Comparison, Expr, Measure, Target, TermSign};
use crate::domain::report::element::ElementCode;
use crate::domain::support::message::{Message, message};
use std::collections::BTreeSet;

/// Codes and code prefixes of elements that count coercive acts on persons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CoerciveElements {
    /// Whole codes.
    pub codes: BTreeSet<ElementCode>,
    /// Code prefixes, for example `arrest`.
    pub prefixes: Vec<String>,
}

impl CoerciveElements {
    /// Whether an element is in the table.
    #[must_use]
    pub fn contains(&self, code: &ElementCode) -> bool {
        self.codes.contains(code)
            || self.prefixes.iter().any(|prefix| code.as_str().starts_with(prefix))
    }
}

/// The target rewards more arrests, fines or stops, and no authority is named that allows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoerciveQuota {
    /// Elements whose growth is rewarded.
    pub elements: Vec<ElementCode>,
}

impl CoerciveQuota {
    /// Stable code of the refusal.
    pub const CODE: &'static str = "COERCIVE_QUOTA";

    /// The reason and the next step, for a person.
    #[must_use]
    pub fn message(&self) -> Message {
        let names: Vec<&str> = self.elements.iter().map(ElementCode::as_str).collect();
        let names = names.join(", ");
        message!("coercive-quota-target-asks-more-acts", names)
    }
}

impl std::fmt::Display for CoerciveQuota {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {:?}", Self::CODE, self.elements)
    }
}

impl std::error::Error for CoerciveQuota {}

/// Rejects a target that rewards growth of an element in `coercive`, unless `allowed_by` names the
/// authority.
pub fn reject_coercive_quota(
    target: &Target,
    coercive: impl Fn(&ElementCode) -> bool,
    allowed_by: Option<&str>,
) -> Result<(), CoerciveQuota> {
    let elements: Vec<ElementCode> =
        target.elements_helped_by_rise().into_iter().filter(|code| coercive(code)).collect();
    if elements.is_empty() || allowed_by.is_some_and(|name| !name.trim().is_empty()) {
        return Ok(());
    }
    Err(CoerciveQuota { elements })
}

impl Target {
    /// Elements whose growth helps to meet the target.
    #[must_use]
    pub fn elements_helped_by_rise(&self) -> BTreeSet<ElementCode> {
        self.elements_helped_by(TermSign::Plus)
    }

    /// Elements whose fall helps to meet the target, and which are therefore at risk of
    /// under-reporting.
    #[must_use]
    pub fn elements_helped_by_fall(&self) -> BTreeSet<ElementCode> {
        self.elements_helped_by(TermSign::Minus)
    }

    fn elements_helped_by(&self, wanted: TermSign) -> BTreeSet<ElementCode> {
        let all = self.comparisons().into_iter().flat_map(helping_directions);
        all.filter(|(sign, _)| *sign == wanted).map(|(_, code)| code.clone()).collect()
    }
}

/// Each element with the direction that helps. An `=` bound is helped by both directions.
fn helping_directions(comparison: &Comparison) -> Vec<(TermSign, &ElementCode)> {
    let directions: &[TermSign] = match comparison.cmp {
        Comparator::Greater | Comparator::AtLeast => &[TermSign::Plus],
        Comparator::Less | Comparator::AtMost => &[TermSign::Minus],
        // `= 0` is helped only by a decrease.
        Comparator::Equal if requires_zero(comparison) => &[TermSign::Minus],
        Comparator::Equal => &[TermSign::Plus, TermSign::Minus],
    };
    let parts = signed_elements(&comparison.measure);
    directions
        .iter()
        .flat_map(|way| parts.iter().map(|(sign, code)| (multiply_signs(*way, *sign), *code)))
        .collect()
}

fn requires_zero(comparison: &Comparison) -> bool {
    let level =
        matches!(comparison.measure, Measure::Count(_) | Measure::Stock(_) | Measure::Rate { .. });
    comparison.bound.decimal.is_zero() && level
}

/// Each element with the sign by which it moves the measure.
fn signed_elements(measure: &Measure) -> Vec<(TermSign, &ElementCode)> {
    match measure {
        Measure::Count(expr) | Measure::Stock(expr) => signed_terms(expr, TermSign::Plus).collect(),
        Measure::Ratio { num, den, .. } | Measure::Rate { num, den, .. } => {
            signed_terms(num, TermSign::Plus).chain(signed_terms(den, TermSign::Minus)).collect()
        }
        Measure::Change { measure: of, .. } => signed_elements(of),
    }
}

fn signed_terms(expr: &Expr, side: TermSign) -> impl Iterator<Item = (TermSign, &ElementCode)> {
    expr.terms().map(move |(sign, code)| (multiply_signs(sign, side), code))
}

fn multiply_signs(left: TermSign, right: TermSign) -> TermSign {
    if left == right { TermSign::Plus } else { TermSign::Minus }
}
