//! A small authority as files describe it, its reports, and both ways to judge it.

use crate::agreement::{Difference, differences};
use crate::ledger::{Ledger, Scene};
use crate::places::{Expected, Row};
use crate::verdict::Verdict;
use jiff::civil::Date;
use std::collections::BTreeMap;
use thidua::domain::campaign::{Campaign, CampaignStatus};
use thidua::domain::org::{
    DaySpan, Fraction, HandoverLine, Hierarchy, LineageKind, Org, OrgFacts, StockHandover,
    StructureView, Unit, UnitKind, UnitLineage, UnitParent, UnitVersion,
};
use thidua::domain::report::ReportKey;
use thidua::domain::report::cell::{CellValue, Cells, ElementNumber};
use thidua::domain::report::element::ElementCode;
use thidua::domain::report::form::Catalogue;
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::reporting::expectation::compute_expectations;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::standing::baseline::{BaselineRow, BaselineStatus, Baselines};
use thidua::domain::standing::{NO_WAIVERS, ReportEntry, Standing, StandingInput, judge_standings};
use thidua::domain::support::ids::UnitId;
use thidua::files::{campaign, catalogue};

/// A report as filed.
#[derive(Debug, Clone)]
pub(crate) struct Filed {
    pub(crate) key: ReportKey,
    pub(crate) cells: Cells,
    pub(crate) accepted: bool,
    pub(crate) late: bool,
}

/// An authority, its campaign and everything that was filed.
pub(crate) struct World {
    pub(crate) org: Org,
    pub(crate) calendars: Calendars,
    pub(crate) catalogue: Catalogue,
    pub(crate) campaign: Campaign,
    pub(crate) numbers: BTreeMap<ElementNumber, ElementCode>,
    pub(crate) rows: Vec<BaselineRow>,
    pub(crate) reports: BTreeMap<ReportKey, Filed>,
    /// Signed hand-overs; the oracle does not know of them.
    pub(crate) handovers: Vec<StockHandover>,
}

pub(crate) fn code(text: &str) -> ElementCode {
    ElementCode::new(text).unwrap()
}

/// The facts of an organisation under one province, written line by line.
#[derive(Debug, Clone, Default)]
pub(crate) struct OrgDraft {
    pub(crate) facts: OrgFacts,
}

impl OrgDraft {
    pub(crate) fn unit(&mut self, uid: &str, kind: UnitKind, days: DaySpan) {
        let version = UnitVersion {
            days,
            name: uid.to_owned(),
            kind,
            local_kind: if kind == UnitKind::Commune { "xa" } else { kind.as_str() }.to_owned(),
            code: None,
            note: String::new(),
        };
        self.facts.units.push(Unit::new(uid, version));
    }

    pub(crate) fn below(&mut self, child: &str, parent: &str, days: DaySpan) {
        self.facts.edges.push(UnitParent {
            child: UnitId::from_code(child),
            parent: UnitId::from_code(parent),
            hierarchy: Hierarchy::Command,
            days,
        });
    }

    /// A commune under `parent` for all its days.
    pub(crate) fn commune(&mut self, uid: &str, parent: &str, days: DaySpan) {
        self.unit(uid, UnitKind::Commune, days);
        self.below(uid, parent, days);
    }

    pub(crate) fn line(&mut self, day: Date, from: &str, to: &str, weight: (i128, i128)) {
        let kind = if weight == (1, 1) { LineageKind::Merge } else { LineageKind::Split };
        self.facts.lineage.push(UnitLineage {
            effective_day: day,
            kind,
            from: UnitId::from_code(from),
            to: UnitId::from_code(to),
            weight: Fraction::new(weight.0, weight.1).unwrap(),
            basis: format!("NQ {day} {from}"),
        });
    }

    pub(crate) fn build(self) -> Org {
        Org::new(self.facts).unwrap()
    }
}

