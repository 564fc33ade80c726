//! Which units owe which reports by when, over the example's organisation.

use crate::{tra_vinh_org, unit_id};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use thidua::domain::report::element::CountingLevel;
use thidua::domain::report::form::{Contract, EarlyReports};
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::reporting::expectation::{
    CaptureEvidence, Expectation, Lateness, compute_expectations, compute_unit_expectations,
    judge_lateness,
};
use thidua::domain::reporting::period::Period;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::support::ids::ContractId;
use thidua::domain::support::reason::RefusalReason;
use thidua::domain::support::time::{DAY_MICROS, Timestamp, date_from_days, days_from_date};

fn build_contract(level: CountingLevel, calendar: &str, serves: &[&str]) -> Contract {
    Contract {
        code: "tuan-xa".into(),
        form: "tuan-xa".into(),
        levels: level.into(),
        calendar: calendar.into(),
        due_days: 1,
        grace_days: 3,
        early: EarlyReports::Refused,
        serves: serves.iter().map(|code| (*code).to_owned()).collect(),
        reviewers: vec![CountingLevel::District],
    }
}

fn owed_expectations(contract: &Contract, start: Date, end: Date) -> Vec<Expectation> {
    let window = DateWindow::new(start, end).unwrap();
    compute_expectations(
        &tra_vinh_org(),
        &Calendars::standard(),
        std::slice::from_ref(contract),
        window,
    )
    .unwrap()
}

fn period_parts(owed: &[Expectation], uid: &str) -> Vec<(i32, u8)> {
    let own = owed.iter().filter(|expected| expected.unit == unit_id(uid));
    own.map(|expected| (expected.period.days(), expected.period.cut)).collect()
}

#[test]
fn twenty_weeks_of_the_communes_form_expect_2121_reports() {
    let weekly = build_contract(CountingLevel::Commune, "week", &[]);
    let found = owed_expectations(&weekly, date(2024, 8, 19), date(2025, 1, 6));
    assert_eq!(found.len(), 2121);
    let last_week = |uid: &str| *period_parts(&found, uid).last().unwrap();
    assert_eq!(last_week("com-29242-0"), (2, 0), "the old ward answers for 30 and 31 December");
    assert_eq!(last_week("com-29242-1"), (5, 1), "the new one for the rest of the week");
    assert_eq!(last_week("com-29239-0"), (7, 0), "nobody else files twice");
    let unique: BTreeSet<_> = found.iter().map(|e| (e.unit, e.period.clone())).collect();
    assert_eq!(unique.len(), found.len());
}

#[test]
fn v18_month_7_of_2025_gives_pieces_of_16_and_14_days() {
    let monthly = build_contract(CountingLevel::Commune, "stat-month", &[]);
    let found = owed_expectations(&monthly, date(2025, 6, 15), date(2025, 7, 15));
    assert_eq!(found.len(), 104 + 41);
    assert_eq!(period_parts(&found, "com-29239-0"), [(16, 0)], "V18, a unit that closes");
    assert_eq!(period_parts(&found, "com-29242-2"), [(14, 1)], "V18, a unit that opens");
    assert_eq!(
        period_parts(&found, "com-29410-0"),
        [(16, 0), (14, 1)],
        "V18, a unit that goes on under another province"
    );
    let quiet = owed_expectations(&monthly, date(2024, 9, 15), date(2024, 10, 15));
    assert!(quiet.iter().all(|expected| expected.period.cut == 0) && quiet.len() == 106);
}

#[test]
fn pieces_of_one_week_are_due_together_after_the_whole_week() {
    let weekly = build_contract(CountingLevel::Commune, "week", &["stat-month"]);
    let found = owed_expectations(&weekly, date(2024, 10, 14), date(2024, 10, 21));
    assert_eq!(
        period_parts(&found, "com-29239-0"),
        [(1, 0), (6, 1)],
        "the month ends on Monday the 14th"
    );
    assert!(
        found
            .iter()
            .all(|e| e.due_day == date(2024, 10, 22) && e.grace_end_day == date(2024, 10, 25))
    );
    assert!(found.iter().all(
        |e| e.whole_period == DateWindow::new(date(2024, 10, 14), date(2024, 10, 21)).unwrap()
    ));
}

