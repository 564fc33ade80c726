//! Encodes and decodes waivers.

use super::{RecordError, UnitNumbers, check_field, decode_message, require_field};
use crate::domain::report::ReportKey;
use crate::domain::report::waiver::Waiver;
use crate::domain::support::ids::ContractId;
use crate::pb;
use crate::wire::{enums, values};
use prost::Message as _;

/// Encodes a waiver. Fails if its unit has no number.
pub fn encode_waiver(waiver: &Waiver, units: &UnitNumbers) -> Result<Vec<u8>, RecordError> {
    waiver_to_proto(waiver, units).map(|message| message.encode_to_vec())
}

/// Converts a waiver. Fails if its unit has no number.
pub fn waiver_to_proto(
    waiver: &Waiver,
    units: &UnitNumbers,
) -> Result<pb::WaiverRecord, RecordError> {
    let Waiver { key, reason, state, proposed_day, settled_day } = waiver;
    let ReportKey { contract, unit, period } = key;
    Ok(pb::WaiverRecord {
        report_id: key.id().0.to_vec(),
        contract_id: contract.0.to_vec(),
        unit_number: units.number(unit).ok_or(RecordError::UnknownUnit)?,
        period: Some(values::period_to_proto(period)),
        reason: reason.clone(),
        state: enums::waiver_state_to_proto(*state).into(),
        proposed_day: values::day_to_proto(*proposed_day),
        settled_day: settled_day.map(values::day_to_proto),
    })
}

/// Decodes a waiver. The id of the report is derived from the other fields, so it is ignored.
pub fn decode_waiver(bytes: &[u8], units: &UnitNumbers) -> Result<Waiver, RecordError> {
    let pb::WaiverRecord {
        report_id: _,
        contract_id,
        unit_number,
        period,
        reason,
        state,
        proposed_day,
        settled_day,
    } = decode_message(bytes)?;
    let contract =
        check_field("contract_id", values::id_from_bytes(&contract_id, ContractId::from_slice))?;
    let unit = units.item(unit_number).copied().ok_or(RecordError::UnknownUnit)?;
    let period =
        check_field("period", values::period_from_proto(require_field("period", period)?))?;
    let settled_day = settled_day.map(values::day_from_proto).transpose();
    Ok(Waiver {
        key: ReportKey { contract, unit, period },
        reason,
        state: check_field("state", enums::waiver_state_from_proto(state))?,
        proposed_day: check_field("proposed_day", values::day_from_proto(proposed_day))?,
        settled_day: check_field("settled_day", settled_day)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::waiver::WaiverState;
    use crate::domain::reporting::period::Period;
    use crate::domain::support::ids::UnitId;
    use jiff::civil::date;

    #[test]
    fn a_waiver_is_decoded_as_it_was_encoded() {
        let unit = UnitId::from_code("com");
        let units: UnitNumbers = [(unit, 3)].into_iter().collect();
        for (state, settled_day) in
            [(WaiverState::Proposed, None), (WaiverState::Signed, Some(date(2025, 9, 2)))]
        {
            let waiver = Waiver {
                key: ReportKey {
                    contract: ContractId::from_code("monthly"),
                    unit,
                    period: Period::new("month", date(2025, 7, 1), date(2025, 8, 1)),
                },
                reason: "đơn vị bị ngập".into(),
                state,
                proposed_day: date(2025, 9, 1),
                settled_day,
            };
            let bytes = encode_waiver(&waiver, &units).unwrap();
            assert_eq!(decode_waiver(&bytes, &units), Ok(waiver));
        }
    }
}
