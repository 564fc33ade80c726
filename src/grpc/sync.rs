//! The sync call: reads the request, starts the exchange, and carries its frames until the checkpoint, or for as long as the caller follows.
//!
//! A slow caller holds a few frames and no database snapshot: the next step is taken only when the last frame has left. Knows neither feed
//! nor merge.

use super::Services;
use super::caller::{self, home};
use super::codec::{Answers, Out};
use super::follow::Place;
use super::frames;
use super::status::Failure;
use super::versions;
use crate::app::AppError;
use crate::app::access::Identity;
use crate::auth;
use crate::domain::ids::UnitId;
use crate::domain::lang::Lang;
use crate::domain::limits::{PUSH_COMMANDS_MAX, SCOPES_MAX};
use crate::domain::reason::Reason;
use crate::pb::sync_response::Frame as Wire;
use crate::pb::{self, SyncRequest};
use crate::sync::frame::Checkpoint;
use crate::sync::push::Pushed;
use crate::sync::{Exchange, Frame, Request as Asked};
use crate::trace;
use crate::wire::access::{Receipt, receipt};
use crate::wire::command;
use crate::wire::sync::{Packing, read_scope};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

/// Frames that wait for a slow caller.
const WAITING: usize = 4;
/// How long one frame may wait for a caller that does not read.
const STALLED: Duration = Duration::from_secs(60);
/// How long an idle stream says nothing: then a bookmark moves the cursor on, keeps proxies from closing it, and its token is looked at.
const IDLE: Duration = Duration::from_secs(30);
/// A token that ends within this time is told to a follower.
const SOON_SECONDS: i64 = 120;

type Answer = Result<Out, Status>;

/// Answers a call of the sync service.
pub(super) async fn answer(services: &Services, request: Request<SyncRequest>) -> Result<Response<Answers>, Status> {
    let lang = caller::lang(request.metadata());
    let (metadata, _, message) = request.into_parts();
    let stream = begin(services, &metadata, message, lang).await;
    stream.map(Response::new).map_err(|failure| failure.status(lang))
}

async fn begin(
    services: &Services,
    metadata: &MetadataMap,
    message: SyncRequest,
    lang: Lang,
) -> Result<Answers, Failure> {
    let (own, token, follow) = (services.clone(), caller::admitted(services, metadata)?, message.follow);
    let (mut call, exchange) = services.door.run(move || start(own, &token, message)).await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(trace::along(async move {
        if let Err(failure) = call.drive(exchange, follow, &sender).await {
            let _ = sender.send(Err(failure.status(lang))).await;
        }
    }));
    Ok(ReceiverStream::new(receiver))
}

/// Opens the caller, reads what is asked and takes the commands: behind the door, in one walk.
fn start(services: Services, token: &auth::Hash, message: SyncRequest) -> Result<(Call, Exchange), Failure> {
    let identity = services.app.identify(token)?;
    let packing = Packing::choose(&message.accept_compressions);
    let upgrade = versions::wanted(&message.client_version);
    let asked = read(&identity, message, services.app.now().local_date())?;
    let (app, seal) = (services.app.clone(), services.seal.clone());
    let call = Call {
        services,
        ends: identity.device.token_expires,
        generation: identity.generation,
        device: identity.device.id,
        pushed: !asked.commands.is_empty(),
        caught_up: false,
        warned: false,
        upgrade,
        packing,
    };
    Ok((call, Exchange::start(app, seal, identity, &asked)?))
}

