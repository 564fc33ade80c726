//! The administrator's pages: accounts and cards, units and their devices, files, jobs, campaigns.

pub(super) mod accounts;
pub(super) mod campaigns;
pub(super) mod cards;
pub(super) mod fleet;
pub(super) mod health;
pub(super) mod imports;
pub(super) mod jobs;
pub(super) mod keys;
pub(super) mod organisation;
pub(super) mod report_forms;
