//! How this phone's units take part in campaigns: registration, launch, pledges and plans, also
//! without a connection; and the plans of the units below, for those who decide on them.
//!
//! What is shown is the server's record with the waiting acts applied, by the server's function.

use super::commands::{check_typed_text, refusal_error};
use super::{ClientError, Phone, Result, review};
use crate::client::protocol::RecordKey;
use crate::client::rebase;
use crate::client::reference::LocalReference;
use crate::client::replica::{LocalReplica, OutboxEntry};
use crate::domain::access::scope::RecordKind;
use crate::domain::campaign::{
    Allocation, Campaign, CampaignStatus, CampaignTarget, Launch, LaunchMode, Participation,
    ParticipationAct, ParticipationContext, PlanHash, PlanStatus, Pledge, TakePart, UnitPlan,
};
use crate::domain::report::command::CommandBody;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::{CampaignId, ReportId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::{Timestamp, date_from_days, days_from_date};
use crate::domain::target_rule::Target;
use crate::wire;
use std::collections::BTreeSet;

/// A campaign as this phone knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct CampaignView {
    /// Its code, as in `A`.
    pub code: String,
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// Its state.
    #[cfg_attr(feature = "json", serde(serialize_with = "super::json::code"))]
    pub status: CampaignStatus,
    /// First day, since 1970-01-01.
    pub from_day: i32,
    /// Day after the last day.
    pub to_day: i32,
    /// The last day on which a unit registers in time; `None`: there is no deadline.
    pub registration_deadline: Option<i32>,
    /// Its targets.
    pub targets: Vec<CampaignTargetView>,
}

/// A target of a campaign, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct CampaignTargetView {
    /// Its code, as in `T1`.
    pub code: String,
    /// Its text in Vietnamese.
    pub text_vi: String,
    /// Its text in English.
    pub text_en: String,
}

/// A registration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct RegistrationView {
    /// The post that signed.
    pub signed_role: String,
    /// The day of receipt, since 1970-01-01; today while it waits.
    pub received_day: i32,
    /// Whether that is after the deadline.
    pub late: bool,
}

/// A launch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct LaunchEntry {
    /// The day on which it was held, since 1970-01-01.
    pub held_day: i32,
    /// How it was held.
    #[cfg_attr(feature = "json", serde(with = "super::json::launch_mode"))]
    pub mode: LaunchMode,
    /// Codes of the units to which it was relayed.
    pub sites: Vec<String>,
    /// Number of participants; `None`: not counted.
    pub attendance: Option<u32>,
}

/// A pledge.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct PledgeEntry {
    /// The body that pledges, as in `YOUTH_UNION`; empty for the unit itself.
    pub body: String,
    /// The words, in Vietnamese.
    pub text: String,
    /// The post that signs, never a name.
    pub signed_role: String,
}

/// A target of the campaign as a unit sets it for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct AllocationEntry {
    /// Code of the campaign's target.
    pub target: String,
    /// The phase; `None`: the whole campaign.
    pub phase: Option<u8>,
    /// The unit's own formula, as in `count(so_offences) <= 4`.
    pub formula: String,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct PlanView {
    /// Its state.
    #[cfg_attr(feature = "json", serde(serialize_with = "super::json::code"))]
    pub status: PlanStatus,
    /// Number, day and title of the document.
    pub document: String,
    /// The targets as the unit sets them for itself.
    pub allocations: Vec<AllocationEntry>,
    /// What the unit above said when it returned the plan.
    pub remark: String,
    /// SHA-256 of the content, in hexadecimal digits; a decision names what was seen by it.
    pub content_hash: String,
}

/// How a unit takes part in a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct ParticipationView {
    /// Code of the campaign.
    pub campaign: String,
    /// Code of the unit.
    pub unit: String,
    /// Its registration, if any.
    pub registration: Option<RegistrationView>,
    /// Its launch, if any.
    pub launch: Option<LaunchEntry>,
    /// Its pledges, by body.
    pub pledges: Vec<PledgeEntry>,
    /// Its plans, oldest first.
    pub plans: Vec<PlanView>,
    /// Number of acts that wait here for a connection or a verdict.
    pub waiting_acts: u32,
}

