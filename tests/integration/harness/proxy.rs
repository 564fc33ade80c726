//! A TCP proxy in front of a server that limits bytes a second each way, delays, loses segments,
//! cuts after a number of bytes, or drops responses. Loopback only; ends when dropped.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

pub(crate) struct ThrottledProxy {
    pub(crate) address: SocketAddr,
    server: Arc<OnceLock<SocketAddr>>,
    faults: Arc<ProxyFaults>,
    losses: Arc<Losses>,
    task: JoinHandle<()>,
}

/// Segments that the line loses, by a generator with a fixed seed. TCP sends a lost segment again
/// after a timeout; until then nothing arrives and the line idles, as after a timeout of TCP, which
/// is the worst that one loss can cost.
#[derive(Default)]
struct Losses {
    percent: AtomicU64,
    timeout_millis: AtomicU64,
    segments: AtomicU64,
}

impl Losses {
    /// How long the line stands still before the next segment.
    fn stall(&self) -> Duration {
        let mut segment = self.segments.fetch_add(1, Ordering::SeqCst);
        segment = segment.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        segment = (segment ^ (segment >> 31)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let is_lost = (segment >> 33) % 100 < self.percent.load(Ordering::SeqCst);
        let timeout = Duration::from_millis(self.timeout_millis.load(Ordering::SeqCst));
        if is_lost { timeout } else { Duration::ZERO }
    }
}

/// Faults on bytes from the server.
struct ProxyFaults {
    /// The connection is cut after this many bytes.
    remaining_bytes: AtomicU64,
    /// The server's bytes are dropped without an error.
    drops_responses: AtomicBool,
}

impl ProxyFaults {
    /// Whether these bytes are forwarded; `None`: the connection is cut.
    fn admit(&self, size: usize) -> Option<bool> {
        let size = size as u64;
        let remaining =
            self.remaining_bytes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |remaining| {
                Some(remaining.saturating_sub(size))
            });
        (remaining.unwrap_or(0) > size).then(|| !self.drops_responses.load(Ordering::SeqCst))
    }
}

impl ThrottledProxy {
    /// Forwards `rate` bytes a second each way with this round-trip time. Connections are refused
    /// until [`Self::set_server`] is called.
    pub(crate) async fn new(rate: u64, round_trip: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server: Arc<OnceLock<SocketAddr>> = Arc::default();
        let server_cell = server.clone();
        let faults = Arc::new(ProxyFaults {
            remaining_bytes: AtomicU64::new(u64::MAX),
            drops_responses: AtomicBool::new(false),
        });
        let losses = Arc::<Losses>::default();
        let (proxy_faults, line_losses) = (faults.clone(), losses.clone());
        let served = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Some(server) = server_cell.get() else { continue };
                let Ok(server_stream) = TcpStream::connect(server).await else { continue };
                let ((from_client, to_client), (from_server, to_server)) =
                    (client.into_split(), server_stream.into_split());
                let line = |faults| Line {
                    rate,
                    delay: round_trip / 2,
                    losses: line_losses.clone(),
                    faults,
                };
                tokio::spawn(forward(from_client, to_server, line(None)));
                tokio::spawn(forward(from_server, to_client, line(Some(proxy_faults.clone()))));
            }
        });
        Self { address, server, faults, losses, task: served }
    }

    /// Cuts the connection after this many more bytes from the server; `u64::MAX`: never.
    pub(crate) fn cut_after(&self, bytes: u64) {
        self.faults.remaining_bytes.store(bytes, Ordering::SeqCst);
    }

    /// Whether the server's bytes are dropped while the connection stays open.
    pub(crate) fn set_drop_responses(&self, drops: bool) {
        self.faults.drops_responses.store(drops, Ordering::SeqCst);
    }

    /// Loses so many of a hundred segments of 1,400 bytes each way; each costs this timeout.
    pub(crate) fn set_loss(&self, percent: u64, timeout: Duration) {
        let millis = u64::try_from(timeout.as_millis()).unwrap();
        self.losses.timeout_millis.store(millis, Ordering::SeqCst);
        self.losses.percent.store(percent, Ordering::SeqCst);
    }

    /// Sets the server to forward to.
    pub(crate) fn set_server(&self, server: SocketAddr) {
        self.server.set(server).unwrap();
    }
}

impl Drop for ThrottledProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One direction.
struct Line {
    rate: u64,
    delay: Duration,
    losses: Arc<Losses>,
    faults: Option<Arc<ProxyFaults>>,
}

/// Forwards each chunk at the rate and delivers it after the delay.
async fn forward(
    mut from: impl AsyncReadExt + Unpin + Send + 'static,
    mut to: impl AsyncWriteExt + Unpin + Send + 'static,
    line: Line,
) {
    let (send, mut chunks) = mpsc::channel::<(Instant, Vec<u8>)>(64);
    tokio::spawn(async move {
        while let Some((at, chunk)) = chunks.recv().await {
            tokio::time::sleep_until(at).await;
            if to.write_all(&chunk).await.is_err() {
                return;
            }
        }
    });
    let (mut buffer, mut free) = (vec![0; 1400], Instant::now());
    while let Ok(size @ 1..) = from.read(&mut buffer).await {
        match line.faults.as_ref().map_or(Some(true), |faults| faults.admit(size)) {
            Some(true) => {}
            Some(false) => continue,
            None => return,
        }
        let sending = Duration::from_micros(size as u64 * 1_000_000 / line.rate);
        free = free.max(Instant::now()) + sending + line.losses.stall();
        if send.send((free + line.delay, buffer[..size].to_vec())).await.is_err() {
            return;
        }
        tokio::time::sleep_until(free).await;
    }
}
