//! Lists what waits for a decision apart from reports: proposals to amend, and held commands.

use super::output::Output;
use super::phone::figure_text;
use crate::client::facade::{CellEntry, HeldCommandView, ProposalView};

pub(super) fn print_proposals(output: &Output, proposals: &[ProposalView]) {
    let rows: Vec<Vec<String>> = proposals
        .iter()
        .map(|one| {
            let state = match (one.settled, one.is_current) {
                (Some(true), _) => "GRANTED",
                (Some(false), _) => "REFUSED",
                (None, true) => "OPEN",
                (None, false) => "OPEN, CONTENT_CHANGED",
            };
            let (id, report, unit) =
                (one.proposal_id.clone(), one.report_id.clone(), one.acting_unit.clone());
            vec![id, report, unit, state.to_owned(), cells_text(&one.cells), one.reason.clone()]
        })
        .collect();
    let headings = [
        output.text("pending-decisions-proposal"),
        output.text("field-report"),
        output.text("access-unit"),
        output.text("access-state"),
        output.text("pending-decisions-cells"),
        output.text("pending-decisions-reason"),
    ];
    output.print_rows(
        &headings,
        &["proposal", "report", "unit", "state", "cells", "reason"],
        &rows,
    );
}

pub(super) fn print_held_commands(output: &Output, held: &[HeldCommandView]) {
    let rows: Vec<Vec<String>> = held
        .iter()
        .map(|one| {
            let state = match one.settled {
                None => "OPEN",
                Some(true) => "APPLIED",
                Some(false) => "DISCARDED",
            };
            let (id, report, reason) =
                (one.held_id.clone(), one.report_id.clone(), one.reason.clone());
            vec![
                id,
                report,
                reason,
                state.to_owned(),
                cells_text(&one.cells),
                one.refusal.clone().unwrap_or_default(),
            ]
        })
        .collect();
    let headings = [
        output.text("pending-decisions-held"),
        output.text("field-report"),
        output.text("pending-decisions-why"),
        output.text("access-state"),
        output.text("pending-decisions-cells"),
        output.text("pending-decisions-refused"),
    ];
    output.print_rows(&headings, &["held", "report", "reason", "state", "cells", "refusal"], &rows);
}

fn cells_text(entries: &[CellEntry]) -> String {
    let cells: Vec<String> = entries
        .iter()
        .map(|entry| format!("{}={}", entry.element, figure_text(entry.value)))
        .collect();
    cells.join(" ")
}
