//! The morning report (báo cáo buổi sáng): one HTML page for a leader, and the same figures as a
//! workbook.
//!
//! Renders the data collected by `app::morning_report`. The page must contain neither script nor
//! external address. Units are listed in code order and must not be ranked.

mod changes;
mod funnel_plot;
mod links;
mod pace_chart;
mod page;
mod parts;
mod target_rows;
mod texts;
mod unsent;
mod workbook;

pub use links::PageLinks;
pub use page::{STYLESHEET, render_page};
pub use parts::PageParts;
pub use texts::format_day;
pub use workbook::{WorkbookError, build_workbook};

use crate::app::morning_report::MorningReport;
use crate::i18n::Lang;

/// Page and workbook of a morning report, ready to be written.
#[derive(Debug, Clone)]
pub struct MorningReportFiles {
    /// The name of both without the ending, as in `thidua-A-0-prov-86-2026-03-02.vi`.
    pub name: String,
    /// The page, HTML.
    pub page: String,
    /// The workbook, XLSX.
    pub workbook: Vec<u8>,
}

/// Renders page and workbook.
///
/// # Errors
/// The workbook cannot be built.
pub fn build_files(
    morning: &MorningReport,
    lang: Lang,
) -> Result<MorningReportFiles, WorkbookError> {
    let MorningReport { campaign, phase, unit, today, .. } = morning;
    Ok(MorningReportFiles {
        name: format!("thidua-{}-{phase}-{}-{today}.{lang}", campaign.code, unit.uid),
        page: render_page(morning, lang),
        workbook: build_workbook(morning, lang)?,
    })
}
