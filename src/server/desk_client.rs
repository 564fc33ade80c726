//! Calls of a desk account to a server anywhere: a channel over TLS that trusts only the given CA,
//! and its calls, which wait for the answer.

use super::tls::TlsError;
use super::tls_client::{connect_tls, parse_authorities, trust_only};
use crate::i18n::Lang;
use crate::pb;
use crate::pb::access_service_client::AccessServiceClient;
use crate::pb::audit_service_client::AuditServiceClient;
use crate::pb::baseline_service_client::BaselineServiceClient;
use crate::pb::campaign_service_client::CampaignServiceClient;
use crate::pb::card_service_client::CardServiceClient;
use crate::pb::catalogue_service_client::CatalogueServiceClient;
use crate::pb::conclusion_service_client::ConclusionServiceClient;
use crate::pb::desk_service_client::DeskServiceClient;
use crate::pb::exchange_service_client::ExchangeServiceClient;
use crate::pb::grant_service_client::GrantServiceClient;
use crate::pb::job_service_client::JobServiceClient;
use crate::pb::org_service_client::OrgServiceClient;
use crate::pb::participation_service_client::ParticipationServiceClient;
use crate::pb::quality_service_client::QualityServiceClient;
use crate::pb::report_service_client::ReportServiceClient;
use crate::pb::run_service_client::RunServiceClient;
use crate::pb::scoring_service_client::ScoringServiceClient;
use crate::pb::second_factor_service_client::SecondFactorServiceClient;
use crate::pb::standing_service_client::StandingServiceClient;
use http::Uri;
use std::net::IpAddr;
use std::time::Duration;
use tonic::metadata::errors::InvalidMetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for an answer: a run is verified from its raw reports.
const CALL_TIMEOUT: Duration = Duration::from_secs(600);

/// Most bytes of a piece of a file.
const PIECE_BYTES: usize = 256 * 1024;

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The address is no `https://` URL of a host.
    #[error("{0}")]
    Address(String),
    /// The address begins with `http://` and does not name this machine.
    #[error("{0}")]
    Plaintext(String),
    /// The given CA is none.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Nothing answers, or the server's certificate is not of the given CA.
    #[error("{0}")]
    NoResponse(String),
    /// The server refused the call.
    #[error("{0:?}")]
    Refused(RefusedCall),
}

/// A refusal as the server says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCall {
    /// The reason, as in `NOT_FOUND`.
    pub reason: String,
    /// What happened and what to do, in the language of the call.
    pub text: String,
    /// Everything that is wrong with the request.
    pub violations: Vec<RefusedPart>,
}

/// What is wrong with one part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedPart {
    /// The code, if the server names one, as in `CAMPAIGN_STEP_FORBIDDEN`.
    pub code: Option<String>,
    /// The field.
    pub field: String,
    /// What is wrong and what to do, in the language of the call.
    pub text: String,
}

/// A channel to one server, with the token of a session if there is one.
#[derive(Debug)]
pub struct DeskClient {
    runtime: tokio::runtime::Runtime,
    channel: Channel,
    token: Option<String>,
    lang: Lang,
}

impl DeskClient {
    /// Connects to the server at `address`, as in `https://10.0.0.2:8443`. `ca` is the only trusted
    /// authority, in PEM; `http://` is taken for this machine only.
    ///
    /// # Errors
    /// Everything but [`DeskError::Refused`].
    pub fn connect(address: &str, ca: &[u8], lang: Lang) -> Result<Self, DeskError> {
        let endpoint = read_endpoint(address)?;
        let builder = &mut tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build();
        let runtime = runtime.map_err(|error| DeskError::NoResponse(error.to_string()))?;
        let connecting = async {
            if endpoint.uri().scheme_str() == Some("http") {
                return endpoint.connect().await.map_err(|error| no_response(&error));
            }
            let config = trust_only(parse_authorities(ca)?)?;
            let connector = tower::service_fn(move |uri: Uri| connect_tls(uri, config.clone()));
            endpoint.connect_with_connector(connector).await.map_err(|error| no_response(&error))
        };
        let channel = runtime.block_on(async {
            tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.unwrap_or_else(|_| {
                let seconds = CONNECT_TIMEOUT.as_secs();
                Err(DeskError::NoResponse(format!("nothing within {seconds} s")))
            })
        })?;
        Ok(Self { runtime, channel, token: None, lang })
    }

    /// Sends this access token with every further call.
    pub fn set_token(&mut self, token: &str) {
        self.token = Some(token.to_owned());
    }

    /// Runs a job and gives its run; what the server reports on the way goes to `progress`.
    ///
    /// # Errors
    /// What the server refuses, or that it ends without an answer.
    pub fn run_job(
        &self,
        message: pb::RunJobRequest,
        mut progress: impl FnMut(pb::RunJobResponse),
    ) -> Result<Option<pb::JobRun>, DeskError> {
        let request = self.request(message)?;
        let mut client = JobServiceClient::new(self.channel.clone());
        self.runtime.block_on(async {
            let mut stream = client
                .run_job(request)
                .await
                .map_err(|status| to_desk_error(&status))?
                .into_inner();
            let mut ended = None;
            while let Some(mut message) =
                stream.message().await.map_err(|status| to_desk_error(&status))?
            {
                ended = message.run.take().or(ended);
                progress(message);
            }
            Ok(ended)
        })
    }

