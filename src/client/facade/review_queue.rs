//! The reports that wait for review: each beside the unit's figures of the last period and of the
//! same period last year, in the order of `domain::report::review_risk`.

use super::local_report::{LocalAttachments, LocalReport};
use super::nil_report::find_word_concerns;
use super::values::{CellFigure, CellView, Concern, FigureBeside, ReportView, WaitingReport};
use super::{FindingState, FindingView, Phone, Result, queries};
use crate::client::reference::LocalReference;
use crate::domain::report::ReportKey;
use crate::domain::report::review_risk::{
    FigureComparison, ReviewOrder, ReviewSigns, review_order,
};
use crate::domain::report::workflow::ReportState;
use crate::domain::support::ids::UnitId;
use crate::domain::support::time::days_from_date;
use jiff::ToSpan;

/// Most days between the start of a period and that of the same period last year, beside a year:
/// weeks move by one or two.
const LAST_YEAR_DAYS_OFF: i32 = 3;

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// Reports of other units that wait for review, as the server has them, by risk: open questions
    /// first, then large changes against both the last period and last year, then late, commented
    /// and resubmitted reports; nil reports without a concern last.
    pub fn review_queue(&self) -> Result<Vec<WaitingReport>> {
        let (home, today) = self.home_and_today()?;
        let findings = self.findings()?;
        let (reference, local_reports, attachments) = self.load_local_reports()?;
        let past = PastReports { local_reports: &local_reports, reference: &reference };
        let waits = |local_report: &&LocalReport| {
            local_report.replayed.report.as_ref().is_some_and(|report| {
                report.state == ReportState::Submitted
                    && queries::is_foreign_unit(report.key.unit, home, &reference, today)
            })
        };
        let mut queue = Vec::new();
        for local_report in local_reports.iter().filter(waits) {
            let Some(report) = local_report.to_view(&reference, &attachments, home) else {
                continue;
            };
            queue.push(past.to_waiting(local_report, report, &attachments, (home, &findings)));
        }
        queue.sort_by_cached_key(|(order, one)| {
            (*order, one.report.key.start_day, one.report.key.unit.clone())
        });
        Ok(queue.into_iter().map(|(_, one)| one).collect())
    }
}

/// The official reports on this phone.
struct PastReports<'a> {
    local_reports: &'a [LocalReport],
    reference: &'a LocalReference,
}

impl PastReports<'_> {
    fn to_waiting(
        &self,
        local_report: &LocalReport,
        report: ReportView,
        attachments: &LocalAttachments,
        (home, findings): (UnitId, &[FindingView]),
    ) -> (ReviewOrder, WaitingReport) {
        let key = local_report.replayed.report.as_ref().map(|report| &report.key);
        let view = |past: Option<&LocalReport>| {
            past.and_then(|past| past.to_view(self.reference, attachments, home))
        };
        let before = view(key.and_then(|key| self.last_period(key)));
        let last_year = view(key.and_then(|key| self.last_year(key)));
        let figures: Vec<FigureBeside> = report
            .cells
            .iter()
            .map(|cell| to_figure(cell, before.as_ref(), last_year.as_ref()))
            .collect();
        let open: Vec<&FindingView> =
            findings.iter().filter(|finding| is_open_about(finding, &report)).collect();
        let signs = ReviewSigns {
            open_findings: open.len(),
            figures: figures.iter().filter_map(to_comparison).collect(),
            is_early_or_late: report.late || report.early,
            has_comments: !report.comments.is_empty(),
            // A report that was sent once has revision 2 at most: saved, submitted.
            is_changed_again: report.revision > 2,
            has_note: !report.note.is_empty(),
            is_nil: report.nil,
        };
        let mut concerns = find_concerns(&signs, &figures, &open);
        let late = concerns.iter().position(|concern| *concern == Concern::Late);
        if let Some(at) = late.filter(|_| report.early) {
            concerns[at] = Concern::Early;
        }
        concerns.extend(find_word_concerns(&report, self.local_reports, self.reference));
        (review_order(&signs), WaitingReport { report, figures, concerns })
    }

    /// The unit's official reports under the same contract that began before this one.
    fn earlier<'k>(
        &'k self,
        key: &'k ReportKey,
    ) -> impl Iterator<Item = (&'k ReportKey, &'k LocalReport)> {
        self.local_reports.iter().filter_map(move |one| {
            let report = one.replayed.report.as_ref()?;
            let is_earlier = report.state.is_official()
                && report.key.unit == key.unit
                && report.key.contract == key.contract
                && report.key.period.start < key.period.start;
            is_earlier.then_some((&report.key, one))
        })
    }

    fn last_period<'k>(&'k self, key: &'k ReportKey) -> Option<&'k LocalReport> {
        self.earlier(key).max_by_key(|(earlier, _)| earlier.period.start).map(|(_, one)| one)
    }

    fn last_year<'k>(&'k self, key: &'k ReportKey) -> Option<&'k LocalReport> {
        let year_ago = days_from_date(key.period.start.saturating_sub(1.year()));
        let off = |earlier: &ReportKey| (days_from_date(earlier.period.start) - year_ago).abs();
        self.earlier(key)
            .filter(|(earlier, _)| off(earlier) <= LAST_YEAR_DAYS_OFF)
            .min_by_key(|(earlier, _)| off(earlier))
            .map(|(_, one)| one)
    }
}

