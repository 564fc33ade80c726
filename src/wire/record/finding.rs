//! Encodes and decodes findings.

use super::{ElementNumbers, RecordError, UnitNumbers, check_field, decode_message, require_field};
use crate::domain::quality::{Finding, FindingReply, QualityRule};
use crate::domain::reporting::window::DateWindow;
use crate::pb;
use crate::wire::{enums, values};
use prost::Message as _;

/// Encodes a finding. Fails if its unit or element has no number.
pub fn encode_finding(
    finding: &Finding,
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<Vec<u8>, RecordError> {
    finding_to_proto(finding, units, elements).map(|message| message.encode_to_vec())
}

/// Converts a finding. Fails if its unit or element has no number.
pub fn finding_to_proto(
    finding: &Finding,
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<pb::FindingRecord, RecordError> {
    let Finding {
        rule,
        unit,
        element,
        window,
        evidence,
        strength,
        chance_per_billion,
        asked_day,
        state,
        reply,
        shared,
    } = finding;
    let number = element
        .as_ref()
        .map(|code| elements.number(code).ok_or(RecordError::UnknownElement))
        .transpose()?;
    Ok(pb::FindingRecord {
        rule: rule.as_str().to_owned(),
        unit_number: units.number(unit).ok_or(RecordError::UnknownUnit)?,
        element_number: number.unwrap_or(0),
        start_day: values::day_to_proto(window.start),
        end_day: values::day_to_proto(window.end),
        evidence: evidence.clone(),
        strength: *strength,
        chance_per_billion: *chance_per_billion,
        asked_day: values::day_to_proto(*asked_day),
        state: enums::finding_state_to_proto(*state).into(),
        reply: reply.as_ref().map_or_else(String::new, |reply| reply.text.clone()),
        reply_day: reply.as_ref().map(|reply| values::day_to_proto(reply.day)),
        shared: *shared,
    })
}

/// Decodes a finding.
pub fn decode_finding(
    bytes: &[u8],
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<Finding, RecordError> {
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
    } = decode_message(bytes)?;
    let start = check_field("start_day", values::day_from_proto(start_day))?;
    let end = check_field("end_day", values::day_from_proto(end_day))?;
    let element = match element_number {
        0 => None,
        number => Some(elements.item(number).cloned().ok_or(RecordError::UnknownElement)?),
    };
    let day =
        reply_day.map(|day| check_field("reply_day", values::day_from_proto(day))).transpose()?;
    Ok(Finding {
        rule: require_field("rule", QualityRule::parse(&rule))?,
        unit: units.item(unit_number).copied().ok_or(RecordError::UnknownUnit)?,
        element,
        window: require_field("end_day", DateWindow::new(start, end))?,
        evidence,
        strength,
        chance_per_billion,
        asked_day: check_field("asked_day", values::day_from_proto(asked_day))?,
        state: check_field("state", enums::finding_state_from_proto(state))?,
        reply: day.map(|day| FindingReply { text: reply, day }),
        shared,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::quality::FindingState;
    use crate::domain::report::element::ElementCode;
    use crate::domain::support::ids::UnitId;
    use jiff::civil::date;

    #[test]
    fn findings_are_decoded_as_they_were_encoded() {
        let units: UnitNumbers = [(UnitId::from_code("com"), 3)].into_iter().collect();
        let code = ElementCode::new("so_offences").unwrap();
        let elements: ElementNumbers = [(code.clone(), 7)].into_iter().collect();
        let open = Finding {
            rule: QualityRule::Outlier,
            unit: UnitId::from_code("com"),
            element: Some(code),
            window: DateWindow { start: date(2024, 9, 2), end: date(2024, 9, 9) },
            evidence: vec![0, 1, 41],
            strength: 1283,
            chance_per_billion: 2,
            asked_day: date(2024, 9, 12),
            state: FindingState::Open,
            reply: None,
            shared: false,
        };
        let reply = FindingReply { text: "Đã kiểm tra".into(), day: date(2024, 9, 13) };
        let replied = open.clone().with_reply(FindingState::Explained, reply).unwrap();
        for stored in [Finding { element: None, ..open.clone() }, open, replied] {
            assert_eq!(
                decode_finding(
                    &encode_finding(&stored, &units, &elements).unwrap(),
                    &units,
                    &elements
                ),
                Ok(stored)
            );
        }
    }
}
