//! News for a page that is open: whether a record of one kind changed in the caller's scopes. It
//! follows the same change batches as a device, and takes no row from them.

use super::change_batch::ChangeBatch;
use crate::app::access::{CallerIdentity, load_identity};
use crate::app::{App, AppError, Result};
use crate::domain::access::scope::RecordKind;
use crate::domain::access::visible_scopes::{VisibleScopes, compute_visible_scopes};
use crate::domain::support::ids::DeviceId;
use crate::domain::support::limits::FEED_PAGE_ROWS_MAX;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// A follower of news and its position.
pub struct NewsFollower {
    app: App,
    device: DeviceId,
    kind: RecordKind,
    visible: VisibleScopes,
    visible_on: Date,
    scope_numbers: BTreeSet<i32>,
    /// Seq up to which it knows.
    seq: i64,
}

impl NewsFollower {
    /// Follows changes of records of `kind` after `seq` that this caller may see.
    ///
    /// # Errors
    /// The database failed.
    pub fn open(app: App, identity: &CallerIdentity, kind: RecordKind, seq: i64) -> Result<Self> {
        let mut follower = Self {
            device: identity.device.id,
            kind,
            visible: VisibleScopes::default(),
            visible_on: app.now().local_date(),
            scope_numbers: BTreeSet::new(),
            seq,
            app,
        };
        follower.refresh_scopes()?;
        Ok(follower)
    }

    /// The short numbers of the scopes that it follows.
    #[must_use]
    pub fn scope_numbers(&self) -> BTreeSet<i32> {
        self.scope_numbers.clone()
    }

    /// Seq up to which it knows.
    #[must_use]
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// Whether the visible scopes must be resolved again although no grant changed: on a new day.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.visible_on != self.app.now().local_date()
    }

    /// Resolves the scopes again; true if they are others now.
    ///
    /// # Errors
    /// The device was revoked, or the database failed.
    pub fn refresh_scopes(&mut self) -> Result<bool> {
        let (app, device, today) = (&self.app, self.device, self.app.now().local_date());
        let visible = app.store().read(|tx| {
            let identity = load_identity(tx, device)?;
            let published = app.reference(tx)?.published_campaigns();
            Ok::<_, AppError>(compute_visible_scopes(&identity.actor, &published, today))
        })?;
        self.visible_on = today;
        if visible == self.visible {
            return Ok(false);
        }
        app.ensure_scope_numbers(&visible)?;
        let scopes = app.store().read(|tx| tx.visible_scopes(&visible))?;
        self.scope_numbers = scopes.iter().map(|scope| scope.number).collect();
        self.visible = visible;
        Ok(true)
    }

    /// Whether there is news in the feed up to its head. More changes than one page are news.
    ///
    /// # Errors
    /// The database failed.
    pub fn read_feed(&mut self) -> Result<bool> {
        let (kind, after) = (self.kind, self.seq);
        let scopes: Vec<i32> = self.scope_numbers.iter().copied().collect();
        let (head, has_news) = self.app.store().read(|tx| {
            let head = tx.head()?.seq;
            if scopes.is_empty() || head <= after {
                return Ok::<_, AppError>((head, false));
            }
            let slice = tx.feed_page(&scopes, after, head, FEED_PAGE_ROWS_MAX)?;
            Ok((head, !slice.is_complete || slice.rows.iter().any(|row| row.kind == kind)))
        })?;
        // A page that knows more than this database was made before a restore of it.
        self.seq = head;
        Ok(has_news || head < after)
    }

    /// Whether there is news in these batches up to `seq`; reads nothing from the store. Where they
    /// do not hold everything, there may be, which is news too.
    pub fn apply_batches<'b>(
        &mut self,
        batches: impl Iterator<Item = &'b ChangeBatch>,
        seq: i64,
    ) -> bool {
        let mut has_news = false;
        for batch in batches {
            if batch.upto_seq <= self.seq {
                continue;
            }
            let is_contiguous = batch.after_seq <= self.seq
                && self.scope_numbers.iter().all(|scope| batch.has_scope(*scope));
            has_news |=
                !is_contiguous || batch.has_change(&self.scope_numbers, self.seq, self.kind);
            self.seq = batch.upto_seq;
        }
        has_news |= self.seq < seq && !self.scope_numbers.is_empty();
        self.seq = self.seq.max(seq);
        has_news
    }
}
