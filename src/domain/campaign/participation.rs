//! Participation of units in a campaign: launches (lễ phát động), pledges (giao ước, hưởng ứng) and
//! plans (kế hoạch).
//!
//! They are a record only: they never block a transition, and adding one is not an amendment. The
//! signer is a post, never a person.

use super::{Campaign, Target};
use crate::domain::report::free_text;
use crate::domain::support::message::message;
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::violation::Violation;
use jiff::civil::Date;

string_enum! {
    /// How a launch was held.
    LaunchMode {
        /// Trực tiếp.
        InPerson = "IN_PERSON",
        /// Trực tuyến.
        Online = "ONLINE",
        /// Trực tiếp, truyền hình tới các điểm cầu.
        Hybrid = "HYBRID",
    }
}

string_enum! {
    /// The state of a unit's plan.
    PlanStatus {
        /// Being written.
        Draft = "DRAFT",
        /// Sent to the unit above.
        Submitted = "SUBMITTED",
        /// Sent back with remarks.
        Returned = "RETURNED",
        /// In force.
        Approved = "APPROVED",
        /// Replaced by another.
        Superseded = "SUPERSEDED",
    }
}

impl PlanStatus {
    /// Whether a plan in this state may change to `next`.
    pub(super) fn can_become(self, next: Self) -> bool {
        const TABLE: [(PlanStatus, PlanStatus); 6] = [
            (PlanStatus::Draft, PlanStatus::Submitted),
            (PlanStatus::Submitted, PlanStatus::Returned),
            (PlanStatus::Returned, PlanStatus::Submitted),
            (PlanStatus::Submitted, PlanStatus::Approved),
            (PlanStatus::Approved, PlanStatus::Superseded),
            (PlanStatus::Returned, PlanStatus::Draft),
        ];
        self == next || TABLE.contains(&(self, next))
    }
}

/// An act that the campaign's file states of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfUnit<T> {
    /// Uid of the unit.
    pub unit_uid: String,
    /// What the unit did.
    pub act: T,
}

/// A launch that a unit held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The day.
    pub held_on: Date,
    /// The mode.
    pub mode: LaunchMode,
    /// Uids of the units to which it was relayed.
    pub sites: Vec<String>,
    /// Number of participants; `None` if they were not counted.
    pub attendance: Option<u32>,
}

/// A pledge by a unit or one of its bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pledge {
    /// The body that pledges, as in `YOUTH_UNION`; empty for the unit itself.
    pub body: String,
    /// The text, in Vietnamese; no personal data.
    pub text_vi: String,
    /// The post that signed, never a name.
    pub signed_role: String,
}

/// A unit's own plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitPlan {
    /// Its state.
    pub status: PlanStatus,
    /// Number, day and title of the document; no personal data.
    pub document: String,
    /// The targets of the campaign as the unit sets them for itself.
    pub allocations: Vec<Allocation>,
    /// What the unit above said when it returned the plan; empty in every other state.
    pub remark: String,
}

/// A target of the campaign as a unit sets it for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allocation {
    /// Code of the campaign's target.
    pub target: String,
    /// The phase; `None`: the whole campaign.
    pub phase: Option<u8>,
    /// The unit's own formula.
    pub formula: Target,
}

impl Campaign {
    pub(super) fn check_participation(&self, violations: &mut Vec<Violation>) {
        for OfUnit { unit_uid, act } in &self.launches {
            if act.held_on >= self.legal_window.end {
                violations.push(Violation::error(
                    "LAUNCH_AFTER_END",
                    format!("launches.{unit_uid}"),
                    message!("participation-comes-after-campaign-last", held_on = act.held_on),
                ));
            }
        }
        let pledges =
            self.pledges.iter().map(|pledge| ("pledges", &pledge.unit_uid, &pledge.act.text_vi));
        let plans = self.plans.iter().map(|plan| ("plans", &plan.unit_uid, &plan.act.document));
        for (at, unit, text) in pledges.chain(plans) {
            if let Some(reason) = free_text::check_free_text(text) {
                let at = format!("{at}.{unit}");
                violations.push(Violation::error(reason.code(), at, reason.message()));
            }
        }
        for plan in &self.plans {
            for allocation in self.unknown_allocations(&plan.act.allocations) {
                violations.push(Violation::error(
                    "UNKNOWN_TARGET",
                    format!("plans.{}", plan.unit_uid),
                    message!("participation-campaign-no-target-mend", target = allocation.target),
                ));
            }
        }
        let has_two_in_force = |plan: &OfUnit<UnitPlan>| {
            plan.act.status == PlanStatus::Approved
                && self
                    .plans
                    .iter()
                    .filter(|one| {
                        one.unit_uid == plan.unit_uid && one.act.status == plan.act.status
                    })
                    .count()
                    > 1
        };
        if let Some(plan) = self.plans.iter().find(|plan| has_two_in_force(plan)) {
            violations.push(Violation::error(
                "TWO_PLANS_IN_FORCE",
                format!("plans.{}", plan.unit_uid),
                message!("participation-unit-two-plans-force"),
            ));
        }
    }

    /// The allocations of targets that the campaign does not have.
    pub(super) fn unknown_allocations<'a>(
        &'a self,
        allocations: &'a [Allocation],
    ) -> impl Iterator<Item = &'a Allocation> {
        allocations.iter().filter(|one| self.target(&one.target).is_none())
    }

    /// A plan whose state would change in a forbidden way if `next` replaced this campaign.
    pub(super) fn check_plan_steps(&self, next: &Self) -> Option<Violation> {
        let forbidden = next.plans.iter().find_map(|plan| {
            let same = |one: &&OfUnit<UnitPlan>| {
                one.unit_uid == plan.unit_uid && one.act.document == plan.act.document
            };
            let before = self.plans.iter().find(same)?.act.status;
            (!before.can_become(plan.act.status)).then_some((before, plan))
        });
        forbidden.map(|(from, plan)| {
            let to = plan.act.status;
            Violation::error(
                "PLAN_STEP_FORBIDDEN",
                format!("plans.{}", plan.unit_uid),
                message!("participation-plan-does-not-go", from, to),
            )
        })
    }
}
