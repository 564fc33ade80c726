//! Random walks: an organisation that changes every week, grants that begin and end, reports saved
//! and sent. After every week each phone and each caller sees exactly what the oracle allows, and
//! hidden reports are indistinguishable from absent ones.

use crate::access_oracle::OracleGrant;
use crate::mirrored_org::MirroredOrg;
use crate::world::{TestDevice, World, week_key};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::BTreeSet;
use thidua::app::AppError;
use thidua::app::report_queries::ReportFilter;
use thidua::domain::access::permission::{Actor, Grant, Role};
use thidua::domain::access::scope::RecordKind;
use thidua::domain::quality::Finding;
use thidua::domain::report::command::{CommandBody, Verdict};
use thidua::domain::standing::Standing;
use thidua::domain::support::ids::{
    AccountId, CampaignId, CommentId, ReportId, StandingId, UnitId,
};
use thidua::grpc::RpcError;
use thidua::i18n::Lang;

/// The campaign's first Monday; the weeks begin on Mondays.
const FIRST_MONDAY: Date = Date::constant(2024, 8, 26);
const WEEKS: usize = 5;
const USERS: usize = 4;
const ROLES: [Role; 9] = [
    Role::Reporter,
    Role::UnitHead,
    Role::Reviewer,
    Role::CampaignHead,
    Role::CouncilSecretary,
    Role::DataSteward,
    Role::Auditor,
    Role::PartnerReader,
    Role::Admin,
];

/// The events of one week; numbers are taken modulo the number of choices.
#[derive(Debug, Clone)]
struct WeekEvents {
    org_change: (u8, usize, usize),
    granted: Vec<(usize, usize, usize, i64, i64)>,
    revoked: Vec<(usize, usize)>,
    filed: Vec<(usize, bool)>,
}

fn weeks() -> impl Strategy<Value = Vec<WeekEvents>> {
    let org_change = (0_u8..8, 0_usize..50, 0_usize..50);
    let granted =
        prop::collection::vec((0..USERS, 0..ROLES.len(), 0_usize..50, -1_i64..3, 1_i64..5), 1..4);
    let revoked = prop::collection::vec((0..USERS, 0_usize..9), 0..2);
    let filed = prop::collection::vec((0_usize..50, any::<bool>()), 1..4);
    let one = (org_change, granted, revoked, filed);
    prop::collection::vec(
        one.prop_map(|(org_change, granted, revoked, filed)| WeekEvents {
            org_change,
            granted,
            revoked,
            filed,
        }),
        WEEKS,
    )
}

fn monday_of(week: usize) -> Date {
    FIRST_MONDAY.saturating_add((week as i64 * 7).days())
}

/// A phone, and its account's grants in the oracle.
struct RandomUser {
    phone: TestDevice,
    grants: Vec<OracleGrant>,
    /// Revoked grants: their holder's commands for the unit may still be held (S19).
    past_grants: Vec<OracleGrant>,
}

impl RandomUser {
    /// The grants that decide who may see the account's devices: administrators above every unit on
    /// which it holds a role, now or later; if it holds none any more, above every unit on which it
    /// did. All accounts began on the province.
    fn grants_deciding_on(&self, day: Date) -> Vec<OracleGrant> {
        let past = OracleGrant { role: Role::Auditor, unit: 0, from: Date::MIN, to: Date::MIN };
        let present: Vec<OracleGrant> =
            self.grants.iter().copied().filter(|role_grant| day < role_grant.to).collect();
        if present.is_empty() {
            [&self.grants[..], &self.past_grants[..], &[past]].concat()
        } else {
            present
        }
    }
}

/// The state of one walk.
struct RandomWalk {
    world: World,
    mirrored_org: MirroredOrg,
    users: Vec<RandomUser>,
    /// The reporters, by commune.
    reporters: Vec<(usize, TestDevice)>,
}

impl RandomWalk {
    fn new(weeks: &[WeekEvents]) -> Self {
        let mut mirrored_org = MirroredOrg::new();
        // The first week changes nothing, so that there are reports before the first change.
        weeks
            .iter()
            .enumerate()
            .skip(1)
            .for_each(|(at, week)| mirrored_org.apply_org_change(monday_of(at), week.org_change));
        let world = World::on_sqlite_with(mirrored_org.org.facts());
        let walkers = (0..USERS).map(|at| {
            // Each account has an old expired grant, so that it exists.
            let past = Grant {
                role: Role::Auditor,
                unit: mirrored_org.id(0),
                from: date(2020, 1, 1),
                to: date(2020, 1, 2),
            };
            let account = AccountId::from_code(&format!("walker {at}"));
            world
                .app
                .grant_role(&world.app.system_actor().unwrap(), account, "walker", &past)
                .unwrap();
            RandomUser {
                phone: world.enrol_device_of(&format!("walker {at}"), account, "prov-84"),
                grants: Vec::new(),
                past_grants: Vec::new(),
            }
        });
        let users = walkers.collect();
        Self { world, mirrored_org, users, reporters: Vec::new() }
    }

