//! Hands that mean harm, at the real door of a server in a process of its own: bytes of HTTP/2 written by hand over real TLS.
//!
//! Each attack is bounded in count and time. What is asked: the attacker's connection ends, others are served meanwhile and afterwards,
//! and memory stays where it was. `docs/SECURITY.md` names these stories.

use crate::crash::Server;
use crate::harness::Town;
use std::sync::Arc;
use std::time::{Duration, Instant};
use thidua::server::ca::TlsFiles;
use thidua::server::tls::read_chain;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// A server in a process of its own, so that its memory can be read.
struct Door {
    dir: tempfile::TempDir,
    server: Server,
}

type Line = TlsStream<TcpStream>;

impl Door {
    async fn open() -> Self {
        let dir = Town::open().await.stop().await;
        let server = Server::start(dir.path(), "none");
        Self { dir, server }
    }

    async fn tcp(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.server.port)).await.unwrap()
    }

    async fn tls(&self) -> Line {
        let files = TlsFiles::in_dir(&self.dir.path().join("tls"));
        let mut roots = tokio_rustls::rustls::RootCertStore::empty();
        roots.add(read_chain(&files.ca).unwrap()[0].clone()).unwrap();
        let mut config =
            tokio_rustls::rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let name = "localhost".try_into().unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, self.tcp().await).await.unwrap()
    }

    /// A connection that has said hello in HTTP/2.
    async fn h2(&self) -> Line {
        let mut line = self.tls().await;
        line.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        line.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
        line
    }

    /// An honest client, connected before the harm begins.
    async fn honest(&self) -> HealthClient<tonic::transport::Channel> {
        HealthClient::new(crate::harness::channel(self.dir.path(), self.server.port).await)
    }

    /// Resident memory of the server, in MiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }

    /// Others are served, on the connection that they have and on a new one, and memory has not grown beyond what caches take.
    async fn is_well(&self, honest: &mut HealthClient<tonic::transport::Channel>, before: u64) {
        serve(honest).await;
        serve(&mut self.honest().await).await;
        let now = self.memory();
        assert!(now < before + 64, "memory grew from {before} to {now} MiB");
    }
}

