//! The order in which a reviewer reads waiting reports: what most needs a look stands first. It is
//! no verdict and rates nobody.

use std::cmp::Reverse;

/// A figure beside the same unit's figures of the last period and of the same period last year;
/// `None` where there is no official figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FigureComparison {
    /// The figure to review, in units of the element's scale.
    pub now: i64,
    /// The last period's.
    pub last_period: Option<i64>,
    /// That of the same period last year.
    pub last_year: Option<i64>,
}

impl FigureComparison {
    /// Whether it changed much against the last period.
    #[must_use]
    pub fn departs_from_last_period(&self) -> bool {
        self.last_period.is_some_and(|before| is_large_movement(before, self.now))
    }

    /// Whether it changed much against the last period and against last year, so that the season
    /// does not explain it.
    #[must_use]
    pub fn departs_from_both(&self) -> bool {
        self.departs_from_last_period()
            && self.last_year.is_some_and(|before| is_large_movement(before, self.now))
    }

    /// Whether it is not the same as both.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.last_period != Some(self.now) || self.last_year.is_some_and(|year| year != self.now)
    }

    fn movement(&self) -> u64 {
        self.last_period.map_or(0, |before| before.abs_diff(self.now))
    }
}

/// Whether a figure changed to more than twice and by at least five, up or down. It is a reason to
/// check, not a verdict.
fn is_large_movement(before: i64, now: i64) -> bool {
    let (low, high) = (before.min(now), before.max(now));
    i128::from(high) > 2 * i128::from(low) && high.abs_diff(low) >= 5
}

/// What is to be said about a report before it is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReviewSigns {
    /// Data-quality questions about its days that are not answered.
    pub open_findings: usize,
    /// Its figures that have a value.
    pub figures: Vec<FigureComparison>,
    /// Received before its days were over, or after due day and grace.
    pub is_early_or_late: bool,
    /// It has comments.
    pub has_comments: bool,
    /// It was saved more than once, before it was sent or after.
    pub is_changed_again: bool,
    /// It has a note.
    pub has_note: bool,
    /// It says that nothing occurred.
    pub is_nil: bool,
}

/// The place of a report in the order; a smaller one stands first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReviewOrder(Reverse<(usize, usize, bool, bool, bool, usize, u64, bool, bool)>);

/// By open questions; then figures that depart from both the last period and last year; then early
/// and late, commented and resubmitted reports; then figures that depart from the last period, and
/// how far; then notes; nil reports last.
#[must_use]
pub fn review_order(signs: &ReviewSigns) -> ReviewOrder {
    let count = |test: fn(&FigureComparison) -> bool| {
        signs.figures.iter().filter(|figure| test(figure)).count()
    };
    let farthest = signs.figures.iter().map(FigureComparison::movement).max().unwrap_or(0);
    ReviewOrder(Reverse((
        signs.open_findings,
        count(FigureComparison::departs_from_both),
        signs.is_early_or_late,
        signs.has_comments,
        signs.is_changed_again,
        count(FigureComparison::departs_from_last_period),
        farthest,
        signs.has_note,
        !signs.is_nil,
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(now: i64, last_period: i64, last_year: Option<i64>) -> FigureComparison {
        FigureComparison { now, last_period: Some(last_period), last_year }
    }

    #[test]
    fn a_question_stands_before_a_jump_against_both_years_before_late_before_a_seasonal_jump() {
        let one = |change: fn(&mut ReviewSigns)| {
            let mut signs = ReviewSigns::default();
            change(&mut signs);
            signs
        };
        let in_order = [
            one(|signs| signs.open_findings = 1),
            one(|signs| signs.figures = vec![figure(20, 3, Some(4))]),
            one(|signs| signs.is_early_or_late = true),
            one(|signs| signs.has_comments = true),
            one(|signs| signs.is_changed_again = true),
            one(|signs| signs.figures = vec![figure(20, 3, Some(19))]),
            one(|signs| signs.figures = vec![figure(7, 3, None)]),
            one(|signs| signs.has_note = true),
            ReviewSigns::default(),
            one(|signs| signs.is_nil = true),
        ];
        let orders: Vec<ReviewOrder> = in_order.iter().map(review_order).collect();
        assert!(orders.is_sorted_by(|a, b| a < b), "{orders:?}");
    }

    #[test]
    fn a_small_figure_that_doubles_is_no_jump_and_extremes_do_not_overflow() {
        assert!(!figure(4, 0, Some(0)).departs_from_last_period());
        assert!(figure(5, 0, Some(1)).departs_from_last_period());
        assert!(!figure(5, 0, Some(1)).departs_from_both(), "last year it was nearly as many");
        assert!(figure(0, 5, Some(9)).departs_from_both(), "down is a jump too");
        assert!(figure(i64::MAX, i64::MIN, Some(i64::MAX)).departs_from_last_period());
        assert!(!figure(3, 3, None).differs() && figure(3, 3, Some(4)).differs());
    }
}
