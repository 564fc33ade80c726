//! The audit from the command line: it verifies while nobody changes the file, and every change in
//! a stolen file is found.

use super::{CommandOutput, TestMachine};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, RunQueryDsl as _, SqliteConnection};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

#[test]
fn what_was_edited_dropped_moved_or_cut_off_in_a_stolen_file_is_found() {
    let machine = TestMachine::with_example();
    let verified: Value =
        serde_json::from_str(&machine.run_ok(&["--json", "audit", "verify"])).unwrap();
    let head = verified["head"].as_str().unwrap();
    machine.run_ok(&["audit", "verify", "--head", head]);
    assert!(
        machine
            .run_ok(&["audit", "show", "--purpose", "kiểm tra", "--limit", "5"])
            .contains("org.change")
    );
    assert_eq!(
        machine.run(&["audit", "show", "--purpose", " "]).code,
        2,
        "nobody reads it for no reason"
    );

    let whole = std::fs::read(machine.path("data/thidua.db")).unwrap();
    let damages = [
        ("edited", "update audit set action = 'org.changed' where seq = 5"),
        ("dropped", "delete from audit where seq = 5"),
        (
            "moved",
            "update audit set seq = -5 where seq = 5; update audit set seq = 5 where seq = 6; \
             update audit set seq = 6 where seq = -5",
        ),
        (
            "cut off",
            "delete from audit where seq > \
               (select last_seq from commit_log order by last_seq limit 1); \
             delete from commit_log where last_seq > \
               (select last_seq from commit_log order by last_seq limit 1); \
             update feed_head set seq = (select last_seq from commit_log), \
               chain = (select chain from commit_log)",
        ),
    ];
    for (name, damage) in damages {
        restore_database(&machine, &whole);
        open_database(&machine).batch_execute(damage).unwrap();
        let found = machine.run(&["audit", "verify", "--head", head]);
        assert!(
            found.code == 1 && found.err.contains("AUDIT_BROKEN"),
            "{name}: {} {}",
            found.out,
            found.err
        );
    }
}

#[test]
fn one_flipped_bit_of_what_is_stored_is_named_by_every_command_that_verifies() {
    let machine = TestMachine::with_example();
    machine.run_ok(&["audit", "verify"]);
    let digit = "(instr('0123456789ABCDEF', substr(hex(bytes), -1)) - 1)";
    open_database(&machine)
        .batch_execute(&format!(
            "update record set bytes = unhex(substr(hex(bytes), 1, 2 * length(bytes) - 1) \
               || printf('%X', {digit} + 1 - 2 * ({digit} & 1))) \
             where kind = 1 and id = (select min(id) from record where kind = 1)"
        ))
        .unwrap();
    let place = "record unit ";
    let verified = machine.run(&["audit", "verify"]);
    assert_refused(&verified, "CONTENT_ALTERED");
    assert!(verified.err.contains(place), "{}", verified.err);
    let diagnosis = machine.run(&["doctor", "--full"]);
    assert!(diagnosis.code == 1 && diagnosis.out.contains(place), "{diagnosis:?}");
    let copy = machine.path("copy.db");
    std::fs::copy(machine.path("data/thidua.db"), &copy).unwrap();
    let checked = machine.run(&["verify-backup", &copy.display().to_string()]);
    assert!(checked.code == 1 && checked.err.contains(place), "{checked:?}");
    let backup = machine.run(&["backup"]);
    assert!(backup.code == 1 && backup.err.contains(place), "{backup:?}");
}

/// Writes the database file back as it was.
pub(super) fn restore_database(machine: &TestMachine, whole: &[u8]) {
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(machine.path(&format!("data/thidua.db{end}")));
    }
    std::fs::write(machine.path("data/thidua.db"), whole).unwrap();
}

pub(super) fn open_database(machine: &TestMachine) -> SqliteConnection {
    SqliteConnection::establish(&machine.path("data/thidua.db").display().to_string()).unwrap()
}

