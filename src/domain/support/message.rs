//! A text for a person before it has a language: the code of a sentence and the values in it.
//!
//! The sentences stand in `i18n/`, one folder for each language; the room `i18n` renders them.
//! A value is text that is the same in every language (a figure, a code, a name), a date, another
//! message, or a list of messages.

use jiff::civil::Date;
use std::borrow::Cow;
use std::fmt::Display;

/// The code of a sentence of the catalogue, with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The code, as in `refusal-NOT_FOUND`.
    pub id: Cow<'static, str>,
    /// The values by the names under which the sentence uses them.
    pub args: Vec<(&'static str, MessageArg)>,
}

/// One value of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageArg {
    /// The same in every language.
    Text(String),
    /// A calendar day; each language writes it in its own way.
    Date(Date),
    /// A name that the authority wrote in Vietnamese and in English.
    Names(String, String),
    /// Another message.
    Message(Message),
    /// Messages with the text of the code between them, as in `list-or`.
    List(&'static str, Vec<Message>),
}

impl Message {
    /// The sentence `id`, without values.
    #[must_use]
    pub const fn new(id: &'static str) -> Self {
        Self { id: Cow::Borrowed(id), args: Vec::new() }
    }

    /// The sentence of a stable code within a family, as in `verdict-MET`.
    #[must_use]
    pub fn of_code(family: &str, code: &str) -> Self {
        Self { id: format!("{family}-{code}").into(), args: Vec::new() }
    }

    /// A text that is the same in every language, where a message is asked for.
    #[must_use]
    pub fn verbatim(text: impl Display) -> Self {
        Self::new("verbatim").with("text", MessageArg::Text(text.to_string()))
    }

    /// Messages with the text of the code `separator` between them.
    #[must_use]
    pub fn list(separator: &'static str, messages: Vec<Self>) -> Self {
        Self::new("verbatim").with("text", MessageArg::List(separator, messages))
    }

    /// The same with one more value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<MessageArg>) -> Self {
        self.args.push((name, value.into()));
        self
    }
}

impl From<Date> for MessageArg {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl From<Message> for MessageArg {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

/// A message: its code, then its values. `name = value` and `name` take anything that displays the
/// same in every language; `name => value` takes a date or a message.
macro_rules! message {
    (@with $message:expr) => { $message };
    (@with $message:expr, $name:ident => $value:expr $(, $($rest:tt)*)?) => {
        message!(@with $message.with(stringify!($name), $value) $(, $($rest)*)?)
    };
    (@with $message:expr, $name:ident = $value:expr $(, $($rest:tt)*)?) => {
        message!(
            @with $message.with(
                stringify!($name),
                $crate::domain::support::message::MessageArg::Text($value.to_string())
            ) $(, $($rest)*)?
        )
    };
    (@with $message:expr, $name:ident $(, $($rest:tt)*)?) => {
        message!(@with $message, $name = $name $(, $($rest)*)?)
    };
    (@with $message:expr,) => { $message };
    ($id:literal $(, $($rest:tt)*)?) => {
        message!(@with $crate::domain::support::message::Message::new($id) $(, $($rest)*)?)
    };
}
pub(crate) use message;
