//! Who may act on an account: random unit trees, accounts and roles, and the administrative rpcs in
//! random order. The oracle follows the documented rule (`docs/SECURITY.md`, "Acts on an account")
//! and calls none of the product's code.

use crate::world::World;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use thidua::app::access::load_identity;
use thidua::auth;
use thidua::domain::access::enrolment::EnrolmentCode;
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::access::second_factor::ConfirmedFactor;
use thidua::domain::org::{DaySpan, Hierarchy, OrgFacts, Unit, UnitKind, UnitParent, UnitVersion};
use thidua::domain::support::ids::{AccountId, DeviceId, UnitId};
use thidua::domain::support::time::Timestamp;
use thidua::grpc::{ServerEndpoints, Services};
use thidua::pb;
use thidua::pb::access_service_server::AccessService;
use thidua::pb::second_factor_service_server::SecondFactorService;
use thidua::server::keys::ServerKeys;
use tonic::{Request, Status};

const FIRST: Date = Date::constant(2024, 8, 26);
const UNITS: usize = 7;
const ACCOUNTS: usize = 5;
/// Administrator roles are as frequent as others.
const ROLES: [Role; 4] = [Role::Admin, Role::Reporter, Role::Admin, Role::Reviewer];
const PB_ROLES: [pb::Role; 4] =
    [pb::Role::Admin, pb::Role::Reporter, pb::Role::Admin, pb::Role::Reviewer];
const FOREVER: Date = Date::constant(2199, 1, 1);

#[derive(Debug, Clone)]
enum AccountOp {
    /// `caller` requests a code for an account: an existing, an absent, or a new one.
    Invite {
        caller: usize,
        unit: usize,
        role: usize,
        account: usize,
    },
    /// The newest code is used for a password instead of a device.
    SetPassword,
    /// `caller` removes the second factor of an account, perhaps an absent one.
    ResetSecondFactor {
        caller: usize,
        account: usize,
    },
    List {
        caller: usize,
    },
    Revoke {
        caller: usize,
        device: usize,
    },
    /// The operator grants a role, from a day relative to today, for some days.
    Grant {
        account: usize,
        unit: usize,
        role: usize,
        from: i64,
        days: i64,
    },
    /// `caller` ends the account's nth role.
    End {
        caller: usize,
        account: usize,
        nth: usize,
    },
    Wait {
        days: i64,
    },
}

fn ops() -> impl Strategy<Value = Vec<AccountOp>> {
    let (account, reset) = (0..ACCOUNTS + 2, 0..ACCOUNTS + 1);
    let one = prop_oneof![
        6 => (0..ACCOUNTS, 0..UNITS, 0..4_usize, account).prop_map(
            |(caller, unit, role, account)| AccountOp::Invite { caller, unit, role, account }),
        1 => Just(AccountOp::SetPassword),
        2 => (0..ACCOUNTS, reset)
            .prop_map(|(caller, account)| AccountOp::ResetSecondFactor { caller, account }),
        3 => (0..ACCOUNTS).prop_map(|caller| AccountOp::List { caller }),
        3 => (0..ACCOUNTS, 0_usize..20)
            .prop_map(|(caller, device)| AccountOp::Revoke { caller, device }),
        4 => (0..ACCOUNTS, 0..UNITS, 0..4_usize, -20_i64..20, 1_i64..40)
            .prop_map(|(account, unit, role, from, days)| {
                AccountOp::Grant { account, unit, role, from, days }
            }),
        2 => (0..ACCOUNTS, 0..ACCOUNTS, 0_usize..5)
            .prop_map(|(caller, account, nth)| AccountOp::End { caller, account, nth }),
        1 => (1_i64..15).prop_map(|days| AccountOp::Wait { days }),
    ];
    prop::collection::vec(one, 10..40)
}

/// Each unit's parent among those before it.
fn parents() -> impl Strategy<Value = Vec<usize>> {
    (1..UNITS).map(|at| 0..at).collect::<Vec<_>>()
}

fn uid(unit: usize) -> String {
    if unit == 0 { "prov-84".to_owned() } else { format!("u{unit}") }
}

fn build_org(parents: &[usize]) -> OrgFacts {
    let mut facts = OrgFacts::default();
    for unit in 0..UNITS {
        let kind = if unit == 0 { UnitKind::Province } else { UnitKind::District };
        let (span, name, local_kind) =
            (DaySpan::ALWAYS, format!("Đơn vị {unit}"), "đội".to_owned());
        let version =
            UnitVersion { days: span, name, kind, local_kind, code: None, note: String::new() };
        facts.units.push(Unit::new(&uid(unit), version));
        if unit > 0 {
            let (child, parent) =
                (UnitId::from_code(&uid(unit)), UnitId::from_code(&uid(parents[unit - 1])));
            facts.edges.push(UnitParent {
                child,
                parent,
                hierarchy: Hierarchy::Command,
                days: DaySpan::ALWAYS,
            });
        }
    }
    facts
}

