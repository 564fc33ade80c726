//! The phone's engine (`thidua::client::facade`) as one library for Kotlin, Swift and Python. It
//! has no code of its own: the derives of the bindings stand beside the values of the facade.

thidua::uniffi_reexport_scaffolding!();
