//! `thidua field`: an offline client with plain prompts. Every command works without a network; the
//! outbox is sent on the next sync.

use super::context::CliContext;
use super::error::{CliError, CliResult};
use super::output::Output;
use super::phone::{self, PhoneArgs, day_text, figure_text, parse_figure, status_code};
use super::review::{find_report, sync_command};
use crate::client::facade::{
    CellEntry, CellFigure, CellView, DueReport, OutboxStatus, Phone, SyncSummary, TrafficLine,
};
use crate::domain::support::message::message;
use crate::domain::support::text::escape_controls;
use crate::domain::support::time::days_from_date;
use jiff::civil::Date;
use serde_json::json;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

/// `thidua field ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    phone: PhoneArgs,
    #[command(subcommand)]
    command: FieldCommand,
}

#[derive(Debug, clap::Subcommand)]
enum FieldCommand {
    /// Enrol with the text of the QR picture.
    #[command(
        after_help = "Examples:\n  thidua field enrol \"thidua:1?c=...&f=...&a=https://10.0.0.2:8443\""
    )]
    Enrol {
        /// The text that `access enrol` prints.
        invitation: String,
    },
    /// Send what waits and receive what is new.
    #[command(after_help = "Examples:\n  thidua field sync --json\n  thidua field sync --wire-log")]
    Sync {
        /// Account for every byte by kind of frame.
        #[arg(long)]
        wire_log: bool,
    },
    /// Reports that are due.
    #[command(after_help = "Examples:\n  thidua field due --from 2024-08-19 --to 2024-09-01")]
    Due {
        /// First day (default: five weeks ago).
        #[arg(long)]
        from: Option<Date>,
        /// Last day (default: today).
        #[arg(long)]
        to: Option<Date>,
    },
    /// Show a report.
    #[command(after_help = "Examples:\n  thidua field show 0191f3c2a4b57d8e9f00112233445566")]
    Show {
        /// Id of the report, as in `field due`.
        report: String,
    },
    /// Fill in a report; asks for each cell that is not given.
    #[command(after_help = "Examples:
  thidua field fill REPORT
  thidua field fill REPORT so_offences=2 reports_received=nil --submit
  thidua field fill REPORT --nil --submit
  thidua field fill REPORT --nil --carry suspended_cases=4 --submit")]
    Fill {
        /// Id of the report, as in `field due`.
        report: String,
        /// Cells: ELEMENT=FIGURE, ELEMENT=nil or ELEMENT=missing:see_note.
        cells: Vec<String>,
        /// Nothing occurred: every event an explicit zero; stocks and duties are still to be
        /// answered.
        #[arg(long)]
        nil: bool,
        /// Confirm the figures of the last period for stocks and duties that are still blank.
        #[arg(long)]
        carry: bool,
        /// The note; identity numbers, telephone numbers and plates are refused, names are not
        /// recognised.
        #[arg(long)]
        note: Option<String>,
        /// Submit too.
        #[arg(long)]
        submit: bool,
    },
    /// Propose to amend an accepted report; a reviewer decides.
    #[command(
        after_help = "Examples:\n  thidua field propose REPORT so_offences=3 --reason \"typing error\""
    )]
    Propose {
        /// Id of the report.
        report: String,
        /// Cells: ELEMENT=FIGURE, ELEMENT=nil or ELEMENT=missing:see_note.
        #[arg(required = true)]
        cells: Vec<String>,
        /// Why; checked like a note.
        #[arg(long)]
        reason: String,
    },
    /// Submit a report for review.
    #[command(after_help = "Examples:\n  thidua field submit REPORT")]
    Submit {
        /// Id of the report.
        report: String,
    },
    /// What waits to be sent.
    Outbox,
    /// Write what the server may not have yet to a file that only the authority can read, before
    /// this phone is revoked.
    #[command(
        after_help = "Examples:\n  thidua field export-commands --phone field.db -o xa-29242.lenh"
    )]
    ExportCommands {
        /// The file to write.
        #[arg(long, short, value_name = "FILE")]
        out: PathBuf,
    },
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let phone = args.phone.open_phone()?;
    match &args.command {
        FieldCommand::Enrol { invitation } => enrol_phone(ctx, &phone, invitation),
        FieldCommand::Sync { wire_log } => sync_phone(ctx, &phone, *wire_log),
        FieldCommand::Due { from, to } => list_due(ctx, &phone, *from, *to),
        FieldCommand::Show { report } => show_report(ctx, &phone, report),
        FieldCommand::Fill { report, cells, nil, carry, note, submit } => {
            let number = fill_report(ctx, &phone, report, cells, (*nil, *carry), note.clone())?;
            let submitted = if *submit { Some(phone.submit_report(report.clone())?) } else { None };
            sync_command_if_any(ctx, &phone, submitted.or(number))
        }
        FieldCommand::Propose { report, cells, reason } => {
            let key = find_report(&phone, report)?.key;
            let number = phone.propose_amendment(key, parse_cells(cells)?, None, reason.clone())?;
            sync_command_if_any(ctx, &phone, number)
        }
        FieldCommand::Submit { report } => {
            let number = phone.submit_report(report.clone())?;
            sync_command(ctx, &phone, number)
        }
        FieldCommand::Outbox => show_outbox(ctx, &phone),
        FieldCommand::ExportCommands { out } => export_commands(ctx, &phone, out),
    }
}

