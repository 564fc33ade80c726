//! Encodes and decodes hand-overs of stocks.

use super::{ElementNumbers, RecordError, UnitNumbers, check_field, decode_message};
use crate::domain::org::{HandoverLine, StockHandover};
use crate::domain::support::ids::UnitId;
use crate::pb;
use crate::wire::{enums, values};
use prost::Message as _;

/// Encodes a hand-over. Fails if a unit or an element has no number.
pub fn encode_handover(
    handover: &StockHandover,
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<Vec<u8>, RecordError> {
    Ok(handover_to_proto(handover, units, elements)?.encode_to_vec())
}

/// Converts a hand-over.
pub fn handover_to_proto(
    handover: &StockHandover,
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<pb::HandoverRecord, RecordError> {
    let StockHandover { effective_day, basis, lines, state, proposed_day, settled_day } = handover;
    let unit = |unit: &UnitId| units.number(unit).ok_or(RecordError::UnknownUnit);
    let line = |HandoverLine { from, to, element, amount }: &HandoverLine| {
        Ok(pb::HandoverLine {
            from_unit_number: unit(from)?,
            to_unit_number: unit(to)?,
            element_number: elements.number(element).ok_or(RecordError::UnknownElement)?,
            amount: *amount,
        })
    };
    Ok(pb::HandoverRecord {
        effective_day: values::day_to_proto(*effective_day),
        basis: basis.clone(),
        lines: lines.iter().map(line).collect::<Result<_, RecordError>>()?,
        state: enums::handover_state_to_proto(*state).into(),
        proposed_day: values::day_to_proto(*proposed_day),
        settled_day: settled_day.map(values::day_to_proto),
    })
}

/// Decodes a hand-over.
pub fn decode_handover(
    bytes: &[u8],
    units: &UnitNumbers,
    elements: &ElementNumbers,
) -> Result<StockHandover, RecordError> {
    let pb::HandoverRecord { effective_day, basis, lines, state, proposed_day, settled_day } =
        decode_message(bytes)?;
    let unit = |number| units.item(number).copied().ok_or(RecordError::UnknownUnit);
    let line = |one: pb::HandoverLine| {
        let pb::HandoverLine { from_unit_number, to_unit_number, element_number, amount } = one;
        let element = elements.item(element_number).cloned().ok_or(RecordError::UnknownElement)?;
        let (from, to) = (unit(from_unit_number)?, unit(to_unit_number)?);
        Ok(HandoverLine { from, to, element, amount })
    };
    let settled_day = settled_day.map(values::day_from_proto).transpose();
    Ok(StockHandover {
        effective_day: check_field("effective_day", values::day_from_proto(effective_day))?,
        basis,
        lines: lines.into_iter().map(line).collect::<Result<_, RecordError>>()?,
        state: check_field("state", enums::handover_state_from_proto(state))?,
        proposed_day: check_field("proposed_day", values::day_from_proto(proposed_day))?,
        settled_day: check_field("settled_day", settled_day)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::org::HandoverState;
    use crate::domain::report::element::ElementCode;
    use jiff::civil::date;

    #[test]
    fn a_hand_over_is_decoded_as_it_was_encoded() {
        let (from, to) = (UnitId::from_code("dist"), UnitId::from_code("prov"));
        let units: UnitNumbers = [(from, 3), (to, 1)].into_iter().collect();
        let element = ElementCode::new("suspended_cases").unwrap();
        let elements: ElementNumbers = [(element.clone(), 7)].into_iter().collect();
        let lines = vec![HandoverLine { from, to, element, amount: 30 }];
        let (day, basis) = (date(2025, 3, 1), "Biên bản số 1");
        let proposed = StockHandover::propose(day, basis, lines, None, day).unwrap();
        let signed = proposed.clone().settle(true, date(2025, 3, 3)).unwrap();
        assert_eq!(signed.state, HandoverState::Signed);
        for handover in [proposed, signed] {
            let bytes = encode_handover(&handover, &units, &elements).unwrap();
            assert_eq!(decode_handover(&bytes, &units, &elements), Ok(handover));
        }
    }
}
