//! Roles and enrolment cards for many units in one transaction. A card is a printed picture with a
//! single-use code of 128 bits; it is named by its unit, listed, and can be revoked.
//!
//! A batch is checked completely before anything is written. Repeating it changes nothing: a role
//! that is held is kept, and a card that is open is printed again with the same code, which the
//! caller derives from the account and the time of issue. The database holds only the hash.

use super::account::{authorize_over_units, load_account_units, put_grant_checked};
use super::{App, Result};
use crate::app::error::AppError;
use crate::domain::access::enrolment::EnrolCodeId;
use crate::domain::access::permission::{Actor, Grant, Permit, Role, action, authorize};
use crate::domain::support::ids::{AccountId, UnitId};
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::domain::support::time::Timestamp;
pub use crate::store::enrol_code::EnrolCode;
use crate::store::write_tx::AuditContext;
use crate::store::{ReadTx, WriteTx};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A role to give in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRequest {
    /// The account; it is created if it is new.
    pub account: AccountId,
    /// Its label.
    pub label: String,
    /// The role.
    pub role: Role,
    /// The unit on which it is given.
    pub unit: UnitId,
    /// First day; `None`: that of the role if it is held already, else today.
    pub from: Option<Date>,
    /// The day after the last; `Date::MAX`: until further notice.
    pub to: Date,
}

/// What a batch of grants changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GrantCounts {
    /// Roles that were given, or whose days changed.
    pub given: usize,
    /// Roles that were held already.
    pub unchanged: usize,
}

/// Why a batch was refused: positions in it and reasons, in its order. Nothing was written.
pub type BatchRefusals = Vec<(usize, Refusal)>;

/// How cards are issued.
pub struct CardOrder<'a> {
    /// How long a new card is valid, in microseconds.
    pub valid_micros: i64,
    /// The hash of the code of this account that is issued at this time.
    pub hash_of: &'a dyn Fn(AccountId, Timestamp) -> [u8; 32],
    /// Revoke open cards of the accounts and issue new ones.
    pub renew: bool,
    /// Also for accounts that have an active phone.
    pub also_enrolled: bool,
}

/// A card to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolCard {
    /// Its code, without the secret.
    pub code: EnrolCode,
    /// The label of its account.
    pub label: String,
    /// The roles that the account holds on the card's unit today or later.
    pub roles: Vec<Role>,
    /// Whether this call issued it; else it was open before.
    pub is_new: bool,
}

/// The outcome of a batch of cards.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CardBatch {
    /// The grants of the batch.
    pub grants: GrantCounts,
    /// Cards to print, in the order of the batch.
    pub cards: Vec<EnrolCard>,
    /// Labels of accounts that have an active phone and get no card.
    pub enrolled: Vec<String>,
}

impl App {
    /// Gives all roles of the batch, or none: then every refusal with its position.
    pub fn grant_roles(
        &self,
        actor: &Actor,
        requests: &[GrantRequest],
    ) -> Result<std::result::Result<GrantCounts, BatchRefusals>> {
        self.store()
            .write("access.grant", self.now(), |tx| grant_roles_in(self, tx, actor, requests))
    }

    /// Checks the batch like [`App::grant_roles`] and writes nothing.
    pub fn check_grant_roles(
        &self,
        actor: &Actor,
        requests: &[GrantRequest],
    ) -> Result<BatchRefusals> {
        self.store().read(|tx| check_grants(self, tx, actor, requests))
    }

    /// Gives the roles of the batch and issues a card for each of its accounts, in one transaction.
    pub fn issue_cards(
        &self,
        actor: &Actor,
        requests: &[GrantRequest],
        order: &CardOrder<'_>,
    ) -> Result<std::result::Result<CardBatch, BatchRefusals>> {
        self.store().write("access.enrol_card", self.now(), |tx| {
            let refusals = check_grants(self, tx, actor, requests)?;
            if !refusals.is_empty() {
                return Ok(Err(refusals));
            }
            let grants = put_grants(self, tx, actor, requests)?;
            let mut batch = CardBatch { grants, ..CardBatch::default() };
            let with_phone = accounts_with_phone(tx)?;
            let open = open_cards(tx, self.now())?;
            let mut seen = BTreeSet::new();
            for request in requests.iter().filter(|one| seen.insert(one.account)) {
                if with_phone.contains(&request.account) && !order.also_enrolled {
                    batch.enrolled.push(request.label.clone());
                    continue;
                }
                let before = open.get(&request.account);
                batch.cards.push(issue_card(self, tx, actor, (request, before), order)?);
            }
            Ok::<_, AppError>(Ok(batch))
        })
    }

    /// The cards that the caller may see, each with the label of its account, by time of issue.
    pub fn enrol_cards(&self, actor: &Actor) -> Result<Vec<(EnrolCode, String)>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let mut seen = Vec::new();
            for code in tx.qr_only_codes()? {
                let units = load_account_units(self, tx, code.account)?;
                if authorize_over_units::<action::ListDevices>(tx, actor, &units, today)?.is_ok() {
                    let label = tx.account_label(code.account)?.unwrap_or_default();
                    seen.push((code, label));
                }
            }
            Ok(seen)
        })
    }

    /// Revokes unused cards; returns how many. All of them, or none if one is unknown or the caller
    /// lacks the right over one of its account's units. A used or revoked card stays as it is.
    pub fn revoke_cards(&self, actor: &Actor, ids: &[EnrolCodeId]) -> Result<usize> {
        let today = self.now().local_date();
        self.store().write("access.revoke", self.now(), |tx| {
            let codes = tx.qr_only_codes()?;
            let mut revoked = 0;
            for id in ids {
                let code =
                    codes.iter().find(|code| code.id() == *id).ok_or(RefusalReason::NotFound)?;
                let units = load_account_units(self, tx, code.account)?;
                let permit = authorize_over_units::<action::Revoke>(tx, actor, &units, today)??;
                if tx.revoke_enrol_code(&code.hash)? {
                    tx.append_audit(&AuditContext::from(&permit));
                    revoked += 1;
                }
            }
            Ok::<_, AppError>(revoked)
        })
    }
}

