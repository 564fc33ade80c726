//! What the pages ask of the engine, by name: the arguments are a JSON list, the answer is JSON.
//! The simulation does the acts of its people through it, too.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thidua::client::facade::{CellEntry, ClientError, LaunchEntry, Phone, ReportKeyView};

type Answer = Result<Value, Failure>;

/// Why nothing was answered.
pub(crate) enum Failure {
    /// The engine says why.
    Engine(ClientError),
    /// The page asked for what there is not; for developers.
    Page(String),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Engine(error)
    }
}

/// Answers a question, or does an act of a person; everything works without a connection.
pub(crate) fn perform(phone: &Phone, name: &str, arguments: &str) -> Answer {
    [state, report, decision, campaign]
        .into_iter()
        .find_map(|group| group(phone, name, arguments))
        .unwrap_or_else(|| Err(Failure::Page(format!("no operation {name}"))))
}

fn answer<T: Serialize>(result: Result<T, ClientError>) -> Answer {
    serde_json::to_value(result?).map_err(|error| Failure::Page(error.to_string()))
}

/// Reads the list of arguments and answers with them.
fn with<A: DeserializeOwned, T: Serialize>(
    arguments: &str,
    work: impl FnOnce(A) -> Result<T, ClientError>,
) -> Answer {
    let read = serde_json::from_str(arguments);
    answer(work(read.map_err(|error| Failure::Page(error.to_string()))?))
}

/// The phone itself: who, when, what waits.
fn state(phone: &Phone, name: &str, arguments: &str) -> Option<Answer> {
    Some(match name {
        "session" => answer(phone.session()),
        "state" => present_state(phone),
        "names" => answer(phone.names()),
        "history" => with(arguments, |(most,)| phone.command_history(most)),
        "refused" => answer(phone.refused_commands()),
        "discard" => with(arguments, |(number,)| phone.discard_refused(number)),
        "ownHeld" => answer(phone.own_held_commands()),
        "records" => records(phone),
        "erase" => answer(phone.erase_local_data()),
        _ => return None,
    })
}

/// Today by the server's time, the lease, the outbox.
fn present_state(phone: &Phone) -> Answer {
    Ok(json!({
        "clock": answer(phone.clock())?,
        "lease": answer(phone.lease())?,
        "outbox": answer(phone.outbox_status())?,
        "divergedScopes": phone.diverged_scope_count()?,
    }))
}

/// Every stored record as `[kind, id, revision, bytes]`, to compare two copies.
fn records(phone: &Phone) -> Answer {
    let all = phone.all_records()?;
    Ok(all.iter().map(|one| json!([one.kind, one.id, one.revision, one.bytes])).collect())
}

/// A reporter's acts.
fn report(phone: &Phone, name: &str, arguments: &str) -> Option<Answer> {
    Some(match name {
        "due" => with(arguments, |(from_day, to_day)| phone.due_reports(from_day, to_day)),
        "form" => with(arguments, |(key,)| form(phone, key)),
        "report" => with(arguments, |(report_id,)| phone.report(report_id)),
        "namedReports" => with(arguments, |(report_ids,)| phone.named_reports(report_ids)),
        "check" => with(arguments, |(key, cells)| phone.check_cells(key, cells)),
        "save" => with(arguments, |(key, cells, note)| phone.save_cells(key, cells, note)),
        "saveNil" => with(arguments, |(key,)| phone.save_nil(key)),
        "saveNilCarried" => with(arguments, |(key,)| phone.save_nil_carried(key)),
        "submit" => with(arguments, |(report_id,)| phone.submit_report(report_id)),
        "comment" => with(arguments, |(report_id, text)| phone.add_comment(report_id, text)),
        "propose" => with(arguments, |(key, cells, note, reason)| {
            phone.propose_amendment(key, cells, note, reason)
        }),
        "findings" => answer(phone.findings()),
        "standings" => answer(phone.standings()),
        _ => return None,
    })
}

/// A report, or its blank form, beside the last period.
fn form(phone: &Phone, key: ReportKeyView) -> Result<Value, ClientError> {
    let stored = phone.report(phone.report_id(key.clone()))?;
    let report = match stored {
        Some(report) => report,
        None => phone.blank_report(key.clone())?,
    };
    let carried: Vec<CellEntry> = phone.carried_words(key.clone())?;
    let last_period: Vec<CellEntry> = phone.last_period_cells(key)?;
    Ok(json!({ "report": report, "carried": carried, "lastPeriod": last_period }))
}

/// What a reviewer and a unit head decide.
fn decision(phone: &Phone, name: &str, arguments: &str) -> Option<Answer> {
    Some(match name {
        "reviewQueue" => answer(phone.review_queue()),
        "accept" => with(arguments, |(seen,)| phone.accept_seen(seen)),
        "return" => with(arguments, |(report_id, content_hash, code, text)| {
            phone.return_report(report_id, content_hash, code, text)
        }),
        "conflicts" => answer(phone.conflicts()),
        "settleConflict" => {
            with(arguments, |(id, take_branch)| phone.settle_conflict(id, take_branch))
        }
        "proposals" => answer(phone.proposals()),
        "settleProposal" => with(arguments, |(id, content_hash, grant)| {
            phone.settle_proposal(id, content_hash, grant)
        }),
        "held" => answer(phone.held_commands()),
        "settleHeld" => with(arguments, |(id, apply)| phone.settle_held(id, apply)),
        _ => return None,
    })
}

/// How a unit takes part in campaigns.
fn campaign(phone: &Phone, name: &str, arguments: &str) -> Option<Answer> {
    Some(match name {
        "campaigns" => answer(phone.campaigns()),
        "participations" => answer(phone.participations()),
        "register" => with(arguments, |(campaign, unit, signed_role)| {
            phone.register_for_campaign(campaign, unit, signed_role)
        }),
        "withdraw" => {
            with(arguments, |(campaign, unit)| phone.withdraw_registration(campaign, unit))
        }
        "launch" => with(arguments, |(campaign, unit, launch): (_, _, Option<LaunchEntry>)| {
            phone.record_launch(campaign, unit, launch)
        }),
        "pledge" => {
            with(arguments, |(campaign, unit, pledge)| phone.record_pledge(campaign, unit, pledge))
        }
        "removePledge" => {
            with(arguments, |(campaign, unit, body)| phone.remove_pledge(campaign, unit, body))
        }
        _ => return None,
    })
}
