//! Twenty weeks, day by day: people type and send, some without signal; reviewers accept and ask back; the night judges.
//!
//! Knows the order of a day and a week. People act at the same time where nothing makes them wait for each other, which
//! changes no figure: every act is about a sheet of its own.

use super::DemoError;
use super::check::figure;
use super::generator::Province;
use super::generator::ledger::Ledger;
use super::generator::plan::{Plan, Twin};
use super::generator::rng::Rng;
use super::generator::truth::successor;
use super::people::{Act, Person};
use super::town::Town;
use crate::app::job::SlotEnd;
use crate::domain::element::ElementCode;
use crate::domain::ids::{ReportId, UnitId};
use crate::domain::org::UnitKind;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// People who act at the same time.
const HANDS: usize = 4;
/// One answer in so many is lost on purpose.
const LOST_ONE_IN: usize = 18;

/// What an onlooker would tell.
#[derive(Debug, Clone, Copy)]
pub(super) enum Note {
    /// Phones came back after weeks without signal.
    Back {
        /// In this week, from 1.
        week: u8,
        /// So many.
        phones: usize,
    },
    /// Communes merged.
    Merged {
        /// On this day.
        day: Date,
        /// Communes the day before, and since.
        communes: [usize; 2],
        /// Accounts that work for a successor since.
        accounts: usize,
    },
}

/// Everything that lives.
pub(super) struct Life<'a> {
    pub(super) province: &'a Province,
    pub(super) town: &'a Town,
    pub(super) people: Vec<Person>,
    pub(super) plans: Vec<Arc<Plan>>,
    pub(super) ledger: Ledger,
    /// Sheets about which a reviewer has asked.
    asked: BTreeSet<ReportId>,
    /// Sheets that the server has and nobody has accepted.
    waiting: BTreeMap<ReportId, Arc<Plan>>,
    by_id: BTreeMap<ReportId, Arc<Plan>>,
    /// Index of the first phone of each unit.
    first: BTreeMap<UnitId, usize>,
    pub(super) notes: Vec<Note>,
    /// What each night said of itself.
    pub(super) nights: Vec<String>,
    /// The books as the last night found them.
    pub(super) at_night: Option<Ledger>,
    pub(super) twins: [u32; 2],
}

impl<'a> Life<'a> {
    pub(super) fn new(province: &'a Province, town: &'a Town, people: Vec<Person>, plans: Vec<Plan>) -> Self {
        let ledger = Ledger::open(&plans, &province.catalogue);
        let first = people.iter().enumerate().filter(|(_, person)| person.device.no == 1);
        let first = first.map(|(at, person)| (person.device.unit, at)).collect();
        let plans: Vec<Arc<Plan>> = plans.into_iter().map(Arc::new).collect();
        Self {
            province,
            town,
            people,
            ledger,
            asked: BTreeSet::new(),
            waiting: BTreeMap::new(),
            by_id: plans.iter().map(|plan| (plan.key.id(), Arc::clone(plan))).collect(),
            plans,
            first,
            notes: Vec::new(),
            nights: Vec::new(),
            at_night: None,
            twins: [0; 2],
        }
    }

    /// One week from Monday to the night after its Sunday; `week` from 0.
    pub(super) fn week(&mut self, week: u8) -> Result<(), DemoError> {
        let monday = self.province.lived_until(week);
        self.notice(week, monday);
        for day in 0..7_u8 {
            let date = monday.saturating_add(i32::from(day).days());
            self.midnight(date)?;
            self.afternoon(date, day == 2)?;
            if day == 2 || day == 6 {
                self.evening(date)?;
            }
        }
        self.night(self.province.lived_until(week + 1))
    }

    /// What an onlooker would tell of this week.
    fn notice(&mut self, week: u8, monday: Date) {
        let back = |person: &&Person| person.device.offline.iter().any(|gone| gone.end == monday && gone.days() >= 14);
        let back = self.people.iter().filter(back).count();
        if back > 0 {
            self.notes.push(Note::Back { week: week + 1, phones: back });
        }
    }

    /// What the day changes takes effect: campaigns launched and begun, the organisation.
    fn midnight(&mut self, day: Date) -> Result<(), DemoError> {
        self.town.turn(day, 0, 1);
        self.town.app.step_by_day(&self.town.app.system()?)?;
        let org = &self.province.org;
        if !org.units().iter().any(|unit| org.change_days(unit.id).contains(&day)) {
            return Ok(());
        }
        self.town.turn(day, 0, 5);
        let applied = self.town.app.apply_day()?;
        let count = |day: Date| org.units_of_kind_on(UnitKind::Commune, day).count();
        let communes = [count(day.saturating_sub(1.day())), count(day)];
        self.notes.push(Note::Merged { day, communes, accounts: applied.moved_accounts });
        Ok(())
    }

