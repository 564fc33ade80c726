//! Reasons of a refusal. Each has a code and a sentence in Vietnamese and English that says what
//! happened and what to do next.
//!
//! A refusal is a normal result and therefore a value. `grpc` maps reasons to statuses, `wire` to
//! numbers.

/// The reason of a refusal. Its `code` never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalReason {
    /// It does not exist or is outside the visible scopes: the two are not distinguished.
    NotFound,
    /// Visible, but not allowed for this role at this unit.
    Denied,
    /// The author of a report may not accept it.
    OwnReport,
    /// The workflow has no such step from this state.
    WorkflowForbids,
    /// The content has changed since the caller saw it.
    ContentChanged,
    /// The element is not on this form.
    UnknownElement,
    /// The figure lies outside the element's range.
    ValueOutOfRange,
    /// The unit owes no report under this contract for this period.
    NotExpected,
    /// The period has not begun.
    PeriodNotOpen,
    /// The period is closed.
    PeriodClosed,
    /// A cell holds neither a figure nor nil nor a reason why it is missing.
    CellBlank,
    /// A rule of the form does not hold.
    FormRule,
    /// The note is longer than allowed.
    NoteTooLong,
    /// The note seems to identify a citizen.
    NotePersonalData,
    /// The command has no content.
    NothingToDo,
    /// More items than one command may carry.
    TooMany,
    /// A part of the message is absent or has the wrong shape.
    Malformed,
    /// An identifier has the wrong form.
    BadId,
    /// The comment exists already.
    CommentExists,
    /// The conflict was settled already.
    ConflictSettled,
    /// The held command was settled already.
    HeldSettled,
    /// The proposal was settled already.
    ProposalSettled,
    /// The account does not exist, or holds a role at a unit over which the caller has no right.
    AccountElsewhere,
    /// A text holds a control character.
    ControlCharacter,
    /// A text is longer than its field takes.
    TextTooLong,
}

impl RefusalReason {
    /// All reasons, for tables and tests.
    pub const ALL: [Self; 25] = [
        Self::NotFound,
        Self::Denied,
        Self::OwnReport,
        Self::WorkflowForbids,
        Self::ContentChanged,
        Self::UnknownElement,
        Self::ValueOutOfRange,
        Self::NotExpected,
        Self::PeriodNotOpen,
        Self::PeriodClosed,
        Self::CellBlank,
        Self::FormRule,
        Self::NoteTooLong,
        Self::NotePersonalData,
        Self::NothingToDo,
        Self::TooMany,
        Self::Malformed,
        Self::BadId,
        Self::CommentExists,
        Self::ConflictSettled,
        Self::HeldSettled,
        Self::ProposalSettled,
        Self::AccountElsewhere,
        Self::ControlCharacter,
        Self::TextTooLong,
    ];

