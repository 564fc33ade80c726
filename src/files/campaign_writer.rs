//! Formats a campaign as a file that `campaign::read_campaign_file` reads (`campaign export`).
//!
//! The order of keys is made for readers. Comments of an earlier file and the campaign's state are
//! not written.

use crate::domain::campaign::{
    Activity, AllocatedPart, Anniversary, Campaign, CampaignTarget, Duty, Launch, OfUnit, Phase,
    Pledge, TargetAllocation, TargetPair, UnitPlan,
};
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::text::escape_controls;
use crate::domain::target_rule::{PaceCourse, PaceMilestone};
use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use toml::Value;

/// The text of the file.
#[must_use]
pub fn format_campaign(campaign: &Campaign) -> String {
    let mut writer = TomlWriter::default();
    print_header(&mut writer, campaign);
    campaign.phases.iter().for_each(|phase| print_phase(&mut writer, phase));
    campaign.anniversaries.iter().for_each(|day| print_anniversary(&mut writer, day));
    campaign.targets.iter().for_each(|target| print_target(&mut writer, target));
    campaign.activities.iter().for_each(|activity| print_activity(&mut writer, activity));
    campaign.duties.iter().for_each(|duty| print_duty(&mut writer, duty));
    campaign.launches.iter().for_each(|launch| print_launch(&mut writer, launch));
    campaign.pledges.iter().for_each(|pledge| print_pledge(&mut writer, pledge));
    campaign.plans.iter().for_each(|plan| print_plan(&mut writer, plan));
    writer.0
}

#[derive(Default)]
struct TomlWriter(String);

impl TomlWriter {
    fn write_table_header(&mut self, name: &str) {
        self.write_line(format_args!("\n[[{name}]]"));
    }

    fn write_value(&mut self, key: &str, value: impl Display) {
        self.write_line(format_args!("{key} = {value}"));
    }

    fn write_string(&mut self, key: &str, value: &str) {
        self.write_value(key, quote_string(value));
    }

    fn write_optional_string(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.write_string(key, value);
        }
    }

    fn write_list(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<String> = values.into_iter().map(|value| quote_string(&value)).collect();
        if !values.is_empty() {
            self.write_value(key, format_args!("[{}]", values.join(", ")));
        }
    }

    fn write_window(&mut self, window: DateWindow) {
        self.write_value("first_day", window.start);
        self.write_value("last_day", window.last_day());
    }

    fn write_line(&mut self, line: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }
}

/// A control character is written as its escape, which a basic string has to be used for.
fn quote_string(text: &str) -> String {
    match escape_controls(text) {
        Cow::Borrowed(text) => Value::String(text.to_owned()).to_string(),
        Cow::Owned(_) => {
            let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{}\"", escape_controls(&quoted))
        }
    }
}

fn print_header(writer: &mut TomlWriter, campaign: &Campaign) {
    writer.write_string("code", &campaign.code);
    writer.write_string("name_vi", &campaign.name_vi);
    writer.write_string("name_en", &campaign.name_en);
    writer.write_string("kind", campaign.kind.as_str());
    writer.write_optional_string("parent_movement", campaign.parent_movement.as_deref());
    writer.write_string("owner", &campaign.owner_uid);
    writer.write_string("audience_vi", &campaign.audience_vi);
    writer.write_window(campaign.legal_window);
    if campaign.measurement_window != campaign.legal_window {
        let DateWindow { start, .. } = campaign.measurement_window;
        let last = campaign.measurement_window.last_day();
        writer
            .write_value("measured", format_args!("{{ first_day = {start}, last_day = {last} }}"));
    }
    if let Some(day) = campaign.launched_on {
        writer.write_value("launched_on", day);
    }
    if let Some(day) = campaign.registration_deadline {
        writer.write_value("registration_deadline", day);
    }
    writer.write_optional_string("theme", campaign.theme.as_deref());
    writer.write_optional_string("motto", campaign.motto.as_deref());
    writer.write_list("fields", campaign.fields.iter().map(ToString::to_string));
    writer.write_string("classification", campaign.classification.as_str());
    writer.write_list("contracts", campaign.contracts.iter().cloned());
    if let Some(days) = campaign.device_retention_days {
        writer.write_value("device_days", days);
    }
}

fn print_phase(writer: &mut TomlWriter, phase: &Phase) {
    writer.write_table_header("phases");
    writer.write_value("no", phase.no);
    writer.write_string("name_vi", &phase.name_vi);
    writer.write_string("name_en", &phase.name_en);
    writer.write_window(phase.window);
    writer.write_list("focus", phase.focus.iter().cloned());
    if phase.assumed {
        writer.write_value("assumed", true);
    }
}

fn print_anniversary(writer: &mut TomlWriter, day: &Anniversary) {
    writer.write_table_header("anniversaries");
    writer.write_string("name_vi", &day.name_vi);
    writer.write_string("name_en", &day.name_en);
    writer.write_value("origin", day.origin);
    writer.write_value("ordinal", day.ordinal);
    writer.write_value("commemorated_on", day.commemorated_on);
    writer.write_string("as_published", &day.as_published);
    if let Some(correction) = &day.correction {
        let reason = quote_string(&correction.reason_vi);
        writer.write_value(
            "correction",
            format_args!("{{ origin = {}, reason_vi = {reason} }}", correction.origin),
        );
    }
}

