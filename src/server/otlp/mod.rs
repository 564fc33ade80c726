//! Sends what was followed to a collector of OpenTelemetry, over OTLP on gRPC: in batches, from a task of its own, behind a queue with an end.
//!
//! No call ever waits for it. What finds the queue full, or a collector that is away or too slow, is dropped and counted. Knows no rpc.

mod collector;
mod export_task;
mod message;

pub use collector::{CollectorAddress, CollectorAddressError};

use super::tls::TlsError;
use crate::app::App;
use crate::trace::Tracer;
use export_task::OtlpExportTask;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Spans that wait to be sent; OpenTelemetry's own number.
const SPAN_QUEUE_CAPACITY: usize = 2048;
/// Time that the end of a server grants to what still waits.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);

/// Where to, and how much.
#[derive(Debug, Clone)]
pub struct OtlpSettings {
    /// The collector.
    pub collector: CollectorAddress,
    /// The CA that its certificate is from; none without TLS.
    pub ca: Option<PathBuf>,
    /// The name of this node; empty: a random one.
    pub node: String,
    /// One call in so many is followed, unless its caller decided.
    pub sample_one_in: NonZeroU32,
    /// How long a span waits for others to be sent with.
    pub batch_delay: Duration,
    /// How long the collector may take for a batch.
    pub export_timeout: Duration,
}

impl OtlpSettings {
    /// Every call, to this collector, from a node without a name.
    #[must_use]
    pub fn new(collector: CollectorAddress) -> Self {
        let five = Duration::from_secs(5);
        Self {
            collector,
            ca: None,
            node: String::new(),
            sample_one_in: NonZeroU32::MIN,
            batch_delay: five,
            export_timeout: five,
        }
    }
}

/// The sending that was begun.
pub struct OtlpExporter {
    tracer: Tracer,
    shutdown: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Begins to send; must be called inside a runtime. The collector need not be there. With `app`, what `/metrics` tells of the history is told
/// too.
pub fn start_exporter(settings: &OtlpSettings, app: Option<App>) -> Result<OtlpExporter, TlsError> {
    let (tracer, spans) = Tracer::new(settings.sample_one_in, SPAN_QUEUE_CAPACITY);
    let channel = settings.collector.open_channel(settings.ca.as_deref())?;
    let node = if settings.node.is_empty() { tracer.new_id() } else { settings.node.clone() };
    let (end, ended) = oneshot::channel();
    let pace = (settings.batch_delay, settings.export_timeout);
    let sender = OtlpExportTask::new(channel, &node, pace, tracer.clone(), app);
    let sending = tokio::spawn(sender.run(spans, ended));
    Ok(OtlpExporter { tracer, shutdown: end, task: sending })
}

impl OtlpExporter {
    /// Where spans go.
    #[must_use]
    pub fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// Sends what still waits, for three seconds at most.
    pub async fn shutdown(mut self) {
        // Nobody listens only when the task is gone already.
        let _ = self.shutdown.send(());
        if tokio::time::timeout(SHUTDOWN_GRACE, &mut self.task).await.is_err() {
            self.task.abort();
            tracing::warn!("the collector of traces did not take the last ones in time");
        }
    }
}
