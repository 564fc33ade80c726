//! Encodes and decodes proposals to amend a report.

use super::{RecordError, UnitNumbers, check_field, decode_message};
use crate::domain::report::proposal::Proposal;
use crate::domain::support::ids::ReportId;
use crate::pb;
use crate::wire::values;
use prost::Message as _;

/// Encodes a proposal. Fails if its unit has no number.
pub fn encode_proposal(proposal: &Proposal, units: &UnitNumbers) -> Result<Vec<u8>, RecordError> {
    let Proposal { report, changes, note, reason, acting_unit, settled, base } = proposal;
    let state = match settled {
        None => pb::ProposalState::Open,
        Some(true) => pb::ProposalState::Granted,
        Some(false) => pb::ProposalState::Refused,
    };
    let message = pb::ProposalRecord {
        report_id: report.0.to_vec(),
        changes: changes.iter().map(values::change_to_proto).collect(),
        note: note.clone(),
        reason: reason.clone(),
        acting_unit_number: units.number(acting_unit).ok_or(RecordError::UnknownUnit)?,
        state: state.into(),
        base_content_hash: base.0.to_vec(),
    };
    Ok(message.encode_to_vec())
}

/// Decodes a proposal.
pub fn decode_proposal(bytes: &[u8], units: &UnitNumbers) -> Result<Proposal, RecordError> {
    let pb::ProposalRecord {
        report_id,
        changes,
        note,
        reason,
        acting_unit_number,
        state,
        base_content_hash,
    } = decode_message(bytes)?;
    let settled = match pb::ProposalState::try_from(state) {
        Ok(pb::ProposalState::Open) => None,
        Ok(pb::ProposalState::Granted) => Some(true),
        Ok(pb::ProposalState::Refused) => Some(false),
        Ok(pb::ProposalState::Unspecified) | Err(_) => return Err(RecordError::Field("state")),
    };
    let changes: Result<Vec<_>, _> = changes.into_iter().map(values::change_from_proto).collect();
    Ok(Proposal {
        report: check_field("report_id", values::id_from_bytes(&report_id, ReportId::from_slice))?,
        changes: check_field("changes", changes)?,
        note,
        reason,
        acting_unit: units.item(acting_unit_number).copied().ok_or(RecordError::UnknownUnit)?,
        settled,
        base: check_field(
            "base_content_hash",
            values::content_hash_from_bytes(&base_content_hash),
        )?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::ContentHash;
    use crate::domain::report::cell::{CellChange, CellValue, ElementNumber};
    use crate::domain::support::ids::UnitId;

    #[test]
    fn a_proposal_is_decoded_as_it_was_encoded() {
        let unit = UnitId::from_code("com");
        let units: UnitNumbers = [(unit, 3)].into_iter().collect();
        for settled in [None, Some(true), Some(false)] {
            let stored = Proposal {
                report: ReportId([9; 16]),
                changes: vec![CellChange {
                    element: ElementNumber(2),
                    mine: Some(CellValue::Reported(3)),
                    base: None,
                }],
                note: settled.map(|_| "mới".to_owned()),
                reason: "nhập nhầm".into(),
                acting_unit: unit,
                settled,
                base: ContentHash([7; 32]),
            };
            assert_eq!(
                decode_proposal(&encode_proposal(&stored, &units).unwrap(), &units),
                Ok(stored)
            );
        }
    }
}
