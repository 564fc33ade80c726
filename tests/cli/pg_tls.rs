//! TLS between the programme and a PostgreSQL that takes nothing else: the right name under the right authority, and everything that is
//! not quite so. Real processes; needs the feature `postgres-tls`.

use super::copies::{due, enrol};
use super::first_day::free_port;
use super::pg_server::{PASSWORD, PgServer, Programmes};
use super::{Machine, Serving};
use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::os::unix::fs::PermissionsExt;

/// The name in the database's certificate.
const NAME: &str = "db.example.vn";

/// An authority for databases, and what it looks like in a file.
fn authority(name: &str) -> (Issuer<'static, KeyPair>, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Not the name of what it signs, or OpenSSL takes that for signed by itself.
    params.distinguished_name.push(DnType::CommonName, name);
    let pem = params.self_signed(&key).unwrap().pem();
    (Issuer::new(params, key), pem)
}

/// A PostgreSQL with a certificate for [`NAME`], which takes TLS and nothing else.
fn guarded(programmes: &Programmes, issuer: &Issuer<'static, KeyPair>) -> PgServer {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![NAME.to_owned()]).unwrap().signed_by(&key, issuer).unwrap();
    let settings = ["ssl=on", "ssl_cert_file=server.pem", "ssl_key_file=server.key"];
    PgServer::start(programmes, &settings, |data| {
        std::fs::write(data.join("server.pem"), certificate.pem()).unwrap();
        std::fs::write(data.join("server.key"), key.serialize_pem()).unwrap();
        std::fs::set_permissions(data.join("server.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(data.join("pg_hba.conf"), "hostssl all all 127.0.0.1/32 scram-sha-256\n").unwrap();
    })
}

#[derive(QueryableByName)]
struct Sessions {
    #[diesel(sql_type = BigInt)]
    all: i64,
    #[diesel(sql_type = BigInt)]
    guarded: i64,
}

const SESSIONS: &str = "select count(*) as all, count(*) filter (where ssl and version = 'TLSv1.3') as guarded \
     from pg_stat_ssl join pg_stat_activity using (pid) where datname = 'thidua' and pid <> pg_backend_pid()";

#[test]
fn verify_full_leads_to_the_right_database_alone() {
    let Some(programmes) = Programmes::found() else { return };
    let ((issuer, right), (_, wrong), (_, posing)) = (authority("ours"), authority("theirs"), authority("ours"));
    let server = guarded(&programmes, &issuer);
    let machine = Machine::with_province();
    let [right, wrong, posing] = [("right", right), ("wrong", wrong), ("posing", posing)]
        .map(|(name, pem)| machine.write(&format!("{name}.pem"), &pem));
    // Names that nobody resolves: `hostaddr` says where they are.
    let url = |name: &str, options: &str| {
        format!("postgres://thidua:{PASSWORD}@{name}:{}/thidua?hostaddr=127.0.0.1&{options}", server.port)
    };
    let proven = |name: &str, root: &str| url(name, &format!("sslmode=verify-full&sslrootcert={root}"));
    let good = proven(NAME, &right);
    let mut operator = PgConnection::establish(&good.replace("/thidua?", "/postgres?")).unwrap();
    operator.batch_execute("create database thidua").unwrap();

    for (refused, why) in [
        (proven(NAME, &wrong), "certificate verify failed"),
        // An authority of the same name with another key.
        (proven(NAME, &posing), "SSL error"),
        (proven("other.example.vn", &right), "does not match host name"),
        (proven(NAME, "/nowhere.pem"), "root certificate file"),
        (url(NAME, "sslmode=disable"), "no encryption"),
    ] {
        for command in ["serve", "doctor"] {
            let ran = machine.run(&[command, "--set", &format!("database.url={refused}")]);
            assert!(ran.code == 1 && ran.err.contains("DATABASE_NOT_PROVEN") && ran.err.contains(why), "{ran:?}");
            assert!(ran.err.contains("look at the host name, sslmode and sslrootcert"), "{ran:?}");
        }
    }

    let sqlite = format!("sqlite:{}", machine.path("data/thidua.db").display());
    machine.done(&["move", "--from", &sqlite, "--to", &good]);
    let file = machine.path("data/thidua.toml");
    let configured = std::fs::read_to_string(&file).unwrap().replace("sqlite:thidua.db", &good);
    std::fs::write(&file, configured).unwrap();
    let serving = a_report_goes_through(&machine);
    let found: Sessions = diesel::sql_query(SESSIONS).get_result(&mut operator).unwrap();
    assert!(found.all > 0 && found.guarded == found.all, "{} of {} sessions speak TLS", found.guarded, found.all);
    assert!(!machine.done(&["doctor"]).contains("EXPOSED_LINE"));
    let unproven = format!("database.url={}", url(NAME, "sslmode=require"));
    assert!(machine.done(&["doctor", "--set", &unproven]).contains("add sslmode=verify-full"));
    drop(serving);
}

/// A phone enrols, sends a report and finds the server at one with it.
fn a_report_goes_through(machine: &Machine) -> Serving {
    let address = format!("127.0.0.1:{}", free_port());
    let (listen, public) = (format!("listen.address={address}"), format!("listen.public=https://{address}"));
    let serving = Serving::running(machine, &["serve"], &[&listen, &public]);
    enrol(machine, &public, "xa-1", "REPORTER", "com-29242-2");
    let week = due(machine, "xa-1").remove(0);
    assert!(machine.done(&["field", "fill", &week, "--nil", "--submit", "--phone", "xa-1"]).contains(": sent"));
    let answer = machine.done(&["field", "sync", "--phone", "xa-1", "--json"]);
    assert!(answer.contains("\"resets\": 0") && answer.contains("\"agrees\": true"), "{answer}");
    serving
}
