//! The lines of a rehearsal report.

use super::{ClosingUnit, EXPOSURE_PERCENT, RehearsalReport, UnitLabel};
use crate::domain::org::{Fraction, UnitKind};
use crate::domain::support::message::{Message, MessageArg, message};
use crate::domain::support::violation::Severity;
use jiff::civil::Date;
use std::collections::BTreeMap;

impl RehearsalReport {
    /// The whole report, in lines.
    #[must_use]
    pub fn message(&self) -> Message {
        let mut writer = RehearsalLines::default();
        self.write_heading(&mut writer);
        self.write_units(&mut writer);
        self.write_successions(&mut writer);
        self.write_continuing_units(&mut writer);
        self.write_pending_work(&mut writer);
        self.write_baselines(&mut writer);
        self.write_conclusion(&mut writer);
        Message::list("line-break", writer.lines)
    }

    fn write_heading(&self, writer: &mut RehearsalLines) {
        let day = |day: &Date| message!("day", day => *day);
        let days = MessageArg::List("list-comma", self.days.iter().map(day).collect());
        let legal = if self.legal_bases.is_empty() {
            String::new()
        } else {
            format!(" ({})", self.legal_bases.join("; "))
        };
        writer.write_line(message!(
            "report-text-rehearsal-organisation-changes-effective",
            days => days,
            legal
        ));
        writer.write_line(message!("report-text-nothing-been-changed"));
    }

    fn write_units(&self, writer: &mut RehearsalLines) {
        if self.unit_counts.is_empty() {
            return;
        }
        writer.write_section(message!("report-text-units-before-after"));
        for (kind, before, after) in &self.unit_counts {
            writer.write_item(message!(
                "rehearsal-unit-count",
                kind => unit_kind_message(*kind),
                before,
                after
            ));
        }
    }

    /// Mergers by successor, then splits, then units without a predecessor.
    fn write_successions(&self, writer: &mut RehearsalLines) {
        if self.closing_units.is_empty() && self.opening_units.is_empty() {
            return;
        }
        writer.write_section(message!("report-text-mergers-splits-dissolutions-new"));
        let mut merged: BTreeMap<&UnitLabel, Vec<&str>> = BTreeMap::new();
        for closing in &self.closing_units {
            match closing.successors.as_slice() {
                [] => writer.write_item(message!("report-text-dissolved", unit = closing.unit)),
                [(successor, weight)] if *weight == Fraction::ONE => {
                    merged.entry(successor).or_default().push(&closing.unit)
                }
                successors => {
                    let parts: Vec<String> = successors
                        .iter()
                        .map(|(successor, weight)| format!("{weight} {successor}"))
                        .collect();
                    writer.write_text(&format!("{} → {}", closing.unit, parts.join(" + ")));
                }
            }
        }
        for (successor, from) in &merged {
            writer.write_text(&format!("{successor} ← {}", from.join(" + ")));
        }
        let successors = |closing: &ClosingUnit| {
            closing.successors.iter().map(|(successor, _)| successor.clone()).collect::<Vec<_>>()
        };
        let followed: Vec<UnitLabel> = self.closing_units.iter().flat_map(successors).collect();
        for unit in self.opening_units.iter().filter(|unit| !followed.contains(unit)) {
            writer.write_item(message!("report-text-new", unit));
        }
    }

    fn write_continuing_units(&self, writer: &mut RehearsalLines) {
        if !self.reparented_units.is_empty() {
            writer.write_section(message!("report-text-under-another-parent"));
        }
        let nobody = "—".to_owned();
        let mut moves: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for moved in &self.reparented_units {
            let parents = (
                moved.old_parent.as_ref().unwrap_or(&nobody).as_str(),
                moved.new_parent.as_ref().unwrap_or(&nobody).as_str(),
            );
            moves.entry(parents).or_default().push(&moved.unit);
        }
        for ((from, to), units) in moves {
            let (count, units) = (units.len(), units.join(", "));
            writer.write_item(message!("report-text-units", from, to, count, units));
        }
        if !self.renamed_units.is_empty() {
            writer.write_section(message!("report-text-renamed"));
            self.renamed_units
                .iter()
                .for_each(|(old, new)| writer.write_text(&format!("{old} → {new}")));
        }
    }

