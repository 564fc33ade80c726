//! A phone of the simulation: the real engine on a real file, with a clock of its own, and what its person has typed.
//!
//! Knows no server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use thidua::client::facade::{CommandKind, Phone};
use thidua::clock::Clock;
use thidua::domain::command::Verdict;
use thidua::domain::ids::{AccountId, DeviceId};

/// How it ended, if it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhoneState {
    Working,
    /// Shut out: it destroyed what it held.
    Revoked,
    /// It noticed a copy of itself.
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
    /// Whether there is, or was, a copy of it.
    pub(crate) copied: bool,
    /// Numbers that it was told a verdict of, with the hash of what was sent.
    pub(crate) verdicts: BTreeMap<u64, ([u8; 32], Verdict)>,
    /// Whether its person asked for everything anew, and has not got it yet.
    pub(crate) needs_full_sync: bool,
    /// Refusals that its person has dealt with.
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

    /// Whether it had no contact for so long that it shows nothing and takes nothing.
    pub(crate) fn is_locked(&self) -> bool {
        self.app().lease().unwrap().is_some_and(|lease| lease.is_expired)
    }

    /// The system ends the app: nothing is said, nothing is closed in good order. It is opened again.
    pub(crate) fn restart(&mut self) {
        self.app = None;
        self.app = Some(Phone::open_with_clock(&self.path, self.clock.clone()).unwrap());
    }

    /// A copy of everything on it, as a backup of the phone's own would make.
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

    /// What a person may press: reports that can be named, oldest first.
    pub(crate) fn reports(&self) -> Vec<thidua::client::facade::ReportView> {
        self.app().reports().unwrap_or_default()
    }

    /// Numbers of commands that the outbox shows as refused.
    pub(crate) fn refused_commands(&self) -> Vec<(u64, CommandKind)> {
        self.app()
            .refused_commands()
            .unwrap_or_default()
            .into_iter()
            .map(|one| (one.number, one.kind))
            .collect()
    }
}
