//! The reference model: the contract over plain maps, without a database, a feed or bytes. It reads
//! the commands of a call and predicts each verdict; at the end it computes who may hold which
//! record.
//!
//! It uses only product code that is tested elsewhere and is no part of sync: the organisation in
//! time, form rules, ids.

use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use thidua::app::ReferenceSnapshot;
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::campaign::Pledge;
use thidua::domain::report::cell::{CellValue, ElementNumber};
use thidua::domain::report::command::{Command, CommandBody, Verdict};
use thidua::domain::report::workflow::ReportState;
use thidua::domain::report::{ContentHash, Report, ReportKey, ReviewQuestion};
use thidua::domain::support::ids::{
    AccountId, CommentId, ConflictId, DeviceId, HeldCommandId, ProposalId, ReportId, UnitId,
    derive_id,
};
use thidua::domain::support::reason::RefusalReason;
use thidua::wire::command::{NumberedCommand, decode_command};

/// The response that the server must give to one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PredictedResponse {
    Verdict { number: u64, duplicate: bool, verdict: Verdict, reason: Option<RefusalReason> },
    Gap(u64),
    Forked(u64),
}

/// A report's present state, with its authors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModelReport {
    pub(crate) key: ReportKey,
    pub(crate) state: ReportState,
    pub(crate) cells: BTreeMap<ElementNumber, CellValue>,
    pub(crate) question: Option<ReviewQuestion>,
    pub(crate) revision: i64,
    pub(super) acting_unit: UnitId,
    pub(super) authors: BTreeSet<AccountId>,
    pub(super) last_device: Option<DeviceId>,
    pub(super) other_revisions: i64,
}

#[derive(Debug, Clone)]
pub(super) struct ModelConflict {
    pub(super) report: ReportId,
    pub(super) element: ElementNumber,
    pub(super) mine: Option<CellValue>,
    pub(super) settled: bool,
}

#[derive(Debug, Clone)]
pub(super) struct ModelProposal {
    pub(super) report: ReportId,
    pub(super) changes: Vec<(ElementNumber, Option<CellValue>)>,
    pub(super) settled: bool,
}

#[derive(Debug, Clone)]
pub(super) struct ModelHeldCommand {
    pub(super) unit: UnitId,
    pub(super) report: ReportId,
    pub(super) command: Command,
    pub(super) device: DeviceId,
    pub(super) number: u64,
    pub(super) is_waiting: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct ModelOutbox {
    pub(super) account: Option<AccountId>,
    pub(super) taken: Vec<([u8; 32], Verdict, Option<RefusalReason>)>,
}

#[derive(Clone)]
pub(crate) struct ReferenceModel {
    pub(super) reference: Arc<ReferenceSnapshot>,
    /// The day for which the unit hierarchy was applied.
    pub(crate) day: Date,
    pub(crate) grants: BTreeMap<AccountId, Vec<Grant>>,
    pub(super) former_roles: BTreeMap<AccountId, BTreeSet<(Role, UnitId)>>,
    pub(super) outboxes: BTreeMap<DeviceId, ModelOutbox>,
    pub(crate) reports: BTreeMap<ReportId, ModelReport>,
    pub(super) conflicts: BTreeMap<ConflictId, ModelConflict>,
    pub(super) proposals: BTreeMap<ProposalId, ModelProposal>,
    pub(super) comments: BTreeMap<CommentId, ReportId>,
    pub(super) held_commands: BTreeMap<HeldCommandId, ModelHeldCommand>,
    /// What each unit pledged in the campaign, by body.
    pub(crate) pledges: BTreeMap<UnitId, BTreeMap<String, Pledge>>,
}

pub(super) type StepResult = Result<Verdict, RefusalReason>;

/// The caller of a command: account, device, command number, day.
#[derive(Clone, Copy)]
pub(super) struct CallerContext {
    pub(super) account: AccountId,
    pub(super) device: DeviceId,
    pub(super) number: u64,
    pub(super) today: Date,
}

pub(super) const WRITER_ROLES: [Role; 2] = [Role::Reporter, Role::UnitHead];

impl ReferenceModel {
    pub(crate) fn new(reference: Arc<ReferenceSnapshot>, day: Date) -> Self {
        Self {
            reference,
            day,
            grants: BTreeMap::new(),
            former_roles: BTreeMap::new(),
            outboxes: BTreeMap::new(),
            reports: BTreeMap::new(),
            conflicts: BTreeMap::new(),
            proposals: BTreeMap::new(),
            comments: BTreeMap::new(),
            held_commands: BTreeMap::new(),
            pledges: BTreeMap::new(),
        }
    }

    pub(crate) fn grant(&mut self, account: AccountId, grant: Grant) {
        let grants = self.grants.entry(account).or_default();
        grants.retain(|one| (one.role, one.unit) != (grant.role, grant.unit));
        grants.push(grant);
    }

