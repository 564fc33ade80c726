//! Data value sets in XML: DHIS2's own form (DXF 2), and ADX of IHE.
//!
//! ```text
//!  dataValueSet(dataSet, period, orgUnit, ...) / dataValue(dataElement, period, orgUnit, value)
//!  adx / group(dataSet, period, orgUnit) / dataValue(dataElement, value) / annotation
//! ```
//!
//! No document type is read, so no entity is ever expanded. Elements have fixed depths: whatever is
//! not one of these is refused with its line.

use super::message::{DataValue, DataValueSet};
use crate::domain::support::message::{Message, message};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::reader::Reader;
use serde_json::Value;

/// Most attributes of an element; the parser compares each with all before it.
const ATTRIBUTES_MAX: usize = 64;
/// Attributes of ADX that carry no figure and divide none.
const NOT_DIVIDING: [&str; 7] = [
    "completeDate",
    "comment",
    "attributeOptionCombo",
    "categoryOptionCombo",
    "storedBy",
    "lastUpdated",
    "followUp",
];

/// Which form of XML a set has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum XmlDialect {
    /// DHIS2's own.
    Dxf,
    /// Aggregate Data Exchange.
    Adx,
}

impl XmlDialect {
    pub(super) const fn namespace(self) -> &'static str {
        match self {
            Self::Dxf => "http://dhis2.org/schema/dxf/2.0",
            Self::Adx => "urn:ihe:qrph:adx:2015",
        }
    }

    /// The element of each depth.
    fn levels(self) -> &'static [&'static str] {
        match self {
            Self::Dxf => &["dataValueSet", "dataValue"],
            Self::Adx => &["adx", "group", "dataValue", "annotation"],
        }
    }
}

/// The values of a set.
///
/// # Errors
/// The bytes are no such set: the line and what is wrong there.
pub(super) fn read_values(bytes: &[u8], dialect: XmlDialect) -> Result<DataValueSet, Message> {
    let at = |offset: usize, fault: Message| {
        let lines = bytes.iter().take(offset).filter(|byte| **byte == b'\n').count();
        message!("dhis2-xml-unreadable", line = lines + 1, fault => fault)
    };
    let text = std::str::from_utf8(bytes)
        .map_err(|error| at(error.valid_up_to(), message!("dhis2-xml-not-utf-8")))?;
    let mut reader = Reader::from_str(text);
    let mut document = Document::new(dialect);
    loop {
        let taken = match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => document.take(&event),
            Err(error) => Err(damaged(error)),
        };
        taken.map_err(|fault| at(position(reader.buffer_position()), fault))?;
    }
    if document.awaits_root || !document.path.is_empty() {
        return Err(at(bytes.len(), document.expected_root()));
    }
    Ok(document.set)
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn damaged(error: impl std::fmt::Display) -> Message {
    message!("dhis2-xml-damaged", fault = error)
}

/// What has been read of a document.
struct Document {
    dialect: XmlDialect,
    /// Whether the root is still to come.
    awaits_root: bool,
    /// The prefix of the root, which every element has.
    prefix: Option<String>,
    /// Depths of the open elements.
    path: Vec<&'static str>,
    group: Group,
    set: DataValueSet,
}

/// What a group of ADX says of its values.
#[derive(Default, Clone)]
struct Group {
    data_set: Option<String>,
    period: Option<String>,
    org_unit: Option<String>,
    divided_by: Option<String>,
}

impl Document {
    fn new(dialect: XmlDialect) -> Self {
        let (path, group, set) = (Vec::new(), Group::default(), DataValueSet::default());
        Self { dialect, awaits_root: true, prefix: None, path, group, set }
    }

    fn expected_root(&self) -> Message {
        let root = self.dialect.levels().first().copied().unwrap_or_default();
        message!("dhis2-xml-root", root, namespace = self.dialect.namespace())
    }

    fn take(&mut self, event: &Event<'_>) -> Result<(), Message> {
        match event {
            Event::Start(element) => {
                let name = self.open(element)?;
                self.path.push(name);
            }
            Event::Empty(element) => {
                self.open(element)?;
            }
            Event::End(_) => {
                self.path.pop();
            }
            Event::Decl(declaration) => check_encoding(declaration)?,
            Event::DocType(_) => return Err(message!("dhis2-xml-doctype")),
            Event::Text(text) if self.path.last() == Some(&"annotation") => self.annotate(text),
            Event::Text(text) if text.trim().is_empty() => {}
            // An annotation is for people; a reference inside it names nothing that is read.
            Event::GeneralRef(_) | Event::CData(_) if self.path.last() == Some(&"annotation") => {}
            Event::Text(_) | Event::GeneralRef(_) | Event::CData(_) => {
                return Err(message!("dhis2-xml-text"));
            }
            Event::Comment(_) | Event::PI(_) | Event::Eof => {}
        }
        Ok(())
    }

