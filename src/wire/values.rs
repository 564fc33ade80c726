//! The small values that every message uses: days, periods, cells, states, roles.
//!
//! Reading is strict: an unset enum, a field that does not belong to the status beside it, or a day out of range is refused.

use crate::domain::cell::{CellValue, Change, ElementNo, MissingReason};
use crate::domain::ids::BadId;
use crate::domain::org::Span;
use crate::domain::period::Period;
use crate::domain::permission::Role;
use crate::domain::reason::Reason;
use crate::domain::report::{ContentHash, Question};
use crate::domain::time::{Instant, date_from_days, days_from_date};
use crate::domain::window::Window;
use crate::pb;
use jiff::civil::Date;

/// Most characters of a calendar's code.
pub const CALENDAR_CHARS_MAX: usize = 32;
/// Most characters of a question's code.
pub const QUESTION_CODE_MAX: usize = 40;
/// Days since 1970 that dates of ours may have: years 1900 to 2199.
const DAYS: std::ops::Range<i32> = -25_567..84_006;

/// Reads an id of 16 bytes.
pub fn id<T>(bytes: &[u8], read: fn(&[u8]) -> Result<T, BadId>) -> Result<T, Reason> {
    read(bytes).map_err(|BadId| Reason::BadId)
}

/// A date as days since 1970.
#[must_use]
pub fn day(date: Date) -> i32 {
    days_from_date(date)
}

/// Reads a date from days since 1970, within the years 1900 to 2199.
pub fn read_day(days: i32) -> Result<Date, Reason> {
    if DAYS.contains(&days) { Ok(date_from_days(days)) } else { Err(Reason::Malformed) }
}

/// An instant as a timestamp.
#[must_use]
pub fn timestamp(instant: Instant) -> prost_types::Timestamp {
    let nanos = instant.0.rem_euclid(1_000_000) as i32 * 1000;
    prost_types::Timestamp { seconds: instant.0.div_euclid(1_000_000), nanos }
}

/// Reads a timestamp, to the microsecond below.
pub fn read_timestamp(stamp: prost_types::Timestamp) -> Result<Instant, Reason> {
    let prost_types::Timestamp { seconds, nanos } = stamp;
    if !(0..1_000_000_000).contains(&nanos) {
        return Err(Reason::Malformed);
    }
    let micros = seconds.checked_mul(1_000_000).and_then(|whole| whole.checked_add(i64::from(nanos / 1000)));
    micros.map(Instant).ok_or(Reason::Malformed)
}

/// A period.
#[must_use]
pub fn period(period: &Period) -> pb::Period {
    let Period { calendar, start, end, cut } = period;
    pb::Period { calendar: calendar.clone(), start_day: day(*start), end_day: day(*end), cut: u32::from(*cut) }
}

/// Reads a period: a calendar's code, a first day and a later end.
pub fn read_period(message: pb::Period) -> Result<Period, Reason> {
    let pb::Period { calendar, start_day, end_day, cut } = message;
    let shape = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let named = !calendar.is_empty() && calendar.len() <= CALENDAR_CHARS_MAX && calendar.chars().all(shape);
    let cut = u8::try_from(cut).map_err(|_| Reason::Malformed)?;
    let (start, end) = (read_day(start_day)?, read_day(end_day)?);
    if named && start < end { Ok(Period { calendar, start, end, cut }) } else { Err(Reason::Malformed) }
}

/// Status, figure and reason of a value: the three fields that cells and values have in common.
fn parts(value: CellValue) -> (pb::CellStatus, i64, pb::MissingReason) {
    let none = pb::MissingReason::Unspecified;
    match value {
        CellValue::Reported(figure) => (pb::CellStatus::Reported, figure, none),
        CellValue::Nil => (pb::CellStatus::Nil, 0, none),
        CellValue::Missing(reason) => (pb::CellStatus::Missing, 0, missing_reason(reason)),
    }
}

