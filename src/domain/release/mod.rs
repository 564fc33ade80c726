//! Publication of a run's standings to partner agencies, with small figures suppressed.
//!
//! Only the released levels are published. A figure below five could identify persons: it is
//! SUPPRESSED, and so are as many others as needed so that no small figure can be computed from the
//! known sums: units to the one above them, phases to the campaign. Suppression depends on the run
//! only, so every partner sees the same cells. Limits, forecasts and notes are never published.

mod suppression;

use crate::domain::report::element::ElementCode;
use crate::domain::standing::{
    Coverage, Judgement, JudgementState, Standing, StandingFigure, StandingView,
};
use crate::domain::support::ids::UnitId;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::StandingStage;
use jiff::civil::Date;
use std::collections::BTreeMap;
use suppression::{CellSum, suppress_cells};

/// Smaller figures are suppressed.
const FIGURE_MIN: i64 = 5;

/// Reason code of a line with a suppressed figure.
pub const SUPPRESSED: &str = "SUPPRESSED";

/// A figure as published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublishedCell {
    /// There is no figure.
    None,
    /// The figure, scaled.
    Figure(i64),
    /// The figure is small, or would disclose a small one.
    Suppressed,
}

/// The figures of one element behind a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedFigure {
    /// The element.
    pub element: ElementCode,
    /// The accepted figure.
    pub value: PublishedCell,
    /// The baseline at the same cut-off.
    pub baseline_now: PublishedCell,
    /// The baseline of the whole window.
    pub baseline_full: PublishedCell,
}

/// One target, or one member of a target, at one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedStanding {
    /// The unit.
    pub unit: UnitId,
    /// The phase; 0 for the whole campaign.
    pub phase: u8,
    /// Code of the target or member.
    pub code: String,
    /// The structure in which figures were summed.
    pub view: StandingView,
    /// Stage of the window and its figures.
    pub stage: StandingStage,
    /// Version of the campaign's definition.
    pub definition_version: i64,
    /// The last day judged; `None` before the first period was due.
    pub judged_through: Option<Date>,
    /// The result.
    pub state: JudgementState,
    /// Reason codes; with a suppressed figure only [`SUPPRESSED`], because reasons disclose figures
    /// too.
    pub reasons: Vec<String>,
    /// The judged value; `None` if one of its figures is suppressed.
    pub value: Option<Ratio>,
    /// The bound of the formula.
    pub bound: Option<Ratio>,
    /// Its figures, numerator first.
    pub figures: Vec<PublishedFigure>,
    /// Completeness of the reports behind it.
    pub coverage: Coverage,
}

/// A column of an element's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FigureColumn {
    Value,
    BaselineNow,
    BaselineFull,
}

/// Key of one table: figures add up only within one element and column.
type FigureTableKey = (ElementCode, FigureColumn);
/// A unit, and a phase or 0.
type UnitPhase = (UnitId, u8);

/// What the sums of a run follow from.
#[derive(Clone, Copy)]
pub struct ReleaseStructure<'a> {
    /// The nearest released unit above a unit, on the last day on which the unit is open.
    pub above: &'a dyn Fn(UnitId) -> Option<UnitId>,
    /// Whether a unit is open on the day of the run. A closed one has no lines, and its figures,
    /// which are parts of the sums above it, count as hidden.
    pub is_open: &'a dyn Fn(UnitId) -> bool,
}

/// The published lines of a run, in the order of `standings`, members after their target.
///
/// `standings` contains units of released levels only; `scale` is the decimals of an element.
#[must_use]
pub fn publish_standings(
    standings: &[&Standing],
    structure: &ReleaseStructure<'_>,
    scale: impl Fn(&ElementCode) -> u8,
) -> Vec<PublishedStanding> {
    let mask = SuppressionMask::compute(standings, structure, scale);
    let mut lines = Vec::new();
    for standing in standings.iter().filter(|standing| (structure.is_open)(standing.unit)) {
        mask.push_standings(standing, &standing.judgement, &mut lines);
    }
    lines
}