/// A role on a unit, from a day until before another.
type GrantTuple = (Role, usize, Date, Date);

/// The expected results, computed from grants and parents alone.
#[derive(Default)]
struct AccountOracle {
    parents: Vec<usize>,
    grants: BTreeMap<AccountId, Vec<GrantTuple>>,
    ended: BTreeMap<AccountId, BTreeSet<usize>>,
    devices: BTreeMap<DeviceId, AccountId>,
    revoked: BTreeSet<DeviceId>,
}

impl AccountOracle {
    fn administers(&self, caller: AccountId, unit: usize, day: Date) -> bool {
        let chain = std::iter::successors(Some(unit), |at| (*at > 0).then(|| self.parents[at - 1]));
        let grants = &self.grants[&caller];
        chain.into_iter().any(|above| {
            grants.iter().any(|(role, on, from, to)| {
                *role == Role::Admin && *on == above && *from <= day && day < *to
            })
        })
    }

    fn may_act(&self, caller: AccountId, account: AccountId, day: Date) -> bool {
        let all = self.grants.get(&account).map_or(&[][..], Vec::as_slice);
        let mut units: BTreeSet<usize> =
            all.iter().filter(|(.., to)| day < *to).map(|(_, unit, ..)| *unit).collect();
        if units.is_empty() {
            units.extend(all.iter().map(|(_, unit, ..)| *unit));
            units.extend(self.ended.get(&account).into_iter().flatten());
        }
        if units.is_empty() {
            units.insert(0);
        }
        units.into_iter().all(|unit| self.administers(caller, unit, day))
    }

    fn grant(&mut self, account: AccountId, (role, unit, from, to): GrantTuple) {
        let all = self.grants.entry(account).or_default();
        all.retain(|(other, on, ..)| (*other, *on) != (role, unit));
        all.push((role, unit, from, to));
    }
}

struct AccountScenario {
    world: World,
    services: Services,
    tokio: tokio::runtime::Runtime,
    oracle: AccountOracle,
    accounts: Vec<AccountId>,
    day: Date,
    code: Option<(AccountId, String)>,
    count: u8,
    _keys: tempfile::TempDir,
}

impl AccountScenario {
    fn new(parents: &[usize]) -> Self {
        let world = World::on_sqlite_with(&build_org(parents));
        let dir = tempfile::tempdir().unwrap();
        let ServerKeys { authority, cursor_key: signer, revocations } =
            ServerKeys::open(dir.path()).unwrap();
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (_, closing) = tokio::sync::watch::channel(false);
        let services = {
            let _guard = tokio.enter();
            Services::new(
                world.app.clone(),
                (authority, revocations),
                signer,
                ServerEndpoints::default(),
                vec![],
                closing,
            )
        };
        let oracle = AccountOracle { parents: parents.to_vec(), ..AccountOracle::default() };
        let accounts =
            (0..ACCOUNTS).map(|at| AccountId::from_code(&format!("account {at}"))).collect();
        let mut scenario = Self {
            world,
            services,
            tokio,
            oracle,
            accounts,
            day: FIRST,
            code: None,
            count: 0,
            _keys: dir,
        };
        for at in 0..ACCOUNTS {
            // Each account begins with an expired role, so that it exists and has a device.
            scenario.grant(at, (Role::Reporter, at % UNITS, date(2024, 1, 1), date(2024, 1, 2)));
            scenario.enrol(scenario.accounts[at], None);
        }
        scenario
    }

    fn grant(&mut self, account: usize, (role, unit, from, to): GrantTuple) {
        let (app, id) = (&self.world.app, self.accounts[account]);
        let grant = Grant { role, unit: UnitId::from_code(&uid(unit)), from, to };
        app.grant_role(&app.system_actor().unwrap(), id, "account", &grant).unwrap();
        self.oracle.grant(id, (role, unit, from, to));
    }

    /// Enrols a device of the account whose token contains its number; with this code or with one
    /// of the operator's.
    fn enrol(&mut self, account: AccountId, code: Option<&str>) {
        let app = &self.world.app;
        self.count += 1;
        let device = DeviceId([self.count; 16]);
        let hash = match code {
            Some(code) => {
                auth::hash_secret(EnrolmentCode::parse(code).unwrap().symbols().as_bytes())
            }
            None => {
                let hash = auth::hash_secret(&device.0);
                let later = app.now().saturating_add_micros(1);
                app.add_enrol_code(&app.system_actor().unwrap(), &hash, account, later).unwrap();
                hash
            }
        };
        let token = auth::hash_secret(format!("token {}", self.count).as_bytes());
        app.enrol_device(&hash, device, &[4; 65], (&token, Timestamp(i64::MAX))).unwrap();
        self.oracle.devices.insert(device, account);
    }