    fn run_week(&mut self, at: usize, week: &WeekEvents) {
        let day = monday_of(at);
        self.world.set_day(day);
        self.world.app.apply_org_day().unwrap();
        for (user_index, nth) in &week.revoked {
            self.revoke(*user_index, *nth, day);
        }
        for (user_index, role, unit, from, length) in &week.granted {
            let open = self
                .mirrored_org
                .open_units(&(0..self.mirrored_org.oracle.units.len()).collect::<Vec<_>>(), day);
            let (role, unit) = (ROLES[role % ROLES.len()], open[unit % open.len()]);
            let from = day.saturating_add((from * 7).days());
            self.grant(
                *user_index,
                OracleGrant { role, unit, from, to: from.saturating_add((length * 7).days()) },
                day,
            );
        }
        for (unit, sent) in &week.filed {
            let before = monday_of(at).saturating_sub(7.days());
            let reporting: Vec<usize> =
                self.mirrored_org.open_units(&self.mirrored_org.communes, day);
            let reporting: Vec<usize> = reporting
                .into_iter()
                .filter(|unit| self.mirrored_org.oracle.units[*unit].from <= before)
                .collect();
            if !reporting.is_empty() {
                self.file_report(reporting[unit % reporting.len()], before, *sent);
            }
        }
    }

    fn grant(&mut self, user_index: usize, role_grant: OracleGrant, day: Date) {
        let OracleGrant { role, unit, from, to } = role_grant;
        let oracle = &self.mirrored_org.oracle;
        // A role on a unit is held once: of two with the same first day the later replaces the
        // earlier.
        if self.users[user_index]
            .grants
            .iter()
            .any(|one| one.role == role && oracle.acting_unit(one.unit, day) == unit)
        {
            return;
        }
        let grant = Grant { role, unit: self.mirrored_org.id(unit), from, to };
        let user = &mut self.users[user_index];
        self.world
            .app
            .grant_role(
                &self.world.app.system_actor().unwrap(),
                user.phone.account,
                "walker",
                &grant,
            )
            .unwrap();
        user.grants.push(role_grant);
    }

    /// Revokes one of today's grants, on its acting unit.
    fn revoke(&mut self, user_index: usize, nth: usize, day: Date) {
        let user = &mut self.users[user_index];
        let grants = user.phone.load_identity(&self.world).unwrap().actor.grants;
        let today: Vec<Grant> =
            grants.into_iter().filter(|grant| grant.from <= day && day < grant.to).collect();
        let Some(grant) = today.get(nth % today.len().max(1)).copied() else { return };
        self.world
            .app
            .revoke_grant(&self.world.app.system_actor().unwrap(), user.phone.account, &grant)
            .unwrap();
        let oracle = &self.mirrored_org.oracle;
        let is_lost = |role_grant: &OracleGrant| {
            // A role on a unit is held once: what a reform joined ends together.
            role_grant.role == grant.role
                && UnitId::from_code(&oracle.units[oracle.acting_unit_of(role_grant, day)].uid)
                    == grant.unit
        };
        let (lost, kept) = user.grants.iter().partition(|role_grant| is_lost(role_grant));
        user.grants = kept;
        user.past_grants.extend::<Vec<OracleGrant>>(lost);
    }

    fn file_report(&mut self, unit: usize, start: Date, sent: bool) {
        let uid = self.mirrored_org.oracle.units[unit].uid.clone();
        if !self.reporters.iter().any(|(of, _)| *of == unit) {
            self.reporters.push((
                unit,
                self.world.enrol_device(&format!("typist {uid}"), &uid, Role::Reporter),
            ));
        }
        let (_, typist) = self.reporters.iter_mut().find(|(of, _)| *of == unit).unwrap();
        let key = week_key(&uid, start);
        if self.mirrored_org.oracle.reports.contains_key(&key.id()) {
            return;
        }
        if sent {
            self.world.send_nil_report(typist, &key);
        } else {
            let save = typist.save_command(
                &key,
                &[(self.world.element_numbers()[0], crate::world::reported_value(1))],
                &[],
            );
            assert_eq!(typist.push(&self.world, &[save])[0].verdict, Verdict::Applied);
        }
        self.mirrored_org.oracle.reports.insert(key.id(), (unit, sent));
    }

