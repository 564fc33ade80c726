//! The example's province over one database, and test phones: a cursor, a command number and the
//! records that they hold.

use crate::pg;
use jiff::civil::{Date, date};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use thidua::app::access::CallerIdentity;
use thidua::app::command::{CommandOutcome, PushedCommand};
use thidua::app::{App, AppError};
use thidua::clock::Clock;
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::access::scope::{RecordKind, Scope};
use thidua::domain::campaign::CampaignStep;
use thidua::domain::org::OrgFacts;
use thidua::domain::report::cell::{CellChange, CellValue, ElementNumber};
use thidua::domain::report::command::{Command, CommandBody, Verdict};
use thidua::domain::report::{Report, ReportKey, SaveCells};
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::reporting::period::Period;
use thidua::domain::support::ids::{AccountId, ContractId, DeviceId, ReportId, UnitId};
use thidua::domain::support::reason::RefusalReason;
use thidua::domain::support::scope_digest::{ScopeDigest, hash_record};
use thidua::domain::support::time::Timestamp;
use thidua::files::org::{OrgCsvTexts, read_org};
use thidua::files::{campaign, catalogue};
use thidua::store::{DatabaseLocation, Store};
use thidua::sync::exchange::ExchangeRequest;
use thidua::sync::frame::{CheckpointDigest, CheckpointFrame, ScopeChange, SyncFrame, SyncRowOp};
use thidua::sync::{CursorSigner, Exchange, ExchangeStep};

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) cursor_signer: CursorSigner,
    /// The database, in the form that `DatabaseLocation::parse` reads.
    pub(crate) database: String,
    _home: Option<tempfile::TempDir>,
    _db: Option<pg::TestDb>,
}

/// Wards 2, 3 and 6, which merge on 2025-01-01, and the town above them.
pub(crate) const WARD_2: &str = "com-29245-0";
pub(crate) const WARD_3: &str = "com-29242-0";
pub(crate) const WARD_NEW: &str = "com-29242-1";
pub(crate) const TOWN: &str = "dist-842";
pub(crate) const OTHER_COMMUNE: &str = "com-29266-0";

fn read_example(name: &str) -> String {
    std::fs::read_to_string(format!("{}/examples/tra-vinh/{name}", env!("CARGO_MANIFEST_DIR")))
        .unwrap()
}

pub(crate) fn example_org_facts() -> OrgFacts {
    let [units, parents, lineage] = ["units.csv", "parents.csv", "lineage.csv"]
        .map(|name| read_example(&format!("org/{name}")));
    read_org(&OrgCsvTexts { units: &units, parents: &parents, lineage: &lineage })
        .unwrap()
        .facts()
        .clone()
}

