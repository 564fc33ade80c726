//! Lists the figures of earlier years.

use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::ReferenceSnapshot;
use crate::app::access::CallerIdentity;
use crate::domain::standing::baseline::BaselineRow;
use crate::domain::support::limits::CODE;
use crate::pb;
use crate::pb::baseline_service_server::BaselineService;
use crate::wire::field_violations::FieldViolations;
use crate::wire::{enums, values};

impl_service!(BaselineService {
    authenticated list_baselines: ListBaselinesRequest => ListBaselinesResponse;
});

impl Services {
    fn list_baselines(
        &self,
        identity: &CallerIdentity,
        message: pb::ListBaselinesRequest,
    ) -> Result<pb::ListBaselinesResponse, RpcError> {
        let pb::ListBaselinesRequest { page_size, page_token, element_code } = message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, element_code.as_bytes())?;
        let mut rows = self.app.baselines(&identity.actor)?;
        if !element_code.is_empty() {
            let code = FieldViolations::require_text("element_code", &element_code, CODE)?;
            rows.retain(|row| row.element.as_str() == code);
        }
        let reference = self.load_reference()?;
        let page = rows.iter().skip(skip).take(size);
        Ok(pb::ListBaselinesResponse {
            baselines: page.map(|row| baseline_to_proto(row, &reference)).collect(),
            next_page_token: pagination::next_offset_token(
                skip + size,
                rows.len(),
                element_code.as_bytes(),
            ),
        })
    }
}

fn baseline_to_proto(row: &BaselineRow, reference: &ReferenceSnapshot) -> pb::Baseline {
    let BaselineRow { unit_uid, element, window, value, source, status, version } = row;
    let scale = reference.catalogue.element(element).map_or(0, |element| element.scale);
    pb::Baseline {
        unit_uid: unit_uid.clone(),
        element_code: element.to_string(),
        days: Some(values::window_to_proto(*window)),
        value: Some(pb::Quantity { units: *value, scale: scale.into() }),
        source: source.clone(),
        status: enums::baseline_status_to_proto(*status).into(),
        version: *version,
    }
}
