//! The morning page (báo cáo buổi sáng): one page for a leader, and the same figures as a workbook.
//!
//! Draws what `app::morning` gathered; decides nothing, and asks nobody for anything while it is read: the page holds no script and no
//! address. Units stand in code order and nobody is ranked. Knows no SQL and no socket.

mod changes;
mod funnel_plot;
mod pace_chart;
mod page;
mod target_rows;
mod texts;
mod workbook;

pub use page::render_page;
pub use workbook::{WorkbookError, build_workbook};
