//! Reports as people name them: by period (`2026-07`, `2026-W31`, `34/2024`, `2024-08-19`,
//! `19/8/2024`, or its printed name), by unit and by form where more than one has that period, or
//! by the first digits of the id.
//!
//! ```text
//!   words typed --> all must fit a report --> most exact fits first --> none, one or many
//! ```

use crate::domain::reporting::window::DateWindow;
use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Fewest digits of an id that name a report.
const ID_DIGITS_MIN: usize = 4;

/// What a report can be named by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLabel {
    /// Its id, in hexadecimal digits.
    pub id: String,
    /// Code of its unit.
    pub unit: String,
    /// Code of its contract.
    pub contract: String,
    /// Code of its period, as in `2026-W31`.
    pub period_code: String,
    /// Its days.
    pub window: DateWindow,
    /// The printed names of its period, one for each language.
    pub period_names: Vec<String>,
    /// Further names: those of the unit and of the form.
    pub names: Vec<String>,
}

/// How well a word fits a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// Not at all.
    None,
    /// It names days in which the report lies or which lie in it, or a name without its marks.
    Loose,
    /// It is what the report is called.
    Exact,
}

/// Reports with every word by which they are called.
#[derive(Debug, Clone, Default)]
pub struct ReportIndex {
    entries: Vec<IndexEntry>,
}

#[derive(Debug, Clone)]
struct IndexEntry {
    label: ReportLabel,
    /// Every word, in lower case.
    tokens: Vec<String>,
    /// The same without marks.
    bare_tokens: Vec<String>,
}

impl ReportIndex {
    /// The index of these reports.
    #[must_use]
    pub fn new(labels: Vec<ReportLabel>) -> Self {
        let entry = |label: ReportLabel| {
            let names = [&label.unit, &label.contract].into_iter();
            let names = names.chain(&label.period_names).chain(&label.names);
            let tokens: Vec<String> = names.flat_map(|name| tokens_of(name)).collect();
            let bare_tokens = tokens.iter().map(|token| without_marks(token)).collect();
            IndexEntry { label, tokens, bare_tokens }
        };
        Self { entries: labels.into_iter().map(entry).collect() }
    }

    /// The reports that the words name, in their order: one if the words are clear.
    #[must_use]
    pub fn find(&self, words: &str) -> Vec<&ReportLabel> {
        let terms: Vec<Term> = words.split_whitespace().map(Term::new).collect();
        // The number of words that fit exactly; `None` if one does not fit.
        let score = |entry: &IndexEntry| {
            let fits: Vec<Fit> = terms.iter().map(|term| term.fit(entry)).collect();
            let fits_all = !fits.is_empty() && !fits.contains(&Fit::None);
            fits_all.then(|| fits.into_iter().filter(|fit| *fit == Fit::Exact).count())
        };
        let scored = self.entries.iter().map(|entry| (score(entry), &entry.label));
        let scored: Vec<_> = scored.filter(|(score, _)| score.is_some()).collect();
        let best = scored.iter().map(|(score, _)| *score).max();
        let found: Vec<&ReportLabel> = scored
            .into_iter()
            .filter(|(score, _)| Some(*score) == best)
            .map(|(_, label)| label)
            .collect();
        // "year 2026" is the name of one period, and its words occur in that of a half-year too.
        let spelled: Vec<&ReportLabel> =
            found.iter().filter(|label| label.is_spelled_out(&terms)).copied().collect();
        if spelled.is_empty() { found } else { spelled }
    }

    /// The shortest name by which [`Self::find`] finds exactly this report: its period, with
    /// contract and unit where needed; the id if these do not suffice.
    #[must_use]
    pub fn shortest_name(&self, id: &str) -> String {
        let own = self.entries.iter().map(|entry| &entry.label).find(|label| label.id == id);
        let names = own.into_iter().flat_map(|label| {
            let ReportLabel { unit, contract, period_code, window, .. } = label;
            let further = [
                String::new(),
                format!(" {contract}"),
                format!(" {unit}"),
                format!(" {unit} {contract}"),
            ];
            let first_day = window.start;
            further.into_iter().flat_map(move |further| {
                [format!("{period_code}{further}"), format!("{first_day}{further}")]
            })
        });
        let is_clear = |name: &String| matches!(self.find(name).as_slice(), [one] if one.id == id);
        names.into_iter().find(is_clear).unwrap_or_else(|| id.to_owned())
    }
}

/// A day as people write it: `2024-08-19` or day, month and year as in `19/8/2024`, `19-8-2024`,
/// `19.8.2024`.
#[must_use]
pub fn parse_day(text: &str) -> Option<Date> {
    let separator = text.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
    let parts: Vec<&str> = text.split(separator).collect();
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] if year.len() == 4 => (year, month, day),
        [day, month, year] if year.len() == 4 => (year, month, day),
        _ => return None,
    };
    Date::new(parse_number(year)?, parse_number(month)?, parse_number(day)?).ok()
}

