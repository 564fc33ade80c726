//! The outbox: commands by number, their verdicts, and refusals that need a person.
//!
//! A command's bytes are encoded once and never change: the server identifies it by number and hash
//! (S7, S9). A command with a verdict is stored until its effect is in the replica, then for 30
//! days, and until the server has a verified backup of it (S24).

use super::schema::{held_place, outbox_command};
use super::{LocalReplica, ReplicaError, Result, progress, to_i64, to_u64};
use crate::client::protocol::{HeldAt, OutboxOutcome, ReceivedCheckpoint, ServerVerdict};
use crate::domain::support::time::DAY_MICROS;
use diesel::prelude::*;

/// Days for which a settled command is stored at least.
const RETENTION_DAYS: i64 = 30;
/// Maximum bytes of commands in one request; the rest of the message is small.
const REQUEST_BYTES_MAX: usize = crate::domain::support::limits::MESSAGE_BYTES_MAX - 65_536;

/// The state of a command in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OutboxEntryState {
    /// Not sent yet.
    Waiting,
    /// Sent without a verdict: possibly applied.
    Sent,
    /// Verdict received; its effect is not in the replica yet.
    Acknowledged,
    /// Verdict received, and a later checkpoint contains its effect.
    Settled,
}

impl OutboxEntryState {
    const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Acknowledged, Self::Settled];

    fn to_number(self) -> i16 {
        Self::ALL.iter().position(|one| *one == self).map_or(0, |at| at as i16 + 1)
    }

    fn from_number(number: i16) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|one| one.to_number() == number);
        found.ok_or(ReplicaError::Damaged("a command in no state"))
    }
}

/// A command without a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandDraft {
    /// The report, or the part in a campaign, that it changes; empty without one.
    pub(crate) report_id: Vec<u8>,
    /// Field number of its body in the contract, for lists.
    pub(crate) body_number: i16,
    /// Time of entry by the phone's clock, in microseconds.
    pub(crate) made_at: i64,
    /// Numbers of refused commands that it replaces.
    pub(crate) resolved_refusals: Vec<u64>,
}

/// A command of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutboxEntry {
    /// Its number.
    pub(crate) number: u64,
    /// The report, or the part in a campaign, that it changes; empty without one.
    pub(crate) report_id: Vec<u8>,
    /// Field number of its body in the contract.
    pub(crate) body_number: i16,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// Time of entry by the phone's clock, in microseconds.
    pub(crate) made_at: i64,
    /// Its state.
    pub(crate) state: OutboxEntryState,
    /// Its outcome.
    pub(crate) outcome: OutboxOutcome,
    /// Why it was refused, as a number of the contract; 0 if it was not.
    pub(crate) reason: i32,
    /// Wrong fields, each with the number of its reason.
    pub(crate) problems: Vec<(String, i32)>,
    /// Whether a person has resolved the refusal.
    pub(crate) resolved: bool,
    /// Id of the record that its effect changed; empty without one.
    pub(crate) record_id: Vec<u8>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox_command)]
struct OutboxRow {
    number: i64,
    report_id: Vec<u8>,
    body_number: i16,
    bytes: Vec<u8>,
    made_at: i64,
    state: i16,
    outcome: i16,
    reason: i16,
    problems: String,
    record_id: Vec<u8>,
    resolved: bool,
}

impl LocalReplica {
    /// Assigns the next number to a command and stores it, in one transaction (S30). `encode`
    /// receives the number and the sync mark.
    pub(crate) fn append_command(
        &mut self,
        draft: &CommandDraft,
        encode: impl FnOnce(u64, Vec<u8>) -> Vec<u8>,
    ) -> Result<u64> {
        self.transaction(|conn| {
            let number = progress::take_command_number(conn)?;
            let bytes = encode(number, progress::load_progress(conn)?.sync_mark);
            insert_command(conn, draft, number, &bytes)?;
            for refused in &draft.resolved_refusals {
                resolve_refusal(conn, *refused)?;
            }
            Ok(number)
        })
    }

    /// Commands about one report whose effect is not in the replica yet, in order.
    pub(crate) fn pending_for_report(&mut self, report: &[u8; 16]) -> Result<Vec<OutboxEntry>> {
        select_pending_for_report(&mut self.conn, report)
    }

