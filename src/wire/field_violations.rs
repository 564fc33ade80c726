//! Collects everything that is wrong with the shape of a message, so that a refusal names all fields at once.
//!
//! Knows paths and reasons, no message.

use crate::domain::reason::{FieldErrors, Refusal, RefusalReason};

/// What is wrong with a message so far.
#[derive(Debug, Default)]
pub struct FieldViolations {
    problems: FieldErrors,
    has_any: bool,
}

impl FieldViolations {
    /// Notes that `field` is wrong.
    pub fn add(&mut self, field: impl Into<String>, reason: RefusalReason) {
        self.has_any = true;
        self.problems.add(field, reason);
    }

    /// The value, or `None` with a note of what is wrong with `field`.
    pub fn check<T>(
        &mut self,
        field: impl Into<String>,
        got: Result<T, RefusalReason>,
    ) -> Option<T> {
        got.map_err(|reason| self.add(field, reason)).ok()
    }

    /// The value, or `None` with a note that `field` must be set.
    pub fn require<T>(&mut self, field: impl Into<String>, got: Option<T>) -> Option<T> {
        self.check(field, got.ok_or(RefusalReason::Malformed))
    }

    /// The value built from what was taken, or a refusal that names every field noted.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T, Refusal> {
        self.problems.into_result()?;
        value.ok_or_else(|| RefusalReason::Malformed.into())
    }

    /// Whether anything was noted.
    #[must_use]
    pub fn has_any(&self) -> bool {
        self.has_any
    }
}
