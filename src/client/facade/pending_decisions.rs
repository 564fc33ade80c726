//! Objects beside reports that need a decision: held commands, and proposals to amend official
//! figures.

use super::command_values::HeldCommandView;
use super::values::{CellEntry, ProposalView, ReportKeyView};
use super::{ClientError, Phone, Result, commands, nil_report, queries, review, view_conversion};
use crate::client::reference::LocalReference;
use crate::domain::access::scope::RecordKind;
use crate::domain::report::SaveCells;
use crate::domain::report::attachment::{HeldCommand, HeldState};
use crate::domain::report::command::CommandBody;
use crate::domain::report::proposal::Proposal;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::{HeldCommandId, ProposalId, ReportId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::wire;

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// Held commands of the desk scope, unsettled ones first.
    pub fn held_commands(&self) -> Result<Vec<HeldCommandView>> {
        let (home, _) = self.home_and_today()?;
        let (reference, pending) = (self.reference()?, self.pending_command_bodies(home)?);
        let stored = self.lock_under_lease()?.records(RecordKind::Held.number())?;
        let mut all = Vec::with_capacity(stored.len());
        for one in stored {
            // Of a newer server.
            let Ok(held) = wire::record::decode_held(&one.bytes) else { continue };
            let id = one.key.id;
            let settles = |body: &CommandBody| {
                matches!(
                    body,
                    CommandBody::SettleHeld { held, .. } if held.0 == id
                )
            };
            all.push(to_held_command_view(
                one.key.id,
                &held,
                &reference,
                home,
                pending.iter().any(settles),
            ));
        }
        all.sort_by_key(|view| (view.settled.is_some(), view.settling));
        Ok(all)
    }

    /// Applies a held command in the unit head's name, or dismisses it.
    pub fn settle_held(&self, held_id: String, apply: bool) -> Result<u64> {
        let bad = |_| ClientError::BadArgument { what: "held_id".to_owned() };
        let held = HeldCommandId::parse(&held_id).map_err(bad)?;
        let existing =
            self.held_commands()?.into_iter().find(|view| view.held_id == held.to_string());
        let existing = existing.ok_or(ClientError::NotFound { what: "held".to_owned() })?;
        if existing.settled.is_some() || existing.settling {
            return Err(commands::refusal_error(RefusalReason::HeldSettled));
        }
        self.append_command(
            queries::parse_report_id(&existing.report_id)?,
            CommandBody::SettleHeld { held, apply },
            Vec::new(),
        )
    }

    /// Proposals to amend reports on this phone: open ones first.
    pub fn proposals(&self) -> Result<Vec<ProposalView>> {
        let (home, _) = self.home_and_today()?;
        let (reference, pending) = (self.reference()?, self.pending_command_bodies(home)?);
        let stored = self.lock_under_lease()?.records(RecordKind::Proposal.number())?;
        let mut all = Vec::with_capacity(stored.len());
        for one in stored {
            let Ok(proposal) = wire::record::decode_proposal(&one.bytes, &reference.unit_numbers)
            else {
                continue;
            };
            let present = self.load_local_report(&reference, proposal.report)?.replayed.report;
            let fresh = present.is_some_and(|report| report.content_hash() == proposal.base);
            let id = one.key.id;
            let settles = |body: &CommandBody| {
                matches!(
                    body,
                    CommandBody::SettleProposal { proposal, .. } if proposal.0 == id
                )
            };
            let settling = pending.iter().any(settles);
            all.push(to_proposal_view(one.key.id, &proposal, &reference, (fresh, settling)));
        }
        all.sort_by_key(|view| (view.settled.is_some(), view.settling));
        Ok(all)
    }

    /// Proposes to amend an accepted or locked report; a reviewer decides. Returns the command's
    /// number, `None` if nothing differs.
    pub fn propose_amendment(
        &self,
        key: ReportKeyView,
        cells: Vec<CellEntry>,
        note: Option<String>,
        reason: String,
    ) -> Result<Option<u64>> {
        let (reference, key) = (self.reference()?, view_conversion::from_report_key_view(&key));
        let (_, today) = self.home_and_today()?;
        let shape = reference
            .form_schema(key.contract)
            .ok_or(ClientError::NotFound { what: "contract".to_owned() })?;
        let present = self.load_local_report(&reference, key.id())?;
        let report = commands::require_report(&present)?;
        let changes = commands::changes_of(&cells, &report.cells, &reference)?;
        let note = commands::to_note_change(note, &report.note)?;
        if changes.is_empty() && note.is_none() {
            return Ok(None);
        }
        let acting_unit = reference.acting_unit_of(key.unit, today);
        let save = SaveCells { key, acting_unit, changes, note, base_revision: present.revision };
        let reason = commands::check_typed_text("reason", &reason)?;
        report
            .build_proposal(&save, acting_unit, &reason, shape)
            .map_err(ClientError::from)
            .and_then(|_| nil_report::check_stocks_not_nil(&save, shape))
            .map_err(|error| commands::name_changes(error, &save, &reference))?;
        self.append_command(present.id, CommandBody::ProposeAmendment { save, reason }, Vec::new())
            .map(Some)
    }

    /// Grants or refuses a proposal for exactly the report content that the reviewer saw.
    pub fn settle_proposal(
        &self,
        proposal_id: String,
        content_hash: String,
        grant: bool,
    ) -> Result<u64> {
        let bad = |_| ClientError::BadArgument { what: "proposal_id".to_owned() };
        let proposal = ProposalId::parse(&proposal_id).map_err(bad)?;
        let seen = review::parse_content_hash(&content_hash)?;
        let existing =
            self.proposals()?.into_iter().find(|view| view.proposal_id == proposal.to_string());
        let existing = existing.ok_or(ClientError::NotFound { what: "proposal".to_owned() })?;
        if existing.settled.is_some() || existing.settling {
            return Err(commands::refusal_error(RefusalReason::ProposalSettled));
        }
        let report: ReportId = queries::parse_report_id(&existing.report_id)?;
        self.append_command(
            report,
            CommandBody::SettleProposal { proposal, content_hash: seen, grant },
            Vec::new(),
        )
    }
}

