//! The sync service with its own codec: a stream item is a frame, or rows that were encoded once
//! for many followers.
//!
//! Buffers are small so that an idle stream costs little memory.

use super::Services;
use crate::domain::support::limits::MESSAGE_BYTES_MAX;
use crate::pb::{SyncRequest, SyncResponse, sync_service_server};
use crate::wire::sync::{encode_frame, encode_rows_frame};
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;
use tokio::sync::mpsc;
use tokio_stream::adapters::Chain;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Iter, StreamExt as _};
use tonic::codec::{BufferSettings, Codec, EncodeBuf, Encoder};
use tonic::codegen::{Body, BoxFuture, Service, StdError, http};
use tonic::server::{Grpc, NamedService, ServerStreamingService};
use tonic::{Request, Response, Status};
use tonic_prost::{ProstCodec, ProstDecoder};

/// One item of a sync stream.
#[derive(Debug)]
pub(super) enum SyncStreamItem {
    /// A frame for this caller only.
    Frame(Box<SyncResponse>),
    /// Encoded rows shared with other callers, and this caller's cursor.
    EncodedRows(Arc<[u8]>, Vec<u8>),
}

/// The response stream of the sync service: the items of the opening, which leave together with the
/// response's headers, then those of the rest of the call.
pub(super) type SyncResponseStream =
    Chain<Iter<vec::IntoIter<SyncStreamResult>>, ReceiverStream<SyncStreamResult>>;

/// An item, or the failure that ends the stream.
pub(super) type SyncStreamResult = Result<SyncStreamItem, Status>;

/// Joins the items of the opening and those of the rest.
pub(super) fn join_streams(
    opening: Vec<SyncStreamResult>,
    rest: mpsc::Receiver<SyncStreamResult>,
) -> SyncResponseStream {
    tokio_stream::iter(opening).chain(ReceiverStream::new(rest))
}

fn codec_buffers() -> BufferSettings {
    BufferSettings::new(256, 32 * 1024)
}

#[derive(Debug, Clone, Copy, Default)]
struct FrameCodec;

#[derive(Debug)]
struct FrameEncoder;

impl Codec for FrameCodec {
    type Encode = SyncStreamItem;
    type Decode = SyncRequest;
    type Encoder = FrameEncoder;
    type Decoder = ProstDecoder<SyncRequest>;

    fn encoder(&mut self) -> FrameEncoder {
        FrameEncoder
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstCodec::<SyncResponse, SyncRequest>::raw_decoder(codec_buffers())
    }
}

impl Encoder for FrameEncoder {
    type Item = SyncStreamItem;
    type Error = Status;

    fn encode(&mut self, item: SyncStreamItem, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        match item {
            SyncStreamItem::Frame(frame) => encode_frame(&frame, out),
            SyncStreamItem::EncodedRows(rows, cursor) => encode_rows_frame(&rows, &cursor, out),
        }
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        codec_buffers()
    }
}

/// `thidua.v1.SyncService`: does what the generated server does, with [`FrameCodec`].
#[derive(Clone)]
pub(super) struct SyncServiceServer(Arc<Services>);

impl SyncServiceServer {
    pub(super) fn new(services: Services) -> Self {
        Self(Arc::new(services))
    }
}

impl NamedService for SyncServiceServer {
    const NAME: &'static str = sync_service_server::SERVICE_NAME;
}

impl ServerStreamingService<SyncRequest> for SyncServiceServer {
    type Response = SyncStreamItem;
    type ResponseStream = SyncResponseStream;
    type Future = BoxFuture<Response<SyncResponseStream>, Status>;

    fn call(&mut self, request: Request<SyncRequest>) -> Self::Future {
        let services = Arc::clone(&self.0);
        Box::pin(async move { super::sync::handle_sync(&services, request).await })
    }
}

impl<B> Service<http::Request<B>> for SyncServiceServer
where
    B: Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<tonic::body::Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let method = self.clone();
        Box::pin(async move {
            if request.uri().path() != "/thidua.v1.SyncService/Sync" {
                return Ok(Status::unimplemented("no such method").into_http());
            }
            let mut grpc = Grpc::new(FrameCodec)
                .apply_max_message_size_config(Some(MESSAGE_BYTES_MAX), Some(MESSAGE_BYTES_MAX));
            Ok(grpc.server_streaming(method, request).await)
        })
    }
}
