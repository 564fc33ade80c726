//! The accept loop. Every connection has a deadline for its handshake and first bytes; the number
//! of connections is capped in total and per address.
//!
//! Each handshake runs in its own task, so a slow client does not delay other connections.

use super::tls::{ReloadableTlsConfig, read_client_name};
use crate::domain::access::enrolment::TYPED_CODE_MINUTES;
use crate::domain::access::lease::OFFLINE_LEASE_DAYS;
use crate::grpc::PeerInfo;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

/// Length of an HTTP/2 preface; no HTTP/1.1 request is shorter.
const PREFACE_BYTES: usize = 24;
/// Accepted connections that wait to be served; further ones wait in the kernel.
const PENDING_CONNECTIONS_MAX: usize = 64;

/// Limits on connections and calls.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Connections in total.
    pub max_connections: usize,
    /// Connections from one address. Phones share addresses behind the gateway of their operator,
    /// so this is not small.
    pub max_connections_per_address: usize,
    /// Time for the TLS handshake and the first bytes of HTTP.
    pub handshake_timeout: Duration,
    /// Calls of one credential in a minute; 0 means no limit.
    pub calls_per_minute: u32,
    /// Wrong passwords or codes from one address in a minute; 0 means no limit.
    pub failures_per_address: u32,
    /// Days without contact after which phones hide their data.
    pub offline_lease_days: u16,
    /// Minutes for which a printed card is valid.
    pub card_minutes: u32,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            max_connections: 20_000,
            max_connections_per_address: 2_000,
            handshake_timeout: Duration::from_secs(10),
            calls_per_minute: 600,
            failures_per_address: 60,
            offline_lease_days: OFFLINE_LEASE_DAYS,
            card_minutes: TYPED_CODE_MINUTES,
        }
    }
}

/// Accepts connections until the receiver is dropped. Without certificates connections are plain
/// HTTP.
pub fn accept_connections(
    listener: TcpListener,
    certificates: Option<ReloadableTlsConfig>,
    limits: ServerLimits,
) -> mpsc::Receiver<io::Result<AcceptedConnection>> {
    let (sender, receiver) = mpsc::channel(PENDING_CONNECTIONS_MAX);
    tokio::spawn(run_accept_loop(listener, certificates, limits, sender));
    receiver
}

async fn run_accept_loop(
    listener: TcpListener,
    certificates: Option<ReloadableTlsConfig>,
    limits: ServerLimits,
    ready: mpsc::Sender<io::Result<AcceptedConnection>>,
) {
    let counter = ConnectionCounter::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ready.closed() => return,
        };
        let (stream, address) = match accepted {
            Ok(pair) => pair,
            Err(error) => {
                // No file descriptor is free, or the peer closed before accept: neither ends the
                // server.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(permit) = counter.try_acquire(address.ip(), limits) else {
            tracing::debug!("connection refused: too many");
            continue;
        };
        let tls = certificates.as_ref().map(ReloadableTlsConfig::acceptor);
        tokio::spawn(perform_handshake(
            stream,
            address,
            permit,
            tls,
            limits.handshake_timeout,
            ready.clone(),
        ));
    }
}

/// Performs the handshake of one connection and reads its first bytes, within the deadline.
async fn perform_handshake(
    stream: TcpStream,
    address: SocketAddr,
    permit: ConnectionPermit,
    tls: Option<TlsAcceptor>,
    deadline: Duration,
    ready: mpsc::Sender<io::Result<AcceptedConnection>>,
) {
    let handshake = tokio::time::timeout(deadline, async {
        stream.set_nodelay(true)?;
        let (mut stream, identity): (Box<dyn ConnectionStream>, _) = match tls {
            Some(tls) => {
                let stream = tls.accept(stream).await?;
                let presented =
                    stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
                let identity = presented.and_then(read_client_name).map(Arc::from);
                (Box::new(stream), identity)
            }
            None => (Box::new(stream), None),
        };
        let mut prefix = vec![0; PREFACE_BYTES];
        stream.read_exact(&mut prefix).await?;
        Ok::<_, io::Error>(AcceptedConnection {
            stream,
            prefix,
            prefix_read: 0,
            peer: PeerInfo { address, certificate_name: identity },
            _permit: permit,
        })
    });
    match handshake.await {
        Ok(Ok(connection)) => {
            // The receiver is dropped only when the server ends.
            let _ = ready.send(Ok(connection)).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "connection ended in its handshake"),
        Err(_) => tracing::debug!("connection too slow in its handshake"),
    }
}