/// Suppression flag of each cell.
struct SuppressionMask(BTreeMap<FigureTableKey, BTreeMap<UnitPhase, bool>>);

impl SuppressionMask {
    fn compute(
        standings: &[&Standing],
        structure: &ReleaseStructure<'_>,
        scale: impl Fn(&ElementCode) -> u8,
    ) -> Self {
        // Two targets may use different windows for one cell: the smaller figure decides.
        let mut tables: BTreeMap<FigureTableKey, BTreeMap<UnitPhase, i64>> = BTreeMap::new();
        for standing in standings {
            for figure in standing.judgement.all_figures() {
                for (column, value) in figure_columns(figure) {
                    let Some(value) = value else { continue };
                    let table = tables.entry((figure.element.clone(), column)).or_default();
                    let existing = table.entry((standing.unit, standing.phase)).or_insert(value);
                    *existing = value.min(*existing);
                }
            }
        }
        let suppress = |(of, table): (FigureTableKey, BTreeMap<UnitPhase, i64>)| {
            let least = FIGURE_MIN * 10_i64.pow(u32::from(scale(&of.0)));
            let unit_phases: Vec<UnitPhase> = table.keys().copied().collect();
            let figures: Vec<i64> = table.into_values().collect();
            let small: Vec<bool> = figures.iter().map(|figure| *figure < least).collect();
            let absent: Vec<bool> =
                unit_phases.iter().map(|(unit, _)| !(structure.is_open)(*unit)).collect();
            let sums = find_sums(&unit_phases, structure.above);
            let suppressed = suppress_cells(&figures, (&small, &absent), &sums);
            (of, unit_phases.into_iter().zip(suppressed).collect())
        };
        Self(tables.into_iter().map(suppress).collect())
    }

    fn published_cell(
        &self,
        of: &FigureTableKey,
        unit_phase: UnitPhase,
        value: Option<i64>,
    ) -> PublishedCell {
        let suppressed =
            || self.0.get(of).and_then(|table| table.get(&unit_phase)).copied().unwrap_or(true);
        match value {
            None => PublishedCell::None,
            Some(_) if suppressed() => PublishedCell::Suppressed,
            Some(value) => PublishedCell::Figure(value),
        }
    }

    fn published_figure(&self, standing: &Standing, figure: &StandingFigure) -> PublishedFigure {
        let unit_phase = (standing.unit, standing.phase);
        let [value, baseline_now, baseline_full] = figure_columns(figure).map(|(column, value)| {
            self.published_cell(&(figure.element.clone(), column), unit_phase, value)
        });
        PublishedFigure { element: figure.element.clone(), value, baseline_now, baseline_full }
    }

    fn push_standings(
        &self,
        standing: &Standing,
        judgement: &Judgement,
        lines: &mut Vec<PublishedStanding>,
    ) {
        let suppressed = judgement.all_figures().into_iter().any(|figure| {
            let PublishedFigure { value, baseline_now, baseline_full, element: _ } =
                self.published_figure(standing, figure);
            [value, baseline_now, baseline_full].contains(&PublishedCell::Suppressed)
        });
        lines.push(PublishedStanding {
            unit: standing.unit,
            phase: standing.phase,
            code: judgement.code.clone(),
            view: standing.view,
            stage: standing.stage,
            definition_version: standing.definition_version,
            judged_through: standing.judged_through,
            state: judgement.state,
            reasons: if suppressed {
                vec![SUPPRESSED.to_owned()]
            } else {
                judgement.reasons.clone()
            },
            value: judgement.value.filter(|_| !suppressed),
            bound: judgement.bound,
            figures: judgement
                .figures
                .iter()
                .map(|figure| self.published_figure(standing, figure))
                .collect(),
            coverage: standing.coverage,
        });
        judgement.members.iter().for_each(|member| self.push_standings(standing, member, lines));
    }
}

fn figure_columns(figure: &StandingFigure) -> [(FigureColumn, Option<i64>); 3] {
    [
        (FigureColumn::Value, figure.value),
        (FigureColumn::BaselineNow, figure.baseline_now),
        (FigureColumn::BaselineFull, figure.baseline_full),
    ]
}

