//! The example's province over one database, and phones that are nothing but a cursor, an outbox number and what they hold.

use crate::pg;
use jiff::civil::{Date, date};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use thidua::app::access::Identity;
use thidua::app::{App, AppError};
use thidua::clock::Clock;
use thidua::domain::calendar::Calendars;
use thidua::domain::campaign::Step;
use thidua::domain::cell::{CellValue, Change, ElementNo};
use thidua::domain::command::{Body, Command, Save, Verdict};
use thidua::domain::digest::{Digest, record_hash};
use thidua::domain::ids::{AccountId, ContractId, DeviceId, ReportId, UnitId};
use thidua::domain::org::OrgFacts;
use thidua::domain::period::Period;
use thidua::domain::permission::{Grant, Role};
use thidua::domain::report::{Report, ReportKey};
use thidua::domain::scope::{RecordKind, Scope};
use thidua::domain::time::Instant;
use thidua::files::org::{OrgTexts, read_org};
use thidua::files::{campaign, catalogue};
use thidua::store::{Location, Store};
use thidua::sync::exchange::Request;
use thidua::sync::frame::{Checkpoint, Frame, GrantChange, Outcome, RowOp};
use thidua::sync::push::Pushed;
use thidua::sync::{Exchange, Seal};

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) seal: Seal,
    /// Where its database is, as `Location::parse` reads it.
    pub(crate) database: String,
    _home: Option<tempfile::TempDir>,
    _db: Option<pg::TestDb>,
}

/// Wards 2, 3 and 6, which are one from 2025-01-01 on, and the town above them.
pub(crate) const WARD_2: &str = "com-29245-0";
pub(crate) const WARD_3: &str = "com-29242-0";
pub(crate) const WARD_NEW: &str = "com-29242-1";
pub(crate) const TOWN: &str = "dist-842";
pub(crate) const ELSEWHERE: &str = "com-29266-0";

