//! Steps on the awards of campaigns, every one stored: the newest says what stands.
//!
//! Contains no rule; the caller decides who may take a step.

use super::audited_row::{award_entry_key, hash_award_entry};
use super::error::{Error, Result};
use super::read_tx::{ReadTx, to_byte_array};
use super::schema::{audit, audited_row, award_entry};
use super::write_rights::DecidesAward;
use super::write_tx::{AuditContext, WriteTx};
use crate::domain::access::permission::Permit;
use crate::domain::campaign::{AwardDocument, AwardEntry, AwardStep};
use crate::domain::support::ids::{AccountId, CampaignId};
use crate::domain::support::time::{date_from_days, days_from_date};
use diesel::prelude::*;

/// One stored step.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = award_entry)]
pub(super) struct AwardEntryRow {
    pub(super) campaign: Vec<u8>,
    /// From 1, in the order in which the steps were taken.
    pub(super) number: i32,
    pub(super) step: String,
    pub(super) reference: String,
    pub(super) document_day: i32,
    pub(super) reason: String,
    pub(super) entered_day: i32,
}

impl ReadTx<'_> {
    /// The newest step on the award of a campaign.
    pub fn newest_award_entry(&mut self, campaign: CampaignId) -> Result<Option<AwardEntry>> {
        self.newest_award_row(campaign)?.map(to_award_entry).transpose()
    }

    /// The account that took the newest step, as the audit says; `None` until it is committed.
    pub fn account_of_newest_award_entry(
        &mut self,
        campaign: CampaignId,
    ) -> Result<Option<AccountId>> {
        let Some(newest) = self.newest_award_row(campaign)? else { return Ok(None) };
        let (table, key) = award_entry_key(&newest.campaign, newest.number);
        let account: Option<Vec<u8>> = audited_row::table
            .inner_join(audit::table.on(audit::seq.eq(audited_row::seq)))
            .filter(audited_row::table_name.eq(table.as_str()))
            .filter(audited_row::row_key.eq(key))
            .select(audit::account)
            .first(self.conn()?)
            .optional()?;
        account.map(|account| Ok(AccountId(to_byte_array(&account)?))).transpose()
    }

    fn newest_award_row(&mut self, campaign: CampaignId) -> Result<Option<AwardEntryRow>> {
        Ok(award_entry::table
            .filter(award_entry::campaign.eq(campaign.0.to_vec()))
            .order(award_entry::number.desc())
            .select(AwardEntryRow::as_select())
            .first(self.conn()?)
            .optional()?)
    }

    /// Every step on every award.
    pub(super) fn award_entries(&mut self) -> Result<Vec<AwardEntryRow>> {
        Ok(award_entry::table.select(AwardEntryRow::as_select()).load(self.conn()?)?)
    }
}

impl WriteTx<'_> {
    /// Adds a step.
    pub(crate) fn append_award_entry<A: DecidesAward>(
        &mut self,
        permit: &Permit<A>,
        campaign: CampaignId,
        entry: &AwardEntry,
    ) -> Result<()> {
        self.verify_permit(permit, A::PERMIT_UNIT, permit.unit())?;
        let AwardEntry { step, document, reason, entered_day } = entry;
        let row = AwardEntryRow {
            campaign: campaign.0.to_vec(),
            number: self.newest_award_row(campaign)?.map_or(0, |newest| newest.number) + 1,
            step: step.as_str().to_owned(),
            reference: document.reference.clone(),
            document_day: days_from_date(document.day),
            reason: reason.clone(),
            entered_day: days_from_date(*entered_day),
        };
        diesel::insert_into(award_entry::table).values(&row).execute(self.conn()?)?;
        self.row_written(hash_award_entry(&row));
        self.append_audit(&AuditContext::from(permit));
        Ok(())
    }
}

fn to_award_entry(row: AwardEntryRow) -> Result<AwardEntry> {
    let AwardEntryRow { number, step, reference, document_day, reason, entered_day, .. } = row;
    let step = AwardStep::parse(&step)
        .ok_or_else(|| Error::Damaged(format!("award_entry {number}: step {step}")))?;
    let document = AwardDocument { reference, day: date_from_days(document_day) };
    Ok(AwardEntry { step, document, reason, entered_day: date_from_days(entered_day) })
}
