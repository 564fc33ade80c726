//! News for pages that are open in a browser. A page follows like a device: one task that waits for
//! the head, and the same change batches; it learns that something changed, and asks for it by the
//! calls that it is made of.

use super::Services;
use super::caller;
use super::head_watch::Subscription;
use super::status::RpcError;
use crate::domain::access::scope::RecordKind;
use crate::domain::support::time::Timestamp;
use crate::sync::NewsFollower;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Status};

/// How often an idle follower checks its token.
const CHECK_INTERVAL: Duration = Duration::from_secs(15);
/// A stream ends so long before its token, so that its reader comes again with a new one.
const TOKEN_MARGIN_MICROS: i64 = 60 * 1_000_000;

/// Asks for news.
#[derive(Debug, Clone, Copy)]
pub struct NewsRequest {
    /// The kind of record whose changes are news.
    pub kind: RecordKind,
    /// Seq up to which the caller knows.
    pub after: i64,
}

/// The seqs at which a stream had news, each later than the one before.
pub type NewsStream = ReceiverStream<i64>;

impl Services {
    /// Seq of the last change that this node has seen: a page made after this call knows it.
    #[must_use]
    pub fn head_seq(&self) -> i64 {
        self.head.borrow().seq
    }

    /// The seq up to which there is news after the caller's, in its scopes; `None`: there is none.
    ///
    /// # Errors
    /// There is no live token, or the database failed.
    pub async fn find_news(&self, request: Request<NewsRequest>) -> Result<Option<i64>, Status> {
        let lang = caller::read_accept_language(request.metadata());
        let opened = self.open_news_follower(&request).await;
        let (follower, has_news, _) = opened.map_err(|failure| failure.into_status(lang))?;
        Ok(has_news.then(|| follower.seq()))
    }

    /// Follows news in the caller's scopes until the token is about to end, the device is revoked
    /// or the server closes.
    ///
    /// # Errors
    /// There is no live token, or the database failed.
    pub async fn follow_news(&self, request: Request<NewsRequest>) -> Result<NewsStream, Status> {
        let lang = caller::read_accept_language(request.metadata());
        let opened = self.open_news_follower(&request).await;
        let (follower, has_news, (ends_at, auth_generation)) =
            opened.map_err(|failure| failure.into_status(lang))?;
        let (sender, receiver) = mpsc::channel(1);
        let mut call = NewsCall { services: self.clone(), ends_at, auth_generation };
        tokio::spawn(async move {
            if let Err(failure) = call.run(follower, has_news, &sender).await {
                tracing::debug!(?failure, "a follower of news ended");
            }
        });
        Ok(ReceiverStream::new(receiver))
    }

    /// The follower of a request, whether there is news already, and until when and with which
    /// generation of grants it may follow.
    async fn open_news_follower(
        &self,
        request: &Request<NewsRequest>,
    ) -> Result<(NewsFollower, bool, (Option<Timestamp>, i64)), RpcError> {
        let token = caller::admit_token(self, request.metadata())?;
        let (app, NewsRequest { kind, after }) = (self.app.clone(), *request.get_ref());
        let open = move || {
            let identity = app.authenticate_token(&token)?;
            let mut follower = NewsFollower::open(app, &identity, kind, after)?;
            let has_news = follower.read_feed()?;
            let ends_at = identity.device.token_expires_at;
            Ok((follower, has_news, (ends_at, identity.auth_generation)))
        };
        self.blocking_pool.run(open).await
    }
}

/// The state of one stream of news.
struct NewsCall {
    services: Services,
    ends_at: Option<Timestamp>,
    auth_generation: i64,
}

impl NewsCall {
    async fn run(
        &mut self,
        mut follower: NewsFollower,
        has_news: bool,
        sender: &mpsc::Sender<i64>,
    ) -> Result<(), RpcError> {
        let (mut head, mut closing) = (self.services.head.clone(), self.services.closing.clone());
        let mut subscription = self.subscribe(&follower);
        if has_news && sender.send(follower.seq()).await.is_err() {
            return Ok(());
        }
        while !self.is_over() {
            let current = head.borrow_and_update().clone();
            if current.auth_generation > self.auth_generation || follower.is_stale() {
                self.auth_generation = current.auth_generation;
                let refresh = move || {
                    let has_changed = follower.refresh_scopes()?;
                    Ok((follower, has_changed))
                };
                let has_changed;
                (follower, has_changed) = self.services.blocking_pool.run(refresh).await?;
                if has_changed {
                    subscription = self.subscribe(&follower);
                }
            }
            let batches = current.change_batches.iter().map(AsRef::as_ref);
            if follower.apply_batches(batches, current.seq)
                && sender.send(follower.seq()).await.is_err()
            {
                return Ok(());
            }
            tokio::select! {
                changed = head.changed() => if changed.is_err() { break },
                () = sender.closed() => break,
                _ = closing.wait_for(|closing| *closing) => break,
                () = tokio::time::sleep(CHECK_INTERVAL) => {}
            }
        }
        drop(subscription);
        Ok(())
    }

    fn subscribe(&self, follower: &NewsFollower) -> Subscription {
        Subscription::subscribe(&self.services.subscriptions, follower.scope_numbers())
    }

    fn is_over(&self) -> bool {
        let now = self.services.app.now();
        self.ends_at.is_some_and(|end| end <= now.saturating_add_micros(TOKEN_MARGIN_MICROS))
    }
}
