//! What happens: people at phones, the office, the machine room. Each act is drawn from the seed and told in a line. Knows no outcome.

use crate::fault::Fault;
use crate::ground;
use crate::phone::Life;
use crate::world::World;
use jiff::civil::date;
use thidua::client::facade::{CellEntry, ClientError, Figure, ReportKey, ReportStatus, ReportView};
use thidua::domain::ids::UnitId;
use thidua::domain::permission::{Grant, Role};
use thidua::domain::time::days_from_date;

const HOUR: i64 = 3_600_000_000;

impl World {
    /// The day of this seed.
    pub(crate) fn live(&mut self) {
        for at in 0..self.phones.len() {
            self.call(at, Fault::None, false);
        }
        for _ in 0..self.plan.acts {
            self.act();
        }
    }

    fn act(&mut self) {
        // Time passes: a phone's commands are not all of one second.
        self.pass(self.clock.now().0 % 7 * 1_000_000 + 60_000_000);
        let Some(at) = self.somebody() else { return };
        match self.rng.below(100) {
            0..46 => self.person(at),
            46..80 => self.sync(at),
            80..93 => self.office(),
            _ => self.machine_room(at),
        }
    }

    /// A phone that works.
    fn somebody(&mut self) -> Option<usize> {
        let works: Vec<usize> = (0..self.phones.len()).filter(|at| self.phones[*at].life == Life::Works).collect();
        self.rng.pick(&works).copied()
    }

    fn sync(&mut self, at: usize) {
        let fault = Fault::draw(&mut self.rng);
        self.tell(format!("{} syncs: {fault:?}", self.phones[at].name));
        self.call(at, fault, true);
    }

    /// Something happens between two frames of somebody's call.
    pub(crate) fn meanwhile(&mut self, calls: usize) {
        if self.rng.chance(25) {
            return self.office();
        }
        let Some(at) = self.somebody().filter(|at| *at != calls) else { return };
        self.person(at);
        self.tell(format!("  meanwhile {} syncs", self.phones[at].name));
        self.call(at, Fault::None, false);
    }

    fn person(&mut self, at: usize) {
        if self.phones[at].is_locked() {
            self.count("locked by its lease");
            return self.tell(format!("{} is locked: no contact for too long", self.phones[at].name));
        }
        let before = self.phones[at].refused();
        let what = match self.rng.below(100) {
            0..40 => self.edit(at),
            40..58 => self.fill_and_submit(at),
            58..78 => self.review(at),
            78..84 => self.comment(at),
            84..92 => self.settle(at),
            92..96 => self.discard(at),
            _ => {
                self.phones[at].crash();
                Ok("the app ends and is opened again".to_owned())
            }
        };
        // What a new command mends is dealt with.
        let after = self.phones[at].refused();
        let gone = before.into_iter().filter(|one| !after.contains(one)).map(|(number, _)| number);
        self.phones[at].discarded.extend(gone);
        let name = &self.phones[at].name;
        let line = match what {
            Ok(what) => format!("{name}: {what}"),
            Err(refused) if is_of_the_game(&refused) => format!("{name}: {refused}"),
            Err(other) => panic!("{name}: {other:?}"),
        };
        self.tell(line);
    }

    /// One of the reports that this phone owes or has.
    fn some_key(&mut self, at: usize) -> Option<ReportKey> {
        let today = days_from_date(self.clock.now().local_date());
        let due = self.phones[at].app().due(today - 12, today + 1).ok()?;
        let mut keys: Vec<ReportKey> =
            due.into_iter().map(|due| due.key).filter(|key| key.contract == "tuan-xa").collect();
        keys.extend(self.phones[at].reports().into_iter().map(|view| view.key).filter(|_| self.rng.chance(15)));
        self.rng.pick(&keys).cloned()
    }

    fn some_figure(&mut self) -> Option<Figure> {
        match self.rng.below(10) {
            0 => None,
            1..4 => Some(Figure::Nil),
            4 => Some(Figure::MissingAwaitingSource),
            _ => Some(Figure::Reported(self.rng.below(4) as i64 + 1)),
        }
    }

    fn edit(&mut self, at: usize) -> Result<String, ClientError> {
        let Some(key) = self.some_key(at) else { return Ok("has nothing to fill in".into()) };
        let form = self.phones[at].app().blank_form(key.contract.clone())?;
        let mut cells: Vec<CellEntry> = Vec::new();
        // Few cells, so that people meet in one.
        for _ in 0..1 + self.rng.below(3) {
            let element = form[self.rng.below(form.len().min(5))].element.clone();
            if cells.iter().all(|cell| cell.element != element) {
                cells.push(CellEntry { element, value: self.some_figure() });
            }
        }
        let said = format!(
            "types {:?} into {} {}",
            cells.iter().map(|c| c.value).collect::<Vec<_>>(),
            key.unit,
            key.start_day
        );
        let official =
            self.view(at, &key).is_some_and(|v| matches!(v.status, ReportStatus::Accepted | ReportStatus::Locked));
        let app = self.phones[at].app();
        let number = if official {
            app.propose(key, cells, None, "nhập nhầm".into())?
        } else {
            app.save_cells(key, cells, None)?
        };
        Ok(format!("{said}: {number:?}"))
    }

