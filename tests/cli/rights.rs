//! Rights of files: what thidua creates is its owner's alone, and a data directory that cannot be
//! used is named. Real files, real users, real mounts.

use super::backups::enrol_phone;
use super::serve::free_port;
use super::{CliServer, CommandOutput, TestMachine};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Every file and directory in `dir`, itself included.
fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut found = vec![dir.to_owned()];
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

/// Directories and files that others than their owner may use; certificates are public.
fn open_to_others(dir: &Path) -> Vec<String> {
    let mut found = walk(dir);
    found.retain(|path| path.extension().is_none_or(|end| end != "pem"));
    // A journal may be gone again by now.
    let is_open = |path: &PathBuf| path.metadata().is_ok_and(|found| found.mode() & 0o077 != 0);
    let open = found.into_iter().filter(is_open);
    open.map(|path| path.display().to_string()).collect()
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// Runs the binary under a umask that takes no right away.
fn run_with_open_umask(machine: &TestMachine, arguments: &str) -> CommandOutput {
    let binary = env!("CARGO_BIN_EXE_thidua");
    let mut command = machine.shell_command(&format!("umask 000; exec {binary} {arguments}"));
    CommandOutput::from(command.output().unwrap())
}

#[test]
fn whatever_the_umask_databases_copies_keys_and_phones_are_their_owners_alone() {
    let machine = TestMachine::new();
    let run = |arguments: &str| {
        let output = run_with_open_umask(&machine, arguments);
        assert_eq!(output.code, 0, "{arguments}: {output:?}");
    };
    run("init");
    run(&format!("org import {}", super::example_path("org")));
    run("backup --to far/second");
    let mut copies = walk(&machine.path("far")).into_iter();
    let copy = copies.find(|path| path.extension().is_some_and(|end| end == "db")).unwrap();
    let address = format!("127.0.0.1:{}", free_port());
    let public = format!("listen.public=https://{address}");
    let binary = env!("CARGO_BIN_EXE_thidua");
    let serve = format!(
        "umask 000; exec {binary} serve --json --set listen.address={address} --set {public}"
    );
    let serving = CliServer::spawn(machine.shell_command(&serve));
    std::fs::create_dir(machine.path("phones")).unwrap();
    set_mode(&machine.path("phones"), 0o700);
    enrol_phone(&machine, &public, "phones/xa-1", "REPORTER", "com-29242-2");
    run("field sync --phone phones/xa-1");
    assert!(machine.path("data/thidua.db-wal").exists(), "the log of the running server counts");
    for dir in ["data", "far", "phones"] {
        assert_eq!(open_to_others(&machine.path(dir)), Vec::<String>::new());
    }
    drop(serving);
    run(&format!("restore {} --force", copy.display()));
    assert_eq!(open_to_others(&machine.path("data")), Vec::<String>::new(), "restored too");
    assert!(!machine.run_ok(&["doctor"]).contains("OPEN_TO_OTHERS"));
}

#[cfg(feature = "demo")]
#[test]
fn the_directory_that_a_demo_leaves_is_its_owners_alone() {
    let machine = TestMachine::new();
    let binary = env!("CARGO_BIN_EXE_thidua");
    let script = format!("umask 000; exec {binary} demo --weeks 1 --keep demo");
    let mut running = machine.shell_command(&script);
    let mut demo = running.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let has_phones =
        || std::fs::read_dir(machine.path("demo/phones")).is_ok_and(|all| all.count() > 9);
    let end = Instant::now() + Duration::from_secs(50);
    while !has_phones() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50));
    }
    // Its phones run: their logs exist too.
    let open = open_to_others(&machine.path("demo"));
    demo.kill().unwrap();
    demo.wait().unwrap();
    assert!(has_phones(), "the demo has come to its phones");
    assert_eq!(open, Vec::<String>::new());
}

#[test]
fn the_doctor_names_what_is_open_to_other_users_and_how_to_close_it() {
    let machine = TestMachine::new();
    machine.run_ok(&["init"]);
    machine.run_ok(&["backup", "--to", "second"]);
    for open in ["data/thidua.db", "data/authority.key"] {
        set_mode(&machine.path(open), 0o644);
    }
    set_mode(&machine.path("second"), 0o755);
    let second = machine.path("second").display().to_string();
    let key = format!("backup.second={second}");
    let advice = machine.run_ok(&["doctor", "--set", &key]);
    let data = machine.path("data").display().to_string();
    for expected in [
        format!(
            "OPEN_TO_OTHERS: other users of this machine have rights to {data}/authority.key (mode 0644) and to 1 more"
        ),
        format!("rights to {second} (mode 0755) and to 0 more"),
        format!("run: chmod -R go-rwx {data};"),
    ] {
        assert!(advice.contains(&expected), "{expected}: {advice}");
    }
    let advice = machine.run_ok(&["--lang", "vi", "doctor", "--set", &key]);
    assert!(advice.contains("người dùng khác của máy này có quyền với"), "{advice}");
    for place in [&data, &second] {
        assert!(Command::new("chmod").args(["-R", "go-rwx", place]).status().unwrap().success());
    }
    assert!(machine.run_ok(&["doctor", "--set", &key]).contains("no problems found"));
}