    /// Takes the start of an element and returns its name.
    fn open(&mut self, element: &BytesStart<'_>) -> Result<&'static str, Message> {
        let (depth, levels) = (self.path.len(), self.dialect.levels());
        let attributes = read_attributes(element)?;
        if depth == 0 {
            self.open_root(element, &attributes)?;
        }
        let name = element.name();
        let prefix = name.prefix().map(|prefix| prefix.as_ref().to_owned());
        let known = levels.get(depth).filter(|known| name.local_name().as_ref() == **known);
        let known = known.filter(|_| prefix == self.prefix).copied();
        let Some(known) = known else {
            let expected = levels.get(depth).copied().unwrap_or("-");
            let name = name.as_ref();
            return Err(message!("dhis2-xml-element", name, expected));
        };
        let find = |wanted: &str| {
            let found = attributes.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone())
        };
        match known {
            "dataValueSet" => self.open_set(find)?,
            "group" => {
                self.group = Group {
                    data_set: find("dataSet"),
                    period: find("period"),
                    org_unit: find("orgUnit"),
                    divided_by: dividing(&attributes, &["dataSet", "period", "orgUnit"]),
                };
            }
            "dataValue" => self.push_value(&attributes, find),
            _ => {}
        }
        Ok(known)
    }

    fn open_root(
        &mut self,
        element: &BytesStart<'_>,
        attributes: &[(String, String)],
    ) -> Result<(), Message> {
        let prefix = element.name().prefix().map(|prefix| prefix.as_ref().to_owned());
        let binding = prefix.as_ref().map_or("xmlns".to_owned(), |one| format!("xmlns:{one}"));
        let is_bound = |(name, value): &(String, String)| {
            *name == binding && value == self.dialect.namespace()
        };
        if !self.awaits_root || !attributes.iter().any(is_bound) {
            return Err(self.expected_root());
        }
        (self.awaits_root, self.prefix) = (false, prefix);
        Ok(())
    }

    fn open_set(&mut self, find: impl Fn(&str) -> Option<String>) -> Result<(), Message> {
        let dry_run = find("dryRun").map(|text| {
            text.parse()
                .map_err(|_| message!("dhis2-unknown-option", option = "dryRun", value = text))
        });
        self.set = DataValueSet {
            data_set: find("dataSet"),
            period: find("period"),
            org_unit: find("orgUnit"),
            id_scheme: find("idScheme"),
            org_unit_id_scheme: find("orgUnitIdScheme"),
            data_element_id_scheme: find("dataElementIdScheme"),
            dry_run: dry_run.transpose()?,
            import_strategy: find("importStrategy").or_else(|| find("strategy")),
            data_values: Vec::new(),
        };
        Ok(())
    }

    fn push_value(
        &mut self,
        attributes: &[(String, String)],
        find: impl Fn(&str) -> Option<String>,
    ) {
        let Group { data_set, period, org_unit, divided_by } = self.group.clone();
        let of_group = match self.dialect {
            XmlDialect::Dxf => None,
            XmlDialect::Adx => {
                divided_by.or_else(|| dividing(attributes, &["dataElement", "value"]))
            }
        };
        self.set.data_values.push(DataValue {
            data_set: data_set.or_else(|| find("dataSet")),
            data_element: find("dataElement"),
            period: period.or_else(|| find("period")),
            org_unit: org_unit.or_else(|| find("orgUnit")),
            value: find("value").map(Value::String),
            comment: find("comment"),
            divided_by: of_group,
        });
    }

    fn annotate(&mut self, text: &str) {
        if let Some(value) = self.set.data_values.last_mut() {
            value.comment.get_or_insert_default().push_str(text.trim());
        }
    }
}

/// Names and values, in order; those of another namespace than the element's are left out.
fn read_attributes(element: &BytesStart<'_>) -> Result<Vec<(String, String)>, Message> {
    let mut read = Vec::new();
    for attribute in element.attributes() {
        if read.len() >= ATTRIBUTES_MAX {
            return Err(message!("dhis2-xml-most-attributes", limit = ATTRIBUTES_MAX));
        }
        let attribute = attribute.map_err(damaged)?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(damaged)?;
        read.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(read)
}

/// The first attribute that divides a figure by sex, age or the like: a part is no figure of ours.
fn dividing(attributes: &[(String, String)], known: &[&str]) -> Option<String> {
    let names = attributes.iter().map(|(name, _)| name);
    let divides = |name: &&String| {
        let is_of_xml = name.contains(':') || *name == "xmlns";
        !is_of_xml && !known.contains(&name.as_str()) && !NOT_DIVIDING.contains(&name.as_str())
    };
    names.into_iter().find(divides).cloned()
}

fn check_encoding(declaration: &BytesDecl<'_>) -> Result<(), Message> {
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(encoding)) if encoding.eq_ignore_ascii_case("utf-8") => Ok(()),
        Some(Ok(_)) => Err(message!("dhis2-xml-not-utf-8")),
        Some(Err(error)) => Err(damaged(error)),
    }
}
