//! The organisation as three tables: units, parents, lineage.
//!
//! In these files `valid_to` is the last day; domain values have the day after it. A lineage row of
//! kind `continue` states that two codes are one unit with two versions. The rules are checked in
//! `domain::org`.

use super::diagnostic::{FileDiagnostic, keep_first_of_each_cell};
use super::keys::csv_tables::{CONTINUE, LINEAGE, PARENTS, UNITS};
use super::table::{Table, TableColumns, TableInput, TableRow, unknown_column};
use crate::domain::org::{
    CodeChange, DaySpan, Fraction, Hierarchy, LineageKind, OfficialCode, Org, OrgFactRef, OrgFacts,
    OrgViolation, Unit, UnitKind, UnitLineage, UnitParent, UnitVersion, find_code_changes,
};
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::{Message, message};
use crate::domain::support::violation::Violation;
use jiff::{Span as Days, civil::Date};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub(super) const UNIT_COLUMNS: [&str; 8] = UNITS.column_names();
pub(super) const PARENT_COLUMNS: [&str; 5] = PARENTS.column_names();
pub(super) const LINEAGE_COLUMNS: [&str; 6] = LINEAGE.column_names();

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

/// The three tables, as CSV or XLSX.
#[derive(Debug, Clone, Copy)]
pub struct OrgTables<'a> {
    /// The columns of `units.csv`.
    pub units: TableInput<'a>,
    /// The columns of `parents.csv`.
    pub parents: TableInput<'a>,
    /// The columns of `lineage.csv`.
    pub lineage: TableInput<'a>,
}

/// An organisation as read, with the rows of its official codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgRead {
    /// The organisation.
    pub org: Org,
    /// What refuses nothing and should be read: hidden rows and sheets.
    pub notes: Vec<FileDiagnostic>,
    code_rows: HashMap<(UnitId, String), CodeRow>,
    unit_lines: HashMap<UnitId, usize>,
    /// The file of units as diagnostics name it.
    units_file: String,
}

/// The row that gives a unit an official code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CodeRow {
    line: usize,
    /// Whether a row `continue` of the lineage, which names its legal basis, leads to it.
    has_basis: bool,
}

impl OrgRead {
    /// File and last line of a unit; line 0 if it has none.
    #[must_use]
    pub fn place(&self, unit: UnitId) -> (String, usize) {
        (self.units_file.clone(), self.unit_lines.get(&unit).copied().unwrap_or(0))
    }

    /// Every unit of `before` whose official code on some day is another one here, with old and new
    /// code. It is an error where no row of the lineage names the basis, and else a warning.
    #[must_use]
    pub fn check_code_changes(&self, before: &Org) -> Vec<FileDiagnostic> {
        let diagnostic = |change: CodeChange| {
            let new = change.new.clone().unwrap_or_else(|| "-".to_owned());
            let row = self.code_rows.get(&(change.unit, new.clone()));
            let text = message!(
                "org-code-changed", uid = change.uid, old = change.old, new, from => change.day
            );
            let violation = if row.is_some_and(|row| row.has_basis) {
                Violation::warning("CODE_CHANGED", "gso_code", text)
            } else {
                Violation::error("CODE_CHANGED", "gso_code", text)
            };
            let mut diagnostic = FileDiagnostic::at_start(&self.units_file, violation);
            diagnostic.position.line = row.map_or(1, |row| row.line);
            diagnostic
        };
        find_code_changes(before, &self.org).into_iter().map(diagnostic).collect()
    }
}

/// Reads the organisation, or returns every diagnostic with file and line.
pub fn read_org(texts: &OrgCsvTexts<'_>) -> Result<Org, Vec<FileDiagnostic>> {
    let tables = OrgTables {
        units: TableInput::new("units.csv", texts.units),
        parents: TableInput::new("parents.csv", texts.parents),
        lineage: TableInput::new("lineage.csv", texts.lineage),
    };
    read_org_tables(&tables).map(|read| read.org)
}

/// Reads the organisation from tables, or returns every diagnostic with its place.
///
/// # Errors
/// A table cannot be read, a row is wrong, or the facts contradict each other.
pub fn read_org_tables(inputs: &OrgTables<'_>) -> Result<OrgRead, Vec<FileDiagnostic>> {
    let tables = [
        read_table(&inputs.units, &UNIT_COLUMNS),
        read_table(&inputs.parents, &PARENT_COLUMNS),
        read_table(&inputs.lineage, &LINEAGE_COLUMNS),
    ];
    let [units, parents, lineage] = match tables {
        [Ok(units), Ok(parents), Ok(lineage)] => [units, parents, lineage],
        results => return Err(results.into_iter().filter_map(Result::err).flatten().collect()),
    };
    let read = [&units, &parents, &lineage];
    let mut reader = OrgReader {
        lines: FactLines::default(),
        predecessor_uids: HashMap::new(),
        code_rows: HashMap::new(),
        diagnostics: read.iter().flat_map(|table| table.faults().to_vec()).collect(),
    };
    let existing: BTreeSet<&str> = units.rows().map(|row| row.get("uid")).collect();
    // A row that could not be read is no unit that is missing.
    if units.faults().is_empty() {
        reader.read_continuations(&lineage, &existing);
    }
    let facts = OrgFacts {
        units: reader.read_units(&units),
        edges: parents.rows().filter_map(|row| reader.read_parent(row)).collect(),
        lineage: lineage.rows().filter_map(|row| reader.read_lineage(row)).collect(),
    };
    keep_first_of_each_cell(&mut reader.diagnostics);
    if !reader.diagnostics.is_empty() {
        return Err(reader.diagnostics);
    }
    let OrgReader { lines, code_rows, .. } = reader;
    let org = Org::new(facts).map_err(|found| {
        found.into_iter().map(|finding| lines.to_diagnostic(finding, read)).collect::<Vec<_>>()
    })?;
    let notes = read.iter().flat_map(|table| table.notes().to_vec()).collect();
    let (unit_lines, units_file) = (lines.units, units.label());
    Ok(OrgRead { org, notes, code_rows, unit_lines, units_file })
}