    /// The stable code, as in `UNKNOWN_ELEMENT`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Denied => "DENIED",
            Self::OwnReport => "OWN_REPORT",
            Self::WorkflowForbids => "WORKFLOW_FORBIDS",
            Self::ContentChanged => "CONTENT_CHANGED",
            Self::UnknownElement => "UNKNOWN_ELEMENT",
            Self::ValueOutOfRange => "VALUE_OUT_OF_RANGE",
            Self::NotExpected => "NOT_EXPECTED",
            Self::PeriodNotOpen => "PERIOD_NOT_OPEN",
            Self::PeriodClosed => "PERIOD_CLOSED",
            Self::CellBlank => "CELL_BLANK",
            Self::FormRule => "FORM_RULE",
            Self::NoteTooLong => "NOTE_TOO_LONG",
            Self::NotePersonalData => "NOTE_PERSONAL_DATA",
            Self::NothingToDo => "NOTHING_TO_DO",
            Self::TooMany => "TOO_MANY",
            Self::Malformed => "MALFORMED",
            Self::BadId => "BAD_ID",
            Self::CommentExists => "COMMENT_EXISTS",
            Self::ConflictSettled => "CONFLICT_SETTLED",
            Self::HeldSettled => "HELD_SETTLED",
            Self::ProposalSettled => "PROPOSAL_SETTLED",
            Self::AccountElsewhere => "ACCOUNT_ELSEWHERE",
            Self::ControlCharacter => "CONTROL_CHARACTER",
            Self::TextTooLong => "TEXT_TOO_LONG",
        }
    }

    /// The sentence in Vietnamese: what happened and what to do.
    #[must_use]
    pub fn text_vi(self) -> &'static str {
        match self {
            Self::NotFound => {
                "Không tìm thấy, hoặc ngoài phạm vi của đồng chí. Hãy đồng bộ rồi thử lại."
            }
            Self::Denied => {
                "Vai trò của đồng chí không được làm việc này ở đơn vị này. Hãy liên hệ quản trị."
            }
            Self::OwnReport => {
                "Không ai được tự duyệt báo cáo do mình lập. Hãy để người khác duyệt."
            }
            Self::WorkflowForbids => {
                "Báo cáo đang ở trạng thái không cho phép thao tác này. Hãy đồng bộ để xem trạng thái mới."
            }
            Self::ContentChanged => {
                "Nội dung đã thay đổi sau khi đồng chí xem. Hãy xem lại rồi quyết định."
            }
            Self::UnknownElement => "Chỉ tiêu không có trong biểu mẫu này. Hãy cập nhật biểu mẫu.",
            Self::ValueOutOfRange => {
                "Số liệu nằm ngoài khoảng cho phép. Hãy kiểm tra lại số đã nhập."
            }
            Self::NotExpected => {
                "Đơn vị không phải báo cáo biểu này trong kỳ này. Hãy kiểm tra đơn vị và kỳ báo cáo."
            }
            Self::PeriodNotOpen => "Kỳ báo cáo chưa bắt đầu. Hãy chờ đến kỳ.",
            Self::PeriodClosed => {
                "Kỳ báo cáo đã khóa. Hãy gửi đề nghị điều chỉnh cho đơn vị duyệt."
            }
            Self::CellBlank => {
                "Còn ô để trống. Hãy nhập số, chọn \"không phát sinh\", hoặc nêu lý do thiếu."
            }
            Self::FormRule => "Số liệu chưa khớp quy tắc của biểu. Hãy kiểm tra các ô được nêu.",
            Self::NoteTooLong => "Ghi chú quá dài. Hãy rút gọn còn tối đa 500 ký tự.",
            Self::NotePersonalData => {
                "Ghi chú có vẻ chứa số định danh, số điện thoại hoặc biển số. Xin bỏ đi: hệ thống không lưu dữ liệu cá nhân."
            }
            Self::NothingToDo => "Lệnh không có nội dung. Hãy cập nhật ứng dụng.",
            Self::TooMany => "Lệnh có quá nhiều mục. Hãy chia nhỏ.",
            Self::Malformed => "Thông điệp thiếu hoặc sai cấu trúc. Hãy cập nhật ứng dụng.",
            Self::BadId => "Mã định danh không đúng dạng 16 byte.",
            Self::CommentExists => "Ý kiến này đã được ghi. Không cần gửi lại.",
            Self::ConflictSettled => {
                "Khác biệt này đã được giải quyết. Hãy đồng bộ để xem kết quả."
            }
            Self::HeldSettled => "Lệnh tạm giữ này đã được xử lý. Hãy đồng bộ để xem kết quả.",
            Self::ProposalSettled => "Đề nghị này đã được quyết định. Hãy đồng bộ để xem kết quả.",
            Self::AccountElsewhere => {
                "Tài khoản không có, hoặc còn vai trò ở đơn vị ngoài phạm vi của đồng chí. Hãy nhờ quản trị cấp trên của các đơn vị đó, hoặc tạo tài khoản mới."
            }
            Self::ControlCharacter => {
                "Nội dung có ký tự điều khiển, không nhìn thấy được, thường do dán từ nơi khác. Hãy xóa và gõ lại chỗ đó."
            }
            Self::TextTooLong => "Nội dung dài quá mức cho phép của ô này. Hãy rút gọn.",
        }
    }

    /// The sentence in English.
    #[must_use]
    pub fn text_en(self) -> &'static str {
        match self {
            Self::NotFound => "Not found, or outside your sight. Sync, then try again.",
            Self::Denied => "Your role may not do this at this unit. Ask your administrator.",
            Self::OwnReport => {
                "Nobody accepts a report of the own writing. Let another reviewer do it."
            }
            Self::WorkflowForbids => {
                "The report's present state does not allow this step. Sync to see its state."
            }
            Self::ContentChanged => {
                "The content has changed since you saw it. Look again, then decide."
            }
            Self::UnknownElement => "The element is not on this form. Update the form.",
            Self::ValueOutOfRange => "The figure is outside its range. Check what was typed.",
            Self::NotExpected => {
                "This unit owes no such report for this period. Check the unit and the period."
            }
            Self::PeriodNotOpen => "The period has not begun. Wait until it has.",
            Self::PeriodClosed => "The period is closed. Ask the reviewing unit to amend it.",
            Self::CellBlank => {
                "A cell is blank. Enter a figure, choose nil, or give the reason why it is missing."
            }
            Self::FormRule => "A rule of the form does not hold. Check the cells named.",
            Self::NoteTooLong => "The note is too long. Shorten it to 500 characters.",
            Self::NotePersonalData => {
                "The note seems to hold an identity number, a telephone number or a plate. Please take it out: no personal data is kept here."
            }
            Self::NothingToDo => "The command carries nothing to do. Update the app.",
            Self::TooMany => "The command carries too many items. Split it.",
            Self::Malformed => {
                "A part of the message is absent or of the wrong shape. Update the app."
            }
            Self::BadId => "An identifier is not 16 bytes long. Fix the client.",
            Self::CommentExists => "This comment is stored already. Nothing more to do.",
            Self::ConflictSettled => "This conflict was settled already. Sync to see the result.",
            Self::HeldSettled => "This held command was settled already. Sync to see the result.",
            Self::ProposalSettled => "This proposal was settled already. Sync to see the result.",
            Self::AccountElsewhere => {
                "There is no such account, or it holds a role at a unit outside your branch. Ask an administrator above those units, or make a new account."
            }
            Self::ControlCharacter => {
                "The text holds a control character, which cannot be seen and often comes with pasted text. Delete that part and type it again."
            }
            Self::TextTooLong => "The text is longer than this field takes. Shorten it.",
        }
    }

    /// The reason with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// One field that is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field in the command, as in `changes[2].mine`.
    pub field: String,
    /// What is wrong with it.
    pub reason: RefusalReason,
}

