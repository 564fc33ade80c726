//! `thidua review queue|batch|show|return|accept|proposals|amend|held|settle-held`: review in a
//! terminal, with the engine and the rights of a phone.

use super::context::CliContext;
use super::error::{CliError, CliResult};
use super::pending_decisions;
use super::phone::{self, PhoneArgs, day_text};
use super::report_selection::{require_entered, select_report};
use super::review_batch::{review_batch, waiting_json};
use super::standing_format::figure_json;
use crate::client::facade::{CellView, Concern, Phone, ReportView, WaitingReport};
use crate::domain::support::message::message;
use crate::i18n::Lang;
use serde_json::json;
use std::collections::BTreeMap;

/// `thidua review ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    phone: PhoneArgs,
    #[command(subcommand)]
    command: ReviewCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ReviewCommand {
    /// Reports that wait for review, by risk, each with what is to be said about it.
    #[command(after_help = "Examples:\n  thidua review queue --phone reviewer.db")]
    Queue,
    /// Show many reports, each figure that differs beside the last period and last year, then
    /// accept those that you name, each exactly as shown.
    #[command(after_help = "Examples:
  thidua review batch --phone reviewer.db
  thidua review batch --json")]
    Batch,
    /// Show a report with its content hash.
    #[command(
        after_help = "Examples:\n  thidua review show 0191f3c2\n  thidua review show \"2026-07 com-29242-2\""
    )]
    Show {
        /// The report as in `field fill`; a name of several words in quotation marks.
        report: String,
    },
    /// Send a report back with a question.
    #[command(
        after_help = "Examples:\n  thidua review return REPORT --code CHECK_FIGURE --text \"Please check this figure\""
    )]
    Return {
        /// The report as in `field fill`; a name of several words in quotation marks.
        report: String,
        /// Code of the question.
        #[arg(long, default_value = "CHECK_FIGURE")]
        code: String,
        /// The reviewer's words.
        #[arg(long)]
        text: String,
        /// Content hash that was seen (default: as this client shows it now).
        #[arg(long)]
        hash: Option<String>,
    },
    /// Accept a report exactly as it was seen.
    #[command(
        after_help = "Examples:\n  thidua review accept REPORT --hash HASH\n  thidua review accept --clean-nil"
    )]
    Accept {
        /// The report as in `field fill`; a name of several words in quotation marks.
        #[arg(required_unless_present = "clean_nil")]
        report: Option<String>,
        /// Every nil report about which nothing is to be said, each as it was seen.
        #[arg(long, conflicts_with_all = ["report", "hash"])]
        clean_nil: bool,
        /// Content hash that was seen (default: as this client shows it now).
        #[arg(long)]
        hash: Option<String>,
    },
    /// Proposals to amend accepted reports, open ones first.
    #[command(after_help = "Examples:\n  thidua review proposals --json")]
    Proposals,
    /// Show a proposal beside its report; grant it (a new revision) or refuse it only when told.
    #[command(after_help = "Examples:
  thidua review amend PROPOSAL
  thidua review amend PROPOSAL --grant HASH
  thidua review amend PROPOSAL --refuse")]
    Amend {
        /// Id of the proposal.
        proposal: String,
        /// Grant it for the report with this content hash, as shown.
        #[arg(long, value_name = "HASH", conflicts_with = "refuse")]
        grant: Option<String>,
        /// Leave the report as it is.
        #[arg(long)]
        refuse: bool,
    },
    /// Held commands of this unit: those of a person whose role was taken away, and those that wait
    /// for their parent.
    #[command(after_help = "Examples:\n  thidua review held --json")]
    Held,
    /// Take a held command over in your own name, or put it aside.
    #[command(
        after_help = "Examples:\n  thidua review settle-held HELD\n  thidua review settle-held HELD --reject"
    )]
    SettleHeld {
        /// Id of the held command.
        held: String,
        /// Put it aside.
        #[arg(long)]
        reject: bool,
    },
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let phone = args.phone.open_phone()?;
    match &args.command {
        ReviewCommand::Queue => list_queue(ctx, &phone),
        ReviewCommand::Batch => review_batch(ctx, &phone),
        ReviewCommand::Show { report } => {
            phone::print_report(&ctx.output, &find_report(ctx, &phone, report)?);
            Ok(())
        }
        ReviewCommand::Return { report, code, text, hash } => {
            let (report, seen) = find_seen(ctx, &phone, report, hash.as_deref())?;
            let number = phone.return_report(report, seen, code.clone(), text.clone())?;
            sync_command(ctx, &phone, number)
        }
        ReviewCommand::Accept { report: Some(report), hash, .. } => {
            let (report, seen) = find_seen(ctx, &phone, report, hash.as_deref())?;
            let number = phone.accept_report(report, seen)?;
            sync_command(ctx, &phone, number)
        }
        ReviewCommand::Accept { .. } => accept_clean_nils(ctx, &phone),
        ReviewCommand::Proposals => {
            let scales = load_scales(&phone)?;
            pending_decisions::print_proposals(&ctx.output, &phone.proposals()?, &scales);
            Ok(())
        }
        ReviewCommand::Amend { proposal, grant, refuse } => {
            decide_proposal(ctx, &phone, proposal, grant.as_deref(), *refuse)
        }
        ReviewCommand::Held => {
            let scales = load_scales(&phone)?;
            pending_decisions::print_held_commands(&ctx.output, &phone.held_commands()?, &scales);
            Ok(())
        }
        ReviewCommand::SettleHeld { held, reject } => {
            let number = phone.settle_held(held.clone(), !reject)?;
            sync_command(ctx, &phone, number)
        }
    }
}