#[test]
fn fifty_two_weeks_entered_once_are_twelve_months_and_stubs() {
    let serves = ["stat-month", "stat-half", "stat-year", "month"];
    let weekly = build_contract(CountingLevel::Commune, "week", &serves);
    let (start, end) = (date(2024, 8, 19), date(2025, 8, 18));
    let found = owed_expectations(&weekly, start, end);
    let figure = |day: i32| i64::from(day % 7 + day % 3);
    let truth =
        |from: Date, to: Date| (days_from_date(from)..days_from_date(to)).map(figure).sum::<i64>();
    let ward = unit_id("com-29410-0");
    let own: Vec<&Period> = found.iter().filter(|e| e.unit == ward).map(|e| &e.period).collect();
    for code in serves {
        let calendars = Calendars::standard();
        let calendar = calendars.get(code).unwrap();
        let mut sums: BTreeMap<Date, i64> = BTreeMap::new();
        for piece in &own {
            let period = calendar.period_containing(piece.start);
            assert!(
                piece.is_within(period.start, period.end),
                "{piece} lies in one period of {code}"
            );
            *sums.entry(period.start).or_default() += truth(piece.start, piece.end);
        }
        let expected = calendar.clipped_periods_in(DateWindow::new(start, end).unwrap());
        let months = expected.len();
        for (period, sum) in expected.iter().zip(sums.values()) {
            assert_eq!(truth(period.start, period.end), *sum, "{period}");
        }
        assert_eq!(sums.len(), months);
        assert_eq!(sums.values().sum::<i64>(), truth(start, end));
    }
    let months = Calendars::standard()
        .get("stat-month")
        .unwrap()
        .clipped_periods_in(DateWindow::new(start, end).unwrap());
    let days: Vec<i32> = months.iter().map(Period::days).collect();
    assert_eq!(
        (months.len(), days[0], days[12]),
        (13, 27, 3),
        "twelve months, the first begun late, and a stub"
    );
    let weeks: BTreeSet<_> =
        found.iter().filter(|e| e.unit == ward).map(|e| e.whole_period).collect();
    assert_eq!(weeks.len(), 52, "still one sheet a week");
}

#[test]
fn weeks_sum_to_the_phases_when_the_form_serves_them_and_the_last_week_is_cut_at_the_campaigns_end()
{
    let phases = [(date(2024, 8, 19), date(2025, 2, 15)), (date(2025, 2, 15), date(2025, 8, 20))];
    let phases = phases.map(|(start, end)| DateWindow::new(start, end).unwrap());
    let calendars = Calendars::standard().with_windows("phase:B", &phases);
    let weekly = build_contract(CountingLevel::Commune, "week", &["phase:B"]);
    let weeks = DateWindow::new(date(2024, 8, 19), date(2025, 8, 25)).unwrap();
    let found = compute_unit_expectations(
        &tra_vinh_org(),
        &calendars,
        &weekly,
        unit_id("com-29410-0"),
        weeks,
    )
    .unwrap();
    assert!(found.iter().all(|e| {
        !phases
            .iter()
            .any(|p| e.period.overlaps(p.start, p.end) && !e.period.is_within(p.start, p.end))
    }));
    let in_phase = |p: &DateWindow| {
        let own = found.iter().filter(|e| e.period.is_within(p.start, p.end));
        own.map(|e| e.period.days()).sum::<i32>()
    };
    assert_eq!(phases.map(|phase| in_phase(&phase)), [180, 186], "366 days");
    let last = &found[found.len() - 2..];
    assert_eq!((last[0].period.days(), last[1].period.days(), last[1].period.cut), (2, 5, 1));
}

#[test]
fn districts_owe_until_their_last_day_and_departments_go_on() {
    let district = build_contract(CountingLevel::District, "week", &[]);
    let found = owed_expectations(&district, date(2025, 2, 17), date(2025, 3, 10));
    assert_eq!(found.len(), 18);
    assert_eq!(period_parts(&found, "dist-842"), [(7, 0), (5, 0)]);
    let department = build_contract(CountingLevel::Department, "week", &[]);
    assert_eq!(owed_expectations(&department, date(2025, 2, 17), date(2025, 3, 10)).len(), 6);
}

