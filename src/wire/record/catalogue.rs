//! Encodes and decodes fields of work, elements, forms, reporting contracts and calendars.

use super::standing::{fraction_from_proto, fraction_to_proto};
use super::{ElementNumbers, RecordError, check_field, decode_message, require_field};
use crate::domain::report::counting_levels::{CountingLevels, LevelChange};
use crate::domain::report::element::{BridgeMethod, DefinitionBreak, Element, ElementCode};
use crate::domain::report::field_of_work::FieldOfWork;
use crate::domain::report::form::{Catalogue, Contract, EarlyReports, Form};
use crate::domain::reporting::calendar::{Calendar, CalendarRule, Calendars};
use crate::domain::target_rule::FormRuleExpr;
use crate::pb;
use crate::pb::calendar_record::Rule as CalendarRuleMessage;
use crate::pb::catalogue_entry::Entry as CatalogueEntry;
use crate::wire::{enums, values};
use prost::Message as _;

/// Encodes a field of work.
#[must_use]
pub fn encode_field(field: &FieldOfWork) -> Vec<u8> {
    let FieldOfWork { code, name_vi, name_en } = field.clone();
    pb::FieldOfWorkRecord { code, name_vi, name_en }.encode_to_vec()
}

/// Decodes a field of work.
pub fn decode_field(bytes: &[u8]) -> Result<FieldOfWork, RecordError> {
    let pb::FieldOfWorkRecord { code, name_vi, name_en } = decode_message(bytes)?;
    Ok(FieldOfWork { code, name_vi, name_en })
}

/// Encodes an element with its number.
#[must_use]
pub fn encode_element(number: u32, element: &Element) -> Vec<u8> {
    let Element {
        code,
        name_vi,
        name_en,
        unit_of_count,
        kind,
        scale,
        min,
        max,
        levels,
        coercive,
        shrinkable,
        activity,
        opening_of,
        breaks,
    } = element;
    let message = pb::ElementRecord {
        number,
        code: code.as_str().to_owned(),
        name_vi: name_vi.clone(),
        name_en: name_en.clone(),
        unit_of_count: unit_of_count.clone(),
        kind: enums::element_kind_to_proto(*kind).into(),
        scale: u32::from(*scale),
        min_value: *min,
        max_value: *max,
        counting_level: enums::counting_level_to_proto(levels.first).into(),
        coercive: *coercive,
        shrinkable: *shrinkable,
        activity: *activity,
        opening_of: opening_of.as_ref().map_or_else(String::new, |of| of.as_str().to_owned()),
        breaks: breaks.iter().map(break_to_proto).collect(),
        level_changes: level_changes_to_proto(levels),
    };
    message.encode_to_vec()
}

/// Decodes an element and its number.
pub fn decode_element(bytes: &[u8]) -> Result<(u32, Element), RecordError> {
    let pb::ElementRecord {
        number,
        code,
        name_vi,
        name_en,
        unit_of_count,
        kind,
        scale,
        min_value,
        max_value,
        counting_level,
        coercive,
        shrinkable,
        activity,
        breaks,
        opening_of,
        level_changes,
    } = decode_message(bytes)?;
    if number == 0 {
        return Err(RecordError::UnknownElement);
    }
    let opening_of = match opening_of.as_str() {
        "" => None,
        code => Some(ElementCode::new(code).map_err(|_| RecordError::Field("opening_of"))?),
    };
    let element = Element {
        code: ElementCode::new(&code).map_err(|_| RecordError::Field("code"))?,
        name_vi,
        name_en,
        unit_of_count,
        kind: check_field("kind", enums::element_kind_from_proto(kind))?,
        scale: u8::try_from(scale).map_err(|_| RecordError::Field("scale"))?,
        min: min_value,
        max: max_value,
        levels: levels_from_proto("counting_level", counting_level, level_changes)?,
        coercive,
        shrinkable,
        activity,
        opening_of,
        breaks: breaks.into_iter().map(break_from_proto).collect::<Result<_, _>>()?,
    };
    Ok((number, element))
}

fn level_changes_to_proto(levels: &CountingLevels) -> Vec<pb::LevelChange> {
    let change = |LevelChange { on, level }: &LevelChange| pb::LevelChange {
        day: values::day_to_proto(*on),
        level: enums::counting_level_to_proto(*level).into(),
    };
    levels.changes.iter().map(change).collect()
}

