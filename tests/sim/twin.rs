//! The twin of a simulated phone: the browser's engine, WebAssembly in a process of Node.js, with a
//! replica of its own. It is the same device: it has the same id, is told what the phone is told
//! and reads the same clock, so whatever it gives must equal what the phone gave, to the byte.
//!
//! ```text
//!  acts, clock, frames --> phone (native)      --+
//!                      \-> twin (WebAssembly)  --+-- requests, views, errors, records: equal
//! ```
//!
//! A crash of the app kills the process: what the engine did not flush is lost.

use prost::Message as _;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use thidua::client::facade::{CallFailure, CallNext, CallStatus, ClientError};
use thidua::clock::Clock;
use thidua::pb;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Names the directory of the browser's engine: its JavaScript and its module.
pub(crate) const PKG_ENV: &str = "THIDUA_WASM_PKG";

/// What the engine gave, or the error that it threw.
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
        assert_eq!(self.ask("open", &json!([]), &[]), Ok(Value::Null), "the twin opens");
    }

    /// Ends the engine, killed or closed, and opens the replica again.
    pub(crate) fn restart(&self, killed: bool) {
        if killed {
            self.host.borrow_mut().kill();
            *self.host.borrow_mut() = Host::start(&self.pkg, &self.directory);
        } else {
            assert_eq!(self.ask("close", &json!([]), &[]), Ok(Value::Null), "the twin closes");
        }
        self.open_replica();
    }

    /// Calls a method of the engine; `random`: the first random bytes that it draws.
    fn ask(&self, name: &str, args: &Value, random: &[u8]) -> Answer {
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

    /// An operation of the pages, which must give what the phone gave; `random` as in `ask`.
    pub(crate) fn perform(
        &self,
        (name, args): (&str, &Value),
        given: &Result<Value, ClientError>,
        random: &[u8],
    ) {
        let own = self.ask("perform", &json!([name, args.to_string()]), random);
        assert_same(name, &own, &to_answer(given, to_text));
    }

    /// The twin's request for an enrolment; it takes the id of this device.
    pub(crate) fn enrol(&self, invitation: &str, device: &[u8]) -> Vec<u8> {
        decode(&self.ask("enrol", &json!([invitation]), device).unwrap())
    }

    /// A call without a result.
    pub(crate) fn takes(&self, name: &str, bytes: &[u8], given: &Result<(), ClientError>) {
        let own = self.ask(name, &json!([to_bytes(bytes)]), &[]);
        assert_same(name, &own, &to_answer(given, |()| Value::Null));
    }

    /// The twin's request, which is the phone's but for the compressions that it can read: the
    /// server answers it.
    pub(crate) fn sync_request(
        &self,
        given: Result<Vec<u8>, ClientError>,
    ) -> Result<Vec<u8>, ClientError> {
        let own = self.ask("sync_request", &json!([false]), &[]);
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
        let own = self.ask("sync_end", &json!([code, text, to_bytes(details)]), &[]).map(|next| {
            let next: Value = serde_json::from_str(next.as_str().unwrap()).unwrap();
            next["next"].clone()
        });
        assert_same("sync_end", &own, &to_answer(given, |next| json!(next_name(*next))));
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
        Err(error) => Err(json!(serde_json::to_string(error).unwrap())),
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

/// Fails with what stands around the first difference.
fn assert_same(name: &str, twin: &Answer, phone: &Answer) {
    if twin == phone {
        return;
    }
    let [twin, phone] = [twin, phone].map(|one| format!("{one:?}").into_bytes());
    let at = twin.iter().zip(&phone).take_while(|(twin, phone)| twin == phone).count();
    let around = |text: &[u8]| {
        let (from, to) = (at.saturating_sub(200), text.len().min(at + 200));
        String::from_utf8_lossy(&text[from..to]).into_owned()
    };
    panic!("{name}\n   twin: {}\n  phone: {}", around(&twin), around(&phone));
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
