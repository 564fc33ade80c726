//! What must come of it: the contract told again in few words, over plain maps, without a database, a feed or a byte. It reads the commands that a call
//! carries and foretells each verdict; at the end it says who may hold which record.
//!
//! It borrows from the product only what is proven elsewhere and is no part of sync: the organisation in time, form rules, ids.

use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use thidua::app::Reference;
use thidua::domain::cell::{CellValue, ElementNo};
use thidua::domain::command::{Body, Command, Save, Verdict};
use thidua::domain::ids::{AccountId, CommentId, ConflictId, DeviceId, HeldId, ProposalId, ReportId, UnitId, derive};
use thidua::domain::permission::{Grant, Role};
use thidua::domain::reason::Reason;
use thidua::domain::report::{ContentHash, FormShape, Question, Report, ReportKey};
use thidua::domain::workflow::State;
use thidua::wire::command::{Numbered, decode};

/// What the server must answer to one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    Verdict { number: u64, duplicate: bool, verdict: Verdict, reason: Option<Reason> },
    Gap(u64),
    Forked(u64),
}

/// A report as it stands, with who wrote in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sheet {
    pub(crate) key: ReportKey,
    pub(crate) state: State,
    pub(crate) cells: BTreeMap<ElementNo, CellValue>,
    pub(crate) question: Option<Question>,
    pub(crate) revision: i64,
    acting: UnitId,
    authors: BTreeSet<AccountId>,
    last: Option<DeviceId>,
    others: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Branch {
    pub(super) report: ReportId,
    pub(super) element: ElementNo,
    pub(super) mine: Option<CellValue>,
    pub(super) settled: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Proposal {
    pub(super) report: ReportId,
    pub(super) changes: Vec<(ElementNo, Option<CellValue>)>,
    pub(super) settled: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) unit: UnitId,
    pub(super) report: ReportId,
    pub(super) command: Command,
    pub(super) device: DeviceId,
    pub(super) number: u64,
    pub(super) waits: bool,
}

#[derive(Debug, Clone, Default)]
struct Outbox {
    account: Option<AccountId>,
    taken: Vec<([u8; 32], Verdict, Option<Reason>)>,
}

#[derive(Clone)]
pub(crate) struct Model {
    pub(super) reference: Arc<Reference>,
    /// The day as of which units hang where they hang.
    pub(crate) day: Date,
    pub(crate) grants: BTreeMap<AccountId, Vec<Grant>>,
    pub(super) former: BTreeMap<AccountId, BTreeSet<(Role, UnitId)>>,
    outboxes: BTreeMap<DeviceId, Outbox>,
    pub(crate) reports: BTreeMap<ReportId, Sheet>,
    pub(super) conflicts: BTreeMap<ConflictId, Branch>,
    pub(super) proposals: BTreeMap<ProposalId, Proposal>,
    pub(super) comments: BTreeMap<CommentId, ReportId>,
    pub(super) held: BTreeMap<HeldId, Kept>,
}

type Step = Result<Verdict, Reason>;

/// Whose command, from which phone, on which day.
#[derive(Clone, Copy)]
pub(super) struct By {
    pub(super) account: AccountId,
    pub(super) device: DeviceId,
    pub(super) number: u64,
    pub(super) today: Date,
}

pub(super) const WRITERS: [Role; 2] = [Role::Reporter, Role::UnitHead];

impl Model {
    pub(crate) fn new(reference: Arc<Reference>, day: Date) -> Self {
        Self {
            reference,
            day,
            grants: BTreeMap::new(),
            former: BTreeMap::new(),
            outboxes: BTreeMap::new(),
            reports: BTreeMap::new(),
            conflicts: BTreeMap::new(),
            proposals: BTreeMap::new(),
            comments: BTreeMap::new(),
            held: BTreeMap::new(),
        }
    }

    pub(crate) fn grant(&mut self, account: AccountId, grant: Grant) {
        let grants = self.grants.entry(account).or_default();
        grants.retain(|one| (one.role, one.unit) != (grant.role, grant.unit));
        grants.push(grant);
    }

