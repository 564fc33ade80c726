//! Builds a small province by formula: 60 communes, 12 elements, 20 weeks.
//! DỮ LIỆU GIẢ LẬP (synthetic figures).

use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use thidua::domain::campaign::{Campaign, CampaignKind, CampaignStatus, Classification};
use thidua::domain::org::{
    DaySpan, Hierarchy, Org, OrgFacts, Unit, UnitKind, UnitParent, UnitVersion,
};
use thidua::domain::report::cell::{CellValue, ElementNumber};
use thidua::domain::report::element::{CountingLevel, Element, ElementCode, ElementKind};
use thidua::domain::report::form::{Catalogue, Contract, Form};
use thidua::domain::report::numbers::UnitNumbers;
use thidua::domain::report::workflow::ReportState;
use thidua::domain::report::{Report, ReportKey};
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::reporting::period::Period;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::standing::baseline::Baselines;
use thidua::domain::support::ids::UnitId;

pub(crate) const COMMUNES: usize = 60;
pub(crate) const WEEKS: usize = 20;
pub(crate) const DRAFT: ReportState = ReportState::Draft;
pub(crate) const NOTE: &str = "DỮ LIỆU GIẢ LẬP: tình hình ổn định, không có vụ việc phức tạp";
const DISTRICTS: usize = 5;
const ELEMENTS: usize = 12;
const FIRST_DAY: Date = date(2024, 8, 19);

pub(crate) struct InstructionFixture {
    pub(crate) org: Org,
    pub(crate) calendars: Calendars,
    pub(crate) catalogue: Catalogue,
    pub(crate) campaign: Campaign,
    pub(crate) numbers: BTreeMap<ElementNumber, ElementCode>,
    pub(crate) units: UnitNumbers,
    pub(crate) baselines: Baselines,
}

impl InstructionFixture {
    pub(crate) fn new() -> Self {
        let facts = build_org_facts();
        let units = facts.units.iter().map(|unit| unit.id).zip(1..).collect();
        let (catalogue, campaign) = (build_catalogue(), build_campaign());
        let numbers = (1..)
            .map(ElementNumber)
            .zip(catalogue.elements.iter().map(|one| one.code.clone()))
            .collect();
        let calendars = Calendars::standard().with_campaigns([&campaign]);
        let (org, baselines) = (Org::new(facts).unwrap(), Baselines::new([]));
        Self { org, calendars, catalogue, campaign, numbers, units, baselines }
    }

    /// An accepted report of a commune and a week.
    pub(crate) fn build_report(&self, commune: usize, week: usize) -> Report {
        let start = FIRST_DAY.saturating_add((week as i64).weeks());
        let unit = UnitId::from_code(&format!("commune-{commune}"));
        let figure = |at: usize| CellValue::Reported(((commune * 7 + week * 3 + at) % 10) as i64);
        Report {
            key: ReportKey {
                contract: self.catalogue.contracts[0].id(),
                unit,
                period: Period::new("week", start, start.saturating_add(1.week())),
            },
            acting_unit: unit,
            state: ReportState::Accepted,
            cells: self.numbers.keys().copied().zip((0..ELEMENTS).map(figure)).collect(),
            note: String::new(),
            received_day: Some(start.saturating_add(7.days())),
            late: false,
            question: None,
        }
    }
}

fn build_org_facts() -> OrgFacts {
    let mut facts = OrgFacts::default();
    let mut add = |uid: &str, kind: UnitKind, parent_uid: Option<String>| {
        let (name, local_kind) = (uid.to_owned(), kind.to_string());
        let version = UnitVersion {
            days: DaySpan::ALWAYS,
            name,
            kind,
            local_kind,
            code: None,
            note: String::new(),
        };
        facts.units.push(Unit::new(uid, version));
        let edge = |parent: String| UnitParent {
            child: UnitId::from_code(uid),
            parent: UnitId::from_code(&parent),
            hierarchy: Hierarchy::Command,
            days: DaySpan::ALWAYS,
        };
        facts.edges.extend(parent_uid.map(edge));
    };
    add("province", UnitKind::Province, None);
    (0..DISTRICTS).for_each(|at| {
        add(&format!("district-{at}"), UnitKind::District, Some("province".to_owned()))
    });
    for at in 0..COMMUNES {
        add(
            &format!("commune-{at}"),
            UnitKind::Commune,
            Some(format!("district-{}", at % DISTRICTS)),
        );
    }
    facts
}

fn build_catalogue() -> Catalogue {
    let element = |at: usize| Element {
        code: ElementCode::new(&format!("element_{at}")).unwrap(),
        name_vi: String::new(),
        name_en: String::new(),
        unit_of_count: "vụ".to_owned(),
        kind: ElementKind::Flow,
        scale: 0,
        min: 0,
        max: 1000,
        level: CountingLevel::Commune,
        coercive: false,
        shrinkable: false,
        activity: false,
        breaks: Vec::new(),
    };
    let elements: Vec<Element> = (0..ELEMENTS).map(element).collect();
    let form = Form {
        code: "week".to_owned(),
        name_vi: String::new(),
        name_en: String::new(),
        elements: elements.iter().map(|one| one.code.clone()).collect(),
        rules: Vec::new(),
    };
    let contract = Contract {
        code: "week".to_owned(),
        form: "week".to_owned(),
        level: CountingLevel::Commune,
        calendar: "week".to_owned(),
        due_days: 1,
        grace_days: 2,
        serves: Vec::new(),
        reviewers: Vec::new(),
    };
    Catalogue { elements, forms: vec![form], contracts: vec![contract] }
}

fn build_campaign() -> Campaign {
    let window =
        DateWindow { start: FIRST_DAY, end: FIRST_DAY.saturating_add((WEEKS as i64).weeks()) };
    Campaign {
        code: "G".to_owned(),
        name_vi: "DỮ LIỆU GIẢ LẬP".to_owned(),
        name_en: "synthetic".to_owned(),
        kind: CampaignKind::Thematic,
        parent_movement: None,
        owner_uid: "province".to_owned(),
        audience_vi: String::new(),
        legal_window: window,
        measurement_window: window,
        launched_on: None,
        theme: None,
        motto: None,
        fields: Vec::new(),
        phases: Vec::new(),
        anniversaries: Vec::new(),
        classification: Classification::NotSecret,
        status: CampaignStatus::Draft,
        contracts: vec!["week".to_owned()],
        device_retention_days: None,
        targets: Vec::new(),
        activities: Vec::new(),
        duties: Vec::new(),
        launches: Vec::new(),
        pledges: Vec::new(),
        plans: Vec::new(),
        amendments: Vec::new(),
    }
}
