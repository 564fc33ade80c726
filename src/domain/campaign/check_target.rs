//! Every rule that one target of a campaign breaks.
//!
//! Knows what a formula asks for and which count could be bent to meet it (`reading`); judges no figure.

use super::check::not_counted;
use super::reading::{baselines, bends, methods, needs_pair, reduced, rewarded};
use super::{BaselineMethod, Campaign, Commitment, Evidence, Pair, TargetLine};
use crate::domain::broken::Broken;
use crate::domain::element::{Element, ElementKind};
use crate::domain::form::Catalogue;
use crate::domain::target::{Baseline, Comparison, Measure, Name, Target, Window as When};
use crate::domain::window::Window;
use jiff::civil::Date;

/// Checks `target`, adding what is wrong to `found`.
pub(super) fn check(campaign: &Campaign, target: &TargetLine, catalogue: &Catalogue, found: &mut Vec<Broken>) {
    let line = Line { campaign, target, catalogue, at: format!("targets.{}", target.code) };
    line.check_words(found);
    line.check_elements(found);
    line.check_names(&target.formula, found);
    line.check_policies(found);
    line.check_overlap(found);
    line.check_pairs(found);
    line.check_rewards(found);
}

struct Line<'a> {
    campaign: &'a Campaign,
    target: &'a TargetLine,
    catalogue: &'a Catalogue,
    at: String,
}

