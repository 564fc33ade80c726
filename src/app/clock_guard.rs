//! Whether this process believes the machine's clock. While it does not, no job runs, because what
//! a job does (locking reports, publishing, deleting) cannot be undone once the clock is right
//! again.
//!
//! While the process runs, the clock is compared with the time that passed. At a start there is
//! only the newest commit or run of a job to compare with, or the time that a server of this
//! database recorded when it found its clock wrong, because commits made since may carry a wrong
//! time. A person ends the doubt with `thidua doctor --clock-is-right`, in whichever process.

use super::App;
use super::error::{AppError, Result};
use crate::domain::support::clock_fault::ClockFault;
use crate::domain::support::time::Timestamp;
use crate::store::{AuditContext, ReadTx};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// The setting with the time at which a person last said that the clock is right.
const CONFIRMED_SETTING: &str = "clock_confirmed_at";
/// The setting in which a server records that its clock is in doubt; empty if none does.
const DOUBT_SETTING: &str = "clock_doubt";
/// First byte of a recorded doubt that began while the server ran.
const JUMP_MARK: u8 = 1;
/// First byte of a recorded doubt that began at a start.
const START_MARK: u8 = 2;

/// What the clock is compared with.
#[derive(Debug, Clone, Copy)]
enum ComparisonBasis {
    /// The last readings that were right: the time, and the uptime in microseconds.
    Readings(Timestamp, i64),
    /// Since the start none was right: the newest commit or the recorded time; `None`: an empty
    /// database.
    LastRight(Option<Timestamp>),
    /// A server found a jump after this time and ended before it was resolved.
    RecordedJump(Timestamp),
}

impl ComparisonBasis {
    fn find_fault(self, now: Timestamp, uptime: i64, downtime_days: u16) -> Option<ClockFault> {
        match self {
            Self::Readings(then, uptime_then) => {
                ClockFault::while_running(expected_time(then, uptime_then, uptime), now)
            }
            Self::LastRight(last) => ClockFault::since_downtime(last?, now, downtime_days),
            Self::RecordedJump(then) => Some(ClockFault::Jumped { by_micros: now.0 - then.0 }),
        }
    }

    /// The value of the setting in which a doubt over this basis is recorded.
    fn to_record(self, uptime: i64) -> Option<Vec<u8>> {
        let (mark, right) = match self {
            Self::Readings(then, uptime_then) => {
                (JUMP_MARK, expected_time(then, uptime_then, uptime))
            }
            Self::RecordedJump(then) => (JUMP_MARK, then),
            Self::LastRight(last) => (START_MARK, last?),
        };
        Some([&[mark][..], &right.0.to_be_bytes()].concat())
    }

    fn from_record(bytes: &[u8]) -> Option<Self> {
        let (mark, right) = bytes.split_first()?;
        let right = Timestamp(i64::from_be_bytes(right.try_into().ok()?));
        Some(if *mark == JUMP_MARK {
            Self::RecordedJump(right)
        } else {
            Self::LastRight(Some(right))
        })
    }
}

fn expected_time(then: Timestamp, uptime_then: i64, uptime: i64) -> Timestamp {
    then.saturating_add_micros(uptime.saturating_sub(uptime_then))
}

/// What a process knows of its clock; shared by all clones of its [`App`].
#[derive(Debug)]
pub(super) struct ClockGuard {
    state: Mutex<GuardState>,
    /// What the last comparison found; apart, so that reading it never waits for the database.
    latest_fault: RwLock<Option<ClockFault>>,
    /// How many doubts began, so that one that ended between two looks is noticed.
    doubt_count: AtomicU64,
}

#[derive(Debug)]
struct GuardState {
    downtime_days: u16,
    basis: ComparisonBasis,
    /// A person's word that was known when the doubt began; only a later one ends it.
    confirmed_before: Option<Timestamp>,
    /// Whether the database may hold a recorded doubt.
    is_recorded: bool,
}

impl ClockGuard {
    fn lock(&self) -> MutexGuard<'_, GuardState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn latest_fault(&self) -> Option<ClockFault> {
        *self.latest_fault.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_latest_fault(&self, fault: Option<ClockFault>) {
        *self.latest_fault.write().unwrap_or_else(PoisonError::into_inner) = fault;
    }
}

impl App {
    /// The same application, which runs no job while the clock is in doubt: beyond `downtime_days`
    /// after the newest commit or before it, or after a jump.
    pub fn with_clock_guard(self, downtime_days: u16) -> Result<Self> {
        let now = self.now();
        let (recorded, newest) = self.store().read(|tx| {
            // A quiet office commits nothing for weeks; its nights show that the clock was right.
            let newest = tx.last_commit_time()?.max(tx.last_run_start(now)?);
            Ok::<_, AppError>((read_recorded_doubt(tx)?, newest))
        })?;
        let state = GuardState {
            downtime_days,
            basis: recorded.unwrap_or(ComparisonBasis::LastRight(newest)),
            confirmed_before: None,
            is_recorded: recorded.is_some(),
        };
        let guard = ClockGuard {
            state: Mutex::new(state),
            latest_fault: RwLock::default(),
            doubt_count: AtomicU64::default(),
        };
        let app = Self { clock_guard: Some(Arc::new(guard)), ..self };
        app.check_clock()?.ok();
        Ok(app)
    }

