//! Implements the gRPC services of the contract: decodes requests, calls `app`, and encodes
//! responses.
//!
//! Every method authenticates its caller first and fails closed. Every database access runs on the
//! blocking pool (`blocking_pool`).

mod access;
mod act;
mod attempt_limits;
mod audit;
mod baseline;
mod blocking_pool;
mod caller;
mod campaign;
mod campaign_messages;
mod card;
mod catalogue;
mod client_version;
mod codec;
mod conclusion;
mod deadline;
mod desk;
mod desk_work;
mod exchange;
mod frames;
mod grant;
mod handover;
mod head_watch;
mod health;
pub mod in_memory;
mod job;
mod live_view;
mod maintenance;
mod news;
mod org;
mod org_rehearsal;
mod pagination;
mod participation;
mod partner;
mod peer;
mod quality;
mod report;
pub mod rpc_access;
mod run;
mod scoring;
mod second_factor;
mod session;
mod standing;
pub mod status;
mod sync;
mod target;
mod throttle;
mod token_check;
mod unary;

pub use caller::parse_accept_language;
pub use deadline::DeadlineLayer;
pub use head_watch::WatchedHead;
pub use health::CLOCK_HEALTH_NAME;
pub use job::{JobEntry, JobSlotRunner};
pub use live_view::LiveViewRequest;
pub use maintenance::{ProblemUrgency, ServerCheck, ServerProblem};
pub use news::{NewsRequest, NewsStream};
pub use peer::{AddressBucket, AddressHasher, PeerInfo};
pub use status::RpcError;
pub use token_check::TokenCheck;

use crate::app::App;
use crate::auth::{AuthorityKey, RevocationLog, SecretHash};
use crate::domain::access::enrolment::TYPED_CODE_MINUTES;
use crate::domain::access::lease::OFFLINE_LEASE_DAYS;
use crate::domain::access::second_factor::SecondFactorPolicy;
use crate::domain::support::limits::MESSAGE_BYTES_MAX;
use crate::pb;
use crate::pb::access_service_server::AccessServiceServer;
use crate::pb::audit_service_server::AuditServiceServer;
use crate::pb::baseline_service_server::BaselineServiceServer;
use crate::pb::campaign_service_server::CampaignServiceServer;
use crate::pb::card_service_server::CardServiceServer;
use crate::pb::catalogue_service_server::CatalogueServiceServer;
use crate::pb::conclusion_service_server::ConclusionServiceServer;
use crate::pb::desk_service_server::DeskServiceServer;
use crate::pb::exchange_service_server::ExchangeServiceServer;
use crate::pb::grant_service_server::GrantServiceServer;
use crate::pb::job_service_server::JobServiceServer;
use crate::pb::maintenance_service_server::MaintenanceServiceServer;
use crate::pb::org_service_server::OrgServiceServer;
use crate::pb::participation_service_server::ParticipationServiceServer;
use crate::pb::partner_service_server::PartnerServiceServer;
use crate::pb::quality_service_server::QualityServiceServer;
use crate::pb::report_service_server::ReportServiceServer;
use crate::pb::run_service_server::RunServiceServer;
use crate::pb::scoring_service_server::ScoringServiceServer;
use crate::pb::second_factor_service_server::SecondFactorServiceServer;
use crate::pb::session_service_server::SessionServiceServer;
use crate::pb::standing_service_server::StandingServiceServer;
use crate::pb::target_service_server::TargetServiceServer;
use crate::sync::CursorSigner;
use attempt_limits::{AttemptLimits, FAILURES_PER_ADDRESS};
use blocking_pool::BlockingPool;
use std::sync::Arc;
use throttle::KeyedThrottle;
use tokio::sync::watch;
use tonic::service::{Routes, RoutesBuilder};
use unary::impl_service;

/// The name of the limit on calls of one credential.
const CALLS_PER_MINUTE: &str = "calls_per_minute";

/// How a phone reaches the server and verifies its identity; sent at enrolment.
#[derive(Debug, Clone, Default)]
pub struct ServerEndpoints {
    /// Addresses, best first, as in `https://10.0.0.2:8443`.
    pub addresses: Vec<String>,
    /// SHA-256 of the CA certificate; all zeros without TLS.
    pub ca_sha256: [u8; 32],
    /// SHA-256 of further CA certificates that phones trust while the CA is being replaced;
    /// otherwise empty.
    pub trusted_ca_sha256: Vec<[u8; 32]>,
}

/// State that all services share. Cloning is cheap.
#[derive(Clone)]
pub struct Services {
    app: App,
    blocking_pool: BlockingPool,
    file_pool: BlockingPool,
    authority: Arc<AuthorityKey>,
    revocations: Arc<RevocationLog>,
    server_secret: Arc<[u8; 32]>,
    cursor_signer: CursorSigner,
    endpoints: Arc<ServerEndpoints>,
    jobs: Arc<[JobEntry]>,
    server_check: ServerCheck,
    head: watch::Receiver<WatchedHead>,
    subscriptions: Arc<head_watch::ScopeSubscriptions>,
    closing: watch::Receiver<bool>,
    throttle: Arc<KeyedThrottle<SecretHash>>,
    attempt_limits: Arc<AttemptLimits>,
    offline_lease_days: u16,
    card_minutes: u32,
    offers_reflection: bool,
    second_factor: SecondFactorPolicy,
}

