//! Roles and enrolment cards for many units in one transaction. A card is a printed picture with a
//! single-use code of 128 bits; it is named by its unit, listed, and can be revoked.
//!
//! A batch is checked completely before anything is written. Repeating it changes nothing: a role
//! that is held is kept, and a card that is open is printed again with the same code, which the
//! caller derives from the account and the time of issue. The database holds only the hash.

use super::account::{authorize_over_units, load_account_units, put_grant_checked};
use super::act::{ActEnd, ActRequest, Performer};
use super::grant::name_refused;
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
#[derive(Clone, Copy)]
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

/// Which cards a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CardFilter {
    /// Those of this unit and of the units under it today; `None`: of all.
    pub under: Option<UnitId>,
    /// Used, expired and revoked cards too.
    pub include_closed: bool,
}

/// Which cards are revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardChoice {
    /// Those with these numbers.
    Numbers(Vec<EnrolCodeId>),
    /// Every open card of this unit.
    OfUnit(UnitId),
}

/// What a revocation of cards did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RevokedCards {
    /// How many cards were meant.
    pub asked: usize,
    /// How many of them were open.
    pub revoked: usize,
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

    /// Gives the roles of the batch and issues a card for each of its accounts, in one transaction;
    /// or nothing: then the refusals by position.
    pub fn perform_card_batch(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        grants: &[GrantRequest],
        order: &CardOrder<'_>,
    ) -> Result<ActEnd<std::result::Result<CardBatch, BatchRefusals>>> {
        self.perform_batch(performer, request, grants, |tx, actor, counts| {
            issue_cards_in(self, tx, actor, (grants, counts), order)
        })
    }

    /// The same; what is refused is an error that names `grants[0]`, `grants[1]` and so on.
    pub fn perform_cards(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        grants: &[GrantRequest],
        order: &CardOrder<'_>,
    ) -> Result<ActEnd<CardBatch>> {
        name_refused(self.perform_card_batch(performer, request, grants, order)?)
    }

    /// The cards of an earlier call with the same batch that are still open. Writes nothing.
    pub fn reprint_cards(
        &self,
        performer: Performer<'_>,
        grants: &[GrantRequest],
        order: &CardOrder<'_>,
    ) -> Result<CardBatch> {
        let request = ActRequest::of_operator("access.enrol_card", true);
        let order = CardOrder { renew: false, ..*order };
        let end = self.perform_cards(performer, &request, grants, &order)?;
        let CardBatch { grants: _, mut cards, enrolled } = end.performed().unwrap_or_default();
        cards.retain(|card| !card.is_new);
        Ok(CardBatch { grants: GrantCounts::default(), cards, enrolled })
    }

    /// The cards that the caller may see, each with the label of its account, by time of issue.
    pub fn enrol_cards(
        &self,
        actor: &Actor,
        filter: CardFilter,
    ) -> Result<Vec<(EnrolCode, String)>> {
        let (now, today) = (self.now(), self.now().local_date());
        self.store().read(|tx| {
            let meant = match filter.under {
                Some(unit) => Some(self.reference(tx)?.org.effective_descendants(unit, today)),
                None => None,
            };
            let mut seen = Vec::new();
            for code in tx.qr_only_codes()? {
                let is_meant = meant.as_ref().is_none_or(|units| units.contains(&code.unit));
                if !is_meant || !(filter.include_closed || code.is_open(now)) {
                    continue;
                }
                let units = load_account_units(self, tx, code.account)?;
                if authorize_over_units::<action::ListDevices>(tx, actor, &units, today)?.is_ok() {
                    let label = tx.account_label(code.account)?.unwrap_or_default();
                    seen.push((code, label));
                }
            }
            Ok(seen)
        })
    }

    /// Revokes unused cards. All of them, or none if one is unknown or the caller lacks the right
    /// over one of its account's units. A used or revoked card stays as it is.
    pub fn perform_card_revocation(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        choice: &CardChoice,
    ) -> Result<ActEnd<RevokedCards>> {
        self.perform(performer, request, |tx, actor| {
            let today = tx.now().local_date();
            let chosen = choose_cards(tx, actor, choice)?;
            let mut revoked = 0;
            for code in &chosen {
                let units = load_account_units(self, tx, code.account)?;
                let permit = authorize_over_units::<action::Revoke>(tx, actor, &units, today)??;
                if tx.revoke_enrol_code(&code.hash)? {
                    tx.append_audit(&AuditContext::from(&permit));
                    revoked += 1;
                }
            }
            Ok(RevokedCards { asked: chosen.len(), revoked })
        })
    }
}

/// The cards that are meant. Who may not revoke at a unit does not learn whether it has cards.
fn choose_cards(tx: &mut WriteTx, actor: &Actor, choice: &CardChoice) -> Result<Vec<EnrolCode>> {
    let now = tx.now();
    match choice {
        CardChoice::Numbers(numbers) => {
            let codes = tx.qr_only_codes()?;
            let find =
                |number: &EnrolCodeId| codes.iter().find(|code| code.id() == *number).cloned();
            let found: Option<Vec<EnrolCode>> = numbers.iter().map(find).collect();
            Ok(found.ok_or(RefusalReason::NotFound)?)
        }
        CardChoice::OfUnit(unit) => {
            let unit_path = tx.unit_path(*unit)?;
            let _: Permit<action::Revoke> = authorize(actor, &unit_path, now.local_date())?;
            let mut codes = tx.qr_only_codes()?;
            codes.retain(|code| code.unit == *unit && code.is_open(now));
            Ok(codes)
        }
    }
}

/// A card for each account of the batch, whose roles are given.
fn issue_cards_in(
    app: &App,
    tx: &mut WriteTx,
    actor: &Actor,
    (requests, grants): (&[GrantRequest], GrantCounts),
    order: &CardOrder<'_>,
) -> Result<CardBatch> {
    let mut batch = CardBatch { grants, ..CardBatch::default() };
    let (with_phone, now) = (accounts_with_phone(tx)?, tx.now());
    let open = open_cards(tx, now)?;
    let mut seen = BTreeSet::new();
    for request in requests.iter().filter(|one| seen.insert(one.account)) {
        if with_phone.contains(&request.account) && !order.also_enrolled {
            batch.enrolled.push(request.label.clone());
            continue;
        }
        let before = open.get(&request.account);
        batch.cards.push(issue_card(app, tx, actor, (request, before), order)?);
    }
    Ok(batch)
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
