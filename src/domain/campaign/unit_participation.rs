//! How one unit takes part in one campaign: its registration (đăng ký thi đua), its launch, its
//! pledges and its plans, as the unit itself enters them.
//!
//! Taking part is voluntary and a record only: Law 06/2022/QH15 no longer makes a registration a
//! ground for a title, so a late one is marked and never refused. The phone and the server apply an
//! act with the same function.

use super::participation::{Allocation, Launch, PlanStatus, Pledge, UnitPlan};
use super::{Campaign, CampaignStatus};
use crate::domain::report::free_text;
use crate::domain::reporting::expectation::{CaptureEvidence, Lateness, judge_lateness_of_days};
use crate::domain::support::ids::{CampaignId, UnitId, derive_id};
use crate::domain::support::limits::{PLANS_MAX, PLEDGES_MAX};
use crate::domain::support::reason::{FieldErrors, Refusal, RefusalReason};
use crate::domain::support::time::Timestamp;
use jiff::ToSpan as _;
use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

/// Days after the deadline during which a registration that was typed in time, without signal,
/// counts as in time.
const REGISTRATION_GRACE_DAYS: i32 = 7;

/// SHA-256 of what a plan says, as the contract defines `UnitPlan.content_hash`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanHash(pub [u8; 32]);

/// A unit's registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The post that signed, never a name.
    pub signed_role: String,
    /// The day on which the server received it.
    pub received_day: Date,
    /// Whether that was after the campaign's deadline.
    pub late: bool,
}

/// The part of one unit in one campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participation {
    /// The campaign.
    pub campaign: CampaignId,
    /// The unit.
    pub unit: UnitId,
    /// `None`: not registered.
    pub registration: Option<Registration>,
    /// The launch that it held.
    pub launch: Option<Launch>,
    /// At most one of each body, by body.
    pub pledges: Vec<Pledge>,
    /// Its plans, oldest first; at most one is in force, and only the last is being written.
    pub plans: Vec<UnitPlan>,
}

/// What a unit, or of a plan the unit above, does. What changes something names what its author
/// saw; if that is no longer so, the act is refused with CONTENT_CHANGED and nothing is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParticipationAct {
    /// Registers, or signs the registration anew.
    Register {
        /// The post that signs.
        signed_role: String,
    },
    /// Withdraws the registration.
    WithdrawRegistration,
    /// Records the launch.
    RecordLaunch {
        /// The launch; `None` removes it.
        launch: Option<Launch>,
        /// What the author saw.
        seen: Option<Launch>,
    },
    /// Records the pledge of one body.
    RecordPledge {
        /// The body; empty for the unit itself.
        body: String,
        /// The pledge; `None` removes it.
        pledge: Option<Pledge>,
        /// What the author saw.
        seen: Option<Pledge>,
    },
    /// Writes the plan, or a further one once the last is in force.
    SavePlan {
        /// Number, day and title of the document.
        document: String,
        /// The targets as the unit sets them for itself.
        allocations: Vec<Allocation>,
        /// The last plan as the author saw it; `None`: there was none.
        seen: Option<PlanHash>,
    },
    /// Sends the last plan to the unit above.
    SubmitPlan {
        /// The plan as the author saw it.
        seen: PlanHash,
    },
    /// The unit above decides on the last plan.
    DecidePlan {
        /// The plan as the reviewer saw it.
        seen: PlanHash,
        /// Whether it is in force from now on; else it is returned.
        approve: bool,
        /// Why it is returned.
        remark: String,
    },
}

/// An act of, or about, one unit in one campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakePart {
    /// The campaign.
    pub campaign: CampaignId,
    /// The unit.
    pub unit: UnitId,
    /// What is done.
    pub act: ParticipationAct,
}

impl TakePart {
    /// The record that the act changes.
    #[must_use]
    pub fn record_id(&self) -> [u8; 16] {
        Participation::record_id(self.campaign, self.unit)
    }
}

impl ParticipationAct {
    /// Whether the unit above decides it.
    #[must_use]
    pub fn is_decision_on_plan(&self) -> bool {
        match self {
            Self::DecidePlan { .. } => true,
            Self::Register { .. }
            | Self::WithdrawRegistration
            | Self::RecordLaunch { .. }
            | Self::RecordPledge { .. }
            | Self::SavePlan { .. }
            | Self::SubmitPlan { .. } => false,
        }
    }
}

