//! Planted bugs, one per run, to prove that the tests find them: `scripts/sabotage` activates each
//! in turn and reports the test that found it.
//!
//! Built only with the feature `sabotage`, which no release and no other test has; without it every
//! `planted!` is the constant `false`. The code of a bug is where its `planted!` is.

/// Whether the bug of this name is active: `THIDUA_SABOTAGE=name`.
#[cfg(feature = "sabotage")]
pub(crate) fn armed(bug: &str) -> bool {
    static ARMED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    ARMED.get_or_init(|| std::env::var("THIDUA_SABOTAGE").ok()).as_deref() == Some(bug)
}

/// Without the feature no bug is active.
#[cfg(not(feature = "sabotage"))]
pub(crate) const fn armed(_bug: &str) -> bool {
    false
}

/// Whether the planted bug of this name is active.
macro_rules! planted {
    ($bug:literal) => {
        $crate::sabotage::armed($bug)
    };
}