fn parse_number<T: std::str::FromStr>(digits: &str) -> Option<T> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// A word of a name, read as everything that it can mean.
struct Term {
    /// Lower case, composed.
    text: String,
    /// The same without marks.
    bare: String,
    day: Option<Date>,
    /// The code of a period that it writes, as in `2026-W31`.
    period_code: Option<String>,
    /// A month that it writes.
    month: Option<(i16, i8)>,
}

impl Term {
    fn new(word: &str) -> Self {
        let text: String = without_leading_zeros(&word.nfc().collect::<String>().to_lowercase());
        let day = parse_day(&text);
        let (period_code, month) = match parse_period(&text) {
            Some((code, month)) => (code, month),
            None => (None, None),
        };
        Self { bare: without_marks(&text), text, day, period_code, month }
    }

    fn fit(&self, entry: &IndexEntry) -> Fit {
        let IndexEntry { label, tokens, bare_tokens } = entry;
        let is_code = self.period_code.as_deref() == Some(&label.period_code);
        let is_id = self.text.len() >= ID_DIGITS_MIN && label.id.starts_with(&self.text);
        let is_year = self.text.len() == 4 && self.period_code.is_some();
        if is_code
            || self.day == Some(label.window.start)
            || is_id && !is_year
            // A printed name says the first day of the whole period also for a later piece of it.
            || self.day.is_none() && tokens.contains(&self.text)
        {
            return Fit::Exact;
        }
        let in_month = |(year, month): (i16, i8)| {
            (label.window.start.year(), label.window.start.month()) == (year, month)
        };
        if self.day.is_some_and(|day| label.window.contains(day))
            || self.month.is_some_and(in_month)
            || bare_tokens.contains(&self.bare)
        {
            return Fit::Loose;
        }
        Fit::None
    }
}

/// The code of a period that the text writes, and the month if it writes one: `2026-7`, `2026-w31`,
/// `q3/2026`, `t7/2026` (tháng 7), `34/2024` (week, month or quarter, as the printed names say).
fn parse_period(text: &str) -> Option<(Option<String>, Option<(i16, i8)>)> {
    let of_year = |digits: &str| (digits.len() == 4).then(|| parse_number::<i16>(digits)).flatten();
    if let Some(year) = of_year(text) {
        return Some((Some(year.to_string()), None));
    }
    let (year, part) = match text.split_once('-') {
        Some((year, part)) => (of_year(year)?, part),
        None => text.split_once('/').and_then(|(part, year)| Some((of_year(year)?, part)))?,
    };
    let letter = part.chars().next().filter(char::is_ascii_alphabetic);
    let number: i8 = parse_number(part.strip_prefix(|c: char| Some(c) == letter).unwrap_or(part))?;
    let month = (1..=12).contains(&number).then_some((year, number));
    match letter {
        Some('w') => Some((Some(format!("{year}-W{number:02}")), None)),
        Some('q') => Some((Some(format!("{year}-Q{number}")), None)),
        Some('h') => Some((Some(format!("{year}-H{number}")), None)),
        Some('t') => Some((Some(format!("{year}-{number:02}")), month)),
        Some(_) => None,
        None if text.contains('-') => Some((Some(format!("{year}-{number:02}")), month)),
        None => Some((None, month)),
    }
}

/// `07/2026` is `7/2026`, as names are printed.
fn without_leading_zeros(text: &str) -> String {
    let has_year = text.split_once('/').is_some_and(|(_, year)| year.len() == 4);
    if has_year { text.trim_start_matches('0').to_owned() } else { text.to_owned() }
}

/// The base letters of Vietnamese words, for keyboards without marks.
fn without_marks(text: &str) -> String {
    let base = |c: char| if c == '\u{111}' { 'd' } else { c };
    text.nfd().filter(|c| !is_combining_mark(*c)).map(base).collect()
}

fn tokens_of(name: &str) -> impl Iterator<Item = String> {
    let name = name.nfc().collect::<String>().to_lowercase();
    name.split_whitespace().map(without_leading_zeros).collect::<Vec<_>>().into_iter()
}

