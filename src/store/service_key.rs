//! Keys of partner agencies, by the hash of their secret. A revoked key stays, because audit rows
//! refer to it.
//!
//! Does no cryptography and checks no permission.

use super::audited_row::hash_service_key;
use super::error::{Error, Result};
use super::read_tx::{ReadTx, to_byte_array};
use super::schema::service_key;
use super::write_tx::WriteTx;
use crate::domain::access::partner::{PartnerCall, ServiceKey};
use crate::domain::support::ids::{AccountId, CampaignId, ServiceKeyId, UnitId};
use crate::domain::support::time::Timestamp;
use diesel::prelude::*;

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = service_key)]
pub(super) struct ServiceKeyRow {
    pub(super) id: Vec<u8>,
    pub(super) account: Vec<u8>,
    pub(super) hash: Vec<u8>,
    pub(super) unit: Vec<u8>,
    pub(super) campaign: Option<Vec<u8>>,
    pub(super) allowed_calls: String,
    pub(super) contracts: String,
    pub(super) issued_at: i64,
    pub(super) expires_at: i64,
    pub(super) revoked_at: Option<i64>,
}

impl ReadTx<'_> {
    /// The key with this id.
    pub fn service_key(&mut self, id: ServiceKeyId) -> Result<Option<ServiceKey>> {
        self.service_key_row(id)?.map(to_service_key).transpose()
    }

    fn service_key_row(&mut self, id: ServiceKeyId) -> Result<Option<ServiceKeyRow>> {
        Ok(service_key::table
            .find(id.0.to_vec())
            .select(ServiceKeyRow::as_select())
            .first(self.conn()?)
            .optional()?)
    }

    /// All keys, in order of issue.
    pub fn service_keys(&mut self) -> Result<Vec<ServiceKey>> {
        let rows: Vec<ServiceKeyRow> = service_key::table
            .order((service_key::issued_at, service_key::id))
            .select(ServiceKeyRow::as_select())
            .load(self.conn()?)?;
        rows.into_iter().map(to_service_key).collect()
    }
}

impl WriteTx<'_> {
    /// Stores a new key.
    pub(crate) fn put_service_key(&mut self, key: &ServiceKey) -> Result<()> {
        let calls: Vec<&str> = key.allowed_calls.iter().map(|call| call.as_str()).collect();
        let row = ServiceKeyRow {
            id: key.id.0.to_vec(),
            account: key.account.0.to_vec(),
            hash: key.hash.clone(),
            unit: key.unit.0.to_vec(),
            campaign: key.campaign.map(|campaign| campaign.0.to_vec()),
            allowed_calls: calls.join(" "),
            contracts: key.contracts.join("\n"),
            issued_at: key.issued_at.0,
            expires_at: key.expires_at.0,
            revoked_at: key.revoked_at.map(|at| at.0),
        };
        let hashed = hash_service_key(&row);
        diesel::insert_into(service_key::table).values(row).execute(self.conn()?)?;
        self.row_written(hashed);
        Ok(())
    }

    /// Revokes a key.
    pub(crate) fn revoke_service_key(&mut self, id: ServiceKeyId) -> Result<()> {
        let now = self.now().0;
        diesel::update(service_key::table.find(&id.0[..]))
            .filter(service_key::revoked_at.is_null())
            .set(service_key::revoked_at.eq(Some(now)))
            .execute(self.conn()?)?;
        if let Some(row) = self.service_key_row(id)? {
            self.row_written(hash_service_key(&row));
        }
        self.bump_auth_generation()
    }
}

fn to_service_key(row: ServiceKeyRow) -> Result<ServiceKey> {
    let ServiceKeyRow {
        id,
        account,
        hash,
        unit,
        campaign,
        allowed_calls,
        contracts,
        issued_at,
        expires_at,
        revoked_at,
    } = row;
    let parse_call = |word: &str| {
        PartnerCall::parse(word).ok_or_else(|| Error::Damaged(format!("a key that reads {word}")))
    };
    Ok(ServiceKey {
        id: ServiceKeyId(to_byte_array(&id)?),
        account: AccountId(to_byte_array(&account)?),
        hash,
        unit: UnitId(to_byte_array(&unit)?),
        campaign: campaign.map(|id| to_byte_array(&id).map(CampaignId)).transpose()?,
        allowed_calls: allowed_calls.split(' ').map(parse_call).collect::<Result<_>>()?,
        contracts: contracts.lines().map(str::to_owned).collect(),
        issued_at: Timestamp(issued_at),
        expires_at: Timestamp(expires_at),
        revoked_at: revoked_at.map(Timestamp),
    })
}
