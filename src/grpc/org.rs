//! Reads the organisation, all of which is in the reference scope. Hand-overs of stocks are in
//! `handover`.

use super::report::parse_optional_id;
use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::ReferenceSnapshot;
use crate::app::access::CallerIdentity;
use crate::domain::access::permission::action;
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::access::visible_scopes::compute_visible_scopes;
use crate::domain::org::{Hierarchy, Unit};
use crate::domain::support::ids::UnitId;
use crate::domain::support::limits::CODE;
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::pb::get_unit_request::Unit as UnitSelector;
use crate::pb::org_service_server::OrgService;
use crate::wire::field_violations::FieldViolations;
use crate::wire::{enums, record, values};
use std::sync::Arc;

impl_service!(OrgService {
    authenticated get_unit: GetUnitRequest => GetUnitResponse;
    authenticated list_units: ListUnitsRequest => ListUnitsResponse;
    authenticated propose_handover: ProposeHandoverRequest => ProposeHandoverResponse;
    authenticated settle_handover: SettleHandoverRequest => SettleHandoverResponse;
    authenticated list_handovers: ListHandoversRequest => ListHandoversResponse;
    in_language rehearse_organisation: RehearseOrganisationRequest => RehearseOrganisationResponse;
});

/// The unit with this code; `None` for an empty one.
pub(super) fn find_optional_unit(
    reference: &ReferenceSnapshot,
    uid: &str,
) -> Result<Option<UnitId>, RpcError> {
    let uid = FieldViolations::require_text("unit_uid", uid, CODE)?;
    if uid.is_empty() {
        return Ok(None);
    }
    let unit = reference.org.unit_by_uid(&uid).ok_or(RefusalReason::NotFound)?;
    Ok(Some(unit.id))
}

impl Services {
    /// Returns the reference snapshot without an access check, for messages about records that the
    /// caller may already read.
    pub(super) fn load_reference(&self) -> Result<Arc<ReferenceSnapshot>, RpcError> {
        Ok(self.app.current_reference()?)
    }

    /// Returns the reference snapshot for a caller whose visible scopes contain the reference
    /// scope.
    pub(super) fn load_reference_for(
        &self,
        identity: &CallerIdentity,
    ) -> Result<Arc<ReferenceSnapshot>, RpcError> {
        let reference = self.load_reference()?;
        let visible_scopes = compute_visible_scopes(
            &identity.actor,
            &reference.published_campaigns(),
            self.app.now().local_date(),
        );
        if visible_scopes.contains(Scope::REFERENCE) {
            Ok(reference)
        } else {
            Err(RpcError::App(RefusalReason::NotFound.into()))
        }
    }

    /// The same; with drafts for a caller that may apply or step campaigns.
    pub(super) fn load_reference_of(
        &self,
        identity: &CallerIdentity,
        include_drafts: bool,
    ) -> Result<Arc<ReferenceSnapshot>, RpcError> {
        if !include_drafts {
            return self.load_reference_for(identity);
        }
        let may_apply = self.app.reference_for::<action::ApplyCampaign>(&identity.actor);
        let reference = may_apply
            .or_else(|_| self.app.reference_for::<action::StepCampaign>(&identity.actor))?;
        Ok(Arc::new(reference))
    }

    fn get_unit(
        &self,
        identity: &CallerIdentity,
        message: pb::GetUnitRequest,
    ) -> Result<pb::GetUnitResponse, RpcError> {
        let reference = self.load_reference_for(identity)?;
        let found = match message.unit.ok_or(RefusalReason::Malformed)? {
            UnitSelector::UnitId(id) => {
                reference.org.unit(values::id_from_bytes(&id, UnitId::from_slice)?)
            }
            UnitSelector::Uid(uid) => {
                reference.org.unit_by_uid(&FieldViolations::require_text("uid", &uid, CODE)?)
            }
        };
        Ok(pb::GetUnitResponse {
            unit: Some(self.unit_to_proto(&reference, found.ok_or(RefusalReason::NotFound)?)?),
        })
    }

    fn list_units(
        &self,
        identity: &CallerIdentity,
        message: pb::ListUnitsRequest,
    ) -> Result<pb::ListUnitsResponse, RpcError> {
        let filter_key = format!("{:?}", (message.as_of_day, message.kind, &message.parent_id));
        let pb::ListUnitsRequest { page_size, page_token, as_of_day, kind, parent_id } = message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, filter_key.as_bytes())?;
        let day = as_of_day.map(values::day_from_proto).transpose()?;
        let kind = enums::optional_from_proto(kind, enums::unit_kind_from_proto)?;
        let parent = parse_optional_id(&parent_id, UnitId::from_slice)?;
        let reference = self.load_reference_for(identity)?;
        let org = &reference.org;
        let matches_filter = |unit: &&Unit| {
            let in_time =
                |span: &crate::domain::org::DaySpan| day.is_none_or(|day| span.contains(day));
            let of_kind = unit
                .versions
                .iter()
                .any(|v| in_time(&v.days) && kind.is_none_or(|kind| v.kind == kind));
            let parents = org.parent_history(unit.id, Hierarchy::Command);
            of_kind
                && parent.is_none_or(|parent| {
                    parents.iter().any(|(span, ancestor)| in_time(span) && *ancestor == parent)
                })
        };
        let mut found: Vec<&Unit> = org.units().iter().filter(matches_filter).collect();
        found.sort_by_key(|unit| reference.unit_numbers.number(&unit.id));
        let units =
            found.iter().skip(skip).take(size).map(|unit| self.unit_to_proto(&reference, unit));
        let units = units.collect::<Result<_, _>>()?;
        Ok(pb::ListUnitsResponse {
            units,
            next_page_token: pagination::next_offset_token(
                skip + size,
                found.len(),
                filter_key.as_bytes(),
            ),
        })
    }

    fn unit_to_proto(
        &self,
        reference: &ReferenceSnapshot,
        unit: &Unit,
    ) -> Result<pb::Unit, RpcError> {
        let message = record::unit_to_proto(unit, reference.org.facts(), &reference.unit_numbers);
        let record = message.map_err(|error| RpcError::Internal(error.to_string()))?;
        let revision = self.load_revision(RecordKind::Unit, &unit.id.0)?;
        Ok(pb::Unit { id: unit.id.0.to_vec(), revision, record: Some(record) })
    }

    pub(super) fn load_revision(&self, kind: RecordKind, id: &[u8; 16]) -> Result<i64, RpcError> {
        let stored =
            self.app.store().read(|tx| tx.record(kind, id)).map_err(crate::app::AppError::from)?;
        Ok(stored.map_or(0, |stored| stored.revision))
    }
}