fn read_parts(status: i32, value: i64, reason: i32) -> Result<CellValue, Reason> {
    let status = pb::CellStatus::try_from(status).map_err(|_| Reason::Malformed)?;
    let reason = pb::MissingReason::try_from(reason).map_err(|_| Reason::Malformed)?;
    match (status, value, read_missing_reason(reason)) {
        (pb::CellStatus::Reported, figure, None) => Ok(CellValue::Reported(figure)),
        (pb::CellStatus::Nil, 0, None) => Ok(CellValue::Nil),
        (pb::CellStatus::Missing, 0, Some(reason)) => Ok(CellValue::Missing(reason)),
        (
            pb::CellStatus::Unspecified | pb::CellStatus::Reported | pb::CellStatus::Nil | pb::CellStatus::Missing,
            _,
            _,
        ) => Err(Reason::Malformed),
    }
}

fn missing_reason(reason: MissingReason) -> pb::MissingReason {
    match reason {
        MissingReason::AwaitingSource => pb::MissingReason::AwaitingSource,
        MissingReason::NotCounted => pb::MissingReason::NotCounted,
        MissingReason::SeeNote => pb::MissingReason::SeeNote,
    }
}

fn read_missing_reason(reason: pb::MissingReason) -> Option<MissingReason> {
    match reason {
        pb::MissingReason::Unspecified => None,
        pb::MissingReason::AwaitingSource => Some(MissingReason::AwaitingSource),
        pb::MissingReason::NotCounted => Some(MissingReason::NotCounted),
        pb::MissingReason::SeeNote => Some(MissingReason::SeeNote),
    }
}

/// What a cell says, without saying which cell.
#[must_use]
pub fn cell_value(value: CellValue) -> pb::CellValue {
    let (status, value, missing_reason) = parts(value);
    pb::CellValue { status: status.into(), value, missing_reason: missing_reason.into() }
}

/// Reads what a cell says.
pub fn read_cell_value(message: pb::CellValue) -> Result<CellValue, Reason> {
    let pb::CellValue { status, value, missing_reason } = message;
    read_parts(status, value, missing_reason)
}

/// A cell.
#[must_use]
pub fn cell(element: ElementNo, value: CellValue) -> pb::Cell {
    let (status, value, missing_reason) = parts(value);
    pb::Cell { element_number: element.0, status: status.into(), value, missing_reason: missing_reason.into() }
}

/// Reads a cell.
pub fn read_cell(message: pb::Cell) -> Result<(ElementNo, CellValue), Reason> {
    let pb::Cell { element_number, status, value, missing_reason } = message;
    Ok((read_element(element_number)?, read_parts(status, value, missing_reason)?))
}

/// Reads the number of an element.
pub fn read_element(number: u32) -> Result<ElementNo, Reason> {
    if number == 0 { Err(Reason::UnknownElement) } else { Ok(ElementNo(number)) }
}

/// A change of a cell.
#[must_use]
pub fn change(change: &Change) -> pb::CellChange {
    let Change { element, mine, base } = *change;
    pb::CellChange { element_number: element.0, mine: mine.map(cell_value), base: base.map(cell_value) }
}

/// Reads a change of a cell.
pub fn read_change(message: pb::CellChange) -> Result<Change, Reason> {
    let pb::CellChange { element_number, mine, base } = message;
    Ok(Change {
        element: read_element(element_number)?,
        mine: mine.map(read_cell_value).transpose()?,
        base: base.map(read_cell_value).transpose()?,
    })
}

/// Reads a content hash of 32 bytes.
pub fn read_hash(bytes: &[u8]) -> Result<ContentHash, Reason> {
    bytes.try_into().map(ContentHash).map_err(|_| Reason::Malformed)
}

/// A question.
#[must_use]
pub fn question(question: &Question) -> pb::Question {
    let Question { code, text } = question;
    pb::Question { code: code.clone(), text: text.clone() }
}

/// Reads a question: a code of capital letters, digits and underscores.
pub fn read_question(message: pb::Question) -> Result<Question, Reason> {
    let pb::Question { code, text } = message;
    let shape = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let named = !code.is_empty() && code.len() <= QUESTION_CODE_MAX && code.chars().all(shape);
    if named { Ok(Question { code, text }) } else { Err(Reason::Malformed) }
}