fn levels_from_proto(
    field: &'static str,
    first: i32,
    changes: Vec<pb::LevelChange>,
) -> Result<CountingLevels, RecordError> {
    let change = |pb::LevelChange { day, level }: pb::LevelChange| {
        let on = check_field("level_changes.day", values::day_from_proto(day))?;
        let level = enums::counting_level_from_proto(level);
        Ok(LevelChange { on, level: check_field("level_changes.level", level)? })
    };
    let levels = CountingLevels {
        first: check_field(field, enums::counting_level_from_proto(first))?,
        changes: changes.into_iter().map(change).collect::<Result<_, RecordError>>()?,
    };
    match levels.check(field) {
        None => Ok(levels),
        Some(_) => Err(RecordError::Field("level_changes")),
    }
}

fn break_to_proto(definition_break: &DefinitionBreak) -> pb::DefinitionBreak {
    let (bridge, factor) = match definition_break.bridge {
        BridgeMethod::None => (pb::BridgeMethod::None, None),
        BridgeMethod::Restated => (pb::BridgeMethod::Restated, None),
        BridgeMethod::Ratio(factor) => (pb::BridgeMethod::Ratio, fraction_to_proto(Some(factor))),
    };
    let (day, evidence_vi) =
        (values::day_to_proto(definition_break.on), definition_break.evidence_vi.clone());
    pb::DefinitionBreak { day, bridge: bridge.into(), factor, evidence_vi }
}

fn break_from_proto(message: pb::DefinitionBreak) -> Result<DefinitionBreak, RecordError> {
    let pb::DefinitionBreak { day, bridge, factor, evidence_vi } = message;
    let bridge = match pb::BridgeMethod::try_from(bridge) {
        Ok(pb::BridgeMethod::None) => BridgeMethod::None,
        Ok(pb::BridgeMethod::Restated) => BridgeMethod::Restated,
        Ok(pb::BridgeMethod::Ratio) => {
            BridgeMethod::Ratio(require_field("breaks.factor", fraction_from_proto(factor)?)?)
        }
        Ok(pb::BridgeMethod::Unspecified) | Err(_) => {
            return Err(RecordError::Field("breaks.bridge"));
        }
    };
    Ok(DefinitionBreak {
        on: check_field("breaks.day", values::day_from_proto(day))?,
        bridge,
        evidence_vi,
    })
}

/// Encodes a form. Fails if one of its elements has no number.
pub fn encode_form(form: &Form, numbers: &ElementNumbers) -> Result<Vec<u8>, RecordError> {
    let Form { code, name_vi, name_en, elements, rules } = form;
    let number = |code: &ElementCode| numbers.number(code).ok_or(RecordError::UnknownElement);
    let message = pb::FormRecord {
        code: code.clone(),
        name_vi: name_vi.clone(),
        name_en: name_en.clone(),
        element_numbers: elements.iter().map(number).collect::<Result<_, _>>()?,
        rules: rules.iter().map(FormRuleExpr::to_string).collect(),
    };
    Ok(message.encode_to_vec())
}

/// Decodes a form.
pub fn decode_form(bytes: &[u8], numbers: &ElementNumbers) -> Result<Form, RecordError> {
    let pb::FormRecord { code, name_vi, name_en, element_numbers, rules } = decode_message(bytes)?;
    let find_code = |number: u32| numbers.item(number).cloned().ok_or(RecordError::UnknownElement);
    let elements = element_numbers.into_iter().map(find_code).collect::<Result<_, _>>()?;
    let rules: Result<_, _> = rules.iter().map(|rule| FormRuleExpr::parse(rule)).collect();
    Ok(Form {
        code,
        name_vi,
        name_en,
        elements,
        rules: rules.map_err(|_| RecordError::Field("rules"))?,
    })
}

/// Encodes a reporting contract.
#[must_use]
pub fn encode_contract(contract: &Contract) -> Vec<u8> {
    let Contract { code, form, levels, calendar, due_days, grace_days, early, serves, reviewers } =
        contract;
    let message = pb::ContractRecord {
        code: code.clone(),
        form: form.clone(),
        level: enums::counting_level_to_proto(levels.first).into(),
        calendar: calendar.clone(),
        due_days: u32::from(*due_days),
        grace_days: u32::from(*grace_days),
        serves: serves.clone(),
        reviewers: reviewers
            .iter()
            .map(|level| enums::counting_level_to_proto(*level).into())
            .collect(),
        early_allowed: *early == EarlyReports::Allowed,
        level_changes: level_changes_to_proto(levels),
    };
    message.encode_to_vec()
}

