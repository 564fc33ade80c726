//! Tests of standings on the synthetic province against the ledger.

use super::Province;
use super::ledger::Ledger;
use super::sheet_plan::SheetPlan;
use crate::cli::demo::authority::DemoAuthority;
use crate::domain::campaign::word_of;
use crate::domain::org::StructureView;
use crate::domain::report::cell::{CellValue, Cells, ElementNumber};
use crate::domain::report::element::ElementCode;
use crate::domain::standing::baseline::Baselines;
use crate::domain::standing::{
    Judgement, JudgementState, ReportEntry, ReportSupport, Standing, StandingFigure, StandingInput,
    aggregate_reports, judge_standings, list_standing_reports,
};
use crate::domain::support::ids::UnitId;
use crate::domain::target_rule::StandingStage;
use jiff::civil::date;
use std::collections::BTreeMap;

/// Twenty weeks in which some sheets were never sent and some are not accepted.
struct World {
    province: Province,
    numbers: BTreeMap<ElementNumber, ElementCode>,
    sheets: Vec<(SheetPlan, Cells, bool)>,
    ledger: Ledger,
    baselines: Baselines,
}

fn build_world() -> World {
    let authority = DemoAuthority::TraVinh;
    let province = Province::new(authority, authority.plan().seed).unwrap();
    let plans = province.plan_sheets(20).unwrap();
    let codes = province.catalogue.elements.iter().map(|element| element.code.clone());
    let numbers: BTreeMap<ElementNumber, ElementCode> =
        (1..).map(ElementNumber).zip(codes).collect();
    let number: BTreeMap<&ElementCode, ElementNumber> =
        numbers.iter().map(|(number, code)| (code, *number)).collect();
    let mut ledger = Ledger::open(&plans, &province.catalogue);
    let mut sheets = Vec::new();
    for (at, plan) in plans.iter().enumerate().filter(|(_, plan)| plan.send_day.is_some()) {
        let typed = plan.typed_values();
        typed.iter().for_each(|(code, value)| ledger.record_typed(plan.key.id(), code, *value));
        ledger.record_sent(plan.key.id());
        let accepted = at % 50 != 0;
        if accepted {
            ledger.record_accepted(plan.key.id());
        }
        let is_word = |code: &ElementCode| {
            let element = province.catalogue.element(code).unwrap();
            word_of(element, std::slice::from_ref(&province.campaign)).is_some()
        };
        let value = |code: &ElementCode, value: i64| {
            let says_nil = plan.is_nil() && !is_word(code);
            if says_nil { CellValue::Nil } else { CellValue::Reported(value) }
        };
        let cells =
            typed.iter().map(|(code, figure)| (number[code], value(code, *figure))).collect();
        sheets.push((plan.clone(), cells, accepted));
    }
    let baselines = Baselines::new(&province.baseline_rows());
    World { province, numbers: numbers.clone(), sheets, ledger, baselines }
}

impl World {
    fn entries(&self) -> Vec<ReportEntry<'_>> {
        self.sheets
            .iter()
            .map(|(plan, cells, accepted)| ReportEntry {
                key: &plan.key,
                received: true,
                accepted: *accepted,
                late: plan.send_day.is_some_and(|day| day >= plan.due),
                cells,
            })
            .collect()
    }

    fn with_input<T>(
        &self,
        entries: &[ReportEntry<'_>],
        question: impl Fn(&StandingInput<'_>) -> T,
    ) -> T {
        question(&StandingInput {
            org: &self.province.org,
            calendars: &self.province.calendars,
            catalogue: &self.province.catalogue,
            campaign: &self.province.campaign,
            baselines: &self.baselines,
            numbers: &self.numbers,
            waivers: &crate::domain::standing::NO_WAIVERS,
            handovers: &[],
            reports: entries,
            today: date(2025, 1, 9),
            view: StructureView::AsWas,
        })
    }

    fn unit(&self, uid: &str) -> UnitId {
        self.province.org.unit_by_uid(uid).unwrap().id
    }
}

fn find_standing<'a>(all: &'a [Standing], unit: UnitId, code: &str) -> &'a Standing {
    all.iter().find(|standing| standing.unit == unit && standing.judgement.code == code).unwrap()
}

#[test]
fn official_figures_are_those_of_the_books_for_every_unit_and_element() {
    let world = build_world();
    let folded = world.with_input(&world.entries(), |input| {
        aggregate_reports(input, input.campaign.measurement_window).unwrap()
    });
    let window = world.province.campaign.measurement_window;
    let lines = world.ledger.standing_lines(&world.province.org, window);
    let mut compared = 0;
    for ((unit, code), line) in
        lines.into_iter().filter(|((_, code), _)| !code.as_str().starts_with("cs_"))
    {
        assert!(line.is_balanced());
        assert_eq!(folded.value(unit, &code).unwrap_or(0), line.official, "{code}");
        compared += 1;
    }
    assert!(compared > 600, "{compared}");
    let coverage = folded.coverage(world.unit("prov-84"), "tuan-xa");
    let count = world.ledger.count_sheets("tuan-xa");
    assert_eq!((coverage.expected as usize, coverage.missing as usize), (2_121, count.never_sent));
    assert_eq!(coverage.accepted as usize, count.accepted);
}

