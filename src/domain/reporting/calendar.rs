//! Reporting calendars as data: weeks, statistical months from the 15th to the 14th, the
//! procuracy's half-years and others.
//!
//! The periods of a calendar cover all time without gap or overlap. Where a period is cut for one
//! unit is decided in `expectation`.

use crate::domain::campaign::Campaign;
use crate::domain::reporting::period::Period;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::{Message, MessageArg, message};
use crate::domain::support::time::{date_from_days, days_from_date};
use crate::domain::support::violation::Violation;
use jiff::civil::{Date, date};
use std::collections::{BTreeMap, BTreeSet};

/// How a calendar lays out its periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarRule {
    /// Periods of `length` days, one of which begins on `anchor`.
    Days {
        /// A first day.
        anchor: Date,
        /// Days of each period, at least 1.
        length: u16,
    },
    /// Periods of `months` months that begin on day `day` of `first_month` and of every `months`-th
    /// month after it.
    Months {
        /// Day of the month on which a period begins, 1 to 28.
        day: u8,
        /// A month in which a period begins, 1 to 12.
        first_month: u8,
        /// Months of each period: a divisor of 12.
        months: u8,
    },
}

impl CalendarRule {
    /// Days of its longest period.
    #[must_use]
    pub fn longest_days(self) -> u32 {
        match self {
            Self::Days { length, .. } => length.into(),
            // Of five months that follow each other at least two have 30 days or fewer.
            Self::Months { months, .. } => {
                let months = u32::from(months);
                (months * 31 - months * 2 / 5).min(366)
            }
        }
    }

    /// Most periods that begin within ten years.
    #[must_use]
    pub fn periods_in_ten_years(self) -> u32 {
        match self {
            Self::Days { length, .. } => 3653_u32.div_ceil(u32::from(length.max(1))),
            Self::Months { months, .. } => 120 / u32::from(months.max(1)),
        }
    }
}

/// A reporting calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Text code, as in `week`; it is part of every [`Period`].
    pub code: String,
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// How the periods are laid out.
    pub rule: CalendarRule,
}

impl Calendar {
    /// Violations of the rule's ranges, which are given at its fields.
    #[must_use]
    pub fn check(&self) -> Vec<Violation> {
        let is_valid = match self.rule {
            CalendarRule::Days { length, .. } => length >= 1,
            CalendarRule::Months { day, first_month, months } => {
                (1..=28).contains(&day)
                    && (1..=12).contains(&first_month)
                    && [1, 2, 3, 4, 6, 12].contains(&months)
            }
        };
        if is_valid && !self.code.is_empty() {
            return Vec::new();
        }
        vec![Violation::error(
            "BAD_CALENDAR",
            format!("calendar.{}", self.code),
            message!("calendar-period-least-1-day"),
        )]
    }

    /// The whole period that contains `day`. A rule outside its ranges is read as the nearest valid
    /// one.
    #[must_use]
    pub fn period_containing(&self, day: Date) -> Period {
        let (start, end) = match self.rule {
            CalendarRule::Days { anchor, length } => {
                let (length, anchor) = (i32::from(length.max(1)), days_from_date(anchor));
                let start = anchor + (days_from_date(day) - anchor).div_euclid(length) * length;
                (date_from_days(start), date_from_days(start + length))
            }
            CalendarRule::Months { day: cut_off, first_month, months } => {
                let (cut_off, months) =
                    (cut_off.clamp(1, 28).cast_signed(), i32::from(months.clamp(1, 12)));
                let before = i32::from(day.day() < cut_off);
                let month = i32::from(day.year()) * 12 + i32::from(day.month()) - 1 - before;
                let start = month - (month + 1 - i32::from(first_month)).rem_euclid(months);
                (date_in_month(start, cut_off), date_in_month(start + months, cut_off))
            }
        };
        Period::new(&self.code, start, end)
    }

    /// The whole periods that share a day with the window, by their first day.
    #[must_use]
    pub fn periods_in(&self, window: DateWindow) -> Vec<Period> {
        let first = self.period_containing(window.start);
        let next =
            |last: &Period| (last.end < window.end).then(|| self.period_containing(last.end));
        std::iter::successors(Some(first), next).collect()
    }

