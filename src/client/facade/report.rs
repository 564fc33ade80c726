//! One report as the app shows it: the server's record with the outbox on top, and what stands beside it.

use super::values::{CellView, CommentView, ConflictView, QuestionView, RefusedCommand, ReportStatus, ReportView};
use super::{Phone, Result, show, small};
use crate::client::rebase::{self, Replayed};
use crate::client::reference::Reference;
use crate::client::replica::{Entry, Replica, Stored};
use crate::client::step::RecordKey;
use crate::domain::cell::Cells;
use crate::domain::command::{Body, Command};
use crate::domain::desk::{Comment, Conflict};
use crate::domain::form::Form;
use crate::domain::hex::hex;
use crate::domain::ids::{ReportId, UnitId};
use crate::domain::report::{Branch, FormShape, Report};
use crate::domain::scope::RecordKind;
use crate::domain::time::days_from_date;
use crate::wire;
use jiff::civil::Date;

/// A report with the outbox on top, before it is put into the app's words.
pub(super) struct Present {
    /// Its id.
    pub(super) id: ReportId,
    /// What the server holds.
    pub(super) revision: i64,
    /// The report as it is shown.
    pub(super) replayed: Replayed,
    /// Commands about it without effect in view.
    pub(super) pending: Vec<Entry>,
    /// The same, read.
    pub(super) commands: Vec<(u64, Command)>,
}

/// Everything beside reports that a view needs, read once.
pub(super) struct Beside {
    pub(super) comments: Vec<([u8; 16], Comment)>,
    pub(super) conflicts: Vec<([u8; 16], Conflict)>,
    pub(super) refused: Vec<Entry>,
}

/// Reads a report and replays the outbox on it.
pub(super) fn present(
    replica: &mut Replica,
    reference: &Reference,
    id: ReportId,
    home: UnitId,
    today: Date,
) -> Result<Present> {
    let key = RecordKey { kind: RecordKind::Report.number(), id: id.0 };
    let stored = replica.record(key)?;
    Ok(replayed(id, stored.as_ref(), replica.pending_of(&id.0)?, reference, (home, today)))
}

/// Replays the commands about one report on what the server holds of it; `here` is the unit and the day from which it is seen.
pub(super) fn replayed(
    id: ReportId,
    stored: Option<&Stored>,
    pending: Vec<Entry>,
    reference: &Reference,
    here: (UnitId, Date),
) -> Present {
    let (home, today) = here;
    let server = stored.and_then(|stored| wire::record::read_report(&stored.bytes, &reference.units).ok());
    let commands = rebase::commands(&pending, home);
    let contract = server.as_ref().map(|report| report.key.contract).or_else(|| commands.iter().find_map(saves_under));
    let none = FormShape::default();
    let shape = contract.and_then(|contract| reference.shape(contract)).unwrap_or(&none);
    let replayed = rebase::replay(server, &commands, shape, today);
    Present { id, revision: stored.map_or(0, |stored| stored.revision), replayed, pending, commands }
}

fn saves_under((_, command): &(u64, Command)) -> Option<crate::domain::ids::ContractId> {
    match &command.body {
        Body::Save(save) | Body::Propose { save, .. } => Some(save.key.contract),
        Body::Submit { .. }
        | Body::Return { .. }
        | Body::Accept { .. }
        | Body::Comment { .. }
        | Body::Settle { .. }
        | Body::SettleHeld { .. }
        | Body::SettleProposal { .. } => None,
    }
}

pub(super) fn beside(replica: &mut Replica, reference: &Reference) -> Result<Beside> {
    let comments = replica.records(RecordKind::Comment.number())?;
    let comments = comments
        .into_iter()
        .filter_map(|stored| Some((stored.key.id, wire::record::read_comment(&stored.bytes, &reference.units).ok()?)));
    let conflicts = replica.records(RecordKind::Conflict.number())?;
    let conflicts =
        conflicts.into_iter().filter_map(|one| Some((one.key.id, wire::record::read_conflict(&one.bytes).ok()?)));
    Ok(Beside { comments: comments.collect(), conflicts: conflicts.collect(), refused: replica.refused()? })
}

impl Present {
    /// Where the report stands.
    pub(super) fn status(&self, beside: &Beside) -> ReportStatus {
        let Some(report) = &self.replayed.report else { return ReportStatus::Blank };
        let open = |(_, one): &&([u8; 16], Conflict)| one.report == self.id && one.settled.is_none();
        let in_conflict = beside.conflicts.iter().any(|one| open(&one));
        show::status(rebase::standing(report.state, &self.pending, in_conflict))
    }

