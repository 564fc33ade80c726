//! The world of one seed: two server nodes over one database, phones and the model. `calls` runs
//! the calls between them.

use crate::fixture;
use crate::model::ReferenceModel;
use crate::pg;
use crate::phone::SimPhone;
use crate::rng::Rng;
use crate::twin;
use prost::Message as _;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thidua::app::access::{CallerIdentity, EnrolledDevice, Readmission, load_identity};
use thidua::app::{App, AppError};
use thidua::auth::{AuthorityKey, hash_secret};
use thidua::clock::Clock;
use thidua::domain::access::enrolment::{EnrolmentCode, Invite};
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::support::ids::{AccountId, DeviceId, UnitId};
use thidua::pb;
use thidua::store::{DatabaseLocation, Store};
use thidua::sync::CursorSigner;

/// The size and the database of a simulated day.
pub(crate) struct SimPlan {
    pub(crate) location: DatabaseLocation,
    pub(crate) home: tempfile::TempDir,
    pub(crate) db: Option<pg::TestDb>,
    pub(crate) phones: usize,
    pub(crate) actions: usize,
    /// The browser's engine, and which people have a twin of it beside their phone.
    pub(crate) twins: Option<(PathBuf, &'static [usize])>,
}

/// People with a twin: reporters of two communes, one of which merges, and a reviewer of the
/// province, who sees everything.
const WITH_TWIN: &[usize] = &[0, 4, 9];

impl SimPlan {
    pub(crate) fn on_sqlite(seed: u64) -> Option<Self> {
        let home = fixture::temp_dir();
        let location = fixture::sqlite_copy(home.path());
        // Sometimes a whole district.
        let phones = if seed.is_multiple_of(50) { 40 } else { 3 + (seed % 6) as usize };
        Some(Self { location, home, db: None, phones, actions: 90, twins: None })
    }

    pub(crate) fn on_postgres(seed: u64) -> Option<Self> {
        let db = pg::TestDb::create()?;
        let location = DatabaseLocation::parse(db.url());
        fixture::load_example(&location);
        Some(Self { location, db: Some(db), ..Self::on_sqlite(seed)? })
    }

    /// A day on both engines.
    pub(crate) fn with_twins(seed: u64) -> Option<Self> {
        let pkg = std::env::var_os(twin::PKG_ENV).expect("scripts/web engine prints it").into();
        let plan = Self::on_sqlite(seed)?;
        Some(Self { phones: 10, actions: 140, twins: Some((pkg, WITH_TWIN)), ..plan })
    }

    pub(crate) fn for_soak(seed: u64) -> Option<Self> {
        let mut rng = Rng::new(seed ^ 0x50AC);
        let plan = Self::on_sqlite(seed)?;
        let phones = if rng.chance(10) { 40 } else { 3 + rng.below(12) };
        Some(Self { phones, actions: 100 + rng.below(400), ..plan })
    }
}

pub(crate) struct World {
    pub(crate) rng: Rng,
    pub(crate) plan: SimPlan,
    pub(crate) clock: Clock,
    nodes: Vec<App>,
    pub(crate) cursor_signer: CursorSigner,
    pub(crate) authority: Arc<AuthorityKey>,
    pub(crate) model: ReferenceModel,
    /// False after a restore: then the model takes over verdicts instead of predicting them.
    pub(crate) history_intact: bool,
    pub(crate) phones: Vec<SimPhone>,
    pub(crate) revoked: BTreeSet<DeviceId>,
    pub(crate) backups: Vec<(PathBuf, ReferenceModel)>,
    log: VecDeque<String>,
    /// How often each event occurred.
    pub(crate) event_counts: BTreeMap<String, u32>,
}

const LOG_LINES: usize = 60;

impl World {
    pub(crate) fn new(seed: u64, plan: SimPlan) -> Self {
        let clock = Clock::manual(fixture::start_of_day());
        let nodes = open_nodes(&plan.location, &clock);
        let reference = nodes[0].store().read(|tx| nodes[0].reference(tx)).unwrap();
        let mut world = Self {
            rng: Rng::new(seed),
            clock,
            cursor_signer: CursorSigner::new(b"a secret of the simulation"),
            authority: Arc::new(
                AuthorityKey::from_pkcs8(&AuthorityKey::generate().unwrap()).unwrap(),
            ),
            model: ReferenceModel::new(reference, fixture::start_of_day().local_date()),
            history_intact: true,
            phones: Vec::new(),
            revoked: BTreeSet::new(),
            backups: Vec::new(),
            log: VecDeque::new(),
            event_counts: BTreeMap::new(),
            nodes,
            plan,
        };
        for at in 0..world.plan.phones {
            world.add_person(at);
        }
        world
    }

