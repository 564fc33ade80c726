//! Random walks: an organisation that merges, moves and dissolves, roles with windows that come and go, reports begun and sent; after every week
//! each phone holds, and each caller is told, exactly what the printed rules open, and what is out of sight is as if it were not there.

use crate::printed::{Held, Paper, Unit};
use crate::world::{Phone, World, week};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::BTreeSet;
use thidua::app::AppError;
use thidua::app::review::Wanted;
use thidua::domain::command::{Body, Verdict};
use thidua::domain::ids::{AccountId, CommentId, ReportId, StandingId, UnitId};
use thidua::domain::lang::Lang;
use thidua::domain::org::{
    Act, Change, Description, Edge, Hierarchy, Org, OrgFacts, Span, Unit as Fact, UnitKind, Version,
};
use thidua::domain::permission::{Grant, Role};
use thidua::domain::scope::RecordKind;
use thidua::domain::time::Instant;
use thidua::grpc::Failure;

/// The campaign's first Monday; weeks begin on the others.
const FIRST: Date = Date::constant(2024, 8, 26);
const WEEKS: usize = 5;
const COMMUNES: usize = 5;
const WALKERS: usize = 4;
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

/// What happens in one week; numbers are taken modulo what there is.
#[derive(Debug, Clone)]
struct Week {
    turn: (u8, usize, usize),
    granted: Vec<(usize, usize, usize, i64, i64)>,
    revoked: Vec<(usize, usize)>,
    filed: Vec<(usize, bool)>,
}

fn weeks() -> impl Strategy<Value = Vec<Week>> {
    let turn = (0_u8..8, 0_usize..50, 0_usize..50);
    let granted = prop::collection::vec((0..WALKERS, 0..ROLES.len(), 0_usize..50, -1_i64..3, 1_i64..5), 1..4);
    let revoked = prop::collection::vec((0..WALKERS, 0_usize..9), 0..2);
    let filed = prop::collection::vec((0_usize..50, any::<bool>()), 1..4);
    let one = (turn, granted, revoked, filed);
    prop::collection::vec(one.prop_map(|(turn, granted, revoked, filed)| Week { turn, granted, revoked, filed }), WEEKS)
}

fn monday(week: usize) -> Date {
    FIRST.saturating_add((week as i64 * 7).days())
}

fn described(uid: &str, kind: UnitKind) -> Description {
    Description {
        name: format!("Đơn vị {uid}"), kind, local_kind: "xa".to_owned(), code: None, note: String::new()
    }
}

/// The organisation twice: on paper, and as the product holds it.
struct Written {
    paper: Paper,
    org: Org,
    communes: Vec<usize>,
    districts: Vec<usize>,
}

impl Written {
    /// A province, two districts, a few communes.
    fn new() -> Self {
        let mut paper = Paper::default();
        let mut facts = OrgFacts::default();
        let mut add = |uid: String, kind, parent: Option<usize>| {
            let Description { name, kind, local_kind, code, note } = described(&uid, kind);
            facts.units.push(Fact::new(&uid, Version { span: Span::ALWAYS, name, kind, local_kind, code, note }));
            if let Some(parent) = parent {
                let (child, parent) = (UnitId::named(&uid), UnitId::named(&paper.units[parent].uid));
                facts.edges.push(Edge { child, parent, hierarchy: Hierarchy::Command, span: Span::ALWAYS });
            }
            let parents = parent.map(|parent| (Date::MIN, parent)).into_iter().collect();
            paper.units.push(Unit { uid, from: Date::MIN, to: Date::MAX, heir: None, parents });
            paper.units.len() - 1
        };
        // The example's campaign belongs to this province.
        let province = add("prov-84".into(), UnitKind::Province, None);
        let districts: Vec<usize> =
            (0..2).map(|at| add(format!("d{at}"), UnitKind::District, Some(province))).collect();
        let communes =
            (0..COMMUNES).map(|at| add(format!("c{at}"), UnitKind::Commune, Some(districts[at % 2]))).collect();
        Self { paper, org: Org::new(facts).unwrap(), communes, districts }
    }

