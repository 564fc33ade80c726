//! Properties that hold for all input: phases (I1), sums and standings (I6, I7, I8), identities of
//! a form (I11).
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "a law whose setting cannot be built has failed")]

#[path = "properties/incremental_totals.rs"]
mod incremental_totals;
#[path = "properties/judged_grammar.rs"]
mod judged_grammar;
#[path = "properties/judging.rs"]
mod judging;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use thidua::bench_api::build_org_facts;
use thidua::domain::campaign::{Campaign, CampaignTarget, Phase};
use thidua::domain::org::{Org, StructureView};
use thidua::domain::report::cell::{CellChange, CellValue, Cells, ElementNumber};
use thidua::domain::report::element::ElementCode;
use thidua::domain::report::form::Catalogue;
use thidua::domain::report::{ElementRange, FormRule, FormSchema, Report, ReportKey, SaveCells};
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::reporting::period::Period;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::standing::baseline::Baselines;
use thidua::domain::standing::{
    JudgementState, ReportEntry, ReportsDigest, StandingInput, WindowSums, aggregate_reports,
    compute_input_digest, judge_standings,
};
use thidua::domain::support::ids::{ContractId, UnitId};
use thidua::domain::support::ratio::Ratio;
use thidua::domain::support::reason::RefusalReason;
use thidua::domain::target_rule::{Comparator, Target};
use thidua::files::{campaign, catalogue};

const FIRST_DAY: Date = date(2024, 8, 19);
const WEEKS: usize = 4;
/// The communes of `build_org_facts`, each with its district.
const COMMUNES: [(&str, &str); 4] = [
    ("commune-0", "district-0"),
    ("commune-1", "district-1"),
    ("commune-2", "district-0"),
    ("commune-3", "district-1"),
];
const ELEMENTS: [&str; 5] =
    ["so_offences", "reports_received", "reports_accepted", "reports_handled", "reports_resolved"];

/// A province, two districts, four communes, four weeks and one form.
struct PropertyFixture {
    org: Org,
    calendars: Calendars,
    catalogue: Catalogue,
    campaign: Campaign,
    numbers: BTreeMap<ElementNumber, ElementCode>,
}

fn fixture() -> &'static PropertyFixture {
    static FIXTURE: OnceLock<PropertyFixture> = OnceLock::new();
    FIXTURE.get_or_init(|| {
        // The example's campaign belongs to the unit with this uid.
        let facts = build_org_facts("prov-84", 2, COMMUNES.len());
        let elements = catalogue::read_catalogue(
            "elements.toml",
            include_str!("../examples/tra-vinh/elements.toml"),
        )
        .unwrap();
        let forms = catalogue::read_catalogue(
            "forms.toml",
            include_str!("../examples/tra-vinh/forms.toml"),
        )
        .unwrap();
        let campaign = Campaign {
            measurement_window: window(WEEKS),
            legal_window: window(WEEKS),
            phases: Vec::new(),
            contracts: vec!["tuan-xa".to_owned()],
            targets: vec![
                target_line("ZERO", "count(so_offences) = 0"),
                target_line("RATE", "ratio(reports_accepted/reports_received) > 80%"),
            ],
            ..read_example_campaign()
        };
        PropertyFixture {
            org: Org::new(facts).unwrap(),
            calendars: Calendars::standard().with_campaigns([&campaign]),
            catalogue: catalogue::merge_catalogues(vec![elements, forms]),
            campaign,
            numbers: (1..)
                .zip(ELEMENTS)
                .map(|(no, code)| (ElementNumber(no), ElementCode::new(code).unwrap()))
                .collect(),
        }
    })
}

fn read_example_campaign() -> Campaign {
    campaign::read_campaign_file(
        "campaign-a.toml",
        include_str!("../examples/tra-vinh/campaign-a.toml"),
    )
    .unwrap()
    .campaign
}

fn window(weeks: usize) -> DateWindow {
    DateWindow::new(FIRST_DAY, FIRST_DAY.saturating_add((weeks as i64).weeks())).unwrap()
}

fn target_line(code: &str, formula: &str) -> CampaignTarget {
    let range = read_example_campaign().targets[0].clone();
    CampaignTarget { code: code.to_owned(), formula: Target::parse(formula).unwrap(), ..range }
}

/// What was sent for one report: nothing, or figures and whether they are accepted.
type SentFigures = Option<([i64; 5], bool)>;

struct FiledReport {
    key: ReportKey,
    cells: Cells,
    accepted: bool,
}

/// One report for each commune and week with figures.
fn file_reports(sent: &[SentFigures]) -> Vec<FiledReport> {
    let mut all = Vec::new();
    for (at, sent) in sent.iter().enumerate() {
        let Some((figures, accepted)) = sent else { continue };
        let (week, commune) = (at / COMMUNES.len(), COMMUNES[at % COMMUNES.len()].0);
        let start = FIRST_DAY.saturating_add((week as i64).weeks());
        let period = Period::new("week", start, start.saturating_add(1.week()));
        let key = ReportKey {
            contract: ContractId::from_code("tuan-xa"),
            unit: UnitId::from_code(commune),
            period,
        };
        let cells = (1..)
            .zip(figures)
            .map(|(no, figure)| (ElementNumber(no), CellValue::Reported(*figure)))
            .collect();
        all.push(FiledReport { key, cells, accepted: *accepted });
    }
    all
}

