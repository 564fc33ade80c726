//! `thidua access key issue|list|revoke`: keys of partner agencies, by the operator at the machine.

use super::access::unit_id;
use super::ctx::{Ctx, Desk};
use super::failure::{Failure, Outcome};
use crate::app::partner::KeyWish;
use crate::auth;
use crate::domain::ids::{AccountId, CampaignId, KeyId};
use crate::domain::partner::{KEY_DAYS_MAX, Read};
use serde_json::json;

#[derive(Debug, clap::Subcommand)]
pub(super) enum What {
    /// Cấp khóa, in ra một lần · Issue a key and print it, once; the account needs PARTNER_READER first.
    #[command(after_help = "Ví dụ / Examples:
  thidua access grant --account toa-an --role PARTNER_READER --unit prov-84
  thidua access key issue --account toa-an --unit prov-84 --days 365
  thidua access key issue --account toa-an --unit dist-842 --campaign A --read STANDINGS --days 30")]
    Issue {
        /// Nhãn tài khoản · Label of the agency's account.
        #[arg(long)]
        account: String,
        /// Đơn vị, cùng cấp dưới · It opens this unit and those below.
        #[arg(long)]
        unit: String,
        /// Chỉ phong trào này · Only this campaign (default: every published one).
        #[arg(long)]
        campaign: Option<String>,
        /// Được đọc gì · What it opens: RUNS, STANDINGS (default: both).
        #[arg(long = "read", value_parser = read)]
        reads: Vec<Read>,
        /// Số ngày hiệu lực · Its life in days, at most a year.
        #[arg(long, default_value_t = KEY_DAYS_MAX)]
        days: i64,
    },
    /// Các khóa, không có bí mật · The keys, without their secrets.
    #[command(after_help = "Ví dụ / Examples:\n  thidua access key list --json")]
    List,
    /// Thu hồi một khóa, vĩnh viễn · End a key for good; refused at its next call and in open streams.
    #[command(after_help = "Ví dụ / Examples:\n  thidua access key revoke 0191f3c2a4b57d8e9f00112233445566")]
    Revoke {
        /// Mã khóa · Id of the key, as in `access key list`.
        key: String,
    },
}

fn read(text: &str) -> Result<Read, String> {
    Read::parse(&text.to_uppercase()).ok_or_else(|| {
        let words: Vec<&str> = Read::ALL.iter().map(|read| read.as_str()).collect();
        words.join(" | ")
    })
}

pub(super) fn run(ctx: &Ctx, desk: &Desk, what: &What) -> Outcome {
    match what {
        What::Issue { account, unit, campaign, reads, days } => {
            let reads = if reads.is_empty() { Read::ALL.to_vec() } else { reads.clone() };
            let wish = KeyWish {
                account: AccountId::named(account),
                unit: unit_id(desk, unit)?,
                campaign: campaign.as_deref().map(|code| campaign_id(desk, code)).transpose()?,
                reads,
                days: *days,
            };
            issue(ctx, desk, account, wish)
        }
        What::List => list(ctx, desk),
        What::Revoke { key } => revoke(ctx, desk, key),
    }
}

fn campaign_id(desk: &Desk, code: &str) -> Outcome<CampaignId> {
    let reference = desk.reference()?;
    let found = reference.campaigns.iter().find(|campaign| campaign.code == code);
    found.map(|campaign| campaign.id()).ok_or_else(|| {
        Failure::new(
            "UNKNOWN_CAMPAIGN",
            format!("không có phong trào {code}; xem: thidua campaign list"),
            format!("there is no campaign {code}; see: thidua campaign list"),
        )
    })
}

fn issue(ctx: &Ctx, desk: &Desk, account: &str, wish: KeyWish) -> Outcome {
    let (id, secret, hash) = auth::service_key().map_err(|_| Failure::no_random())?;
    let key = desk.app.issue_key(&desk.actor, id, &hash, wish)?;
    let (say, until) = (&ctx.say, key.expires.local_text());
    say.answer(
        || {
            let lines = [
                format!("{} {}", say.pick("khóa:", "key:"), secret.reveal()),
                format!("{account} · {id} · {} {until}", say.pick("đến", "until")),
                say.pick(
                    "Chỉ in một lần: hãy trao cho cơ quan qua đường an toàn; máy chủ chỉ giữ mã băm.",
                    "Printed once: hand it over by a safe way; the server keeps only its hash.",
                )
                .to_owned(),
            ];
            lines.join("\n")
        },
        || json!({ "key": secret.reveal(), "id": id.to_string(), "account": account, "expires": until }),
    );
    Ok(())
}

fn list(ctx: &Ctx, desk: &Desk) -> Outcome {
    let reference = desk.reference()?;
    let now = desk.app.now();
    let mut rows = Vec::new();
    for key in desk.app.keys_in_sight(&desk.actor)? {
        let state = match key.revoked {
            Some(_) => "REVOKED",
            None if key.is_alive(now) => "ACTIVE",
            None => "EXPIRED",
        };
        let campaign = key.campaign.map_or_else(
            || "*".to_owned(),
            |id| reference.campaigns.iter().find(|one| one.id() == id).map_or_else(String::new, |one| one.code.clone()),
        );
        let reads: Vec<&str> = key.reads.iter().map(|read| read.as_str()).collect();
        rows.push(vec![
            key.id.to_string(),
            desk.app.account_label(&desk.actor, key.account)?.unwrap_or_default(),
            reference.org.unit(key.unit).map_or_else(String::new, |unit| unit.uid.clone()),
            campaign,
            reads.join(" "),
            state.to_owned(),
            key.expires.local_text(),
        ]);
    }
    let say = &ctx.say;
    let headings = [
        say.pick("khóa", "key"),
        say.pick("tài khoản", "account"),
        say.pick("đơn vị", "unit"),
        say.pick("phong trào", "campaign"),
        say.pick("được đọc", "reads"),
        say.pick("trạng thái", "state"),
        say.pick("hết hạn", "expires"),
    ];
    say.rows(&headings, &["key", "account", "unit", "campaign", "reads", "state", "expires"], &rows);
    Ok(())
}

fn revoke(ctx: &Ctx, desk: &Desk, key: &str) -> Outcome {
    let id = KeyId::parse(key)
        .map_err(|_| Failure::usage("mã khóa có 32 chữ số hệ 16", "the id of a key has 32 hexadecimal digits"))?;
    desk.app.revoke_key(&desk.actor, id)?;
    let say = &ctx.say;
    say.answer(
        || format!("{key}: {}", say.pick("đã thu hồi", "revoked")),
        || json!({ "key": key, "state": "REVOKED" }),
    );
    Ok(())
}
