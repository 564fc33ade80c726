//! The texts for people, by language. The sentences stand in `i18n/<language>/*.ftl` (Fluent), in
//! packs: `client` for what a phone shows, `server` for the command line and the services, `office`
//! for pages. The first word of a file's name is its pack. A phone's build carries `client` alone.
//!
//! A language is a folder; `build.rs` finds them. Vietnamese is the first and the default: what
//! another language lacks is shown in Vietnamese.

mod number;

use crate::domain::support::message::{Message, MessageArg};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::Entry;
use std::borrow::{Borrow, Cow};
use std::collections::HashMap;
use std::sync::OnceLock;

include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// A language of the program's texts, one folder of `i18n/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lang(&'static str);

impl Lang {
    /// Vietnamese.
    pub const VI: Self = Self("vi");
    /// English.
    pub const EN: Self = Self("en");
    /// Vietnamese.
    pub const DEFAULT: Self = Self::VI;

    /// Every language, Vietnamese first, then in the order of their tags.
    pub fn all() -> impl Iterator<Item = Self> {
        LANGUAGES.iter().map(|(tag, _)| Self(tag))
    }

    /// Reads every language now, so that no call waits for it and memory does not grow later.
    pub fn load_all() {
        Self::all().for_each(|lang| {
            LanguageTexts::of(lang);
        });
    }

    /// The language of a tag, as in `en` or `en-GB`; `None` if it has no folder.
    #[must_use]
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_', '.', ';']).next().unwrap_or_default();
        Self::all().find(|lang| lang.0.eq_ignore_ascii_case(primary))
    }

    /// The tag, as in `vi`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// The one of two names that an authority wrote: the English one only in English.
    pub fn pick<T>(self, vi: T, en: T) -> T {
        if self == Self::EN { en } else { vi }
    }

    /// The sentence of a code that has no values.
    #[must_use]
    pub fn text(self, id: &str) -> &'static str {
        let found = self.find_text(id).or_else(|| Self::DEFAULT.find_text(id));
        debug_assert!(found.is_some(), "no text without values for {id}");
        found.unwrap_or("?")
    }

    /// The same if this language has it.
    #[must_use]
    pub fn find_text(self, id: &str) -> Option<&'static str> {
        LanguageTexts::of(self).plain.get(id).copied()
    }

    /// A whole file of this language, as in `server-config.toml`; empty if it has none.
    #[must_use]
    pub fn file(self, name: &str) -> &'static str {
        let files = LANGUAGES.iter().find(|(tag, _)| *tag == self.0).map_or(&[][..], |one| one.1);
        files.iter().find(|(file, _)| *file == name).map_or("", |(_, text)| text)
    }

    /// A message in this language.
    #[must_use]
    pub fn say(self, message: impl Borrow<Message>) -> String {
        let message = message.borrow();
        let mut args = FluentArgs::with_capacity(message.args.len());
        for (name, value) in &message.args {
            args.set(*name, FluentValue::String(self.value_text(value)));
        }
        let said = LanguageTexts::of(self).say(&message.id, &args);
        let said = said.or_else(|| LanguageTexts::of(Self::DEFAULT).say(&message.id, &args));
        debug_assert!(said.is_some(), "no text for {message:?}");
        said.unwrap_or_else(|| message.id.clone().into_owned())
    }

    fn value_text<'a>(self, value: &'a MessageArg) -> Cow<'a, str> {
        match value {
            MessageArg::Text(text) => Cow::Borrowed(text),
            MessageArg::Names(vi, en) => Cow::Borrowed(self.pick(vi.as_str(), en.as_str())),
            MessageArg::Message(message) => Cow::Owned(self.say(message)),
            MessageArg::Date(day) => {
                let digits = |number: i8| MessageArg::Text(format!("{number:02}"));
                Cow::Owned(
                    self.say(
                        Message::new("date")
                            .with("day", digits(day.day()))
                            .with("month", digits(day.month()))
                            .with("year", MessageArg::Text(day.year().to_string())),
                    ),
                )
            }
            MessageArg::List(separator, messages) => {
                let said: Vec<String> = messages.iter().map(|one| self.say(one)).collect();
                Cow::Owned(said.join(self.text(separator)))
            }
        }
    }
}

impl std::fmt::Display for Lang {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.0)
    }
}

impl Message {
    /// This message in a language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        lang.say(self)
    }
}

/// The sentences of one language.
struct LanguageTexts {
    bundle: FluentBundle<FluentResource>,
    /// Sentences without values, by code.
    plain: HashMap<String, &'static str>,
}

impl LanguageTexts {
    fn of(lang: Lang) -> &'static Self {
        static READ: [OnceLock<LanguageTexts>; LANGUAGES.len()] =
            [const { OnceLock::new() }; LANGUAGES.len()];
        let place = LANGUAGES.iter().position(|(tag, _)| *tag == lang.0).unwrap_or_default();
        READ[place].get_or_init(|| Self::read(lang.0, LANGUAGES[place].1))
    }

    /// Reads the packs of a language. A fault of the files is a fault of the build: the test of the
    /// catalogue finds it, and what can be read is used.
    fn read(tag: &str, packs: &'static [(&'static str, &'static str)]) -> Self {
        let locale = tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![locale]);
        // The marks around values are for texts of mixed direction, and would reach CSV and JSON.
        bundle.set_use_isolating(false);
        let mut plain = HashMap::new();
        let mut ids = Vec::new();
        for (file, source) in packs.iter().filter(|(file, _)| file.ends_with(".ftl")) {
            let resource = FluentResource::try_new((*source).to_owned());
            debug_assert!(resource.is_ok(), "{tag}/{file} does not parse");
            let resource = resource.unwrap_or_else(|(readable, _)| readable);
            ids.extend(resource.entries().filter_map(message_id));
            bundle.add_resource_overriding(resource);
        }
        for id in ids {
            let pattern = bundle.get_message(&id).and_then(|message| message.value());
            let Some(pattern) = pattern else { continue };
            let mut missing = Vec::new();
            let text = bundle.format_pattern(pattern, None, &mut missing);
            if missing.is_empty() {
                // Read once in the life of the process: the sentence lives as long as it.
                plain.insert(id, &*Box::leak(text.into_owned().into_boxed_str()));
            }
        }
        Self { bundle, plain }
    }

    fn say(&self, id: &str, args: &FluentArgs<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(id)?.value()?;
        let mut missing = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(args), &mut missing);
        debug_assert!(missing.is_empty(), "{id}: {missing:?}");
        Some(text.into_owned())
    }
}

fn message_id(entry: &Entry<&str>) -> Option<String> {
    if let Entry::Message(message) = entry { Some(message.id.name.to_owned()) } else { None }
}
