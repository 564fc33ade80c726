//! Writes the sources of the bindings from the built library. A member of its own: its features
//! would compile the library anew.

fn main() {
    uniffi::uniffi_bindgen_main();
}
