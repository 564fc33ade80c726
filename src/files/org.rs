//! The organisation as three CSV files: units, parents, lineage.
//!
//! In these files `valid_to` is the last day; domain values hold the day after it. A line of kind `continue` says that two
//! codes are one unit with two versions. Knows the columns; the rules are those of `domain::org`.

use super::fault::{Fault, Place};
use super::table::{Row, Table};
use crate::domain::ids::UnitId;
use crate::domain::org::{
    Edge, Fact, Finding, Fraction, Hierarchy, Lineage, LineageKind, OfficialCode, Org, OrgFacts, Span, Unit, UnitKind,
    Version,
};
use jiff::{Span as Days, civil::Date};
use std::collections::{BTreeMap, BTreeSet, HashMap};

const UNITS: [&str; 8] = ["uid", "gso_code", "name_vi", "kind", "level", "valid_from", "valid_to", "note"];
const PARENTS: [&str; 5] = ["child_uid", "parent_uid", "hierarchy", "valid_from", "valid_to"];
const LINEAGE: [&str; 6] = ["effective", "kind", "from_uid", "to_uid", "weight", "basis"];

/// The texts of the three files.
#[derive(Debug, Clone, Copy)]
pub struct OrgTexts<'a> {
    /// `units.csv`: uid,gso_code,name_vi,kind,level,valid_from,valid_to,note
    pub units: &'a str,
    /// `parents.csv`: child_uid,parent_uid,hierarchy,valid_from,valid_to
    pub parents: &'a str,
    /// `lineage.csv`: effective,kind,from_uid,to_uid,weight,basis
    pub lineage: &'a str,
}

/// Reads the organisation, or says everything that is wrong, with file and line.
pub fn read_org(texts: &OrgTexts<'_>) -> Result<Org, Vec<Fault>> {
    let tables = [
        Table::read("units.csv", texts.units, &UNITS),
        Table::read("parents.csv", texts.parents, &PARENTS),
        Table::read("lineage.csv", texts.lineage, &LINEAGE),
    ];
    let [units, parents, lineage] = match tables {
        [Ok(units), Ok(parents), Ok(lineage)] => [units, parents, lineage],
        broken => return Err(broken.into_iter().filter_map(Result::err).flatten().collect()),
    };
    let mut reading = Reading { lines: Lines::default(), same: HashMap::new(), found: Vec::new() };
    let known: BTreeSet<&str> = units.rows().map(|row| row.get("uid")).collect();
    reading.continued(&lineage, &known);
    let facts = OrgFacts {
        units: reading.units(&units),
        edges: parents.rows().filter_map(|row| reading.edge(row)).collect(),
        lineage: lineage.rows().filter_map(|row| reading.line(row)).collect(),
    };
    if !reading.found.is_empty() {
        return Err(reading.found);
    }
    let lines = reading.lines;
    Org::new(facts).map_err(|found| found.into_iter().map(|finding| lines.locate(finding)).collect())
}

/// Where each fact stands in its file.
#[derive(Default)]
struct Lines {
    units: HashMap<UnitId, usize>,
    edges: HashMap<Edge, usize>,
    lineage: HashMap<(UnitId, UnitId), usize>,
}

impl Lines {
    fn locate(&self, finding: Finding) -> Fault {
        let (file, line) = match finding.fact {
            Fact::Unit(id) => ("units.csv", self.units.get(&id)),
            Fact::Edge(edge) => ("parents.csv", self.edges.get(&edge)),
            Fact::Lineage(from, to) => ("lineage.csv", self.lineage.get(&(from, to))),
        };
        Fault {
            file: file.to_owned(),
            place: Place { line: line.copied().unwrap_or(1), column: 1 },
            broken: finding.broken,
        }
    }
}

struct Reading {
    lines: Lines,
    /// The earlier code that a code continues.
    same: HashMap<String, String>,
    found: Vec<Fault>,
}

impl Reading {
    /// Notes which codes continue which; both must be among the units.
    fn continued(&mut self, lineage: &Table, known: &BTreeSet<&str>) {
        for row in lineage.rows().filter(|row| row.get("kind") == "continue") {
            let (from, to) = (row.get("from_uid"), row.get("to_uid"));
            let again = self.same.contains_key(to);
            let known = known.contains(from) && known.contains(to);
            if !known || self.root(from) == to || again || row.get("weight") != "1" {
                let vi = "hai mã có trong danh sách đơn vị, khác nhau, tỷ trọng 1, mỗi mã sau chỉ nối một lần";
                let en = "two codes that stand among the units, with weight 1, each later code once, and no ring";
                self.found.push(row.problem("to_uid", vi, en));
                continue;
            }
            self.same.insert(to.to_owned(), from.to_owned());
        }
    }

