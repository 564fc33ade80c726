//! Printed cards: issued, listed and revoked. The sheet is drawn where the command runs.

use super::super::context::{CliContext, LocalApp};
use super::super::error::CliResult;
use super::super::grant_batch::GrantBatch;
use super::super::invite;
use super::{Desk, RemoteDesk, new_request_id, read, require};
use crate::app::ReferenceSnapshot;
use crate::app::act::{ActRequest, Performer};
use crate::app::enrol_card::{
    CardBatch, CardChoice, CardFilter, CardOrder, EnrolCard, EnrolCode, RevokedCards,
};
use crate::auth;
use crate::domain::access::enrolment::{CardState, EnrolCodeId, Invite};
use crate::domain::access::permission::Role;
use crate::domain::support::ids::{AccountId, UnitId};
use crate::domain::support::time::Timestamp;
use crate::office::card_sheet::SheetCard;
use crate::pb;
use crate::server::keys::ServerKeys;
use crate::wire::enums::card_state_from_proto;
use crate::wire::values;

/// For whom cards are issued.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct CardWish {
    /// Revoke the open cards of the accounts and make new ones.
    pub(in crate::cli) renew: bool,
    /// Also for accounts that have a phone.
    pub(in crate::cli) also_enrolled: bool,
}

/// Cards to print.
pub(in crate::cli) struct IssuedCards {
    /// Each card, and whether it is new.
    pub(in crate::cli) cards: Vec<(SheetCard, bool)>,
    /// Labels of accounts that have a phone and get no card.
    pub(in crate::cli) have_phone: Vec<String>,
    /// Roles that were given.
    pub(in crate::cli) roles_given: usize,
    /// Minutes for which a new card is valid.
    pub(in crate::cli) valid_minutes: u32,
}

/// A card in a list.
pub(in crate::cli) struct CardLine {
    pub(in crate::cli) unit: String,
    pub(in crate::cli) unit_name: String,
    pub(in crate::cli) account: String,
    pub(in crate::cli) id: EnrolCodeId,
    pub(in crate::cli) state: CardState,
    pub(in crate::cli) issued_at: Timestamp,
    pub(in crate::cli) expires_at: Timestamp,
}

/// Which cards are revoked, as they are typed.
pub(in crate::cli) enum TypedCards<'a> {
    Numbers(Vec<EnrolCodeId>),
    OfUnit(&'a str),
}

impl Desk {
    /// Gives the roles of the batch and issues a card for each of its accounts, all or none.
    pub(in crate::cli) fn issue_cards(
        &self,
        ctx: &CliContext,
        batch: &GrantBatch,
        wish: CardWish,
    ) -> CliResult<IssuedCards> {
        match self {
            Self::Local(local_app) => issue_locally(ctx, local_app, batch, wish),
            Self::Remote(remote) => remote.issue_cards(batch, wish),
        }
    }

    /// The open cards, or all, of a unit and of those under it today, or of all units.
    pub(in crate::cli) fn cards(
        &self,
        unit: Option<&str>,
        include_closed: bool,
    ) -> CliResult<Vec<CardLine>> {
        let under = unit.map(|code| self.find_unit_of_role(code)).transpose()?;
        match self {
            Self::Local(local_app) => {
                let filter = CardFilter { under, include_closed };
                let cards = local_app.app.enrol_cards(&local_app.actor, filter)?;
                let (reference, now) = (local_app.load_reference()?, local_app.app.now());
                let line = |(code, label)| local_line(&code, label, &reference, now);
                Ok(cards.into_iter().map(line).collect())
            }
            Self::Remote(remote) => remote.cards(under, include_closed),
        }
    }

    /// Revokes cards that were not used yet.
    pub(in crate::cli) fn revoke_cards(&self, typed: TypedCards<'_>) -> CliResult<RevokedCards> {
        let choice = match typed {
            TypedCards::Numbers(numbers) => CardChoice::Numbers(numbers),
            TypedCards::OfUnit(code) => CardChoice::OfUnit(self.find_unit_of_role(code)?),
        };
        let remote = match self {
            Self::Local(local_app) => {
                let request = ActRequest::of_operator("access.revoke_card", false);
                let performer = Performer::Operator(&local_app.actor);
                let end = local_app.app.perform_card_revocation(performer, &request, &choice)?;
                return Ok(end.performed().unwrap_or_default());
            }
            Self::Remote(remote) => remote,
        };
        let (numbers, unit_id) = match choice {
            CardChoice::Numbers(ids) => (ids.iter().map(ToString::to_string).collect(), Vec::new()),
            CardChoice::OfUnit(unit) => (Vec::new(), unit.0.to_vec()),
        };
        let request_id = new_request_id()?;
        let request = pb::RevokeCardsRequest { request_id, numbers, unit_id, validate_only: false };
        let answer = remote.ask(remote.client.revoke_cards(request))?;
        let (asked, revoked) = (answer.asked as usize, answer.revoked as usize);
        Ok(RevokedCards { asked, revoked })
    }
}