/// The part of a unit, before conversion to a view.
struct LocalPart {
    part: Participation,
    waiting: u32,
}

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// The campaigns that this phone knows, by code.
    pub fn campaigns(&self) -> Result<Vec<CampaignView>> {
        let reference = self.reference()?;
        let mut all: Vec<CampaignView> = reference.campaigns.iter().map(to_campaign_view).collect();
        all.sort_by(|a, b| a.code.cmp(&b.code));
        Ok(all)
    }

    /// How the units of this phone take part, waiting acts applied: the phone's own unit in each
    /// campaign first, then the units below, by unit and campaign. The order says nothing else.
    pub fn participations(&self) -> Result<Vec<ParticipationView>> {
        let (home, _) = self.home_and_today()?;
        let (reference, now) = (self.reference()?, self.best_known_time()?);
        let mut replica = self.lock_under_lease()?;
        let of_home = reference.campaigns.iter().map(|one| (one.id(), home));
        let mut places: BTreeSet<(CampaignId, UnitId)> = of_home.collect();
        for stored in replica.records(RecordKind::Participation.number())? {
            let read = wire::record::decode_participation(&stored.bytes, &reference.unit_numbers);
            places.extend(read.ok().map(|part| (part.campaign, part.unit)));
        }
        let mut all = Vec::with_capacity(places.len());
        for (campaign, unit) in places {
            let Some(campaign) = find_campaign(&reference, campaign) else { continue };
            let local = load_part(&mut replica, &reference, (campaign, unit), (home, now))?;
            all.push((unit != home, to_participation_view(&local, campaign, &reference)));
        }
        all.sort_by(|(a_below, a), (b_below, b)| {
            (a_below, &a.unit, &a.campaign).cmp(&(b_below, &b.unit, &b.campaign))
        });
        Ok(all.into_iter().map(|(_, view)| view).collect())
    }

    /// Registers a unit for a campaign, signed by a post. Returns the number of the command.
    pub fn register_for_campaign(
        &self,
        campaign: String,
        unit: String,
        signed_role: String,
    ) -> Result<u64> {
        let signed_role = check_typed_text("signed_role", &signed_role)?;
        self.take_part(&campaign, &unit, |_| Ok(ParticipationAct::Register { signed_role }))
    }

    /// Withdraws the registration.
    pub fn withdraw_registration(&self, campaign: String, unit: String) -> Result<u64> {
        self.take_part(&campaign, &unit, |_| Ok(ParticipationAct::WithdrawRegistration))
    }

    /// Records the launch of a unit in place of the one before; `None` removes it.
    pub fn record_launch(
        &self,
        campaign: String,
        unit: String,
        launch: Option<LaunchEntry>,
    ) -> Result<u64> {
        let launch = launch.map(to_launch);
        self.take_part(&campaign, &unit, |part| {
            Ok(ParticipationAct::RecordLaunch { launch, seen: part.launch.clone() })
        })
    }

    /// Records the pledge of a unit or one of its bodies in place of the one before.
    pub fn record_pledge(
        &self,
        campaign: String,
        unit: String,
        pledge: PledgeEntry,
    ) -> Result<u64> {
        let PledgeEntry { body, text, signed_role } = pledge;
        let text_vi = check_typed_text("pledge.text_vi", &text)?;
        let signed_role = check_typed_text("pledge.signed_role", &signed_role)?;
        let pledge = Some(Pledge { body: body.clone(), text_vi, signed_role });
        self.take_part(&campaign, &unit, |part| Ok(pledge_act(part, body, pledge)))
    }

    /// Removes the pledge of a body; empty: of the unit itself.
    pub fn remove_pledge(&self, campaign: String, unit: String, body: String) -> Result<u64> {
        self.take_part(&campaign, &unit, |part| Ok(pledge_act(part, body, None)))
    }

    /// Writes the plan of a unit: the last one while it is written, else a new one.
    pub fn save_plan(
        &self,
        campaign: String,
        unit: String,
        document: String,
        allocations: Vec<AllocationEntry>,
    ) -> Result<u64> {
        let document = check_typed_text("document", &document)?;
        let allocations = allocations.into_iter().map(to_allocation).collect::<Result<_>>()?;
        self.take_part(&campaign, &unit, |part| {
            let seen = part.plans.last().map(UnitPlan::content_hash);
            Ok(ParticipationAct::SavePlan { document, allocations, seen })
        })
    }

    /// Sends the last plan to the unit above.
    pub fn submit_plan(&self, campaign: String, unit: String) -> Result<u64> {
        self.take_part(&campaign, &unit, |part| {
            let last = part.plans.last().ok_or(refusal_error(RefusalReason::NothingToDo))?;
            Ok(ParticipationAct::SubmitPlan { seen: last.content_hash() })
        })
    }

    /// Approves the plan of a unit below with exactly the content that was seen.
    pub fn approve_plan(
        &self,
        campaign: String,
        unit: String,
        content_hash: String,
    ) -> Result<u64> {
        let seen = PlanHash(review::parse_content_hash(&content_hash)?.0);
        self.take_part(&campaign, &unit, |_| {
            Ok(ParticipationAct::DecidePlan { seen, approve: true, remark: String::new() })
        })
    }

    /// Returns the plan of a unit below, with the reason.
    pub fn return_plan(
        &self,
        campaign: String,
        unit: String,
        content_hash: String,
        remark: String,
    ) -> Result<u64> {
        let seen = PlanHash(review::parse_content_hash(&content_hash)?.0);
        let remark = check_typed_text("remark", &remark)?;
        self.take_part(&campaign, &unit, |_| {
            Ok(ParticipationAct::DecidePlan { seen, approve: false, remark })
        })
    }
}