fn enrol_phone(ctx: &CliContext, phone: &Phone, invitation: &str) -> CliResult {
    phone.enrol(invitation.to_owned())?;
    phone.sync_once()?;
    let session = phone.session()?;
    let Some(session) = session else {
        return Err(crate::client::facade::ClientError::NotEnrolled.into());
    };
    ctx.output.print_answer(
        || {
            format!(
                "{} {} {} ({})",
                session.device_id,
                session.unit,
                session.unit_name,
                session.roles.join(" ")
            )
        },
        || json!({ "device": session.device_id, "unit": session.unit, "roles": session.roles }),
    );
    Ok(())
}

/// Shows a report with the commands about it that the server holds; of a report that this phone no
/// longer holds, only these.
fn show_report(ctx: &CliContext, phone: &Phone, report: &str) -> CliResult {
    let mut held = phone.own_held_commands()?;
    held.retain(|one| one.report_id == report);
    let output = &ctx.output;
    if held.is_empty() || phone.report(report.to_owned())?.is_some() {
        phone::print_report(output, &find_report(phone, report)?);
        phone::held_lines(output, &held).iter().for_each(|line| output.print_remark(line));
        return Ok(());
    }
    output.print_answer(
        || phone::held_lines(output, &held).join("\n"),
        || json!({ "report": report, "held": phone::held_json(&held) }),
    );
    Ok(())
}

fn sync_phone(ctx: &CliContext, phone: &Phone, wire_log: bool) -> CliResult {
    let done = phone.sync_once()?;
    let output = &ctx.output;
    phone::warn_of_clock(output, phone)?;
    let refused = phone.refused_commands()?;
    let held = phone.own_held_commands()?;
    let text = || {
        let (sent, rows, bytes) = (done.sent, done.rows, done.bytes_sent + done.bytes_received);
        let wire = if wire_log { traffic_text(output, &done) } else { String::new() };
        let mut text =
            output.lang.say(message!("field-commands-sent-records-received", sent, rows, bytes));
        text.push_str(&wire);
        for one in &refused {
            let why = output.say(one.message());
            text.push_str(&format!(
                "\n{} {}: {} {why}",
                output.text("field-refused"),
                one.number,
                one.reason
            ));
        }
        for line in phone::held_lines(output, &held) {
            text.push_str(&format!("\n{line}"));
        }
        text
    };
    let value = || {
        let line = |line: &TrafficLine| json!({ "kind": line.kind, "count": line.count, "bytes": line.bytes });
        let wire: Option<Vec<_>> = wire_log.then(|| done.traffic.iter().map(line).collect());
        json!({
            "wire": wire, "calls": done.calls, "connections": done.connections,
            "sent": done.sent, "applied": done.applied, "merged": done.merged, "conflicts": done.conflicts,
            "rejected": done.rejected, "resets": done.resets, "rows": done.rows, "agrees": done.digests_match,
            "bytes_sent": done.bytes_sent, "bytes_received": done.bytes_received, "bytes_renewing": done.bytes_for_renewal,
            "refused": refused.len(), "held": phone::held_json(&held),
        })
    };
    output.print_answer(text, value);
    Ok(())
}

