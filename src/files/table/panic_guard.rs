//! Calls a library that panics on some damaged files: the panic ends the call and prints nothing.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Whether this thread is inside [`catch_quietly`].
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// The result of `call`; `None` if it panicked. A damaged file of a caller is no fault of the
/// program, so the hook that prints panics is not told of it; any other panic still reaches it.
pub(super) fn catch_quietly<T>(call: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !IS_GUARDED.get() {
                before(panic);
            }
        }));
    });
    IS_GUARDED.set(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    IS_GUARDED.set(false);
    result.ok()
}
