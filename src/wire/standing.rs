//! Converts the contribution of a report to a figure into a message.

use super::values;
use crate::domain::standing::{Addend, ReportSupport, StandingReport};
use crate::pb;

/// Converts one report behind a figure; `unit_code` is the permanent code of its unit.
#[must_use]
pub fn standing_report_to_proto(
    unit_code: &str,
    standing_report: &StandingReport,
) -> pb::StandingReport {
    let StandingReport { report, contract, unit, period, due, support, late, addends } =
        standing_report;
    pb::StandingReport {
        report_id: report.0.to_vec(),
        contract_id: contract.0.to_vec(),
        unit_id: unit.0.to_vec(),
        unit_code: unit_code.to_owned(),
        period: Some(values::period_to_proto(period)),
        due_day: values::day_to_proto(*due),
        support: match support {
            ReportSupport::Missing => pb::ReportSupport::Missing,
            ReportSupport::NotDue => pb::ReportSupport::NotDue,
            ReportSupport::Waiting => pb::ReportSupport::Waiting,
            ReportSupport::Accepted => pb::ReportSupport::Accepted,
        }
        .into(),
        late: *late,
        addends: addends.iter().map(addend_to_proto).collect(),
    }
}

fn addend_to_proto(addend: &Addend) -> pb::Addend {
    let Addend { element, figure, counts } = addend;
    pb::Addend { element_code: element.to_string(), figure: *figure, counts: *counts }
}
