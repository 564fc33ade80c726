//! What was written is found where it was changed by hand or by a disk, on both databases.

use crate::jobs::{accept_first_report, run_numbers};
use crate::on_both_databases;
use crate::world::{TOWN, WARD_2, WARD_3, World};
use diesel::{Connection as _, RunQueryDsl as _};
use jiff::civil::date;
use thidua::app::AppError;
use thidua::app::access::PasswordHash;
use thidua::app::backup::BackupDirs;
use thidua::app::job_run::JobSlotOutcome;
use thidua::app::partner::ServiceKeyRequest;
use thidua::domain::access::partner::PartnerCall;
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::access::scope::RecordKind;
use thidua::domain::access::second_factor::ConfirmedFactor;
use thidua::domain::report::element::ElementCode;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::standing::baseline::{BaselineRow, BaselineStatus};
use thidua::domain::support::hex::encode_hex;
use thidua::domain::support::ids::{AccountId, CampaignId, ReportId, ServiceKeyId, UnitId};
use thidua::domain::support::scope_digest::hash_record;
use thidua::jobs::find_job;
use thidua::store::backup::{BackupFile, check_database_at};
use thidua::store::{DatabaseLocation, Error};

on_both_databases! {
    one_flipped_bit_of_a_record_or_a_sent_revision_is_found_and_named_by_every_check
    a_run_that_reads_a_record_with_one_flipped_bit_names_it_and_publishes_nothing
    a_record_put_back_to_an_earlier_revision_with_its_right_hash_is_found
    a_baseline_doubled_by_hand_is_named_before_the_night_publishes
    a_grant_a_key_a_password_or_a_definition_changed_by_hand_is_named_before_the_night_publishes
    a_second_factor_changed_or_taken_away_by_hand_is_named_before_the_night_publishes
    a_grant_given_and_a_key_taken_away_by_hand_are_named_before_the_night_publishes
    a_definition_rewritten_by_hand_with_its_right_hash_is_named_before_the_night_publishes
    a_line_of_a_report_changed_by_hand_is_found_and_reaches_no_verdict
    a_change_by_hand_with_its_lines_and_its_row_of_the_audit_breaks_the_chain_before_the_night_publishes
}

pub(crate) fn is_postgres(world: &World) -> bool {
    matches!(DatabaseLocation::parse(&world.database), DatabaseLocation::Postgres(_))
}

/// Changes the database as a person with its password does.
pub(crate) fn change_by_hand(world: &World, sql: &str) {
    let mut conn = DatabaseLocation::parse(&world.database).connect(true).unwrap();
    conn.execute_sql(sql).unwrap();
}

/// Flips the last bit of a column.
fn flip_bit(world: &World, table: &str, column: &str, condition: &str) {
    let flipped = if is_postgres(world) {
        let last = format!("length({column}) - 1");
        format!("set_byte({column}, {last}, get_byte({column}, {last}) # 1)")
    } else {
        let digit = format!("(instr('0123456789ABCDEF', substr(hex({column}), -1)) - 1)");
        format!(
            "unhex(substr(hex({column}), 1, 2 * length({column}) - 1) || printf('%X', {digit} + 1 - 2 * ({digit} & 1)))"
        )
    };
    change_by_hand(world, &format!("update {table} set {column} = {flipped} where {condition}"));
}

/// An id in SQL.
fn id_literal(world: &World, id: &dyn std::fmt::Display) -> String {
    let prefix = if is_postgres(world) { "'\\x" } else { "x'" };
    format!("{prefix}{id}'")
}

/// A condition that selects the rows of a report.
pub(crate) fn of_report(world: &World, column: &str, report: ReportId) -> String {
    format!("{column} = {}", id_literal(world, &report))
}

/// Runs a job in a slot of its own.
pub(crate) fn night_job(world: &World, name: &str) -> Result<(), AppError> {
    world.clock.set(world.app.now().saturating_add_micros(1_000_000));
    find_job(name).unwrap().run_now(&world.app, "node").map(|outcome| {
        assert!(matches!(outcome, JobSlotOutcome::Done(_)), "{name}: {outcome:?}");
    })
}

pub(crate) fn assert_names_place(what: &str, found: Result<(), AppError>, place: &str) {
    let Err(error) = found else { panic!("{what} finds nothing") };
    assert!(error.to_string().contains(place), "{what}: {error}");
}

