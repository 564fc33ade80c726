//! Issues, lists and revokes printed cards. Their codes are derived from the server's secret.

use super::act::{read_act_request, take_performed};
use super::report::parse_optional_id;
use super::status::RpcError;
use super::{ServerEndpoints, Services, impl_service, pagination};
use crate::app::ReferenceSnapshot;
use crate::app::access::CallerIdentity;
use crate::app::act::Performer;
use crate::app::enrol_card::{CardChoice, CardFilter, CardOrder, EnrolCard, EnrolCode};
use crate::auth;
use crate::domain::access::enrolment::{EnrolCodeId, Invite};
use crate::domain::support::ids::{AccountId, UnitId};
use crate::domain::support::limits::GRANTS_MAX;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::domain::support::time::Timestamp;
use crate::pb;
use crate::pb::card_service_server::CardService;
use crate::wire::access::roles_to_proto;
use crate::wire::bytes::encode_message;
use crate::wire::enums::card_state_to_proto;
use crate::wire::field_violations::FieldViolations;
use crate::wire::values;

impl_service!(CardService {
    authenticated issue_cards: IssueCardsRequest => IssueCardsResponse;
    authenticated list_cards: ListCardsRequest => ListCardsResponse;
    authenticated revoke_cards: RevokeCardsRequest => RevokeCardsResponse;
});

impl Services {
    fn issue_cards(
        &self,
        identity: &CallerIdentity,
        message: pb::IssueCardsRequest,
    ) -> Result<pb::IssueCardsResponse, RpcError> {
        let (name, encoded) = ("access.enrol_card", encode_message(&message));
        let request = read_act_request(name, &message.request_id, message.validate_only, &encoded)?;
        let pb::IssueCardsRequest { request_id: _, grants, renew, also_enrolled, validate_only } =
            message;
        let grants = self.read_grant_batch(grants)?;
        let hash_of = |account: AccountId, issued_at: Timestamp| {
            auth::hash_card_code(&*self.server_secret, account, issued_at)
        };
        let valid_micros = i64::from(self.card_minutes) * 60 * 1_000_000;
        let order = CardOrder { valid_micros, hash_of: &hash_of, renew, also_enrolled };
        let performer = Performer::Caller(identity);
        let end = self.app.perform_cards(performer, &request, &grants, &order)?;
        let batch = match take_performed(end)? {
            Some(batch) => batch,
            None => self.app.reprint_cards(performer, &grants, &order)?,
        };
        let reference = self.load_reference()?;
        let print = |card: &EnrolCard| self.card_to_print(card, &reference, validate_only);
        Ok(pb::IssueCardsResponse {
            cards: batch.cards.iter().map(print).collect(),
            given: batch.grants.given as u32,
            unchanged: batch.grants.unchanged as u32,
            enrolled_labels: batch.enrolled,
            valid_minutes: self.card_minutes,
        })
    }

    /// A new card that was only asked for does not exist: it has no number and no code.
    fn card_to_print(
        &self,
        card: &EnrolCard,
        reference: &ReferenceSnapshot,
        validate_only: bool,
    ) -> pb::CardToPrint {
        let EnrolCard { code, label, roles, is_new } = card;
        let mut shown = self.card_to_proto(code, label.clone(), reference);
        let invitation = if *is_new && validate_only {
            shown.number.clear();
            String::new()
        } else {
            let ServerEndpoints { addresses, ca_sha256, trusted_ca_sha256: _ } = &*self.endpoints;
            let code = auth::derive_card_code(&*self.server_secret, code.account, code.issued_at);
            Invite { code, ca_sha256: *ca_sha256, addresses: addresses.clone() }.to_string()
        };
        pb::CardToPrint {
            card: Some(shown),
            roles: roles_to_proto(roles),
            invitation,
            new: *is_new,
        }
    }

    fn card_to_proto(
        &self,
        code: &EnrolCode,
        account_label: String,
        reference: &ReferenceSnapshot,
    ) -> pb::EnrolmentCard {
        let (now, org) = (self.app.now(), &reference.org);
        pb::EnrolmentCard {
            number: code.id().to_string(),
            account_id: code.account.0.to_vec(),
            account_label,
            unit_id: code.unit.0.to_vec(),
            unit_uid: org.unit(code.unit).map_or_else(String::new, |unit| unit.uid.clone()),
            unit_name: org.nearest_name(code.unit, now.local_date()).to_owned(),
            issued_at: Some(values::timestamp_to_proto(code.issued_at)),
            expires_at: Some(values::timestamp_to_proto(code.expires_at)),
            state: card_state_to_proto(code.state(now)).into(),
        }
    }

    fn list_cards(
        &self,
        identity: &CallerIdentity,
        message: pb::ListCardsRequest,
    ) -> Result<pb::ListCardsResponse, RpcError> {
        let pb::ListCardsRequest { page_size, page_token, unit_id, include_closed } = message;
        let filter_key = format!("{:?}", (&unit_id, include_closed));
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, filter_key.as_bytes())?;
        let under = parse_optional_id(&unit_id, UnitId::from_slice)?;
        let all = self.app.enrol_cards(&identity.actor, CardFilter { under, include_closed })?;
        let next_page_token =
            pagination::next_offset_token(skip + size, all.len(), filter_key.as_bytes());
        let reference = self.load_reference()?;
        let page = all.into_iter().skip(skip).take(size);
        let cards = page.map(|(code, label)| self.card_to_proto(&code, label, &reference));
        Ok(pb::ListCardsResponse { cards: cards.collect(), next_page_token })
    }

    fn revoke_cards(
        &self,
        identity: &CallerIdentity,
        message: pb::RevokeCardsRequest,
    ) -> Result<pb::RevokeCardsResponse, RpcError> {
        let (name, encoded) = ("access.revoke_card", encode_message(&message));
        let request = read_act_request(name, &message.request_id, message.validate_only, &encoded)?;
        let pb::RevokeCardsRequest { request_id: _, numbers, unit_id, validate_only: _ } = message;
        if numbers.len() > GRANTS_MAX {
            return Err(RpcError::LimitExceeded("numbers", GRANTS_MAX as u64));
        }
        let choice = read_choice(&numbers, &unit_id)?;
        let performer = Performer::Caller(identity);
        let end = self.app.perform_card_revocation(performer, &request, &choice)?;
        let done = take_performed(end)?.unwrap_or_default();
        Ok(pb::RevokeCardsResponse { asked: done.asked as u32, revoked: done.revoked as u32 })
    }
}

/// Numbers or a unit, not both.
fn read_choice(numbers: &[String], unit_id: &[u8]) -> Result<CardChoice, Refusal> {
    let mut violations = FieldViolations::default();
    let unit = violations.check("unit_id", parse_optional_id(unit_id, UnitId::from_slice));
    if numbers.is_empty() == unit_id.is_empty() {
        violations.add("numbers", RefusalReason::Malformed);
    }
    let mut read = Vec::with_capacity(numbers.len());
    for (position, text) in numbers.iter().enumerate() {
        let number = EnrolCodeId::parse(text).ok_or(RefusalReason::BadId);
        read.extend(violations.check(format!("numbers[{position}]"), number));
    }
    let unit = violations.into_result(unit)?;
    Ok(unit.map_or(CardChoice::Numbers(read), CardChoice::OfUnit))
}