impl Phone {
    /// Checks an act on what is shown, by the server's rule, and appends its command.
    fn take_part(
        &self,
        campaign: &str,
        unit: &str,
        act: impl FnOnce(&Participation) -> Result<ParticipationAct>,
    ) -> Result<u64> {
        let (home, _) = self.home_and_today()?;
        let (reference, now) = (self.reference()?, self.best_known_time()?);
        let missing = |what: &str| ClientError::NotFound { what: what.to_owned() };
        let found = reference.campaigns.iter().find(|one| one.code == campaign);
        let campaign = found.ok_or_else(|| missing("campaign"))?;
        let unit = reference.org.unit_by_uid(unit).ok_or_else(|| missing("unit"))?.id;
        let local = {
            let mut replica = self.lock_under_lease()?;
            load_part(&mut replica, &reference, (campaign, unit), (home, now))?
        };
        let act = act(&local.part)?;
        let context = ParticipationContext { campaign, received: now, captured: None };
        local.part.apply(&act, &context)?;
        let part = TakePart { campaign: campaign.id(), unit, act };
        // The outbox lists a command by the record that it changes.
        let record = ReportId(part.record_id());
        self.append_command(record, CommandBody::TakePart(part), Vec::new())
    }
}

fn find_campaign(reference: &LocalReference, id: CampaignId) -> Option<&Campaign> {
    reference.campaigns.iter().find(|one| one.id() == id)
}

/// The record of one unit with the waiting acts applied.
fn load_part(
    replica: &mut LocalReplica,
    reference: &LocalReference,
    (campaign, unit): (&Campaign, UnitId),
    (home, now): (UnitId, Timestamp),
) -> Result<LocalPart> {
    let campaign_id = campaign.id();
    let id = Participation::record_id(campaign_id, unit);
    let stored = replica.record(RecordKey { kind: RecordKind::Participation.number(), id })?;
    let stored = stored.and_then(|stored| {
        wire::record::decode_participation(&stored.bytes, &reference.unit_numbers).ok()
    });
    let pending: Vec<OutboxEntry> = replica.pending_for_report(&id)?;
    let mut local = LocalPart {
        part: stored.unwrap_or_else(|| Participation::new(campaign_id, unit)),
        waiting: 0,
    };
    let context = ParticipationContext { campaign, received: now, captured: None };
    for (_, command) in rebase::decode_pending(&pending, home) {
        let CommandBody::TakePart(TakePart { act, .. }) = command.body else { continue };
        // What cannot be applied stays in the outbox; the server decides about it.
        if let Ok(next) = local.part.clone().apply(&act, &context) {
            local = LocalPart { part: next, waiting: local.waiting + 1 };
        }
    }
    Ok(local)
}

fn pledge_act(part: &Participation, body: String, pledge: Option<Pledge>) -> ParticipationAct {
    let seen = part.pledges.iter().find(|one| one.body == body).cloned();
    ParticipationAct::RecordPledge { body, pledge, seen }
}