    /// The same periods without the days outside the window: the first and the last may be stubs.
    #[must_use]
    pub fn clipped_periods_in(&self, window: DateWindow) -> Vec<Period> {
        let clip = |p: Period| Period {
            start: p.start.max(window.start),
            end: p.end.min(window.end),
            ..p
        };
        self.periods_in(window).into_iter().map(clip).collect()
    }

    /// The days strictly inside the window on which a period begins.
    pub fn cut_offs_in(&self, window: DateWindow) -> impl Iterator<Item = Date> {
        self.periods_in(window).into_iter().skip(1).map(|period| period.start)
    }

    /// The name of the period, as in `tuần 34/2024` or `tháng 7/2025 (15/6–14/7)`. A piece or stub
    /// has the name of its whole period followed by its own days.
    #[must_use]
    pub fn period_name(&self, period: &Period) -> Message {
        let whole = self.period_containing(period.start);
        let name = self.whole_period_name(&whole);
        let natural =
            whole.start.day() == 1 && whole.start.month() == 1 || self.is_calendar_month(&whole);
        let is_piece = (period.start, period.end) != (whole.start, whole.end);
        if !is_piece && (natural || self.is_iso_week()) {
            return name;
        }
        let last = date_from_days(days_from_date(period.end) - 1);
        let day = |date: Date| format!("{}/{}", date.day(), date.month());
        message!("period-with-days", name => name, first = day(period.start), last = day(last))
    }

    pub(super) fn is_iso_week(&self) -> bool {
        let CalendarRule::Days { anchor, length } = self.rule else { return false };
        length == 7 && anchor.weekday() == jiff::civil::Weekday::Monday
    }

    fn is_calendar_month(&self, whole: &Period) -> bool {
        matches!(self.rule, CalendarRule::Months { day: 1, first_month: 1, .. })
            && whole.start.day() == 1
    }

    fn whole_period_name(&self, whole: &Period) -> Message {
        let last = date_from_days(days_from_date(whole.end) - 1);
        let (year, month) = (last.year(), last.month());
        match self.rule {
            CalendarRule::Days { .. } if self.is_iso_week() => {
                let week = whole.start.iso_week_date();
                message!("period-week", week = week.week(), year = week.year())
            }
            CalendarRule::Months { months: 1, .. } => message!("period-month", month, year),
            CalendarRule::Months { months: 3, .. } => {
                message!("period-quarter", quarter = (month + 2) / 3, year)
            }
            CalendarRule::Months { months: 6, .. } if month <= 6 => {
                message!("period-first-half", year)
            }
            CalendarRule::Months { months: 6, .. } => message!("period-second-half", year),
            CalendarRule::Months { months: 12, .. } => message!("period-year", year),
            CalendarRule::Days { .. } | CalendarRule::Months { .. } => {
                let names = MessageArg::Names(self.name_vi.clone(), self.name_en.clone());
                message!("period-from", calendar => names, start = whole.start)
            }
        }
    }
}

/// Names of the standard calendars, in Vietnamese and English; they are data of their records.
const STANDARD_NAMES: &str = include_str!("calendar_names.tsv");

fn standard_names(code: &str) -> (String, String) {
    let mut lines = STANDARD_NAMES.lines().map(|line| line.split('\t'));
    let names = lines.find_map(|mut cells| (cells.next() == Some(code)).then_some(cells));
    let mut names = names.into_iter().flatten().map(str::to_owned);
    (names.next().unwrap_or_default(), names.next().unwrap_or_default())
}

/// Calendars by their code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendars {
    by_code: BTreeMap<String, Calendar>,
    /// Cut-offs that follow no rule, such as those of a campaign's phases, by the code that forms
    /// use for them.
    listed_cut_offs: BTreeMap<String, Vec<Date>>,
    /// The days over which campaigns sum reports under a contract, by the contract's code.
    campaign_days: BTreeMap<String, CampaignDays>,
}

/// The days of the campaigns that a contract reports to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CampaignDays {
    /// Reports are owed only within these: legal and measurement windows.
    pub windows: Vec<DateWindow>,
    /// Days on which a summed window begins or ends: windows, phases, windows named by targets.
    pub cut_offs: BTreeSet<Date>,
}

