//! One small database from its import to a reform, and everything stored in it, read through the
//! store.
//!
//! It uses the example's province, a clock set by the test and phones with fixed figures. SQLite
//! and PostgreSQL must hold the same.

use crate::life_pages::{print_audit, print_feeds, print_runs};
use crate::page::GoldenPage;
use crate::world::{
    TOWN, TestDevice, WARD_2, WARD_3, World, first_week_key, reported_value, week_key,
};
use jiff::civil::{Date, date};
use thidua::app::access::{PasswordHash, Readmission};
use thidua::app::command::CommandOutcome;
use thidua::app::command::PushedCommand;
use thidua::app::job_run::JobId;
use thidua::app::partner::ServiceKeyRequest;
use thidua::domain::access::partner::PartnerCall;
use thidua::domain::access::permission::{Actor, Grant, Role};
use thidua::domain::campaign::CampaignStep;
use thidua::domain::report::cell::{CellChange, CellValue, ElementNumber, MissingReason};
use thidua::domain::report::command::CommandBody;
use thidua::domain::report::{NoteChange, ReportKey, ReviewQuestion, SaveCells};
use thidua::domain::standing::baseline::{BaselineRow, BaselineStatus};
use thidua::domain::support::hex::encode_hex;
use thidua::domain::support::ids::{
    AccountId, CommentId, ConflictId, DeviceId, HeldCommandId, ProposalId, ReportId, ServiceKeyId,
    UnitId,
};
use thidua::domain::support::time::Timestamp;
use thidua::jobs;

const ABOUT: &str = "One small database from its import to a reform: what its audit, its feeds, its scopes, its runs
and its jobs hold. Bytes stand as the first 16 of their SHA-256, and so do long runs of lines of
one sort. The version of the crate enters the record of a run, so a new version changes these
records, their scopes' digests and the audit behind them. Made by tests/golden/life.rs.";

/// The scenario's world, and the page of its results.
pub(crate) struct Life {
    pub(crate) world: World,
    pub(crate) page: GoldenPage,
}

impl Life {
    fn system(&self) -> Actor {
        self.world.app.system_actor().unwrap()
    }

    fn push(
        &mut self,
        phone: &mut TestDevice,
        what: &str,
        command: PushedCommand,
    ) -> CommandOutcome {
        let outcome = phone.push(&self.world, &[command]).remove(0);
        let CommandOutcome {
            verdict,
            seq,
            record_id: format_record,
            revision,
            reason,
            problems,
            ..
        } = &outcome;
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
        self.page.item(
            what,
            format!(
                "{} seq {seq} record {} revision {revision} reason {} fields {}",
                verdict.code(),
                encode_hex(format_record),
                reason.as_deref().unwrap_or("-"),
                if fields.is_empty() { "-".to_owned() } else { fields.join(" ") }
            ),
        );
        outcome
    }

    fn accept(&mut self, reviewer: &mut TestDevice, report: ReportId) {
        let accept = reviewer.accept_command(&self.world.read_report(report).unwrap());
        self.push(reviewer, "accept", accept);
    }

    /// Every kind of cell, then nil, for all elements of the form.
    fn cells(&self) -> Vec<(ElementNumber, CellValue)> {
        let missing =
            [MissingReason::AwaitingSource, MissingReason::NotCounted, MissingReason::SeeNote];
        let values = missing
            .map(CellValue::Missing)
            .into_iter()
            .chain([reported_value(12), reported_value(3)]);
        self.world
            .element_numbers()
            .into_iter()
            .zip(values.chain(std::iter::repeat(CellValue::Nil)))
            .collect()
    }
}

