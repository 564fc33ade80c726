//! Keys of partner agencies, by the hash of their secret: a stolen database opens nothing. A revoked key stays, for the audit names it.
//!
//! Knows no cryptography and no right.

use super::error::{Error, Result};
use super::read::{ReadTx, fixed};
use super::schema::service_key;
use super::tx::WriteTx;
use crate::domain::ids::{AccountId, CampaignId, KeyId, UnitId};
use crate::domain::partner::{Read, ServiceKey};
use crate::domain::time::Instant;
use diesel::prelude::*;

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = service_key)]
struct Row {
    id: Vec<u8>,
    account: Vec<u8>,
    hash: Vec<u8>,
    unit: Vec<u8>,
    campaign: Option<Vec<u8>>,
    reads: String,
    issued: i64,
    expires: i64,
    revoked: Option<i64>,
}

impl ReadTx<'_> {
    /// The key with this id.
    pub fn service_key(&mut self, id: KeyId) -> Result<Option<ServiceKey>> {
        let row = service_key::table.find(id.0.to_vec()).select(Row::as_select()).first(self.conn()).optional()?;
        row.map(to_key).transpose()
    }

    /// All keys, in the order in which they were issued.
    pub fn service_keys(&mut self) -> Result<Vec<ServiceKey>> {
        let rows: Vec<Row> = service_key::table
            .order((service_key::issued, service_key::id))
            .select(Row::as_select())
            .load(self.conn())?;
        rows.into_iter().map(to_key).collect()
    }
}

impl WriteTx<'_> {
    /// Keeps a new key.
    pub(crate) fn put_service_key(&mut self, key: &ServiceKey) -> Result<()> {
        let reads: Vec<&str> = key.reads.iter().map(|read| read.as_str()).collect();
        let row = Row {
            id: key.id.0.to_vec(),
            account: key.account.0.to_vec(),
            hash: key.hash.clone(),
            unit: key.unit.0.to_vec(),
            campaign: key.campaign.map(|campaign| campaign.0.to_vec()),
            reads: reads.join(" "),
            issued: key.issued.0,
            expires: key.expires.0,
            revoked: key.revoked.map(|at| at.0),
        };
        diesel::insert_into(service_key::table).values(row).execute(self.conn())?;
        Ok(())
    }

    /// Ends a key for good.
    pub(crate) fn revoke_service_key(&mut self, id: KeyId) -> Result<()> {
        let now = self.now().0;
        diesel::update(service_key::table.find(&id.0[..]))
            .filter(service_key::revoked.is_null())
            .set(service_key::revoked.eq(Some(now)))
            .execute(self.conn())?;
        self.bump_auth_generation()
    }
}

fn to_key(row: Row) -> Result<ServiceKey> {
    let Row { id, account, hash, unit, campaign, reads, issued, expires, revoked } = row;
    let read = |word: &str| Read::parse(word).ok_or_else(|| Error::Damaged(format!("a key that reads {word}")));
    Ok(ServiceKey {
        id: KeyId(fixed(&id)?),
        account: AccountId(fixed(&account)?),
        hash,
        unit: UnitId(fixed(&unit)?),
        campaign: campaign.map(|id| fixed(&id).map(CampaignId)).transpose()?,
        reads: reads.split(' ').map(read).collect::<Result<_>>()?,
        issued: Instant(issued),
        expires: Instant(expires),
        revoked: revoked.map(Instant),
    })
}
