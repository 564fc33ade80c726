//! Findings of the server's quality rules about a unit's figures. A finding is first visible to the
//! unit, then also to the units above, after its reply or its time limit.
//!
//! A reply is a call and needs a connection, so that its result is known at once.

use super::{CallStatus, ClientError, Phone, Result, commands};
use crate::client::call_status::to_call_error;
use crate::client::device_key;
use crate::client::reference::LocalReference;
use crate::client::runner::to_reply_error;
use crate::domain::access::scope::RecordKind;
use crate::domain::quality::{Finding, FindingState};
use crate::domain::support::ids::FindingId;
use crate::domain::support::message::{Message, MessageArg};
use crate::domain::support::time::days_from_date;
use crate::pb;
use crate::wire;
use crate::wire::bytes::encode_message;
use crate::wire::enums::finding_state_to_proto;

/// A question about figures. It reports an unusual value, not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct FindingView {
    /// Its id, 32 hexadecimal digits; an argument of `reply_finding`.
    pub id: String,
    /// Code of the rule, as in `D1`.
    pub rule: String,
    /// Code of the unit that has to reply.
    pub unit: String,
    /// Code of the element; empty if the finding is about no element.
    pub element: String,
    /// First day of the period, since 1970-01-01.
    pub from_day: i32,
    /// Day after the last day of the period.
    pub to_day: i32,
    /// The question.
    #[cfg_attr(feature = "json", serde(serialize_with = "super::json::message"))]
    pub question: Message,
    /// Day on which the finding was created.
    pub asked_day: i32,
    /// Its state.
    #[cfg_attr(feature = "json", serde(serialize_with = "super::json::code"))]
    pub state: FindingState,
    /// The unit's reply; `None` without a reply.
    pub reply: Option<String>,
}

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// The findings visible to this phone: those without a reply first, then by unit and day.
    pub fn findings(&self) -> Result<Vec<FindingView>> {
        let reference = self.reference()?;
        let stored = self.lock_under_lease()?.records(RecordKind::Finding.number())?;
        let read = |bytes: &[u8]| {
            wire::record::decode_finding(bytes, &reference.unit_numbers, &reference.element_numbers)
                .ok()
        };
        let mut all: Vec<FindingView> = stored
            .iter()
            .filter_map(|one| read(&one.bytes))
            .map(|one| to_finding_view(&one, &reference))
            .collect();
        all.sort_by(|a, b| {
            let key = |one: &FindingView| {
                (one.reply.is_some(), one.unit.clone(), one.asked_day, one.id.clone())
            };
            key(a).cmp(&key(b))
        });
        Ok(all)
    }

    /// A reply for an app that carries it, as `reply_finding`: the bytes of a
    /// `ReplyFindingRequest`. The same bytes may be sent again without a second effect.
    pub fn build_finding_reply(
        &self,
        finding_id: String,
        state: FindingState,
        text: String,
    ) -> Result<Vec<u8>> {
        Ok(encode_message(&self.finding_reply(&finding_id, state, &text)?))
    }

    /// The error of a reply whose call ended with a status.
    pub fn explain_reply_failure(&self, status: CallStatus) -> ClientError {
        let CallStatus { code, text, details } = status;
        to_reply_error(to_call_error(code, text, &details)).into()
    }
}

impl Phone {
    pub(super) fn finding_reply(
        &self,
        finding_id: &str,
        state: FindingState,
        text: &str,
    ) -> Result<pb::ReplyFindingRequest> {
        let bad = |_| ClientError::BadArgument { what: "finding_id".to_owned() };
        let id = FindingId::parse(finding_id).map_err(bad)?;
        Ok(pb::ReplyFindingRequest {
            request_id: device_key::new_uuid_v7(self.runner.clock.now())?.to_vec(),
            finding_id: id.0.to_vec(),
            state: finding_state_to_proto(state).into(),
            text: commands::check_typed_text("text", text)?,
        })
    }
}

fn to_finding_view(finding: &Finding, reference: &LocalReference) -> FindingView {
    let element = finding.element.as_ref().and_then(|code| reference.catalogue.element(code));
    let names = element.map_or_else(
        || MessageArg::Text(String::new()),
        |element| MessageArg::Names(element.name_vi.clone(), element.name_en.clone()),
    );
    FindingView {
        id: finding.id().to_string(),
        rule: finding.rule.as_str().to_owned(),
        unit: reference.unit_uid(finding.unit),
        element: finding.element.as_ref().map_or_else(String::new, |code| code.as_str().to_owned()),
        from_day: days_from_date(finding.window.start),
        to_day: days_from_date(finding.window.end),
        question: finding.question(names, element.map_or(0, |element| element.scale)),
        asked_day: days_from_date(finding.asked_day),
        state: finding.state,
        reply: finding.reply.as_ref().map(|reply| reply.text.clone()),
    }
}
