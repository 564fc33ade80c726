//! One sync call without a network stream: the bytes of a request in, the bytes of each frame out.
//! Simulations and recorded exchanges use it; the bytes are the same as those that the service
//! sends.

use super::codec::SyncStreamItem;
use super::status::RpcError;
use super::{frames, sync};
use crate::app::App;
use crate::app::access::CallerIdentity;
use crate::auth::AuthorityKey;
use crate::pb;
use crate::pb::sync_response::Frame as FrameMessage;
use crate::sync::{CursorSigner, Exchange, SyncFrame};
use crate::wire::bytes;
use crate::wire::sync::{RowCompression, encode_frame, encode_rows_frame};
use std::sync::Arc;

/// What a call needs.
#[derive(Clone, Copy)]
pub struct InMemoryContext<'a> {
    /// The application.
    pub app: &'a App,
    /// Signs cursors and sync marks.
    pub cursor_signer: &'a CursorSigner,
    /// Signs receipts.
    pub authority: &'a Arc<AuthorityKey>,
}

/// A call in progress.
pub struct InMemoryCall {
    exchange: Exchange,
    authority: Arc<AuthorityKey>,
    device: crate::domain::support::ids::DeviceId,
    compression: Option<RowCompression>,
    receipt_due: bool,
}

impl InMemoryCall {
    /// Starts a call: its commands are committed when this returns.
    pub fn begin(
        context: InMemoryContext<'_>,
        identity: CallerIdentity,
        request: &[u8],
    ) -> Result<Self, RpcError> {
        let message: pb::SyncRequest = bytes::decode_message(request)?;
        let compression = RowCompression::negotiate(&message.accept_compressions);
        let exchange_request =
            sync::read_sync_request(&identity, message, context.app.now().local_date())?;
        let (device, receipt_due) = (identity.device.id, !exchange_request.commands.is_empty());
        let exchange = Exchange::start(
            context.app.clone(),
            context.cursor_signer.clone(),
            identity,
            &exchange_request,
        )?;
        Ok(Self {
            exchange,
            authority: Arc::clone(context.authority),
            device,
            compression,
            receipt_due,
        })
    }

    /// Returns the next encoded frames, and whether the last of them is the checkpoint.
    pub fn next_frames(&mut self) -> Result<(Vec<Vec<u8>>, bool), RpcError> {
        let frames = self.exchange.next_frames()?;
        let reached = matches!(frames.last(), Some(SyncFrame::Checkpoint(_)));
        let frames =
            frames.into_iter().map(|frame| self.encode_frame(frame)).collect::<Result<_, _>>()?;
        Ok((frames, reached))
    }

    fn encode_frame(&mut self, frame: SyncFrame) -> Result<Vec<u8>, RpcError> {
        let receipt = if let (true, SyncFrame::Checkpoint(checkpoint)) = (self.receipt_due, &frame)
        {
            self.receipt_due = false;
            Some(sync::sign_receipt(&self.authority, self.device, checkpoint)?)
        } else {
            None
        };
        let mut bytes = Vec::new();
        match frames::frame_to_stream_item(frame, self.compression) {
            SyncStreamItem::Frame(mut message) => {
                if let Some(FrameMessage::Checkpoint(checkpoint)) = &mut message.frame {
                    checkpoint.receipt = receipt;
                }
                encode_frame(&message, &mut bytes);
            }
            SyncStreamItem::EncodedRows(rows, cursor) => {
                encode_rows_frame(&rows, &cursor, &mut bytes)
            }
        }
        Ok(bytes)
    }
}
