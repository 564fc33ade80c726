//! A real server in this process, over TLS on a loopback port, with an empty database and a manual
//! clock.

use super::DemoError;
use super::generator::Province;
use crate::app::App;
use crate::app::partner::ServiceKeyRequest;
use crate::auth;
use crate::cli::server_check::build_server_check;
use crate::clock::Clock;
use crate::config::{Config, SecondFactorMode, SecretValue, WebOrigin};
use crate::domain::access::enrolment::Invite;
use crate::domain::access::partner::{KEY_DAYS_MAX, PartnerCall};
use crate::domain::access::permission::{Actor, Grant, Role};
use crate::domain::access::second_factor::SecondFactorPolicy;
use crate::domain::campaign::CampaignStep;
use crate::domain::reporting::calendar::{Calendar, Calendars};
use crate::domain::standing::baseline::BaselineRow;
use crate::domain::support::ids::{AccountId, ServiceKeyId, UnitId};
use crate::domain::support::time::Timestamp;
use crate::grpc::{ServerCheck, ServerEndpoints};
use crate::server::accept::ServerLimits;
use crate::server::ca::{self, TlsFiles};
use crate::server::keys::ServerKeys;
use crate::server::metrics::ServerMetrics;
use crate::server::tls::ReloadableTlsConfig;
use crate::server::{ServerSetup, run_server};
use crate::store::{DatabaseLocation, Store};
use jiff::ToSpan;
use jiff::civil::Date;
use std::path::Path;
use std::thread::JoinHandle;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Days for which an enrolment code is valid; simulated days pass quickly while a person types a
/// code.
const ENROLMENT_CODE_DAYS: i64 = 365;

/// Days for which the demo's certificate is valid: from the simulated days past the real ones, for
/// clients with their own clock.
const CERTIFICATE_DAYS: i64 = 3_640;

/// A key of a partner agency.
pub(super) struct PartnerKey {
    pub(super) id: ServiceKeyId,
    pub(super) hash: Vec<u8>,
    pub(super) secret: String,
}

/// A running server with the operator's actions that the demo needs.
pub(super) struct DemoServer {
    pub(super) app: App,
    pub(super) clock: Clock,
    pub(super) address: String,
    pub(super) tls: TlsFiles,
    ca_sha256: [u8; 32],
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), String>>>,
}

