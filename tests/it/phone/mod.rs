//! The phone's engine, through its facade alone, against a real server: the promises of sync where both ends meet.

mod bad_links;
mod bytes;
mod conflicts;
mod findings;
mod follow;
mod lease;
mod lost_phones;
mod merger;
mod restored;
mod roll_over;
mod unweighed;
mod week;

use crate::harness::Town;
use thidua::client::facade::{CellEntry, Figure, Phone, ReportKey, ReportStatus, ReportView};
use thidua::domain::enrolment::{Code, Invite};
use thidua::domain::permission::Role;

pub(crate) const COMMUNE: &str = "com-29242-0";
/// The district above it.
pub(crate) const DISTRICT: &str = "dist-842";

/// An app on a phone: the facade on a file of its own.
pub(crate) struct App {
    pub(crate) phone: Phone,
    pub(crate) dir: tempfile::TempDir,
}

impl std::ops::Deref for App {
    type Target = Phone;
    fn deref(&self) -> &Phone {
        &self.phone
    }
}

/// The text of the QR picture with this code.
pub(crate) fn invitation(town: &Town, code: Code) -> String {
    invitation_at(town, town.address, code)
}

/// The same for a server that is reached at another address.
pub(crate) fn invitation_at(town: &Town, address: std::net::SocketAddr, code: Code) -> String {
    let addresses = vec![format!("https://{address}")];
    Invite { code, ca_sha256: town.files.ca_sha256().unwrap(), addresses }.to_string()
}

/// An app that was never enrolled.
pub(crate) fn unopened(town: &Town) -> App {
    let dir = tempfile::tempdir().unwrap();
    let phone = Phone::open_with(&dir.path().join("phone.db"), town.clock.clone()).unwrap();
    App { phone, dir }
}

/// An app of a new account with this role on this unit, after its first sync.
pub(crate) fn app(town: &Town, unit: &str, role: Role) -> App {
    let app = unopened(town);
    app.enrol(invitation(town, town.code(unit, role))).unwrap();
    let first = app.sync_once().unwrap();
    assert!(first.agrees, "{first:?}");
    app
}

/// The report of the campaign's first week, the one that is due on the town's first day.
pub(crate) fn first_week(app: &App) -> ReportKey {
    let day = |month, day| thidua::domain::time::days_from_date(jiff::civil::date(2024, month, day));
    let due = app.due(day(8, 19), day(8, 26)).unwrap();
    due.iter().find(|due| due.key.contract == "tuan-xa").unwrap().key.clone()
}

pub(crate) fn cell(element: &str, figure: i64) -> CellEntry {
    CellEntry { element: element.to_owned(), value: Some(Figure::Reported(figure)) }
}

pub(crate) fn view(app: &App, key: &ReportKey) -> ReportView {
    app.report(app.report_id(key.clone())).unwrap().unwrap()
}

pub(crate) fn status(app: &App, key: &ReportKey) -> ReportStatus {
    app.report(app.report_id(key.clone())).unwrap().map_or(ReportStatus::Blank, |view| view.status)
}

pub(crate) fn shown(app: &App, key: &ReportKey, element: &str) -> Option<Figure> {
    view(app, key).cells.into_iter().find(|cell| cell.element == element).and_then(|cell| cell.value)
}