/// A copy of the database in the state it is in, which looks finished.
fn copy_with_checksum(world: &World, dir: &std::path::Path) -> BackupFile {
    let head = world.app.store().read(|tx| tx.head()).unwrap();
    let copy = BackupFile::for_head(&head, dir);
    world.app.store().copy_to_file(&copy.path).unwrap();
    copy.write_checksum().unwrap();
    copy
}

fn one_flipped_bit_of_a_record_or_a_sent_revision_is_found_and_named_by_every_check(world: World) {
    let report = accept_first_report(&world);
    night_job(&world, "aggregate").unwrap();
    for name in ["verify-audit", "verify-runs"] {
        night_job(&world, name).unwrap();
    }
    let cases =
        [("record", "id", "record report"), ("report_revision", "report", "report_revision")];
    for (table, key, place) in cases {
        let condition = of_report(&world, key, report);
        flip_bit(&world, table, "bytes", &condition);
        let place = format!("{place} {report} revision");
        let system = world.app.system_actor().unwrap();
        let (verified, altered) = world.app.verify_audit(&system, None).unwrap();
        assert_eq!(verified.invalid_from_seq, None, "the chain itself holds");
        assert!(
            altered[0].text.contains(&place)
                && altered[0].text.contains("work:")
                && altered[0].text.ends_with(&format!("(seq {})", altered[0].seq)),
            "audit verify: {altered:?}"
        );
        for name in ["verify-audit", "verify-runs"] {
            assert_names_place(name, night_job(&world, name), &place);
        }
        let checked = world.app.store().check_integrity().unwrap();
        assert!(checked.problems[0].contains(&place), "doctor --full: {checked:?}");
        if !is_postgres(&world) {
            let home = tempfile::tempdir().unwrap();
            let copy = copy_with_checksum(&world, home.path());
            let location = DatabaseLocation::Sqlite(copy.path.display().to_string());
            let checked = check_database_at(&location).unwrap();
            assert!(checked.problems[0].contains(&place), "verify-backup: {checked:?}");
            let primary = Some(home.path().to_owned());
            let dirs = BackupDirs { primary, secondary: None, keep_count: 3 };
            let backup = world.app.create_backup(&dirs).map(|_| ());
            assert_names_place("backup", backup, &place);
            let drill = world.app.run_restore_drill(&dirs).map(|_| ());
            assert_names_place("restore drill", drill, &place);
        }
        flip_bit(&world, table, "bytes", &condition);
        night_job(&world, "verify-audit").unwrap();
    }
    for (table, column) in [("run_input", "bytes"), ("run_manifest", "standings")] {
        let condition = format!("length({column}) > 0");
        flip_bit(&world, table, column, &condition);
        for name in ["verify-audit", "verify-runs"] {
            assert_names_place(name, night_job(&world, name), &format!("{table} "));
        }
        flip_bit(&world, table, column, &condition);
    }
}

fn a_run_that_reads_a_record_with_one_flipped_bit_names_it_and_publishes_nothing(world: World) {
    let report = accept_first_report(&world);
    let condition = of_report(&world, "id", report);
    flip_bit(&world, "record", "bytes", &condition);
    let place = format!("record report {report} revision");
    assert_names_place("the night", night_job(&world, "aggregate"), &place);
    assert!(run_numbers(&world).is_empty(), "it publishes nothing");
    flip_bit(&world, "record", "bytes", &condition);
    night_job(&world, "aggregate").unwrap();
    assert_eq!(run_numbers(&world), [1], "the next night publishes");
    // A definition that enters the next run, while this process still knows it as it was.
    flip_bit(&world, "record", "bytes", "kind = 6");
    assert_names_place("the night", night_job(&world, "aggregate"), "record campaign");
    assert_eq!(run_numbers(&world), [1], "it publishes nothing");
}

fn a_record_put_back_to_an_earlier_revision_with_its_right_hash_is_found(world: World) {
    let report = accept_first_report(&world);
    let (record, revision) = (of_report(&world, "id", report), of_report(&world, "report", report));
    // The submitted revision, before the acceptance: its row of the audit has its hash.
    let audited = of_report(&world, "record_id", report);
    let of_submission = format!("(select min(revision) from report_revision where {revision})");
    change_by_hand(
        &world,
        &format!(
            "update record set revision = {of_submission}, \
               bytes = (select bytes from report_revision \
                        where {revision} and report_revision.revision = {of_submission}), \
               hash = (select record_hash from audit where {audited} and to_revision = {of_submission}) \
             where {record}"
        ),
    );
    let found = night_job(&world, "aggregate");
    assert!(
        matches!(&found, Err(AppError::Store(Error::ContentAltered(text))) if text.contains(&report.to_string())),
        "{found:?}"
    );
    assert_names_place("verify-audit", night_job(&world, "verify-audit"), &report.to_string());
    assert!(run_numbers(&world).is_empty());
}

