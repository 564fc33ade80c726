//! The world of one seed: two server nodes over one database, phones, the model, and the calls between them.
//!
//! ```text
//!  phone --request bytes--> node A or B (drawn anew for each call) --frames, one by one--> phone
//!     between any two frames: cut | app ends | server ends | somebody else's call | an act of the office
//! ```

use crate::fault::Fault;
use crate::ground;
use crate::model::{Model, Told};
use crate::pg;
use crate::phone::{Handset, Life};
use crate::rng::Rng;
use prost::Message as _;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use thidua::app::access::{Device, Identity, Readmission, identity};
use thidua::app::{App, AppError};
use thidua::auth::{Authority, hash};
use thidua::client::facade::{CallFailure, CallNext, ClientError, StopReason};
use thidua::clock::Clock;
use thidua::domain::enrolment::{Code, Invite};
use thidua::domain::ids::{AccountId, DeviceId, UnitId};
use thidua::domain::permission::{Grant, Role};
use thidua::grpc::Failure;
use thidua::grpc::carry::{Carried, Ground};
use thidua::pb;
use thidua::pb::sync_response::Frame;
use thidua::store::{Location, Store};
use thidua::sync::Seal;
use thidua::wire::reasons;
use thidua::wire::sync::read_outcome;

/// What a seed is to live through.
pub(crate) struct Plan {
    pub(crate) location: Location,
    pub(crate) home: tempfile::TempDir,
    pub(crate) db: Option<pg::TestDb>,
    pub(crate) phones: usize,
    pub(crate) acts: usize,
}

impl Plan {
    pub(crate) fn on_sqlite(seed: u64) -> Option<Self> {
        let home = ground::home();
        let location = ground::sqlite(home.path());
        // Now and then a whole district.
        let phones = if seed.is_multiple_of(50) { 40 } else { 3 + (seed % 6) as usize };
        Some(Self { location, home, db: None, phones, acts: 90 })
    }

    pub(crate) fn on_postgres(seed: u64) -> Option<Self> {
        let db = pg::TestDb::fresh()?;
        let location = Location::parse(db.url());
        ground::furnish(&location);
        Some(Self { location, db: Some(db), ..Self::on_sqlite(seed)? })
    }

    pub(crate) fn of_soak(seed: u64) -> Option<Self> {
        let mut rng = Rng::new(seed ^ 0x50AC);
        let plan = Self::on_sqlite(seed)?;
        let phones = if rng.chance(10) { 40 } else { 3 + rng.below(12) };
        Some(Self { phones, acts: 100 + rng.below(400), ..plan })
    }
}

pub(crate) struct World {
    pub(crate) rng: Rng,
    pub(crate) plan: Plan,
    pub(crate) clock: Clock,
    nodes: Vec<App>,
    pub(crate) seal: Seal,
    pub(crate) authority: Arc<Authority>,
    pub(crate) model: Model,
    /// False once the server lost history: then verdicts are believed and not foretold.
    pub(crate) exact: bool,
    pub(crate) phones: Vec<Handset>,
    pub(crate) revoked: BTreeSet<DeviceId>,
    pub(crate) copies: Vec<(PathBuf, Model)>,
    story: VecDeque<String>,
    /// How often what happened.
    pub(crate) tally: BTreeMap<String, u32>,
}

const STORY: usize = 60;

impl World {
    pub(crate) fn new(seed: u64, plan: Plan) -> Self {
        let clock = Clock::manual(ground::dawn());
        let nodes = open(&plan.location, &clock);
        let reference = nodes[0].store().read(|tx| nodes[0].reference(tx)).unwrap();
        let mut world = Self {
            rng: Rng::new(seed),
            clock,
            seal: Seal::new(b"a secret of the simulation"),
            authority: Arc::new(Authority::from_pkcs8(&Authority::generate().unwrap()).unwrap()),
            model: Model::new(reference, ground::dawn().local_date()),
            exact: true,
            phones: Vec::new(),
            revoked: BTreeSet::new(),
            copies: Vec::new(),
            story: VecDeque::new(),
            tally: BTreeMap::new(),
            nodes,
            plan,
        };
        for at in 0..world.plan.phones {
            world.newcomer(at);
        }
        world
    }

    /// A phone of somebody new: of every three, two report and one reviews; a unit head now and then.
    fn newcomer(&mut self, at: usize) {
        let (unit, role) = match at % 4 {
            0 | 3 => (ground::COMMUNES[(at / 4) % 5], Role::Reporter),
            1 => (ground::ABOVE[(at / 4) % 3], Role::Reviewer),
            _ => (ground::COMMUNES[(at / 4) % 5], Role::UnitHead),
        };
        let account = AccountId::named(&format!("person {at}"));
        let (from, to) = (jiff::civil::date(2024, 1, 1), jiff::civil::date(2199, 1, 1));
        self.give(account, Grant { role, unit: UnitId::named(unit), from, to });
        self.add_phone(account, &format!("p{at}-{}", role.code().to_lowercase()));
    }

