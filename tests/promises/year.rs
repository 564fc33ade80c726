//! The example's whole year with its four reforms, lived day by day: reporters and a reviewer in
//! the daytime, the jobs of every night.
//!
//! ```text
//!  1 January 2025   three wards merge
//! 1 March          the districts end, every commune gets another superior; an amendment closes the
//!                   targets of the districts' elements (T2, T4, T7)
//!  1 July           the communes merge, and the authority itself is merged
//! ```

use crate::world::{OTHER_COMMUNE, TestDevice, World, reported_value, week_key};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use std::collections::BTreeMap;
use thidua::app::AppError;
use thidua::app::job_run::{JobId, JobSlotOutcome};
use thidua::app::runs::RunManifest;
use thidua::domain::access::permission::Role;
use thidua::domain::campaign::{Campaign, CampaignStatus, CampaignStep};
use thidua::domain::report::ReportKey;
use thidua::domain::report::cell::{CellValue, ElementNumber};
use thidua::domain::report::command::Verdict;
use thidua::domain::report::form::Catalogue;
use thidua::domain::report::workflow::ReportState;
use thidua::domain::standing::{Judgement, Standing};
use thidua::domain::support::ids::{CampaignId, ContractId, ReportId, UnitId};
use thidua::domain::support::time::{DAY_MICROS, Timestamp};
use thidua::domain::target_rule::StandingStage;
use thidua::files::campaign::read_campaign_file;
use thidua::jobs::{CatchUpPolicy, SCHEDULED_JOBS, ScheduledJob};

/// First and last day of the example's year.
const YEAR: [Date; 2] = [date(2024, 8, 19), date(2025, 8, 19)];
/// The day on which the province is merged into another one.
const MERGER: Date = date(2025, 7, 1);

/// The day on which the districts end.
const DISTRICTS_END: Date = date(2025, 3, 1);
/// The days of the reforms, each with the day after that of the authority's own merger.
const REFORMS: [Date; 4] = [date(2025, 1, 1), DISTRICTS_END, MERGER, date(2025, 7, 2)];
/// The targets that need what districts report, and their last day: that of the last whole week.
const CLOSED: [&str; 3] = ["T2", "T4", "T7"];
const LAST_DAY: Date = date(2025, 2, 23);
/// A district, and how many cases are suspended there.
const DISTRICT: &str = "dist-850";
const SUSPENDED: i64 = 30;
const PROVINCE: &str = "prov-84";

/// Campaign B of the example, owned by the merged authority from its first day on.
fn campaign_from_merger(world: &World) {
    let text = include_str!("../../examples/tra-vinh/campaign-b.toml")
        .replace("code = \"B\"", "code = \"C\"")
        .replace("\"prov-84\"", "\"prov-86-2025\"")
        .replace("2024-08-19", "2025-07-01")
        .replace(
            "last_day = 2025-08-19\ntheme",
            "last_day = 2025-08-19\nlaunched_on = 2025-07-01\ntheme",
        )
        .replace("2025-02-14", "2025-07-31")
        .replace("2025-02-15", "2025-08-01");
    let read = read_campaign_file("campaign-c.toml", &text).unwrap();
    let system = world.app.system_actor().unwrap();
    world.app.apply_campaign(&system, &read.campaign).unwrap();
    world.app.advance_campaign(&system, "C", CampaignStep::Approve).unwrap();
}

fn campaign(world: &World, code: &str) -> Campaign {
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    reference.campaigns.iter().find(|one| one.code == code).unwrap().clone()
}

fn campaign_status(world: &World, code: &str) -> CampaignStatus {
    campaign(world, code).status
}

