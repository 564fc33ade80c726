//! The message of a data value set, and the options of an import.

use super::Dhis2Form;
use crate::domain::org::{Org, Unit};
use crate::domain::report::element::{Element, ElementCode};
use crate::domain::report::form::Catalogue;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;

/// A data value set. What this program does not read is ignored, as DHIS2 does.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DataValueSet {
    pub(super) data_set: Option<String>,
    pub(super) period: Option<String>,
    pub(super) org_unit: Option<String>,
    pub(super) id_scheme: Option<String>,
    pub(super) org_unit_id_scheme: Option<String>,
    pub(super) data_element_id_scheme: Option<String>,
    pub(super) dry_run: Option<bool>,
    #[serde(alias = "strategy")]
    pub(super) import_strategy: Option<String>,
    pub(super) data_values: Vec<DataValue>,
}

/// One value; `period`, `orgUnit` and `dataSet` beat those of the set.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DataValue {
    pub(super) data_set: Option<String>,
    pub(super) data_element: Option<String>,
    pub(super) period: Option<String>,
    pub(super) org_unit: Option<String>,
    pub(super) value: Option<Value>,
    pub(super) comment: Option<String>,
    /// What divides the figure, as in `SEX`; only ADX says it in a way that can be read.
    #[serde(skip)]
    pub(super) divided_by: Option<String>,
}

/// How identifiers are read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Dhis2Scheme {
    /// By this program's codes of units and elements.
    #[default]
    Uid,
    /// By official codes of units, of whatever system, valid on the first day of the period.
    Code,
    /// By names on that day.
    Name,
    /// By official codes of this system, as in `attribute:GSO`.
    System(String),
}

impl fmt::Display for Dhis2Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid => f.write_str("uid"),
            Self::Code => f.write_str("code"),
            Self::Name => f.write_str("name"),
            Self::System(system) => write!(f, "attribute:{system}"),
        }
    }
}

impl Dhis2Scheme {
    /// Reads a scheme; `None`: it is unknown.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "uid" => Some(Self::Uid),
            "code" => Some(Self::Code),
            "name" => Some(Self::Name),
            other if other.starts_with("attribute:") => {
                text.get("attribute:".len()..).map(|system| Self::System(system.to_owned()))
            }
            _ => None,
        }
    }

    /// The unit that an identifier names on a day; `None`: none, or several.
    pub(super) fn find_unit<'o>(&self, text: &str, org: &'o Org, day: Date) -> Option<&'o Unit> {
        let named = |matches: &dyn Fn(&Unit) -> bool| {
            let mut found = org.open_units_on(day).filter(|unit| matches(unit));
            found.next().filter(|_| found.next().is_none())
        };
        match self {
            Self::Uid => org.unit_by_uid(text),
            Self::System(system) => {
                org.unit_by_official_code(system, text, day).and_then(|id| org.unit(id))
            }
            Self::Code => named(&|unit| {
                let code = unit.version_on(day).and_then(|version| version.code.as_ref());
                code.is_some_and(|code| code.code == text)
            }),
            Self::Name => {
                named(&|unit| unit.version_on(day).is_some_and(|version| version.name == text))
            }
        }
    }

    /// The element that an identifier names.
    pub(super) fn find_element<'c>(
        &self,
        text: &str,
        catalogue: &'c Catalogue,
    ) -> Option<&'c Element> {
        match self {
            Self::Uid | Self::Code | Self::System(_) => {
                catalogue.element(&ElementCode::new(text).ok()?)
            }
            Self::Name => {
                let is_named = |one: &&Element| one.name_vi == text || one.name_en == text;
                let mut found = catalogue.elements.iter().filter(is_named);
                found.next().filter(|_| found.next().is_none())
            }
        }
    }
}

/// Which reports an import may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ImportStrategy {
    /// New ones only.
    Create,
    /// Existing ones only.
    Update,
    /// Both.
    #[default]
    CreateAndUpdate,
    /// Deletes; refused: no figure of record is deleted.
    Delete,
}

impl ImportStrategy {
    /// Reads a strategy; `None`: it is unknown.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_uppercase().as_str() {
            "CREATE" | "NEW" => Some(Self::Create),
            "UPDATE" | "UPDATES" => Some(Self::Update),
            "CREATE_AND_UPDATE" | "NEW_AND_UPDATES" => Some(Self::CreateAndUpdate),
            "DELETE" | "DELETES" => Some(Self::Delete),
            _ => None,
        }
    }
}

/// The options of an import.
#[derive(Debug, Clone, Default)]
pub struct Dhis2Options {
    /// How units are named.
    pub unit_scheme: Dhis2Scheme,
    /// How elements are named.
    pub element_scheme: Dhis2Scheme,
    /// Which reports may be written.
    pub strategy: ImportStrategy,
    /// Nothing is written.
    pub dry_run: bool,
    /// The contract of values that name none; CSV has no column for it.
    pub data_set: Option<String>,
    /// An option that is not understood, with its value.
    pub unknown: Option<(&'static str, String)>,
}

impl Dhis2Options {
    /// The options of a query, each option by its name. The specific scheme beats the general one.
    /// Where it says nothing, ADX names by codes.
    pub fn from_query(form: Dhis2Form, find: impl Fn(&str) -> Option<String>) -> Self {
        let mut options = Self::default();
        if form == Dhis2Form::Adx {
            (options.unit_scheme, options.element_scheme) = (Dhis2Scheme::Code, Dhis2Scheme::Code);
        }
        options.set_schemes(&find);
        if let Some(text) = find("importStrategy").or_else(|| find("strategy")) {
            options.set_strategy(&text);
        }
        options.data_set = find("dataSet");
        if let Some(text) = find("dryRun") {
            options.set_dry_run(text);
        }
        options
    }

    /// The same options where the payload does not say otherwise: it beats the query.
    pub(super) fn with_payload(&self, set: &DataValueSet) -> Self {
        let mut options = self.clone();
        options.set_schemes(&|name: &str| match name {
            "idScheme" => set.id_scheme.clone(),
            "orgUnitIdScheme" => set.org_unit_id_scheme.clone(),
            "dataElementIdScheme" => set.data_element_id_scheme.clone(),
            _ => None,
        });
        if let Some(text) = &set.import_strategy {
            options.set_strategy(text);
        }
        options.dry_run = set.dry_run.unwrap_or(options.dry_run);
        options
    }

    fn set_schemes(&mut self, find: &impl Fn(&str) -> Option<String>) {
        for (name, sets_unit, sets_element) in [
            ("idScheme", true, true),
            ("orgUnitIdScheme", true, false),
            ("dataElementIdScheme", false, true),
        ] {
            let Some(text) = find(name) else { continue };
            let Some(scheme) = Dhis2Scheme::parse(&text) else {
                self.unknown = Some((name, text));
                continue;
            };
            if sets_unit {
                self.unit_scheme = scheme.clone();
            }
            if sets_element {
                self.element_scheme = scheme;
            }
        }
    }

    /// What is neither yes nor no is not understood, so that no trial writes.
    fn set_dry_run(&mut self, text: String) {
        match text.to_ascii_lowercase().as_str() {
            "true" => self.dry_run = true,
            "false" => self.dry_run = false,
            _ => self.unknown = Some(("dryRun", text)),
        }
    }

    fn set_strategy(&mut self, text: &str) {
        match ImportStrategy::parse(text) {
            Some(strategy) => self.strategy = strategy,
            None => self.unknown = Some(("importStrategy", text.to_owned())),
        }
    }
}