/// A target as its file has it.
pub(crate) fn target(code: &str, formula: &str, further: &str) -> String {
    format!(
        "[[targets]]\ncode = \"{code}\"\ntext_vi = \"x\"\ntext_en = \"x\"\n\
         formula = \"{formula}\"\ncommitment = \"STRIVE\"\n{further}\n"
    )
}

pub(crate) fn read_campaign(text: &str) -> Campaign {
    let mut read = campaign::read_campaign_file("campaign.toml", text).unwrap().campaign;
    read.status = CampaignStatus::Active;
    read
}

pub(crate) fn element_text(code: &str, kind: &str, level: &str) -> String {
    let max = if kind == "EVENT_FLAG" { 1 } else { 1_000_000_000_000_i64 };
    format!(
        "[[elements]]\ncode = \"{code}\"\nname_vi = \"x\"\nname_en = \"x\"\nunit_of_count = \"x\"\n\
         kind = \"{kind}\"\nlevel = \"{level}\"\nmax = {max}\n"
    )
}

/// Belongs right after the element or contract that changes its level.
pub(crate) fn level_change_text(day: Date, level: &str) -> String {
    format!("level_changes = [{{ on = {day}, level = \"{level}\" }}]\n")
}

pub(crate) fn contract_text(
    code: &str,
    level: &str,
    calendar: &str,
    (due, grace): (u16, u16),
    serves: &str,
    elements: &[&str],
) -> String {
    format!(
        "[[forms]]\ncode = \"{code}\"\nname_vi = \"x\"\nname_en = \"x\"\nelements = {elements:?}\n\
         [[contracts]]\ncode = \"{code}\"\nform = \"{code}\"\nlevel = \"{level}\"\n\
         calendar = \"{calendar}\"\ndue_days = {due}\ngrace_days = {grace}\nserves = [{serves}]\n\
         reviewers = [\"PROVINCE\"]\n"
    )
}

impl World {
    pub(crate) fn new(org: Org, catalogue_text: &str, campaign: Campaign) -> Self {
        let catalogue = catalogue::read_catalogue("catalogue.toml", catalogue_text).unwrap();
        Self::from_parts(org, catalogue, campaign)
    }

    pub(crate) fn from_parts(org: Org, catalogue: Catalogue, campaign: Campaign) -> Self {
        let codes = catalogue.elements.iter().map(|element| element.code.clone());
        let numbers = (1..).map(ElementNumber).zip(codes).collect();
        let calendars = Calendars::standard().with_campaigns([&campaign]);
        let (rows, reports, handovers) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self { org, calendars, catalogue, campaign, numbers, rows, reports, handovers }
    }

    /// Every report that is owed, as the product numbers them.
    pub(crate) fn owed(&self) -> Vec<ReportKey> {
        let contracts = self.catalogue.contracts_with_codes(&self.campaign.contracts);
        let window = self.campaign.legal_window;
        let owed = compute_expectations(&self.org, &self.calendars, &contracts, window).unwrap();
        owed.iter().map(|one| one.report_key()).collect()
    }

    pub(crate) fn number(&self, element: &str) -> ElementNumber {
        *self.numbers.iter().find(|(_, one)| one.as_str() == element).unwrap().0
    }

    pub(crate) fn file(&mut self, key: &ReportKey, cells: Cells, accepted: bool) {
        let filed = Filed { key: key.clone(), cells, accepted, late: false };
        self.reports.insert(key.clone(), filed);
    }

    /// Files and accepts one element in every report of a unit that ends on or before `end`.
    pub(crate) fn say(&mut self, uid: &str, element: &str, value: i64, end: Date) {
        let number = self.number(element);
        for key in self.owed() {
            let form = self.catalogue.contracts.iter().find(|one| one.id() == key.contract);
            let form = self.catalogue.form(&form.unwrap().form).unwrap();
            let is_asked = form.elements.iter().any(|one| one.as_str() == element);
            if is_asked && key.unit == UnitId::from_code(uid) && key.period.end <= end {
                let mut cells =
                    self.reports.get(&key).map(|filed| filed.cells.clone()).unwrap_or_default();
                cells.insert(number, CellValue::Reported(value));
                self.file(&key, cells, true);
            }
        }
    }

