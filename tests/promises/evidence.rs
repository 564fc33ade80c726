//! What was written is found where it was changed by hand or by a disk, on both databases.

use crate::jobs::{accept_first_report, run_numbers};
use crate::on_both_databases;
use crate::world::World;
use thidua::app::AppError;
use thidua::app::backup::BackupDirs;
use thidua::app::job_run::JobSlotOutcome;
use thidua::domain::support::ids::ReportId;
use thidua::jobs::find_job;
use thidua::store::backup::{BackupFile, check_database_at};
use thidua::store::{DatabaseLocation, Error};

on_both_databases! {
    one_flipped_bit_of_a_record_or_a_sent_revision_is_found_and_named_by_every_check
    a_run_that_reads_a_record_with_one_flipped_bit_names_it_and_publishes_nothing
    a_record_put_back_to_an_earlier_revision_with_its_right_hash_is_found
}

fn is_postgres(world: &World) -> bool {
    matches!(DatabaseLocation::parse(&world.database), DatabaseLocation::Postgres(_))
}

/// Changes the database as a person with its password does.
fn change_by_hand(world: &World, sql: &str) {
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

/// A condition that selects the rows of a report.
fn of_report(world: &World, column: &str, report: ReportId) -> String {
    let prefix = if is_postgres(world) { "'\\x" } else { "x'" };
    format!("{column} = {prefix}{report}'")
}

/// Runs a job in a slot of its own.
fn night_job(world: &World, name: &str) -> Result<(), AppError> {
    world.clock.set(world.app.now().saturating_add_micros(1_000_000));
    find_job(name).unwrap().run_now(&world.app, "node").map(|outcome| {
        assert!(matches!(outcome, JobSlotOutcome::Done(_)), "{name}: {outcome:?}");
    })
}

fn assert_names_place(what: &str, found: Result<(), AppError>, place: &str) {
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
                && altered[0].seq > 0,
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
