//! Standings as the server published them, judged from accepted figures alone; nothing here is computed on the phone.
//!
//! A list of its own: nothing of it is shown where figures are entered.

use super::{Phone, Result};
use crate::client::reference::LocalReference;
use crate::domain::ratio::Ratio;
use crate::domain::scope::RecordKind;
use crate::domain::standing::{self, Coverage, Judgement, StandingFigure};
use crate::wire;

/// One target at one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingView {
    /// Code of the campaign.
    pub campaign: String,
    /// Number of the phase; 0 for the whole campaign.
    pub phase: u8,
    /// Code of the unit.
    pub unit: String,
    /// `AS_WAS`, `AS_IS` or `FROZEN`: in which structure figures were summed.
    pub view: String,
    /// `RUNNING`, `CLOSED_PRELIMINARY` or `FINAL`.
    pub stage: String,
    /// How the target was judged.
    pub judgement: JudgementView,
    /// Reports expected by now.
    pub expected: u32,
    /// Received, nil ones included.
    pub received: u32,
    /// Nil ones among them.
    pub nil: u32,
    /// Late ones among them.
    pub late: u32,
    /// Accepted ones among them.
    pub accepted: u32,
    /// Not received. Missing is not zero.
    pub missing: u32,
}

/// How a target, or a member of one, was judged. Fractions are text, as in `-1/20`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgementView {
    /// Its code, as in `T3b`.
    pub code: String,
    /// As in `ON_PACE`, `BEHIND`, `NOT_COUNTED_HERE`.
    pub state: String,
    /// Why, as stable codes.
    pub reasons: Vec<String>,
    /// The value for a screen.
    pub display: String,
    /// The value judged.
    pub value: Option<String>,
    /// The bound of the formula.
    pub bound: Option<String>,
    /// The count that decides it at the end.
    pub limit: Option<i64>,
    /// The count allowed by now.
    pub limit_now: Option<String>,
    /// Failures that may still come; negative: too many already.
    pub remaining_failures: Option<i64>,
    /// The figures behind it.
    pub figures: Vec<FigureView>,
    /// Members, in the order of the formula.
    pub members: Vec<JudgementView>,
}

/// One figure behind a judgement, in units of the element's scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureView {
    /// Code of the element.
    pub element: String,
    /// The accepted figure.
    pub value: Option<i64>,
    /// The baseline at the same cut-off.
    pub baseline_now: Option<i64>,
    /// The baseline of the whole window.
    pub baseline_full: Option<i64>,
}

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
    let Coverage { expected, received, nil, late, accepted, missing } = standing.coverage;
    StandingView {
        campaign: campaign
            .map_or_else(|| standing.campaign.to_string(), |campaign| campaign.code.clone()),
        phase: standing.phase,
        unit: reference.unit_uid(standing.unit),
        view: standing.view.as_str().to_owned(),
        stage: standing.stage.as_str().to_owned(),
        judgement: to_judgement_view(standing.judgement),
        expected,
        received,
        nil,
        late,
        accepted,
        missing,
    }
}

fn to_judgement_view(judged: Judgement) -> JudgementView {
    let text = |ratio: Option<Ratio>| ratio.map(|ratio| format!("{}/{}", ratio.num(), ratio.den()));
    let figure = |StandingFigure { element, value, baseline_now, baseline_full }| FigureView {
        element: crate::domain::element::ElementCode::as_str(&element).to_owned(),
        value,
        baseline_now,
        baseline_full,
    };
    JudgementView {
        code: judged.code,
        state: judged.state.as_str().to_owned(),
        reasons: judged.reasons,
        display: judged.display,
        value: text(judged.value),
        bound: text(judged.bound),
        limit: judged.limit,
        limit_now: text(judged.limit_now),
        remaining_failures: judged.failures_left,
        figures: judged.figures.into_iter().map(figure).collect(),
        members: judged.members.into_iter().map(to_judgement_view).collect(),
    }
}
