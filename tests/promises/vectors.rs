//! The domain's worked vectors end to end, on both databases: a baseline is imported, reports are
//! sent and accepted, and the standing equals the vector.

use crate::on_both_databases;
use crate::world::{TOWN, TestDevice, WARD_2, WARD_3, World, week_key};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use thidua::domain::access::permission::Role;
use thidua::domain::campaign::{Campaign, CampaignStatus, CampaignTarget, Phase};
use thidua::domain::org::Hierarchy;
use thidua::domain::report::ReportKey;
use thidua::domain::report::cell::{CellValue, ElementNumber};
use thidua::domain::report::command::Verdict;
use thidua::domain::report::element::{ElementCode, ElementKind};
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::standing::baseline::{BaselineRow, BaselineStatus};
use thidua::domain::standing::{Judgement, JudgementState};
use thidua::domain::support::ids::{CampaignId, ContractId, UnitId};
use thidua::domain::support::ratio::Ratio;
use thidua::domain::target_rule::Target;

on_both_databases! {
    v9_three_criteria_fall_and_none_can_be_told_from_chance
    v13_missing_reports_leave_a_verdict_open_until_they_are_few_and_prove_no_success
    v13_what_is_too_much_already_is_missed_whatever_is_missing
    v14_pace_is_like_for_like_with_the_same_cut_off
    v15_the_stock_that_was_handed_on_is_what_counts
    d4_a_week_far_from_the_wards_own_usual_is_asked_about_and_one_near_it_is_not
    d14_a_sheet_that_is_copied_forward_is_asked_about
}

const FIRST_DAY: Date = date(2024, 8, 19);
const PROVINCE: &str = "prov-84";

fn monday_of(at: usize) -> Date {
    FIRST_DAY.saturating_add((at as i64).weeks())
}

/// The first day on which the grace of so many weeks is over: they are judged from then on.
fn due_day(weeks: usize) -> Date {
    monday_of(weeks).saturating_add(3.days())
}

/// A campaign of some weeks with one target, and the phones that send and accept in it.
struct VectorScenario {
    world: World,
    campaign: Campaign,
    phones: BTreeMap<String, TestDevice>,
}

impl VectorScenario {
    fn new(world: World, weeks: usize, formula: &str) -> Self {
        let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
        let a = reference.campaigns[0].clone();
        let window = DateWindow::new(FIRST_DAY, monday_of(weeks)).unwrap();
        let target = CampaignTarget {
            code: "V".into(),
            formula: Target::parse(formula).unwrap(),
            ..a.targets[0].clone()
        };
        let campaign = Campaign {
            code: "V".into(),
            legal_window: window,
            measurement_window: window,
            phases: vec![Phase { no: 1, window, ..a.phases[0].clone() }],
            targets: vec![CampaignTarget { min_base: None, coverage_min: None, ..target }],
            activities: Vec::new(),
            duties: Vec::new(),
            status: CampaignStatus::Active,
            ..a
        };
        world.app.apply_campaign(&world.app.system_actor().unwrap(), &campaign).unwrap();
        world.set_day(due_day(weeks));
        Self { world, campaign, phones: BTreeMap::new() }
    }

    /// Imports figures of the campaign's days a year before.
    fn import_baseline(&self, rows: &[(&str, &str, i64)]) {
        let whole = self.campaign.base_window();
        let rows: Vec<_> = rows
            .iter()
            .map(|(uid, element, value)| baseline_row(uid, element, whole, *value))
            .collect();
        self.import_rows(&rows);
    }

    fn import_rows(&self, rows: &[BaselineRow]) {
        self.world.app.import_baselines(&self.world.app.system_actor().unwrap(), rows).unwrap();
    }

    fn device(&mut self, uid: &str, role: Role) -> &mut TestDevice {
        let world = &self.world;
        self.phones
            .entry(format!("{uid} {role:?}"))
            .or_insert_with_key(|name| world.enrol_device(name, uid, role))
    }

    fn element_number(&self, code: &str) -> ElementNumber {
        let reference = self.world.app.store().read(|tx| self.world.app.reference(tx)).unwrap();
        ElementNumber(reference.element_numbers.number(&ElementCode::new(code).unwrap()).unwrap())
    }

    /// Sends a report with these figures from the unit; of all others events are nil and stocks 0.
    /// `above` accepts it.
    fn send_and_accept(
        &mut self,
        (uid, above): (&str, &str),
        contract: &str,
        at: usize,
        figures: &[(&str, i64)],
    ) {
        let reference = self.world.app.store().read(|tx| self.world.app.reference(tx)).unwrap();
        let form = reference.catalogue.form(contract).unwrap();
        let mut cells: BTreeMap<ElementNumber, CellValue> = form
            .elements
            .iter()
            .map(|code| {
                let stock = reference.catalogue.element(code).unwrap().kind == ElementKind::Stock;
                let blank = if stock { CellValue::Reported(0) } else { CellValue::Nil };
                (self.element_number(code.as_str()), blank)
            })
            .collect();
        cells.extend(
            figures
                .iter()
                .map(|(code, figure)| (self.element_number(code), CellValue::Reported(*figure))),
        );
        let key =
            ReportKey { contract: ContractId::from_code(contract), ..week_key(uid, monday_of(at)) };
        let cells: Vec<_> = cells.into_iter().collect();
        let phone = self.device(uid, Role::Reporter);
        let sent = [phone.save_command(&key, &cells, &[]), phone.submit_command(key.id())];
        self.send(uid, Role::Reporter, &sent);
        let filed = self.world.read_report(key.id()).unwrap();
        let accept = self.device(above, Role::Reviewer).accept_command(&filed);
        self.send(above, Role::Reviewer, &[accept]);
    }