fn example(name: &str) -> String {
    std::fs::read_to_string(format!("{}/examples/tra-vinh/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn province() -> OrgFacts {
    let [units, parents, lineage] =
        ["units.csv", "parents.csv", "lineage.csv"].map(|name| example(&format!("org/{name}")));
    read_org(&OrgTexts { units: &units, parents: &parents, lineage: &lineage }).unwrap().facts().clone()
}

impl World {
    pub(crate) fn on_sqlite() -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("world.db").display().to_string();
        Self { _home: Some(home), ..Self::over(&path, &province()) }
    }

    /// Another organisation than the example's, on SQLite.
    pub(crate) fn of(org: &OrgFacts) -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("world.db").display().to_string();
        Self { _home: Some(home), ..Self::over(&path, org) }
    }

    pub(crate) fn on_postgres() -> Option<Self> {
        let db = pg::TestDb::fresh()?;
        let url = db.url().to_owned();
        Some(Self { _db: Some(db), ..Self::over(&url, &province()) })
    }

    fn over(database: &str, org: &OrgFacts) -> Self {
        let clock = Clock::manual(Instant::local_midnight(date(2024, 8, 26)).plus_micros(1));
        let app = App::new(Store::open(&Location::parse(database)).unwrap(), clock.clone());
        let system = app.system().unwrap();
        app.import_org(&system, org).unwrap();
        let system = app.system().unwrap();
        let parts = ["elements.toml", "forms.toml"].map(|name| catalogue::read(name, &example(name)).unwrap());
        let calendars: Vec<_> = Calendars::standard().iter().cloned().collect();
        app.apply_catalogue(&system, &catalogue::join(parts.into()), &calendars).unwrap();
        let read = campaign::read("campaign-a.toml", &example("campaign-a.toml")).unwrap();
        app.apply_campaign(&system, &read.campaign).unwrap();
        app.step_campaign(&system, &read.campaign.code, Step::Approve).unwrap();
        Self {
            app,
            clock,
            seal: Seal::new(b"a secret of the test"),
            database: database.to_owned(),
            _home: None,
            _db: None,
        }
    }

    /// Another node over the same database, as far as the database allows one.
    pub(crate) fn node(&self) -> Self {
        let store = Store::open(&Location::parse(&self.database)).unwrap();
        let (clock, database) = (self.clock.clone(), self.database.clone());
        let app = App::new(store, clock.clone());
        Self { app, clock, seal: Seal::new(b"a secret of the test"), database, _home: None, _db: None }
    }

    /// Another authority of the same kind over the same sort of database, with nothing reported yet.
    pub(crate) fn twin(&self) -> Self {
        if self._db.is_some() { Self::on_postgres().unwrap() } else { Self::on_sqlite() }
    }

    pub(crate) fn at(&self, day: Date) {
        self.clock.set(Instant::local_midnight(day).plus_micros(3_600_000_000));
    }

    /// A phone of a new account with this role.
    pub(crate) fn phone(&self, name: &str, uid: &str, role: Role) -> Phone {
        let account = AccountId::named(name);
        let grant = Grant { role, unit: UnitId::named(uid), from: date(2024, 1, 1), to: date(2030, 1, 1) };
        let system = self.app.system().unwrap();
        self.app.grant(&system, account, name, &grant).unwrap();
        self.phone_of(name, account, uid)
    }

    /// Another phone of an account.
    pub(crate) fn phone_of(&self, name: &str, account: AccountId, uid: &str) -> Phone {
        let system = self.app.system().unwrap();
        let device = DeviceId::named(&format!("{name} phone {uid}"));
        let later = self.app.now().plus_micros(1_000_000_000);
        self.app.add_enrol_code(&system, &device.0, account, later).unwrap();
        self.app.enrol(&device.0, device, &[4; 65], (&device.0, later)).unwrap();
        Phone { device, account, unit: UnitId::named(uid), ..Phone::default() }
    }

    pub(crate) fn elements(&self) -> Vec<ElementNo> {
        let reference = self.app.store().read(|tx| self.app.reference(tx)).unwrap();
        let form = reference.catalogue.form("tuan-xa").unwrap();
        let mut numbers: Vec<ElementNo> =
            form.elements.iter().map(|code| ElementNo(reference.elements.number(code).unwrap())).collect();
        numbers.sort_unstable();
        numbers
    }

    pub(crate) fn report(&self, id: ReportId) -> Option<Report> {
        let reference = self.app.store().read(|tx| self.app.reference(tx)).unwrap();
        self.app.store().read(|tx| tx.report(id, &reference.units)).unwrap().map(|filed| filed.report)
    }

    /// A report of every element nil, sent by `phone`.
    pub(crate) fn send_nil(&self, phone: &mut Phone, key: &ReportKey) -> ReportId {
        let cells: Vec<_> = self.elements().into_iter().map(|element| (element, CellValue::Nil)).collect();
        let save = phone.save(key, &cells, &[]);
        let submit = phone.submit(key.id());
        let outcomes = phone.push(self, &[save, submit]);
        assert!(outcomes.iter().all(|one| one.verdict == Verdict::Applied), "{outcomes:?}");
        key.id()
    }
}

/// The report of a unit for the week that begins on `monday`.
pub(crate) fn week(uid: &str, monday: Date) -> ReportKey {
    let period = Period::new("week", monday, monday.saturating_add(jiff::Span::new().days(7)));
    ReportKey { contract: ContractId::named("tuan-xa"), unit: UnitId::named(uid), period }
}

pub(crate) fn first_week(uid: &str) -> ReportKey {
    week(uid, date(2024, 8, 19))
}

type Key = (RecordKind, [u8; 16]);

/// What a phone holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Holding {
    pub(crate) records: BTreeMap<Key, (i64, Vec<u8>)>,
    pub(crate) pairs: BTreeMap<(i32, Key), i64>,
}

