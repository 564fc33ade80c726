//! A province by formula: units, one weekly form, a campaign and accepted reports, in any size.
//! DỮ LIỆU GIẢ LẬP (synthetic figures). The same size always gives the same data.

use crate::domain::campaign::{Campaign, CampaignKind, CampaignStatus, Classification};
use crate::domain::org::{
    DaySpan, Hierarchy, Org, OrgFacts, StructureView, Unit, UnitKind, UnitParent, UnitVersion,
};
use crate::domain::report::cell::{CellValue, ElementNumber};
use crate::domain::report::element::{CountingLevel, Element, ElementCode, ElementKind};
use crate::domain::report::form::{Catalogue, Contract, EarlyReports, Form};
use crate::domain::report::numbers::UnitNumbers;
use crate::domain::report::workflow::ReportState;
use crate::domain::report::{Report, ReportKey};
use crate::domain::reporting::calendar::Calendars;
use crate::domain::reporting::period::Period;
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::Baselines;
use crate::domain::standing::{ReportEntry, StandingInput};
use crate::domain::support::ids::UnitId;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The size of a province and of its campaign.
#[derive(Debug, Clone, Copy)]
pub struct ProvinceSize {
    /// At least one, if there are communes.
    pub districts: usize,
    /// Spread evenly over the districts.
    pub communes: usize,
    /// Elements of the form, at least one.
    pub elements: usize,
    /// Weeks of the campaign.
    pub weeks: usize,
    /// The campaign's first day, a Monday.
    pub first_day: Date,
}

/// A province with the parts of a [`StandingInput`].
#[derive(Debug)]
pub struct SyntheticProvince {
    /// The unit `province`, and the units of [`build_org_facts`].
    pub org: Org,
    /// The standard calendars, and that of the campaign.
    pub calendars: Calendars,
    /// Elements `element_0` and up, one form and one contract, both `week`.
    pub catalogue: Catalogue,
    /// Without phases and targets.
    pub campaign: Campaign,
    /// The elements, numbered from 1.
    pub numbers: BTreeMap<ElementNumber, ElementCode>,
    /// The units, numbered from 1.
    pub units: UnitNumbers,
    /// None.
    pub baselines: Baselines,
    size: ProvinceSize,
}

impl SyntheticProvince {
    /// The province of this size.
    ///
    /// # Panics
    /// If there are communes and no district.
    #[must_use]
    pub fn new(size: ProvinceSize) -> Self {
        let facts = build_org_facts("province", size.districts, size.communes);
        let units = facts.units.iter().map(|unit| unit.id).zip(1..).collect();
        let (catalogue, campaign) = (build_catalogue(size.elements), build_campaign(&size));
        let numbers = (1..)
            .map(ElementNumber)
            .zip(catalogue.elements.iter().map(|one| one.code.clone()))
            .collect();
        let calendars = Calendars::standard().with_campaigns([&campaign]);
        let org = Org::new(facts).expect("every unit has one version and one parent above it");
        let baselines = Baselines::new([]);
        Self { org, calendars, catalogue, campaign, numbers, units, baselines, size }
    }

    /// The accepted report of a commune and a week, both from 0; each figure is from 0 to 9, plus
    /// `correction`.
    #[must_use]
    pub fn build_report(&self, commune: usize, week: usize, correction: usize) -> Report {
        let start = self.size.first_day.saturating_add((week as i64).weeks());
        let unit = UnitId::from_code(&format!("commune-{commune}"));
        let figure = |element: usize| (commune * 7 + week * 3 + element) % 10 + correction;
        let value = |element: usize| CellValue::Reported(figure(element) as i64);
        Report {
            key: ReportKey {
                contract: self.catalogue.contracts[0].id(),
                unit,
                period: Period::new("week", start, start.saturating_add(1.week())),
            },
            acting_unit: unit,
            state: ReportState::Accepted,
            cells: self.numbers.keys().copied().zip((0..self.size.elements).map(value)).collect(),
            nil: false,
            note: String::new(),
            received_day: Some(start.saturating_add(7.days())),
            late: false,
            question: None,
            source: String::new(),
        }
    }

    /// What the standings of this day are computed from, with these reports.
    #[must_use]
    pub fn standing_input<'a>(
        &'a self,
        reports: &'a [ReportEntry<'a>],
        today: Date,
    ) -> StandingInput<'a> {
        let Self { org, calendars, catalogue, campaign, numbers, baselines, .. } = self;
        StandingInput {
            org,
            calendars,
            catalogue,
            campaign,
            baselines,
            numbers,
            waivers: &crate::domain::standing::NO_WAIVERS,
            handovers: &[],
            reports,
            today,
            view: StructureView::AsWas,
        }
    }
}

/// A province with this uid, districts `district-0` and up, and communes `commune-0` and up spread
/// evenly over them.
///
/// # Panics
/// If there are communes and no district.
#[must_use]
pub fn build_org_facts(province_uid: &str, districts: usize, communes: usize) -> OrgFacts {
    let mut facts = OrgFacts::default();
    let mut add = |uid: &str, kind: UnitKind, parent_uid: Option<&str>| {
        let version = UnitVersion {
            days: DaySpan::ALWAYS,
            name: format!("{uid} (synthetic)"),
            kind,
            local_kind: kind.to_string(),
            code: None,
            note: String::new(),
        };
        facts.units.push(Unit::new(uid, version));
        facts.edges.extend(parent_uid.map(|parent| UnitParent {
            child: UnitId::from_code(uid),
            parent: UnitId::from_code(parent),
            hierarchy: Hierarchy::Command,
            days: DaySpan::ALWAYS,
        }));
    };
    add(province_uid, UnitKind::Province, None);
    for at in 0..districts {
        add(&format!("district-{at}"), UnitKind::District, Some(province_uid));
    }
    for at in 0..communes {
        let district = format!("district-{}", at % districts);
        add(&format!("commune-{at}"), UnitKind::Commune, Some(&district));
    }
    facts
}

fn build_catalogue(elements: usize) -> Catalogue {
    let element = |at: usize| Element {
        code: ElementCode::new(&format!("element_{at}")).expect("letters and digits are a code"),
        name_vi: String::new(),
        name_en: String::new(),
        unit_of_count: "case".to_owned(),
        kind: ElementKind::Flow,
        scale: 0,
        min: 0,
        max: 1000,
        levels: CountingLevel::Commune.into(),
        coercive: false,
        shrinkable: false,
        activity: false,
        opening_of: None,
        breaks: Vec::new(),
    };
    let elements: Vec<Element> = (0..elements).map(element).collect();
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
        levels: CountingLevel::Commune.into(),
        calendar: "week".to_owned(),
        due_days: 1,
        grace_days: 2,
        early: EarlyReports::Refused,
        serves: Vec::new(),
        reviewers: Vec::new(),
    };
    Catalogue { fields: Vec::new(), elements, forms: vec![form], contracts: vec![contract] }
}

fn build_campaign(size: &ProvinceSize) -> Campaign {
    let start = size.first_day;
    let window = DateWindow { start, end: start.saturating_add((size.weeks as i64).weeks()) };
    Campaign {
        code: "G".to_owned(),
        name_vi: "synthetic".to_owned(),
        name_en: "synthetic".to_owned(),
        kind: CampaignKind::Thematic,
        parent_movement: None,
        owner_uid: "province".to_owned(),
        audience_vi: String::new(),
        legal_window: window,
        measurement_window: window,
        launched_on: None,
        registration_deadline: None,
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
        reopening: None,
        shares: Vec::new(),
    }
}