/// The bytes of a sync by kind of frame; the rest is TLS and HTTP/2.
fn traffic_text(output: &Output, done: &SyncSummary) -> String {
    let mut text = String::new();
    let mut line = |kind: &str, count: u32, bytes: u64| {
        text.push_str(&format!("\n  {kind:<12} {count:>5} {bytes:>9} B"));
    };
    done.traffic.iter().for_each(|one| line(&one.kind, one.count, one.bytes));
    let framed: u64 = done.traffic.iter().map(|one| one.bytes).sum();
    let whole = done.bytes_sent + done.bytes_received;
    line("TLS, HTTP/2", done.connections, whole.saturating_sub(framed));
    line(output.text("field-everything"), done.calls, whole);
    text
}

fn sync_command_if_any(ctx: &CliContext, phone: &Phone, number: Option<u64>) -> CliResult {
    if let Some(number) = number {
        return sync_command(ctx, phone, number);
    }
    let output = &ctx.output;
    output.print_answer(
        || output.text("field-nothing-differs").to_owned(),
        || json!({ "command": null }),
    );
    Ok(())
}

/// Reports due between two days, both included; by default those of the last five weeks.
fn find_due_between(
    phone: &Phone,
    from: Option<Date>,
    to: Option<Date>,
) -> CliResult<Vec<DueReport>> {
    let end = to.map_or(phone.clock()?.today, days_from_date) + 1;
    let start = from.map_or(end - 36, days_from_date);
    Ok(phone.due_reports(start, end)?)
}

fn list_due(ctx: &CliContext, phone: &Phone, from: Option<Date>, to: Option<Date>) -> CliResult {
    let output = &ctx.output;
    let due = find_due_between(phone, from, to)?;
    phone::warn_of_clock(output, phone)?;
    let rows: Vec<Vec<String>> = due
        .into_iter()
        .map(|one| {
            let form = output.lang.pick(&one.form_name_vi, &one.form_name_en).to_owned();
            let last = day_text(one.key.end_day - 1);
            let state = status_code(one.status).to_owned();
            vec![
                one.report_id,
                one.key.unit,
                day_text(one.key.start_day),
                last,
                day_text(one.due_day - 1),
                state,
                form,
            ]
        })
        .collect();
    let headings = [
        output.text("field-report"),
        output.text("access-unit"),
        output.text("field-from"),
        output.text("field-to"),
        output.text("field-due"),
        output.text("field-status"),
        output.text("field-form"),
    ];
    output.print_rows(
        &headings,
        &["report", "unit", "first_day", "last_day", "due", "status", "form"],
        &rows,
    );
    Ok(())
}

