//! Targets evaluated across the reform of 1 July 2025, in each view of the organisation.

use crate::{tra_vinh_org, unit_id};
use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use thidua::domain::campaign::Campaign;
use thidua::domain::org::{Org, StructureView};
use thidua::domain::report::ReportKey;
use thidua::domain::report::cell::{CellValue, Cells, ElementNumber};
use thidua::domain::report::element::{BridgeMethod, DefinitionBreak, ElementCode};
use thidua::domain::report::form::Catalogue;
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::reporting::period::Period;
use thidua::domain::standing::baseline::{BaselineRow, BaselineStatus, Baselines};
use thidua::domain::standing::{
    JudgementState, ReportEntry, Standing, StandingInput, StandingView, WindowSums,
    aggregate_reports, judge_standings,
};
use thidua::domain::support::ids::ContractId;
use thidua::domain::support::ratio::Ratio;
use thidua::domain::target_rule::Target;
use thidua::files::{campaign, catalogue};

const TODAY: Date = date(2025, 8, 1);
/// A day after the campaign's end.
const AFTER_END: Date = date(2025, 9, 1);
/// The five wards of 2024 that became Phường Trà Vinh, three of them through a merger on 1 January
/// 2025.
const WARDS: [&str; 5] =
    ["com-29239-0", "com-29242-0", "com-29245-0", "com-29251-0", "com-29260-0"];
const MERGED: &str = "com-29242-2";

struct JudgingFixture {
    org: Org,
    calendars: Calendars,
    catalogue: Catalogue,
    campaign: Campaign,
    numbers: BTreeMap<ElementNumber, ElementCode>,
    baselines: Baselines,
    reports: Vec<(ReportKey, Cells)>,
    today: Date,
}

impl JudgingFixture {
    /// In a week of September 2024 the five wards counted 2, 3, 1, 0 and 3 offences; in a week of
    /// July 2025 the merged one counted 1.
    fn new() -> Self {
        let read = campaign::read_campaign_file(
            "campaign-a.toml",
            include_str!("../../examples/tra-vinh/campaign-a.toml"),
        )
        .unwrap();
        let parts = [
            catalogue::read_catalogue(
                "elements.toml",
                include_str!("../../examples/tra-vinh/elements.toml"),
            )
            .unwrap(),
            catalogue::read_catalogue(
                "forms.toml",
                include_str!("../../examples/tra-vinh/forms.toml"),
            )
            .unwrap(),
        ];
        let campaign = read.campaign;
        let base = campaign.base_window();
        let rows: Vec<BaselineRow> =
            WARDS.iter().map(|ward| baseline_row(ward, base, 10)).collect();
        let september = WARDS
            .iter()
            .zip([2, 3, 1, 0, 3])
            .map(|(ward, figure)| offence_report(ward, date(2024, 9, 2), figure));
        Self {
            org: tra_vinh_org(),
            calendars: Calendars::standard().with_campaigns([&campaign]),
            catalogue: catalogue::merge_catalogues(parts.into()),
            numbers: BTreeMap::from([(ElementNumber(1), offences_code())]),
            baselines: Baselines::new(&rows),
            reports: september.chain([offence_report(MERGED, date(2025, 7, 7), 1)]).collect(),
            campaign,
            today: TODAY,
        }
    }

    fn with_input<T>(&self, view: StructureView, compute: impl Fn(&StandingInput<'_>) -> T) -> T {
        let entry =
            |(key, cells)| ReportEntry { key, received: true, accepted: true, late: false, cells };
        let reports: Vec<ReportEntry<'_>> =
            self.reports.iter().map(|(key, cells)| entry((key, cells))).collect();
        let Self { org, calendars, catalogue, campaign, numbers, baselines, today, .. } = self;
        compute(&StandingInput {
            org,
            calendars,
            catalogue,
            campaign,
            baselines,
            numbers,
            waivers: &thidua::domain::standing::NO_WAIVERS,
            handovers: &[],
            reports: &reports,
            today: *today,
            view,
        })
    }

    fn aggregate(&self, view: StructureView) -> WindowSums {
        self.with_input(view, |input| {
            aggregate_reports(input, self.campaign.measurement_window).unwrap()
        })
    }

    fn judge(&self, view: StructureView) -> Vec<Standing> {
        self.with_input(view, |input| judge_standings(input, 1).unwrap())
    }
}

fn offences_code() -> ElementCode {
    ElementCode::new("so_offences").unwrap()
}

fn baseline_row(
    uid: &str,
    window: thidua::domain::reporting::window::DateWindow,
    value: i64,
) -> BaselineRow {
    let (unit_uid, source) = (uid.to_owned(), "ledger".to_owned());
    BaselineRow {
        unit_uid,
        element: offences_code(),
        window,
        value,
        source,
        status: BaselineStatus::Final,
        version: 1,
    }
}

fn offence_report(uid: &str, start: Date, figure: i64) -> (ReportKey, Cells) {
    let period = Period::new("week", start, start.saturating_add(jiff::ToSpan::days(7)));
    let key = ReportKey { contract: ContractId::from_code("tuan-xa"), unit: unit_id(uid), period };
    (key, BTreeMap::from([(ElementNumber(1), CellValue::Reported(figure))]))
}

fn offences_at(totals: &WindowSums, uid: &str) -> Option<i64> {
    totals.value(unit_id(uid), &offences_code())
}

fn find_t1_standing<'a>(standings: &'a [Standing], uid: &str, phase: u8) -> Option<&'a Standing> {
    standings
        .iter()
        .find(|one| one.unit == unit_id(uid) && one.phase == phase && one.judgement.code == "T1")
}