    pub(crate) fn give(&mut self, account: AccountId, grant: Grant) {
        let node = self.node();
        node.grant(&node.system().unwrap(), account, "DỮ LIỆU GIẢ LẬP", &grant).unwrap();
        self.model.grant(account, grant);
    }

    pub(crate) fn add_phone(&mut self, account: AccountId, name: &str) {
        let node = self.node();
        let code = Code::new(self.rng.bytes());
        let later = node.now().plus_micros(600_000_000);
        let code_hash = hash(code.symbols().as_bytes());
        node.add_enrol_code(&node.system().unwrap(), &code_hash, account, later).unwrap();
        let addresses = vec!["https://127.0.0.1:1".to_owned()];
        let clock = Clock::manual(self.clock.now());
        let mut phone = Handset::open(name, self.plan.home.path(), clock);
        let invitation = Invite { code, ca_sha256: [0; 32], addresses }.to_string();
        let asked = pb::EnrolRequest::decode(&*phone.app().enrol_request(invitation).unwrap()).unwrap();
        let device = DeviceId::from_slice(&asked.device_id).unwrap();
        let identity = node.enrol(&code_hash, device, &asked.public_key, (&device.0, later)).unwrap();
        let answer = pb::EnrolResponse {
            device_id: asked.device_id,
            certificate: Some(pb::DeviceCertificate::default()),
            token: Some(self.token()),
            session: Some(session(&identity, node.now().local_date())),
            ..pb::EnrolResponse::default()
        };
        phone.app().enrol_answer(answer.encode_to_vec()).unwrap();
        (phone.device, phone.account) = (device, account);
        self.model.enrol(device, account);
        self.tell(format!("{name} is enrolled"));
        self.phones.push(phone);
    }

    fn token(&self) -> pb::AccessToken {
        let end = self.clock.now().plus_micros(900_000_000);
        pb::AccessToken { token: "tdt_simulated".into(), expires_at: Some(thidua::wire::values::timestamp(end)) }
    }

    pub(crate) fn tell(&mut self, line: String) {
        if std::env::var_os("SEED").is_some() {
            println!("{line}");
        }
        if self.story.len() == STORY {
            self.story.pop_front();
        }
        self.story.push_back(line);
    }

    pub(crate) fn count(&mut self, what: &str) {
        *self.tally.entry(what.to_owned()).or_default() += 1;
    }

    pub(crate) fn told(&self) -> String {
        self.story.iter().cloned().collect::<Vec<_>>().join("\n")
    }

    /// One of the nodes; which, says the seed.
    pub(crate) fn node(&mut self) -> App {
        let at = self.rng.below(self.nodes.len());
        self.nodes[at].clone()
    }

    /// Every node is ended and begun again.
    pub(crate) fn restart(&mut self) {
        self.nodes.clear();
        self.nodes = open(&self.plan.location, &self.clock);
    }

