//! The organisation as three CSV files: units, parents, lineage.
//!
//! In these files `valid_to` is the last day; domain values have the day after it. A lineage row of
//! kind `continue` states that two codes are one unit with two versions. The rules are checked in
//! `domain::org`.

use super::csv_table::{CsvRow, CsvTable};
use super::diagnostic::{FileDiagnostic, TextPosition};
use super::keys::csv_tables::{CONTINUE, LINEAGE, PARENTS, UNITS};
use crate::domain::org::{
    DaySpan, Fraction, Hierarchy, LineageKind, OfficialCode, Org, OrgFactRef, OrgFacts,
    OrgViolation, Unit, UnitKind, UnitLineage, UnitParent, UnitVersion,
};
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::{Message, message};
use jiff::{Span as Days, civil::Date};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const UNIT_COLUMNS: [&str; 8] = UNITS.column_names();
const PARENT_COLUMNS: [&str; 5] = PARENTS.column_names();
const LINEAGE_COLUMNS: [&str; 6] = LINEAGE.column_names();

/// A `lineage.csv` without lines, for an organisation whose units have no successors.
#[must_use]
pub fn empty_lineage() -> String {
    LINEAGE_COLUMNS.join(",")
}

/// The texts of the three files.
#[derive(Debug, Clone, Copy)]
pub struct OrgCsvTexts<'a> {
    /// `units.csv`: uid,gso_code,name_vi,kind,level,valid_from,valid_to,note
    pub units: &'a str,
    /// `parents.csv`: child_uid,parent_uid,hierarchy,valid_from,valid_to
    pub parents: &'a str,
    /// `lineage.csv`: effective,kind,from_uid,to_uid,weight,basis
    pub lineage: &'a str,
}

/// Reads the organisation, or returns every diagnostic with file and line.
pub fn read_org(texts: &OrgCsvTexts<'_>) -> Result<Org, Vec<FileDiagnostic>> {
    let tables = [
        CsvTable::parse("units.csv", texts.units, &UNIT_COLUMNS),
        CsvTable::parse("parents.csv", texts.parents, &PARENT_COLUMNS),
        CsvTable::parse("lineage.csv", texts.lineage, &LINEAGE_COLUMNS),
    ];
    let [units, parents, lineage] = match tables {
        [Ok(units), Ok(parents), Ok(lineage)] => [units, parents, lineage],
        results => return Err(results.into_iter().filter_map(Result::err).flatten().collect()),
    };
    let mut reader = OrgReader {
        lines: FactLines::default(),
        predecessor_uids: HashMap::new(),
        diagnostics: Vec::new(),
    };
    let existing: BTreeSet<&str> = units.rows().map(|row| row.get("uid")).collect();
    reader.read_continuations(&lineage, &existing);
    let facts = OrgFacts {
        units: reader.read_units(&units),
        edges: parents.rows().filter_map(|row| reader.read_parent(row)).collect(),
        lineage: lineage.rows().filter_map(|row| reader.read_lineage(row)).collect(),
    };
    if !reader.diagnostics.is_empty() {
        return Err(reader.diagnostics);
    }
    let lines = reader.lines;
    Org::new(facts).map_err(|diagnostics| {
        diagnostics.into_iter().map(|finding| lines.to_diagnostic(finding)).collect()
    })
}

/// The line of each fact in its file.
#[derive(Default)]
struct FactLines {
    units: HashMap<UnitId, usize>,
    edges: HashMap<UnitParent, usize>,
    lineage: HashMap<(UnitId, UnitId), usize>,
}

impl FactLines {
    fn to_diagnostic(&self, finding: OrgViolation) -> FileDiagnostic {
        let (file, line) = match finding.fact {
            OrgFactRef::Unit(id) => ("units.csv", self.units.get(&id)),
            OrgFactRef::Edge(edge) => ("parents.csv", self.edges.get(&edge)),
            OrgFactRef::Lineage(from, to) => ("lineage.csv", self.lineage.get(&(from, to))),
        };
        FileDiagnostic {
            file: file.to_owned(),
            position: TextPosition { line: line.copied().unwrap_or(1), column: 1 },
            violation: finding.violation,
        }
    }
}

struct OrgReader {
    lines: FactLines,
    /// The earlier code that a code continues.
    predecessor_uids: HashMap<String, String>,
    diagnostics: Vec<FileDiagnostic>,
}

impl OrgReader {
    /// Reads which codes continue which; both must be among the units.
    fn read_continuations(&mut self, lineage: &CsvTable, existing: &BTreeSet<&str>) {
        for row in lineage.rows().filter(|row| row.get("kind") == CONTINUE) {
            let (from, to) = (row.get("from_uid"), row.get("to_uid"));
            let is_repeated = self.predecessor_uids.contains_key(to);
            let existing = existing.contains(from) && existing.contains(to);
            if !existing || self.root_uid(from) == to || is_repeated || row.get("weight") != "1" {
                let text = message!("org-two-codes-stand-among");
                self.diagnostics.push(row.bad_value("to_uid", text));
                continue;
            }
            self.predecessor_uids.insert(to.to_owned(), from.to_owned());
        }
    }

