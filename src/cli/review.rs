//! `thidua review queue|show|return|accept`: a reviewer at a desk, with the same engine and the same rights as on a phone.

use super::ctx::Ctx;
use super::desk;
use super::failure::{Failure, Outcome};
use super::phone::{self, Which, day};
use crate::client::facade::{Phone, ReportView};
use serde_json::json;

/// `thidua review ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    which: Which,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Báo cáo chờ duyệt · Reports that wait for review, those with a question first.
    #[command(after_help = "Ví dụ / Examples:\n  thidua review queue --phone reviewer.db")]
    Queue,
    /// Xem một báo cáo · Show a report with its content hash.
    #[command(after_help = "Ví dụ / Examples:\n  thidua review show 0191f3c2a4b57d8e9f00112233445566")]
    Show {
        /// Mã báo cáo · Id of the report.
        report: String,
    },
    /// Trả lại kèm câu hỏi · Send a report back with a question.
    #[command(
        after_help = "Ví dụ / Examples:\n  thidua review return REPORT --code CHECK_FIGURE --text \"Đề nghị kiểm tra số vụ\""
    )]
    Return {
        /// Mã báo cáo · Id of the report.
        report: String,
        /// Mã câu hỏi · Code of the question.
        #[arg(long, default_value = "CHECK_FIGURE")]
        code: String,
        /// Lời của người duyệt · The reviewer's words.
        #[arg(long)]
        text: String,
        /// Nội dung đã xem · Content hash that was seen (default: as this client shows it now).
        #[arg(long)]
        hash: Option<String>,
    },
    /// Duyệt · Accept a report exactly as it was seen.
    #[command(after_help = "Ví dụ / Examples:\n  thidua review accept REPORT --hash HASH")]
    Accept {
        /// Mã báo cáo · Id of the report.
        report: String,
        /// Nội dung đã xem · Content hash that was seen (default: as this client shows it now).
        #[arg(long)]
        hash: Option<String>,
    },
    /// Đề nghị điều chỉnh · Proposals to amend accepted reports, open ones first.
    #[command(after_help = "Ví dụ / Examples:\n  thidua review proposals --json")]
    Proposals,
    /// Quyết định đề nghị điều chỉnh · Grant a proposal (a new revision), or refuse it.
    #[command(
        after_help = "Ví dụ / Examples:\n  thidua review amend PROPOSAL\n  thidua review amend PROPOSAL --refuse"
    )]
    Amend {
        /// Mã đề nghị · Id of the proposal.
        proposal: String,
        /// Không chấp nhận · Leave the report as it is.
        #[arg(long)]
        refuse: bool,
    },
    /// Lệnh tạm giữ · Held commands of this unit: those of a person whose role was taken away, and those that wait for their parent.
    #[command(after_help = "Ví dụ / Examples:\n  thidua review held --json")]
    Held,
    /// Xử lý lệnh tạm giữ · Take a held command over in your own name, or put it aside.
    #[command(after_help = "Ví dụ / Examples:\n  thidua review take-over HELD\n  thidua review take-over HELD --aside")]
    TakeOver {
        /// Mã lệnh · Id of the held command.
        held: String,
        /// Bỏ · Put it aside.
        #[arg(long)]
        aside: bool,
    },
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    let phone = args.which.open()?;
    match &args.what {
        What::Queue => queue(ctx, &phone),
        What::Show { report } => {
            phone::show(&ctx.say, &find(&phone, report)?);
            Ok(())
        }
        What::Return { report, code, text, hash } => {
            let seen = seen(&phone, report, hash.as_deref())?;
            let number = phone.send_back(report.clone(), seen, code.clone(), text.clone())?;
            told(ctx, &phone, number)
        }
        What::Accept { report, hash } => {
            let seen = seen(&phone, report, hash.as_deref())?;
            let number = phone.accept(report.clone(), seen)?;
            told(ctx, &phone, number)
        }
        What::Proposals => {
            desk::proposals(&ctx.say, &phone.proposals()?);
            Ok(())
        }
        What::Amend { proposal, refuse } => {
            let known = phone.proposals()?.into_iter().find(|one| one.proposal_id == *proposal);
            let report = known.map(|one| one.report_id).unwrap_or_default();
            let seen = seen(&phone, &report, None)?;
            let number = phone.settle_proposal(proposal.clone(), seen, !refuse)?;
            told(ctx, &phone, number)
        }
        What::Held => {
            desk::held(&ctx.say, &phone.held_commands()?);
            Ok(())
        }
        What::TakeOver { held, aside } => {
            let number = phone.settle_held(held.clone(), !aside)?;
            told(ctx, &phone, number)
        }
    }
}

pub(super) fn find(phone: &Phone, report: &str) -> Outcome<ReportView> {
    phone.report(report.to_owned())?.ok_or_else(|| {
        Failure::new(
            "NOT_FOUND",
            "không có báo cáo này trên máy; hãy đồng bộ: thidua field sync",
            "there is no such report on this client; sync first: thidua field sync",
        )
    })
}

fn seen(phone: &Phone, report: &str, hash: Option<&str>) -> Outcome<String> {
    match hash {
        Some(hash) => Ok(hash.to_owned()),
        None => Ok(find(phone, report)?.content_hash),
    }
}

fn queue(ctx: &Ctx, phone: &Phone) -> Outcome {
    let say = &ctx.say;
    let queue = phone.review_queue()?;
    if say.json {
        let list: Vec<serde_json::Value> = queue.iter().map(phone::report_json).collect();
        say.line(format!("{:#}", serde_json::Value::Array(list)));
        return Ok(());
    }
    let rows: Vec<Vec<String>> = queue
        .iter()
        .map(|view| {
            let nil = if view.nil { "nil" } else { "" };
            let comments = view.comments.len().to_string();
            vec![
                view.report_id.clone(),
                view.key.unit.clone(),
                day(view.key.start_day),
                view.key.contract.clone(),
                nil.to_owned(),
                comments,
            ]
        })
        .collect();
    let headings = [
        say.pick("báo cáo", "report"),
        say.pick("đơn vị", "unit"),
        say.pick("từ ngày", "first day"),
        say.pick("hợp đồng", "contract"),
        "nil",
        say.pick("trao đổi", "comments"),
    ];
    say.rows(&headings, &["report", "unit", "first_day", "contract", "nil", "comments"], &rows);
    Ok(())
}

/// Sends at once where there is a network; else the command waits in the outbox, which is no failure.
pub(super) fn told(ctx: &Ctx, phone: &Phone, number: u64) -> Outcome {
    let say = &ctx.say;
    let sent = phone.sync_once();
    let waits = phone.outbox()?.waiting;
    if let Some(refused) = phone.refused()?.into_iter().find(|one| one.number == number) {
        return Err(Failure::new(&refused.reason, refused.text_vi, refused.text_en));
    }
    if let Err(error) = &sent {
        say.remark(say.lang.pick(error.text_vi(), error.text_en()));
    }
    say.answer(
        || {
            let text = if waits == 0 {
                say.pick("đã gửi", "sent")
            } else {
                say.pick("đang chờ gửi", "waits to be sent")
            };
            format!("{} {number}: {text}", say.pick("lệnh", "command"))
        },
        || json!({ "command": number, "waiting": waits, "online": sent.is_ok() }),
    );
    Ok(())
}
