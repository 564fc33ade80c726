//! Who may do what: one closed table of actions, roles and relations, and a proof of each
//! authorization.
//!
//! Default is deny. A role is held by an account, on a unit, for a window of time. Only `app` calls
//! [`authorize`].

use crate::domain::support::ids::{AccountId, DeviceId, UnitId};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::marker::PhantomData;

/// The role of an account on a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Fills the unit's reports.
    Reporter,
    /// Signs for the unit and settles its conflicts.
    UnitHead,
    /// Reviews the reports of the units below.
    Reviewer,
    /// Leads a campaign.
    CampaignHead,
    /// Maintains the council's documents.
    CouncilSecretary,
    /// Maintains reference data, organisation and baselines.
    DataSteward,
    /// Reads the audit log.
    Auditor,
    /// A partner agency that reads published results.
    PartnerReader,
    /// A partner agency that sends figures; off by default.
    PartnerWriter,
    /// Enrols and revokes.
    Admin,
    /// The nightly jobs; never granted.
    System,
}

impl Role {
    /// All roles; position plus one is the number in tables.
    pub const ALL: [Self; 11] = [
        Self::Reporter,
        Self::UnitHead,
        Self::Reviewer,
        Self::CampaignHead,
        Self::CouncilSecretary,
        Self::DataSteward,
        Self::Auditor,
        Self::PartnerReader,
        Self::PartnerWriter,
        Self::Admin,
        Self::System,
    ];

    /// The number in tables and on the wire.
    #[must_use]
    pub fn number(self) -> i16 {
        Self::ALL.iter().position(|role| *role == self).map_or(0, |position| position as i16 + 1)
    }

    /// The role with this number.
    #[must_use]
    pub fn from_number(number: i16) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.number() == number)
    }

    /// The word in files, JSON and logs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Reporter => "REPORTER",
            Self::UnitHead => "UNIT_HEAD",
            Self::Reviewer => "REVIEWER",
            Self::CampaignHead => "CAMPAIGN_HEAD",
            Self::CouncilSecretary => "COUNCIL_SECRETARY",
            Self::DataSteward => "DATA_STEWARD",
            Self::Auditor => "AUDITOR",
            Self::PartnerReader => "PARTNER_READER",
            Self::PartnerWriter => "PARTNER_WRITER",
            Self::Admin => "ADMIN",
            Self::System => "SYSTEM",
        }
    }

    /// Whether a person can hold it: every role but that of the jobs.
    #[must_use]
    pub fn is_grantable(self) -> bool {
        self != Self::System
    }

    /// The words of the roles that a person can hold, for messages.
    #[must_use]
    pub fn grantable_codes() -> String {
        let grantable = Self::ALL.into_iter().filter(|role| role.is_grantable());
        grantable.map(Self::code).collect::<Vec<_>>().join(" | ")
    }

    /// The role with this word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// The relation of the unit on which a role is held to the unit that a record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitRelation {
    /// The same unit, or the successor that acts for a closed one.
    Own,
    /// A unit above it in the chain of command.
    Above,
    /// Neither.
    Other,
}

/// A role held on a unit for a window of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The unit on which it is held.
    pub unit: UnitId,
    /// First day.
    pub from: Date,
    /// Day after the last.
    pub to: Date,
}

impl Grant {
    /// The same role on the same unit with its days and those of the one among `held` that they
    /// overlap or touch: an account holds a role on a unit once.
    #[must_use]
    pub fn joined_with(self, held: &[Self]) -> Self {
        let joins = |one: &&Self| {
            (one.role, one.unit) == (self.role, self.unit)
                && one.from <= self.to
                && self.from <= one.to
        };
        let Some(held) = held.iter().find(joins) else { return self };
        Self { from: held.from.min(self.from), to: held.to.max(self.to), ..self }
    }
}

/// The caller: an account, on a device or at a desk, with its grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub account: AccountId,
    /// The device, when the call comes from one.
    pub device: Option<DeviceId>,
    /// All grants of the account.
    pub grants: Vec<Grant>,
}

