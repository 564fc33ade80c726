//! Simulates the campaign day by day: people type and send, some offline; reviewers accept and
//! return; nightly jobs publish.
//!
//! People act in parallel where nothing orders them. This changes no figure, as each action
//! concerns its own sheet.

use super::DemoError;
use super::generator::Province;
use super::generator::ground_truth::successor_on;
use super::generator::ledger::Ledger;
use super::generator::rng::Rng;
use super::generator::sheet_plan::{ConcurrentEdit, SheetPlan};
use super::people::{Person, ReportEvent, counted_value};
use super::server::DemoServer;
use crate::app::job_run::{JobId, JobSlotOutcome};
use crate::domain::org::{Hierarchy, UnitKind};
use crate::domain::report::element::ElementCode;
use crate::domain::support::ids::{ReportId, UnitId};
use crate::jobs::scheduled_job;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Threads that simulate people.
const WORKER_THREADS: usize = 4;
/// One response in so many is lost on purpose.
const RESPONSE_LOSS_ONE_IN: usize = 18;

/// A notable event, for the screen.
#[derive(Debug, Clone, Copy)]
pub(super) enum SimulationEvent {
    /// Phones came back online after weeks.
    PhonesBackOnline {
        /// The step, from 1.
        step: u8,
        /// Number of phones.
        phones: usize,
    },
    /// Two persons signed the hand-over of stocks.
    StocksHandedOver {
        /// The day.
        day: Date,
        /// Number of its lines.
        lines: usize,
    },
    /// Communes merged.
    CommunesMerged {
        /// The day.
        day: Date,
        /// Communes on the day before and on the day.
        communes: [usize; 2],
        /// Accounts whose roles moved to a successor.
        accounts: usize,
    },
}

/// The state of the simulation.
pub(super) struct Simulation<'a> {
    pub(super) province: &'a Province,
    pub(super) server: &'a DemoServer,
    pub(super) people: Vec<Person>,
    pub(super) plans: Vec<Arc<SheetPlan>>,
    pub(super) ledger: Ledger,
    /// Sheets that a reviewer has returned.
    questioned: BTreeSet<ReportId>,
    /// Sheets that the server has and that are not accepted.
    awaiting_review: BTreeMap<ReportId, Arc<SheetPlan>>,
    by_id: BTreeMap<ReportId, Arc<SheetPlan>>,
    /// Index of the first phone of each unit.
    first_phone: BTreeMap<UnitId, usize>,
    pub(super) events: Vec<SimulationEvent>,
    /// The messages of the nightly runs.
    pub(super) nightly_summaries: Vec<String>,
    /// The ledger as of the last nightly run.
    pub(super) ledger_at_last_night: Option<Ledger>,
    pub(super) concurrent_edits: [u32; 2],
    /// The first day that is not lived yet.
    next_day: Date,
}

impl<'a> Simulation<'a> {
    pub(super) fn new(
        province: &'a Province,
        server: &'a DemoServer,
        people: Vec<Person>,
        plans: Vec<SheetPlan>,
    ) -> Self {
        let ledger = Ledger::open(&plans, &province.catalogue);
        let first = people.iter().enumerate().filter(|(_, person)| person.device.number == 1);
        let first_phone = first.map(|(at, person)| (person.device.unit, at)).collect();
        let plans: Vec<Arc<SheetPlan>> = plans.into_iter().map(Arc::new).collect();
        Self {
            province,
            server,
            people,
            ledger,
            questioned: BTreeSet::new(),
            awaiting_review: BTreeMap::new(),
            by_id: plans.iter().map(|plan| (plan.key.id(), Arc::clone(plan))).collect(),
            plans,
            first_phone,
            events: Vec::new(),
            nightly_summaries: Vec::new(),
            ledger_at_last_night: None,
            concurrent_edits: [0; 2],
            next_day: province.simulated_end(0),
        }
    }

    /// Lives one step, from 0.
    pub(super) fn run_step(&mut self, step: u8) -> Result<(), DemoError> {
        self.live_until(self.province.simulated_end(step + 1))
    }

    /// Lives the days after the last step in which its reports fall due, and a last night.
    pub(super) fn run_tail(&mut self) -> Result<(), DemoError> {
        self.live_until(self.next_day.saturating_add(self.province.plan.tail_days.days()))?;
        if self.next_day.weekday() == Weekday::Monday {
            return Ok(());
        }
        self.run_nightly_jobs(self.next_day)
    }

    /// Lives the days before `end`.
    fn live_until(&mut self, end: Date) -> Result<(), DemoError> {
        while self.next_day < end {
            self.run_day(self.next_day)?;
            self.next_day = self.next_day.saturating_add(1.day());
        }
        Ok(())
    }