/// Reads a request; what is wrong with a command refuses the command, what is wrong with the rest refuses the call.
pub(super) fn read(identity: &Identity, message: SyncRequest, today: jiff::civil::Date) -> Result<Asked, Failure> {
    let SyncRequest {
        cursor,
        commands,
        follow,
        accept_compressions: _,
        epoch: _,
        max_rows,
        client_version,
        rebuild_scopes,
    } = message;
    if client_version.len() > versions::CHARS_MAX {
        return Err(Failure::LimitExceeded("client_version", versions::CHARS_MAX as u64));
    }
    if commands.len() > PUSH_COMMANDS_MAX {
        return Err(Failure::LimitExceeded("commands", PUSH_COMMANDS_MAX as u64));
    }
    // Who holds no role any more still authenticates: what was typed before goes to the hand-over box of the unit.
    if rebuild_scopes.len() > SCOPES_MAX {
        return Err(Failure::LimitExceeded("rebuild_scopes", SCOPES_MAX as u64));
    }
    let home = home(identity, today).unwrap_or(UnitId([0; 16]));
    let pushed = |bytes: Vec<u8>| {
        let hash = auth::hash(&bytes);
        let read = command::decode(&bytes, home)?;
        Ok(Pushed { number: read.number, hash, command: read.command, bytes })
    };
    let commands = commands.into_iter().map(pushed).collect::<Result<_, Failure>>()?;
    let rebuild: Result<Vec<_>, Reason> = rebuild_scopes.iter().map(read_scope).collect();
    Ok(Asked { cursor, commands, rebuild: rebuild?, max_rows: max_rows as usize, page_at_once: !follow })
}

/// What the authority signs of a device's commands at a checkpoint.
pub(super) fn receipt_for(
    authority: &auth::Authority,
    device: crate::domain::ids::DeviceId,
    checkpoint: &Checkpoint,
) -> Result<pb::Receipt, Failure> {
    let body = receipt(&Receipt {
        authority: authority.id(),
        epoch: (u64::try_from(checkpoint.epoch.0).unwrap_or(0), checkpoint.epoch.1),
        device,
        taken: checkpoint.taken,
        outcomes: checkpoint.outcomes.clone(),
        seq: checkpoint.seq,
        now: checkpoint.now,
    });
    let signature = authority.sign(&body).map_err(|error| Failure::Internal(error.to_string()))?;
    Ok(pb::Receipt { body, signature })
}

/// One call on its way.
struct Call {
    services: Services,
    ends: Option<crate::domain::time::Instant>,
    generation: i64,
    device: crate::domain::ids::DeviceId,
    /// Whether the next checkpoint carries a receipt.
    pushed: bool,
    /// Whether the first checkpoint has been told.
    caught_up: bool,
    /// Whether the caller knows that its token ends soon.
    warned: bool,
    /// The version that the caller's app should have, until it was told.
    upgrade: Option<String>,
    /// Whether the caller can undo packed rows.
    packing: Option<Packing>,
}

impl Call {
    async fn drive(
        &mut self,
        mut exchange: Exchange,
        follow: bool,
        sender: &mpsc::Sender<Answer>,
    ) -> Result<(), Failure> {
        let mut following = None;
        loop {
            if follow {
                // Before the feed is read, so that no look misses what a later round must hold.
                following = Some(Place::take(&self.services.followed, exchange.scopes())).or(following);
            }
            if !self.catch_up(&mut exchange, sender).await? || !follow {
                return Ok(());
            }
            self.caught_up = true;
            if !self.wait(&mut exchange, sender).await? {
                return Ok(());
            }
        }
    }

    /// Reads the feed to its end; false when the caller is gone.
    async fn catch_up(&mut self, exchange: &mut Exchange, sender: &mpsc::Sender<Answer>) -> Result<bool, Failure> {
        loop {
            let ready = exchange.take_ready();
            let frames = if ready.is_empty() { self.at_the_door(exchange, Exchange::step).await? } else { ready };
            let reached = matches!(frames.last(), Some(Frame::Checkpoint(_)));
            // After the first checkpoint one that brings nothing only moves the cursor on.
            let nothing_new = reached && frames.len() == 1 && self.caught_up;
            let frames = if nothing_new { vec![exchange.bookmark()] } else { frames };
            for frame in frames {
                let opened = matches!(frame, Frame::Welcome(_));
                if !send(sender, self.out(frame)?).await {
                    return Ok(false);
                }
                if let Some(version) = self.upgrade.take_if(|_| opened) {
                    send(sender, frames::upgrade_wanted(version)).await;
                }
            }
            if reached {
                return Ok(true);
            }
        }
    }

