//! Lists what waits for a decision apart from reports: proposals to amend, and held commands.

use super::output::Output;
use super::phone::cell_text;
use crate::client::facade::{CellEntry, HeldCommandView, ProposalView, ReportView};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Decimals of the figures of each element, by its code.
type ElementScales = BTreeMap<String, u8>;

pub(super) fn print_proposals(output: &Output, proposals: &[ProposalView], scales: &ElementScales) {
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
            vec![
                id,
                report,
                unit,
                state.to_owned(),
                cells_text(&one.cells, scales),
                one.reason.clone(),
            ]
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

/// Prints one proposal: each cell as it stands and as proposed.
pub(super) fn print_proposal(output: &Output, proposal: &ProposalView, report: &ReportView) {
    let pairs = proposal.cells.iter().map(|cell| {
        let standing = report.cells.iter().find(|one| one.element == cell.element);
        let scale = standing.map_or(0, |one| one.scale);
        let now = cell_text(standing.and_then(|one| one.value), scale);
        (cell.element.clone(), now, cell_text(cell.value, scale))
    });
    if output.json {
        let cells: Vec<Value> = pairs
            .map(|(element, now, proposed)| {
                json!({ "element": element, "now": now, "proposed": proposed })
            })
            .collect();
        output.print_line(format!(
            "{:#}",
            json!({
                "proposal": proposal.proposal_id, "report": proposal.report_id, "cells": cells,
                "note": proposal.note, "reason": proposal.reason, "current": proposal.is_current,
                "granted": proposal.settled, "content_hash": report.content_hash,
            })
        ));
        return;
    }
    let headings = [
        output.text("review-element"),
        output.text("review-now"),
        output.text("pending-decisions-proposed"),
    ];
    let rows: Vec<Vec<String>> =
        pairs.map(|(element, now, proposed)| vec![element, now, proposed]).collect();
    output.print_table(&headings, &rows);
    if let Some(note) = &proposal.note {
        output.print_line(format!("{}: {note}", output.text("phone-note")));
    }
    output.print_line(format!("{}: {}", output.text("pending-decisions-reason"), proposal.reason));
    output.print_line(format!("hash {}", report.content_hash));
}

pub(super) fn print_held_commands(
    output: &Output,
    held: &[HeldCommandView],
    scales: &ElementScales,
) {
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
                cells_text(&one.cells, scales),
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

fn cells_text(entries: &[CellEntry], scales: &ElementScales) -> String {
    let cells: Vec<String> = entries
        .iter()
        .map(|entry| {
            let scale = scales.get(&entry.element).copied().unwrap_or(0);
            format!("{}={}", entry.element, cell_text(entry.value, scale))
        })
        .collect();
    cells.join(" ")
}
