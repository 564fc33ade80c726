//! Whether the server's clock can be believed: compared with the time that passed while the server
//! ran, and after a start with the newest commit.
//!
//! The readings are arguments. What must wait while a clock is in doubt is decided elsewhere.

use super::message::{Message, message};
use super::time::{DAY_MICROS, Timestamp};
use std::fmt;

/// A smaller difference is not reported, in microseconds: ten minutes, more than a time service
/// corrects at once and less than changes a day's work.
pub const CLOCK_TOLERANCE_MICROS: i64 = 10 * 60 * 1_000_000;

/// What speaks against the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockFault {
    /// It was set while the server ran: ahead by so many microseconds, or back if negative.
    Jumped {
        /// Microseconds.
        by_micros: i64,
    },
    /// At a start it stands further after the newest commit than a downtime lasts.
    LongGap {
        /// Microseconds since the newest commit.
        micros: i64,
    },
    /// At a start it stands before the newest commit.
    Behind {
        /// Microseconds to the newest commit.
        micros: i64,
    },
}

impl ClockFault {
    /// Compares the clock with the time that it should show after the time that passed.
    #[must_use]
    pub fn while_running(expected: Timestamp, now: Timestamp) -> Option<Self> {
        let by_micros = now.0.saturating_sub(expected.0);
        (by_micros.saturating_abs() > CLOCK_TOLERANCE_MICROS).then_some(Self::Jumped { by_micros })
    }

    /// Compares the clock at a start with the last time that was right; a difference of up to
    /// `downtime_days` is downtime.
    #[must_use]
    pub fn since_downtime(
        last_right: Timestamp,
        now: Timestamp,
        downtime_days: u16,
    ) -> Option<Self> {
        let micros = now.0.saturating_sub(last_right.0);
        if micros < -CLOCK_TOLERANCE_MICROS {
            Some(Self::Behind { micros: micros.saturating_neg() })
        } else if micros > i64::from(downtime_days) * DAY_MICROS {
            Some(Self::LongGap { micros })
        } else {
            None
        }
    }

    /// What was found, for an operator.
    #[must_use]
    pub fn message(self) -> Message {
        match self {
            Self::Jumped { by_micros } if by_micros < 0 => {
                message!("clock-set-back", by => duration_message(by_micros))
            }
            Self::Jumped { by_micros } => {
                message!("clock-set-ahead", by => duration_message(by_micros))
            }
            Self::LongGap { micros } => {
                message!("clock-after-newest-commit", by => duration_message(micros))
            }
            Self::Behind { micros } => {
                message!("clock-before-newest-commit", by => duration_message(micros))
            }
        }
    }

    /// What an operator has to do about it.
    #[must_use]
    pub fn remedy() -> Message {
        message!("clock-remedy")
    }

    /// Both, as error messages give them.
    #[must_use]
    pub fn message_with_remedy(self) -> Message {
        Message::list("list-semicolon", vec![self.message(), Self::remedy()])
    }
}

impl fmt::Display for ClockFault {
    /// For the log of the server, which is in English.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (found, micros) = match *self {
            Self::Jumped { by_micros } if by_micros < 0 => {
                ("the clock was set back while the server ran", by_micros)
            }
            Self::Jumped { by_micros } => {
                ("the clock was set ahead while the server ran", by_micros)
            }
            Self::LongGap { micros } => ("the clock stands after the newest commit", micros),
            Self::Behind { micros } => ("the clock stands before the newest commit", micros),
        };
        let micros = micros.saturating_abs();
        let (days, minutes) = (micros / DAY_MICROS, micros / 60_000_000);
        if days >= 2 {
            write!(f, "{found}, by {days} days")
        } else {
            write!(f, "{found}, by {minutes} minutes")
        }
    }
}

/// A difference between clocks for people, without its sign: days, or minutes below two days.
#[must_use]
pub fn duration_message(micros: i64) -> Message {
    let micros = micros.saturating_abs();
    if micros >= 2 * DAY_MICROS {
        message!("duration-days", days = micros / DAY_MICROS)
    } else {
        message!("duration-minutes", minutes = micros / 60_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    const THEN: Timestamp = Timestamp(1_724_000_000_000_000);

    fn after(micros: i64) -> Timestamp {
        THEN.saturating_add_micros(micros)
    }

    #[test]
    fn a_gap_of_the_downtime_is_believed_and_a_moment_more_is_not() {
        let found = |micros| ClockFault::since_downtime(THEN, after(micros), 14);
        assert_eq!(found(0), None);
        assert_eq!(found(14 * DAY_MICROS), None);
        assert!(matches!(found(14 * DAY_MICROS + 1), Some(ClockFault::LongGap { .. })));
        assert_eq!(found(-CLOCK_TOLERANCE_MICROS), None);
        let behind = -CLOCK_TOLERANCE_MICROS - 1;
        assert_eq!(found(behind), Some(ClockFault::Behind { micros: -behind }));
    }

    #[test]
    fn while_the_server_runs_no_jump_is_believed_in_either_direction() {
        let found = |micros| ClockFault::while_running(THEN, after(micros));
        assert_eq!(found(CLOCK_TOLERANCE_MICROS), None);
        for by_micros in [CLOCK_TOLERANCE_MICROS + 1, -CLOCK_TOLERANCE_MICROS - 1, 365 * DAY_MICROS]
        {
            assert_eq!(found(by_micros), Some(ClockFault::Jumped { by_micros }));
        }
    }

    #[test]
    fn the_text_says_how_far_and_what_to_do() {
        let fault = ClockFault::Jumped { by_micros: 365 * DAY_MICROS };
        for (lang, far) in [(Lang::VI, "365 ngày"), (Lang::EN, "365 days")] {
            let text = fault.message_with_remedy().text(lang);
            assert!(
                text.contains(far) && text.ends_with("thidua doctor --clock-is-right"),
                "{text}"
            );
        }
        let back = ClockFault::Jumped { by_micros: -11 * 60_000_000 }.message().text(Lang::EN);
        assert!(back.ends_with("set back while the server ran, by 11 minutes"), "{back}");
    }
}
