//! What became of a file, as messages.

use crate::exchange::outcome::{FileOutcome, RowCounts, RowState, RowVerdict, ValueChange};
use crate::grpc::campaign_messages::{change_to_proto, diagnostic_to_proto, violation_to_proto};
use crate::i18n::Lang;
use crate::pb;

/// Most findings of an answer.
const FINDINGS_MAX: usize = 2000;
/// Most verdicts of an answer.
const ROWS_MAX: usize = 10_000;

pub(super) fn outcome_to_proto(
    outcome: FileOutcome,
    applied: bool,
    lang: Lang,
) -> pb::ImportFileResponse {
    let RowCounts { created, changed, unchanged, held, refused } = outcome.counts();
    let summary = pb::DeliverySummary {
        created: created as u32,
        changed: changed as u32,
        unchanged: unchanged as u32,
        held: held as u32,
        refused: refused as u32,
    };
    let FileOutcome { findings, unplaced, mut rows, definitions, is_taken, commands } = outcome;
    rows.sort_by_key(|row| row.state == RowState::Unchanged);
    let findings = findings.iter().map(|one| diagnostic_to_proto(one, lang));
    let findings = findings.chain(unplaced.iter().map(|one| violation_to_proto(one, lang)));
    pb::ImportFileResponse {
        findings: findings.take(FINDINGS_MAX).collect(),
        rows: rows.into_iter().take(ROWS_MAX).map(row_to_proto).collect(),
        summary: Some(summary),
        changes: definitions.into_iter().map(change_to_proto).collect(),
        applied,
        commands: commands as u32,
        valid: is_taken,
    }
}

fn row_to_proto(row: RowVerdict) -> pb::RowVerdict {
    let RowVerdict { file, line, subject, state, changes } = row;
    let state = match state {
        RowState::Created => pb::RowState::Created,
        RowState::Changed => pb::RowState::Changed,
        RowState::Unchanged => pb::RowState::Unchanged,
        RowState::Held => pb::RowState::Held,
        RowState::Refused => pb::RowState::Refused,
    };
    let change = |one: ValueChange| {
        let ValueChange { field, old, new } = one;
        pb::ValueChange { field, old, new }
    };
    let (line, changes) = (line as u32, changes.into_iter().map(change).collect());
    pb::RowVerdict { file, line, subject, state: state.into(), changes }
}
