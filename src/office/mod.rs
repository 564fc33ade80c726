//! The office in the browser (văn phòng trên trình duyệt): pages under `/office/`, on the port of
//! the service, for people who sign in at a desk.
//!
//! ```text
//!  browser --cookie--> session: the token of a desk session, renewed while it is used
//!                        |
//!          page  <---- DeskCaller: calls the rpc of each fact, with this token, in this process
//! ```
//!
//! A page is the calls that it makes: it reads no database and grants nothing, so it shows what its
//! rpcs give this caller and audits what they audit. Pages are whole without script; htmx, where a
//! browser runs it, only keeps an open page up to date.

mod address;
mod administration;
mod assets;
mod audit;
pub mod card_sheet;
mod cookie;
mod desk;
mod events;
mod failure;
mod forms;
mod frame;
mod home;
mod live;
mod morning;
mod names;
mod outcome;
mod own_sessions;
mod password;
mod questions;
mod renewal;
mod report;
mod runs;
mod second_factor;
mod session;
mod sign_in;
mod standing;
mod table;
mod target;
mod today;

pub use failure::refusal_response;
pub use session::carry_token;

use crate::clock::Clock;
use crate::domain::support::limits::MESSAGE_BYTES_MAX;
use crate::grpc::Services;
use administration::{
    accounts, campaigns, cards, fleet, health, imports, jobs, keys, organisation, report_forms,
};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use renewal::Renewals;

/// Where the pages are.
pub const OFFICE_PATH: &str = "/office/";

/// What every page needs. Cloning is cheap.
#[derive(Clone)]
pub struct Office {
    services: Services,
    clock: Clock,
    renewals: Renewals,
    /// Whether pages come over TLS; without it, on loopback only, as in `listen.plaintext`.
    is_tls: bool,
}

impl Office {
    /// The office over these services.
    #[must_use]
    pub fn new(services: Services, clock: Clock, is_tls: bool) -> Self {
        Self { services, clock, renewals: Renewals::default(), is_tls }
    }

    /// The pages. A request carries its token as [`carry_token`] puts it.
    pub fn into_router(self) -> Router {
        let pages = Router::new()
            .route("/office/", get(home::lead_home))
            .route("/office/sign-in", get(sign_in::show).post(sign_in::begin))
            .route("/office/sign-out", post(sign_in::end))
            .route("/office/password", get(password::show).post(password::set))
            .route("/office/second-factor", get(second_factor::show).post(second_factor::begin))
            .route("/office/second-factor/confirm", post(second_factor::confirm))
            .route("/office/sessions", get(own_sessions::list))
            .route("/office/sessions/end", post(own_sessions::end))
            .route("/office/sessions/end-others", post(own_sessions::end_others))
            .route("/office/language", get(home::choose_language))
            .route("/office/today", get(today::show))
            .route("/office/target", get(target::show))
            .route("/office/standing", get(standing::show))
            .route("/office/report", get(report::show))
            .route("/office/runs", get(runs::list))
            .route("/office/run", get(runs::show))
            .route("/office/comparison", get(runs::compare))
            .route("/office/questions", get(questions::list))
            .route("/office/questions/reply", post(questions::reply))
            .route("/office/questions/escalate", post(questions::escalate))
            .route("/office/audit", get(audit::show).post(audit::search))
            .route("/office/events", get(events::stream))
            .route("/office/news", get(events::answer))
            .merge(administration_routes())
            .fallback(failure::show_unknown_page)
            .layer(axum::middleware::from_fn_with_state(self.clone(), session::keep_session))
            .layer(axum::middleware::from_fn_with_state(self.clone(), forms::refuse_other_origins))
            .layer(axum::middleware::map_response(frame::put_page_headers))
            .with_state(self);
        assets::routes().merge(pages)
    }
}

/// The administrator's pages.
fn administration_routes() -> Router<Office> {
    Router::new()
        .route("/office/accounts", get(accounts::list))
        .route("/office/account", get(accounts::show))
        .route("/office/account/code", post(accounts::make_code))
        .route("/office/accounts/grant", post(accounts::give))
        .route("/office/accounts/grant-below", post(accounts::give_below))
        .route("/office/accounts/end", post(accounts::end))
        .route("/office/devices/revoke", post(accounts::revoke))
        .route("/office/fleet", get(fleet::list))
        .route("/office/cards", get(cards::list))
        .route("/office/cards/print", post(cards::print))
        .route("/office/cards/revoke", post(cards::revoke))
        .route("/office/keys", get(keys::list))
        .route("/office/keys/issue", post(keys::issue))
        .route("/office/keys/revoke", post(keys::revoke))
        .route("/office/imports", get(imports::show).post(imports::take))
        .route("/office/jobs", get(jobs::list))
        .route("/office/jobs/run", post(jobs::run))
        .route("/office/jobs/cancel", post(jobs::cancel))
        .route("/office/campaigns", get(campaigns::list))
        .route("/office/campaigns/step", post(campaigns::step))
        .route("/office/health", get(health::show))
        .route("/office/report-forms", get(report_forms::show))
        .route("/office/organisation", get(organisation::show).post(organisation::rehearse))
        .layer(DefaultBodyLimit::max(MESSAGE_BYTES_MAX))
}