    /// All commands whose effect is not in the replica yet, in order.
    pub(crate) fn pending_commands(&mut self) -> Result<Vec<OutboxEntry>> {
        let rows = outbox_command::table
            .filter(outbox_command::state.ne(OutboxEntryState::Settled.to_number()))
            .order(outbox_command::number);
        from_rows(rows.select(OutboxRow::as_select()).load(&mut self.conn)?)
    }

    /// Commands that would be lost with this phone, in order: without a verdict, or with one of
    /// which the server has no verified backup yet; without the rejected ones.
    pub(crate) fn unconfirmed_commands(&mut self) -> Result<Vec<OutboxEntry>> {
        let safe_past_seq = progress::load_progress(&mut self.conn)?.safe_past_seq;
        let unsafe_yet = outbox_command::state
            .ne(OutboxEntryState::Settled.to_number())
            .or(outbox_command::settled_seq.gt(safe_past_seq));
        let rows = outbox_command::table
            .filter(unsafe_yet)
            .filter(outbox_command::outcome.ne(OutboxOutcome::Rejected.to_number()))
            .order(outbox_command::number);
        from_rows(rows.select(OutboxRow::as_select()).load(&mut self.conn)?)
    }

    /// Refused commands that are not resolved, in order (S10).
    pub(crate) fn refused_commands(&mut self) -> Result<Vec<OutboxEntry>> {
        let refused = outbox_command::outcome
            .eq(OutboxOutcome::Rejected.to_number())
            .and(outbox_command::resolved.eq(false));
        let rows = outbox_command::table.filter(refused).order(outbox_command::number);
        from_rows(rows.select(OutboxRow::as_select()).load(&mut self.conn)?)
    }

    /// Commands that the server holds, by its last verdict, in order, each with its place.
    pub(crate) fn held_commands(&mut self) -> Result<Vec<(OutboxEntry, HeldAt)>> {
        let rows: Vec<(OutboxRow, (Vec<u8>, String, i16))> = outbox_command::table
            .inner_join(held_place::table.on(held_place::number.eq(outbox_command::number)))
            .filter(outbox_command::outcome.eq(OutboxOutcome::Held.to_number()))
            .order(outbox_command::number)
            .select((
                OutboxRow::as_select(),
                (held_place::unit_id, held_place::unit_name, held_place::reason),
            ))
            .load(&mut self.conn)?;
        rows.into_iter()
            .map(|(row, (unit_id, unit_name, reason))| {
                Ok((from_row(row)?, HeldAt { unit_id, unit_name, reason: i32::from(reason) }))
            })
            .collect()
    }

    /// The latest commands, newest first.
    pub(crate) fn latest_commands(&mut self, most: i64) -> Result<Vec<OutboxEntry>> {
        let rows = outbox_command::table.order(outbox_command::number.desc()).limit(most);
        from_rows(rows.select(OutboxRow::as_select()).load(&mut self.conn)?)
    }

    /// Marks a refusal as resolved. Returns false if there is no such refusal.
    pub(crate) fn resolve_refusal(&mut self, number: u64) -> Result<bool> {
        self.transaction(|conn| resolve_refusal(conn, number))
    }

    /// Marks waiting commands up to this number as sent without a verdict.
    pub(crate) fn mark_sent(&mut self, up_to: u64) -> Result<()> {
        self.transaction(|conn| {
            let remaining = outbox_command::state
                .eq(OutboxEntryState::Waiting.to_number())
                .and(outbox_command::number.le(to_i64(up_to)));
            let lost = if planted!("unanswered-forgotten") {
                OutboxEntryState::Acknowledged
            } else {
                OutboxEntryState::Sent
            };
            let change = outbox_command::state.eq(lost.to_number());
            diesel::update(outbox_command::table.filter(remaining)).set(change).execute(conn)?;
            Ok(())
        })
    }

    /// The number of commands in each state: waiting, sent, acknowledged, settled.
    pub(crate) fn count_by_state(&mut self) -> Result<[i64; 4]> {
        let mut counts = [0; 4];
        for (count, state) in counts.iter_mut().zip(OutboxEntryState::ALL) {
            *count = super::swap::count_commands_in_state(&mut self.conn, state.to_number())?;
        }
        Ok(counts)
    }
}

