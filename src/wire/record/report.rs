//! Encodes and decodes reports.

use super::{RecordError, UnitNumbers, check_field, decode_message, require_field};
use crate::domain::report::cell::Cells;
use crate::domain::report::{Report, ReportKey};
use crate::domain::support::ids::{ContractId, UnitId};
use crate::pb;
use crate::wire::{enums, values};
use prost::Message as _;

/// Encodes a report. Fails if a unit has no number.
pub fn encode_report(report: &Report, units: &UnitNumbers) -> Result<Vec<u8>, RecordError> {
    report_to_proto(report, units).map(|message| message.encode_to_vec())
}

/// Converts a report. Fails if a unit has no number.
pub fn report_to_proto(
    report: &Report,
    units: &UnitNumbers,
) -> Result<pb::ReportRecord, RecordError> {
    let Report { key, acting_unit, state, cells, nil, note, received_day, late, question, source } =
        report;
    let ReportKey { contract, unit, period } = key;
    let number = |unit: &UnitId| units.number(unit).ok_or(RecordError::UnknownUnit);
    Ok(pb::ReportRecord {
        contract_id: contract.0.to_vec(),
        unit_number: number(unit)?,
        acting_unit_number: number(acting_unit)?,
        period: Some(values::period_to_proto(period)),
        state: enums::state_to_proto(*state).into(),
        nil: *nil,
        cells: cells
            .iter()
            .map(|(element, value)| values::cell_to_proto(*element, *value))
            .collect(),
        note: note.clone(),
        content_hash: report.content_hash().0.to_vec(),
        late: *late,
        received_day: received_day.map(values::day_to_proto),
        question: question.as_ref().map(values::question_to_proto),
        source: source.clone(),
    })
}

/// Decodes a report. The content hash is derived from the other fields, so it is ignored.
pub fn decode_report(bytes: &[u8], units: &UnitNumbers) -> Result<Report, RecordError> {
    report_from_proto(decode_message(bytes)?, units)
}

/// Converts the message of a report.
fn report_from_proto(
    message: pb::ReportRecord,
    units: &UnitNumbers,
) -> Result<Report, RecordError> {
    let pb::ReportRecord {
        contract_id,
        unit_number,
        acting_unit_number,
        period,
        state,
        nil,
        cells,
        note,
        content_hash: _,
        late,
        received_day,
        question,
        source,
    } = message;
    let unit = |number: u32| units.item(number).copied().ok_or(RecordError::UnknownUnit);
    let key = ReportKey {
        contract: check_field(
            "contract_id",
            values::id_from_bytes(&contract_id, ContractId::from_slice),
        )?,
        unit: unit(unit_number)?,
        period: check_field("period", values::period_from_proto(require_field("period", period)?))?,
    };
    let cells: Result<Cells, _> = cells.into_iter().map(values::cell_from_proto).collect();
    Ok(Report {
        key,
        acting_unit: unit(acting_unit_number)?,
        state: check_field("state", enums::state_from_proto(state))?,
        cells: check_field("cells", cells)?,
        nil,
        note,
        received_day: check_field(
            "received_day",
            received_day.map(values::day_from_proto).transpose(),
        )?,
        late,
        question: check_field("question", question.map(values::question_from_proto).transpose())?,
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::ReviewQuestion;
    use crate::domain::report::cell::{CellValue, ElementNumber, MissingReason};
    use crate::domain::report::workflow::ReportState;
    use crate::domain::reporting::period::Period;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn units() -> UnitNumbers {
        [(UnitId::from_code("com"), 7), (UnitId::from_code("next"), 300)].into_iter().collect()
    }

    fn sample(cells: Cells, note: String, state: ReportState) -> Report {
        let period = Period::new("week", date(2024, 8, 19), date(2024, 8, 26));
        let key = ReportKey {
            contract: ContractId::from_code("tuan-xa"),
            unit: UnitId::from_code("com"),
            period,
        };
        let received_day = state.is_sent().then_some(date(2024, 8, 27));
        let question = (state == ReportState::Returned)
            .then(|| ReviewQuestion { code: "EXPLAIN".into(), text: "?".into() });
        let acting_unit = UnitId::from_code("next");
        Report {
            key,
            acting_unit,
            state,
            nil: false,
            cells,
            note,
            received_day,
            late: state == ReportState::Accepted,
            question,
            source: String::new(),
        }
    }

    #[test]
    fn a_nil_report_of_four_cells_is_small() {
        let cells: Cells = (1..=4).map(|no| (ElementNumber(no), CellValue::Nil)).collect();
        let mut nil = sample(cells, String::new(), ReportState::Submitted);
        (nil.acting_unit, nil.nil) = (nil.key.unit, true);
        let message = report_to_proto(&nil, &units()).unwrap();
        assert!(message.nil);
        assert_eq!(message.encoded_len(), 104, "bytes on the phone, in the feed and on the wire");
    }

    #[test]
    fn a_unit_without_a_number_is_not_encoded_as_unit_zero() {
        let report = sample(Cells::new(), String::new(), ReportState::Draft);
        assert_eq!(
            super::encode_report(&report, &UnitNumbers::default()),
            Err(RecordError::UnknownUnit)
        );
    }

    #[test]
    fn bytes_that_are_not_a_report_are_refused_without_a_panic() {
        assert!(matches!(decode_report(&[0xff; 9], &units()), Err(RecordError::Decode(_))));
        assert_eq!(decode_report(&[], &units()), Err(RecordError::Field("contract_id")));
    }

    fn value() -> impl Strategy<Value = CellValue> {
        prop_oneof![
            any::<i64>().prop_map(CellValue::Reported),
            any::<i64>().prop_map(CellValue::Carried),
            Just(CellValue::Nil),
            Just(CellValue::Missing(MissingReason::AwaitingSource)),
            Just(CellValue::Missing(MissingReason::NotCounted)),
        ]
    }

    proptest! {
        #[test]
        fn a_report_is_decoded_as_it_was_and_encodes_to_the_same_bytes(
            cells in proptest::collection::btree_map((1..500u32).prop_map(ElementNumber), value(), 0..12),
            note in ".{0,40}",
            state in proptest::sample::select(ReportState::ALL.to_vec()),
        ) {
            let before = sample(cells, note, state);
            let bytes = encode_report(&before, &units()).unwrap();
            let after = decode_report(&bytes, &units()).unwrap();
            prop_assert_eq!(&after, &before);
            prop_assert_eq!(encode_report(&after, &units()).unwrap(), bytes);
        }
    }
}
