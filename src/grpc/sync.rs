//! The sync call: reads the request, starts the exchange, and sends its frames until the
//! checkpoint, or until a follower disconnects.
//!
//! The channel to the caller holds at most [`FRAME_CHANNEL_CAPACITY`] frames and the next page is
//! read only once there is room, so a slow caller holds no database snapshot.

use super::Services;
use super::caller::{self, find_acting_unit};
use super::client_version;
use super::codec::{SyncResponseStream, SyncStreamItem, SyncStreamResult, join_streams};
use super::frames::{self, CallMessages};
use super::head_watch::Subscription;
use super::status::RpcError;
use crate::app::AppError;
use crate::app::access::CallerIdentity;
use crate::app::command::PushedCommand;
use crate::auth;
use crate::domain::support::ids::UnitId;
use crate::domain::support::limits::{CLIENT_VERSION, PUSH_COMMANDS_MAX, SCOPES_MAX};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::text::{TextFault, checked_text};
use crate::i18n::Lang;
use crate::pb::SyncRequest;
use crate::sync::{AtHead, Exchange, ExchangeRequest, ExchangeStep, SyncFrame};
use crate::trace;
use crate::wire::command;
use crate::wire::sync::{RowCompression, scope_from_proto};
use std::time::Duration;
use tokio::sync::mpsc;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status};

/// Frames that are buffered for a slow caller.
const FRAME_CHANNEL_CAPACITY: usize = 4;
/// How long one frame waits for a caller that does not read.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);
/// How often an idle stream sends a bookmark. It moves the cursor forward and keeps proxies from
/// closing the stream; the token is checked at the same time.
const BOOKMARK_INTERVAL: Duration = Duration::from_secs(30);
/// A follower is warned once when its token expires within this many seconds.
const TOKEN_WARNING_SECONDS: i64 = 120;

/// Handles a call of the sync service.
pub(super) async fn handle_sync(
    services: &Services,
    request: Request<SyncRequest>,
) -> Result<Response<SyncResponseStream>, Status> {
    let lang = caller::read_accept_language(request.metadata());
    let (metadata, _, message) = request.into_parts();
    let stream = open_stream(services, &metadata, message, lang).await;
    stream.map(Response::new).map_err(|failure| failure.into_status(lang))
}

async fn open_stream(
    services: &Services,
    metadata: &MetadataMap,
    message: SyncRequest,
    lang: Lang,
) -> Result<SyncResponseStream, RpcError> {
    let (service_handle, token, follow) =
        (services.clone(), caller::admit_token(services, metadata)?, message.follow);
    let (mut call, opening, exchange) =
        services.blocking_pool.run(move || start_call(service_handle, &token, message)).await?;
    let (sender, receiver) = mpsc::channel(FRAME_CHANNEL_CAPACITY);
    let stream = join_streams(opening, receiver);
    if !follow && matches!(exchange, Exchange::AtHead(_)) {
        return Ok(stream);
    }
    tokio::spawn(trace::with_current_span(async move {
        let opened = ExchangeStep { frames: Vec::new(), exchange };
        if let Err(failure) = call.run(opened, follow, &sender).await {
            let _ = sender.send(Err(failure.into_status(lang))).await;
        }
    }));
    Ok(stream)
}

/// Authenticates the caller, reads the request, applies the commands and builds the items of the
/// opening. Runs on the blocking pool, in one task.
fn start_call(
    services: Services,
    token: &auth::SecretHash,
    message: SyncRequest,
) -> Result<(SyncCall, Vec<SyncStreamResult>, Exchange), RpcError> {
    let identity = services.app.authenticate_token(token)?;
    let compression = RowCompression::negotiate(&message.accept_compressions);
    let is_brief = message.brief;
    let minimum_version = client_version::find_minimum_version(&message.client_version);
    let exchange_request = read_sync_request(&identity, message, services.app.now().local_date())?;
    let (app, cursor_signer) = (services.app.clone(), services.cursor_signer.clone());
    let messages = CallMessages {
        authority: services.authority.clone(),
        device: identity.device.id,
        compression,
        endpoints: services.endpoints.clone(),
        offline_lease_days: services.offline_lease_days,
        receipt_due: !exchange_request.commands.is_empty(),
        brief_cursor: is_brief.then(|| exchange_request.cursor.clone()),
    };
    let mut call = SyncCall {
        services,
        token_expires_at: identity.device.token_expires_at,
        auth_generation: identity.auth_generation,
        messages,
        caught_up: false,
        token_warning_sent: false,
    };
    let opened = Exchange::open(app, cursor_signer, identity, exchange_request)?;
    let opening = call.build_opening(opened.frames, minimum_version)?;
    Ok((call, opening, opened.exchange))
}

