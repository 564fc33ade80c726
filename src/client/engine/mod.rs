//! The engine: builds the request of a call, reads the frames of the answer one by one, and says what to do. It decides; the replica writes and
//! the runner calls and waits.
//!
//! Touches no disk, no network, no clock and no randomness: all of them are arguments, so that a day of forty phones can be replayed
//! exactly. A cut call needs no memory of this kind: what counts stands in the replica, and the next call begins from there.

mod next;
mod read;

pub(crate) use next::{agreements, backoff};

use crate::client::step::{Agreement, Epoch, Failure, Halt, Held, Mark, Next, ScopeKey, Step};
use crate::domain::limits::PUSH_COMMANDS_MAX;
use crate::pb;
use crate::pb::sync_response::Frame;
use std::collections::BTreeMap;
use std::time::Duration;

/// What the replica says before a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Start {
    /// Where the last call was cut, or the last checkpoint.
    pub(crate) cursor: Vec<u8>,
    /// The history known; none before the first call.
    pub(crate) epoch: Option<Epoch>,
    /// The next commands, in order of their numbers.
    pub(crate) commands: Vec<(u64, Vec<u8>)>,
    /// Whether the outbox holds more than `commands`.
    pub(crate) more: bool,
    /// Lowest number from which this phone has every command up to `highest`.
    pub(crate) lowest: u64,
    /// Highest number given; 0 before the first command.
    pub(crate) highest: u64,
    /// Scopes granted, what is staged included.
    pub(crate) granted: Vec<ScopeKey>,
    /// Scopes whose digest did not agree.
    pub(crate) rebuild: Vec<ScopeKey>,
}

/// A frame that is not of the contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not of the contract: {0}")]
pub(crate) struct BadFrame(pub(crate) &'static str);

/// Things that the server tells beside the data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Told {
    /// The token ends in this time.
    pub(crate) token_expires: Option<Duration>,
    /// The lowest version that reads everything.
    pub(crate) upgrade_wanted: Option<String>,
    /// Scopes that still do not agree after they were rebuilt.
    pub(crate) loops: Vec<ScopeKey>,
}

/// The engine of one phone: one call at a time.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    start: Start,
    scopes: BTreeMap<u32, ScopeKey>,
    welcomed: bool,
    marked: bool,
    lease_days: u16,
    again: bool,
    halt: Option<Halt>,
    superseded: bool,
    wait: Option<Duration>,
    told: Told,
    // What outlives a call.
    failures: u32,
    renewals: u32,
    gap: Option<u64>,
    servers_tried: u32,
    commands_max: Option<usize>,
}

impl Engine {
    /// Begins a call: the request to send.
    pub(crate) fn begin(&mut self, start: Start, follow: bool) -> pb::SyncRequest {
        let request = pb::SyncRequest {
            cursor: start.cursor.clone(),
            commands: start.commands.iter().map(|(_, bytes)| bytes.clone()).collect(),
            follow,
            accept_compressions: vec![pb::Compression::Zstd.into(), pb::Compression::Gzip.into()],
            epoch: start.epoch.map(|epoch| pb::Epoch { number: epoch.number, id: epoch.id.to_vec() }),
            max_rows: 0,
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
            rebuild_scopes: start.rebuild.iter().map(|scope| read::scope_message(*scope)).collect(),
        };
        *self = Self {
            again: start.more,
            start,
            failures: self.failures,
            renewals: self.renewals,
            gap: self.gap,
            servers_tried: self.servers_tried,
            commands_max: self.commands_max,
            ..Self::default()
        };
        request
    }

