//! Talks to a person in a terminal: one file a subcommand.
//!
//! Knows every room; decides nothing about campaigns.

pub mod demo;
