//! The facade's values as JSON, for a page that holds the engine: names of fields in camel case,
//! stable codes as they are, texts for people in every language, by its code.

use super::{ClientError, FieldProblem, LaunchMode, RefusedCommand, Role};
use crate::domain::support::message::Message;
use crate::i18n::Lang;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::fmt::Display;

/// A message in every language.
struct Texts(Message);

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        message(&self.0, serializer)
    }
}

pub(super) fn message<S: Serializer>(message: &Message, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(Lang::all().map(|lang| (lang.as_str(), message.text(lang))))
}

/// A value of the domain by its stable code.
pub(super) fn code<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

pub(super) fn role<S: Serializer>(role: &Option<Role>, serializer: S) -> Result<S::Ok, S::Error> {
    role.map(Role::code).serialize(serializer)
}

pub(super) fn roles<S: Serializer>(roles: &[Role], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(roles.iter().map(|role| role.code()))
}

/// How a launch was held, which a page also says.
pub(super) mod launch_mode {
    use super::LaunchMode;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::client::facade) fn serialize<S: Serializer>(
        mode: &LaunchMode,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(mode)
    }

    pub(in crate::client::facade) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<LaunchMode, D::Error> {
        let code = String::deserialize(deserializer)?;
        LaunchMode::parse(&code).ok_or_else(|| D::Error::custom("no mode of a launch"))
    }
}

impl Serialize for FieldProblem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("FieldProblem", 4)?;
        object.serialize_field("field", &self.field)?;
        object.serialize_field("element", &self.element)?;
        object.serialize_field("reason", &self.reason)?;
        object.serialize_field("text", &Texts(self.message()))?;
        object.end()
    }
}

impl Serialize for RefusedCommand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { number, report_id, kind, reason, problems, cells, text } = self;
        let mut object = serializer.serialize_struct("RefusedCommand", 8)?;
        object.serialize_field("number", number)?;
        object.serialize_field("reportId", report_id)?;
        object.serialize_field("kind", kind)?;
        object.serialize_field("reason", reason)?;
        object.serialize_field("reasonText", &Texts(self.message()))?;
        object.serialize_field("problems", problems)?;
        object.serialize_field("cells", cells)?;
        object.serialize_field("text", text)?;
        object.end()
    }
}

impl Serialize for ClientError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let problems: &[FieldProblem] =
            if let Self::Refused { problems, .. } = self { problems } else { &[] };
        let mut object = serializer.serialize_struct("ClientError", 3)?;
        object.serialize_field("code", self.code())?;
        object.serialize_field("text", &Texts(self.message()))?;
        object.serialize_field("problems", problems)?;
        object.end()
    }
}