    /// One day: people report; on Wednesdays and Sundays reviewers read; after Sunday comes the
    /// nightly run.
    fn run_day(&mut self, day: Date) -> Result<(), DemoError> {
        self.record_phones_back_online(day);
        self.apply_day_changes(day)?;
        self.run_reporters(day, day.weekday() == Weekday::Wednesday)?;
        if matches!(day.weekday(), Weekday::Wednesday | Weekday::Sunday) {
            self.run_reviewers(day)?;
        }
        if day.weekday() == Weekday::Sunday {
            self.run_nightly_jobs(day.saturating_add(1.day()))?;
        }
        Ok(())
    }

    fn record_phones_back_online(&mut self, day: Date) {
        let back = |person: &&Person| {
            person.device.offline.iter().any(|removed| removed.end == day && removed.days() >= 14)
        };
        let phones = self.people.iter().filter(back).count();
        let step = (0..u8::MAX).find(|step| self.province.simulated_end(*step) > day);
        if let Some(step) = step.filter(|_| phones > 0) {
            self.events.push(SimulationEvent::PhonesBackOnline { step, phones });
        }
    }

    /// Applies the changes of a day: campaigns launched and started, changes of the organisation.
    fn apply_day_changes(&mut self, day: Date) -> Result<(), DemoError> {
        self.server.set_clock(day, 0, 1);
        self.server.app.advance_campaigns_by_day()?;
        let lines = self.hand_over_stocks(day)?;
        if lines > 0 {
            self.events.push(SimulationEvent::StocksHandedOver { day, lines });
        }
        let org = &self.province.org;
        if !org.units().iter().any(|unit| org.period_cut_days(unit.id).contains(&day)) {
            return Ok(());
        }
        self.server.set_clock(day, 0, 5);
        let applied = self.server.app.apply_org_day()?;
        let count = |day: Date| org.units_of_kind_on(UnitKind::Commune, day).count();
        let communes = [count(day.saturating_sub(1.day())), count(day)];
        self.events.push(SimulationEvent::CommunesMerged {
            day,
            communes,
            accounts: applied.moved_accounts,
        });
        Ok(())
    }

    /// People with sheets for today type and send them; with `everybody` (Wednesdays) all other
    /// phones sync too.
    fn run_reporters(&mut self, day: Date, everybody: bool) -> Result<(), DemoError> {
        self.server.set_clock(day, 15, 0);
        let todo = self.sheets_due_to_send(day);
        let (twins, todo): (Vec<_>, Vec<_>) =
            todo.into_iter().partition(|(_, plan)| plan.concurrent_edit.is_some());
        let mut by_person: BTreeMap<usize, Vec<Arc<SheetPlan>>> = BTreeMap::new();
        todo.into_iter().for_each(|(at, plan)| by_person.entry(at).or_default().push(plan));
        let (province, seed) = (self.province, self.province.seed);
        let acts = for_each_person_in_parallel(&mut self.people, |at, person| {
            let sheets = by_person.get(&at).map_or(&[][..], Vec::as_slice);
            for plan in sheets {
                person.report_sheet(plan, &province.org)?;
            }
            if !person.is_online(day)
                || (sheets.is_empty() && !person.has_unconfirmed_events() && !everybody)
            {
                return Ok(Vec::new());
            }
            let mut rng = Rng::named_stream(
                seed,
                &["lost", &person.device.uid, &person.device.number.to_string(), &day.to_string()],
            );
            let twice = sheets.iter().any(|plan| plan.sent_twice);
            let mut acts = person.sync(twice || rng.next_below(RESPONSE_LOSS_ONE_IN) == 0)?;
            if person.correct_returned_sheets(&province.org)? {
                acts.extend(person.sync(rng.next_below(RESPONSE_LOSS_ONE_IN) == 0)?);
            }
            Ok(acts)
        })?;
        self.record_events(acts);
        for (_, plan) in twins {
            self.run_concurrent_edit(&plan)?;
        }
        Ok(())
    }

    /// The sheets to be sent today, each with the index of the phone on which it is typed.
    fn sheets_due_to_send(&self, day: Date) -> Vec<(usize, Arc<SheetPlan>)> {
        let today = self.plans.iter().filter(|plan| plan.send_day == Some(day));
        today
            .filter_map(|plan| Some((self.phone_of_unit(plan.key.unit, day)?, Arc::clone(plan))))
            .collect()
    }

