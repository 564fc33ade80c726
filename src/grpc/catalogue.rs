//! Reads the catalogue, all of which is in the reference scope.

use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::access::CallerIdentity;
use crate::pb;
use crate::pb::catalogue_service_server::CatalogueService;
use crate::wire::record;

impl_service!(CatalogueService {
    authenticated list_catalogue_entries: ListCatalogueEntriesRequest => ListCatalogueEntriesResponse;
});

impl Services {
    fn list_catalogue_entries(
        &self,
        identity: &CallerIdentity,
        message: pb::ListCatalogueEntriesRequest,
    ) -> Result<pb::ListCatalogueEntriesResponse, RpcError> {
        let pb::ListCatalogueEntriesRequest { page_size, page_token, include_drafts } = message;
        let key: &[u8] = if include_drafts { b"catalogue and drafts" } else { b"catalogue" };
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, key)?;
        let reference = self.load_reference_of(identity, include_drafts)?;
        let (catalogue, calendars) = (&reference.catalogue, &reference.calendars);
        let numbers = &reference.element_numbers;
        let all = record::catalogue_to_entries(catalogue, calendars, numbers);
        let all = all.map_err(|error| RpcError::Internal(error.to_string()))?;
        let next_page_token = pagination::next_offset_token(skip + size, all.len(), key);
        let page = all.into_iter().skip(skip).take(size);
        let entries = page.map(|entry| pb::CatalogueEntry { entry: Some(entry) });
        Ok(pb::ListCatalogueEntriesResponse { entries: entries.collect(), next_page_token })
    }
}
