//! The life of a campaign as a table, and what must hold before each step.
//!
//! No other code compares states. Who may take a step is the business of permissions.

use super::Campaign;
use crate::domain::broken::{Broken, Grade};
use crate::domain::form::Catalogue;
use crate::domain::lang::Lang;
use crate::domain::worded::worded;
use jiff::civil::Date;

worded! {
    /// State of a campaign.
    Status {
        /// Being written.
        Draft = "DRAFT",
        /// Approved; checked.
        Approved = "APPROVED",
        /// The ceremony was held.
        Launched = "LAUNCHED",
        /// Running.
        Active = "ACTIVE",
        /// The last day is over; late reports still come in.
        Closing = "CLOSING",
        /// Figures are being reviewed.
        UnderReview = "UNDER_REVIEW",
        /// Reviewed, results published.
        Concluded = "CONCLUDED",
        /// Kept for the record.
        Archived = "ARCHIVED",
        /// Stopped for a while.
        Suspended = "SUSPENDED",
        /// Ended before its last day.
        ClosedEarly = "CLOSED_EARLY",
    }
}

worded! {
    /// A step in the life of a campaign.
    Step {
        /// Duyệt.
        Approve = "APPROVE",
        /// Phát động.
        Launch = "LAUNCH",
        /// The campaign runs.
        Start = "START",
        /// The last day is over.
        Close = "CLOSE",
        /// Tổng kết begins.
        Review = "REVIEW",
        /// Results stand.
        Conclude = "CONCLUDE",
        /// Lưu trữ.
        Archive = "ARCHIVE",
        /// Tạm dừng.
        Suspend = "SUSPEND",
        /// Tiếp tục.
        Resume = "RESUME",
        /// Kết thúc sớm.
        CloseEarly = "CLOSE_EARLY",
    }
}

/// From, step, to. What is not listed is forbidden.
const TABLE: &[(Status, Step, Status)] = &[
    (Status::Draft, Step::Approve, Status::Approved),
    (Status::Approved, Step::Launch, Status::Launched),
    (Status::Launched, Step::Start, Status::Active),
    (Status::Active, Step::Close, Status::Closing),
    (Status::Closing, Step::Review, Status::UnderReview),
    (Status::ClosedEarly, Step::Review, Status::UnderReview),
    (Status::UnderReview, Step::Conclude, Status::Concluded),
    (Status::Concluded, Step::Archive, Status::Archived),
    (Status::Launched, Step::Suspend, Status::Suspended),
    (Status::Active, Step::Suspend, Status::Suspended),
    (Status::Suspended, Step::Resume, Status::Active),
    (Status::Launched, Step::CloseEarly, Status::ClosedEarly),
    (Status::Active, Step::CloseEarly, Status::ClosedEarly),
    (Status::Suspended, Step::CloseEarly, Status::ClosedEarly),
];

impl Status {
    /// For a person.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Draft => lang.pick("dự thảo", "draft"),
            Self::Approved => lang.pick("phê duyệt", "approved"),
            Self::Launched => lang.pick("phát động", "launched"),
            Self::Active => lang.pick("đang thực hiện", "running"),
            Self::Closing => lang.pick("hết hạn, đang chốt số liệu", "over, late reports still come"),
            Self::UnderReview => lang.pick("đang tổng kết", "under review"),
            Self::Concluded => lang.pick("tổng kết xong", "concluded"),
            Self::Archived => lang.pick("lưu trữ", "archived"),
            Self::Suspended => lang.pick("tạm dừng", "suspended"),
            Self::ClosedEarly => lang.pick("kết thúc sớm", "closed early"),
        }
    }

    /// Whether its units are judged at night: promised, and not yet put away.
    #[must_use]
    pub fn is_judged(self) -> bool {
        !matches!(self, Self::Draft | Self::Archived)
    }

    /// Whether its results stand: no report comes in any more.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Concluded | Self::Archived)
    }

    /// The state after `step`; `None` where the table forbids it.
    #[must_use]
    pub fn after(self, step: Step) -> Option<Self> {
        TABLE.iter().find(|row| (row.0, row.1) == (self, step)).map(|row| row.2)
    }

    /// The steps that may be taken from here.
    pub fn steps(self) -> impl Iterator<Item = Step> {
        TABLE.iter().filter(move |row| row.0 == self).map(|row| row.1)
    }
}

