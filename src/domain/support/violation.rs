//! A rule that input data breaks, with a text that helps to correct it.
//!
//! A violation holds the place, the rule, and a message with the reason and the next step. The
//! rules themselves are in the modules that check them.

use crate::domain::support::message::Message;
use std::fmt;

/// Whether a violation stops the step that runs the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The step is refused until this is corrected.
    Error,
    /// The step is allowed, but the violation should be read first.
    Warning,
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Whether it stops the step or only warns.
    pub severity: Severity,
    /// Stable name of the rule, as in `PHASES_DO_NOT_TILE`.
    pub code: &'static str,
    /// Path of the part that breaks the rule, as in `targets.T1` or `element.so_offences`.
    pub path: String,
    /// Reason and next step.
    pub message: Message,
}

impl Violation {
    /// A violation that stops the step.
    pub fn error(code: &'static str, at: impl Into<String>, message: Message) -> Self {
        Self { severity: Severity::Error, code, path: at.into(), message }
    }

    /// A violation that only warns.
    pub fn warning(code: &'static str, at: impl Into<String>, message: Message) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, at, message) }
    }
}

impl fmt::Display for Violation {
    /// `path: CODE: message`, for logs and tests.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {:?}", self.path, self.code, self.message)
    }
}

/// Whether any of the violations is an error.
#[must_use]
pub(crate) fn has_errors(found: &[Violation]) -> bool {
    found.iter().any(|violation| violation.severity == Severity::Error)
}