fn print_target(writer: &mut TomlWriter, target: &CampaignTarget) {
    writer.write_table_header("targets");
    writer.write_string("code", &target.code);
    writer.write_optional_string("field", target.field.as_deref());
    writer.write_string("text_vi", &target.text_vi);
    writer.write_string("text_en", &target.text_en);
    writer.write_string("formula", &target.formula.to_string());
    writer.write_string("commitment", target.commitment.as_str());
    writer.write_optional_string("baseline", target.baseline.map(|method| method.as_str()));
    writer.write_optional_string("overlap_waiver", target.overlap_waiver.as_deref());
    if let Some(least) = target.min_base {
        writer.write_value("min_base", least);
    }
    if let Some(share) = target.coverage_min {
        writer.write_value("coverage_min", share);
    }
    writer.write_optional_string("zero_base", target.zero_base.map(|policy| policy.as_str()));
    writer.write_list("levels", target.levels.iter().map(ToString::to_string));
    if !target.phases.is_empty() {
        writer.write_value("phases", format_args!("{:?}", target.phases));
    }
    if let Some(allocation) = &target.allocation {
        writer.write_value("allocation", format_allocation(allocation));
    }
    if let Some(pace) = &target.pace {
        writer.write_value("pace", format_pace(pace));
    }
    if let Some(day) = target.last_day {
        writer.write_value("last_day", day);
    }
    writer.write_list("pairs", target.pairs.iter().map(format_pair));
    writer.write_string("gaming_note", &target.gaming_note);
    writer.write_optional_string("coercive_override", target.coercive_override.as_deref());
}

fn format_allocation(allocation: &TargetAllocation) -> String {
    match allocation {
        TargetAllocation::SameRate => quote_string(TargetAllocation::WORDS[0]),
        TargetAllocation::Proportional => quote_string(TargetAllocation::WORDS[1]),
        TargetAllocation::Table(parts) => {
            let part =
                |part: &AllocatedPart| format!("{} = {}", quote_string(&part.unit_uid), part.limit);
            format!("{{ {} }}", parts.iter().map(part).collect::<Vec<_>>().join(", "))
        }
    }
}

fn format_pace(pace: &PaceCourse) -> String {
    match pace {
        PaceCourse::Linear => quote_string(PaceCourse::LINEAR),
        PaceCourse::Milestones(milestones) => {
            let one = |PaceMilestone { day, cumulative }: &PaceMilestone| {
                format!("[{}, {cumulative}]", quote_string(&day.to_string()))
            };
            format!("[{}]", milestones.iter().map(one).collect::<Vec<_>>().join(", "))
        }
    }
}

fn format_pair(pair: &TargetPair) -> String {
    match pair {
        TargetPair::Target(code) => code.clone(),
        TargetPair::Count(element) => element.to_string(),
    }
}

fn print_activity(writer: &mut TomlWriter, activity: &Activity) {
    writer.write_table_header("activities");
    writer.write_string("code", &activity.code);
    writer.write_string("name_vi", &activity.name_vi);
    writer.write_string("name_en", &activity.name_en);
    writer.write_string("element", activity.element.as_str());
}

fn print_duty(writer: &mut TomlWriter, duty: &Duty) {
    writer.write_table_header("duties");
    writer.write_string("code", &duty.code);
    writer.write_optional_string("field", duty.field.as_deref());
    writer.write_string("text_vi", &duty.text_vi);
    writer.write_string("text_en", &duty.text_en);
    writer.write_string("evidence", duty.evidence.as_str());
    writer.write_optional_string("element", duty.element.as_ref().map(|code| code.as_str()));
    if duty.due > 0 {
        writer.write_value("due", duty.due);
    }
}

fn print_launch(writer: &mut TomlWriter, OfUnit { unit_uid, act: launch }: &OfUnit<Launch>) {
    writer.write_table_header("launches");
    writer.write_string("unit", unit_uid);
    writer.write_value("held_on", launch.held_on);
    writer.write_string("mode", launch.mode.as_str());
    writer.write_list("sites", launch.sites.iter().cloned());
    if let Some(attendance) = launch.attendance {
        writer.write_value("attendance", attendance);
    }
}

fn print_pledge(writer: &mut TomlWriter, OfUnit { unit_uid, act: pledge }: &OfUnit<Pledge>) {
    writer.write_table_header("pledges");
    writer.write_string("unit", unit_uid);
    writer
        .write_optional_string("body", Some(pledge.body.as_str()).filter(|body| !body.is_empty()));
    writer.write_string("text_vi", &pledge.text_vi);
    writer.write_string("signed_role", &pledge.signed_role);
}

fn print_plan(writer: &mut TomlWriter, OfUnit { unit_uid, act: plan }: &OfUnit<UnitPlan>) {
    writer.write_table_header("plans");
    writer.write_string("unit", unit_uid);
    writer.write_string("status", plan.status.as_str());
    writer.write_string("document", &plan.document);
    for allocation in &plan.allocations {
        writer.write_table_header("plans.allocations");
        writer.write_string("target", &allocation.target);
        if let Some(phase) = allocation.phase {
            writer.write_value("phase", phase);
        }
        writer.write_string("formula", &allocation.formula.to_string());
    }
}
