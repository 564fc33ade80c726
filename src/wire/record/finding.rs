//! Findings as bytes.

use super::{BadRecord, ElementNumbers, UnitNumbers, decode, field, required};
use crate::domain::quality::{Finding, Reply, Rule};
use crate::domain::window::Window;
use crate::pb;
use crate::wire::{values, words};
use prost::Message as _;

/// The bytes of a finding. Fails when its unit or element has no number.
pub fn finding(finding: &Finding, units: &UnitNumbers, elements: &ElementNumbers) -> Result<Vec<u8>, BadRecord> {
    finding_message(finding, units, elements).map(|message| message.encode_to_vec())
}

/// The message of a finding. Fails when its unit or element has no number.
pub fn finding_message(
    finding: &Finding,
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<pb::FindingRecord, BadRecord> {
    let Finding { rule, unit, element, window, evidence, strength, chance, asked, state, reply, shared } = finding;
    let number = element.as_ref().map(|code| elements.number(code).ok_or(BadRecord::UnknownElement)).transpose()?;
    Ok(pb::FindingRecord {
        rule: rule.as_str().to_owned(),
        unit_number: units.number(unit).ok_or(BadRecord::UnknownUnit)?,
        element_number: number.unwrap_or(0),
        start_day: values::day(window.start),
        end_day: values::day(window.end),
        evidence: evidence.clone(),
        strength: *strength,
        chance_per_billion: *chance,
        asked_day: values::day(*asked),
        state: words::finding_state(*state).into(),
        reply: reply.as_ref().map_or_else(String::new, |reply| reply.text.clone()),
        reply_day: reply.as_ref().map(|reply| values::day(reply.day)),
        shared: *shared,
    })
}

/// Reads the bytes of a finding.
pub fn read_finding(bytes: &[u8], units: &UnitNumbers, elements: &ElementNumbers) -> Result<Finding, BadRecord> {
    let pb::FindingRecord {
        rule,
        unit_number,
        element_number,
        start_day,
        end_day,
        evidence,
        strength,
        chance_per_billion,
        asked_day,
        state,
        reply,
        reply_day,
        shared,
    } = decode(bytes)?;
    let start = field("start_day", values::read_day(start_day))?;
    let end = field("end_day", values::read_day(end_day))?;
    let element = match element_number {
        0 => None,
        number => Some(elements.item(number).cloned().ok_or(BadRecord::UnknownElement)?),
    };
    let day = reply_day.map(|day| field("reply_day", values::read_day(day))).transpose()?;
    Ok(Finding {
        rule: required("rule", Rule::parse(&rule))?,
        unit: units.item(unit_number).copied().ok_or(BadRecord::UnknownUnit)?,
        element,
        window: required("end_day", Window::new(start, end))?,
        evidence,
        strength,
        chance: chance_per_billion,
        asked: field("asked_day", values::read_day(asked_day))?,
        state: field("state", words::read_finding_state(state))?,
        reply: day.map(|day| Reply { text: reply, day }),
        shared,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::element::ElementCode;
    use crate::domain::ids::UnitId;
    use crate::domain::quality::FindingState;
    use jiff::civil::date;

    #[test]
    fn findings_are_read_back_as_they_were() {
        let units: UnitNumbers = [(UnitId::named("com"), 3)].into_iter().collect();
        let code = ElementCode::new("so_offences").unwrap();
        let elements: ElementNumbers = [(code.clone(), 7)].into_iter().collect();
        let open = Finding {
            rule: Rule::Outlier,
            unit: UnitId::named("com"),
            element: Some(code),
            window: Window { start: date(2024, 9, 2), end: date(2024, 9, 9) },
            evidence: vec![0, 1, 41],
            strength: 1283,
            chance: 2,
            asked: date(2024, 9, 12),
            state: FindingState::Open,
            reply: None,
            shared: false,
        };
        let words = Reply { text: "Đã kiểm tra".into(), day: date(2024, 9, 13) };
        let replied = open.clone().replied(FindingState::Explained, words).unwrap();
        for kept in [Finding { element: None, ..open.clone() }, open, replied] {
            assert_eq!(read_finding(&finding(&kept, &units, &elements).unwrap(), &units, &elements), Ok(kept));
        }
    }
}
