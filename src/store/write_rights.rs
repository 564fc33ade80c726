//! Which actions may write which records, and for which unit the permit must be.
//!
//! A permit for another action does not compile. A permit for another unit is refused before
//! anything is written: the caller authorized one record and writes a different one, which is a
//! defect of the caller and not a refusal by the rules.
//!
//! ```
//! # use thidua::domain::access::permission::{Permit, action};
//! # use thidua::domain::report::Report;
//! # use thidua::store::{Error, WriteTx};
//! # use thidua::wire::record::UnitNumbers;
//! fn submit(
//!     tx: &mut WriteTx,
//!     permit: &Permit<action::SubmitReport>,
//!     sent: &Report,
//!     units: &UnitNumbers,
//! ) -> Result<(), Error> {
//!     tx.put_report(permit, sent, units).map(|_| ())
//! }
//! ```
//!
//! The same step with the permit to comment does not compile:
//!
//! ```compile_fail,E0277
//! # use thidua::domain::access::permission::{Permit, action};
//! # use thidua::domain::report::Report;
//! # use thidua::store::{Error, WriteTx};
//! # use thidua::wire::record::UnitNumbers;
//! fn submit(
//!     tx: &mut WriteTx,
//!     permit: &Permit<action::CommentReport>,
//!     sent: &Report,
//!     units: &UnitNumbers,
//! ) -> Result<(), Error> {
//!     tx.put_report(permit, sent, units).map(|_| ())
//! }
//! ```

use super::error::{Error, Result};
use super::read_tx::ReadTx;
use super::write_tx::WriteTx;
use crate::domain::access::permission::{ActionMarker, Permit, action};
use crate::domain::support::ids::UnitId;

/// The unit for which the permit of a write must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermitUnit {
    /// The unit that the record is about.
    OfRecord,
    /// The root: the action concerns the whole organisation, and its records are of any unit.
    Root,
}

macro_rules! define_writers {
    ($($(#[$doc:meta])* $name:ident: $($action:ident / $unit:ident),+;)+) => {
        $(
            $(#[$doc])*
            pub trait $name: ActionMarker {
                /// The unit for which the permit must be.
                const PERMIT_UNIT: PermitUnit;
            }
            $(impl $name for action::$action { const PERMIT_UNIT: PermitUnit = PermitUnit::$unit; })+
        )+
    };
}

define_writers! {
    /// An action that writes reports.
    WritesReport: SaveReport / OfRecord, SubmitReport / OfRecord, DeliverReport / OfRecord, ReturnReport / OfRecord, AcceptReport / OfRecord, SettleConflict / OfRecord, SettleProposal / OfRecord, RunJob / Root;
    /// An action that writes conflicts.
    WritesConflict: SaveReport / OfRecord, DeliverReport / OfRecord, SettleConflict / OfRecord;
    /// An action that writes proposals.
    WritesProposal: SaveReport / OfRecord, DeliverReport / OfRecord, SettleProposal / OfRecord;
    /// An action that writes findings.
    WritesFinding: ReplyFinding / OfRecord, EscalateFinding / OfRecord, RunJob / Root;
    /// An action that writes waivers.
    WritesWaiver: WaiveReport / Root, AcceptReport / OfRecord;
    /// An action that writes hand-overs of stocks.
    WritesHandover: HandOverStocks / Root;
    /// An action that writes how a unit takes part in a campaign.
    WritesParticipation: TakePart / OfRecord, DecidePlan / OfRecord;
    /// An action that adds a step on an award.
    DecidesAward: DecideAward / Root, ReopenCampaign / Root;
    /// An action that moves records to other scopes.
    MovesRecords: ChangeOrg / Root, ApplyCampaign / Root, StepCampaign / Root, ReopenCampaign / Root, RunJob / Root;
}

impl ReadTx<'_> {
    /// The root unit; `None` before the organisation is imported.
    pub fn root_unit(&mut self) -> Result<Option<UnitId>> {
        Ok(self.setting("root_unit")?.and_then(|bytes| UnitId::from_slice(&bytes).ok()))
    }
}

impl WriteTx<'_> {
    /// Refuses a permit that is not for the unit of the record.
    pub(super) fn verify_permit<A: ActionMarker>(
        &mut self,
        permit: &Permit<A>,
        permit_unit: PermitUnit,
        record_unit: UnitId,
    ) -> Result<()> {
        let needed = match permit_unit {
            PermitUnit::OfRecord => Some(record_unit),
            PermitUnit::Root => self.cached_root_unit()?,
        };
        if needed == Some(permit.unit()) {
            return Ok(());
        }
        Err(Error::WrongPermit { action: permit.code(), unit: permit.unit() })
    }

    /// Refuses a permit that is not for the root.
    pub(super) fn verify_root_permit<A: ActionMarker>(&mut self, permit: &Permit<A>) -> Result<()> {
        self.verify_permit(permit, PermitUnit::Root, permit.unit())
    }
}

/// Refuses an attachment that names another report than the one whose unit was compared.
pub(super) fn verify_attachment<A: ActionMarker, Id: PartialEq>(
    permit: &Permit<A>,
    names: &Id,
    report: &Id,
) -> Result<()> {
    if names == report {
        return Ok(());
    }
    Err(Error::WrongPermit { action: permit.code(), unit: permit.unit() })
}