/// What a guard looks at beside the campaign itself.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Today in the authority's zone.
    pub today: Date,
    /// Elements, forms and contracts in force.
    pub catalogue: &'a Catalogue,
    /// Units in scope without a way up in COMMAND on the first day, by code.
    pub unreachable: &'a [String],
}

/// The steps that the calendar takes: their guards are days alone.
const BY_DAY: [Step; 3] = [Step::Launch, Step::Start, Step::Close];

impl Campaign {
    /// The state that the days up to `facts.today` bring, one step after the other, where each may be taken.
    #[must_use]
    pub fn status_by_day(&self, facts: &Facts<'_>) -> Status {
        let mut reached = self.clone();
        for step in BY_DAY {
            if let Ok(next) = reached.step(step, facts) {
                reached.status = next;
            }
        }
        reached.status
    }

    /// The state after `step`, or everything that stands against it.
    pub fn step(&self, step: Step, facts: &Facts<'_>) -> Result<Status, Vec<Broken>> {
        let Some(next) = self.status.after(step) else {
            return Err(vec![self.forbidden(step)]);
        };
        let mut found = self.guard(step, facts);
        found.retain(|broken| broken.grade == Grade::Refuses);
        if found.is_empty() { Ok(next) } else { Err(found) }
    }

    fn guard(&self, step: Step, facts: &Facts<'_>) -> Vec<Broken> {
        match step {
            Step::Approve => {
                let mut found = self.check(facts.catalogue);
                found.extend(facts.unreachable.iter().map(|unit| unreachable(unit)));
                found
            }
            Step::Launch => self.not_before("NOT_LAUNCHED_YET", self.launched_on, facts.today),
            Step::Start => self.not_before("NOT_BEGUN_YET", Some(self.legal_window.start), facts.today),
            Step::Close => self.not_before("NOT_OVER_YET", Some(self.legal_window.end), facts.today),
            Step::Review | Step::Conclude | Step::Archive | Step::Suspend | Step::Resume | Step::CloseEarly => {
                Vec::new()
            }
        }
    }

    fn not_before(&self, code: &'static str, day: Option<Date>, today: Date) -> Vec<Broken> {
        let at = format!("campaign.{}", self.code);
        match day {
            Some(day) if day <= today => Vec::new(),
            Some(day) => vec![Broken::refuses(
                code,
                at,
                format!("sớm nhất là ngày {day}; hôm nay {today}, hãy chờ đến ngày đó"),
                format!("{day} at the earliest; today is {today}, wait until then"),
            )],
            None => vec![Broken::refuses(
                code,
                at,
                "chưa ghi ngày phát động; hãy điền launched_on",
                "the day of the launch is not given; fill in launched_on",
            )],
        }
    }

    fn forbidden(&self, step: Step) -> Broken {
        let allowed: Vec<&str> = self.status.steps().map(Step::as_str).collect();
        let allowed = if allowed.is_empty() { "-".to_owned() } else { allowed.join(", ") };
        let status = self.status;
        Broken::refuses(
            "CAMPAIGN_STEP_FORBIDDEN",
            format!("campaign.{}", self.code),
            format!("ở trạng thái {status} không thể {step}; có thể: {allowed}"),
            format!("a campaign that is {status} cannot {step}; possible: {allowed}"),
        )
    }
}

fn unreachable(unit: &str) -> Broken {
    Broken::refuses(
        "UNIT_UNREACHABLE",
        format!("unit.{unit}"),
        "đơn vị không có cấp trên trong hệ chỉ huy vào ngày đầu; hãy bổ sung quan hệ trực thuộc",
        "the unit has no way up in COMMAND on the first day; give it a parent",
    )
}