/// A save of all cells, with a note.
fn save_with_note(
    phone: &mut TestDevice,
    key: &ReportKey,
    cells: &[(ElementNumber, CellValue)],
) -> PushedCommand {
    let change = |(element, mine): &(ElementNumber, CellValue)| CellChange {
        element: *element,
        mine: Some(*mine),
        base: None,
    };
    let note = Some(NoteChange { mine: "chờ số liệu".into(), base: String::new() });
    let changes = cells.iter().map(change).collect();
    phone.next_command(CommandBody::SaveCells(SaveCells {
        key: key.clone(),
        acting_unit: phone.unit,
        changes,
        note,
        base_revision: 0,
    }))
}

/// Two reporters and a unit head: a report, a conflict, a comment, a return, an acceptance, an
/// amendment.
fn run_report_commands(life: &mut Life) {
    life.page.section("commands: what became of each");
    let world = &life.world;
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut second = world.enrol_device_of("second", lan.account, WARD_2);
    let mut head = world.enrol_device("head", WARD_2, Role::UnitHead);
    let mut reviewer = world.enrol_device("reviewer", TOWN, Role::Reviewer);
    let (key, cells) = (first_week_key(WARD_2), life.cells());
    let save = save_with_note(&mut lan, &key, &cells);
    life.push(&mut lan, "save", save);
    let (element, stands) = cells[3];
    make_and_settle_conflict(life, &mut second, &mut head, &key, element);
    let odd = lan.save_command(&key, &[(ElementNumber(9999), reported_value(1))], &[]);
    life.push(&mut lan, "save what is on no form", odd);
    let submit = lan.submit_command(key.id());
    life.push(&mut lan, "submit", submit);
    let comment = CommandBody::AddComment {
        report: key.id(),
        comment: CommentId::from_code("golden"),
        text: "ý kiến".into(),
    };
    let comment = reviewer.next_command(comment);
    life.push(&mut reviewer, "comment", comment);
    let question = ReviewQuestion { code: "CHECK_FIGURE".into(), text: "xem lại".into() };
    let seen = life.world.read_report(key.id()).unwrap().content_hash();
    let back = reviewer.next_command(CommandBody::ReturnReport {
        report: key.id(),
        content_hash: seen,
        question,
    });
    life.push(&mut reviewer, "return", back);
    let submit = lan.submit_command(key.id());
    life.push(&mut lan, "submit again", submit);
    life.accept(&mut reviewer, key.id());
    let edit = lan.save_command(&key, &[(element, stands)], &[(element, reported_value(15))]);
    let proposal = ProposalId(life.push(&mut lan, "edit what is accepted", edit).record_id);
    let seen = life.world.read_report(key.id()).unwrap().content_hash();
    let grant = reviewer.next_command(CommandBody::SettleProposal {
        proposal,
        content_hash: seen,
        grant: true,
    });
    life.push(&mut reviewer, "grant the proposal", grant);
    let mut ward = life.world.enrol_device("ward 3", WARD_3, Role::Reporter);
    let nil = life.world.send_nil_report(&mut ward, &first_week_key(WARD_3));
    life.accept(&mut reviewer, nil);
    run_held_commands(life, &mut lan, &mut head);
    print_devices(life, &[("lan", &lan), ("head", &head), ("reviewer", &reviewer)]);
}

/// A save from another base makes a conflict; the head settles it, at first by a wrong id.
fn make_and_settle_conflict(
    life: &mut Life,
    second: &mut TestDevice,
    head: &mut TestDevice,
    key: &ReportKey,
    element: ElementNumber,
) {
    let other = second.save_command(
        key,
        &[(element, reported_value(15))],
        &[(element, reported_value(11))],
    );
    let conflict = ConflictId(life.push(second, "save from another base", other).record_id);
    let settle = head.next_command(CommandBody::SettleConflict { conflict, take_branch: true });
    life.push(head, "settle by a wrong id", settle);
    head.sync(&life.world);
    let open = |kind| head.held.records.keys().find(|(one, _)| *one == kind).map(|(_, id)| *id);
    let conflict = ConflictId(open(thidua::domain::access::scope::RecordKind::Conflict).unwrap());
    let settle = head.next_command(CommandBody::SettleConflict { conflict, take_branch: true });
    life.push(head, "settle", settle);
}

