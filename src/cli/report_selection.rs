//! The report that a person names in a terminal, as in `2026-07` or the first digits of its id.

use super::error::{CliError, CliResult};
use super::output::Output;
use super::phone::day_text;
use crate::client::facade::{NamedReport, Phone, ReportStatus, ReportView};
use crate::domain::support::message::{Message, message};
use crate::domain::support::violation::Violation;

/// Most candidates that are listed.
const CANDIDATES_MAX: usize = 20;

/// The one report that these words name; otherwise the candidates are listed.
pub(super) fn select_report(
    output: &Output,
    phone: &Phone,
    words: &[String],
) -> CliResult<NamedReport> {
    let name = words.join(" ");
    let mut found = phone.find_reports(name.clone())?;
    if found.len() > 1 {
        let count = found.len();
        let candidates = found.iter().take(CANDIDATES_MAX).map(|one| to_candidate(output, one));
        let error = CliError::new("AMBIGUOUS", message!("field-name-ambiguous", name, count));
        return Err(error.with_findings(candidates));
    }
    found.pop().ok_or_else(|| CliError::new("NOT_FOUND", message!("field-name-unknown", name)))
}

fn to_candidate(output: &Output, one: &NamedReport) -> Violation {
    let text = report_title(output, one);
    Violation::error("CANDIDATE", one.name.clone(), Message::verbatim(text))
}

/// Form, period and unit of a report, in words.
pub(super) fn report_title(output: &Output, one: &NamedReport) -> String {
    let form = output.lang.pick(&one.form_name_vi, &one.form_name_en);
    let period = output.say(one.period_name.clone());
    let (first, last) = (day_text(one.key.start_day), day_text(one.key.end_day - 1));
    format!("{form}, {period}, {} ({}), {first} .. {last}", one.unit_name, one.key.unit)
}

/// The report as this phone shows it; a blank one if nothing was entered yet.
pub(super) fn show_or_blank(phone: &Phone, named: &NamedReport) -> CliResult<ReportView> {
    let view = phone.report(named.report_id.clone())?;
    view.map_or_else(|| Ok(phone.blank_report(named.key.clone())?), Ok)
}

/// Refuses what needs a report in which something was entered.
pub(super) fn require_entered(phone: &Phone, named: &NamedReport) -> CliResult<ReportView> {
    let view = show_or_blank(phone, named)?;
    if view.status == ReportStatus::Blank {
        let name = &named.name;
        return Err(CliError::new("REPORT_BLANK", message!("field-report-blank", name)));
    }
    Ok(view)
}