    /// Who has something to send types and sends it; on Wednesdays everybody looks into the phone.
    fn afternoon(&mut self, day: Date, everybody: bool) -> Result<(), DemoError> {
        self.town.turn(day, 15, 0);
        let todo = self.todo(day);
        let (twins, todo): (Vec<_>, Vec<_>) = todo.into_iter().partition(|(_, plan)| plan.twin.is_some());
        let mut by_person: BTreeMap<usize, Vec<Arc<Plan>>> = BTreeMap::new();
        todo.into_iter().for_each(|(at, plan)| by_person.entry(at).or_default().push(plan));
        let (province, seed) = (self.province, self.province.seed);
        let acts = hands(&mut self.people, |at, person| {
            let sheets = by_person.get(&at).map_or(&[][..], Vec::as_slice);
            for plan in sheets {
                person.report(plan, &province.org)?;
            }
            if !person.online(day) || (sheets.is_empty() && !person.waits() && !everybody) {
                return Ok(Vec::new());
            }
            let mut rng =
                Rng::stream(seed, &["lost", &person.device.uid, &person.device.no.to_string(), &day.to_string()]);
            let twice = sheets.iter().any(|plan| plan.sent_twice);
            let mut acts = person.sync(twice || rng.below(LOST_ONE_IN) == 0)?;
            if person.mend(&province.org)? {
                acts.extend(person.sync(rng.below(LOST_ONE_IN) == 0)?);
            }
            Ok(acts)
        })?;
        self.book(acts);
        for (_, plan) in twins {
            self.twin(&plan)?;
        }
        Ok(())
    }

    /// The sheets that somebody means to send today, each with the phone it is typed on.
    fn todo(&self, day: Date) -> Vec<(usize, Arc<Plan>)> {
        let today = self.plans.iter().filter(|plan| plan.send == Some(day));
        today.filter_map(|plan| Some((self.hand(plan.key.unit, day)?, Arc::clone(plan)))).collect()
    }

    /// The phone on which a unit's sheets are typed: its own, or the first of those that came to it.
    fn hand(&self, unit: UnitId, day: Date) -> Option<usize> {
        let own = self.first.get(&unit).copied();
        own.or_else(|| {
            let came = |(of, at): (&UnitId, &usize)| (successor(&self.province.org, *of, day) == unit).then_some(*at);
            self.first.iter().find_map(came)
        })
    }

    /// Reviewers read what waits for them.
    fn evening(&mut self, day: Date) -> Result<(), DemoError> {
        self.town.turn(day, 20, 0);
        let mut queues: BTreeMap<usize, Vec<Arc<Plan>>> = BTreeMap::new();
        for plan in self.waiting.values() {
            if let Some(at) = self.reviewer(plan) {
                queues.entry(at).or_default().push(Arc::clone(plan));
            }
        }
        let asked = &self.asked;
        let acts = hands(&mut self.people, |at, person| {
            let Some(queue) = queues.get(&at).filter(|_| person.online(day)) else { return Ok(Vec::new()) };
            let mut acts = person.sync(false)?;
            let mut decided = false;
            for plan in queue {
                decided |= person.review(plan, asked.contains(&plan.key.id()))?;
            }
            if decided {
                acts.extend(person.sync(false)?);
            }
            Ok(acts)
        })?;
        self.book(acts);
        Ok(())
    }

    /// Who reviews a sheet: the unit above on the sheet's first day.
    fn reviewer(&self, plan: &Plan) -> Option<usize> {
        let org = &self.province.org;
        let above = org.parent(plan.key.unit, crate::domain::org::Hierarchy::Command, plan.key.period.start)?;
        self.first.get(&above).copied()
    }

    /// The night after `day` began: 01:30.
    fn night(&mut self, day: Date) -> Result<(), DemoError> {
        self.town.turn(day, 1, 30);
        self.at_night = Some(self.ledger.clone());
        let quality = crate::jobs::find("quality").ok_or_else(|| DemoError("no nightly job".to_owned()))?;
        quality.run_due(&self.town.app, "demo")?;
        let job = crate::jobs::find("aggregate").ok_or_else(|| DemoError("no nightly job".to_owned()))?;
        match job.run_due(&self.town.app, "demo")? {
            SlotEnd::Done(said) => self.nights.push(said),
            SlotEnd::AlreadyDone | SlotEnd::HeldElsewhere => {}
        }
        Ok(())
    }

