//! Amendments: what may still be changed in a campaign that was approved, and how the change stays visible.
//!
//! Knows two states of a campaign and who says on what basis; who may amend is the business of permissions.

use super::{Campaign, Status};
use crate::domain::broken::Broken;
use jiff::civil::Date;

/// Most amendments of one campaign.
pub const AMENDMENTS_MAX: usize = 255;
/// Most characters of the basis of an amendment.
pub const BASIS_MAX: usize = 500;

/// A change of an approved campaign (quyết định sửa đổi), kept with it for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amendment {
    /// 1, 2, 3 in the order in which they were made.
    pub no: u8,
    /// The decision on which it rests: number, day, title.
    pub basis: String,
    /// The day it was entered.
    pub entered: Date,
    /// The parts that it changed, as in `targets.T1` or `measurement_window`.
    pub changed: Vec<String>,
}

impl Campaign {
    /// What this campaign becomes when `next` is applied over it: the state of its life and its amendments stay, and once it is approved
    /// a change becomes an amendment that names its basis.
    pub fn amended(&self, next: &Self, basis: Option<&str>, entered: Date) -> Result<Self, Broken> {
        if let Some(broken) = self.check_plan_steps(next) {
            return Err(broken);
        }
        let kept = Self { status: self.status, amendments: self.amendments.clone(), ..next.clone() };
        let changed = self.parts_other_than(&kept);
        if self.status == Status::Draft || changed.is_empty() {
            return Ok(kept);
        }
        let at = format!("campaign.{}", self.code);
        if self.status.is_final() {
            return Err(Broken::refuses(
                "CAMPAIGN_CONCLUDED",
                at,
                "phong trào đã tổng kết, không sửa được nữa; hãy lập phong trào mới",
                "the campaign is concluded and is not changed any more; write a new one",
            ));
        }
        let basis = basis.map(str::trim).filter(|text| !text.is_empty() && text.chars().count() <= BASIS_MAX);
        let no = u8::try_from(self.amendments.len() + 1).ok();
        let (Some(basis), Some(no)) = (basis, no) else {
            let parts = changed.join(", ");
            return Err(Broken::refuses(
                "AMENDMENT_NEEDS_BASIS",
                at,
                format!(
                    "phong trào đã {}, thay đổi ({parts}) là một lần sửa đổi; hãy thêm --basis \"số, ngày, tên quyết định\"",
                    self.status.text(crate::domain::lang::Lang::Vi)
                ),
                format!(
                    "the campaign is {}, so this change ({parts}) is an amendment; add --basis \"number, day and title of the decision\"",
                    self.status
                ),
            ));
        };
        let mut amendments = kept.amendments.clone();
        amendments.push(Amendment { no, basis: basis.to_owned(), entered, changed });
        Ok(Self { amendments, ..kept })
    }

    /// The parts in which the two differ, of what is approved: neither the state of life, nor amendments, nor how units take it up.
    #[must_use]
    pub fn parts_other_than(&self, other: &Self) -> Vec<String> {
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
            ("theme", self.theme != other.theme),
            ("motto", self.motto != other.motto),
            ("fields", self.fields != other.fields),
            ("anniversaries", self.anniversaries != other.anniversaries),
            ("contracts", self.contracts != other.contracts),
            ("device_days", self.device_days != other.device_days),
        ];
        let mut parts: Vec<String> =
            heads.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect();
        parts.extend(lines("phases", &self.phases, &other.phases, |phase| phase.no.to_string()));
        parts.extend(lines("targets", &self.targets, &other.targets, |line| line.code.clone()));
        parts.extend(lines("activities", &self.activities, &other.activities, |line| line.code.clone()));
        parts.extend(lines("duties", &self.duties, &other.duties, |line| line.code.clone()));
        parts
    }
}

/// Lines that are new, gone or other, by code.
fn lines<T: PartialEq>(name: &str, one: &[T], other: &[T], code: impl Fn(&T) -> String) -> Vec<String> {
    let only = |these: &[T], those: &[T]| -> Vec<String> {
        these.iter().filter(|line| !those.contains(line)).map(&code).collect()
    };
    let mut codes = only(one, other);
    codes.extend(only(other, one));
    codes.sort();
    codes.dedup();
    codes.into_iter().map(|code| format!("{name}.{code}")).collect()
}