fn issue_locally(
    ctx: &CliContext,
    local_app: &LocalApp,
    batch: &GrantBatch,
    CardWish { renew, also_enrolled }: CardWish,
) -> CliResult<IssuedCards> {
    let config = ctx.read_config()?;
    let secret = ServerKeys::open(&config.dir)?.cursor_key;
    let ca_sha256 =
        if config.listen.plaintext { [0; 32] } else { invite::tls_files(&config).ca_sha256()? };
    let valid_minutes = config.enrolment.code_minutes.get();
    let valid_micros = i64::from(valid_minutes) * 60 * 1_000_000;
    let hash_of = |account: AccountId, at: Timestamp| auth::hash_card_code(&secret, account, at);
    let order = CardOrder { valid_micros, hash_of: &hash_of, renew, also_enrolled };
    let request = ActRequest::of_operator("access.enrol_card", false);
    let performer = Performer::Operator(&local_app.actor);
    let app = &local_app.app;
    let end = app.perform_card_batch(performer, &request, &batch.requests, &order)?;
    let issued = end.performed().unwrap_or_else(|| Ok(CardBatch::default()));
    let issued = issued.map_err(|refusals| batch.refused(refusals))?;
    let (reference, now) = (local_app.load_reference()?, app.now());
    let addresses = invite::advertised_addresses(&config);
    let print = |EnrolCard { code, label, roles, is_new }: EnrolCard| {
        let line = local_line(&code, label, &reference, now);
        let code = auth::derive_card_code(&secret, code.account, code.issued_at);
        let invite = Invite { code, ca_sha256, addresses: addresses.clone() };
        (line.on_sheet(roles, invite.to_string()), is_new)
    };
    Ok(IssuedCards {
        cards: issued.cards.into_iter().map(print).collect(),
        have_phone: issued.enrolled,
        roles_given: issued.grants.given,
        valid_minutes,
    })
}

fn local_line(
    code: &EnrolCode,
    label: String,
    reference: &ReferenceSnapshot,
    now: Timestamp,
) -> CardLine {
    let org = &reference.org;
    CardLine {
        unit: org.unit(code.unit).map_or_else(String::new, |unit| unit.uid.clone()),
        unit_name: org.nearest_name(code.unit, now.local_date()).to_owned(),
        account: label,
        id: code.id(),
        state: code.state(now),
        issued_at: code.issued_at,
        expires_at: code.expires_at,
    }
}

impl CardLine {
    fn on_sheet(self, roles: Vec<Role>, qr: String) -> SheetCard {
        let Self { unit, unit_name, account, id, state: _, issued_at: _, expires_at } = self;
        SheetCard { id, unit, unit_name, account, roles, expires_at, qr }
    }
}

impl RemoteDesk {
    fn issue_cards(&self, batch: &GrantBatch, wish: CardWish) -> CliResult<IssuedCards> {
        let request = pb::IssueCardsRequest {
            request_id: new_request_id()?,
            grants: self.roles_to_grant(batch)?,
            renew: wish.renew,
            also_enrolled: wish.also_enrolled,
            validate_only: false,
        };
        let answer = self.ask(self.client.issue_cards(request))?;
        Ok(IssuedCards {
            cards: answer.cards.into_iter().map(read_to_print).collect::<CliResult<_>>()?,
            have_phone: answer.enrolled_labels,
            roles_given: answer.given as usize,
            valid_minutes: answer.valid_minutes,
        })
    }

    fn cards(&self, under: Option<UnitId>, include_closed: bool) -> CliResult<Vec<CardLine>> {
        let unit_id = under.map_or_else(Vec::new, |unit| unit.0.to_vec());
        let cards = self.read_pages(|page_token| {
            let (page_size, unit_id) = (500, unit_id.clone());
            let request = pb::ListCardsRequest { page_size, page_token, unit_id, include_closed };
            let answer = self.client.list_cards(request)?;
            Ok((answer.cards, answer.next_page_token))
        })?;
        cards.into_iter().map(read_line).collect()
    }
}

fn read_to_print(card: pb::CardToPrint) -> CliResult<(SheetCard, bool)> {
    let pb::CardToPrint { card, roles, invitation, new } = card;
    let roles = read(roles.into_iter().map(values::role_from_proto).collect())?;
    Ok((read_line(require(card)?)?.on_sheet(roles, invitation), new))
}

fn read_line(card: pb::EnrolmentCard) -> CliResult<CardLine> {
    let pb::EnrolmentCard {
        number,
        account_id: _,
        account_label,
        unit_id: _,
        unit_uid,
        unit_name,
        issued_at,
        expires_at,
        state,
    } = card;
    Ok(CardLine {
        unit: unit_uid,
        unit_name,
        account: account_label,
        id: require(EnrolCodeId::parse(&number))?,
        state: read(card_state_from_proto(state))?,
        issued_at: read(values::required_timestamp_from_proto(issued_at))?,
        expires_at: read(values::required_timestamp_from_proto(expires_at))?,
    })
}
