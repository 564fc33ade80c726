//! One sync call without a stream: the bytes of a request in, the bytes of each frame out. A simulation and recorded exchanges use it; what
//! crosses is what the service itself sends. Knows no socket and no waiting.

use super::codec::Out;
use super::status::Failure;
use super::{frames, sync};
use crate::app::App;
use crate::app::access::Identity;
use crate::auth::Authority;
use crate::pb;
use crate::pb::sync_response::Frame as Wire;
use crate::sync::{Exchange, Frame, Seal};
use crate::wire::bytes;
use crate::wire::sync::{Packing, put_frame, put_rows_frame};
use std::sync::Arc;

/// What a call stands on.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// The application.
    pub app: &'a App,
    /// Seals cursors and marks.
    pub seal: &'a Seal,
    /// Signs receipts.
    pub authority: &'a Arc<Authority>,
}

/// A call in progress.
pub struct Carried {
    exchange: Exchange,
    authority: Arc<Authority>,
    device: crate::domain::ids::DeviceId,
    packing: Option<Packing>,
    pushed: bool,
}

impl Carried {
    /// Takes the request: its commands are committed when this returns.
    pub fn begin(ground: Ground<'_>, identity: Identity, request: &[u8]) -> Result<Self, Failure> {
        let message: pb::SyncRequest = bytes::decode(request)?;
        let packing = Packing::choose(&message.accept_compressions);
        let asked = sync::read(&identity, message, ground.app.now().local_date())?;
        let (device, pushed) = (identity.device.id, !asked.commands.is_empty());
        let exchange = Exchange::start(ground.app.clone(), ground.seal.clone(), identity, &asked)?;
        Ok(Self { exchange, authority: Arc::clone(ground.authority), device, packing, pushed })
    }

    /// The next frames, and whether the last of them is the checkpoint.
    pub fn step(&mut self) -> Result<(Vec<Vec<u8>>, bool), Failure> {
        let frames = self.exchange.step()?;
        let reached = matches!(frames.last(), Some(Frame::Checkpoint(_)));
        let frames = frames.into_iter().map(|frame| self.bytes(frame)).collect::<Result<_, _>>()?;
        Ok((frames, reached))
    }

    fn bytes(&mut self, frame: Frame) -> Result<Vec<u8>, Failure> {
        let receipt = if let (true, Frame::Checkpoint(checkpoint)) = (self.pushed, &frame) {
            self.pushed = false;
            Some(sync::receipt_for(&self.authority, self.device, checkpoint)?)
        } else {
            None
        };
        let mut bytes = Vec::new();
        match frames::out(frame, self.packing) {
            Out::Frame(mut message) => {
                if let Some(Wire::Checkpoint(checkpoint)) = &mut message.frame {
                    checkpoint.receipt = receipt;
                }
                put_frame(&message, &mut bytes);
            }
            Out::Shared(rows, cursor) => put_rows_frame(&rows, &cursor, &mut bytes),
        }
        Ok(bytes)
    }
}