    /// The caller's first device that is not revoked.
    fn device(&self, caller: usize) -> Option<DeviceId> {
        let of = |(device, account): &(&DeviceId, &AccountId)| {
            **account == self.accounts[caller] && !self.oracle.revoked.contains(*device)
        };
        self.oracle.devices.iter().find(of).map(|(device, _)| *device)
    }

    fn request<M>(&self, device: DeviceId, message: M) -> Request<M> {
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert("authorization", format!("Bearer token {}", device.0[0]).parse().unwrap());
        request
    }

    fn run(&mut self, op: &AccountOp) {
        match *op {
            AccountOp::Invite { caller, unit, role, account } => {
                self.invite(caller, unit, role, account)
            }
            AccountOp::SetPassword => self.set_password(),
            AccountOp::ResetSecondFactor { caller, account } => {
                self.reset_second_factor(caller, account)
            }
            AccountOp::List { caller } => self.list(caller),
            AccountOp::Revoke { caller, device } => self.revoke(caller, device),
            AccountOp::Grant { account, unit, role, from, days } => {
                let from = self.day.saturating_add(from.days());
                self.grant(account, (ROLES[role], unit, from, from.saturating_add(days.days())));
            }
            AccountOp::End { caller, account, nth } => self.end_grant(caller, account, nth),
            AccountOp::Wait { days } => {
                self.day = self.day.saturating_add(days.days());
                self.world.set_day(self.day);
            }
        }
    }

    fn invite(&mut self, caller: usize, unit: usize, role: usize, account: usize) {
        let Some(device) = self.device(caller) else { return };
        self.count += 1;
        let (existing, absent) = (self.accounts.get(account).copied(), account == ACCOUNTS);
        let named = if absent { Some(AccountId([0xAB; 16])) } else { existing };
        let rpc_request = pb::CreateEnrolmentCodeRequest {
            request_id: vec![self.count; 16],
            unit_id: UnitId::from_code(&uid(unit)).0.to_vec(),
            roles: vec![PB_ROLES[role].into()],
            account_id: named.map_or_else(Vec::new, |id| id.0.to_vec()),
        };
        let answer = self
            .tokio
            .block_on(self.services.create_enrolment_code(self.request(device, rpc_request)));
        let id = self.accounts[caller];
        let over_unit = self.oracle.administers(id, unit, self.day);
        let over_account = named
            .is_none_or(|named| existing.is_some() && self.oracle.may_act(id, named, self.day));
        match answer {
            Ok(answer) => {
                let pb::CreateEnrolmentCodeResponse { code, account_id, .. } = answer.into_inner();
                assert!(over_unit && over_account, "{id:?} has a code that nobody may give it");
                let account = AccountId::from_slice(&account_id).unwrap();
                assert!(named.is_none_or(|named| named == account));
                self.oracle.grant(account, (ROLES[role], unit, self.day, FOREVER));
                self.code = Some((account, code.clone()));
                self.enrol_every_second(account, &code);
            }
            Err(status) => {
                assert!(!(over_unit && over_account), "refused what the rule allows: {status:?}");
                let expected = if over_unit { "ACCOUNT_ELSEWHERE" } else { "" };
                assert!(!over_unit || error_reason(&status) == expected, "{status:?}");
            }
        }
    }

    /// Every second code enrols a device at once, the others stay for a password.
    fn enrol_every_second(&mut self, account: AccountId, code: &str) {
        if self.count.is_multiple_of(2) {
            self.enrol(account, Some(code));
            self.code = None;
        }
    }

    fn set_password(&mut self) {
        let Some((_, code)) = self.code.take() else { return };
        let rpc_request = Request::new(pb::SetPasswordRequest {
            code,
            password: "một câu dài dễ nhớ".into(),
        });
        // The code may have expired; the right to it was checked when it was created.
        let _ = self.tokio.block_on(self.services.set_password(rpc_request));
    }

    fn reset_second_factor(&mut self, caller: usize, account: usize) {
        let Some(device) = self.device(caller) else { return };
        let account = self.accounts.get(account).copied().unwrap_or(AccountId([0xAB; 16]));
        let factor = ConfirmedFactor { salt: [1; 16], recovery_hashes: vec![[2; 32]], step: 1 };
        let app = &self.world.app;
        let has_factor = || app.second_factor(account).unwrap().is_some();
        let system = app.system_actor().unwrap();
        app.put_second_factor(&system, account, &factor).unwrap();
        let rpc_request = pb::ResetSecondFactorRequest {
            request_id: vec![1; 16],
            account_id: account.0.to_vec(),
        };
        let answer = self
            .tokio
            .block_on(self.services.reset_second_factor(self.request(device, rpc_request)));
        let may = self.oracle.may_act(self.accounts[caller], account, self.day);
        assert_eq!(answer.is_ok(), may, "account {caller} resets {account}: {answer:?}");
        assert_eq!(has_factor(), !may, "a refused reset changes nothing");
    }