/// Decodes a reporting contract.
pub fn decode_contract(bytes: &[u8]) -> Result<Contract, RecordError> {
    let pb::ContractRecord {
        code,
        form,
        level,
        calendar,
        due_days,
        grace_days,
        serves,
        reviewers,
        early_allowed,
        level_changes,
    } = decode_message(bytes)?;
    let to_days = |name, days: u32| u16::try_from(days).map_err(|_| RecordError::Field(name));
    let reviewers: Result<_, _> =
        reviewers.into_iter().map(enums::counting_level_from_proto).collect();
    Ok(Contract {
        code,
        form,
        levels: levels_from_proto("level", level, level_changes)?,
        calendar,
        due_days: to_days("due_days", due_days)?,
        grace_days: to_days("grace_days", grace_days)?,
        early: if early_allowed { EarlyReports::Allowed } else { EarlyReports::Refused },
        serves,
        reviewers: check_field("reviewers", reviewers)?,
    })
}

/// Encodes a calendar.
#[must_use]
pub fn encode_calendar(calendar: &Calendar) -> Vec<u8> {
    let Calendar { code, name_vi, name_en, rule } = calendar;
    let rule = match *rule {
        CalendarRule::Days { anchor, length } => CalendarRuleMessage::Days(pb::DayRule {
            anchor_day: values::day_to_proto(anchor),
            length: u32::from(length),
        }),
        CalendarRule::Months { day, first_month, months } => {
            CalendarRuleMessage::Months(pb::MonthRule {
                months: u32::from(months),
                first_day: u32::from(day),
                first_month: u32::from(first_month),
            })
        }
    };
    let (code, name_vi, name_en) = (code.clone(), name_vi.clone(), name_en.clone());
    pb::CalendarRecord { code, name_vi, name_en, rule: Some(rule) }.encode_to_vec()
}

/// Decodes a calendar; an impossible rule is refused.
pub fn decode_calendar(bytes: &[u8]) -> Result<Calendar, RecordError> {
    let pb::CalendarRecord { code, name_vi, name_en, rule } = decode_message(bytes)?;
    let to_u8 = |value: u32| u8::try_from(value).map_err(|_| RecordError::Field("rule"));
    let rule = match require_field("rule", rule)? {
        CalendarRuleMessage::Days(pb::DayRule { anchor_day, length }) => CalendarRule::Days {
            anchor: check_field("rule.anchor_day", values::day_from_proto(anchor_day))?,
            length: u16::try_from(length).map_err(|_| RecordError::Field("rule.length"))?,
        },
        CalendarRuleMessage::Months(pb::MonthRule { months, first_day, first_month }) => {
            CalendarRule::Months {
                day: to_u8(first_day)?,
                first_month: to_u8(first_month)?,
                months: to_u8(months)?,
            }
        }
    };
    let calendar = Calendar { code, name_vi, name_en, rule };
    if calendar.check().is_empty() { Ok(calendar) } else { Err(RecordError::Field("rule")) }
}

/// Decodes all fields, elements, forms and contracts into the catalogue and the numbers of its
/// elements.
pub fn decode_catalogue<'b>(
    fields: impl IntoIterator<Item = &'b [u8]>,
    elements: impl IntoIterator<Item = &'b [u8]>,
    forms: impl IntoIterator<Item = &'b [u8]>,
    contracts: impl IntoIterator<Item = &'b [u8]>,
) -> Result<(Catalogue, ElementNumbers), RecordError> {
    let fields = fields.into_iter().map(decode_field).collect::<Result<_, _>>()?;
    let mut catalogue = Catalogue { fields, ..Catalogue::default() };
    let mut numbers = ElementNumbers::default();
    for bytes in elements {
        let (number, element) = decode_element(bytes)?;
        numbers.insert(element.code.clone(), number);
        catalogue.elements.push(element);
    }
    for bytes in forms {
        catalogue.forms.push(decode_form(bytes, &numbers)?);
    }
    for bytes in contracts {
        catalogue.contracts.push(decode_contract(bytes)?);
    }
    Ok((catalogue, numbers))
}

/// Converts fields, elements, forms, contracts and calendars into entries, in this order.
///
/// # Errors
/// An element has no number.
pub fn catalogue_to_entries(
    catalogue: &Catalogue,
    calendars: &Calendars,
    numbers: &ElementNumbers,
) -> Result<Vec<CatalogueEntry>, RecordError> {
    let number =
        |element: &Element| numbers.number(&element.code).ok_or(RecordError::UnknownElement);
    let mut entries = Vec::new();
    for field in &catalogue.fields {
        entries.push(CatalogueEntry::FieldOfWork(decode_message(&encode_field(field))?));
    }
    for element in &catalogue.elements {
        let bytes = encode_element(number(element)?, element);
        entries.push(CatalogueEntry::Element(decode_message(&bytes)?));
    }
    for form in &catalogue.forms {
        entries.push(CatalogueEntry::Form(decode_message(&encode_form(form, numbers)?)?));
    }
    for contract in &catalogue.contracts {
        entries.push(CatalogueEntry::Contract(decode_message(&encode_contract(contract))?));
    }
    for calendar in calendars.iter() {
        entries.push(CatalogueEntry::Calendar(decode_message(&encode_calendar(calendar))?));
    }
    Ok(entries)
}