    /// Runs something that touches the store.
    async fn at_the_door<T: Send + 'static>(
        &self,
        exchange: &mut Exchange,
        work: impl FnOnce(&mut Exchange) -> crate::app::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let mut lent = exchange.clone();
        let (back, done) = self
            .services
            .door
            .run(move || {
                let done = work(&mut lent)?;
                Ok((lent, done))
            })
            .await?;
        *exchange = back;
        Ok(done)
    }

    /// The frame as it is sent; the first checkpoint of a call that pushed gets its receipt.
    fn out(&mut self, frame: Frame) -> Result<Out, Failure> {
        let receipt = if let (true, Frame::Checkpoint(checkpoint)) = (self.pushed, &frame) {
            self.pushed = false;
            Some(receipt_for(&self.services.authority, self.device, checkpoint)?)
        } else {
            None
        };
        let mut out = frames::out(frame, self.packing);
        if let Out::Frame(message) = &mut out
            && let Some(Wire::Welcome(welcome)) = &mut message.frame
        {
            welcome.trusted_ca_sha256 = self.services.reach.announced_cas.iter().map(|ca| ca.to_vec()).collect();
            if let Some(limits) = &mut welcome.limits {
                limits.offline_lease_days = self.services.lease_days.into();
            }
        }
        if let Out::Frame(message) = &mut out
            && let Some(Wire::Checkpoint(checkpoint)) = &mut message.frame
        {
            checkpoint.receipt = receipt;
        }
        Ok(out)
    }

    /// Tells what rounds bring, for as long as they suffice; true when the feed has to be read, false when the call is over. A revoked device
    /// and an ended token are failures.
    async fn wait(&mut self, exchange: &mut Exchange, sender: &mpsc::Sender<Answer>) -> Result<bool, Failure> {
        let mut head = self.services.head.clone();
        let mut closing = self.services.closing.clone();
        let mut told = tokio::time::Instant::now();
        loop {
            let now = head.borrow_and_update().clone();
            if now.auth_generation > self.generation || exchange.is_stale() {
                self.generation = now.auth_generation;
                if self.at_the_door(exchange, Exchange::refresh).await? {
                    return Ok(true);
                }
            }
            while !exchange.is_at(now.seq) {
                let Some(frames) = now.rounds.iter().find_map(|round| exchange.take_round(round)) else {
                    return Ok(true);
                };
                for frame in frames {
                    told = tokio::time::Instant::now();
                    if !send(sender, self.out(frame)?).await {
                        return Ok(false);
                    }
                }
            }
            if !self.token_holds(sender).await? {
                return Ok(false);
            }
            tokio::select! {
                changed = head.changed() => if changed.is_err() { return Ok(false) },
                () = sender.closed() => return Ok(false),
                _ = async { closing.wait_for(|closing| *closing).await.is_ok() } => {
                    // Phones come back spread over a few seconds, to this server or to another.
                    let spread = i64::from(self.device.0[15]) * 20;
                    send(sender, frames::retry_after(1_000 + spread)).await;
                    return Ok(false);
                }
                () = tokio::time::sleep_until(told + IDLE) => {
                    told = tokio::time::Instant::now();
                    let bookmark = self.out(exchange.bookmark())?;
                    if !send(sender, bookmark).await {
                        return Ok(false);
                    }
                }
            }
        }
    }

    /// Warns once before the token ends, and fails when it has; false when the caller is gone.
    async fn token_holds(&mut self, sender: &mpsc::Sender<Answer>) -> Result<bool, Failure> {
        let Some(end) = self.ends else { return Ok(true) };
        let left = (end.0 - self.services.app.now().0) / 1_000_000;
        if left <= 0 {
            return Err(Failure::App(AppError::Unauthenticated));
        }
        if left > SOON_SECONDS || self.warned {
            return Ok(true);
        }
        self.warned = true;
        Ok(send(sender, frames::token_expires(left)).await)
    }
}

/// Whether the caller took the frame in time.
async fn send(sender: &mpsc::Sender<Answer>, message: Out) -> bool {
    match tokio::time::timeout(STALLED, sender.send(Ok(message))).await {
        Ok(sent) => sent.is_ok(),
        Err(_) => {
            tracing::debug!("a caller stalled; its stream is dropped");
            false
        }
    }
}