    /// The database is put back from a copy; said to the nodes, or found by the phones. Who says it names a history above the one that was lost, as
    /// `thidua restore` reads it from the old file; nobody notices twice: of two histories that each began behind the same copy, unaware of each other, phones
    /// ask the operators which one holds.
    pub(crate) fn restore(&mut self, said: bool) {
        let lost = self.nodes[0].store().read(|tx| tx.head()).unwrap().epoch;
        let said = said || !self.exact;
        let Location::Sqlite(path) = self.plan.location.clone() else { return };
        let Some((copy, model)) = self.copies.last().cloned() else { return };
        self.nodes.clear();
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{path}{end}"));
        }
        if said {
            let id = self.rng.bytes();
            thidua::store::backup::put_back(&copy, &self.plan.location, Some(lost + 1), &id).unwrap();
        } else {
            std::fs::copy(&copy, &path).unwrap();
        }
        self.nodes = open(&self.plan.location, &self.clock);
        let revoked: Vec<DeviceId> = self.revoked.iter().copied().collect();
        self.nodes[0].revoke_again(&revoked).unwrap();
        let today = self.clock.now().local_date();
        (self.model, self.exact) = (model, false);
        self.nodes[0].apply_day().unwrap();
        self.model.apply_day(today);
    }

    /// Renews the phone's token: what `RenewToken` does, without its signatures.
    fn renew(&mut self, at: usize) -> Result<Identity, AppError> {
        let (device, account) = (self.phones[at].device, self.phones[at].account);
        let node = self.node();
        let known = node.store().read(|tx| tx.device(device))?;
        if known.is_none() {
            if self.revoked.contains(&device) {
                return Err(AppError::DeviceRevoked);
            }
            let session = self.phones[at].app().session().unwrap();
            let roles =
                session.iter().flat_map(|one| &one.roles).filter_map(|code| Role::from_code(code)).collect::<Vec<_>>();
            let unit = session.map_or(UnitId([0; 16]), |one| UnitId::parse(&one.unit_id).unwrap());
            let (now, later) = (node.now(), node.now().plus_micros(60_000_000));
            let nonce = [&device.0[..], &now.0.to_be_bytes()].concat();
            let forgotten = Readmission { device: forgotten(device, account, now), unit, roles };
            node.renew(device, Some(&forgotten), (&nonce, later), (&nonce, later))?;
            self.model.enrol(device, account);
            self.tell(format!("  {} is let in again", self.phones[at].name));
        }
        let identity = node.store().read(|tx| identity(tx, device))?;
        let session = session(&identity, node.now().local_date());
        let answer = pb::RenewTokenResponse { token: Some(self.token()), session: Some(session) };
        self.phones[at].app().renew_answer(answer.encode_to_vec()).unwrap();
        Ok(identity)
    }

    /// A phone calls until it has nothing more to do, or its line breaks. `deep`: others may call between two frames.
    pub(crate) fn call(&mut self, at: usize, fault: Fault, deep: bool) -> bool {
        for _ in 0..12 {
            let next = self.one_call(at, fault, deep);
            match next {
                Ok(CallNext::Again | CallNext::Renew) => {}
                Ok(CallNext::Done) => {
                    self.phones[at].wants_all = false;
                    return true;
                }
                Ok(CallNext::Wait { .. } | CallNext::OtherServer) => return false,
                Err(error) => {
                    self.stopped(at, &error);
                    return false;
                }
            }
        }
        panic!("{} calls and calls and comes to no end", self.phones[at].name);
    }

    /// A phone that stops by itself must have been given the reason.
    fn stopped(&mut self, at: usize, error: &ClientError) {
        let phone = &mut self.phones[at];
        let life = match error {
            ClientError::Stopped { why: StopReason::Revoked, .. } | ClientError::NotEnrolled
                if self.revoked.contains(&phone.device) =>
            {
                Life::Revoked
            }
            ClientError::Stopped { why: StopReason::Forked, .. } if phone.copied => Life::Forked,
            other => panic!("{} stopped, and nobody gave it a reason: {other:?}", phone.name),
        };
        phone.life = life;
        let line = format!("  {} stops: {life:?}", phone.name);
        self.tell(line);
    }

    fn one_call(&mut self, at: usize, fault: Fault, deep: bool) -> Result<CallNext, ClientError> {
        let request = match self.renew(at) {
            Ok(identity) => self.phones[at].app().call_request(false).map(|request| (identity, request)),
            Err(error) => return self.phones[at].app().call_end(Some(failure(&Failure::App(error)))),
        };
        let (identity, request) = request?;
        // Pages of a few rows, as a server may choose them: so that there are places to cut, and pages that are full.
        let mut asked = pb::SyncRequest::decode(&*request).unwrap();
        asked.max_rows = 1 + self.rng.below(24) as u32;
        let (commands, request) = (asked.commands.clone(), asked.encode_to_vec());
        if fault == Fault::RequestLost {
            return self.phones[at].app().call_end(Some(CallFailure::Lost));
        }
        let (node, seal, today) = (self.node(), self.seal.clone(), self.clock.now().local_date());
        let authority = Arc::clone(&self.authority);
        let ground = Ground { app: &node, seal: &seal, authority: &authority };
        let mut carried = match Carried::begin(ground, identity, &request) {
            Ok(carried) => carried,
            Err(error) => return self.phones[at].app().call_end(Some(failure(&error))),
        };
        let device = self.phones[at].device;
        let foretold = self.model.take(device, &commands, today);
        let hashes: Vec<[u8; 32]> = commands.iter().map(|bytes| hash(bytes)).collect();
        let mut expected: VecDeque<Told> = foretold.into();
        if fault == Fault::AnswerLost {
            return self.phones[at].app().call_end(Some(CallFailure::Lost));
        }
        let mut taken = 0;
        loop {
            let (frames, reached) = match carried.step() {
                Ok(step) => step,
                Err(error) => return self.phones[at].app().call_end(Some(failure(&error))),
            };
            for frame in frames {
                if fault.strikes(taken) {
                    return self.strike(at, fault, carried, node);
                }
                self.compare(at, &frame, &hashes, &commands, &mut expected);
                self.phones[at].app().call_frame(frame)?;
                taken += 1;
            }
            if reached {
                assert!(!self.exact || expected.is_empty(), "not told: {expected:?}");
                return self.phones[at].app().call_end(None);
            }
            if deep && self.rng.chance(20) {
                self.meanwhile(at);
            }
        }
    }

    /// The line breaks.
    fn strike(&mut self, at: usize, fault: Fault, carried: Carried, node: App) -> Result<CallNext, ClientError> {
        match fault {
            Fault::AppEnds(_) => {
                self.phones[at].crash();
                Ok(CallNext::Wait { after_ms: 0 })
            }
            Fault::ServerEnds(_) => {
                drop((carried, node));
                self.restart();
                self.phones[at].app().call_end(Some(CallFailure::Lost))
            }
            Fault::None | Fault::RequestLost | Fault::AnswerLost | Fault::Cut(_) => {
                self.phones[at].app().call_end(Some(CallFailure::Lost))
            }
        }
    }

    /// Compares what is told of commands with what was foretold.
    fn compare(
        &mut self,
        at: usize,
        frame: &[u8],
        hashes: &[[u8; 32]],
        commands: &[Vec<u8>],
        expected: &mut VecDeque<Told>,
    ) {
        let told = match pb::SyncResponse::decode(frame).unwrap().frame {
            Some(Frame::Verdict(verdict)) => {
                let duplicate = verdict.outcome() == pb::Outcome::Duplicate;
                let outcome = if duplicate { verdict.present_outcome } else { verdict.outcome };
                let number = verdict.number;
                let told = read_outcome(outcome).unwrap();
                let place = commands.iter().position(|one| pb::Command::decode(&**one).unwrap().number == number);
                self.phones[at].told.insert(number, (hashes[place.unwrap()], told));
                let reason = reasons::read_reason(verdict.reason);
                self.count(&format!("{}{}", told.code(), if duplicate { " again" } else { "" }));
                let line = format!("    {number} {}{} {reason:?}", told.code(), if duplicate { " again" } else { "" });
                self.tell(line);
                Told::Verdict { number, duplicate, verdict: told, reason }
            }
            Some(Frame::Notice(pb::Notice { notice: Some(notice) })) => match notice {
                pb::notice::Notice::CommandGap(gap) => Told::Gap(gap.expected_number),
                pb::notice::Notice::CommandForked(forked) => Told::Forked(forked.number),
                other => panic!("an unexpected notice: {other:?}"),
            },
            Some(Frame::Reset(reset)) => {
                // A scope that mends itself hides a row that was lost on the way: nobody asked, so the digests did not agree.
                let unasked = reset.reason() == pb::ResetReason::Digest && !self.phones[at].wants_all;
                assert!(
                    !unasked,
                    "{}: the digests of scope {} did not agree",
                    self.phones[at].name, reset.scope_number
                );
                return self.count(reset.reason().as_str_name());
            }
            _ => return,
        };
        let foretold = expected.pop_front();
        if self.exact {
            assert_eq!(Some(&told), foretold.as_ref(), "{}: told, and foretold", self.phones[at].name);
        } else if let Told::Verdict { number, verdict, .. } = told {
            self.model.believe(self.phones[at].device, number, verdict);
        }
    }
}