    fn view(&self, at: usize, key: &ReportKey) -> Option<ReportView> {
        let app = self.phones[at].app();
        app.report(app.report_id(key.clone())).unwrap()
    }

    fn fill_and_submit(&mut self, at: usize) -> Result<String, ClientError> {
        let Some(key) = self.some_key(at) else { return Ok("has nothing to send".into()) };
        let app = self.phones[at].app();
        let id = app.report_id(key.clone());
        let filled = app.report(id.clone())?;
        let blank = |cell: &thidua::client::facade::CellView| {
            filled.iter().flat_map(|view| &view.cells).all(|one| one.element != cell.element || one.value.is_none())
        };
        let form = app.blank_form(key.contract.clone())?;
        let nil = |element| CellEntry { element, value: Some(Figure::Nil) };
        let cells = form.into_iter().filter(|cell| blank(cell)).map(|cell| nil(cell.element)).collect();
        app.save_cells(key.clone(), cells, None)?;
        Ok(format!("sends {} {}: {}", key.unit, key.start_day, app.submit(id)?))
    }

    fn review(&mut self, at: usize) -> Result<String, ClientError> {
        let queue = self.phones[at].app().review_queue()?;
        let Some(view) = self.rng.pick(&queue).map(|one| one.report.clone()) else {
            return Ok("has nothing to review".into());
        };
        let accept = self.rng.chance(65);
        let app = self.phones[at].app();
        let number = if accept {
            app.accept(view.report_id, view.content_hash)?
        } else {
            app.send_back(view.report_id, view.content_hash, "CHECK_FIGURE".into(), "xem lại".into())?
        };
        let done = if accept { "accepts" } else { "returns" };
        Ok(format!("{done} {} {}: {number}", view.key.unit, view.key.start_day))
    }

    fn comment(&mut self, at: usize) -> Result<String, ClientError> {
        let views = self.phones[at].reports();
        let Some(view) = self.rng.pick(&views) else { return Ok("has nothing to comment on".into()) };
        let number = self.phones[at].app().comment(view.report_id.clone(), "đã đối chiếu".into())?;
        Ok(format!("comments on {} {}: {number}", view.key.unit, view.key.start_day))
    }

    /// Decides what waits for a decision. Lists are put into an order that no random id decides.
    fn settle(&mut self, at: usize) -> Result<String, ClientError> {
        let yes = self.rng.chance(60);
        match self.rng.below(3) {
            0 => {
                let mut open = self.phones[at].app().conflicts()?;
                open.retain(|one| one.settled.is_none() && !one.settling);
                open.sort_by_key(|one| format!("{} {:?} {:?}", one.report_id, one.element, one.branch));
                let Some(one) = self.rng.pick(&open) else { return Ok("has no conflict".into()) };
                let number = self.phones[at].app().settle(one.conflict_id.clone(), yes)?;
                Ok(format!("settles a conflict ({yes}): {number}"))
            }
            1 => {
                let mut open = self.phones[at].app().held_commands()?;
                open.retain(|one| one.settled.is_none() && !one.settling);
                open.sort_by_key(|one| format!("{} {:?} {:?}", one.report_id, one.kind, one.cells));
                let Some(one) = self.rng.pick(&open) else { return Ok("has an empty box".into()) };
                let number = self.phones[at].app().settle_held(one.held_id.clone(), yes)?;
                Ok(format!("settles a held command ({yes}): {number}"))
            }
            _ => {
                let mut open = self.phones[at].app().proposals()?;
                open.retain(|one| one.settled.is_none() && !one.settling);
                open.sort_by_key(|one| one.proposal_id.clone());
                let Some(one) = self.rng.pick(&open).cloned() else { return Ok("has no proposal".into()) };
                let app = self.phones[at].app();
                let Some(view) = app.report(one.report_id.clone())? else {
                    return Ok("does not see the report".into());
                };
                let number = app.settle_proposal(one.proposal_id, view.content_hash, yes)?;
                Ok(format!("settles a proposal ({yes}): {number}"))
            }
        }
    }

    fn discard(&mut self, at: usize) -> Result<String, ClientError> {
        let refused = self.phones[at].refused();
        let Some((number, _)) = self.rng.pick(&refused).copied() else { return Ok("has no refusal".into()) };
        self.phones[at].app().discard(number)?;
        Ok(format!("discards {number}"))
    }

    fn pass(&mut self, micros: i64) {
        self.clock.set(self.clock.now().plus_micros(micros));
        for phone in &self.phones {
            phone.clock.set(phone.clock.now().plus_micros(micros));
        }
    }

