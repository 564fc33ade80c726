//! When reports are due: calendars, periods, date windows and the reports that each unit owes.

pub mod calendar;
pub mod expectation;
pub mod period;
pub mod period_code;
pub mod report_name;
pub mod window;