    /// Reads one frame. Frames of kinds that this app does not know are skipped.
    pub(crate) fn frame(&mut self, frame: pb::SyncResponse) -> Result<Vec<Step>, BadFrame> {
        let Some(frame) = frame.frame else { return Ok(Vec::new()) };
        match frame {
            Frame::Welcome(welcome) => return self.on_welcome(&welcome),
            Frame::Verdict(_)
            | Frame::Rows(_)
            | Frame::Reset(_)
            | Frame::SnapshotEnd(_)
            | Frame::Checkpoint(_)
            | Frame::Bookmark(_)
            | Frame::Notice(_) => {}
        }
        if !self.welcomed {
            return Err(BadFrame("the stream does not open with Welcome"));
        }
        if self.superseded || self.halt.is_some() {
            return Ok(Vec::new()); // Nothing of a history that does not hold is taken.
        }
        match frame {
            Frame::Welcome(_) => Ok(Vec::new()),
            Frame::Verdict(verdict) => Ok(self.on_verdict(verdict)),
            Frame::Rows(rows) => {
                let (ops, cursor) = read::rows(rows, &self.scopes)?;
                Ok(vec![Step::Stage { ops, cursor: Some(cursor) }])
            }
            Frame::Reset(reset) => Ok(vec![read::reset(&reset, &self.scopes)?]),
            Frame::SnapshotEnd(end) => Ok(vec![read::snapshot_end(&end, &self.scopes)?]),
            Frame::Checkpoint(checkpoint) => {
                let mark = read::checkpoint(checkpoint, &self.scopes, self.lease_days)?;
                self.marked = true;
                (self.failures, self.renewals, self.servers_tried) = (0, 0, 0);
                Ok(vec![Step::Swap(mark)])
            }
            Frame::Bookmark(bookmark) => Ok(vec![Step::Stage { ops: Vec::new(), cursor: Some(bookmark.cursor) }]),
            Frame::Notice(notice) => self.on_notice(notice),
        }
    }

    /// Compares the digests after a swap: which scopes agree, which to rebuild, which go round in circles.
    pub(crate) fn compare(&mut self, mark: &Mark, held: &[Held]) -> Vec<Agreement> {
        let found = if planted!("digest-unread") { Vec::new() } else { agreements(mark, held) };
        for agreement in &found {
            match agreement {
                Agreement::Agrees(_) => {}
                Agreement::Rebuild(_) => self.again = true,
                Agreement::Loops(scope) => self.told.loops.push(*scope),
            }
        }
        found
    }

    /// Whether a following call should end now, because only a new one can go on.
    pub(crate) fn wants_another_call(&self) -> bool {
        let ends_soon = self.told.token_expires.is_some();
        self.halt.is_some() || self.superseded || self.wait.is_some() || (self.marked && (self.again || ends_soon))
    }

    /// What to do after the stream closed without an error.
    pub(crate) fn closed(&mut self, random: u64) -> Next {
        if let Some(halt) = self.halt {
            return Next::Stop(halt);
        }
        if self.superseded {
            return self.next_server(Halt::Superseded);
        }
        if let Some(wait) = self.wait {
            return Next::Wait(wait);
        }
        if !self.marked {
            return self.wait_longer(None, random);
        }
        if self.told.token_expires.take().is_some() {
            return Next::Renew;
        }
        if self.again { Next::Again } else { Next::Done }
    }

    /// What to do after a call failed.
    pub(crate) fn failed(&mut self, failure: &Failure, random: u64) -> Next {
        next::after(self, failure, random)
    }

    /// Most commands of the next call: the server's limit where it told one.
    pub(crate) fn commands_max(&self) -> usize {
        self.commands_max.unwrap_or(PUSH_COMMANDS_MAX).min(PUSH_COMMANDS_MAX)
    }

    /// The last command of this call's request.
    pub(crate) fn last_sent(&self) -> Option<u64> {
        self.start.commands.last().map(|(number, _)| *number)
    }

    /// What the server told beside the data.
    pub(crate) fn told(&self) -> &Told {
        &self.told
    }

    fn wait_longer(&mut self, asked: Option<Duration>, random: u64) -> Next {
        let wait = backoff(self.failures, random);
        self.failures = self.failures.saturating_add(1);
        Next::Wait(asked.unwrap_or_default().max(wait))
    }

