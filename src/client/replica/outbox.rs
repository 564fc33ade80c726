//! The outbox: commands by number, what was answered, what a person still has to look at.
//!
//! A command's bytes are encoded once and never change: the server knows it by number and hash (S7, S9). An answered command stays until its
//! effect is in view, and then for 30 days and until the server has a verified backup of it (S24).

use super::schema::command;
use super::{Replica, ReplicaError, Result, column, count, progress};
use crate::client::step::{Answer, Mark, Outcome};
use crate::domain::time::DAY_MICROS;
use diesel::prelude::*;

/// Days for which an acknowledged command is kept at least.
const KEEP_DAYS: i64 = 30;
/// Most bytes of commands in one request; the rest of a message is small.
const REQUEST_BYTES_MAX: usize = crate::domain::limits::MESSAGE_BYTES_MAX - 65_536;

/// How far a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EntryState {
    /// Not sent yet.
    Waiting,
    /// Sent, and no answer came: perhaps applied.
    Sent,
    /// Answered; its effect is not in view yet.
    Acknowledged,
    /// Answered, and a checkpoint has passed it.
    Settled,
}

impl EntryState {
    const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::Acknowledged, Self::Settled];

    fn number(self) -> i16 {
        Self::ALL.iter().position(|one| *one == self).map_or(0, |at| at as i16 + 1)
    }

    fn from_number(number: i16) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|one| one.number() == number);
        found.ok_or(ReplicaError::Damaged("a command in no state"))
    }
}

/// A command about to get its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    /// The report that it is about; empty if none.
    pub(crate) report: Vec<u8>,
    /// Number of its body's member in the contract, for lists.
    pub(crate) body: i16,
    /// When it is typed, by the phone's clock, microseconds.
    pub(crate) made_at: i64,
    /// Refused commands that this one mends.
    pub(crate) mends: Vec<u64>,
}

/// A command of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its number.
    pub(crate) number: u64,
    /// The report that it is about; empty if none.
    pub(crate) report: Vec<u8>,
    /// Number of its body's member in the contract.
    pub(crate) body: i16,
    /// Its bytes.
    pub(crate) bytes: Vec<u8>,
    /// When it was typed, by the phone's clock, microseconds.
    pub(crate) made_at: i64,
    /// How far it is.
    pub(crate) state: EntryState,
    /// What became of it.
    pub(crate) outcome: Outcome,
    /// Why it was refused: the number in the contract, 0 if it was not.
    pub(crate) reason: i32,
    /// What is wrong, field by field.
    pub(crate) problems: Vec<(String, i32)>,
    /// Whether a person has dealt with the refusal.
    pub(crate) resolved: bool,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = command)]
struct Row {
    number: i64,
    report_id: Vec<u8>,
    body: i16,
    bytes: Vec<u8>,
    made_at: i64,
    state: i16,
    outcome: i16,
    reason: i16,
    problems: String,
    resolved: bool,
}

impl Replica {
    /// Gives a command its number and puts it into the outbox, in one transaction (S30). `encode` gets the number and the sync mark.
    pub(crate) fn append(&mut self, draft: &Draft, encode: impl FnOnce(u64, Vec<u8>) -> Vec<u8>) -> Result<u64> {
        self.write(|conn| {
            let number = progress::take_number(conn)?;
            let bytes = encode(number, progress::load(conn)?.sync_mark);
            insert(conn, draft, number, &bytes)?;
            for mended in &draft.mends {
                resolve(conn, *mended)?;
            }
            Ok(number)
        })
    }

    /// Commands whose effect is not in view yet, for one report, in order.
    pub(crate) fn pending_of(&mut self, report: &[u8; 16]) -> Result<Vec<Entry>> {
        pending_of(&mut self.conn, report)
    }

    /// Every command whose effect is not in view yet, in order.
    pub(crate) fn pending(&mut self) -> Result<Vec<Entry>> {
        let rows = command::table.filter(command::state.ne(EntryState::Settled.number())).order(command::number);
        read_all(rows.select(Row::as_select()).load(&mut self.conn)?)
    }

