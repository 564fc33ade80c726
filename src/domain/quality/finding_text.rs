//! A finding as a question to its unit. The question asks and never accuses.

use super::finding::{Finding, FindingState};
use crate::domain::report::figure_text::format_shortest;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::{Message, MessageArg, message};

impl Finding {
    /// The question to the unit. `element` is the name of the element that it is about, `scale` its
    /// decimals.
    #[must_use]
    pub fn question(&self, element: impl Into<MessageArg>, scale: u8) -> Message {
        let last = self.evidence.len().saturating_sub(1);
        let text = |place: usize| {
            let value = self.evidence.get(place).copied().unwrap_or_default();
            let scale = if self.rule.is_figure(place) { scale } else { 0 };
            format_shortest(value, scale)
        };
        let earlier: Vec<String> = (0..last).map(text).collect();
        let question = Message::of_code("question", self.rule.as_str());
        message!(@with question,
            element => element,
            first = text(0),
            second = text(1),
            third = text(2),
            fourth = text(3),
            newest = text(last),
            earlier = earlier.join(", "),
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

    fn finding(rule: QualityRule, evidence: Vec<i64>) -> Finding {
        Finding {
            rule,
            unit: UnitId::from_code("com"),
            element: None,
            window: DateWindow { start: date(2024, 9, 2), end: date(2024, 9, 9) },
            evidence,
            strength: 300,
            chance_per_billion: 0,
            asked_day: date(2024, 9, 12),
            state: FindingState::Open,
            reply: None,
            shared: false,
        }
    }

    #[test]
    fn figures_have_the_decimals_of_their_element_and_counts_have_none() {
        let ask = |rule, evidence| {
            finding(rule, evidence).question(MessageArg::Text("Giờ".into()), 1).text(Lang::EN)
        };
        let outlier = ask(QualityRule::Outlier, vec![20, 15, 45]);
        assert!(outlier.contains("4.5 reported") && outlier.contains("(2, 1.5)"), "{outlier}");
        let carried = ask(QualityRule::Carried, vec![6, 45]);
        assert!(carried.contains("4.5 was confirmed 6 times"), "{carried}");
        let missing = ask(QualityRule::Completeness, vec![10, 2]);
        assert!(missing.starts_with("2 of the last 10"), "{missing}");
    }

    #[test]
    fn every_rule_asks_in_every_language_and_leaves_no_gap() {
        for rule in QualityRule::ALL {
            let finding = finding(*rule, vec![4, 1, 7, 9]);
            for lang in Lang::all() {
                let text = finding.question(MessageArg::Text("Số vụ".into()), 1).text(lang);
                assert!(!text.is_empty() && !text.contains(['{', '}']), "{rule}: {text}");
            }
        }
    }
}
