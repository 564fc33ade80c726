//! `thidua campaign rehearse|waive|waivers|reopen`: a rehearsal of the next night, phase or
//! conclusion, waivers of missing reports, and the way back from a conclusion.
//!
//! Waivers and reopenings need two persons: each command names the account in whose name the
//! operator enters the act, with the rights of that account only.

use super::context::{CliContext, LocalApp};
use super::error::{CliError, CliResult};
use super::lookup::{find_campaign, find_unit_id};
use super::output::{Colour, Output};
use super::standing_format::standing_json;
use crate::app::ReferenceSnapshot;
use crate::app::conclusion::{CampaignRehearsal, OpenVerdict, RehearsedAct};
use crate::app::waiver::StoredWaiver;
use crate::domain::campaign::completeness::MissingReport;
use crate::domain::campaign::{Campaign, Reopening};
use crate::domain::report::ReportKey;
use crate::domain::report::waiver::Waiver;
use crate::domain::standing::Standing;
use crate::domain::support::ids::{AccountId, ContractId, ReportId, UnitId, WaiverId};
use crate::domain::support::message::message;
use jiff::civil::Date;
use serde_json::{Value, json};

/// The arguments of `thidua campaign rehearse`.
#[derive(Debug, clap::Args)]
pub(super) struct RehearseArgs {
    /// What to rehearse: night, phase or conclusion.
    #[arg(value_parser = parse_act, default_value = "conclusion")]
    act: RehearsedAct,
    /// Code of the campaign; may be left out when there is only one.
    #[arg(long)]
    campaign: Option<String>,
}

/// The arguments of `thidua campaign waive`.
#[derive(Debug, clap::Args)]
pub(super) struct WaiveArgs {
    /// Ids of the reports, as rehearse prints them; each gets a waiver of its own.
    #[arg(
        required_unless_present = "contract",
        conflicts_with = "contract",
        value_name = "REPORT"
    )]
    reports: Vec<String>,
    /// Code of the report's contract, with --unit and --from.
    #[arg(long, requires_all = ["unit", "from"])]
    contract: Option<String>,
    /// Code of the unit that owes the report.
    #[arg(long, requires = "contract")]
    unit: Option<String>,
    /// First day of the report's period.
    #[arg(long, requires = "contract")]
    from: Option<Date>,
    /// The account in whose name, with its rights only.
    #[arg(long)]
    account: String,
    /// Why the reports stay missing; proposes the waivers.
    #[arg(long, required_unless_present_any = ["sign", "refuse"])]
    reason: Option<String>,
    /// Sign the proposed waivers, as the second person.
    #[arg(long, conflicts_with_all = ["reason", "refuse"])]
    sign: bool,
    /// Refuse or withdraw the waivers.
    #[arg(long, conflicts_with = "reason")]
    refuse: bool,
}

/// The arguments of `thidua campaign reopen`.
#[derive(Debug, clap::Args)]
pub(super) struct ReopenArgs {
    /// Code of the campaign; may be left out when there is only one.
    #[arg(long)]
    campaign: Option<String>,
    /// The account in whose name, with its rights only.
    #[arg(long)]
    account: String,
    /// Why it is reopened; the second person leaves it out.
    #[arg(long)]
    reason: Option<String>,
    /// Withdraw what the first person asked for.
    #[arg(long, conflicts_with = "reason")]
    withdraw: bool,
}

fn parse_act(text: &str) -> Result<RehearsedAct, String> {
    RehearsedAct::parse(&text.to_uppercase()).ok_or_else(|| {
        let known: Vec<String> =
            RehearsedAct::ALL.iter().map(|one| one.as_str().to_lowercase()).collect();
        known.join(" | ")
    })
}

/// `thidua campaign rehearse`
pub(super) fn rehearse_act(ctx: &CliContext, args: &RehearseArgs) -> CliResult {
    let local_app = ctx.open_local_app()?;
    let code = find_campaign(&*local_app.load_reference()?, args.campaign.as_deref())?.code.clone();
    print_rehearsal(ctx, &local_app, &code, args.act)
}

/// Prints what an act would publish, what it lacks, and what hangs on it.
pub(super) fn print_rehearsal(
    ctx: &CliContext,
    local_app: &LocalApp,
    code: &str,
    act: RehearsedAct,
) -> CliResult {
    let reference = local_app.load_reference()?;
    let campaign = find_campaign(&reference, Some(code))?;
    let rehearsal = local_app.app.rehearse_campaign(&local_app.actor, code, act)?;
    let output = &ctx.output;
    if output.json {
        output.print_answer(String::new, || rehearsal_json(&reference, campaign, &rehearsal));
        return Ok(());
    }
    let (as_of, changed) = (rehearsal.as_of, rehearsal.changed);
    let act = act.as_str();
    output.print_line(output.say(message!("rehearsal-heading", code, act, as_of => as_of)));
    print_standings(output, campaign, &rehearsal.standings);
    output.print_line(output.say(message!("rehearsal-changed", changed)));
    print_missing(output, &rehearsal.missing);
    print_open_verdicts(output, &reference, &rehearsal.open_verdicts);
    Ok(())
}

