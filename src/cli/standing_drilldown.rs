//! `thidua standings --why T3b`: coverage, figures and every report behind a number with its
//! addend; missing reports by unit.
//!
//! The reports come from the list that the sums come from, as of the cut of the run that published
//! the number.

use super::context::{CliContext, LocalApp};
use super::desk::Desk;
use super::error::{CliError, CliResult};
use super::output::Output;
use super::standing_format::{
    coverage_json, coverage_text, figure_json, figure_text, judgement_json, reasons_text, scale_of,
};
use crate::app::ReferenceSnapshot;
use crate::app::standing_queries::ReportDrilldown;
use crate::domain::campaign::Campaign;
use crate::domain::org::StructureView;
use crate::domain::report::element::ElementCode;
use crate::domain::standing::{Addend, Judgement, ReportSupport, Standing, StandingReport};
use crate::domain::support::message::message;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Source of the standings to explain.
pub(super) struct DrilldownContext<'a> {
    pub(super) desk: &'a Desk,
    pub(super) reference: &'a ReferenceSnapshot,
    pub(super) campaign: &'a Campaign,
    /// The view when standings are judged now; `None`: the published ones.
    pub(super) judge_now_view: Option<StructureView>,
}

/// Prints what is behind the target, or member of one, with this code in each of these standings.
pub(super) fn show_drilldown(
    ctx: &CliContext,
    requested: &DrilldownContext<'_>,
    standings: &[Standing],
    code: &str,
) -> CliResult {
    let mut found = Vec::new();
    for one in standings {
        if let Some(judged) = one.judgement.find_member(code) {
            found.push((one, judged, requested.load_backing(one, code)?));
        }
    }
    if found.is_empty() {
        return Err(CliError::new(
            "UNKNOWN_TARGET",
            message!("standing-drilldown-there-no-target-unit", code),
        ));
    }
    if ctx.output.json {
        let list =
            found.iter().map(|(one, judged, backing)| requested.to_json(one, judged, backing));
        ctx.output.print_line(format!("{:#}", Value::Array(list.collect())));
        return Ok(());
    }
    for (one, judged, backing) in &found {
        requested.print_judgement(&ctx.output, one, judged);
        requested.print_reports(&ctx.output, backing);
    }
    Ok(())
}

