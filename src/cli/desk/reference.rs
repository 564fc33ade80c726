//! Units, catalogue and campaigns, in the same snapshot wherever they come from.

use super::super::error::{CliError, CliResult};
use super::{Desk, RemoteDesk, is_out_of_sight, require, unknown_answer};
use crate::app::ReferenceSnapshot;
use crate::app::org::find_root_unit;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;
use crate::pb;
use crate::store::reference::ReferenceData;
use crate::wire::bytes::encode_message;
use crate::wire::record;
use std::sync::Arc;

impl Desk {
    /// Units, forms and campaigns in their present state, with the drafts that the caller may see.
    pub(in crate::cli) fn load_reference(&self) -> CliResult<Arc<ReferenceSnapshot>> {
        match self {
            Self::Local(local_app) => local_app.load_reference(),
            Self::Remote(remote) => match remote.load_reference(true) {
                Err(refused) if is_out_of_sight(&refused) => remote.visible_reference(),
                loaded => loaded.map(Arc::new),
            },
        }
    }

    /// The same without drafts: what devices hold.
    pub(in crate::cli) fn load_reference_in_force(&self) -> CliResult<Arc<ReferenceSnapshot>> {
        match self {
            Self::Local(local_app) => Ok(local_app.app.current_reference()?),
            Self::Remote(remote) => remote.visible_reference(),
        }
    }

    /// The unit with this code; the one that the authority begins with for none.
    pub(in crate::cli) fn unit_or_root(
        &self,
        reference: &ReferenceSnapshot,
        code: Option<&str>,
    ) -> CliResult<UnitId> {
        match (self, code) {
            (_, Some(code)) => {
                let found = reference.org.unit_by_uid(code).map(|unit| unit.id);
                found.ok_or_else(|| super::super::lookup::unknown_unit(code))
            }
            (Self::Local(local_app), None) => {
                let store = local_app.app.store();
                let root = store.read(|tx| local_app.app.root_unit(tx))?;
                Ok(root.unwrap_or(UnitId([0; 16])))
            }
            (Self::Remote(_), None) => {
                let root = find_root_unit(&reference.org, self.now().local_date());
                Ok(root.unwrap_or(UnitId([0; 16])))
            }
        }
    }
}

impl RemoteDesk {
    fn visible_reference(&self) -> CliResult<Arc<ReferenceSnapshot>> {
        match self.load_reference(false) {
            Err(refused) if is_out_of_sight(&refused) => {
                let account = &self.account;
                Err(CliError::new("REFERENCE_HIDDEN", message!("desk-reference-hidden", account)))
            }
            loaded => loaded.map(Arc::new),
        }
    }

    fn load_reference(&self, include_drafts: bool) -> CliResult<ReferenceSnapshot> {
        let entries = self.read_pages(|page_token| {
            let page_size = 500;
            let request = pb::ListCatalogueEntriesRequest { page_size, page_token, include_drafts };
            let answer = self.client.list_catalogue_entries(request)?;
            Ok((answer.entries, answer.next_page_token))
        })?;
        // A server of a later version may have kinds of entries that this program passes over.
        let entries = entries.into_iter().filter_map(|one| one.entry);
        let (catalogue, calendars, element_numbers) =
            record::catalogue_from_entries(entries).map_err(|_| unknown_answer())?;
        let campaigns = self.list_campaigns(include_drafts)?.into_iter().map(|one| {
            let bytes = encode_message(&require(one.record)?);
            require(record::decode_campaign(&bytes, &element_numbers).ok())
        });
        let campaigns = campaigns.collect::<CliResult<_>>()?;
        let (org, unit_numbers) = self.load_org_facts()?;
        let data = ReferenceData {
            org,
            unit_numbers,
            catalogue,
            element_numbers,
            calendars,
            campaigns,
            ..ReferenceData::default()
        };
        ReferenceSnapshot::new(data).map_err(|_| unknown_answer())
    }
}