/// The standings of the unit that runs the campaign.
fn print_standings(output: &Output, campaign: &Campaign, standings: &[Standing]) {
    let row = |one: &Standing| {
        let Standing { phase, judgement, .. } = one;
        let state = judgement.state.as_str().to_owned();
        vec![judgement.code.clone(), phase.to_string(), judgement.display.clone(), state]
    };
    let own = standings.iter().filter(|one| one.unit == campaign.owner_id());
    let rows: Vec<Vec<String>> = own.map(row).collect();
    let headings = [
        output.text("live-standings-target"),
        output.text("rehearsal-phase"),
        output.text("live-standings-value"),
        output.text("access-state"),
    ];
    output.print_rows(&headings, &[], &rows);
}

fn print_missing(output: &Output, missing: &[MissingReport]) {
    let (count, waived) = (missing.len(), missing.iter().filter(|one| one.waived).count());
    output.print_line(output.say(message!("rehearsal-missing", count, waived)));
    for group in missing.chunk_by(|one, next| one.reviewing_unit == next.reviewing_unit) {
        let Some(MissingReport { reviewing_unit: unit, .. }) = group.first() else { continue };
        let count = group.len();
        output.print_line(output.say(message!("rehearsal-reviewing-unit", unit, count)));
        for MissingReport { unit, contract, state, waived, key, .. } in group {
            let state = if *waived { "WAIVED" } else { state.as_str() };
            let (period, id) = (&key.period, key.id());
            output.print_line(format!("    {unit} {contract} {period} {state} {id}"));
        }
    }
}

fn print_open_verdicts(output: &Output, reference: &ReferenceSnapshot, open: &[OpenVerdict]) {
    let (count, forever) = (open.len(), open.iter().filter(|one| one.stays_open).count());
    output.print_line(output.say(message!("rehearsal-open-verdicts", count, forever)));
    if open.is_empty() {
        return;
    }
    let row = |one: &OpenVerdict| {
        let OpenVerdict { unit, phase, target, missing, state, stays_open } = one;
        let kept = if *stays_open { "rehearsal-for-ever" } else { "rehearsal-until-concluded" };
        let mut row = vec![unit_uid(reference, *unit), target.clone(), phase.to_string()];
        row.extend([missing.to_string(), state.as_str().into(), output.text(kept).into()]);
        row
    };
    let rows: Vec<Vec<String>> = open.iter().map(row).collect();
    let headings = [
        output.text("access-unit"),
        output.text("live-standings-target"),
        output.text("rehearsal-phase"),
        output.text("rehearsal-missing-count"),
        output.text("access-state"),
        output.text("rehearsal-stays"),
    ];
    output.print_rows(&headings, &[], &rows);
}

fn rehearsal_json(
    reference: &ReferenceSnapshot,
    campaign: &Campaign,
    rehearsal: &CampaignRehearsal,
) -> Value {
    let CampaignRehearsal { act, as_of, phase, standings, changed, missing, open_verdicts } =
        rehearsal;
    let standing =
        |one: &Standing| standing_json(one, &unit_uid(reference, one.unit), &reference.catalogue);
    let report = |one: &MissingReport| {
        let MissingReport { key, reviewing_unit, unit, contract, state, waived } = one;
        json!({
            "report": key.id().to_string(),
            "reviewing_unit": reviewing_unit,
            "unit": unit,
            "contract": contract,
            "period": key.period.to_string(),
            "state": state.as_str(),
            "waived": waived,
        })
    };
    let verdict = |one: &OpenVerdict| {
        let OpenVerdict { unit, phase, target, missing, state, stays_open } = one;
        json!({
            "unit": unit_uid(reference, *unit),
            "phase": phase,
            "target": target,
            "missing": missing,
            "state": state.as_str(),
            "for_ever": stays_open,
        })
    };
    json!({
        "campaign": campaign.code,
        "act": act.as_str(),
        "as_of": as_of.to_string(),
        "phase": phase,
        "changed": changed,
        "standings": standings.iter().map(standing).collect::<Vec<_>>(),
        "missing": missing.iter().map(report).collect::<Vec<_>>(),
        "open_verdicts": open_verdicts.iter().map(verdict).collect::<Vec<_>>(),
    })
}

fn unit_uid(reference: &ReferenceSnapshot, unit: UnitId) -> String {
    reference.org.unit(unit).map_or_else(|| unit.to_string(), |unit| unit.uid.clone())
}

/// `thidua campaign waive`
pub(super) fn waive_report(ctx: &CliContext, args: &WaiveArgs) -> CliResult {
    let local_app = ctx.open_local_app()?;
    let reports = find_report_ids(&local_app, args)?;
    let account = AccountId::from_code(&args.account);
    let actor = local_app.app.account_actor(&local_app.actor, account)?;
    let stored = match &args.reason {
        Some(reason) => local_app.app.propose_waivers(&actor, &reports, reason)?,
        None => {
            let ids: Vec<WaiverId> = reports.iter().copied().map(Waiver::id_of_report).collect();
            local_app.app.settle_waivers(&actor, &ids, args.sign)?
        }
    };
    let output = &ctx.output;
    let reference = local_app.load_reference()?;
    let line = |(waiver, _): &StoredWaiver| {
        let state = output.text(waiver_state_text(waiver));
        output.paint(Colour::Green, &format!("{}: {state}", report_text(&reference, waiver)))
    };
    output.print_answer(
        || stored.iter().map(line).collect::<Vec<_>>().join("\n"),
        || stored.iter().map(|one| waiver_json(&reference, one)).collect(),
    );
    Ok(())
}

