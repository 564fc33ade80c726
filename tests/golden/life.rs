//! One small database from its import to a reform, and everything that it came to hold, read
//! through the store.
//!
//! The example's province, a clock that is set by hand, phones that type fixed figures. Runs on
//! SQLite and on PostgreSQL: both hold the same.

use crate::page::Page;
use crate::world::{Phone, TOWN, WARD_2, WARD_3, World, figure, first_week, week};
use jiff::civil::{Date, date};
use sha2::{Digest as _, Sha256};
use thidua::app::access::{Hashed, Readmission};
use thidua::app::partner::KeyWish;
use thidua::domain::baseline::{BaselineRow, BaselineStatus};
use thidua::domain::campaign::Step;
use thidua::domain::cell::{CellValue, Change, ElementNo, MissingReason};
use thidua::domain::command::{Body, Save, SaveNote};
use thidua::domain::hex::hex;
use thidua::domain::ids::{AccountId, CommentId, ConflictId, DeviceId, HeldId, KeyId, ProposalId, ReportId, UnitId};
use thidua::domain::partner::Read;
use thidua::domain::permission::{Actor, Grant, Role};
use thidua::domain::report::{Question, ReportKey};
use thidua::domain::time::Instant;
use thidua::jobs;
use thidua::store::audit::AuditLine;
use thidua::store::feed::{FeedOp, FeedRow};
use thidua::sync::frame::Outcome;
use thidua::sync::push::Pushed;

const ABOUT: &str = "One small database from its import to a reform: what its audit, its feeds, its scopes, its runs
and its jobs hold. Bytes stand as the first 16 of their SHA-256, and so do long runs of lines of
one sort. The version of the crate enters the record of a run, so a new version changes these
records, their scopes' digests and the audit behind them. Made by tests/golden/life.rs.";

/// The life, and what was answered on the way.
struct Life {
    world: World,
    page: Page,
}

/// Longer runs of lines of one sort stand as one line.
const FOLDED: usize = 12;

fn short(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes)[..16])
}

impl Life {
    fn system(&self) -> Actor {
        self.world.app.system().unwrap()
    }

    fn push(&mut self, phone: &mut Phone, what: &str, command: Pushed) -> Outcome {
        let outcome = phone.push(&self.world, &[command]).remove(0);
        let Outcome { verdict, seq, record, revision, reason, problems, .. } = &outcome;
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
        self.page.item(
            what,
            format!(
                "{} seq {seq} record {} revision {revision} reason {} fields {}",
                verdict.code(),
                hex(record),
                reason.as_deref().unwrap_or("-"),
                if fields.is_empty() { "-".to_owned() } else { fields.join(" ") }
            ),
        );
        outcome
    }

    fn accept(&mut self, reviewer: &mut Phone, report: ReportId) {
        let accept = reviewer.accept(&self.world.report(report).unwrap());
        self.push(reviewer, "accept", accept);
    }

    /// Every kind of cell, then nil: what the form asks for.
    fn cells(&self) -> Vec<(ElementNo, CellValue)> {
        let missing = [MissingReason::AwaitingSource, MissingReason::NotCounted, MissingReason::SeeNote];
        let said = missing.map(CellValue::Missing).into_iter().chain([figure(12), figure(3)]);
        self.world.elements().into_iter().zip(said.chain(std::iter::repeat(CellValue::Nil))).collect()
    }
}

/// The whole save, with a note.
fn noted(phone: &mut Phone, key: &ReportKey, cells: &[(ElementNo, CellValue)]) -> Pushed {
    let change = |(element, mine): &(ElementNo, CellValue)| Change { element: *element, mine: Some(*mine), base: None };
    let note = Some(SaveNote { mine: "chờ số liệu".into(), base: String::new() });
    let changes = cells.iter().map(change).collect();
    phone.command(Body::Save(Save { key: key.clone(), acting_unit: phone.unit, changes, note, base_revision: 0 }))
}

