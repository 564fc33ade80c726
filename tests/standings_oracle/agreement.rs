//! The product's standings against the oracle's rows, with every difference in words.

use crate::fraction::Frac;
use crate::ledger::{Ledger, Scene};
use crate::places::{Expected, Row};
use crate::verdict::Verdict;
use std::collections::BTreeMap;
use thidua::domain::standing::{
    Coverage, Judgement, JudgementState, Standing, StandingInput, judge_standings,
};
use thidua::domain::support::ids::UnitId;
use thidua::domain::support::ratio::Ratio;

/// A row on which product and oracle differ.
#[derive(Debug)]
pub(crate) struct Difference {
    pub(crate) row: Row,
    pub(crate) uid: String,
    pub(crate) what: String,
    /// The state of the product; `None` if it has no such row.
    pub(crate) product: Option<JudgementState>,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { row, uid, what, .. } = self;
        write!(f, "phase {} {uid} {}: {what}\n    oracle {:?}", row.phase, row.code, row.expected)
    }
}

/// How many rows differ, by target and by what the product says where the oracle says another.
pub(crate) fn summary(differences: &[Difference]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for Difference { row, product, what, .. } in differences {
        let ours = match &row.expected {
            Expected::Judged { verdict, .. } => format!("{:?}", verdict.state),
            Expected::NotJudged => "not judged".to_owned(),
            Expected::Allocated => "allocated".to_owned(),
            Expected::NotCounted => "not counted".to_owned(),
        };
        let theirs = product.map_or("no row".to_owned(), |state| format!("{state:?}"));
        let kind = what.split(' ').next().unwrap_or_default();
        let key = format!("{}: {kind}, product {theirs}, oracle {ours}", row.code);
        *counts.entry(key).or_default() += 1;
    }
    let lines = counts.iter().map(|(key, count)| format!("  {count} x {key}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// States that say whether a target is met.
pub(crate) fn is_judgement(state: JudgementState) -> bool {
    matches!(
        state,
        JudgementState::OnPace
            | JudgementState::Behind
            | JudgementState::AlreadyMissed
            | JudgementState::Met
            | JudgementState::Missed
    )
}

/// Judges with both and lists what differs.
pub(crate) fn differences(input: &StandingInput<'_>, ledger: &Ledger) -> Vec<Difference> {
    let standings = judge_standings(input, 1).unwrap();
    let mut published: BTreeMap<(u8, UnitId, String), &Standing> = BTreeMap::new();
    for one in &standings {
        published.insert((one.phase, one.unit, one.judgement.code.clone()), one);
    }
    let scene = Scene::new(input, ledger);
    let mut found = Vec::new();
    for row in scene.rows() {
        let standing = published.remove(&(row.phase, row.unit, row.code.clone()));
        let what = difference(&row, standing);
        let uid = input.org.unit(row.unit).unwrap().uid.clone();
        let product = standing.map(|one| one.judgement.state);
        found.extend(what.map(|what| Difference { row, uid, what, product }));
    }
    for ((phase, unit, code), one) in published {
        if is_judgement(one.judgement.state) {
            let row = Row { phase, unit, code, expected: Expected::NotJudged };
            let uid = input.org.unit(unit).unwrap().uid.clone();
            let what = format!("no such row, and the product says {:?}", one.judgement.state);
            found.push(Difference { row, uid, what, product: Some(one.judgement.state) });
        }
    }
    found
}

fn difference(row: &Row, standing: Option<&Standing>) -> Option<String> {
    let state = standing.map(|one| one.judgement.state);
    match &row.expected {
        Expected::Allocated => None,
        Expected::NotJudged | Expected::NotCounted => {
            let said = state.filter(|state| is_judgement(*state))?;
            Some(format!("judged nowhere here, and the product says {said:?}"))
        }
        Expected::Judged { verdict, stage, due } => {
            let Some(one) = standing else { return Some("the product has no such row".to_owned()) };
            if one.stage != *stage {
                return Some(format!("stage {:?}", one.stage));
            }
            let Coverage { expected, received, accepted, late, missing, .. } = one.coverage;
            let ours = (due.expected, due.received, due.accepted, due.late, due.missing);
            if (expected, received, accepted, late, missing) != ours {
                return Some(format!("coverage {:?}", one.coverage));
            }
            unlike(verdict, &one.judgement)
                .map(|what| format!("{what}, product {:?}", one.judgement))
        }
    }
}

/// What differs between the oracle's verdict and the published judgement.
fn unlike(ours: &Verdict, theirs: &Judgement) -> Option<String> {
    if ours.state != theirs.state {
        return Some(format!("state {:?}, not {:?}", theirs.state, ours.state));
    }
    let same = |ours: Option<Frac>, theirs: Option<Ratio>| match (ours, theirs) {
        (Some(ours), Some(theirs)) => ours.equals(theirs),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    let is_judged = is_judgement(ours.state) && ours.members.is_empty() && ours.tally.is_none();
    let both = |ours: Option<Frac>, theirs: Option<Ratio>| {
        ours.is_none() || theirs.is_none() || same(ours, theirs)
    };
    let agrees = |ours, theirs| if is_judged { same(ours, theirs) } else { both(ours, theirs) };
    if !ours.because.contains("BEFORE_DUE") && !agrees(ours.value, theirs.value) {
        return Some(format!("value {:?}, not {:?}", theirs.value, ours.value));
    }
    if is_judged && !ours.because.contains("BEFORE_DUE") {
        if ours.limit != theirs.limit {
            return Some(format!("limit {:?}, not {:?}", theirs.limit, ours.limit));
        }
        if !same(ours.limit_now, theirs.limit_now) {
            return Some(format!("limit now {:?}, not {:?}", theirs.limit_now, ours.limit_now));
        }
        let (low, high) = ours.interval.unzip();
        if !same(low, theirs.value_low) || !same(high, theirs.value_high) {
            let said = (theirs.value_low, theirs.value_high);
            return Some(format!("interval {said:?}, not {:?}", ours.interval));
        }
    }
    if let Some(reason) =
        ours.because.iter().find(|one| !theirs.reasons.iter().any(|of| of == *one))
    {
        return Some(format!("reasons {:?} without {reason}", theirs.reasons));
    }
    let members = ours.members.iter().zip(&theirs.members);
    members.filter_map(|(ours, theirs)| unlike(ours, theirs)).next()
}
