//! The actions of a simulated day: users at phones, the office, the operator. Each action is drawn
//! from the seed and logged.

use crate::fault::Fault;
use crate::fixture;
use crate::phone::PhoneState;
use crate::world::World;
use jiff::civil::date;
use serde_json::json;
use thidua::client::facade::{
    CellEntry, CellFigure, ClientError, PledgeEntry, ReportKeyView, ReportStatus, ReportView,
};
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::support::ids::UnitId;
use thidua::domain::support::time::days_from_date;

const HOUR: i64 = 3_600_000_000;

impl World {
    /// Runs the day of this seed.
    pub(crate) fn run_day(&mut self) {
        for at in 0..self.phones.len() {
            if self.phones[at].has_twin() {
                let fault = Fault::draw_within(&mut self.rng);
                self.sync_until_done(at, fault, false);
            }
            self.sync_until_done(at, Fault::None, false);
        }
        for action in 0..self.plan.actions {
            self.run_action();
            if self.plan.twins.is_some() {
                self.run_operator_plan(action);
            }
        }
    }

    /// On days with twins a copy is made, and half of them lose what came after it.
    fn run_operator_plan(&mut self, action: usize) {
        let third = self.plan.actions / 3;
        if action == third {
            self.make_backup();
        } else if action == 2 * third && self.rng.chance(50) {
            self.log_event("the database is put back from the last copy".into());
            self.restore_backup(true);
        }
    }

    fn make_backup(&mut self) {
        let path = self.plan.home.path().join(format!("copy-{}.db", self.backups.len()));
        self.pick_node().store().copy_to_file(&path).unwrap();
        self.backups.push((path, self.model.clone()));
        self.log_event("a copy is made".into());
    }

    fn run_action(&mut self) {
        // Time passes, so that a phone's commands are not all of one second.
        self.advance_clock(self.clock.now().0 % 7 * 1_000_000 + 60_000_000);
        if self.plan.twins.is_some() && self.rng.chance(12) {
            return self.run_district_office();
        }
        let Some(at) = self.pick_phone() else { return };
        match self.rng.below(100) {
            0..46 => self.run_person_action(at),
            46..80 => self.sync_phone(at),
            80..93 => self.run_office_action(),
            _ => self.run_operator_action(at),
        }
    }

    /// A working phone.
    fn pick_phone(&mut self) -> Option<usize> {
        let working: Vec<usize> = (0..self.phones.len())
            .filter(|at| self.phones[*at].state == PhoneState::Working)
            .collect();
        self.rng.pick(&working).copied()
    }

    /// The reviewer above most phones with a twin works off what came in.
    fn run_district_office(&mut self) {
        const REVIEWER: usize = 1;
        if self.phones[REVIEWER].state != PhoneState::Working || self.phones[REVIEWER].is_locked() {
            return;
        }
        self.sync_until_done(REVIEWER, Fault::None, false);
        match self.review_report(REVIEWER) {
            Err(error) if !is_expected_error(&error) => panic!("the district office: {error:?}"),
            done => self.log_event(format!("the district office {done:?}")),
        }
        self.sync_until_done(REVIEWER, Fault::None, false);
    }

    fn sync_phone(&mut self, at: usize) {
        let fault = Fault::draw(&mut self.rng);
        self.log_event(format!("{} syncs: {fault:?}", self.phones[at].name));
        self.sync_until_done(at, fault, true);
    }

    /// Runs an action between two frames of a call.
    pub(crate) fn interleave_action(&mut self, calls: usize) {
        if self.rng.chance(25) {
            return self.run_office_action();
        }
        let Some(at) = self.pick_phone().filter(|at| *at != calls) else { return };
        self.run_person_action(at);
        self.log_event(format!("  meanwhile {} syncs", self.phones[at].name));
        self.sync_until_done(at, Fault::None, false);
    }

