//! `thidua participation ...`: how units take part in campaigns, entered at a desk.
//!
//! Each act is entered in the name of an account, with its rights only. What it changes is what the
//! desk holds at that moment; a decision on a plan names the plan that was looked at.

use super::context::CliContext;
use super::desk::PartLine;
use super::error::{CliError, CliResult};
use super::output::{Colour, Output};
use crate::app::participation::ParticipationFilter;
use crate::domain::campaign::{
    Allocation, Launch, LaunchMode, Participation, ParticipationAct, PlanHash, Pledge, TakePart,
    UnitPlan,
};
use crate::domain::support::hex::encode_hex;
use crate::domain::support::message::message;
use crate::domain::target_rule::Target;
use jiff::civil::Date;
use serde_json::{Value, json};

/// Digits of a plan's hash that lists show and a decision names at least.
const HASH_DIGITS: usize = 12;

/// `thidua participation`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua participation list --unit dist-842
  thidua participation register --unit com-29242-0 --account lan --signed-role 'Truong Cong an xa'
  thidua participation launch --unit com-29242-0 --account lan --on 2024-08-23 --attendance 45
  thidua participation save-plan --unit com-29242-0 --account lan --document 'KH 12' \
    --target 'T1=count(so_offences) <= 4'
  thidua participation approve-plan --unit com-29242-0 --account minh --hash 5c1f0a9b3d2e")]
