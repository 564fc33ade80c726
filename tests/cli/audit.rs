//! The audit from the command line: whole as long as nobody touched it, and what somebody with the file in hand did is found.

use super::Machine;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use serde_json::Value;

#[test]
fn what_was_edited_dropped_moved_or_cut_off_in_a_stolen_file_is_found() {
    let machine = Machine::with_province();
    let verified: Value = serde_json::from_str(&machine.done(&["--json", "audit", "verify"])).unwrap();
    let head = verified["head"].as_str().unwrap();
    machine.done(&["audit", "verify", "--head", head]);
    assert!(machine.done(&["audit", "show", "--purpose", "kiểm tra", "--limit", "5"]).contains("org.change"));
    assert_eq!(machine.run(&["audit", "show", "--purpose", " "]).code, 2, "nobody reads it for no reason");

    let whole = std::fs::read(machine.path("data/thidua.db")).unwrap();
    let damages = [
        ("edited", "update audit set action = 'org.changed' where seq = 5"),
        ("dropped", "delete from audit where seq = 5"),
        (
            "moved",
            "update audit set seq = -5 where seq = 5; update audit set seq = 5 where seq = 6; update audit set seq = 6 where seq = -5",
        ),
        (
            "cut off",
            "delete from audit where seq > (select last_seq from commit_log order by last_seq limit 1);
             delete from commit_log where last_seq > (select last_seq from commit_log order by last_seq limit 1);
             update head set seq = (select last_seq from commit_log), chain = (select chain from commit_log)",
        ),
    ];
    for (name, damage) in damages {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(machine.path(&format!("data/thidua.db{end}")));
        }
        std::fs::write(machine.path("data/thidua.db"), &whole).unwrap();
        let mut conn = SqliteConnection::establish(&machine.path("data/thidua.db").display().to_string()).unwrap();
        conn.batch_execute(damage).unwrap();
        drop(conn);
        let found = machine.run(&["audit", "verify", "--head", head]);
        assert!(found.code == 1 && found.err.contains("AUDIT_BROKEN"), "{name}: {} {}", found.out, found.err);
    }
}