/// What an act is judged by besides the present state.
#[derive(Debug, Clone, Copy)]
pub struct ParticipationContext<'a> {
    /// The campaign.
    pub campaign: &'a Campaign,
    /// When the server receives the act; on the phone, now.
    pub received: Timestamp,
    /// When it was typed, if a sync mark proves the earliest possible time.
    pub captured: Option<CaptureEvidence>,
}

impl Participation {
    /// The part of a unit that did nothing yet.
    #[must_use]
    pub fn new(campaign: CampaignId, unit: UnitId) -> Self {
        let (pledges, plans) = (Vec::new(), Vec::new());
        Self { campaign, unit, registration: None, launch: None, pledges, plans }
    }

    /// The id of the record: the same wherever it is computed.
    #[must_use]
    pub fn record_id(campaign: CampaignId, unit: UnitId) -> [u8; 16] {
        derive_id("participation", &[&campaign.0, &unit.0])
    }

    /// The id of this record.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        Self::record_id(self.campaign, self.unit)
    }

    /// The state after an act.
    ///
    /// # Errors
    /// WORKFLOW_FORBIDS if the campaign is not in force, or the plan is in another state;
    /// CONTENT_CHANGED if the author saw something else; the field and its reason otherwise.
    pub fn apply(
        mut self,
        act: &ParticipationAct,
        context: &ParticipationContext<'_>,
    ) -> Result<Self, Refusal> {
        let status: CampaignStatus = context.campaign.status;
        if !status.is_in_force() || status.is_final() {
            return Err(RefusalReason::WorkflowForbids.into());
        }
        match act {
            ParticipationAct::Register { signed_role } => {
                check_text("signed_role", signed_role)?;
                self.registration = Some(context.register(signed_role, self.registration.as_ref()));
            }
            ParticipationAct::WithdrawRegistration => {
                self.registration.take().ok_or(RefusalReason::NothingToDo)?;
            }
            ParticipationAct::RecordLaunch { launch, seen } => {
                check_seen(&self.launch, launch, seen)?;
                launch.as_ref().map_or(Ok(()), |launch| context.check_launch(launch))?;
                self.launch.clone_from(launch);
            }
            ParticipationAct::RecordPledge { body, pledge, seen } => {
                self.record_pledge(body, pledge.as_ref(), seen.as_ref())?;
            }
            ParticipationAct::SavePlan { document, allocations, seen } => {
                context.check_plan(document, allocations)?;
                self.save_plan(document, allocations, *seen)?;
            }
            ParticipationAct::SubmitPlan { seen } => {
                self.step_plan(PlanStatus::Submitted, *seen)?;
            }
            ParticipationAct::DecidePlan { seen, approve: true, .. } => {
                self.step_plan(PlanStatus::Approved, *seen)?;
            }
            ParticipationAct::DecidePlan { seen, approve: false, remark } => {
                check_text("remark", remark)?;
                self.step_plan(PlanStatus::Returned, *seen)?.remark.clone_from(remark);
            }
        }
        Ok(self)
    }

    fn record_pledge(
        &mut self,
        body: &str,
        pledge: Option<&Pledge>,
        seen: Option<&Pledge>,
    ) -> Result<(), Refusal> {
        let at = self.pledges.binary_search_by(|one| one.body.as_str().cmp(body));
        let present = at.ok().map(|at| self.pledges[at].clone());
        check_seen(&present, &pledge.cloned(), &seen.cloned())?;
        if let Some(pledge) = pledge {
            check_text("pledge.text_vi", &pledge.text_vi)?;
            check_text("pledge.signed_role", &pledge.signed_role)?;
        }
        match (at, pledge) {
            (Ok(at), Some(pledge)) => self.pledges[at] = pledge.clone(),
            (Ok(at), None) => drop(self.pledges.remove(at)),
            (Err(_), Some(_)) if self.pledges.len() >= PLEDGES_MAX => {
                return Err(RefusalReason::TooMany.into());
            }
            (Err(at), Some(pledge)) => self.pledges.insert(at, pledge.clone()),
            (Err(_), None) => {}
        }
        Ok(())
    }

    fn save_plan(
        &mut self,
        document: &str,
        allocations: &[Allocation],
        seen: Option<PlanHash>,
    ) -> Result<(), Refusal> {
        let plan = UnitPlan {
            status: PlanStatus::Draft,
            document: document.to_owned(),
            allocations: allocations.to_vec(),
            remark: String::new(),
        };
        let present = self.plans.last().map(UnitPlan::content_hash);
        if present != seen && present != Some(plan.content_hash()) {
            return Err(RefusalReason::ContentChanged.into());
        }
        let has_room = self.plans.len() < PLANS_MAX;
        match self.plans.last_mut() {
            Some(last) if last.status.can_become(PlanStatus::Draft) => *last = plan,
            Some(last) if last.status == PlanStatus::Submitted => {
                return Err(RefusalReason::WorkflowForbids.into());
            }
            Some(_) | None if has_room => self.plans.push(plan),
            Some(_) | None => return Err(RefusalReason::TooMany.into()),
        }
        Ok(())
    }

    /// Takes the last plan to its next state.
    fn step_plan(&mut self, next: PlanStatus, seen: PlanHash) -> Result<&mut UnitPlan, Refusal> {
        let last = self.plans.last().ok_or(RefusalReason::NothingToDo)?;
        if last.content_hash() != seen {
            return Err(RefusalReason::ContentChanged.into());
        }
        if last.status == next || !last.status.can_become(next) {
            return Err(RefusalReason::WorkflowForbids.into());
        }
        if next == PlanStatus::Approved {
            let in_force = self.plans.iter_mut().find(|plan| plan.status == PlanStatus::Approved);
            in_force.into_iter().for_each(|plan| plan.status = PlanStatus::Superseded);
        }
        let last = self.plans.last_mut().ok_or(RefusalReason::NothingToDo)?;
        last.status = next;
        last.remark.clear();
        Ok(last)
    }
}