#[derive(Debug, Clone)]
pub(crate) struct Phone {
    pub(crate) device: DeviceId,
    pub(crate) account: AccountId,
    pub(crate) unit: UnitId,
    pub(crate) cursor: Vec<u8>,
    pub(crate) sent: u64,
    pub(crate) holding: Holding,
    pub(crate) mark: Vec<u8>,
    pub(crate) scopes: BTreeMap<i32, (Scope, i64)>,
    pub(crate) checkpoint: Option<Checkpoint>,
    pub(crate) lost: Vec<(Scope, GrantChange)>,
}

impl Default for Phone {
    fn default() -> Self {
        Self {
            device: DeviceId([0; 16]),
            account: AccountId([0; 16]),
            unit: UnitId([0; 16]),
            cursor: Vec::new(),
            sent: 0,
            holding: Holding::default(),
            mark: Vec::new(),
            scopes: BTreeMap::new(),
            checkpoint: None,
            lost: Vec::new(),
        }
    }
}

impl Phone {
    pub(crate) fn command(&mut self, body: Body) -> Pushed {
        self.sent += 1;
        pushed(self.sent, Command { captured_at: None, sync_mark: Vec::new(), body })
    }

    /// A save of cells; `base` says what the author saw.
    pub(crate) fn save(
        &mut self,
        key: &ReportKey,
        cells: &[(ElementNo, CellValue)],
        base: &[(ElementNo, CellValue)],
    ) -> Pushed {
        self.save_at(key, cells, base, 0)
    }

    pub(crate) fn save_at(
        &mut self,
        key: &ReportKey,
        cells: &[(ElementNo, CellValue)],
        base: &[(ElementNo, CellValue)],
        base_revision: i64,
    ) -> Pushed {
        let base: BTreeMap<_, _> = base.iter().copied().collect();
        let changes = cells
            .iter()
            .map(|(element, mine)| Change { element: *element, mine: Some(*mine), base: base.get(element).copied() })
            .collect();
        let save = Save { key: key.clone(), acting_unit: self.unit, changes, note: None, base_revision };
        self.command(Body::Save(save))
    }

    pub(crate) fn submit(&mut self, report: ReportId) -> Pushed {
        self.command(Body::Submit { report, acting_unit: self.unit })
    }

    pub(crate) fn accept(&mut self, report: &Report) -> Pushed {
        self.command(Body::Accept { report: report.key.id(), seen: report.content_hash() })
    }

    pub(crate) fn identity(&self, world: &World) -> Result<Identity, AppError> {
        world.app.store().read(|tx| thidua::app::access::identity(tx, self.device))
    }

    pub(crate) fn exchange(&self, world: &World, commands: &[Pushed]) -> Result<Exchange, AppError> {
        let request = Request {
            cursor: self.cursor.clone(),
            commands: commands.to_vec(),
            max_rows: 7,
            rebuild: vec![],
            page_at_once: true,
        };
        Exchange::start(world.app.clone(), world.seal.clone(), self.identity(world)?, &request)
    }

    /// One exchange to its checkpoint; the outcomes of what was pushed.
    pub(crate) fn push(&mut self, world: &World, commands: &[Pushed]) -> Vec<Outcome> {
        let frames = self.frames(world, commands, usize::MAX);
        frames
            .into_iter()
            .filter_map(|frame| if let Frame::Verdict(outcome) = frame { Some(outcome) } else { None })
            .collect()
    }

    pub(crate) fn sync(&mut self, world: &World) -> Vec<Frame> {
        self.frames(world, &[], usize::MAX)
    }

    /// Takes at most `cut` frames, as if the line had gone dead behind them.
    pub(crate) fn frames(&mut self, world: &World, commands: &[Pushed], cut: usize) -> Vec<Frame> {
        let mut exchange = self.exchange(world, commands).unwrap();
        let mut taken = Vec::new();
        loop {
            for frame in exchange.step().unwrap() {
                if taken.len() == cut {
                    return taken;
                }
                self.take(&frame);
                let last = matches!(frame, Frame::Checkpoint(_));
                taken.push(frame);
                if last {
                    return taken;
                }
            }
        }
    }