    pub(crate) fn revoke(&mut self, account: AccountId, grant: Grant) {
        self.grants.entry(account).or_default().retain(|one| (one.role, one.unit) != (grant.role, grant.unit));
        self.former.entry(account).or_default().insert((grant.role, grant.unit));
    }

    pub(crate) fn enrol(&mut self, device: DeviceId, account: AccountId) {
        self.outboxes.entry(device).or_default().account = Some(account);
    }

    /// How many commands of a phone were taken, and what became of one of them.
    pub(crate) fn taken(&self, device: DeviceId) -> usize {
        self.outboxes.get(&device).map_or(0, |outbox| outbox.taken.len())
    }

    pub(crate) fn present(&self, device: DeviceId, number: u64) -> Option<Verdict> {
        let taken = &self.outboxes.get(&device)?.taken;
        taken.get(usize::try_from(number).ok()?.checked_sub(1)?).map(|(_, verdict, _)| *verdict)
    }

    /// A day of changes of the organisation is applied.
    pub(crate) fn apply_day(&mut self, today: Date) {
        let org = self.reference.org.clone();
        let before = std::mem::replace(&mut self.day, today);
        for unit in org.units() {
            let (old, new) = (org.acts_for(unit.id, before), org.acts_for(unit.id, today));
            let Some(heir) = new.filter(|heir| old != new && *heir != unit.id) else { continue };
            let moved = |grant: &&Grant| grant.unit == unit.id && today < grant.to;
            let all: Vec<(AccountId, Grant)> = self
                .grants
                .iter()
                .flat_map(|(account, grants)| grants.iter().filter(moved).map(|grant| (*account, *grant)))
                .collect();
            for (account, grant) in all {
                self.revoke(account, grant);
                if grant.from < today {
                    self.grant(account, Grant { to: today, ..grant });
                }
                self.grant(account, Grant { unit: heir, from: grant.from.max(today), ..grant });
            }
        }
    }

    /// Locks what is accepted and whose grace is over.
    pub(crate) fn close(&mut self, today: Date) {
        for sheet in self.reports.values_mut().filter(|sheet| sheet.state == State::Accepted) {
            let expected = self.reference.expectation(&sheet.key);
            if sheet.key.period.end <= today && expected.is_some_and(|one| one.grace_end <= today) {
                sheet.state = State::Locked;
                put(sheet, None);
            }
        }
    }

    /// Reads the commands of a call and foretells every answer.
    pub(crate) fn take(&mut self, device: DeviceId, commands: &[Vec<u8>], today: Date) -> Vec<Told> {
        let mut told = Vec::new();
        for bytes in commands {
            let Ok(Numbered { number, command }) = decode(bytes, UnitId([0; 16])) else { return told };
            let hash = thidua::auth::hash(bytes);
            let taken = self.taken(device) as u64;
            if number > taken + 1 {
                told.push(Told::Gap(taken + 1));
                return told;
            }
            if number <= taken {
                let (before, verdict, reason) = self.outboxes[&device].taken[number as usize - 1];
                if before != hash {
                    told.push(Told::Forked(number));
                    return told;
                }
                told.push(Told::Verdict { number, duplicate: true, verdict, reason });
                continue;
            }
            let account = self.outboxes[&device].account.unwrap();
            let by = By { account, device, number, today };
            let done = command.map_err(|refusal| refusal.reason).and_then(|command| self.run(by, &command, bytes));
            let (verdict, reason) = done.map_or_else(|reason| (Verdict::Rejected, Some(reason)), |done| (done, None));
            self.outboxes.get_mut(&device).unwrap().taken.push((hash, verdict, reason));
            told.push(Told::Verdict { number, duplicate: false, verdict, reason });
        }
        told
    }

    /// Notes what a server said that lost history: there the order of things is another story.
    pub(crate) fn believe(&mut self, device: DeviceId, number: u64, verdict: Verdict) {
        if let Some(entry) = self.outboxes.get_mut(&device).and_then(|one| one.taken.get_mut(number as usize - 1)) {
            entry.1 = verdict;
        }
    }

