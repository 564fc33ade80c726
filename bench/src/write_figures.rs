//! The figures of one case of the write load, as a line of a table.

use serde::Serialize;

/// Rate and CPU of some of the reports of a load.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct StretchFigures {
    pub(crate) reports_per_second: f64,
    /// CPU milliseconds of all server processes for a report.
    pub(crate) server_cpu_millis: f64,
    /// CPU milliseconds of all of PostgreSQL's processes for a report; 0 for SQLite, whose work is
    /// the server's.
    pub(crate) database_cpu_millis: f64,
}

impl StretchFigures {
    fn cpu_millis(&self) -> f64 {
        self.server_cpu_millis + self.database_cpu_millis
    }
}

/// What [`LoadMeter`](crate::load_meter::LoadMeter) measures.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LoadFigures {
    pub(crate) reports: usize,
    pub(crate) whole: StretchFigures,
    /// The first 2,000 reports; fewer in a small load.
    pub(crate) first: StretchFigures,
    /// The last 2,000 reports.
    pub(crate) last: StretchFigures,
    /// Milliseconds of a call.
    pub(crate) p50_millis: f64,
    pub(crate) p99_millis: f64,
    pub(crate) max_millis: f64,
    /// CPU milliseconds of this bench for a report.
    pub(crate) client_cpu_millis: f64,
    /// The largest resident memory of a server process, in MiB.
    pub(crate) peak_mib: f64,
    /// Bytes for a report on the wire, with TLS and HTTP/2, without the handshake.
    pub(crate) sent_bytes: f64,
    pub(crate) received_bytes: f64,
    /// CPU share of processes that are not part of the measurement, in percent.
    pub(crate) other_load_percent: f64,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct WriteFigures {
    /// Path of the measured binary, or the name of a peer.
    pub(crate) product: String,
    pub(crate) database: &'static str,
    pub(crate) nodes: usize,
    pub(crate) clients: usize,
    pub(crate) reports_per_call: usize,
    #[serde(flatten)]
    pub(crate) load: LoadFigures,
    /// Growth of the database for a report after a checkpoint.
    pub(crate) stored_bytes: f64,
    /// Milliseconds for a report in which a session of PostgreSQL waits for a lock.
    pub(crate) lock_wait_millis: Option<f64>,
    /// The same for the log to be written and synced.
    pub(crate) log_wait_millis: Option<f64>,
}

/// Header of the table; CPU is in milliseconds for a report, of the server and of PostgreSQL.
pub(crate) const WRITE_TABLE_HEADER: &str = "database   nodes clients x reports |    rate/s |  p50   p99   max ms | CPU: server  database       all | first 2,000: rate, CPU | last 2,000: rate, CPU | peak MiB | sent, received, stored B | waits ms: lock   log | foreign | product";

impl WriteFigures {
    /// One line under [`WRITE_TABLE_HEADER`].
    #[must_use]
    pub(crate) fn to_table_line(&self) -> String {
        let Self { database, nodes, clients, reports_per_call, load: measured, .. } = self;
        let LoadFigures { whole, first, last, .. } = measured;
        let load = format!("{clients} x {reports_per_call}");
        let wait = |value: Option<f64>| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
        };
        format!(
            "{database:<10} {nodes:>5} {load:>17} | {:>9.0} | {:>4.0} {:>5.0} {:>8.0} | {:>11.3} {:>9.3} {:>9.3} | {:>14.0} {:>7.3} | {:>13.0} {:>7.3} | {:>8.0} | {:>6.0} {:>8.0} {:>8.0} | {:>14} {:>5} | {:>5.0} % | {}",
            whole.reports_per_second,
            measured.p50_millis,
            measured.p99_millis,
            measured.max_millis,
            whole.server_cpu_millis,
            whole.database_cpu_millis,
            whole.cpu_millis(),
            first.reports_per_second,
            first.cpu_millis(),
            last.reports_per_second,
            last.cpu_millis(),
            measured.peak_mib,
            measured.sent_bytes,
            measured.received_bytes,
            self.stored_bytes,
            wait(self.lock_wait_millis),
            wait(self.log_wait_millis),
            measured.other_load_percent,
            self.product,
        )
    }

    /// Rate and CPU of this case over those of the same case on one node.
    #[must_use]
    pub(crate) fn compare_with(&self, one_node: &Self) -> String {
        format!(
            "           {} nodes against {}: rate {:.2}, CPU {:.2}",
            self.nodes,
            one_node.nodes,
            self.load.whole.reports_per_second / one_node.load.whole.reports_per_second,
            self.load.whole.cpu_millis() / one_node.load.whole.cpu_millis()
        )
    }
}
