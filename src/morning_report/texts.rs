//! Texts of the page: states, figures, chances and days, in Vietnamese and English.

use crate::domain::campaign::Commitment;
use crate::domain::standing::funnel_limits::FunnelZone;
use crate::domain::standing::{Judgement, JudgementState};
use crate::domain::support::lang::Lang;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::VerdictReason;
use jiff::civil::Date;

/// Groups of states in the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StateGroup {
    /// Met, or on pace while the window runs.
    Good,
    /// Behind; can still be met.
    Behind,
    /// Missed, or no longer reachable.
    Missed,
    /// Undecided, or nothing to judge.
    Undecided,
}

impl StateGroup {
    pub(super) const ALL: [Self; 4] = [Self::Good, Self::Behind, Self::Missed, Self::Undecided];

    pub(super) fn from_state(state: JudgementState) -> Self {
        use JudgementState as S;
        match state {
            S::Met | S::OnPace => Self::Good,
            S::Behind => Self::Behind,
            S::Missed | S::AlreadyMissed => Self::Missed,
            S::Undetermined
            | S::NotApplicable
            | S::NotComparable
            | S::NoData
            | S::NotCountedHere => Self::Undecided,
        }
    }

    pub(super) fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Good => lang.pick("Đạt hoặc đúng tiến độ", "Met or on pace"),
            Self::Behind => lang.pick("Chậm tiến độ", "Behind"),
            Self::Missed => lang.pick("Không đạt", "Missed"),
            Self::Undecided => lang.pick("Chưa kết luận được", "Cannot be said yet"),
        }
    }

    /// Class of the style sheet, and a mark that does not depend on colour.
    pub(super) fn css_class_and_mark(self) -> (&'static str, &'static str) {
        match self {
            Self::Good => ("good", "●"),
            Self::Behind => ("behind", "▲"),
            Self::Missed => ("missed", "■"),
            Self::Undecided => ("open", "○"),
        }
    }
}

pub(super) fn state_text(state: JudgementState, lang: Lang) -> &'static str {
    state.text(lang)
}

pub(super) fn commitment_text(commitment: Commitment, lang: Lang) -> &'static str {
    match commitment {
        Commitment::Binding => lang.pick("chỉ tiêu giao", "binding"),
        Commitment::Strive => lang.pick("phấn đấu", "striven for"),
        Commitment::Direction => lang.pick("định hướng", "direction"),
    }
}

/// The text of each reason that has one.
pub(super) fn reason_texts(judgement: &Judgement, lang: Lang) -> Vec<&'static str> {
    judgement
        .reasons
        .iter()
        .filter_map(|code| VerdictReason::parse(code))
        .map(|reason| reason.text(lang))
        .collect()
}

/// A decimal with the decimal separator of the language.
pub(super) fn format_decimal(text: &str, lang: Lang) -> String {
    lang.pick(text.replace('.', ","), text.to_owned())
}

/// A count, with at most one decimal.
pub(super) fn format_count(ratio: Option<Ratio>, lang: Lang) -> String {
    ratio
        .and_then(|ratio| ratio.format_shortest(1))
        .map_or_else(|| "–".to_owned(), |text| format_decimal(&text, lang))
}

/// `14/10/2024`, or `14 Oct 2024`.
pub(super) fn format_day(day: Date, lang: Lang) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS[usize::from(day.month().unsigned_abs()) - 1];
    lang.pick(
        format!("{:02}/{:02}/{}", day.day(), day.month(), day.year()),
        format!("{} {month} {}", day.day(), day.year()),
    )
}

/// The chance of meeting the target as a sentence; `None` where it is certain or not computed.
pub(super) fn chance_text(percent: u8, lang: Lang) -> Option<String> {
    let words = match percent {
        1..=19 => ("khó đạt", "unlikely"),
        20..=39 => ("ít khả năng đạt", "rather unlikely"),
        40..=59 => ("đạt hay không còn ngang nhau", "as likely as not"),
        60..=79 => ("có khả năng đạt", "rather likely"),
        80..=99 => ("nhiều khả năng đạt", "likely"),
        _ => return None,
    };
    Some(lang.pick(
        format!("Nếu diễn biến như hiện nay: {}, khoảng {percent} trong 100 trường hợp.", words.0),
        format!("If things go on as they do: {}, in about {percent} of 100 cases.", words.1),
    ))
}

/// How many failures a ratio still allows.
pub(super) fn failures_text(allowed: i64, remaining: i64, lang: Lang) -> String {
    match (allowed, remaining) {
        (0, 0) => {
            lang.pick("Không được sót trường hợp nào.", "Not one may be left out.").to_owned()
        }
        (_, remaining) if remaining >= 0 => lang.pick(
            format!("Còn được phép {remaining} trường hợp chưa đạt (tất cả được {allowed})."),
            format!("{remaining} more may fail ({allowed} in all)."),
        ),
        (_, remaining) => lang.pick(
            format!("Được phép {allowed} trường hợp chưa đạt, hiện thừa {}.", -remaining),
            format!("{allowed} may fail; there are {} too many now.", -remaining),
        ),
    }
}

/// How many more cases the limit allows.
pub(super) fn remaining_cases_text(limit: i64, now: i64, unit: &str, lang: Lang) -> String {
    let remaining = limit - now;
    if remaining < 0 {
        return lang.pick(
            format!("Đã vượt mức {limit} của cả kỳ: thừa {} {unit}.", -remaining),
            format!("Beyond the {limit} of the whole window by {}.", -remaining),
        );
    }
    lang.pick(
        format!("Đến hết kỳ còn được phép {remaining} {unit} (mức cả kỳ: {limit})."),
        format!("{remaining} more may come until the end (limit of the whole window: {limit})."),
    )
}

pub(super) fn funnel_position_text(place: FunnelZone, lang: Lang) -> &'static str {
    match place {
        FunnelZone::WithinLimits => lang.pick("trong mức ngẫu nhiên", "within chance"),
        FunnelZone::Outside95 => {
            lang.pick("ngoài mức 95 %: theo dõi", "outside 95 %: keep an eye on it")
        }
        FunnelZone::Outside998 => {
            lang.pick("ngoài mức 99,8 %: nên hỏi vì sao", "outside 99.8 %: ask why")
        }
        FunnelZone::TooFewCases => lang.pick("quá ít để nói", "too few to say"),
    }
}