fn report_entries(filed: &[FiledReport]) -> Vec<ReportEntry<'_>> {
    let mut entries = Vec::new();
    for FiledReport { key, cells, accepted } in filed {
        entries.push(ReportEntry { key, received: true, accepted: *accepted, late: false, cells });
    }
    entries
}

fn standing_input<'a>(
    reports: &'a [ReportEntry<'a>],
    baselines: &'a Baselines,
) -> StandingInput<'a> {
    let PropertyFixture { org, calendars, catalogue, campaign, numbers } = fixture();
    let today = campaign.measurement_window.end.saturating_add(30.days());
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

fn input_digest(input: &StandingInput<'_>) -> [u8; 32] {
    compute_input_digest(input, &[], &ReportsDigest::from_reports(input.reports))
}

fn sum_reports(reports: &[ReportEntry<'_>]) -> WindowSums {
    aggregate_reports(&standing_input(reports, &Baselines::new([])), window(WEEKS)).unwrap()
}

fn value_at(totals: &WindowSums, unit: &str, element: &str) -> Option<i64> {
    totals.value(UnitId::from_code(unit), &ElementCode::new(element).unwrap())
}

fn sent_strategy() -> impl Strategy<Value = Vec<SentFigures>> {
    let figures = prop::array::uniform5(0_i64..60);
    prop::collection::vec(
        prop::option::weighted(0.8, (figures, prop::bool::weighted(0.8))),
        WEEKS * COMMUNES.len(),
    )
}

fn sum_known(parts: impl IntoIterator<Item = Option<i64>>) -> Option<i64> {
    parts.into_iter().flatten().fold(None, |sum, part| Some(sum.unwrap_or(0) + part))
}

/// Phases between the days on which the window is cut.
fn phases_of(cuts: &[Date], legal: DateWindow) -> Vec<Phase> {
    let one = read_example_campaign().phases[0].clone();
    let starts = std::iter::once(legal.start).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([legal.end]);
    let phase = |(no, (start, end))| Phase { no, window: DateWindow { start, end }, ..one.clone() };
    (1..).zip(starts.zip(ends)).map(phase).collect()
}

fn phases_tile_window(campaign: &Campaign) -> bool {
    !campaign.check(&fixture().catalogue).iter().any(|broken| broken.code == "PHASES_DO_NOT_TILE")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn i1_phases_tile_the_legal_window_and_the_least_gap_overlap_or_disorder_is_found(
        days in prop::collection::btree_set(1_i64..360, 0..6),
        at in 0_usize..6,
        by in prop::sample::select(vec![-1_i64, 1]),
        swap in any::<bool>(),
    ) {
        let campaign = read_example_campaign();
        let start = campaign.legal_window.start;
        let cuts: Vec<Date> = days.iter().map(|day| start.saturating_add(day.days())).collect();
        let mut campaign = Campaign { phases: phases_of(&cuts, campaign.legal_window), ..campaign };
        prop_assert!(phases_tile_window(&campaign));
        let (at, last) = (at % campaign.phases.len(), campaign.phases.len() - 1);
        if swap && last > 0 {
            campaign.phases.swap(at, if at == last { 0 } else { at + 1 });
        } else {
            let end = campaign.phases[at].window.end;
            campaign.phases[at].window.end = end.saturating_add(by.days());
        }
        prop_assert!(!phases_tile_window(&campaign));
    }

    #[test]
    fn i6_standings_follow_from_the_input_alone_and_not_from_its_order(
        sent in sent_strategy(),
        order in Just((0..WEEKS * COMMUNES.len()).collect::<Vec<_>>()).prop_shuffle(),
        other in 0_usize..16,
    ) {
        let filed = file_reports(&sent);
        let reports = report_entries(&filed);
        let mut shuffled: Vec<ReportEntry<'_>> =
            order.iter().filter_map(|at| reports.get(*at)).copied().collect();
        let baselines = Baselines::new([]);
        let one = standing_input(&reports, &baselines);
        let two = standing_input(&shuffled, &baselines);
        prop_assert_eq!(judge_standings(&one, 1).unwrap(), judge_standings(&two, 1).unwrap());
        prop_assert_eq!(input_digest(&one), input_digest(&two));
        if let Some(last) = shuffled.get_mut(other % reports.len().max(1)) {
            last.accepted = !last.accepted;
            let changed = standing_input(&shuffled, &baselines);
            prop_assert_ne!(input_digest(&one), input_digest(&changed));
        }
    }

    #[test]
    fn i6_sums_of_disjoint_units_add_up_to_the_sum_of_all(
        sent in sent_strategy(), cut in 0_usize..17,
    ) {
        let filed = file_reports(&sent);
        let all = report_entries(&filed);
        let (some, rest) = all.split_at(cut.min(all.len()));
        let (whole, some, rest) = (sum_reports(&all), sum_reports(some), sum_reports(rest));
        for unit in ["prov-84", "district-0", "district-1", "commune-0", "commune-3"] {
            for element in ELEMENTS {
                let parts = [value_at(&some, unit, element), value_at(&rest, unit, element)];
                prop_assert_eq!(value_at(&whole, unit, element), sum_known(parts));
            }
        }
    }

    #[test]
    fn i7_a_parent_is_the_sum_of_its_children_and_a_ratio_is_made_of_sums(
        sent in sent_strategy(),
    ) {
        let filed = file_reports(&sent);
        let reports = report_entries(&filed);
        let totals = sum_reports(&reports);
        for element in ELEMENTS {
            for district in ["district-0", "district-1"] {
                let children = COMMUNES.iter().filter(|(_, parent)| *parent == district);
                let parts = children.map(|(commune, _)| value_at(&totals, commune, element));
                prop_assert_eq!(value_at(&totals, district, element), sum_known(parts));
            }
            let parts = ["district-0", "district-1"].map(|district| value_at(&totals, district, element));
            prop_assert_eq!(value_at(&totals, "prov-84", element), sum_known(parts));
        }
        let baselines = Baselines::new([]);
        let standings = judge_standings(&standing_input(&reports, &baselines), 1).unwrap();
        for one in standings.iter().filter(|one| one.judgement.code == "RATE") {
            let figures: Vec<i64> =
                one.judgement.figures.iter().filter_map(|figure| figure.value).collect();
            if let ([num, den], Some(value)) = (figures.as_slice(), one.judgement.value) {
                prop_assert_eq!(Some(value), Ratio::new((*num).into(), (*den).into()));
            }
        }
    }

    #[test]
    fn i8_a_missing_report_is_never_a_zero(sent in sent_strategy()) {
        let filed = file_reports(&sent);
        let reports = report_entries(&filed);
        let (totals, baselines) = (sum_reports(&reports), Baselines::new([]));
        let standings = judge_standings(&standing_input(&reports, &baselines), 1).unwrap();
        for (place, (commune, _)) in COMMUNES.iter().enumerate() {
            let weeks: Vec<&SentFigures> =
                sent.iter().skip(place).step_by(COMMUNES.len()).collect();
            let accepted = weeks.iter().filter_map(|week| week.filter(|(_, yes)| *yes));
            let accepted: Vec<i64> = accepted.map(|(figures, _)| figures[0]).collect();
            let expected = (!accepted.is_empty()).then(|| accepted.iter().sum());
            prop_assert_eq!(
                value_at(&totals, commune, "so_offences"),
                expected,
                "nothing accepted is no figure, and no zero"
            );
            let unit = UnitId::from_code(commune);
            let zero = standings
                .iter()
                .find(|one| one.unit == unit && one.judgement.code == "ZERO")
                .unwrap();
            let met = zero.judgement.state == JudgementState::Met;
            let all_zero = accepted.len() == WEEKS && expected == Some(0);
            prop_assert_eq!(met, all_zero, "{:?}", zero.judgement);
        }
    }

    #[test]
    fn i11_more_resolved_than_handled_is_never_sent_and_whatever_keeps_the_identity_is(
        handled in cell_strategy(), resolved in cell_strategy(),
    ) {
        let range = ElementRange { min: 0, max: 1_000_000 };
        let (of_handled, of_resolved) = (ElementNumber(4), ElementNumber(5));
        let rule = FormRule {
            terms: vec![(1, of_resolved), (-1, of_handled)],
            comparator: Comparator::AtMost,
            text: "reports_resolved <= reports_handled".to_owned(),
        };
        let ranges = BTreeMap::from([(of_handled, range), (of_resolved, range)]);
        let shape = FormSchema { ranges, rules: vec![rule], ..FormSchema::default() };
        let unit = UnitId::from_code("c1");
        let period = Period::new("week", FIRST_DAY, FIRST_DAY.saturating_add(1.week()));
        let key = ReportKey { contract: ContractId::from_code("tuan-xa"), unit, period };
        let change = |(element, mine)| CellChange { element, mine: Some(mine), base: None };
        let changes = [(of_handled, handled), (of_resolved, resolved)].map(change).to_vec();
        let save = SaveCells { key, acting_unit: unit, changes, note: None, base_revision: 0 };
        let report = Report::apply_save(None, &save, unit, &shape).unwrap().report;
        let sent = report.submit(unit, &shape, FIRST_DAY, false);
        let breaks = matches!(
            (resolved.figure(), handled.figure()),
            (Some(resolved), Some(handled)) if resolved > handled
        );
        prop_assert_eq!(sent.is_err(), breaks);
        if let Err(refusal) = sent {
            prop_assert_eq!(refusal.reason, RefusalReason::FormRule);
        }
    }
}

fn cell_strategy() -> impl Strategy<Value = CellValue> {
    prop_oneof![
        4 => (0_i64..50).prop_map(CellValue::Reported),
        1 => Just(CellValue::Nil),
        1 => Just(CellValue::Missing(thidua::domain::report::cell::MissingReason::AwaitingSource)),
    ]
}
