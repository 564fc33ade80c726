//! A simulated phone: the real engine with a database file, a clock of its own, and what its user
//! has typed. Where it has a twin, the browser's engine does the same and gives the same.

use crate::operations::{self, Failure};
use crate::twin::{self, Twin};
use prost::Message as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thidua::client::facade::{
    CallFailure, CallNext, ClientError, CommandKind, Phone, ReportStatus,
};
use thidua::clock::Clock;
use thidua::domain::report::command::Verdict;
use thidua::domain::support::ids::{AccountId, DeviceId};
use thidua::domain::support::time::days_from_date;
use thidua::pb;

/// What the pages show without an argument.
const VIEWS: [&str; 13] = [
    "session",
    "state",
    "names",
    "refused",
    "ownHeld",
    "findings",
    "standings",
    "reviewQueue",
    "conflicts",
    "proposals",
    "held",
    "campaigns",
    "participations",
];

/// Whether the phone works, or why it stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhoneState {
    Working,
    /// Revoked: its records are destroyed.
    Revoked,
    /// It found that a copy of it exists.
    Forked,
}

pub(crate) struct SimPhone {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) clock: Clock,
    app: Option<Phone>,
    twin: Option<Twin>,
    pub(crate) device: DeviceId,
    pub(crate) account: AccountId,
    pub(crate) state: PhoneState,
    /// Whether it is a copy or was copied.
    pub(crate) copied: bool,
    /// Numbers of commands with a verdict, with the hash of what was sent.
    pub(crate) verdicts: BTreeMap<u64, ([u8; 32], Verdict)>,
    /// Whether its user requested a full sync that has not ended yet.
    pub(crate) needs_full_sync: bool,
    /// Refusals that its user has handled.
    pub(crate) discarded: Vec<u64>,
}

impl SimPhone {
    /// `pkg`: the directory of the browser's engine, for a phone with a twin.
    pub(crate) fn open(name: &str, dir: &Path, clock: Clock, pkg: Option<&Path>) -> Self {
        let path = dir.join(format!("{name}.db"));
        let twin = pkg.map(|pkg| Twin::open(pkg, dir.join(format!("{name}.web")), clock.clone()));
        Self {
            name: name.to_owned(),
            twin,
            app: Some(Phone::open_with_clock(&path, clock.clone()).unwrap()),
            path,
            clock,
            device: DeviceId([0; 16]),
            account: AccountId([0; 16]),
            state: PhoneState::Working,
            copied: false,
            needs_full_sync: false,
            verdicts: BTreeMap::new(),
            discarded: Vec::new(),
        }
    }

    pub(crate) fn app(&self) -> &Phone {
        self.app.as_ref().unwrap()
    }

    /// Whether its lease has expired, so that it shows and accepts nothing.
    pub(crate) fn is_locked(&self) -> bool {
        self.app().lease().unwrap().is_some_and(|lease| lease.is_expired)
    }

    pub(crate) fn has_twin(&self) -> bool {
        self.twin.is_some()
    }

    /// Ends the app, killed or closed by its user, and opens it again.
    pub(crate) fn restart(&mut self, killed: bool) {
        self.app = None;
        self.app = Some(Phone::open_with_clock(&self.path, self.clock.clone()).unwrap());
        if let Some(twin) = &self.twin {
            twin.restart(killed);
        }
    }

    /// The bytes of an `EnrolRequest`.
    pub(crate) fn build_enrol_request(&self, invitation: &str) -> Vec<u8> {
        let request = self.app().build_enrol_request(invitation.to_owned()).unwrap();
        if let Some(twin) = &self.twin {
            let device = |bytes: &[u8]| pb::EnrolRequest::decode(bytes).unwrap().device_id;
            let own = twin.enrol(invitation, &device(&request));
            assert_eq!(device(&own), device(&request), "{}: the twin is this device", self.name);
        }
        request
    }

    pub(crate) fn handle_enrol_response(&self, answer: &[u8]) {
        let taken = self.app().handle_enrol_response(answer.to_owned());
        self.tell_twin(|twin| twin.takes("enrol_response", answer, &taken));
        taken.unwrap();
    }

    pub(crate) fn handle_renew_response(&self, answer: &[u8]) {
        let taken = self.app().handle_renew_response(answer.to_owned());
        self.tell_twin(|twin| twin.takes("renew_response", answer, &taken));
        taken.unwrap();
    }

    pub(crate) fn build_sync_request(&self) -> Result<Vec<u8>, ClientError> {
        let built = self.app().build_sync_request(false);
        match &self.twin {
            Some(twin) => twin.sync_request(built),
            None => built,
        }
    }

