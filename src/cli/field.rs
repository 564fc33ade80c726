//! `thidua field`: an offline client with plain prompts. Every command works without a network; the
//! outbox is sent on the next sync.

use super::context::CliContext;
use super::error::{CliError, CliResult};
use super::field_fill::{FillArgs, fill_report, parse_cells, split_words};
use super::output::Output;
use super::phone::{self, PhoneArgs, day_text};
use super::report_selection::{require_entered, select_report, show_or_blank};
use super::review::{sync_command, sync_command_if_any};
use crate::client::facade::{
    DueReport, OutboxStatus, Phone, ReportStatus, Role, SyncSummary, TrafficLine,
};
use crate::domain::reporting::report_name::parse_day;
use crate::domain::support::message::message;
use crate::domain::support::time::days_from_date;
use jiff::civil::Date;
use serde_json::json;
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
        /// First day (default: five weeks ago), as 2024-08-19 or 19/8/2024.
        #[arg(long, value_parser = read_day)]
        from: Option<Date>,
        /// Last day (default: today).
        #[arg(long, value_parser = read_day)]
        to: Option<Date>,
    },
    /// Show a report.
    #[command(after_help = "Examples:\n  thidua field show 2026-W31\n  thidua field show 0191f3c2")]
    Show {
        /// The report as in `field fill`.
        #[arg(required = true)]
        report: Vec<String>,
    },
    /// Fill in a report; asks for each cell if none is given, and again where an entry is wrong.
    #[command(after_help = "Examples:
  thidua field fill 2026-07
  thidua field fill 34/2024 so_offences=2 reports_received=nil --submit
  thidua field fill 2024-08-19 com-29242-2 --nil --submit
  thidua field fill 0191f3c2 --nil --carry suspended_cases=4 --submit")]
    Fill(FillArgs),
    /// Propose to amend an accepted report; a reviewer decides.
    #[command(
        after_help = "Examples:\n  thidua field propose 2026-07 so_offences=3 --reason \"typing error\""
    )]
    Propose {
        /// The report as in `field fill`.
        report: String,
        /// Cells as in `field fill`.
        #[arg(required = true)]
        cells: Vec<String>,
        /// Why; checked like a note.
        #[arg(long)]
        reason: String,
    },
    /// Submit a report for review.
    #[command(after_help = "Examples:\n  thidua field submit 2026-07")]
    Submit {
        /// The report as in `field fill`.
        #[arg(required = true)]
        report: Vec<String>,
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
        FieldCommand::Fill(fill) => fill_report(ctx, &phone, fill),
        FieldCommand::Propose { report, cells, reason } => {
            let (name, given) = split_words(report, cells);
            let named = select_report(&ctx.output, &phone, &name)?;
            let view = require_entered(&phone, &named)?;
            let cells = parse_cells(&given, |element| view.scale_of(element))?;
            let number = phone.propose_amendment(view.key, cells, None, reason.clone())?;
            sync_command_if_any(ctx, &phone, number)
        }
        FieldCommand::Submit { report } => {
            let named = select_report(&ctx.output, &phone, report)?;
            require_entered(&phone, &named)?;
            let number = phone.submit_report(named.report_id)?;
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
                role_codes(&session.roles).join(" ")
            )
        },
        || {
            let roles = role_codes(&session.roles);
            json!({ "device": session.device_id, "unit": session.unit, "roles": roles })
        },
    );
    Ok(())
}

/// Shows a report with the commands about it that the server holds; of a report that this phone no
/// longer holds, only these.
fn show_report(ctx: &CliContext, phone: &Phone, words: &[String]) -> CliResult {
    let output = &ctx.output;
    let all_held = phone.own_held_commands()?;
    let held_about = |report: &str| {
        let ours = all_held.iter().filter(|one| one.report_id == report);
        ours.cloned().collect::<Vec<_>>()
    };
    let found = select_report(output, phone, words);
    let (report, view) = match &found {
        Ok(named) => (named.report_id.clone(), Some(show_or_blank(phone, named)?)),
        Err(_) => (words.join(" "), None),
    };
    let held = held_about(&report);
    let Some(view) = view.filter(|view| held.is_empty() || view.status != ReportStatus::Blank)
    else {
        if held.is_empty() {
            return found.map(|_| ());
        }
        output.print_answer(
            || phone::held_lines(output, &held).join("\n"),
            || json!({ "report": report, "held": phone::held_json(&held) }),
        );
        return Ok(());
    };
    phone::print_report(output, &view);
    phone::held_lines(output, &held).iter().for_each(|line| output.print_remark(line));
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

/// A day among the arguments, as people write it.
fn read_day(text: &str) -> Result<Date, String> {
    parse_day(text).ok_or_else(|| "2024-08-19 | 19/8/2024".to_owned())
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
    let names = phone.report_names(due.iter().map(|one| one.report_id.clone()).collect())?;
    let row = |(one, name): (DueReport, String)| {
        let form = output.lang.pick(&one.form_name_vi, &one.form_name_en).to_owned();
        let (first, last) = (day_text(one.key.start_day), day_text(one.key.end_day - 1));
        let (due, state) = (day_text(one.due_day - 1), one.status.code().to_owned());
        vec![one.report_id, one.key.unit, first, last, due, state, name, form]
    };
    let rows: Vec<Vec<String>> = due.into_iter().zip(names).map(row).collect();
    let headings = [
        output.text("field-report"),
        output.text("access-unit"),
        output.text("field-from"),
        output.text("field-to"),
        output.text("field-due"),
        output.text("field-status"),
        output.text("field-name"),
        output.text("field-form"),
    ];
    output.print_rows(
        &headings,
        &["report", "unit", "first_day", "last_day", "due", "status", "name", "form"],
        &rows,
    );
    Ok(())
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

fn role_codes(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| role.code()).collect()
}
