//! etcd under the same load: one value for a report, in a transaction of puts for a call, over its
//! own protocol (gRPC) without TLS, durable as by default.
//!
//! The two messages are written by hand: two fields each, see etcd's `rpc.proto`.

use crate::Result;
use crate::counted_stream::WireBytes;
use crate::fixture::{connect_counted, new_runtime};
use crate::host_stats::file_size;
use crate::load_meter::LoadMeter;
use crate::write_case::WriteCase;
use crate::write_figures::WriteFigures;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};

/// Bytes of a value: about those of a report's two commands.
const VALUE_BYTES: usize = 300;
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// An etcd on free ports with its own directory, ended when dropped.
struct EtcdServer {
    url: String,
    dir: PathBuf,
    child: Child,
}

impl EtcdServer {
    fn start(program: &Path) -> Result<Self> {
        let dir = std::env::temp_dir().join(format!("thidua-etcd-{}", std::process::id()));
        // Remove leftovers of an earlier run with the same id.
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir)?;
        let [url, peer_url] =
            [free_port()?, free_port()?].map(|port| format!("http://127.0.0.1:{port}"));
        let log = std::fs::File::create(dir.join("log"))?;
        let child = Command::new(program)
            .arg("--data-dir")
            .arg(dir.join("data"))
            .args(["--listen-client-urls", &url, "--advertise-client-urls", &url])
            .args(["--listen-peer-urls", &peer_url, "--initial-advertise-peer-urls", &peer_url])
            .args(["--initial-cluster", &format!("default={peer_url}")])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}; install etcd-server", program.display()))?;
        Ok(Self { url, dir, child })
    }

    fn stored_bytes(&self) -> u64 {
        file_size(&self.dir.join("data/member/snap/db"))
    }
}

impl Drop for EtcdServer {
    fn drop(&mut self) {
        // It may have ended already; a leftover directory is removed by the next run of this id.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Measures a case on a new etcd.
pub(crate) fn measure_etcd(
    program: &Path,
    case: WriteCase,
    reports: usize,
) -> Result<WriteFigures> {
    let server = EtcdServer::start(program)?;
    new_runtime()?.block_on(run_etcd_case(&server, case, reports))
}

async fn run_etcd_case(
    server: &EtcdServer,
    case: WriteCase,
    reports: usize,
) -> Result<WriteFigures> {
    let bytes = WireBytes::default();
    let mut channels = Vec::new();
    for _ in 0..case.clients {
        channels.push(wait_for_channel(&server.url, &bytes).await?);
    }
    // The first write waits for the election.
    put(&channels[0], encode_txn(&[0])).await?;
    let stored_before = server.stored_bytes();
    let meter = Arc::new(LoadMeter::start(vec![server.child.id()], None, reports, &bytes));
    let next = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = channels
        .into_iter()
        .map(|channel| tokio::spawn(send_puts(channel, meter.clone(), next.clone(), case, reports)))
        .collect();
    for task in tasks {
        task.await??;
    }
    let load = meter.finish()?;
    // etcd writes its tree every 100 ms.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stored = server.stored_bytes().saturating_sub(stored_before);
    Ok(WriteFigures {
        product: "etcd, put of 300 bytes".to_owned(),
        database: "etcd",
        nodes: 1,
        clients: case.clients,
        reports_per_call: case.reports_per_call,
        stored_bytes: stored as f64 / reports as f64,
        lock_wait_millis: None,
        log_wait_millis: None,
        load,
    })
}

async fn wait_for_channel(url: &str, bytes: &WireBytes) -> Result<Channel> {
    let began = Instant::now();
    loop {
        match connect_counted(Path::new(""), url, bytes).await {
            Ok(channel) => return Ok(channel),
            Err(error) if began.elapsed() > START_TIMEOUT => return Err(error),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn send_puts(
    channel: Channel,
    meter: Arc<LoadMeter>,
    next: Arc<AtomicUsize>,
    case: WriteCase,
    reports: usize,
) -> Result<()> {
    loop {
        let from = next.fetch_add(case.reports_per_call, Ordering::Relaxed);
        if from >= reports {
            return Ok(());
        }
        let numbers: Vec<usize> = (from..reports.min(from + case.reports_per_call)).collect();
        let message = encode_txn(&numbers);
        let began = Instant::now();
        put(&channel, message).await?;
        meter.record_call(numbers.len(), began);
    }
}

async fn put(channel: &Channel, message: Vec<u8>) -> Result<()> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await?;
    let path = tonic::codegen::http::uri::PathAndQuery::from_static("/etcdserverpb.KV/Txn");
    client.unary(Request::new(message), path, BytesCodec).await?;
    Ok(())
}

/// `TxnRequest { success: [RequestOp { request_put: PutRequest { key, value } }] }`
fn encode_txn(numbers: &[usize]) -> Vec<u8> {
    let mut txn = Vec::new();
    for number in numbers {
        let mut put = Vec::new();
        push_field(&mut put, 1, format!("report/{number:012}").as_bytes());
        push_field(&mut put, 2, &build_value(*number));
        let mut operation = Vec::new();
        push_field(&mut operation, 2, &put);
        push_field(&mut txn, 2, &operation);
    }
    txn
}

/// Bytes that do not compress, the same for the same number.
fn build_value(number: usize) -> Vec<u8> {
    let mut state = number as u64 ^ 0x9E37_79B9_7F4A_7C15;
    (0..VALUE_BYTES)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .collect()
}

/// Appends a field of bytes: tag, length, content.
fn push_field(message: &mut Vec<u8>, number: u8, content: &[u8]) {
    message.push(number << 3 | 2);
    let mut length = content.len();
    while length >= 0x80 {
        message.push(length as u8 | 0x80);
        length >>= 7;
    }
    message.push(length as u8);
    message.extend_from_slice(content);
}

/// Messages that are bytes already.
#[derive(Debug, Clone, Copy)]
struct BytesCodec;

impl Codec for BytesCodec {
    type Encode = Vec<u8>;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for BytesCodec {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(
        &mut self,
        message: Vec<u8>,
        buffer: &mut EncodeBuf<'_>,
    ) -> std::result::Result<(), Status> {
        bytes::BufMut::put_slice(buffer, &message);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> std::result::Result<Option<()>, Status> {
        let length = bytes::Buf::remaining(buffer);
        bytes::Buf::advance(buffer, length);
        Ok(Some(()))
    }
}
