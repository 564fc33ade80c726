//! The exported class.

use crate::views;
use serde_json::{Value, json};
use std::path::Path;
use thidua::client::facade::{CallNext, CallStatus, ClientError, Phone, ReportKeyView};
use thidua::clock::{Clock, PlatformClock};
use thidua::domain::support::time::Timestamp;
use thidua::i18n::Lang;
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
    pub(crate) lang: Lang,
}

pub(crate) type Answer<T> = Result<T, JsValue>;

impl Engine {
    pub(crate) fn told<T>(&self, result: Result<T, ClientError>) -> Answer<T> {
        result.map_err(|error| JsValue::from_str(&views::error(&error, self.lang).to_string()))
    }

    fn json<T>(&self, result: Result<T, ClientError>, view: impl Fn(T) -> Value) -> Answer<String> {
        Ok(view(self.told(result)?).to_string())
    }
}

fn key(text: &str) -> Answer<ReportKeyView> {
    let value: Option<Value> = serde_json::from_str(text).ok();
    value.as_ref().and_then(views::read_key).ok_or_else(|| JsValue::from_str("key"))
}

#[wasm_bindgen]
impl Engine {
    /// Opens the replica in this file; `lang` is `vi` or `en`.
    #[wasm_bindgen(constructor)]
    pub fn open(file: &str, lang: &str) -> Answer<Engine> {
        let lang = Lang::parse(lang).unwrap_or(Lang::VI);
        let opened = Phone::open_with_clock(Path::new(file), browser_clock());
        let phone =
            opened.map_err(|error| JsValue::from_str(&views::error(&error, lang).to_string()))?;
        Ok(Self { phone, lang })
    }

    pub fn enrol_response(&self, answer: Vec<u8>) -> Answer<()> {
        self.told(self.phone.handle_enrol_response(answer))
    }

    /// The error of an enrolment that ended with a status.
    pub fn enrol_failure(&self, code: i32, text: String, details: Vec<u8>) -> String {
        let error = self.phone.explain_enrol_failure(CallStatus { code, text, details });
        views::error(&error, self.lang).to_string()
    }

    pub fn token(&self) -> Answer<String> {
        self.json(
            self.phone.access_token(),
            |token| json!({ "token": token.token, "isExpired": token.is_expired }),
        )
    }

    pub fn begin_renewal_request(&self) -> Answer<Vec<u8>> {
        self.told(self.phone.build_begin_renewal_request())
    }

    pub fn renew_response(&self, answer: Vec<u8>) -> Answer<()> {
        self.told(self.phone.handle_renew_response(answer))
    }

    pub fn renewal_failure(&self, code: i32, text: String, details: Vec<u8>) -> Answer<String> {
        let status = CallStatus { code, text, details };
        self.json(self.phone.end_renewal_with_status(status), next_json)
    }

    pub fn sync_request(&self, follow: bool) -> Answer<Vec<u8>> {
        self.told(self.phone.build_sync_request(follow))
    }

    pub fn sync_frame(&self, frame: Vec<u8>) -> Answer<()> {
        self.told(self.phone.handle_sync_frame(frame))
    }

    /// Ends a call with the status of its stream; gives what to do next.
    pub fn sync_end(&self, code: i32, text: String, details: Vec<u8>) -> Answer<String> {
        let status = CallStatus { code, text, details };
        self.json(self.phone.end_sync_call_with_status(status), next_json)
    }

    /// Who is enrolled here; `null`: nobody.
    pub fn session(&self) -> Answer<String> {
        self.json(self.phone.session(), |session| {
            session.as_ref().map_or(Value::Null, views::session)
        })
    }

    /// Today by the server's time, the lease, the outbox, refused commands.
    pub fn state(&self) -> Answer<String> {
        let clock = self.told(self.phone.clock())?;
        let lease = self.told(self.phone.lease())?;
        let outbox = self.told(self.phone.outbox_status())?;
        let diverged = self.told(self.phone.diverged_scope_count())?;
        Ok(views::state(&clock, lease.as_ref(), &outbox, diverged).to_string())
    }

    pub fn due_reports(&self, from_day: i32, to_day: i32) -> Answer<String> {
        let lang = self.lang;
        self.json(self.phone.due_reports(from_day, to_day), |due| {
            due.iter().map(|one| views::due_report(one, lang)).collect()
        })
    }

    /// A report, or its blank form.
    pub fn report(&self, key_json: &str) -> Answer<String> {
        let key = key(key_json)?;
        let id = self.phone.report_id(key.clone());
        let stored = self.told(self.phone.report(id))?;
        let report = match stored {
            Some(report) => report,
            None => self.told(self.phone.blank_report(key.clone()))?,
        };
        let carried = self.told(self.phone.carried_words(key))?;
        Ok(views::report(&report, &carried, self.lang).to_string())
    }

    /// Saves cells, `[{"element": .., "value": ..}]`, and the note; gives the command's number.
    pub fn save(&self, key_json: &str, cells_json: &str, note: Option<String>) -> Answer<String> {
        let cells = serde_json::from_str(cells_json).ok();
        let entries = cells.as_ref().and_then(views::read_entries);
        let entries = entries.ok_or_else(|| JsValue::from_str("cells"))?;
        self.json(self.phone.save_cells(key(key_json)?, entries, note), |number| json!(number))
    }

    /// Says that nothing occurred; stocks keep the figures of the last period where `carried`.
    pub fn save_nil(&self, key_json: &str, carried: bool) -> Answer<String> {
        let key = key(key_json)?;
        let saved =
            if carried { self.phone.save_nil_carried(key) } else { self.phone.save_nil(key) };
        self.json(saved, |number| json!(number))
    }

    pub fn submit(&self, report_id: String) -> Answer<String> {
        self.json(self.phone.submit_report(report_id), |number| json!(number))
    }

    pub fn refused_commands(&self) -> Answer<String> {
        let lang = self.lang;
        self.json(self.phone.refused_commands(), |all| {
            all.iter().map(|one| views::refused(one, lang)).collect()
        })
    }

    pub fn discard_refused(&self, number: u64) -> Answer<bool> {
        self.told(self.phone.discard_refused(number))
    }

    /// Every stored record as `[kind, id, revision, bytes]`, to compare two copies.
    pub fn all_records(&self) -> Answer<String> {
        self.json(self.phone.all_records(), |all| all.iter().map(views::record).collect())
    }

    /// Deletes everything, also unsent commands.
    pub fn erase(&self) -> Answer<()> {
        self.told(self.phone.erase_local_data())
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