/// Imports the figure of a year before for two communes.
fn import_baselines(world: &World, value: i64) {
    let row = |uid: &str| BaselineRow {
        unit_uid: uid.into(),
        element: ElementCode::new("so_offences").unwrap(),
        window: DateWindow::new(date(2023, 8, 19), date(2024, 8, 19)).unwrap(),
        value,
        source: "DỮ LIỆU GIẢ LẬP".into(),
        status: BaselineStatus::ALL[0],
        version: 0,
    };
    let system = world.app.system_actor().unwrap();
    world.app.import_baselines(&system, &[row(WARD_2), row(WARD_3)]).unwrap();
}

/// The night and the check after it name the place, and nothing is published.
pub(crate) fn assert_night_refuses(world: &World, what: &str, place: &str) {
    let before = run_numbers(world);
    for name in ["aggregate", "verify-audit"] {
        assert_names_place(&format!("{what}, {name}"), night_job(world, name), place);
    }
    let system = world.app.system_actor().unwrap();
    let (_, altered) = world.app.verify_audit(&system, None).unwrap();
    assert!(altered.iter().any(|problem| problem.text.contains(place)), "{what}: {altered:?}");
    assert_eq!(run_numbers(world), before, "{what}: nothing is published");
}

fn a_baseline_doubled_by_hand_is_named_before_the_night_publishes(world: World) {
    accept_first_report(&world);
    import_baselines(&world, 40);
    night_job(&world, "aggregate").unwrap();
    change_by_hand(
        &world,
        &format!("update baseline set value = 2 * value where unit_uid = '{WARD_3}'"),
    );
    let place = format!("baseline unit {WARD_3} element so_offences version 1");
    assert_night_refuses(&world, "a baseline", &place);
    let run =
        world.app.job_runs(Some(thidua::app::job_run::JobId::Aggregate), 1).unwrap().remove(0);
    let message = run.message.unwrap();
    assert_eq!(run.state, "FAILED");
    assert!(message.starts_with("CONTENT_ALTERED: ") && message.contains(&place), "{message}");
    assert!(!message.contains(WARD_2), "the other commune's is as it was: {message}");
    change_by_hand(
        &world,
        &format!("update baseline set value = value / 2 where unit_uid = '{WARD_3}'"),
    );
    night_job(&world, "aggregate").unwrap();
}

/// An account with a password and a partner with a key.
fn give_password_and_key(world: &World) -> AccountId {
    let (app, system) = (&world.app, world.app.system_actor().unwrap());
    let agency = AccountId::from_code("agency");
    let unit = UnitId::from_code("prov-84");
    let role = Role::PartnerReader;
    let grant = Grant { role, unit, from: date(2024, 1, 1), to: date(2030, 1, 1) };
    app.grant_role(&system, agency, "agency", &grant).unwrap();
    let request = ServiceKeyRequest {
        account: agency,
        unit,
        campaign: None,
        allowed_calls: vec![PartnerCall::Runs],
        contracts: Vec::new(),
        valid_days: 30,
    };
    app.issue_service_key(&system, ServiceKeyId::from_code("key"), b"hash", &request).unwrap();
    let later = app.now().saturating_add_micros(1_000_000_000);
    app.add_enrol_code(&system, b"code", agency, later).unwrap();
    let hashed = PasswordHash { algorithm: "m".into(), salt: vec![1; 16], hash: vec![2; 32] };
    app.set_password(b"code", &hashed).unwrap();
    let factor = ConfirmedFactor { salt: [1; 16], recovery_hashes: vec![[2; 32]; 8], step: 1 };
    app.put_second_factor(&system, agency, &factor).unwrap();
    agency
}