/// Holds a command with an unknown base and one of a person without a grant.
fn run_held_commands(life: &mut Life, lan: &mut TestDevice, head: &mut TestDevice) {
    let key = week_key(WARD_2, date(2024, 8, 26));
    let element = life.cells()[3].0;
    let late = lan.save_command_at(&key, &[(element, reported_value(4))], &[], 5);
    let held_id = HeldCommandId(life.push(lan, "save on a base that is not here", late).record_id);
    let set_aside = head.next_command(CommandBody::SettleHeld { held: held_id, apply: false });
    life.push(head, "put it aside", set_aside);
    let mut minh = life.world.enrol_device("minh", WARD_2, Role::Reporter);
    let grant = Grant {
        role: Role::Reporter,
        unit: minh.unit,
        from: date(2024, 1, 1),
        to: date(2030, 1, 1),
    };
    life.world.app.revoke_grant(&life.system(), minh.account, &grant).unwrap();
    let save = minh.save_command(&key, &[(element, reported_value(6))], &[]);
    let held_id = HeldCommandId(life.push(&mut minh, "save without a grant", save).record_id);
    let apply = head.next_command(CommandBody::SettleHeld { held: held_id, apply: true });
    life.push(head, "take it over", apply);
    let mut late = life.world.enrol_device("an", WARD_3, Role::Reporter);
    let mut parent = life.world.enrol_device_of("an 2", late.account, WARD_3);
    let key = week_key(WARD_3, date(2024, 8, 26));
    let save = late.save_command_at(
        &key,
        &[(element, reported_value(7))],
        &[(element, reported_value(5))],
        1,
    );
    life.push(&mut late, "save before its parent", save);
    let save = parent.save_command(&key, &[(element, reported_value(5))], &[]);
    life.push(&mut parent, "the parent, which lets it go on", save);
}

/// The state of each phone: its commands, the chain of their outcomes, its signed cursor and mark.
fn print_devices(life: &mut Life, phones: &[(&str, &TestDevice)]) {
    life.page.section("devices: commands taken, chain of their outcomes, cursor and mark");
    for (name, phone) in phones {
        let device = life.world.app.active_device(phone.device).unwrap();
        let (taken, chain) = (device.last_command_number, encode_hex(&device.outcome_chain));
        life.page.item(name, format!("{} taken {taken} chain {chain}", phone.device));
        life.page.item(format!("{name}, cursor"), encode_hex(&phone.cursor));
        life.page.item(format!("{name}, mark"), encode_hex(&phone.sync_mark));
    }
}

/// Passwords, sessions, partner keys, a lost phone, an audit read.
fn record_access(life: &Life) {
    let (app, system) = (&life.world.app, life.system());
    let later = app.now().saturating_add_micros(1_000_000_000);
    let lan = AccountId::from_code("lan");
    app.add_enrol_code(&system, b"code", lan, later).unwrap();
    let hashed = PasswordHash { algorithm: "m".into(), salt: vec![1; 16], hash: vec![2; 32] };
    app.set_password(b"code", &hashed).unwrap();
    app.begin_desk_session(lan, DeviceId::from_code("desk"), (b"token", later), None).unwrap();
    let agency = AccountId::from_code("agency");
    let unit = UnitId::from_code("prov-84");
    let grant = |role| Grant { role, unit, from: date(2024, 1, 1), to: date(2030, 1, 1) };
    app.grant_role(&system, agency, "agency", &grant(Role::PartnerReader)).unwrap();
    let key_request = ServiceKeyRequest {
        account: agency,
        unit,
        campaign: None,
        allowed_calls: vec![PartnerCall::Runs, PartnerCall::Standings],
        contracts: Vec::new(),
        valid_days: 30,
    };
    app.issue_service_key(&system, ServiceKeyId::from_code("golden"), b"hash", &key_request)
        .unwrap();
    let partner = app.authenticate_service_key(ServiceKeyId::from_code("golden"), b"hash").unwrap();
    app.audit_release_read(&partner).unwrap();
    app.revoke_service_key(&system, ServiceKeyId::from_code("golden")).unwrap();
    let lost = life.world.enrol_device("lost", WARD_3, Role::Reporter);
    let enrolled = app.active_device(lost.device).unwrap();
    app.revoke_device(&system, lost.device).unwrap();
    let forgotten =
        thidua::app::access::EnrolledDevice { id: DeviceId::from_code("forgotten"), ..enrolled };
    let id = forgotten.id;
    let readmission =
        Readmission { device: forgotten, unit: lost.unit, roles: vec![Role::Reporter] };
    app.renew_token(id, Some(&readmission), (b"nonce", later), (b"renewed", later)).unwrap();
    app.audit_entries(
        &system,
        "kiểm tra định kỳ",
        (0, 1),
        &thidua::app::audit::AuditFilter::default(),
    )
    .unwrap();
    app.audit_leaves(&system, Some(2)).unwrap();
}

