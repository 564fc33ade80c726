//! Text of a finding as a question, in Vietnamese and English. The text asks and never accuses.

use super::finding::{Finding, FindingState, QualityRule};
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::lang::Lang;
use jiff::civil::Date;

/// Question of each rule. `{0}` to `{3}` are the evidence, `{n}` the newest figure, `{own}` the
/// earlier ones, `{x}` the rule's statistic.
const QUESTION_TEXTS: [(QualityRule, &str, &str); 16] = [
    (
        QualityRule::Completeness,
        "{1} trong {0} kỳ gần nhất chưa có báo cáo. Đơn vị cần hỗ trợ gì để gửi?",
        "{1} of the last {0} periods have no report. What would help the unit to send them?",
    ),
    (
        QualityRule::Identity,
        "{e}: cộng dồn {n}, lớn hơn tổng số {0}. Số nào đúng?",
        "{e}: {n} in all, more than the {0} it is a part of. Which one is right?",
    ),
    (
        QualityRule::Outlier,
        "{e}, {d}: báo {n}, khác hẳn các kỳ trước của chính đơn vị ({own}). Số này có đúng không?",
        "{e}, {d}: {n} reported, far from the unit's own earlier periods ({own}). Is it right?",
    ),
    (
        QualityRule::Change,
        "{e}, {d}: từ {0} thành {n}, quá mức dao động thường thấy. Có thay đổi gì trong cách đếm không?",
        "{e}, {d}: from {0} to {n}, beyond usual variation. Has the way of counting changed?",
    ),
    (
        QualityRule::Smooth,
        "{e}: các kỳ gần nhất đều đặn hơn mức tự nhiên. Số liệu được lấy từ đâu?",
        "{e}: the last periods are more even than chance makes them. Where do the figures come from?",
    ),
    (
        QualityRule::Wild,
        "{e}: các kỳ gần nhất dồn vào ít kỳ. Có báo cáo gộp nhiều kỳ không?",
        "{e}: the last periods come in bursts. Are several periods reported in one?",
    ),
    (
        QualityRule::Digits,
        "{e}: chữ số cuối lặp lại nhiều hơn tự nhiên. Số liệu là số đếm hay số ước?",
        "{e}: some last digits come too often. Are these counts or estimates?",
    ),
    (
        QualityRule::Bunching,
        "{e}: {0} đơn vị vừa đủ mức, {1} đơn vị vừa thiếu. Cách đếm ở sát mức có thống nhất không?",
        "{e}: {0} units just keep the limit, {1} just miss it. Do all count alike there?",
    ),
    (
        QualityRule::Revisions,
        "Sau hạn có {0} lần sửa giảm và {1} lần sửa tăng. Vì sao phải sửa?",
        "After the deadline {0} figures went down and {1} up. What were the reasons?",
    ),
    (
        QualityRule::Zeros,
        "{e}, {d}: không có vụ nào, cùng kỳ năm trước có {0}. Có vụ việc nào chưa được ghi nhận không?",
        "{e}, {d}: none at all, {0} in the year before. Is there anything not yet recorded?",
    ),
    (
        QualityRule::Drift,
        "{e}, {d}: từ {0} xuống {1} trong khi số đọc cùng từ {2} lên {3}. Cách phân loại có đổi không?",
        "{e}, {d}: from {0} down to {1} while the count beside it rose from {2} to {3}. Has the classification changed?",
    ),
    (
        QualityRule::RatioDrift,
        "{e}, {d}: {2} trên {3}, kỳ trước {0} trên {1}. Vì sao tỷ lệ thay đổi?",
        "{e}, {d}: {2} to {3}, before that {0} to {1}. Why did the ratio move?",
    ),
    (
        QualityRule::Copied,
        "{x} kỳ liền có số liệu giống hệt nhau. Biểu có bị chép lại từ kỳ trước không?",
        "{x} periods in a row hold the very same figures. Was the sheet copied forward?",
    ),
    (
        QualityRule::LastMinute,
        "{0} trong {1} báo cáo gửi vào giờ cuối; nhiều nhất {2} đơn vị dùng chung một máy. Đơn vị cần hỗ trợ gì?",
        "{0} of {1} reports came in the last hour; up to {2} units share one device. What would help?",
    ),
    (
        QualityRule::Clock,
        "Đồng hồ của máy nhanh {n} phút so với máy chủ. Xin chỉnh lại giờ của máy.",
        "The device's clock runs {n} minutes fast. Please set it.",
    ),
    (
        QualityRule::Break,
        "{e}, {d}: từ {0} thành {n} khi tổ chức thay đổi. Số của đơn vị cũ đã được tính tiếp chưa?",
        "{e}, {d}: from {0} to {n} as the organisation changed. Are the figures of the former unit carried on?",
    ),
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
            Self::Open => lang.pick("chờ đơn vị trả lời", "waiting for the unit's reply"),
            Self::Explained => lang.pick("đơn vị đã giải thích", "explained by the unit"),
            Self::Corrected => lang.pick("đơn vị đã sửa số liệu", "corrected by the unit"),
            Self::AcceptedRisk => {
                lang.pick("đơn vị giữ nguyên, có lý do", "left as it is, with a reason")
            }
            Self::Escalated => {
                lang.pick("cấp trên cùng xem lại", "looked into together with the superior")
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
    lang.pick(
        format!("{} đến {}", day(window.start), day(window.last_day())),
        format!("{} to {}", window.start, window.last_day()),
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
