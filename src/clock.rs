//! The clock. Only this module reads the system time; all other code takes the time as an argument.

use crate::domain::support::time::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The system clock, a manual one for tests and the demo, or one that the platform gives.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that only moves when it is set.
    Manual(Arc<ManualClock>),
    /// The clock of a platform that the standard library cannot read, such as a browser.
    Platform(PlatformClock),
}

/// The two readings of a platform's clock.
#[derive(Debug, Clone, Copy)]
pub struct PlatformClock {
    /// The current time.
    pub now: fn() -> Timestamp,
    /// Microseconds since a fixed instant, not changed by setting the clock; `None`: cannot be read
    /// at the moment.
    pub uptime_micros: fn() -> Option<i64>,
}

/// The two readings of a manual clock, in microseconds.
#[derive(Debug)]
pub struct ManualClock {
    now: AtomicI64,
    uptime: AtomicI64,
}

impl Clock {
    /// A manual clock, fixed at `start` until it is set.
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        let (now, uptime) = (AtomicI64::new(start.0), AtomicI64::new(0));
        Self::Manual(Arc::new(ManualClock { now, uptime }))
    }

    /// The current time.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the only place that reads the system clock")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp(i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX))
            }
            Self::Manual(manual) => Timestamp(manual.now.load(Ordering::SeqCst)),
            Self::Platform(platform) => (platform.now)(),
        }
    }

    /// Microseconds since a fixed instant. Setting the clock does not change it; on Linux the time
    /// in which the machine was suspended counts. `None`: cannot be read at the moment.
    #[must_use]
    pub fn uptime_micros(&self) -> Option<i64> {
        match self {
            Self::System => system_uptime_micros(),
            Self::Manual(manual) => Some(manual.uptime.load(Ordering::SeqCst)),
            Self::Platform(platform) => (platform.uptime_micros)(),
        }
    }

    /// Lets time pass on a manual clock until `to`; has no effect on another clock. An earlier
    /// time only sets the clock back.
    pub fn set(&self, to: Timestamp) {
        if let Self::Manual(manual) = self {
            let before = manual.now.swap(to.0, Ordering::SeqCst);
            manual.uptime.fetch_add(to.0.saturating_sub(before).max(0), Ordering::SeqCst);
        }
    }

    /// Sets a manual clock to `to` while no time passes, as a person or a faulty time source sets
    /// the clock of a machine; has no effect on another clock.
    pub fn jump(&self, to: Timestamp) {
        if let Self::Manual(manual) = self {
            manual.now.store(to.0, Ordering::SeqCst);
        }
    }
}

/// The file in which Linux tells the time since it was started, suspended time included. The
/// standard library's [`Instant`] leaves suspended time out.
const LINUX_UPTIME: &str = "/proc/uptime";

fn system_uptime_micros() -> Option<i64> {
    static FALLBACK: OnceLock<Option<Instant>> = OnceLock::new();
    // The source is chosen once: the two do not count from the same instant.
    let fallback = FALLBACK.get_or_init(|| {
        if read_linux_uptime_micros().is_some() { None } else { Some(Instant::now()) }
    });
    match fallback {
        None => read_linux_uptime_micros(),
        Some(start) => i64::try_from(start.elapsed().as_micros()).ok(),
    }
}

fn read_linux_uptime_micros() -> Option<i64> {
    let text = std::fs::read_to_string(LINUX_UPTIME).ok()?;
    let (seconds, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    let (seconds, hundredths): (i64, i64) = (seconds.parse().ok()?, hundredths.parse().ok()?);
    Some(seconds * 1_000_000 + hundredths * 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_passes_moves_both_readings_and_a_jump_moves_only_the_time() {
        let clock = Clock::manual(Timestamp(1_000));
        clock.set(Timestamp(1_500));
        assert_eq!((clock.now(), clock.uptime_micros()), (Timestamp(1_500), Some(500)));
        clock.jump(Timestamp(9_000));
        assert_eq!((clock.now(), clock.uptime_micros()), (Timestamp(9_000), Some(500)));
    }

    #[test]
    fn the_machines_uptime_only_grows() {
        let before = Clock::System.uptime_micros().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(30));
        let passed = Clock::System.uptime_micros().unwrap() - before;
        assert!((20_000..60_000_000).contains(&passed), "{passed}");
    }
}