/// Whether the question is about days of this report and nobody has answered it.
fn is_open_about(finding: &FindingView, report: &ReportView) -> bool {
    let key = &report.key;
    finding.unit == key.unit
        && matches!(finding.state, FindingState::Open | FindingState::Escalated)
        && finding.from_day < key.end_day
        && key.start_day < finding.to_day
}

fn official_figure(view: Option<&ReportView>, element: &str) -> Option<i64> {
    let cell = view?.cells.iter().find(|cell| cell.element == element)?;
    plain_figure(cell.value)
}

fn plain_figure(value: Option<CellFigure>) -> Option<i64> {
    match value? {
        CellFigure::Reported { value } | CellFigure::Carried { value } => Some(value),
        CellFigure::Nil => Some(0),
        CellFigure::MissingAwaitingSource
        | CellFigure::MissingNotCounted
        | CellFigure::MissingSeeNote => None,
    }
}

fn to_figure(
    cell: &CellView,
    before: Option<&ReportView>,
    last_year: Option<&ReportView>,
) -> FigureBeside {
    let mut figure = FigureBeside {
        element: cell.element.clone(),
        scale: cell.scale,
        now: cell.value,
        last_period: official_figure(before, &cell.element),
        last_year: official_figure(last_year, &cell.element),
        differs: true,
    };
    figure.differs = to_comparison(&figure).is_none_or(|compared| compared.differs());
    figure
}

/// The figures to compare; `None` if the value is no figure.
fn to_comparison(figure: &FigureBeside) -> Option<FigureComparison> {
    let FigureBeside { last_period, last_year, .. } = *figure;
    plain_figure(figure.now).map(|now| FigureComparison { now, last_period, last_year })
}

fn find_concerns(
    signs: &ReviewSigns,
    figures: &[FigureBeside],
    open: &[&FindingView],
) -> Vec<Concern> {
    let mut concerns: Vec<Concern> = open
        .iter()
        .map(|finding| Concern::OpenFinding {
            rule: finding.rule.clone(),
            element: finding.element.clone(),
        })
        .collect();
    let said = [
        (signs.has_comments, Concern::HasComments),
        (signs.is_changed_again, Concern::ChangedAgain),
        (signs.is_early_or_late, Concern::Late),
        (signs.has_note, Concern::HasNote),
    ];
    concerns.extend(said.into_iter().filter(|(holds, _)| *holds).map(|(_, concern)| concern));
    concerns.extend(figures.iter().filter_map(movement_concern));
    concerns
}

fn movement_concern(figure: &FigureBeside) -> Option<Concern> {
    let compared = to_comparison(figure)?;
    let (element, now) = (figure.element.clone(), compared.now);
    let before = compared.last_period.filter(|_| compared.departs_from_last_period())?;
    match compared.last_year {
        Some(last_year) if compared.departs_from_both() => {
            Some(Concern::DepartsFromBoth { element, before, last_year, now })
        }
        Some(_) | None => Some(Concern::LargeMovement { element, before, now }),
    }
}