/// Fills in an existing report, or one that was due in the last three years and is still blank.
fn fill_report(
    ctx: &CliContext,
    phone: &Phone,
    report: &str,
    given: &[String],
    (nil, carry): (bool, bool),
    note: Option<String>,
) -> CliResult<Option<u64>> {
    let (key, presented) = match phone.report(report.to_owned())? {
        Some(view) => (view.key, view.cells),
        None => {
            let end = phone.clock()?.today + 1;
            let due = phone
                .due_reports(end - 1_100, end)?
                .into_iter()
                .find(|one| one.report_id == report);
            let Some(due) = due else { return find_report(phone, report).map(|_| None) };
            let cells = phone.blank_form(due.key.contract.clone())?;
            (due.key, cells)
        }
    };
    let given = parse_cells(given)?;
    let asks = given.is_empty() && note.is_none() && !nil && !carry;
    let cells = if asks { prompt_cells(ctx, &presented)? } else { given };
    // One command: a report that is saved once and submitted is not one that was changed.
    let is_given = |element: &str| cells.iter().any(|cell| cell.element == element);
    let mut all = Vec::new();
    if nil {
        let events = presented.iter().filter(|cell| !cell.is_word && !is_given(&cell.element));
        let nil = |cell: &CellView| CellEntry {
            element: cell.element.clone(),
            value: Some(CellFigure::Nil),
        };
        all.extend(events.map(nil));
    }
    if carry {
        let is_blank = |element: &str| {
            presented.iter().any(|cell| cell.element == element && cell.value.is_none())
        };
        let words = phone.carried_words(key.clone())?;
        all.extend(
            words.into_iter().filter(|one| is_blank(&one.element) && !is_given(&one.element)),
        );
    }
    all.extend(cells);
    Ok(phone.save_cells(key, all, note)?)
}

fn parse_cells(given: &[String]) -> CliResult<Vec<CellEntry>> {
    let read = |text: &String| {
        let (element, value) = text.split_once('=')?;
        Some(CellEntry { element: element.to_owned(), value: Some(parse_figure(value)?) })
    };
    given.iter().map(|text| read(text).ok_or_else(|| cell_syntax_error(text))).collect()
}

fn cell_syntax_error(text: &str) -> CliError {
    CliError::usage_error(message!("field-expected-element-figure-element", text))
}

/// Prompts for each cell; an empty line keeps the present value.
fn prompt_cells(
    ctx: &CliContext,
    presented: &[crate::client::facade::CellView],
) -> CliResult<Vec<CellEntry>> {
    let output = &ctx.output;
    let (mut lines, mut cells) = (std::io::stdin().lock().lines(), Vec::new());
    for cell in presented {
        let name = output.lang.pick(&cell.name_vi, &cell.name_en);
        // Prompts go to standard error, so that `--json` stays JSON.
        let name = escape_controls(name);
        let _ = write!(std::io::stderr(), "{name} [{}] ", figure_text(cell.value));
        let line = lines.next().and_then(Result::ok).unwrap_or_default();
        let value = if line.trim().is_empty() {
            cell.value
        } else {
            Some(parse_figure(&line).ok_or_else(|| cell_syntax_error(&line))?)
        };
        cells.push(CellEntry { element: cell.element.clone(), value });
    }
    Ok(cells)
}

fn show_outbox(ctx: &CliContext, phone: &Phone) -> CliResult {
    let (status, held) = (phone.outbox_status()?, phone.own_held_commands()?);
    let output = &ctx.output;
    output.print_answer(
        || {
            let OutboxStatus { waiting, sent, refused, held: count, .. } = &status;
            let counts = output.say(message!("field-outbox-counts", waiting, sent, count, refused));
            let lines = phone::held_lines(output, &held);
            std::iter::once(counts).chain(lines).collect::<Vec<_>>().join(
                "
",
            )
        },
        || {
            json!({ "waiting": status.waiting, "sent": status.sent, "refused": status.refused,
                "held": phone::held_json(&held) })
        },
    );
    Ok(())
}

fn export_commands(ctx: &CliContext, phone: &Phone, out: &Path) -> CliResult {
    let file = phone.export_commands()?;
    std::fs::write(out, &file.bytes).map_err(|error| CliError::file_error(out, &error))?;
    let output = &ctx.output;
    let (count, path) = (file.command_count, out.display().to_string());
    let text = message!("field-commands-exported", count, path = &path);
    output.print_answer(|| output.say(text), || json!({ "commands": count, "file": path }));
    Ok(())
}
