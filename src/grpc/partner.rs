//! Serves partner agencies: a stream of published runs, and the standings of a run with small
//! figures suppressed.
//!
//! This is the only service that accepts a service key; a device whose account has the role
//! PARTNER_READER may call it too. `domain::release` decides which figures are suppressed.

use super::report::parse_optional_id;
use super::status::RpcError;
use super::{Services, caller, pagination};
use crate::app::AppError;
use crate::app::partner::{PartnerIdentity, PartnerRelease};
use crate::domain::support::ids::{CampaignId, RunId};
use crate::domain::support::time::{Timestamp, date_from_days};
use crate::i18n::Lang;
use crate::pb;
use crate::pb::partner_service_server::PartnerService;
use crate::trace;
use crate::wire::partner::{
    PublishedRun, element_definition_to_proto, published_run_to_proto, published_standing_to_proto,
};
use crate::wire::values;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// Runs that are read from the store at once.
const RUNS_PER_READ: i64 = 16;
/// How often the key of an idle follower is checked.
const IDLE_RECHECK_INTERVAL: Duration = Duration::from_secs(30);

type FollowRunsResult = Result<pb::FollowRunsResponse, Status>;

#[tonic::async_trait]
impl PartnerService for Services {
    type FollowRunsStream = ReceiverStream<FollowRunsResult>;

    async fn follow_runs(
        &self,
        request: Request<pb::FollowRunsRequest>,
    ) -> Result<Response<Self::FollowRunsStream>, Status> {
        let lang = caller::read_accept_language(request.metadata());
        let follower =
            self.open_follower(request).await.map_err(|failure| failure.into_status(lang))?;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(trace::with_current_span(async move {
            if let Err(failure) = follower.run(&sender).await {
                let _ = sender.send(Err(failure.into_status(lang))).await;
            }
        }));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn get_run(
        &self,
        request: Request<pb::GetRunRequest>,
    ) -> Result<Response<pb::GetRunResponse>, Status> {
        run_partner_call(self, request, Self::read_published_run).await
    }

    async fn list_run_standings(
        &self,
        request: Request<pb::ListRunStandingsRequest>,
    ) -> Result<Response<pb::ListRunStandingsResponse>, Status> {
        run_partner_call(self, request, Self::read_run_standings).await
    }
}

/// Runs a unary call of a partner agency.
async fn run_partner_call<M: Send + 'static, R: Send + 'static>(
    services: &Services,
    request: Request<M>,
    method: fn(&Services, &PartnerIdentity, M) -> Result<R, RpcError>,
) -> Result<Response<R>, Status> {
    let lang: Lang = caller::read_accept_language(request.metadata());
    let (metadata, extensions, message) = request.into_parts();
    let response = async {
        let partner = caller::authenticate_partner(services, &metadata, &extensions).await?;
        let service_handle = services.clone();
        services.blocking_pool.run(move || method(&service_handle, &partner, message)).await
    };
    response.await.map(Response::new).map_err(|failure| failure.into_status(lang))
}

impl Services {
    fn read_published_run(
        &self,
        partner: &PartnerIdentity,
        message: pb::GetRunRequest,
    ) -> Result<pb::GetRunResponse, RpcError> {
        let pb::GetRunRequest { run_id } = message;
        let id = values::id_from_bytes(&run_id, RunId::from_slice)?;
        let PartnerRelease { run, lines: _, campaign, reference, definition_version } =
            self.app.partner_run(partner, id)?;
        let element_codes: BTreeSet<_> =
            campaign.targets.iter().flat_map(|target| target.formula.elements()).collect();
        let elements = element_codes.iter().filter_map(|code| reference.catalogue.element(code));
        let targets = campaign.targets.iter().map(|target| pb::TargetDefinition {
            code: target.code.clone(),
            text_vi: target.text_vi.clone(),
            text_en: target.text_en.clone(),
            formula: target.formula.to_string(),
        });
        Ok(pb::GetRunResponse {
            run: Some(manifest_to_proto(&run, &campaign.code)),
            definition_version,
            targets: targets.collect(),
            elements: elements.map(element_definition_to_proto).collect(),
        })
    }

