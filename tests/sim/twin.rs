//! The twin of a simulated phone: the browser's engine, WebAssembly in a process of Node.js, with a
//! replica of its own. It is the same device: it has the same id, is told what the phone is told
//! and reads the same clock, so whatever it gives must equal what the phone gave, to the byte.
//!
//! ```text
//!  user, clock, frames --> phone (native)      --+
//!                      \-> twin (WebAssembly)  --+-- requests, views, errors, records: equal
//! ```
//!
//! A crash of the app kills the process: what the engine did not flush is lost.

#[path = "../../web/engine/src/views.rs"]
#[allow(dead_code, reason = "the binding shows more than a twin compares")]
mod views;

use prost::Message as _;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use thidua::client::facade::{
    CallFailure, CallNext, CallStatus, CellEntry, CellFigure, ClientError, Phone, RecordView,
    ReportKeyView, ReportStatus,
};
use thidua::clock::Clock;
use thidua::i18n::Lang;
use thidua::pb;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Names the directory of the browser's engine: its JavaScript and its module.
pub(crate) const PKG_ENV: &str = "THIDUA_WASM_PKG";
const LANG: Lang = Lang::VI;
const LANG_CODE: &str = "vi";

/// What the engine gave, or the error that it threw, as the binding shows them.
type Answer = Result<Value, Value>;

pub(crate) struct Twin {
    pkg: PathBuf,
    directory: PathBuf,
    clock: Clock,
    host: RefCell<Host>,
}

impl Twin {
    /// Opens an empty replica in `directory` with the engine in `pkg`.
    pub(crate) fn open(pkg: &Path, directory: PathBuf, clock: Clock) -> Self {
        std::fs::create_dir(&directory).unwrap();
        let host = RefCell::new(Host::start(pkg, &directory));
        let twin = Self { pkg: pkg.to_owned(), directory, clock, host };
        twin.open_replica();
        twin
    }

    fn open_replica(&self) {
        assert_eq!(self.ask("open", &json!([LANG_CODE])), Ok(Value::Null), "the twin opens");
    }

    /// Ends the engine, killed or closed, and opens the replica again.
    pub(crate) fn restart(&self, killed: bool) {
        if killed {
            self.host.borrow_mut().kill();
            *self.host.borrow_mut() = Host::start(&self.pkg, &self.directory);
        } else {
            assert_eq!(self.ask("close", &json!([])), Ok(Value::Null), "the twin closes");
        }
        self.open_replica();
    }

    fn ask(&self, name: &str, args: &Value) -> Answer {
        self.ask_with(name, args, &[])
    }

    fn ask_with(&self, name: &str, args: &Value, random: &[u8]) -> Answer {
        let millis = |micros: i64| {
            assert_eq!(micros % 1000, 0, "a browser's clock has whole milliseconds");
            micros / 1000
        };
        let (now, uptime) = (self.clock.now().0, self.clock.uptime_micros().unwrap());
        let call = json!({
            "now": millis(now),
            "uptime": millis(uptime),
            "name": name,
            "args": args,
            "random": encode(random),
        });
        self.host.borrow_mut().exchange(&call)
    }

    /// Asserts that the twin gives what the phone gave.
    fn expect<T>(
        &self,
        (name, args): (&str, Value),
        given: &Result<T, ClientError>,
        view: impl FnOnce(&T) -> Value,
    ) {
        assert_same(name, &self.ask(name, &args), &to_answer(given, view));
    }

    pub(crate) fn enrol(&self, invitation: &str, device: &[u8]) -> Vec<u8> {
        let request = self.ask_with("enrol_request", &json!([invitation]), device).unwrap();
        decode(&request)
    }

    /// A call without a result.
    pub(crate) fn takes(&self, name: &str, bytes: &[u8], given: &Result<(), ClientError>) {
        self.expect((name, json!([to_bytes(bytes)])), given, |()| Value::Null);
    }