fn to_launch(entry: LaunchEntry) -> Launch {
    let LaunchEntry { held_day, mode, sites, attendance } = entry;
    Launch { held_on: date_from_days(held_day), mode, sites, attendance }
}

fn to_allocation(entry: AllocationEntry) -> Result<Allocation> {
    let AllocationEntry { target, phase, formula } = entry;
    let bad = |_| ClientError::BadArgument { what: "formula".to_owned() };
    Ok(Allocation { target, phase, formula: Target::parse(&formula).map_err(bad)? })
}

fn to_campaign_view(campaign: &Campaign) -> CampaignView {
    CampaignView {
        code: campaign.code.clone(),
        name_vi: campaign.name_vi.clone(),
        name_en: campaign.name_en.clone(),
        status: campaign.status,
        from_day: days_from_date(campaign.legal_window.start),
        to_day: days_from_date(campaign.legal_window.end),
        registration_deadline: campaign.registration_deadline.map(days_from_date),
        targets: campaign.targets.iter().map(to_target_view).collect(),
    }
}

fn to_target_view(target: &CampaignTarget) -> CampaignTargetView {
    let CampaignTarget { code, text_vi, text_en, .. } = target.clone();
    CampaignTargetView { code, text_vi, text_en }
}

fn to_participation_view(
    local: &LocalPart,
    campaign: &Campaign,
    reference: &LocalReference,
) -> ParticipationView {
    let Participation { campaign: _, unit, registration, launch, pledges, plans } = &local.part;
    ParticipationView {
        campaign: campaign.code.clone(),
        unit: reference.unit_uid(*unit),
        registration: registration.as_ref().map(|one| RegistrationView {
            signed_role: one.signed_role.clone(),
            received_day: days_from_date(one.received_day),
            late: one.late,
        }),
        launch: launch.as_ref().map(|one| LaunchEntry {
            held_day: days_from_date(one.held_on),
            mode: one.mode,
            sites: one.sites.clone(),
            attendance: one.attendance,
        }),
        pledges: pledges.iter().map(to_pledge_entry).collect(),
        plans: plans.iter().map(to_plan_view).collect(),
        waiting_acts: local.waiting,
    }
}

fn to_pledge_entry(pledge: &Pledge) -> PledgeEntry {
    let Pledge { body, text_vi, signed_role } = pledge.clone();
    PledgeEntry { body, text: text_vi, signed_role }
}

fn to_plan_view(plan: &UnitPlan) -> PlanView {
    let allocation = |one: &Allocation| AllocationEntry {
        target: one.target.clone(),
        phase: one.phase,
        formula: one.formula.to_string(),
    };
    PlanView {
        status: plan.status,
        document: plan.document.clone(),
        allocations: plan.allocations.iter().map(allocation).collect(),
        remark: plan.remark.clone(),
        content_hash: encode_hex(&plan.content_hash().0),
    }
}

/// The text that the author of an act typed.
pub(super) fn typed_text(act: &ParticipationAct) -> Option<String> {
    match act {
        ParticipationAct::Register { signed_role } => Some(signed_role.clone()),
        ParticipationAct::RecordPledge { pledge, .. } => {
            pledge.as_ref().map(|pledge| pledge.text_vi.clone())
        }
        ParticipationAct::SavePlan { document, .. } => Some(document.clone()),
        ParticipationAct::DecidePlan { remark, .. } => {
            Some(remark.clone()).filter(|remark| !remark.is_empty())
        }
        ParticipationAct::WithdrawRegistration
        | ParticipationAct::RecordLaunch { .. }
        | ParticipationAct::SubmitPlan { .. } => None,
    }
}

/// The field number of an act in the contract's command body.
pub(super) fn body_field_number(act: &ParticipationAct) -> i16 {
    match act {
        ParticipationAct::Register { .. } | ParticipationAct::WithdrawRegistration => 14,
        ParticipationAct::RecordLaunch { .. } => 15,
        ParticipationAct::RecordPledge { .. } => 16,
        ParticipationAct::SavePlan { .. } => 17,
        ParticipationAct::SubmitPlan { .. } => 18,
        ParticipationAct::DecidePlan { .. } => 19,
    }
}
