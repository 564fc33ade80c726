//! A full pull to a decoding client, against the same frames served from memory by a minimal
//! service with the same accept loop and TLS.

use crate::Result;
use crate::bench_row::{BenchMeasure, BenchRow};
use crate::cases::BenchPlan;
use crate::device::find_expected_reports;
use crate::fixture::{BenchFixture, connect, new_runtime};
use std::sync::Arc;
use std::time::Instant;
use thidua::bench_api::pb::{
    SyncRequest, SyncResponse, sync_response::Frame, sync_service_client::SyncServiceClient,
    sync_service_server::SyncService, sync_service_server::SyncServiceServer,
};
use thidua::bench_api::{Role, UnitKind};
use tonic::service::Routes;
use tonic::transport::Channel;
use tonic::{Request, Response, Status, Streaming};

/// Serves prepared frames.
struct CannedSyncService(Arc<[SyncResponse]>);

#[tonic::async_trait]
impl SyncService for CannedSyncService {
    type SyncStream =
        tokio_stream::Iter<std::vec::IntoIter<std::result::Result<SyncResponse, Status>>>;

    async fn sync(
        &self,
        _: Request<SyncRequest>,
    ) -> std::result::Result<Response<Self::SyncStream>, Status> {
        let frames: Vec<_> = self.0.iter().cloned().map(Ok).collect();
        Ok(Response::new(tokio_stream::iter(frames)))
    }
}

/// Reads a stream to its end; returns the number of rows.
async fn drain_stream(
    mut stream: Streaming<SyncResponse>,
    mut keep: impl FnMut(SyncResponse),
) -> Result<usize> {
    let mut rows = 0;
    while let Some(message) = stream.message().await? {
        if let Some(Frame::Rows(batch)) = &message.frame {
            rows += batch.rows.len();
        }
        keep(message);
    }
    Ok(rows)
}

async fn pull_from_memory(channel: Channel) -> Result<usize> {
    let mut client = SyncServiceClient::new(channel).max_decoding_message_size(16 << 20);
    drain_stream(client.sync(SyncRequest::default()).await?.into_inner(), drop).await
}

/// Sends every commune's reports until today.
async fn send_all_reports(fixture: &BenchFixture) -> Result<()> {
    let today = fixture.app.now().local_date();
    let reference = fixture.app.store().read(|tx| fixture.app.reference(tx))?;
    let channel = connect(&fixture.files, fixture.port).await?;
    for uid in fixture.unit_uids(UnitKind::Commune)? {
        let mut caller = fixture.enrol_device(channel.clone(), &uid, Role::Reporter).await?;
        let (keys, elements) = find_expected_reports(&reference, caller.unit, today)?;
        for keys in keys.chunks(50) {
            let commands =
                keys.iter().flat_map(|key| caller.encode_report(key, &elements)).collect();
            caller.sync(commands).await?;
        }
    }
    Ok(())
}

/// The province's reviewer pulls everything.
pub(crate) fn bench_pull(plan: &BenchPlan) -> Result<Vec<BenchRow>> {
    let fixture = BenchFixture::start()?;
    let client = new_runtime()?;
    let (frames, reviewer) = client.block_on(async {
        send_all_reports(&fixture).await?;
        let province =
            fixture.unit_uids(UnitKind::Province)?.into_iter().next().ok_or("no province")?;
        let reviewer = fixture
            .enrol_device(connect(&fixture.files, fixture.port).await?, &province, Role::Reviewer)
            .await?;
        let mut frames = Vec::new();
        drain_stream(reviewer.open_stream(Vec::new(), false).await?, |frame| frames.push(frame))
            .await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((frames, reviewer))
    })?;
    let port = fixture
        .spawn_service(Routes::new(SyncServiceServer::new(CannedSyncService(frames.into()))))?;
    client.block_on(async {
        let channel = connect(&fixture.files, port).await?;
        let (mut product, mut ceiling) = (Vec::new(), Vec::new());
        for _ in 0..plan.rounds {
            let began = Instant::now();
            let rows = drain_stream(reviewer.open_stream(Vec::new(), false).await?, drop).await?;
            product.push(rows as f64 / began.elapsed().as_secs_f64());
            let began = Instant::now();
            let rows = pull_from_memory(channel.clone()).await?;
            ceiling.push(rows as f64 / began.elapsed().as_secs_f64());
        }
        let row = BenchRow::with_ceiling(
            "pull, everything",
            "rows/s",
            BenchMeasure::from_runs(product),
            BenchMeasure::from_runs(ceiling),
            ">= 0.7",
        );
        Ok(vec![row])
    })
}