    fn list(&mut self, caller: usize) {
        let Some(device) = self.device(caller) else { return };
        let rpc_request = pb::ListDevicesRequest { page_size: 500, ..Default::default() };
        let answer = self
            .tokio
            .block_on(self.services.list_devices(self.request(device, rpc_request)))
            .unwrap();
        let listed: BTreeSet<Vec<u8>> =
            answer.into_inner().devices.into_iter().map(|one| one.id).collect();
        let may = |account| self.oracle.may_act(self.accounts[caller], account, self.day);
        let visible =
            self.oracle.devices.iter().filter(|(one, account)| **one == device || may(**account));
        assert_eq!(
            listed,
            visible.map(|(one, _)| one.0.to_vec()).collect(),
            "devices told to account {caller}"
        );
    }

    fn revoke(&mut self, caller: usize, nth: usize) {
        let Some(device) = self.device(caller) else { return };
        let (other, account) =
            self.oracle.devices.iter().nth(nth % self.oracle.devices.len()).unwrap();
        let (other, account) = (*other, *account);
        let rpc_request =
            pb::RevokeDeviceRequest { request_id: vec![1; 16], device_id: other.0.to_vec() };
        let answer =
            self.tokio.block_on(self.services.revoke_device(self.request(device, rpc_request)));
        let may = other == device || self.oracle.may_act(self.accounts[caller], account, self.day);
        assert_eq!(answer.is_ok(), may, "account {caller} revokes {other}: {answer:?}");
        if may {
            self.oracle.revoked.insert(other);
        }
    }

    /// Ending a grant needs the right over its unit alone, wherever else the account has roles.
    fn end_grant(&mut self, caller: usize, account: usize, nth: usize) {
        let Some(device) = self.device(caller) else { return };
        let (app, id) = (&self.world.app, self.accounts[account]);
        let all = &self.oracle.grants[&id];
        let Some((role, unit, from, to)) = all.get(nth % all.len().max(1)).copied() else { return };
        let grant = Grant { role, unit: UnitId::from_code(&uid(unit)), from, to };
        let actor = app.store().read(|tx| load_identity(tx, device)).unwrap().actor;
        let answer = app.revoke_grant(&actor, id, &grant);
        let may = self.oracle.administers(self.accounts[caller], unit, self.day);
        assert_eq!(answer.is_ok(), may, "account {caller} ends {role:?} on {unit}: {answer:?}");
        if may {
            self.oracle.grants.get_mut(&id).unwrap().retain(|(r, u, ..)| (*r, *u) != (role, unit));
            self.oracle.ended.entry(id).or_default().insert(unit);
        }
    }

    /// Refused calls leave nothing: every account holds exactly the oracle's grants.
    fn assert_grants_match(&self) {
        for (account, grants) in &self.oracle.grants {
            let expected_grants: BTreeSet<_> = grants
                .iter()
                .map(|(role, unit, from, to)| (*role, UnitId::from_code(&uid(*unit)), *from, *to))
                .collect();
            let held = self.world.app.store().read(|tx| tx.grants(*account)).unwrap();
            let held: BTreeSet<_> =
                held.iter().map(|one| (one.role, one.unit, one.from, one.to)).collect();
            assert_eq!(held, expected_grants, "grants of {account:?}");
        }
        let absent =
            self.world.app.store().read(|tx| tx.account_label(AccountId([0xAB; 16]))).unwrap();
        assert_eq!(absent, None, "nobody makes an account by naming it");
    }
}

fn error_reason(status: &Status) -> String {
    use tonic_types::StatusExt;
    status.get_error_details().error_info().map_or_else(String::new, |info| info.reason.clone())
}

fn case_count() -> u32 {
    std::env::var("WALKS").map_or(48, |walks| walks.parse().expect("WALKS is a number"))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: case_count(), max_shrink_iters: 300, ..ProptestConfig::default()
    })]

    #[test]
    fn nobody_acts_on_an_account_without_the_right_over_every_unit_of_it(
        parents in parents(), ops in ops(),
    ) {
        let mut scenario = AccountScenario::new(&parents);
        for op in &ops {
            scenario.run(op);
            scenario.assert_grants_match();
        }
    }
}
