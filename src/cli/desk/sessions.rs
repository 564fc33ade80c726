//! The sessions of `thidua sign-in`: one entry a server, in a file that only its owner can read,
//! `$XDG_CONFIG_HOME/thidua/sessions.json` or `~/.config/thidua/sessions.json`.

use super::super::error::{CliError, CliResult};
use super::{RemoteDesk, read, require};
use crate::clock::Clock;
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::domain::support::message::message;
use crate::domain::support::time::Timestamp;
use crate::i18n::Lang;
use crate::pb;
use crate::server::desk_client::{DeskClient, DeskError};
use crate::store::owner_only;
use crate::wire::values;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A token with less life than this is replaced before a command begins.
const RENEW_BEFORE_MICROS: i64 = 10 * 60 * 1_000_000;

/// What is kept of one server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::cli) struct ServerEntry {
    /// Label of the account that signed in last.
    pub(in crate::cli) account: String,
    /// The only trusted authority, in PEM; empty for a server of this machine without TLS.
    pub(in crate::cli) ca: String,
    /// What tells the server at a sign-in that this device has signed in before, in hexadecimal
    /// digits. It replaces no password, and outlives the session.
    pub(in crate::cli) device_cookie: String,
    /// The session, until `thidua sign-out`.
    pub(in crate::cli) session: Option<SavedSession>,
}

/// A desk session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::cli) struct SavedSession {
    token: String,
    token_ends: i64,
    ends: i64,
    device: String,
}

impl SavedSession {
    /// The session of an answer to a sign-in.
    pub(in crate::cli) fn new(answer: &pb::SignInResponse) -> CliResult<Self> {
        let (token, session) = (require(answer.token.as_ref())?, require(answer.session.as_ref())?);
        Ok(Self {
            token: token.token.clone(),
            token_ends: read(values::required_timestamp_from_proto(token.expires_at))?.0,
            ends: read(values::required_timestamp_from_proto(answer.ends_at))?.0,
            device: encode_hex(&session.device_id),
        })
    }

    /// When it ends, whatever is called.
    pub(in crate::cli) fn ends_at(&self) -> Timestamp {
        Timestamp(self.ends)
    }

    /// The id under which the server lists it.
    pub(in crate::cli) fn device_id(&self) -> Vec<u8> {
        decode_hex(&self.device).unwrap_or_default()
    }

    /// The access token.
    pub(in crate::cli) fn token(&self) -> &str {
        &self.token
    }
}

/// The file of sessions, locked against other commands until it is dropped.
pub(in crate::cli) struct SessionFile {
    path: PathBuf,
    servers: BTreeMap<String, ServerEntry>,
    _lock: File,
}

impl SessionFile {
    /// Opens the file of this user; a missing one has no entry. One that others can read is
    /// refused.
    pub(in crate::cli) fn open() -> CliResult<Self> {
        let dir = config_dir()?;
        owner_only::ensure_dir(&dir).map_err(|error| CliError::file_error(&dir, &error))?;
        let lock_path = dir.join("sessions.lock");
        let lock = owner_only::append_file(&lock_path)
            .and_then(|file| file.lock().map(|()| file))
            .map_err(|error| CliError::file_error(&lock_path, &error))?;
        let path = dir.join("sessions.json");
        if owner_only::mode_open_to_others(&path).is_some() {
            let shown = path.display();
            return Err(CliError::new("SESSIONS_OPEN", message!("desk-sessions-open", shown)));
        }
        let servers = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| {
                let shown = path.display();
                CliError::new("SESSIONS_DAMAGED", message!("desk-sessions-damaged", shown))
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(CliError::file_error(&path, &error)),
        };
        Ok(Self { path, servers, _lock: lock })
    }

    /// The entry of a server.
    pub(in crate::cli) fn entry(&self, address: &str) -> Option<&ServerEntry> {
        self.servers.get(server_key(address))
    }

    /// Keeps the entry of a server; the file is replaced whole or not at all.
    pub(in crate::cli) fn put(&mut self, address: &str, entry: ServerEntry) -> CliResult {
        self.servers.insert(server_key(address).to_owned(), entry);
        let text = serde_json::to_vec_pretty(&self.servers).unwrap_or_default();
        let next = self.path.with_extension("json.new");
        let write = || {
            let mut file = owner_only::create_file(&next)?;
            file.write_all(&text)?;
            file.sync_all()?;
            std::fs::rename(&next, &self.path)
        };
        write().map_err(|error| CliError::file_error(&self.path, &error))
    }
}

/// The address without what does not tell servers apart.
fn server_key(address: &str) -> &str {
    address.trim_end_matches('/')
}

fn config_dir() -> CliResult<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let base = set("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| set("HOME").map(|home| Path::new(&home).join(".config")));
    let base = base.ok_or_else(|| CliError::new("NO_HOME", message!("desk-no-home")))?;
    Ok(base.join("thidua"))
}

/// The server at an address, with the session that is kept for it.
pub(super) fn open_desk(address: &str, lang: Lang) -> CliResult<RemoteDesk> {
    let mut file = SessionFile::open()?;
    let entry = file.entry(address).cloned().ok_or_else(|| not_signed_in(address))?;
    let session = entry.session.clone().ok_or_else(|| not_signed_in(address))?;
    let now = Clock::System.now().0;
    if now >= session.ends.min(session.token_ends) {
        return Err(not_signed_in(address));
    }
    let mut client = DeskClient::connect(address, entry.ca.as_bytes(), lang)?;
    client.set_token(session.token());
    if session.token_ends - now < RENEW_BEFORE_MICROS {
        let renewed = client.extend_session(pb::ExtendSessionRequest {});
        let renewed = renewed.map_err(|error| call_error(address, error))?;
        let token = require(renewed.token)?;
        client.set_token(&token.token);
        let token_ends = read(values::required_timestamp_from_proto(token.expires_at))?.0;
        let session = SavedSession { token: token.token, token_ends, ..session };
        file.put(address, ServerEntry { session: Some(session), ..entry.clone() })?;
    }
    Ok(RemoteDesk { client, address: address.to_owned(), account: entry.account })
}

fn not_signed_in(address: &str) -> CliError {
    CliError::new("NOT_SIGNED_IN", message!("desk-not-signed-in", address))
}

/// The error of a call; a session that the server does not know any more is none.
pub(super) fn call_error(address: &str, error: DeskError) -> CliError {
    if let DeskError::Refused(refused) = &error
        && refused.reason == "UNAUTHENTICATED"
    {
        return not_signed_in(address);
    }
    error.into()
}

/// The cookie of an entry for this account.
pub(in crate::cli) fn cookie_for(entry: Option<&ServerEntry>, account: &str) -> Vec<u8> {
    let kept = entry.filter(|entry| entry.account == account);
    kept.and_then(|entry| decode_hex(&entry.device_cookie)).unwrap_or_default()
}
