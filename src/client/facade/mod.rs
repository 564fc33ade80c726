//! The only public surface of the phone's engine.
