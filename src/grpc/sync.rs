//! The sync call: reads the request, starts the exchange, and carries its frames until the checkpoint, or for as long as the caller follows.
//!
//! A slow caller holds a few frames and no database snapshot: the next step is taken only when the last frame has left. Knows neither feed
//! nor merge.

use super::caller::{self, home};
use super::frames;
use super::status::Failure;
use super::{Head, Services};
use crate::app::AppError;
use crate::app::access::Identity;
use crate::auth;
use crate::domain::ids::UnitId;
use crate::domain::lang::Lang;
use crate::domain::limits::PUSH_COMMANDS_MAX;
use crate::domain::reason::Reason;
use crate::pb::sync_response::Frame as Wire;
use crate::pb::sync_service_server::SyncService;
use crate::pb::{self, SyncRequest, SyncResponse};
use crate::sync::frame::Checkpoint;
use crate::sync::push::Pushed;
use crate::sync::{Exchange, Frame, Request as Asked};
use crate::wire::access::{Receipt, receipt};
use crate::wire::command;
use crate::wire::sync::read_scope;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// Frames that wait for a slow caller.
const WAITING: usize = 4;
/// How long one frame may wait for a caller that does not read.
const STALLED: Duration = Duration::from_secs(60);
/// Commits of this stretch are told to a follower together.
const TOGETHER: Duration = Duration::from_millis(100);
/// How often an idle stream looks whether its token still holds.
const IDLE: Duration = Duration::from_secs(30);

type Answer = Result<SyncResponse, Status>;

#[tonic::async_trait]
impl SyncService for Services {
    type SyncStream = ReceiverStream<Answer>;

    async fn sync(&self, request: Request<SyncRequest>) -> Result<Response<Self::SyncStream>, Status> {
        let lang = caller::lang(request.metadata());
        let (metadata, _, message) = request.into_parts();
        let identity = caller::open(self, &metadata).await.map_err(|failure| failure.status(lang))?;
        let stream = begin(self, identity, message, lang).await;
        stream.map(Response::new).map_err(|failure| failure.status(lang))
    }
}

async fn begin(
    services: &Services,
    identity: Identity,
    message: SyncRequest,
    lang: Lang,
) -> Result<ReceiverStream<Answer>, Failure> {
    let follow = message.follow;
    let asked = read(&identity, message, services.app.now().local_date())?;
    let mut call = Call {
        services: services.clone(),
        ends: identity.device.token_expires,
        generation: identity.generation,
        device: identity.device.id,
        pushed: !asked.commands.is_empty(),
    };
    let (app, seal) = (services.app.clone(), services.seal.clone());
    let exchange = services.door.run(move || Ok(Exchange::start(app, seal, identity, &asked)?)).await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        if let Err(failure) = call.drive(exchange, follow, &sender).await {
            let _ = sender.send(Err(failure.status(lang))).await;
        }
    });
    Ok(ReceiverStream::new(receiver))
}

fn read(identity: &Identity, message: SyncRequest, today: jiff::civil::Date) -> Result<Asked, Failure> {
    let SyncRequest {
        cursor,
        commands,
        follow: _,
        accept_compressions: _,
        epoch: _,
        max_rows,
        client_version: _,
        rebuild_scopes,
    } = message;
    if commands.len() > PUSH_COMMANDS_MAX {
        return Err(Failure::LimitExceeded("commands", PUSH_COMMANDS_MAX as u64));
    }
    // Who holds no role any more still authenticates: what was typed before goes to the hand-over box of the unit.
    let home = home(identity, today).unwrap_or(UnitId([0; 16]));
    let pushed = |bytes: Vec<u8>| {
        let hash = auth::hash(&bytes);
        let read = command::decode(&bytes, home)?;
        Ok(Pushed { number: read.number, hash, command: read.command, bytes })
    };
    let commands = commands.into_iter().map(pushed).collect::<Result<_, Failure>>()?;
    let rebuild: Result<Vec<_>, Reason> = rebuild_scopes.iter().map(read_scope).collect();
    Ok(Asked { cursor, commands, rebuild: rebuild?, max_rows: max_rows as usize })
}

/// One call on its way.
struct Call {
    services: Services,
    ends: Option<crate::domain::time::Instant>,
    generation: i64,
    device: crate::domain::ids::DeviceId,
    pushed: bool,
}