    /// Devices and open reports of closing units, and expectations.
    fn write_pending_work(&self, writer: &mut RehearsalLines) {
        let affected: Vec<&ClosingUnit> =
            self.closing_units.iter().filter(|c| c.devices + c.open_reports > 0).collect();
        if !affected.is_empty() {
            writer.write_section(message!("report-text-devices-open-reports"));
        }
        for ClosingUnit { unit, acting_unit, devices, open_reports, .. } in affected {
            let acting_unit = acting_unit.as_deref().unwrap_or("—");
            writer.write_item(message!(
                "report-text-devices-sync-once-more",
                unit,
                devices,
                open_reports,
                acting_unit
            ));
        }
        if let (Some(window), false) = (self.window, self.expectation_changes.is_empty()) {
            let (from, to) = (window.start, window.last_day());
            writer.write_section(message!("report-text-reports-owed-from", from => from, to => to));
        }
        for expected in &self.expectation_changes {
            let (code, before, after, pieces) =
                (&expected.contract, expected.before, expected.after, expected.added_pieces);
            writer.write_item(message!(
                "report-text-more-pieces-periods-cut",
                code,
                before,
                after,
                pieces
            ));
        }
    }

    fn write_baselines(&self, writer: &mut RehearsalLines) {
        if !self.rebased_elements.is_empty() {
            writer.write_section(message!("report-text-baselines"));
        }
        for rebased in &self.rebased_elements {
            let (element, (before, after), exact, derived) =
                (&rebased.element, rebased.sums, rebased.exact, rebased.derived);
            writer.write_item(message!(
                "report-text-sum-units-exact-derived",
                element,
                before,
                after,
                exact,
                derived
            ));
        }
        self.write_standings(writer);
        if !self.straddling_units.is_empty() {
            writer.write_section(message!("report-text-not-comparable-structure-start"));
        }
        for (level, units) in &self.straddling_units {
            let (kind, units) = (unit_kind_message(*level), units.join(", "));
            writer.write_item(message!(
                "report-text-made-parts-several-old",
                kind => kind,
                units
            ));
        }
    }

    fn write_standings(&self, writer: &mut RehearsalLines) {
        let (closed, short) = (self.closing_units.len(), self.unranked_units.len());
        if closed + short > 0 {
            writer.write_section(message!("report-text-standings"));
        }
        if closed > 0 {
            writer.write_item(message!("report-text-units-close-their-results", closed));
        }
        if short > 0 {
            writer.write_item(message!(
                "report-text-new-units-exist-less",
                short,
                percent = EXPOSURE_PERCENT
            ));
        }
    }

    fn write_conclusion(&self, writer: &mut RehearsalLines) {
        writer.write_section(message!("report-text-conclusion"));
        let refused =
            self.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        if refused == 0 {
            writer.write_item(message!("report-text-reconciles-changes-can-made"));
        } else {
            writer.write_item(message!("report-text-does-not-reconcile-points", refused));
        }
        for finding in &self.findings {
            let (code, at) = (finding.code, &finding.path);
            let message = finding.message.clone();
            writer.write_item(message!("rehearsal-finding", code, at, message => message));
        }
    }
}

/// The lines so far, and the number of the last section.
#[derive(Default)]
struct RehearsalLines {
    lines: Vec<Message>,
    sections: usize,
}

impl RehearsalLines {
    fn write_line(&mut self, line: Message) {
        self.lines.push(line);
    }

    fn write_section(&mut self, title: Message) {
        self.sections += 1;
        self.lines.push(Message::verbatim(""));
        self.lines.push(message!("rehearsal-section", number = self.sections, title => title));
    }

    fn write_item(&mut self, item: Message) {
        self.lines.push(message!("rehearsal-item", item => item));
    }

    fn write_text(&mut self, item: &str) {
        self.write_item(Message::verbatim(item));
    }
}

fn unit_kind_message(kind: UnitKind) -> Message {
    Message::of_code("units-of-kind", kind.as_str())
}
