//! The accept loop: every connection has a deadline for its handshake and its first bytes, and there are caps on how many.
//!
//! Handshakes run in tasks of their own, so that one slow phone does not keep others at the door. Knows no rpc.

use super::tls::{Certificates, identity};
use crate::domain::lease::OFFLINE_LEASE_DAYS;
use crate::grpc::Peer;
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

/// The length of an HTTP/2 preface; no HTTP/1.1 request is shorter.
const PREFACE: usize = 24;
/// Connections that wait to be served; more wait in the kernel.
const WAITING: usize = 64;

/// How long and how many.
#[derive(Debug, Clone, Copy)]
pub struct Caps {
    /// Connections in total.
    pub total: usize,
    /// Connections from one address. Phones share addresses behind their operator's gateway, so this is not small.
    pub per_address: usize,
    /// Time for the TLS handshake and the first bytes of HTTP.
    pub handshake: Duration,
    /// Calls of one credential in a minute; 0: no limit.
    pub calls_per_minute: u32,
    /// Days without contact after which phones hide what they hold.
    pub offline_lease_days: u16,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            total: 20_000,
            per_address: 2_000,
            handshake: Duration::from_secs(10),
            calls_per_minute: 600,
            offline_lease_days: OFFLINE_LEASE_DAYS,
        }
    }
}

/// Accepts connections until the receiver is dropped. Without certificates it speaks plain HTTP.
pub fn accept(
    listener: TcpListener,
    certificates: Option<Certificates>,
    caps: Caps,
) -> mpsc::Receiver<io::Result<Connection>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(accept_loop(listener, certificates, caps, sender));
    receiver
}

async fn accept_loop(
    listener: TcpListener,
    certificates: Option<Certificates>,
    caps: Caps,
    ready: mpsc::Sender<io::Result<Connection>>,
) {
    let places = Places::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ready.closed() => return,
        };
        let (stream, address) = match accepted {
            Ok(pair) => pair,
            Err(error) => {
                // Out of file descriptors, or a peer gone before it was accepted: neither ends the server.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Some(place) = places.take(address.ip(), caps) else {
            tracing::debug!("connection refused: too many");
            continue;
        };
        let tls = certificates.as_ref().map(Certificates::acceptor);
        tokio::spawn(greet(stream, address, place, tls, caps.handshake, ready.clone()));
    }
}

/// Handshake and first bytes of one connection, within its deadline.
async fn greet(
    stream: TcpStream,
    address: SocketAddr,
    place: Place,
    tls: Option<TlsAcceptor>,
    deadline: Duration,
    ready: mpsc::Sender<io::Result<Connection>>,
) {
    let opened = tokio::time::timeout(deadline, async {
        stream.set_nodelay(true)?;
        let (mut stream, identity): (Box<dyn Stream>, _) = match tls {
            Some(tls) => {
                let stream = tls.accept(stream).await?;
                let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
                let identity = shown.and_then(identity).map(Arc::from);
                (Box::new(stream), identity)
            }
            None => (Box::new(stream), None),
        };
        let mut first = vec![0; PREFACE];
        stream.read_exact(&mut first).await?;
        Ok::<_, io::Error>(Connection { stream, first, read: 0, peer: Peer { address, identity }, _place: place })
    });
    match opened.await {
        Ok(Ok(connection)) => {
            // The receiver is gone only when the server ends.
            let _ = ready.send(Ok(connection)).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "connection ended in its handshake"),
        Err(_) => tracing::debug!("connection too slow in its handshake"),
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// An accepted connection whose first bytes were already read once.
pub struct Connection {
    stream: Box<dyn Stream>,
    first: Vec<u8>,
    read: usize,
    peer: Peer,
    _place: Place,
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let left = self.first.len() - self.read;
        if left == 0 {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let count = left.min(buf.remaining());
        buf.put_slice(&self.first[self.read..self.read + count]);
        self.read += count;
        if self.read == self.first.len() {
            self.first = Vec::new();
            self.read = 0;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
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

/// Counts open connections.
#[derive(Clone, Default)]
struct Places(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One open connection's place; given back when dropped.
struct Place {
    places: Places,
    address: IpAddr,
}

impl Places {
    fn take(&self, address: IpAddr, caps: Caps) -> Option<Place> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let here = taken.by_address.get(&address).copied().unwrap_or(0);
        if taken.total >= caps.total || here >= caps.per_address {
            return None;
        }
        taken.total += 1;
        taken.by_address.insert(address, here + 1);
        Some(Place { places: self.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.total = taken.total.saturating_sub(1);
        match taken.by_address.get_mut(&self.address) {
            Some(here) if *here > 1 => *here -= 1,
            Some(_) | None => {
                taken.by_address.remove(&self.address);
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
    async fn a_silent_connection_is_dropped_and_a_speaking_one_is_served_with_all_its_bytes() {
        let (listener, address) = bound().await;
        let caps = Caps { handshake: Duration::from_millis(200), ..Caps::default() };
        let mut ready = accept(listener, None, caps);
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut speaking = TcpStream::connect(address).await.unwrap();
        speaking.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrest").await.unwrap();
        let mut served = ready.recv().await.unwrap().unwrap();
        let mut got = vec![0; 28];
        served.read_exact(&mut got).await.unwrap();
        assert_eq!(&got[20..], b"\r\n\r\nrest");
        assert_eq!(silent.read(&mut [0; 1]).await.unwrap(), 0, "closed by the server");
    }

    #[tokio::test]
    async fn one_address_cannot_take_every_place_and_a_closed_connection_gives_its_place_back() {
        let caps = Caps { total: 3, per_address: 2, ..Caps::default() };
        let (near, far) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let places = Places::default();
        let first = places.take(near, caps);
        let _second = places.take(near, caps).unwrap();
        assert!(places.take(near, caps).is_none());
        let _other = places.take(far, caps).unwrap();
        assert!(places.take(far, caps).is_none(), "the total is reached");
        drop(first);
        assert!(places.take(near, caps).is_some());
    }
}
