//! The course of a floor without a base: how much of it is due by a day of its window.

use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ratio::Ratio;
use crate::domain::support::time::days_from_date;
use jiff::civil::Date;

/// How a floor is spread over its window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaceCourse {
    /// In equal parts over all days.
    Linear,
    /// By milestones, ascending by day; linear before, between and after them. The bound is due at
    /// the end of the window.
    Milestones(Vec<PaceMilestone>),
}

/// A count that is due by the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceMilestone {
    /// The day.
    pub day: Date,
    /// The count from the first day of the window.
    pub cumulative: u32,
}

/// A window, and the part of it whose reports are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CourseDays {
    /// All days.
    pub window: DateWindow,
    /// The day after the last due one.
    pub due_end: Date,
}

impl PaceCourse {
    /// The word of a linear course.
    pub const LINEAR: &'static str = "LINEAR";

    /// The share of `bound` that is due; `None` if it cannot be computed.
    #[must_use]
    pub fn due_share(&self, bound: Ratio, days: CourseDays) -> Option<Ratio> {
        let due_end = days.due_end.clamp(days.window.start, days.window.end);
        let mut before = (days.window.start, Ratio::ZERO);
        for (end, share) in self.points(bound, days.window)? {
            if due_end <= end {
                return interpolate(before, (end, share), due_end);
            }
            before = (end, share);
        }
        Some(Ratio::ONE)
    }

    /// Ends of days with the share due by then; the last is the end of the window.
    fn points(&self, bound: Ratio, window: DateWindow) -> Option<Vec<(Date, Ratio)>> {
        let mut points = Vec::new();
        if let Self::Milestones(milestones) = self {
            for PaceMilestone { day, cumulative } in milestones {
                let share = Ratio::from_integer((*cumulative).into()).checked_div(bound)?;
                points.push((day.tomorrow().ok()?, share));
            }
        }
        if points.last().is_none_or(|(end, _)| *end < window.end) {
            points.push((window.end, Ratio::ONE));
        }
        Some(points)
    }
}

fn interpolate(from: (Date, Ratio), to: (Date, Ratio), at: Date) -> Option<Ratio> {
    let days = |one: Date, other: Date| {
        Ratio::from_integer((days_from_date(other) - days_from_date(one)).into())
    };
    if at <= from.0 {
        return Some(from.1);
    }
    let passed = days(from.0, at).checked_div(days(from.0, to.0))?;
    to.1.checked_sub(from.1)?.checked_mul(passed)?.checked_add(from.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn days(due_end: Date) -> CourseDays {
        let window = DateWindow::new(date(2025, 1, 1), date(2026, 1, 1)).unwrap();
        CourseDays { window, due_end }
    }

    fn due(course: &PaceCourse, end: Date) -> Option<String> {
        let bound = Ratio::from_integer(960);
        course
            .due_share(bound, days(end))
            .and_then(|share| share.checked_mul(bound))
            .map(|due| due.to_string())
    }

    #[test]
    fn a_linear_course_counts_the_due_days_over_all_days_of_the_window() {
        let linear = PaceCourse::Linear;
        assert_eq!(due(&linear, date(2025, 1, 1)).as_deref(), Some("0"));
        let due_days = Ratio::new(31 * 960, 365).map(|due| due.to_string());
        assert_eq!(due(&linear, date(2025, 2, 1)), due_days);
        assert_eq!(due(&linear, date(2026, 1, 1)).as_deref(), Some("960"));
    }

    #[test]
    fn a_course_by_milestones_is_linear_between_them_and_ends_at_the_bound() {
        let milestones = vec![
            PaceMilestone { day: date(2025, 1, 10), cumulative: 100 },
            PaceMilestone { day: date(2025, 1, 20), cumulative: 300 },
        ];
        let course = PaceCourse::Milestones(milestones);
        assert_eq!(due(&course, date(2025, 1, 6)).as_deref(), Some("50"));
        assert_eq!(due(&course, date(2025, 1, 11)).as_deref(), Some("100"));
        assert_eq!(due(&course, date(2025, 1, 16)).as_deref(), Some("200"));
        assert_eq!(due(&course, date(2025, 1, 21)).as_deref(), Some("300"));
        assert_eq!(due(&course, date(2026, 1, 1)).as_deref(), Some("960"));
    }
}
