//! Pulling everything to a decoding client, against the very same frames served from memory by a service that does nothing else.
//!
//! The bare service stands behind the same accept loop and TLS.

use super::caller::owed;
use super::rig::{Rig, connect, runtime};
use super::table::{Measure, Row};
use super::{Plan, Result};
use crate::domain::org::UnitKind;
use crate::domain::permission::Role;
use crate::pb::sync_response::Frame;
use crate::pb::sync_service_client::SyncServiceClient;
use crate::pb::sync_service_server::{SyncService, SyncServiceServer};
use crate::pb::{SyncRequest, SyncResponse};
use std::sync::Arc;
use std::time::Instant;
use tonic::service::Routes;
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};

/// Serves what it was given.
struct Canned(Arc<[SyncResponse]>);

#[tonic::async_trait]
impl SyncService for Canned {
    type SyncStream = tokio_stream::Iter<std::vec::IntoIter<std::result::Result<SyncResponse, Status>>>;

    async fn sync(&self, _: Request<SyncRequest>) -> std::result::Result<Response<Self::SyncStream>, Status> {
        let frames: Vec<_> = self.0.iter().cloned().map(Ok).collect();
        Ok(Response::new(tokio_stream::iter(frames)))
    }
}

/// Reads a stream to its end; the rows in it.
async fn drain(mut stream: Streaming<SyncResponse>, mut keep: impl FnMut(SyncResponse)) -> Result<usize> {
    let mut rows = 0;
    while let Some(message) = stream.message().await? {
        if let Some(Frame::Rows(batch)) = &message.frame {
            rows += batch.rows.len();
        }
        keep(message);
    }
    Ok(rows)
}

async fn bare(channel: Channel) -> Result<usize> {
    let mut client = SyncServiceClient::new(channel).max_decoding_message_size(16 << 20);
    drain(client.sync(SyncRequest::default()).await?.into_inner(), drop).await
}

/// Every commune's reports until today, sent.
async fn fill(rig: &Rig) -> Result<()> {
    let today = rig.app.now().local_date();
    let reference = rig.app.store().read(|tx| rig.app.reference(tx))?;
    let channel = connect(&rig.files, rig.port).await?;
    for uid in rig.uids(UnitKind::Commune)? {
        let mut caller = rig.caller(channel.clone(), &uid, Role::Reporter).await?;
        let (keys, elements) = owed(&reference, caller.unit, today)?;
        for keys in keys.chunks(50) {
            let commands = keys.iter().flat_map(|key| caller.report(key, &elements)).collect();
            caller.sync(commands).await?;
        }
    }
    Ok(())
}

/// The province's reviewer pulls everything there is, from nothing.
pub(super) fn run(plan: &Plan) -> Result<Vec<Row>> {
    let rig = Rig::start()?;
    let client = runtime()?;
    let (frames, reviewer) = client.block_on(async {
        fill(&rig).await?;
        let province = rig.uids(UnitKind::Province)?.into_iter().next().ok_or("no province")?;
        let reviewer = rig.caller(connect(&rig.files, rig.port).await?, &province, Role::Reviewer).await?;
        let mut frames = Vec::new();
        drain(reviewer.stream(Vec::new(), false).await?, |frame| frames.push(frame)).await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((frames, reviewer))
    })?;
    let port = rig.beside(Routes::new(SyncServiceServer::new(Canned(frames.into()))))?;
    client.block_on(async {
        let channel = connect(&rig.files, port).await?;
        let (mut product, mut ceiling) = (Vec::new(), Vec::new());
        for _ in 0..plan.rounds {
            let began = Instant::now();
            let rows = drain(reviewer.stream(Vec::new(), false).await?, drop).await?;
            product.push(rows as f64 / began.elapsed().as_secs_f64());
            let began = Instant::now();
            let rows = bare(channel.clone()).await?;
            ceiling.push(rows as f64 / began.elapsed().as_secs_f64());
        }
        let row = Row::against("pull, everything", "rows/s", Measure::of(product), Measure::of(ceiling), ">= 0.7");
        Ok(vec![row])
    })
}