    fn run(&mut self, by: By, command: &Command, bytes: &[u8]) -> Step {
        let before = self.clone();
        let done = self.step(by, command);
        let Err(reason) = done else { return done };
        *self = before;
        let report = match &command.body {
            Body::Save(save) | Body::Propose { save, .. } => save.key.id(),
            Body::Submit { report, .. } => *report,
            _ => return Err(reason),
        };
        let unit = match &command.body {
            Body::Save(save) | Body::Propose { save, .. } => save.key.unit,
            Body::Submit { acting_unit, .. } => self.reports.get(&report).map_or(*acting_unit, |sheet| sheet.key.unit),
            _ => return Err(reason),
        };
        // Who once had the right: the hand-over box.
        if !matches!(reason, Reason::Denied | Reason::NotFound) || !self.once_wrote_for(by, unit) {
            return Err(reason);
        }
        let mut twin = 0u32;
        let free = |id: &HeldId| !self.held.contains_key(id);
        let id = std::iter::repeat_with(|| {
            let id = HeldId(derive("held", &[bytes, &twin.to_be_bytes()]));
            twin += 1;
            id
        });
        let id = { id }.find(free).unwrap();
        let kept = Kept { unit, report, command: command.clone(), device: by.device, number: by.number, waits: true };
        self.held.insert(id, kept);
        Ok(Verdict::Held)
    }

    fn step(&mut self, by: By, command: &Command) -> Step {
        match &command.body {
            Body::Save(save) => self.save(by, save),
            Body::Propose { save, .. } => {
                self.may(by, save.key.unit, &WRITERS, true)?;
                self.reports.get(&save.key.id()).ok_or(Reason::NotFound)?;
                self.propose(by, save)
            }
            Body::Submit { report, .. } => self.submit(by, *report),
            Body::Return { report, seen, question } => self.review(by, *report, |sheet| {
                is(sheet.state == State::Submitted, Reason::WorkflowForbids)?;
                is(as_report(sheet).content_hash() == *seen, Reason::ContentChanged)?;
                (sheet.state, sheet.question) = (State::Returned, Some(question.clone()));
                Ok(())
            }),
            Body::Accept { report, seen } => self.review(by, *report, |sheet| {
                is(!sheet.authors.contains(&by.account), Reason::OwnReport)?;
                is(sheet.state == State::Submitted, Reason::WorkflowForbids)?;
                is(as_report(sheet).content_hash() == *seen, Reason::ContentChanged)?;
                sheet.state = State::Accepted;
                Ok(())
            }),
            Body::Comment { report, comment, .. } => {
                let sheet = self.seen(by, *report)?;
                let own = self.may(by, sheet.key.unit, &WRITERS, true);
                own.or_else(|_| self.may(by, sheet.key.unit, &[Role::Reviewer], false))?;
                is(sheet.state != State::Draft, Reason::WorkflowForbids)?;
                is(self.comments.insert(*comment, *report).is_none(), Reason::CommentExists)?;
                Ok(Verdict::Applied)
            }
            Body::Settle { conflict, take_branch } => self.settle(by, *conflict, *take_branch),
            Body::SettleProposal { proposal, seen, grant } => self.settle_proposal(by, *proposal, *seen, *grant),
            Body::SettleHeld { held, apply } => self.settle_held(by, *held, *apply),
        }
    }

    fn review(&mut self, by: By, id: ReportId, decide: impl FnOnce(&mut Sheet) -> Result<(), Reason>) -> Step {
        let mut sheet = self.seen(by, id)?;
        self.may(by, sheet.key.unit, &[Role::Reviewer], false)?;
        decide(&mut sheet)?;
        put(&mut sheet, Some(by.device));
        self.reports.insert(id, sheet);
        Ok(Verdict::Applied)
    }

