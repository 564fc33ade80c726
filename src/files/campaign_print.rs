//! A campaign as the text of a file that `campaign::read` takes back (`campaign export`).
//!
//! Knows the order of keys that people like to read. Comments of the file it once came from are not kept, and the state
//! is no part of a file.

use crate::domain::campaign::{
    Activity, Anniversary, Campaign, Duty, Launch, Pair, Phase, Pledge, TargetLine, UnitPlan,
};
use crate::domain::window::Window;
use std::fmt::{Display, Write as _};
use toml::Value;

/// The text of a file.
#[must_use]
pub fn print(campaign: &Campaign) -> String {
    let mut out = Out::default();
    head(&mut out, campaign);
    campaign.phases.iter().for_each(|phase| print_phase(&mut out, phase));
    campaign.anniversaries.iter().for_each(|day| print_anniversary(&mut out, day));
    campaign.targets.iter().for_each(|target| print_target(&mut out, target));
    campaign.activities.iter().for_each(|activity| print_activity(&mut out, activity));
    campaign.duties.iter().for_each(|duty| print_duty(&mut out, duty));
    campaign.launches.iter().for_each(|launch| print_launch(&mut out, launch));
    campaign.pledges.iter().for_each(|pledge| print_pledge(&mut out, pledge));
    campaign.plans.iter().for_each(|plan| print_plan(&mut out, plan));
    out.0
}

#[derive(Default)]
struct Out(String);

impl Out {
    fn table(&mut self, name: &str) {
        self.line(format_args!("\n[[{name}]]"));
    }

    fn plain(&mut self, key: &str, value: impl Display) {
        self.line(format_args!("{key} = {value}"));
    }

    fn text(&mut self, key: &str, value: &str) {
        self.plain(key, quoted(value));
    }

    fn maybe(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    fn list(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<String> = values.into_iter().map(|value| quoted(&value)).collect();
        if !values.is_empty() {
            self.plain(key, format_args!("[{}]", values.join(", ")));
        }
    }

    fn days(&mut self, window: Window) {
        self.plain("first_day", window.start);
        self.plain("last_day", window.last_day());
    }

    fn line(&mut self, line: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }
}

fn quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

fn head(out: &mut Out, campaign: &Campaign) {
    out.text("code", &campaign.code);
    out.text("name_vi", &campaign.name_vi);
    out.text("name_en", &campaign.name_en);
    out.text("kind", campaign.kind.as_str());
    out.maybe("parent_movement", campaign.parent_movement.as_deref());
    out.text("owner", &campaign.owner_uid);
    out.text("audience_vi", &campaign.audience_vi);
    out.days(campaign.legal_window);
    if campaign.measurement_window != campaign.legal_window {
        let Window { start, .. } = campaign.measurement_window;
        let last = campaign.measurement_window.last_day();
        out.plain("measured", format_args!("{{ first_day = {start}, last_day = {last} }}"));
    }
    if let Some(day) = campaign.launched_on {
        out.plain("launched_on", day);
    }
    out.maybe("theme", campaign.theme.as_deref());
    out.maybe("motto", campaign.motto.as_deref());
    out.list("fields", campaign.fields.iter().map(ToString::to_string));
    out.text("classification", campaign.classification.as_str());
    out.list("contracts", campaign.contracts.iter().cloned());
    if let Some(days) = campaign.device_days {
        out.plain("device_days", days);
    }
}

fn print_phase(out: &mut Out, phase: &Phase) {
    out.table("phases");
    out.plain("no", phase.no);
    out.text("name_vi", &phase.name_vi);
    out.text("name_en", &phase.name_en);
    out.days(phase.window);
    out.list("focus", phase.focus.iter().cloned());
    if phase.assumed {
        out.plain("assumed", true);
    }
}

fn print_anniversary(out: &mut Out, day: &Anniversary) {
    out.table("anniversaries");
    out.text("name_vi", &day.name_vi);
    out.text("name_en", &day.name_en);
    out.plain("origin", day.origin);
    out.plain("ordinal", day.ordinal);
    out.plain("commemorated_on", day.commemorated_on);
    out.text("as_published", &day.as_published);
    if let Some(correction) = &day.correction {
        let reason = quoted(&correction.reason_vi);
        out.plain("correction", format_args!("{{ origin = {}, reason_vi = {reason} }}", correction.origin));
    }
}

fn print_target(out: &mut Out, target: &TargetLine) {
    out.table("targets");
    out.text("code", &target.code);
    out.maybe("field", target.field.map(|field| field.as_str()));
    out.text("text_vi", &target.text_vi);
    out.text("text_en", &target.text_en);
    out.text("formula", &target.formula.to_string());
    out.text("commitment", target.commitment.as_str());
    out.maybe("baseline", target.baseline.map(|method| method.as_str()));
    out.maybe("overlap_waiver", target.overlap_waiver.as_deref());
    if let Some(least) = target.min_base {
        out.plain("min_base", least);
    }
    if let Some(share) = target.coverage_min {
        out.plain("coverage_min", share);
    }
    out.maybe("zero_base", target.zero_base.map(|policy| policy.as_str()));
    out.list("pairs", target.pairs.iter().map(pair));
    out.text("gaming_note", &target.gaming_note);
    out.maybe("coercive_override", target.coercive_override.as_deref());
}

fn pair(pair: &Pair) -> String {
    match pair {
        Pair::Target(code) => code.clone(),
        Pair::Count(element) => element.to_string(),
    }
}

fn print_activity(out: &mut Out, activity: &Activity) {
    out.table("activities");
    out.text("code", &activity.code);
    out.text("name_vi", &activity.name_vi);
    out.text("name_en", &activity.name_en);
    out.text("element", activity.element.as_str());
}

fn print_duty(out: &mut Out, duty: &Duty) {
    out.table("duties");
    out.text("code", &duty.code);
    out.maybe("field", duty.field.map(|field| field.as_str()));
    out.text("text_vi", &duty.text_vi);
    out.text("text_en", &duty.text_en);
    out.text("evidence", duty.evidence.as_str());
    out.maybe("element", duty.element.as_ref().map(|code| code.as_str()));
    if duty.due > 0 {
        out.plain("due", duty.due);
    }
}

fn print_launch(out: &mut Out, launch: &Launch) {
    out.table("launches");
    out.text("unit", &launch.unit_uid);
    out.plain("held_on", launch.held_on);
    out.text("mode", launch.mode.as_str());
    out.list("sites", launch.sites.iter().cloned());
    if let Some(attendance) = launch.attendance {
        out.plain("attendance", attendance);
    }
}

fn print_pledge(out: &mut Out, pledge: &Pledge) {
    out.table("pledges");
    out.text("unit", &pledge.unit_uid);
    out.maybe("body", Some(pledge.body.as_str()).filter(|body| !body.is_empty()));
    out.text("text_vi", &pledge.text_vi);
    out.text("signed_role", &pledge.signed_role);
}

fn print_plan(out: &mut Out, plan: &UnitPlan) {
    out.table("plans");
    out.text("unit", &plan.unit_uid);
    out.text("status", plan.status.as_str());
    out.text("document", &plan.document);
    for allocation in &plan.allocations {
        out.table("plans.allocations");
        out.text("target", &allocation.target);
        if let Some(phase) = allocation.phase {
            out.plain("phase", phase);
        }
        out.text("formula", &allocation.formula.to_string());
    }
}