    /// Compares the clock with what is known of the time. Returns the time if it is believed;
    /// without a guard every time is.
    pub(super) fn check_clock(&self) -> Result<std::result::Result<Timestamp, ClockFault>> {
        let Some(guard) = &self.clock_guard else { return Ok(Ok(self.now())) };
        let mut state = guard.lock();
        let (before, now) = (guard.latest_fault(), self.now());
        let Some(uptime) = self.clock().uptime_micros() else {
            return Ok(before.map_or(Ok(now), Err));
        };
        let mut fault = state.basis.find_fault(now, uptime, state.downtime_days);
        if let Some(found) = fault {
            let confirmed = self.store().read(read_confirmation)?;
            if before.is_none() {
                state.confirmed_before = confirmed;
                guard.doubt_count.fetch_add(1, Ordering::SeqCst);
                tracing::error!("CLOCK: {found}; no job runs: see thidua doctor");
            } else if confirmed != state.confirmed_before
                && confirmed.is_some_and(|at| {
                    ClockFault::since_downtime(at, now, state.downtime_days).is_none()
                })
            {
                fault = None;
            }
        }
        if fault.is_none() {
            state.basis = ComparisonBasis::Readings(now, uptime);
            if before.is_some() {
                tracing::warn!(now = now.local_text(), "the clock is believed again");
            }
        }
        guard.set_latest_fault(fault);
        Ok(fault.map_or(Ok(now), Err))
    }

    /// Compares the clock and records in the database whether it is in doubt, so that the next
    /// start and other processes know. A server calls it each second.
    pub fn watch_clock(&self) -> Result<Option<ClockFault>> {
        let Some(guard) = &self.clock_guard else { return Ok(None) };
        let fault = self.check_clock()?.err();
        let mut state = guard.lock();
        let record = match (fault, self.clock().uptime_micros()) {
            (Some(_), Some(uptime)) => state.basis.to_record(uptime),
            (Some(_), None) => return Ok(fault),
            (None, _) => None,
        };
        let is_missing = match &record {
            Some(_) => self.store().read(read_recorded_doubt)?.is_none(),
            None => state.is_recorded,
        };
        if is_missing {
            let value = record.clone().unwrap_or_default();
            self.store().write("clock.watch", self.now(), |tx| {
                Ok::<_, AppError>(tx.set_setting(DOUBT_SETTING, &value)?)
            })?;
        }
        state.is_recorded = record.is_some();
        Ok(fault)
    }

    /// What the last comparison found; `None`: the clock is believed.
    #[must_use]
    pub fn clock_fault(&self) -> Option<ClockFault> {
        self.clock_guard.as_ref().and_then(|guard| guard.latest_fault())
    }

    /// How many doubts began in this process: a job that was due in one did not run.
    #[must_use]
    pub fn clock_doubt_count(&self) -> u64 {
        self.clock_guard.as_ref().map_or(0, |guard| guard.doubt_count.load(Ordering::SeqCst))
    }

    /// Whether a server of this database recorded that its clock is in doubt.
    pub fn is_clock_doubt_recorded(&self) -> Result<bool> {
        Ok(self.store().read(read_recorded_doubt)?.is_some())
    }

    /// Takes a person's word that this machine's clock is right now. Every process over the
    /// database whose clock agrees believes it from then on.
    pub fn confirm_clock(&self) -> Result<Timestamp> {
        let (system, now) = (self.system_actor()?, self.now());
        self.store().write("clock.confirm", now, |tx| {
            tx.set_setting(CONFIRMED_SETTING, &now.0.to_be_bytes())?;
            tx.set_setting(DOUBT_SETTING, &[])?;
            tx.append_audit(&AuditContext::from_actor(&system, "clock.confirmed"));
            Ok::<_, AppError>(())
        })?;
        self.check_clock()?.ok();
        Ok(now)
    }
}

fn read_recorded_doubt(tx: &mut ReadTx) -> Result<Option<ComparisonBasis>> {
    Ok(tx.setting(DOUBT_SETTING)?.and_then(|bytes| ComparisonBasis::from_record(&bytes)))
}

fn read_confirmation(tx: &mut ReadTx) -> Result<Option<Timestamp>> {
    let bytes = tx.setting(CONFIRMED_SETTING)?;
    Ok(bytes
        .and_then(|bytes| bytes.try_into().ok())
        .map(|bytes| Timestamp(i64::from_be_bytes(bytes))))
}
