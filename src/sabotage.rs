//! Planted bugs, one a run, to prove that the tests find them: `scripts/sabotage` arms each in turn and names the test that caught it.
//!
//! Built only with the feature `sabotage`, which no release and no other test has; without it every `planted!` is the constant `false`.
//! Knows no bug: what each does stands where it does it.

/// Whether the bug of this name is armed: `THIDUA_SABOTAGE=name`.
#[cfg(feature = "sabotage")]
pub(crate) fn armed(bug: &str) -> bool {
    static ARMED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    ARMED.get_or_init(|| std::env::var("THIDUA_SABOTAGE").ok()).as_deref() == Some(bug)
}

/// Nothing is planted in anything that is shipped.
#[cfg(not(feature = "sabotage"))]
pub(crate) const fn armed(_bug: &str) -> bool {
    false
}

/// Whether the planted bug of this name is armed.
macro_rules! planted {
    ($bug:literal) => {
        $crate::sabotage::armed($bug)
    };
}