fn a_grant_a_key_a_password_or_a_definition_changed_by_hand_is_named_before_the_night_publishes(
    world: World,
) {
    accept_first_report(&world);
    let agency = give_password_and_key(&world);
    let lost = world.enrol_device("lost", WARD_2, Role::Reporter);
    let system = world.app.system_actor().unwrap();
    world.app.revoke_device(&system, lost.device).unwrap();
    for name in ["aggregate", "verify-audit"] {
        night_job(&world, name).unwrap();
    }
    let (account, device) = (id_literal(&world, &agency), id_literal(&world, &lost.device));
    let grant = format!("grants account {agency} role {}", Role::PartnerReader.number());
    let [device_place, password_place] =
        [format!("device {}", lost.device), format!("password account {agency}")];
    let key_place = format!("service_key {}", ServiceKeyId::from_code("key"));
    // A change and the change back, each of one column of these rows.
    let owner = id_literal(&world, &lost.account);
    let changes = [
        ("grants", "account", &account, ["to_day = to_day + 9", "to_day = to_day - 9"], &grant),
        ("grants", "account", &account, ["role = role + 100", "role = role - 100"], &grant),
        ("device", "id", &device, ["revoked_at = -revoked_at"; 2], &device_place),
        (
            "device",
            "id",
            &device,
            [&*format!("account = {account}"), &format!("account = {owner}")],
            &device_place,
        ),
        (
            "service_key",
            "account",
            &account,
            ["expires_at = expires_at + 1", "expires_at = expires_at - 1"],
            &key_place,
        ),
        (
            "password",
            "account",
            &account,
            ["set_at = set_at + 1", "set_at = set_at - 1"],
            &password_place,
        ),
    ];
    for (table, key, value, [change, back], place) in changes {
        change_by_hand(&world, &format!("update {table} set {change} where {key} = {value}"));
        assert_night_refuses(&world, change, place);
        change_by_hand(&world, &format!("update {table} set {back} where {key} = {value}"));
        night_job(&world, "verify-audit").unwrap();
    }
    for (table, column, condition, place) in [
        ("device", "public_key", format!("id = {device}"), &*device_place),
        ("password", "hash", format!("account = {account}"), &password_place),
        ("record", "hash", "kind = 6".to_owned(), "record campaign "),
    ] {
        flip_bit(&world, table, column, &condition);
        assert_night_refuses(&world, table, place);
        flip_bit(&world, table, column, &condition);
    }
}

fn a_second_factor_changed_or_taken_away_by_hand_is_named_before_the_night_publishes(world: World) {
    let agency = give_password_and_key(&world);
    let account = format!("account = {}", id_literal(&world, &agency));
    let place = format!("second_factor account {agency}");
    for column in ["salt", "recovery_hashes"] {
        flip_bit(&world, "second_factor", column, &account);
        assert_night_refuses(&world, column, &place);
        flip_bit(&world, "second_factor", column, &account);
    }
    night_job(&world, "verify-audit").unwrap();
    change_by_hand(&world, "delete from second_factor");
    assert_night_refuses(&world, "a second factor that went", &place);
}

fn a_grant_given_and_a_key_taken_away_by_hand_are_named_before_the_night_publishes(world: World) {
    let agency = give_password_and_key(&world);
    let unit = id_literal(&world, &UnitId::from_code(TOWN));
    let insert = "insert into grants (account, role, unit, from_day, to_day)";
    change_by_hand(&world, &format!("{insert} select account, 1, {unit}, 0, 99999 from password"));
    let place = format!("grants account {agency} role 1");
    assert_night_refuses(&world, "a new grant", &place);
    change_by_hand(&world, "delete from grants where to_day = 99999");
    night_job(&world, "verify-audit").unwrap();
    change_by_hand(&world, "delete from service_key");
    assert_night_refuses(&world, "a key that went", "service_key ");
}

fn a_definition_rewritten_by_hand_with_its_right_hash_is_named_before_the_night_publishes(
    world: World,
) {
    accept_first_report(&world);
    let stored = world.app.store().read(|tx| tx.records(RecordKind::Campaign)).unwrap();
    let (id, mut stored) = stored[0].clone();
    *stored.bytes.last_mut().unwrap() ^= 1;
    let hash = hash_record(&id, stored.revision, &stored.bytes).to_be_bytes();
    let literal = |bytes: &[u8]| id_literal(&world, &encode_hex(bytes));
    change_by_hand(
        &world,
        &format!(
            "update record set bytes = {}, hash = {} where kind = 6 and id = {}",
            literal(&stored.bytes),
            literal(&hash),
            literal(&id)
        ),
    );
    assert_night_refuses(&world, "a definition", &format!("record campaign {}", encode_hex(&id)));
    assert!(run_numbers(&world).is_empty());
}