#[test]
fn as_it_is_a_merged_commune_has_the_figures_and_the_past_of_those_it_is_made_of() {
    let world = JudgingFixture::new();
    let (was, is) =
        (world.aggregate(StructureView::AsWas), world.aggregate(StructureView::AsIs(TODAY)));
    assert_eq!(
        (offences_at(&was, MERGED), offences_at(&was, WARDS[0])),
        (Some(1), Some(2)),
        "as it was, each keeps its own"
    );
    assert_eq!(
        (offences_at(&is, MERGED), offences_at(&is, WARDS[0])),
        (Some(10), None),
        "as it is, the wards are no more"
    );

    let standings = world.judge(StructureView::AsWas);
    assert_eq!(
        find_t1_standing(&standings, MERGED, 0).unwrap().judgement.state,
        JudgementState::NotComparable,
        "it lived for a month of the year"
    );
    let standings = world.judge(StructureView::AsIs(TODAY));
    let merged = find_t1_standing(&standings, MERGED, 0).unwrap();
    assert_eq!(
        (merged.view, merged.judgement.figures[0].baseline_full),
        (StandingView::AsIs, Some(50)),
        "as in V16: the sum of all five"
    );
    assert_ne!(merged.judgement.state, JudgementState::NotComparable);
    assert!(
        find_t1_standing(&standings, WARDS[0], 0).is_none(),
        "what is closed is no unit of this view"
    );
}

#[test]
fn frozen_at_the_start_the_district_has_what_its_wards_cannot_be_told_apart_in() {
    let world = JudgingFixture::new();
    let frozen = StructureView::Frozen(world.campaign.measurement_window.start);
    let totals = world.aggregate(frozen);
    assert_eq!(
        (offences_at(&totals, "dist-842"), offences_at(&totals, "prov-84")),
        (Some(10), Some(10)),
        "nothing is lost"
    );
    assert_eq!(offences_at(&totals, WARDS[1]), Some(3), "July is nobody's in particular");
    let standings = world.judge(frozen);
    assert_eq!(
        find_t1_standing(&standings, WARDS[1], 0).unwrap().judgement.state,
        JudgementState::NotComparable,
        "so no ward is judged"
    );
    let state = |uid: &str| find_t1_standing(&standings, uid, 0).unwrap().judgement.state;
    assert_eq!(
        state("dist-842"),
        JudgementState::NotComparable,
        "a commune of today straddles it and its neighbour"
    );
    assert_ne!(
        state("dist-849"),
        JudgementState::NotComparable,
        "Trà Cú went whole into communes of its own"
    );
    assert!(find_t1_standing(&standings, MERGED, 0).is_none());
}

#[test]
fn the_province_has_the_same_total_in_every_view() {
    let world = JudgingFixture::new();
    let total = |view: StructureView, top: &str| offences_at(&world.aggregate(view), top);
    assert_eq!(total(StructureView::AsWas, "prov-84"), Some(10), "I13");
    assert_eq!(total(StructureView::AsWas, "prov-86-2025"), Some(1), "its own days only");
    assert_eq!(total(StructureView::AsIs(TODAY), "prov-86-2025"), Some(10));
    assert_eq!(total(StructureView::Frozen(date(2024, 8, 19)), "prov-84"), Some(10));
}

