//! What `thidua init` keeps of what it was told, and which PostgreSQL it refuses before it makes
//! anything. Real processes, real databases, a real pooler.

use super::TestMachine;
use super::pg::{TestDb, with_database};
use super::serve::free_port;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Every key of the configuration, with a value that is not its default.
const SETTINGS: [(&str, &str, &str); 40] = [
    ("listen", "address", "\"127.0.0.1:9443\""),
    ("listen", "public", "[\"https://a.example.vn:1\", \"https://b.example.vn:2\"]"),
    ("listen", "plaintext", "true"),
    ("listen", "reflection", "true"),
    ("listen", "allowed_origins", "[\"https://a.example.vn\"]"),
    ("web", "enabled", "true"),
    ("web", "host", "\"app.example.vn\""),
    ("web", "certificate", "\"web.pem\""),
    ("web", "key", "\"web.key\""),
    ("office", "enabled", "true"),
    ("database", "url", "\"sqlite:other.db\""),
    ("database", "replica_url", "\"postgres://u@127.0.0.1:1/x\""),
    ("tls", "dir", "\"certificates\""),
    ("tls", "names", "[\"a.example.vn\"]"),
    ("tls", "allow_tls12", "true"),
    ("tls", "client_auth", "\"optional\""),
    ("tls", "client_ca", "\"clients.pem\""),
    ("tls", "client_crl", "\"revoked.pem\""),
    ("auth", "second_factor", "\"off\""),
    ("enrolment", "code_minutes", "15"),
    ("limits", "connections", "30"),
    ("limits", "connections_per_address", "20"),
    ("limits", "handshake_seconds", "11"),
    ("limits", "calls_per_minute", "601"),
    ("limits", "failures_per_address", "61"),
    ("limits", "offline_lease_days", "30"),
    ("jobs", "enabled", "false"),
    ("jobs", "lease_seconds", "601"),
    ("jobs", "downtime_days", "15"),
    ("log", "filter", "\"warn\""),
    ("log", "format", "\"json\""),
    ("backup", "dir", "\"copies\""),
    ("backup", "second", "\"far\""),
    ("backup", "keep", "30"),
    ("backup", "every_minutes", "5"),
    ("metrics", "address", "\"127.0.0.1:9464\""),
    ("telemetry", "otlp", "\"http://127.0.0.1:4317\""),
    ("telemetry", "ca", "\"otel.pem\""),
    ("telemetry", "node", "\"node-a\""),
    ("telemetry", "one_in", "100"),
];

#[test]
fn every_setting_given_at_init_stands_in_the_file_and_the_comments_stay() {
    let machine = TestMachine::new();
    let mut command = machine.command(&["init"]);
    for (section, key, value) in SETTINGS {
        command.args(["--set", &format!("{section}.{key}={value}")]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let written = std::fs::read_to_string(machine.path("data/thidua.toml")).unwrap();
    let mut section = "";
    let mut kept = Vec::new();
    for line in written.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(name) if !line.contains('=') => section = name,
            Some(_) | None => kept.push(format!("{section}.{line}")),
        }
    }
    kept.retain(|line| line.contains(" = "));
    for line in &kept {
        let given = SETTINGS
            .iter()
            .find(|(section, key, value)| *line == format!("{section}.{key} = {value}"));
        assert!(given.is_some(), "{line} is not what was given, or this test does not give it");
    }
    assert!(written.contains("# Address and port to listen on"), "{written}");

    let machine = TestMachine::new();
    let mut command = machine.command(&["init", "--name", "c.example.vn"]);
    command.env("THIDUA_BACKUP_KEEP", "31").env("THIDUA_TLS_NAMES", "d.example.vn");
    assert!(command.output().unwrap().status.success());
    let written = std::fs::read_to_string(machine.path("data/thidua.toml")).unwrap();
    assert!(written.contains("\nkeep = 31\n"), "{written}");
    assert!(written.contains("\nnames = [\"c.example.vn\"]\n"), "{written}");
}

