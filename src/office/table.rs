//! The head of a table: one heading for each column.

use maud::{Markup, html};

/// The heading of a column.
#[derive(Debug, Clone, Copy)]
pub(super) enum Heading {
    /// Of a column of words.
    Text(&'static str),
    /// Of a column of figures, which stand to the right.
    Number(&'static str),
}

pub(super) fn table_head(headings: &[Heading]) -> Markup {
    html! {
        thead {
            tr {
                @for heading in headings {
                    @match *heading {
                        Heading::Text(text) => th scope="col" { (text) },
                        Heading::Number(text) => th.n scope="col" { (text) },
                    }
                }
            }
        }
    }
}
