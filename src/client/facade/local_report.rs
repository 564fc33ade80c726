//! A report as the app shows it: the server's record with the outbox replayed on it, and its
//! attachments.

use super::command_values::RefusedCommand;
use super::values::{CellView, CommentView, ConflictView, QuestionView, ReportStatus, ReportView};
use super::{Phone, Result, saturating_u32, view_conversion};
use crate::client::protocol::RecordKey;
use crate::client::rebase::{self, ReplayedReport};
use crate::client::reference::LocalReference;
use crate::client::replica::{LocalReplica, OutboxEntry, ReplicaRecord};
use crate::domain::access::scope::RecordKind;
use crate::domain::report::attachment::{Comment, Conflict};
use crate::domain::report::cell::Cells;
use crate::domain::report::command::{Command, CommandBody};
use crate::domain::report::form::Form;
use crate::domain::report::{ConflictBranch, FormSchema, Report};
use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::{ReportId, UnitId};
use crate::domain::support::time::days_from_date;
use crate::wire;
use jiff::civil::Date;

/// A report with the outbox replayed on it, before conversion to a view.
pub(super) struct LocalReport {
    /// Its id.
    pub(super) id: ReportId,
    /// The revision of the server's record.
    pub(super) revision: i64,
    /// The report as shown.
    pub(super) replayed: ReplayedReport,
    /// Its commands whose effect is not in the replica yet.
    pub(super) pending_entries: Vec<OutboxEntry>,
    /// The same commands, decoded.
    pub(super) pending_commands: Vec<(u64, Command)>,
}

/// The records beside reports that a view needs, loaded once.
pub(super) struct LocalAttachments {
    pub(super) comments: Vec<([u8; 16], Comment)>,
    pub(super) conflicts: Vec<([u8; 16], Conflict)>,
    pub(super) refused_commands: Vec<OutboxEntry>,
}

/// Loads a report and replays the outbox on it.
pub(super) fn load_local_report(
    replica: &mut LocalReplica,
    reference: &LocalReference,
    id: ReportId,
    home: UnitId,
    today: Date,
) -> Result<LocalReport> {
    let key = RecordKey { kind: RecordKind::Report.number(), id: id.0 };
    let stored = replica.record(key)?;
    Ok(replay_local_report(
        id,
        stored.as_ref(),
        replica.pending_for_report(&id.0)?,
        reference,
        (home, today),
    ))
}

/// Replays the commands of one report on the server's record; `here` is the home unit and today.
pub(super) fn replay_local_report(
    id: ReportId,
    stored: Option<&ReplicaRecord>,
    pending: Vec<OutboxEntry>,
    reference: &LocalReference,
    here: (UnitId, Date),
) -> LocalReport {
    let (home, today) = here;
    let server = stored.and_then(|stored| {
        wire::record::decode_report(&stored.bytes, &reference.unit_numbers).ok()
    });
    let commands = rebase::decode_pending(&pending, home);
    let contract = server
        .as_ref()
        .map(|report| report.key.contract)
        .or_else(|| commands.iter().find_map(contract_of_save));
    let none = FormSchema::default();
    let shape = contract.and_then(|contract| reference.form_schema(contract)).unwrap_or(&none);
    let replayed = rebase::replay_pending(server, &commands, shape, today);
    LocalReport {
        id,
        revision: stored.map_or(0, |stored| stored.revision),
        replayed,
        pending_entries: pending,
        pending_commands: commands,
    }
}

fn contract_of_save(
    (_, command): &(u64, Command),
) -> Option<crate::domain::support::ids::ContractId> {
    match &command.body {
        CommandBody::SaveCells(save) | CommandBody::ProposeAmendment { save, .. } => {
            Some(save.key.contract)
        }
        CommandBody::SubmitReport { .. }
        | CommandBody::ReturnReport { .. }
        | CommandBody::AcceptReport { .. }
        | CommandBody::AddComment { .. }
        | CommandBody::SettleConflict { .. }
        | CommandBody::SettleHeld { .. }
        | CommandBody::SettleProposal { .. }
        | CommandBody::TakePart(_) => None,
    }
}