/// The report of this name, and the content hash that was seen: the given one, else that of now.
fn find_seen(
    ctx: &CliContext,
    phone: &Phone,
    report: &str,
    hash: Option<&str>,
) -> CliResult<(String, String)> {
    let view = find_report(ctx, phone, report)?;
    Ok((view.report_id, hash.map_or(view.content_hash, str::to_owned)))
}

fn find_report(ctx: &CliContext, phone: &Phone, report: &str) -> CliResult<ReportView> {
    let named = select_report(&ctx.output, phone, &[report.to_owned()])?;
    require_entered(phone, &named)
}

fn list_queue(ctx: &CliContext, phone: &Phone) -> CliResult {
    let output = &ctx.output;
    let queue = phone.review_queue()?;
    if output.json {
        let list = queue.iter().map(waiting_json);
        output.print_line(format!("{:#}", serde_json::Value::Array(list.collect())));
        return Ok(());
    }
    let row = |one: &WaitingReport| {
        let view = &one.report;
        let concerns: Vec<String> = one
            .concerns
            .iter()
            .map(|concern| concern_text(output.lang, concern, &one.report.cells))
            .collect();
        vec![
            view.report_id.clone(),
            view.key.unit.clone(),
            day_text(view.key.start_day),
            view.key.contract.clone(),
            if view.nil { "nil" } else { "" }.to_owned(),
            concerns.join("; "),
        ]
    };
    let rows: Vec<Vec<String>> = queue.iter().map(row).collect();
    let headings = [
        output.text("field-report"),
        output.text("access-unit"),
        output.text("remind-first-day"),
        output.text("review-contract"),
        "nil",
        output.text("review-look"),
    ];
    output.print_table(&headings, &rows);
    let clean = queue.iter().filter(|one| one.report.nil && one.concerns.is_empty()).count();
    if clean > 0 {
        output.print_line(output.lang.say(message!("review-nil-reports-nothing-look", clean)));
    }
    Ok(())
}

/// A reason to look at a report, in words.
pub(super) fn concern_text(lang: Lang, concern: &Concern, cells: &[CellView]) -> String {
    let text = |element: &str, figure: i64| lang.figure(figure, scale_of(cells, element));
    match concern {
        Concern::HasComments => lang.text("review-commented").to_owned(),
        Concern::ChangedAgain => lang.text("review-changed-again").to_owned(),
        Concern::Late => lang.text("review-late").to_owned(),
        Concern::Early => lang.text("review-early").to_owned(),
        Concern::HasNote => lang.text("review-note").to_owned(),
        Concern::OpenFinding { rule, element } => {
            lang.say(message!("review-open-finding", rule, element))
        }
        Concern::DepartsFromBoth { element, before, last_year, now } => {
            let [before, last_year, now] =
                [before, last_year, now].map(|figure| text(element, *figure));
            lang.say(message!("review-departs-from-both", element, before, last_year, now))
        }
        Concern::WordChanged { element, before, now } => {
            let before = before.map_or_else(|| "-".to_owned(), |before| text(element, before));
            format!("{element} {before} -> {}", text(element, *now))
        }
        Concern::WordMissing { element } => lang.say(message!("review-word-missing", element)),
        Concern::LargeMovement { element, before, now } => {
            format!("{element} {} -> {}", text(element, *before), text(element, *now))
        }
    }
}

fn scale_of(cells: &[CellView], element: &str) -> u8 {
    cells.iter().find(|cell| cell.element == element).map_or(0, |cell| cell.scale)
}

