//! The clock. Only this module reads the system time; all other code takes the time as an argument.

use crate::domain::support::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The system clock, or a manual one for tests and the demo.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// Microseconds since 1970 UTC, set through [`Clock::set`].
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A manual clock, fixed at `start` until it is set.
    #[must_use]
    pub fn manual(start: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.0)))
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
            Self::Manual(micros) => Timestamp(micros.load(Ordering::SeqCst)),
        }
    }

    /// Sets a manual clock; has no effect on the system clock.
    pub fn set(&self, to: Timestamp) {
        if let Self::Manual(micros) = self {
            micros.store(to.0, Ordering::SeqCst);
        }
    }
}
