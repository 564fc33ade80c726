//! The example's whole year with its reforms, lived day by day: reporters and a reviewer in the
//! daytime, the jobs of every night, and on 1 July 2025 the merger of the authority itself.

use crate::world::{OTHER_COMMUNE, TestDevice, World, reported_value, week_key};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use thidua::app::job_run::{JobId, JobSlotOutcome};
use thidua::domain::access::permission::Role;
use thidua::domain::campaign::{CampaignStatus, CampaignStep};
use thidua::domain::report::command::Verdict;
use thidua::domain::report::workflow::ReportState;
use thidua::domain::support::ids::{ReportId, UnitId};
use thidua::domain::support::time::{DAY_MICROS, Timestamp};
use thidua::files::campaign::read_campaign_file;
use thidua::jobs::{CatchUpPolicy, SCHEDULED_JOBS, ScheduledJob};

/// First and last day of the example's year.
const YEAR: [Date; 2] = [date(2024, 8, 19), date(2025, 8, 19)];
/// The day on which the province is merged into another one.
const MERGER: Date = date(2025, 7, 1);

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

fn campaign_status(world: &World, code: &str) -> CampaignStatus {
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    reference.campaigns.iter().find(|one| one.code == code).unwrap().status
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
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    reference.expectation(&key)?;
    let [reporter, reviewer] = phones;
    reporter.unit = UnitId::from_code(commune);
    let cells: Vec<_> =
        world.element_numbers().into_iter().map(|one| (one, reported_value(3))).collect();
    let save = reporter.save_command(&key, &cells, &[]);
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
    campaign_from_merger(&world);
    let (mut sent, mut reviews) = (Vec::new(), Vec::new());
    let mut day = YEAR[0].tomorrow().unwrap();
    while day <= YEAR[1].saturating_add(7.days()) {
        let review = live_night(&world, day);
        if let Some((phase, _)) = review.split_once(" is in: ") {
            reviews.push((day, phase.to_owned()));
        }
        assert_eq!(campaign_status(&world, "A") == CampaignStatus::Closing, day > YEAR[1], "{day}");
        assert_eq!(campaign_status(&world, "C") == CampaignStatus::Approved, day < MERGER, "{day}");
        if day.weekday() == Weekday::Monday {
            let commune = if day <= MERGER { OTHER_COMMUNE } else { "com-29266-2" };
            sent.extend(live_monday(&world, &mut phones, commune, day));
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