    fn settle_proposal(&mut self, by: By, id: ProposalId, seen: ContentHash, grant: bool) -> Step {
        let Some(one) = self.proposals.get(&id).cloned() else { return Err(Reason::NotFound) };
        let sheet = self.reports[&one.report].clone();
        self.may(by, sheet.key.unit, &[Role::Reviewer], false)?;
        is(!one.settled, Reason::ProposalSettled)?;
        is(!sheet.authors.contains(&by.account), Reason::OwnReport)?;
        is(as_report(&sheet).content_hash() == seen, Reason::ContentChanged)?;
        if grant {
            let mut next = sheet;
            for (element, value) in one.changes {
                set(&mut next, element, value);
            }
            self.complete(&next)?;
            self.file(next, by.device);
        }
        self.proposals.get_mut(&id).unwrap().settled = true;
        Ok(Verdict::Applied)
    }

    fn settle_held(&mut self, by: By, id: HeldId, apply: bool) -> Step {
        let Some(one) = self.held.get(&id).cloned() else { return Err(Reason::NotFound) };
        self.may(by, one.unit, &[Role::UnitHead], true)?;
        is(one.waits, Reason::HeldSettled)?;
        let verdict = if apply { self.step(by, &one.command)? } else { Verdict::Rejected };
        if apply {
            let author = self.outboxes[&one.device].account.unwrap();
            self.reports.get_mut(&one.report).unwrap().authors.insert(author);
        }
        self.held.get_mut(&id).unwrap().waits = false;
        let row = &mut self.outboxes.get_mut(&one.device).unwrap().taken[one.number as usize - 1];
        (row.1, row.2) = (verdict, None);
        Ok(Verdict::Applied)
    }

    fn save(&mut self, by: By, save: &Save) -> Step {
        self.may(by, save.key.unit, &WRITERS, true)?;
        let id = save.key.id();
        let official = |sheet: &Sheet| matches!(sheet.state, State::Accepted | State::Locked);
        if self.reports.get(&id).is_some_and(official) {
            return self.propose(by, save);
        }
        self.owed(&save.key, by.today)?;
        let fresh = || Sheet {
            key: save.key.clone(),
            state: State::Draft,
            cells: BTreeMap::new(),
            question: None,
            revision: 0,
            acting: self.acting(save.key.unit),
            authors: BTreeSet::new(),
            last: None,
            others: 0,
        };
        let mut sheet = self.reports.get(&id).cloned().unwrap_or_else(fresh);
        let others = if sheet.last == Some(by.device) { sheet.others } else { sheet.revision };
        let mut branches = Vec::new();
        for change in &save.changes {
            let theirs = sheet.cells.get(&change.element).copied();
            if theirs == change.base || theirs == change.mine {
                set(&mut sheet, change.element, change.mine);
            } else if change.mine != change.base {
                let (element, mine) = (change.element, change.mine);
                branches.push(Branch { report: id, element, mine, settled: false });
            }
        }
        if sheet.state == State::Submitted {
            self.complete(&sheet)?;
        }
        sheet.authors.insert(by.account);
        let revision = self.file(sheet, by.device);
        let conflicts = !branches.is_empty();
        for (index, branch) in branches.into_iter().enumerate() {
            let parts: [&[u8]; 5] =
                [&id.0, &by.device.0, &by.number.to_be_bytes(), &revision.to_be_bytes(), &(index as u64).to_be_bytes()];
            self.conflicts.insert(ConflictId(derive("conflict", &parts)), branch);
        }
        Ok(match (conflicts, others > save.base_revision) {
            (true, _) => Verdict::Conflict,
            (false, true) => Verdict::Merged,
            (false, false) => Verdict::Applied,
        })
    }

    fn propose(&mut self, by: By, save: &Save) -> Step {
        let sheet = self.reports.get_mut(&save.key.id()).unwrap();
        is(matches!(sheet.state, State::Accepted | State::Locked), Reason::WorkflowForbids)?;
        let differs = |change: &&thidua::domain::cell::Change| sheet.cells.get(&change.element) != change.mine.as_ref();
        let changes: Vec<_> = save.changes.iter().filter(differs).map(|one| (one.element, one.mine)).collect();
        if changes.is_empty() {
            return Ok(Verdict::Applied);
        }
        sheet.authors.insert(by.account);
        let report = save.key.id();
        let nth = self.proposals.values().filter(|one| one.report == report).count() as u32;
        let id = ProposalId(derive("proposal", &[&report.0, &nth.to_be_bytes()]));
        self.proposals.insert(id, Proposal { report, changes, settled: false });
        Ok(Verdict::Held)
    }