impl Line<'_> {
    fn refuse(&self, code: &'static str, vi: impl Into<String>, en: impl Into<String>) -> Broken {
        Broken::refuses(code, &self.at, vi, en)
    }

    fn check_words(&self, found: &mut Vec<Broken>) {
        if self.target.text_vi.trim().is_empty() || self.target.text_en.trim().is_empty() {
            found.push(self.refuse(
                "TARGET_TEXT",
                "chỉ tiêu chưa có lời văn; hãy điền text_vi và text_en",
                "the target has no words; fill in text_vi and text_en",
            ));
        }
        if self.target.coverage_min.is_some_and(|share| share > 1000) {
            found.push(self.refuse(
                "COVERAGE_RANGE",
                "coverage_min tính theo phần nghìn, từ 0 đến 1000",
                "coverage_min is in thousandths, 0 to 1000",
            ));
        }
    }

    /// Every element named is brought in by a contract and measured as its kind allows.
    fn check_elements(&self, found: &mut Vec<Broken>) {
        for code in self.target.formula.elements() {
            if !self.campaign.counts(&code, self.catalogue) {
                found.push(not_counted(&self.at, code.as_str()));
            }
        }
        for comparison in self.target.formula.comparisons() {
            self.check_kinds(&comparison.measure, found);
        }
    }

    fn check_kinds(&self, measure: &Measure, found: &mut Vec<Broken>) {
        let wants_stock = match measure {
            Measure::Change { of, .. } => return self.check_kinds(of, found),
            Measure::Stock(_) => true,
            Measure::Count(_) => false,
            // A rate may be per a stock (people), a ratio may hold a stock against a stock.
            Measure::Ratio { .. } | Measure::Rate { .. } => return,
        };
        let elements = measure.elements().into_iter().filter_map(|code| self.catalogue.element(code));
        for element in elements.filter(|element| (element.kind == ElementKind::Stock) != wants_stock) {
            let (code, kind) = (&element.code, element.kind);
            found.push(self.refuse(
                "MEASURE_KIND",
                format!("chỉ tiêu {code} thuộc loại {kind}: dùng stock(...@end) cho STOCK và count(...) cho loại khác"),
                format!("element {code} is a {kind}: measure a STOCK by stock(...@end), anything else by count(...)"),
            ));
        }
    }

    /// Phases and duties that the formula names exist.
    fn check_names(&self, formula: &Target, found: &mut Vec<Broken>) {
        match formula {
            Target::Attest(duty) => self.check_duty(duty, found),
            Target::Milestone(name) => found.push(self.no_milestone(name)),
            Target::Compare(comparison) => self.check_when(comparison, found),
            Target::All(_) | Target::Any(_) | Target::Tier { .. } => {
                formula.members().into_iter().for_each(|member| self.check_names(member, found));
            }
        }
    }

    fn check_duty(&self, name: &Name, found: &mut Vec<Broken>) {
        let duty = self.campaign.duty(name.as_str());
        if duty.is_none_or(|duty| duty.evidence != Evidence::Attestation) {
            found.push(self.refuse(
                "UNKNOWN_DUTY",
                format!("không có nhiệm vụ {name} loại ATTESTATION; hãy khai trong duties hoặc sửa tên"),
                format!("there is no duty {name} with evidence ATTESTATION; declare it under duties or mend the name"),
            ));
        }
    }

    fn check_when(&self, comparison: &Comparison, found: &mut Vec<Broken>) {
        match &comparison.window {
            None | Some(When::Legal | When::Dates(..)) => {}
            Some(When::Milestone(name)) => found.push(self.no_milestone(name)),
            Some(When::Phase(no)) => {
                if !self.campaign.phases.iter().any(|phase| u16::from(phase.no) == *no) {
                    found.push(self.refuse(
                        "UNKNOWN_PHASE",
                        format!("không có đợt {no}; hãy khai trong phases hoặc sửa số"),
                        format!("there is no phase {no}; declare it under phases or mend the number"),
                    ));
                }
            }
        }
    }

    fn no_milestone(&self, name: &Name) -> Broken {
        self.refuse(
            "UNKNOWN_MILESTONE",
            format!("phong trào chưa có mốc {name}; hãy dùng attest(...) hoặc ngày cụ thể"),
            format!("the campaign holds no milestone {name}; use attest(...) or dates"),
        )
    }

    /// A binding target says against what, with how much missing and with what small base it is judged.
    fn check_policies(&self, found: &mut Vec<Broken>) {
        let (target, methods) = (self.target, methods(&self.target.formula));
        if let Some(said) =
            target.baseline.filter(|said| methods.iter().any(|method| method != said) || methods.is_empty())
        {
            let wrote = methods.first().map_or("-", |method| method.as_str());
            found.push(self.refuse(
                "BASELINE_DISAGREES",
                format!("baseline ghi {said}, công thức dùng {wrote}; hãy sửa cho khớp"),
                format!("baseline says {said}, the formula uses {wrote}; make them agree"),
            ));
        }
        if target.commitment != Commitment::Binding {
            return;
        }
        let judged = !target.formula.comparisons().is_empty();
        let lacks = [
            ("baseline", !methods.is_empty() && target.baseline.is_none()),
            ("zero_base", judged && target.zero_base.is_none()),
            ("min_base", judged && target.min_base.is_none()),
            ("coverage_min", target.coverage_min.is_none()),
        ];
        for (key, _) in lacks.iter().filter(|(_, lacks)| *lacks) {
            found.push(self.refuse(
                "NO_POLICY",
                format!("chỉ tiêu BINDING cần {key}; hãy điền, hoặc dùng STRIVE"),
                format!("a BINDING target needs {key}; fill it in, or say STRIVE"),
            ));
        }
    }

    /// A base that shares days with what is measured compares a thing with itself.
    fn check_overlap(&self, found: &mut Vec<Broken>) {
        if self.target.overlap_waiver.as_deref().is_some_and(|reason| !reason.trim().is_empty()) {
            return;
        }
        for baseline in baselines(&self.target.formula) {
            let Some(window) = year_of(baseline) else { continue };
            let days = window.common_days(&self.campaign.measurement_window);
            if days > 0 {
                found.push(self.refuse(
                    "BASE_OVERLAPS",
                    format!(
                        "kỳ gốc {window} trùng {days} ngày với kỳ đo; hãy đổi kỳ gốc hoặc nêu lý do ở overlap_waiver"
                    ),
                    format!(
                        "base {window} shares {days} days with the measured ones; change it or give overlap_waiver"
                    ),
                ));
            }
        }
    }

    /// What is easily met by not counting stands beside something that shows it.
    fn check_pairs(&self, found: &mut Vec<Broken>) {
        let target = self.target;
        for pair in &target.pairs {
            found.extend(self.check_pair(pair));
        }
        if !needs_pair(&target.formula) {
            return;
        }
        if !is_vietnamese(&target.gaming_note) {
            found.push(self.refuse(
                "NO_GAMING_NOTE",
                "chưa ghi bằng tiếng Việt cách đạt mà không làm (gaming_note); hãy viết một câu",
                "how the target could be met without the work is not said in Vietnamese (gaming_note); write a sentence",
            ));
        }
        let own = reduced(&target.formula);
        let beside = target.pairs.iter().any(|pair| match pair {
            Pair::Target(_) => true,
            Pair::Count(code) => !own.contains(code),
        });
        if !beside {
            found.push(self.refuse(
                "NO_PAIR",
                "chỉ tiêu giảm hoặc tỷ lệ cần một số liệu đi kèm ngoài chính nó (pairs)",
                "a reduction or a ratio needs something beside itself that is printed with it (pairs)",
            ));
        }
        let counted = target.pairs.iter().any(|pair| matches!(pair, Pair::Count(_)));
        let bent = bends(&target.formula, self.catalogue);
        if let Some(code) = bent.filter(|_| !counted) {
            found.push(self.refuse(
                "NO_PAIRED_COUNT",
                format!("đơn vị tự quyết định {code} ở mẫu số; hãy thêm một số đếm vào pairs"),
                format!("the unit itself decides on {code} below the line; add a count to pairs"),
            ));
        }
    }

    fn check_pair(&self, pair: &Pair) -> Option<Broken> {
        match pair {
            Pair::Count(code) if !self.campaign.counts(code, self.catalogue) => {
                Some(not_counted(&self.at, code.as_str()))
            }
            Pair::Target(code) if *code == self.target.code || self.campaign.target(code).is_none() => {
                Some(self.refuse(
                    "UNKNOWN_PAIR",
                    format!("không có chỉ tiêu {code} khác để đi kèm; hãy sửa pairs"),
                    format!("there is no other target {code} to stand beside; mend pairs"),
                ))
            }
            Pair::Count(_) | Pair::Target(_) => None,
        }
    }

    /// No target asks for more force upon persons; one that asks for more activity is warned about.
    fn check_rewards(&self, found: &mut Vec<Broken>) {
        for element in rewarded(&self.target.formula).iter().filter_map(|code| self.catalogue.element(code)) {
            if element.coercive {
                found.push(self.coercive(element));
            } else if element.activity {
                let code = &element.code;
                found.push(Broken::warns(
                    "ACTIVITY_AS_TARGET",
                    &self.at,
                    format!("{code} đếm việc đã làm: nhiều hơn chưa chắc tốt hơn; nên đặt chỉ tiêu theo kết quả"),
                    format!("{code} counts work done: more is not better by itself; prefer a target on results"),
                ));
            }
        }
    }

    fn coercive(&self, element: &Element) -> Broken {
        let code = &element.code;
        if let Some(authority) = self.target.coercive_override.as_deref().filter(|text| !text.trim().is_empty()) {
            return Broken::warns(
                "COERCIVE_OVERRIDDEN",
                &self.at,
                format!("đòi nhiều {code} hơn là buộc phải xử lý người; được cho phép bởi: {authority}"),
                format!("asks for more {code}, which are acts of force upon persons; allowed by: {authority}"),
            );
        }
        self.refuse(
            "COERCIVE_MORE",
            format!("không được đặt chỉ tiêu đòi nhiều {code} hơn (bắt, phạt, dừng người); hãy bỏ chỉ tiêu này"),
            format!("no target may ask for more {code} (arrests, fines, stops); take it out"),
        )
    }
}