    /// Everything that a user can see equals what the oracle allows.
    fn check_visibility(&mut self, day: Date) {
        let deciding_grants: Vec<Vec<OracleGrant>> =
            self.users.iter().map(|user| user.grants_deciding_on(day)).collect();
        let devices: Vec<_> = self.users.iter().map(|user| user.phone.device).collect();
        for at in 0..self.users.len() {
            let phone = &mut self.users[at].phone;
            phone.sync(&self.world);
            phone.assert_digests_match();
            self.check_synced_records(at, day);
            let actor = self.users[at].phone.load_identity(&self.world).unwrap().actor;
            self.check_readable_reports(at, &actor, day);
            let grants = &self.users[at].grants;
            for (device, _) in self.world.app.visible_devices(&actor).unwrap() {
                let own = Some(device.id) == actor.device;
                let user = devices.iter().position(|one| *one == device.id);
                let Some(of) = user.filter(|_| !own) else { continue };
                assert!(
                    self.mirrored_org.oracle.administers(grants, &deciding_grants[of], day),
                    "walker {at} on {day} with {grants:?} is told of a device of {:?}",
                    deciding_grants[of]
                );
            }
        }
    }

    /// The phone holds the reports and names that its account's grants open.
    fn check_synced_records(&self, at: usize, day: Date) {
        let (RandomUser { phone, grants, .. }, oracle) =
            (&self.users[at], &self.mirrored_org.oracle);
        let of_kind = |kind| {
            phone.held.records.keys().filter(move |(one, _)| *one == kind).map(|(_, id)| *id)
        };
        let held: BTreeSet<[u8; 16]> = of_kind(RecordKind::Report).collect();
        let expected: BTreeSet<[u8; 16]> = oracle
            .reports
            .keys()
            .filter(|id| oracle.is_synced(grants, **id, day))
            .map(|id| id.0)
            .collect();
        assert_eq!(held, expected, "walker {at} on {day} holds what {grants:?} opens");
        assert_eq!(
            of_kind(RecordKind::Unit).next().is_some(),
            oracle.knows_names(grants, day),
            "walker {at} on {day}: names"
        );
    }

    /// Reports are listed and returned to readers only; to others they look absent.
    fn check_readable_reports(&self, at: usize, actor: &Actor, day: Date) {
        let (app, oracle) = (&self.world.app, &self.mirrored_org.oracle);
        let grants = &self.users[at].grants;
        let listed: BTreeSet<ReportId> = app
            .visible_reports(actor, &ReportFilter::default())
            .unwrap()
            .into_iter()
            .map(|line| line.id)
            .collect();
        let absent = ReportId([0xAB; 16]);
        for id in oracle.reports.keys() {
            let readable = oracle.is_readable(grants, *id, day);
            assert_eq!(listed.contains(id), readable, "walker {at} on {day}: a list");
            let expected =
                (!readable).then(|| refusal_details(app.report_detail(actor, absent))).flatten();
            for refusal in [
                refusal_details(app.report_detail(actor, *id)),
                refusal_details(app.report_revisions(actor, *id)),
            ] {
                assert_eq!(refusal, expected, "walker {at} on {day} asks for {id} with {grants:?}");
            }
        }
    }

    /// Published standings and findings are visible to whom the oracle allows, in lists and one by
    /// one.
    fn check_published(&self, day: Date) {
        let (app, system) = (&self.world.app, self.world.app.system_actor().unwrap());
        app.update_findings(&system, |_| Ok(true)).unwrap();
        let campaign = app.aggregate_campaigns(&system, |_| Ok(true)).unwrap().runs[0].campaign;
        let (standings, findings) = app
            .store()
            .read(|tx| {
                let reference = app.reference(tx)?;
                let (units, elements) = (&reference.unit_numbers, &reference.element_numbers);
                Ok::<_, AppError>((
                    tx.standings(campaign, units, elements)?,
                    tx.findings(units, elements)?,
                ))
            })
            .unwrap();
        for at in 0..self.users.len() {
            self.check_standings(at, campaign, &standings, day);
            self.check_findings(at, findings.iter().map(|(finding, _)| finding), day);
        }
    }

    fn unit_index(&self, id: UnitId) -> usize {
        let all = 0..self.mirrored_org.oracle.units.len();
        all.into_iter().find(|at| self.mirrored_org.id(*at) == id).unwrap()
    }

