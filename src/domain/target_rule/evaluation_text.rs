//! Text of an evaluation for a person, in Vietnamese or English: the figures first, then the
//! reasons.

use super::evaluation::{CaseCounts, EvaluatedPace, Evaluation};
use super::verdict::StandingStage;
use crate::domain::support::message::message;
use crate::domain::support::ratio::Ratio;
use crate::i18n::Lang;

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
            parts.push(message!("evaluation-text-nothing-called-met-before").to_owned());
        }
        format!("{}.", parts.join("; "))
    }

    fn headline(&self, lang: Lang) -> String {
        let word = match (self.verdict, self.pace_state()) {
            (Some(verdict), _) => verdict.text(lang),
            (None, Some(state)) => state.text(lang),
            (None, None) => message!("evaluation-text-pace-not-known"),
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
                (None, None) => message!("evaluation-text-not-known"),
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
            parts.push(message!("evaluation-text-last-number-meets", limit));
        }
        if let Some(failures) = self.failures {
            let (allowed, remaining) = (failures.allowed, failures.remaining);
            parts.push(if remaining < 0 {
                let over = remaining.unsigned_abs();
                message!("evaluation-text-failures-allowed-too-many", allowed, over)
            } else {
                message!("evaluation-text-failures-allowed-still-left", allowed, remaining)
            });
        }
        if let Some((lo, hi)) = self.interval {
            let (lo, hi) = (format_short(lo), format_short(hi));
            parts.push(message!("evaluation-text-missing-reports", lo, hi));
        }
        parts
    }
}

fn pace_text(pace: EvaluatedPace, lang: Lang) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(allowed) = pace.allowed_to_date {
        let allowed = format_short(allowed);
        parts.push(message!("evaluation-text-now", allowed));
    }
    if let Some(change) =
        pace.rest_change.and_then(|change| change.checked_mul(Ratio::from_integer(100)))
    {
        let change = change.format_shortest(1)?;
        parts.push(message!("evaluation-text-needed-rest-against-last", change));
    }
    if let Some(forecast) = pace.forecast.and_then(|forecast| forecast.format_rounded(0)) {
        parts.push(message!("evaluation-text-forecast-end", forecast));
    }
    if let Some(hundredths) = pace.percent_to_meet {
        parts.push(message!("evaluation-text-chance-meeting-about", hundredths));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn variation_text(counts: CaseCounts, lang: Lang) -> Option<String> {
    let z = counts.z_hundredths.map(|z| {
        let (sign, z) = (if z < 0 { "-" } else { "" }, z.unsigned_abs());
        format!("{sign}{}.{:02}", z / 100, z % 100)
    });
    match (counts.usual, z) {
        (Some(true), Some(z)) => Some(message!("evaluation-text-z-within-usual-variation", z)),
        (Some(false), Some(z)) => Some(message!("evaluation-text-z-beyond-usual-variation", z)),
        (_, _) if counts.unstable => {
            Some(message!("evaluation-text-small-numbers-unstable").to_owned())
        }
        (_, _) => None,
    }
}

fn format_short(value: Ratio) -> String {
    value.format_shortest(2).unwrap_or_else(|| value.to_string())
}