pub(super) fn load_attachments(
    replica: &mut LocalReplica,
    reference: &LocalReference,
) -> Result<LocalAttachments> {
    let comments = replica.records(RecordKind::Comment.number())?;
    let comments = comments.into_iter().filter_map(|stored| {
        Some((
            stored.key.id,
            wire::record::decode_comment(&stored.bytes, &reference.unit_numbers).ok()?,
        ))
    });
    let conflicts = replica.records(RecordKind::Conflict.number())?;
    let conflicts = conflicts
        .into_iter()
        .filter_map(|one| Some((one.key.id, wire::record::decode_conflict(&one.bytes).ok()?)));
    Ok(LocalAttachments {
        comments: comments.collect(),
        conflicts: conflicts.collect(),
        refused_commands: replica.refused_commands()?,
    })
}

impl LocalReport {
    /// The status of the report.
    pub(super) fn status(&self, attachments: &LocalAttachments) -> ReportStatus {
        let Some(report) = &self.replayed.report else { return ReportStatus::Blank };
        let open =
            |(_, one): &&([u8; 16], Conflict)| one.report == self.id && one.settled.is_none();
        let in_conflict = attachments.conflicts.iter().any(|one| open(&one));
        view_conversion::to_report_status(rebase::local_report_state(
            report.state,
            &self.pending_entries,
            in_conflict,
        ))
    }

    /// Converts the report to a view; `None` if neither server nor outbox has it.
    pub(super) fn to_view(
        &self,
        reference: &LocalReference,
        attachments: &LocalAttachments,
        home: UnitId,
    ) -> Option<ReportView> {
        let report = self.replayed.report.as_ref()?;
        let received_day = self.received_day(report);
        let element = |branch: &ConflictBranch| match branch {
            ConflictBranch::Cell { element, .. } => {
                view_conversion::element_code(element.0, reference)
            }
            ConflictBranch::Note { .. } => "note".to_owned(),
        };
        Some(ReportView {
            report_id: self.id.to_string(),
            key: view_conversion::to_report_key_view(&report.key, reference),
            status: self.status(attachments),
            acting_unit: reference.unit_uid(report.acting_unit),
            nil: report.nil,
            cells: to_cell_views(reference.form(report.key.contract), &report.cells, reference),
            note: report.note.clone(),
            content_hash: encode_hex(&report.content_hash().0),
            question: report.question.as_ref().map(|question| QuestionView {
                code: question.code.clone(),
                text: question.text.clone(),
            }),
            late: report.late,
            early: received_day.is_some_and(|day| reference.is_early(&report.key, day)),
            received_day: received_day.map(days_from_date),
            revision: self.revision,
            pending_count: saturating_u32(self.pending_commands.len()),
            conflicting_elements: self.replayed.conflicting_fields.iter().map(element).collect(),
            conflicts: self.conflict_views(reference, attachments),
            comments: self.comment_views(reference, attachments, home),
            refused_commands: self.refused_views(reference, attachments, home),
        })
    }

    /// The day of receipt assigned by the server; a pending submission has none.
    fn received_day(&self, report: &Report) -> Option<Date> {
        let submits = |(_, command): &(u64, Command)| {
            matches!(command.body, CommandBody::SubmitReport { .. })
        };
        let on_its_way = self.revision == 0 || self.pending_commands.iter().any(submits);
        report.received_day.filter(|_| !on_its_way)
    }

    fn conflict_views(
        &self,
        reference: &LocalReference,
        attachments: &LocalAttachments,
    ) -> Vec<ConflictView> {
        let ours = attachments.conflicts.iter().filter(|(_, conflict)| conflict.report == self.id);
        ours.map(|(id, conflict)| {
            to_conflict_view(*id, conflict, reference, &self.pending_commands)
        })
        .collect()
    }