/// Two reporters and a head: a report, a conflict, a comment, a return, an acceptance, an
/// amendment.
fn reports(life: &mut Life) {
    life.page.section("commands: what became of each");
    let world = &life.world;
    let mut lan = world.phone("lan", WARD_2, Role::Reporter);
    let mut second = world.phone_of("second", lan.account, WARD_2);
    let mut head = world.phone("head", WARD_2, Role::UnitHead);
    let mut reviewer = world.phone("reviewer", TOWN, Role::Reviewer);
    let (key, cells) = (first_week(WARD_2), life.cells());
    let save = noted(&mut lan, &key, &cells);
    life.push(&mut lan, "save", save);
    let (element, stands) = cells[3];
    let other = second.save(&key, &[(element, figure(15))], &[(element, figure(11))]);
    let conflict = ConflictId(life.push(&mut second, "save from another base", other).record);
    let settle = head.command(Body::Settle { conflict, take_branch: true });
    life.push(&mut head, "settle by a wrong id", settle);
    head.sync(&life.world);
    let open = |kind| head.holding.records.keys().find(|(one, _)| *one == kind).map(|(_, id)| *id);
    let conflict = ConflictId(open(thidua::domain::scope::RecordKind::Conflict).unwrap());
    let settle = head.command(Body::Settle { conflict, take_branch: true });
    life.push(&mut head, "settle", settle);
    let odd = lan.save(&key, &[(ElementNo(9999), figure(1))], &[]);
    life.push(&mut lan, "save what is on no form", odd);
    let submit = lan.submit(key.id());
    life.push(&mut lan, "submit", submit);
    let comment = Body::Comment { report: key.id(), comment: CommentId::named("golden"), text: "ý kiến".into() };
    let comment = reviewer.command(comment);
    life.push(&mut reviewer, "comment", comment);
    let question = Question { code: "CHECK_FIGURE".into(), text: "xem lại".into() };
    let seen = life.world.report(key.id()).unwrap().content_hash();
    let back = reviewer.command(Body::Return { report: key.id(), seen, question });
    life.push(&mut reviewer, "return", back);
    let submit = lan.submit(key.id());
    life.push(&mut lan, "submit again", submit);
    life.accept(&mut reviewer, key.id());
    let edit = lan.save(&key, &[(element, stands)], &[(element, figure(15))]);
    let proposal = ProposalId(life.push(&mut lan, "edit what is accepted", edit).record);
    let seen = life.world.report(key.id()).unwrap().content_hash();
    let grant = reviewer.command(Body::SettleProposal { proposal, seen, grant: true });
    life.push(&mut reviewer, "grant the proposal", grant);
    let mut ward = life.world.phone("ward 3", WARD_3, Role::Reporter);
    let nil = life.world.send_nil(&mut ward, &first_week(WARD_3));
    life.accept(&mut reviewer, nil);
    held(life, &mut lan, &mut head);
    devices(life, &[("lan", &lan), ("head", &head), ("reviewer", &reviewer)]);
}

/// A base that is not here, and a person without a grant.
fn held(life: &mut Life, lan: &mut Phone, head: &mut Phone) {
    let key = week(WARD_2, date(2024, 8, 26));
    let element = life.cells()[3].0;
    let late = lan.save_at(&key, &[(element, figure(4))], &[], 5);
    let kept = HeldId(life.push(lan, "save on a base that is not here", late).record);
    let aside = head.command(Body::SettleHeld { held: kept, apply: false });
    life.push(head, "put it aside", aside);
    let mut minh = life.world.phone("minh", WARD_2, Role::Reporter);
    let grant = Grant { role: Role::Reporter, unit: minh.unit, from: date(2024, 1, 1), to: date(2030, 1, 1) };
    life.world.app.revoke_grant(&life.system(), minh.account, &grant).unwrap();
    let save = minh.save(&key, &[(element, figure(6))], &[]);
    let kept = HeldId(life.push(&mut minh, "save without a grant", save).record);
    let apply = head.command(Body::SettleHeld { held: kept, apply: true });
    life.push(head, "take it over", apply);
    let mut late = life.world.phone("an", WARD_3, Role::Reporter);
    let mut parent = life.world.phone_of("an 2", late.account, WARD_3);
    let key = week(WARD_3, date(2024, 8, 26));
    let save = late.save_at(&key, &[(element, figure(7))], &[(element, figure(5))], 1);
    life.push(&mut late, "save before its parent", save);
    let save = parent.save(&key, &[(element, figure(5))], &[]);
    life.push(&mut parent, "the parent, which lets it go on", save);
}