fn a_line_of_a_report_changed_by_hand_is_found_and_reaches_no_verdict(world: World) {
    let report = accept_first_report(&world);
    let condition = of_report(&world, "id", report);
    let rows = of_report(&world, "report", report);
    // A change, the change back, and the place.
    let changes = [
        ("record", "state = state - 3", "state = state + 3", "state is 1, its record says 4"),
        ("record", "late = 1 - late", "late = 1 - late", "late is "),
        ("record", "start_day = start_day + 1", "start_day = start_day - 1", "start_day is "),
        ("report_revision", "state = state - 1", "state = state + 1", "its state is not that of"),
    ];
    for (table, change, back, wrong) in changes {
        let condition = if table == "record" { &condition } else { &rows };
        change_by_hand(&world, &format!("update {table} set {change} where {condition}"));
        for name in ["verify-audit", "verify-runs"] {
            assert_names_place(name, night_job(&world, name), wrong);
        }
        if run_numbers(&world).is_empty() {
            night_job(&world, "aggregate").unwrap();
            let run = world.app.run_manifests(CampaignId::from_code("A"), 1).unwrap().remove(0);
            let found = world.app.verify_run(&run).unwrap();
            assert!(found.input_matches && found.output_matches, "the report counts: {found:?}");
        }
        change_by_hand(&world, &format!("update {table} set {back} where {condition}"));
        night_job(&world, "verify-audit").unwrap();
    }
    flip_bit(&world, "report_revision", "content_hash", &rows);
    let wrong = "its content_hash is not that of its bytes";
    assert_names_place("verify-audit", night_job(&world, "verify-audit"), wrong);
    flip_bit(&world, "report_revision", "content_hash", &rows);
    change_by_hand(&world, &format!("update record set unit = null where {condition}"));
    let wrong = format!("record report {report}: unit is -");
    assert_names_place("verify-audit", night_job(&world, "verify-audit"), &wrong);
}

#[derive(diesel::QueryableByName)]
struct TextRow {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

/// The column `value` of a query.
fn read_texts(world: &World, sql: &str) -> Vec<String> {
    let url = &world.database;
    let rows: Vec<TextRow> = if is_postgres(world) {
        let mut conn = diesel::PgConnection::establish(url).unwrap();
        diesel::sql_query(sql).load(&mut conn).unwrap()
    } else {
        let mut conn = diesel::SqliteConnection::establish(url).unwrap();
        diesel::sql_query(sql).load(&mut conn).unwrap()
    };
    rows.into_iter().map(|row| row.value).collect()
}

fn a_change_by_hand_with_its_lines_and_its_row_of_the_audit_breaks_the_chain_before_the_night_publishes(
    world: World,
) {
    accept_first_report(&world);
    import_baselines(&world, 40);
    night_job(&world, "aggregate").unwrap();
    // The hashes of a doubled figure, as only the program can compute them.
    let twin = world.new_authority();
    import_baselines(&twin, 80);
    let hex = |column: &str| match is_postgres(&world) {
        true => format!("encode({column}, 'hex')"),
        false => format!("hex({column})"),
    };
    let literal =
        |hex: &str| if is_postgres(&world) { format!("'\\x{hex}'") } else { format!("x'{hex}'") };
    change_by_hand(&world, "update baseline set value = 2 * value");
    for line in read_texts(
        &twin,
        &format!(
            "select row_key || '|' || {} as value from audited_row where table_name = 'baseline'",
            hex("row_hash")
        ),
    ) {
        let (key, hash) = line.split_once('|').unwrap();
        let hash = literal(hash);
        change_by_hand(
            &world,
            &format!("update audited_row set row_hash = {hash} where row_key = '{key}'"),
        );
    }
    assert_night_refuses(&world, "with its lines", "audited_row: its lines are not");
    let of_import = "action = 'baseline.import'";
    let query = format!("select {} as value from audit where {of_import}", hex("record_hash"));
    let hash = literal(&read_texts(&twin, &query)[0]);
    change_by_hand(&world, &format!("update audit set record_hash = {hash} where {of_import}"));
    for name in ["aggregate", "verify-audit"] {
        assert_names_place(name, night_job(&world, name), "chain does not hold at seq");
    }
    assert_eq!(run_numbers(&world), [1], "nothing is published");
}