impl Actor {
    /// The actor of the nightly jobs and of the operator's own commands on the machine.
    #[must_use]
    pub fn system_actor(root: UnitId) -> Self {
        let grant = Grant { role: Role::System, unit: root, from: Date::MIN, to: Date::MAX };
        Self { account: AccountId::from_code("system"), device: None, grants: vec![grant] }
    }

    /// The grants that hold on `today`.
    pub fn active_grants_on(&self, today: Date) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |grant| grant.from <= today && today < grant.to)
    }
}

/// The units of a record: its own (for a closed one: the unit that acts for it), then every unit
/// above, nearest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitPath {
    /// The unit that the record is about.
    pub unit: UnitId,
    /// The unit that acts for it today: itself, or the successor.
    pub acting_unit: UnitId,
    /// The units above the acting one, nearest first.
    pub ancestors: Vec<UnitId>,
}

impl UnitPath {
    /// The relation of a grant on `unit` to this path.
    #[must_use]
    pub fn relation_to(&self, unit: UnitId) -> UnitRelation {
        if unit == self.acting_unit || unit == self.unit {
            UnitRelation::Own
        } else if self.ancestors.contains(&unit) {
            UnitRelation::Above
        } else {
            UnitRelation::Other
        }
    }
}

macro_rules! define_actions {
    ($($(#[$doc:meta])* $name:ident = $code:literal: $($role:ident / $relation:ident),+;)+) => {
        /// What a caller can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Action { $($(#[$doc])* $name,)+ }

        impl Action {
            /// All actions, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The word in the printed table, errors and the audit log.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The row of the table: which roles may do it, in which relation.
            #[must_use]
            pub fn allowed(self) -> &'static [(Role, UnitRelation)] {
                match self { $(Self::$name => &[$((Role::$role, UnitRelation::$relation),)+],)+ }
            }
        }

        /// One marker type for each action, so that a proof for one action cannot be used for
        /// another.
        pub mod action {
            $($(#[$doc])* #[derive(Debug, Clone, Copy)] pub struct $name;
            impl super::ActionMarker for $name { const ACTION: super::Action = super::Action::$name; })+
        }
    };
}

/// Associates a marker type with its action.
pub trait ActionMarker {
    /// The action.
    const ACTION: Action;
}

define_actions! {
    /// Change cells or the note of a report.
    SaveReport = "report.save": Reporter / Own, UnitHead / Own;
    /// Send a report for review.
    SubmitReport = "report.submit": Reporter / Own, UnitHead / Own;
    /// Send reports of units from an agency's system; people review them.
    DeliverReport = "report.deliver": PartnerWriter / Own, PartnerWriter / Above;
    /// Send a report back.
    ReturnReport = "report.return": Reviewer / Above;
    /// Accept a report.
    AcceptReport = "report.accept": Reviewer / Above;
    /// Comment on a report.
    CommentReport = "report.comment": Reporter / Own, UnitHead / Own, Reviewer / Above;
    /// Settle a conflict.
    SettleConflict = "conflict.settle": UnitHead / Own;
    /// Apply or discard a held command.
    SettleHeld = "held.settle": UnitHead / Own;
    /// Grant or refuse a proposal to amend.
    SettleProposal = "proposal.settle": Reviewer / Above;
    /// Read sent reports, their comments and revisions.
    ReadReport = "report.read": Reporter / Own, UnitHead / Own, UnitHead / Above, Reviewer / Own, Reviewer / Above, CampaignHead / Own, CampaignHead / Above, DataSteward / Own, DataSteward / Above, System / Own, System / Above;
    /// Read drafts, conflicts and held commands.
    ReadDesk = "desk.read": Reporter / Own, UnitHead / Own;
    /// Read a unit's standings.
    ReadStanding = "standing.read": Reporter / Own, UnitHead / Own, Reviewer / Own, Reviewer / Above, CampaignHead / Own, CampaignHead / Above, System / Own, System / Above;
    /// Read published runs and their standings, small figures hidden.
    ReadRelease = "release.read": PartnerReader / Own, PartnerReader / Above;
    /// Read data-quality questions.
    ReadFinding = "finding.read": Reporter / Own, UnitHead / Own, Reviewer / Own, Reviewer / Above, CampaignHead / Own, CampaignHead / Above, System / Own, System / Above;
    /// Reply to a data-quality question.
    ReplyFinding = "finding.reply": Reporter / Own, UnitHead / Own, CampaignHead / Own;
    /// Raise a data-quality question with the unit.
    EscalateFinding = "finding.escalate": Reviewer / Above, CampaignHead / Above;
    /// Create or change campaigns, forms and contracts.
    ApplyCampaign = "campaign.apply": CampaignHead / Own, DataSteward / Own, System / Own;
    /// Enter how a unit takes part in a campaign: registration, launch, pledges, plans.
    TakePart = "campaign.take_part": Reporter / Own, UnitHead / Own;
    /// Return or approve the plan of a unit below.
    DecidePlan = "plan.decide": Reviewer / Above, CampaignHead / Above;
    /// Take a campaign to its next state.
    StepCampaign = "campaign.step": CampaignHead / Own, System / Own;
    /// Propose, sign or refuse a waiver of a missing report; each waiver needs two persons.
    WaiveReport = "report.waive": CampaignHead / Own, UnitHead / Own, Reviewer / Own;
    /// Ask to reopen a concluded campaign, or reopen it; needs two persons.
    ReopenCampaign = "campaign.reopen": CampaignHead / Own, UnitHead / Own;
    /// Enter, confirm or revoke the decision on an award; needs two persons.
    DecideAward = "campaign.award": CampaignHead / Own, UnitHead / Own;
    /// Import or change the organisation.
    ChangeOrg = "org.change": DataSteward / Own, System / Own;
    /// Enter, sign or refuse a hand-over of stocks; each needs two persons.
    HandOverStocks = "org.hand_over": CampaignHead / Own, UnitHead / Own, DataSteward / Own;
    /// Import baselines.
    ImportBaseline = "baseline.import": DataSteward / Own, System / Own;
    /// Run a job, or apply what a job decided.
    RunJob = "job.run": Admin / Own, DataSteward / Own, System / Own;
    /// Read runs of jobs.
    ReadJob = "job.read": Admin / Own, DataSteward / Own, Auditor / Own, CampaignHead / Own, System / Own;
    /// Read the problems of a server and its backups.
    ReadServerHealth = "server.read": Admin / Own, System / Own;
    /// Issue enrolment codes and grants.
    Enrol = "access.enrol": Admin / Own, Admin / Above, System / Own, System / Above;
    /// Revoke devices and grants.
    Revoke = "access.revoke": Admin / Own, Admin / Above, System / Own, System / Above;
    /// List devices.
    ListDevices = "access.list": Admin / Own, Admin / Above, System / Own, System / Above;
    /// Read on which days the devices of units were last heard, without device and account.
    ReadFleet = "fleet.read": Reviewer / Own, Reviewer / Above, CampaignHead / Own, CampaignHead / Above, Admin / Own, Admin / Above, System / Own, System / Above;
    /// Read and verify the audit log.
    ReadAudit = "audit.read": Auditor / Own, Auditor / Above, System / Own, System / Above;
}

/// Why [`authorize`] refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorizationError {
    /// The caller has no relation to the unit: respond as if the record did not exist.
    NotVisible,
    /// Visible, but not allowed.
    Forbidden(Action),
    /// Allowed at some of the units concerned, but not at all of them.
    AllowedElsewhere(Action),
}

/// Proof that [`authorize`] allowed one action on one unit. Its fields are private, so no other
/// module can create one.
#[derive(Debug, Clone)]
pub struct Permit<A> {
    unit: UnitId,
    account: AccountId,
    device: Option<DeviceId>,
    action: PhantomData<A>,
}

impl<A: ActionMarker> Permit<A> {
    /// The unit of the record.
    #[must_use]
    pub fn unit(&self) -> UnitId {
        self.unit
    }

    /// The account that was authorized.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The device of the account, if any.
    #[must_use]
    pub fn device(&self) -> Option<DeviceId> {
        self.device
    }

    /// The action's word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        A::ACTION.code()
    }
}

