//! Findings of the server's quality rules about a unit's figures. A finding is first visible to the
//! unit, then also to the units above, after its reply or its time limit.
//!
//! A reply is a call (`network::reply_finding`) and needs a connection, so that its result is known
//! at once.

use super::{Phone, Result};
use crate::client::reference::LocalReference;
use crate::domain::access::scope::RecordKind;
use crate::domain::quality::{Finding, FindingState};
use crate::domain::support::message::{Message, MessageArg};
use crate::domain::support::time::days_from_date;
use crate::wire;

/// A question about figures. It reports an unusual value, not an error.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
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
    pub question: Message,
    /// Day on which the finding was created.
    pub asked_day: i32,
    /// Its state.
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
