//! One sync call without a network stream: the bytes of a request in, the bytes of each frame out.
//! Simulations and recorded exchanges use it; the bytes are the same as those that the service
//! sends.

use super::codec::SyncStreamItem;
use super::frames::CallMessages;
use super::status::RpcError;
use super::sync;
use crate::app::App;
use crate::app::access::CallerIdentity;
use crate::auth::AuthorityKey;
use crate::pb;
use crate::sync::{CursorSigner, Exchange, ExchangeStep, Paging};
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
    stage: CallStage,
    messages: CallMessages,
}

/// What the call does next.
enum CallStage {
    /// Returns these frames.
    Opened(ExchangeStep),
    /// Reads a page.
    Paging(Paging),
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
        let is_brief = message.brief;
        let exchange_request =
            sync::read_sync_request(&identity, message, context.app.now().local_date())?;
        let messages = CallMessages {
            authority: Arc::clone(context.authority),
            device: identity.device.id,
            compression,
            endpoints: Arc::default(),
            offline_lease_days: 0,
            receipt_due: !exchange_request.commands.is_empty(),
            brief_cursor: is_brief.then(|| exchange_request.cursor.clone()),
        };
        let (app, cursor_signer) = (context.app.clone(), context.cursor_signer.clone());
        let opened = Exchange::open(app, cursor_signer, identity, exchange_request)?;
        Ok(Self { stage: CallStage::Opened(opened), messages })
    }

    /// Returns the next encoded frames, and the rest of the call; `None` once the last of them is
    /// the checkpoint.
    pub fn next_frames(self) -> Result<(Vec<Vec<u8>>, Option<Self>), RpcError> {
        let Self { stage, mut messages } = self;
        let ExchangeStep { frames, exchange } = match stage {
            CallStage::Opened(step) => step,
            CallStage::Paging(paging) => paging.read_page()?,
        };
        let encoded = frames
            .into_iter()
            .filter_map(|frame| messages.build_item(frame).transpose())
            .map(|item| Ok(encode_item(item?)))
            .collect::<Result<_, RpcError>>()?;
        let rest = match exchange {
            Exchange::Paging(paging) => Some(Self { stage: CallStage::Paging(paging), messages }),
            Exchange::AtHead(_) => None,
        };
        Ok((encoded, rest))
    }
}

fn encode_item(item: SyncStreamItem) -> Vec<u8> {
    let mut bytes = Vec::new();
    match item {
        SyncStreamItem::Frame(message) => encode_frame(&message, &mut bytes),
        SyncStreamItem::EncodedRows(rows, cursor) => encode_rows_frame(&rows, &cursor, &mut bytes),
    }
    bytes
}