/// Reads a request. An error in a command refuses the command; any other error refuses the call.
pub(super) fn read_sync_request(
    identity: &CallerIdentity,
    message: SyncRequest,
    today: jiff::civil::Date,
) -> Result<ExchangeRequest, RpcError> {
    let SyncRequest {
        cursor,
        commands,
        follow,
        accept_compressions: _,
        epoch: _,
        max_rows,
        client_version,
        rebuild_scopes,
        brief: _,
    } = message;
    checked_text(&client_version, CLIENT_VERSION).map_err(|fault| match fault {
        TextFault::TooLong(limit) => {
            RpcError::LimitExceeded("client_version", limit.chars_max as u64)
        }
        TextFault::Control(_) => fault.reason().into(),
    })?;
    if commands.len() > PUSH_COMMANDS_MAX {
        return Err(RpcError::LimitExceeded("commands", PUSH_COMMANDS_MAX as u64));
    }
    // A caller without a role still authenticates: its commands go to the hand-over box of the
    // unit.
    if rebuild_scopes.len() > SCOPES_MAX {
        return Err(RpcError::LimitExceeded("rebuild_scopes", SCOPES_MAX as u64));
    }
    let home = find_acting_unit(identity, today).unwrap_or(UnitId([0; 16]));
    let pushed = |bytes: Vec<u8>| {
        let hash = auth::hash_secret(&bytes);
        let read = command::decode_command(&bytes, home)?;
        Ok(PushedCommand { number: read.number, hash, command: read.command, bytes })
    };
    let commands = commands.into_iter().map(pushed).collect::<Result<_, RpcError>>()?;
    let rebuild: Result<Vec<_>, RefusalReason> =
        rebuild_scopes.iter().map(scope_from_proto).collect();
    Ok(ExchangeRequest {
        cursor,
        commands,
        rebuild_scopes: rebuild?,
        max_rows: max_rows as usize,
        include_first_page: !follow,
    })
}

/// The state of one sync call.
struct SyncCall {
    services: Services,
    token_expires_at: Option<crate::domain::support::time::Timestamp>,
    auth_generation: i64,
    messages: CallMessages,
    /// Whether the first checkpoint has been sent.
    caught_up: bool,
    /// Whether the token warning has been sent.
    token_warning_sent: bool,
}

impl SyncCall {
    /// The items of the first frames. `minimum_version` is the version that the app should have.
    fn build_opening(
        &mut self,
        frames: Vec<SyncFrame>,
        minimum_version: Option<String>,
    ) -> Result<Vec<SyncStreamResult>, RpcError> {
        let mut items = Vec::with_capacity(frames.len());
        let mut upgrade_wanted = minimum_version.map(frames::build_upgrade_wanted);
        for frame in frames {
            items.extend(self.messages.build_item(frame)?.map(Ok));
            // The first frame is the welcome.
            items.extend(upgrade_wanted.take().map(Ok));
        }
        Ok(items)
    }

    async fn run(
        &mut self,
        opened: ExchangeStep,
        follow: bool,
        sender: &mpsc::Sender<SyncStreamResult>,
    ) -> Result<(), RpcError> {
        let mut subscription = None;
        let mut step = opened;
        loop {
            if follow {
                // Subscribe before the feed is read, so that later batches hold every change of
                // these scopes.
                subscription = Some(Subscription::subscribe(
                    &self.services.subscriptions,
                    step.exchange.scope_numbers(),
                ))
                .or(subscription);
            }
            let Some(at_head) = self.catch_up(step, sender).await?.filter(|_| follow) else {
                return Ok(());
            };
            self.caught_up = true;
            let Some(next) = self.follow_changes(at_head, sender).await? else { return Ok(()) };
            step = next;
        }
    }