    fn comment_views(
        &self,
        reference: &LocalReference,
        attachments: &LocalAttachments,
        home: UnitId,
    ) -> Vec<CommentView> {
        let received = attachments.comments.iter().filter(|(_, comment)| comment.report == self.id);
        let mut all: Vec<CommentView> = received
            .map(|(id, comment)| CommentView {
                comment_id: encode_hex(id),
                unit: reference.unit_uid(comment.unit),
                role: Some(comment.role),
                text: comment.text.clone(),
                received_day: Some(days_from_date(comment.received_day)),
            })
            .collect();
        for (_, command) in &self.pending_commands {
            if let CommandBody::AddComment { comment, text, .. } = &command.body {
                let (unit, text) = (reference.unit_uid(home), text.clone());
                let comment_id = comment.to_string();
                all.push(CommentView { comment_id, unit, role: None, text, received_day: None });
            }
        }
        // Ids are UUIDv7: they sort by time of creation.
        all.sort_by(|a, b| a.comment_id.cmp(&b.comment_id));
        all.dedup_by(|b, a| a.comment_id == b.comment_id);
        all
    }

    fn refused_views(
        &self,
        reference: &LocalReference,
        attachments: &LocalAttachments,
        home: UnitId,
    ) -> Vec<RefusedCommand> {
        let ours = attachments.refused_commands.iter().filter(|entry| entry.report_id == self.id.0);
        ours.map(|entry| view_conversion::to_refused_command(entry, reference, home)).collect()
    }
}

pub(super) fn to_conflict_view(
    id: [u8; 16],
    conflict: &Conflict,
    reference: &LocalReference,
    pending: &[(u64, Command)],
) -> ConflictView {
    let settles = |(_, command): &(u64, Command)| {
        matches!(
            &command.body,
            CommandBody::SettleConflict { conflict, .. } if conflict.0 == id
        )
    };
    let mut view = ConflictView {
        conflict_id: encode_hex(&id),
        report_id: conflict.report.to_string(),
        element: None,
        branch: None,
        standing: None,
        base: None,
        branch_note: String::new(),
        standing_note: String::new(),
        settled: conflict.settled,
        settling: pending.iter().any(settles),
    };
    match &conflict.branch {
        ConflictBranch::Cell { element, mine, base, theirs } => {
            view.element = Some(view_conversion::element_code(element.0, reference));
            let figures = [mine, base, theirs].map(|value| value.map(Into::into));
            [view.branch, view.base, view.standing] = figures;
        }
        ConflictBranch::Note { mine, theirs } => {
            view.branch_note.clone_from(mine);
            view.standing_note.clone_from(theirs);
        }
    }
    view
}

/// The cells of a form in its order; cells that this app's form does not have come last.
pub(super) fn to_cell_views(
    form: Option<&Form>,
    values: &Cells,
    reference: &LocalReference,
) -> Vec<CellView> {
    let mut numbers: Vec<_> = form.into_iter().flat_map(|form| &form.elements).collect::<Vec<_>>();
    numbers.dedup();
    let mut order: Vec<_> =
        numbers.into_iter().filter_map(|code| reference.element_number(code)).collect();
    order.extend(
        values.keys().filter(|number| !order.contains(number)).copied().collect::<Vec<_>>(),
    );
    let view = |number: crate::domain::report::cell::ElementNumber| {
        let element = reference.element(number);
        let text = |read: fn(&crate::domain::report::element::Element) -> &str| {
            element.map_or("", read).to_owned()
        };
        CellView {
            element: view_conversion::element_code(number.0, reference),
            name_vi: text(|element| &element.name_vi),
            name_en: text(|element| &element.name_en),
            unit_of_count: text(|element| &element.unit_of_count),
            scale: element.map_or(0, |element| element.scale),
            min: element.map_or(0, |element| element.min),
            max: element.map_or(0, |element| element.max),
            is_word: reference.is_word(number),
            value: values.get(&number).copied().map(Into::into),
        }
    };
    order.into_iter().map(view).collect()
}

impl Phone {
    /// The home unit and today's date by the server's time, as far as it is known.
    pub(super) fn home_and_today(&self) -> Result<(UnitId, Date)> {
        let device = self.lock_under_lease()?.device()?;
        let enrolment =
            device.and_then(|device| device.enrolment).ok_or(super::ClientError::NotEnrolled)?;
        Ok((enrolment.unit, self.best_known_time()?.local_date()))
    }
}
