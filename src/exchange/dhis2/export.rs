//! Accepted reports as a data value set, in the JSON of DHIS2 or in ADX.
//!
//! Only figures go out. What neither form has a word for stays out and is counted, so that nobody
//! takes its absence for an answer; a figure that is confirmed from the last period has a comment.

use super::period::{interval_code, period_code};
use super::xml::XmlDialect;
use super::{CARRIED, Dhis2Scheme};
use crate::app::ReferenceSnapshot;
use crate::domain::org::{Org, Unit};
use crate::domain::report::Report;
use crate::domain::report::cell::{CellValue, ElementNumber, MissingReason};
use crate::domain::report::element::{Element, ElementKind};
use crate::domain::report::figure_text::format_scaled;
use crate::domain::report::form::Form;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::{Message, message};
use crate::domain::support::time::Timestamp;
use jiff::civil::Date;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::writer::Writer;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;

/// Most reports that a remark names.
const REPORTS_NAMED: usize = 5;

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dhis2ExportFormat {
    /// DHIS2's own JSON.
    Json,
    /// ADX of IHE.
    Adx,
}

/// What is exported, and how it is named.
#[derive(Debug, Clone, Copy)]
pub struct Dhis2ExportRequest<'a> {
    /// Code of the contract: the data set.
    pub contract: &'a str,
    /// The contract's form.
    pub form: &'a Form,
    /// The form of the set.
    pub format: Dhis2ExportFormat,
    /// How units are named; `None`: as the form does where nothing is said.
    pub unit_scheme: Option<&'a Dhis2Scheme>,
    /// The moment of the export.
    pub exported_at: Timestamp,
}

/// A data value set, and what it does not say.
#[derive(Debug, Clone)]
pub struct Dhis2Export {
    /// The set.
    pub text: String,
    /// Number of reports with at least one value in it.
    pub report_count: usize,
    /// Number of values in it.
    pub value_count: usize,
    /// What is left out, by code.
    pub omitted: Vec<OmittedData>,
}

/// What has no word in a data value set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OmittedData {
    /// Why, as in `NIL`.
    pub code: &'static str,
    /// How often.
    pub count: usize,
    /// In words, with the first reports.
    pub message: Message,
}

/// Why something is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Omission {
    NotAccepted,
    Unit,
    Period,
    Nil,
    AwaitingSource,
    NotCounted,
    SeeNote,
    Note,
}

impl Omission {
    fn code(self) -> &'static str {
        match self {
            Self::NotAccepted => "NOT_ACCEPTED",
            Self::Unit => "UNIT_WITHOUT_CODE",
            Self::Period => "PERIOD_WITHOUT_CODE",
            Self::Nil => "NIL",
            Self::AwaitingSource => "MISSING_AWAITING_SOURCE",
            Self::NotCounted => "MISSING_NOT_COUNTED",
            Self::SeeNote => "MISSING_SEE_NOTE",
            Self::Note => "NOTE",
        }
    }

    fn message(self, count: usize, reports: &str) -> Message {
        match self {
            Self::NotAccepted => message!("dhis2-omitted-not-accepted", count, reports),
            Self::Unit => message!("dhis2-omitted-unit", count, reports),
            Self::Period => message!("dhis2-omitted-period", count, reports),
            Self::Nil => message!("dhis2-omitted-nil", count, reports),
            Self::AwaitingSource => message!("dhis2-omitted-awaiting-source", count, reports),
            Self::NotCounted => message!("dhis2-omitted-not-counted", count, reports),
            Self::SeeNote => message!("dhis2-omitted-see-note", count, reports),
            Self::Note => message!("dhis2-omitted-note", count, reports),
        }
    }
}

impl From<MissingReason> for Omission {
    fn from(reason: MissingReason) -> Self {
        match reason {
            MissingReason::AwaitingSource => Self::AwaitingSource,
            MissingReason::NotCounted => Self::NotCounted,
            MissingReason::SeeNote => Self::SeeNote,
        }
    }
}

/// A report by the names of the set.
struct ExportedReport {
    unit: String,
    period: String,
    values: Vec<ExportedValue>,
}

struct ExportedValue {
    element: String,
    value: String,
    is_carried: bool,
}

/// Exports the accepted ones of these reports.
///
/// # Errors
/// The text cannot be written.
pub fn export_data_values(
    reports: &[&Report],
    request: &Dhis2ExportRequest<'_>,
    reference: &ReferenceSnapshot,
) -> io::Result<Dhis2Export> {
    let default_scheme = match request.format {
        Dhis2ExportFormat::Json => Dhis2Scheme::Uid,
        Dhis2ExportFormat::Adx => Dhis2Scheme::Code,
    };
    let scheme = request.unit_scheme.unwrap_or(&default_scheme);
    let mut exporter = DataValueExporter { request, reference, scheme, omitted: BTreeMap::new() };
    let exported: Vec<ExportedReport> =
        reports.iter().filter_map(|report| exporter.export_report(report)).collect();
    let text = match request.format {
        Dhis2ExportFormat::Json => format!("{:#}\n", to_json(&exported, request, scheme)),
        Dhis2ExportFormat::Adx => to_adx(&exported, request)?,
    };
    let omitted = exporter.omitted.into_iter().map(|(why, reports)| {
        let mut named = reports.clone();
        named.dedup();
        named.truncate(REPORTS_NAMED);
        let (count, named) = (reports.len(), named.join("; "));
        OmittedData { code: why.code(), count, message: why.message(count, &named) }
    });
    let value_count = exported.iter().map(|report| report.values.len()).sum();
    Ok(Dhis2Export { text, report_count: exported.len(), value_count, omitted: omitted.collect() })
}