/// A role; `None` for the system's own, which never travels.
#[must_use]
pub fn role(role: Role) -> Option<pb::Role> {
    pb::Role::try_from(i32::from(role.number())).ok().filter(|_| role != Role::System)
}

/// Reads a role; the system's own is refused.
pub fn read_role(number: i32) -> Result<Role, Reason> {
    let role = i16::try_from(number).ok().and_then(Role::from_number);
    role.filter(|role| *role != Role::System).ok_or(Reason::Malformed)
}

/// A window of days.
#[must_use]
pub fn window(window: Window) -> pb::DaySpan {
    let Window { start, end } = window;
    pb::DaySpan { start_day: Some(day(start)), end_day: Some(day(end)) }
}

/// Reads a window: both ends set, the end after the start.
pub fn read_window(message: Option<pb::DaySpan>) -> Result<Window, Reason> {
    let pb::DaySpan { start_day, end_day } = message.ok_or(Reason::Malformed)?;
    let start = read_day(start_day.ok_or(Reason::Malformed)?)?;
    let end = read_day(end_day.ok_or(Reason::Malformed)?)?;
    Window::new(start, end).ok_or(Reason::Malformed)
}

/// A stretch of days that may be open at either end.
#[must_use]
pub fn span(span: Span) -> pb::DaySpan {
    let Span { from, to } = span;
    let start_day = (from != Date::MIN).then(|| day(from));
    pb::DaySpan { start_day, end_day: (to != Date::MAX).then(|| day(to)) }
}

/// Reads a stretch of days; an end that is not set is open.
pub fn read_span(message: Option<pb::DaySpan>) -> Result<Span, Reason> {
    let pb::DaySpan { start_day, end_day } = message.ok_or(Reason::Malformed)?;
    let from = start_day.map_or(Ok(Date::MIN), read_day)?;
    let to = end_day.map_or(Ok(Date::MAX), read_day)?;
    if from < to { Ok(Span { from, to }) } else { Err(Reason::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_missing_cell_names_its_reason_and_no_other_cell_does() {
        for value in [CellValue::Reported(-3), CellValue::Nil, CellValue::Missing(MissingReason::SeeNote)] {
            assert_eq!(read_cell_value(cell_value(value)), Ok(value));
        }
        let odd = [
            pb::CellValue { status: 0, value: 0, missing_reason: 0 },
            pb::CellValue { status: pb::CellStatus::Nil.into(), value: 3, missing_reason: 0 },
            pb::CellValue { status: pb::CellStatus::Missing.into(), value: 0, missing_reason: 0 },
            pb::CellValue { status: pb::CellStatus::Reported.into(), value: 3, missing_reason: 1 },
            pb::CellValue { status: 9, value: 0, missing_reason: 0 },
        ];
        for message in odd {
            assert_eq!(read_cell_value(message), Err(Reason::Malformed), "{message:?}");
        }
    }

    #[test]
    fn a_period_is_read_back_and_an_impossible_one_is_refused() {
        let week = Period::new("week", date(2024, 8, 19), date(2024, 8, 26));
        assert_eq!(read_period(period(&week)), Ok(week.clone()));
        let bad = |change: fn(&mut pb::Period)| {
            let mut message = period(&week);
            change(&mut message);
            read_period(message)
        };
        assert_eq!(bad(|p| p.end_day = p.start_day), Err(Reason::Malformed));
        assert_eq!(bad(|p| p.calendar = "Tuần".into()), Err(Reason::Malformed));
        assert_eq!(bad(|p| p.cut = 256), Err(Reason::Malformed));
        assert_eq!(bad(|p| p.end_day = i32::MAX), Err(Reason::Malformed));
    }

    #[test]
    fn instants_before_1970_keep_their_microseconds() {
        for micros in [-1, 0, 1_736_096_400_000_001, i64::MAX / 2] {
            assert_eq!(read_timestamp(timestamp(Instant(micros))), Ok(Instant(micros)));
        }
    }

    #[test]
    fn every_role_but_the_systems_travels() {
        for one in Role::ALL {
            assert_eq!(role(one).map(|r| read_role(r.into())), (one != Role::System).then_some(Ok(one)));
        }
        assert_eq!(read_role(11), Err(Reason::Malformed));
    }
}
