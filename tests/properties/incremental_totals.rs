//! Incremental totals against totals computed from nothing: histories of late reports, corrections,
//! returns and acceptances in any order, across a merger, as days pass.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use thidua::domain::campaign::{Campaign, Phase};
use thidua::domain::org::{Org, StructureView};
use thidua::domain::report::ReportKey;
use thidua::domain::report::cell::{CellValue, Cells, ElementNumber};
use thidua::domain::report::element::{ElementCode, ElementKind};
use thidua::domain::report::form::Catalogue;
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::reporting::expectation::compute_expectations;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::standing::baseline::Baselines;
use thidua::domain::standing::{
    ReportEntry, ReportsDigest, StandingInput, advance_totals, compute_input_digest,
    compute_totals, judge_standings, judge_standings_from_totals,
};
use thidua::domain::support::ids::UnitId;
use thidua::files::org::{OrgCsvTexts, read_org};
use thidua::files::{campaign, catalogue};

/// Twelve weeks of the example's campaign, with the merger of 1/1/2025 between its two phases.
const FIRST_DAY: Date = date(2024, 11, 18);
const SECOND_PHASE_DAY: Date = date(2024, 12, 30);
const END_DAY: Date = date(2025, 2, 10);
/// Three wards of the town, the one that they become, another commune, and the town, which counts
/// stocks.
const UNITS: [&str; 5] = ["com-29245-0", "com-29242-0", "com-29242-1", "com-29266-0", "dist-842"];

struct TotalsFixture {
    org: Org,
    calendars: Calendars,
    catalogue: Catalogue,
    campaign: Campaign,
    numbers: BTreeMap<ElementNumber, ElementCode>,
    keys: Vec<ReportKey>,
}

fn fixture() -> &'static TotalsFixture {
    static FIXTURE: OnceLock<TotalsFixture> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        let example = |name: &str| {
            std::fs::read_to_string(format!(
                "{}/examples/tra-vinh/{name}",
                env!("CARGO_MANIFEST_DIR")
            ))
            .unwrap()
        };
        let [units, parents, lineage] =
            ["units.csv", "parents.csv", "lineage.csv"].map(|name| example(&format!("org/{name}")));
        let org =
            read_org(&OrgCsvTexts { units: &units, parents: &parents, lineage: &lineage }).unwrap();
        let parts = ["elements.toml", "forms.toml"]
            .map(|name| catalogue::read_catalogue(name, &example(name)).unwrap());
        let catalogue = catalogue::merge_catalogues(parts.into());
        let whole = campaign::read_campaign_file("campaign-a.toml", &example("campaign-a.toml"))
            .unwrap()
            .campaign;
        let window = DateWindow::new(FIRST_DAY, END_DAY).unwrap();
        let phase = |no, start, end| Phase {
            no,
            window: DateWindow { start, end },
            ..whole.phases[0].clone()
        };
        let campaign = Campaign {
            measurement_window: window,
            legal_window: window,
            phases: vec![
                phase(1, FIRST_DAY, SECOND_PHASE_DAY),
                phase(2, SECOND_PHASE_DAY, END_DAY),
            ],
            ..whole.clone()
        };
        let calendars = Calendars::standard().with_campaigns([&campaign]);
        let numbers = (1..)
            .map(ElementNumber)
            .zip(catalogue.elements.iter().map(|one| one.code.clone()))
            .collect();
        let mut expectations =
            compute_expectations(&org, &calendars, &catalogue.contracts, window).unwrap();
        expectations.retain(|one| UNITS.iter().any(|uid| one.unit == UnitId::from_code(uid)));
        let key = |one: thidua::domain::reporting::expectation::Expectation| ReportKey {
            contract: one.contract,
            unit: one.unit,
            period: one.period,
        };
        TotalsFixture {
            keys: expectations.into_iter().map(key).collect(),
            org,
            calendars,
            catalogue,
            campaign,
            numbers,
        }
    })
}

#[derive(Debug, Clone)]
enum TotalsEvent {
    /// A report is sent, returned, corrected or accepted.
    ReportFiled {
        which: prop::sample::Index,
        figures: [Option<i64>; 6],
        accepted: bool,
        late: bool,
    },
    /// The given number of days pass.
    DaysPass(i64),
}

