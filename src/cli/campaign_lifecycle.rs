//! `thidua campaign list|step`: lists the states of campaigns and moves one to its next state.
//! `domain::campaign` holds the table of allowed steps.

use super::campaign_award::{award_json, award_message};
use super::campaign_conclusion::print_rehearsal;
use super::context::CliContext;
use super::error::{CliError, CliResult};
use super::output::Colour;
use crate::app::conclusion::RehearsedAct;
use crate::domain::access::permission::action;
use crate::domain::campaign::{AwardEntry, Campaign, CampaignStep};
use crate::domain::support::message::message;
use serde_json::{Value, json};

pub(super) fn list_campaigns(ctx: &CliContext) -> CliResult {
    let local_app = ctx.open_local_app()?;
    let reference = local_app.load_reference()?;
    let output = &ctx.output;
    let mut awards = Vec::new();
    for campaign in &reference.campaigns {
        let (app, actor) = (&local_app.app, &local_app.actor);
        awards.push(app.newest_award_entry::<action::StepCampaign>(actor, campaign.id())?);
    }
    if output.json {
        let with_award = |(campaign, award): (&Campaign, &Option<AwardEntry>)| {
            let mut listed = campaign_json(campaign);
            listed["award"] = award.as_ref().map_or(Value::Null, award_json);
            listed
        };
        let listed = reference.campaigns.iter().zip(&awards).map(with_award);
        let listed: Vec<Value> = listed.collect();
        output.print_answer(String::new, || json!(listed));
        return Ok(());
    }
    let row = |one: &Campaign| {
        let name = output.lang.pick(&one.name_vi, &one.name_en).to_owned();
        let window = format!("{} - {}", one.legal_window.start, one.legal_window.last_day());
        vec![
            one.code.clone(),
            name,
            window,
            one.status.message().text(output.lang).to_owned(),
            allowed_steps(one).join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = reference.campaigns.iter().map(row).collect();
    let headings = [
        output.text("campaign-lifecycle-code"),
        output.text("access-key-campaign"),
        output.text("campaign-lifecycle-days"),
        output.text("access-state"),
        output.text("campaign-lifecycle-steps-from-here"),
    ];
    output.print_table(&headings, &rows);
    for (campaign, award) in reference.campaigns.iter().zip(&awards) {
        if let Some(entry) = award {
            let (code, award) = (&campaign.code, award_message(entry));
            output.print_line(output.say(message!("award-stored", code, award => award)));
        }
    }
    Ok(())
}

/// Takes a step. A conclusion first shows what it would publish and what it lacks; with `dry_run`
/// it shows nothing else.
pub(super) fn step_campaign(
    ctx: &CliContext,
    code: Option<&str>,
    step: CampaignStep,
    dry_run: bool,
) -> CliResult {
    let local_app = ctx.open_local_app()?;
    let reference = local_app.load_reference()?;
    let campaign = super::lookup::find_campaign(&reference, code)?;
    let code = campaign.code.clone();
    let is_possible = campaign.status.allowed_steps().any(|one| one == step);
    if dry_run && step != CampaignStep::Conclude {
        return Err(CliError::usage_error(message!("campaign-lifecycle-dry-run-conclude")));
    }
    if dry_run || (step == CampaignStep::Conclude && is_possible && !ctx.output.json) {
        print_rehearsal(ctx, &local_app, &code, RehearsedAct::Conclusion)?;
    }
    if dry_run {
        return Ok(());
    }
    let stepped = local_app.app.advance_campaign(&local_app.actor, &code, step)?;
    let output = &ctx.output;
    let text = || {
        let status = stepped.status.message().text(output.lang);
        output.paint(
            Colour::Green,
            &format!("{} {code}: {status}", output.text("access-key-campaign")),
        )
    };
    output.print_answer(text, || campaign_json(&stepped));
    Ok(())
}

/// Parses the name of a step in any case.
pub(super) fn parse_step(text: &str) -> Result<CampaignStep, String> {
    let wanted = text.to_uppercase().replace('-', "_");
    CampaignStep::parse(&wanted).ok_or_else(|| {
        CampaignStep::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(" | ")
    })
}

fn allowed_steps(campaign: &Campaign) -> Vec<String> {
    campaign.status.allowed_steps().map(|step| step.as_str().to_lowercase()).collect()
}

fn campaign_json(one: &Campaign) -> Value {
    let amendments = one.amendments.iter().map(|amendment| {
        json!({
            "no": amendment.no,
            "basis": amendment.basis,
            "entered": amendment.entered.to_string(),
            "changed": amendment.changed,
        })
    });
    json!({
        "code": one.code,
        "name_vi": one.name_vi,
        "name_en": one.name_en,
        "first_day": one.legal_window.start.to_string(),
        "last_day": one.legal_window.last_day().to_string(),
        "status": one.status.as_str(),
        "steps": one.status.allowed_steps().map(CampaignStep::as_str).collect::<Vec<_>>(),
        "amendments": amendments.collect::<Vec<_>>(),
    })
}