#[test]
fn a_calendar_nobody_has_is_an_error_and_one_unit_can_be_asked_for_alone() {
    let bad = build_contract(CountingLevel::Commune, "week", &["lunar"]);
    let window = DateWindow::new(date(2024, 8, 19), date(2024, 8, 26)).unwrap();
    let (org, calendars) = (tra_vinh_org(), Calendars::standard());
    let error =
        compute_expectations(&org, &calendars, std::slice::from_ref(&bad), window).unwrap_err();
    assert_eq!(error.calendar, "lunar");
    let weekly = build_contract(CountingLevel::Commune, "week", &[]);
    let alone =
        compute_unit_expectations(&org, &calendars, &weekly, unit_id("com-29410-0"), window)
            .unwrap();
    assert_eq!(alone.len(), 1);
    assert_eq!(
        compute_unit_expectations(&org, &calendars, &weekly, unit_id("com-29242-2"), window)
            .unwrap(),
        []
    );
}

/// A week due by the end of Monday 26 August 2024, with three days of grace.
fn one_expectation() -> Expectation {
    let weekly = build_contract(CountingLevel::Commune, "week", &[]);
    owed_expectations(&weekly, date(2024, 8, 19), date(2024, 8, 26)).remove(0)
}

fn hour_of(day: Date, hour: i64) -> Timestamp {
    Timestamp::from_local_midnight(day).saturating_add_micros(hour * 3_600_000_000)
}