    /// The earliest code of the unit that `uid` means. Rings were refused when the lines were noted.
    fn root<'a>(&'a self, uid: &'a str) -> &'a str {
        let mut uid = uid;
        while let Some(earlier) = self.same.get(uid) {
            uid = earlier;
        }
        uid
    }

    fn id(&self, uid: &str) -> UnitId {
        UnitId::named(self.root(uid))
    }

    fn units(&mut self, table: &Table) -> Vec<Unit> {
        let mut units: BTreeMap<String, (Unit, Vec<(Span, String)>)> = BTreeMap::new();
        for row in table.rows() {
            let Some((uid, version)) = self.version(row) else { continue };
            let root = self.root(&uid).to_owned();
            self.lines.units.insert(UnitId::named(&root), row.number());
            let alias = (root != uid).then_some((version.span, uid));
            let (unit, aliases) = units.entry(root.clone()).or_insert_with(|| {
                let bare = Unit { id: UnitId::named(&root), uid: root, aliases: Vec::new(), versions: Vec::new() };
                (bare, Vec::new())
            });
            unit.versions.push(version);
            aliases.extend(alias);
        }
        units.into_values().map(with_aliases).collect()
    }

    fn version(&mut self, row: Row<'_>) -> Option<(String, Version)> {
        let before = self.found.len();
        let uid = row.text("uid", &mut self.found);
        let name = row.text("name_vi", &mut self.found);
        let kind = UnitKind::parse(row.get("level"));
        if kind.is_none() {
            let levels = UnitKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
            self.found.push(row.problem("level", &levels, &levels));
        }
        let span = self.span(row);
        let code = Some(row.get("gso_code")).filter(|code| !code.is_empty()).map(OfficialCode::gso);
        let (local_kind, note) = (row.get("kind").to_owned(), row.get("note").to_owned());
        let version = Version { span, name: name.to_owned(), kind: kind?, local_kind, code, note };
        (self.found.len() == before).then(|| (uid.to_owned(), version))
    }

    fn span(&mut self, row: Row<'_>) -> Span {
        let from = row.date("valid_from", &mut self.found).unwrap_or(Date::MIN);
        let last = row.date("valid_to", &mut self.found);
        Span { from, to: last.map_or(Date::MAX, |last| last.saturating_add(Days::new().days(1))) }
    }

    fn edge(&mut self, row: Row<'_>) -> Option<Edge> {
        let before = self.found.len();
        let child = row.text("child_uid", &mut self.found);
        let parent = row.text("parent_uid", &mut self.found);
        let hierarchy = Hierarchy::parse(row.get("hierarchy"));
        if hierarchy.is_none() {
            let names = Hierarchy::ALL.iter().map(|hierarchy| hierarchy.as_str()).collect::<Vec<_>>().join(", ");
            self.found.push(row.problem("hierarchy", &names, &names));
        }
        let span = self.span(row);
        let edge = Edge { child: self.id(child), parent: self.id(parent), hierarchy: hierarchy?, span };
        self.lines.edges.insert(edge, row.number());
        (self.found.len() == before).then_some(edge)
    }

    fn line(&mut self, row: Row<'_>) -> Option<Lineage> {
        if row.get("kind") == "continue" {
            return None;
        }
        let before = self.found.len();
        let (from, to) = (row.text("from_uid", &mut self.found), row.text("to_uid", &mut self.found));
        let kind = LineageKind::parse(row.get("kind"));
        if kind.is_none() {
            let kinds = "merge, split, transfer_function, continue";
            self.found.push(row.problem("kind", kinds, kinds));
        }
        let effective = row.date("effective", &mut self.found);
        if row.get("effective").is_empty() {
            self.found.push(row.problem("effective", "ngày như 2025-07-01", "a date such as 2025-07-01"));
        }
        let weight = Fraction::parse(row.get("weight"));
        if let Err(error) = weight {
            self.found.push(row.problem("weight", "số như 1, 0.25 hoặc 1/3", &error.to_string()));
        }
        let basis = row.text("basis", &mut self.found).to_owned();
        let (from, to) = (self.id(from), self.id(to));
        self.lines.lineage.insert((from, to), row.number());
        let line = Lineage { effective: effective?, kind: kind?, from, to, weight: weight.ok()?, basis };
        (self.found.len() == before).then_some(line)
    }
}

fn with_aliases((mut unit, mut aliases): (Unit, Vec<(Span, String)>)) -> Unit {
    aliases.sort();
    aliases.dedup_by(|a, b| a.1 == b.1);
    unit.aliases = aliases.into_iter().map(|(_, uid)| uid).collect();
    unit
}

#[cfg(test)]
#[path = "org_tests.rs"]
mod tests;