    pub(crate) fn revoke(&mut self, account: AccountId, grant: Grant) {
        self.grants
            .entry(account)
            .or_default()
            .retain(|one| (one.role, one.unit) != (grant.role, grant.unit));
        self.former_roles.entry(account).or_default().insert((grant.role, grant.unit));
    }

    pub(crate) fn enrol(&mut self, device: DeviceId, account: AccountId) {
        self.outboxes.entry(device).or_default().account = Some(account);
    }

    /// The number of commands stored for a phone.
    pub(crate) fn taken_count(&self, device: DeviceId) -> usize {
        self.outboxes.get(&device).map_or(0, |outbox| outbox.taken.len())
    }

    pub(crate) fn current_verdict(&self, device: DeviceId, number: u64) -> Option<Verdict> {
        let taken = &self.outboxes.get(&device)?.taken;
        taken.get(usize::try_from(number).ok()?.checked_sub(1)?).map(|(_, verdict, _)| *verdict)
    }

    /// Applies the organisation changes of a day.
    pub(crate) fn apply_day(&mut self, today: Date) {
        let org = self.reference.org.clone();
        let before = std::mem::replace(&mut self.day, today);
        for unit in org.units() {
            let (old, new) = (org.acting_unit(unit.id, before), org.acting_unit(unit.id, today));
            let Some(successor) = new.filter(|successor| old != new && *successor != unit.id)
            else {
                continue;
            };
            let moved = |grant: &&Grant| grant.unit == unit.id && today < grant.to;
            let all: Vec<(AccountId, Grant)> = self
                .grants
                .iter()
                .flat_map(|(account, grants)| {
                    grants.iter().filter(moved).map(|grant| (*account, *grant))
                })
                .collect();
            for (account, grant) in all {
                self.revoke(account, grant);
                if grant.from < today {
                    self.grant(account, Grant { to: today, ..grant });
                }
                self.grant(
                    account,
                    Grant { unit: successor, from: grant.from.max(today), ..grant },
                );
            }
        }
    }

    /// Locks accepted reports whose grace is over.
    pub(crate) fn lock_overdue(&mut self, today: Date) {
        for stored in
            self.reports.values_mut().filter(|stored| stored.state == ReportState::Accepted)
        {
            let expected = self.reference.expectation(&stored.key);
            if stored.key.period.end <= today
                && expected.is_some_and(|one| one.grace_end_day <= today)
            {
                stored.state = ReportState::Locked;
                bump_revision(stored, None);
            }
        }
    }

    /// Reads the commands of a call and predicts every response.
    pub(crate) fn predict_responses(
        &mut self,
        device: DeviceId,
        commands: &[Vec<u8>],
        today: Date,
    ) -> Vec<PredictedResponse> {
        let mut responses = Vec::new();
        for bytes in commands {
            let Ok(NumberedCommand { number, command }) = decode_command(bytes, UnitId([0; 16]))
            else {
                return responses;
            };
            let hash = thidua::auth::hash_secret(bytes);
            let taken = self.taken_count(device) as u64;
            if number > taken + 1 {
                responses.push(PredictedResponse::Gap(taken + 1));
                return responses;
            }
            if number <= taken {
                let (before, verdict, reason) = self.outboxes[&device].taken[number as usize - 1];
                if before != hash {
                    responses.push(PredictedResponse::Forked(number));
                    return responses;
                }
                responses.push(PredictedResponse::Verdict {
                    number,
                    duplicate: true,
                    verdict,
                    reason,
                });
                continue;
            }
            let account = self.outboxes[&device].account.unwrap();
            let caller = CallerContext { account, device, number, today };
            let done = command
                .map_err(|refusal| refusal.reason)
                .and_then(|command| self.run_command(caller, &command, bytes));
            let (verdict, reason) =
                done.map_or_else(|reason| (Verdict::Rejected, Some(reason)), |done| (done, None));
            self.outboxes.get_mut(&device).unwrap().taken.push((hash, verdict, reason));
            responses.push(PredictedResponse::Verdict {
                number,
                duplicate: false,
                verdict,
                reason,
            });
        }
        responses
    }

    /// Stores the verdict of a server that lost history, where the order of commands is another.
    pub(crate) fn accept_verdict(&mut self, device: DeviceId, number: u64, verdict: Verdict) {
        if let Some(entry) =
            self.outboxes.get_mut(&device).and_then(|one| one.taken.get_mut(number as usize - 1))
        {
            entry.1 = verdict;
        }
    }

