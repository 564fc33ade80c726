//! Counts the bytes of a connection on the wire, TLS included.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes sent and received, and connections opened; shared by all connections of a phone.
#[derive(Debug, Default)]
pub(crate) struct TrafficCounters {
    pub(crate) bytes_sent: AtomicU64,
    pub(crate) bytes_received: AtomicU64,
    pub(crate) connections: AtomicU64,
}

/// A snapshot of the counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TrafficTotals {
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) connections: u64,
}

impl TrafficCounters {
    pub(crate) fn snapshot(&self) -> TrafficTotals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        TrafficTotals {
            bytes_sent: read(&self.bytes_sent),
            bytes_received: read(&self.bytes_received),
            connections: read(&self.connections),
        }
    }
}

impl TrafficTotals {
    /// The difference to an earlier snapshot.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            bytes_sent: self.bytes_sent.saturating_sub(before.bytes_sent),
            bytes_received: self.bytes_received.saturating_sub(before.bytes_received),
            connections: self.connections.saturating_sub(before.connections),
        }
    }

    /// The sum of both.
    pub(crate) fn plus(self, more: Self) -> Self {
        Self {
            bytes_sent: self.bytes_sent + more.bytes_sent,
            bytes_received: self.bytes_received + more.bytes_received,
            connections: self.connections + more.connections,
        }
    }
}

/// A stream that counts its bytes.
#[derive(Debug)]
pub(crate) struct MeteredStream<S> {
    inner: S,
    counters: Arc<TrafficCounters>,
}

impl<S> MeteredStream<S> {
    pub(crate) fn new(inner: S, counters: Arc<TrafficCounters>) -> Self {
        counters.connections.fetch_add(1, Ordering::Relaxed);
        Self { inner, counters }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for MeteredStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.inner).poll_read(cx, buf);
        this.counters
            .bytes_received
            .fetch_add((buf.filled().len() - before) as u64, Ordering::Relaxed);
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MeteredStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_write(cx, buf);
        if let Poll::Ready(Ok(written)) = polled {
            this.counters.bytes_sent.fetch_add(written as u64, Ordering::Relaxed);
        }
        polled
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
