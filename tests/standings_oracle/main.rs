//! An independent oracle of standings: every published standing computed again from raw reports, by
//! another algorithm and with exact fractions, and compared with the product.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "an oracle that cannot build its world has failed")]

mod agreement;
mod authority;
mod bases;
mod campaigns;
mod each;
mod figures;
mod fraction;
mod handovers;
mod judge;
mod ledger;
mod level_moves;
mod lineage;
mod measure;
mod organisations;
mod places;
mod properties;
mod vectors;
mod verdict;
mod world;