    fn open(&self, list: &[usize], day: Date) -> Vec<usize> {
        list.iter().copied().filter(|at| self.paper.units[*at].from <= day && day < self.paper.units[*at].to).collect()
    }

    fn id(&self, unit: usize) -> UnitId {
        UnitId::named(&self.paper.units[unit].uid)
    }

    /// One turn of the organisation on this day: two merge into a new one, one goes into another, one moves, a district is dissolved.
    fn turn(&mut self, day: Date, (kind, a, b): (u8, usize, usize)) {
        let (communes, districts) = (self.open(&self.communes, day), self.open(&self.districts, day));
        let (one, two) = (communes[a % communes.len()], communes[b % communes.len()]);
        let acts = match kind {
            0 | 1 if one != two => {
                let parent = self.paper.units[one].parents.last().unwrap().1;
                let (uid, new) = (format!("n{}", self.paper.units.len()), self.paper.units.len());
                let parents = vec![(day, parent)];
                self.paper.units.push(Unit { uid: uid.clone(), from: day, to: Date::MAX, heir: None, parents });
                self.communes.push(new);
                for closed in [one, two] {
                    (self.paper.units[closed].to, self.paper.units[closed].heir) = (day, Some(new));
                }
                let unit = described(&uid, UnitKind::Commune);
                let parents = vec![(Hierarchy::Command, self.id(parent))];
                vec![
                    Act::Create { uid, unit, parents },
                    Act::Merge { from: vec![self.id(one), self.id(two)], into: self.id(new) },
                ]
            }
            2 if one != two => {
                (self.paper.units[one].to, self.paper.units[one].heir) = (day, Some(two));
                vec![Act::Merge { from: vec![self.id(one)], into: self.id(two) }]
            }
            3 | 4 if !districts.is_empty() => {
                let to = districts[b % districts.len()];
                self.paper.units[one].parents.push((day, to));
                vec![Act::Reparent { unit: self.id(one), hierarchy: Hierarchy::Command, parent: Some(self.id(to)) }]
            }
            5 if !districts.is_empty() => {
                let (district, province) = (districts[b % districts.len()], 0);
                let mut acts = Vec::new();
                for child in communes {
                    if self.paper.units[child].parents.last().unwrap().1 == district {
                        self.paper.units[child].parents.push((day, province));
                        let parent = Some(self.id(province));
                        acts.push(Act::Reparent { unit: self.id(child), hierarchy: Hierarchy::Command, parent });
                    }
                }
                self.paper.units[district].to = day;
                acts.push(Act::Dissolve { unit: self.id(district) });
                acts
            }
            _ => return,
        };
        let change = |act| Change { effective: day, legal_basis: format!("NQ {day}"), recorded: Instant(0), act };
        let changes: Vec<Change> = acts.into_iter().map(change).collect();
        self.org = self.org.apply(&changes).unwrap_or_else(|found| panic!("{changes:?}: {}", found[0].broken));
    }
}

/// Somebody with a phone and the roles that the paper says.
struct Walker {
    phone: Phone,
    held: Vec<Held>,
    /// What was taken away: who once worked for a unit may still hand over what was typed for it (S19).
    once: Vec<Held>,
}

/// One walk.
struct Walk {
    world: World,
    written: Written,
    walkers: Vec<Walker>,
    /// Who types for a commune.
    typists: Vec<(usize, Phone)>,
}