    pub(crate) fn take(&mut self, frame: &Frame) {
        match frame {
            Frame::Welcome(welcome) => {
                for granted in &welcome.scopes {
                    match granted.change {
                        GrantChange::Added | GrantChange::Kept => {
                            self.scopes.insert(granted.number, (granted.scope, granted.generation));
                        }
                        GrantChange::Revoked | GrantChange::Moved | GrantChange::Ended => {
                            self.scopes.remove(&granted.number);
                            self.lost.push((granted.scope, granted.change));
                            self.sweep(|scope, _| scope != granted.number);
                        }
                    }
                }
            }
            Frame::Rows(thidua::sync::frame::Rows { rows, cursor }) => self.take_rows(rows, cursor),
            Frame::Shared { batch, cursor } => self.take_rows(&batch.rows, cursor),
            Frame::Reset(reset) => {
                if let Some(entry) = self.scopes.get_mut(&reset.scope) {
                    entry.1 = reset.generation;
                }
            }
            Frame::SnapshotEnd { scope, generation } => self.sweep(|of, age| of != *scope || age >= *generation),
            Frame::Checkpoint(checkpoint) => {
                self.cursor.clone_from(&checkpoint.cursor);
                self.mark.clone_from(&checkpoint.mark);
                self.checkpoint = Some(checkpoint.clone());
            }
            Frame::Bookmark { cursor } => self.cursor.clone_from(cursor),
            Frame::Verdict(_) | Frame::Gap { .. } | Frame::Forked { .. } => {}
        }
    }

    fn take_rows(&mut self, rows: &[thidua::sync::frame::Row], cursor: &[u8]) {
        for row in rows {
            let key = (row.kind, row.id);
            for scope in &row.scopes {
                match &row.op {
                    RowOp::Put { revision, bytes } => {
                        let generation = self.scopes.get(scope).map_or(0, |(_, generation)| *generation);
                        self.holding.pairs.insert((*scope, key), generation);
                        self.holding.records.insert(key, (*revision, bytes.clone()));
                    }
                    RowOp::Deleted | RowOp::OutOfScope => {
                        self.holding.pairs.remove(&(*scope, key));
                    }
                }
            }
        }
        self.sweep(|_, _| true);
        self.cursor = cursor.to_vec();
    }

    fn sweep(&mut self, keep: impl Fn(i32, i64) -> bool) {
        self.holding.pairs.retain(|(scope, _), generation| keep(*scope, *generation));
        let held: BTreeSet<Key> = self.holding.pairs.keys().map(|(_, key)| *key).collect();
        self.holding.records.retain(|key, _| held.contains(key));
    }

    /// Checks the digests of the last checkpoint against what is held.
    pub(crate) fn agrees(&self) {
        let checkpoint = self.checkpoint.as_ref().unwrap();
        assert_eq!(checkpoint.digests.len(), self.scopes.len());
        for (number, expected) in &checkpoint.digests {
            let mut found = Digest::default();
            for (_, key) in self.holding.pairs.keys().filter(|(scope, _)| scope == number) {
                let (revision, bytes) = &self.holding.records[key];
                found.add(record_hash(&key.1, *revision, bytes));
            }
            assert_eq!(found, *expected, "scope {:?}", self.scopes[number]);
        }
    }

    pub(crate) fn holds(&self, kind: RecordKind, id: [u8; 16]) -> bool {
        self.holding.records.contains_key(&(kind, id))
    }
}

pub(crate) fn pushed(number: u64, command: Command) -> Pushed {
    let bytes = thidua::wire::command::encode(number, &command);
    Pushed { number, hash: Sha256::digest(&bytes).into(), bytes, command: Ok(command) }
}

pub(crate) fn figure(value: i64) -> CellValue {
    CellValue::Reported(value)
}