async fn serve(honest: &mut HealthClient<tonic::transport::Channel>) {
    let asked = honest.check(HealthCheckRequest::default());
    tokio::time::timeout(Duration::from_secs(5), asked).await.expect("others wait").unwrap();
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// HPACK of a call: indexed names, literal values, nothing put into the table.
fn call(path: &str, encoding: Option<&str>) -> Vec<u8> {
    let mut block = vec![0x83, 0x87, 0x04, path.len() as u8];
    block.extend(path.bytes());
    block.extend(b"\x01\x09localhost");
    block.extend(b"\x0f\x10\x10application/grpc");
    if let Some(encoding) = encoding {
        block.extend(b"\x00\x0dgrpc-encoding");
        block.push(encoding.len() as u8);
        block.extend(encoding.bytes());
    }
    block
}

/// Writes until the other side has had enough; whether it ended the connection within `most` writes.
async fn flood(line: Line, most: usize, next: impl Fn(usize) -> Vec<u8>) -> bool {
    let (mut read, mut write) = tokio::io::split(line);
    // What comes back is taken, so that the flood is not stopped by a full line.
    let reading = tokio::spawn(async move {
        let mut buffer = vec![0; 64 * 1024];
        while matches!(read.read(&mut buffer).await, Ok(count) if count > 0) {}
    });
    for at in 0..most {
        if reading.is_finished() || write.write_all(&next(at)).await.is_err() {
            return true;
        }
    }
    let _ = write.flush().await;
    tokio::time::timeout(Duration::from_secs(2), reading).await.is_ok()
}

/// Reads until the connection ends; how long that took.
async fn until_closed(mut line: impl AsyncReadExt + Unpin, most: Duration) -> Option<Duration> {
    let began = Instant::now();
    let mut buffer = vec![0; 4096];
    loop {
        match tokio::time::timeout(most.checked_sub(began.elapsed())?, line.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => return Some(began.elapsed()),
            Ok(Ok(_)) => {}
            Err(_) => return None,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_and_half_a_hello_are_shown_out_and_keep_nobody_out() {
    let door = Door::open().await;
    let mut honest = door.honest().await;
    let before = door.memory();
    let (mut silent, mut quiet) = (Vec::new(), Vec::new());
    for _ in 0..300 {
        silent.push(door.tcp().await);
    }
    for _ in 0..30 {
        quiet.push(door.tls().await); // TLS, and then not a word.
    }
    let mut stammering = door.tcp().await;
    stammering.write_all(b"\x16\x03\x01\x02\x00\x01").await.unwrap();
    door.is_well(&mut honest, before).await;
    let most = Duration::from_secs(20);
    let closed = async |lines: Vec<TcpStream>| {
        let mut all = true;
        for line in lines {
            all &= until_closed(line, most).await.is_some();
        }
        all
    };
    assert!(closed(silent).await && until_closed(stammering, most).await.is_some());
    for line in quiet {
        assert!(until_closed(line, most).await.is_some());
    }
    door.is_well(&mut honest, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_begun_and_taken_back_at_once_end_the_connection_that_makes_them() {
    let door = Door::open().await;
    let mut honest = door.honest().await;
    let before = door.memory();
    let block = call("/grpc.health.v1.Health/Check", None);
    let next = |at: usize| {
        let stream = 1 + 2 * at as u32;
        [frame(HEADERS, END_HEADERS, stream, &block), frame(RST_STREAM, 0, stream, &8u32.to_be_bytes())].concat()
    };
    assert!(flood(door.h2().await, 50_000, next).await, "rapid reset goes on for ever");
    door.is_well(&mut honest, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_without_an_end_end_the_connection_that_sends_them() {
    let door = Door::open().await;
    let mut honest = door.honest().await;
    let before = door.memory();
    let more = [b"\x00\x05x-abc\x7f\x81\x7e".as_slice(), &[b'a'; 255]].concat();
    let next = |at: usize| match at {
        0 => frame(HEADERS, 0, 1, &call("/grpc.health.v1.Health/Check", None)),
        _ => frame(CONTINUATION, 0, 1, &more),
    };
    assert!(flood(door.h2().await, 50_000, next).await, "a CONTINUATION flood goes on for ever");
    door.is_well(&mut honest, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_and_settings_without_end_cost_no_memory_and_keep_nobody_waiting() {
    let door = Door::open().await;
    let mut honest = door.honest().await;
    let before = door.memory();
    flood(door.h2().await, 20_000, |_| frame(PING, 0, 0, &[7; 8])).await;
    flood(door.h2().await, 20_000, |_| frame(SETTINGS, 0, 0, &[])).await;
    door.is_well(&mut honest, before).await;
    // Nor does one who never reads the answers.
    let mut deaf = door.h2().await;
    let pings = frame(PING, 0, 0, &[7; 8]).repeat(1000);
    for _ in 0..100 {
        if tokio::time::timeout(Duration::from_millis(200), deaf.write_all(&pings)).await.is_err() {
            break;
        }
    }
    door.is_well(&mut honest, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_says_it_is_enormous_or_comes_packed_is_refused_before_it_is_taken_in() {
    let door = Door::open().await;
    let mut honest = door.honest().await;
    let before = door.memory();
    let path = "/thidua.v1.AccessService/Enrol";
    for (encoding, head) in [(None, [0, 0xff, 0xff, 0xff, 0xff]), (Some("gzip"), [1, 0, 0, 4, 0])] {
        let mut line = door.h2().await;
        line.write_all(&frame(HEADERS, END_HEADERS, 1, &call(path, encoding))).await.unwrap();
        line.write_all(&frame(0, 0, 1, &[&head[..], &[0x1f; 1024]].concat())).await.unwrap();
        let answer = answered(&mut line).await;
        assert!(answer, "the call is answered without waiting for the rest: {encoding:?}");
    }
    door.is_well(&mut honest, before).await;
}

/// Whether the server ends the call with headers within five seconds.
async fn answered(line: &mut Line) -> bool {
    let read = async {
        loop {
            let mut head = [0; 9];
            line.read_exact(&mut head).await?;
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
            let mut payload = vec![0; length];
            line.read_exact(&mut payload).await?;
            if head[3] == HEADERS {
                return Ok::<_, std::io::Error>(());
            }
        }
    };
    matches!(tokio::time::timeout(Duration::from_secs(5), read).await, Ok(Ok(())))
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_stall_hold_no_worker_and_no_memory() {
    let door = Door::open().await;
    let mut honest = door.honest().await;
    let before = door.memory();
    let mut stalled = Vec::new();
    for _ in 0..20 {
        let mut line = door.h2().await;
        for at in 0..50u32 {
            let stream = 1 + 2 * at;
            line.write_all(&frame(HEADERS, END_HEADERS, stream, &call("/thidua.v1.AccessService/Enrol", None)))
                .await
                .unwrap();
            line.write_all(&frame(0, 0, stream, &[0, 0, 1, 0, 0, 1, 2, 3])).await.unwrap();
        }
        line.flush().await.unwrap();
        stalled.push(line);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    door.is_well(&mut honest, before).await;
    drop(stalled);
    door.is_well(&mut honest, before).await;
}