impl World {
    pub(crate) fn on_sqlite() -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("world.db").display().to_string();
        Self { _home: Some(home), ..Self::create(&path, &example_org_facts()) }
    }

    /// A world with another organisation than the example's, on SQLite.
    pub(crate) fn on_sqlite_with(org: &OrgFacts) -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("world.db").display().to_string();
        Self { _home: Some(home), ..Self::create(&path, org) }
    }

    pub(crate) fn on_postgres() -> Option<Self> {
        let db = pg::TestDb::create()?;
        let url = db.url().to_owned();
        Some(Self { _db: Some(db), ..Self::create(&url, &example_org_facts()) })
    }

    fn create(database: &str, org: &OrgFacts) -> Self {
        let clock = Clock::manual(
            Timestamp::from_local_midnight(date(2024, 8, 26)).saturating_add_micros(1),
        );
        let app = App::new(Store::open(&DatabaseLocation::parse(database)).unwrap(), clock.clone());
        let system = app.system_actor().unwrap();
        app.import_org(&system, org).unwrap();
        let system = app.system_actor().unwrap();
        let parts = ["elements.toml", "forms.toml"]
            .map(|name| catalogue::read_catalogue(name, &read_example(name)).unwrap());
        let calendars: Vec<_> = Calendars::standard().iter().cloned().collect();
        app.apply_catalogue(&system, &catalogue::merge_catalogues(parts.into()), &calendars)
            .unwrap();
        let read =
            campaign::read_campaign_file("campaign-a.toml", &read_example("campaign-a.toml"))
                .unwrap();
        app.apply_campaign(&system, &read.campaign).unwrap();
        app.advance_campaign(&system, &read.campaign.code, CampaignStep::Approve).unwrap();
        Self {
            app,
            clock,
            cursor_signer: CursorSigner::new(b"a secret of the test"),
            database: database.to_owned(),
            _home: None,
            _db: None,
        }
    }

    /// Another node over the same database.
    pub(crate) fn second_node(&self) -> Self {
        let store = Store::open(&DatabaseLocation::parse(&self.database)).unwrap();
        let (clock, database) = (self.clock.clone(), self.database.clone());
        let app = App::new(store, clock.clone());
        Self {
            app,
            clock,
            cursor_signer: CursorSigner::new(b"a secret of the test"),
            database,
            _home: None,
            _db: None,
        }
    }

    /// Another authority on the same kind of database, without reports.
    pub(crate) fn new_authority(&self) -> Self {
        if self._db.is_some() { Self::on_postgres().unwrap() } else { Self::on_sqlite() }
    }

    pub(crate) fn set_day(&self, day: Date) {
        self.clock.set(Timestamp::from_local_midnight(day).saturating_add_micros(3_600_000_000));
    }

    /// A phone of a new account with this role.
    pub(crate) fn enrol_device(&self, name: &str, uid: &str, role: Role) -> TestDevice {
        let account = AccountId::from_code(name);
        let grant = Grant {
            role,
            unit: UnitId::from_code(uid),
            from: date(2024, 1, 1),
            to: date(2030, 1, 1),
        };
        let system = self.app.system_actor().unwrap();
        self.app.grant_role(&system, account, name, &grant).unwrap();
        self.enrol_device_of(name, account, uid)
    }

    /// Another phone of an account.
    pub(crate) fn enrol_device_of(&self, name: &str, account: AccountId, uid: &str) -> TestDevice {
        let system = self.app.system_actor().unwrap();
        let device = DeviceId::from_code(&format!("{name} phone {uid}"));
        let later = self.app.now().saturating_add_micros(1_000_000_000);
        self.app.add_enrol_code(&system, &device.0, account, later).unwrap();
        self.app.enrol_device(&device.0, device, &[4; 65], (&device.0, later)).unwrap();
        TestDevice { device, account, unit: UnitId::from_code(uid), ..TestDevice::default() }
    }

    pub(crate) fn element_numbers(&self) -> Vec<ElementNumber> {
        let reference = self.app.store().read(|tx| self.app.reference(tx)).unwrap();
        let form = reference.catalogue.form("tuan-xa").unwrap();
        let mut numbers: Vec<ElementNumber> = form
            .elements
            .iter()
            .map(|code| ElementNumber(reference.element_numbers.number(code).unwrap()))
            .collect();
        numbers.sort_unstable();
        numbers
    }

    pub(crate) fn read_report(&self, id: ReportId) -> Option<Report> {
        let reference = self.app.store().read(|tx| self.app.reference(tx)).unwrap();
        self.app
            .store()
            .read(|tx| tx.report(id, &reference.unit_numbers))
            .unwrap()
            .map(|filed| filed.report)
    }

    /// Saves and submits a nil report from `phone`; the reason of a refusal.
    pub(crate) fn save_and_submit_outcome(
        &self,
        phone: &mut TestDevice,
        key: &ReportKey,
    ) -> Option<RefusalReason> {
        let cells: Vec<_> =
            self.element_numbers().into_iter().map(|element| (element, CellValue::Nil)).collect();
        let save = phone.save_command(key, &cells, &[]);
        let submit = phone.submit_command(key.id());
        let outcomes = phone.push(self, &[save, submit]);
        let reason = outcomes.into_iter().find_map(|one| one.reason);
        reason.and_then(|code| RefusalReason::from_code(&code))
    }

    /// Sends a report with every element nil from `phone`.
    pub(crate) fn send_nil_report(&self, phone: &mut TestDevice, key: &ReportKey) -> ReportId {
        let cells: Vec<_> =
            self.element_numbers().into_iter().map(|element| (element, CellValue::Nil)).collect();
        let save = phone.save_command(key, &cells, &[]);
        let submit = phone.submit_command(key.id());
        let outcomes = phone.push(self, &[save, submit]);
        assert!(outcomes.iter().all(|one| one.verdict == Verdict::Applied), "{outcomes:?}");
        key.id()
    }
}

/// The report of a unit for the week that begins on `monday`.
pub(crate) fn week_key(uid: &str, monday: Date) -> ReportKey {
    let period = Period::new("week", monday, monday.saturating_add(jiff::Span::new().days(7)));
    ReportKey { contract: ContractId::from_code("tuan-xa"), unit: UnitId::from_code(uid), period }
}

pub(crate) fn first_week_key(uid: &str) -> ReportKey {
    week_key(uid, date(2024, 8, 19))
}

type HeldRecordKey = (RecordKind, [u8; 16]);