/// Reads entries into the catalogue, its calendars and the numbers of its elements.
///
/// # Errors
/// An entry is not a record of its kind.
pub fn catalogue_from_entries(
    entries: impl IntoIterator<Item = CatalogueEntry>,
) -> Result<(Catalogue, Vec<Calendar>, ElementNumbers), RecordError> {
    let mut records: [Vec<Vec<u8>>; 4] = Default::default();
    let mut calendars = Vec::new();
    for entry in entries {
        match entry {
            CatalogueEntry::FieldOfWork(record) => records[0].push(record.encode_to_vec()),
            CatalogueEntry::Element(record) => records[1].push(record.encode_to_vec()),
            CatalogueEntry::Form(record) => records[2].push(record.encode_to_vec()),
            CatalogueEntry::Contract(record) => records[3].push(record.encode_to_vec()),
            CatalogueEntry::Calendar(record) => {
                calendars.push(decode_calendar(&record.encode_to_vec())?);
            }
        }
    }
    let [fields, elements, forms, contracts] =
        records.each_ref().map(|kind| kind.iter().map(Vec::as_slice));
    let (catalogue, numbers) = decode_catalogue(fields, elements, forms, contracts)?;
    Ok((catalogue, calendars, numbers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::element::{CountingLevel, ElementKind};
    use crate::domain::reporting::calendar::Calendars;

    fn moved() -> CountingLevels {
        let on = jiff::civil::date(2025, 3, 1);
        let changes = vec![LevelChange { on, level: CountingLevel::Commune }];
        CountingLevels { first: CountingLevel::District, changes }
    }

    fn offences() -> Element {
        Element {
            code: ElementCode::new("so_offences").unwrap(),
            name_vi: "Số vụ phạm tội về trật tự xã hội".into(),
            name_en: "Social-order offences".into(),
            unit_of_count: "vụ".into(),
            kind: ElementKind::Flow,
            scale: 0,
            min: 0,
            max: 500,
            levels: moved(),
            coercive: false,
            shrinkable: true,
            activity: false,
            opening_of: Some(ElementCode::new("so_pending").unwrap()),
            breaks: vec![DefinitionBreak {
                on: jiff::civil::date(2025, 1, 15),
                bridge: BridgeMethod::Ratio(
                    crate::domain::support::ratio::Ratio::new(4, 5).unwrap(),
                ),
                evidence_vi: "TT 88/2024/TT-BCA".into(),
            }],
        }
    }

    #[test]
    fn a_catalogue_is_decoded_as_it_was_encoded() {
        let weekly = Form {
            code: "tuan-xa".into(),
            name_vi: "Báo cáo tuần".into(),
            name_en: "Weekly report".into(),
            elements: vec![offences().code],
            rules: vec![FormRuleExpr::parse("so_offences <= so_offences").unwrap()],
        };
        let contract = Contract {
            code: "tuan-xa".into(),
            form: "tuan-xa".into(),
            levels: moved(),
            calendar: "week".into(),
            due_days: 2,
            grace_days: 1,
            early: EarlyReports::Allowed,
            serves: vec!["stat-month".into()],
            reviewers: vec![CountingLevel::District, CountingLevel::Province],
        };
        let numbers: ElementNumbers = [(offences().code, 1)].into_iter().collect();
        let bytes = [
            encode_element(1, &offences()),
            encode_form(&weekly, &numbers).unwrap(),
            encode_contract(&contract),
        ];
        let [elements, forms, contracts] = bytes.each_ref().map(|one| [one.as_slice()]);
        let field = FieldOfWork {
            code: "PHONG_BENH".into(),
            name_vi: "Phòng bệnh".into(),
            name_en: "Prevention".into(),
        };
        let fields = encode_field(&field);
        let fields = [fields.as_slice()];
        let catalogue = Catalogue {
            fields: vec![field],
            elements: vec![offences()],
            forms: vec![weekly],
            contracts: vec![contract],
        };
        assert_eq!(decode_catalogue(fields, elements, forms, contracts), Ok((catalogue, numbers)));
        assert_eq!(
            decode_catalogue(fields, [], forms, contracts),
            Err(RecordError::UnknownElement)
        );
    }

    #[test]
    fn every_standard_calendar_is_decoded_as_it_was_encoded() {
        for one in Calendars::standard().iter() {
            assert_eq!(decode_calendar(&encode_calendar(one)).as_ref(), Ok(one));
        }
        assert!(decode_calendar(&[]).is_err());
    }
}