    /// The next server of the list, until as many were tried as any list holds.
    fn next_server(&mut self, otherwise: Halt) -> Next {
        self.servers_tried += 1;
        if self.servers_tried > next::SERVERS_TRIED_MAX { Next::Stop(otherwise) } else { Next::OtherServer }
    }

    fn on_welcome(&mut self, welcome: &pb::Welcome) -> Result<Vec<Step>, BadFrame> {
        let epoch = read::epoch(welcome.epoch.as_ref())?;
        self.welcomed = true;
        let limit = welcome.limits.as_ref().and_then(|limits| usize::try_from(limits.max_commands).ok());
        self.commands_max = limit.filter(|max| *max > 0);
        self.lease_days = read::lease_days(welcome.limits.as_ref());
        let mut steps = Vec::new();
        match self.start.epoch {
            Some(known) if known == epoch => {}
            Some(known) if known.number > epoch.number => {
                self.superseded = true;
                return Ok(steps);
            }
            Some(known) if known.number == epoch.number => {
                self.halt = Some(Halt::SplitEpoch);
                return Ok(steps);
            }
            known => {
                self.again |= known.is_some() && welcome.last_command_number < self.start.highest;
                steps.push(Step::Enter { epoch, taken: welcome.last_command_number });
            }
        }
        if welcome.last_command_number > self.start.highest {
            self.halt = Some(Halt::Forked(welcome.last_command_number));
            return Ok(vec![Step::Forked(welcome.last_command_number)]);
        }
        let (scopes, ops) = read::grants(&welcome.scopes, &self.start.granted)?;
        self.start.granted = scopes.values().copied().collect(); // A following call may be welcomed again.
        self.scopes = scopes;
        if !ops.is_empty() {
            steps.push(Step::Stage { ops, cursor: None });
        }
        let trusted = read::fingerprints(&welcome.trusted_ca_sha256)?;
        if !trusted.is_empty() {
            steps.push(Step::Trust(trusted));
        }
        Ok(steps)
    }

    fn on_verdict(&mut self, verdict: pb::Verdict) -> Vec<Step> {
        let sent = self.start.commands.iter().any(|(number, _)| *number == verdict.number);
        if !sent {
            return Vec::new(); // Not of this call: nothing here waits for it.
        }
        self.gap = None;
        vec![Step::Acknowledge(read::answer(verdict))]
    }

    fn on_notice(&mut self, notice: pb::Notice) -> Result<Vec<Step>, BadFrame> {
        use pb::notice::Notice as Kind;
        let Some(notice) = notice.notice else { return Ok(Vec::new()) };
        match notice {
            Kind::TokenExpires(end) => {
                self.told.token_expires = end.remaining.map(|left| read::duration(left.seconds, left.nanos))
            }
            Kind::RetryAfter(later) => {
                self.wait = Some(later.delay.map_or(Duration::ZERO, |d| read::duration(d.seconds, d.nanos)))
            }
            Kind::UpgradeWanted(upgrade) => self.told.upgrade_wanted = Some(upgrade.minimum_version),
            Kind::CommandGap(gap) => return Ok(self.on_gap(gap.expected_number)),
            Kind::CommandForked(forked) => {
                self.halt = Some(Halt::Forked(forked.number));
                return Ok(vec![Step::Forked(forked.number)]);
            }
        }
        Ok(Vec::new())
    }

    fn on_gap(&mut self, expected: u64) -> Vec<Step> {
        if expected > self.start.highest + 1 {
            self.halt = Some(Halt::Forked(expected - 1));
            return vec![Step::Forked(expected - 1)];
        }
        // Asked for the same number twice running: what was sent in between did not help.
        if expected < self.start.lowest || self.gap.replace(expected) == Some(expected) {
            self.halt = Some(Halt::GapBeyondMemory(expected));
            return Vec::new();
        }
        self.again = true;
        vec![Step::ResendFrom(expected)]
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
