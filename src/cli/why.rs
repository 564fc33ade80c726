//! `thidua standings --why T3b`: coverage, figures, then every report behind the number with what it adds; missing ones by name.
//!
//! The reports come from the same list that the sums come from, as of the cut of the run that published the number.

use super::ctx::{Ctx, Desk};
use super::failure::{Failure, Outcome};
use super::say::Say;
use super::standings::{coverage_json, covered, judgement_json, number, reasons};
use crate::app::Reference;
use crate::app::results::Backing;
use crate::domain::campaign::Campaign;
use crate::domain::element::ElementCode;
use crate::domain::org::View;
use crate::domain::standing::{Addend, Behind, Judgement, Standing, Support};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Where the number comes from.
pub(super) struct Asked<'a> {
    pub(super) desk: &'a Desk,
    pub(super) reference: &'a Reference,
    pub(super) campaign: &'a Campaign,
    /// Judged this moment in this view, not read from the last night.
    pub(super) now: Option<View>,
}

/// Shows what is behind the target, or member of one, with this code in each of these standings.
pub(super) fn why(ctx: &Ctx, asked: &Asked<'_>, standings: &[Standing], code: &str) -> Outcome {
    let mut found = Vec::new();
    for one in standings {
        if let Some(judged) = one.judgement.find(code) {
            found.push((one, judged, asked.backing(one, code)?));
        }
    }
    if found.is_empty() {
        return Err(Failure::new(
            "UNKNOWN_TARGET",
            format!("không có chỉ tiêu {code} ở đơn vị này; xem: thidua standings"),
            format!("there is no target {code} at this unit; see: thidua standings"),
        ));
    }
    if ctx.say.json {
        let list = found.iter().map(|(one, judged, backing)| asked.json(one, judged, backing));
        ctx.say.line(format!("{:#}", Value::Array(list.collect())));
        return Ok(());
    }
    for (one, judged, backing) in &found {
        asked.show(&ctx.say, one, judged);
        asked.reports(&ctx.say, backing);
    }
    Ok(())
}

impl Asked<'_> {
    fn backing(&self, standing: &Standing, code: &str) -> Outcome<Backing> {
        let Desk { app, actor } = self.desk;
        Ok(match self.now {
            Some(view) => app.reports_behind_now(actor, self.campaign, (standing.unit, standing.phase, view), code)?,
            None => app.reports_behind(actor, standing.id(), code)?,
        })
    }

    fn show(&self, say: &Say, one: &Standing, judged: &Judgement) {
        let phase = if one.phase == 0 {
            say.pick("cả phong trào", "whole campaign").to_owned()
        } else {
            format!("{} {}", say.pick("đợt", "phase"), one.phase)
        };
        let Judgement { code, state, display, .. } = judged;
        let because = reasons(say, judged.reasons.iter().map(String::as_str));
        say.line(format!("{code} ({phase}): {} {display} {because}", state.text(say.lang)).trim_end());
        say.line(format!("  {}", covered(say, &one.coverage)));
        for figure in judged.all_figures() {
            let element = self.reference.catalogue.element(&figure.element);
            let name = element.map_or("", |element| say.pick(&element.name_vi, &element.name_en));
            let (now, before, full) = (number(figure.value), number(figure.baseline_now), number(figure.baseline_full));
            say.line(say.lang.pick(
                format!("  {} {name}: nay {now}, cùng kỳ {before}, cả kỳ gốc {full}", figure.element),
                format!(
                    "  {} {name}: now {now}, same time last year {before}, whole base window {full}",
                    figure.element
                ),
            ));
        }
    }

    fn reports(&self, say: &Say, backing: &Backing) {
        let elements: BTreeSet<&ElementCode> =
            backing.lines.iter().flat_map(|line| &line.adds).map(|one| &one.element).collect();
        let mut headings = vec![
            say.pick("đơn vị", "unit"),
            say.pick("tên", "name"),
            say.pick("từ", "from"),
            say.pick("đến", "to"),
            say.pick("báo cáo", "report"),
        ];
        headings.extend(elements.iter().map(|code| code.as_str()));
        let rows: Vec<Vec<String>> = backing.lines.iter().map(|line| self.row(say, line, &elements)).collect();
        say.line("");
        say.table(&headings, &rows);
        let (cut, hidden) = (backing.cut, backing.out_of_sight);
        let count = |support| backing.lines.iter().filter(|line| line.support == support).count();
        let [accepted, waiting, missing] = [Support::Accepted, Support::Waiting, Support::Missing].map(count);
        say.line(say.lang.pick(
            format!("theo mã đơn vị, tính đến mốc {cut}: đã duyệt {accepted}, chờ duyệt {waiting}, thiếu {missing}, ngoài tầm nhìn {hidden}; (trong ngoặc): không cộng vào"),
            format!("by unit code, as of {cut}: accepted {accepted}, waiting {waiting}, missing {missing}, out of sight {hidden}; (in brackets): not added"),
        ));
    }

    fn row(&self, say: &Say, line: &Behind, elements: &BTreeSet<&ElementCode>) -> Vec<String> {
        let unit = self.reference.org.unit(line.unit);
        let last = line.period.end.yesterday().unwrap_or(line.period.end);
        let support = match line.support {
            Support::Missing => say.pick("THIẾU", "MISSING"),
            Support::Waiting => say.pick("chờ duyệt", "waiting"),
            Support::Accepted => say.pick("đã duyệt", "accepted"),
        };
        let late = if line.late { say.pick(", chậm", ", late") } else { "" };
        let mut row = vec![
            unit.map_or_else(String::new, |unit| unit.uid.clone()),
            unit.map_or_else(String::new, |unit| unit.name_near(line.period.start).to_owned()),
            line.period.start.to_string(),
            last.to_string(),
            format!("{support}{late}"),
        ];
        let added =
            |code: &&ElementCode| line.adds.iter().find(|one| one.element == **code).map_or_else(String::new, added);
        row.extend(elements.iter().map(added));
        row
    }

    fn json(&self, one: &Standing, judged: &Judgement, backing: &Backing) -> Value {
        let uid = |line: &Behind| self.reference.org.unit(line.unit).map(|unit| unit.uid.clone());
        let reports = backing.lines.iter().map(|line| {
            let adds = line.adds.iter();
            let adds = adds.map(|Addend { element, figure, counts }| json!({ "element": element.as_str(), "figure": figure, "counts": counts }));
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
            "judgement": judgement_json(judged),
            "coverage": coverage_json(&one.coverage),
            "cut": backing.cut,
            "out_of_sight": backing.out_of_sight,
            "reports": reports.collect::<Vec<_>>(),
        })
    }
}

fn added(addend: &Addend) -> String {
    match addend.figure {
        Some(figure) if addend.counts => figure.to_string(),
        Some(figure) => format!("({figure})"),
        None => "-".to_owned(),
    }
}