    /// The earliest code of the unit with code `uid`. Cycles were refused in
    /// [`Self::read_continuations`].
    fn root_uid<'a>(&'a self, uid: &'a str) -> &'a str {
        let mut uid = uid;
        while let Some(earlier) = self.predecessor_uids.get(uid) {
            uid = earlier;
        }
        uid
    }

    fn unit_id(&self, uid: &str) -> UnitId {
        UnitId::from_code(self.root_uid(uid))
    }

    fn read_units(&mut self, table: &CsvTable) -> Vec<Unit> {
        let mut units: BTreeMap<String, (Unit, Vec<(DaySpan, String)>)> = BTreeMap::new();
        for row in table.rows() {
            let Some((uid, version)) = self.read_version(row) else { continue };
            let root = self.root_uid(&uid).to_owned();
            self.lines.units.insert(UnitId::from_code(&root), row.line_number());
            let alias = (root != uid).then_some((version.days, uid));
            let (unit, aliases) = units.entry(root.clone()).or_insert_with(|| {
                let bare = Unit {
                    id: UnitId::from_code(&root),
                    uid: root,
                    aliases: Vec::new(),
                    versions: Vec::new(),
                };
                (bare, Vec::new())
            });
            unit.versions.push(version);
            aliases.extend(alias);
        }
        units.into_values().map(attach_aliases).collect()
    }

    fn read_version(&mut self, row: CsvRow<'_>) -> Option<(String, UnitVersion)> {
        let before = self.diagnostics.len();
        let uid = row.require_text("uid", &mut self.diagnostics);
        let name = row.require_text("name_vi", &mut self.diagnostics);
        let kind = UnitKind::parse(row.get("level"));
        if kind.is_none() {
            let levels =
                UnitKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
            self.diagnostics.push(row.bad_value("level", Message::verbatim(&levels)));
        }
        let span = self.read_validity(row);
        let code =
            Some(row.get("gso_code")).filter(|code| !code.is_empty()).map(OfficialCode::from_gso);
        let (local_kind, note) = (row.get("kind").to_owned(), row.get("note").to_owned());
        let version =
            UnitVersion { days: span, name: name.to_owned(), kind: kind?, local_kind, code, note };
        (self.diagnostics.len() == before).then(|| (uid.to_owned(), version))
    }

    fn read_validity(&mut self, row: CsvRow<'_>) -> DaySpan {
        let from = row.parse_date("valid_from", &mut self.diagnostics).unwrap_or(Date::MIN);
        let last = row.parse_date("valid_to", &mut self.diagnostics);
        DaySpan {
            from,
            to: last.map_or(Date::MAX, |last| last.saturating_add(Days::new().days(1))),
        }
    }

    fn read_parent(&mut self, row: CsvRow<'_>) -> Option<UnitParent> {
        let before = self.diagnostics.len();
        let child = row.require_text("child_uid", &mut self.diagnostics);
        let parent = row.require_text("parent_uid", &mut self.diagnostics);
        let hierarchy = Hierarchy::parse(row.get("hierarchy"));
        if hierarchy.is_none() {
            let names = Hierarchy::ALL
                .iter()
                .map(|hierarchy| hierarchy.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            self.diagnostics.push(row.bad_value("hierarchy", Message::verbatim(&names)));
        }
        let span = self.read_validity(row);
        let edge = UnitParent {
            child: self.unit_id(child),
            parent: self.unit_id(parent),
            hierarchy: hierarchy?,
            days: span,
        };
        self.lines.edges.insert(edge, row.line_number());
        (self.diagnostics.len() == before).then_some(edge)
    }

    fn read_lineage(&mut self, row: CsvRow<'_>) -> Option<UnitLineage> {
        if row.get("kind") == CONTINUE {
            return None;
        }
        let before = self.diagnostics.len();
        let (from, to) = (
            row.require_text("from_uid", &mut self.diagnostics),
            row.require_text("to_uid", &mut self.diagnostics),
        );
        let kind = LineageKind::parse(row.get("kind"));
        if kind.is_none() {
            let kinds = "merge, split, transfer_function, continue";
            self.diagnostics.push(row.bad_value("kind", Message::verbatim(kinds)));
        }
        let effective = row.parse_date("effective", &mut self.diagnostics);
        if row.get("effective").is_empty() {
            self.diagnostics.push(row.bad_value("effective", message!("org-date-such-as-2025")));
        }
        let weight = Fraction::parse(row.get("weight"));
        if let Err(error) = weight {
            self.diagnostics.push(row.bad_value("weight", message!("org-weight-as", error)));
        }
        let basis = row.require_text("basis", &mut self.diagnostics).to_owned();
        let (from, to) = (self.unit_id(from), self.unit_id(to));
        self.lines.lineage.insert((from, to), row.line_number());
        let line = UnitLineage {
            effective_day: effective?,
            kind: kind?,
            from,
            to,
            weight: weight.ok()?,
            basis,
        };
        (self.diagnostics.len() == before).then_some(line)
    }
}

fn attach_aliases((mut unit, mut aliases): (Unit, Vec<(DaySpan, String)>)) -> Unit {
    aliases.sort();
    aliases.dedup_by(|a, b| a.1 == b.1);
    unit.aliases = aliases.into_iter().map(|(_, uid)| uid).collect();
    unit
}

#[cfg(test)]
#[path = "org_tests.rs"]
mod tests;