/// Imports figures of the year before, for the nightly run to compare with.
fn import_baselines(life: &Life) {
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
    let rows: Vec<_> = [WARD_2, WARD_3]
        .into_iter()
        .flat_map(|uid| (0..elements.len()).map(move |at| (uid, at)))
        .collect();
    let rows: Vec<_> = rows.into_iter().map(|(uid, at)| row(uid, at)).collect();
    life.world.app.import_baselines(&life.system(), &rows).unwrap();
}

/// Runs every job of this day, with the clock at its slot.
fn run_jobs_of_day(life: &Life, day: Date) {
    for job in jobs::SCHEDULED_JOBS {
        let slot =
            Timestamp::from_local_midnight(day).saturating_add_micros(job.micros_after_midnight());
        life.world.clock.set(slot);
        job.run_slot(&life.world.app, "node", slot).unwrap();
    }
}

/// Runs a job that fails, one that is cancelled, and loses the end of the history.
fn record_failures(life: &Life) {
    let (app, system) = (&life.world.app, life.system());
    let slot = app.now().saturating_add_micros(1);
    let failed =
        app.run_slot("node", JobId::Remind, slot, &|_, _, _| Err(thidua::app::AppError::LeaseLost));
    assert!(failed.is_err());
    let cancel_run = |app: &thidua::app::App, _: &Actor, _| {
        app.cancel_job(&system, JobId::Compact).map(|_| String::new())
    };
    app.run_slot("node", JobId::Compact, slot, &cancel_run).unwrap();
    app.begin_epoch_after_loss(1, [9; 16]).unwrap();
}

/// Runs the scenario on one database and returns its page.
fn run_scenario(world: World) -> GoldenPage {
    let mut page = GoldenPage::new("life.txt", ABOUT);
    page.section("version of the crate");
    page.line(env!("CARGO_PKG_VERSION"));
    let mut life = Life { world, page };
    life.world.app.init_epoch([7; 16]).unwrap();
    import_baselines(&life);
    life.world.set_day(date(2024, 8, 27));
    run_report_commands(&mut life);
    record_access(&life);
    run_jobs_of_day(&life, date(2024, 9, 10));
    life.world.app.advance_campaign(&life.system(), "A", CampaignStep::Suspend).unwrap();
    life.world.app.advance_campaign(&life.system(), "A", CampaignStep::Resume).unwrap();
    run_jobs_of_day(&life, date(2025, 1, 1));
    record_failures(&life);
    print_audit(&mut life);
    print_feeds(&mut life);
    print_runs(&mut life);
    life.page
}

#[test]
fn a_small_database_holds_what_it_held_on_sqlite() {
    run_scenario(World::on_sqlite()).compare_or_bless();
}

#[test]
fn a_small_database_holds_what_it_held_on_postgres() {
    if let Some(world) = World::on_postgres() {
        run_scenario(world).compare();
    }
}