    pub(crate) fn handle_sync_frame(&self, frame: &[u8]) -> Result<(), ClientError> {
        let taken = self.app().handle_sync_frame(frame.to_owned());
        self.tell_twin(|twin| twin.takes("sync_frame", frame, &taken));
        taken
    }

    pub(crate) fn end_sync_call(
        &self,
        failure: Option<CallFailure>,
    ) -> Result<CallNext, ClientError> {
        let Some(twin) = &self.twin else { return self.app().end_sync_call(failure) };
        let status = twin::to_status(failure);
        let next = self.app().end_sync_call_with_status(status.clone());
        twin.sync_end(&status, &next);
        next
    }

    /// An operation of the pages, as its user does it: on the phone, and on its twin.
    pub(crate) fn perform(&self, name: &str, args: &Value) -> Result<Value, ClientError> {
        let given = match operations::perform(self.app(), name, &args.to_string()) {
            Ok(value) => Ok(value),
            Err(Failure::Engine(error)) => Err(error),
            Err(Failure::Page(text)) => panic!("{name} {args}: {text}"),
        };
        let random = if name == "comment" { self.newest_comment_id() } else { Vec::new() };
        self.tell_twin(|twin| twin.perform((name, args), &given, &random));
        given
    }

    /// The id of the comment that this phone made last; its twin draws the same one.
    fn newest_comment_id(&self) -> Vec<u8> {
        let reports = self.reports();
        let waiting =
            reports.iter().flat_map(|view| &view.comments).filter(|one| one.received_day.is_none());
        let newest = waiting.map(|one| one.comment_id.as_str()).max().unwrap_or_default();
        let digits: Vec<char> = newest.chars().filter(char::is_ascii_hexdigit).collect();
        let byte = |pair: &[char]| u8::from_str_radix(&String::from_iter(pair), 16).unwrap();
        digits.chunks(2).map(byte).collect()
    }

    /// Compares all that its user sees with what the twin's user sees, and with `records` both
    /// replicas row by row. Gives the states of the reports that were compared.
    pub(crate) fn compare_with_twin(&self, records: bool) -> Vec<ReportStatus> {
        if self.twin.is_none() {
            return Vec::new();
        }
        for view in VIEWS {
            let _ = self.perform(view, &json!([]));
        }
        let _ = self.perform("history", &json!([50]));
        let today = days_from_date(self.clock.now().local_date());
        let due = self.app().due_reports(today - 12, today + 1).unwrap_or_default();
        let _ = self.perform("due", &json!([today - 12, today + 1]));
        let held = self.reports();
        let blank = due.iter().filter(|one| one.status == ReportStatus::Blank);
        for key in held.iter().map(|one| &one.key).chain(blank.map(|one| &one.key)) {
            let _ = self.perform("form", &json!([key]));
        }
        if records {
            let _ = self.perform("records", &json!([]));
        }
        held.iter().map(|one| one.status).collect()
    }

    fn tell_twin(&self, tell: impl FnOnce(&Twin)) {
        if let Some(twin) = &self.twin {
            tell(twin);
        }
    }

    /// A copy of its database, as a phone backup would make.
    pub(crate) fn copy(&mut self, name: &str, dir: &Path) -> Self {
        self.copied = true;
        let mut copy = Self {
            name: name.to_owned(),
            path: dir.join(format!("{name}.db")),
            clock: self.clock.clone(),
            app: None,
            twin: None,
            copied: true,
            verdicts: self.verdicts.clone(),
            discarded: self.discarded.clone(),
            ..*self
        };
        for end in ["", "-wal"] {
            let from = PathBuf::from(format!("{}{end}", self.path.display()));
            if from.exists() {
                std::fs::copy(&from, format!("{}{end}", copy.path.display())).unwrap();
            }
        }
        copy.restart(true);
        copy
    }

    /// The reports that its user can select, oldest first.
    pub(crate) fn reports(&self) -> Vec<thidua::client::facade::ReportView> {
        self.app().reports().unwrap_or_default()
    }

    /// Checks the digest of a brief answer: a difference that a full answer does not find would
    /// cost a call, unnoticed.
    pub(crate) fn assert_state_agrees(&self) {
        let differed = self.app().has_state_differed().unwrap();
        assert!(!differed, "{}: the digest of a brief answer did not agree", self.name);
    }

    /// Numbers of commands that the outbox lists as refused.
    pub(crate) fn refused_commands(&self) -> Vec<(u64, CommandKind)> {
        self.app()
            .refused_commands()
            .unwrap_or_default()
            .into_iter()
            .map(|one| (one.number, one.kind))
            .collect()
    }
}