impl Phone {
    fn pending_command_bodies(&self, home: UnitId) -> Result<Vec<CommandBody>> {
        let pending = self.lock_under_lease()?.pending_commands()?;
        let commands = crate::client::rebase::decode_pending(&pending, home);
        Ok(commands.into_iter().map(|(_, command)| command.body).collect())
    }
}

fn to_held_command_view(
    id: [u8; 16],
    held: &HeldCommand,
    reference: &LocalReference,
    home: UnitId,
    settling: bool,
) -> HeldCommandView {
    let read = wire::command::decode_command(&held.command, home)
        .ok()
        .and_then(|numbered| numbered.command.ok());
    let body = read.map(|command| command.body);
    let (cells, text) = body
        .as_ref()
        .map(|body| view_conversion::command_content(body, reference))
        .unwrap_or_default();
    HeldCommandView {
        held_id: encode_hex(&id),
        report_id: held.report.to_string(),
        reason: held.reason.code().to_owned(),
        kind: body.as_ref().map_or(super::CommandKind::Other, view_conversion::to_command_kind),
        cells,
        text,
        refusal: held.refusal.map(|reason| reason.code().to_owned()),
        settled: match held.state {
            HeldState::Open => None,
            HeldState::Applied => Some(true),
            HeldState::Discarded => Some(false),
        },
        settling,
    }
}

fn to_proposal_view(
    id: [u8; 16],
    proposal: &Proposal,
    reference: &LocalReference,
    (fresh, settling): (bool, bool),
) -> ProposalView {
    let Proposal { report, changes, note, reason, acting_unit, settled, base: _ } = proposal;
    ProposalView {
        proposal_id: encode_hex(&id),
        report_id: report.to_string(),
        acting_unit: reference.unit_uid(*acting_unit),
        cells: view_conversion::to_cell_entries(changes, reference),
        note: note.clone(),
        reason: reason.clone(),
        is_current: fresh,
        settled: *settled,
        settling,
    }
}
