//! Every rule that one target of a campaign breaks.
//!
//! Knows what a formula asks for and which count could be bent to meet it; judges no figure.

use super::{Campaign, Commitment, TargetLine};
use crate::domain::broken::Broken;
use crate::domain::form::Catalogue;

/// Checks `target`, adding what is wrong to `found`.
pub(super) fn check(_campaign: &Campaign, target: &TargetLine, _catalogue: &Catalogue, found: &mut Vec<Broken>) {
    let at = format!("targets.{}", target.code);
    if target.text_vi.trim().is_empty() || target.text_en.trim().is_empty() {
        found.push(Broken::refuses(
            "TARGET_TEXT",
            &at,
            "chỉ tiêu chưa có lời văn; hãy điền text_vi và text_en",
            "the target has no words; fill in text_vi and text_en",
        ));
    }
    if target.coverage_min.is_some_and(|share| share > 1000) {
        found.push(Broken::refuses(
            "COVERAGE_RANGE",
            &at,
            "coverage_min tính theo phần nghìn, từ 0 đến 1000",
            "coverage_min is in thousandths, 0 to 1000",
        ));
    }
    if target.commitment == Commitment::Binding && target.coverage_min.is_none() {
        found.push(Broken::refuses(
            "NO_COVERAGE_POLICY",
            &at,
            "chỉ tiêu bắt buộc cần coverage_min: thiếu bao nhiêu báo cáo thì không kết luận",
            "a binding target needs coverage_min: how many reports may be missing before nothing is said",
        ));
    }
}