impl Call {
    async fn drive(
        &mut self,
        mut exchange: Exchange,
        follow: bool,
        sender: &mpsc::Sender<Answer>,
    ) -> Result<(), Failure> {
        let mut following = false;
        loop {
            let door = self.services.door.clone();
            let (back, frames) =
                door.run(move || exchange.step().map(|frames| (exchange, frames)).map_err(Failure::from)).await?;
            exchange = back;
            let nothing_new = following && frames.len() == 1;
            let mut reached = false;
            for frame in frames {
                reached = matches!(frame, Frame::Checkpoint(_));
                let frame = if nothing_new { bookmark(frame) } else { frame };
                if !send(sender, self.message(frame)?).await {
                    return Ok(());
                }
            }
            if !reached {
                continue;
            }
            if !follow {
                return Ok(());
            }
            following = true;
            match self.wait(exchange, sender).await? {
                Some(back) => exchange = back,
                None => return Ok(()),
            }
        }
    }

    /// The frame as a message; a checkpoint of a call that pushed gets its receipt.
    fn message(&self, frame: Frame) -> Result<SyncResponse, Failure> {
        let receipt = if let (true, Frame::Checkpoint(checkpoint)) = (self.pushed, &frame) {
            Some(self.receipt(checkpoint)?)
        } else {
            None
        };
        let mut message = frames::message(frame);
        if let Some(Wire::Checkpoint(checkpoint)) = &mut message.frame {
            checkpoint.receipt = receipt;
        }
        Ok(message)
    }

    fn receipt(&self, checkpoint: &Checkpoint) -> Result<pb::Receipt, Failure> {
        let authority = &self.services.authority;
        let body = receipt(&Receipt {
            authority: authority.id(),
            epoch: (u64::try_from(checkpoint.epoch.0).unwrap_or(0), checkpoint.epoch.1),
            device: self.device,
            taken: checkpoint.taken,
            outcomes: checkpoint.outcomes.clone(),
            seq: checkpoint.seq,
            now: checkpoint.now,
        });
        let signature = authority.sign(&body).map_err(|error| Failure::Internal(error.to_string()))?;
        Ok(pb::Receipt { body, signature })
    }

    /// Waits until there may be something to tell; `None` when the call is over. A revoked device and an ended token are failures.
    async fn wait(
        &mut self,
        mut exchange: Exchange,
        sender: &mpsc::Sender<Answer>,
    ) -> Result<Option<Exchange>, Failure> {
        let mut head = self.services.head.clone();
        let mut closing = self.services.closing.clone();
        loop {
            let now: Head = *head.borrow_and_update();
            if now.auth_generation > self.generation {
                self.generation = now.auth_generation;
                let door = self.services.door.clone();
                let refresh = move || exchange.refresh().map(|anew| (exchange, anew)).map_err(Failure::from);
                let (back, anew) = door.run(refresh).await?;
                exchange = back;
                if anew {
                    return Ok(Some(exchange));
                }
            }
            if self.ends.is_some_and(|end| end <= self.services.app.now()) {
                return Err(Failure::App(AppError::Unauthenticated));
            }
            if !exchange.is_at(now.seq) {
                tokio::time::sleep(TOGETHER).await;
                return Ok(Some(exchange));
            }
            tokio::select! {
                changed = head.changed() => if changed.is_err() { return Ok(None) },
                () = sender.closed() => return Ok(None),
                _ = closing.wait_for(|closing| *closing) => return Ok(None),
                () = tokio::time::sleep(IDLE) => {}
            }
        }
    }
}

/// A checkpoint that tells nothing new only moves the cursor on.
fn bookmark(frame: Frame) -> Frame {
    if let Frame::Checkpoint(Checkpoint { cursor, .. }) = frame { Frame::Bookmark { cursor } } else { frame }
}

/// Whether the caller took the frame in time.
async fn send(sender: &mpsc::Sender<Answer>, message: SyncResponse) -> bool {
    match tokio::time::timeout(STALLED, sender.send(Ok(message))).await {
        Ok(sent) => sent.is_ok(),
        Err(_) => {
            tracing::debug!("a caller stalled; its stream is dropped");
            false
        }
    }
}