    fn submit(&mut self, by: By, report: ReportId) -> Step {
        let mut sheet = self.seen(by, report)?;
        self.may(by, sheet.key.unit, &WRITERS, true)?;
        self.owed(&sheet.key, by.today)?;
        is(matches!(sheet.state, State::Draft | State::Returned), Reason::WorkflowForbids)?;
        self.complete(&sheet)?;
        (sheet.state, sheet.question, sheet.acting) = (State::Submitted, None, self.acting(sheet.key.unit));
        sheet.authors.insert(by.account);
        self.file(sheet, by.device);
        Ok(Verdict::Applied)
    }

    fn settle(&mut self, by: By, id: ConflictId, take: bool) -> Step {
        let Some(branch) = self.conflicts.get(&id).cloned() else { return Err(Reason::NotFound) };
        let mut sheet = self.seen(by, branch.report)?;
        self.may(by, sheet.key.unit, &[Role::UnitHead], true)?;
        is(!branch.settled, Reason::ConflictSettled)?;
        if take {
            self.owed(&sheet.key, by.today)?;
            is(!matches!(sheet.state, State::Accepted | State::Locked), Reason::WorkflowForbids)?;
            set(&mut sheet, branch.element, branch.mine);
            if sheet.state == State::Submitted {
                self.complete(&sheet)?;
            }
            sheet.authors.insert(by.account);
            self.file(sheet, by.device);
        }
        self.conflicts.get_mut(&id).unwrap().settled = true;
        Ok(Verdict::Applied)
    }

    fn file(&mut self, mut next: Sheet, by: DeviceId) -> i64 {
        let id = next.key.id();
        match self.reports.get(&id) {
            // What says the same is not written, but who wrote is known.
            Some(before) if says_the_same(before, &next) => next.revision = before.revision,
            _ => put(&mut next, Some(by)),
        }
        let revision = next.revision;
        self.reports.insert(id, next);
        revision
    }

    fn owed(&self, key: &ReportKey, today: Date) -> Result<(), Reason> {
        is(self.reference.expectation(key).is_some(), Reason::NotExpected)?;
        is(today >= key.period.start, Reason::PeriodNotOpen)
    }

    fn complete(&self, sheet: &Sheet) -> Result<(), Reason> {
        let shape: &FormShape = self.reference.shape(sheet.key.contract).unwrap();
        is(shape.lines.keys().all(|element| sheet.cells.contains_key(element)), Reason::CellBlank)?;
        is(shape.rules.iter().all(|rule| rule.holds(&sheet.cells) != Some(false)), Reason::FormRule)
    }
}

pub(super) fn is(holds: bool, otherwise: Reason) -> Result<(), Reason> {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn set(sheet: &mut Sheet, element: ElementNo, value: Option<CellValue>) {
    match value {
        Some(value) => sheet.cells.insert(element, value),
        None => sheet.cells.remove(&element),
    };
}

fn says_the_same(before: &Sheet, next: &Sheet) -> bool {
    (before.state, before.acting, &before.cells, &before.question)
        == (next.state, next.acting, &next.cells, &next.question)
}

/// A new revision, by this phone's hand; MERGED is told from APPLIED by whose hand wrote before.
fn put(sheet: &mut Sheet, by: Option<DeviceId>) {
    if !(sheet.last.is_some() && sheet.last == by) && sheet.revision > 0 {
        sheet.others = sheet.revision;
    }
    sheet.last = by;
    sheet.revision += 1;
}

fn as_report(sheet: &Sheet) -> Report {
    let mut report = Report::draft(sheet.key.clone(), sheet.acting);
    report.cells = sheet.cells.clone();
    report
}