    /// The phone of a unit: its own first one, or the first of a predecessor.
    fn phone_of_unit(&self, unit: UnitId, day: Date) -> Option<usize> {
        let own = self.first_phone.get(&unit).copied();
        own.or_else(|| {
            let came = |(of, at): (&UnitId, &usize)| {
                (successor_on(&self.province.org, *of, day) == unit).then_some(*at)
            };
            self.first_phone.iter().find_map(came)
        })
    }

    /// Reviewers read their queues.
    fn run_reviewers(&mut self, day: Date) -> Result<(), DemoError> {
        self.server.set_clock(day, 20, 0);
        let mut queues: BTreeMap<usize, Vec<Arc<SheetPlan>>> = BTreeMap::new();
        for plan in self.awaiting_review.values() {
            if let Some(at) = self.reviewer_of(plan) {
                queues.entry(at).or_default().push(Arc::clone(plan));
            }
        }
        let asked = &self.questioned;
        let acts = for_each_person_in_parallel(&mut self.people, |at, person| {
            let Some(queue) = queues.get(&at).filter(|_| person.is_online(day)) else {
                return Ok(Vec::new());
            };
            let mut acts = person.sync(false)?;
            let mut decided = false;
            for plan in queue {
                decided |= person.review_sheet(plan, asked.contains(&plan.key.id()))?;
            }
            if decided {
                acts.extend(person.sync(false)?);
            }
            Ok(acts)
        })?;
        self.record_events(acts);
        Ok(())
    }

    /// The reviewer of a sheet: the unit above on the sheet's first day.
    fn reviewer_of(&self, plan: &SheetPlan) -> Option<usize> {
        let org = &self.province.org;
        let above = org.parent(plan.key.unit, Hierarchy::Command, plan.key.period.start)?;
        self.first_phone.get(&above).copied()
    }

    /// Runs the nightly jobs at 01:30 of `day`.
    fn run_nightly_jobs(&mut self, day: Date) -> Result<(), DemoError> {
        self.server.set_clock(day, 1, 30);
        self.ledger_at_last_night = Some(self.ledger.clone());
        let quality = scheduled_job(JobId::Quality);
        quality.run_due_slots(&self.server.app, "demo")?;
        let job = scheduled_job(JobId::Aggregate);
        match job.run_due_slots(&self.server.app, "demo")? {
            JobSlotOutcome::Done(said) => self.nightly_summaries.push(said),
            JobSlotOutcome::AlreadyDone
            | JobSlotOutcome::LeasedElsewhere
            | JobSlotOutcome::ClockInDoubt(_) => {}
        }
        Ok(())
    }

    /// Two phones of one unit fill in one sheet, neither having synced the other's edits.
    fn run_concurrent_edit(&mut self, plan: &Arc<SheetPlan>) -> Result<(), DemoError> {
        let phones: Vec<usize> = (0..self.people.len())
            .filter(|at| self.people[*at].device.unit == plan.key.unit)
            .collect();
        let [one, two] = phones[..] else {
            return Err(DemoError("a twin without two phones".to_owned()));
        };
        let (org, figures) = (&self.province.org, plan.truth.clone());
        let half = figures.len() / 2;
        let (mine, theirs): (Vec<(ElementCode, i64)>, Vec<(ElementCode, i64)>) =
            match plan.concurrent_edit {
                Some(ConcurrentEdit::Conflict) => {
                    // The other phone mistypes one figure that both fill in.
                    let mut theirs = figures[..1].to_vec();
                    theirs[0].1 += 1;
                    (figures.clone(), theirs)
                }
                Some(ConcurrentEdit::Merge) | None => {
                    (figures[..half].to_vec(), figures[half..].to_vec())
                }
            };
        self.people[two].fill_sheet(plan, &theirs, org)?;
        self.people[one].fill_sheet(plan, &mine, org)?;
        let mut acts = self.people[two].sync(false)?;
        acts.extend(self.people[one].sync(false)?);
        let (merged, conflicts) = self.people[one]
            .sync_summaries
            .last()
            .map_or((0, 0), |sync| (sync.merged, sync.conflicts));
        self.concurrent_edits[0] += merged;
        self.concurrent_edits[1] += conflicts;
        acts.extend(self.settle_conflicts(one, plan)?);
        self.people[one].submit_sheet(plan)?;
        self.people[one].open_sheets.push(Arc::clone(plan));
        acts.extend(self.people[one].sync(false)?);
        acts.extend(self.people[two].sync(false)?);
        // The final values are the true ones, whichever phone typed them.
        acts.extend(
            figures.into_iter().map(|(code, value)| ReportEvent::Typed(plan.key.id(), code, value)),
        );
        self.record_events(vec![acts]);
        Ok(())
    }