/// Where each phone stands: its commands, the chain of their outcomes, its sealed cursor and mark.
fn devices(life: &mut Life, phones: &[(&str, &Phone)]) {
    life.page.section("devices: commands taken, chain of their outcomes, cursor and mark");
    for (name, phone) in phones {
        let device = life.world.app.known_device(phone.device).unwrap();
        let (taken, chain) = (device.taken, hex(&device.outcomes));
        life.page.item(name, format!("{} taken {taken} chain {chain}", phone.device));
        life.page.item(format!("{name}, cursor"), hex(&phone.cursor));
        life.page.item(format!("{name}, mark"), hex(&phone.mark));
    }
}

/// Passwords, sessions, keys of partners, a phone that is lost, a reading of the audit.
fn doors(life: &Life) {
    let (app, system) = (&life.world.app, life.system());
    let later = app.now().plus_micros(1_000_000_000);
    let lan = AccountId::named("lan");
    app.add_enrol_code(&system, b"code", lan, later).unwrap();
    let hashed = Hashed { method: "m".into(), salt: vec![1; 16], hash: vec![2; 32] };
    app.set_password(b"code", &hashed).unwrap();
    app.open_session(lan, DeviceId::named("desk"), (b"token", later)).unwrap();
    let agency = AccountId::named("agency");
    let unit = UnitId::named("prov-84");
    let grant = |role| Grant { role, unit, from: date(2024, 1, 1), to: date(2030, 1, 1) };
    app.grant(&system, agency, "agency", &grant(Role::PartnerReader)).unwrap();
    let wish = KeyWish { account: agency, unit, campaign: None, reads: vec![Read::Runs, Read::Standings], days: 30 };
    app.issue_key(&system, KeyId::named("golden"), b"hash", wish).unwrap();
    let partner = app.identify_key(KeyId::named("golden"), b"hash").unwrap();
    app.note_release(&partner).unwrap();
    app.revoke_key(&system, KeyId::named("golden")).unwrap();
    let lost = life.world.phone("lost", WARD_3, Role::Reporter);
    let known = app.known_device(lost.device).unwrap();
    app.revoke_device(&system, lost.device).unwrap();
    let forgotten = thidua::app::access::Device { id: DeviceId::named("forgotten"), ..known };
    let id = forgotten.id;
    let readmission = Readmission { device: forgotten, unit: lost.unit, roles: vec![Role::Reporter] };
    app.renew(id, Some(&readmission), (b"nonce", later), (b"renewed", later)).unwrap();
    app.audit_lines(&system, "kiểm tra định kỳ", 0, 1).unwrap();
    app.audit_leaves(&system, Some(2)).unwrap();
}