fn event_strategy() -> impl Strategy<Value = TotalsEvent> {
    let figures = prop::array::uniform6(prop::option::weighted(0.8, 0_i64..9));
    prop_oneof![
        6 => (any::<prop::sample::Index>(), figures, any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(which, figures, accepted, late)| {
                TotalsEvent::ReportFiled { which, figures, accepted, late }
            }),
        1 => (1_i64..12).prop_map(TotalsEvent::DaysPass),
    ]
}

/// The cells of a report under this contract.
fn cells_of(key: &ReportKey, figures: &[Option<i64>]) -> Cells {
    let TotalsFixture { catalogue, numbers, .. } = fixture();
    let contract = catalogue.contracts.iter().find(|one| one.id() == key.contract).unwrap();
    let elements = catalogue.form(&contract.form).unwrap().elements.iter().zip(figures);
    let number =
        |code: &ElementCode| *numbers.iter().find(|(_, existing)| *existing == code).unwrap().0;
    let is_stock = |code: &ElementCode| catalogue.element(code).unwrap().kind == ElementKind::Stock;
    // Zero is said as nil where nil says it.
    let value = |code: &ElementCode, figure: i64| {
        let says_nil = figure == 0 && !is_stock(code);
        if says_nil { CellValue::Nil } else { CellValue::Reported(figure) }
    };
    elements.filter_map(|(code, figure)| Some((number(code), value(code, (*figure)?)))).collect()
}

struct ReportVersion {
    key: ReportKey,
    cells: Cells,
    accepted: bool,
    late: bool,
}

impl ReportVersion {
    fn to_entry(&self) -> ReportEntry<'_> {
        let Self { key, cells, accepted, late } = self;
        ReportEntry { key, received: true, accepted: *accepted, late: *late, cells }
    }
}

fn standing_input<'a>(
    reports: &'a [ReportEntry<'a>],
    baselines: &'a Baselines,
    today: Date,
) -> StandingInput<'a> {
    let TotalsFixture { org, calendars, catalogue, campaign, numbers, .. } = fixture();
    StandingInput {
        org,
        calendars,
        catalogue,
        campaign,
        baselines,
        numbers,
        waivers: &thidua::domain::standing::NO_WAIVERS,
        handovers: &[],
        reports,
        today,
        view: StructureView::AsWas,
    }
}

/// 200, or the number in `scripts/soak --sums N`.
fn history_count() -> u32 {
    std::env::var("SUMS_HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: history_count(), ..ProptestConfig::default() })]

    #[test]
    fn i6_sums_that_follow_the_reports_are_those_made_from_nothing(
        events in prop::collection::vec(event_strategy(), 1..60),
    ) {
        let (keys, baselines) = (&fixture().keys, Baselines::new([]));
        let mut today = FIRST_DAY;
        let mut totals = compute_totals(&standing_input(&[], &baselines, today)).unwrap();
        let (mut inputs, mut filed) = (ReportsDigest::default(), BTreeMap::new());
        for event in events {
            match event {
                TotalsEvent::ReportFiled { which, figures, accepted, late } => {
                    let key = which.get(keys).clone();
                    let cells = cells_of(&key, &figures);
                    let one = ReportVersion { key, cells, accepted, late };
                    totals.upsert_report(&one.to_entry());
                    inputs.upsert_report(&one.to_entry());
                    filed.insert(one.key.id(), one);
                }
                TotalsEvent::DaysPass(days) => {
                    today = today.saturating_add(days.days());
                    advance_totals(&standing_input(&[], &baselines, today), &mut totals);
                }
            }
        }
        let reports: Vec<ReportEntry<'_>> = filed.values().map(ReportVersion::to_entry).collect();
        let whole = standing_input(&reports, &baselines, today);
        let from_reports = ReportsDigest::from_reports(&reports);
        prop_assert_eq!(
            compute_input_digest(&whole, &[], &inputs),
            compute_input_digest(&whole, &[], &from_reports)
        );
        advance_totals(&whole, &mut totals);
        let incremental = judge_standings_from_totals(&whole, &totals, 1);
        let full = judge_standings(&whole, 1).unwrap();
        prop_assert_eq!(incremental.len(), full.len());
        for (incremental, full) in incremental.iter().zip(&full) {
            prop_assert_eq!(incremental, full);
        }
    }
}