/// Refused by `init` and, as a place to move to, by `move`; nothing was made.
fn assert_refused(url: &str, code: &str, texts: [&str; 2]) {
    let machine = TestMachine::new();
    let key = format!("database.url={url}");
    for (lang, text) in ["en", "vi"].into_iter().zip(texts) {
        let output = machine.run(&["init", "--lang", lang, "--set", &key]);
        assert!(
            output.code == 1 && output.err.contains(code) && output.err.contains(text),
            "{output:?}"
        );
        assert_eq!(output.err.trim_end().lines().count(), 1, "one sentence: {output:?}");
        assert!(!machine.path("data").exists(), "nothing is half made");
    }
    machine.run_ok(&["init"]);
    let from = format!("sqlite:{}", machine.path("data/thidua.db").display());
    let output = machine.run(&["move", "--from", &from, "--to", url]);
    assert!(output.code == 1 && output.err.contains(code), "{output:?}");
    machine.run_ok(&["doctor"]);
}

#[test]
fn a_postgresql_that_is_not_utf8_is_refused_before_anything_is_made() {
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let Some(db) =
            TestDb::create_with(&format!("encoding '{encoding}' template template0 locale 'C'"))
        else {
            return;
        };
        let url = db.url();
        assert_refused(url, "DATABASE_ENCODING", ["--encoding=UTF8", "bảng mã UTF8"]);
    }
}

/// PgBouncer over the tests' PostgreSQL; ends when dropped.
struct Pooler {
    child: Child,
    _dir: tempfile::TempDir,
    url: String,
}

impl Pooler {
    /// Without PgBouncer prints a line and returns `None`.
    fn start(db: &TestDb, mode: &str) -> Option<Self> {
        let on_path = std::env::var_os("PATH").unwrap_or_default();
        let mut dirs: Vec<PathBuf> = std::env::split_paths(&on_path).collect();
        dirs.push(PathBuf::from("/usr/sbin"));
        let Some(binary) = dirs.iter().map(|dir| dir.join("pgbouncer")).find(|it| it.exists())
        else {
            println!("skipped: no pgbouncer on this machine");
            return None;
        };
        let (user, rest) = db.url().split_once("://").unwrap().1.split_once('@').unwrap();
        let (user, password) = user.split_once(':').unwrap_or((user, ""));
        let (place, name) = rest.split_once('/').unwrap();
        let (host, port) = place.split_once(':').unwrap_or((place, "5432"));
        let (dir, listen) = (tempfile::tempdir().unwrap(), free_port());
        let config = format!(
            "[databases]\n{name} = host={host} port={port} user={user} password={password}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {listen}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = {mode}\nserver_round_robin = 1\n"
        );
        let file = dir.path().join("pgbouncer.ini");
        std::fs::write(&file, config).unwrap();
        let child = Self::command(&binary, dir.path()).arg(&file).spawn().unwrap();
        let url = with_database(&format!("postgres://{user}@127.0.0.1:{listen}/x"), name);
        let pooler = Self { child, _dir: dir, url };
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", listen)).is_ok() {
                return Some(pooler);
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("PgBouncer does not start")
    }

    /// PgBouncer refuses to run as root.
    fn command(binary: &Path, dir: &Path) -> Command {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let mut command = if dir.metadata().unwrap().uid() == 0 {
            std::fs::set_permissions(dir, PermissionsExt::from_mode(0o755)).unwrap();
            let mut command = Command::new("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(binary);
            command
        } else {
            Command::new(binary)
        };
        command.arg("--quiet").stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_pooler_in_transaction_mode_is_refused_before_anything_is_made_and_session_mode_works() {
    let Some(db) = TestDb::create() else { return };
    let Some(pooler) = Pooler::start(&db, "transaction") else { return };
    assert_refused(&pooler.url, "TRANSACTION_POOLER", ["pool_mode = session", "chế độ session"]);
    drop(pooler);
    let Some(pooler) = Pooler::start(&db, "session") else { return };
    let machine = TestMachine::new();
    machine.run_ok(&["init", "--set", &format!("database.url={}", pooler.url)]);
    machine.run_ok(&["org", "import", &super::example_path("org")]);
}