/// Figures of the year before, so that the night has something to compare with.
fn baselines(life: &Life) {
    let reference = life.world.app.store().read(|tx| life.world.app.reference(tx)).unwrap();
    let window = reference.campaigns[0].base_window();
    let elements = reference.catalogue.form("tuan-xa").unwrap().elements.clone();
    let row = |uid: &str, at: usize| BaselineRow {
        unit_uid: uid.into(),
        element: elements[at].clone(),
        window,
        value: 20 + i64::try_from(at).unwrap(),
        source: "BC 2023".into(),
        status: BaselineStatus::Final,
        version: 1,
    };
    let rows: Vec<_> =
        [WARD_2, WARD_3].into_iter().flat_map(|uid| (0..elements.len()).map(move |at| (uid, at))).collect();
    let rows: Vec<_> = rows.into_iter().map(|(uid, at)| row(uid, at)).collect();
    life.world.app.import_baselines(&life.system(), &rows).unwrap();
}

/// Every job in its turn of this day, the clock at its slot.
fn night(life: &Life, day: Date) {
    for job in jobs::ALL {
        let slot = Instant::local_midnight(day).plus_micros(job.at_micros);
        life.world.clock.set(slot);
        job.run_at(&life.world.app, "node", slot).unwrap();
    }
}

/// A turn that fails, one that is called off, and a history that lost its end.
fn troubles(life: &Life) {
    let (app, system) = (&life.world.app, life.system());
    let slot = app.now().plus_micros(1);
    let failed = app.run_slot("node", "remind", slot, &|_, _, _| Err(thidua::app::AppError::LeaseLost));
    assert!(failed.is_err());
    let called_off = |app: &thidua::app::App, _: &Actor, _| app.cancel_job(&system, "compact").map(|_| String::new());
    app.run_slot("node", "compact", slot, &called_off).unwrap();
    app.lose_history(1, [9; 16]).unwrap();
}

fn record(line: &AuditLine) -> String {
    line.record.map_or_else(|| "-".to_owned(), |(kind, id)| format!("{}:{}", kind.number(), hex(&id)))
}

fn audit(life: &mut Life) {
    let Life { world, page } = life;
    let mut lines = Vec::new();
    let verified = world.app.store().read(|tx| tx.walk_audit(None, |bytes| lines.push(bytes.to_vec()))).unwrap();
    assert_eq!(verified.broken_at, None);
    page.section("audit: action, record, revisions, account, device, microseconds; digest of the line's bytes");
    let read: Vec<AuditLine> = lines.iter().map(|bytes| AuditLine::read(bytes).unwrap()).collect();
    for run in lines.iter().zip(&read).collect::<Vec<_>>().chunk_by(|(_, one), (_, next)| one.action == next.action) {
        let line = run[0].1;
        if run.len() > FOLDED {
            let whole: Vec<u8> = run.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
            page.item(format!("{:04} {}, {} lines", line.seq, line.action, run.len()), short(&whole));
            continue;
        }
        run.iter().for_each(|(bytes, line)| audit_line(page, bytes, line));
    }
    page.section("audit: whole lines");
    for at in [0, lines.len() / 2, lines.len() - 1] {
        page.item(format!("{:04}", at + 1), hex(&lines[at]));
    }
    page.item("chain over all", hex(&verified.chain));
}

fn audit_line(page: &mut Page, bytes: &[u8], line: &AuditLine) {
    let device = line.device.map_or_else(|| "-".to_owned(), |device| device.to_string());
    let what = format!("{} {}->{} by {}", record(line), line.from_revision, line.to_revision, line.account);
    let name = format!("{:04} {}", line.seq, line.action);
    page.item(name, format!("{what} on {device} at {}; {}", line.at.0, short(bytes)));
}

