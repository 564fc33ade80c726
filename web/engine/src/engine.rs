//! The exported class.

use crate::operations::{self, Failure};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::Path;
use thidua::client::facade::{CallNext, CallStatus, ClientError, FindingState, Phone};
use thidua::clock::{Clock, PlatformClock};
use thidua::domain::support::time::Timestamp;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console, js_name = error)]
    fn log_error(text: &str);

    /// Milliseconds since the worker started.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Panics go to the console, never in silence.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|info| log_error(&info.to_string())));
}

fn browser_clock() -> Clock {
    Clock::Platform(PlatformClock {
        now: || Timestamp((js_sys::Date::now() * 1000.0) as i64),
        uptime_micros: || Some((performance_now() * 1000.0) as i64),
    })
}

/// One enrolment in this browser.
#[wasm_bindgen]
pub struct Engine {
    pub(crate) phone: Phone,
}

pub(crate) type Answer<T> = Result<T, JsValue>;

pub(crate) fn thrown(value: &impl Serialize) -> JsValue {
    let text = serde_json::to_string(value);
    JsValue::from_str(&text.unwrap_or_else(|error| error.to_string()))
}

pub(crate) fn told<T>(result: Result<T, ClientError>) -> Answer<T> {
    result.map_err(|error| thrown(&error))
}

#[wasm_bindgen]
impl Engine {
    /// Opens the replica in this file.
    #[wasm_bindgen(constructor)]
    pub fn open(file: &str) -> Answer<Engine> {
        let phone = told(Phone::open_with_clock(Path::new(file), browser_clock()))?;
        Ok(Self { phone })
    }

    /// Answers an operation by its name; the arguments are a JSON list, the answer is JSON.
    pub fn perform(&self, name: &str, arguments: &str) -> Answer<String> {
        match operations::perform(&self.phone, name, arguments) {
            Ok(value) => Ok(value.to_string()),
            Err(Failure::Engine(error)) => Err(thrown(&error)),
            Err(Failure::Page(text)) => Err(JsValue::from_str(&text)),
        }
    }

    pub fn enrol_response(&self, answer: Vec<u8>) -> Answer<()> {
        told(self.phone.handle_enrol_response(answer))
    }

    /// The error of an enrolment that ended with a status.
    pub fn enrol_failure(&self, code: i32, text: String, details: Vec<u8>) -> JsValue {
        thrown(&self.phone.explain_enrol_failure(CallStatus { code, text, details }))
    }

    /// The present token. Whether it has ended is for the server to say: the clock of this device
    /// may be wrong.
    pub fn token(&self) -> Answer<String> {
        Ok(told(self.phone.access_token())?.token)
    }

    pub fn begin_renewal_request(&self) -> Answer<Vec<u8>> {
        told(self.phone.build_begin_renewal_request())
    }

    pub fn renew_response(&self, answer: Vec<u8>) -> Answer<()> {
        told(self.phone.handle_renew_response(answer))
    }

    pub fn renewal_failure(&self, code: i32, text: String, details: Vec<u8>) -> Answer<String> {
        let status = CallStatus { code, text, details };
        Ok(next_json(told(self.phone.end_renewal_with_status(status))?).to_string())
    }

    pub fn sync_request(&self, follow: bool) -> Answer<Vec<u8>> {
        told(self.phone.build_sync_request(follow))
    }

    pub fn sync_frame(&self, frame: Vec<u8>) -> Answer<()> {
        told(self.phone.handle_sync_frame(frame))
    }

    /// Whether a call that follows should be ended now, because another one has something to do.
    pub fn needs_another_call(&self) -> Answer<bool> {
        told(self.phone.needs_another_call())
    }

    /// Ends a call with the status of its stream; gives what to do next.
    pub fn sync_end(&self, code: i32, text: String, details: Vec<u8>) -> Answer<String> {
        let status = CallStatus { code, text, details };
        Ok(next_json(told(self.phone.end_sync_call_with_status(status))?).to_string())
    }

    /// The reply to a question about figures: the bytes of a `ReplyFindingRequest`.
    pub fn finding_reply(&self, finding: String, state: &str, text: String) -> Answer<Vec<u8>> {
        let state = FindingState::parse(state).ok_or_else(|| JsValue::from_str("state"))?;
        told(self.phone.build_finding_reply(finding, state, text))
    }

    /// The error of a reply that ended with a status.
    pub fn reply_failure(&self, code: i32, text: String, details: Vec<u8>) -> JsValue {
        thrown(&self.phone.explain_reply_failure(CallStatus { code, text, details }))
    }
}

fn next_json(next: CallNext) -> Value {
    match next {
        CallNext::Done => json!({ "next": "done" }),
        CallNext::CallAgain => json!({ "next": "again" }),
        CallNext::Wait { after_ms } => json!({ "next": "wait", "afterMs": after_ms }),
        CallNext::RenewToken => json!({ "next": "renew" }),
        CallNext::TryNextServer => json!({ "next": "other" }),
    }
}
