//! What a state is called on a screen.
//!
//! Knows no page; the codes of [`JudgementState`] are for files and programmes.

use super::JudgementState;
use crate::domain::lang::Lang;

impl JudgementState {
    /// Its name for a reader.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::OnPace => lang.pick("Đúng tiến độ", "On pace"),
            Self::Behind => lang.pick("Chậm tiến độ", "Behind"),
            Self::AlreadyMissed => lang.pick("Đã chắc chắn không đạt", "Already missed"),
            Self::Met => lang.pick("Đạt", "Met"),
            Self::Missed => lang.pick("Không đạt", "Missed"),
            Self::Undetermined => lang.pick("Chưa kết luận được", "Cannot be said yet"),
            Self::NotApplicable => lang.pick("Không áp dụng", "Not applicable"),
            Self::NotComparable => lang.pick("Không so sánh được", "Not comparable"),
            Self::NoData => lang.pick("Chưa có số liệu", "No figures"),
            Self::NotCountedHere => lang.pick("Không đếm ở cấp này", "Not counted at this level"),
        }
    }
}