fn feeds(life: &mut Life) {
    let Life { world, page } = life;
    let store = world.app.store();
    let scopes = store.read(|tx| tx.all_scopes()).unwrap();
    let numbers: Vec<i32> = scopes.iter().map(|scope| scope.number).collect();
    let seq = store.read(|tx| tx.head()).unwrap().seq;
    let rows = store.read(|tx| tx.feed_page(&numbers, 0, seq, 100_000)).unwrap();
    page.section("scopes: kind and id; number, generation, floor, records, sum of their hashes");
    for one in scopes {
        page.item(
            format!("{} {}", one.scope.kind.code(), hex(&one.scope.id)),
            format!(
                "{} generation {} floor {} count {} sum {:032x}",
                one.number, one.generation, one.floor, one.digest.count, one.digest.sum
            ),
        );
    }
    page.section("feeds: seq, number of the scope, kind of record and id; revision and digest of its bytes");
    for run in rows.chunk_by(|one, next| one.kind == next.kind && is_put(one) && is_put(next)) {
        if run.len() > FOLDED {
            let whole: String = run.iter().map(feed_line).map(|(name, what)| format!("{name} = {what}\n")).collect();
            let last = run.last().unwrap().seq;
            let name = format!("{:04} to {last:04}, kind {}", run[0].seq, run[0].kind.number());
            page.item(name, format!("{} rows put {}", run.len(), short(whole.as_bytes())));
            continue;
        }
        run.iter().map(feed_line).for_each(|(name, what)| page.item(name, what));
    }
}

fn is_put(row: &FeedRow) -> bool {
    matches!(row.op, FeedOp::Put { .. })
}

fn feed_line(row: &FeedRow) -> (String, String) {
    let what = match &row.op {
        FeedOp::Put { revision, bytes } => format!("put {revision} {} bytes {}", bytes.len(), short(bytes)),
        FeedOp::Deleted => "deleted".to_owned(),
        FeedOp::OutOfScope => "out of scope".to_owned(),
    };
    (format!("{:04} {} {}:{}", row.seq, row.scope, row.kind.number(), hex(&row.id)), what)
}

fn runs(life: &mut Life) {
    let Life { world, page } = life;
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    page.section("runs: number, cut; digests of what went in and came out");
    for campaign in &reference.campaigns {
        for run in world.app.runs(campaign.id(), 100).unwrap() {
            let (input, output) = (hex(&run.input_digest), hex(&run.output_digest));
            page.item(hex(&run.id), format!("{} {} cut {} day {}", campaign.code, run.number, run.cut, run.day));
            page.item(format!("{}, input", hex(&run.id)), input);
            page.item(format!("{}, output", hex(&run.id)), output);
            page.item(format!("{}, definitions", hex(&run.id)), hex(&run.reference));
            page.item(format!("{}, baselines", hex(&run.id)), hex(&run.baselines));
        }
    }
    page.section("jobs: slot; state, owner, token, cut");
    let mut runs = world.app.job_runs(None, 1000).unwrap();
    runs.sort_by(|a, b| (a.slot, &a.job).cmp(&(b.slot, &b.job)));
    for run in runs {
        let cut = run.cut.map_or_else(|| "-".to_owned(), |cut| cut.to_string());
        page.item(format!("{} {}", run.slot, run.job), format!("{} {} {} cut {cut}", run.state, run.owner, run.fence));
    }
}

/// The whole life over one database, as a page.
fn lived(world: World) -> Page {
    let mut page = Page::new("life.txt", ABOUT);
    page.section("version of the crate");
    page.line(env!("CARGO_PKG_VERSION"));
    let mut life = Life { world, page };
    life.world.app.found([7; 16]).unwrap();
    baselines(&life);
    life.world.at(date(2024, 8, 27));
    reports(&mut life);
    doors(&life);
    night(&life, date(2024, 9, 10));
    life.world.app.step_campaign(&life.system(), "A", Step::Suspend).unwrap();
    life.world.app.step_campaign(&life.system(), "A", Step::Resume).unwrap();
    night(&life, date(2025, 1, 1));
    troubles(&life);
    audit(&mut life);
    feeds(&mut life);
    runs(&mut life);
    life.page
}

#[test]
fn a_small_database_holds_what_it_held_on_sqlite() {
    lived(World::on_sqlite()).hold();
}

#[test]
fn a_small_database_holds_what_it_held_on_postgres() {
    if let Some(world) = World::on_postgres() {
        lived(world).compare();
    }
}
