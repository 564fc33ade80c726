//! Published runs and their lines, as messages for partner agencies. Knows no caller and hides nothing: that is `domain::release`.

use super::record::standing::{fraction_to_proto, judgement_state_to_proto};
use super::record::standing_view_to_proto;
use super::values;
use crate::domain::element::Element;
use crate::domain::release::{PublishedCell, PublishedFigure, PublishedStanding};
use crate::domain::standing::Coverage;
use crate::domain::target_rule::StandingStage;
use crate::pb;

/// A line; `unit` is the permanent code of its unit and the unit's name.
#[must_use]
pub fn published_standing_to_proto(
    (unit_code, unit_name): (String, String),
    line: &PublishedStanding,
) -> pb::PublishedStanding {
    let PublishedStanding {
        unit: _,
        phase,
        code,
        view,
        stage,
        definition_version,
        state,
        reasons,
        value,
        bound,
        figures,
        coverage,
    } = line;
    let Coverage { expected, received, nil, late, accepted, missing } = *coverage;
    pb::PublishedStanding {
        unit_code,
        unit_name,
        phase_number: u32::from(*phase),
        target_code: code.clone(),
        view: standing_view_to_proto(*view).into(),
        finality: finality_to_proto(*stage).into(),
        definition_version: *definition_version,
        state: judgement_state_to_proto(*state).into(),
        reasons: reasons.clone(),
        value: fraction_to_proto(*value),
        bound: fraction_to_proto(*bound),
        figures: figures.iter().map(published_figure_to_proto).collect(),
        coverage: Some(pb::Coverage { expected, received, nil, late, accepted, missing }),
    }
}

fn finality_to_proto(stage: StandingStage) -> pb::Finality {
    match stage {
        StandingStage::Running | StandingStage::Closed => pb::Finality::Preliminary,
        StandingStage::Final => pb::Finality::Final,
    }
}

fn published_figure_to_proto(figures: &PublishedFigure) -> pb::PublishedFigure {
    let PublishedFigure { element, value, baseline_now, baseline_full } = figures;
    let [value, baseline_now, baseline_full] =
        [*value, *baseline_now, *baseline_full].map(published_cell_to_proto);
    pb::PublishedFigure { element_code: element.to_string(), value, baseline_now, baseline_full }
}

fn published_cell_to_proto(cell: PublishedCell) -> Option<pb::PublishedCell> {
    match cell {
        PublishedCell::None => None,
        PublishedCell::Figure(figure) => {
            Some(pb::PublishedCell { figure: Some(figure), suppressed: false })
        }
        PublishedCell::Suppressed => Some(pb::PublishedCell { figure: None, suppressed: true }),
    }
}

/// What an element counts.
#[must_use]
pub fn element_definition_to_proto(element: &Element) -> pb::ElementDefinition {
    pb::ElementDefinition {
        code: element.code.to_string(),
        name_vi: element.name_vi.clone(),
        name_en: element.name_en.clone(),
        unit_of_count: element.unit_of_count.clone(),
        scale: u32::from(element.scale),
    }
}

/// Ids and digests of a run, as they are kept.
pub struct PublishedRun<'a> {
    /// The run.
    pub id: &'a [u8],
    /// The campaign and its code.
    pub campaign: (&'a [u8], &'a str),
    /// 1, 2, 3 for each campaign.
    pub number: i64,
    /// When it was published.
    pub published_at: crate::domain::time::Timestamp,
    /// The day as of which it judged, since 1970.
    pub as_of_day: i32,
    /// Seq up to which changes went in.
    pub cut_seq: i64,
    /// The programme that computed it.
    pub code_version: &'a str,
    /// What went in, what came out.
    pub digests: (&'a [u8], &'a [u8]),
}

/// A run.
#[must_use]
pub fn published_run_to_proto(run: &PublishedRun<'_>) -> pb::PublishedRun {
    let PublishedRun {
        id,
        campaign,
        number,
        published_at: at,
        as_of_day: day,
        cut_seq: cut,
        code_version: code,
        digests,
    } = run;
    pb::PublishedRun {
        run_id: id.to_vec(),
        campaign_id: campaign.0.to_vec(),
        campaign_code: campaign.1.to_owned(),
        number: u32::try_from(*number).unwrap_or(u32::MAX),
        published_at: Some(values::timestamp_to_proto(*at)),
        as_of_day: *day,
        cut_seq: *cut,
        code_version: (*code).to_owned(),
        input_digest: digests.0.to_vec(),
        output_digest: digests.1.to_vec(),
    }
}
