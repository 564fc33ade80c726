//! A bad line in front of a server: so many bytes a second each way, a delay, a cut after so many bytes, or answers that never come. On
//! loopback only; ends with its owner.

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
    task: JoinHandle<()>,
}

/// What happens to bytes from the server.
struct ProxyFaults {
    /// So many more get through, then the connection is cut.
    remaining_bytes: AtomicU64,
    /// None of them arrives, and nobody is told.
    drops_responses: AtomicBool,
}

impl ProxyFaults {
    /// Whether so many bytes get through; `None`: the line is cut.
    fn admit(&self, size: usize) -> Option<bool> {
        let size = size as u64;
        let left = self.remaining_bytes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            Some(left.saturating_sub(size))
        });
        (left.unwrap_or(0) > size).then(|| !self.drops_responses.load(Ordering::SeqCst))
    }
}

impl ThrottledProxy {
    /// `rate` bytes a second each way; `trip` is the time there and back. Nobody gets through before it leads somewhere.
    pub(crate) async fn new(rate: u64, round_trip: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server: Arc<OnceLock<SocketAddr>> = Arc::default();
        let far_end = server.clone();
        let faults = Arc::new(ProxyFaults {
            remaining_bytes: AtomicU64::new(u64::MAX),
            drops_responses: AtomicBool::new(false),
        });
        let proxy_faults = faults.clone();
        let served = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Some(server) = far_end.get() else { continue };
                let Ok(server_stream) = TcpStream::connect(server).await else { continue };
                let ((from_near, to_near), (from_far, to_far)) =
                    (client.into_split(), server_stream.into_split());
                tokio::spawn(forward(from_near, to_far, rate, round_trip / 2, None));
                tokio::spawn(forward(
                    from_far,
                    to_near,
                    rate,
                    round_trip / 2,
                    Some(proxy_faults.clone()),
                ));
            }
        });
        Self { address, server, faults, task: served }
    }

    /// The connection is cut once so many more bytes came from the server; `u64::MAX`: never.
    pub(crate) fn cut_after(&self, bytes: u64) {
        self.faults.remaining_bytes.store(bytes, Ordering::SeqCst);
    }

    /// Whether what the server says is lost on the way, the connection standing.
    pub(crate) fn set_drop_responses(&self, swallows: bool) {
        self.faults.drops_responses.store(swallows, Ordering::SeqCst);
    }

    /// Where it leads.
    pub(crate) fn set_server(&self, server: SocketAddr) {
        self.server.set(server).unwrap();
    }
}

impl Drop for ThrottledProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Each piece leaves when the line is free, and arrives a delay later.
async fn forward(
    mut from: impl AsyncReadExt + Unpin + Send + 'static,
    mut to: impl AsyncWriteExt + Unpin + Send + 'static,
    rate: u64,
    delay: Duration,
    faults: Option<Arc<ProxyFaults>>,
) {
    let (send, mut pieces) = mpsc::channel::<(Instant, Vec<u8>)>(64);
    tokio::spawn(async move {
        while let Some((at, chunk)) = pieces.recv().await {
            tokio::time::sleep_until(at).await;
            if to.write_all(&chunk).await.is_err() {
                return;
            }
        }
    });
    let (mut buffer, mut free) = (vec![0; 1400], Instant::now());
    while let Ok(size @ 1..) = from.read(&mut buffer).await {
        match faults.as_ref().map_or(Some(true), |faults| faults.admit(size)) {
            Some(true) => {}
            Some(false) => continue,
            None => return,
        }
        free = free.max(Instant::now()) + Duration::from_micros(size as u64 * 1_000_000 / rate);
        if send.send((free + delay, buffer[..size].to_vec())).await.is_err() {
            return;
        }
        tokio::time::sleep_until(free).await;
    }
}