    fn office(&mut self) {
        match self.rng.below(100) {
            0..30 => self.turn_the_clock(),
            30..45 => {
                let applied = self.node().apply_day().unwrap();
                self.model.apply_day(self.clock.now().local_date());
                self.tell(format!("midnight: {applied:?}"));
                self.judges_as_from_nothing();
            }
            45..60 => self.move_a_grant(),
            60..70 => {
                let node = self.node();
                let today = self.clock.now().local_date();
                let locked = node.close_periods(&node.system().unwrap(), today, |_| Ok(true)).unwrap();
                self.model.close(today);
                self.tell(format!("locks {locked}"));
            }
            70..82 => {
                let node = self.node();
                let done = node.compact(&node.system().unwrap()).unwrap();
                self.tell(format!("compacts: {done:?}"));
            }
            82..88 => {
                let Some(at) = self.somebody() else { return };
                let (account, name) = (self.phones[at].account, format!("{}+", self.phones[at].name));
                // Who holds no role is given no phone.
                let works = !self.model.grants_of(account, self.clock.now().local_date()).is_empty();
                if works && self.phones.len() < 40 && self.phones.iter().all(|phone| phone.name != name) {
                    self.add_phone(account, &name);
                }
            }
            88..92 => self.revoke_a_phone(),
            _ => {
                let Some(at) = self.somebody() else { return };
                self.phones[at].app().rebuild().unwrap();
                self.phones[at].wants_all = true;
                self.tell(format!("{} asks for everything anew", self.phones[at].name));
            }
        }
    }

    fn turn_the_clock(&mut self) {
        let hours = match self.rng.below(100) {
            0..50 => 1 + self.rng.below(20) as i64,
            50..85 => 24 * (1 + self.rng.below(7) as i64),
            85..95 => 24 * 20,
            _ => 24 * 95,
        };
        // Neither into the summer's great reform nor back.
        if self.clock.now().plus_micros(hours * HOUR).local_date() < date(2025, 6, 1) {
            self.pass(hours * HOUR);
            self.tell(format!("{hours} hours pass: {}", self.clock.now().local_date()));
        }
        if self.rng.chance(40)
            && let Some(at) = self.somebody()
        {
            let off = (self.rng.below(100) as i64 - 50) * HOUR;
            self.phones[at].clock.set(self.clock.now().plus_micros(off));
            self.tell(format!("the clock of {} goes {} hours wrong", self.phones[at].name, off / HOUR));
        }
    }

    /// Somebody gets a role somewhere, or loses one.
    fn move_a_grant(&mut self) {
        let Some(at) = self.somebody() else { return };
        let (account, today) = (self.phones[at].account, self.clock.now().local_date());
        let held = self.model.grants.get(&account).cloned().unwrap_or_default();
        let holds: Vec<Grant> = held.into_iter().filter(|one| one.from <= today && today < one.to).collect();
        let node = self.node();
        let system = node.system().unwrap();
        if self.rng.chance(50)
            && let Some(grant) = self.rng.pick(&holds).copied()
        {
            node.revoke_grant(&system, account, &grant).unwrap();
            self.model.revoke(account, grant);
            self.tell(format!("{} loses {:?}", self.phones[at].name, grant.role));
            return;
        }
        let unit = UnitId::named(ground::COMMUNES[self.rng.below(5)]);
        let role = [Role::Reporter, Role::UnitHead][self.rng.below(2)];
        // Some end soon.
        let to = if self.rng.chance(40) { today.saturating_add(jiff::Span::new().days(5)) } else { date(2199, 1, 1) };
        self.give(account, Grant { role, unit, from: date(2024, 1, 1), to });
        self.tell(format!("{} becomes {role:?} until {to}", self.phones[at].name));
    }

    fn revoke_a_phone(&mut self) {
        let Some(at) = self.somebody().filter(|_| self.phones.len() > 4) else { return };
        let (device, node) = (self.phones[at].device, self.node());
        // Somebody without any role left cannot be shut out by unit.
        if node.revoke_device(&node.system().unwrap(), device).is_ok() {
            self.revoked.insert(device);
            self.tell(format!("{} is shut out", self.phones[at].name));
        }
    }

    fn machine_room(&mut self, at: usize) {
        match self.rng.below(100) {
            0..35 => {
                self.restart();
                self.tell("the servers end and begin again".into());
            }
            35..65 if self.plan.db.is_none() => {
                let path = self.plan.home.path().join(format!("copy-{}.db", self.copies.len()));
                self.node().store().copy_to(&path).unwrap();
                self.copies.push((path, self.model.clone()));
                self.tell("a copy is made".into());
            }
            // The model foretells what comes before; so not in every seed.
            65..80 if self.rng.chance(40) && !self.copies.is_empty() => {
                let said = self.rng.chance(50);
                self.tell(format!("the database is put back from the last copy; said to the servers: {said}"));
                self.restore(said);
            }
            80..90 if self.rng.chance(30) && self.phones.len() < 40 => {
                let name = format!("{}-copy{}", self.phones[at].name, self.phones.len());
                let dir = self.plan.home.path().to_owned();
                let copy = self.phones[at].copy(&name, &dir);
                self.phones.push(copy);
                self.tell(format!("{} is copied to {name}", self.phones[at].name));
            }
            _ => {}
        }
    }
}

/// What a phone may answer to its person.
fn is_of_the_game(error: &ClientError) -> bool {
    matches!(error, ClientError::Refused { .. } | ClientError::NotFound { .. })
}
