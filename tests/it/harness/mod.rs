//! The province of the example behind a server of its own, and phones that speak the contract and nothing else.

mod phone;
mod proxy;
mod spread;
mod town;

pub(crate) use phone::Phone;
pub(crate) use proxy::Line;
pub(crate) use spread::TWO_NODES;
pub(crate) use town::{ELSEWHERE, PARTNERS, Town, app_in, channel, code_in, first_monday};