pub(super) struct Args {
    #[command(subcommand)]
    command: ParticipationCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ParticipationCommand {
    /// How units take part: registration, launch, pledges, plans.
    List(ListArgs),
    /// Register a unit for a campaign, or withdraw it.
    Register(RegisterArgs),
    /// Record the launch that a unit held, or remove it.
    Launch(LaunchArgs),
    /// Record a pledge of a unit or one of its bodies, or remove it.
    Pledge(PledgeArgs),
    /// Write a unit's own plan.
    SavePlan(SavePlanArgs),
    /// Send the plan to the unit above.
    SubmitPlan(ActArgs),
    /// Approve the plan of a unit below.
    ApprovePlan(DecideArgs),
    /// Return the plan of a unit below, with the reason.
    ReturnPlan(ReturnArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Code of the campaign; every campaign if left out.
    #[arg(long)]
    campaign: Option<String>,
    /// Only this unit and those under it today.
    #[arg(long)]
    unit: Option<String>,
}

#[derive(Debug, clap::Args)]
struct ActArgs {
    /// Code of the campaign; may be left out when there is only one.
    #[arg(long)]
    campaign: Option<String>,
    /// Code of the unit.
    #[arg(long)]
    unit: String,
    /// The account in whose name, with its rights only; with --server the one that signed in.
    #[arg(long)]
    account: Option<String>,
    /// Check and show only, write nothing.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, clap::Args)]
struct RegisterArgs {
    #[command(flatten)]
    act: ActArgs,
    /// The post that signs, never a name.
    #[arg(long, required_unless_present = "withdraw")]
    signed_role: Option<String>,
    /// Withdraw the registration.
    #[arg(long, conflicts_with = "signed_role")]
    withdraw: bool,
}

#[derive(Debug, clap::Args)]
struct LaunchArgs {
    #[command(flatten)]
    act: ActArgs,
    /// The day on which it was held.
    #[arg(long, required_unless_present = "remove")]
    on: Option<Date>,
    /// How it was held.
    #[arg(long, default_value = "IN_PERSON", value_parser = parse_mode)]
    mode: LaunchMode,
    /// Code of a unit to which it was relayed; may be given several times.
    #[arg(long)]
    site: Vec<String>,
    /// Number of participants.
    #[arg(long)]
    attendance: Option<u32>,
    /// Remove the launch.
    #[arg(long, conflicts_with = "on")]
    remove: bool,
}

#[derive(Debug, clap::Args)]
struct PledgeArgs {
    #[command(flatten)]
    act: ActArgs,
    /// The body that pledges, as in YOUTH_UNION; the unit itself if left out.
    #[arg(long, default_value = "")]
    body: String,
    /// The words, in Vietnamese, without personal data.
    #[arg(long, required_unless_present = "remove", requires = "signed_role")]
    text: Option<String>,
    /// The post that signs, never a name.
    #[arg(long)]
    signed_role: Option<String>,
    /// Remove the pledge.
    #[arg(long, conflicts_with = "text")]
    remove: bool,
}

#[derive(Debug, clap::Args)]
struct SavePlanArgs {
    #[command(flatten)]
    act: ActArgs,
    /// Number, day and title of the document.
    #[arg(long)]
    document: String,
    /// A target as the unit sets it for itself: CODE=FORMULA, of a phase CODE@PHASE=FORMULA.
    #[arg(long, value_parser = parse_allocation)]
    target: Vec<Allocation>,
}

#[derive(Debug, clap::Args)]
struct DecideArgs {
    #[command(flatten)]
    act: ActArgs,
    /// The hash of the plan that was looked at, as list shows it.
    #[arg(long)]
    hash: String,
}

#[derive(Debug, clap::Args)]
struct ReturnArgs {
    #[command(flatten)]
    decide: DecideArgs,
    /// Why it is returned, without personal data.
    #[arg(long)]
    remark: String,
}

fn parse_mode(text: &str) -> Result<LaunchMode, String> {
    let found = LaunchMode::ALL.iter().find(|mode| mode.as_str() == text.to_uppercase());
    let known = || LaunchMode::ALL.iter().map(|mode| mode.as_str()).collect::<Vec<_>>().join(" | ");
    found.copied().ok_or_else(known)
}

fn parse_allocation(text: &str) -> Result<Allocation, String> {
    let shape = || "CODE=FORMULA, CODE@PHASE=FORMULA".to_owned();
    let (place, formula) = text.split_once('=').ok_or_else(shape)?;
    let (target, phase) = match place.split_once('@') {
        Some((target, phase)) => (target, Some(phase.trim().parse().map_err(|_| shape())?)),
        None => (place, None),
    };
    let formula = Target::parse(formula.trim()).map_err(|error| error.to_string())?;
    Ok(Allocation { target: target.trim().to_owned(), phase, formula })
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    match &args.command {
        ParticipationCommand::List(args) => list(ctx, args),
        ParticipationCommand::Register(RegisterArgs { act, signed_role, .. }) => {
            perform(ctx, act, |_| {
                Ok(signed_role
                    .clone()
                    .map_or(ParticipationAct::WithdrawRegistration, |signed_role| {
                        ParticipationAct::Register { signed_role }
                    }))
            })
        }
        ParticipationCommand::Launch(args) => {
            perform(ctx, &args.act, |part| Ok(launch_act(args, part)))
        }
        ParticipationCommand::Pledge(args) => {
            perform(ctx, &args.act, |part| Ok(pledge_act(args, part)))
        }
        ParticipationCommand::SavePlan(SavePlanArgs { act, document, target }) => {
            perform(ctx, act, |part| {
                let seen = part.plans.last().map(UnitPlan::content_hash);
                let (document, allocations) = (document.clone(), target.clone());
                Ok(ParticipationAct::SavePlan { document, allocations, seen })
            })
        }
        ParticipationCommand::SubmitPlan(act) => perform(ctx, act, |part| {
            let seen = part.plans.last().ok_or_else(no_plan)?.content_hash();
            Ok(ParticipationAct::SubmitPlan { seen })
        }),
        ParticipationCommand::ApprovePlan(args) => perform(ctx, &args.act, |part| {
            let (seen, remark) = (seen_plan(part, &args.hash)?, String::new());
            Ok(ParticipationAct::DecidePlan { seen, approve: true, remark })
        }),
        ParticipationCommand::ReturnPlan(ReturnArgs { decide, remark }) => {
            perform(ctx, &decide.act, |part| {
                let (seen, remark) = (seen_plan(part, &decide.hash)?, remark.clone());
                Ok(ParticipationAct::DecidePlan { seen, approve: false, remark })
            })
        }
    }
}

fn launch_act(args: &LaunchArgs, part: &Participation) -> ParticipationAct {
    let launch = args.on.map(|held_on| Launch {
        held_on,
        mode: args.mode,
        sites: args.site.clone(),
        attendance: args.attendance,
    });
    ParticipationAct::RecordLaunch { launch, seen: part.launch.clone() }
}

fn pledge_act(args: &PledgeArgs, part: &Participation) -> ParticipationAct {
    let body = args.body.clone();
    let words = args.text.clone().zip(args.signed_role.clone());
    let pledge =
        words.map(|(text_vi, signed_role)| Pledge { body: body.clone(), text_vi, signed_role });
    let seen = part.pledges.iter().find(|one| one.body == body).cloned();
    ParticipationAct::RecordPledge { body, pledge, seen }
}

fn no_plan() -> CliError {
    CliError::new("NO_PLAN", message!("participation-no-plan"))
}

/// The plan with this hash, if it is still the last one.
fn seen_plan(part: &Participation, hash: &str) -> CliResult<PlanHash> {
    let present = part.plans.last().ok_or_else(no_plan)?.content_hash();
    let digits = hash.trim().to_lowercase();
    if digits.len() >= HASH_DIGITS && encode_hex(&present.0).starts_with(&digits) {
        return Ok(present);
    }
    Err(CliError::new("CONTENT_CHANGED", message!("participation-other-plan", hash)))
}

/// Performs an act on what the desk holds now, and shows the result.
fn perform(
    ctx: &CliContext,
    args: &ActArgs,
    act: impl FnOnce(&Participation) -> CliResult<ParticipationAct>,
) -> CliResult {
    let desk = ctx.open_desk()?;
    let (account, _) = desk.acting_account(args.account.as_deref())?;
    let campaign = desk.campaign(args.campaign.as_deref())?.id();
    let unit = desk.find_unit_id(&args.unit)?;
    let filter = ParticipationFilter { campaign: Some(campaign), unit: Some(unit) };
    let all = desk.participations(filter)?;
    let present = all.into_iter().map(|line| line.part).find(|part| part.unit == unit);
    let present = present.unwrap_or_else(|| Participation::new(campaign, unit));
    let act = TakePart { campaign, unit, act: act(&present)? };
    let line = desk.take_part(account, &act, args.dry_run)?;
    let output = &ctx.output;
    output.print_answer(
        || {
            let done = if args.dry_run { "participation-checked" } else { "participation-stored" };
            output.paint(Colour::Green, output.text(done)) + "\n" + &describe(output, &line)
        },
        || part_json(&line),
    );
    Ok(())
}

fn list(ctx: &CliContext, args: &ListArgs) -> CliResult {
    let desk = ctx.open_desk()?;
    let campaign = match args.campaign.as_deref() {
        Some(code) => Some(desk.campaign(Some(code))?.id()),
        None => None,
    };
    let unit = args.unit.as_deref().map(|unit| desk.find_unit_id(unit)).transpose()?;
    let lines = desk.participations(ParticipationFilter { campaign, unit })?;
    let output = &ctx.output;
    if output.json {
        let list: Vec<Value> = lines.iter().map(part_json).collect();
        output.print_answer(String::new, || json!(list));
        return Ok(());
    }
    for line in &lines {
        output.print_line(describe(output, line));
    }
    if lines.is_empty() {
        output.print_line(output.text("participation-none"));
    }
    Ok(())
}

/// A unit's part in a few lines.
fn describe(output: &Output, line: &PartLine) -> String {
    let Participation { registration, launch, pledges, plans, .. } = &line.part;
    let mut lines = vec![format!("{} · {}", line.unit, line.campaign)];
    if let Some(one) = registration {
        let (day, role) = (one.received_day, &one.signed_role);
        let text = if one.late {
            message!("participation-registered-late", day => day, role)
        } else {
            message!("participation-registered", day => day, role)
        };
        lines.push(output.say(text));
    }
    if let Some(Launch { held_on, attendance, sites, .. }) = launch {
        let people = attendance.map_or_else(|| "—".to_owned(), |count| count.to_string());
        let sites = sites.len();
        lines.push(output.say(message!("participation-launch", day => *held_on, people, sites)));
    }
    for Pledge { body, text_vi: text, signed_role: role } in pledges {
        let body = if body.is_empty() { &line.unit } else { body };
        lines.push(output.say(message!("participation-pledge", body, text, role)));
    }
    for plan in plans {
        let hash = encode_hex(&plan.content_hash().0);
        let hash = hash.get(..HASH_DIGITS).unwrap_or(&hash).to_owned();
        let (document, count) = (&plan.document, plan.allocations.len());
        let state = output.code_text(plan.status.as_str());
        let text = message!("participation-plan", document, state, count, hash);
        lines.push(output.say(text));
        if !plan.remark.is_empty() {
            lines.push(output.say(message!("participation-remark", text = plan.remark)));
        }
    }
    lines.join("\n  ")
}

fn part_json(line: &PartLine) -> Value {
    let Participation { registration, launch, pledges, plans, .. } = &line.part;
    let registration = registration.as_ref().map(|one| {
        json!({
            "signed_role": one.signed_role,
            "received": one.received_day.to_string(),
            "late": one.late,
        })
    });
    let launch = launch.as_ref().map(|one| {
        json!({
            "held_on": one.held_on.to_string(),
            "mode": one.mode.as_str(),
            "sites": one.sites,
            "attendance": one.attendance,
        })
    });
    let pledge = |Pledge { body, text_vi, signed_role }: &Pledge| json!({ "body": body, "text_vi": text_vi, "signed_role": signed_role });
    json!({
        "campaign": line.campaign,
        "unit": line.unit,
        "revision": line.revision,
        "registration": registration,
        "launch": launch,
        "pledges": pledges.iter().map(pledge).collect::<Vec<_>>(),
        "plans": plans.iter().map(plan_json).collect::<Vec<_>>(),
    })
}

fn plan_json(plan: &UnitPlan) -> Value {
    let allocation = |Allocation { target, phase, formula }: &Allocation| json!({ "target": target, "phase": phase, "formula": formula.to_string() });
    json!({
        "status": plan.status.as_str(),
        "document": plan.document,
        "allocations": plan.allocations.iter().map(allocation).collect::<Vec<_>>(),
        "remark": plan.remark,
        "hash": encode_hex(&plan.content_hash().0),
    })
}