/// The commands that must name the directory: those that read, write, serve, repair and diagnose.
const COMMANDS: [&[&str]; 8] = [
    &["doctor"],
    &["serve"],
    &["campaign", "list"],
    &["access", "devices"],
    &["audit", "verify"],
    &["backup"],
    &["migrate"],
    &["jobs", "list"],
];

fn is_root(machine: &TestMachine) -> bool {
    machine.path(".").metadata().unwrap().uid() == 0
}

/// The binary as a user who owns nothing here; without root, as the present user.
fn run_as_stranger(machine: &TestMachine, arguments: &[&str]) -> CommandOutput {
    if !is_root(machine) {
        return machine.run(arguments);
    }
    let copy = machine.path("thidua");
    if !copy.exists() {
        std::fs::copy(env!("CARGO_BIN_EXE_thidua"), &copy).unwrap();
        set_mode(machine.dir.path(), 0o755);
    }
    let stranger = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let command = machine.configure(Command::new("setpriv"), &stranger);
    let mut command = command;
    CommandOutput::from(command.arg(copy).args(arguments).output().unwrap())
}

#[test]
fn a_data_directory_that_this_user_cannot_write_is_named_with_user_and_right_by_every_command() {
    let machine = TestMachine::with_example();
    let data = machine.path("data");
    let user = if is_root(&machine) { "nobody" } else { "user" };
    let check = |path: &Path, right: &str| {
        for command in COMMANDS {
            let output = run_as_stranger(&machine, command);
            let expected = format!("may not {right} {}", path.display());
            assert!(
                output.code == 1
                    && output.err.contains("NO_RIGHT")
                    && output.err.contains(&expected)
                    && output.err.contains(user),
                "{command:?}: {output:?}"
            );
        }
    };
    // Readable, and not writable.
    for path in walk(&data) {
        set_mode(&path, if path.is_dir() { 0o555 } else { 0o444 });
    }
    check(&data.join("thidua.db"), "write to");
    // The file alone is not enough: SQLite keeps its log beside it.
    set_mode(&data.join("thidua.db"), 0o666);
    check(&data, "create files in");
    // Not even readable.
    set_mode(&data.join("thidua.toml"), 0o000);
    set_mode(&data, if is_root(&machine) { 0o700 } else { 0o500 });
    check(&data.join("thidua.toml"), "read");
    let output = run_as_stranger(&machine, &["--lang", "vi", "doctor"]);
    assert!(output.err.contains("không có quyền đọc"), "{output:?}");
    // Removable by the test's user.
    set_mode(&data, 0o755);
}

#[test]
fn a_data_directory_on_a_read_only_file_system_is_named_and_nothing_is_half_made() {
    let machine = TestMachine::with_example();
    let (data, binary) = (machine.path("data"), env!("CARGO_BIN_EXE_thidua"));
    let in_mount = |arguments: &str| {
        let shown = data.display();
        let script = format!(
            "unshare -m sh -c 'mount --bind {shown} {shown} && mount -o remount,ro,bind {shown} || exit 77; exec {binary} {arguments}'"
        );
        CommandOutput::from(machine.shell_command(&script).output().unwrap())
    };
    for arguments in ["doctor", "serve", "campaign list", "backup", "tls init"] {
        let output = in_mount(arguments);
        if output.code == 77 || output.err.contains("unshare") {
            println!("SKIPPED: no mounts for this user: {}", output.err);
            return;
        }
        assert!(
            output.code == 1
                && output.err.contains("NO_RIGHT")
                && output.err.contains("mounted read-only")
                && output.err.contains(&data.display().to_string()),
            "{arguments}: {output:?}"
        );
    }
    let fresh = TestMachine::new();
    let below_file = fresh.write("file", "");
    let output = fresh.run(&["init", "--data", &format!("{below_file}/data")]);
    assert!(output.code == 1 && output.err.contains(&below_file), "{output:?}");
}
