//! A rule that somebody's data breaks, said so that a person can mend it.
//!
//! Knows the form of a finding only: where, which rule, why and what to do next, in Vietnamese and English. Which rules
//! there are is the business of the modules that check.

use std::fmt;

/// Whether a finding stops the step that asked for the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The step is refused until this is mended.
    Error,
    /// The step may go on; a person should read this first.
    Warning,
}

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Stops the step, or only warns.
    pub severity: Severity,
    /// Stable name of the rule, as in `PHASES_DO_NOT_TILE`.
    pub code: &'static str,
    /// Which part breaks it, as in `targets.T1` or `element.so_offences`.
    pub path: String,
    /// Reason and next step, in Vietnamese.
    pub vi: String,
    /// Reason and next step, in English.
    pub en: String,
}

impl Violation {
    /// A finding that refuses.
    pub fn error(
        code: &'static str,
        at: impl Into<String>,
        vi: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Error, code, path: at.into(), vi: vi.into(), en: en.into() }
    }

    /// A finding that only warns.
    pub fn warning(
        code: &'static str,
        at: impl Into<String>,
        vi: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, at, vi, en) }
    }
}

impl fmt::Display for Violation {
    /// `at: CODE: reason in English`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.path, self.code, self.en)
    }
}

/// Whether anything among the findings refuses.
#[must_use]
pub fn has_errors(found: &[Violation]) -> bool {
    found.iter().any(|violation| violation.severity == Severity::Error)
}
