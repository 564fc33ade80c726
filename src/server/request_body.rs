//! A request body whose gRPC messages are measured by their headers, before any of them is stored.
//! The body of a Connect call is one message without a header and is measured while it arrives.
//!
//! ```text
//!  a small message that is here at once   passes
//!  a small unfinished message             takes a place among strangers; without a free place it
//!                                         needs a live token and claims its bytes
//!  a large message                        needs a live token and claims its bytes
//! ```

use super::call_limits::{AddressPlace, CallLimits, STRANGER_MESSAGE_BYTES_MAX};
use crate::domain::support::limits::MESSAGE_BYTES_MAX;
use crate::grpc::{AddressBucket, RpcError, TokenCheck};
use crate::i18n::Lang;
use http::HeaderValue;
use http_body::{Body as _, Frame, SizeHint};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::OwnedSemaphorePermit;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;

/// Bytes of a message's header: a flag, then the length.
const MESSAGE_HEADER_BYTES: usize = 5;

/// Where the messages of a body begin and end.
#[derive(Debug)]
pub(super) enum MessageFraming {
    /// gRPC: each message has a header.
    Headers(MessageScanner),
    /// Connect: the body is the message.
    WholeBody,
}

/// Follows the messages of one body through its chunks.
#[derive(Debug, Default)]
pub(super) struct MessageScanner {
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

/// Who sends a request, as far as the limits know.
pub(super) struct RequestSender {
    pub(super) lang: Lang,
    pub(super) address: AddressBucket,
    /// The `authorization` header.
    pub(super) authorization: Option<HeaderValue>,
}

type TokenLookup = Pin<Box<dyn Future<Output = Result<(), RpcError>> + Send>>;

/// What a sender has shown so far.
enum SenderProof {
    /// Nothing: no request of this sender was unfinished yet.
    None,
    /// Nothing, but it has a place among strangers.
    Place(#[expect(dead_code, reason = "dropping it frees the place")] AddressPlace),
    /// Its token is being looked up; the frame that has to wait for the answer.
    Pending(TokenLookup, Option<Frame<Bytes>>),
    /// A live token, with the claim of its messages.
    LiveToken(OwnedSemaphorePermit),
}

/// A request body with limits. Everything that it took is free again when it is dropped: as soon as
/// its message was read, or the call ended.
pub(super) struct LimitedBody {
    inner: Body,
    framing: MessageFraming,
    /// Bytes of all messages that began so far; of a message without a header, those that arrived.
    announced: usize,
    sender: RequestSender,
    proof: SenderProof,
    limits: CallLimits,
    token_check: TokenCheck,
}

impl LimitedBody {
    pub(super) fn new(
        inner: Body,
        framing: MessageFraming,
        sender: RequestSender,
        limits: CallLimits,
        token_check: TokenCheck,
    ) -> Self {
        let proof = SenderProof::None;
        Self { inner, framing, announced: 0, sender, proof, limits, token_check }
    }

    /// Measures the messages that begin in a frame. Returns the frame; `None` if it has to wait for
    /// the lookup of the token.
    fn measure(&mut self, frame: Frame<Bytes>) -> Result<Option<Frame<Bytes>>, RpcError> {
        let Some(chunk) = frame.data_ref() else { return Ok(Some(frame)) };
        // The bytes that are new, and the size of the largest message as far as it is known.
        let (length, message) = match &mut self.framing {
            MessageFraming::WholeBody => (chunk.len(), self.announced + chunk.len()),
            MessageFraming::Headers(scanner) => match scanner.scan(chunk) {
                Some(length) => (length, length),
                None => return Ok(Some(frame)),
            },
        };
        if message > MESSAGE_BYTES_MAX {
            return Err(RpcError::LimitExceeded("message_bytes", MESSAGE_BYTES_MAX as u64));
        }
        self.announced += length;
        if let SenderProof::LiveToken(claim) = &mut self.proof {
            claim.merge(self.limits.claim_bytes(length)?);
        } else if message > STRANGER_MESSAGE_BYTES_MAX {
            let maximum = STRANGER_MESSAGE_BYTES_MAX as u64;
            self.look_up_token(RpcError::LimitExceeded("message_bytes", maximum), Some(frame))?;
            return Ok(None);
        }
        Ok(Some(frame))
    }

    /// Takes a place for a request that is unfinished, or looks up the token if there is none.
    fn take_place(&mut self) -> Result<(), RpcError> {
        if let SenderProof::None = self.proof {
            match self.limits.stranger_call(self.sender.address) {
                Some(place) => self.proof = SenderProof::Place(place),
                None => self.look_up_token(CallLimits::stranger_error(), None)?,
            }
        }
        Ok(())
    }

    /// Begins the lookup of the token; fails with `without_token` if there is none.
    fn look_up_token(
        &mut self,
        without_token: RpcError,
        waiting: Option<Frame<Bytes>>,
    ) -> Result<(), RpcError> {
        let authorization = self.sender.authorization.take().ok_or(without_token)?;
        let lookup = Box::pin(self.token_check.clone().verify(authorization));
        self.proof = SenderProof::Pending(lookup, waiting);
        Ok(())
    }

    /// The next frame, once its sender may send it.
    fn poll_admitted(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Result<Frame<Bytes>, Status>>, RpcError>> {
        loop {
            if let SenderProof::Pending(lookup, waiting) = &mut self.proof {
                ready!(lookup.as_mut().poll(cx))?;
                let waiting = waiting.take();
                let claim = self.limits.claim_bytes(self.announced)?;
                self.proof = SenderProof::LiveToken(claim);
                if let Some(frame) = waiting {
                    return Poll::Ready(Ok(Some(Ok(frame))));
                }
            }
            match Pin::new(&mut self.inner).poll_frame(cx) {
                Poll::Pending => {
                    self.take_place()?;
                    if !matches!(self.proof, SenderProof::Pending(..)) {
                        return Poll::Pending;
                    }
                }
                Poll::Ready(Some(Ok(frame))) => {
                    if let Some(frame) = self.measure(frame)? {
                        return Poll::Ready(Ok(Some(Ok(frame))));
                    }
                }
                Poll::Ready(end) => return Poll::Ready(Ok(end)),
            }
        }
    }
}

impl http_body::Body for LimitedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match ready!(self.poll_admitted(cx)) {
            Ok(frame) => Poll::Ready(frame),
            Err(refused) => Poll::Ready(Some(Err(refused.into_status(self.sender.lang)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream() && !matches!(self.proof, SenderProof::Pending(..))
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