/// [`App::grant_roles`] inside a transaction.
pub(super) fn grant_roles_in(
    app: &App,
    tx: &mut WriteTx,
    actor: &Actor,
    requests: &[GrantRequest],
) -> Result<std::result::Result<GrantCounts, BatchRefusals>> {
    match check_grants(app, tx, actor, requests)? {
        refusals if refusals.is_empty() => Ok(Ok(put_grants(app, tx, actor, requests)?)),
        refusals => Ok(Err(refusals)),
    }
}

/// Every refusal of the batch, with its position.
fn check_grants(
    app: &App,
    tx: &mut ReadTx,
    actor: &Actor,
    requests: &[GrantRequest],
) -> Result<BatchRefusals> {
    let today = app.now().local_date();
    let mut refusals = BatchRefusals::new();
    for (position, request) in requests.iter().enumerate() {
        let unit_path = tx.unit_path(request.unit)?;
        let on_unit: std::result::Result<Permit<action::Enrol>, _> =
            authorize(actor, &unit_path, today);
        if let Err(AppError::Refused(refusal)) = on_unit.map_err(AppError::from) {
            refusals.push((position, refusal));
        } else if tx.account_label(request.account)?.is_some() {
            let units = load_account_units(app, tx, request.account)?;
            if authorize_over_units::<action::Enrol>(tx, actor, &units, today)?.is_err() {
                refusals.push((position, RefusalReason::AccountElsewhere.into()));
            }
        }
    }
    Ok(refusals)
}

fn put_grants(
    app: &App,
    tx: &mut WriteTx,
    actor: &Actor,
    requests: &[GrantRequest],
) -> Result<GrantCounts> {
    let today = app.now().local_date();
    let mut counts = GrantCounts::default();
    for request in requests {
        let GrantRequest { role, unit, to, .. } = *request;
        let held = tx.grants(request.account)?;
        let held = held.iter().find(|grant| grant.role == role && grant.unit == unit);
        let started = held.filter(|grant| today < grant.to).map(|grant| grant.from);
        let grant = Grant { role, unit, from: request.from.or(started).unwrap_or(today), to };
        if held == Some(&grant) {
            counts.unchanged += 1;
            continue;
        }
        put_grant_checked(app, tx, actor, (request.account, &request.label), &grant)?;
        counts.given += 1;
    }
    Ok(counts)
}

fn accounts_with_phone(tx: &mut ReadTx) -> Result<BTreeSet<AccountId>> {
    let devices = tx.devices()?.into_iter();
    let active = devices.filter(|device| device.revoked_at.is_none() && !device.is_desk_session());
    Ok(active.map(|device| device.account).collect())
}

/// The newest open card of each account.
fn open_cards(tx: &mut ReadTx, now: Timestamp) -> Result<BTreeMap<AccountId, EnrolCode>> {
    let codes = tx.qr_only_codes()?.into_iter().filter(|code| code.is_open(now));
    Ok(codes.map(|code| (code.account, code)).collect())
}

/// The open card, if its code can be derived again and the order does not renew it; else a new one.
fn issue_card(
    app: &App,
    tx: &mut WriteTx,
    actor: &Actor,
    (request, before): (&GrantRequest, Option<&EnrolCode>),
    order: &CardOrder<'_>,
) -> Result<EnrolCard> {
    let GrantRequest { account, unit, ref label, .. } = *request;
    let now = tx.now();
    let today = now.local_date();
    let units = load_account_units(app, tx, account)?;
    let permit = authorize_over_units::<action::Enrol>(tx, actor, &units, today)??;
    let mut roles: Vec<Role> = tx
        .grants(account)?
        .iter()
        .filter(|grant| grant.unit == unit && today < grant.to)
        .map(|grant| grant.role)
        .collect();
    roles.dedup();
    if let Some(code) = before {
        // A grant of this batch may have revoked it.
        let present = tx.enrol_code(&code.hash)?.filter(|code| code.is_open(now));
        let is_derivable = (order.hash_of)(account, code.issued_at)[..] == code.hash[..];
        if let Some(code) = present {
            if is_derivable && !order.renew && code.unit == unit {
                return Ok(EnrolCard { code, label: label.clone(), roles, is_new: false });
            }
            tx.revoke_enrol_code(&code.hash)?;
        }
    }
    let code = EnrolCode {
        hash: (order.hash_of)(account, now).to_vec(),
        account,
        unit,
        issued_at: now,
        expires_at: now.saturating_add_micros(order.valid_micros),
        is_qr_only: true,
        used_at: None,
        revoked_at: None,
    };
    tx.insert_enrol_code(&code)?;
    tx.append_audit(&AuditContext::from(&permit));
    Ok(EnrolCard { code, label: label.clone(), roles, is_new: true })
}
