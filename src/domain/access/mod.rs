//! Who may do and see what: roles, permissions, scopes, enrolment, partners, offline leases.

pub mod command_export;
pub mod enrolment;
pub mod fleet;
pub mod grant_batch;
pub mod lease;
pub mod partner;
pub mod permission;
pub mod scope;
pub mod second_factor;
pub mod visible_scopes;