    /// Refused commands that nobody has dealt with, in order (S10).
    pub(crate) fn refused(&mut self) -> Result<Vec<Entry>> {
        let refused = command::outcome.eq(Outcome::Rejected.number()).and(command::resolved.eq(false));
        let rows = command::table.filter(refused).order(command::number);
        read_all(rows.select(Row::as_select()).load(&mut self.conn)?)
    }

    /// The latest commands, newest first.
    pub(crate) fn latest(&mut self, most: i64) -> Result<Vec<Entry>> {
        let rows = command::table.order(command::number.desc()).limit(most);
        read_all(rows.select(Row::as_select()).load(&mut self.conn)?)
    }

    /// Notes that a person has dealt with a refusal. Another command's number changes nothing.
    pub(crate) fn resolve(&mut self, number: u64) -> Result<bool> {
        self.write(|conn| resolve(conn, number))
    }

    /// Notes that commands up to this number left the phone and no answer came.
    pub(crate) fn sent(&mut self, up_to: u64) -> Result<()> {
        self.write(|conn| {
            let left = command::state.eq(EntryState::Waiting.number()).and(command::number.le(column(up_to)));
            let lost = if planted!("unanswered-forgotten") { EntryState::Acknowledged } else { EntryState::Sent };
            let change = command::state.eq(lost.number());
            diesel::update(command::table.filter(left)).set(change).execute(conn)?;
            Ok(())
        })
    }

    /// How many commands stand in each state: waiting, sent, acknowledged, settled.
    pub(crate) fn counts(&mut self) -> Result<[i64; 4]> {
        let mut counts = [0; 4];
        for (count, state) in counts.iter_mut().zip(EntryState::ALL) {
            *count = super::swap::commands_in(&mut self.conn, state.number())?;
        }
        Ok(counts)
    }
}

fn insert(conn: &mut SqliteConnection, draft: &Draft, number: u64, bytes: &[u8]) -> Result<()> {
    let values = (
        (command::number.eq(column(number)), command::report_id.eq(&draft.report), command::body.eq(draft.body)),
        (command::bytes.eq(bytes), command::made_at.eq(draft.made_at)),
        (command::state.eq(EntryState::Waiting.number()), command::outcome.eq(Outcome::None.number())),
        (command::reason.eq(0), command::problems.eq(""), command::seq.eq(0), command::revision.eq(0)),
        (command::record_id.eq(Vec::new()), command::settled_seq.eq(0), command::settled_at.eq(0)),
        command::resolved.eq(false),
    );
    diesel::insert_into(command::table).values(values).execute(conn)?;
    Ok(())
}

fn resolve(conn: &mut SqliteConnection, number: u64) -> Result<bool> {
    let refused = command::outcome.eq(Outcome::Rejected.number()).and(command::resolved.eq(false));
    let row = command::table.filter(command::number.eq(column(number))).filter(refused);
    Ok(diesel::update(row).set(command::resolved.eq(true)).execute(conn)? == 1)
}

pub(super) fn pending_of(conn: &mut SqliteConnection, report: &[u8; 16]) -> Result<Vec<Entry>> {
    let of = command::report_id.eq(report.to_vec()).and(command::state.ne(EntryState::Settled.number()));
    read_all(command::table.filter(of).order(command::number).select(Row::as_select()).load(conn)?)
}

/// The next commands to send, and whether there are more.
pub(super) fn next_to_send(conn: &mut SqliteConnection, most: usize) -> Result<(Vec<(u64, Vec<u8>)>, bool)> {
    let unanswered = command::state.le(EntryState::Sent.number());
    let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let rows = command::table.filter(unanswered).order(command::number).limit(limit);
    let rows = rows.select((command::number, command::bytes)).load::<(i64, Vec<u8>)>(conn)?;
    let found = rows.len();
    let mut room = REQUEST_BYTES_MAX;
    let mut next: Vec<(u64, Vec<u8>)> = Vec::new();
    for (number, bytes) in rows.into_iter().take(most) {
        let Some(left) = room.checked_sub(bytes.len() + 8) else { break };
        room = left;
        next.push((count(number)?, bytes));
    }
    let more = found > next.len();
    Ok((next, more))
}