/// The records that a phone holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DeviceRecords {
    pub(crate) records: BTreeMap<HeldRecordKey, (i64, Vec<u8>)>,
    pub(crate) scope_revisions: BTreeMap<(i32, HeldRecordKey), i64>,
}

#[derive(Debug, Clone)]
pub(crate) struct TestDevice {
    pub(crate) device: DeviceId,
    pub(crate) account: AccountId,
    pub(crate) unit: UnitId,
    pub(crate) cursor: Vec<u8>,
    pub(crate) last_command_number: u64,
    pub(crate) held: DeviceRecords,
    pub(crate) sync_mark: Vec<u8>,
    pub(crate) scopes: BTreeMap<i32, (Scope, i64)>,
    pub(crate) checkpoint: Option<CheckpointFrame>,
    pub(crate) lost_scopes: Vec<(Scope, ScopeChange)>,
}

impl Default for TestDevice {
    fn default() -> Self {
        Self {
            device: DeviceId([0; 16]),
            account: AccountId([0; 16]),
            unit: UnitId([0; 16]),
            cursor: Vec::new(),
            last_command_number: 0,
            held: DeviceRecords::default(),
            sync_mark: Vec::new(),
            scopes: BTreeMap::new(),
            checkpoint: None,
            lost_scopes: Vec::new(),
        }
    }
}

impl TestDevice {
    pub(crate) fn next_command(&mut self, body: CommandBody) -> PushedCommand {
        self.last_command_number += 1;
        pushed_command(
            self.last_command_number,
            Command { captured_at: None, sync_mark: Vec::new(), body },
        )
    }

    /// A save of cells; `base` are the values that the author saw.
    pub(crate) fn save_command(
        &mut self,
        key: &ReportKey,
        cells: &[(ElementNumber, CellValue)],
        base: &[(ElementNumber, CellValue)],
    ) -> PushedCommand {
        self.save_command_at(key, cells, base, 0)
    }

    pub(crate) fn save_command_at(
        &mut self,
        key: &ReportKey,
        cells: &[(ElementNumber, CellValue)],
        base: &[(ElementNumber, CellValue)],
        base_revision: i64,
    ) -> PushedCommand {
        let base: BTreeMap<_, _> = base.iter().copied().collect();
        let changes = cells
            .iter()
            .map(|(element, mine)| CellChange {
                element: *element,
                mine: Some(*mine),
                base: base.get(element).copied(),
            })
            .collect();
        let save = SaveCells {
            key: key.clone(),
            acting_unit: self.unit,
            changes,
            note: None,
            base_revision,
        };
        self.next_command(CommandBody::SaveCells(save))
    }

    pub(crate) fn submit_command(&mut self, report: ReportId) -> PushedCommand {
        self.next_command(CommandBody::submit(report, self.unit))
    }

    pub(crate) fn accept_command(&mut self, report: &Report) -> PushedCommand {
        self.next_command(CommandBody::AcceptReport {
            report: report.key.id(),
            content_hash: report.content_hash(),
        })
    }

    pub(crate) fn load_identity(&self, world: &World) -> Result<CallerIdentity, AppError> {
        world.app.store().read(|tx| thidua::app::access::load_identity(tx, self.device))
    }

    pub(crate) fn open_exchange(
        &self,
        world: &World,
        commands: &[PushedCommand],
    ) -> Result<ExchangeStep, AppError> {
        let request = ExchangeRequest {
            cursor: self.cursor.clone(),
            commands: commands.to_vec(),
            max_rows: 7,
            rebuild_scopes: vec![],
            include_first_page: true,
        };
        Exchange::open(
            world.app.clone(),
            world.cursor_signer.clone(),
            self.load_identity(world)?,
            request,
        )
    }

    /// Exchanges up to the checkpoint and returns the outcomes of the commands.
    pub(crate) fn push(
        &mut self,
        world: &World,
        commands: &[PushedCommand],
    ) -> Vec<CommandOutcome> {
        let frames = self.exchange_frames(world, commands, usize::MAX);
        frames
            .into_iter()
            .filter_map(|frame| {
                if let SyncFrame::CommandOutcome(outcome) = frame { Some(outcome) } else { None }
            })
            .collect()
    }

    pub(crate) fn sync(&mut self, world: &World) -> Vec<SyncFrame> {
        self.exchange_frames(world, &[], usize::MAX)
    }