    /// Signs a hand-over of one element: the amounts go from the first unit to the second.
    pub(crate) fn hand_over(&mut self, day: Date, element: &str, lines: &[(&str, &str, i64)]) {
        let line = |(from, to, amount): &(&str, &str, i64)| HandoverLine {
            from: UnitId::from_code(from),
            to: UnitId::from_code(to),
            element: code(element),
            amount: *amount,
        };
        let lines = lines.iter().map(line).collect();
        let proposed = StockHandover::propose(day, "Biên bản", lines, None, day).unwrap();
        self.handovers.push(proposed.settle(true, day).unwrap());
    }

    pub(crate) fn base(&mut self, uid: &str, element: &str, window: DateWindow, value: i64) {
        self.rows.push(BaselineRow {
            unit_uid: uid.to_owned(),
            element: code(element),
            window,
            value,
            source: "synthetic".to_owned(),
            status: BaselineStatus::Final,
            version: 1,
        });
    }

    /// The product's input: what can have been said by `today`, in the last of a period's days.
    pub(crate) fn with_input<T>(
        &self,
        today: Date,
        view: StructureView,
        compute: impl FnOnce(&StandingInput<'_>) -> T,
    ) -> T {
        let is_said = |filed: &&Filed| filed.key.period.end <= today.tomorrow().unwrap();
        let filed = self.reports.values().filter(is_said);
        let entries: Vec<ReportEntry<'_>> = filed.map(Filed::entry).collect();
        let baselines = Baselines::new(&self.rows);
        let Self { org, calendars, catalogue, campaign, numbers, .. } = self;
        compute(&StandingInput {
            org,
            calendars,
            catalogue,
            campaign,
            baselines: &baselines,
            numbers,
            reports: &entries,
            waivers: &NO_WAIVERS,
            handovers: &self.handovers,
            today,
            view,
        })
    }

    pub(crate) fn ledger(&self) -> Ledger {
        self.with_input(self.campaign.legal_window.start, StructureView::AsWas, |input| {
            Ledger::new(input, &self.rows)
        })
    }

    pub(crate) fn differences(
        &self,
        ledger: &Ledger,
        today: Date,
        view: StructureView,
    ) -> Vec<Difference> {
        self.with_input(today, view, |input| differences(input, ledger))
    }

    pub(crate) fn standings(&self, today: Date, view: StructureView) -> Vec<Standing> {
        self.with_input(today, view, |input| judge_standings(input, 1).unwrap())
    }

    /// The product's standing of the whole campaign; it must be what the oracle says.
    pub(crate) fn standing(
        &self,
        today: Date,
        view: StructureView,
        uid: &str,
        target: &str,
    ) -> Standing {
        let all = self.standings(today, view);
        let unit = UnitId::from_code(uid);
        let is_it =
            |one: &&Standing| one.phase == 0 && one.unit == unit && one.judgement.code == target;
        all.iter().find(is_it).unwrap().clone()
    }

    /// The oracle's row of the whole campaign.
    pub(crate) fn oracle(
        &self,
        today: Date,
        view: StructureView,
        uid: &str,
        target: &str,
    ) -> Verdict {
        let ledger = self.ledger();
        self.with_input(today, view, |input| {
            let scene = Scene::new(input, &ledger);
            let unit = UnitId::from_code(uid);
            let is_it = |row: &Row| row.phase == 0 && row.unit == unit && row.code == target;
            let row = scene.rows().into_iter().find(is_it).unwrap();
            match row.expected {
                Expected::Judged { verdict, .. } => *verdict,
                Expected::NotJudged | Expected::Allocated | Expected::NotCounted => {
                    panic!("{uid} is not judged")
                }
            }
        })
    }
}

impl Filed {
    pub(crate) fn entry(&self) -> ReportEntry<'_> {
        let Self { key, cells, accepted, late } = self;
        ReportEntry { key, received: true, accepted: *accepted, late: *late, cells }
    }
}
