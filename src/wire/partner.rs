//! Converts published runs and their standings into messages for partner agencies. It does not
//! suppress figures; `domain::release` does.

use super::record::standing::{fraction_to_proto, judgement_state_to_proto};
use super::record::standing_view_to_proto;
use super::values;
use crate::domain::release::{PublishedCell, PublishedFigure, PublishedStanding};
use crate::domain::report::element::Element;
use crate::domain::standing::Coverage;
use crate::domain::target_rule::StandingStage;
use crate::pb;

/// Converts a published standing. The first argument is the permanent code and the name of its
/// unit.
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
        judged_through,
        state,
        reasons,
        value,
        bound,
        figures,
        coverage,
    } = line;
    let Coverage { expected, received, nil, late, accepted, missing, waived } = *coverage;
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
        coverage: Some(pb::Coverage { expected, received, nil, late, accepted, missing, waived }),
        judged_through_day: judged_through.map(values::day_to_proto),
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

/// Converts the definition of an element.
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

/// A published run with ids and digests as stored.
pub struct PublishedRun<'a> {
    /// The run.
    pub id: &'a [u8],
    /// Id and code of the campaign.
    pub campaign: (&'a [u8], &'a str),
    /// Number of the run within its campaign, from 1.
    pub number: i64,
    /// When it was published.
    pub published_at: crate::domain::support::time::Timestamp,
    /// The day as of which standings were judged, in days since 1970.
    pub as_of_day: i32,
    /// Seq of the last change in the input.
    pub cut_seq: i64,
    /// Version of the program that computed the run.
    pub code_version: &'a str,
    /// Digests of input and output.
    pub digests: (&'a [u8], &'a [u8]),
    /// Number of the last final run before it, which it supersedes; 0: none.
    pub supersedes: i64,
    /// Version of the rules by which it was judged.
    pub semantics: i32,
}

/// Converts a published run.
#[must_use]
pub fn published_run_to_proto(run: &PublishedRun<'_>) -> pb::PublishedRun {
    let PublishedRun {
        id,
        campaign,
        number,
        published_at,
        as_of_day,
        cut_seq,
        code_version,
        digests,
        supersedes,
        semantics,
    } = run;
    pb::PublishedRun {
        run_id: id.to_vec(),
        campaign_id: campaign.0.to_vec(),
        campaign_code: campaign.1.to_owned(),
        number: u32::try_from(*number).unwrap_or(u32::MAX),
        published_at: Some(values::timestamp_to_proto(*published_at)),
        as_of_day: *as_of_day,
        cut_seq: *cut_seq,
        code_version: (*code_version).to_owned(),
        input_digest: digests.0.to_vec(),
        output_digest: digests.1.to_vec(),
        supersedes_number: u32::try_from(*supersedes).unwrap_or(u32::MAX),
        semantics_version: u32::try_from(*semantics).unwrap_or(0),
    }
}
