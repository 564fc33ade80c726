//! The effect of each command in the reference model.

use crate::model::{
    CallerContext, ModelConflict, ModelProposal, ModelReport, ReferenceModel, StepResult,
    WRITER_ROLES, bump_revision, require, set_cell, to_report,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use thidua::domain::access::permission::Role;
use thidua::domain::campaign::{ParticipationAct, TakePart};
use thidua::domain::report::command::Verdict;
use thidua::domain::report::workflow::ReportState;
use thidua::domain::report::{ContentHash, FormSchema, ReportKey, SaveCells};
use thidua::domain::support::ids::{
    ConflictId, DeviceId, HeldCommandId, ProposalId, ReportId, derive_id,
};
use thidua::domain::support::reason::RefusalReason;

impl ReferenceModel {
    pub(super) fn review_report(
        &mut self,
        caller: CallerContext,
        id: ReportId,
        decide: impl FnOnce(&mut ModelReport) -> Result<(), RefusalReason>,
    ) -> StepResult {
        let mut stored = self.visible_report(caller, id)?;
        self.require_role(caller, stored.key.unit, &[Role::Reviewer], false)?;
        decide(&mut stored)?;
        bump_revision(&mut stored, Some(caller.device));
        self.reports.insert(id, stored);
        Ok(Verdict::Applied)
    }

    pub(super) fn settle_proposal(
        &mut self,
        caller: CallerContext,
        id: ProposalId,
        seen: ContentHash,
        grant: bool,
    ) -> StepResult {
        let Some(one) = self.proposals.get(&id).cloned() else {
            return Err(RefusalReason::NotFound);
        };
        let stored = self.reports[&one.report].clone();
        self.require_role(caller, stored.key.unit, &[Role::Reviewer], false)?;
        require(!one.settled, RefusalReason::ProposalSettled)?;
        require(!stored.authors.contains(&caller.account), RefusalReason::OwnReport)?;
        require(to_report(&stored).content_hash() == seen, RefusalReason::ContentChanged)?;
        if grant {
            let mut next = stored;
            for (element, value) in one.changes {
                set_cell(&mut next, element, value);
            }
            self.require_complete(&next)?;
            self.store_report(next, caller.device);
        }
        self.proposals.get_mut(&id).unwrap().settled = true;
        Ok(Verdict::Applied)
    }

    /// A pledge replaces the one that its author saw, and no other.
    pub(super) fn take_part(&mut self, caller: CallerContext, part: &TakePart) -> StepResult {
        self.require_role(caller, part.unit, &WRITER_ROLES, true)?;
        let ParticipationAct::RecordPledge { body, pledge: Some(pledge), seen } = &part.act else {
            return Err(RefusalReason::NothingToDo);
        };
        let present = self.pledges.get(&part.unit).and_then(|of_unit| of_unit.get(body));
        let is_free = present == seen.as_ref() || present == Some(pledge);
        require(is_free, RefusalReason::ContentChanged)?;
        self.pledges.entry(part.unit).or_default().insert(body.clone(), pledge.clone());
        Ok(Verdict::Applied)
    }

    pub(super) fn settle_held(
        &mut self,
        caller: CallerContext,
        id: HeldCommandId,
        apply: bool,
    ) -> StepResult {
        let Some(one) = self.held_commands.get(&id).cloned() else {
            return Err(RefusalReason::NotFound);
        };
        self.require_role(caller, one.unit, &[Role::UnitHead], true)?;
        require(one.is_waiting, RefusalReason::HeldSettled)?;
        let verdict =
            if apply { self.apply_command(caller, &one.command)? } else { Verdict::Rejected };
        if apply {
            let author = self.outboxes[&one.device].account.unwrap();
            self.reports.get_mut(&one.report).unwrap().authors.insert(author);
        }
        self.held_commands.get_mut(&id).unwrap().is_waiting = false;
        let row = &mut self.outboxes.get_mut(&one.device).unwrap().taken[one.number as usize - 1];
        (row.1, row.2) = (verdict, None);
        Ok(Verdict::Applied)
    }

    pub(super) fn save_cells(&mut self, caller: CallerContext, save: &SaveCells) -> StepResult {
        self.require_role(caller, save.key.unit, &WRITER_ROLES, true)?;
        let id = save.key.id();
        let official = |stored: &ModelReport| {
            matches!(stored.state, ReportState::Accepted | ReportState::Locked)
        };
        if self.reports.get(&id).is_some_and(official) {
            return self.create_proposal(caller, save);
        }
        self.require_owed(&save.key, caller.today)?;
        let is_new = || ModelReport {
            key: save.key.clone(),
            state: ReportState::Draft,
            cells: BTreeMap::new(),
            question: None,
            revision: 0,
            acting_unit: self.acting_unit(save.key.unit),
            authors: BTreeSet::new(),
            last_device: None,
            other_revisions: 0,
        };
        let mut stored = self.reports.get(&id).cloned().unwrap_or_else(is_new);
        let others = if stored.last_device == Some(caller.device) {
            stored.other_revisions
        } else {
            stored.revision
        };
        let mut branches = Vec::new();
        for change in &save.changes {
            let present = stored.cells.get(&change.element).copied();
            if present == change.base || present == change.mine {
                set_cell(&mut stored, change.element, change.mine);
            } else if change.mine != change.base {
                let (element, mine) = (change.element, change.mine);
                branches.push(ModelConflict { report: id, element, mine, settled: false });
            }
        }
        if stored.state == ReportState::Submitted {
            self.require_complete(&stored)?;
        }
        stored.authors.insert(caller.account);
        let revision = self.store_report(stored, caller.device);
        let conflicts = !branches.is_empty();
        for (index, branch) in branches.into_iter().enumerate() {
            let parts: [&[u8]; 5] = [
                &id.0,
                &caller.device.0,
                &caller.number.to_be_bytes(),
                &revision.to_be_bytes(),
                &(index as u64).to_be_bytes(),
            ];
            self.conflicts.insert(ConflictId(derive_id("conflict", &parts)), branch);
        }
        Ok(match (conflicts, others > save.base_revision) {
            (true, _) => Verdict::Conflict,
            (false, true) => Verdict::Merged,
            (false, false) => Verdict::Applied,
        })
    }

    pub(super) fn create_proposal(
        &mut self,
        caller: CallerContext,
        save: &SaveCells,
    ) -> StepResult {
        let stored = self.reports.get_mut(&save.key.id()).unwrap();
        require(
            matches!(stored.state, ReportState::Accepted | ReportState::Locked),
            RefusalReason::WorkflowForbids,
        )?;
        let differs = |change: &&thidua::domain::report::cell::CellChange| {
            stored.cells.get(&change.element) != change.mine.as_ref()
        };
        let changes: Vec<_> =
            save.changes.iter().filter(differs).map(|one| (one.element, one.mine)).collect();
        if changes.is_empty() {
            return Ok(Verdict::Applied);
        }
        stored.authors.insert(caller.account);
        let report = save.key.id();
        let nth = self.proposals.values().filter(|one| one.report == report).count() as u32;
        let id = ProposalId(derive_id("proposal", &[&report.0, &nth.to_be_bytes()]));
        self.proposals.insert(id, ModelProposal { report, changes, settled: false });
        Ok(Verdict::Held)
    }

    pub(super) fn submit_report(&mut self, caller: CallerContext, report: ReportId) -> StepResult {
        let mut stored = self.visible_report(caller, report)?;
        self.require_role(caller, stored.key.unit, &WRITER_ROLES, true)?;
        self.require_owed(&stored.key, caller.today)?;
        let expected = self.reference.expectation(&stored.key);
        require(
            expected.is_some_and(|expected| caller.today >= expected.submit_from),
            RefusalReason::PeriodNotOver,
        )?;
        require(
            matches!(stored.state, ReportState::Draft | ReportState::Returned),
            RefusalReason::WorkflowForbids,
        )?;
        self.require_complete(&stored)?;
        (stored.state, stored.question, stored.acting_unit) =
            (ReportState::Submitted, None, self.acting_unit(stored.key.unit));
        stored.authors.insert(caller.account);
        self.store_report(stored, caller.device);
        Ok(Verdict::Applied)
    }

    pub(super) fn settle_conflict(
        &mut self,
        caller: CallerContext,
        id: ConflictId,
        take: bool,
    ) -> StepResult {
        let Some(branch) = self.conflicts.get(&id).cloned() else {
            return Err(RefusalReason::NotFound);
        };
        let mut stored = self.visible_report(caller, branch.report)?;
        self.require_role(caller, stored.key.unit, &[Role::UnitHead], true)?;
        require(!branch.settled, RefusalReason::ConflictSettled)?;
        if take {
            self.require_owed(&stored.key, caller.today)?;
            require(
                !matches!(stored.state, ReportState::Accepted | ReportState::Locked),
                RefusalReason::WorkflowForbids,
            )?;
            set_cell(&mut stored, branch.element, branch.mine);
            if stored.state == ReportState::Submitted {
                self.require_complete(&stored)?;
            }
            stored.authors.insert(caller.account);
            self.store_report(stored, caller.device);
        }
        self.conflicts.get_mut(&id).unwrap().settled = true;
        Ok(Verdict::Applied)
    }

    pub(super) fn store_report(&mut self, mut next: ModelReport, caller: DeviceId) -> i64 {
        let id = next.key.id();
        match self.reports.get(&id) {
            // Equal content is not written, but the author is recorded.
            Some(before) if has_same_content(before, &next) => next.revision = before.revision,
            _ => bump_revision(&mut next, Some(caller)),
        }
        let revision = next.revision;
        self.reports.insert(id, next);
        revision
    }

    pub(super) fn require_owed(&self, key: &ReportKey, today: Date) -> Result<(), RefusalReason> {
        require(self.reference.expectation(key).is_some(), RefusalReason::NotExpected)?;
        require(today >= key.period.start, RefusalReason::PeriodNotOpen)
    }

    pub(super) fn require_complete(&self, stored: &ModelReport) -> Result<(), RefusalReason> {
        let shape: &FormSchema = self.reference.form_schema(stored.key.contract).unwrap();
        require(
            shape.ranges.keys().all(|element| stored.cells.contains_key(element)),
            RefusalReason::CellBlank,
        )?;
        require(
            shape.rules.iter().all(|rule| rule.evaluate(&stored.cells) != Some(false)),
            RefusalReason::FormRule,
        )
    }
}

fn has_same_content(before: &ModelReport, next: &ModelReport) -> bool {
    (before.state, before.acting_unit, &before.cells, &before.question)
        == (next.state, next.acting_unit, &next.cells, &next.question)
}