impl UnitPlan {
    /// What a reviewer judges.
    #[must_use]
    pub fn content_hash(&self) -> PlanHash {
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        };
        add(&self.document);
        for Allocation { target, phase, formula } in &self.allocations {
            add(target);
            add(&phase.map_or_else(String::new, |phase| phase.to_string()));
            add(&formula.to_string());
        }
        PlanHash(hash.finalize().into())
    }
}

impl ParticipationContext<'_> {
    /// The registration that is received now. Whoever was in time stays so.
    fn register(&self, signed_role: &str, before: Option<&Registration>) -> Registration {
        let late = before.map_or_else(|| self.is_late(), |before| before.late);
        let received_day =
            before.map_or_else(|| self.received.local_date(), |before| before.received_day);
        Registration { signed_role: signed_role.to_owned(), received_day, late }
    }

    fn is_late(&self) -> bool {
        let Some(last) = self.campaign.registration_deadline else { return false };
        let due = last.saturating_add(1.day());
        let grace_end = due.saturating_add(REGISTRATION_GRACE_DAYS.days());
        let lateness: Lateness =
            judge_lateness_of_days(due, grace_end, self.received, self.captured);
        lateness.is_late()
    }

    /// A launch is held in the campaign's time, and not in the future.
    fn check_launch(&self, launch: &Launch) -> Result<(), Refusal> {
        let is_over = launch.held_on <= self.received.local_date();
        let is_in_time = launch.held_on < self.campaign.legal_window.end;
        if is_over && is_in_time {
            Ok(())
        } else {
            Err(field_refusal("launch.held_day", RefusalReason::ValueOutOfRange))
        }
    }

    fn check_plan(&self, document: &str, allocations: &[Allocation]) -> Result<(), Refusal> {
        check_text("document", document)?;
        match self.campaign.unknown_allocations(allocations).next() {
            Some(_) => Err(field_refusal("allocations", RefusalReason::UnknownElement)),
            None => Ok(()),
        }
    }
}

/// Refuses a change by somebody who saw another state, unless it asks for what is there already.
fn check_seen<T: PartialEq>(
    present: &Option<T>,
    wanted: &Option<T>,
    seen: &Option<T>,
) -> Result<(), Refusal> {
    if present == seen || present == wanted {
        Ok(())
    } else {
        Err(RefusalReason::ContentChanged.into())
    }
}

/// A text of a unit: given, short, and without numbers that could identify a citizen.
fn check_text(field: &str, text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(field_refusal(field, RefusalReason::NothingToDo));
    }
    free_text::check_free_text(text).map_or(Ok(()), |reason| Err(field_refusal(field, reason)))
}

fn field_refusal(field: &str, reason: RefusalReason) -> Refusal {
    let mut errors = FieldErrors::default();
    errors.add(field, reason);
    errors.into_result().err().unwrap_or_else(|| reason.into())
}