struct DataValueExporter<'a> {
    request: &'a Dhis2ExportRequest<'a>,
    reference: &'a ReferenceSnapshot,
    scheme: &'a Dhis2Scheme,
    /// The report of everything left out, once for each.
    omitted: BTreeMap<Omission, Vec<String>>,
}

impl DataValueExporter<'_> {
    /// The report with its figures; `None` if nothing of it can go out.
    fn export_report(&mut self, report: &Report) -> Option<ExportedReport> {
        let unit = self.reference.org.unit(report.key.unit)?;
        let window = report.key.period.window();
        let name = format!("{} {}", unit.uid, window.start);
        let mut leave_out = |why: Omission| self.omitted.entry(why).or_default().push(name.clone());
        if !report.state.is_official() {
            leave_out(Omission::NotAccepted);
            return None;
        }
        let Some(unit) = self.scheme.name_of(unit, &self.reference.org, window.start) else {
            leave_out(Omission::Unit);
            return None;
        };
        let Some(period) = self.request.format.period_of(window) else {
            leave_out(Omission::Period);
            return None;
        };
        if !report.note.is_empty() {
            leave_out(Omission::Note);
        }
        let mut values = Vec::new();
        for code in &self.request.form.elements {
            let number = self.reference.element_numbers.number(code).map(ElementNumber);
            let cell = number.and_then(|number| report.cells.get(&number).copied());
            let Some(element) = self.reference.catalogue.element(code) else { continue };
            match cell {
                Some(CellValue::Reported(figure)) => {
                    values.push(ExportedValue::new(element, figure, false));
                }
                Some(CellValue::Carried(figure)) => {
                    values.push(ExportedValue::new(element, figure, true));
                }
                Some(CellValue::Missing(reason)) => leave_out(reason.into()),
                Some(CellValue::Nil) => leave_out(Omission::Nil),
                None if report.nil => leave_out(Omission::Nil),
                None => {}
            }
        }
        (!values.is_empty()).then_some(ExportedReport { unit, period, values })
    }
}

impl ExportedValue {
    fn new(element: &Element, figure: i64, is_carried: bool) -> Self {
        let value = match (element.kind, figure) {
            (ElementKind::EventFlag, 0) => "false".to_owned(),
            (ElementKind::EventFlag, 1) => "true".to_owned(),
            _ => format_scaled(figure, element.scale),
        };
        Self { element: element.code.as_str().to_owned(), value, is_carried }
    }
}

impl Dhis2ExportFormat {
    /// The code of a period; `None`: it has none.
    fn period_of(self, window: DateWindow) -> Option<String> {
        match self {
            Self::Json => period_code(window.start, window.end),
            Self::Adx => Some(interval_code(window.start, window.end)),
        }
    }
}

impl Dhis2Scheme {
    /// The identifier by which this scheme finds the unit on a day; `None`: it has none, or shares
    /// it with another unit.
    fn name_of(&self, unit: &Unit, org: &Org, day: Date) -> Option<String> {
        let version = unit.version_on(day);
        let name = match self {
            Self::Uid => Some(unit.uid.clone()),
            Self::Code => version.and_then(|one| one.code.as_ref()).map(|one| one.code.clone()),
            Self::Name => version.map(|one| one.name.clone()),
            Self::System(system) => version
                .and_then(|one| one.code.as_ref())
                .filter(|one| one.system == *system)
                .map(|one| one.code.clone()),
        };
        name.filter(|name| self.find_unit(name, org, day).is_some_and(|one| one.id == unit.id))
    }
}

fn to_json(
    reports: &[ExportedReport],
    request: &Dhis2ExportRequest<'_>,
    scheme: &Dhis2Scheme,
) -> Value {
    let values = reports.iter().flat_map(|report| {
        report.values.iter().map(|value| {
            let mut one = json!({
                "dataElement": value.element,
                "period": report.period,
                "orgUnit": report.unit,
                "value": value.value,
            });
            if let Some(object) = one.as_object_mut().filter(|_| value.is_carried) {
                object.insert("comment".to_owned(), json!(CARRIED));
            }
            one
        })
    });
    json!({
        "dataSet": request.contract,
        "dataElementIdScheme": Dhis2Scheme::Code.to_string(),
        "orgUnitIdScheme": scheme.to_string(),
        "dataValues": values.collect::<Vec<_>>(),
    })
}

fn to_adx(reports: &[ExportedReport], request: &Dhis2ExportRequest<'_>) -> io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    // To the minute, at the offset of the authority.
    let exported = format!("{}:00+07:00", request.exported_at.local_text().replace(' ', "T"));
    let root = [("xmlns", XmlDialect::Adx.namespace()), ("exported", &exported)];
    writer.write_event(Event::Start(BytesStart::new("adx").with_attributes(root)))?;
    for report in reports {
        let group =
            [("dataSet", request.contract), ("period", &report.period), ("orgUnit", &report.unit)];
        writer.write_event(Event::Start(BytesStart::new("group").with_attributes(group)))?;
        for value in &report.values {
            let cell = [("dataElement", value.element.as_str()), ("value", &value.value)];
            let element = writer.create_element("dataValue").with_attributes(cell);
            if value.is_carried {
                element.write_inner_content(|inner| {
                    let annotation = inner.create_element("annotation");
                    annotation.write_text_content(BytesText::new(CARRIED)).map(|_| ())
                })?;
            } else {
                element.write_empty()?;
            }
        }
        writer.write_event(Event::End(BytesEnd::new("group")))?;
    }
    writer.write_event(Event::End(BytesEnd::new("adx")))?;
    let mut text = String::from_utf8(writer.into_inner()).map_err(io::Error::other)?;
    text.push('\n');
    Ok(text)
}
