//! Lists and ends the desk sessions of the caller's own account.

use super::access::to_internal_error;
use super::act::{read_act_request, take_performed};
use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::access::CallerIdentity;
use crate::app::act::Performer;
use crate::app::session::EnrolledDevice;
use crate::auth::DESK_SESSION_LIFETIME_MICROS;
use crate::domain::support::ids::DeviceId;
use crate::pb;
use crate::pb::session_service_server::SessionService;
use crate::wire::bytes::encode_message;
use crate::wire::field_violations::FieldViolations;
use crate::wire::values;

impl_service!(SessionService {
    authenticated list_sessions: ListSessionsRequest => ListSessionsResponse;
    authenticated end_sessions: EndSessionsRequest => EndSessionsResponse;
});

impl Services {
    fn list_sessions(
        &self,
        identity: &CallerIdentity,
        message: pb::ListSessionsRequest,
    ) -> Result<pb::ListSessionsResponse, RpcError> {
        let pb::ListSessionsRequest { page_size, page_token } = message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, b"sessions")?;
        let all = self.app.own_sessions(&identity.actor)?;
        let current = identity.device.id;
        let page = all.iter().skip(skip).take(size);
        let sessions = page.map(|session| session_to_proto(session, current)).collect();
        let next_page_token = pagination::next_offset_token(skip + size, all.len(), b"sessions");
        Ok(pb::ListSessionsResponse { sessions, next_page_token })
    }

    fn end_sessions(
        &self,
        identity: &CallerIdentity,
        message: pb::EndSessionsRequest,
    ) -> Result<pb::EndSessionsResponse, RpcError> {
        let (name, encoded) = ("access.end_sessions", encode_message(&message));
        let request = read_act_request(name, &message.request_id, message.validate_only, &encoded)?;
        let pb::EndSessionsRequest { request_id: _, session_id, validate_only } = message;
        let mut violations = FieldViolations::default();
        let session = match session_id.as_slice() {
            [] => Some(None),
            id => violations
                .check("session_id", values::id_from_bytes(id, DeviceId::from_slice))
                .map(Some),
        };
        let session = violations.into_result(session)?;
        let performer = Performer::Caller(identity);
        let end = self.app.perform_session_end(performer, &request, session)?;
        let ended = take_performed(end)?.unwrap_or_default();
        // A restored server learns from the list beside the database which sessions are over.
        for id in ended.iter().filter(|_| !validate_only) {
            let listed = self.revocations.append(*id, self.app.now(), &self.authority);
            listed.map_err(to_internal_error)?;
        }
        let session_ids = ended.iter().map(|id| id.0.to_vec()).collect();
        Ok(pb::EndSessionsResponse { session_ids })
    }
}

fn session_to_proto(session: &EnrolledDevice, current: DeviceId) -> pb::DeskSession {
    let ends_at = session.enrolled_at.saturating_add_micros(DESK_SESSION_LIFETIME_MICROS);
    pb::DeskSession {
        session_id: session.id.0.to_vec(),
        began_at: Some(values::timestamp_to_proto(session.enrolled_at)),
        renewed_at: Some(values::timestamp_to_proto(session.last_seen())),
        ends_at: Some(values::timestamp_to_proto(ends_at)),
        current: session.id == current,
    }
}
