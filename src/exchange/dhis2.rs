//! DHIS2 data value sets, in JSON, CSV, XML or ADX: what such a client sends becomes reports, and
//! what became of each value is answered in the shape that it reads. Accepted reports go out in
//! JSON and ADX.
//!
//! DHIS2 has no word for "nothing occurred" and often stores no zero: what is absent stays absent,
//! and a report with an absent cell is refused.

mod answer;
mod csv;
mod export;
mod message;
mod period;
mod xml;

pub use answer::{build_answer, build_unreadable_answer};
pub use export::{
    Dhis2Export, Dhis2ExportFormat, Dhis2ExportRequest, OmittedData, export_data_values,
};
pub use message::{Dhis2Options, Dhis2Scheme, ImportStrategy};

use crate::app::ReferenceSnapshot;
use crate::app::delivery::Delivery;
use crate::domain::org::Unit;
use crate::domain::report::cell::CellValue;
use crate::domain::report::element::{Element, ElementKind};
use crate::domain::report::figure_text::parse_scaled;
use crate::domain::reporting::expectation::Expectation;
use crate::domain::support::ids::UnitId;
use crate::domain::support::limits::IMPORTED_REPORTS_MAX;
use crate::domain::support::message::{Message, message};
use message::DataValue;
use period::parse_period;
use serde_json::Value;
use std::collections::BTreeMap;
use xml::XmlDialect;

/// The comment of a figure that is the one of the last period, confirmed: DHIS2 has no word for it.
const CARRIED: &str = "carried";

/// What forbids one value or one report.
#[derive(Debug, Clone)]
pub struct Dhis2Fault {
    /// Places of the values in `dataValues`, from 0.
    pub indexes: Vec<usize>,
    /// The property that is wrong, as in `orgUnit`.
    pub property: &'static str,
    /// What it says.
    pub value: String,
    /// DHIS2's code where it has one, else this program's.
    pub code: String,
    /// What is wrong and what to do.
    pub message: Message,
}

/// The reports of a data value set.
#[derive(Debug, Clone, Default)]
pub struct Dhis2Import {
    /// The reports, each with the places of its values.
    pub reports: Vec<(Delivery, Vec<usize>)>,
    /// What cannot be read.
    pub faults: Vec<Dhis2Fault>,
    /// Number of values in the set.
    pub value_count: usize,
}

/// The form of a data value set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dhis2Form {
    /// JSON.
    Json,
    /// CSV by position.
    Csv,
    /// DHIS2's own XML (DXF 2).
    Xml,
    /// ADX of IHE.
    Adx,
}

/// Where the names in a set are looked up.
#[derive(Clone, Copy)]
pub struct Register<'a> {
    /// Units, contracts and elements.
    pub reference: &'a ReferenceSnapshot,
    /// Whether the sender may report for a unit; any other is answered like one that is unknown.
    pub covers: &'a dyn Fn(UnitId) -> bool,
}

/// Reads a data value set.
///
/// # Errors
/// The bytes are no data value set: what is wrong with them.
pub fn read_data_value_set(
    (bytes, form): (&[u8], Dhis2Form),
    given: &Dhis2Options,
    register: Register<'_>,
) -> Result<(Dhis2Import, Dhis2Options), Message> {
    let mut set = match form {
        Dhis2Form::Json => serde_json::from_slice(bytes)
            .map_err(|error| message!("dhis2-unreadable", fault = error.to_string()))?,
        Dhis2Form::Csv => csv::read_values(bytes)?,
        Dhis2Form::Xml => xml::read_values(bytes, XmlDialect::Dxf)?,
        Dhis2Form::Adx => xml::read_values(bytes, XmlDialect::Adx)?,
    };
    set.data_set = set.data_set.or_else(|| given.data_set.clone());
    let options = given.with_payload(&set);
    let mut import = Dhis2Import { value_count: set.data_values.len(), ..Dhis2Import::default() };
    let mut groups: BTreeMap<(String, String, String), Vec<usize>> = BTreeMap::new();
    for (index, value) in set.data_values.iter().enumerate() {
        let of_set = |own: &Option<String>, of_set: &Option<String>| {
            own.clone().or_else(|| of_set.clone()).unwrap_or_default()
        };
        let unit = of_set(&value.org_unit, &set.org_unit);
        let period = of_set(&value.period, &set.period);
        let contract = of_set(&value.data_set, &set.data_set);
        groups.entry((contract, unit, period)).or_default().push(index);
    }
    // Before any is looked up: a name is looked for among all units.
    if groups.len() > IMPORTED_REPORTS_MAX {
        return Err(message!("dhis2-most-reports", limit = IMPORTED_REPORTS_MAX));
    }
    for ((contract, unit, period), indexes) in groups {
        let place = ReportPlace { contract, unit, period, indexes };
        match read_report(&set.data_values, &place, &options, register) {
            Ok(delivery) => import.reports.push((delivery, place.indexes)),
            Err(faults) => import.faults.extend(faults),
        }
    }
    Ok((import, options))
}

/// What names a report in the set, and where its values are.
struct ReportPlace {
    contract: String,
    unit: String,
    period: String,
    indexes: Vec<usize>,
}

