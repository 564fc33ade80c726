//! Text of a finding as a question, in Vietnamese and English. The text asks and never accuses.

use super::finding::{Finding, FindingState, QualityRule};
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::message;
use crate::i18n::Lang;
use jiff::civil::Date;

/// Question of each rule. `{0}` to `{3}` are the evidence, `{n}` the newest figure, `{own}` the
/// earlier ones, `{x}` the rule's statistic.
const QUESTION_TEXTS: [(QualityRule, &str, &str); 16] = [
    (QualityRule::Completeness, message!("finding-text-1-last-0-periods")),
    (QualityRule::Identity, message!("finding-text-e-n-all-more")),
    (QualityRule::Outlier, message!("finding-text-e-d-n-reported")),
    (QualityRule::Change, message!("finding-text-e-d-from-0")),
    (QualityRule::Smooth, message!("finding-text-e-last-periods-more")),
    (QualityRule::Wild, message!("finding-text-e-last-periods-come")),
    (QualityRule::Digits, message!("finding-text-e-some-last-digits")),
    (QualityRule::Bunching, message!("finding-text-e-0-units-just")),
    (QualityRule::Revisions, message!("finding-text-after-deadline-0-figures")),
    (QualityRule::Zeros, message!("finding-text-e-d-none-all")),
    (QualityRule::Drift, message!("finding-text-e-d-from-0-3")),
    (QualityRule::RatioDrift, message!("finding-text-e-d-2-3")),
    (QualityRule::Copied, message!("finding-text-x-periods-row-hold")),
    (QualityRule::LastMinute, message!("finding-text-0-1-reports-came")),
    (QualityRule::Clock, message!("finding-text-device-clock-runs-n")),
    (QualityRule::Break, message!("finding-text-e-d-from-0-2")),
];

impl Finding {
    /// The question; `element` is the name of its element, empty if there is none.
    #[must_use]
    pub fn question_text(&self, element: &str, lang: Lang) -> String {
        let found = QUESTION_TEXTS.iter().find(|(rule, _, _)| *rule == self.rule);
        let mut text = found.map_or_else(String::new, |(_, vi, en)| lang.pick(*vi, *en).to_owned());
        for (place, figure) in self.evidence.iter().enumerate().take(4) {
            text = text.replace(&format!("{{{place}}}"), &figure.to_string());
        }
        let newest = self.evidence.last().copied().unwrap_or_default();
        text.replace("{n}", &newest.to_string())
            .replace("{own}", &earlier_figures_text(self))
            .replace("{x}", &(self.strength / 100).to_string())
            .replace("{d}", &window_text(self.window, lang))
            .replace("{e}", element)
    }
}

impl FindingState {
    /// For a person.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Open => message!("finding-text-waiting-unit-reply"),
            Self::Explained => message!("finding-text-explained-unit"),
            Self::Corrected => message!("finding-text-corrected-unit"),
            Self::AcceptedRisk => {
                message!("finding-text-left-as-reason")
            }
            Self::Escalated => {
                message!("finding-text-looked-into-together-superior")
            }
        }
    }
}

/// The unit's earlier figures: `12, 14, 11`.
fn earlier_figures_text(finding: &Finding) -> String {
    let earlier = finding.evidence.split_last().map_or(&[][..], |(_, earlier)| earlier);
    earlier.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}

fn window_text(window: DateWindow, lang: Lang) -> String {
    let day = |day: Date| format!("{:02}/{:02}/{}", day.day(), day.month(), day.year());
    message!(
        "finding-text-to",
        start = day(window.start),
        last_day = day(window.last_day()),
        start_2 = window.start,
        last_day_2 = window.last_day()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::support::ids::UnitId;
    use jiff::civil::date;

    #[test]
    fn every_rule_asks_in_both_languages_and_leaves_no_gap() {
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
            for lang in Lang::ALL {
                let text = finding.question_text("Số vụ", *lang);
                assert!(!text.is_empty() && !text.contains(['{', '}']), "{rule}: {text}");
            }
        }
    }
}
