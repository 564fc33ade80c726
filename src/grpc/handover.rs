//! Enters, signs and lists hand-overs of stocks.

use super::Services;
use super::act::{read_act_request, take_performed};
use super::pagination;
use super::status::RpcError;
use crate::app::ReferenceSnapshot;
use crate::app::access::CallerIdentity;
use crate::app::act::Performer;
use crate::domain::org::{HandoverLine, StockHandover};
use crate::domain::report::element::ElementCode;
use crate::domain::support::ids::{HandoverId, UnitId};
use crate::domain::support::limits::{CODE, HANDOVER_LINES_MAX, NOTE};
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::wire::bytes::encode_message;
use crate::wire::field_violations::FieldViolations;
use crate::wire::{record, values};

impl Services {
    pub(super) fn propose_handover(
        &self,
        identity: &CallerIdentity,
        message: pb::ProposeHandoverRequest,
    ) -> Result<pb::ProposeHandoverResponse, RpcError> {
        let (name, encoded) = ("handover.propose", encode_message(&message));
        let request = read_act_request(name, &message.request_id, message.validate_only, &encoded)?;
        let pb::ProposeHandoverRequest { effective_day, basis, lines, .. } = message;
        if lines.len() > HANDOVER_LINES_MAX {
            return Err(RpcError::LimitExceeded("lines", HANDOVER_LINES_MAX as u64));
        }
        let reference = self.load_reference()?;
        let mut violations = FieldViolations::default();
        let day = violations.check("effective_day", values::day_from_proto(effective_day));
        let basis = violations.check_text("basis", &basis, NOTE);
        let lines = read_lines(lines, &reference, &mut violations);
        let (day, basis) = violations.into_result(day.zip(basis))?;
        let performer = Performer::Caller(identity);
        let content = (day, basis.as_str(), lines.as_slice());
        let end = self.app.perform_handover_proposal(performer, &request, content)?;
        let handover = match take_performed(end)? {
            Some(handover) => handover,
            None => {
                let id = StockHandover::id_of_content(day, &lines);
                self.app.stock_handover(&identity.actor, id)?
            }
        };
        let handover = Some(handover_to_proto(&handover, &reference)?);
        Ok(pb::ProposeHandoverResponse { handover })
    }

    pub(super) fn settle_handover(
        &self,
        identity: &CallerIdentity,
        message: pb::SettleHandoverRequest,
    ) -> Result<pb::SettleHandoverResponse, RpcError> {
        let (name, encoded) = ("handover.settle", encode_message(&message));
        let request = read_act_request(name, &message.request_id, message.validate_only, &encoded)?;
        let pb::SettleHandoverRequest { handover_id, sign, .. } = message;
        let mut violations = FieldViolations::default();
        let id = values::id_from_bytes(&handover_id, HandoverId::from_slice);
        let id = violations.check("handover_id", id);
        let id = violations.into_result(id)?;
        let performer = Performer::Caller(identity);
        let end = self.app.perform_handover_settlement(performer, &request, id, sign)?;
        let handover = match take_performed(end)? {
            Some(handover) => handover,
            None => self.app.stock_handover(&identity.actor, id)?,
        };
        let handover = Some(handover_to_proto(&handover, &*self.load_reference()?)?);
        Ok(pb::SettleHandoverResponse { handover })
    }

    pub(super) fn list_handovers(
        &self,
        identity: &CallerIdentity,
        message: pb::ListHandoversRequest,
    ) -> Result<pb::ListHandoversResponse, RpcError> {
        let pb::ListHandoversRequest { page_size, page_token } = message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, b"handovers")?;
        let all = self.app.visible_handovers(&identity.actor)?;
        let reference = self.load_reference()?;
        let page = all.iter().skip(skip).take(size);
        let handovers = page.map(|one| handover_to_proto(one, &reference));
        Ok(pb::ListHandoversResponse {
            handovers: handovers.collect::<Result<_, _>>()?,
            next_page_token: pagination::next_offset_token(skip + size, all.len(), b"handovers"),
        })
    }
}

fn read_lines(
    messages: Vec<pb::StockToHandOver>,
    reference: &ReferenceSnapshot,
    violations: &mut FieldViolations,
) -> Vec<HandoverLine> {
    let mut lines = Vec::with_capacity(messages.len());
    for (position, message) in messages.into_iter().enumerate() {
        let pb::StockToHandOver { from_unit_uid, to_unit_uid, element_code, amount } = message;
        let field = |name| format!("lines[{position}].{name}");
        let mut unit = |name, uid: &str| -> Option<UnitId> {
            let uid = violations.check_text(field(name), uid, CODE)?;
            let found = reference.org.unit_by_uid(&uid).map(|unit| unit.id);
            violations.check(field(name), found.ok_or(RefusalReason::NotFound))
        };
        let (from, to) = (unit("from_unit_uid", &from_unit_uid), unit("to_unit_uid", &to_unit_uid));
        let element = ElementCode::new(&element_code).ok();
        let element = element.filter(|code| reference.catalogue.element(code).is_some());
        let element =
            violations.check(field("element_code"), element.ok_or(RefusalReason::UnknownElement));
        if amount < 0 {
            violations.add(field("amount"), RefusalReason::ValueOutOfRange);
        }
        if let (Some(from), Some(to), Some(element)) = (from, to, element) {
            lines.push(HandoverLine { from, to, element, amount });
        }
    }
    lines
}

fn handover_to_proto(
    handover: &StockHandover,
    reference: &ReferenceSnapshot,
) -> Result<pb::Handover, RpcError> {
    let (units, elements) = (&reference.unit_numbers, &reference.element_numbers);
    let record = record::handover_to_proto(handover, units, elements)
        .map_err(|error| RpcError::Internal(error.to_string()))?;
    Ok(pb::Handover { id: handover.id().0.to_vec(), record: Some(record) })
}