    /// Adds an account with a phone: reporters, reviewers and unit heads in turn.
    fn add_person(&mut self, at: usize) {
        let (unit, role) = match at % 4 {
            0 | 3 => (fixture::COMMUNES[(at / 4) % 5], Role::Reporter),
            1 => (fixture::REVIEWER_UNITS[(at / 4) % 3], Role::Reviewer),
            _ => (fixture::COMMUNES[(at / 4) % 5], Role::UnitHead),
        };
        let account = AccountId::from_code(&format!("person {at}"));
        let (from, to) = (jiff::civil::date(2024, 1, 1), jiff::civil::date(2199, 1, 1));
        self.grant_role(account, Grant { role, unit: UnitId::from_code(unit), from, to });
        let pkg = self.plan.twins.as_ref().filter(|(_, people)| people.contains(&at));
        let pkg = pkg.map(|(pkg, _)| pkg.clone());
        self.add_phone(account, &format!("p{at}-{}", role.code().to_lowercase()), pkg.as_deref());
    }

    pub(crate) fn grant_role(&mut self, account: AccountId, grant: Grant) {
        let node = self.pick_node();
        node.grant_role(&node.system_actor().unwrap(), account, "DỮ LIỆU GIẢ LẬP", &grant).unwrap();
        self.model.grant(account, grant);
    }

    pub(crate) fn add_phone(&mut self, account: AccountId, name: &str, pkg: Option<&Path>) {
        let node = self.pick_node();
        let code = EnrolmentCode::new(self.rng.bytes());
        let later = node.now().saturating_add_micros(600_000_000);
        let code_hash = hash_secret(code.symbols().as_bytes());
        node.add_enrol_code(&node.system_actor().unwrap(), &code_hash, account, later).unwrap();
        let addresses = vec!["https://127.0.0.1:1".to_owned()];
        let clock = Clock::manual(self.clock.now());
        let mut phone = SimPhone::open(name, self.plan.home.path(), clock, pkg);
        let invitation = Invite { code, ca_sha256: [0; 32], addresses }.to_string();
        let request = pb::EnrolRequest::decode(&*phone.build_enrol_request(&invitation)).unwrap();
        let device = DeviceId::from_slice(&request.device_id).unwrap();
        let identity =
            node.enrol_device(&code_hash, device, &request.public_key, (&device.0, later)).unwrap();
        let answer = pb::EnrolResponse {
            device_id: request.device_id,
            certificate: Some(pb::DeviceCertificate::default()),
            token: Some(self.access_token()),
            session: Some(build_session(&identity, node.now().local_date())),
            ..pb::EnrolResponse::default()
        };
        phone.handle_enrol_response(&answer.encode_to_vec());
        (phone.device, phone.account) = (device, account);
        self.model.enrol(device, account);
        self.log_event(format!("{name} is enrolled"));
        self.phones.push(phone);
    }

    fn access_token(&self) -> pb::AccessToken {
        let end = self.clock.now().saturating_add_micros(900_000_000);
        pb::AccessToken {
            token: "tdt_simulated".into(),
            expires_at: Some(thidua::wire::values::timestamp_to_proto(end)),
        }
    }

    pub(crate) fn log_event(&mut self, line: String) {
        if std::env::var_os("SEED").is_some() {
            println!("{line}");
        }
        if self.log.len() == LOG_LINES {
            self.log.pop_front();
        }
        self.log.push_back(line);
    }

    pub(crate) fn count_event(&mut self, what: &str) {
        *self.event_counts.entry(what.to_owned()).or_default() += 1;
    }

    /// Counts an event of a phone with a twin.
    pub(crate) fn count_with_twin(&mut self, at: usize, what: &str) {
        if self.phones[at].has_twin() {
            self.count_event(&format!("twin: {what}"));
        }
    }

    pub(crate) fn log_text(&self) -> String {
        self.log.iter().cloned().collect::<Vec<_>>().join("\n")
    }

    /// One of the nodes, chosen by the generator.
    pub(crate) fn pick_node(&mut self) -> App {
        let at = self.rng.below(self.nodes.len());
        self.nodes[at].clone()
    }

    /// Restarts every node.
    pub(crate) fn restart(&mut self) {
        self.nodes.clear();
        self.nodes = open_nodes(&self.plan.location, &self.clock);
    }