fn insert_command(
    conn: &mut SqliteConnection,
    draft: &CommandDraft,
    number: u64,
    bytes: &[u8],
) -> Result<()> {
    let values = (
        (
            outbox_command::number.eq(to_i64(number)),
            outbox_command::report_id.eq(&draft.report_id),
            outbox_command::body_number.eq(draft.body_number),
        ),
        (outbox_command::bytes.eq(bytes), outbox_command::made_at.eq(draft.made_at)),
        (
            outbox_command::state.eq(OutboxEntryState::Waiting.to_number()),
            outbox_command::outcome.eq(OutboxOutcome::None.to_number()),
        ),
        (
            outbox_command::reason.eq(0),
            outbox_command::problems.eq(""),
            outbox_command::seq.eq(0),
            outbox_command::revision.eq(0),
        ),
        (
            outbox_command::record_id.eq(Vec::new()),
            outbox_command::settled_seq.eq(0),
            outbox_command::settled_at.eq(0),
        ),
        outbox_command::resolved.eq(false),
    );
    diesel::insert_into(outbox_command::table).values(values).execute(conn)?;
    Ok(())
}

fn resolve_refusal(conn: &mut SqliteConnection, number: u64) -> Result<bool> {
    let refused = outbox_command::outcome
        .eq(OutboxOutcome::Rejected.to_number())
        .and(outbox_command::resolved.eq(false));
    let row =
        outbox_command::table.filter(outbox_command::number.eq(to_i64(number))).filter(refused);
    Ok(diesel::update(row).set(outbox_command::resolved.eq(true)).execute(conn)? == 1)
}

pub(super) fn select_pending_for_report(
    conn: &mut SqliteConnection,
    report: &[u8; 16],
) -> Result<Vec<OutboxEntry>> {
    let of = outbox_command::report_id
        .eq(report.to_vec())
        .and(outbox_command::state.ne(OutboxEntryState::Settled.to_number()));
    from_rows(
        outbox_command::table
            .filter(of)
            .order(outbox_command::number)
            .select(OutboxRow::as_select())
            .load(conn)?,
    )
}

/// The next commands to send, and whether there are more.
pub(super) fn select_next_to_send(
    conn: &mut SqliteConnection,
    most: usize,
) -> Result<(Vec<(u64, Vec<u8>)>, bool)> {
    let unanswered = outbox_command::state.le(OutboxEntryState::Sent.to_number());
    let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let rows = outbox_command::table.filter(unanswered).order(outbox_command::number).limit(limit);
    let rows = rows
        .select((outbox_command::number, outbox_command::bytes))
        .load::<(i64, Vec<u8>)>(conn)?;
    let found = rows.len();
    let mut room = REQUEST_BYTES_MAX;
    let mut next: Vec<(u64, Vec<u8>)> = Vec::new();
    for (number, bytes) in rows.into_iter().take(most) {
        let Some(remaining) = room.checked_sub(bytes.len() + 8) else { break };
        room = remaining;
        next.push((to_u64(number)?, bytes));
    }
    let more = found > next.len();
    Ok((next, more))
}

/// The lowest number from which every command up to `highest` is stored; `highest + 1` if `highest`
/// itself is not.
pub(super) fn lowest_contiguous_number(conn: &mut SqliteConnection, highest: u64) -> Result<u64> {
    use diesel::dsl::{count_star, min};
    let (rows, first): (i64, Option<i64>) =
        outbox_command::table.select((count_star(), min(outbox_command::number))).first(conn)?;
    let Some(first) = first else { return Ok(highest + 1) };
    if to_i64(highest) - first + 1 == rows {
        return to_u64(first);
    }
    let numbers: Vec<i64> = outbox_command::table
        .select(outbox_command::number)
        .order(outbox_command::number.desc())
        .load(conn)?;
    let mut lowest = to_i64(highest) + 1;
    for number in numbers {
        if number + 1 != lowest {
            break;
        }
        lowest = number;
    }
    to_u64(lowest)
}