fn read_table(
    input: &TableInput<'_>,
    columns: &[&'static str],
) -> Result<Table, Vec<FileDiagnostic>> {
    let unknown = |name: &str| Some(unknown_column(name, columns));
    Table::read(input, TableColumns::exactly(columns, &unknown))
}

/// The line of each fact in its file.
#[derive(Default)]
struct FactLines {
    units: HashMap<UnitId, usize>,
    edges: HashMap<UnitParent, usize>,
    lineage: HashMap<(UnitId, UnitId), usize>,
}

impl FactLines {
    fn to_diagnostic(
        &self,
        finding: OrgViolation,
        [units, parents, lineage]: [&Table; 3],
    ) -> FileDiagnostic {
        let (table, line) = match finding.fact {
            OrgFactRef::Unit(id) => (units, self.units.get(&id)),
            OrgFactRef::Edge(edge) => (parents, self.edges.get(&edge)),
            OrgFactRef::Lineage(from, to) => (lineage, self.lineage.get(&(from, to))),
        };
        table.diagnostic(line.copied().unwrap_or(1), finding.violation)
    }
}

struct OrgReader {
    lines: FactLines,
    /// The earlier code that a code continues.
    predecessor_uids: HashMap<String, String>,
    code_rows: HashMap<(UnitId, String), CodeRow>,
    diagnostics: Vec<FileDiagnostic>,
}

impl OrgReader {
    /// Reads which codes continue which; both must be among the units.
    fn read_continuations(&mut self, lineage: &Table, existing: &BTreeSet<&str>) {
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

    fn read_units(&mut self, table: &Table) -> Vec<Unit> {
        let mut units: BTreeMap<String, (Unit, Vec<(DaySpan, String)>)> = BTreeMap::new();
        for row in table.rows() {
            let Some((uid, version)) = self.read_version(row) else { continue };
            let root = self.root_uid(&uid).to_owned();
            let (id, line) = (UnitId::from_code(&root), row.line_number());
            self.lines.units.insert(id, line);
            if let Some(code) = &version.code {
                let has_basis = root != uid;
                self.code_rows.insert((id, code.code.clone()), CodeRow { line, has_basis });
            }
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

    fn read_version(&mut self, row: TableRow<'_>) -> Option<(String, UnitVersion)> {
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
        let code = kind.and_then(|kind| self.read_code(row, kind));
        let (local_kind, note) = (row.get("kind").to_owned(), row.get("note").to_owned());
        let version =
            UnitVersion { days: span, name: name.to_owned(), kind: kind?, local_kind, code, note };
        (self.diagnostics.len() == before).then(|| (uid.to_owned(), version))
    }

    /// The official code, which has as many digits as the scheme gives units of this rank.
    fn read_code(&mut self, row: TableRow<'_>, kind: UnitKind) -> Option<OfficialCode> {
        let code = Some(row.get("gso_code")).filter(|code| !code.is_empty())?;
        let width = OfficialCode::gso_width(kind).unwrap_or(code.len());
        if code.len() != width || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            let meant = format!("{code:0>width$}");
            let is_short = code.len() < width && code.bytes().all(|byte| byte.is_ascii_digit());
            let text = if is_short {
                message!("org-code-lost-zeros", code, width, meant)
            } else {
                message!("org-code-width", code, width)
            };
            let violation = Violation::error("CODE_WIDTH", "gso_code", text);
            self.diagnostics.push(row.diagnostic("gso_code", violation));
        }
        Some(OfficialCode::from_gso(code))
    }

    fn read_validity(&mut self, row: TableRow<'_>) -> DaySpan {
        let from = row.day("valid_from", &mut self.diagnostics).unwrap_or(Date::MIN);
        let last = row.day("valid_to", &mut self.diagnostics);
        DaySpan {
            from,
            to: last.map_or(Date::MAX, |last| last.saturating_add(Days::new().days(1))),
        }
    }

    fn read_parent(&mut self, row: TableRow<'_>) -> Option<UnitParent> {
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

    fn read_lineage(&mut self, row: TableRow<'_>) -> Option<UnitLineage> {
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
        let effective = row.require_day("effective", &mut self.diagnostics);
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
