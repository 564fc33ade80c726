//! A bad line in front of a server: so many bytes a second each way, and a delay. On loopback only; ends with its owner.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

pub(crate) struct Line {
    pub(crate) address: SocketAddr,
    server: Arc<OnceLock<SocketAddr>>,
    served: JoinHandle<()>,
}

impl Line {
    /// `rate` bytes a second each way; `trip` is the time there and back. Nobody gets through before it leads somewhere.
    pub(crate) async fn new(rate: u64, trip: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server: Arc<OnceLock<SocketAddr>> = Arc::default();
        let far_end = server.clone();
        let served = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Some(server) = far_end.get() else { continue };
                let Ok(far) = TcpStream::connect(server).await else { continue };
                let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
                tokio::spawn(carry(from_near, to_far, rate, trip / 2));
                tokio::spawn(carry(from_far, to_near, rate, trip / 2));
            }
        });
        Self { address, server, served }
    }

    /// Where it leads.
    pub(crate) fn leads_to(&self, server: SocketAddr) {
        self.server.set(server).unwrap();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.served.abort();
    }
}

/// Each piece leaves when the line is free, and arrives a delay later.
async fn carry(
    mut from: impl AsyncReadExt + Unpin + Send + 'static,
    mut to: impl AsyncWriteExt + Unpin + Send + 'static,
    rate: u64,
    delay: Duration,
) {
    let (send, mut pieces) = mpsc::channel::<(Instant, Vec<u8>)>(64);
    tokio::spawn(async move {
        while let Some((at, piece)) = pieces.recv().await {
            tokio::time::sleep_until(at).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    });
    let (mut buffer, mut free) = (vec![0; 1400], Instant::now());
    while let Ok(size @ 1..) = from.read(&mut buffer).await {
        free = free.max(Instant::now()) + Duration::from_micros(size as u64 * 1_000_000 / rate);
        if send.send((free + delay, buffer[..size].to_vec())).await.is_err() {
            return;
        }
        tokio::time::sleep_until(free).await;
    }
}