    /// Restores the database from a backup; announced to the nodes, or discovered by the phones. An
    /// announced restore begins an epoch above the lost one, as `thidua restore` does. A second
    /// restore is always announced: if two epochs began from the same backup independently, phones
    /// would ask the operators which one to follow.
    pub(crate) fn restore_backup(&mut self, announced: bool) {
        let lost = self.nodes[0].store().read(|tx| tx.head()).unwrap().epoch;
        let announced = announced || !self.history_intact;
        let DatabaseLocation::Sqlite(path) = self.plan.location.clone() else { return };
        let Some((copy, model)) = self.backups.last().cloned() else { return };
        self.nodes.clear();
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{path}{end}"));
        }
        if announced {
            let id = self.rng.bytes();
            thidua::store::backup::restore_backup(&copy, &self.plan.location, Some(lost + 1), &id)
                .unwrap();
        } else {
            std::fs::copy(&copy, &path).unwrap();
        }
        self.nodes = open_nodes(&self.plan.location, &self.clock);
        let revoked: Vec<DeviceId> = self.revoked.iter().copied().collect();
        self.nodes[0].reapply_revocations(&revoked).unwrap();
        let today = self.clock.now().local_date();
        (self.model, self.history_intact) = (model, false);
        self.nodes[0].apply_org_day().unwrap();
        self.model.apply_day(today);
    }

    /// Renews the phone's token like `RenewToken`, without its signatures.
    pub(crate) fn renew_token(&mut self, at: usize) -> Result<CallerIdentity, AppError> {
        let (device, account) = (self.phones[at].device, self.phones[at].account);
        let node = self.pick_node();
        let existing = node.store().read(|tx| tx.device(device))?;
        if existing.is_none() {
            if self.revoked.contains(&device) {
                return Err(AppError::DeviceRevoked);
            }
            let session = self.phones[at].app().session().unwrap();
            let roles: Vec<Role> = session.iter().flat_map(|one| one.roles.clone()).collect();
            let unit = session.map_or(UnitId([0; 16]), |one| UnitId::parse(&one.unit_id).unwrap());
            let (now, later) = (node.now(), node.now().saturating_add_micros(60_000_000));
            let nonce = [&device.0[..], &now.0.to_be_bytes()].concat();
            let forgotten =
                Readmission { device: readmitted_device(device, account, now), unit, roles };
            node.renew_token(device, Some(&forgotten), (&nonce, later), (&nonce, later))?;
            self.model.enrol(device, account);
            self.log_event(format!("  {} is let in again", self.phones[at].name));
        }
        let identity = node.store().read(|tx| load_identity(tx, device))?;
        let session = build_session(&identity, node.now().local_date());
        let answer = pb::RenewTokenResponse {
            token: Some(self.access_token()),
            session: Some(session),
            command_export_key: Vec::new(),
        };
        self.phones[at].handle_renew_response(&answer.encode_to_vec());
        Ok(identity)
    }
}

fn open_nodes(location: &DatabaseLocation, clock: &Clock) -> Vec<App> {
    let node = |_| App::new(Store::open(location).unwrap(), clock.clone());
    (0..2).map(node).collect()
}

fn readmitted_device(
    id: DeviceId,
    account: AccountId,
    enrolled: thidua::domain::support::time::Timestamp,
) -> EnrolledDevice {
    let (revoked, token_expires) = (None, None);
    EnrolledDevice {
        id,
        account,
        public_key: vec![4; 65],
        enrolled_at: enrolled,
        revoked_at: revoked,
        last_command_number: 0,
        outcome_chain: vec![0; 32],
        is_forked: false,
        token_expires_at: token_expires,
    }
}

/// As the server builds it: the unit of the reporting grant before any other.
fn build_session(identity: &CallerIdentity, today: jiff::civil::Date) -> pb::Session {
    let first = identity
        .actor
        .active_grants_on(today)
        .min_by_key(|grant| (grant.role, grant.unit))
        .map(|grant| grant.unit);
    let own = identity.actor.active_grants_on(today).filter(|grant| Some(grant.unit) == first);
    pb::Session {
        account_id: identity.device.account.0.to_vec(),
        device_id: identity.device.id.0.to_vec(),
        unit_id: first.map_or_else(Vec::new, |unit| unit.0.to_vec()),
        roles: own.map(|grant| i32::from(grant.role.number())).collect(),
    }
}