    /// The twin's request, which is the phone's but for the compressions that it can read: the
    /// server answers it.
    pub(crate) fn sync_request(
        &self,
        given: Result<Vec<u8>, ClientError>,
    ) -> Result<Vec<u8>, ClientError> {
        let own = self.ask("sync_request", &json!([false]));
        let (Ok(own), Ok(request)) = (&own, &given) else {
            assert_same("sync_request", &own, &to_answer(&given, |bytes| to_bytes(bytes)));
            return given;
        };
        let own = decode(own);
        let decoded = pb::SyncRequest::decode(&*own).unwrap();
        let request = pb::SyncRequest::decode(&**request).unwrap();
        let accept_compressions = decoded.accept_compressions.clone();
        assert_eq!(decoded, pb::SyncRequest { accept_compressions, ..request }, "the request");
        Ok(own)
    }

    /// The end of a call; a delay is drawn, so it is not compared.
    pub(crate) fn sync_end(&self, status: &CallStatus, given: &Result<CallNext, ClientError>) {
        let CallStatus { code, text, details } = status;
        let answer = self.ask("sync_end", &json!([code, text, to_bytes(details)])).map(|next| {
            let next: Value = serde_json::from_str(next.as_str().unwrap()).unwrap();
            next["next"].clone()
        });
        assert_same("sync_end", &answer, &to_answer(given, |next| json!(next_name(*next))));
    }

    pub(crate) fn save(
        &self,
        key: &ReportKeyView,
        cells: &[CellEntry],
        given: &Result<Option<u64>, ClientError>,
    ) {
        let value =
            |cell: &CellEntry| json!({ "element": cell.element, "value": cell.value.map(figure) });
        let cells: Value = cells.iter().map(value).collect();
        let args = json!([views::key(key).to_string(), cells.to_string(), null]);
        self.expect(("save", args), given, |number| to_text(&json!(number)));
    }

    pub(crate) fn save_nil(
        &self,
        key: &ReportKeyView,
        carried: bool,
        given: &Result<Option<u64>, ClientError>,
    ) {
        let args = json!([views::key(key).to_string(), carried]);
        self.expect(("save_nil", args), given, |number| to_text(&json!(number)));
    }

    pub(crate) fn submit(&self, report: &str, given: &Result<u64, ClientError>) {
        self.expect(("submit", json!([report])), given, |number| to_text(&json!(number)));
    }

    pub(crate) fn discard_refused(&self, number: u64, given: &Result<bool, ClientError>) {
        let args = json!([{ "big": number.to_string() }]);
        self.expect(("discard_refused", args), given, |done| json!(done));
    }

    /// Compares what a user sees: session, state with the outbox, due reports, blank forms, the
    /// content of every report, refused commands. Gives the states of the reports.
    pub(crate) fn compare_views(&self, phone: &Phone, days: (i32, i32)) -> Vec<ReportStatus> {
        self.expect(("session", json!([])), &phone.session(), |session| {
            to_text(&session.as_ref().map_or(Value::Null, views::session))
        });
        self.expect(("state", json!([])), &state(phone), to_text);
        let due = phone.due_reports(days.0, days.1);
        self.expect(("due_reports", json!([days.0, days.1])), &due, |due| {
            to_text(&due.iter().map(|one| views::due_report(one, LANG)).collect())
        });
        let held = phone.reports().unwrap_or_default();
        let blank = due.into_iter().flatten().filter(|one| one.status == ReportStatus::Blank);
        let keys = held.iter().map(|one| one.key.clone()).chain(blank.map(|one| one.key));
        for key in keys {
            let args = json!([views::key(&key).to_string()]);
            self.expect(("report", args), &report(phone, key), to_text);
        }
        self.expect(("refused_commands", json!([])), &phone.refused_commands(), |refused| {
            to_text(&refused.iter().map(|one| views::refused(one, LANG)).collect())
        });
        held.iter().map(|one| one.status).collect()
    }

    /// Compares the replicas row by row.
    pub(crate) fn compare_records(&self, phone: &Phone) {
        let rows = |answer: Answer| -> Result<Vec<Value>, Value> {
            answer.map(|text| serde_json::from_str(text.as_str().unwrap()).unwrap())
        };
        let here = phone.all_records();
        let here = to_answer(&here, |all: &Vec<RecordView>| {
            to_text(&all.iter().map(views::record).collect())
        });
        let (twin, here) = (rows(self.ask("all_records", &json!([]))), rows(here));
        let (Ok(twin_rows), Ok(rows)) = (&twin, &here) else {
            return assert_eq!(twin, here, "the error of all_records");
        };
        assert_eq!(twin_rows.len(), rows.len(), "the twin has as many records");
        for (twin_row, row) in twin_rows.iter().zip(rows) {
            assert_eq!(twin_row, row, "a record of the twin: kind, id, revision, bytes");
        }
    }
}

