//! Sums that follow the reports, against sums made from nothing: histories of late reports, corrections, returns and acceptances in any
//! order, across a merger, as days go by.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use thidua::domain::baseline::Baselines;
use thidua::domain::calendar::Calendars;
use thidua::domain::campaign::{Campaign, Phase};
use thidua::domain::cell::{CellValue, Cells, ElementNo};
use thidua::domain::element::ElementCode;
use thidua::domain::expectation::expectations;
use thidua::domain::form::Catalogue;
use thidua::domain::ids::{ReportId, UnitId};
use thidua::domain::org::{Org, View};
use thidua::domain::report::ReportKey;
use thidua::domain::standing::{Entry, Input, Inputs, input_digest, standings, standings_of, totals};
use thidua::domain::window::Window;
use thidua::files::org::{OrgTexts, read_org};
use thidua::files::{campaign, catalogue};

/// Twelve weeks of the example's campaign, with the merger of 1/1/2025 between its two phases.
const FIRST: Date = date(2024, 11, 18);
const SECOND: Date = date(2024, 12, 30);
const END: Date = date(2025, 2, 10);
/// Three wards of the town, the one that they become, one commune elsewhere, and the town, which counts stocks.
const UNITS: [&str; 5] = ["com-29245-0", "com-29242-0", "com-29242-1", "com-29266-0", "dist-842"];

struct Setting {
    org: Org,
    calendars: Calendars,
    catalogue: Catalogue,
    campaign: Campaign,
    numbers: BTreeMap<ElementNo, ElementCode>,
    keys: Vec<ReportKey>,
}

fn setting() -> &'static Setting {
    static SETTING: OnceLock<Setting> = OnceLock::new();
    SETTING.get_or_init(|| {
        let example = |name: &str| {
            std::fs::read_to_string(format!("{}/examples/tra-vinh/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
        };
        let [units, parents, lineage] =
            ["units.csv", "parents.csv", "lineage.csv"].map(|name| example(&format!("org/{name}")));
        let org = read_org(&OrgTexts { units: &units, parents: &parents, lineage: &lineage }).unwrap();
        let parts = ["elements.toml", "forms.toml"].map(|name| catalogue::read(name, &example(name)).unwrap());
        let catalogue = catalogue::join(parts.into());
        let whole = campaign::read("campaign-a.toml", &example("campaign-a.toml")).unwrap().campaign;
        let window = Window::new(FIRST, END).unwrap();
        let phase = |no, start, end| Phase { no, window: Window { start, end }, ..whole.phases[0].clone() };
        let campaign = Campaign {
            measurement_window: window,
            legal_window: window,
            phases: vec![phase(1, FIRST, SECOND), phase(2, SECOND, END)],
            ..whole.clone()
        };
        let calendars = Calendars::standard().with_campaigns([&campaign]);
        let numbers = (1..).map(ElementNo).zip(catalogue.elements.iter().map(|one| one.code.clone())).collect();
        let mut owed = expectations(&org, &calendars, &catalogue.contracts, window).unwrap();
        owed.retain(|one| UNITS.iter().any(|uid| one.unit == UnitId::named(uid)));
        let key = |one: thidua::domain::expectation::Expectation| ReportKey {
            contract: one.contract,
            unit: one.unit,
            period: one.period,
        };
        Setting { keys: owed.into_iter().map(key).collect(), org, calendars, catalogue, campaign, numbers }
    })
}

#[derive(Debug, Clone)]
enum Act {
    /// A report is sent, returned, corrected or accepted.
    Says { which: prop::sample::Index, figures: [Option<i64>; 6], accepted: bool, late: bool },
    /// Days go by.
    Days(i64),
}

fn act() -> impl Strategy<Value = Act> {
    let figures = prop::array::uniform6(prop::option::weighted(0.8, 0_i64..9));
    prop_oneof![
        6 => (any::<prop::sample::Index>(), figures, any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(which, figures, accepted, late)| Act::Says { which, figures, accepted, late }),
        1 => (1_i64..12).prop_map(Act::Days),
    ]
}

/// The cells of a sheet under this contract.
fn cells(key: &ReportKey, figures: &[Option<i64>]) -> Cells {
    let Setting { catalogue, numbers, .. } = setting();
    let contract = catalogue.contracts.iter().find(|one| one.id() == key.contract).unwrap();
    let elements = catalogue.form(&contract.form).unwrap().elements.iter().zip(figures);
    let number = |code: &ElementCode| *numbers.iter().find(|(_, known)| *known == code).unwrap().0;
    let value = |figure: i64| if figure == 0 { CellValue::Nil } else { CellValue::Reported(figure) };
    elements.filter_map(|(code, figure)| Some((number(code), value((*figure)?)))).collect()
}

struct Filed {
    key: ReportKey,
    cells: Cells,
    accepted: bool,
    late: bool,
}

impl Filed {
    fn entry(&self) -> Entry<'_> {
        let Self { key, cells, accepted, late } = self;
        Entry { key, received: true, accepted: *accepted, late: *late, cells }
    }
}

fn input<'a>(reports: &'a [Entry<'a>], baselines: &'a Baselines, today: Date) -> Input<'a> {
    let Setting { org, calendars, catalogue, campaign, numbers, .. } = setting();
    Input { org, calendars, catalogue, campaign, baselines, numbers, reports, today, view: View::AsWas }
}

/// 200, or as many as `scripts/soak --sums N` asks for.
fn histories() -> u32 {
    std::env::var("SUMS_HISTORIES").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: histories(), ..ProptestConfig::default() })]

    #[test]
    fn i6_sums_that_follow_the_reports_are_those_made_from_nothing(acts in prop::collection::vec(act(), 1..60)) {
        let (keys, baselines) = (&setting().keys, Baselines::new([]));
        let mut today = FIRST;
        let mut following = totals(&input(&[], &baselines, today)).unwrap();
        let (mut inputs, mut filed): (Inputs, BTreeMap<ReportId, Filed>) = Default::default();
        for act in acts {
            match act {
                Act::Says { which, figures, accepted, late } => {
                    let key = which.get(keys).clone();
                    let one = Filed { cells: cells(&key, &figures), key, accepted, late };
                    following.put(&input(&[], &baselines, today), &one.entry());
                    inputs.put(&one.entry());
                    filed.insert(one.key.id(), one);
                }
                Act::Days(days) => {
                    today = today.saturating_add(days.days());
                    following.advance(&input(&[], &baselines, today), today);
                }
            }
        }
        let reports: Vec<Entry<'_>> = filed.values().map(Filed::entry).collect();
        let whole = input(&reports, &baselines, today);
        prop_assert_eq!(input_digest(&whole, &[], &inputs), input_digest(&whole, &[], &Inputs::of(&reports)));
        let (kept, anew) = (standings_of(&whole, &following, 1), standings(&whole, 1).unwrap());
        prop_assert_eq!(kept.len(), anew.len());
        for (kept, anew) in kept.iter().zip(&anew) {
            prop_assert_eq!(kept, anew);
        }
    }
}