    /// Two phones of one unit, neither of which has heard of the other, fill in one sheet.
    fn twin(&mut self, plan: &Arc<Plan>) -> Result<(), DemoError> {
        let phones: Vec<usize> =
            (0..self.people.len()).filter(|at| self.people[*at].device.unit == plan.key.unit).collect();
        let [one, two] = phones[..] else { return Err(DemoError("a twin without two phones".to_owned())) };
        let (org, figures) = (&self.province.org, plan.truth.clone());
        let half = figures.len() / 2;
        let (mine, theirs): (Vec<(ElementCode, i64)>, Vec<(ElementCode, i64)>) = match plan.twin {
            Some(Twin::Conflict) => {
                // The other phone mistypes one figure that both fill in.
                let mut theirs = figures[..1].to_vec();
                theirs[0].1 += 1;
                (figures.clone(), theirs)
            }
            Some(Twin::Merge) | None => (figures[..half].to_vec(), figures[half..].to_vec()),
        };
        self.people[two].fill(plan, &theirs, org)?;
        self.people[one].fill(plan, &mine, org)?;
        let mut acts = self.people[two].sync(false)?;
        acts.extend(self.people[one].sync(false)?);
        let (merged, conflicts) = self.people[one].syncs.last().map_or((0, 0), |sync| (sync.merged, sync.conflicts));
        self.twins[0] += merged;
        self.twins[1] += conflicts;
        acts.extend(self.settle(one, plan)?);
        self.people[one].submit(plan)?;
        self.people[one].open.push(Arc::clone(plan));
        acts.extend(self.people[one].sync(false)?);
        acts.extend(self.people[two].sync(false)?);
        // What stands in the end is the truth, whichever phone said so.
        acts.extend(figures.into_iter().map(|(code, value)| Act::Typed(plan.key.id(), code, value)));
        self.book(vec![acts]);
        Ok(())
    }

    /// The unit head looks at both values and says which one is right.
    fn settle(&mut self, one: usize, plan: &Plan) -> Result<Vec<Act>, DemoError> {
        let person = &mut self.people[one];
        let report = plan.key.id().to_string();
        let open = person.phone.conflicts()?.into_iter().filter(|conflict| conflict.report_id == report);
        for conflict in open.filter(|conflict| conflict.settled.is_none()) {
            let truth = plan.truth.iter().find(|(code, _)| Some(code.as_str()) == conflict.element.as_deref());
            let right = truth.map(|(_, value)| *value);
            person.phone.settle(conflict.conflict_id, figure(conflict.branch) == right)?;
            person.commands += 1;
        }
        person.sync(false)
    }

    /// Tells the books, and keeps the reviewers' lists.
    fn book(&mut self, acts: Vec<Vec<Act>>) {
        for act in acts.into_iter().flatten() {
            match act {
                Act::Typed(report, code, value) => self.ledger.typed(report, &code, value),
                Act::Sent(report) => {
                    self.ledger.sent(report);
                    let plan = self.by_id.get(&report).map(Arc::clone);
                    self.waiting.extend(plan.map(|plan| (report, plan)));
                }
                Act::Returned(report) => {
                    self.ledger.returned(report);
                    self.asked.insert(report);
                    self.waiting.remove(&report);
                }
                Act::Accepted(report) => {
                    self.ledger.accepted(report);
                    self.waiting.remove(&report);
                }
            }
        }
    }

    /// Goes on to `weeks` weeks: new sheets are owed, the books grow by them.
    pub(super) fn extend(&mut self, weeks: u8) -> Result<(), DemoError> {
        let known: BTreeSet<ReportId> = self.by_id.keys().copied().collect();
        let plans = self.province.plans(weeks)?;
        let new: Vec<Plan> = plans.into_iter().filter(|plan| !known.contains(&plan.key.id())).collect();
        self.ledger.extend(&new);
        for plan in new.into_iter().map(Arc::new) {
            self.by_id.insert(plan.key.id(), Arc::clone(&plan));
            self.plans.push(plan);
        }
        Ok(())
    }

    /// Everybody has signal and syncs, the day after the end.
    pub(super) fn last_sync(&mut self, day: Date) -> Result<(), DemoError> {
        self.town.turn(day, 8, 0);
        let acts = hands(&mut self.people, |_, person| person.sync(false))?;
        self.book(acts);
        // Once more: what one phone has just sent is news for another that synced before it.
        hands(&mut self.people, |_, person| person.sync(false))?;
        Ok(())
    }
}

/// Lets several people act at the same time; what they did, in their own order.
pub(super) fn hands<T: Send>(
    people: &mut [Person],
    act: impl Fn(usize, &mut Person) -> Result<T, DemoError> + Sync,
) -> Result<Vec<T>, DemoError> {
    let share = people.len().div_ceil(HANDS).max(1);
    let act = &act;
    std::thread::scope(|scope| {
        let parts: Vec<_> = people
            .chunks_mut(share)
            .enumerate()
            .map(|(part, people)| {
                scope.spawn(move || {
                    let numbered = people.iter_mut().enumerate();
                    numbered.map(|(at, person)| act(part * share + at, person)).collect::<Result<Vec<T>, DemoError>>()
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
