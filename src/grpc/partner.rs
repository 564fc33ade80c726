//! Partner agencies: published runs as they appear, and the standings of one, small figures hidden.
//!
//! The one service that a service key opens; a device whose account holds PARTNER_READER may call it too. Knows no figure: what is hidden
//! is decided in the domain.

use super::report::optional_id;
use super::status::Failure;
use super::{Services, caller, page};
use crate::app::AppError;
use crate::app::partner::{Partner, Release};
use crate::domain::ids::{CampaignId, RunId};
use crate::domain::lang::Lang;
use crate::domain::time::{Instant, date_from_days};
use crate::pb;
use crate::pb::partner_service_server::PartnerService;
use crate::trace;
use crate::wire::partner::{Run, element_definition, published_run, published_standing};
use crate::wire::values;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

/// Runs read at once.
const AT_ONCE: i64 = 16;
/// How often an idle follower's key is looked at.
const IDLE: Duration = Duration::from_secs(30);

type Answer = Result<pb::FollowRunsResponse, Status>;

#[tonic::async_trait]
impl PartnerService for Services {
    type FollowRunsStream = ReceiverStream<Answer>;

    async fn follow_runs(
        &self,
        request: Request<pb::FollowRunsRequest>,
    ) -> Result<Response<Self::FollowRunsStream>, Status> {
        let lang = caller::lang(request.metadata());
        let follower = self.follower(request).await.map_err(|failure| failure.status(lang))?;
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(trace::along(async move {
            if let Err(failure) = follower.drive(&sender).await {
                let _ = sender.send(Err(failure.status(lang))).await;
            }
        }));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn get_run(&self, request: Request<pb::GetRunRequest>) -> Result<Response<pb::GetRunResponse>, Status> {
        read(self, request, Self::published).await
    }

    async fn list_run_standings(
        &self,
        request: Request<pb::ListRunStandingsRequest>,
    ) -> Result<Response<pb::ListRunStandingsResponse>, Status> {
        read(self, request, Self::run_standings).await
    }
}

/// A unary call by a partner.
async fn read<M: Send + 'static, R: Send + 'static>(
    services: &Services,
    request: Request<M>,
    method: fn(&Services, &Partner, M) -> Result<R, Failure>,
) -> Result<Response<R>, Status> {
    let lang: Lang = caller::lang(request.metadata());
    let (metadata, extensions, message) = request.into_parts();
    let answer = async {
        let partner = caller::partner(services, &metadata, &extensions).await?;
        let own = services.clone();
        services.door.run(move || method(&own, &partner, message)).await
    };
    answer.await.map(Response::new).map_err(|failure| failure.status(lang))
}

impl Services {
    fn published(&self, who: &Partner, message: pb::GetRunRequest) -> Result<pb::GetRunResponse, Failure> {
        let pb::GetRunRequest { run_id } = message;
        let id = values::id(&run_id, RunId::from_slice)?;
        let Release { run, lines: _, campaign, reference, definition_version } = self.app.released_run(who, id)?;
        let counted: BTreeSet<_> = campaign.targets.iter().flat_map(|target| target.formula.elements()).collect();
        let elements = counted.iter().filter_map(|code| reference.catalogue.element(code));
        let targets = campaign.targets.iter().map(|target| pb::TargetDefinition {
            code: target.code.clone(),
            text_vi: target.text_vi.clone(),
            text_en: target.text_en.clone(),
            formula: target.formula.to_string(),
        });
        Ok(pb::GetRunResponse {
            run: Some(run_message(&run, &campaign.code)),
            definition_version,
            targets: targets.collect(),
            elements: elements.map(element_definition).collect(),
        })
    }

