//! Sends traces and metrics to an OpenTelemetry collector, over OTLP on gRPC: in batches, from its
//! own task, through a bounded queue.
//!
//! No call waits for the export. A span is dropped and counted if the queue is full, or if the
//! collector is unreachable or too slow.

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

/// Spans that wait to be sent; the default of OpenTelemetry.
const SPAN_QUEUE_CAPACITY: usize = 2048;
/// Time at shutdown for sending the remaining spans.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);

/// Settings of the export.
#[derive(Debug, Clone)]
pub struct OtlpSettings {
    /// The collector.
    pub collector: CollectorAddress,
    /// The CA of its certificate; `None` without TLS.
    pub ca: Option<PathBuf>,
    /// The name of this node; empty means a random one.
    pub node: String,
    /// One call in this many is traced, unless the caller has decided.
    pub sample_one_in: NonZeroU32,
    /// How long a span waits for a batch to fill.
    pub batch_delay: Duration,
    /// Timeout of one export call.
    pub export_timeout: Duration,
}

impl OtlpSettings {
    /// Traces every call, from a node without a name.
    #[must_use]
    pub fn new(collector: CollectorAddress) -> Self {
        let five_seconds = Duration::from_secs(5);
        Self {
            collector,
            ca: None,
            node: String::new(),
            sample_one_in: NonZeroU32::MIN,
            batch_delay: five_seconds,
            export_timeout: five_seconds,
        }
    }
}

/// A running exporter.
pub struct OtlpExporter {
    tracer: Tracer,
    shutdown: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Starts the exporter; must be called inside a runtime. The collector may be unreachable at first.
/// With `app`, the gauges of the database are exported too, as on `/metrics`.
pub fn start_exporter(settings: &OtlpSettings, app: Option<App>) -> Result<OtlpExporter, TlsError> {
    let (tracer, spans) = Tracer::new(settings.sample_one_in, SPAN_QUEUE_CAPACITY);
    let channel = settings.collector.open_channel(settings.ca.as_deref())?;
    let node = if settings.node.is_empty() { tracer.new_id() } else { settings.node.clone() };
    let (shutdown, shutdown_requested) = oneshot::channel();
    let timing = (settings.batch_delay, settings.export_timeout);
    let export = OtlpExportTask::new(channel, &node, timing, tracer.clone(), app);
    let task = tokio::spawn(export.run(spans, shutdown_requested));
    Ok(OtlpExporter { tracer, shutdown, task })
}

impl OtlpExporter {
    /// Returns the tracer that feeds this exporter.
    #[must_use]
    pub fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// Sends the remaining spans, for at most three seconds.
    pub async fn shutdown(mut self) {
        // Sending fails only if the task has already ended.
        let _ = self.shutdown.send(());
        if tokio::time::timeout(SHUTDOWN_GRACE, &mut self.task).await.is_err() {
            self.task.abort();
            tracing::warn!("the collector of traces did not take the last ones in time");
        }
    }
}
