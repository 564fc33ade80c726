//! How the page says things: states, figures, chances and days, Vietnamese first.
//!
//! Knows no layout.

use crate::domain::campaign::Commitment;
use crate::domain::funnel::Place;
use crate::domain::lang::Lang;
use crate::domain::ratio::Ratio;
use crate::domain::standing::{Judgement, JudgementState};
use crate::domain::target::Reason;
use jiff::civil::Date;

/// How a leader sorts the morning: what needs no word, what does, and what nobody can say yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    /// Met, or on pace while it runs.
    Good,
    /// Behind; may still be met.
    Behind,
    /// Missed, or beyond being met.
    Missed,
    /// Nobody can say yet, or there is nothing to judge.
    Open,
}

impl Group {
    pub(super) const ALL: [Self; 4] = [Self::Good, Self::Behind, Self::Missed, Self::Open];

    pub(super) fn of(state: JudgementState) -> Self {
        use JudgementState as S;
        match state {
            S::Met | S::OnPace => Self::Good,
            S::Behind => Self::Behind,
            S::Missed | S::AlreadyMissed => Self::Missed,
            S::Undetermined | S::NotApplicable | S::NotComparable | S::NoData | S::NotCountedHere => Self::Open,
        }
    }

    pub(super) fn title(self, lang: Lang) -> &'static str {
        match self {
            Self::Good => lang.pick("Đạt hoặc đúng tiến độ", "Met or on pace"),
            Self::Behind => lang.pick("Chậm tiến độ", "Behind"),
            Self::Missed => lang.pick("Không đạt", "Missed"),
            Self::Open => lang.pick("Chưa kết luận được", "Cannot be said yet"),
        }
    }

    /// A class of the style sheet, and a sign for those who see no colour.
    pub(super) fn class(self) -> (&'static str, &'static str) {
        match self {
            Self::Good => ("good", "●"),
            Self::Behind => ("behind", "▲"),
            Self::Missed => ("missed", "■"),
            Self::Open => ("open", "○"),
        }
    }
}

pub(super) fn state(state: JudgementState, lang: Lang) -> &'static str {
    state.text(lang)
}

pub(super) fn commitment(commitment: Commitment, lang: Lang) -> &'static str {
    match commitment {
        Commitment::Binding => lang.pick("chỉ tiêu giao", "binding"),
        Commitment::Strive => lang.pick("phấn đấu", "striven for"),
        Commitment::Direction => lang.pick("định hướng", "direction"),
    }
}

/// Why, one sentence for each reason that has one.
pub(super) fn reasons(judgement: &Judgement, lang: Lang) -> Vec<&'static str> {
    judgement.reasons.iter().filter_map(|code| Reason::parse(code)).map(|reason| reason.text(lang)).collect()
}

/// A decimal text with the comma or the point of the language.
pub(super) fn figure(text: &str, lang: Lang) -> String {
    lang.pick(text.replace('.', ","), text.to_owned())
}

/// A count: whole where it is whole.
pub(super) fn count(ratio: Option<Ratio>, lang: Lang) -> String {
    ratio.and_then(|ratio| ratio.shortest(1)).map_or_else(|| "–".to_owned(), |text| figure(&text, lang))
}

/// 14/10/2024, or 14 Oct 2024.
pub(super) fn day(day: Date, lang: Lang) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = MONTHS[usize::from(day.month().unsigned_abs()) - 1];
    lang.pick(
        format!("{:02}/{:02}/{}", day.day(), day.month(), day.year()),
        format!("{} {month} {}", day.day(), day.year()),
    )
}

/// The chance to meet as a sentence; nothing where it is certain or not reckoned.
pub(super) fn chance(percent: u8, lang: Lang) -> Option<String> {
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

/// How many failures a share still allows.
pub(super) fn failures(allowed: i64, left: i64, lang: Lang) -> String {
    match (allowed, left) {
        (0, 0) => lang.pick("Không được sót trường hợp nào.", "Not one may be left out.").to_owned(),
        (_, left) if left >= 0 => lang.pick(
            format!("Còn được phép {left} trường hợp chưa đạt (tất cả được {allowed})."),
            format!("{left} more may fail ({allowed} in all)."),
        ),
        (_, left) => lang.pick(
            format!("Được phép {allowed} trường hợp chưa đạt, hiện thừa {}.", -left),
            format!("{allowed} may fail; there are {} too many now.", -left),
        ),
    }
}

/// How many more cases a limit still allows.
pub(super) fn budget(limit: i64, now: i64, unit: &str, lang: Lang) -> String {
    let left = limit - now;
    if left < 0 {
        return lang.pick(
            format!("Đã vượt mức {limit} của cả kỳ: thừa {} {unit}.", -left),
            format!("Beyond the {limit} of the whole window by {}.", -left),
        );
    }
    lang.pick(
        format!("Đến hết kỳ còn được phép {left} {unit} (mức cả kỳ: {limit})."),
        format!("{left} more may come until the end (limit of the whole window: {limit})."),
    )
}

pub(super) fn place(place: Place, lang: Lang) -> &'static str {
    match place {
        Place::Usual => lang.pick("trong mức ngẫu nhiên", "within chance"),
        Place::Watch => lang.pick("ngoài mức 95 %: theo dõi", "outside 95 %: keep an eye on it"),
        Place::Ask => lang.pick("ngoài mức 99,8 %: nên hỏi vì sao", "outside 99.8 %: ask why"),
        Place::Few => lang.pick("quá ít để nói", "too few to say"),
    }
}
