//! Elements, forms, contracts and calendars as bytes.

use super::standing::{fraction, read_fraction};
use super::{BadRecord, ElementNumbers, decode, field, required};
use crate::domain::calendar::{Calendar, CalendarRule};
use crate::domain::element::{Break, Bridge, Element, ElementCode};
use crate::domain::form::{Catalogue, Contract, Form};
use crate::domain::target::Rule;
use crate::pb;
use crate::pb::calendar_record::Rule as Lays;
use crate::wire::{values, words};
use prost::Message as _;

/// The bytes of an element under its number.
#[must_use]
pub fn element(number: u32, element: &Element) -> Vec<u8> {
    let Element {
        code,
        name_vi,
        name_en,
        unit_of_count,
        kind,
        scale,
        min,
        max,
        level,
        coercive,
        shrinkable,
        activity,
        breaks,
    } = element;
    let message = pb::ElementRecord {
        number,
        code: code.as_str().to_owned(),
        name_vi: name_vi.clone(),
        name_en: name_en.clone(),
        unit_of_count: unit_of_count.clone(),
        kind: words::element_kind(*kind).into(),
        scale: u32::from(*scale),
        min_value: *min,
        max_value: *max,
        counting_level: words::counting_level(*level).into(),
        coercive: *coercive,
        shrinkable: *shrinkable,
        activity: *activity,
        breaks: breaks.iter().map(definition_break).collect(),
    };
    message.encode_to_vec()
}

/// Reads the bytes of an element: its number and itself.
pub fn read_element(bytes: &[u8]) -> Result<(u32, Element), BadRecord> {
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
    } = decode(bytes)?;
    if number == 0 {
        return Err(BadRecord::UnknownElement);
    }
    let element = Element {
        code: ElementCode::new(&code).map_err(|_| BadRecord::Field("code"))?,
        name_vi,
        name_en,
        unit_of_count,
        kind: field("kind", words::read_element_kind(kind))?,
        scale: u8::try_from(scale).map_err(|_| BadRecord::Field("scale"))?,
        min: min_value,
        max: max_value,
        level: field("counting_level", words::read_counting_level(counting_level))?,
        coercive,
        shrinkable,
        activity,
        breaks: breaks.into_iter().map(read_break).collect::<Result<_, _>>()?,
    };
    Ok((number, element))
}

fn definition_break(one: &Break) -> pb::DefinitionBreak {
    let (bridge, factor) = match one.bridge {
        Bridge::None => (pb::BridgeMethod::None, None),
        Bridge::Restated => (pb::BridgeMethod::Restated, None),
        Bridge::Ratio(factor) => (pb::BridgeMethod::Ratio, fraction(Some(factor))),
    };
    let (day, evidence_vi) = (values::day(one.on), one.evidence_vi.clone());
    pb::DefinitionBreak { day, bridge: bridge.into(), factor, evidence_vi }
}

fn read_break(message: pb::DefinitionBreak) -> Result<Break, BadRecord> {
    let pb::DefinitionBreak { day, bridge, factor, evidence_vi } = message;
    let bridge = match pb::BridgeMethod::try_from(bridge) {
        Ok(pb::BridgeMethod::None) => Bridge::None,
        Ok(pb::BridgeMethod::Restated) => Bridge::Restated,
        Ok(pb::BridgeMethod::Ratio) => Bridge::Ratio(required("breaks.factor", read_fraction(factor)?)?),
        Ok(pb::BridgeMethod::Unspecified) | Err(_) => return Err(BadRecord::Field("breaks.bridge")),
    };
    Ok(Break { on: field("breaks.day", values::read_day(day))?, bridge, evidence_vi })
}

/// The bytes of a form. Fails when one of its elements has no number.
pub fn form(form: &Form, numbers: &ElementNumbers) -> Result<Vec<u8>, BadRecord> {
    let Form { code, name_vi, name_en, elements, rules } = form;
    let number = |code: &ElementCode| numbers.number(code).ok_or(BadRecord::UnknownElement);
    let message = pb::FormRecord {
        code: code.clone(),
        name_vi: name_vi.clone(),
        name_en: name_en.clone(),
        element_numbers: elements.iter().map(number).collect::<Result<_, _>>()?,
        rules: rules.iter().map(Rule::to_string).collect(),
    };
    Ok(message.encode_to_vec())
}

/// Reads the bytes of a form.
pub fn read_form(bytes: &[u8], numbers: &ElementNumbers) -> Result<Form, BadRecord> {
    let pb::FormRecord { code, name_vi, name_en, element_numbers, rules } = decode(bytes)?;
    let known = |number: u32| numbers.item(number).cloned().ok_or(BadRecord::UnknownElement);
    let elements = element_numbers.into_iter().map(known).collect::<Result<_, _>>()?;
    let rules: Result<_, _> = rules.iter().map(|rule| Rule::parse(rule)).collect();
    Ok(Form { code, name_vi, name_en, elements, rules: rules.map_err(|_| BadRecord::Field("rules"))? })
}

/// The bytes of a reporting contract.
#[must_use]
pub fn contract(contract: &Contract) -> Vec<u8> {
    let Contract { code, form, level, calendar, due_days, grace_days, serves, reviewers } = contract;
    let message = pb::ContractRecord {
        code: code.clone(),
        form: form.clone(),
        level: words::counting_level(*level).into(),
        calendar: calendar.clone(),
        due_days: u32::from(*due_days),
        grace_days: u32::from(*grace_days),
        serves: serves.clone(),
        reviewers: reviewers.iter().map(|level| words::counting_level(*level).into()).collect(),
    };
    message.encode_to_vec()
}

