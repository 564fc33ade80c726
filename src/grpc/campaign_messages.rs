//! Converts findings in definitions, their changes, and rehearsals to messages.

use super::status::RpcError;
use crate::app::ReferenceSnapshot;
use crate::app::conclusion::{CampaignRehearsal, OpenVerdict};
use crate::domain::campaign::completeness::MissingReport;
use crate::domain::campaign::{AwardDocument, AwardEntry};
use crate::domain::support::violation::{Severity, Violation};
use crate::exchange::definitions::{DefinitionChange, DefinitionKind};
use crate::files::diagnostic::{FileDiagnostic, RefusedCell};
use crate::i18n::Lang;
use crate::pb;
use crate::wire::{enums, record, values};

pub(super) fn diagnostic_to_proto(diagnostic: &FileDiagnostic, lang: Lang) -> pb::FileFinding {
    let FileDiagnostic { file, position, violation, cell } = diagnostic;
    let to_cell = |cell: &RefusedCell| pb::RefusedCell {
        sheet: cell.sheet.clone().unwrap_or_default(),
        column_name: cell.column.clone(),
        typed: cell.typed.clone(),
        understood: cell.understood.clone().unwrap_or_default(),
    };
    pb::FileFinding {
        cell: cell.as_deref().map(to_cell),
        file: file.clone(),
        line: position.line as u32,
        column: position.column as u32,
        ..violation_to_proto(violation, lang)
    }
}

pub(super) fn violation_to_proto(violation: &Violation, lang: Lang) -> pb::FileFinding {
    let Violation { severity, code, path, message } = violation;
    let severity = match severity {
        Severity::Error => pb::FindingSeverity::Error,
        Severity::Warning => pb::FindingSeverity::Warning,
    };
    pb::FileFinding {
        file: String::new(),
        line: 0,
        column: 0,
        code: (*code).to_owned(),
        severity: severity.into(),
        message: message.text(lang),
        path: path.clone(),
        cell: None,
    }
}

pub(super) fn change_to_proto(change: DefinitionChange) -> pb::DefinitionChange {
    let DefinitionChange { kind, code, is_new, lines } = change;
    let kind = match kind {
        DefinitionKind::Element => pb::DefinitionKind::Element,
        DefinitionKind::Form => pb::DefinitionKind::Form,
        DefinitionKind::Contract => pb::DefinitionKind::Contract,
        DefinitionKind::Campaign => pb::DefinitionKind::Campaign,
    };
    pb::DefinitionChange { kind: kind.into(), code, is_new, lines }
}

/// The newest step on an award.
pub(super) fn award_to_proto(entry: &AwardEntry) -> pb::CampaignAward {
    let AwardEntry { step, document: AwardDocument { reference, day }, reason, entered_day } =
        entry;
    pb::CampaignAward {
        step: enums::award_step_to_proto(*step).into(),
        reference: reference.clone(),
        day: values::day_to_proto(*day),
        reason: reason.clone(),
        entered_day: values::day_to_proto(*entered_day),
    }
}

/// The rehearsal with its standings, which the caller has limited.
pub(super) fn rehearsal_to_proto(
    rehearsal: CampaignRehearsal,
    reference: &ReferenceSnapshot,
) -> Result<pb::RehearseCampaignResponse, RpcError> {
    let CampaignRehearsal { act: _, as_of, phase, standings, changed, missing, open_verdicts } =
        rehearsal;
    let (units, elements) = (&reference.unit_numbers, &reference.element_numbers);
    let standings = standings.iter().map(|one| record::standing_to_proto(one, units, elements));
    let standings = standings.collect::<Result<_, _>>();
    let verdict = |one: OpenVerdict| {
        let OpenVerdict { unit, phase, target, missing, state, stays_open } = one;
        let unit_uid = reference.org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
        let state = record::judgement_state_to_proto(state).into();
        pb::OpenVerdict { unit_uid, target, phase: phase.into(), missing, stays_open, state }
    };
    Ok(pb::RehearseCampaignResponse {
        as_of_day: values::day_to_proto(as_of),
        phase: phase.unwrap_or(0).into(),
        standings: standings.map_err(|error| RpcError::Internal(error.to_string()))?,
        changed: changed as u32,
        missing: missing.into_iter().map(missing_report_to_proto).collect(),
        open_verdicts: open_verdicts.into_iter().map(verdict).collect(),
    })
}

fn missing_report_to_proto(report: MissingReport) -> pb::MissingReport {
    let MissingReport { key, reviewing_unit, unit, contract, state, waived } = report;
    let (start, end) = (key.period.start, key.period.end);
    pb::MissingReport {
        report_id: key.id().0.to_vec(),
        unit_uid: unit,
        reviewing_unit_uid: reviewing_unit,
        contract,
        days: Some(pb::DaySpan {
            start_day: Some(values::day_to_proto(start)),
            end_day: Some(values::day_to_proto(end)),
        }),
        state: enums::missing_state_to_proto(state).into(),
        waived,
        period: Some(values::period_to_proto(&key.period)),
    }
}