impl ReportPlace {
    fn fault(
        &self,
        property: &'static str,
        value: &str,
        code: &str,
        message: Message,
    ) -> Box<Dhis2Fault> {
        let (indexes, code) = (self.indexes.clone(), code.to_owned());
        Box::new(Dhis2Fault { indexes, property, value: value.to_owned(), code, message })
    }
}

fn read_report(
    values: &[DataValue],
    place: &ReportPlace,
    options: &Dhis2Options,
    register: Register<'_>,
) -> Result<Delivery, Vec<Dhis2Fault>> {
    let (unit, expected) = find_report(place, options, register).map_err(|fault| vec![*fault])?;
    let (mut cells, mut faults) = (BTreeMap::new(), Vec::new());
    for index in &place.indexes {
        let Some(value) = values.get(*index) else { continue };
        match read_value(*index, value, options, register.reference) {
            Ok(None) => {}
            Ok(Some((element, cell))) if !cells.contains_key(&element.code) => {
                cells.insert(element.code.clone(), cell);
            }
            Ok(Some((element, _))) => {
                let element = element.code.as_str();
                let message = message!("dhis2-value-twice", element);
                faults.push(*value_fault(*index, "dataElement", element, "VALUE_TWICE", message));
            }
            Err(fault) => faults.push(*fault),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Delivery {
        contract: place.contract.clone(),
        unit_uid: unit.uid.clone(),
        first_day: expected.period.start,
        last_day: None,
        cells: cells.into_iter().collect(),
        note: None,
    })
}

/// The unit and the expected report that the set names.
fn find_report<'r>(
    place: &ReportPlace,
    options: &Dhis2Options,
    Register { reference, covers }: Register<'r>,
) -> Result<(&'r Unit, Expectation), Box<Dhis2Fault>> {
    let ReportPlace { contract: code, unit, period, .. } = place;
    if code.is_empty() {
        let message = message!("dhis2-name-the-contract");
        return Err(place.fault("dataSet", code, "UNKNOWN_CONTRACT", message));
    }
    let Some(contract) = reference.catalogue.contract(code) else {
        let message = message!("dhis2-no-such-contract", code);
        return Err(place.fault("dataSet", code, "UNKNOWN_CONTRACT", message));
    };
    let no_period = || {
        let message = message!("dhis2-period-not-owed", period, code);
        place.fault("period", period, "E7611", message)
    };
    let (first, end) = parse_period(period).ok_or_else(no_period)?;
    let found = options.unit_scheme.find_unit(unit, &reference.org, first);
    let found = found.filter(|unit| covers(unit.id)).ok_or_else(|| {
        let scheme = options.unit_scheme.to_string();
        let message = message!("dhis2-no-such-unit", unit, scheme);
        place.fault("orgUnit", unit, "E7612", message)
    })?;
    // A period of ours that begins or ends on another day has no code there.
    let expected = reference.expectation_from(contract, found.id, first);
    let expected = expected.filter(|one| one.period.end == end).ok_or_else(no_period)?;
    Ok((found, expected))
}

/// One cell; `None`: the value is empty, so the cell stays absent.
fn read_value<'r>(
    index: usize,
    value: &DataValue,
    options: &Dhis2Options,
    reference: &'r ReferenceSnapshot,
) -> Result<Option<(&'r Element, CellValue)>, Box<Dhis2Fault>> {
    let code = value.data_element.as_deref().unwrap_or_default();
    let Some(element) = options.element_scheme.find_element(code, &reference.catalogue) else {
        let message = message!("dhis2-no-such-element", element = code);
        return Err(value_fault(index, "dataElement", code, "E7610", message));
    };
    if let Some(by) = &value.divided_by {
        let message = message!("dhis2-value-divided", element = code, by);
        return Err(value_fault(index, "dataElement", code, "VALUE_DIVIDED", message));
    }
    let text = match &value.value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(Value::Number(number)) if number.is_i64() => number.to_string(),
        Some(other) => {
            let (value, element) = (other.to_string(), code);
            let message = message!("dhis2-value-as-text", value = value.clone(), element);
            return Err(value_fault(index, "value", &value, "E7619", message));
        }
    };
    let figure = match (element.kind, text.as_str()) {
        (ElementKind::EventFlag, "true") => Some(1),
        (ElementKind::EventFlag, "false") => Some(0),
        _ => parse_scaled(&text, element.scale).ok(),
    };
    let figure = figure.ok_or_else(|| {
        let (value, element) = (&text, code);
        let message = message!("dhis2-value-not-read", value, element);
        value_fault(index, "value", &text, "E7619", message)
    })?;
    let is_carried = value.comment.as_deref().is_some_and(|comment| comment.trim() == CARRIED);
    let cell = if is_carried { CellValue::Carried(figure) } else { CellValue::Reported(figure) };
    Ok(Some((element, cell)))
}

fn value_fault(
    index: usize,
    property: &'static str,
    value: &str,
    code: &str,
    message: Message,
) -> Box<Dhis2Fault> {
    let (value, code) = (value.to_owned(), code.to_owned());
    Box::new(Dhis2Fault { indexes: vec![index], property, value, code, message })
}