fn collect_figures(judgement: &Judgement, into: &mut Vec<(String, StandingFigure)>) {
    into.extend(judgement.figures.iter().map(|figure| (judgement.code.clone(), figure.clone())));
    judgement.members.iter().for_each(|member| collect_figures(member, into));
}

#[test]
fn the_reports_behind_every_number_add_up_to_it_and_missing_ones_are_named() {
    let world = build_world();
    let entries = world.entries();
    let all = world.with_input(&entries, |input| judge_standings(input, 1).unwrap());
    let mut compared = 0;
    for standing in
        all.iter().filter(|one| one.judgement.state != JudgementState::NotCountedHere).step_by(31)
    {
        let mut figures = Vec::new();
        collect_figures(&standing.judgement, &mut figures);
        for (code, figure) in figures {
            let lines = world.with_input(&entries, |input| {
                list_standing_reports(input, (standing.unit, standing.phase), &code)
                    .unwrap()
                    .unwrap()
            });
            let adds = lines
                .iter()
                .flat_map(|line| &line.addends)
                .filter(|one| one.element == figure.element && one.counts);
            assert_eq!(
                adds.filter_map(|one| one.figure).sum::<i64>(),
                figure.value.unwrap_or(0),
                "{code} {figure:?}"
            );
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared}");
    let province = world.unit("prov-84");
    let lines = world.with_input(&entries, |input| {
        list_standing_reports(input, (province, 0), "T1").unwrap().unwrap()
    });
    let of = |support| lines.iter().filter(|line| line.support == support).count();
    let coverage = find_standing(&all, province, "T1").coverage;
    assert_eq!(
        (lines.len() as u32, of(ReportSupport::Missing) as u32),
        (coverage.expected, coverage.missing)
    );
    assert_eq!(of(ReportSupport::Accepted) as u32, coverage.accepted);
    assert!(
        world
            .with_input(&entries, |input| list_standing_reports(input, (province, 0), "T99")
                .unwrap())
            .is_none()
    );
}

#[test]
fn standings_do_not_depend_on_the_order_of_reports() {
    let world = build_world();
    let mut entries = world.entries();
    let first = world.with_input(&entries, |input| judge_standings(input, 1).unwrap());
    entries.reverse();
    assert_eq!(world.with_input(&entries, |input| judge_standings(input, 1).unwrap()), first);
}

#[test]
fn each_level_is_judged_by_what_is_counted_there_and_nothing_is_met_while_it_runs() {
    let world = build_world();
    let all = world.with_input(&world.entries(), |input| judge_standings(input, 1).unwrap());
    let running = |one: &&Standing| one.stage == StandingStage::Running;
    assert!(all.iter().filter(running).all(|one| one.judgement.state != JudgementState::Met));
    let province = world.unit("prov-84");

    let offences = &find_standing(&all, province, "T1").judgement;
    let figure = &offences.figures[0];
    let base = world.province.campaign.base_window();
    let happened = |window| {
        let places = world.province.communes.iter();
        places
            .map(|place| {
                world.province.ground_truth.flow_total(place.unit, &figure.element, window)
            })
            .sum::<i64>()
    };
    assert_eq!(figure.baseline_full, Some(happened(base)));
    let to_date =
        crate::domain::reporting::window::DateWindow::new(base.start, date(2024, 1, 6)).unwrap();
    assert_eq!(figure.baseline_now, Some(happened(to_date)));
    assert_eq!(offences.limit, figure.baseline_full.map(|base| base * 93 / 100));

    assert_eq!(
        find_standing(&all, province, "T7").judgement.state,
        JudgementState::Undetermined,
        "not yet all attested"
    );
    let fires = &find_standing(&all, province, "T6").judgement;
    assert!(fires.reasons.contains(&"ZERO_BASE".to_owned()), "{:?}", fires.reasons);

    let (district, commune) = (world.unit("dist-844"), world.unit("com-29242-0"));
    assert_eq!(find_standing(&all, district, "T5").judgement.state, JudgementState::NotCountedHere);
    let t4 = &find_standing(&all, world.province.communes[0].unit, "T4").judgement;
    assert_eq!(t4.state, JudgementState::NotCountedHere, "solved cases are counted by districts");
    assert_eq!(t4.members[1].code, "T4b");
    let merged = [commune, world.unit("com-29242-1")]
        .map(|unit| find_standing(&all, unit, "T1").judgement.state);
    assert_eq!(
        merged,
        [JudgementState::NotComparable; 2],
        "a part of the days cannot be held against a whole year"
    );
}