impl Walk {
    fn begin(weeks: &[Week]) -> Self {
        let mut written = Written::new();
        // The first week is quiet, so that there is something before everything changes.
        weeks.iter().enumerate().skip(1).for_each(|(at, week)| written.turn(monday(at), week.turn));
        let world = World::of(written.org.facts());
        let walkers = (0..WALKERS).map(|at| {
            // Everybody once held something, so that an account is there; it ended long ago.
            let past = Grant { role: Role::Auditor, unit: written.id(0), from: date(2020, 1, 1), to: date(2020, 1, 2) };
            let account = AccountId::named(&format!("walker {at}"));
            world.app.grant(&world.app.system().unwrap(), account, "walker", &past).unwrap();
            Walker {
                phone: world.phone_of(&format!("walker {at}"), account, "prov-84"),
                held: Vec::new(),
                once: Vec::new(),
            }
        });
        let walkers = walkers.collect();
        Self { world, written, walkers, typists: Vec::new() }
    }

    fn live(&mut self, at: usize, week: &Week) {
        let day = monday(at);
        self.world.at(day);
        self.world.app.apply_day().unwrap();
        for (who, nth) in &week.revoked {
            self.revoke(*who, *nth, day);
        }
        for (who, role, unit, from, length) in &week.granted {
            let open = self.written.open(&(0..self.written.paper.units.len()).collect::<Vec<_>>(), day);
            let (role, unit) = (ROLES[role % ROLES.len()], open[unit % open.len()]);
            let from = day.saturating_add((from * 7).days());
            self.grant(*who, Held { role, unit, from, to: from.saturating_add((length * 7).days()) }, day);
        }
        for (unit, sent) in &week.filed {
            let before = monday(at).saturating_sub(7.days());
            let whole: Vec<usize> = self.written.open(&self.written.communes, day);
            let whole: Vec<usize> =
                whole.into_iter().filter(|unit| self.written.paper.units[*unit].from <= before).collect();
            if !whole.is_empty() {
                self.file(whole[unit % whole.len()], before, *sent);
            }
        }
    }

    fn grant(&mut self, who: usize, held: Held, day: Date) {
        let Held { role, unit, from, to } = held;
        let paper = &self.written.paper;
        // One role on one unit is held once: of two with the same first day the later replaces the earlier.
        if self.walkers[who].held.iter().any(|one| one.role == role && paper.stands_for(one.unit, day) == unit) {
            return;
        }
        let grant = Grant { role, unit: self.written.id(unit), from, to };
        let walker = &mut self.walkers[who];
        self.world.app.grant(&self.world.app.system().unwrap(), walker.phone.account, "walker", &grant).unwrap();
        walker.held.push(held);
    }

    /// Takes one of the roles of today away, wherever it is held by now.
    fn revoke(&mut self, who: usize, nth: usize, day: Date) {
        let walker = &mut self.walkers[who];
        let grants = walker.phone.identity(&self.world).unwrap().actor.grants;
        let today: Vec<Grant> = grants.into_iter().filter(|grant| grant.from <= day && day < grant.to).collect();
        let Some(grant) = today.get(nth % today.len().max(1)).copied() else { return };
        self.world.app.revoke_grant(&self.world.app.system().unwrap(), walker.phone.account, &grant).unwrap();
        let paper = &self.written.paper;
        let gone = |held: &Held| {
            held.role == grant.role
                && held.to == grant.to
                && held.from <= day
                && UnitId::named(&paper.units[paper.place(held, day)].uid) == grant.unit
        };
        // Of two that became one at a merger both are gone.
        let (lost, kept) = walker.held.iter().partition(|held| gone(held));
        walker.held = kept;
        walker.once.extend::<Vec<Held>>(lost);
    }

    fn file(&mut self, unit: usize, start: Date, sent: bool) {
        let uid = self.written.paper.units[unit].uid.clone();
        if !self.typists.iter().any(|(of, _)| *of == unit) {
            self.typists.push((unit, self.world.phone(&format!("typist {uid}"), &uid, Role::Reporter)));
        }
        let (_, typist) = self.typists.iter_mut().find(|(of, _)| *of == unit).unwrap();
        let key = week(&uid, start);
        if self.written.paper.reports.contains_key(&key.id()) {
            return;
        }
        if sent {
            self.world.send_nil(typist, &key);
        } else {
            let save = typist.save(&key, &[(self.world.elements()[0], crate::world::figure(1))], &[]);
            assert_eq!(typist.push(&self.world, &[save])[0].verdict, Verdict::Applied);
        }
        self.written.paper.reports.insert(key.id(), (unit, sent));
    }