trait ConnectionStream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> ConnectionStream for T {}

/// An accepted connection; its first bytes were already read and are replayed.
pub struct AcceptedConnection {
    stream: Box<dyn ConnectionStream>,
    prefix: Vec<u8>,
    prefix_read: usize,
    peer: PeerInfo,
    _permit: ConnectionPermit,
}

impl Connected for AcceptedConnection {
    type ConnectInfo = PeerInfo;

    fn connect_info(&self) -> PeerInfo {
        self.peer.clone()
    }
}

impl AsyncRead for AcceptedConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let remaining = self.prefix.len() - self.prefix_read;
        if remaining == 0 {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let count = remaining.min(buf.remaining());
        buf.put_slice(&self.prefix[self.prefix_read..self.prefix_read + count]);
        self.prefix_read += count;
        if self.prefix_read == self.prefix.len() {
            self.prefix = Vec::new();
            self.prefix_read = 0;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for AcceptedConnection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

/// Counts open connections in total and per address.
#[derive(Clone, Default)]
struct ConnectionCounter(Arc<Mutex<ConnectionCounts>>);

#[derive(Default)]
struct ConnectionCounts {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// The permit of one open connection; dropping it releases the permit.
struct ConnectionPermit {
    counter: ConnectionCounter,
    address: IpAddr,
}

impl ConnectionCounter {
    fn try_acquire(&self, address: IpAddr, limits: ServerLimits) -> Option<ConnectionPermit> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from_address = counts.by_address.get(&address).copied().unwrap_or(0);
        if counts.total >= limits.max_connections
            || from_address >= limits.max_connections_per_address
        {
            return None;
        }
        counts.total += 1;
        counts.by_address.insert(address, from_address + 1);
        Some(ConnectionPermit { counter: self.clone(), address })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut counts = self.counter.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.total = counts.total.saturating_sub(1);
        match counts.by_address.get_mut(&self.address) {
            Some(from_address) if *from_address > 1 => *from_address -= 1,
            Some(_) | None => {
                counts.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    async fn bound() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[tokio::test]
    async fn a_silent_connection_is_dropped_and_an_active_one_is_served_with_all_its_bytes() {
        let (listener, address) = bound().await;
        let limits = ServerLimits {
            handshake_timeout: Duration::from_millis(200),
            ..ServerLimits::default()
        };
        let mut ready = accept_connections(listener, None, limits);
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut active = TcpStream::connect(address).await.unwrap();
        active.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrest").await.unwrap();
        let mut served = ready.recv().await.unwrap().unwrap();
        let mut got = vec![0; 28];
        served.read_exact(&mut got).await.unwrap();
        assert_eq!(&got[20..], b"\r\n\r\nrest");
        assert_eq!(silent.read(&mut [0; 1]).await.unwrap(), 0, "closed by the server");
    }

    #[tokio::test]
    async fn one_address_cannot_take_every_permit_and_a_closed_connection_releases_its_permit() {
        let limits = ServerLimits {
            max_connections: 3,
            max_connections_per_address: 2,
            ..ServerLimits::default()
        };
        let (near, far) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let counter = ConnectionCounter::default();
        let first = counter.try_acquire(near, limits);
        let _second = counter.try_acquire(near, limits).unwrap();
        assert!(counter.try_acquire(near, limits).is_none());
        let _other = counter.try_acquire(far, limits).unwrap();
        assert!(counter.try_acquire(far, limits).is_none(), "the total is reached");
        drop(first);
        assert!(counter.try_acquire(near, limits).is_some());
    }
}