/// The lowest number from which every command up to `highest` is still here; `highest + 1` if even that one is gone.
pub(super) fn lowest_kept(conn: &mut SqliteConnection, highest: u64) -> Result<u64> {
    use diesel::dsl::{count_star, min};
    let (rows, first): (i64, Option<i64>) = command::table.select((count_star(), min(command::number))).first(conn)?;
    let Some(first) = first else { return Ok(highest + 1) };
    if column(highest) - first + 1 == rows {
        return count(first);
    }
    let numbers: Vec<i64> = command::table.select(command::number).order(command::number.desc()).load(conn)?;
    let mut lowest = column(highest) + 1;
    for number in numbers {
        if number + 1 != lowest {
            break;
        }
        lowest = number;
    }
    count(lowest)
}

pub(super) fn acknowledge(conn: &mut SqliteConnection, answer: &Answer) -> Result<()> {
    let unanswered = command::number.eq(column(answer.number)).and(command::state.le(EntryState::Sent.number()));
    let lines = answer.problems.iter().map(|(field, reason)| format!("{reason}\t{}", field.replace('\n', " ")));
    let change = (
        command::state.eq(EntryState::Acknowledged.number()),
        command::outcome.eq(answer.outcome.number()),
        command::reason.eq(i16::try_from(answer.reason).unwrap_or(0)),
        command::problems.eq(lines.collect::<Vec<_>>().join("\n")),
        command::seq.eq(answer.seq),
        command::revision.eq(answer.revision),
        command::record_id.eq(&answer.record_id),
    );
    diesel::update(command::table.filter(unanswered)).set(change).execute(conn)?;
    Ok(())
}

/// Commands from this number on are pushed again, with the bytes they had.
pub(super) fn send_again(conn: &mut SqliteConnection, from: u64) -> Result<()> {
    let change = command::state.eq(EntryState::Waiting.number());
    diesel::update(command::table.filter(command::number.ge(column(from)))).set(change).execute(conn)?;
    Ok(())
}

/// Answered commands that the checkpoint has passed are in view; old ones that the server has saved elsewhere go.
pub(super) fn settle(conn: &mut SqliteConnection, mark: &Mark) -> Result<()> {
    let answered = command::state.eq(EntryState::Acknowledged.number());
    let passed = command::table.filter(answered).filter(command::number.le(column(mark.taken)));
    let change = (
        command::state.eq(EntryState::Settled.number()),
        command::settled_seq.eq(mark.seq),
        command::settled_at.eq(mark.server_time),
    );
    diesel::update(passed).set(change).execute(conn)?;
    let dealt_with = command::outcome.ne(Outcome::Rejected.number()).or(command::resolved.eq(true));
    let old = command::table
        .filter(command::state.eq(EntryState::Settled.number()))
        .filter(
            command::settled_at
                .le(mark.server_time - if planted!("phone-keeps-nothing") { 0 } else { KEEP_DAYS * DAY_MICROS }),
        )
        .filter(command::settled_seq.le(if planted!("phone-keeps-nothing") { i64::MAX } else { mark.safe_past }))
        .filter(dealt_with);
    diesel::delete(old).execute(conn)?;
    Ok(())
}

fn read_all(rows: Vec<Row>) -> Result<Vec<Entry>> {
    rows.into_iter().map(read).collect()
}

fn read(row: Row) -> Result<Entry> {
    let problem = |line: &str| {
        let (reason, field) = line.split_once('\t')?;
        Some((field.to_owned(), reason.parse().ok()?))
    };
    Ok(Entry {
        number: count(row.number)?,
        report: row.report_id,
        body: row.body,
        bytes: row.bytes,
        made_at: row.made_at,
        state: EntryState::from_number(row.state)?,
        outcome: Outcome::from_number(row.outcome),
        reason: i32::from(row.reason),
        problems: row.problems.lines().filter_map(problem).collect(),
        resolved: row.resolved,
    })
}
