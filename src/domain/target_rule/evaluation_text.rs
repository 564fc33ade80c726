//! Text of an evaluation for a person, in Vietnamese or English: the figures first, then the
//! reasons.

use super::evaluation::{CaseCounts, EvaluatedPace, Evaluation};
use super::verdict::StandingStage;
use crate::domain::support::lang::Lang;
use crate::domain::support::ratio::Ratio;

impl Evaluation {
    /// The result and its reasons, as one sentence.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let mut parts = vec![self.headline(lang)];
        parts.extend(self.figure_texts(lang));
        parts.extend(self.pace.and_then(|pace| pace_text(pace, lang)));
        parts.extend(self.reasons.iter().map(|reason| reason.text(lang).to_owned()));
        parts.extend(self.counts.and_then(|counts| variation_text(counts, lang)));
        if self.stage == StandingStage::Running && self.verdict.is_none() {
            parts.push(
                lang.pick(
                    "chưa hết kỳ nên chưa kết luận đạt",
                    "nothing is called met before the end",
                )
                .to_owned(),
            );
        }
        format!("{}.", parts.join("; "))
    }

    fn headline(&self, lang: Lang) -> String {
        let word = match (self.verdict, self.pace_state()) {
            (Some(verdict), _) => verdict.text(lang),
            (None, Some(state)) => state.text(lang),
            (None, None) => lang.pick("Chưa rõ tiến độ", "Pace not known"),
        };
        let tier = self.tier.map(|tier| format!(" ({})", tier.text(lang))).unwrap_or_default();
        if self.members.is_empty() {
            return format!("{word}{tier}");
        }
        let of: Vec<&str> = self
            .members
            .iter()
            .map(|member| match (member.verdict, member.pace_state()) {
                (Some(verdict), _) => verdict.text(lang),
                (None, Some(state)) => state.text(lang),
                (None, None) => lang.pick("Chưa rõ", "Not known"),
            })
            .collect();
        format!("{word}{tier}: {}", of.join(", "))
    }

    fn figure_texts(&self, lang: Lang) -> Vec<String> {
        let mut parts = Vec::new();
        let counts = self.counts.and_then(|counts| Some((counts.before?, counts.now)));
        match (counts, &self.display) {
            (Some((before, now)), Some(display)) if self.value.is_some() => {
                parts.push(format!("{} → {} ({display})", format_short(before), format_short(now)));
            }
            (_, Some(display)) => parts.push(display.clone()),
            (Some((before, now)), None) => {
                parts.push(format!("{} → {}", format_short(before), format_short(now)))
            }
            (None, None) => {}
        }
        if let Some(limit) = self.limit {
            parts.push(lang.pick(
                format!("mức cuối cùng còn đạt: {limit}"),
                format!("last number that meets: {limit}"),
            ));
        }
        if let Some(failures) = self.failures {
            let (allowed, remaining) = (failures.allowed, failures.remaining);
            parts.push(if remaining < 0 {
                let over = remaining.unsigned_abs();
                lang.pick(
                    format!("được phép không đạt {allowed} vụ, đã vượt {over}"),
                    format!("{allowed} failures are allowed, {over} too many"),
                )
            } else {
                lang.pick(
                    format!("được phép không đạt {allowed} vụ, còn lại {remaining}"),
                    format!("{allowed} failures are allowed, {remaining} still left"),
                )
            });
        }
        if let Some((lo, hi)) = self.interval {
            let (lo, hi) = (format_short(lo), format_short(hi));
            parts.push(lang.pick(
                format!("kể cả báo cáo còn thiếu: từ {lo} đến {hi}"),
                format!("with the missing reports: {lo} to {hi}"),
            ));
        }
        parts
    }
}

fn pace_text(pace: EvaluatedPace, lang: Lang) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(allowed) = pace.allowed_to_date {
        let allowed = format_short(allowed);
        parts.push(lang.pick(format!("mức đến nay: {allowed}"), format!("by now: {allowed}")));
    }
    if let Some(change) =
        pace.rest_change.and_then(|change| change.checked_mul(Ratio::from_integer(100)))
    {
        let change = change.format_shortest(1)?;
        parts.push(lang.pick(
            format!("phần còn lại so với năm trước cần: {change} %"),
            format!("needed on the rest against last year: {change} %"),
        ));
    }
    if let Some(forecast) = pace.forecast.and_then(|forecast| forecast.format_rounded(0)) {
        parts.push(lang.pick(
            format!("dự báo cuối kỳ: {forecast}"),
            format!("forecast for the end: {forecast}"),
        ));
    }
    if let Some(hundredths) = pace.percent_to_meet {
        parts.push(lang.pick(
            format!("khả năng đạt khoảng {hundredths} %"),
            format!("chance of meeting it about {hundredths} %"),
        ));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn variation_text(counts: CaseCounts, lang: Lang) -> Option<String> {
    let z = counts.z_hundredths.map(|z| {
        let (sign, z) = (if z < 0 { "-" } else { "" }, z.unsigned_abs());
        format!("{sign}{}.{:02}", z / 100, z % 100)
    });
    match (counts.usual, z) {
        (Some(true), Some(z)) => Some(lang.pick(
            format!("z = {z}: trong dao động thông thường, không phân biệt được với ngẫu nhiên"),
            format!("z = {z}: within usual variation, not distinguishable from chance"),
        )),
        (Some(false), Some(z)) => Some(lang.pick(
            format!("z = {z}: vượt dao động thông thường"),
            format!("z = {z}: beyond usual variation"),
        )),
        (_, _) if counts.unstable => {
            Some(lang.pick("số nhỏ, không ổn định", "small numbers, unstable").to_owned())
        }
        (_, _) => None,
    }
}

fn format_short(value: Ratio) -> String {
    value.format_shortest(2).unwrap_or_else(|| value.to_string())
}
