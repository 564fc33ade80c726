//! Collects all errors in the shape of a message, so that a refusal names all fields at once.

use crate::domain::support::reason::{FieldErrors, Refusal, RefusalReason};
use crate::domain::support::text::{TextLimit, checked_text};

/// The errors found in a message so far.
#[derive(Debug, Default)]
pub struct FieldViolations {
    problems: FieldErrors,
    has_any: bool,
}

impl FieldViolations {
    /// Adds an error of `field`.
    pub fn add(&mut self, field: impl Into<String>, reason: RefusalReason) {
        self.has_any = true;
        self.problems.add(field, reason);
    }

    /// Returns the value, or adds the error of `field` and returns `None`.
    pub fn check<T>(
        &mut self,
        field: impl Into<String>,
        result: Result<T, RefusalReason>,
    ) -> Option<T> {
        result.map_err(|reason| self.add(field, reason)).ok()
    }

    /// Returns the text as it is stored, or adds the error of `field`.
    pub fn check_text(
        &mut self,
        field: impl Into<String>,
        text: &str,
        limit: TextLimit,
    ) -> Option<String> {
        self.check(field, checked_text(text, limit).map_err(RefusalReason::from))
    }

    /// Returns the text of the only field that is checked, or a refusal that names it.
    pub fn require_text(field: &str, text: &str, limit: TextLimit) -> Result<String, Refusal> {
        let mut violations = Self::default();
        let text = violations.check_text(field, text, limit);
        violations.into_result(text)
    }

    /// Returns the value, or adds an error of `field` if it is missing.
    pub fn require<T>(&mut self, field: impl Into<String>, value: Option<T>) -> Option<T> {
        self.check(field, value.ok_or(RefusalReason::Malformed))
    }

    /// Returns `value`, or a refusal with every error.
    pub fn into_result<T>(self, value: Option<T>) -> Result<T, Refusal> {
        self.problems.into_result()?;
        value.ok_or_else(|| RefusalReason::Malformed.into())
    }

    /// Whether there is any error.
    #[must_use]
    pub fn has_any(&self) -> bool {
        self.has_any
    }
}
