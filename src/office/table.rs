//! The head of a table: one heading for each column, by its code in the catalogue.

use crate::i18n::Lang;
use maud::{Markup, html};

/// The heading of a column.
#[derive(Debug, Clone, Copy)]
pub(super) enum Heading {
    /// Of a column of words.
    Text(&'static str),
    /// Of a column of figures, which stand to the right.
    Number(&'static str),
}

pub(super) fn table_head(headings: &[Heading], lang: Lang) -> Markup {
    html! {
        thead {
            tr {
                @for heading in headings {
                    @match *heading {
                        Heading::Text(code) => th scope="col" { (lang.text(code)) },
                        Heading::Number(code) => th.n scope="col" { (lang.text(code)) },
                    }
                }
            }
        }
    }
}
