//! The message of an evaluation for a person: the figures first, then the reasons.

use super::evaluation::{CaseCounts, EvaluatedPace, Evaluation};
use super::verdict::StandingStage;
use crate::domain::support::message::{Message, MessageArg, message};
use crate::domain::support::ratio::Ratio;

impl Evaluation {
    /// The result and its reasons, as one sentence.
    #[must_use]
    pub fn message(&self) -> Message {
        let mut parts = vec![self.headline()];
        parts.extend(self.figure_messages());
        parts.extend(self.pace.and_then(pace_message));
        parts.extend(self.reasons.iter().map(|reason| reason.message()));
        parts.extend(self.counts.and_then(variation_message));
        if self.stage == StandingStage::Running && self.verdict.is_none() {
            parts.push(message!("evaluation-nothing-met-before-end"));
        }
        message!("evaluation", parts => MessageArg::List("list-semicolon", parts))
    }

    fn headline(&self) -> Message {
        let word = match (self.verdict, self.pace_state()) {
            (Some(verdict), _) => verdict.message(),
            (None, Some(state)) => state.message(),
            (None, None) => message!("evaluation-pace-not-known"),
        };
        let head = match self.tier {
            Some(tier) => message!("evaluation-with-tier", word => word, tier => tier.message()),
            None => word,
        };
        if self.members.is_empty() {
            return head;
        }
        let member = |member: &Self| match (member.verdict, member.pace_state()) {
            (Some(verdict), _) => verdict.message(),
            (None, Some(state)) => state.message(),
            (None, None) => message!("evaluation-not-known"),
        };
        let members = self.members.iter().map(member).collect();
        message!(
            "evaluation-with-members",
            head => head,
            members => MessageArg::List("list-comma", members)
        )
    }

    fn figure_messages(&self) -> Vec<Message> {
        let mut parts = Vec::new();
        let counts = self.counts.and_then(|counts| Some((counts.before?, counts.now)));
        match (counts, &self.display) {
            (Some((before, now)), Some(display)) if self.value.is_some() => {
                let (before, now) = (format_short(before), format_short(now));
                parts.push(Message::verbatim(format!("{before} → {now} ({display})")));
            }
            (_, Some(display)) => parts.push(Message::verbatim(display)),
            (Some((before, now)), None) => {
                let (before, now) = (format_short(before), format_short(now));
                parts.push(Message::verbatim(format!("{before} → {now}")));
            }
            (None, None) => {}
        }
        if let Some(limit) = self.limit {
            parts.push(message!("evaluation-last-number-meets", limit));
        }
        if let Some(failures) = self.failures {
            let (allowed, remaining) = (failures.allowed, failures.remaining);
            parts.push(if remaining < 0 {
                let over = remaining.unsigned_abs();
                message!("evaluation-failures-allowed-too-many", allowed, over)
            } else {
                message!("evaluation-failures-allowed-still-left", allowed, remaining)
            });
        }
        if let Some((lo, hi)) = self.interval {
            let (lo, hi) = (format_short(lo), format_short(hi));
            parts.push(message!("evaluation-missing-reports", lo, hi));
        }
        parts
    }
}

fn pace_message(pace: EvaluatedPace) -> Option<Message> {
    let mut parts = Vec::new();
    if let Some(allowed) = pace.allowed_to_date {
        let allowed = format_short(allowed);
        parts.push(message!("evaluation-now", allowed));
    }
    if let Some(change) =
        pace.rest_change.and_then(|change| change.checked_mul(Ratio::from_integer(100)))
    {
        let change = change.format_shortest(1)?;
        parts.push(message!("evaluation-needed-rest-against-last", change));
    }
    if let Some(forecast) = pace.forecast.and_then(|forecast| forecast.format_rounded(0)) {
        parts.push(message!("evaluation-forecast-end", forecast));
    }
    if let Some(hundredths) = pace.percent_to_meet {
        parts.push(message!("evaluation-chance-meeting-about", hundredths));
    }
    (!parts.is_empty()).then(|| Message::list("list-comma", parts))
}

fn variation_message(counts: CaseCounts) -> Option<Message> {
    let z = counts.z_hundredths.map(|z| {
        let (sign, z) = (if z < 0 { "-" } else { "" }, z.unsigned_abs());
        format!("{sign}{}.{:02}", z / 100, z % 100)
    });
    match (counts.usual, z) {
        (Some(true), Some(z)) => Some(message!("evaluation-z-within-usual-variation", z)),
        (Some(false), Some(z)) => Some(message!("evaluation-z-beyond-usual-variation", z)),
        (_, _) if counts.unstable => Some(message!("evaluation-small-numbers-unstable")),
        (_, _) => None,
    }
}

fn format_short(value: Ratio) -> String {
    value.format_shortest(2).unwrap_or_else(|| value.to_string())
}
