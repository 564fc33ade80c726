//! The server under attack: TCP and TLS connections to it and HTTP/2 frames written byte by byte,
//! and its memory and processor time.

use crate::crash::ServerProcess;
use crate::harness::TestServer;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use thidua::domain::access::enrolment::EnrolmentCode;
use thidua::domain::access::permission::Role;
use thidua::server::ca::TlsFiles;
use thidua::server::tls::read_chain;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const CONTINUATION: u8 = 9;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// A server in another process, so that its memory can be measured.
pub(crate) struct AttackTarget {
    /// Contains `tls/`.
    pub(crate) dir: PathBuf,
    pub(crate) port: u16,
    pub(crate) pid: u32,
    _server: Option<(tempfile::TempDir, ServerProcess)>,
}

pub(crate) type TlsConnection = TlsStream<TcpStream>;

impl AttackTarget {
    /// Starts a server for this test.
    pub(crate) async fn start() -> Self {
        Self::start_dir(TestServer::start().await.stop().await)
    }

    /// The same, with the code of a new account with this role on this unit.
    pub(crate) async fn start_with_code(uid: &str, role: Role) -> (Self, EnrolmentCode) {
        let server = TestServer::start().await;
        let code = server.create_code(uid, role);
        (Self::start_dir(server.stop().await), code)
    }

    fn start_dir(dir: tempfile::TempDir) -> Self {
        let server = ServerProcess::start(dir.path(), "none");
        let (port, process) = (server.port, server.id());
        Self { dir: dir.path().to_owned(), port, pid: process, _server: Some((dir, server)) }
    }

    /// A server that the caller started.
    pub(crate) fn new(dir: PathBuf, port: u16, pid: u32) -> Self {
        Self { dir, port, pid, _server: None }
    }

    /// A TCP connection. Attacks come from an address of their own, so that the limit per address
    /// affects only them.
    pub(crate) async fn connect_tcp(&self) -> std::io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 0, 0, 2], 0)))?;
        socket.connect(SocketAddr::from(([127, 0, 0, 1], self.port))).await
    }

    pub(crate) async fn connect_tls(&self) -> std::io::Result<TlsConnection> {
        let files = TlsFiles::in_dir(&self.dir.join("tls"));
        let mut roots = tokio_rustls::rustls::RootCertStore::empty();
        roots.add(read_chain(&files.ca).unwrap()[0].clone()).unwrap();
        let mut config = tokio_rustls::rustls::ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let name = "localhost".try_into().unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, self.connect_tcp().await?).await
    }

    /// A connection after the HTTP/2 preface, with these settings.
    pub(crate) async fn connect_h2(&self, settings: &[u8]) -> std::io::Result<TlsConnection> {
        let mut line = self.connect_tls().await?;
        line.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await?;
        line.write_all(&encode_frame(SETTINGS, 0, 0, settings)).await?;
        Ok(line)
    }

    pub(crate) async fn connect_h2_default(&self) -> TlsConnection {
        self.connect_h2(&[]).await.unwrap()
    }

    /// An ordinary client, connected before the attack.
    pub(crate) async fn health_client(&self) -> HealthClient<tonic::transport::Channel> {
        HealthClient::new(crate::harness::connect_dir(&self.dir, self.port).await)
    }

    /// Memory that the server has allocated and not returned, in MiB. Pages of the program's own
    /// file, which are read as its code first runs, are not counted.
    pub(crate) fn memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }

    /// Processor time that the server has used so far, in hundredths of a second.
    pub(crate) fn cpu_ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap();
        // After the name, which may contain blanks: state, ten numbers, time in user and system
        // mode.
        let after_name = stat.rsplit(')').next().unwrap();
        after_name
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(|ticks| ticks.parse::<u64>().unwrap())
            .sum()
    }

    /// Checks that others are served, on an existing and a new connection, and that memory has
    /// grown by no more than caches take.
    pub(crate) async fn assert_healthy(
        &self,
        health: &mut HealthClient<tonic::transport::Channel>,
        before: u64,
    ) {
        assert_served(health).await;
        assert_served(&mut self.health_client().await).await;
        let now = self.memory_mib();
        assert!(now < before + 64, "memory grew from {before} to {now} MiB");
    }
}

async fn assert_served(health: &mut HealthClient<tonic::transport::Channel>) {
    let check = health.check(HealthCheckRequest::default());
    tokio::time::timeout(Duration::from_secs(5), check).await.expect("others wait").unwrap();
}

pub(crate) fn encode_frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The HPACK block of a call: indexed names, literal values, no table entries.
pub(crate) fn encode_call_headers(path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let mut block = vec![0x83, 0x87, 0x04, path.len() as u8];
    block.extend(path.bytes());
    block.extend(b"\x01\x09localhost");
    block.extend(b"\x0f\x10\x10application/grpc");
    for (name, value) in more {
        assert!(name.len() < 127 && value.len() < 127, "a length of one byte");
        block.extend([0, name.len() as u8]);
        block.extend(name.bytes());
        block.push(value.len() as u8);
        block.extend(value.bytes());
    }
    block
}

/// Writes until the server closes the connection; returns whether it did within `most` writes.
pub(crate) async fn write_until_closed(
    line: TlsConnection,
    most: usize,
    next: impl Fn(usize) -> Vec<u8>,
) -> bool {
    let (mut read, mut write) = tokio::io::split(line);
    // Responses are read, so that a full receive buffer does not stop the flood.
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

/// Reads until the connection ends and returns how long that took.
pub(crate) async fn wait_until_closed(
    mut line: impl AsyncReadExt + Unpin,
    most: Duration,
) -> Option<Duration> {
    let start = Instant::now();
    let mut buffer = vec![0; 4096];
    loop {
        match tokio::time::timeout(most.checked_sub(start.elapsed())?, line.read(&mut buffer)).await
        {
            Ok(Ok(0) | Err(_)) => return Some(start.elapsed()),
            Ok(Ok(_)) => {}
            Err(_) => return None,
        }
    }
}

/// Whether the server ends the call with headers within five seconds.
pub(crate) async fn is_answered(line: &mut TlsConnection) -> bool {
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