    /// Sends files in pieces and gives what became of them.
    ///
    /// # Errors
    /// What the server refuses, or that it does not answer.
    pub fn import_file(
        &self,
        request_id: Vec<u8>,
        options: pb::ImportOptions,
        files: Vec<(String, Vec<u8>)>,
    ) -> Result<pb::ImportFileResponse, DeskError> {
        let first = pb::ImportFileRequest { request_id, options: Some(options), piece: None };
        let mut parts = vec![first];
        for (name, bytes) in files {
            // An empty file is one empty piece: it is named in the answer.
            let pieces = bytes.chunks(PIECE_BYTES).chain(bytes.is_empty().then_some(&[][..]));
            parts.extend(pieces.map(|data| pb::ImportFileRequest {
                piece: Some(pb::FilePiece { name: name.clone(), data: data.to_vec() }),
                ..Default::default()
            }));
        }
        let request = self.request(tokio_stream::iter(parts))?;
        let mut client = ExchangeServiceClient::new(self.channel.clone());
        let answer = self.runtime.block_on(client.import_file(request));
        answer.map(tonic::Response::into_inner).map_err(|status| to_desk_error(&status))
    }

    fn request<M>(&self, message: M) -> Result<Request<M>, DeskError> {
        let mut request = Request::new(message);
        request.set_timeout(CALL_TIMEOUT);
        let malformed = |_: InvalidMetadataValue| DeskError::Address("authorization".to_owned());
        let metadata = request.metadata_mut();
        metadata.insert("accept-language", self.lang.as_str().parse().map_err(malformed)?);
        if let Some(token) = &self.token {
            let token = format!("Bearer {token}");
            metadata.insert("authorization", token.parse().map_err(malformed)?);
        }
        Ok(request)
    }
}

/// One method for each call that has one answer.
macro_rules! unary_calls {
    ($($client:ident { $($call:ident: $request:ident => $response:ident;)+ })+) => {
        impl DeskClient {$($(
            /// Makes the call of this name.
            ///
            /// # Errors
            /// What the server refuses, or that it does not answer.
            pub fn $call(&self, message: pb::$request) -> Result<pb::$response, DeskError> {
                let request = self.request(message)?;
                let mut client = $client::new(self.channel.clone());
                let answer = self.runtime.block_on(client.$call(request));
                answer.map(tonic::Response::into_inner).map_err(|status| to_desk_error(&status))
            }
        )+)+}
    };
}