    fn send(&mut self, uid: &str, role: Role, commands: &[thidua::app::command::PushedCommand]) {
        let mut phone = self.device(uid, role).clone();
        let outcomes = phone.push(&self.world, commands);
        assert!(outcomes.iter().all(|one| one.verdict == Verdict::Applied), "{outcomes:?}");
        *self.device(uid, role) = phone;
    }

    /// The unit's judgement of the target after a nightly run.
    fn judge(&self, uid: &str) -> Judgement {
        let system = self.world.app.system_actor().unwrap();
        self.world.app.aggregate_campaigns(&system, |_| Ok(true)).unwrap();
        let all = self.world.app.visible_standings(&system, CampaignId::from_code("V")).unwrap();
        let own = all.into_iter().find(|one| one.unit == UnitId::from_code(uid) && one.phase == 0);
        own.unwrap().judgement
    }

    /// The rules of the unit's findings after a nightly run.
    fn finding_rules(&self, uid: &str) -> Vec<&'static str> {
        let system = self.world.app.system_actor().unwrap();
        self.world.app.update_findings(&system, |_| Ok(true)).unwrap();
        let own = self.phones[&format!("{uid} {:?}", Role::Reporter)]
            .load_identity(&self.world)
            .unwrap()
            .actor;
        let found = self.world.app.visible_findings(&own, Some(UnitId::from_code(uid))).unwrap();
        found.into_iter().map(|(finding, _)| finding.rule.as_str()).collect()
    }
}

fn baseline_row(uid: &str, element: &str, window: DateWindow, value: i64) -> BaselineRow {
    BaselineRow {
        unit_uid: uid.into(),
        element: ElementCode::new(element).unwrap(),
        window,
        value,
        source: "DỮ LIỆU GIẢ LẬP".into(),
        status: BaselineStatus::ALL[0],
        version: 0,
    }
}

fn v9_three_criteria_fall_and_none_can_be_told_from_chance(world: World) {
    let formula = "all(change(count(ta_accidents)) < 0, \
        change(count(ta_deaths)) < 0, change(count(ta_injured)) < 0)";
    let (mut scenario, unit) = (VectorScenario::new(world, 2, formula), "dep-csgt");
    scenario.import_baseline(&[
        (unit, "ta_accidents", 31),
        (unit, "ta_deaths", 30),
        (unit, "ta_injured", 11),
    ]);
    scenario.send_and_accept(
        (unit, PROVINCE),
        "tuan-phong",
        0,
        &[("ta_accidents", 25), ("ta_deaths", 24), ("ta_injured", 10)],
    );
    scenario.send_and_accept((unit, PROVINCE), "tuan-phong", 1, &[]);
    let judgement = scenario.judge(unit);
    assert_eq!(judgement.state, JudgementState::Met, "{judgement:?}");
    let variation: Vec<_> = judgement.members.iter().map(|member| member.variation).collect();
    assert_eq!(variation, [Some(-114), Some(-116), Some(-31)], "each below 300: usual variation");
}

/// Every ward of the town but ward 3 sends nil for five weeks, ward 2 figures that add up to `sum`;
/// last year the town had 450, 2 of them in ward 3.
fn town_scenario(world: World, sum: i64) -> VectorScenario {
    let mut scenario = VectorScenario::new(world, 5, "change(count(so_offences)) <= -7%");
    let reference = scenario.world.app.store().read(|tx| scenario.world.app.reference(tx)).unwrap();
    let wards = reference.org.children(UnitId::from_code(TOWN), Hierarchy::Command, FIRST_DAY);
    let wards: Vec<String> =
        wards.into_iter().map(|unit| reference.org.unit(unit).unwrap().uid.clone()).collect();
    let last_year = |uid: &str| if uid == WARD_2 { 448 } else { 2 * i64::from(uid == WARD_3) };
    let rows: Vec<_> =
        wards.iter().map(|uid| (uid.as_str(), "so_offences", last_year(uid))).collect();
    scenario.import_baseline(&rows);
    for uid in wards.iter().filter(|uid| *uid != WARD_3) {
        for at in 0..5 {
            let figures = [("so_offences", sum / 5 + i64::from((at as i64) < sum % 5))];
            scenario.send_and_accept(
                (uid, TOWN),
                "tuan-xa",
                at,
                if uid == WARD_2 { &figures } else { &[] },
            );
        }
    }
    scenario
}