impl DrilldownContext<'_> {
    fn load_backing(&self, standing: &Standing, code: &str) -> CliResult<ReportDrilldown> {
        let Some(view) = self.judge_now_view else {
            return self.desk.drill_down(standing.id(), code);
        };
        let LocalApp { app, actor } = self.desk.local_to_judge()?;
        let place = (standing.unit, standing.phase, view);
        Ok(app.drill_down_live(actor, self.campaign, place, code)?)
    }

    fn print_judgement(&self, output: &Output, one: &Standing, judged: &Judgement) {
        let phase = if one.phase == 0 {
            output.text("standing-drilldown-whole-campaign").to_owned()
        } else {
            format!("{} {}", output.text("standing-drilldown-phase"), one.phase)
        };
        let Judgement { code, state, .. } = judged;
        let display = output.lang.numbers(&judged.display);
        let because = reasons_text(output, judged.reasons.iter().map(String::as_str));
        output.print_line(
            format!("{code} ({phase}): {} {display} {because}", state.message().text(output.lang))
                .trim_end(),
        );
        output.print_line(match one.judged_through {
            Some(day) => output.say(message!("standings-judged-through-day", day => day)),
            None => output.text("standings-nothing-due-yet").to_owned(),
        });
        if let Some(each) = &judged.each {
            let day = self.campaign.measurement_window.last_day();
            let name = |unit| self.reference.org.nearest_name(unit, day).to_owned();
            output.print_line(format!("  {}", each.message(name).text(output.lang)));
        }
        output.print_line(format!("  {}", coverage_text(output, &one.coverage)));
        for figure in judged.all_figures() {
            let element = self.reference.catalogue.element(&figure.element);
            let name = element
                .map_or("", |element| output.lang.pick(&*element.name_vi, &*element.name_en));
            let unit = element.map_or("", |element| element.unit_of_count.as_str());
            let scale = scale_of(&self.reference.catalogue, &figure.element);
            let [now, before, full] = [figure.value, figure.baseline_now, figure.baseline_full]
                .map(|value| figure_text(output.lang, value, scale));
            output.print_line(output.lang.say(message!(
                "standing-drilldown-now-same-time-last",
                element = figure.element,
                name,
                unit,
                now,
                before,
                full
            )));
        }
    }

    fn print_reports(&self, output: &Output, backing: &ReportDrilldown) {
        let elements: BTreeSet<&ElementCode> =
            backing.lines.iter().flat_map(|line| &line.addends).map(|one| &one.element).collect();
        let mut headings = vec![
            output.text("access-unit"),
            output.text("fleet-name"),
            output.text("field-from"),
            output.text("field-to"),
            output.text("field-report"),
        ];
        headings.extend(elements.iter().map(|code| code.as_str()));
        let rows: Vec<Vec<String>> =
            backing.lines.iter().map(|line| self.to_table_row(output, line, &elements)).collect();
        output.print_line("");
        output.print_table(&headings, &rows);
        let (cut, hidden) = (backing.cut_seq, backing.hidden_count);
        let count = |support| backing.lines.iter().filter(|line| line.support == support).count();
        let [accepted, waiting, missing] =
            [ReportSupport::Accepted, ReportSupport::Waiting, ReportSupport::Missing].map(count);
        output.print_line(output.lang.say(message!(
            "standing-drilldown-unit-code-as-accepted",
            cut,
            accepted,
            waiting,
            missing,
            hidden
        )));
    }

    fn to_table_row(
        &self,
        output: &Output,
        line: &StandingReport,
        elements: &BTreeSet<&ElementCode>,
    ) -> Vec<String> {
        let unit = self.reference.org.unit(line.unit);
        let last = line.period.end.yesterday().unwrap_or(line.period.end);
        let support = match line.support {
            ReportSupport::Missing => output.text("standing-drilldown-missing").to_owned(),
            ReportSupport::NotDue => {
                let due = line.due.yesterday().unwrap_or(line.due);
                output.say(message!("standing-drilldown-not-due", due => due))
            }
            ReportSupport::Waiting => output.text("standing-drilldown-waiting").to_owned(),
            ReportSupport::Accepted => output.text("live-standings-accepted").to_owned(),
        };
        let late = if line.late { output.text("standing-drilldown-late") } else { "" };
        let mut row = vec![
            unit.map_or_else(String::new, |unit| unit.uid.clone()),
            unit.map_or_else(String::new, |unit| unit.nearest_name(line.period.start).to_owned()),
            line.period.start.to_string(),
            last.to_string(),
            format!("{support}{late}"),
        ];
        let added = |code: &&ElementCode| {
            line.addends
                .iter()
                .find(|one| one.element == **code)
                .map_or_else(String::new, |addend| self.addend_text(output, addend))
        };
        row.extend(elements.iter().map(added));
        row
    }

    fn to_json(&self, one: &Standing, judged: &Judgement, backing: &ReportDrilldown) -> Value {
        let uid =
            |line: &StandingReport| self.reference.org.unit(line.unit).map(|unit| unit.uid.clone());
        let reports = backing.lines.iter().map(|line| {
            let adds = line.addends.iter();
            let adds = adds.map(|Addend { element, figure, counts }| {
                let figure = figure_json(*figure, scale_of(&self.reference.catalogue, element));
                json!({ "element": element.as_str(), "figure": figure, "counts": counts })
            });
            json!({
                "report": line.report.to_string(),
                "unit": uid(line),
                "first_day": line.period.start.to_string(),
                "end_day": line.period.end.to_string(),
                "due": line.due.to_string(),
                "support": line.support.as_str(),
                "late": line.late,
                "adds": adds.collect::<Vec<_>>(),
            })
        });
        json!({
            "phase": one.phase,
            "judged_through": one.judged_through.map(|day| day.to_string()),
            "judgement": judgement_json(judged, &self.reference.catalogue),
            "coverage": coverage_json(&one.coverage),
            "cut": backing.cut_seq,
            "out_of_sight": backing.hidden_count,
            "reports": reports.collect::<Vec<_>>(),
        })
    }

    fn addend_text(&self, output: &Output, addend: &Addend) -> String {
        let scale = scale_of(&self.reference.catalogue, &addend.element);
        let figure = figure_text(output.lang, addend.figure, scale);
        if addend.figure.is_none() || addend.counts { figure } else { format!("({figure})") }
    }
}
