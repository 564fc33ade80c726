//! Verdicts, pace states, stages and reasons of a target, with their stable codes and texts. The
//! rules are in `evaluate`.

use crate::domain::support::lang::Lang;
use crate::domain::support::string_enum::string_enum;

string_enum! {
    /// Verdict on a target once its window is over.
    TargetVerdict {
        /// Đạt.
        Met = "MET",
        /// Không đạt.
        Missed = "MISSED",
        /// The available figures allow either result.
        Undetermined = "UNDETERMINED",
        /// The target is not defined on these figures, for example a share of zero cases.
        NotApplicable = "NOT_APPLICABLE",
        /// The current and the past figures do not measure the same thing.
        NotComparable = "NOT_COMPARABLE",
        /// There are no figures.
        NoData = "NO_DATA",
    }
}

string_enum! {
    /// Stage of the window and of its figures.
    StandingStage {
        /// The window is not over; no target can be met yet.
        Running = "running",
        /// The window is over, its figures are preliminary.
        Closed = "closed",
        /// The window is over, its figures are final: a target is met only on complete figures.
        Final = "final",
    }
}

string_enum! {
    /// State of a target while its window runs.
    PaceState {
        /// At or ahead of the threshold to date.
        OnPace = "ON_PACE",
        /// Short of the threshold to date; the target can still be met.
        Behind = "BEHIND",
        /// The target can no longer be met.
        AlreadyMissed = "ALREADY_MISSED",
    }
}

string_enum! {
    /// Which part of a `tier` is met.
    Tier {
        /// Only the floor.
        Floor = "floor",
        /// The stretch too.
        Stretch = "stretch",
    }
}

string_enum! {
    /// Whether the current and the past figures measure the same thing.
    Comparability {
        /// Same unit, same definition.
        Exact = "EXACT",
        /// Joined by a stated bridge.
        Bridged = "BRIDGED",
        /// Different; no verdict is allowed.
        Broken = "BROKEN",
    }
}

string_enum! {
    /// Reason of a verdict, beyond the figures themselves.
    VerdictReason {
        /// Reports are missing, and their content may decide.
        MissingReports = "MISSING_REPORTS",
        /// Reports are missing; the verdict rests on their expected content.
        Provisional = "PROVISIONAL",
        /// Reports are missing, and an authorised person has signed that this is accepted.
        Waived = "WAIVED",
        /// Too few of the expected reports are accepted.
        LowCoverage = "LOW_COVERAGE",
        /// The baseline is zero: no percentage exists.
        ZeroBase = "ZERO_BASE",
        /// The baseline is too small for a percentage.
        SmallBase = "SMALL_BASE",
        /// The baseline is below zero: no percentage exists.
        NegativeBase = "NEGATIVE_BASE",
        /// The denominator is zero.
        ZeroDenominator = "ZERO_DENOMINATOR",
        /// The current and the past figures do not measure the same thing.
        BrokenComparability = "BROKEN_COMPARABILITY",
        /// The current and the past figures are joined by a bridge.
        Bridged = "BRIDGED",
        /// There is no current figure.
        NoFigures = "NO_FIGURES",
        /// There is no figure of the past.
        NoBaseline = "NO_BASELINE",
        /// There is no figure of the past up to the same day.
        NoBaselineToDate = "NO_BASELINE_TO_DATE",
        /// There is no attestation.
        NotAttested = "NOT_ATTESTED",
        /// The change of a change needs figures that are not stored.
        NestedChange = "NESTED_CHANGE",
        /// The figures are too large for exact arithmetic.
        TooLarge = "TOO_LARGE",
    }
}

impl TargetVerdict {
    /// For a person.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Met => lang.pick("Đạt", "Met"),
            Self::Missed => lang.pick("Không đạt", "Missed"),
            Self::Undetermined => lang.pick("Chưa kết luận được", "Cannot be said yet"),
            Self::NotApplicable => lang.pick("Không áp dụng", "Not applicable"),
            Self::NotComparable => lang.pick("Không so sánh được", "Not comparable"),
            Self::NoData => lang.pick("Chưa có số liệu", "No figures"),
        }
    }
}

impl Tier {
    /// For a person.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Floor => lang.pick("mức sàn", "floor"),
            Self::Stretch => lang.pick("mức phấn đấu", "stretch"),
        }
    }
}

impl PaceState {
    /// For a person.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::OnPace => lang.pick("Đúng tiến độ", "On pace"),
            Self::Behind => lang.pick("Chậm tiến độ", "Behind"),
            Self::AlreadyMissed => lang.pick("Đã chắc chắn không đạt", "Already missed"),
        }
    }
}

impl VerdictReason {
    /// The reason and the next step, for a person.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            Self::MissingReports => (
                "còn thiếu báo cáo, thiếu không phải là số 0; đôn đốc các báo cáo còn thiếu",
                "reports are missing, and missing is not zero; ask for the missing reports",
            ),
            Self::Provisional => (
                "tạm thời: còn thiếu báo cáo, kết luận dựa trên số dự kiến",
                "provisional: reports are missing, the verdict rests on what they are expected to hold",
            ),
            Self::Waived => (
                "thiếu báo cáo đã được người có thẩm quyền ký chấp nhận",
                "the missing reports have been accepted by signature",
            ),
            Self::LowCoverage => (
                "số báo cáo đã có dưới mức tối thiểu; đôn đốc các báo cáo còn thiếu",
                "fewer reports are in than the least required; ask for the missing ones",
            ),
            Self::ZeroBase => (
                "số gốc bằng 0, không tính phần trăm",
                "the base is zero, so there is no percentage",
            ),
            Self::SmallBase => (
                "số gốc quá nhỏ, không kết luận theo phần trăm; hãy xem ở cấp trên",
                "the base is too small for a percentage; look one level up",
            ),
            Self::NegativeBase => (
                "số gốc âm, không tính phần trăm; hãy kiểm tra số liệu gốc",
                "the base is below zero, so there is no percentage; check the baseline",
            ),
            Self::ZeroDenominator => (
                "mẫu số bằng 0: không có vụ nào để tính tỷ lệ",
                "the denominator is zero: there is nothing to take a share of",
            ),
            Self::BrokenComparability => (
                "hai kỳ không cùng phạm vi hoặc định nghĩa; cần cầu nối số liệu trước khi so sánh",
                "the two periods differ in scope or definition; a bridge is needed before comparing",
            ),
            Self::Bridged => ("so sánh qua cầu nối số liệu", "compared over a bridge"),
            Self::NoFigures => ("chưa có số liệu", "no figures are in"),
            Self::NoBaseline => {
                ("chưa có số liệu gốc; hãy nhập số liệu gốc", "there is no baseline; import one")
            }
            Self::NoBaselineToDate => (
                "chưa có số liệu gốc đến cùng ngày; hãy nhập số liệu gốc theo kỳ",
                "there is no baseline up to the same day; import one by period",
            ),
            Self::NotAttested => ("chưa có xác nhận", "not attested yet"),
            Self::NestedChange => (
                "không tính được thay đổi của thay đổi; hãy viết lại chỉ tiêu",
                "the change of a change cannot be computed; write the target otherwise",
            ),
            Self::TooLarge => (
                "số quá lớn để tính chính xác; hãy kiểm tra số liệu",
                "the figures are too large to be reckoned exactly; check them",
            ),
        };
        lang.pick(vi, en)
    }
}
