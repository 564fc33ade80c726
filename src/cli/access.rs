//! `thidua access grant|enrol|devices|revoke|key`: roles, enrolment codes and devices, by the operator at the machine.

use super::access_key;
use super::ctx::{Ctx, Desk};
use super::failure::{Failure, Outcome};
use super::invite;
use crate::config::Config;
use crate::domain::ids::{AccountId, DeviceId, UnitId};
use crate::domain::permission::{Grant, Role};
use crate::server::keys::{Keys, KeysError};
use jiff::civil::Date;
use serde_json::json;

/// `thidua access ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Cấp vai trò trên một đơn vị · Give an account a role on a unit; makes the account if it is new.
    #[command(after_help = "Ví dụ / Examples:
  thidua access grant --account xa-29242 --role REPORTER --unit com-29242-1
  thidua access grant --account huyen-842 --role REVIEWER --unit dist-842 --to 2025-12-31")]
    Grant {
        /// Nhãn tài khoản, không phải tên người · Label of the account; no personal name.
        #[arg(long)]
        account: String,
        /// Vai trò · Role: REPORTER, UNIT_HEAD, REVIEWER, CAMPAIGN_HEAD, COUNCIL_SECRETARY, DATA_STEWARD, AUDITOR,
        /// PARTNER_READER, ADMIN.
        #[arg(long, value_parser = role)]
        role: Role,
        /// Mã đơn vị · Code of the unit.
        #[arg(long)]
        unit: String,
        /// Ngày đầu · First day (default: today).
        #[arg(long)]
        from: Option<Date>,
        /// Ngày cuối · Last day (default: until further notice).
        #[arg(long)]
        to: Option<Date>,
        /// In luôn mã ghi danh · Print an enrolment code too.
        #[arg(long)]
        enrol: bool,
    },
    /// In mã ghi danh một lần · Print a one-time enrolment code for an account: QR text, typed code, addresses, CA SHA-256.
    #[command(after_help = "Ví dụ / Examples:\n  thidua access enrol --account xa-29242")]
    Enrol {
        /// Nhãn tài khoản · Label of the account.
        #[arg(long)]
        account: String,
    },
    /// Các thiết bị · The devices, their unit and state.
    #[command(after_help = "Ví dụ / Examples:\n  thidua access devices --unit dist-842 --json")]
    Devices {
        /// Chỉ đơn vị này và cấp dưới · Only of this unit and of those under it today.
        #[arg(long)]
        unit: Option<String>,
    },
    /// Thu hồi một thiết bị hay phiên làm việc, vĩnh viễn · Shut a device or session out for good; refused at its next call.
    #[command(after_help = "Ví dụ / Examples:
  thidua access revoke 0191f3c2a4b57d8e9f00112233445566
  thidua access revoke --account xa-29242")]
    Revoke {
        /// Mã thiết bị · Id of the device, as in `access devices`.
        #[arg(required_unless_present = "account", conflicts_with = "account")]
        device: Option<String>,
        /// Mọi thiết bị và phiên của tài khoản · Every device and session of this account.
        #[arg(long)]
        account: Option<String>,
    },
    /// Khóa của cơ quan phối hợp · Keys of partner agencies.
    #[command(subcommand)]
    Key(access_key::What),
}

fn role(text: &str) -> Result<Role, String> {
    let grantable = |role: &Role| *role != Role::System;
    Role::from_code(&text.to_uppercase()).filter(grantable).ok_or_else(|| {
        let codes: Vec<&str> = Role::ALL.iter().filter(|role| grantable(role)).map(|role| role.code()).collect();
        codes.join(" | ")
    })
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    let config = ctx.config()?;
    let desk = ctx.desk_of(&config)?;
    match &args.what {
        What::Grant { account, role, unit, from, to, enrol } => {
            grant(ctx, &desk, account, *role, unit, (*from, *to))?;
            if *enrol { hand_over(ctx, &desk, account) } else { Ok(()) }
        }
        What::Enrol { account } => hand_over(ctx, &desk, account),
        What::Devices { unit } => devices(ctx, &desk, unit.as_deref()),
        What::Revoke { device: Some(device), account: _ } => revoke(ctx, &config, &desk, device),
        What::Revoke { device: None, account } => {
            revoke_account(ctx, &config, &desk, account.as_deref().unwrap_or_default())
        }
        What::Key(what) => access_key::run(ctx, &desk, what),
    }
}

/// The unit with this code and those under it today, for lists that may be cut down to them; `None`: all.
pub(super) fn units_under(desk: &Desk, code: Option<&str>) -> Outcome<Option<Vec<UnitId>>> {
    let Some(code) = code else { return Ok(None) };
    let (unit, today) = (unit_id(desk, code)?, desk.app.now().local_date());
    Ok(Some(desk.reference()?.org.hanging_under(unit, today)))
}

/// The unit with this code, or what to do.
pub(super) fn unit_id(desk: &Desk, code: &str) -> Outcome<UnitId> {
    desk.reference()?.org.by_uid(code).map(|unit| unit.id).ok_or_else(|| {
        Failure::new(
            "UNKNOWN_UNIT",
            format!("không có đơn vị {code}; mã là cột uid trong units.csv"),
            format!("there is no unit {code}; codes are the column uid of units.csv"),
        )
    })
}

type Days = (Option<Date>, Option<Date>);