    /// Sends the frames of `step`, then the feed up to the checkpoint; `None` if the caller has
    /// disconnected.
    async fn catch_up(
        &mut self,
        mut step: ExchangeStep,
        sender: &mpsc::Sender<SyncStreamResult>,
    ) -> Result<Option<AtHead>, RpcError> {
        loop {
            let ExchangeStep { frames, exchange } = step;
            // After the first checkpoint, a checkpoint without changes is replaced by a bookmark.
            let has_only_checkpoint = frames.len() == 1;
            let frames = match &exchange {
                Exchange::AtHead(at_head) if has_only_checkpoint && self.caught_up => {
                    vec![at_head.build_bookmark()]
                }
                Exchange::AtHead(_) | Exchange::Paging(_) => frames,
            };
            for frame in frames {
                if let Some(item) = self.messages.build_item(frame)?
                    && !send_item(sender, item).await
                {
                    return Ok(None);
                }
            }
            step = match exchange {
                Exchange::AtHead(at_head) => return Ok(Some(at_head)),
                Exchange::Paging(paging) => self.run_blocking(|| paging.read_page()).await?,
            };
        }
    }

    /// Runs one step of the exchange on the blocking pool.
    async fn run_blocking(
        &self,
        step: impl FnOnce() -> crate::app::Result<ExchangeStep> + Send + 'static,
    ) -> Result<ExchangeStep, RpcError> {
        self.services.blocking_pool.run(|| Ok(step()?)).await
    }

    /// Sends change batches while they are contiguous. Returns the step with which the feed has to
    /// be read again; `None` if the call has ended. Fails when the device is revoked or the token
    /// has expired.
    async fn follow_changes(
        &mut self,
        mut at_head: AtHead,
        sender: &mpsc::Sender<SyncStreamResult>,
    ) -> Result<Option<ExchangeStep>, RpcError> {
        let mut head = self.services.head.clone();
        let mut closing = self.services.closing.clone();
        let mut last_sent = tokio::time::Instant::now();
        loop {
            let current = head.borrow_and_update().clone();
            if current.auth_generation > self.auth_generation || at_head.is_stale() {
                self.auth_generation = current.auth_generation;
                let step = self.run_blocking(|| at_head.refresh_scopes()).await?;
                match step.exchange {
                    Exchange::AtHead(same) => at_head = same,
                    Exchange::Paging(_) => return Ok(Some(step)),
                }
            }
            while !at_head.is_caught_up_to(current.seq) {
                let mut batches = current.change_batches.iter();
                let Some(frames) = batches.find_map(|batch| at_head.apply_change_batch(batch))
                else {
                    return Ok(Some(at_head.into_paging().into()));
                };
                for frame in frames {
                    last_sent = tokio::time::Instant::now();
                    if let Some(item) = self.messages.build_item(frame)?
                        && !send_item(sender, item).await
                    {
                        return Ok(None);
                    }
                }
            }
            if !self.check_token_expiry(sender).await? {
                return Ok(None);
            }
            tokio::select! {
                changed = head.changed() => if changed.is_err() { return Ok(None) },
                () = sender.closed() => return Ok(None),
                _ = async { closing.wait_for(|closing| *closing).await.is_ok() } => {
                    // Phones reconnect spread over about five seconds, to this server or to
                    // another.
                    let jitter_millis = i64::from(self.messages.device.0[15]) * 20;
                    send_item(sender, frames::build_retry_after(1_000 + jitter_millis)).await;
                    return Ok(None);
                }
                () = tokio::time::sleep_until(last_sent + BOOKMARK_INTERVAL) => {
                    last_sent = tokio::time::Instant::now();
                    if let Some(bookmark) = self.messages.build_item(at_head.build_bookmark())?
                        && !send_item(sender, bookmark).await
                    {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Warns once before the token expires and fails once it has; false if the caller has
    /// disconnected.
    async fn check_token_expiry(
        &mut self,
        sender: &mpsc::Sender<SyncStreamResult>,
    ) -> Result<bool, RpcError> {
        let Some(end) = self.token_expires_at else { return Ok(true) };
        let remaining_seconds = (end.0 - self.services.app.now().0) / 1_000_000;
        if remaining_seconds <= 0 {
            return Err(RpcError::App(AppError::Unauthenticated));
        }
        if remaining_seconds > TOKEN_WARNING_SECONDS || self.token_warning_sent {
            return Ok(true);
        }
        self.token_warning_sent = true;
        Ok(send_item(sender, frames::build_token_expires(remaining_seconds)).await)
    }
}

/// Sends an item; false if the caller has disconnected or does not read in time.
async fn send_item(sender: &mpsc::Sender<SyncStreamResult>, message: SyncStreamItem) -> bool {
    match tokio::time::timeout(SEND_TIMEOUT, sender.send(Ok(message))).await {
        Ok(sent) => sent.is_ok(),
        Err(_) => {
            tracing::debug!("a caller stalled; its stream is dropped");
            false
        }
    }
}
