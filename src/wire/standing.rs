//! What a report does for a number, as a message. Knows no reader and no page.

use super::values;
use crate::domain::standing::{Addend, Behind, Support};
use crate::pb;

/// One report behind a number; `unit_code` is the permanent code of its unit.
#[must_use]
pub fn standing_report(unit_code: &str, behind: &Behind) -> pb::StandingReport {
    let Behind { report, contract, unit, period, due, support, late, adds } = behind;
    pb::StandingReport {
        report_id: report.0.to_vec(),
        contract_id: contract.0.to_vec(),
        unit_id: unit.0.to_vec(),
        unit_code: unit_code.to_owned(),
        period: Some(values::period(period)),
        due_day: values::day(*due),
        support: match support {
            Support::Missing => pb::ReportSupport::Missing,
            Support::Waiting => pb::ReportSupport::Waiting,
            Support::Accepted => pb::ReportSupport::Accepted,
        }
        .into(),
        late: *late,
        addends: adds.iter().map(addend).collect(),
    }
}

fn addend(addend: &Addend) -> pb::Addend {
    let Addend { element, figure, counts } = addend;
    pb::Addend { element_code: element.to_string(), figure: *figure, counts: *counts }
}
