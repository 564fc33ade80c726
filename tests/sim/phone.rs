//! A simulated phone: the real engine with a database file, a clock of its own, and what its user
//! has typed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thidua::client::facade::{CommandKind, Phone};
use thidua::clock::Clock;
use thidua::domain::report::command::Verdict;
use thidua::domain::support::ids::{AccountId, DeviceId};

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
    pub(crate) fn open(name: &str, dir: &Path, clock: Clock) -> Self {
        let path = dir.join(format!("{name}.db"));
        Self {
            name: name.to_owned(),
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

    /// Kills the app without a clean shutdown, and opens it again.
    pub(crate) fn restart(&mut self) {
        self.app = None;
        self.app = Some(Phone::open_with_clock(&self.path, self.clock.clone()).unwrap());
    }

    /// A copy of its database, as a phone backup would make.
    pub(crate) fn copy(&mut self, name: &str, dir: &Path) -> Self {
        self.copied = true;
        let mut copy = Self {
            name: name.to_owned(),
            path: dir.join(format!("{name}.db")),
            clock: self.clock.clone(),
            app: None,
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
        copy.restart();
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