/// The amendment of 1 March.
fn close_targets_of_districts(world: &World) {
    let system = world.app.system_actor().unwrap();
    let close = |last_day| {
        let mut next = campaign(world, "A");
        let closed = next.targets.iter_mut().filter(|line| CLOSED.contains(&line.code.as_str()));
        closed.for_each(|line| line.last_day = Some(last_day));
        let basis = Some("NQ 18: kết thúc hoạt động của công an cấp huyện");
        world.app.apply_files(&system, &Catalogue::default(), &[], &[next], basis)
    };
    let Err(AppError::Violations(found)) = close(date(2025, 2, 25)) else {
        panic!("a Tuesday is inside the week of every district")
    };
    assert!(found.iter().all(|one| one.code == "LAST_DAY_INSIDE_PERIOD"), "{found:?}");
    assert!(format!("{:?}", found[0].message).contains("2025-02-23"), "{found:?}");
    close(LAST_DAY).unwrap();
    let amended = campaign(world, "A").amendments.pop().unwrap();
    assert_eq!(amended.changed, CLOSED.map(|code| format!("targets.{code}")));
}

fn newest_run(world: &World) -> Option<RunManifest> {
    world.app.run_manifests(CampaignId::from_code("A"), 1).unwrap().pop()
}

/// The authority's rows of a run, by target and phase.
fn rows_of_authority(world: &World, run: &RunManifest) -> BTreeMap<(String, u8), Standing> {
    let all = world.app.run_standings(run).unwrap().0.into_iter();
    let own = all.filter(|one| one.unit == UnitId::from_code(PROVINCE));
    own.map(|one| ((one.judgement.code.clone(), one.phase), one)).collect()
}

/// What the first nights say of a target stays: of its stock nothing is lost, and once it is closed
/// its row is the same every night.
#[derive(Default)]
struct WatchedRows {
    last: BTreeMap<(String, u8), Judgement>,
}

impl WatchedRows {
    fn check(&mut self, world: &World, day: Date) {
        let Some(run) = newest_run(world) else { return };
        assert!(world.app.verify_run(&run).unwrap().holds(), "the run of {day} is not reproduced");
        let rows = rows_of_authority(world, &run);
        let suspended = rows[&("T2".to_owned(), 0)].judgement.figures[0].value;
        assert_eq!(suspended, Some(SUSPENDED), "{day}: a stock fell");
        if day <= DISTRICTS_END {
            return;
        }
        for code in CLOSED {
            assert!(!rows.contains_key(&(code.to_owned(), 3)), "{day}: {code} in phase 3");
            for phase in [0, 1, 2] {
                let key = (code.to_owned(), phase);
                let row = &rows[&key];
                assert_eq!(row.stage, StandingStage::Closed, "{day}: {code} in phase {phase}");
                let before = self.last.entry(key).or_insert_with(|| row.judgement.clone());
                assert_eq!(*before, row.judgement, "{day}: {code} in phase {phase}");
            }
        }
    }
}

/// Whether every job runs in the night to `day`, or only those that have work of their own each
/// night: the others process the present state and would take minutes for a year. Every reform of
/// the example takes effect on the first day of a month.
fn is_whole_night(day: Date) -> bool {
    day.day() == 1 || Some(day) == MERGER.tomorrow().ok()
}

/// Runs the jobs of the night to `day`; each must have ended well in its own slot. Returns the
/// message of the reviews.
fn live_night(world: &World, day: Date) -> String {
    world.clock.set(Timestamp::from_local_midnight(day).saturating_add_micros(DAY_MICROS / 3));
    let runs_tonight = |job: &&ScheduledJob| {
        is_whole_night(day) || job.id == JobId::ApplyDay || job.catch_up == CatchUpPolicy::EverySlot
    };
    let mut review = String::new();
    for job in SCHEDULED_JOBS.iter().filter(runs_tonight) {
        let ended = job.run_due_slots(&world.app, "node");
        let JobSlotOutcome::Done(said) = ended.unwrap_or_else(|error| {
            panic!("{} fails on {day}: {error}", job.name());
        }) else {
            panic!("{} did not run on {day}", job.name())
        };
        assert_eq!(world.app.last_done_slot(job.id).unwrap().unwrap().local_date(), day);
        if job.id == JobId::PhaseReview {
            review = said;
        }
    }
    review
}

/// On Mondays a commune sends the report of the week before, if it owes one, and its superior
/// accepts it. Returns the report.
fn live_monday(
    world: &World,
    phones: &mut [TestDevice; 2],
    commune: &str,
    monday: Date,
) -> Option<ReportId> {
    let key = week_key(commune, monday.saturating_sub(7.days()));
    let cells: Vec<_> =
        world.element_numbers().into_iter().map(|one| (one, reported_value(3))).collect();
    let [reporter, reviewer] = phones;
    reporter.unit = UnitId::from_code(commune);
    send_and_accept(world, (reporter, reviewer), &key, &cells)
}