impl Services {
    /// Creates the services for one application. Open streams end once `closing` becomes true.
    ///
    /// Must be called inside a tokio runtime: it spawns the task that watches the head.
    #[must_use]
    pub fn new(
        app: App,
        (authority, revocations): (AuthorityKey, RevocationLog),
        server_secret: [u8; 32],
        endpoints: ServerEndpoints,
        jobs: Vec<JobEntry>,
        closing: watch::Receiver<bool>,
    ) -> Self {
        let (_, head) = watch::channel(WatchedHead::default());
        let mut services = Self {
            app,
            blocking_pool: BlockingPool::default(),
            file_pool: BlockingPool::for_files(),
            authority: Arc::new(authority),
            revocations: Arc::new(revocations),
            server_secret: Arc::new(server_secret),
            cursor_signer: CursorSigner::new(&server_secret),
            endpoints: Arc::new(endpoints),
            jobs: jobs.into(),
            server_check: ServerCheck::default(),
            head,
            subscriptions: Arc::default(),
            closing,
            throttle: Arc::new(KeyedThrottle::new(CALLS_PER_MINUTE, 0)),
            attempt_limits: Arc::new(AttemptLimits::new(FAILURES_PER_ADDRESS)),
            offline_lease_days: 0,
            card_minutes: TYPED_CODE_MINUTES,
            offers_reflection: false,
            second_factor: SecondFactorPolicy::Required,
        };
        services.head = head_watch::spawn_head_watcher(&services);
        services
    }

    /// Limits each credential to `calls_per_minute` calls a minute; 0 means no limit.
    #[must_use]
    pub fn with_call_limit(self, calls_per_minute: u32) -> Self {
        let throttle = KeyedThrottle::new(CALLS_PER_MINUTE, calls_per_minute);
        Self { throttle: Arc::new(throttle), ..self }
    }

    /// Limits wrong passwords and codes from one address to this number a minute; 0 means no limit.
    #[must_use]
    pub fn with_failure_limit(self, failures_per_address: u32) -> Self {
        Self { attempt_limits: Arc::new(AttemptLimits::new(failures_per_address)), ..self }
    }

    /// Sets after how many days without contact a phone hides its data. The default
    /// ([`OFFLINE_LEASE_DAYS`]) is not sent.
    #[must_use]
    pub fn with_offline_lease(self, days: u16) -> Self {
        Self { offline_lease_days: if days == OFFLINE_LEASE_DAYS { 0 } else { days }, ..self }
    }

    /// Sets for how many minutes a printed card is valid.
    #[must_use]
    pub fn with_card_minutes(self, card_minutes: u32) -> Self {
        Self { card_minutes, ..self }
    }

    /// Offers reflection, v1 and v1alpha, to callers without a token.
    #[must_use]
    pub fn with_reflection(self, offers_reflection: bool) -> Self {
        Self { offers_reflection, ..self }
    }

    /// Sets what an administrator hears who asks how the server is.
    #[must_use]
    pub fn with_server_check(self, server_check: ServerCheck) -> Self {
        Self { server_check, ..self }
    }

    /// Sets whether desk accounts need a second factor.
    #[must_use]
    pub fn with_second_factor(self, second_factor: SecondFactorPolicy) -> Self {
        Self { second_factor, ..self }
    }

    /// Tells who has a live token, for limits that are checked before a call runs.
    #[must_use]
    pub fn token_check(&self) -> TokenCheck {
        TokenCheck::new(self.app.clone(), self.blocking_pool.clone())
    }

    /// Returns all services together with health and, if it is offered, reflection.
    #[must_use]
    pub fn into_routes(self) -> Routes {
        let (reporter, health_service) = tonic_health::server::health_reporter();
        tokio::spawn(health::report_health(self.clone(), reporter));
        let offers_reflection = self.offers_reflection;
        let mut routes = Routes::builder();
        routes
            .add_service(
                AccessServiceServer::new(self.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX),
            )
            .add_service(SecondFactorServiceServer::new(self.clone()))
            .add_service(SessionServiceServer::new(self.clone()))
            .add_service(
                GrantServiceServer::new(self.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX),
            )
            .add_service(
                CardServiceServer::new(self.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX),
            )
            .add_service(
                OrgServiceServer::new(self.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX),
            )
            .add_service(CatalogueServiceServer::new(self.clone()))
            .add_service(
                ScoringServiceServer::new(self.clone())
                    .max_decoding_message_size(MESSAGE_BYTES_MAX),
            )
            .add_service(DeskServiceServer::new(self.clone()))
            .add_service(
                CampaignServiceServer::new(self.clone())
                    .max_decoding_message_size(MESSAGE_BYTES_MAX),
            )
            .add_service(
                ReportServiceServer::new(self.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX),
            )
            .add_service(StandingServiceServer::new(self.clone()))
            .add_service(RunServiceServer::new(self.clone()))
            .add_service(BaselineServiceServer::new(self.clone()))
            .add_service(ConclusionServiceServer::new(self.clone()))
            .add_service(ParticipationServiceServer::new(self.clone()))
            .add_service(PartnerServiceServer::new(self.clone()))
            .add_service(
                ExchangeServiceServer::new(self.clone())
                    .max_decoding_message_size(MESSAGE_BYTES_MAX),
            )
            .add_service(QualityServiceServer::new(self.clone()))
            .add_service(TargetServiceServer::new(self.clone()))
            .add_service(JobServiceServer::new(self.clone()))
            .add_service(MaintenanceServiceServer::new(self.clone()))
            .add_service(AuditServiceServer::new(self.clone()))
            .add_service(codec::SyncServiceServer::new(self))
            .add_service(health_service);
        if offers_reflection {
            add_reflection(&mut routes);
        }
        routes.routes()
    }
}

/// Adds reflection, v1 and v1alpha.
fn add_reflection(routes: &mut RoutesBuilder) {
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    // The descriptor set is compiled in, so building cannot fail. A test lists it through both
    // versions.
    if let (Ok(v1), Ok(v1alpha)) = (reflection().build_v1(), reflection().build_v1alpha()) {
        routes.add_service(v1).add_service(v1alpha);
    }
}