/// What another agency stores: the key and a checkpoint, with the checkpoint's number of lines.
fn create_checkpoint(machine: &TestMachine) -> (String, String, u64) {
    let key = machine.write("key", &machine.run_ok(&["audit", "key"]));
    let text = machine.run_ok(&["audit", "checkpoint"]);
    let size = text.lines().nth(1).unwrap().parse().unwrap();
    (key, machine.write(&format!("{size}.checkpoint"), &text), size)
}

/// Writes a proof to a file.
fn write_proof(machine: &TestMachine, name: &str, arguments: &[&str]) -> String {
    machine.write(name, &machine.run_ok(&[&["audit", "prove"], arguments].concat()))
}

fn assert_refused(output: &CommandOutput, code: &str) {
    assert!(output.code == 1 && output.err.contains(code), "{code}: {} {}", output.out, output.err);
}

#[test]
fn another_agency_checks_what_it_keeps_without_the_database() {
    let machine = TestMachine::with_example();
    let (key, old, size) = create_checkpoint(&machine);
    machine.grant_role("toa-an", "PARTNER_READER", "prov-84");
    let (_, new, grown) = create_checkpoint(&machine);
    let (from, to) = (size.to_string(), grown.to_string());
    let consistency = write_proof(&machine, "joined", &["--from", &from, "--to", &to]);
    let inclusion = write_proof(&machine, "stands", &["--seq", "5", "--size", &to]);

    let elsewhere = TestMachine::new();
    let check =
        |files: &[&str]| elsewhere.run(&[&["audit", "check", "--key", &key], files].concat());
    let output = check(&[&old, &new, &consistency, &inclusion]);
    assert_eq!(output.code, 0, "{}", output.err);
    assert!(
        output.out.contains(&format!("up to line {grown}")) && output.out.contains("org.change"),
        "{}",
        output.out
    );
    assert!(!elsewhere.path("data").exists(), "nothing is asked of the machine");
    let checked = elsewhere.run_ok(&["--json", "audit", "check", "--key", &key, &inclusion]);
    let checked: Value = serde_json::from_str(&checked).unwrap();
    assert_eq!((checked["size"].as_u64(), checked["lines"][0].as_i64()), (Some(grown), Some(5)));

    assert_refused(&check(&[&old, &new]), "AUDIT_UNJOINED");
    assert_refused(&check(&[&consistency]), "AUDIT_UNJOINED");
    let text = std::fs::read_to_string(&inclusion).unwrap();
    let moved = machine.write("moved", &text.replace("index 4", "index 5"));
    assert_refused(&check(&[&moved]), "AUDIT_ABSENT");
    let larger =
        machine.write("larger", &std::fs::read_to_string(&old).unwrap().replacen(&from, &to, 1));
    assert_refused(&check(&[&larger]), "AUDIT_SIGNATURE");
    assert_refused(&check(&[&key]), "AUDIT_PAPER");
    assert_refused(&elsewhere.run(&["audit", "check", "--key", &old, &old]), "AUDIT_KEY");
    assert_refused(&machine.run(&["audit", "prove", "--seq", "99999"]), "AUDIT_SHORT");
    assert_refused(&machine.run(&["audit", "prove", "--from", "0"]), "AUDIT_SHORT");
    assert_eq!(machine.run(&["audit", "prove", "--seq", "1", "--from", "1"]).code, 2);
}

#[test]
fn a_checkpoint_that_another_authority_signed_is_refused() {
    let (machine, other) = (TestMachine::with_example(), TestMachine::with_example());
    let (key, _, _) = create_checkpoint(&machine);
    let (other_key, checkpoint, _) = create_checkpoint(&other);
    assert_refused(
        &machine.run(&["audit", "check", "--key", &key, &checkpoint]),
        "AUDIT_SIGNATURE",
    );
    machine.run_ok(&["audit", "check", "--key", &other_key, &checkpoint]);
}

