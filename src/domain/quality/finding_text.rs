//! A finding as a question to its unit. The question asks and never accuses.

use super::finding::{Finding, FindingState};
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::{Message, MessageArg, message};

impl Finding {
    /// The question to the unit. `element` is the name of the element that it is about.
    #[must_use]
    pub fn question(&self, element: impl Into<MessageArg>) -> Message {
        let figure = |place: usize| self.evidence.get(place).copied().unwrap_or_default();
        let newest = self.evidence.last().copied().unwrap_or_default();
        let question = Message::of_code("question", self.rule.as_str());
        message!(@with question,
            element => element,
            first = figure(0),
            second = figure(1),
            third = figure(2),
            fourth = figure(3),
            newest,
            earlier = earlier_figures_text(self),
            strength = self.strength / 100,
            days => window_message(self.window)
        )
    }
}

impl FindingState {
    /// For a person.
    #[must_use]
    pub fn message(self) -> Message {
        Message::of_code("finding-state", self.as_str())
    }
}

/// The unit's earlier figures: `12, 14, 11`.
fn earlier_figures_text(finding: &Finding) -> String {
    let earlier = finding.evidence.split_last().map_or(&[][..], |(_, earlier)| earlier);
    earlier.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

fn window_message(window: DateWindow) -> Message {
    message!("first-to-last-day", first => window.start, last => window.last_day())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::quality::QualityRule;
    use crate::domain::support::ids::UnitId;
    use crate::i18n::Lang;
    use jiff::civil::date;

    #[test]
    fn every_rule_asks_in_every_language_and_leaves_no_gap() {
        for rule in QualityRule::ALL {
            let finding = Finding {
                rule: *rule,
                unit: UnitId::from_code("com"),
                element: None,
                window: DateWindow { start: date(2024, 9, 2), end: date(2024, 9, 9) },
                evidence: vec![4, 1, 7, 9],
                strength: 300,
                chance_per_billion: 0,
                asked_day: date(2024, 9, 12),
                state: FindingState::Open,
                reply: None,
                shared: false,
            };
            for lang in Lang::all() {
                let text = finding.question(MessageArg::Text("Số vụ".into())).text(lang);
                assert!(!text.is_empty() && !text.contains(['{', '}']), "{rule}: {text}");
            }
        }
    }
}