#[test]
fn after_the_owner_closed_its_41_successors_are_the_owner_and_in_a_view_of_one_day_its_heir_is() {
    let world = JudgingFixture::new();
    let was = world.judge(StructureView::AsWas);
    let owner = find_t1_standing(&was, "prov-84", 0).unwrap();
    assert_ne!(owner.judgement.state, JudgementState::NotComparable, "{:?}", owner.judgement);
    assert_eq!(owner.judgement.figures[0].value, Some(10));
    let (expected, heirs) = (owner.coverage.expected, world.judge(StructureView::AsIs(TODAY)));
    let heir = find_t1_standing(&heirs, "prov-86-2025", 0).unwrap();
    assert_eq!(heir.coverage.expected, expected, "the same reports, of 106 and of 41 communes");
    let attested = |standings: &[Standing], uid: &str| {
        let of_t7 = standings.iter().filter(|one| one.judgement.code == "T7" && one.phase == 0);
        let mut here = of_t7.filter(|one| one.unit == unit_id(uid));
        here.next().unwrap().judgement.state
    };
    assert_ne!(attested(&was, "prov-84"), JudgementState::Contribution);
    assert_eq!(attested(&was, "prov-86-2025"), JudgementState::Contribution);
    assert_ne!(attested(&heirs, "prov-86-2025"), JudgementState::Contribution);
}

#[test]
fn a_phase_that_has_begun_is_judged_over_its_own_days_beside_the_whole() {
    let world = JudgingFixture::new();
    let standings = world.judge(StructureView::AsWas);
    let phases: std::collections::BTreeSet<u8> = standings.iter().map(|one| one.phase).collect();
    assert_eq!(phases, [0, 1, 2, 3].into(), "all three phases have begun by August 2025");
    let (first, whole) = (
        find_t1_standing(&standings, WARDS[0], 1).unwrap(),
        find_t1_standing(&standings, WARDS[0], 0).unwrap(),
    );
    assert_eq!(first.judgement.figures[0].value, Some(2));
    assert!(first.stage != whole.stage && first.coverage.expected < whole.coverage.expected);
}

#[test]
fn a_definition_that_changed_is_compared_over_its_bridge_or_not_at_all() {
    let on = date(2024, 8, 19);
    let standings = |bridge: Option<BridgeMethod>| {
        let mut world = JudgingFixture::new();
        let breaks = bridge.map(|bridge| DefinitionBreak {
            on,
            bridge,
            evidence_vi: "thay đổi cách thống kê".into(),
        });
        let element = world
            .catalogue
            .elements
            .iter_mut()
            .find(|element| element.code == offences_code())
            .unwrap();
        element.breaks = breaks.into_iter().collect();
        world.today = AFTER_END;
        let all = world.judge(StructureView::AsIs(AFTER_END));
        find_t1_standing(&all, MERGED, 0).unwrap().judgement.clone()
    };
    let (whole, half) =
        (standings(None), standings(Some(BridgeMethod::Ratio(Ratio::new(1, 2).unwrap()))));
    assert_eq!(
        (whole.count_before, half.count_before),
        (Some(Ratio::from_integer(50)), Some(Ratio::from_integer(25)))
    );
    assert!(half.reasons.contains(&"BRIDGED".to_owned()) && half.limit < whole.limit, "{half:?}");
    assert_eq!(standings(Some(BridgeMethod::None)).state, JudgementState::NotComparable);
    assert!(standings(Some(BridgeMethod::Restated)).reasons.contains(&"BRIDGED".to_owned()));
}

#[test]
fn a_mean_of_years_before_is_known_once_every_one_of_them_is() {
    let formula = Target::parse("change(count(so_offences) vs mean_prior(2), rel) <= -7%").unwrap();
    let standings = |values: &[i64]| {
        let mut world = JudgingFixture::new();
        world.campaign.targets[0].formula = formula.clone();
        let mut window = world.campaign.measurement_window;
        let mut rows = Vec::new();
        for value in values {
            let shifted = window.one_year_earlier();
            window = thidua::domain::reporting::window::DateWindow::new(
                shifted.start,
                shifted.end.min(window.start),
            )
            .unwrap();
            rows.extend(WARDS.iter().map(|ward| baseline_row(ward, window, *value)));
        }
        world.baselines = Baselines::new(&rows);
        world.today = AFTER_END;
        let all = world.judge(StructureView::AsIs(AFTER_END));
        find_t1_standing(&all, MERGED, 0).unwrap().judgement.count_before
    };
    assert_eq!(standings(&[10, 15]), Some(Ratio::new(125, 2).unwrap()), "half of 5 x 10 + 5 x 15");
    assert_eq!(standings(&[10]), None, "a part of a base is no base");
}