/// The status with which a server tells this failure.
pub(crate) fn to_status(failure: Option<CallFailure>) -> CallStatus {
    let info = |reason: String| ErrorDetails::with_error_info(reason, "thidua", []);
    let (code, details) = match failure {
        None => (Code::Ok, ErrorDetails::new()),
        Some(CallFailure::Lost) => (Code::Unavailable, ErrorDetails::new()),
        Some(CallFailure::Busy { retry_after_ms }) => {
            let after = std::time::Duration::from_millis(retry_after_ms);
            (Code::ResourceExhausted, ErrorDetails::with_retry_info(Some(after)))
        }
        Some(CallFailure::Unauthenticated { reason }) => (Code::Unauthenticated, info(reason)),
        Some(CallFailure::Precondition { reason }) => (Code::FailedPrecondition, info(reason)),
        Some(other) => panic!("no call of a day ends so: {other:?}"),
    };
    let status = Status::with_error_details(code, "simulated", details);
    let (code, text) = (i32::from(status.code()), status.message().to_owned());
    CallStatus { code, text, details: status.details().to_vec() }
}

fn state(phone: &Phone) -> Result<Value, ClientError> {
    let (clock, lease) = (phone.clock()?, phone.lease()?);
    let (outbox, diverged) = (phone.outbox_status()?, phone.diverged_scope_count()?);
    Ok(views::state(&clock, lease.as_ref(), &outbox, diverged))
}

fn report(phone: &Phone, key: ReportKeyView) -> Result<Value, ClientError> {
    let report = match phone.report(phone.report_id(key.clone()))? {
        Some(report) => report,
        None => phone.blank_report(key.clone())?,
    };
    Ok(views::report(&report, &phone.carried_words(key)?, LANG))
}

/// A figure as the pages give it.
fn figure(value: CellFigure) -> Value {
    match value {
        CellFigure::Reported { value } => json!({ "kind": "reported", "figure": value }),
        CellFigure::Nil => json!({ "kind": "nil" }),
        CellFigure::MissingAwaitingSource => json!({ "kind": "awaiting" }),
        other => panic!("no user of a twin types {other:?}"),
    }
}

fn next_name(next: CallNext) -> &'static str {
    match next {
        CallNext::Done => "done",
        CallNext::CallAgain => "again",
        CallNext::Wait { .. } => "wait",
        CallNext::RenewToken => "renew",
        CallNext::TryNextServer => "other",
    }
}

fn to_answer<T>(given: &Result<T, ClientError>, view: impl FnOnce(&T) -> Value) -> Answer {
    match given {
        Ok(value) => Ok(view(value)),
        Err(error) => Err(to_text(&views::error(error, LANG))),
    }
}

fn to_text(value: &Value) -> Value {
    Value::String(value.to_string())
}

fn encode(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn to_bytes(bytes: &[u8]) -> Value {
    json!({ "base64": encode(bytes) })
}

fn decode(value: &Value) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(value["base64"].as_str().unwrap()).unwrap()
}

fn assert_same(name: &str, twin: &Answer, phone: &Answer) {
    assert!(twin == phone, "{name}\n   twin: {twin:?}\n  phone: {phone:?}");
}

/// The process; it ends with this value.
struct Host {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Host {
    fn start(pkg: &Path, directory: &Path) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sim/engine_host.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .args([pkg, directory])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node.js 20 runs the browser's engine: install it");
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, input, output }
    }

    fn exchange(&mut self, call: &Value) -> Answer {
        writeln!(self.input, "{call}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let mut answer: Value = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("the engine died at {}: {line:?}", call["name"]));
        match answer.get_mut("error") {
            Some(error) => Err(error.take()),
            None => Ok(answer["value"].take()),
        }
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.kill();
    }
}
