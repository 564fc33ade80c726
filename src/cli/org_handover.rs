//! `thidua org handover FILE` and `thidua org handovers`: hand-overs of stocks, which two persons
//! of the authority sign.
//!
//! Each command names the account in whose name the operator enters the act, with the rights of
//! that account only; on a server elsewhere it is the one that signed in. Who signs, signs exactly
//! the lines of the file in hand.

use super::context::CliContext;
use super::desk::HandoverAct;
use super::error::{CliError, CliResult};
use super::files;
use super::output::{Colour, Output};
use crate::app::ReferenceSnapshot;
use crate::domain::org::{HandoverLine, HandoverState, Org, StockHandover, check_handover};
use crate::domain::report::element::ElementCode;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use crate::files::handover::{HandoverData, read_handover, write_amount};
use crate::files::table::TableInput;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The arguments of `thidua org handover`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua org handover ban-giao.csv --on 2025-03-01 --dry-run
  thidua org handover ban-giao.csv --on 2025-03-01 --account lan --basis 'BB 12'
  thidua org handover ban-giao.csv --on 2025-03-01 --account minh --sign")]
pub(super) struct HandoverArgs {
    /// The file, CSV or XLSX: side,from_uid,to_uid,element,amount.
    file: PathBuf,
    /// The first day on which the takers hold the stocks.
    #[arg(long)]
    on: Date,
    /// The account in whose name, with its rights only; with --server the one that signed in.
    #[arg(long)]
    account: Option<String>,
    /// The minutes or the decision that it is based on; enters it for signature.
    #[arg(long, required_unless_present_any = ["sign", "refuse", "dry_run"])]
    basis: Option<String>,
    /// Sign what was entered, as the second person.
    #[arg(long, conflicts_with_all = ["basis", "refuse", "dry_run"])]
    sign: bool,
    /// Refuse what was entered, or withdraw what was signed.
    #[arg(long, conflicts_with_all = ["basis", "dry_run"])]
    refuse: bool,
    /// Check and show only, write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// `thidua org handover`
pub(super) fn hand_over(ctx: &CliContext, args: &HandoverArgs) -> CliResult {
    let desk = ctx.open_desk()?;
    let reference = desk.load_reference()?;
    let (name, bytes) = (files::display_name(&args.file), files::read_bytes(&args.file)?);
    let input = TableInput::new(&name, &bytes);
    let read = read_handover(&input, &reference.org, &reference.catalogue)?;
    let found = find_imbalances(&reference.org, &read);
    if !found.is_empty() {
        return Err(CliError::refused_files(found));
    }
    let (output, content) = (&ctx.output, (args.on, read.lines.as_slice()));
    if args.dry_run {
        desk.check_handover(&reference, content)?;
        print_lines(output, &reference, &read.lines);
        return Ok(());
    }
    let (account, _) = desk.acting_account(args.account.as_deref())?;
    let act = match &args.basis {
        Some(basis) => HandoverAct::Propose(basis),
        None => HandoverAct::Settle { sign: args.sign },
    };
    let stored = desk.act_on_handover(&reference, account, content, act)?;
    output.print_answer(
        || {
            let (day, count) = (stored.effective_day, stored.lines.len());
            let said = output.say(message!("org-handover-stored", day => day, count));
            let state = output.text(state_text(stored.state));
            output.paint(Colour::Green, &format!("{said}: {state}"))
        },
        || handover_json(&reference, &stored),
    );
    Ok(())
}

fn find_imbalances(org: &Org, read: &HandoverData) -> Vec<Violation> {
    let found = check_handover(&read.closing, &read.lines, &read.opening);
    found.iter().map(|one| one.to_violation(&unit_uid(org, one.unit))).collect()
}

/// `thidua org handovers`
pub(super) fn list_handovers(ctx: &CliContext) -> CliResult {
    let desk = ctx.open_desk()?;
    let reference = desk.load_reference()?;
    let handovers = desk.handovers(&reference)?;
    let output = &ctx.output;
    if output.json {
        let list: Vec<Value> = handovers.iter().map(|one| handover_json(&reference, one)).collect();
        output.print_answer(String::new, || json!(list));
        return Ok(());
    }
    for handover in &handovers {
        let StockHandover { effective_day: day, basis, state, .. } = handover;
        let state = output.text(state_text(*state));
        output.print_line(output.say(message!("org-handover-heading", day => *day, basis, state)));
        print_lines(output, &reference, &handover.lines);
    }
    Ok(())
}

fn print_lines(output: &Output, reference: &ReferenceSnapshot, lines: &[HandoverLine]) {
    let row = |HandoverLine { from, to, element, amount }: &HandoverLine| {
        vec![
            unit_uid(&reference.org, *from),
            unit_uid(&reference.org, *to),
            element.to_string(),
            write_amount(*amount, scale_of(reference, element)),
        ]
    };
    let rows: Vec<Vec<String>> = lines.iter().map(row).collect();
    let headings = [
        output.text("org-handover-from"),
        output.text("org-handover-to"),
        output.text("org-handover-element"),
        output.text("org-handover-amount"),
    ];
    output.print_rows(&headings, &["from", "to", "element", "amount"], &rows);
}

fn scale_of(reference: &ReferenceSnapshot, element: &ElementCode) -> u8 {
    reference.catalogue.element(element).map_or(0, |element| element.scale)
}

fn unit_uid(org: &Org, unit: UnitId) -> String {
    org.unit(unit).map_or_else(|| unit.to_string(), |unit| unit.uid.clone())
}

fn state_text(state: HandoverState) -> &'static str {
    match state {
        HandoverState::Proposed => "handover-state-PROPOSED",
        HandoverState::Signed => "handover-state-SIGNED",
        HandoverState::Refused => "handover-state-REFUSED",
    }
}

fn handover_json(reference: &ReferenceSnapshot, handover: &StockHandover) -> Value {
    let StockHandover { effective_day, basis, lines, state, proposed_day, settled_day } = handover;
    let line = |HandoverLine { from, to, element, amount }: &HandoverLine| {
        json!({
            "from": unit_uid(&reference.org, *from),
            "to": unit_uid(&reference.org, *to),
            "element": element.to_string(),
            "amount": write_amount(*amount, scale_of(reference, element)),
        })
    };
    json!({
        "handover": handover.id().to_string(),
        "on": effective_day.to_string(),
        "basis": basis,
        "lines": lines.iter().map(line).collect::<Vec<_>>(),
        "state": state.as_str(),
        "proposed": proposed_day.to_string(),
        "settled": settled_day.map(|day| day.to_string()),
    })
}
