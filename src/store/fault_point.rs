//! What the environment of a test's process changes: fault points, at which the store waits or
//! hangs, and further migrations. Nothing of it is in release builds.
//!
//! `THIDUA_FAULT=point:action[:number]`: `before_commit:sleep:20` sleeps 20 ms each time;
//! `before_commit:panic` panics each time; `after_commit:hang:3` hangs from the third time on until
//! the process is killed, and writes the file named by `THIDUA_FAULT_FILE`.
//! `THIDUA_TEST_MIGRATIONS` names the directory of the upgrade tests.

use std::path::PathBuf;

/// The directory with further migrations, `sqlite/` and `postgres/`.
pub(super) fn test_migrations_dir() -> Option<PathBuf> {
    if !cfg!(debug_assertions) {
        return None;
    }
    std::env::var_os("THIDUA_TEST_MIGRATIONS").map(PathBuf::from)
}

/// Runs the configured action if `name` is the configured point.
#[cfg(debug_assertions)]
pub(crate) fn trigger_fault_point(name: &str) {
    let Some(plan) = fault_plan() else { return };
    let mut parts = plan.split(':');
    if parts.next() != Some(name) {
        return;
    }
    let (action, number) = (parts.next(), parts.next().and_then(|n| n.parse().ok()).unwrap_or(10));
    match action {
        Some("sleep") => std::thread::sleep(std::time::Duration::from_millis(number)),
        Some("panic") => panic!("fault point {name}"),
        Some("hang") if count_call() >= number => park_forever(),
        _ => {}
    }
}

#[cfg(debug_assertions)]
fn park_forever() {
    if let Some(file) = std::env::var_os("THIDUA_FAULT_FILE") {
        let _ = std::fs::write(file, "hangs");
    }
    loop {
        std::thread::park();
    }
}

/// Release builds have no fault points.
#[cfg(not(debug_assertions))]
pub(crate) fn trigger_fault_point(_name: &str) {}

#[cfg(debug_assertions)]
fn fault_plan() -> Option<String> {
    static FAULT_PLAN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    #[cfg(test)]
    if let Some(plan) = THREAD_FAULT.get() {
        return Some(plan.to_owned());
    }
    #[cfg(test)]
    if let Some(armed) = super::lock_ignoring_poison(&ARMED_FAULT).clone() {
        return Some(armed);
    }
    FAULT_PLAN.get_or_init(|| std::env::var("THIDUA_FAULT").ok()).clone()
}

#[cfg(test)]
static ARMED_FAULT: std::sync::Mutex<Option<String>> = std::sync::Mutex::new(None);

#[cfg(test)]
thread_local! {
    static THREAD_FAULT: std::cell::Cell<Option<&'static str>> = const { std::cell::Cell::new(None) };
}

/// Configures a fault point for this thread only.
#[cfg(test)]
pub(super) fn arm_fault_in_thread(plan: Option<&'static str>) {
    THREAD_FAULT.set(plan);
}

/// Configures a fault point for the tests of this process.
#[cfg(test)]
pub(super) fn arm_fault_point(plan: &str) {
    *super::lock_ignoring_poison(&ARMED_FAULT) = Some(plan.to_owned());
}

/// The number of this call, from 1.
#[cfg(debug_assertions)]
fn count_call() -> u64 {
    static CALL_COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    CALL_COUNT.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1
}