/// The sums of a table: lower units to the unit above, phases to their campaign. `unit_phases` is
/// sorted.
fn find_sums(unit_phases: &[UnitPhase], above: impl Fn(UnitId) -> Option<UnitId>) -> Vec<CellSum> {
    let at = |unit_phase: UnitPhase| unit_phases.binary_search(&unit_phase).ok();
    let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut phases: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, (unit, phase)) in unit_phases.iter().copied().enumerate() {
        if let Some(whole) = above(unit).and_then(|above| at((above, phase))) {
            parts.entry(whole).or_default().push(index);
        }
        if let (1.., Some(whole)) = (phase, at((unit, 0))) {
            phases.entry(whole).or_default().push(index);
        }
    }
    parts.into_iter().chain(phases).map(|(whole, parts)| CellSum { whole, parts }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::support::ids::CampaignId;

    fn judgement(code: &str, value: i64, before: i64) -> Judgement {
        let element = ElementCode::new("so_offences").unwrap();
        let figure = StandingFigure {
            element,
            value: Some(value),
            baseline_now: Some(before),
            baseline_full: None,
        };
        Judgement {
            state: JudgementState::OnPace,
            reasons: vec!["SMALL_BASE".to_owned()],
            value: Ratio::new(i128::from(value - before), i128::from(before)),
            limit: Some(before - 1),
            figures: vec![figure],
            ..Judgement::not_counted_here(code, Vec::new())
        }
    }

    fn standing(unit: &str, value: i64, before: i64) -> Standing {
        Standing {
            campaign: CampaignId::from_code("A"),
            phase: 0,
            unit: UnitId::from_code(unit),
            view: StandingView::AsWas,
            stage: StandingStage::Running,
            definition_version: 1,
            judged_through: None,
            judgement: judgement("T1", value, before),
            coverage: Coverage::default(),
        }
    }

    fn published(all: &[Standing], is_open: &dyn Fn(UnitId) -> bool) -> Vec<PublishedStanding> {
        let above = |unit| (unit != UnitId::from_code("prov")).then(|| UnitId::from_code("prov"));
        let structure = ReleaseStructure { above: &above, is_open };
        publish_standings(&all.iter().collect::<Vec<_>>(), &structure, |_| 0)
    }

    #[test]
    fn the_small_figure_of_a_closed_unit_does_not_follow_from_the_sum_and_the_open_ones() {
        let all = [standing("prov", 40, 60), standing("closed", 3, 20), standing("b", 37, 40)];
        let lines = published(&all, &|unit| unit != UnitId::from_code("closed"));
        let shown: Vec<PublishedCell> = lines.iter().map(|line| line.figures[0].value).collect();
        assert_eq!(shown, [PublishedCell::Figure(40), PublishedCell::Suppressed]);
    }

    #[test]
    fn a_small_figure_takes_its_value_and_its_reasons_with_it_and_its_neighbour_too() {
        let all = [
            standing("prov", 40, 60),
            standing("a", 3, 20),
            standing("b", 17, 20),
            standing("c", 20, 20),
        ];
        let lines = published(&all, &|_| true);
        let shown: Vec<PublishedCell> = lines.iter().map(|line| line.figures[0].value).collect();
        assert_eq!(
            shown,
            [
                PublishedCell::Figure(40),
                PublishedCell::Suppressed,
                PublishedCell::Suppressed,
                PublishedCell::Figure(20)
            ]
        );
        assert_eq!(
            lines[1].figures[0].baseline_now,
            PublishedCell::Figure(20),
            "the baseline is not small"
        );
        assert_eq!((lines[1].value, &lines[1].reasons[..]), (None, &[SUPPRESSED.to_owned()][..]));
        assert_eq!((lines[2].value, &lines[2].reasons[..]), (None, &[SUPPRESSED.to_owned()][..]));
        assert!(lines[3].value.is_some() && lines[3].reasons == ["SMALL_BASE"]);
    }
}