    fn run_person_action(&mut self, at: usize) {
        if self.phones[at].is_locked() {
            self.count_event("locked by its lease");
            return self
                .log_event(format!("{} is locked: no contact for too long", self.phones[at].name));
        }
        let before = self.phones[at].refused_commands();
        let what = match self.rng.below(100) {
            // Reporters with a twin send more, so that reviewers have more to do.
            58..70 if self.phones[at].has_twin() => self.report_nothing(at),
            0..40 => self.edit_report(at),
            40..58 => self.fill_and_submit(at),
            58..78 => self.review_report(at),
            78..82 => self.add_comment(at),
            82..84 => self.pledge(at),
            84..92 => self.settle_pending(at),
            92..96 => self.discard_refused(at),
            _ => {
                let killed = self.phones[at].has_twin() && self.rng.chance(50);
                self.phones[at].restart(killed);
                Ok("the app ends and is opened again".to_owned())
            }
        };
        for status in self.phones[at].compare_with_twin(false) {
            self.count_with_twin(at, &format!("sees {}", status.code()));
        }
        // A refusal that a new command replaced counts as handled.
        let after = self.phones[at].refused_commands();
        let handled =
            before.into_iter().filter(|one| !after.contains(one)).map(|(number, _)| number);
        self.phones[at].discarded.extend(handled);
        let name = &self.phones[at].name;
        let line = match what {
            Ok(what) => format!("{name}: {what}"),
            Err(refused) if is_expected_error(&refused) => format!("{name}: {refused}"),
            Err(other) => panic!("{name}: {other:?}"),
        };
        self.log_event(line);
    }

    /// One of the reports that this phone owes or holds.
    fn pick_report_key(&mut self, at: usize) -> Option<ReportKeyView> {
        let today = days_from_date(self.clock.now().local_date());
        let due = self.phones[at].app().due_reports(today - 12, today + 1).ok()?;
        let mut keys: Vec<ReportKeyView> =
            due.into_iter().map(|due| due.key).filter(|key| key.contract == "tuan-xa").collect();
        keys.extend(
            self.phones[at]
                .reports()
                .into_iter()
                .map(|view| view.key)
                .filter(|_| self.rng.chance(15)),
        );
        self.rng.pick(&keys).cloned()
    }

    fn pick_figure(&mut self) -> Option<CellFigure> {
        match self.rng.below(10) {
            0 => None,
            1..4 => Some(CellFigure::Nil),
            4 => Some(CellFigure::MissingAwaitingSource),
            _ => Some(CellFigure::Reported { value: self.rng.below(4) as i64 + 1 }),
        }
    }

    fn edit_report(&mut self, at: usize) -> Result<String, ClientError> {
        let Some(key) = self.pick_report_key(at) else {
            return Ok("has nothing to fill in".into());
        };
        let form = self.phones[at].app().blank_form(key.contract.clone())?;
        let mut cells: Vec<CellEntry> = Vec::new();
        // Few cells, so that users often edit the same one.
        for _ in 0..1 + self.rng.below(3) {
            let element = form[self.rng.below(form.len().min(5))].element.clone();
            if cells.iter().all(|cell| cell.element != element) {
                cells.push(CellEntry { element, value: self.pick_figure() });
            }
        }
        let announced = format!(
            "types {:?} into {} {}",
            cells.iter().map(|c| c.value).collect::<Vec<_>>(),
            key.unit,
            key.start_day
        );
        let official = self
            .report_view(at, &key)
            .is_some_and(|v| matches!(v.status, ReportStatus::Accepted | ReportStatus::Locked));
        let phone = &self.phones[at];
        let number = if official {
            phone.perform("propose", &json!([key, cells, null, "nhập nhầm"]))?
        } else {
            phone.perform("save", &json!([key, cells, null]))?
        };
        Ok(format!("{announced}: {number}"))
    }

