//! Turns the body of a Connect call into a gRPC message, behind the limits that measure it.

use super::body_of;
use super::json::json_to_proto;
use super::request::{ConnectCall, ConnectCodec};
use crate::i18n::Lang;
use crate::server::request_limits::read_language;
use http::{Request, Response};
use http_body::Body as _;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

/// Bytes of a message's header: a flag, then the length.
pub(super) const MESSAGE_HEADER_BYTES: usize = 5;

/// Turns bodies of Connect calls into gRPC messages.
#[derive(Clone, Copy)]
pub(in crate::server) struct TranscodeLayer;

impl<S> Layer<S> for TranscodeLayer {
    type Service = TranscodeService<S>;

    fn layer(&self, inner: S) -> TranscodeService<S> {
        TranscodeService(inner)
    }
}

/// A service that receives gRPC messages only.
#[derive(Clone)]
pub(in crate::server) struct TranscodeService<S>(S);

impl<S> Service<Request<Body>> for TranscodeService<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Some(call) = request.extensions().get::<ConnectCall>().cloned() else {
            return Box::pin(self.0.call(request));
        };
        // The clone becomes ready for the next call; this one uses the service that is ready.
        let next = self.0.clone();
        let mut inner = std::mem::replace(&mut self.0, next);
        let lang = read_language(request.headers());
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            match read_message(body, &call, lang).await {
                Ok(message) => inner.call(Request::from_parts(parts, body_of(message))).await,
                Err(status) => Ok(status.into_http()),
            }
        })
    }
}

/// Reads the whole body and returns it as a gRPC message with its header.
async fn read_message(mut body: Body, call: &ConnectCall, lang: Lang) -> Result<Vec<u8>, Status> {
    let mut message = vec![0; MESSAGE_HEADER_BYTES];
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(data) = frame?.into_data() {
            message.extend_from_slice(&data);
        }
    }
    if call.codec == ConnectCodec::Json {
        let json = message.split_off(MESSAGE_HEADER_BYTES);
        let proto = json_to_proto(call.method.input(), &json);
        message.extend(proto.map_err(|refused| refused.into_status(lang))?);
    }
    let length = u32::try_from(message.len() - MESSAGE_HEADER_BYTES)
        .map_err(|_| Status::resource_exhausted("the message is too large"))?;
    message[1..MESSAGE_HEADER_BYTES].copy_from_slice(&length.to_be_bytes());
    // Its memory stays claimed until here.
    drop(body);
    Ok(message)
}