    fn read_run_standings(
        &self,
        partner: &PartnerIdentity,
        message: pb::ListRunStandingsRequest,
    ) -> Result<pb::ListRunStandingsResponse, RpcError> {
        let pb::ListRunStandingsRequest { run_id, page_size, page_token } = message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, &run_id)?;
        let release = self
            .app
            .partner_release(partner, values::id_from_bytes(&run_id, RunId::from_slice)?)?;
        if skip == 0 {
            self.app.audit_release_read(partner)?;
        }
        let day = date_from_days(release.run.as_of_day);
        let org = &release.reference.org;
        let code_and_name = |unit| {
            let code = org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
            (code, org.nearest_name(unit, day).to_owned())
        };
        let standings = release.lines.iter().skip(skip).take(size);
        Ok(pb::ListRunStandingsResponse {
            standings: standings
                .map(|line| published_standing_to_proto(code_and_name(line.unit), line))
                .collect(),
            next_page_token: pagination::next_offset_token(
                skip + size,
                release.lines.len(),
                &run_id,
            ),
        })
    }

    async fn open_follower(
        &self,
        request: Request<pb::FollowRunsRequest>,
    ) -> Result<RunFollower, RpcError> {
        let (metadata, extensions, message) = request.into_parts();
        let pb::FollowRunsRequest { cursor, campaign_id, once } = message;
        let after = parse_optional_id(&cursor, RunId::from_slice)?;
        let campaign = parse_optional_id(&campaign_id, CampaignId::from_slice)?;
        let partner = caller::authenticate_partner(self, &metadata, &extensions).await?;
        let follower =
            RunFollower { services: self.clone(), partner, after_run: after, campaign, once };
        // Read one run now, so that a refusal is the status of the call and not an error in the
        // stream.
        follower.read_runs(1).await?;
        Ok(follower)
    }
}

/// A partner agency that follows runs.
struct RunFollower {
    services: Services,
    partner: PartnerIdentity,
    after_run: Option<RunId>,
    campaign: Option<CampaignId>,
    once: bool,
}

impl RunFollower {
    async fn read_runs(&self, limit: i64) -> Result<crate::app::partner::PartnerRunPage, RpcError> {
        let (app, partner) = (self.services.app.clone(), self.partner.clone());
        let (after, campaign) = (self.after_run, self.campaign);
        self.services
            .blocking_pool
            .run(move || Ok(app.partner_runs_after(&partner, after, campaign, limit)?))
            .await
    }

    async fn run(mut self, sender: &mpsc::Sender<FollowRunsResult>) -> Result<(), RpcError> {
        let mut head = self.services.head.clone();
        let mut closing = self.services.closing.clone();
        loop {
            let generation = head.borrow_and_update().auth_generation;
            self.recheck_partner(generation).await?;
            if !self.send_new_runs(sender).await? || self.once {
                return Ok(());
            }
            tokio::select! {
                changed = head.changed() => if changed.is_err() { return Ok(()) },
                () = sender.closed() => return Ok(()),
                _ = async { closing.wait_for(|closing| *closing).await.is_ok() } => return Ok(()),
                () = tokio::time::sleep(IDLE_RECHECK_INTERVAL) => {}
            }
        }
    }

    /// Fails once the key or the device is revoked or has expired.
    async fn recheck_partner(&mut self, generation: i64) -> Result<(), RpcError> {
        let (app, partner) = (self.services.app.clone(), self.partner.clone());
        if partner.expires_at <= app.now() {
            return Err(RpcError::App(AppError::Unauthenticated));
        }
        if generation > partner.auth_generation {
            self.partner =
                self.services.blocking_pool.run(move || Ok(app.refresh_partner(&partner)?)).await?;
        }
        Ok(())
    }

    /// Sends every run that is not sent yet; false if the caller has disconnected.
    async fn send_new_runs(
        &mut self,
        sender: &mpsc::Sender<FollowRunsResult>,
    ) -> Result<bool, RpcError> {
        loop {
            let batch = self.read_runs(RUNS_PER_READ).await?;
            let more = batch.runs.len() as i64 == RUNS_PER_READ;
            for (run, code) in batch.runs {
                let cursor = run.id.clone();
                self.after_run = Some(values::id_from_bytes(&cursor, RunId::from_slice)?);
                let run = Some(manifest_to_proto(&run, &code));
                let response = pb::FollowRunsResponse { run, cursor, restarted: batch.restarted };
                if sender.send(Ok(response)).await.is_err() {
                    return Ok(false);
                }
            }
            if !more {
                return Ok(true);
            }
        }
    }
}

pub(super) fn manifest_to_proto(
    run: &crate::app::partner::RunManifest,
    campaign_code: &str,
) -> pb::PublishedRun {
    published_run_to_proto(&PublishedRun {
        id: &run.id,
        campaign: (&run.campaign, campaign_code),
        number: run.number,
        published_at: Timestamp(run.published_at),
        as_of_day: run.as_of_day,
        cut_seq: run.cut_seq,
        code_version: &run.code_version,
        digests: (&run.input_digest, &run.output_digest),
        supersedes: run.supersedes,
        semantics: run.semantics,
    })
}