    /// The report in the app's words; `None` when there is none here or there.
    pub(super) fn view(&self, reference: &Reference, beside: &Beside, home: UnitId) -> Option<ReportView> {
        let report = self.replayed.report.as_ref()?;
        let element = |branch: &Branch| match branch {
            Branch::Cell { element, .. } => show::element_code(element.0, reference),
            Branch::Note { .. } => "note".to_owned(),
        };
        Some(ReportView {
            report_id: self.id.to_string(),
            key: show::key(&report.key, reference),
            status: self.status(beside),
            acting_unit: reference.uid(report.acting_unit),
            nil: report.is_nil(),
            cells: cells(reference.form(report.key.contract), &report.cells, reference),
            note: report.note.clone(),
            content_hash: hex(&report.content_hash().0),
            question: report
                .question
                .as_ref()
                .map(|question| QuestionView { code: question.code.clone(), text: question.text.clone() }),
            late: report.late,
            received_day: self.received_day(report),
            revision: self.revision,
            unsent: small(self.commands.len()),
            clashes: self.replayed.clashes.iter().map(element).collect(),
            conflicts: self.conflicts(reference, beside),
            comments: self.comments(reference, beside, home),
            refused: self.refused(reference, beside, home),
        })
    }

    /// The day of receipt that the server gave; a submission on its way has none yet.
    fn received_day(&self, report: &Report) -> Option<i32> {
        let submits = |(_, command): &(u64, Command)| matches!(command.body, Body::Submit { .. });
        let on_its_way = self.revision == 0 || self.commands.iter().any(submits);
        report.received_day.filter(|_| !on_its_way).map(days_from_date)
    }

    fn conflicts(&self, reference: &Reference, beside: &Beside) -> Vec<ConflictView> {
        let ours = beside.conflicts.iter().filter(|(_, conflict)| conflict.report == self.id);
        ours.map(|(id, conflict)| conflict_view(*id, conflict, reference, &self.commands)).collect()
    }

    fn comments(&self, reference: &Reference, beside: &Beside, home: UnitId) -> Vec<CommentView> {
        let received = beside.comments.iter().filter(|(_, comment)| comment.report == self.id);
        let mut all: Vec<CommentView> = received
            .map(|(id, comment)| CommentView {
                comment_id: hex(id),
                unit: reference.uid(comment.unit),
                role: comment.role.code().to_owned(),
                text: comment.text.clone(),
                received_day: Some(days_from_date(comment.received_day)),
            })
            .collect();
        for (_, command) in &self.commands {
            if let Body::Comment { comment, text, .. } = &command.body {
                let (unit, text) = (reference.uid(home), text.clone());
                let comment_id = comment.to_string();
                all.push(CommentView { comment_id, unit, role: String::new(), text, received_day: None });
            }
        }
        // Ids are UUIDv7: they sort by the time of writing.
        all.sort_by(|a, b| a.comment_id.cmp(&b.comment_id));
        all.dedup_by(|b, a| a.comment_id == b.comment_id);
        all
    }

    fn refused(&self, reference: &Reference, beside: &Beside, home: UnitId) -> Vec<RefusedCommand> {
        let ours = beside.refused.iter().filter(|entry| entry.report == self.id.0);
        ours.map(|entry| show::refused(entry, reference, home)).collect()
    }
}

pub(super) fn conflict_view(
    id: [u8; 16],
    conflict: &Conflict,
    reference: &Reference,
    pending: &[(u64, Command)],
) -> ConflictView {
    let settles =
        |(_, command): &(u64, Command)| matches!(&command.body, Body::Settle { conflict, .. } if conflict.0 == id);
    let mut view = ConflictView {
        conflict_id: hex(&id),
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
        Branch::Cell { element, mine, base, theirs } => {
            view.element = Some(show::element_code(element.0, reference));
            let figures = [mine, base, theirs].map(|value| value.map(show::figure));
            [view.branch, view.base, view.standing] = figures;
        }
        Branch::Note { mine, theirs } => {
            view.branch_note.clone_from(mine);
            view.standing_note.clone_from(theirs);
        }
    }
    view
}

/// The cells of a form in its order; cells that this app's form does not have come last.
pub(super) fn cells(form: Option<&Form>, values: &Cells, reference: &Reference) -> Vec<CellView> {
    let mut numbers: Vec<_> = form.into_iter().flat_map(|form| &form.elements).collect::<Vec<_>>();
    numbers.dedup();
    let mut order: Vec<_> = numbers.into_iter().filter_map(|code| reference.element_no(code)).collect();
    order.extend(values.keys().filter(|number| !order.contains(number)).copied().collect::<Vec<_>>());
    let view = |number: crate::domain::cell::ElementNo| {
        let element = reference.element(number);
        let text = |read: fn(&crate::domain::element::Element) -> &str| element.map_or("", read).to_owned();
        CellView {
            element: show::element_code(number.0, reference),
            name_vi: text(|element| &element.name_vi),
            name_en: text(|element| &element.name_en),
            unit_of_count: text(|element| &element.unit_of_count),
            scale: element.map_or(0, |element| element.scale),
            min: element.map_or(0, |element| element.min),
            max: element.map_or(0, |element| element.max),
            value: values.get(&number).copied().map(show::figure),
        }
    };
    order.into_iter().map(view).collect()
}

impl Phone {
    /// The unit and the day from which everything is seen.
    pub(super) fn here(&self) -> Result<(UnitId, Date)> {
        let device = self.unlocked()?.device()?;
        let admission = device.and_then(|device| device.admission).ok_or(super::ClientError::NotEnrolled)?;
        Ok((admission.unit, self.core.clock.now().local_date()))
    }
}
