//! Lists of what waits for a decision beside reports: proposals to amend, and held commands.

use super::phone::figure;
use super::say::Say;
use crate::client::facade::{CellEntry, HeldView, ProposalView};

pub(super) fn proposals(say: &Say, proposals: &[ProposalView]) {
    let rows: Vec<Vec<String>> = proposals
        .iter()
        .map(|one| {
            let state = match (one.settled, one.fresh) {
                (Some(true), _) => "GRANTED",
                (Some(false), _) => "REFUSED",
                (None, true) => "OPEN",
                (None, false) => "OPEN, CONTENT_CHANGED",
            };
            let (id, report, unit) = (one.proposal_id.clone(), one.report_id.clone(), one.acting_unit.clone());
            vec![id, report, unit, state.to_owned(), cells(&one.cells), one.reason.clone()]
        })
        .collect();
    let headings = [
        say.pick("đề nghị", "proposal"),
        say.pick("báo cáo", "report"),
        say.pick("đơn vị", "unit"),
        say.pick("trạng thái", "state"),
        say.pick("ô", "cells"),
        say.pick("lý do", "reason"),
    ];
    say.rows(&headings, &["proposal", "report", "unit", "state", "cells", "reason"], &rows);
}

pub(super) fn held(say: &Say, held: &[HeldView]) {
    let rows: Vec<Vec<String>> = held
        .iter()
        .map(|one| {
            let state = match one.settled {
                None => "OPEN",
                Some(true) => "APPLIED",
                Some(false) => "DISCARDED",
            };
            let (id, report, reason) = (one.held_id.clone(), one.report_id.clone(), one.reason.clone());
            vec![id, report, reason, state.to_owned(), cells(&one.cells), one.refusal.clone().unwrap_or_default()]
        })
        .collect();
    let headings = [
        say.pick("lệnh", "held"),
        say.pick("báo cáo", "report"),
        say.pick("lý do giữ", "why"),
        say.pick("trạng thái", "state"),
        say.pick("ô", "cells"),
        say.pick("không áp dụng vì", "refused for"),
    ];
    say.rows(&headings, &["held", "report", "reason", "state", "cells", "refusal"], &rows);
}

fn cells(entries: &[CellEntry]) -> String {
    let cells: Vec<String> = entries.iter().map(|entry| format!("{}={}", entry.element, figure(entry.value))).collect();
    cells.join(" ")
}