/// A district says each week how many cases are suspended.
fn live_district_monday(world: &World, phones: (&mut TestDevice, &mut TestDevice), monday: Date) {
    let contract = ContractId::from_code("tuan-huyen");
    let key = ReportKey { contract, ..week_key(DISTRICT, monday.saturating_sub(7.days())) };
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let elements = &reference.catalogue.form("tuan-huyen").unwrap().elements;
    let cell = |code: &thidua::domain::report::element::ElementCode| {
        let number = ElementNumber(reference.element_numbers.number(code).unwrap());
        let suspended = if code.as_str() == "suspended_cases" { SUSPENDED } else { 0 };
        (number, CellValue::Reported(suspended))
    };
    let cells: Vec<_> = elements.iter().map(cell).collect();
    send_and_accept(world, phones, &key, &cells);
}

/// Sends a report and accepts it, if the unit owes it.
fn send_and_accept(
    world: &World,
    (reporter, reviewer): (&mut TestDevice, &mut TestDevice),
    key: &ReportKey,
    cells: &[(ElementNumber, CellValue)],
) -> Option<ReportId> {
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    reference.expectation(key)?;
    let save = reporter.save_command(key, cells, &[]);
    let submit = reporter.submit_command(key.id());
    let outcomes = reporter.push(world, &[save, submit]);
    assert!(outcomes.iter().all(|one| one.verdict == Verdict::Applied), "{key:?}: {outcomes:?}");
    let accept = reviewer.accept_command(&world.read_report(key.id()).unwrap());
    assert_eq!(reviewer.push(world, &[accept])[0].verdict, Verdict::Applied, "{key:?}");
    Some(key.id())
}

#[test]
fn the_examples_year_with_all_its_reforms_is_lived_day_by_day_and_no_job_fails_or_is_a_day_late() {
    let world = World::on_sqlite();
    world.set_day(YEAR[0]);
    let mut phones = [
        world.enrol_device("lan", OTHER_COMMUNE, Role::Reporter),
        world.enrol_device("province", "prov-84", Role::Reviewer),
    ];
    let mut district = world.enrol_device("huyen", DISTRICT, Role::Reporter);
    campaign_from_merger(&world);
    let (mut sent, mut reviews) = (Vec::new(), Vec::new());
    let (mut day, mut watched) = (YEAR[0].tomorrow().unwrap(), WatchedRows::default());
    while day <= YEAR[1].saturating_add(7.days()) {
        let review = live_night(&world, day);
        if let Some((phase, _)) = review.split_once(" is in: ") {
            reviews.push((day, phase.to_owned()));
        }
        if REFORMS.contains(&day) || (DISTRICTS_END < day && is_whole_night(day)) {
            watched.check(&world, day);
        }
        if day == DISTRICTS_END {
            close_targets_of_districts(&world);
        }
        assert_eq!(campaign_status(&world, "A") == CampaignStatus::Closing, day > YEAR[1], "{day}");
        assert_eq!(campaign_status(&world, "C") == CampaignStatus::Approved, day < MERGER, "{day}");
        if day.weekday() == Weekday::Monday {
            let commune = if day <= MERGER { OTHER_COMMUNE } else { "com-29266-2" };
            sent.extend(live_monday(&world, &mut phones, commune, day));
            if day < DISTRICTS_END {
                live_district_monday(&world, (&mut district, &mut phones[1]), day);
            }
        }
        day = day.tomorrow().unwrap();
    }
    let phases = [
        (date(2025, 1, 9), "A phase 1"),
        (date(2025, 5, 8), "A phase 2"),
        (date(2025, 8, 20), "C phase 1"),
    ];
    assert_eq!(reviews, phases.map(|(day, phase)| (day, phase.to_owned())));
    assert!(sent.len() > 45, "{} reports in 52 weeks", sent.len());
    for id in sent {
        assert_eq!(world.read_report(id).unwrap().state, ReportState::Locked);
    }
}
