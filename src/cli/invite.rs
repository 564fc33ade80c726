//! An enrolment code with everything that a phone needs: the text of the QR code, the typed form,
//! the addresses and the hash of the CA.

use super::context::LocalApp;
use super::error::{CliError, CliResult};
use super::output::Output;
use crate::auth;
use crate::config::Config;
use crate::domain::access::enrolment::Invite;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::AccountId;
use crate::domain::support::message::message;
use crate::domain::support::time::Timestamp;
use crate::server::ca::TlsFiles;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A new code for one account.
pub(super) struct IssuedInvite {
    invite: Invite,
    expires: Timestamp,
}

/// Makes a code for `account` and stores its hash. The code works once, for ten minutes.
pub(super) fn issue_invite(
    local_app: &LocalApp,
    config: &Config,
    account: AccountId,
) -> CliResult<IssuedInvite> {
    let ca_sha256 =
        if config.listen.plaintext { [0; 32] } else { tls_files(config).ca_sha256()? };
    let (code, hash) = auth::generate_enrol_code().map_err(|_| CliError::no_random())?;
    let expires = local_app.app.now().saturating_add_micros(auth::ENROL_CODE_MICROS);
    local_app.app.add_enrol_code(&local_app.actor, &hash, account, expires)?;
    Ok(IssuedInvite {
        invite: Invite { code, ca_sha256, addresses: advertised_addresses(config) },
        expires,
    })
}

/// The TLS files that the configuration names.
pub(super) fn tls_files(config: &Config) -> TlsFiles {
    TlsFiles::in_dir(&config.resolve_path(&config.tls.dir))
}

/// The addresses under which phones reach the server.
pub(super) fn advertised_addresses(config: &Config) -> Vec<String> {
    if !config.listen.public.is_empty() {
        return config.listen.public.clone();
    }
    // No client can connect to the unspecified address; `localhost` stands in until `listen.public`
    // is set.
    let address = match config.listen.address.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_unspecified() => format!("localhost:{}", address.port()),
        Ok(_) | Err(_) => config.listen.address.clone(),
    };
    vec![format!("https://{address}")]
}

impl IssuedInvite {
    /// The code of an answer: the text of its QR code, and when it expires.
    pub(super) fn parse(qr_text: &str, expires: Timestamp) -> Option<Self> {
        Some(Self { invite: Invite::parse(qr_text).ok()?, expires })
    }

    /// Lines of text.
    pub(super) fn to_lines(&self, output: &Output) -> Vec<String> {
        let minutes = auth::ENROL_CODE_MICROS / 60_000_000;
        vec![
            format!("{} {}", output.text("invite-qr-text"), self.invite),
            format!("{} {}", output.text("invite-typed-code"), self.invite.code),
            format!("{} {}", output.text("invite-addresses"), self.invite.addresses.join(" ")),
            format!("{} {}", output.text("invite-ca-sha-256"), encode_hex(&self.invite.ca_sha256)),
            output.say(message!("invite-good-once", minutes, expires = self.expires.local_text())),
        ]
    }

    /// The same as JSON.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "qr": self.invite.to_string(),
            "code": self.invite.code.to_string(),
            "addresses": self.invite.addresses,
            "ca_sha256": encode_hex(&self.invite.ca_sha256),
            "expires": self.expires.local_text(),
        })
    }
}