    /// Receives at most `cut` frames, as if the connection broke after them.
    pub(crate) fn exchange_frames(
        &mut self,
        world: &World,
        commands: &[PushedCommand],
        cut: usize,
    ) -> Vec<SyncFrame> {
        let mut step = self.open_exchange(world, commands).unwrap();
        let mut received = Vec::new();
        loop {
            for frame in step.frames {
                if received.len() == cut {
                    return received;
                }
                self.apply_frame(&frame);
                received.push(frame);
            }
            step = match step.exchange {
                Exchange::Paging(paging) => paging.read_page().unwrap(),
                Exchange::AtHead(_) => return received,
            };
        }
    }

    pub(crate) fn apply_frame(&mut self, frame: &SyncFrame) {
        match frame {
            SyncFrame::Welcome(welcome) => {
                for granted in &welcome.scopes {
                    match granted.change {
                        ScopeChange::Added | ScopeChange::Kept => {
                            self.scopes.insert(granted.number, (granted.scope, granted.generation));
                        }
                        ScopeChange::Revoked | ScopeChange::Moved | ScopeChange::Ended => {
                            self.scopes.remove(&granted.number);
                            self.lost_scopes.push((granted.scope, granted.change));
                            self.retain_pairs(|scope, _| scope != granted.number);
                        }
                    }
                }
            }
            SyncFrame::Rows(thidua::sync::frame::RowsFrame { rows, cursor }) => {
                self.apply_rows(rows, cursor)
            }
            SyncFrame::SharedRows { rows: batch, cursor } => self.apply_rows(&batch.rows, cursor),
            SyncFrame::Reset(reset) => {
                if let Some(entry) = self.scopes.get_mut(&reset.scope_number) {
                    entry.1 = reset.generation;
                }
            }
            SyncFrame::SnapshotEnd { scope, generation } => {
                self.retain_pairs(|of, age| of != *scope || age >= *generation)
            }
            SyncFrame::Checkpoint(checkpoint) => {
                self.cursor.clone_from(&checkpoint.cursor);
                self.sync_mark.clone_from(&checkpoint.sync_mark);
                self.checkpoint = Some(checkpoint.clone());
            }
            SyncFrame::Bookmark { cursor } => self.cursor.clone_from(cursor),
            SyncFrame::CommandOutcome(_)
            | SyncFrame::CommandGap { .. }
            | SyncFrame::CommandForked { .. } => {}
        }
    }

    fn apply_rows(&mut self, rows: &[thidua::sync::frame::SyncRow], cursor: &[u8]) {
        for row in rows {
            let key = (row.kind, row.id);
            for scope in &row.scope_numbers {
                match &row.op {
                    SyncRowOp::Put { revision, bytes } => {
                        let generation =
                            self.scopes.get(scope).map_or(0, |(_, generation)| *generation);
                        self.held.scope_revisions.insert((*scope, key), generation);
                        self.held.records.insert(key, (*revision, bytes.clone()));
                    }
                    SyncRowOp::Deleted | SyncRowOp::OutOfScope => {
                        self.held.scope_revisions.remove(&(*scope, key));
                    }
                }
            }
        }
        self.retain_pairs(|_, _| true);
        self.cursor = cursor.to_vec();
    }

    fn retain_pairs(&mut self, keep: impl Fn(i32, i64) -> bool) {
        self.held.scope_revisions.retain(|(scope, _), generation| keep(*scope, *generation));
        let held: BTreeSet<HeldRecordKey> =
            self.held.scope_revisions.keys().map(|(_, key)| *key).collect();
        self.held.records.retain(|key, _| held.contains(key));
    }

    /// Compares the digests of the last checkpoint with the records held.
    pub(crate) fn assert_digests_match(&self) {
        let checkpoint = self.checkpoint.as_ref().unwrap();
        assert_eq!(checkpoint.digests.len(), self.scopes.len());
        for CheckpointDigest { number, digest: expected, .. } in &checkpoint.digests {
            let mut found = ScopeDigest::default();
            for (_, key) in self.held.scope_revisions.keys().filter(|(scope, _)| scope == number) {
                let (revision, bytes) = &self.held.records[key];
                found.add(hash_record(&key.1, *revision, bytes));
            }
            assert_eq!(found, *expected, "scope {:?}", self.scopes[number]);
        }
    }

    pub(crate) fn has_record(&self, kind: RecordKind, id: [u8; 16]) -> bool {
        self.held.records.contains_key(&(kind, id))
    }
}

pub(crate) fn pushed_command(number: u64, command: Command) -> PushedCommand {
    let bytes = thidua::wire::command::encode_command(number, &command);
    PushedCommand { number, hash: Sha256::digest(&bytes).into(), bytes, command: Ok(command) }
}

pub(crate) fn reported_value(value: i64) -> CellValue {
    CellValue::Reported(value)
}
