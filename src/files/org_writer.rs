//! The organisation as the three tables that [`super::org`] reads.
//!
//! The legal basis of a line `continue` is not stored, so its cell is empty.

use super::keys::csv_tables::CONTINUE;
use super::org::{LINEAGE_COLUMNS, PARENT_COLUMNS, UNIT_COLUMNS};
use super::table::table_export::{ExportCell, TableExport};
use crate::domain::org::{DaySpan, OrgFacts, Unit, UnitLineage, UnitParent};
use crate::domain::support::ids::UnitId;
use jiff::civil::Date;
use std::collections::HashMap;

/// The tables, each with the name of its file without the ending.
#[must_use]
pub fn org_tables(facts: &OrgFacts) -> [(&'static str, TableExport); 3] {
    let uids: HashMap<UnitId, &str> =
        facts.units.iter().map(|unit| (unit.id, unit.uid.as_str())).collect();
    let uid = |id: UnitId| uids.get(&id).copied().unwrap_or_default();
    let mut units: Vec<&Unit> = facts.units.iter().collect();
    units.sort_by_key(|unit| &unit.uid);
    let mut edges: Vec<&UnitParent> = facts.edges.iter().collect();
    edges.sort_by_key(|edge| (uid(edge.child), edge.hierarchy.as_str(), edge.days));
    let mut lines: Vec<&UnitLineage> = facts.lineage.iter().collect();
    lines.sort_by_key(|line| (line.effective_day, uid(line.from), uid(line.to)));
    let passed_on = lines.into_iter().map(|line| lineage_row(line, &uid));
    let lineage = units.iter().flat_map(|unit| continuation_rows(unit)).chain(passed_on);
    [
        ("units", table(&UNIT_COLUMNS, units.iter().flat_map(|unit| unit_rows(unit)).collect())),
        ("parents", table(&PARENT_COLUMNS, edges.iter().map(|one| edge_row(one, &uid)).collect())),
        ("lineage", table(&LINEAGE_COLUMNS, lineage.collect())),
    ]
}

type Row = Vec<ExportCell>;

fn table(columns: &[&str], rows: Vec<Row>) -> TableExport {
    let columns = columns.iter().map(|name| (*name).to_owned()).collect();
    TableExport { remarks: Vec::new(), columns, rows }
}

/// The code of each version: the last ones have the later codes.
fn version_uids(unit: &Unit) -> impl Iterator<Item = &str> {
    let own = unit.versions.len().saturating_sub(unit.aliases.len());
    let first = std::iter::repeat_n(unit.uid.as_str(), own);
    first.chain(unit.aliases.iter().map(String::as_str))
}

fn unit_rows(unit: &Unit) -> Vec<Row> {
    let row = |(uid, version): (&str, &crate::domain::org::UnitVersion)| {
        let code = version.code.as_ref().map_or("", |code| code.code.as_str());
        let texts = [uid, code, &version.name, &version.local_kind, version.kind.as_str()];
        let texts = texts.map(ExportCell::text);
        let note = ExportCell::text(&version.note);
        texts.into_iter().chain(day_cells(version.days)).chain([note]).collect()
    };
    version_uids(unit).zip(&unit.versions).map(row).collect()
}

fn edge_row<'a>(edge: &UnitParent, uid: &impl Fn(UnitId) -> &'a str) -> Row {
    let texts = [uid(edge.child), uid(edge.parent), edge.hierarchy.as_str()];
    texts.map(ExportCell::text).into_iter().chain(day_cells(edge.days)).collect()
}

fn lineage_row<'a>(line: &UnitLineage, uid: &impl Fn(UnitId) -> &'a str) -> Row {
    vec![
        ExportCell::Day(line.effective_day),
        ExportCell::text(line.kind.as_str()),
        ExportCell::text(uid(line.from)),
        ExportCell::text(uid(line.to)),
        ExportCell::text(line.weight.to_string()),
        ExportCell::text(&line.basis),
    ]
}

/// That a later code is the same unit.
fn continuation_rows(unit: &Unit) -> Vec<Row> {
    let coded: Vec<_> = version_uids(unit).zip(&unit.versions).collect();
    let changes = coded.windows(2).filter(|pair| pair[0].0 != pair[1].0);
    let row = |pair: &[(&str, &crate::domain::org::UnitVersion)]| {
        let texts = [CONTINUE, pair[0].0, pair[1].0, "1", ""].map(ExportCell::text);
        std::iter::once(ExportCell::Day(pair[1].1.days.from)).chain(texts).collect()
    };
    changes.map(row).collect()
}

/// First and last day; blank where there is no beginning or no end.
fn day_cells(days: DaySpan) -> [ExportCell; 2] {
    let first = Some(days.from).filter(|day| *day != Date::MIN);
    let last = Some(days.to).filter(|day| *day != Date::MAX).and_then(|day| day.yesterday().ok());
    [first, last].map(ExportCell::day)
}