    /// Says that nothing occurred, and sends that.
    fn report_nothing(&mut self, at: usize) -> Result<String, ClientError> {
        let Some(key) = self.pick_report_key(at) else { return Ok("has nothing to send".into()) };
        let sends = self.rng.chance(70);
        let phone = &self.phones[at];
        let saved = phone.perform("saveNilCarried", &json!([key]))?;
        let id = phone.app().report_id(key.clone());
        let sent = if sends { Some(phone.perform("submit", &json!([id]))?) } else { None };
        Ok(format!("nothing occurred in {} {}: {saved}, {sent:?}", key.unit, key.start_day))
    }

    fn report_view(&self, at: usize, key: &ReportKeyView) -> Option<ReportView> {
        let app = self.phones[at].app();
        app.report(app.report_id(key.clone())).unwrap()
    }

    fn fill_and_submit(&mut self, at: usize) -> Result<String, ClientError> {
        let Some(key) = self.pick_report_key(at) else { return Ok("has nothing to send".into()) };
        let app = self.phones[at].app();
        let id = app.report_id(key.clone());
        let filled = app.report(id.clone())?;
        let blank = |cell: &thidua::client::facade::CellView| {
            filled
                .iter()
                .flat_map(|view| &view.cells)
                .all(|one| one.element != cell.element || one.value.is_none())
        };
        let form = app.blank_form(key.contract.clone())?;
        let nil = |element| CellEntry { element, value: Some(CellFigure::Nil) };
        let cells: Vec<_> =
            form.into_iter().filter(|cell| blank(cell)).map(|cell| nil(cell.element)).collect();
        self.phones[at].perform("save", &json!([key, cells, null]))?;
        let number = self.phones[at].perform("submit", &json!([id]))?;
        Ok(format!("sends {} {}: {number}", key.unit, key.start_day))
    }

    fn review_report(&mut self, at: usize) -> Result<String, ClientError> {
        let queue = self.phones[at].app().review_queue()?;
        let Some(view) = self.rng.pick(&queue).map(|one| one.report.clone()) else {
            return Ok("has nothing to review".into());
        };
        let accept = self.rng.chance(65);
        let (id, hash) = (view.report_id, view.content_hash);
        let (name, args) = if accept {
            ("accept", json!([[{ "reportId": id, "contentHash": hash }]]))
        } else {
            ("return", json!([id, hash, "CHECK_FIGURE", "xem lại"]))
        };
        let number = self.phones[at].perform(name, &args)?;
        let done = if accept { "accepts" } else { "returns" };
        Ok(format!("{done} {} {}: {number}", view.key.unit, view.key.start_day))
    }

    fn add_comment(&mut self, at: usize) -> Result<String, ClientError> {
        let views = self.phones[at].reports();
        let Some(view) = self.rng.pick(&views) else {
            return Ok("has nothing to comment on".into());
        };
        let args = json!([view.report_id, "đã đối chiếu"]);
        let number = self.phones[at].perform("comment", &args)?;
        Ok(format!("comments on {} {}: {number}", view.key.unit, view.key.start_day))
    }

    /// The unit of the phone, or one of its bodies, pledges anew.
    fn pledge(&mut self, at: usize) -> Result<String, ClientError> {
        let Some(session) = self.phones[at].app().session()? else {
            return Ok("is not enrolled".into());
        };
        let pledge = PledgeEntry {
            body: if self.rng.chance(50) { String::new() } else { "YOUTH_UNION".to_owned() },
            text: format!("giao ước lần {}", self.rng.below(100)),
            signed_role: "Trưởng Công an".to_owned(),
        };
        let said = format!("pledges: {}", pledge.text);
        let number = self.phones[at].perform("pledge", &json!(["A", session.unit, pledge]))?;
        self.count_event("pledged");
        Ok(format!("{said}: {number}"))
    }

