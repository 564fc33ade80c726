//! The phone's engine through its facade, against a real server: the sync promises end to end.

mod ca_rollover;
mod conflicts;
mod draft_campaign;
mod entry_views;
mod external_signer;
mod findings;
mod follow;
mod lost_phones;
mod lost_role;
mod network_faults;
mod nil_reports;
mod offline_lease;
mod participation;
mod released;
mod restore;
mod slow_line;
mod typed_texts;
mod unit_merger;
mod weekly_report;
mod wire_size;
mod wrong_clock;

use crate::harness::TestServer;
use thidua::client::facade::{
    CellEntry, CellFigure, Phone, ReportKeyView, ReportStatus, ReportView,
};
use thidua::domain::access::enrolment::{EnrolmentCode, Invite};
use thidua::domain::access::permission::Role;

pub(crate) const COMMUNE: &str = "com-29242-0";
/// The district above it.
pub(crate) const DISTRICT: &str = "dist-842";

/// An app on a phone: the facade with a database file.
pub(crate) struct PhoneApp {
    pub(crate) phone: Phone,
    pub(crate) dir: tempfile::TempDir,
}

impl std::ops::Deref for PhoneApp {
    type Target = Phone;
    fn deref(&self) -> &Phone {
        &self.phone
    }
}

/// The text of the QR picture with this code.
pub(crate) fn invitation(server: &TestServer, code: EnrolmentCode) -> String {
    invitation_at(server, server.address, code)
}

/// The same with another address of the server.
pub(crate) fn invitation_at(
    server: &TestServer,
    address: std::net::SocketAddr,
    code: EnrolmentCode,
) -> String {
    let addresses = vec![format!("https://{address}")];
    Invite { code, ca_sha256: server.files.ca_sha256().unwrap(), addresses }.to_string()
}

/// An app that was never enrolled.
pub(crate) fn unenrolled_app(server: &TestServer) -> PhoneApp {
    let dir = tempfile::tempdir().unwrap();
    let phone = Phone::open_with_clock(&dir.path().join("phone.db"), server.clock.clone()).unwrap();
    PhoneApp { phone, dir }
}

/// An app of a new account with this role on this unit, after its first sync.
pub(crate) fn enrolled_app(server: &TestServer, unit: &str, role: Role) -> PhoneApp {
    let app = unenrolled_app(server);
    app.enrol(invitation(server, server.create_code(unit, role))).unwrap();
    let first = app.sync_once().unwrap();
    assert!(first.digests_match, "{first:?}");
    app
}

/// The report of the campaign's first week, which is due on the test's first day.
pub(crate) fn first_week_key(app: &PhoneApp) -> ReportKeyView {
    let day = |month, day| {
        thidua::domain::support::time::days_from_date(jiff::civil::date(2024, month, day))
    };
    let due = app.due_reports(day(8, 19), day(8, 26)).unwrap();
    due.iter().find(|due| due.key.contract == "tuan-xa").unwrap().key.clone()
}

pub(crate) fn cell_entry(element: &str, figure: i64) -> CellEntry {
    CellEntry { element: element.to_owned(), value: Some(CellFigure::Reported { value: figure }) }
}

pub(crate) fn report_view(app: &PhoneApp, key: &ReportKeyView) -> ReportView {
    app.report(app.report_id(key.clone())).unwrap().unwrap()
}

pub(crate) fn report_status(app: &PhoneApp, key: &ReportKeyView) -> ReportStatus {
    app.report(app.report_id(key.clone())).unwrap().map_or(ReportStatus::Blank, |view| view.status)
}

pub(crate) fn presented_figure(
    app: &PhoneApp,
    key: &ReportKeyView,
    element: &str,
) -> Option<CellFigure> {
    report_view(app, key)
        .cells
        .into_iter()
        .find(|cell| cell.element == element)
        .and_then(|cell| cell.value)
}
