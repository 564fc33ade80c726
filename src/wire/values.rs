//! Converts values that many messages share: days, periods, cells, spans, roles.
//!
//! Conversion from a message is strict: an unset enum, a field that does not belong to the status
//! beside it, or a day out of range is refused.

use crate::domain::access::permission::Role;
use crate::domain::org::DaySpan;
use crate::domain::report::cell::{CellChange, CellValue, ElementNumber, MissingReason};
use crate::domain::report::{ContentHash, ReviewQuestion};
use crate::domain::reporting::period::Period;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::BadId;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::{Timestamp, date_from_days, days_from_date};
use crate::pb;
use jiff::civil::Date;

/// Longest code of a calendar, in bytes.
const CALENDAR_CHARS_MAX: usize = 32;
/// Longest code of a question, in bytes.
const QUESTION_CODE_CHARS_MAX: usize = 40;
/// The valid days since 1970: years 1900 to 2199.
const VALID_DAYS: std::ops::Range<i32> = -25_567..84_006;

/// Converts an id of 16 bytes.
pub fn id_from_bytes<T>(
    bytes: &[u8],
    read: fn(&[u8]) -> Result<T, BadId>,
) -> Result<T, RefusalReason> {
    read(bytes).map_err(|BadId| RefusalReason::BadId)
}

/// Converts a date into days since 1970.
#[must_use]
pub fn day_to_proto(date: Date) -> i32 {
    days_from_date(date)
}

/// Converts days since 1970 into a date within the years 1900 to 2199.
pub fn day_from_proto(days: i32) -> Result<Date, RefusalReason> {
    if VALID_DAYS.contains(&days) {
        Ok(date_from_days(days))
    } else {
        Err(RefusalReason::Malformed)
    }
}

/// Converts an instant.
#[must_use]
pub fn timestamp_to_proto(instant: Timestamp) -> prost_types::Timestamp {
    let nanos = instant.0.rem_euclid(1_000_000) as i32 * 1000;
    prost_types::Timestamp { seconds: instant.0.div_euclid(1_000_000), nanos }
}

/// Converts a timestamp, truncated to microseconds.
pub fn timestamp_from_proto(stamp: prost_types::Timestamp) -> Result<Timestamp, RefusalReason> {
    let prost_types::Timestamp { seconds, nanos } = stamp;
    if !(0..1_000_000_000).contains(&nanos) {
        return Err(RefusalReason::Malformed);
    }
    let micros =
        seconds.checked_mul(1_000_000).and_then(|whole| whole.checked_add(i64::from(nanos / 1000)));
    micros.map(Timestamp).ok_or(RefusalReason::Malformed)
}

/// Converts an instant that every answer has; a missing one is MALFORMED.
pub fn required_timestamp_from_proto(
    stamp: Option<prost_types::Timestamp>,
) -> Result<Timestamp, RefusalReason> {
    timestamp_from_proto(stamp.ok_or(RefusalReason::Malformed)?)
}

/// Converts a period.
#[must_use]
pub fn period_to_proto(period: &Period) -> pb::Period {
    let Period { calendar, start, end, cut } = period;
    pb::Period {
        calendar: calendar.clone(),
        start_day: day_to_proto(*start),
        end_day: day_to_proto(*end),
        cut: u32::from(*cut),
    }
}

/// Converts a period: a calendar's code, a first day and a later end.
pub(crate) fn period_from_proto(message: pb::Period) -> Result<Period, RefusalReason> {
    let pb::Period { calendar, start_day, end_day, cut } = message;
    let is_code_char = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_valid_code = !calendar.is_empty()
        && calendar.len() <= CALENDAR_CHARS_MAX
        && calendar.chars().all(is_code_char);
    let cut = u8::try_from(cut).map_err(|_| RefusalReason::Malformed)?;
    let (start, end) = (day_from_proto(start_day)?, day_from_proto(end_day)?);
    if is_valid_code && start < end {
        Ok(Period { calendar, start, end, cut })
    } else {
        Err(RefusalReason::Malformed)
    }
}

/// Splits a value into status, figure and reason: the fields that cells and values share beside
/// the mark of a carried one.
fn cell_value_parts(value: CellValue) -> (pb::CellStatus, i64, pb::MissingReason) {
    let none = pb::MissingReason::Unspecified;
    match value {
        CellValue::Reported(figure) | CellValue::Carried(figure) => {
            (pb::CellStatus::Reported, figure, none)
        }
        CellValue::Nil => (pb::CellStatus::Nil, 0, none),
        CellValue::Missing(reason) => (pb::CellStatus::Missing, 0, missing_reason_to_proto(reason)),
    }
}