    /// Settles a conflict, a held command or a proposal. Lists are sorted by content, because ids
    /// are random.
    fn settle_pending(&mut self, at: usize) -> Result<String, ClientError> {
        let yes = self.rng.chance(60);
        match self.rng.below(3) {
            0 => {
                let mut open = self.phones[at].app().conflicts()?;
                open.retain(|one| one.settled.is_none() && !one.settling);
                open.sort_by_key(|one| {
                    format!("{} {:?} {:?}", one.report_id, one.element, one.branch)
                });
                let Some(one) = self.rng.pick(&open) else { return Ok("has no conflict".into()) };
                let number =
                    self.phones[at].perform("settleConflict", &json!([one.conflict_id, yes]))?;
                Ok(format!("settles a conflict ({yes}): {number}"))
            }
            1 => {
                let mut open = self.phones[at].app().held_commands()?;
                open.retain(|one| one.settled.is_none() && !one.settling);
                open.sort_by_key(|one| format!("{} {:?} {:?}", one.report_id, one.kind, one.cells));
                let Some(one) = self.rng.pick(&open) else { return Ok("has an empty box".into()) };
                let number = self.phones[at].perform("settleHeld", &json!([one.held_id, yes]))?;
                Ok(format!("settles a held command ({yes}): {number}"))
            }
            _ => {
                let mut open = self.phones[at].app().proposals()?;
                open.retain(|one| one.settled.is_none() && !one.settling);
                open.sort_by_key(|one| one.proposal_id.clone());
                let Some(one) = self.rng.pick(&open).cloned() else {
                    return Ok("has no proposal".into());
                };
                let app = self.phones[at].app();
                let Some(view) = app.report(one.report_id.clone())? else {
                    return Ok("does not see the report".into());
                };
                let number = self.phones[at]
                    .perform("settleProposal", &json!([one.proposal_id, view.content_hash, yes]))?;
                Ok(format!("settles a proposal ({yes}): {number}"))
            }
        }
    }

    fn discard_refused(&mut self, at: usize) -> Result<String, ClientError> {
        let refused = self.phones[at].refused_commands();
        let Some((number, _)) = self.rng.pick(&refused).copied() else {
            return Ok("has no refusal".into());
        };
        self.phones[at].perform("discard", &json!([number]))?;
        Ok(format!("discards {number}"))
    }

    fn advance_clock(&mut self, micros: i64) {
        self.clock.set(self.clock.now().saturating_add_micros(micros));
        for phone in &self.phones {
            phone.clock.set(phone.clock.now().saturating_add_micros(micros));
        }
    }

    fn run_office_action(&mut self) {
        match self.rng.below(100) {
            0..30 => self.advance_days(),
            30..45 => {
                let applied = self.pick_node().apply_org_day().unwrap();
                self.model.apply_day(self.clock.now().local_date());
                self.log_event(format!("midnight: {applied:?}"));
                self.check_incremental_standings();
            }
            45..60 => self.change_grant(),
            60..70 => {
                let node = self.pick_node();
                let today = self.clock.now().local_date();
                let locked =
                    node.close_periods(&node.system_actor().unwrap(), today, |_| Ok(true)).unwrap();
                self.model.lock_overdue(today);
                self.log_event(format!("locks {locked}"));
            }
            70..82 => {
                let node = self.pick_node();
                let done = node.compact_store(&node.system_actor().unwrap()).unwrap();
                self.log_event(format!("compacts: {done:?}"));
            }
            82..88 => {
                let Some(at) = self.pick_phone() else { return };
                let (account, name) =
                    (self.phones[at].account, format!("{}+", self.phones[at].name));
                // An account without a role gets no phone.
                let working =
                    !self.model.grants_of(account, self.clock.now().local_date()).is_empty();
                if working
                    && self.phones.len() < 40
                    && self.phones.iter().all(|phone| phone.name != name)
                {
                    self.add_phone(account, &name, None);
                }
            }
            88..92 => self.revoke_phone(),
            _ => {
                let Some(at) = self.pick_phone().filter(|at| !self.phones[*at].has_twin()) else {
                    return;
                };
                self.phones[at].app().request_rebuild().unwrap();
                self.phones[at].needs_full_sync = true;
                self.log_event(format!("{} asks for everything anew", self.phones[at].name));
            }
        }
    }