fn open(location: &Location, clock: &Clock) -> Vec<App> {
    let node = |_| App::new(Store::open(location).unwrap(), clock.clone());
    (0..2).map(node).collect()
}

fn forgotten(id: DeviceId, account: AccountId, enrolled: thidua::domain::time::Instant) -> Device {
    let (revoked, token_expires) = (None, None);
    Device {
        id,
        account,
        public_key: vec![4; 65],
        enrolled,
        revoked,
        taken: 0,
        outcomes: vec![0; 32],
        forked: false,
        token_expires,
    }
}

/// As the server words it: the unit of the grant to report before any other.
fn session(identity: &Identity, today: jiff::civil::Date) -> pb::Session {
    let first = identity.actor.grants_on(today).min_by_key(|grant| (grant.role, grant.unit)).map(|grant| grant.unit);
    let here = identity.actor.grants_on(today).filter(|grant| Some(grant.unit) == first);
    pb::Session {
        account_id: identity.device.account.0.to_vec(),
        device_id: identity.device.id.0.to_vec(),
        unit_id: first.map_or_else(Vec::new, |unit| unit.0.to_vec()),
        roles: here.map(|grant| i32::from(grant.role.number())).collect(),
    }
}

fn failure(failure: &Failure) -> CallFailure {
    match failure {
        Failure::App(AppError::DeviceRevoked) => CallFailure::Unauthenticated { reason: "DEVICE_REVOKED".into() },
        Failure::App(AppError::Unauthenticated) => CallFailure::Unauthenticated { reason: "UNAUTHENTICATED".into() },
        Failure::App(AppError::Store(error)) if error.is_superseded() => {
            CallFailure::Precondition { reason: "SERVER_SUPERSEDED".into() }
        }
        Failure::App(AppError::Store(error)) if error.is_transient() => CallFailure::Busy { retry_after_ms: 500 },
        other => panic!("the server failed: {other:?}"),
    }
}