fn cell_value_from_parts(
    status: i32,
    value: i64,
    reason: i32,
    carried: bool,
) -> Result<CellValue, RefusalReason> {
    let status = pb::CellStatus::try_from(status).map_err(|_| RefusalReason::Malformed)?;
    let reason = pb::MissingReason::try_from(reason).map_err(|_| RefusalReason::Malformed)?;
    match (status, value, missing_reason_from_proto(reason), carried) {
        (pb::CellStatus::Reported, figure, None, false) => Ok(CellValue::Reported(figure)),
        (pb::CellStatus::Reported, figure, None, true) => Ok(CellValue::Carried(figure)),
        (pb::CellStatus::Nil, 0, None, false) => Ok(CellValue::Nil),
        (pb::CellStatus::Missing, 0, Some(reason), false) => Ok(CellValue::Missing(reason)),
        (
            pb::CellStatus::Unspecified
            | pb::CellStatus::Reported
            | pb::CellStatus::Nil
            | pb::CellStatus::Missing,
            _,
            _,
            _,
        ) => Err(RefusalReason::Malformed),
    }
}

fn missing_reason_to_proto(reason: MissingReason) -> pb::MissingReason {
    match reason {
        MissingReason::AwaitingSource => pb::MissingReason::AwaitingSource,
        MissingReason::NotCounted => pb::MissingReason::NotCounted,
        MissingReason::SeeNote => pb::MissingReason::SeeNote,
    }
}

/// The reason of a missing figure; the unspecified value and unknown values are MALFORMED.
pub fn missing_reason_from_number(number: i32) -> Result<MissingReason, RefusalReason> {
    let known = pb::MissingReason::try_from(number).ok();
    known.and_then(missing_reason_from_proto).ok_or(RefusalReason::Malformed)
}

fn missing_reason_from_proto(reason: pb::MissingReason) -> Option<MissingReason> {
    match reason {
        pb::MissingReason::Unspecified => None,
        pb::MissingReason::AwaitingSource => Some(MissingReason::AwaitingSource),
        pb::MissingReason::NotCounted => Some(MissingReason::NotCounted),
        pb::MissingReason::SeeNote => Some(MissingReason::SeeNote),
    }
}

/// Converts the value of a cell.
#[must_use]
pub fn cell_value_to_proto(value: CellValue) -> pb::CellValue {
    let carried = matches!(value, CellValue::Carried(_));
    let (status, value, missing_reason) = cell_value_parts(value);
    pb::CellValue { status: status.into(), value, missing_reason: missing_reason.into(), carried }
}

/// Converts the value of a cell.
pub(crate) fn cell_value_from_proto(message: pb::CellValue) -> Result<CellValue, RefusalReason> {
    let pb::CellValue { status, value, missing_reason, carried } = message;
    cell_value_from_parts(status, value, missing_reason, carried)
}

/// Converts a cell.
#[must_use]
pub(crate) fn cell_to_proto(element: ElementNumber, value: CellValue) -> pb::Cell {
    let carried = matches!(value, CellValue::Carried(_));
    let (status, value, missing_reason) = cell_value_parts(value);
    pb::Cell {
        element_number: element.0,
        status: status.into(),
        value,
        missing_reason: missing_reason.into(),
        carried,
    }
}

/// Converts a cell.
pub(crate) fn cell_from_proto(
    message: pb::Cell,
) -> Result<(ElementNumber, CellValue), RefusalReason> {
    let pb::Cell { element_number, status, value, missing_reason, carried } = message;
    Ok((
        element_number_from_proto(element_number)?,
        cell_value_from_parts(status, value, missing_reason, carried)?,
    ))
}

/// Converts the number of an element; 0 is refused.
pub(crate) fn element_number_from_proto(number: u32) -> Result<ElementNumber, RefusalReason> {
    if number == 0 { Err(RefusalReason::UnknownElement) } else { Ok(ElementNumber(number)) }
}

/// Converts a change of a cell.
#[must_use]
pub(crate) fn change_to_proto(change: &CellChange) -> pb::CellChange {
    let CellChange { element, mine, base } = *change;
    pb::CellChange {
        element_number: element.0,
        mine: mine.map(cell_value_to_proto),
        base: base.map(cell_value_to_proto),
    }
}

/// Converts a change of a cell.
pub(crate) fn change_from_proto(message: pb::CellChange) -> Result<CellChange, RefusalReason> {
    let pb::CellChange { element_number, mine, base } = message;
    Ok(CellChange {
        element: element_number_from_proto(element_number)?,
        mine: mine.map(cell_value_from_proto).transpose()?,
        base: base.map(cell_value_from_proto).transpose()?,
    })
}

/// Converts a content hash of 32 bytes.
pub(crate) fn content_hash_from_bytes(bytes: &[u8]) -> Result<ContentHash, RefusalReason> {
    bytes.try_into().map(ContentHash).map_err(|_| RefusalReason::Malformed)
}

/// Converts a question.
#[must_use]
pub(crate) fn question_to_proto(question: &ReviewQuestion) -> pb::Question {
    let ReviewQuestion { code, text } = question;
    pb::Question { code: code.clone(), text: text.clone() }
}

/// Converts a question: its code consists of capital letters, digits and underscores.
pub(crate) fn question_from_proto(message: pb::Question) -> Result<ReviewQuestion, RefusalReason> {
    let pb::Question { code, text } = message;
    let is_code_char = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let is_valid_code =
        !code.is_empty() && code.len() <= QUESTION_CODE_CHARS_MAX && code.chars().all(is_code_char);
    if is_valid_code { Ok(ReviewQuestion { code, text }) } else { Err(RefusalReason::Malformed) }
}