/// A reason to look at a report.
pub(super) fn concern_json(concern: &Concern, cells: &[CellView]) -> serde_json::Value {
    let figure = |element: &str, value: i64| figure_json(Some(value), scale_of(cells, element));
    match concern {
        Concern::HasComments => json!({ "code": "COMMENTED" }),
        Concern::ChangedAgain => json!({ "code": "CHANGED_AGAIN" }),
        Concern::Late => json!({ "code": "LATE" }),
        Concern::Early => json!({ "code": "EARLY" }),
        Concern::HasNote => json!({ "code": "NOTED" }),
        Concern::OpenFinding { rule, element } => {
            json!({ "code": "QUESTION", "rule": rule, "element": element })
        }
        Concern::DepartsFromBoth { element, before, last_year, now } => {
            let [before, last_year, now] =
                [before, last_year, now].map(|value| figure(element, *value));
            json!({ "code": "MOVED_AGAINST_BOTH", "element": element, "before": before,
                "last_year": last_year, "now": now })
        }
        Concern::WordChanged { element, before, now } => {
            let (before, now) = (before.map(|value| figure(element, value)), figure(element, *now));
            json!({ "code": "WORD_CHANGED", "element": element, "before": before, "now": now })
        }
        Concern::WordMissing { element } => {
            json!({ "code": "WORD_MISSING", "element": element })
        }
        Concern::LargeMovement { element, before, now } => {
            let (before, now) = (figure(element, *before), figure(element, *now));
            json!({ "code": "MOVED", "element": element, "before": before, "now": now })
        }
    }
}

/// Shows a proposal beside its report, and decides it only if told how. To grant it names the
/// content of the report that was shown.
fn decide_proposal(
    ctx: &CliContext,
    phone: &Phone,
    proposal: &str,
    grant: Option<&str>,
    refuse: bool,
) -> CliResult {
    let known = phone.proposals()?.into_iter().find(|one| one.proposal_id == proposal);
    let known =
        known.ok_or_else(|| CliError::new("NOT_FOUND", message!("review-no-such-proposal")))?;
    let report = find_report(ctx, phone, &known.report_id)?;
    if let Some(seen) = grant {
        let number = phone.settle_proposal(known.proposal_id, seen.to_owned(), true)?;
        return sync_command(ctx, phone, number);
    }
    if refuse {
        let number = phone.settle_proposal(known.proposal_id, report.content_hash, false)?;
        return sync_command(ctx, phone, number);
    }
    let output = &ctx.output;
    pending_decisions::print_proposal(output, &known, &report);
    if !output.json && known.settled.is_none() {
        let hash = &report.content_hash;
        output.print_remark(output.say(message!("review-nothing-decided", proposal, hash)));
    }
    Ok(())
}

/// Accepts the nil reports without concerns, each for the content that this client shows.
fn accept_clean_nils(ctx: &CliContext, phone: &Phone) -> CliResult {
    let numbers = phone.accept_clean_nils()?;
    let output = &ctx.output;
    let Some(last) = numbers.last() else {
        let text = output.text("review-no-clean-nil");
        output.print_answer(|| text.to_owned(), || json!({ "accepted": 0 }));
        return Ok(());
    };
    output.print_remark(output.lang.say(message!("review-reports", numbers = numbers.len())));
    sync_command(ctx, phone, *last)
}

/// Syncs at once where there is a network; otherwise the command waits in the outbox, which is not
/// an error.
pub(super) fn sync_command(ctx: &CliContext, phone: &Phone, number: u64) -> CliResult {
    let output = &ctx.output;
    let sent = phone.sync_once();
    let waits = phone.outbox_status()?.waiting;
    if let Some(refused) = phone.refused_commands()?.into_iter().find(|one| one.number == number) {
        return Err(CliError::new(&refused.reason, refused.message()));
    }
    if let Err(error) = &sent {
        output.print_remark(error.text(output.lang));
    }
    let mut held = phone.own_held_commands()?;
    held.retain(|one| one.number == number);
    output.print_answer(
        || {
            if !held.is_empty() {
                return phone::held_lines(output, &held).join("\n");
            }
            let text = if waits == 0 {
                output.text("review-sent")
            } else {
                output.text("review-waits-sent")
            };
            format!("{} {number}: {text}", output.text("review-command"))
        },
        || {
            json!({ "command": number, "waiting": waits, "online": sent.is_ok(),
                "held": phone::held_json(&held) })
        },
    );
    Ok(())
}

/// The same for a command that was made only if something differs.
pub(super) fn sync_command_if_any(
    ctx: &CliContext,
    phone: &Phone,
    number: Option<u64>,
) -> CliResult {
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

/// Decimals of the figures of each element, by its code.
fn load_scales(phone: &Phone) -> CliResult<BTreeMap<String, u8>> {
    Ok(phone.elements()?.into_iter().map(|one| (one.code, one.scale)).collect())
}