impl Calendars {
    /// The known calendars of the authorities of a province.
    #[must_use]
    pub fn standard() -> Self {
        let monday = date(2024, 8, 19);
        let week = CalendarRule::Days { anchor: monday, length: 7 };
        let months = |day, first_month, months| CalendarRule::Months { day, first_month, months };
        let all = [
            ("week", week),
            ("stat-month", months(15, 12, 1)),
            ("stat-half", months(15, 12, 6)),
            ("stat-year", months(15, 12, 12)),
            ("procuracy-half", months(1, 12, 6)),
            ("traffic-month", months(16, 12, 1)),
            ("fire-year", months(16, 9, 12)),
            ("month", months(1, 1, 1)),
            ("quarter", months(1, 1, 3)),
            ("year", months(1, 1, 12)),
        ];
        let calendar = |(code, rule): (&str, CalendarRule)| {
            let (name_vi, name_en) = standard_names(code);
            Calendar { code: code.to_owned(), name_vi, name_en, rule }
        };
        Self::from_iter(all.map(calendar))
    }

    /// The calendar of this code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Calendar> {
        self.by_code.get(code)
    }

    /// Adds the bounds of windows, such as a campaign's phases, under a code such as `phase:A`. A
    /// form that serves this code has a week cut in two where a phase begins in it.
    #[must_use]
    pub fn with_windows(mut self, code: &str, windows: &[DateWindow]) -> Self {
        let days = windows.iter().flat_map(|window| [window.start, window.end]).collect();
        self.listed_cut_offs.insert(code.to_owned(), days);
        self
    }

    /// The days strictly inside the window on which a period of this calendar or a listed window
    /// begins or ends; `None` for an unknown code.
    #[must_use]
    pub fn cut_offs_in(&self, code: &str, window: DateWindow) -> Option<Vec<Date>> {
        let listed = self.listed_cut_offs.get(code).into_iter().flatten().copied();
        let inside = listed.filter(|day| window.start < *day && *day < window.end);
        match self.by_code.get(code) {
            Some(calendar) => Some(calendar.cut_offs_in(window).chain(inside).collect()),
            None => self.listed_cut_offs.contains_key(code).then(|| inside.collect()),
        }
    }

    /// Adds campaigns: reports under their contracts are owed for their days only, in pieces that
    /// add up to every judged window.
    #[must_use]
    pub fn with_campaigns<'a>(mut self, campaigns: impl IntoIterator<Item = &'a Campaign>) -> Self {
        for campaign in campaigns {
            let judged = campaign.judged_windows();
            for contract in &campaign.contracts {
                let days = self.campaign_days.entry(contract.clone()).or_default();
                days.windows.extend([campaign.legal_window, campaign.measurement_window]);
                days.cut_offs.extend(judged.iter().flat_map(|window| [window.start, window.end]));
            }
        }
        self
    }

    /// The days of the campaigns that this contract reports to; `None` if no campaign names it.
    #[must_use]
    pub fn campaign_days(&self, contract: &str) -> Option<&CampaignDays> {
        self.campaign_days.get(contract)
    }

    /// All calendars, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Calendar> {
        self.by_code.values()
    }
}

impl FromIterator<Calendar> for Calendars {
    /// Of two calendars with one code the later one is used.
    fn from_iter<I: IntoIterator<Item = Calendar>>(calendars: I) -> Self {
        let by_code =
            calendars.into_iter().map(|calendar| (calendar.code.clone(), calendar)).collect();
        Self { by_code, ..Self::default() }
    }
}

