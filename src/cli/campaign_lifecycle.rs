//! `thidua campaign list|step`: lists the states of campaigns and moves one to its next state.
//! `domain::campaign` holds the table of allowed steps.

use super::campaign_award::{award_json, award_message};
use super::campaign_conclusion::print_rehearsal;
use super::context::CliContext;
use super::desk::CampaignLine;
use super::error::{CliError, CliResult};
use super::output::Colour;
use crate::app::conclusion::RehearsedAct;
use crate::domain::campaign::CampaignStep;
use crate::domain::support::message::message;
use serde_json::{Value, json};

pub(super) fn list_campaigns(ctx: &CliContext) -> CliResult {
    let campaigns = ctx.open_desk()?.campaigns()?;
    let output = &ctx.output;
    if output.json {
        let with_award = |campaign: &CampaignLine| {
            let mut listed = campaign_json(campaign);
            listed["award"] = campaign.award.as_ref().map_or(Value::Null, award_json);
            listed
        };
        let listed: Vec<Value> = campaigns.iter().map(with_award).collect();
        output.print_answer(String::new, || json!(listed));
        return Ok(());
    }
    let row = |one: &CampaignLine| {
        let name = output.lang.pick(&one.name_vi, &one.name_en).to_owned();
        let window = format!("{} - {}", one.first_day, one.last_day);
        vec![
            one.code.clone(),
            name,
            window,
            one.status.message().text(output.lang).to_owned(),
            allowed_steps(one).join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = campaigns.iter().map(row).collect();
    let headings = [
        output.text("campaign-lifecycle-code"),
        output.text("access-key-campaign"),
        output.text("campaign-lifecycle-days"),
        output.text("access-state"),
        output.text("campaign-lifecycle-steps-from-here"),
    ];
    output.print_table(&headings, &rows);
    for CampaignLine { code, award, .. } in &campaigns {
        if let Some(entry) = award {
            let award = award_message(entry);
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
    let desk = ctx.open_desk()?;
    let campaign = desk.campaign(code)?;
    let code = &campaign.code;
    let is_possible = campaign.status.allowed_steps().any(|one| one == step);
    if dry_run && step != CampaignStep::Conclude {
        return Err(CliError::usage_error(message!("campaign-lifecycle-dry-run-conclude")));
    }
    if dry_run || (step == CampaignStep::Conclude && is_possible && !ctx.output.json) {
        print_rehearsal(ctx, &desk, code, RehearsedAct::Conclusion)?;
    }
    if dry_run {
        return Ok(());
    }
    let stepped = desk.step_campaign(code, step)?;
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

fn allowed_steps(campaign: &CampaignLine) -> Vec<String> {
    campaign.status.allowed_steps().map(|step| step.as_str().to_lowercase()).collect()
}

fn campaign_json(one: &CampaignLine) -> Value {
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
        "first_day": one.first_day.to_string(),
        "last_day": one.last_day.to_string(),
        "status": one.status.as_str(),
        "steps": one.status.allowed_steps().map(CampaignStep::as_str).collect::<Vec<_>>(),
        "amendments": amendments.collect::<Vec<_>>(),
    })
}