fn v13_missing_reports_leave_a_verdict_open_until_they_are_few_and_prove_no_success(world: World) {
    let mut scenario = town_scenario(world, 410);
    let open = scenario.judge(TOWN);
    assert_eq!(
        (open.state, open.reasons.as_slice()),
        (JudgementState::Undetermined, &["MISSING_REPORTS".into()][..])
    );
    (0..4).for_each(|at| scenario.send_and_accept((WARD_3, TOWN), "tuan-xa", at, &[]));
    let one = scenario.judge(TOWN);
    assert_eq!(
        (one.state, one.reasons.as_slice()),
        (JudgementState::Met, &["PROVISIONAL".into()][..]),
        "one missing"
    );
    scenario.send_and_accept((WARD_3, TOWN), "tuan-xa", 4, &[]);
    let whole = scenario.judge(TOWN);
    assert_eq!(
        (whole.state, whole.reasons.len(), whole.limit),
        (JudgementState::Met, 0, Some(418))
    );
}

fn v13_what_is_too_much_already_is_missed_whatever_is_missing(world: World) {
    let mut scenario = town_scenario(world, 419);
    (0..3).for_each(|at| scenario.send_and_accept((WARD_3, TOWN), "tuan-xa", at, &[]));
    assert_eq!(scenario.judge(TOWN).state, JudgementState::Missed);
}

fn v14_pace_is_like_for_like_with_the_same_cut_off(world: World) {
    let mut scenario = VectorScenario::new(world, 3, "change(count(so_offences)) <= -7%");
    let whole = scenario.campaign.base_window();
    let cut = whole.start.saturating_add(1.week());
    let [before, after] = [(whole.start, cut), (cut, whole.end)]
        .map(|(start, end)| DateWindow::new(start, end).unwrap());
    scenario.import_rows(&[
        baseline_row(WARD_2, "so_offences", before, 150),
        baseline_row(WARD_2, "so_offences", after, 300),
    ]);
    scenario.world.set_day(due_day(1));
    scenario.send_and_accept((WARD_2, TOWN), "tuan-xa", 0, &[("so_offences", 140)]);
    let judgement = scenario.judge(WARD_2);
    assert_eq!(
        (judgement.state, judgement.limit),
        (JudgementState::Behind, Some(418)),
        "{judgement:?}"
    );
    assert_eq!((judgement.value, judgement.limit_now), (Ratio::new(-1, 15), Ratio::new(279, 2)));
    assert_eq!((judgement.forecast, judgement.percent_to_meet), (Some(425.into()), Some(41)));
    assert_eq!(judgement.rest_change.unwrap().format_shortest(4).unwrap(), "-0.0733");
}

fn v15_the_stock_that_was_handed_on_is_what_counts(world: World) {
    let mut scenario = VectorScenario::new(world, 3, "change(stock(suspended_cases@end)) <= -10%");
    scenario.import_baseline(&[(TOWN, "suspended_cases", 120)]);
    for (at, stock) in [120, 120 + 30, 120 + 30 - 45].into_iter().enumerate() {
        scenario.send_and_accept((TOWN, PROVINCE), "tuan-huyen", at, &[("suspended_cases", stock)]);
    }
    let judgement = scenario.judge(TOWN);
    assert_eq!(
        (judgement.state, judgement.display.as_str(), judgement.limit),
        (JudgementState::Met, "-12.50 %", Some(108)),
        "{judgement:?}"
    );
}

/// Twelve weeks of reports by ward 2.
fn twelve_week_scenario(world: World, last: i64) -> VectorScenario {
    let mut scenario = VectorScenario::new(world, 12, "count(so_offences) <= 1000");
    for (at, figure) in [12, 14, 11, 13, 15, 12, 10, 13, 14, 12, 11, last].into_iter().enumerate() {
        scenario.send_and_accept((WARD_2, TOWN), "tuan-xa", at, &[("so_offences", figure)]);
    }
    scenario
}

fn d4_a_week_far_from_the_wards_own_usual_is_asked_about_and_one_near_it_is_not(world: World) {
    let near = twelve_week_scenario(world.new_authority(), 15);
    assert!(!near.finding_rules(WARD_2).contains(&"D4"), "15 is 1.1 away");
    assert!(
        twelve_week_scenario(world, 41).finding_rules(WARD_2).contains(&"D4"),
        "41 is 12.8 away"
    );
}

fn d14_a_sheet_that_is_copied_forward_is_asked_about(world: World) {
    let mut scenario = VectorScenario::new(world, 4, "count(so_offences) <= 1000");
    let same = [
        "so_offences",
        "reports_received",
        "reports_accepted",
        "reports_handled",
        "reports_resolved",
    ];
    for at in 0..4 {
        scenario.send_and_accept((WARD_2, TOWN), "tuan-xa", at, &same.map(|code| (code, 5)));
        scenario.send_and_accept(
            (WARD_3, TOWN),
            "tuan-xa",
            at,
            &same.map(|code| (code, 5 + at as i64)),
        );
    }
    assert!(scenario.finding_rules(WARD_2).contains(&"D14"));
    assert!(!scenario.finding_rules(WARD_3).contains(&"D14"));
}