/// Looks the action up in the table. Without a relation to the path the error is
/// [`AuthorizationError::NotVisible`].
pub fn authorize<A: ActionMarker>(
    actor: &Actor,
    path: &UnitPath,
    today: Date,
) -> Result<Permit<A>, AuthorizationError> {
    let mut is_visible = false;
    for grant in actor.active_grants_on(today) {
        let relation = path.relation_to(grant.unit);
        is_visible |= relation != UnitRelation::Other;
        if A::ACTION.allowed().contains(&(grant.role, relation)) {
            let (account, device) = (actor.account, actor.device);
            return Ok(Permit { unit: path.unit, account, device, action: PhantomData });
        }
    }
    Err(if is_visible {
        AuthorizationError::Forbidden(A::ACTION)
    } else {
        AuthorizationError::NotVisible
    })
}

/// Authorizes an action on several units: the actor needs the right on every one of them. The
/// permit names the first unit. An empty list is refused.
pub fn authorize_all<A: ActionMarker>(
    actor: &Actor,
    paths: &[UnitPath],
    today: Date,
) -> Result<Permit<A>, AuthorizationError> {
    let answers: Vec<_> = paths.iter().map(|path| authorize::<A>(actor, path, today)).collect();
    if answers.iter().all(Result::is_ok) {
        return answers.into_iter().next().unwrap_or(Err(AuthorizationError::NotVisible));
    }
    Err(if answers.iter().any(Result::is_ok) {
        AuthorizationError::AllowedElsewhere(A::ACTION)
    } else if answers.iter().all(|answer| matches!(answer, Err(AuthorizationError::NotVisible))) {
        AuthorizationError::NotVisible
    } else {
        AuthorizationError::Forbidden(A::ACTION)
    })
}

