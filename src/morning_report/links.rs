//! Where the names on a page lead. The page of a file leads nowhere: it is read without a server.

use crate::domain::support::ids::ReportId;
use maud::{Markup, Render, html};

/// The addresses behind the names on a page, and what else is known of a unit.
pub trait PageLinks {
    /// The address of a target by its code.
    fn target(&self, code: &str) -> String;
    /// The address of a unit by its permanent code.
    fn unit(&self, uid: &str) -> String;
    /// The address of a report.
    fn report(&self, id: ReportId) -> String;
    /// When the devices of a unit were last heard, in words; `None` where the reader may not know.
    fn last_contact(&self, uid: &str) -> Option<String>;
}

/// `text`, as a link if there is an address.
pub(super) fn render_linked(text: impl Render, address: Option<String>) -> Markup {
    html! { @match address { Some(address) => a href=(address) { (text) }, None => (text), } }
}
