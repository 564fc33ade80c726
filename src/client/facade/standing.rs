//! Standings as published by the server, computed from accepted figures only; the phone computes
//! none.
//!
//! A separate list: it is not shown where figures are entered.

use super::{Phone, Result};
use crate::client::reference::LocalReference;
use crate::domain::access::scope::RecordKind;
use crate::domain::standing::{
    self, Coverage, EachJudgement, EachUnitJudgement, Judgement, StandingFigure,
};
pub use crate::domain::standing::{JudgementState, StateGroup};
use crate::domain::support::ratio::Ratio;
use crate::domain::support::time::days_from_date;
pub use crate::domain::target_rule::StandingStage;
use crate::wire;

/// The standing of one unit for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct StandingView {
    /// Code of the campaign.
    pub campaign: String,
    /// Number of the phase; 0 for the whole campaign.
    pub phase: u8,
    /// Code of the unit.
    pub unit: String,
    /// `AS_WAS`, `AS_IS` or `FROZEN`: the structure in which figures were summed.
    pub view: String,
    /// Stage of the window and of its figures.
    #[cfg_attr(feature = "json", serde(serialize_with = "super::json::code"))]
    pub stage: StandingStage,
    /// The last day judged, in days since 1970; `None` before the first period was due.
    pub judged_through_day: Option<i32>,
    /// The judgement of the target.
    pub judgement: JudgementView,
    /// Reports expected by now.
    pub expected: u32,
    /// Received reports, nil ones included.
    pub received: u32,
    /// Nil reports among them.
    pub nil: u32,
    /// Late reports among them.
    pub late: u32,
    /// Accepted reports among them.
    pub accepted: u32,
    /// Reports not received. Missing is not zero.
    pub missing: u32,
}

/// The judgement of a target or of a member of it. Fractions are text, as in `-1/20`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct JudgementView {
    /// Its code, as in `T3b`.
    pub code: String,
    /// Its state.
    #[cfg_attr(feature = "json", serde(serialize_with = "super::json::code"))]
    pub state: JudgementState,
    /// The group in which the state is shown. `NotJudged` is not a verdict: a quiet group of its
    /// own.
    #[cfg_attr(feature = "json", serde(serialize_with = "super::json::code"))]
    pub group: StateGroup,
    /// Reasons as stable codes.
    pub reasons: Vec<String>,
    /// The value, formatted for a screen.
    pub display: String,
    /// The judged value.
    pub value: Option<String>,
    /// The bound of the formula.
    pub bound: Option<String>,
    /// The final limit as a count.
    pub limit: Option<i64>,
    /// The limit at this time.
    pub limit_now: Option<String>,
    /// Failures that are still allowed; negative if there are too many already.
    pub remaining_failures: Option<i64>,
    /// The figures used.
    pub figures: Vec<FigureView>,
    /// The members, in the order of the formula.
    pub members: Vec<JudgementView>,
    /// How the units of `by each` were judged, at a unit above them.
    pub each: Option<EachView>,
}

/// How many units met a target that each of them must meet. Never a rank.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct EachView {
    /// Judged units that met it, or are on pace.
    pub met: u32,
    /// Judged units.
    pub judged: u32,
    /// Code and state of the judged units that have not met it, in code order.
    pub others: Vec<EachUnitView>,
    /// Code of the units that are not judged, and why: `EXPOSURE`, `CLOSED` or `NOT_APPLICABLE`.
    pub neutral: Vec<EachUnitView>,
}

/// One unit of `by each`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct EachUnitView {
    /// Code of the unit.
    pub unit: String,
    /// Code of its state, or of why it is not judged.
    pub state: String,
}

/// A figure used in a judgement, in units of the element's scale.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct FigureView {
    /// Code of the element.
    pub element: String,
    /// Decimals of the figures: with 1, a figure of 45 is shown as 4.5.
    pub scale: u8,
    /// The accepted figure.
    pub value: Option<i64>,
    /// The baseline at the same cut-off.
    pub baseline_now: Option<i64>,
    /// The baseline of the whole window.
    pub baseline_full: Option<i64>,
}

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// The standings that the server published to this phone, by campaign, unit and target.
    pub fn standings(&self) -> Result<Vec<StandingView>> {
        let reference = self.reference()?;
        let stored = self.lock_under_lease()?.records(RecordKind::Standing.number())?;
        let read = |bytes: &[u8]| {
            wire::record::decode_standing(
                bytes,
                &reference.unit_numbers,
                &reference.element_numbers,
            )
            .ok()
        };
        let mut all: Vec<StandingView> = stored
            .iter()
            .filter_map(|one| read(&one.bytes))
            .map(|one| to_standing_view(one, &reference))
            .collect();
        all.sort_by(|a, b| {
            let key = |one: &StandingView| (one.campaign.clone(), one.unit.clone(), one.phase);
            key(a).cmp(&key(b)).then_with(|| a.judgement.code.cmp(&b.judgement.code))
        });
        Ok(all)
    }
}

fn to_standing_view(standing: standing::Standing, reference: &LocalReference) -> StandingView {
    let campaign = reference.campaigns.iter().find(|campaign| campaign.id() == standing.campaign);
    let Coverage { expected, received, nil, late, accepted, missing, waived: _ } =
        standing.coverage;
    StandingView {
        campaign: campaign
            .map_or_else(|| standing.campaign.to_string(), |campaign| campaign.code.clone()),
        phase: standing.phase,
        unit: reference.unit_uid(standing.unit),
        view: standing.view.as_str().to_owned(),
        stage: standing.stage,
        judged_through_day: standing.judged_through.map(days_from_date),
        judgement: to_judgement_view(standing.judgement, reference),
        expected,
        received,
        nil,
        late,
        accepted,
        missing,
    }
}

fn to_judgement_view(judged: Judgement, reference: &LocalReference) -> JudgementView {
    let text = |ratio: Option<Ratio>| ratio.map(|ratio| format!("{}/{}", ratio.num(), ratio.den()));
    let figure = |StandingFigure { element, value, baseline_now, baseline_full }| FigureView {
        scale: reference.catalogue.element(&element).map_or(0, |element| element.scale),
        element: crate::domain::report::element::ElementCode::as_str(&element).to_owned(),
        value,
        baseline_now,
        baseline_full,
    };
    JudgementView {
        code: judged.code,
        state: judged.state,
        group: judged.state.group(),
        reasons: judged.reasons,
        display: judged.display,
        value: text(judged.value),
        bound: text(judged.bound),
        limit: judged.limit,
        limit_now: text(judged.limit_now),
        remaining_failures: judged.failures_left,
        figures: judged.figures.into_iter().map(figure).collect(),
        members: judged
            .members
            .into_iter()
            .map(|member| to_judgement_view(member, reference))
            .collect(),
        each: judged.each.map(|each| to_each_view(&each, reference)),
    }
}

fn to_each_view(each: &EachJudgement, reference: &LocalReference) -> EachView {
    let unit = |one: &EachUnitJudgement| {
        let why = one.neutral.map_or(one.state.as_str(), |reason| reason.as_str());
        EachUnitView { unit: reference.unit_uid(one.unit), state: why.to_owned() }
    };
    EachView {
        met: each.met,
        judged: each.judged,
        others: each.others.iter().map(unit).collect(),
        neutral: each.neutral.iter().map(unit).collect(),
    }
}