#[test]
fn an_end_that_was_cut_off_and_another_history_are_found_by_whoever_kept_a_checkpoint() {
    let machine = TestMachine::with_example();
    let whole = std::fs::read(machine.path("data/thidua.db")).unwrap();
    for account in ["toa-an", "vien-kiem-sat", "thanh-tra"] {
        machine.grant_role(account, "PARTNER_READER", "prov-84");
    }
    let (key, old, size) = create_checkpoint(&machine);
    let from = size.to_string();

    // The older file is valid, but shorter than the signed history.
    restore_database(&machine, &whole);
    machine.run_ok(&["audit", "verify"]);
    assert_refused(&machine.run(&["audit", "prove", "--from", &from]), "AUDIT_SHORT");

    // It grows past the signed size again, without the grants.
    (0..6).for_each(|_| drop(machine.run_ok(&["audit", "verify"])));
    let consistency = write_proof(&machine, "joined", &["--from", &from]);
    assert_refused(
        &machine.run(&["audit", "check", "--key", &key, &old, &consistency]),
        "AUDIT_REWRITTEN",
    );
    let inclusion = write_proof(&machine, "within", &["--seq", "5", "--size", &from]);
    assert_refused(
        &machine.run(&["audit", "check", "--key", &key, &old, &inclusion]),
        "AUDIT_FORKED",
    );
}

#[test]
fn a_line_that_was_changed_with_the_whole_chain_behind_it_is_found_by_whoever_kept_a_checkpoint() {
    let machine = TestMachine::with_example();
    let (key, old, size) = create_checkpoint(&machine);
    let mut conn = open_database(&machine);
    conn.batch_execute("update audit set action = 'org.changed' where seq = 5").unwrap();
    assert_refused(&machine.run(&["audit", "checkpoint"]), "AUDIT_BROKEN");
    rebuild_chain(&mut conn);
    drop(conn);

    machine.run_ok(&["audit", "verify"]);
    let consistency = write_proof(&machine, "joined", &["--from", &size.to_string()]);
    assert_refused(
        &machine.run(&["audit", "check", "--key", &key, &old, &consistency]),
        "AUDIT_REWRITTEN",
    );
}

#[derive(diesel::QueryableByName)]
struct AuditChainRow {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    last: i64,
    #[diesel(sql_type = diesel::sql_types::Binary)]
    row: Vec<u8>,
}

/// Recomputes the chain from the first line, as an attacker who knows its construction would.
pub(super) fn rebuild_chain(conn: &mut SqliteConnection) {
    let number = |name: &str| format!("unhex(printf('%016x', coalesce({name}, 0)))");
    let bytes = |name: &str| {
        let blob = format!("coalesce(cast({name} as blob), x'')");
        format!("unhex(printf('%08x', length({blob}))) || {blob}")
    };
    let numbers = ["seq", "from_revision", "to_revision", "recorded_at", "record_kind"].map(number);
    let fields = ["account", "device", "record_id", "action", "record_hash"].map(bytes);
    let row = [numbers, fields].concat().join(" || ");
    let rows: Vec<AuditChainRow> = diesel::sql_query(format!(
        "select last_seq as last, cast({row} as blob) as row \
         from audit join commit_log on seq between first_seq and last_seq order by seq"
    ))
    .load(conn)
    .unwrap();
    let mut chain = vec![0; 32];
    for commit in rows.chunk_by(|one, next| one.last == next.last) {
        let content =
            Sha256::digest(commit.iter().flat_map(|piece| piece.row.clone()).collect::<Vec<_>>());
        chain = Sha256::new().chain_update(&chain).chain_update(content).finalize().to_vec();
        let (last, hex) =
            (commit[0].last, chain.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        conn.batch_execute(&format!(
            "update commit_log set chain = x'{hex}' where last_seq = {last}"
        ))
        .unwrap();
        conn.batch_execute(&format!("update feed_head set chain = x'{hex}'")).unwrap();
    }
}
