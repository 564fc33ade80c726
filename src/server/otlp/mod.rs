//! Sends what was followed to a collector of OpenTelemetry, over OTLP on gRPC: in batches, from a task of its own, behind a queue with an end.
//!
//! No call ever waits for it. What finds the queue full, or a collector that is away or too slow, is dropped and counted. Knows no rpc.

mod message;
mod send;
mod target;

pub use target::{Collector, CollectorError};

use super::tls::TlsError;
use crate::app::App;
use crate::trace::Tracer;
use send::Sender;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Spans that wait to be sent; OpenTelemetry's own number.
const WAITING: usize = 2048;
/// Time that the end of a server grants to what still waits.
const FAREWELL: Duration = Duration::from_secs(3);

/// Where to, and how much.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The collector.
    pub collector: Collector,
    /// The CA that its certificate is from; none without TLS.
    pub ca: Option<PathBuf>,
    /// The name of this node; empty: a random one.
    pub node: String,
    /// One call in so many is followed, unless its caller decided.
    pub one_in: NonZeroU32,
    /// How long a span waits for others to be sent with.
    pub gather: Duration,
    /// How long the collector may take for a batch.
    pub patience: Duration,
}

impl Settings {
    /// Every call, to this collector, from a node without a name.
    #[must_use]
    pub fn of(collector: Collector) -> Self {
        let five = Duration::from_secs(5);
        Self { collector, ca: None, node: String::new(), one_in: NonZeroU32::MIN, gather: five, patience: five }
    }
}

/// The sending that was begun.
pub struct Telemetry {
    tracer: Tracer,
    end: oneshot::Sender<()>,
    sending: JoinHandle<()>,
}

/// Begins to send; must be called inside a runtime. The collector need not be there. With `app`, what `/metrics` tells of the history is told
/// too.
pub fn begin(settings: &Settings, app: Option<App>) -> Result<Telemetry, TlsError> {
    let (tracer, spans) = Tracer::new(settings.one_in, WAITING);
    let channel = settings.collector.channel(settings.ca.as_deref())?;
    let node = if settings.node.is_empty() { tracer.name() } else { settings.node.clone() };
    let (end, ended) = oneshot::channel();
    let pace = (settings.gather, settings.patience);
    let sender = Sender::new(channel, &node, pace, tracer.clone(), app);
    let sending = tokio::spawn(sender.run(spans, ended));
    Ok(Telemetry { tracer, end, sending })
}

impl Telemetry {
    /// Where spans go.
    #[must_use]
    pub fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// Sends what still waits, for three seconds at most.
    pub async fn end(mut self) {
        // Nobody listens only when the task is gone already.
        let _ = self.end.send(());
        if tokio::time::timeout(FAREWELL, &mut self.sending).await.is_err() {
            self.sending.abort();
            tracing::warn!("the collector of traces did not take the last ones in time");
        }
    }
}