/// Converts a role; `None` for [`Role::System`], which is never sent.
#[must_use]
pub fn role_to_proto(role: Role) -> Option<pb::Role> {
    pb::Role::try_from(i32::from(role.number())).ok().filter(|_| role != Role::System)
}

/// Converts a role; [`Role::System`] is refused.
pub fn role_from_proto(number: i32) -> Result<Role, RefusalReason> {
    let role = i16::try_from(number).ok().and_then(Role::from_number);
    role.filter(|role| *role != Role::System).ok_or(RefusalReason::Malformed)
}

/// Converts a window of days.
#[must_use]
pub fn window_to_proto(window: DateWindow) -> pb::DaySpan {
    let DateWindow { start, end } = window;
    pb::DaySpan { start_day: Some(day_to_proto(start)), end_day: Some(day_to_proto(end)) }
}

/// Converts a window: both ends set, the end after the start.
pub(crate) fn window_from_proto(message: Option<pb::DaySpan>) -> Result<DateWindow, RefusalReason> {
    let pb::DaySpan { start_day, end_day } = message.ok_or(RefusalReason::Malformed)?;
    let start = day_from_proto(start_day.ok_or(RefusalReason::Malformed)?)?;
    let end = day_from_proto(end_day.ok_or(RefusalReason::Malformed)?)?;
    DateWindow::new(start, end).ok_or(RefusalReason::Malformed)
}

/// Converts a span of days that may be open at either end.
#[must_use]
pub fn span_to_proto(span: DaySpan) -> pb::DaySpan {
    let DaySpan { from, to } = span;
    let start_day = (from != Date::MIN).then(|| day_to_proto(from));
    pb::DaySpan { start_day, end_day: (to != Date::MAX).then(|| day_to_proto(to)) }
}

/// Converts a span of days; an end that is not set is open.
pub fn span_from_proto(message: Option<pb::DaySpan>) -> Result<DaySpan, RefusalReason> {
    let pb::DaySpan { start_day, end_day } = message.ok_or(RefusalReason::Malformed)?;
    let from = start_day.map_or(Ok(Date::MIN), day_from_proto)?;
    let to = end_day.map_or(Ok(Date::MAX), day_from_proto)?;
    if from < to { Ok(DaySpan { from, to }) } else { Err(RefusalReason::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn only_a_missing_cell_has_a_reason_and_only_a_figure_is_carried() {
        for value in [
            CellValue::Reported(-3),
            CellValue::Carried(11),
            CellValue::Nil,
            CellValue::Missing(MissingReason::SeeNote),
        ] {
            assert_eq!(cell_value_from_proto(cell_value_to_proto(value)), Ok(value));
        }
        let message = |status: pb::CellStatus, value, missing_reason, carried| pb::CellValue {
            status: status.into(),
            value,
            missing_reason,
            carried,
        };
        let invalid = [
            message(pb::CellStatus::Unspecified, 0, 0, false),
            message(pb::CellStatus::Nil, 3, 0, false),
            message(pb::CellStatus::Missing, 0, 0, false),
            message(pb::CellStatus::Reported, 3, 1, false),
            message(pb::CellStatus::Nil, 0, 0, true),
            message(pb::CellStatus::Missing, 0, 1, true),
            pb::CellValue { status: 9, ..pb::CellValue::default() },
        ];
        for message in invalid {
            assert_eq!(
                cell_value_from_proto(message),
                Err(RefusalReason::Malformed),
                "{message:?}"
            );
        }
    }

    #[test]
    fn a_period_is_decoded_as_it_was_encoded_and_an_impossible_one_is_refused() {
        let week = Period::new("week", date(2024, 8, 19), date(2024, 8, 26));
        assert_eq!(period_from_proto(period_to_proto(&week)), Ok(week.clone()));
        let bad = |change: fn(&mut pb::Period)| {
            let mut message = period_to_proto(&week);
            change(&mut message);
            period_from_proto(message)
        };
        assert_eq!(bad(|p| p.end_day = p.start_day), Err(RefusalReason::Malformed));
        assert_eq!(bad(|p| p.calendar = "Tuần".into()), Err(RefusalReason::Malformed));
        assert_eq!(bad(|p| p.cut = 256), Err(RefusalReason::Malformed));
        assert_eq!(bad(|p| p.end_day = i32::MAX), Err(RefusalReason::Malformed));
    }

    #[test]
    fn instants_before_1970_keep_their_microseconds() {
        for micros in [-1, 0, 1_736_096_400_000_001, i64::MAX / 2] {
            assert_eq!(
                timestamp_from_proto(timestamp_to_proto(Timestamp(micros))),
                Ok(Timestamp(micros))
            );
        }
    }

    #[test]
    fn every_role_but_system_is_converted() {
        for one in Role::ALL {
            assert_eq!(
                role_to_proto(one).map(|r| role_from_proto(r.into())),
                (one != Role::System).then_some(Ok(one))
            );
        }
        assert_eq!(role_from_proto(11), Err(RefusalReason::Malformed));
    }
}
