//! What the server's rules ask of a unit's figures: of the unit itself first, of those above once it replied or had its time.
//!
//! Reading only: a reply is a call of `QualityService` with a connection, since whoever gives it should see at once how the matter stands.

use super::{Phone, Result};
use crate::client::reference::LocalReference;
use crate::domain::lang::Lang;
use crate::domain::quality::Finding;
use crate::domain::scope::RecordKind;
use crate::domain::time::days_from_date;
use crate::wire;

/// A question about figures. It says what is unlike the rest, never that something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingView {
    /// Its id, 32 hexadecimal digits: `ReplyFinding` asks for it.
    pub id: String,
    /// Code of the rule that asks, as in `D1`.
    pub rule: String,
    /// Code of the unit that is asked.
    pub unit: String,
    /// Code of the element; empty where it is about none.
    pub element: String,
    /// First day that it is about, since 1970-01-01.
    pub from_day: i32,
    /// The day after the last.
    pub to_day: i32,
    /// The question in Vietnamese.
    pub text_vi: String,
    /// The question in English.
    pub text_en: String,
    /// The day on which it was asked.
    pub asked_day: i32,
    /// As in `OPEN`, `EXPLAINED`, `ESCALATED`.
    pub state: String,
    /// The unit's reply, once it gave one.
    pub reply: Option<String>,
}

impl Phone {
    /// The questions that this phone may see: open ones first, then by unit and day.
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
    let text = |lang: Lang| {
        let name = element
            .map_or("", |element| lang.pick(element.name_vi.as_str(), element.name_en.as_str()));
        finding.question_text(name, lang)
    };
    FindingView {
        id: finding.id().to_string(),
        rule: finding.rule.as_str().to_owned(),
        unit: reference.unit_uid(finding.unit),
        element: finding.element.as_ref().map_or_else(String::new, |code| code.as_str().to_owned()),
        from_day: days_from_date(finding.window.start),
        to_day: days_from_date(finding.window.end),
        text_vi: text(Lang::Vi),
        text_en: text(Lang::En),
        asked_day: days_from_date(finding.asked_day),
        state: finding.state.as_str().to_owned(),
        reply: finding.reply.as_ref().map(|reply| reply.text.clone()),
    }
}