/// The fixed days of a statistical or calendar year.
fn year_of(baseline: Baseline) -> Option<Window> {
    let day = |year: u16, month, day| Date::new(i16::try_from(year).ok()?, month, day).ok();
    match baseline {
        Baseline::StatYear(year) => Window::new(day(year.checked_sub(1)?, 12, 15)?, day(year, 12, 15)?),
        Baseline::CalendarYear(year) => Window::new(day(year, 1, 1)?, day(year.checked_add(1)?, 1, 1)?),
        Baseline::SameWindowPriorYear | Baseline::Fixed(_) | Baseline::MeanPrior(_) => None,
    }
}

impl From<Baseline> for BaselineMethod {
    fn from(baseline: Baseline) -> Self {
        match baseline {
            Baseline::SameWindowPriorYear => Self::SameWindowPriorYear,
            Baseline::StatYear(_) => Self::StatYear,
            Baseline::CalendarYear(_) => Self::CalendarYear,
            Baseline::Fixed(_) => Self::Fixed,
            Baseline::MeanPrior(_) => Self::MeanPrior,
        }
    }
}

/// Whether a text has a word's length and a letter that only Vietnamese writes.
fn is_vietnamese(text: &str) -> bool {
    let own = |c: char| "ăâđêôơưàáãèéìíòóõùúýĩũ".contains(c) || ('\u{1ea0}'..='\u{1ef9}').contains(&c);
    text.trim().chars().count() >= 10 && text.to_lowercase().chars().any(own)
}