impl ReportLabel {
    /// Whether the terms contain the whole printed name of its period.
    fn is_spelled_out(&self, terms: &[Term]) -> bool {
        let has = |token: String| terms.iter().any(|term| term.text == token);
        self.period_names.iter().any(|name| tokens_of(name).all(has))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reporting::calendar::{Calendar, CalendarRule, Calendars};
    use crate::domain::reporting::period::Period;
    use crate::domain::support::time::date_from_days;
    use crate::i18n::Lang;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn label(calendar: &Calendar, period: &Period, unit: &str, contract: &str) -> ReportLabel {
        let names = Lang::all().map(|lang| calendar.period_name(period).text(lang)).collect();
        let id = crate::domain::support::hex::encode_hex(
            crate::domain::support::ids::ContractId::from_code(&format!(
                "{unit}{contract}{period}"
            ))
            .0
            .as_slice(),
        );
        ReportLabel {
            id,
            unit: unit.into(),
            contract: contract.into(),
            period_code: calendar.period_code(period),
            window: period.window(),
            period_names: names,
            names: vec![format!("Tr\u{1ea1}m {unit}")],
        }
    }

    /// The reports of a unit in 2025 and 2026, one contract for each of these calendars, the weeks
    /// cut at the first of March.
    fn index(codes: &[&str], units: &[&str]) -> ReportIndex {
        let calendars = Calendars::standard();
        let every_ten = Calendar {
            code: "ten".into(),
            name_vi: "k\u{1ef3}".into(),
            name_en: "decade".into(),
            rule: CalendarRule::Days { anchor: date(2025, 1, 1), length: 10 },
        };
        let window = DateWindow::new(date(2025, 1, 1), date(2027, 1, 1)).unwrap();
        let mut labels = Vec::new();
        for code in codes {
            let calendar = calendars.get(code).unwrap_or(&every_ten);
            for period in calendar.periods_in(window) {
                for piece in period.split_at(&[date(2026, 3, 1)]) {
                    let one = |unit: &&str| label(calendar, &piece, unit, &format!("{code}-form"));
                    labels.extend(units.iter().map(one));
                }
            }
        }
        ReportIndex::new(labels)
    }

    fn found(words: &str, index: &ReportIndex) -> Vec<String> {
        let text = |label: &&ReportLabel| format!("{} {}", label.contract, label.window.start);
        index.find(words).iter().map(text).collect()
    }

    #[test]
    fn a_report_is_named_by_its_period_as_people_write_it() {
        let weekly = index(&["week"], &["c1"]);
        for words in
            ["2026-W31", "2026-w31", "31/2026", "W31/2026", "2026-07-27", "27/7/2026", "29.07.2026"]
        {
            assert_eq!(found(words, &weekly), ["week-form 2026-07-27"], "{words}");
        }
        let both = index(&["week", "month"], &["c1"]);
        for words in ["2026-07", "2026-7", "th\u{e1}ng 7/2026", "thang 07/2026", "T7/2026"] {
            assert_eq!(found(words, &both), ["month-form 2026-07-01"], "{words}");
        }
        assert_eq!(found("tu\u{1ea7}n 7/2026", &both), ["week-form 2026-02-09"]);
        assert_eq!(found("tuan 7/2026", &both), ["week-form 2026-02-09"]);
        assert_eq!(
            found("7/2026", &both).len(),
            2,
            "a week and a month: the candidates are listed"
        );
        assert_eq!(found("7/2026 week-form", &both), ["week-form 2026-02-09"]);
        assert_eq!(found("2026-W09", &both).len(), 2, "both pieces of a week that was cut");
        assert_eq!(found("2026-03-01 week-form", &both), ["week-form 2026-03-01"]);
        let tens = index(&["ten"], &["c1"]);
        assert_eq!(found("2026-02-25", &tens), ["ten-form 2026-02-25"], "of two pieces the first");
    }

    #[test]
    fn without_a_monthly_report_a_month_names_the_weeks_that_begin_in_it() {
        assert_eq!(found("2026-07", &index(&["week"], &["c1"])).len(), 4);
        assert_eq!(found("2031-07", &index(&["week"], &["c1"])), [""; 0]);
        for nothing in ["", "x", "2026-W99", "0/0", "c2 2026-W31", "1/1/1"] {
            assert_eq!(found(nothing, &index(&["week"], &["c1"])), [""; 0], "{nothing}");
        }
    }

    #[test]
    fn the_unit_and_the_first_digits_of_the_id_tell_reports_apart() {
        let two = index(&["month"], &["c1", "c2"]);
        assert_eq!(two.find("2026-07").len(), 2);
        for words in ["2026-07 c2", "tram c2 2026-07"] {
            let one = two.find(words);
            assert!(one.len() == 1 && one[0].unit == "c2", "{words}: {one:?}");
        }
        let id = two.find("2026-07 c2")[0].id.clone();
        assert_eq!(two.find(&id[..10])[0].id, id);
        assert_eq!(two.find(&id[..3]).len(), 0);
    }

    #[test]
    fn a_day_is_read_in_iso_form_and_as_people_write_it() {
        let day = Some(date(2024, 8, 19));
        for text in ["2024-08-19", "19/8/2024", "19/08/2024", "19-8-2024", "19.8.2024"] {
            assert_eq!(parse_day(text), day, "{text}");
        }
        for text in ["19/8", "8/2024", "2024-13-01", "19/8/24", "a/b/2024", "+1/8/2024", ""] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn the_name_that_is_printed_names_the_report(day in 20_100_i32..20_800, unit in 0..2_usize) {
            let calendars = [
                "week", "month", "stat-month", "quarter", "year", "stat-year", "procuracy-half",
                "ten",
            ];
            let index = index(&calendars, &["c1", "c2"]);
            let (day, unit) = (date_from_days(day), ["c1", "c2"][unit]);
            let labels = index.entries.iter().map(|entry| &entry.label);
            for label in labels.filter(|one| one.window.contains(day) && one.unit == unit) {
                let short = index.shortest_name(&label.id);
                prop_assert_eq!(index.find(&short), [label]);
                prop_assert!(short.len() < 40 && short != label.id, "{}", short);
                for name in &label.period_names {
                    let all = index.find(&format!("{name} {unit} {}", label.contract));
                    prop_assert_eq!(all, [label], "{}", name);
                }
            }
        }
    }
}