    /// Everything that anybody is told agrees with the paper.
    fn look(&mut self, day: Date) {
        // A device is listed for whoever stands over every unit on which its account holds a role, now or later; of an account that holds
        // none any more, over every unit on which it did. All began on the province.
        let past = Held { role: Role::Auditor, unit: 0, from: Date::MIN, to: Date::MIN };
        let whose = |walker: &Walker| -> Vec<Held> {
            let present: Vec<Held> = walker.held.iter().copied().filter(|held| day < held.to).collect();
            if present.is_empty() { [&walker.held[..], &walker.once[..], &[past]].concat() } else { present }
        };
        let whose: Vec<Vec<Held>> = self.walkers.iter().map(whose).collect();
        let devices: Vec<_> = self.walkers.iter().map(|walker| walker.phone.device).collect();
        for at in 0..self.walkers.len() {
            let Walker { phone, held, .. } = &mut self.walkers[at];
            let paper = &self.written.paper;
            phone.sync(&self.world);
            phone.agrees();
            let of_kind = |kind| phone.holding.records.keys().filter(move |(one, _)| *one == kind).map(|(_, id)| *id);
            let ours: BTreeSet<[u8; 16]> = of_kind(RecordKind::Report).collect();
            let opened: BTreeSet<[u8; 16]> =
                paper.reports.keys().filter(|id| paper.synced(held, **id, day)).map(|id| id.0).collect();
            assert_eq!(ours, opened, "walker {at} on {day} holds what {held:?} opens");
            assert_eq!(
                of_kind(RecordKind::Unit).next().is_some(),
                paper.knows_names(held, day),
                "walker {at} on {day}: names"
            );

            let actor = phone.identity(&self.world).unwrap().actor;
            let app = &self.world.app;
            let listed: BTreeSet<ReportId> =
                app.reports_in_sight(&actor, &Wanted::default()).unwrap().into_iter().map(|line| line.id).collect();
            let absent = ReportId([0xAB; 16]);
            for id in paper.reports.keys() {
                let readable = paper.readable(held, *id, day);
                assert_eq!(listed.contains(id), readable, "walker {at} on {day}: a list");
                for asked in [told(app.report_view(&actor, *id)), told(app.revisions(&actor, *id))] {
                    let expected = if readable { None } else { told(app.report_view(&actor, absent)) };
                    assert_eq!(asked, expected, "walker {at} on {day} asks for {id} with {held:?}");
                }
            }
            for (device, _) in app.devices_in_sight(&actor).unwrap() {
                let own = Some(device.id) == actor.device;
                let walker = devices.iter().position(|one| *one == device.id);
                let Some(of) = walker.filter(|_| !own) else { continue };
                let may = paper.administers(held, &whose[of], day);
                assert!(may, "walker {at} on {day} with {held:?} is told of a device of {:?}", whose[of]);
            }
        }
    }

