//! What waits beside reports for a decision: held commands, and proposals to amend official figures.

use super::values::{CellEntry, HeldView, ProposalView, ReportKey};
use super::{ClientError, Phone, Result, read, review, show, write};
use crate::client::reference::Reference;
use crate::domain::cell::Change;
use crate::domain::command::{Body, Save, SaveNote};
use crate::domain::desk::{Held, HeldState};
use crate::domain::hex::hex;
use crate::domain::ids::{HeldId, ProposalId, ReportId, UnitId};
use crate::domain::proposal::Proposal;
use crate::domain::reason::Reason;
use crate::domain::scope::RecordKind;
use crate::wire;

impl Phone {
    /// Held commands on this desk: those that wait first.
    pub fn held_commands(&self) -> Result<Vec<HeldView>> {
        let (home, _) = self.here()?;
        let (reference, pending) = (self.reference()?, self.pending_bodies(home)?);
        let stored = self.unlocked()?.records(RecordKind::Held.number())?;
        let mut all = Vec::with_capacity(stored.len());
        for one in stored {
            let Ok(held) = wire::record::read_held(&one.bytes) else { continue }; // Of a newer server.
            let settles = |body: &Body| matches!(body, Body::SettleHeld { held, .. } if held.0 == one.key.id);
            all.push(held_view(one.key.id, &held, &reference, home, pending.iter().any(settles)));
        }
        all.sort_by_key(|view| (view.settled.is_some(), view.settling));
        Ok(all)
    }

    /// Takes a held command over in the unit head's name, or puts it aside.
    pub fn settle_held(&self, held_id: String, apply: bool) -> Result<u64> {
        let bad = |_| ClientError::BadArgument { what: "held_id".to_owned() };
        let held = HeldId::parse(&held_id).map_err(bad)?;
        let known = self.held_commands()?.into_iter().find(|view| view.held_id == held.to_string());
        let known = known.ok_or(ClientError::NotFound { what: "held".to_owned() })?;
        if known.settled.is_some() || known.settling {
            return Err(write::refused(Reason::HeldSettled));
        }
        self.append(read::parse_report(&known.report_id)?, Body::SettleHeld { held, apply }, Vec::new())
    }

    /// Proposals to amend reports on this phone: open ones first.
    pub fn proposals(&self) -> Result<Vec<ProposalView>> {
        let (home, _) = self.here()?;
        let (reference, pending) = (self.reference()?, self.pending_bodies(home)?);
        let stored = self.unlocked()?.records(RecordKind::Proposal.number())?;
        let mut all = Vec::with_capacity(stored.len());
        for one in stored {
            let Ok(proposal) = wire::record::read_proposal(&one.bytes, &reference.units) else { continue };
            let present = self.present(&reference, proposal.report)?.replayed.report;
            let fresh = present.is_some_and(|report| report.content_hash() == proposal.base);
            let settles =
                |body: &Body| matches!(body, Body::SettleProposal { proposal, .. } if proposal.0 == one.key.id);
            let settling = pending.iter().any(settles);
            all.push(proposal_view(one.key.id, &proposal, &reference, (fresh, settling)));
        }
        all.sort_by_key(|view| (view.settled.is_some(), view.settling));
        Ok(all)
    }

    /// Proposes to amend an accepted or locked report; a reviewer decides. Gives the command's number, `None` when nothing differs.
    pub fn propose(
        &self,
        key: ReportKey,
        cells: Vec<CellEntry>,
        note: Option<String>,
        reason: String,
    ) -> Result<Option<u64>> {
        let (reference, key) = (self.reference()?, show::read_key(&key));
        let (_, today) = self.here()?;
        let shape = reference.shape(key.contract).ok_or(ClientError::NotFound { what: "contract".to_owned() })?;
        let present = self.present(&reference, key.id())?;
        let report = write::shown(&present)?;
        let mut changes = Vec::with_capacity(cells.len());
        for entry in &cells {
            let code = show::element(&entry.element)?;
            let element = reference.element_no(&code).ok_or(Reason::UnknownElement).map_err(write::refused)?;
            let (mine, base) = (entry.value.map(show::value), report.cells.get(&element).copied());
            changes.extend((mine != base).then_some(Change { element, mine, base }));
        }
        changes.sort_by_key(|change| change.element);
        let note = note.filter(|mine| *mine != report.note);
        let note = note.map(|mine| SaveNote { mine, base: report.note.clone() });
        if changes.is_empty() && note.is_none() {
            return Ok(None);
        }
        let acting_unit = reference.acts_for(key.unit, today);
        let save = Save { key, acting_unit, changes, note, base_revision: present.revision };
        report.propose(&save, acting_unit, &reason, shape)?;
        self.append(present.id, Body::Propose { save, reason }, Vec::new()).map(Some)
    }

    /// Grants or refuses a proposal, for exactly the report's content that the reviewer saw.
    pub fn settle_proposal(&self, proposal_id: String, content_hash: String, grant: bool) -> Result<u64> {
        let bad = |_| ClientError::BadArgument { what: "proposal_id".to_owned() };
        let proposal = ProposalId::parse(&proposal_id).map_err(bad)?;
        let seen = review::read_hash(&content_hash)?;
        let known = self.proposals()?.into_iter().find(|view| view.proposal_id == proposal.to_string());
        let known = known.ok_or(ClientError::NotFound { what: "proposal".to_owned() })?;
        if known.settled.is_some() || known.settling {
            return Err(write::refused(Reason::ProposalSettled));
        }
        let report: ReportId = read::parse_report(&known.report_id)?;
        self.append(report, Body::SettleProposal { proposal, seen, grant }, Vec::new())
    }

    fn pending_bodies(&self, home: UnitId) -> Result<Vec<Body>> {
        let pending = self.unlocked()?.pending()?;
        let commands = crate::client::rebase::commands(&pending, home);
        Ok(commands.into_iter().map(|(_, command)| command.body).collect())
    }
}

fn held_view(id: [u8; 16], held: &Held, reference: &Reference, home: UnitId, settling: bool) -> HeldView {
    let read = wire::command::decode(&held.command, home).ok().and_then(|numbered| numbered.command.ok());
    let body = read.map(|command| command.body);
    let (cells, text) = body.as_ref().map(|body| show::carried(body, reference)).unwrap_or_default();
    HeldView {
        held_id: hex(&id),
        report_id: held.report.to_string(),
        reason: held.reason.code().to_owned(),
        kind: body.as_ref().map_or(super::CommandKind::Other, show::kind_of),
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

fn proposal_view(
    id: [u8; 16],
    proposal: &Proposal,
    reference: &Reference,
    (fresh, settling): (bool, bool),
) -> ProposalView {
    let Proposal { report, changes, note, reason, acting_unit, settled, base: _ } = proposal;
    ProposalView {
        proposal_id: hex(&id),
        report_id: report.to_string(),
        acting_unit: reference.uid(*acting_unit),
        cells: show::entries(changes, reference),
        note: note.clone(),
        reason: reason.clone(),
        fresh,
        settled: *settled,
        settling,
    }
}