#[test]
fn s26_the_servers_receipt_decides_and_a_capture_time_counts_only_with_a_mark_and_in_the_grace() {
    let expected = one_expectation();
    let (monday, wednesday, friday) = (date(2024, 8, 26), date(2024, 8, 28), date(2024, 8, 30));
    let captured_at_with_mark =
        |at, mark| Some(CaptureEvidence { captured_at: at, sync_mark_time: mark });
    let late = |days, after_grace| Lateness::Late { days, after_grace };
    assert_eq!(judge_lateness(&expected, hour_of(monday, 23), None), Lateness::OnTime);
    assert_eq!(judge_lateness(&expected, hour_of(wednesday, 9), None), late(2, false));
    let offline = captured_at_with_mark(hour_of(monday, 9), hour_of(monday, 8));
    assert_eq!(
        judge_lateness(&expected, hour_of(wednesday, 9), offline),
        Lateness::OnTimeByCapture
    );
    assert_eq!(
        judge_lateness(&expected, hour_of(friday, 9), offline),
        late(4, true),
        "the grace is over"
    );
    let back_dated = captured_at_with_mark(hour_of(monday, 9), hour_of(wednesday, 8));
    assert_eq!(
        judge_lateness(&expected, hour_of(wednesday, 9), back_dated),
        late(2, false),
        "in touch after that hour"
    );
    let too_late = captured_at_with_mark(hour_of(wednesday, 8), hour_of(monday, 8));
    assert!(judge_lateness(&expected, hour_of(wednesday, 9), too_late).is_late());
    let from_the_future = captured_at_with_mark(hour_of(date(2030, 1, 1), 0), hour_of(monday, 8));
    assert_eq!(
        judge_lateness(&expected, hour_of(monday, 9), from_the_future),
        Lateness::OnTime,
        "a wrong clock harms nobody"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_wrong_device_clock_never_makes_a_report_late_and_never_saves_one_after_the_grace(
        received in 0_i64..20, clock in -400_i64..400, mark in -20_i64..20,
    ) {
        let expected = one_week();
        let due = Timestamp::from_local_midnight(date(2024, 8, 26));
        let at = |days: i64| due.saturating_add_micros(days * DAY_MICROS + 1);
        let captured = Some(CaptureEvidence { captured_at: at(clock), sync_mark_time: at(mark) });
        let with = judge_lateness(&expected, at(received), captured);
        let without = judge_lateness(&expected, at(received), None);
        prop_assert!(!with.is_late() || without.is_late());
        if received >= 4 {
            prop_assert_eq!(with, without);
        }
        if mark >= 1 {
            prop_assert_eq!(with, without, "whoever was in touch after the due time has no excuse");
        }
    }

    #[test]
    fn a_units_pieces_tile_the_days_of_its_life_in_the_window(
        start in 19_900_i32..20_400, length in 1_i32..120,
    ) {
        let (from, to) = (date_from_days(start), date_from_days(start + length));
        let window = DateWindow::new(from, to).unwrap();
        let org = tra_vinh_org();
        let contract = build_contract(CountingLevel::Commune, "stat-month", &["month"]);
        for uid in ["com-29242-0", "com-29242-1", "com-29242-2", "com-29410-0"] {
            let life = org.unit_by_uid(uid).unwrap().lifetime();
            let calendars = Calendars::standard();
            let found =
                compute_unit_expectations(&org, &calendars, &contract, unit_id(uid), window)
                    .unwrap();
            let (from, to) = (life.from.max(window.start), life.to.min(window.end));
            let days = (days_from_date(to) - days_from_date(from)).max(0);
            prop_assert_eq!(found.iter().map(|e| e.period.days()).sum::<i32>(), days);
            prop_assert!(found.windows(2).all(|pair| pair[0].period.end == pair[1].period.start));
        }
    }
}

fn one_week() -> Expectation {
    let whole = DateWindow::new(date(2024, 8, 19), date(2024, 8, 26)).unwrap();
    Expectation {
        contract: ContractId::from_code("tuan-xa"),
        unit: unit_id("com-29239-0"),
        period: Period::new("week", whole.start, whole.end),
        whole_period: whole,
        submit_from: whole.last_day(),
        due_day: date(2024, 8, 27),
        grace_end_day: date(2024, 8, 30),
    }
}

/// The first day on which each piece of the unit's week from 24 February 2025 may be submitted.
fn submission_days(level: CountingLevel, uid: &str) -> Vec<Date> {
    let weekly = build_contract(level, "week", &[]);
    let window = DateWindow::new(date(2025, 2, 24), date(2025, 3, 3)).unwrap();
    let owed = compute_unit_expectations(
        &tra_vinh_org(),
        &Calendars::standard(),
        &weekly,
        unit_id(uid),
        window,
    );
    owed.unwrap().iter().map(|expected| expected.submit_from).collect()
}

#[test]
fn v11_a_week_may_be_submitted_on_the_last_day_that_this_unit_owes_of_it_and_no_day_before() {
    let (friday, sunday) = (date(2025, 2, 28), date(2025, 3, 2));
    let district = submission_days(CountingLevel::District, "dist-842");
    assert_eq!(district, [friday], "a district that ends on 1 March");
    let commune = submission_days(CountingLevel::Commune, "com-29242-1");
    assert_eq!(commune, [sunday, sunday], "a commune that goes on under the province: both pieces");

    let weekly = build_contract(CountingLevel::District, "week", &[]);
    let own = owed_expectations(&weekly, date(2025, 2, 24), date(2025, 3, 3));
    let own = own.iter().find(|one| one.unit == unit_id("dist-842")).unwrap();
    let over = |day, early| own.check_period_over(day, early);
    let refused = Err(RefusalReason::PeriodNotOver);
    assert_eq!(over(date(2025, 2, 27), EarlyReports::Refused), refused);
    assert_eq!(over(friday, EarlyReports::Refused), Ok(()));
    assert_eq!(over(date(2025, 2, 27), EarlyReports::Allowed), Ok(()));
    assert!(own.is_early(date(2025, 2, 27)) && !own.is_early(friday), "allowed and marked");
}

#[test]
fn a_month_that_a_campaign_begins_in_is_owed_for_the_campaigns_days_under_one_key_whatever_is_asked_for()
 {
    let text = std::fs::read_to_string("examples/tra-vinh/campaign-b.toml").unwrap();
    let campaign =
        thidua::files::campaign::read_campaign_file("campaign-b.toml", &text).unwrap().campaign;
    let calendars = Calendars::standard().with_campaigns([&campaign]);
    let monthly = Contract {
        code: "thang-co-so".into(),
        ..build_contract(CountingLevel::Commune, "stat-month", &[])
    };
    let expectations_in = |start, end| {
        let window = DateWindow::new(start, end).unwrap();
        compute_unit_expectations(
            &tra_vinh_org(),
            &calendars,
            &monthly,
            unit_id("com-29410-0"),
            window,
        )
        .unwrap()
    };
    let first = expectations_in(date(2024, 8, 15), date(2024, 9, 15));
    assert_eq!(first.len(), 1, "nothing is owed for the four days before the campaign");
    assert_eq!(
        (first[0].period.start, first[0].period.end),
        (date(2024, 8, 19), date(2024, 9, 15))
    );
    assert_eq!(
        first,
        expectations_in(campaign.legal_window.start, campaign.legal_window.end)[..1],
        "the same for a whole year"
    );
    let last = expectations_in(date(2025, 8, 15), date(2025, 9, 15));
    assert_eq!((last.len(), last[0].period.end), (1, campaign.legal_window.end));
    assert_eq!(
        expectations_in(date(2025, 9, 15), date(2025, 12, 15)),
        [],
        "after the campaign nobody owes anything"
    );
}