    /// The unit head settles each conflict for the true value.
    fn settle_conflicts(
        &mut self,
        one: usize,
        plan: &SheetPlan,
    ) -> Result<Vec<ReportEvent>, DemoError> {
        let person = &mut self.people[one];
        let report = plan.key.id().to_string();
        let open =
            person.phone.conflicts()?.into_iter().filter(|conflict| conflict.report_id == report);
        for conflict in open.filter(|conflict| conflict.settled.is_none()) {
            let truth = plan
                .truth
                .iter()
                .find(|(code, _)| Some(code.as_str()) == conflict.element.as_deref());
            let right = truth.map(|(_, value)| *value);
            person
                .phone
                .settle_conflict(conflict.conflict_id, counted_value(conflict.branch) == right)?;
            person.command_count += 1;
        }
        person.sync(false)
    }

    /// Passes events to the ledger and updates the reviewers' queues.
    fn record_events(&mut self, acts: Vec<Vec<ReportEvent>>) {
        for act in acts.into_iter().flatten() {
            match act {
                ReportEvent::Typed(report, code, value) => {
                    self.ledger.record_typed(report, &code, value)
                }
                ReportEvent::Sent(report) => {
                    self.ledger.record_sent(report);
                    let plan = self.by_id.get(&report).map(Arc::clone);
                    self.awaiting_review.extend(plan.map(|plan| (report, plan)));
                }
                ReportEvent::Returned(report) => {
                    self.ledger.record_returned(report);
                    self.questioned.insert(report);
                    self.awaiting_review.remove(&report);
                }
                ReportEvent::Accepted(report) => {
                    self.ledger.record_accepted(report);
                    self.awaiting_review.remove(&report);
                }
            }
        }
    }

    /// Extends the plan to `steps` steps: adds the sheets that are newly owed.
    pub(super) fn extend_steps(&mut self, steps: u8) -> Result<(), DemoError> {
        let known: BTreeSet<ReportId> = self.by_id.keys().copied().collect();
        let plans = self.province.plan_sheets(steps)?;
        let new: Vec<SheetPlan> =
            plans.into_iter().filter(|plan| !known.contains(&plan.key.id())).collect();
        self.ledger.extend(&new);
        for plan in new.into_iter().map(Arc::new) {
            self.by_id.insert(plan.key.id(), Arc::clone(&plan));
            self.plans.push(plan);
        }
        Ok(())
    }

    /// A commune that has not sent its report of the last period: whoever tries an app of their own
    /// finds work to do. One that never sends it comes first.
    pub(super) fn find_open_sheet(&self, today: Date) -> UnitId {
        let communes = &self.province.communes;
        let is_open = |plan: &&Arc<SheetPlan>| {
            plan.key.period.end <= today
                && plan.send_day.is_none_or(|day| day >= today)
                && communes.iter().any(|commune| commune.unit == plan.key.unit)
                && self.province.org.is_open_on(plan.key.unit, today)
        };
        let open = self.plans.iter().filter(is_open);
        let last = open.min_by_key(|plan| (std::cmp::Reverse(plan.key.period.end), plan.send_day));
        last.map_or(communes[0].unit, |plan| plan.key.unit)
    }

    /// All phones sync, on the day after the end.
    pub(super) fn sync_everyone(&mut self) -> Result<(), DemoError> {
        self.server.set_clock(self.next_day, 8, 0);
        let acts = for_each_person_in_parallel(&mut self.people, |_, person| person.sync(false))?;
        self.record_events(acts);
        // A second time: a phone that synced early has not received what others sent after it.
        for_each_person_in_parallel(&mut self.people, |_, person| person.sync(false))?;
        Ok(())
    }
}

/// Runs `act` for all people on [`WORKER_THREADS`] threads; the results are in the order of the
/// people.
pub(super) fn for_each_person_in_parallel<T: Send>(
    people: &mut [Person],
    act: impl Fn(usize, &mut Person) -> Result<T, DemoError> + Sync,
) -> Result<Vec<T>, DemoError> {
    let share = people.len().div_ceil(WORKER_THREADS).max(1);
    let act = &act;
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            people
                .chunks_mut(share)
                .enumerate()
                .map(|(part, people)| {
                    scope.spawn(move || {
                        let numbered = people.iter_mut().enumerate();
                        numbered
                            .map(|(at, person)| act(part * share + at, person))
                            .collect::<Result<Vec<T>, DemoError>>()
                    })
                })
                .collect();
        let mut done = Vec::new();
        for part in parts {
            done.extend(part.join().map_err(|_| DemoError("somebody's thread ended".to_owned()))??);
        }
        Ok(done)
    })
}
