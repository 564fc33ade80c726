//! Amendments: what may be changed in an approved campaign, and how the change is recorded.
//!
//! Who may amend is decided in `permission`.

use super::{Campaign, CampaignStatus};
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use jiff::civil::Date;

/// Most characters of the basis of an amendment.
pub(super) const BASIS_MAX: usize = 500;

/// A change of an approved campaign (quyết định sửa đổi), stored with it permanently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// 1, 2, 3 in the order in which they were made.
    pub no: u8,
    /// The decision that it is based on: number, day, title.
    pub basis: String,
    /// The day it was entered.
    pub entered: Date,
    /// The changed parts, as in `targets.T1` or `measurement_window`.
    pub changed: Vec<String>,
}

impl Campaign {
    /// This campaign with the content of `next`: status and amendments stay, and once it is
    /// approved a change becomes an amendment that names its basis.
    pub fn apply_amendment(
        &self,
        next: &Self,
        basis: Option<&str>,
        entered: Date,
    ) -> Result<Self, Violation> {
        if let Some(violation) = self.check_plan_steps(next) {
            return Err(violation);
        }
        let updated = Self {
            status: self.status,
            amendments: self.amendments.clone(),
            reopening: self.reopening.clone(),
            shares: self.shares.clone(),
            ..next.clone()
        };
        let changed = self.changed_parts(&updated);
        if self.status == CampaignStatus::Draft || changed.is_empty() {
            return Ok(updated);
        }
        let at = format!("campaign.{}", self.code);
        if self.status.is_final() {
            return Err(Violation::error(
                "CAMPAIGN_CONCLUDED",
                at,
                message!("amendment-campaign-concluded-not-changed"),
            ));
        }
        let basis = basis
            .map(str::trim)
            .filter(|text| !text.is_empty() && text.chars().count() <= BASIS_MAX);
        let no = u8::try_from(self.amendments.len() + 1).ok();
        let (Some(basis), Some(no)) = (basis, no) else {
            let parts = changed.join(", ");
            return Err(Violation::error(
                "AMENDMENT_NEEDS_BASIS",
                at,
                message!(
                    "amendment-campaign-so-change-amendment",
                    status => self.status.message(),
                    parts
                ),
            ));
        };
        let mut amendments = updated.amendments.clone();
        amendments.push(Amendment { no, basis: basis.to_owned(), entered, changed });
        Ok(Self { amendments, ..updated })
    }

    /// The approved parts in which the two differ; status, amendments and participation are not
    /// among them.
    fn changed_parts(&self, other: &Self) -> Vec<String> {
        let heads = [
            ("name_vi", self.name_vi != other.name_vi),
            ("name_en", self.name_en != other.name_en),
            ("kind", self.kind != other.kind),
            ("parent_movement", self.parent_movement != other.parent_movement),
            ("owner", self.owner_uid != other.owner_uid),
            ("audience_vi", self.audience_vi != other.audience_vi),
            ("legal_window", self.legal_window != other.legal_window),
            ("measurement_window", self.measurement_window != other.measurement_window),
            ("launched_on", self.launched_on != other.launched_on),
            ("registration_deadline", self.registration_deadline != other.registration_deadline),
            ("theme", self.theme != other.theme),
            ("motto", self.motto != other.motto),
            ("fields", self.fields != other.fields),
            ("anniversaries", self.anniversaries != other.anniversaries),
            ("contracts", self.contracts != other.contracts),
            ("device_days", self.device_retention_days != other.device_retention_days),
        ];
        let mut parts: Vec<String> = heads
            .into_iter()
            .filter(|(_, differs)| *differs)
            .map(|(name, _)| name.to_owned())
            .collect();
        parts.extend(changed_codes("phases", &self.phases, &other.phases, |phase| {
            phase.no.to_string()
        }));
        parts.extend(changed_codes("targets", &self.targets, &other.targets, |line| {
            line.code.clone()
        }));
        parts.extend(changed_codes("activities", &self.activities, &other.activities, |line| {
            line.code.clone()
        }));
        parts
            .extend(changed_codes("duties", &self.duties, &other.duties, |line| line.code.clone()));
        parts
    }
}

/// Codes of lines that are new, removed or changed.
fn changed_codes<T: PartialEq>(
    name: &str,
    one: &[T],
    other: &[T],
    code: impl Fn(&T) -> String,
) -> Vec<String> {
    let only = |these: &[T], those: &[T]| -> Vec<String> {
        these.iter().filter(|line| !those.contains(line)).map(&code).collect()
    };
    let mut codes = only(one, other);
    codes.extend(only(other, one));
    codes.sort();
    codes.dedup();
    codes.into_iter().map(|code| format!("{name}.{code}")).collect()
}
