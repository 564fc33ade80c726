//! `thidua demo`: a province runs its campaign through real phones' engines and a real server.
//!
//! Knows how people behave and what a screen should show; whatever it prints was measured.

pub mod example;
pub mod generator;