    fn advance_days(&mut self) {
        let hours = match self.rng.below(100) {
            0..50 => 1 + self.rng.below(20) as i64,
            50..85 => 24 * (1 + self.rng.below(7) as i64),
            85..95 => 24 * 20,
            _ => 24 * 95,
        };
        // Not beyond the reform of July 2025, which cannot be undone.
        if self.clock.now().saturating_add_micros(hours * HOUR).local_date() < date(2025, 6, 1) {
            self.advance_clock(hours * HOUR);
            self.log_event(format!("{hours} hours pass: {}", self.clock.now().local_date()));
        }
        if self.rng.chance(40)
            && let Some(at) = self.pick_phone()
        {
            let offset = (self.rng.below(100) as i64 - 50) * HOUR;
            self.phones[at].clock.set(self.clock.now().saturating_add_micros(offset));
            self.log_event(format!(
                "the clock of {} goes {} hours wrong",
                self.phones[at].name,
                offset / HOUR
            ));
        }
    }

    /// Grants a role to an account, or revokes one.
    fn change_grant(&mut self) {
        let Some(at) = self.pick_phone() else { return };
        let (account, today) = (self.phones[at].account, self.clock.now().local_date());
        let held = self.model.grants.get(&account).cloned().unwrap_or_default();
        let holds: Vec<Grant> =
            held.into_iter().filter(|one| one.from <= today && today < one.to).collect();
        let node = self.pick_node();
        let system = node.system_actor().unwrap();
        if self.rng.chance(50)
            && let Some(grant) = self.rng.pick(&holds).copied()
        {
            node.revoke_grant(&system, account, &grant).unwrap();
            self.model.revoke(account, grant);
            self.log_event(format!("{} loses {:?}", self.phones[at].name, grant.role));
            return;
        }
        let unit = UnitId::from_code(fixture::COMMUNES[self.rng.below(5)]);
        let role = [Role::Reporter, Role::UnitHead][self.rng.below(2)];
        // Some grants end soon.
        let to = if self.rng.chance(40) {
            today.saturating_add(jiff::Span::new().days(5))
        } else {
            date(2199, 1, 1)
        };
        self.grant_role(account, Grant { role, unit, from: date(2024, 1, 1), to });
        self.log_event(format!("{} becomes {role:?} until {to}", self.phones[at].name));
    }

    fn revoke_phone(&mut self) {
        let Some(at) = self.pick_phone().filter(|_| self.phones.len() > 4) else { return };
        let (device, node) = (self.phones[at].device, self.pick_node());
        // A device whose account has no role left belongs to no unit and cannot be revoked by one.
        if node.revoke_device(&node.system_actor().unwrap(), device).is_ok() {
            self.revoked.insert(device);
            self.log_event(format!("{} is shut out", self.phones[at].name));
        }
    }

    fn run_operator_action(&mut self, at: usize) {
        match self.rng.below(100) {
            0..35 => {
                self.restart();
                self.log_event("the servers end and begin again".into());
            }
            35..65 if self.plan.db.is_none() => self.make_backup(),
            // After an unannounced restore the model cannot predict verdicts, so only some seeds do
            // this.
            65..80 if self.rng.chance(40) && !self.backups.is_empty() => {
                let announced = self.rng.chance(50);
                self.log_event(format!(
                    "the database is put back from the last copy; said to the servers: {announced}"
                ));
                self.restore_backup(announced);
            }
            80..90 if self.rng.chance(30) && self.phones.len() < 40 => {
                let name = format!("{}-copy{}", self.phones[at].name, self.phones.len());
                let dir = self.plan.home.path().to_owned();
                let copy = self.phones[at].copy(&name, &dir);
                self.phones.push(copy);
                self.log_event(format!("{} is copied to {name}", self.phones[at].name));
            }
            _ => {}
        }
    }
}

/// The errors that the phone may return to its user.
fn is_expected_error(error: &ClientError) -> bool {
    matches!(error, ClientError::Refused { .. } | ClientError::NotFound { .. })
}