fn grant(ctx: &Ctx, desk: &Desk, account: &str, role: Role, unit: &str, (from, to): Days) -> Outcome {
    let from = from.unwrap_or_else(|| desk.app.now().local_date());
    let to = to.map_or(Date::MAX, |last| last.tomorrow().unwrap_or(Date::MAX));
    if to <= from {
        return Err(Failure::usage("ngày cuối ở trước ngày đầu", "the last day comes before the first"));
    }
    let grant = Grant { role, unit: unit_id(desk, unit)?, from, to };
    desk.app.grant(&desk.actor, AccountId::named(account), account, &grant)?;
    let until = if to == Date::MAX { "-".to_owned() } else { to.yesterday().unwrap_or(to).to_string() };
    ctx.say.answer(
        || format!("{account}: {} @ {unit}, {from} .. {until}", role.code()),
        || json!({ "account": account, "role": role.code(), "unit": unit, "from": from.to_string(), "last_day": until }),
    );
    Ok(())
}

fn hand_over(ctx: &Ctx, desk: &Desk, account: &str) -> Outcome {
    let handed = invite::make(desk, &ctx.config()?, AccountId::named(account)).map_err(|failure| {
        if failure.code != "NOT_FOUND" {
            return failure;
        }
        Failure::new(
            "UNKNOWN_ACCOUNT",
            format!(
                "tài khoản {account} chưa có vai trò nào; hãy cấp trước: thidua access grant --account {account} ..."
            ),
            format!(
                "the account {account} holds no role; give it one first: thidua access grant --account {account} ..."
            ),
        )
    })?;
    ctx.say.answer(|| handed.lines(&ctx.say).join("\n"), || handed.json());
    Ok(())
}

fn devices(ctx: &Ctx, desk: &Desk, unit: Option<&str>) -> Outcome {
    let reference = desk.reference()?;
    let today = desk.app.now().local_date();
    let wanted = unit.map(|code| unit_id(desk, code)).transpose()?;
    let wanted = wanted.map(|unit| reference.org.hanging_under(unit, today));
    let mut rows = Vec::new();
    for (device, units) in desk.app.devices_in_sight(&desk.actor)? {
        let unit = units.home();
        if wanted.as_ref().is_some_and(|wanted| !units.iter().any(|unit| wanted.contains(&unit))) {
            continue;
        }
        let uid = reference.org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
        let label = desk.app.account_label(&desk.actor, device.account)?.unwrap_or_default();
        let kind = if device.is_desk() { "DESK" } else { "PHONE" };
        let state = if device.revoked.is_some() {
            "REVOKED"
        } else if device.forked {
            "FORKED"
        } else {
            "ACTIVE"
        };
        let since = device.enrolled.local_text();
        rows.push(vec![device.id.to_string(), label, uid, kind.to_owned(), state.to_owned(), since]);
    }
    let say = &ctx.say;
    let headings = [
        say.pick("thiết bị", "device"),
        say.pick("tài khoản", "account"),
        say.pick("đơn vị", "unit"),
        say.pick("loại", "kind"),
        say.pick("trạng thái", "state"),
        say.pick("ghi danh", "enrolled"),
    ];
    say.rows(&headings, &["device", "account", "unit", "kind", "state", "enrolled"], &rows);
    Ok(())
}

fn revoke_account(ctx: &Ctx, config: &Config, desk: &Desk, account: &str) -> Outcome {
    let keys = Keys::open(&config.dir)?;
    let revoked = desk.app.revoke_account(&desk.actor, AccountId::named(account))?;
    for id in &revoked {
        keys.revocations.add(*id, desk.app.now(), &keys.authority).map_err(KeysError::from)?;
    }
    let say = &ctx.say;
    let ids: Vec<String> = revoked.iter().map(ToString::to_string).collect();
    say.answer(
        || {
            format!(
                "{account}: {} {}",
                ids.len(),
                say.pick("thiết bị và phiên đã thu hồi", "devices and sessions revoked")
            )
        },
        || json!({ "account": account, "revoked": ids }),
    );
    Ok(())
}

fn revoke(ctx: &Ctx, config: &Config, desk: &Desk, device: &str) -> Outcome {
    let id = DeviceId::parse(device).map_err(|_| {
        Failure::usage("mã thiết bị có 32 chữ số hệ 16", "the id of a device has 32 hexadecimal digits")
    })?;
    let keys = Keys::open(&config.dir)?;
    let (known, _) = desk.app.revoke_device(&desk.actor, id)?;
    keys.revocations.add(id, desk.app.now(), &keys.authority).map_err(KeysError::from)?;
    let say = &ctx.say;
    let (taken, day) = (known.taken, known.heard().local_date().to_string());
    let vi = format!(
        "{device}: đã thu hồi. Đã nhận {taken} lệnh, liên lạc lần cuối {day}. Phần nhập sau đó mà chưa gửi sẽ mất: hãy hỏi \
         người dùng máy và nhập lại."
    );
    let en = format!(
        "{device}: revoked. {taken} commands were taken, last contact {day}. What was typed after that and not sent is \
         lost: ask its holder and enter it again."
    );
    say.answer(
        || say.pick(&vi, &en).to_owned(),
        || json!({ "device": device, "state": "REVOKED", "commands_taken": taken, "last_contact": day }),
    );
    Ok(())
}