    fn check_standings(&self, at: usize, campaign: CampaignId, standings: &[Standing], day: Date) {
        let (app, oracle) = (&self.world.app, &self.mirrored_org.oracle);
        let RandomUser { phone, grants, .. } = &self.users[at];
        let actor = phone.load_identity(&self.world).unwrap().actor;
        let listed: BTreeSet<StandingId> = app
            .campaign_results(&actor, campaign)
            .unwrap()
            .standings
            .iter()
            .map(|one| one.standing.id())
            .collect();
        for standing in standings {
            let (unit, id) = (self.unit_index(standing.unit), standing.id());
            let above_communes = unit == 0
                || self.mirrored_org.districts.contains(&unit) && day < oracle.units[unit].to;
            let seen = oracle.sees_standing(grants, unit, above_communes, day);
            assert_eq!(
                listed.contains(&id),
                seen,
                "walker {at} on {day} with {grants:?}: a standing of {unit}"
            );
            let absent = app.standing_result(&actor, StandingId([0xAB; 16]));
            let expected = if seen { None } else { refusal_details(absent) };
            assert_eq!(
                refusal_details(app.standing_result(&actor, id)),
                expected,
                "walker {at} on {day} asks for a standing of {unit}"
            );
        }
    }

    fn check_findings<'f>(
        &self,
        at: usize,
        findings: impl Iterator<Item = &'f Finding>,
        day: Date,
    ) {
        let RandomUser { phone, grants, .. } = &self.users[at];
        let actor = phone.load_identity(&self.world).unwrap().actor;
        let listed: BTreeSet<_> = self
            .world
            .app
            .visible_findings(&actor, None)
            .unwrap()
            .iter()
            .map(|(one, _)| one.id())
            .collect();
        for finding in findings {
            let unit = self.unit_index(finding.unit);
            let seen = self.mirrored_org.oracle.sees_question(grants, unit, finding.shared, day);
            assert_eq!(
                listed.contains(&finding.id()),
                seen,
                "walker {at} on {day} with {grants:?}: {finding:?}"
            );
        }
    }

    /// A command on a hidden report gets the same outcome as one on an absent report.
    fn check_hidden_reports(&mut self, day: Date) {
        for at in 0..self.users.len() {
            let RandomUser { phone, grants, past_grants } = &mut self.users[at];
            let oracle = &self.mirrored_org.oracle;
            let all = grants.iter().chain(past_grants.iter());
            let ever: Vec<OracleGrant> =
                all.map(|one| OracleGrant { from: Date::MIN, to: Date::MAX, ..*one }).collect();
            let hidden: Vec<ReportId> = oracle
                .reports
                .keys()
                .copied()
                .filter(|id| !oracle.is_related(&ever, *id, day))
                .take(3)
                .collect();
            let (mut commands, mut asked) = (Vec::new(), 0);
            for id in hidden.iter().copied().chain([ReportId([0xAB; 16])]) {
                let report = self.world.read_report(id);
                let comment = CommentId::from_code(&format!("{at} {id}"));
                commands.push(phone.next_command(CommandBody::AddComment {
                    report: id,
                    comment,
                    text: "xem".into(),
                }));
                commands.push(phone.submit_command(id));
                let seen = report.map_or_else(
                    || thidua::domain::report::ContentHash([1; 32]),
                    |one| one.content_hash(),
                );
                commands.push(
                    phone
                        .next_command(CommandBody::AcceptReport { report: id, content_hash: seen }),
                );
                asked += 1;
            }
            let outcomes = phone.push(&self.world, &commands);
            let answers: Vec<_> = outcomes
                .chunks(outcomes.len() / asked)
                .map(|three| {
                    three
                        .iter()
                        .map(|one| {
                            (
                                one.verdict,
                                one.reason.clone(),
                                one.problems.clone(),
                                one.revision,
                                one.seq,
                            )
                        })
                        .collect::<Vec<_>>()
                })
                .collect();
            let nobody = answers.last().unwrap();
            assert!(
                answers.iter().all(|answer| answer == nobody),
                "walker {at} on {day} {grants:?}: {answers:?}"
            );
        }
    }
}

/// Code, text and details of a refusal as sent on the wire; `None` without a refusal.
fn refusal_details<T>(answer: Result<T, AppError>) -> Option<(tonic::Code, String, Vec<u8>)> {
    let status = RpcError::from(answer.err()?).into_status(Lang::VI);
    Some((status.code(), status.message().to_owned(), status.details().to_vec()))
}

/// The number of walks; `WALKS` overrides it.
fn walk_count() -> u32 {
    std::env::var("WALKS").map_or(24, |walks| walks.parse().expect("WALKS is a number"))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: walk_count(), max_shrink_iters: 300, ..ProptestConfig::default()
    })]

    #[test]
    fn nobody_is_ever_shown_or_told_what_the_printed_rules_do_not_open(weeks in weeks()) {
        let mut walk = RandomWalk::new(&weeks);
        for (at, week) in weeks.iter().enumerate() {
            walk.run_week(at, week);
            walk.check_visibility(monday_of(at));
            walk.check_published(monday_of(at));
        }
        walk.check_hidden_reports(monday_of(weeks.len() - 1));
    }
}
