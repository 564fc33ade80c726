//! A report as bytes.

use super::{BadRecord, UnitNumbers, decode, field, required};
use crate::domain::cell::Cells;
use crate::domain::ids::{ContractId, UnitId};
use crate::domain::report::{Report, ReportKey};
use crate::pb;
use crate::wire::{values, words};
use prost::Message as _;

/// The bytes of a report. Fails when a unit has no number.
pub fn report(report: &Report, units: &UnitNumbers) -> Result<Vec<u8>, BadRecord> {
    report_message(report, units).map(|message| message.encode_to_vec())
}

/// The message of a report. Fails when a unit has no number.
pub fn report_message(report: &Report, units: &UnitNumbers) -> Result<pb::ReportRecord, BadRecord> {
    let Report { key, acting_unit, state, cells, note, received_day, late, question } = report;
    let ReportKey { contract, unit, period } = key;
    let number = |unit: &UnitId| units.number(unit).ok_or(BadRecord::UnknownUnit);
    Ok(pb::ReportRecord {
        contract_id: contract.0.to_vec(),
        unit_number: number(unit)?,
        acting_unit_number: number(acting_unit)?,
        period: Some(values::period(period)),
        state: words::state(*state).into(),
        nil: report.is_nil(),
        cells: cells.iter().map(|(element, value)| values::cell(*element, *value)).collect(),
        note: note.clone(),
        content_hash: report.content_hash().0.to_vec(),
        late: *late,
        received_day: received_day.map(values::day),
        question: question.as_ref().map(values::question),
    })
}

/// Reads the bytes of a report. The content hash and the nil flag follow from the rest and are not read.
pub fn read_report(bytes: &[u8], units: &UnitNumbers) -> Result<Report, BadRecord> {
    read_report_message(decode(bytes)?, units)
}

/// Reads the message of a report.
pub fn read_report_message(message: pb::ReportRecord, units: &UnitNumbers) -> Result<Report, BadRecord> {
    let pb::ReportRecord {
        contract_id,
        unit_number,
        acting_unit_number,
        period,
        state,
        nil: _,
        cells,
        note,
        content_hash: _,
        late,
        received_day,
        question,
    } = message;
    let unit = |number: u32| units.item(number).copied().ok_or(BadRecord::UnknownUnit);
    let key = ReportKey {
        contract: field("contract_id", values::id(&contract_id, ContractId::from_slice))?,
        unit: unit(unit_number)?,
        period: field("period", values::read_period(required("period", period)?))?,
    };
    let cells: Result<Cells, _> = cells.into_iter().map(values::read_cell).collect();
    Ok(Report {
        key,
        acting_unit: unit(acting_unit_number)?,
        state: field("state", words::read_state(state))?,
        cells: field("cells", cells)?,
        note,
        received_day: field("received_day", received_day.map(values::read_day).transpose())?,
        late,
        question: field("question", question.map(values::read_question).transpose())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cell::{CellValue, ElementNo, MissingReason};
    use crate::domain::period::Period;
    use crate::domain::report::Question;
    use crate::domain::workflow::State;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn units() -> UnitNumbers {
        [(UnitId::named("com"), 7), (UnitId::named("next"), 300)].into_iter().collect()
    }

    fn sample(cells: Cells, note: String, state: State) -> Report {
        let period = Period::new("week", date(2024, 8, 19), date(2024, 8, 26));
        let key = ReportKey { contract: ContractId::named("tuan-xa"), unit: UnitId::named("com"), period };
        let sent = state.is_sent().then_some(date(2024, 8, 27));
        let question = (state == State::Returned).then(|| Question { code: "EXPLAIN".into(), text: "?".into() });
        let acting_unit = UnitId::named("next");
        Report { key, acting_unit, state, cells, note, received_day: sent, late: state == State::Accepted, question }
    }

    #[test]
    fn a_nil_report_of_four_cells_is_small() {
        let cells: Cells = (1..=4).map(|no| (ElementNo(no), CellValue::Nil)).collect();
        let mut nil = sample(cells, String::new(), State::Submitted);
        nil.acting_unit = nil.key.unit;
        let message = report_message(&nil, &units()).unwrap();
        assert!(message.nil);
        assert_eq!(message.encoded_len(), 104, "bytes on the phone, in the feed and on the wire");
    }

    #[test]
    fn a_unit_without_a_number_is_not_written_as_unit_zero() {
        let report = sample(Cells::new(), String::new(), State::Draft);
        assert_eq!(super::report(&report, &UnitNumbers::default()), Err(BadRecord::UnknownUnit));
    }

    #[test]
    fn bytes_that_are_no_report_are_refused_and_nothing_panics() {
        assert!(matches!(read_report(&[0xff; 9], &units()), Err(BadRecord::Bytes(_))));
        assert_eq!(read_report(&[], &units()), Err(BadRecord::Field("contract_id")));
    }

    fn value() -> impl Strategy<Value = CellValue> {
        prop_oneof![
            any::<i64>().prop_map(CellValue::Reported),
            Just(CellValue::Nil),
            Just(CellValue::Missing(MissingReason::AwaitingSource)),
            Just(CellValue::Missing(MissingReason::NotCounted)),
        ]
    }

    proptest! {
        #[test]
        fn a_report_is_read_back_as_it_was_and_encodes_to_the_same_bytes(
            cells in proptest::collection::btree_map((1..500u32).prop_map(ElementNo), value(), 0..12),
            note in ".{0,40}",
            state in proptest::sample::select(State::ALL.to_vec()),
        ) {
            let before = sample(cells, note, state);
            let bytes = report(&before, &units()).unwrap();
            let after = read_report(&bytes, &units()).unwrap();
            prop_assert_eq!(&after, &before);
            prop_assert_eq!(report(&after, &units()).unwrap(), bytes);
        }
    }
}
