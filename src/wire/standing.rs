//! Converts the contribution of a report to a figure.

use super::{enums, values};
use crate::domain::report::element::ElementCode;
use crate::domain::standing::{Addend, StandingReport};
use crate::domain::support::ids::{ContractId, ReportId, UnitId};
use crate::domain::support::reason::RefusalReason;
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
        support: enums::report_support_to_proto(*support).into(),
        late: *late,
        addends: addends.iter().map(addend_to_proto).collect(),
    }
}

fn addend_to_proto(addend: &Addend) -> pb::Addend {
    let Addend { element, figure, counts } = addend;
    pb::Addend { element_code: element.to_string(), figure: *figure, counts: *counts }
}

/// Converts a message into one report behind a figure.
///
/// # Errors
/// A part that the contract does not allow.
pub fn standing_report_from_proto(
    message: pb::StandingReport,
) -> Result<StandingReport, RefusalReason> {
    let pb::StandingReport {
        report_id,
        contract_id,
        unit_id,
        unit_code: _,
        period,
        due_day,
        support,
        late,
        addends,
    } = message;
    Ok(StandingReport {
        report: values::id_from_bytes(&report_id, ReportId::from_slice)?,
        contract: values::id_from_bytes(&contract_id, ContractId::from_slice)?,
        unit: values::id_from_bytes(&unit_id, UnitId::from_slice)?,
        period: values::period_from_proto(period.ok_or(RefusalReason::Malformed)?)?,
        due: values::day_from_proto(due_day)?,
        support: enums::report_support_from_proto(support)?,
        late,
        addends: addends.into_iter().map(addend_from_proto).collect::<Result<_, _>>()?,
    })
}

fn addend_from_proto(message: pb::Addend) -> Result<Addend, RefusalReason> {
    let pb::Addend { element_code, figure, counts } = message;
    let element = ElementCode::new(&element_code).map_err(|_| RefusalReason::Malformed)?;
    Ok(Addend { element, figure, counts })
}
