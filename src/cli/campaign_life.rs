//! `thidua campaign list|step`: where campaigns stand in their lives, and taking one to its next state.
//!
//! Knows no rule: which step may be taken when is a table of the domain.

use super::ctx::Ctx;
use super::failure::Outcome;
use super::say::Colour;
use crate::domain::campaign::{Campaign, Step};
use serde_json::{Value, json};

pub(super) fn list(ctx: &Ctx) -> Outcome {
    let reference = ctx.desk()?.reference()?;
    let say = &ctx.say;
    if say.json {
        let campaigns: Vec<Value> = reference.campaigns.iter().map(campaign_json).collect();
        say.answer(String::new, || json!(campaigns));
        return Ok(());
    }
    let row = |one: &Campaign| {
        let name = say.pick(&one.name_vi, &one.name_en).to_owned();
        let window = format!("{} - {}", one.legal_window.start, one.legal_window.last_day());
        vec![one.code.clone(), name, window, one.status.text(say.lang).to_owned(), steps(one).join(", ")]
    };
    let rows: Vec<Vec<String>> = reference.campaigns.iter().map(row).collect();
    let headings = [
        say.pick("mã", "code"),
        say.pick("phong trào", "campaign"),
        say.pick("thời gian", "days"),
        say.pick("trạng thái", "state"),
        say.pick("bước tiếp", "steps from here"),
    ];
    say.table(&headings, &rows);
    Ok(())
}

pub(super) fn step(ctx: &Ctx, code: Option<&str>, step: Step) -> Outcome {
    let desk = ctx.desk()?;
    let code = super::campaign::find(&*desk.reference()?, code)?.code.clone();
    let stepped = desk.app.step_campaign(&desk.actor, &code, step)?;
    let say = &ctx.say;
    let text = || {
        let status = stepped.status.text(say.lang);
        say.paint(Colour::Green, &format!("{} {code}: {status}", say.pick("phong trào", "campaign")))
    };
    say.answer(text, || campaign_json(&stepped));
    Ok(())
}

/// A step by its name, in any case.
pub(super) fn read_step(text: &str) -> Result<Step, String> {
    let wanted = text.to_uppercase().replace('-', "_");
    Step::parse(&wanted).ok_or_else(|| Step::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(" | "))
}

fn steps(campaign: &Campaign) -> Vec<String> {
    campaign.status.steps().map(|step| step.as_str().to_lowercase()).collect()
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
        "steps": one.status.steps().map(Step::as_str).collect::<Vec<_>>(),
        "amendments": amendments.collect::<Vec<_>>(),
    })
}