/// Reads the bytes of a reporting contract.
pub fn read_contract(bytes: &[u8]) -> Result<Contract, BadRecord> {
    let pb::ContractRecord { code, form, level, calendar, due_days, grace_days, serves, reviewers } = decode(bytes)?;
    let days = |name, days: u32| u16::try_from(days).map_err(|_| BadRecord::Field(name));
    let reviewers: Result<_, _> = reviewers.into_iter().map(words::read_counting_level).collect();
    Ok(Contract {
        code,
        form,
        level: field("level", words::read_counting_level(level))?,
        calendar,
        due_days: days("due_days", due_days)?,
        grace_days: days("grace_days", grace_days)?,
        serves,
        reviewers: field("reviewers", reviewers)?,
    })
}

/// The bytes of a calendar.
#[must_use]
pub fn calendar(calendar: &Calendar) -> Vec<u8> {
    let Calendar { code, name_vi, name_en, rule } = calendar;
    let rule = match *rule {
        CalendarRule::Days { anchor, length } => {
            Lays::Days(pb::DayRule { anchor_day: values::day(anchor), length: u32::from(length) })
        }
        CalendarRule::Months { day, first_month, months } => Lays::Months(pb::MonthRule {
            months: u32::from(months),
            first_day: u32::from(day),
            first_month: u32::from(first_month),
        }),
    };
    let (code, name_vi, name_en) = (code.clone(), name_vi.clone(), name_en.clone());
    pb::CalendarRecord { code, name_vi, name_en, rule: Some(rule) }.encode_to_vec()
}

/// Reads the bytes of a calendar; a rule that is not possible is refused.
pub fn read_calendar(bytes: &[u8]) -> Result<Calendar, BadRecord> {
    let pb::CalendarRecord { code, name_vi, name_en, rule } = decode(bytes)?;
    let small = |value: u32| u8::try_from(value).map_err(|_| BadRecord::Field("rule"));
    let rule = match required("rule", rule)? {
        Lays::Days(pb::DayRule { anchor_day, length }) => CalendarRule::Days {
            anchor: field("rule.anchor_day", values::read_day(anchor_day))?,
            length: u16::try_from(length).map_err(|_| BadRecord::Field("rule.length"))?,
        },
        Lays::Months(pb::MonthRule { months, first_day, first_month }) => {
            CalendarRule::Months { day: small(first_day)?, first_month: small(first_month)?, months: small(months)? }
        }
    };
    let calendar = Calendar { code, name_vi, name_en, rule };
    if calendar.check().is_empty() { Ok(calendar) } else { Err(BadRecord::Field("rule")) }
}

/// Reads the bytes of all elements, forms and contracts: the catalogue, and the numbers of its elements.
pub fn read_catalogue<'b>(
    elements: impl IntoIterator<Item = &'b [u8]>,
    forms: impl IntoIterator<Item = &'b [u8]>,
    contracts: impl IntoIterator<Item = &'b [u8]>,
) -> Result<(Catalogue, ElementNumbers), BadRecord> {
    let mut catalogue = Catalogue::default();
    let mut numbers = ElementNumbers::default();
    for bytes in elements {
        let (number, element) = read_element(bytes)?;
        numbers.insert(element.code.clone(), number);
        catalogue.elements.push(element);
    }
    for bytes in forms {
        catalogue.forms.push(read_form(bytes, &numbers)?);
    }
    for bytes in contracts {
        catalogue.contracts.push(read_contract(bytes)?);
    }
    Ok((catalogue, numbers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::Calendars;
    use crate::domain::element::{CountingLevel, ElementKind};

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
            level: CountingLevel::Commune,
            coercive: false,
            shrinkable: true,
            activity: false,
            breaks: vec![Break {
                on: jiff::civil::date(2025, 1, 15),
                bridge: Bridge::Ratio(crate::domain::ratio::Ratio::new(4, 5).unwrap()),
                evidence_vi: "TT 88/2024/TT-BCA".into(),
            }],
        }
    }

    #[test]
    fn a_catalogue_is_read_back_as_it_was() {
        let weekly = Form {
            code: "tuan-xa".into(),
            name_vi: "Báo cáo tuần".into(),
            name_en: "Weekly report".into(),
            elements: vec![offences().code],
            rules: vec![Rule::parse("so_offences <= so_offences").unwrap()],
        };
        let contract_of = Contract {
            code: "tuan-xa".into(),
            form: "tuan-xa".into(),
            level: CountingLevel::Commune,
            calendar: "week".into(),
            due_days: 2,
            grace_days: 1,
            serves: vec!["stat-month".into()],
            reviewers: vec![CountingLevel::District, CountingLevel::Province],
        };
        let numbers: ElementNumbers = [(offences().code, 1)].into_iter().collect();
        let bytes = [element(1, &offences()), form(&weekly, &numbers).unwrap(), contract(&contract_of)];
        let [elements, forms, contracts] = bytes.each_ref().map(|one| [one.as_slice()]);
        let catalogue = Catalogue { elements: vec![offences()], forms: vec![weekly], contracts: vec![contract_of] };
        assert_eq!(read_catalogue(elements, forms, contracts), Ok((catalogue, numbers)));
        assert_eq!(read_catalogue([], forms, contracts), Err(BadRecord::UnknownElement));
    }

    #[test]
    fn every_standard_calendar_is_read_back_as_it_was() {
        for one in Calendars::standard().iter() {
            assert_eq!(read_calendar(&calendar(one)).as_ref(), Ok(one));
        }
        assert!(read_calendar(&[]).is_err());
    }
}