/// The reports that the arguments name: by id, or one by contract, unit and first day.
fn find_report_ids(local_app: &LocalApp, args: &WaiveArgs) -> CliResult<Vec<ReportId>> {
    let not_found = || CliError::new("NOT_FOUND", message!("waive-no-such-report"));
    if !args.reports.is_empty() {
        let ids = args.reports.iter().map(|id| ReportId::parse(id).map_err(|_| not_found()));
        return ids.collect();
    }
    let (Some(contract), Some(unit), Some(from)) = (&args.contract, &args.unit, args.from) else {
        return Err(not_found());
    };
    let (contract, unit) = (ContractId::from_code(contract), find_unit_id(local_app, unit)?);
    let found = local_app.app.expected_report(contract, unit, from)?;
    found.map(|key| vec![key.id()]).ok_or_else(not_found)
}

fn waiver_state_text(waiver: &Waiver) -> &'static str {
    use crate::domain::report::waiver::WaiverState;
    match waiver.state {
        WaiverState::Proposed => "waiver-state-PROPOSED",
        WaiverState::Signed => "waiver-state-SIGNED",
        WaiverState::Refused => "waiver-state-REFUSED",
        WaiverState::Lapsed => "waiver-state-LAPSED",
    }
}

fn report_text(reference: &ReferenceSnapshot, waiver: &Waiver) -> String {
    let ReportKey { unit, period, .. } = &waiver.key;
    format!("{} {} {period}", unit_uid(reference, *unit), contract_code(reference, waiver))
}

fn contract_code(reference: &ReferenceSnapshot, waiver: &Waiver) -> String {
    let found = reference.contract(waiver.key.contract);
    found.map_or_else(String::new, |contract| contract.code.clone())
}

fn waiver_json(reference: &ReferenceSnapshot, (waiver, revision): &StoredWaiver) -> Value {
    let Waiver { key, reason, state, proposed_day, settled_day } = waiver;
    json!({
        "waiver": waiver.id().to_string(),
        "report": key.id().to_string(),
        "unit": unit_uid(reference, key.unit),
        "contract": contract_code(reference, waiver),
        "period": key.period.to_string(),
        "reason": reason,
        "state": state.as_str(),
        "proposed": proposed_day.to_string(),
        "settled": settled_day.map(|day| day.to_string()),
        "revision": revision,
    })
}

/// `thidua campaign waivers`
pub(super) fn list_waivers(ctx: &CliContext) -> CliResult {
    let local_app = ctx.open_local_app()?;
    let reference = local_app.load_reference()?;
    let waivers = local_app.app.visible_waivers(&local_app.actor)?;
    let output = &ctx.output;
    if output.json {
        let list: Vec<Value> = waivers.iter().map(|one| waiver_json(&reference, one)).collect();
        output.print_answer(String::new, || json!(list));
        return Ok(());
    }
    let row = |(waiver, _): &StoredWaiver| {
        vec![
            unit_uid(&reference, waiver.key.unit),
            contract_code(&reference, waiver),
            waiver.key.period.to_string(),
            output.text(waiver_state_text(waiver)).to_owned(),
            waiver.reason.clone(),
            waiver.key.id().to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = waivers.iter().map(row).collect();
    let headings = [
        output.text("access-unit"),
        output.text("waiver-contract"),
        output.text("waiver-period"),
        output.text("access-state"),
        output.text("waiver-reason"),
        output.text("waiver-report"),
    ];
    output.print_table(&headings, &rows);
    Ok(())
}

/// `thidua campaign reopen`
pub(super) fn reopen(ctx: &CliContext, args: &ReopenArgs) -> CliResult {
    let local_app = ctx.open_local_app()?;
    let id = find_campaign(&*local_app.load_reference()?, args.campaign.as_deref())?.id();
    let account = AccountId::from_code(&args.account);
    let actor = local_app.app.account_actor(&local_app.actor, account)?;
    let reason = args.reason.as_deref().unwrap_or_default();
    let campaign = local_app.app.reopen_campaign(&actor, id, (reason, args.withdraw))?;
    let output = &ctx.output;
    let (code, status) = (&campaign.code, campaign.status);
    output.print_answer(
        || match &campaign.reopening {
            Some(Reopening { reason, .. }) => output.say(message!("reopen-asked", code, reason)),
            None => output.say(message!("reopen-status", code, status => status.message())),
        },
        || {
            let asked = campaign.reopening.as_ref();
            json!({ "code": code, "status": status.as_str(), "reopening": asked.map(|one| &one.reason) })
        },
    );
    Ok(())
}