pub(super) fn save_verdict(conn: &mut SqliteConnection, answer: &ServerVerdict) -> Result<()> {
    let unanswered = outbox_command::number
        .eq(to_i64(answer.number))
        .and(outbox_command::state.le(OutboxEntryState::Sent.to_number()));
    let lines = answer
        .problems
        .iter()
        .map(|(field, reason)| format!("{reason}\t{}", field.replace('\n', " ")));
    let change = (
        outbox_command::state.eq(OutboxEntryState::Acknowledged.to_number()),
        outbox_command::outcome.eq(answer.outcome.to_number()),
        outbox_command::reason.eq(i16::try_from(answer.reason).unwrap_or(0)),
        outbox_command::problems.eq(lines.collect::<Vec<_>>().join("\n")),
        outbox_command::seq.eq(answer.seq),
        outbox_command::revision.eq(answer.revision),
        outbox_command::record_id.eq(&answer.record_id),
    );
    if diesel::update(outbox_command::table.filter(unanswered)).set(change).execute(conn)? == 1 {
        save_held_place(conn, answer.number, answer.held_place.as_ref())?;
    }
    Ok(())
}

/// Replaces where a command waits; `None` if it does not.
fn save_held_place(conn: &mut SqliteConnection, number: u64, place: Option<&HeldAt>) -> Result<()> {
    diesel::delete(held_place::table.find(to_i64(number))).execute(conn)?;
    if let Some(HeldAt { unit_id, unit_name, reason }) = place {
        let values = (
            held_place::number.eq(to_i64(number)),
            held_place::unit_id.eq(unit_id),
            held_place::unit_name.eq(unit_name),
            held_place::reason.eq(i16::try_from(*reason).unwrap_or(0)),
        );
        diesel::insert_into(held_place::table).values(values).execute(conn)?;
    }
    Ok(())
}

/// Marks commands from this number on as waiting, with unchanged bytes.
pub(super) fn requeue_from(conn: &mut SqliteConnection, from: u64) -> Result<()> {
    let change = outbox_command::state.eq(OutboxEntryState::Waiting.to_number());
    diesel::update(outbox_command::table.filter(outbox_command::number.ge(to_i64(from))))
        .set(change)
        .execute(conn)?;
    Ok(())
}

/// Settles acknowledged commands that the checkpoint contains, and deletes old ones that the server
/// has in a backup.
pub(super) fn settle_commands(
    conn: &mut SqliteConnection,
    checkpoint: &ReceivedCheckpoint,
) -> Result<()> {
    let answered = outbox_command::state.eq(OutboxEntryState::Acknowledged.to_number());
    let passed = outbox_command::table
        .filter(answered)
        .filter(outbox_command::number.le(to_i64(checkpoint.commands_taken)));
    let change = (
        outbox_command::state.eq(OutboxEntryState::Settled.to_number()),
        outbox_command::settled_seq.eq(checkpoint.seq),
        outbox_command::settled_at.eq(checkpoint.server_time),
    );
    diesel::update(passed).set(change).execute(conn)?;
    let dealt_with = outbox_command::outcome
        .ne(OutboxOutcome::Rejected.to_number())
        .or(outbox_command::resolved.eq(true));
    let old = outbox_command::table
        .filter(outbox_command::state.eq(OutboxEntryState::Settled.to_number()))
        .filter(outbox_command::settled_at.le(checkpoint.server_time
            - if planted!("phone-keeps-nothing") { 0 } else { RETENTION_DAYS * DAY_MICROS }))
        .filter(outbox_command::settled_seq.le(if planted!("phone-keeps-nothing") {
            i64::MAX
        } else {
            checkpoint.safe_past_seq
        }))
        .filter(dealt_with);
    if diesel::delete(old).execute(conn)? > 0 {
        let kept = outbox_command::table.select(outbox_command::number);
        diesel::delete(held_place::table.filter(held_place::number.ne_all(kept))).execute(conn)?;
    }
    Ok(())
}

fn from_rows(rows: Vec<OutboxRow>) -> Result<Vec<OutboxEntry>> {
    rows.into_iter().map(from_row).collect()
}

fn from_row(row: OutboxRow) -> Result<OutboxEntry> {
    let problem = |line: &str| {
        let (reason, field) = line.split_once('\t')?;
        Some((field.to_owned(), reason.parse().ok()?))
    };
    Ok(OutboxEntry {
        number: to_u64(row.number)?,
        report_id: row.report_id,
        body_number: row.body_number,
        bytes: row.bytes,
        made_at: row.made_at,
        state: OutboxEntryState::from_number(row.state)?,
        outcome: OutboxOutcome::from_number(row.outcome),
        reason: i32::from(row.reason),
        problems: row.problems.lines().filter_map(problem).collect(),
        resolved: row.resolved,
        record_id: row.record_id,
    })
}
