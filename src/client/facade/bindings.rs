//! How the values of the facade cross to other languages, where a derive beside the value is not
//! enough: texts cross in both languages, and enums of the domain are named here, so that the
//! domain does not know of bindings.

use super::{
    CampaignStatus, ClientError, FieldProblem, FindingState, JudgementState, LaunchMode,
    PlanStatus, RefusedCommand, Role, SignerError, StandingStage, StateGroup,
};
use crate::domain::support::message::Message;
use crate::i18n::Lang;

/// A text for people in both languages.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LocalText {
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

impl From<&Message> for LocalText {
    fn from(message: &Message) -> Self {
        Self { vi: message.text(Lang::VI), en: message.text(Lang::EN) }
    }
}

// No method takes a text of this kind.
uniffi::custom_type!(Message, LocalText, {
    lower: |message| LocalText::from(&message),
    try_lift: |text| Ok(Message::verbatim(text.vi)),
});

#[uniffi::export]
impl ClientError {
    /// What happened and what to do, in Vietnamese.
    #[must_use]
    pub fn text_vi(&self) -> String {
        self.message().text(Lang::VI)
    }

    /// What happened and what to do, in English.
    #[must_use]
    pub fn text_en(&self) -> String {
        self.message().text(Lang::EN)
    }
}

#[uniffi::export]
impl FieldProblem {
    /// What is wrong and what to do, in Vietnamese.
    #[must_use]
    pub fn text_vi(&self) -> String {
        self.message().text(Lang::VI)
    }

    /// What is wrong and what to do, in English.
    #[must_use]
    pub fn text_en(&self) -> String {
        self.message().text(Lang::EN)
    }
}

#[uniffi::export]
impl RefusedCommand {
    /// Why it was refused and what to do, in Vietnamese.
    #[must_use]
    pub fn text_vi(&self) -> String {
        self.message().text(Lang::VI)
    }

    /// Why it was refused and what to do, in English.
    #[must_use]
    pub fn text_en(&self) -> String {
        self.message().text(Lang::EN)
    }
}

impl From<uniffi::UnexpectedUniFFICallbackError> for SignerError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable { detail: error.reason }
    }
}

/// The version of the engine; a package compares it with its own when it is loaded.
#[uniffi::export]
pub fn engine_version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

#[uniffi::remote(Enum)]
pub enum Role {
    Reporter,
    UnitHead,
    Reviewer,
    CampaignHead,
    CouncilSecretary,
    DataSteward,
    Auditor,
    PartnerReader,
    PartnerWriter,
    Admin,
    System,
}

#[uniffi::remote(Enum)]
pub enum CampaignStatus {
    Draft,
    Approved,
    Launched,
    Active,
    Closing,
    UnderReview,
    Concluded,
    Archived,
    Suspended,
    ClosedEarly,
}

#[uniffi::remote(Enum)]
pub enum FindingState {
    Open,
    Explained,
    Corrected,
    AcceptedRisk,
    Escalated,
}

#[uniffi::remote(Enum)]
pub enum JudgementState {
    OnPace,
    Behind,
    AlreadyMissed,
    Met,
    Missed,
    Undetermined,
    NotApplicable,
    NotComparable,
    NoData,
    NotCountedHere,
    Contribution,
}

#[uniffi::remote(Enum)]
pub enum LaunchMode {
    InPerson,
    Online,
    Hybrid,
}

#[uniffi::remote(Enum)]
pub enum PlanStatus {
    Draft,
    Submitted,
    Returned,
    Approved,
    Superseded,
}

#[uniffi::remote(Enum)]
pub enum StandingStage {
    Running,
    Closed,
    Final,
}

#[uniffi::remote(Enum)]
pub enum StateGroup {
    Good,
    Behind,
    Missed,
    Undecided,
    NotJudged,
}