    fn run_standings(
        &self,
        who: &Partner,
        message: pb::ListRunStandingsRequest,
    ) -> Result<pb::ListRunStandingsResponse, Failure> {
        let pb::ListRunStandingsRequest { run_id, page_size, page_token } = message;
        let size = page::size(page_size, 100, 500)?;
        let skip = page::read_offset(&page_token, &run_id)?;
        let release = self.app.release(who, values::id(&run_id, RunId::from_slice)?)?;
        if skip == 0 {
            self.app.note_release(who)?;
        }
        let day = date_from_days(release.run.day);
        let org = &release.reference.org;
        let named = |unit| {
            let code = org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
            (code, org.name_near(unit, day).to_owned())
        };
        let standings = release.lines.iter().skip(skip).take(size);
        Ok(pb::ListRunStandingsResponse {
            standings: standings.map(|line| published_standing(named(line.unit), line)).collect(),
            next_page_token: page::next(skip + size, release.lines.len(), &run_id),
        })
    }

    async fn follower(&self, request: Request<pb::FollowRunsRequest>) -> Result<Follower, Failure> {
        let (metadata, extensions, message) = request.into_parts();
        let pb::FollowRunsRequest { cursor, campaign_id, once } = message;
        let after = optional_id(&cursor, RunId::from_slice)?;
        let campaign = optional_id(&campaign_id, CampaignId::from_slice)?;
        let partner = caller::partner(self, &metadata, &extensions).await?;
        let follower = Follower { services: self.clone(), partner, after, campaign, once };
        // What is refused is refused at once, and not inside the stream.
        follower.runs(1).await?;
        Ok(follower)
    }
}

/// A partner who waits for runs.
struct Follower {
    services: Services,
    partner: Partner,
    after: Option<RunId>,
    campaign: Option<CampaignId>,
    once: bool,
}

impl Follower {
    async fn runs(&self, limit: i64) -> Result<crate::app::partner::Runs, Failure> {
        let (app, partner) = (self.services.app.clone(), self.partner.clone());
        let (after, campaign) = (self.after, self.campaign);
        self.services.door.run(move || Ok(app.runs_after(&partner, after, campaign, limit)?)).await
    }

    async fn drive(mut self, sender: &mpsc::Sender<Answer>) -> Result<(), Failure> {
        let mut head = self.services.head.clone();
        let mut closing = self.services.closing.clone();
        loop {
            let generation = head.borrow_and_update().auth_generation;
            self.look_again(generation).await?;
            if !self.tell(sender).await? || self.once {
                return Ok(());
            }
            tokio::select! {
                changed = head.changed() => if changed.is_err() { return Ok(()) },
                () = sender.closed() => return Ok(()),
                _ = async { closing.wait_for(|closing| *closing).await.is_ok() } => return Ok(()),
                () = tokio::time::sleep(IDLE) => {}
            }
        }
    }

    /// Fails once the key or the device opens nothing any more.
    async fn look_again(&mut self, generation: i64) -> Result<(), Failure> {
        let (app, partner) = (self.services.app.clone(), self.partner.clone());
        if partner.ends <= app.now() {
            return Err(Failure::App(AppError::Unauthenticated));
        }
        if generation > partner.generation {
            self.partner = self.services.door.run(move || Ok(app.partner_again(&partner)?)).await?;
        }
        Ok(())
    }

    /// Tells every run that there is; false when the caller is gone.
    async fn tell(&mut self, sender: &mpsc::Sender<Answer>) -> Result<bool, Failure> {
        loop {
            let found = self.runs(AT_ONCE).await?;
            let more = found.runs.len() as i64 == AT_ONCE;
            for (run, code) in found.runs {
                let cursor = run.id.clone();
                self.after = Some(values::id(&cursor, RunId::from_slice)?);
                let run = Some(run_message(&run, &code));
                let told = pb::FollowRunsResponse { run, cursor, restarted: found.restarted };
                if sender.send(Ok(told)).await.is_err() {
                    return Ok(false);
                }
            }
            if !more {
                return Ok(true);
            }
        }
    }
}

fn run_message(run: &crate::app::partner::Manifest, campaign_code: &str) -> pb::PublishedRun {
    published_run(&Run {
        id: &run.id,
        campaign: (&run.campaign, campaign_code),
        number: run.number,
        at: Instant(run.at),
        day: run.day,
        cut: run.cut,
        code: &run.code,
        digests: (&run.input_digest, &run.output_digest),
    })
}
