//! A request body whose gRPC messages are measured by their headers, before any of them is stored.

use crate::domain::support::lang::Lang;
use crate::domain::support::limits::MESSAGE_BYTES_MAX;
use crate::grpc::RpcError;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;

/// Bytes of a message's header: a flag, then the length.
const MESSAGE_HEADER_BYTES: usize = 5;

/// Follows the messages of one body through its chunks.
#[derive(Debug, Default)]
struct MessageScanner {
    header: [u8; MESSAGE_HEADER_BYTES],
    header_read: usize,
    /// Bytes of the present message that have not arrived.
    missing: usize,
}

impl MessageScanner {
    /// Reads one chunk; returns the length of the largest message that begins in it.
    fn scan(&mut self, mut chunk: &[u8]) -> Option<usize> {
        let mut largest = None;
        while !chunk.is_empty() {
            let body = self.missing.min(chunk.len());
            self.missing -= body;
            chunk = &chunk[body..];
            if self.missing > 0 {
                break;
            }
            let header = (MESSAGE_HEADER_BYTES - self.header_read).min(chunk.len());
            self.header[self.header_read..self.header_read + header]
                .copy_from_slice(&chunk[..header]);
            self.header_read += header;
            chunk = &chunk[header..];
            if self.header_read == MESSAGE_HEADER_BYTES {
                let [_, length @ ..] = self.header;
                self.missing = u32::from_be_bytes(length) as usize;
                self.header_read = 0;
                largest = largest.max(Some(self.missing));
            }
        }
        largest
    }
}

/// A request body with limits.
pub(super) struct LimitedBody {
    inner: Body,
    scanner: MessageScanner,
    lang: Lang,
}

impl LimitedBody {
    pub(super) fn new(inner: Body, lang: Lang) -> Self {
        Self { inner, scanner: MessageScanner::default(), lang }
    }
}

impl http_body::Body for LimitedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(chunk) = frame.data_ref()
            && let Some(length) = self.scanner.scan(chunk)
            && length > MESSAGE_BYTES_MAX
        {
            let limit = RpcError::LimitExceeded("message_bytes", MESSAGE_BYTES_MAX as u64);
            return Poll::Ready(Some(Err(limit.into_status(self.lang))));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: usize) -> Vec<u8> {
        let header = (length as u32).to_be_bytes();
        [&[0][..], &header, &vec![7; length]].concat()
    }

    #[test]
    fn messages_are_measured_however_they_are_cut_into_chunks() {
        let bytes = [message(3), message(0), message(300)].concat();
        for cut in 1..bytes.len() {
            let mut scanner = MessageScanner::default();
            let found: Vec<usize> =
                bytes.chunks(cut).filter_map(|chunk| scanner.scan(chunk)).collect();
            assert_eq!(found.iter().max(), Some(&300), "chunks of {cut}");
            assert_eq!((scanner.missing, scanner.header_read), (0, 0), "chunks of {cut}");
        }
        let mut scanner = MessageScanner::default();
        assert_eq!(scanner.scan(&bytes[..4]), None, "a header that is not complete");
        assert_eq!(scanner.scan(&bytes[4..6]), Some(3));
        assert_eq!(scanner.missing, 2);
    }
}