/// A refusal: the first reason and every field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason of the first problem, or of the command as a whole.
    pub reason: RefusalReason,
    /// All fields that are wrong; empty when the reason is about the command as a whole.
    pub field_errors: Vec<FieldError>,
}

impl From<RefusalReason> for Refusal {
    fn from(reason: RefusalReason) -> Self {
        Self { reason, field_errors: Vec::new() }
    }
}

/// Collects problems so that a refusal lists all of them.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Records that `field` is wrong.
    pub fn add(&mut self, field: impl Into<String>, reason: RefusalReason) {
        self.0.push(FieldError { field: field.into(), reason });
    }

    /// `Ok` if nothing was recorded, else a refusal whose reason is that of the first problem.
    pub fn into_result(self) -> Result<(), Refusal> {
        match self.0.first() {
            None => Ok(()),
            Some(first) => Err(Refusal { reason: first.reason, field_errors: self.0 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_code_of_its_own_and_both_texts() {
        let codes: std::collections::BTreeSet<_> =
            RefusalReason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), RefusalReason::ALL.len());
        for reason in RefusalReason::ALL {
            assert!(!reason.text_vi().is_empty() && !reason.text_en().is_empty());
            assert_eq!(RefusalReason::from_code(reason.code()), Some(reason));
        }
    }
}
