//! A certificate of its own for browsers, on the port that phones call. Real servers, a real phone,
//! and a client that trusts another authority only, as a browser does.

use super::backups::{due_reports, enrol_phone};
use super::serve::free_port;
use super::{CliServer, TestMachine};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};
use thidua::clock::Clock;
use thidua::server::ca::{TlsFiles, init_tls};
use thidua::server::tls::read_chain;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

const HOST: &str = "thidua.example.vn";

/// The files of another authority, which stands for one that browsers trust.
fn public_authority(machine: &TestMachine) -> TlsFiles {
    let files = TlsFiles::in_dir(&machine.path("public"));
    init_tls(&files, &[HOST.to_owned()], Clock::System.now()).unwrap();
    files
}

fn settings(files: &TlsFiles, host: &str) -> Vec<String> {
    let (chain, key) = (files.chain.display(), files.key.display());
    vec![
        "web.enabled=true".to_owned(),
        format!("web.host={host}"),
        format!("web.certificate={chain}"),
        format!("web.key={key}"),
    ]
}

/// Asks for the page as `name`, trusting only the authority of `files`: the certificate that the
/// server presented, and the first line of its answer.
fn browse(files: &TlsFiles, port: u16, name: &str) -> std::io::Result<(Vec<u8>, String)> {
    let mut roots = RootCertStore::empty();
    roots.add(read_chain(&files.ca).unwrap()[0].clone()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = name.to_owned().try_into().unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let tcp = TcpStream::connect(("127.0.0.1", port))?;
    tcp.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut stream = StreamOwned::new(connection, tcp);
    write!(stream, "GET /app/ HTTP/1.1\r\nhost: {HOST}:{port}\r\n\r\n")?;
    let mut start = [0; 15];
    stream.read_exact(&mut start)?;
    let presented = stream.conn.peer_certificates().unwrap()[0].to_vec();
    Ok((presented, String::from_utf8_lossy(&start).into_owned()))
}

#[test]
fn browsers_get_the_certificate_of_their_host_and_phones_the_one_of_the_authority() {
    let machine = TestMachine::with_example();
    let files = public_authority(&machine);
    let port = free_port();
    let public = format!("listen.public=https://127.0.0.1:{port}");
    let mut keys = settings(&files, HOST);
    keys.extend([format!("listen.address=127.0.0.1:{port}"), public.clone()]);
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let _serving = CliServer::start_command(&machine, &["serve"], &keys);

    enrol_phone(&machine, &public, "phone", "REPORTER", "com-29242-2");
    assert!(!due_reports(&machine, "phone").is_empty());
    let (first, answer) = browse(&files, port, HOST).unwrap();
    assert_eq!(answer, "HTTP/1.1 200 OK");
    let own = TlsFiles::in_dir(&machine.path("data/tls"));
    let (of_phones, _) = browse(&own, port, "localhost").unwrap();
    assert_ne!(of_phones, first);
    assert!(browse(&files, port, "localhost").is_err(), "another name, the authority's own");

    init_tls(&files, &[HOST.to_owned()], Clock::System.now()).unwrap();
    let began = Instant::now();
    while browse(&files, port, HOST).unwrap().0 == first {
        assert!(began.elapsed() < Duration::from_secs(60), "a renewed certificate is not taken");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(browse(&own, port, "localhost").unwrap().0, of_phones);
}

#[test]
fn a_certificate_of_another_host_or_a_host_of_phones_is_refused_with_what_to_change() {
    let machine = TestMachine::with_example();
    let files = public_authority(&machine);
    let refused = |command: &str, host: &str, public: &str| {
        let mut arguments = vec![command.to_owned()];
        for key in settings(&files, host).into_iter().chain([format!("listen.public={public}")]) {
            arguments.extend(["--set".to_owned(), key]);
        }
        let output = machine.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(output.code, 1, "{output:?}");
        format!("{}{}", output.out, output.err)
    };
    for command in ["serve", "doctor"] {
        let other = refused(command, "other.example.vn", "https://10.0.0.2:8443");
        assert!(other.contains("is no certificate of the host other.example.vn"), "{other}");
        let shared = refused(command, HOST, &format!("https://{HOST}:8443"));
        assert!(shared.contains(&format!("(https://{HOST}:8443)")), "{shared}");
    }
}

#[test]
fn doctor_names_each_certificate_that_ends_soon_and_one_that_has_ended() {
    let machine = TestMachine::with_example();
    let files = public_authority(&machine);
    let own = TlsFiles::in_dir(&machine.path("data/tls"));
    let days_ago = |days: i64| Clock::System.now().saturating_add_micros(-days * 86_400_000_000);
    let doctor = || {
        let mut arguments = vec!["doctor".to_owned(), "--json".to_owned()];
        for key in settings(&files, HOST) {
            arguments.extend(["--set".to_owned(), key]);
        }
        machine.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).out
    };
    assert!(!doctor().contains("CERTIFICATE"), "both are new");
    init_tls(&files, &[HOST.to_owned()], days_ago(390)).unwrap();
    let soon = doctor();
    assert_eq!(soon.matches("\"CERTIFICATE\"").count(), 1, "{soon}");
    assert!(soon.contains(&files.chain.display().to_string()), "{soon}");
    init_tls(&own, &["localhost".to_owned()], days_ago(400)).unwrap();
    let over = doctor();
    assert_eq!(over.matches("\"CERTIFICATE\"").count(), 2, "{over}");
}