impl DemoServer {
    /// Makes keys, certificates and a database in `dir` and listens on `listen`; `database` is a
    /// URL or a path. Web pages of `origins` may call.
    pub(super) fn start(
        dir: &Path,
        database: &str,
        (listen, origins): (&str, &[WebOrigin]),
        clock: Clock,
    ) -> Result<Self, DemoError> {
        let tls = TlsFiles::in_dir(&dir.join("tls"));
        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        ca::init_tls_valid_for(&tls, &names, clock.now(), CERTIFICATE_DAYS)?;
        let ca_sha256 = tls.ca_sha256()?;
        let certificates = ReloadableTlsConfig::load(&tls.chain, &tls.key, false)?;
        let keys = ServerKeys::open(&dir.join("keys"))?;
        let app = App::new(Store::open(&DatabaseLocation::parse(database))?, clock.clone());
        let (shutdown, shutdown_requested) = oneshot::channel();
        let (address_sender, address_receiver) = std::sync::mpsc::channel();
        let (served_app, listen) = (app.clone(), listen.to_owned());
        let allowed_origins = origins.iter().map(ToString::to_string).collect();
        let server_check = build_server_check(demo_config(dir, database), app.clone());
        let serve = move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.map_err(|error| error.to_string())?.block_on(async move {
                let listener = TcpListener::bind(&listen)
                    .await
                    .map_err(|error| format!("{listen}: {error}"))?;
                let address = listener.local_addr().map_err(|error| error.to_string())?;
                let address = format!("https://{address}");
                let setup = server_setup(served_app, keys, certificates, (&address, ca_sha256));
                let setup = ServerSetup { allowed_origins, server_check, ..setup };
                // If the receiver is gone, the demo has ended.
                let _ = address_sender.send(address);
                let shutdown = async move {
                    let _ = shutdown_requested.await;
                };
                run_server(listener, setup, shutdown).await.map_err(|error| error.to_string())
            })
        };
        let thread = std::thread::Builder::new().name("thidua-server".to_owned()).spawn(serve)?;
        let Ok(address) = address_receiver.recv() else {
            let why = thread.join().unwrap_or_else(|_| Err("the server's thread ended".to_owned()));
            return Err(DemoError(
                why.err().unwrap_or_else(|| "the server ended at once".to_owned()),
            ));
        };
        let (shutdown, thread) = (Some(shutdown), Some(thread));
        Ok(Self { app, clock, address, tls, ca_sha256, shutdown, thread })
    }

    /// Imports the organisation, the catalogue, the campaigns and last year's figures.
    pub(super) fn import_data(
        &self,
        province: &Province,
        baseline: &[BaselineRow],
    ) -> Result<(), DemoError> {
        self.app.import_org(&Actor::system_actor(UnitId([0; 16])), province.org.facts())?;
        let system = self.app.system_actor()?;
        let calendars: Vec<Calendar> = Calendars::standard().iter().cloned().collect();
        self.app.apply_catalogue(&system, &province.catalogue, &calendars)?;
        for campaign in province.campaigns() {
            self.app.apply_campaign(&system, campaign)?;
            self.app.advance_campaign(&system, &campaign.code, CampaignStep::Approve)?;
        }
        self.app.import_baselines(&system, baseline)?;
        Ok(())
    }

    /// Grants an account these roles at a unit and issues an invitation for one phone.
    pub(super) fn create_invite(
        &self,
        account: &str,
        unit: UnitId,
        roles: &[Role],
        from: Date,
    ) -> Result<String, DemoError> {
        let (system, id) = (self.app.system_actor()?, AccountId::from_code(account));
        for role in roles {
            let grant = Grant { role: *role, unit, from, to: from.saturating_add(2.years()) };
            self.app.grant_role(&system, id, account, &grant)?;
        }
        let (code, hash) =
            auth::generate_enrol_code().map_err(|error| DemoError(error.to_string()))?;
        let expires = self
            .clock
            .now()
            .saturating_add_micros(ENROLMENT_CODE_DAYS * crate::domain::support::time::DAY_MICROS);
        self.app.add_enrol_code(&system, &hash, id, expires)?;
        Ok(Invite { code, ca_sha256: self.ca_sha256, addresses: vec![self.address.clone()] }
            .to_string())
    }

    /// Issues a key for a partner agency that reads published standings of this unit and those
    /// below.
    pub(super) fn issue_partner_key(
        &self,
        account: &str,
        unit: UnitId,
        from: Date,
    ) -> Result<PartnerKey, DemoError> {
        let (system, id) = (self.app.system_actor()?, AccountId::from_code(account));
        let grant =
            Grant { role: Role::PartnerReader, unit, from, to: from.saturating_add(2.years()) };
        self.app.grant_role(&system, id, account, &grant)?;
        let (key, secret, hash) =
            auth::generate_service_key().map_err(|error| DemoError(error.to_string()))?;
        let request = ServiceKeyRequest {
            account: id,
            unit,
            campaign: None,
            allowed_calls: vec![PartnerCall::Runs, PartnerCall::Standings],
            contracts: Vec::new(),
            valid_days: KEY_DAYS_MAX,
        };
        self.app.issue_service_key(&system, key, &hash, &request)?;
        Ok(PartnerKey { id: key, hash: hash.to_vec(), secret: secret.reveal().to_owned() })
    }

    /// Sets the clock to this time of a day.
    pub(super) fn set_clock(&self, day: Date, hour: i64, minute: i64) -> Timestamp {
        let at = Timestamp::from_local_midnight(day)
            .saturating_add_micros((hour * 60 + minute) * 60_000_000);
        self.clock.set(at);
        at
    }

    /// Waits for the server thread to end.
    pub(super) fn join(&mut self) -> Result<(), DemoError> {
        match self.thread.take().map(JoinHandle::join) {
            None | Some(Ok(Ok(()))) => Ok(()),
            Some(Ok(Err(why))) => Err(DemoError(why)),
            Some(Err(_)) => Err(DemoError("the server's thread ended".to_owned())),
        }
    }
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        if let Some(stop) = self.shutdown.take() {
            let _ = stop.send(());
        }
        // Running calls get their time to end; an error now changes no printed result.
        let _ = self.join();
    }
}

/// The configuration that stands for the demo's settings, as far as they can be asked about.
fn demo_config(dir: &Path, database: &str) -> Config {
    let mut config = Config { dir: dir.to_owned(), ..Config::default() };
    config.database.url = SecretValue::new(database.to_owned());
    config.auth.second_factor = SecondFactorMode::Off;
    config
}

fn server_setup(
    app: App,
    keys: ServerKeys,
    certificates: ReloadableTlsConfig,
    (address, ca_sha256): (&str, [u8; 32]),
) -> ServerSetup {
    // Some phones are offline for three weeks and type all the same; the default lease of two weeks
    // would lock them.
    let limits = ServerLimits { offline_lease_days: 30, ..ServerLimits::default() };
    let endpoints = ServerEndpoints {
        addresses: vec![address.to_owned()],
        ca_sha256,
        ..ServerEndpoints::default()
    };
    ServerSetup {
        app,
        keys,
        certificates: Some(certificates),
        endpoints,
        limits,
        metrics: ServerMetrics::default(),
        reflection: false,
        second_factor: SecondFactorPolicy::Off,
        allowed_origins: Vec::new(),
        server_check: ServerCheck::default(),
        web_app: true,
        office: true,
    }
}
