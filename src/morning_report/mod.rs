//! The morning report (báo cáo buổi sáng): one HTML page for a leader, and the same figures as a
//! workbook.
//!
//! Renders the data collected by `app::morning_report`. The page must contain neither script nor
//! external address. Units are listed in code order and must not be ranked.

mod changes;
mod funnel_plot;
mod pace_chart;
mod page;
mod target_rows;
mod texts;
mod unsent;
mod workbook;

pub use page::render_page;
pub use workbook::{WorkbookError, build_workbook};