    fn run_command(
        &mut self,
        caller: CallerContext,
        command: &Command,
        bytes: &[u8],
    ) -> StepResult {
        let before = self.clone();
        let done = self.apply_command(caller, command);
        let Err(reason) = done else { return done };
        *self = before;
        let report = match &command.body {
            CommandBody::SaveCells(save) | CommandBody::ProposeAmendment { save, .. } => {
                save.key.id()
            }
            CommandBody::SubmitReport { report, .. } => *report,
            _ => return Err(reason),
        };
        let unit = match &command.body {
            CommandBody::SaveCells(save) | CommandBody::ProposeAmendment { save, .. } => {
                save.key.unit
            }
            CommandBody::SubmitReport { acting_unit, .. } => {
                self.reports.get(&report).map_or(*acting_unit, |stored| stored.key.unit)
            }
            _ => return Err(reason),
        };
        // A former writer's command is held.
        if !matches!(reason, RefusalReason::Denied | RefusalReason::NotFound)
            || !self.was_writer_for(caller, unit)
        {
            return Err(reason);
        }
        let mut twin = 0u32;
        let free = |id: &HeldCommandId| !self.held_commands.contains_key(id);
        let id = std::iter::repeat_with(|| {
            let id = HeldCommandId(derive_id("held", &[bytes, &twin.to_be_bytes()]));
            twin += 1;
            id
        });
        let id = { id }.find(free).unwrap();
        let held_command = ModelHeldCommand {
            unit,
            report,
            command: command.clone(),
            device: caller.device,
            number: caller.number,
            is_waiting: true,
        };
        self.held_commands.insert(id, held_command);
        Ok(Verdict::Held)
    }

    pub(super) fn apply_command(&mut self, caller: CallerContext, command: &Command) -> StepResult {
        match &command.body {
            CommandBody::SaveCells(save) => self.save_cells(caller, save),
            CommandBody::ProposeAmendment { save, .. } => {
                self.require_role(caller, save.key.unit, &WRITER_ROLES, true)?;
                self.reports.get(&save.key.id()).ok_or(RefusalReason::NotFound)?;
                self.create_proposal(caller, save)
            }
            CommandBody::SubmitReport { report, .. } => self.submit_report(caller, *report),
            CommandBody::ReturnReport { report, content_hash: seen, question } => self
                .review_report(caller, *report, |stored| {
                    require_submitted(stored, *seen)?;
                    (stored.state, stored.question) =
                        (ReportState::Returned, Some(question.clone()));
                    Ok(())
                }),
            CommandBody::AcceptReport { report, content_hash: seen } => {
                self.review_report(caller, *report, |stored| {
                    require(!stored.authors.contains(&caller.account), RefusalReason::OwnReport)?;
                    require_submitted(stored, *seen)?;
                    stored.state = ReportState::Accepted;
                    Ok(())
                })
            }
            CommandBody::AddComment { report, comment, .. } => {
                let stored = self.visible_report(caller, *report)?;
                let own = self.require_role(caller, stored.key.unit, &WRITER_ROLES, true);
                own.or_else(|_| {
                    self.require_role(caller, stored.key.unit, &[Role::Reviewer], false)
                })?;
                require(stored.state != ReportState::Draft, RefusalReason::WorkflowForbids)?;
                require(
                    self.comments.insert(*comment, *report).is_none(),
                    RefusalReason::CommentExists,
                )?;
                Ok(Verdict::Applied)
            }
            CommandBody::SettleConflict { conflict, take_branch } => {
                self.settle_conflict(caller, *conflict, *take_branch)
            }
            CommandBody::SettleProposal { proposal, content_hash: seen, grant } => {
                self.settle_proposal(caller, *proposal, *seen, *grant)
            }
            CommandBody::SettleHeld { held, apply } => self.settle_held(caller, *held, *apply),
            CommandBody::TakePart(part) => self.take_part(caller, part),
        }
    }
}

/// The report waits for review, with the content that the reviewer saw.
fn require_submitted(stored: &ModelReport, seen: ContentHash) -> Result<(), RefusalReason> {
    require(stored.state == ReportState::Submitted, RefusalReason::WorkflowForbids)?;
    require(to_report(stored).content_hash() == seen, RefusalReason::ContentChanged)
}

pub(super) fn require(condition: bool, reason: RefusalReason) -> Result<(), RefusalReason> {
    if condition { Ok(()) } else { Err(reason) }
}

pub(super) fn set_cell(stored: &mut ModelReport, element: ElementNumber, value: Option<CellValue>) {
    match value {
        Some(value) => stored.cells.insert(element, value),
        None => stored.cells.remove(&element),
    };
}

/// A new revision by this phone; MERGED differs from APPLIED by the phone that wrote before.
pub(super) fn bump_revision(stored: &mut ModelReport, caller: Option<DeviceId>) {
    if !(stored.last_device.is_some() && stored.last_device == caller) && stored.revision > 0 {
        stored.other_revisions = stored.revision;
    }
    stored.last_device = caller;
    stored.revision += 1;
}

pub(super) fn to_report(stored: &ModelReport) -> Report {
    let mut report = Report::new_draft(stored.key.clone(), stored.acting_unit);
    report.cells = stored.cells.clone();
    report
}