    /// What the night judged and asked is told to whom the paper names, in lists and one by one.
    fn look_at_the_night(&self, day: Date) {
        let (app, system) = (&self.world.app, self.world.app.system().unwrap());
        app.ask_questions(&system, |_| Ok(true)).unwrap();
        let campaign = app.aggregate(&system, |_| Ok(true)).unwrap().runs[0].campaign;
        let (standings, findings) = app
            .store()
            .read(|tx| {
                let reference = app.reference(tx)?;
                let (units, elements) = (&reference.units, &reference.elements);
                Ok::<_, AppError>((tx.standings(campaign, units, elements)?, tx.findings(units, elements)?))
            })
            .unwrap();
        let paper = &self.written.paper;
        let number = |id: UnitId| (0..paper.units.len()).find(|at| self.written.id(*at) == id).unwrap();
        let absent = StandingId([0xAB; 16]);
        for (at, Walker { phone, held, .. }) in self.walkers.iter().enumerate() {
            let actor = phone.identity(&self.world).unwrap().actor;
            let listed: BTreeSet<StandingId> =
                app.results(&actor, campaign).unwrap().standings.iter().map(|one| one.standing.id()).collect();
            for standing in &standings {
                let (unit, id) = (number(standing.unit), standing.id());
                let above_communes = unit == 0 || self.written.districts.contains(&unit) && day < paper.units[unit].to;
                let seen = paper.told_of(held, unit, above_communes, day);
                assert_eq!(listed.contains(&id), seen, "walker {at} on {day} with {held:?}: a standing of {unit}");
                let expected = if seen { None } else { told(app.result(&actor, absent)) };
                assert_eq!(
                    told(app.result(&actor, id)),
                    expected,
                    "walker {at} on {day} asks for a standing of {unit}"
                );
            }
            let questions: BTreeSet<_> = app.findings(&actor, None).unwrap().iter().map(|(one, _)| one.id()).collect();
            for (finding, _) in &findings {
                let unit = number(finding.unit);
                let seen = paper.sees_question(held, unit, finding.shared, day);
                assert_eq!(questions.contains(&finding.id()), seen, "walker {at} on {day} with {held:?}: {finding:?}");
            }
        }
    }

    /// What is pushed about a report out of sight is answered as if there were none.
    fn grope(&mut self, day: Date) {
        for at in 0..self.walkers.len() {
            let Walker { phone, held, once } = &mut self.walkers[at];
            let paper = &self.written.paper;
            let all = held.iter().chain(once.iter());
            let ever: Vec<Held> = all.map(|one| Held { from: Date::MIN, to: Date::MAX, ..*one }).collect();
            let hidden: Vec<ReportId> =
                paper.reports.keys().copied().filter(|id| !paper.related(&ever, *id, day)).take(3).collect();
            let (mut commands, mut asked) = (Vec::new(), 0);
            for id in hidden.iter().copied().chain([ReportId([0xAB; 16])]) {
                let report = self.world.report(id);
                let comment = CommentId::named(&format!("{at} {id}"));
                commands.push(phone.command(Body::Comment { report: id, comment, text: "xem".into() }));
                commands.push(phone.submit(id));
                let seen =
                    report.map_or_else(|| thidua::domain::report::ContentHash([1; 32]), |one| one.content_hash());
                commands.push(phone.command(Body::Accept { report: id, seen }));
                asked += 1;
            }
            let outcomes = phone.push(&self.world, &commands);
            let answers: Vec<_> = outcomes
                .chunks(outcomes.len() / asked)
                .map(|three| {
                    three
                        .iter()
                        .map(|one| (one.verdict, one.reason.clone(), one.problems.clone(), one.revision, one.seq))
                        .collect::<Vec<_>>()
                })
                .collect();
            let nobody = answers.last().unwrap();
            assert!(answers.iter().all(|answer| answer == nobody), "walker {at} on {day} {held:?}: {answers:?}");
        }
    }
}

/// Code, text and details of a refusal, as the wire carries them; `None` for an answer.
fn told<T>(answer: Result<T, AppError>) -> Option<(tonic::Code, String, Vec<u8>)> {
    let status = Failure::from(answer.err()?).status(Lang::Vi);
    Some((status.code(), status.message().to_owned(), status.details().to_vec()))
}

/// How many walks; `WALKS` asks for more than CI takes.
fn walks() -> u32 {
    std::env::var("WALKS").map_or(24, |walks| walks.parse().expect("WALKS is a number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: walks(), max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_ever_shown_or_told_what_the_printed_rules_do_not_open(weeks in weeks()) {
        let mut walk = Walk::begin(&weeks);
        for (at, week) in weeks.iter().enumerate() {
            walk.live(at, week);
            walk.look(monday(at));
            walk.look_at_the_night(monday(at));
        }
        walk.grope(monday(weeks.len() - 1));
    }
}