unary_calls! {
    AccessServiceClient {
        create_enrolment_code: CreateEnrolmentCodeRequest => CreateEnrolmentCodeResponse;
        sign_in: SignInRequest => SignInResponse;
        extend_session: ExtendSessionRequest => ExtendSessionResponse;
        list_devices: ListDevicesRequest => ListDevicesResponse;
        revoke_device: RevokeDeviceRequest => RevokeDeviceResponse;
    }
    AuditServiceClient {
        list_audit_entries: ListAuditEntriesRequest => ListAuditEntriesResponse;
        verify_audit: VerifyAuditRequest => VerifyAuditResponse;
    }
    BaselineServiceClient {
        list_baselines: ListBaselinesRequest => ListBaselinesResponse;
    }
    CampaignServiceClient {
        list_campaigns: ListCampaignsRequest => ListCampaignsResponse;
        apply_campaigns: ApplyCampaignsRequest => ApplyCampaignsResponse;
        step_campaign: StepCampaignRequest => StepCampaignResponse;
        rehearse_campaign: RehearseCampaignRequest => RehearseCampaignResponse;
    }
    CardServiceClient {
        issue_cards: IssueCardsRequest => IssueCardsResponse;
        list_cards: ListCardsRequest => ListCardsResponse;
        revoke_cards: RevokeCardsRequest => RevokeCardsResponse;
    }
    CatalogueServiceClient {
        list_catalogue_entries: ListCatalogueEntriesRequest => ListCatalogueEntriesResponse;
    }
    ConclusionServiceClient {
        propose_waiver: ProposeWaiverRequest => ProposeWaiverResponse;
        settle_waiver: SettleWaiverRequest => SettleWaiverResponse;
        list_waivers: ListWaiversRequest => ListWaiversResponse;
        reopen_campaign: ReopenCampaignRequest => ReopenCampaignResponse;
        step_award: StepAwardRequest => StepAwardResponse;
    }
    DeskServiceClient {
        list_due_reports: ListDueReportsRequest => ListDueReportsResponse;
        list_unit_devices: ListUnitDevicesRequest => ListUnitDevicesResponse;
        get_morning_report: GetMorningReportRequest => GetMorningReportResponse;
    }
    GrantServiceClient {
        grant_roles: GrantRolesRequest => GrantRolesResponse;
        list_grants: ListGrantsRequest => ListGrantsResponse;
        end_grant: EndGrantRequest => EndGrantResponse;
        issue_service_key: IssueServiceKeyRequest => IssueServiceKeyResponse;
        list_service_keys: ListServiceKeysRequest => ListServiceKeysResponse;
        revoke_account: RevokeAccountRequest => RevokeAccountResponse;
        revoke_service_key: RevokeServiceKeyRequest => RevokeServiceKeyResponse;
    }
    JobServiceClient {
        list_jobs: ListJobsRequest => ListJobsResponse;
        list_job_runs: ListJobRunsRequest => ListJobRunsResponse;
        cancel_job: CancelJobRequest => CancelJobResponse;
    }
    OrgServiceClient {
        list_units: ListUnitsRequest => ListUnitsResponse;
        propose_handover: ProposeHandoverRequest => ProposeHandoverResponse;
        settle_handover: SettleHandoverRequest => SettleHandoverResponse;
        list_handovers: ListHandoversRequest => ListHandoversResponse;
        rehearse_organisation: RehearseOrganisationRequest => RehearseOrganisationResponse;
    }
    ParticipationServiceClient {
        take_part: TakePartRequest => TakePartResponse;
        decide_unit_plan: DecideUnitPlanRequest => DecideUnitPlanResponse;
        list_participations: ListParticipationsRequest => ListParticipationsResponse;
    }
    QualityServiceClient {
        list_findings: ListFindingsRequest => ListFindingsResponse;
    }
    ReportServiceClient {
        list_reports: ListReportsRequest => ListReportsResponse;
        list_revisions: ListRevisionsRequest => ListRevisionsResponse;
    }
    RunServiceClient {
        list_runs: ListRunsRequest => ListRunsResponse;
        verify_run: VerifyRunRequest => VerifyRunResponse;
        list_standings_of_run: ListStandingsOfRunRequest => ListStandingsOfRunResponse;
        diff_runs: DiffRunsRequest => DiffRunsResponse;
    }
    ScoringServiceClient {
        evaluate_scores: EvaluateScoresRequest => EvaluateScoresResponse;
    }
    SecondFactorServiceClient {
        list_second_factors: ListSecondFactorsRequest => ListSecondFactorsResponse;
        reset_second_factor: ResetSecondFactorRequest => ResetSecondFactorResponse;
    }
    StandingServiceClient {
        list_standings: ListStandingsRequest => ListStandingsResponse;
        list_standing_reports: ListStandingReportsRequest => ListStandingReportsResponse;
    }
}

/// The endpoint of an address without a path; a token never travels unencrypted to another machine.
fn read_endpoint(address: &str) -> Result<Endpoint, DeskError> {
    let invalid = || DeskError::Address(address.to_owned());
    let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|_| invalid())?;
    let uri = endpoint.uri();
    let host = uri.host().ok_or_else(invalid)?.trim_matches(['[', ']']);
    let is_this_machine =
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_this_machine => {}
        Some("http") => return Err(DeskError::Plaintext(address.to_owned())),
        _ => return Err(invalid()),
    }
    Ok(endpoint.connect_timeout(CONNECT_TIMEOUT))
}

/// Joins the whole chain of causes: tonic's own text is only "transport error".
fn no_response(error: &dyn std::error::Error) -> DeskError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    DeskError::NoResponse(text)
}

fn to_desk_error(status: &Status) -> DeskError {
    let details = status.get_error_details();
    let Some(info) = details.error_info() else {
        // Not of our server: the transport's own, or a proxy's.
        return DeskError::NoResponse(format!("{:?}: {}", status.code(), status.message()));
    };
    let text = details.localized_message().map(|one| one.message.clone());
    let violations = details.bad_request().map_or_else(Vec::new, |request| {
        let codes = info.metadata.get("violations").map_or("", String::as_str);
        let mut codes = codes.split(',').filter(|code| !code.is_empty()).map(str::to_owned);
        let parts = request.field_violations.iter().map(|one| RefusedPart {
            code: codes.next(),
            field: one.field.clone(),
            text: one.description.clone(),
        });
        parts.collect()
    });
    DeskError::Refused(RefusedCall {
        reason: info.reason.clone(),
        text: text.unwrap_or_else(|| status.message().to_owned()),
        violations,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_travels_in_plain_text_to_this_machine_only() {
        for address in ["https://10.0.0.2:8443", "http://127.0.0.1:8443", "http://[::1]:8443"] {
            assert!(read_endpoint(address).is_ok(), "{address}");
        }
        let refused = read_endpoint("http://10.0.0.2:8443").unwrap_err();
        assert!(matches!(refused, DeskError::Plaintext(_)), "{refused:?}");
        for address in ["10.0.0.2:8443", "ftp://10.0.0.2", "", "/tmp"] {
            let refused = read_endpoint(address).unwrap_err();
            assert!(matches!(refused, DeskError::Address(_)), "{address}: {refused:?}");
        }
    }
}
