//! `thidua campaign rehearse|waive|waivers|reopen`: a rehearsal of the next night, phase or
//! conclusion, waivers of missing reports, and the way back from a conclusion.
//!
//! Waivers and reopenings need two persons: each command names the account in whose name the
//! operator enters the act, with the rights of that account only.

use super::context::CliContext;
use super::desk::{Desk, RehearsalView, StandingLine, WaiverAct, WaiverLine};
use super::error::{CliError, CliResult};
use super::output::{Colour, Output};
use crate::app::conclusion::{OpenVerdict, RehearsedAct};
use crate::domain::campaign::Reopening;
use crate::domain::campaign::completeness::MissingReport;
use crate::domain::report::waiver::Waiver;
use crate::domain::support::ids::ReportId;
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
    /// The account in whose name, with its rights only; with --server the one that signed in.
    #[arg(long)]
    account: Option<String>,
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
    /// The account in whose name, with its rights only; with --server the one that signed in.
    #[arg(long)]
    account: Option<String>,
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
    let desk = ctx.open_desk()?;
    let code = desk.campaign(args.campaign.as_deref())?.code;
    print_rehearsal(ctx, &desk, &code, args.act)
}

/// Prints what an act would publish, what it lacks, and what hangs on it.
pub(super) fn print_rehearsal(
    ctx: &CliContext,
    desk: &Desk,
    code: &str,
    act: RehearsedAct,
) -> CliResult {
    let rehearsal = desk.rehearse(code, act)?;
    let output = &ctx.output;
    if output.json {
        output.print_answer(String::new, || rehearsal_json(code, act, &rehearsal));
        return Ok(());
    }
    let (as_of, changed) = (rehearsal.as_of, rehearsal.changed);
    let act = act.as_str();
    output.print_line(output.say(message!("rehearsal-heading", code, act, as_of => as_of)));
    print_standings(output, &rehearsal.standings);
    output.print_line(output.say(message!("rehearsal-changed", changed)));
    print_missing(output, &rehearsal.missing);
    print_open_verdicts(output, &rehearsal.open_verdicts);
    Ok(())
}

/// The standings of the unit that runs the campaign.
fn print_standings(output: &Output, standings: &[StandingLine]) {
    let row = |StandingLine { phase, target, value, state }: &StandingLine| {
        vec![target.clone(), phase.to_string(), value.clone(), state.clone()]
    };
    let rows: Vec<Vec<String>> = standings.iter().map(row).collect();
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

fn print_open_verdicts(output: &Output, open: &[(String, OpenVerdict)]) {
    let (count, forever) = (open.len(), open.iter().filter(|(_, one)| one.stays_open).count());
    output.print_line(output.say(message!("rehearsal-open-verdicts", count, forever)));
    if open.is_empty() {
        return;
    }
    let row = |(unit, one): &(String, OpenVerdict)| {
        let OpenVerdict { unit: _, phase, target, missing, state, stays_open } = one;
        let kept = if *stays_open { "rehearsal-for-ever" } else { "rehearsal-until-concluded" };
        let mut row = vec![unit.clone(), target.clone(), phase.to_string()];
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

fn rehearsal_json(code: &str, act: RehearsedAct, rehearsal: &RehearsalView) -> Value {
    let RehearsalView { as_of, phase, changed, missing, open_verdicts, .. } = rehearsal;
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
    let verdict = |(unit, one): &(String, OpenVerdict)| {
        let OpenVerdict { unit: _, phase, target, missing, state, stays_open } = one;
        json!({
            "unit": unit,
            "phase": phase,
            "target": target,
            "missing": missing,
            "state": state.as_str(),
            "for_ever": stays_open,
        })
    };
    json!({
        "campaign": code,
        "act": act.as_str(),
        "as_of": as_of.to_string(),
        "phase": phase,
        "changed": changed,
        "standings": rehearsal.standings_json,
        "missing": missing.iter().map(report).collect::<Vec<_>>(),
        "open_verdicts": open_verdicts.iter().map(verdict).collect::<Vec<_>>(),
    })
}

/// `thidua campaign waive`
pub(super) fn waive_report(ctx: &CliContext, args: &WaiveArgs) -> CliResult {
    let desk = ctx.open_desk()?;
    let (account, _) = desk.acting_account(args.account.as_deref())?;
    let reports = find_report_ids(&desk, args)?;
    let act = match &args.reason {
        Some(reason) => WaiverAct::Propose(reason),
        None => WaiverAct::Settle { sign: args.sign },
    };
    let stored = desk.act_on_waivers(account, &reports, act)?;
    let output = &ctx.output;
    let line = |one: &WaiverLine| {
        let WaiverLine { unit, contract, waiver, .. } = one;
        let (period, state) = (&waiver.key.period, output.text(waiver_state_text(waiver)));
        output.paint(Colour::Green, &format!("{unit} {contract} {period}: {state}"))
    };
    output.print_answer(
        || stored.iter().map(line).collect::<Vec<_>>().join("\n"),
        || stored.iter().map(waiver_json).collect(),
    );
    Ok(())
}

/// The reports that the arguments name: by id, or one by contract, unit and first day.
fn find_report_ids(desk: &Desk, args: &WaiveArgs) -> CliResult<Vec<ReportId>> {
    let not_found = || CliError::new("NOT_FOUND", message!("waive-no-such-report"));
    if !args.reports.is_empty() {
        let ids = args.reports.iter().map(|id| ReportId::parse(id).map_err(|_| not_found()));
        return ids.collect();
    }
    let (Some(contract), Some(unit), Some(from)) = (&args.contract, &args.unit, args.from) else {
        return Err(not_found());
    };
    desk.find_report(contract, unit, from)?.map(|id| vec![id]).ok_or_else(not_found)
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

fn waiver_json(WaiverLine { unit, contract, waiver, revision }: &WaiverLine) -> Value {
    let Waiver { key, reason, state, proposed_day, settled_day } = waiver;
    json!({
        "waiver": waiver.id().to_string(),
        "report": key.id().to_string(),
        "unit": unit,
        "contract": contract,
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
    let waivers = ctx.open_desk()?.waivers()?;
    let output = &ctx.output;
    if output.json {
        let list: Vec<Value> = waivers.iter().map(waiver_json).collect();
        output.print_answer(String::new, || json!(list));
        return Ok(());
    }
    let row = |WaiverLine { unit, contract, waiver, .. }: &WaiverLine| {
        vec![
            unit.clone(),
            contract.clone(),
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
    let desk = ctx.open_desk()?;
    let (account, _) = desk.acting_account(args.account.as_deref())?;
    let campaign = desk.campaign(args.campaign.as_deref())?;
    let reason = args.reason.as_deref().unwrap_or_default();
    let (status, reopening) =
        desk.reopen_campaign(account, campaign.id(), (reason, args.withdraw))?;
    let (output, code) = (&ctx.output, &campaign.code);
    output.print_answer(
        || match &reopening {
            Some(Reopening { reason, .. }) => output.say(message!("reopen-asked", code, reason)),
            None => output.say(message!("reopen-status", code, status => status.message())),
        },
        || {
            let asked = reopening.as_ref();
            json!({ "code": code, "status": status.as_str(), "reopening": asked.map(|one| &one.reason) })
        },
    );
    Ok(())
}
