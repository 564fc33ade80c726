//! Collects everything that is wrong with the shape of a message, so that a refusal names all fields at once.
//!
//! Knows paths and reasons, no message.

use crate::domain::reason::{Problems, Reason, Refusal};

/// What is wrong with a message so far.
#[derive(Debug, Default)]
pub struct Violations {
    found: Problems,
    any: bool,
}

impl Violations {
    /// Notes that `field` is wrong.
    pub fn add(&mut self, field: impl Into<String>, reason: Reason) {
        self.any = true;
        self.found.add(field, reason);
    }

    /// The value, or `None` with a note of what is wrong with `field`.
    pub fn take<T>(&mut self, field: impl Into<String>, got: Result<T, Reason>) -> Option<T> {
        got.map_err(|reason| self.add(field, reason)).ok()
    }

    /// The value, or `None` with a note that `field` must be set.
    pub fn required<T>(&mut self, field: impl Into<String>, got: Option<T>) -> Option<T> {
        self.take(field, got.ok_or(Reason::Malformed))
    }

    /// The value built from what was taken, or a refusal that names every field noted.
    pub fn done<T>(self, value: Option<T>) -> Result<T, Refusal> {
        self.found.done()?;
        value.ok_or_else(|| Reason::Malformed.into())
    }

    /// Whether anything was noted.
    #[must_use]
    pub fn any(&self) -> bool {
        self.any
    }
}
