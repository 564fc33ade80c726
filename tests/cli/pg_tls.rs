//! TLS between the binary and a PostgreSQL that accepts only TLS: the right name under the right
//! CA, and near misses. Real processes; needs the feature `postgres-tls`.

use super::backups::{due_reports, enrol_phone};
use super::pg_server::{PASSWORD, PgServer, PostgresInstallation};
use super::serve::free_port;
use super::{CliServer, TestMachine};
use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::os::unix::fs::PermissionsExt;

/// The name in the database's certificate.
const SERVER_NAME: &str = "db.example.vn";

/// A CA for databases, and its certificate in PEM.
fn create_ca(name: &str) -> (Issuer<'static, KeyPair>, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // The CA needs another name than what it signs, or OpenSSL takes the certificate for
    // self-signed.
    params.distinguished_name.push(DnType::CommonName, name);
    let pem = params.self_signed(&key).unwrap().pem();
    (Issuer::new(params, key), pem)
}

/// A PostgreSQL with a certificate for [`SERVER_NAME`] that accepts only TLS.
fn start_tls_server(
    installation: &PostgresInstallation,
    issuer: &Issuer<'static, KeyPair>,
) -> PgServer {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![SERVER_NAME.to_owned()])
        .unwrap()
        .signed_by(&key, issuer)
        .unwrap();
    let settings = ["ssl=on", "ssl_cert_file=server.pem", "ssl_key_file=server.key"];
    PgServer::start(installation, &settings, |data| {
        std::fs::write(data.join("server.pem"), certificate.pem()).unwrap();
        std::fs::write(data.join("server.key"), key.serialize_pem()).unwrap();
        std::fs::set_permissions(data.join("server.key"), std::fs::Permissions::from_mode(0o600))
            .unwrap();
        std::fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n")
            .unwrap();
    })
}

#[derive(QueryableByName)]
struct SessionCounts {
    #[diesel(sql_type = BigInt)]
    all: i64,
    #[diesel(sql_type = BigInt)]
    encrypted: i64,
}

const SESSION_QUERY: &str = "select count(*) as all, \
    count(*) filter (where ssl and version = 'TLSv1.3') as encrypted \
    from pg_stat_ssl join pg_stat_activity using (pid) \
    where datname = 'thidua' and pid <> pg_backend_pid()";

#[test]
fn verify_full_leads_to_the_right_database_alone() {
    let Some(installation) = PostgresInstallation::find() else { return };
    let ((issuer, right), (_, wrong), (_, impostor)) =
        (create_ca("ours"), create_ca("theirs"), create_ca("ours"));
    let server = start_tls_server(&installation, &issuer);
    let machine = TestMachine::with_example();
    let [right, wrong, impostor] = [("right", right), ("wrong", wrong), ("posing", impostor)]
        .map(|(name, pem)| machine.write(&format!("{name}.pem"), &pem));
    // These names do not resolve; `hostaddr` gives the address.
    let url = |name: &str, options: &str| {
        format!(
            "postgres://thidua:{PASSWORD}@{name}:{}/thidua?hostaddr=127.0.0.1&{options}",
            server.port
        )
    };
    let verified_url =
        |name: &str, root: &str| url(name, &format!("sslmode=verify-full&sslrootcert={root}"));
    let good = verified_url(SERVER_NAME, &right);
    let mut operator = PgConnection::establish(&good.replace("/thidua?", "/postgres?")).unwrap();
    operator.batch_execute("create database thidua").unwrap();

    for (refused, why) in [
        (verified_url(SERVER_NAME, &wrong), "certificate verify failed"),
        // A CA with the same name and another key.
        (verified_url(SERVER_NAME, &impostor), "SSL error"),
        (verified_url("other.example.vn", &right), "does not match host name"),
        (verified_url(SERVER_NAME, "/nowhere.pem"), "root certificate file"),
        (url(SERVER_NAME, "sslmode=disable"), "no encryption"),
    ] {
        for command in ["serve", "doctor"] {
            let output = machine.run(&[command, "--set", &format!("database.url={refused}")]);
            let advice = "check the host name, sslmode and sslrootcert";
            let is_named =
                ["DATABASE_NOT_PROVEN", why, advice].map(|text| output.err.contains(text));
            assert!(output.code == 1 && is_named == [true; 3], "{output:?}");
        }
    }

    move_to_postgres(&machine, &good);
    let serving = send_report(&machine);
    let found: SessionCounts = diesel::sql_query(SESSION_QUERY).get_result(&mut operator).unwrap();
    assert!(
        found.all > 0 && found.encrypted == found.all,
        "{} of {} sessions speak TLS",
        found.encrypted,
        found.all
    );
    assert!(!machine.run_ok(&["doctor"]).contains("EXPOSED_LINE"));
    let unproven = format!("database.url={}", url(SERVER_NAME, "sslmode=require"));
    assert!(machine.run_ok(&["doctor", "--set", &unproven]).contains("add sslmode=verify-full"));
    drop(serving);
}

/// Moves the machine's SQLite database to `url` and names that in the configuration.
fn move_to_postgres(machine: &TestMachine, url: &str) {
    let sqlite = format!("sqlite:{}", machine.path("data/thidua.db").display());
    machine.run_ok(&["move", "--from", &sqlite, "--to", url]);
    let file = machine.path("data/thidua.toml");
    let configured = std::fs::read_to_string(&file).unwrap().replace("sqlite:thidua.db", url);
    std::fs::write(&file, configured).unwrap();
}

/// A phone enrols, sends a report and finds its digests equal to the server's.
fn send_report(machine: &TestMachine) -> CliServer {
    let address = format!("127.0.0.1:{}", free_port());
    let (listen, public) =
        (format!("listen.address={address}"), format!("listen.public=https://{address}"));
    let serving = CliServer::start_command(machine, &["serve"], &[&listen, &public]);
    enrol_phone(machine, &public, "xa-1", "REPORTER", "com-29242-2");
    let week = due_reports(machine, "xa-1").remove(0);
    assert!(
        machine
            .run_ok(&["field", "fill", &week, "--nil", "--submit", "--phone", "xa-1"])
            .contains(": sent")
    );
    let answer = machine.run_ok(&["field", "sync", "--phone", "xa-1", "--json"]);
    assert!(answer.contains("\"resets\": 0") && answer.contains("\"agrees\": true"), "{answer}");
    serving
}