/// Day `day` of the month that is `month` months after January of year 0, clamped to jiff's years.
fn date_in_month(month: i32, day: i8) -> Date {
    let year = i16::try_from(month.div_euclid(12)).unwrap_or(i16::MAX);
    let month = i8::try_from(month.rem_euclid(12) + 1).unwrap_or(12);
    Date::new(year, month, day).unwrap_or(if year < 0 { Date::MIN } else { Date::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;
    use proptest::prelude::*;

    fn bounds(code: &str, day: Date) -> (Date, Date) {
        let period = Calendars::standard().get(code).unwrap().period_containing(day);
        (period.start, period.end)
    }

    #[test]
    fn each_calendar_has_the_cut_offs_its_users_know() {
        let day = date(2025, 3, 1);
        assert_eq!(bounds("week", day), (date(2025, 2, 24), date(2025, 3, 3)));
        assert_eq!(bounds("stat-month", day), (date(2025, 2, 15), date(2025, 3, 15)));
        assert_eq!(bounds("stat-half", day), (date(2024, 12, 15), date(2025, 6, 15)));
        assert_eq!(bounds("stat-year", day), (date(2024, 12, 15), date(2025, 12, 15)));
        assert_eq!(bounds("procuracy-half", day), (date(2024, 12, 1), date(2025, 6, 1)));
        assert_eq!(
            bounds("procuracy-half", date(2025, 6, 1)),
            (date(2025, 6, 1), date(2025, 12, 1))
        );
        assert_eq!(bounds("traffic-month", day), (date(2025, 2, 16), date(2025, 3, 16)));
        assert_eq!(bounds("fire-year", day), (date(2024, 9, 16), date(2025, 9, 16)));
        assert_eq!(bounds("month", day), (day, date(2025, 4, 1)));
        assert_eq!(bounds("quarter", day), (date(2025, 1, 1), date(2025, 4, 1)));
        assert_eq!(bounds("year", day), (date(2025, 1, 1), date(2026, 1, 1)));
    }

    #[test]
    fn the_campaign_covers_eleven_whole_statistical_months_and_two_stubs() {
        let legal = DateWindow::new(date(2024, 8, 19), date(2025, 8, 20)).unwrap();
        let days: Vec<i32> = Calendars::standard()
            .get("stat-month")
            .unwrap()
            .clipped_periods_in(legal)
            .iter()
            .map(Period::days)
            .collect();
        assert_eq!(days, [27, 30, 31, 30, 31, 31, 28, 31, 30, 31, 30, 31, 5]);
        let measured = DateWindow::new(date(2024, 8, 15), date(2025, 8, 15)).unwrap();
        assert_eq!(
            Calendars::standard().get("stat-month").unwrap().clipped_periods_in(measured).len(),
            12
        );
    }

    #[test]
    fn periods_are_called_as_people_call_them() {
        let all = Calendars::standard();
        let name = |code: &str, day, lang: Lang| {
            let calendar = all.get(code).unwrap();
            calendar.period_name(&calendar.period_containing(day)).text(lang)
        };
        assert_eq!(name("week", date(2024, 12, 30), Lang::VI), "tuần 1/2025");
        assert_eq!(name("stat-month", date(2025, 6, 20), Lang::VI), "tháng 7/2025 (15/6–14/7)");
        assert_eq!(
            name("stat-half", date(2024, 12, 15), Lang::VI),
            "6 tháng đầu năm 2025 (15/12–14/6)"
        );
        assert_eq!(name("stat-year", date(2024, 12, 14), Lang::EN), "year 2024 (15/12–14/12)");
        assert_eq!(name("quarter", date(2025, 5, 5), Lang::VI), "quý 2/2025");
        assert_eq!(name("month", date(2025, 5, 5), Lang::EN), "month 5/2025");
        let month = all.get("stat-month").unwrap();
        let piece = &month.period_containing(date(2025, 7, 1)).split_at(&[date(2025, 7, 1)])[1];
        assert_eq!(month.period_name(piece).text(Lang::VI), "tháng 7/2025 (1/7–14/7)");
    }

    #[test]
    fn a_rule_out_of_range_is_refused_and_never_panics() {
        let rule = CalendarRule::Months { day: 31, first_month: 0, months: 5 };
        let invalid = Calendar { code: "x".into(), name_vi: "x".into(), name_en: "x".into(), rule };
        assert_eq!(invalid.check()[0].code, "BAD_CALENDAR");
        assert!(invalid.period_containing(date(2025, 1, 1)).days() > 0);
        assert!(Calendars::standard().iter().all(|calendar| calendar.check().is_empty()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn every_calendar_tiles_time(day in 0_i32..40_000, length in 1_i32..800) {
            let (start, end) = (date_from_days(day), date_from_days(day + length));
            let window = DateWindow::new(start, end).unwrap();
            for calendar in Calendars::standard().iter() {
                let periods = calendar.clipped_periods_in(window);
                prop_assert_eq!(periods.iter().map(Period::days).sum::<i32>(), length);
                prop_assert_eq!(periods[0].start, start);
                prop_assert!(periods.windows(2).all(|pair| pair[0].end == pair[1].start));
                prop_assert!(calendar.period_containing(start).contains(start));
            }
        }
    }
}
