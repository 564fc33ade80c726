//! Fault points: places where a test makes the store wait, fail or die. They do nothing in release builds.
//!
//! Armed by `THIDUA_FAULT=point:action[:number]`, as in `before_commit:sleep:20` (milliseconds each time) or `after_commit:hang:3`
//! (for ever, from the third time on: until the process is killed; the file named by `THIDUA_FAULT_FILE` says that it hangs).

/// Acts as the environment says for `name`; nothing otherwise, and nothing in release builds.
#[cfg(debug_assertions)]
pub(crate) fn point(name: &str) {
    let Some(plan) = plan() else { return };
    let mut parts = plan.split(':');
    if parts.next() != Some(name) {
        return;
    }
    let (action, number) = (parts.next(), parts.next().and_then(|n| n.parse().ok()).unwrap_or(10));
    match action {
        Some("sleep") => std::thread::sleep(std::time::Duration::from_millis(number)),
        Some("hang") if reached(number) => hang(),
        _ => {}
    }
}

#[cfg(debug_assertions)]
fn hang() {
    if let Some(file) = std::env::var_os("THIDUA_FAULT_FILE") {
        let _ = std::fs::write(file, "hangs");
    }
    loop {
        std::thread::park();
    }
}

/// In release builds there are no fault points.
#[cfg(not(debug_assertions))]
pub(crate) fn point(_name: &str) {}

#[cfg(debug_assertions)]
fn plan() -> Option<String> {
    static PLAN: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    #[cfg(test)]
    if let Some(armed) = super::lock(&ARMED).clone() {
        return Some(armed);
    }
    PLAN.get_or_init(|| std::env::var("THIDUA_FAULT").ok()).clone()
}

#[cfg(test)]
static ARMED: std::sync::Mutex<Option<String>> = std::sync::Mutex::new(None);

/// Arms a point for the tests of this process.
#[cfg(test)]
pub(super) fn arm(plan: &str) {
    *super::lock(&ARMED) = Some(plan.to_owned());
}

/// True from the `number`-th call on.
#[cfg(debug_assertions)]
fn reached(number: u64) -> bool {
    static CALLS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    CALLS.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1 >= number
}
