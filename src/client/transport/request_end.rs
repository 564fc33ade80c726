//! Ends a request with its last message.
//!
//! HTTP/2 ends a stream by a flag of its last frame. The body of a generated client does not say
//! that no message follows, which costs an empty frame, 9 bytes in each call.

use http_body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;

type BodyFrame = Result<Frame<<Body as HttpBody>::Data>, Status>;

/// Makes the body of a request say where it ends.
pub(super) fn mark_end(request: http::Request<Body>) -> http::Request<Body> {
    request.map(|inner| Body::new(EndingBody { inner, next: None, has_ended: false }))
}

/// A body that reads one frame ahead.
struct EndingBody {
    inner: Body,
    next: Option<BodyFrame>,
    has_ended: bool,
}

impl HttpBody for EndingBody {
    type Data = <Body as HttpBody>::Data;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<BodyFrame>> {
        let this = self.get_mut();
        if this.has_ended && this.next.is_none() {
            return Poll::Ready(None);
        }
        let frame = match this.next.take() {
            Some(frame) => Some(frame),
            None => match Pin::new(&mut this.inner).poll_frame(cx) {
                Poll::Ready(frame) => frame,
                Poll::Pending => return Poll::Pending,
            },
        };
        if frame.is_none() {
            this.has_ended = true;
        } else if let Poll::Ready(next) = Pin::new(&mut this.inner).poll_frame(cx) {
            this.has_ended = next.is_none();
            this.next = next;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended && self.next.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        // Without an exact length, which would be one more header.
        SizeHint::default()
    }
}