/// The units that decide who may act on an account: an action on it needs the right over each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountUnits {
    home_unit: UnitId,
    other_units: Vec<UnitId>,
}

impl AccountUnits {
    /// The units on which the account holds roles now or later; `None` without such a role.
    #[must_use]
    pub fn from_grants(grants: &[Grant], today: Date) -> Option<Self> {
        Self::from_units(grants.iter().filter(|grant| today < grant.to).map(|grant| grant.unit))
    }

    /// The units on which an account without a role now or later last held one; without any, the
    /// root. `None` before the organisation is imported.
    #[must_use]
    pub fn from_former_grants(grants: &[Grant], root: Option<UnitId>) -> Option<Self> {
        // The placeholder unit from before the first import of the organisation no longer exists.
        let units = grants.iter().map(|grant| grant.unit).filter(|unit| *unit != UnitId([0; 16]));
        Self::from_units(units).or_else(|| Self::from_units(root))
    }

    fn from_units(units: impl IntoIterator<Item = UnitId>) -> Option<Self> {
        let mut seen = BTreeSet::new();
        let mut units = units.into_iter().filter(|unit| seen.insert(*unit));
        let home_unit = units.next()?;
        let other_units = if planted!("one-unit-decides") { Vec::new() } else { units.collect() };
        Some(Self { home_unit, other_units })
    }

    /// The unit under which lists show the account: that of its first grant in the given order.
    #[must_use]
    pub fn home_unit(&self) -> UnitId {
        self.home_unit
    }

    /// All units, each once.
    pub fn iter(&self) -> impl Iterator<Item = UnitId> {
        std::iter::once(self.home_unit).chain(self.other_units.iter().copied())
    }
}

#[cfg(test)]
#[path = "permission_tests.rs"]
mod tests;
