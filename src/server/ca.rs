//! `thidua tls init`: creates a private CA and a server certificate, so that TLS works from the
//! first start.
//!
//! The CA's key stays beside the configuration; it is needed only to issue the next server
//! certificate.

use super::tls::{TlsError, read_chain};
use crate::domain::support::time::Timestamp;
use crate::store::owner_only;
use jiff::ToSpan;
use jiff::civil::Date;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use ring::digest::{SHA256, digest};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Days before its creation from which a certificate is valid, so that a phone whose clock is up to
/// a year slow connects and learns the time. With the 397 days ahead a server certificate stays
/// below the 825 days that Apple's systems accept.
const BACKDATED_DAYS: i64 = 365;

/// Paths of the TLS files.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The CA certificate, which partners and tools receive.
    pub ca: PathBuf,
    /// The key of the CA (secret).
    pub ca_key: PathBuf,
    /// The server certificate, followed by the CA certificate.
    pub chain: PathBuf,
    /// The key of the server (secret).
    pub key: PathBuf,
    /// The certificate of the next CA, while one is announced.
    pub next_ca: PathBuf,
    /// The key of the next CA (secret).
    pub next_ca_key: PathBuf,
    /// The certificate of the previous CA, until the operator deletes it.
    pub previous_ca: PathBuf,
}

impl TlsFiles {
    /// Returns the default file names in one directory.
    #[must_use]
    pub fn in_dir(dir: &Path) -> Self {
        let path = |name: &str| dir.join(name);
        Self {
            ca: path("ca.pem"),
            ca_key: path("ca.key"),
            chain: path("server.pem"),
            key: path("server.key"),
            next_ca: path("ca.next.pem"),
            next_ca_key: path("ca.next.key"),
            previous_ca: path("ca.previous.pem"),
        }
    }

    /// Returns the hashes of the CAs that phones trust while the CA is being replaced: the current
    /// one and the next. Empty at all other times.
    pub fn announced_ca_hashes(&self) -> Result<Vec<[u8; 32]>, TlsError> {
        if !self.next_ca.exists() && !self.previous_ca.exists() {
            return Ok(Vec::new());
        }
        let next =
            if self.next_ca.exists() { Some(hash_certificate(&self.next_ca)?) } else { None };
        Ok([self.ca_sha256()?].into_iter().chain(next).collect())
    }

    /// Returns the SHA-256 of the CA certificate, which enrolment codes contain.
    pub fn ca_sha256(&self) -> Result<[u8; 32], TlsError> {
        hash_certificate(&self.ca)
    }
}

fn hash_certificate(ca: &Path) -> Result<[u8; 32], TlsError> {
    let chain = read_chain(ca)?;
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, &chain[0]).as_ref());
    Ok(hash)
}

/// Creates the next CA unless it exists already. Servers announce it from their next start on.
pub fn create_next_ca(files: &TlsFiles, now: Timestamp) -> Result<(), TlsError> {
    if files.next_ca.exists() && files.next_ca_key.exists() {
        return Ok(());
    }
    create_ca(&files.next_ca, &files.next_ca_key, now.local_date()).map(|_| ())
}

/// Replaces the current CA by the next one and issues a server certificate for `names`. Returns
/// false if there is no next CA.
///
/// The next certificate is renamed last, so a call that was interrupted before that can be
/// repeated.
pub fn roll_over_ca(files: &TlsFiles, names: &[String], now: Timestamp) -> Result<bool, TlsError> {
    if !files.next_ca.exists() {
        return Ok(false);
    }
    let file_error = |path: &Path, error| TlsError::File { path: path.to_owned(), error };
    std::fs::copy(&files.ca, &files.previous_ca).map_err(|error| file_error(&files.ca, error))?;
    if files.next_ca_key.exists() {
        std::fs::rename(&files.next_ca_key, &files.ca_key)
            .map_err(|error| file_error(&files.next_ca_key, error))?;
    }
    std::fs::rename(&files.next_ca, &files.ca)
        .map_err(|error| file_error(&files.next_ca, error))?;
    init_tls(files, names, now)?;
    Ok(true)
}

/// Creates a CA unless one exists, and a server certificate for `names` (host names and addresses),
/// valid from a year before `now`.
///
/// The CA is valid for 10 years from `now`, the server certificate for 397 days. An existing server
/// certificate is overwritten on purpose: this is how it is renewed.
pub fn init_tls(files: &TlsFiles, names: &[String], now: Timestamp) -> Result<(), TlsError> {
    init_tls_valid_for(files, names, now, 397)
}

/// Does the same as [`init_tls`] with a server certificate that is valid for `days` days from
/// `now`, less than the CA's 10 years.
pub fn init_tls_valid_for(
    files: &TlsFiles,
    names: &[String],
    now: Timestamp,
    days: i64,
) -> Result<(), TlsError> {
    let today = now.local_date();
    let (ca_pem, ca_key) =
        match (std::fs::read_to_string(&files.ca), std::fs::read_to_string(&files.ca_key)) {
            (Ok(pem), Ok(key)) => (without_mark(&pem), KeyPair::from_pem(&without_mark(&key))?),
            (Err(_), _) | (_, Err(_)) => create_ca(&files.ca, &files.ca_key, today)?,
        };
    let issuer = Issuer::from_ca_cert_pem(&ca_pem, ca_key)?;
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name.push(DnType::CommonName, "thidua server");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, today, today.saturating_add(days.days()));
    let certificate = params.signed_by(&key, &issuer)?;
    write_secret(&files.key, key.serialize_pem().as_bytes())?;
    write_file(&files.chain, format!("{}{ca_pem}", certificate.pem()).as_bytes())
}

/// The text without a byte order mark.
fn without_mark(text: &str) -> String {
    text.trim_start_matches('\u{feff}').to_owned()
}

fn create_ca(
    certificate: &Path,
    secret: &Path,
    today: Date,
) -> Result<(String, KeyPair), TlsError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "thidua private CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params, today, today.saturating_add(10.years()));
    let pem = params.self_signed(&key)?.pem();
    write_secret(secret, key.serialize_pem().as_bytes())?;
    write_file(certificate, pem.as_bytes())?;
    Ok((pem, key))
}

/// Makes a certificate of `today` valid until `to`, and for phones with a slow clock before today.
fn set_validity(params: &mut CertificateParams, today: Date, to: Date) {
    let midnight = |date: Date| {
        date_time_ymd(
            i32::from(date.year()),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        )
    };
    let from = today.saturating_sub(BACKDATED_DAYS.days());
    (params.not_before, params.not_after) = (midnight(from), midnight(to));
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), TlsError> {
    create_parent(path)?;
    std::fs::write(path, bytes).map_err(|error| TlsError::File { path: path.to_owned(), error })
}

/// Writes a file with mode 0600.
pub(super) fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), TlsError> {
    create_parent(path)?;
    let file_error = |error| TlsError::File { path: path.to_owned(), error };
    let mut file = owner_only::create_file(path).map_err(file_error)?;
    file.write_all(bytes).map_err(file_error)?;
    file.sync_all().map_err(file_error)
}

fn create_parent(path: &Path) -> Result<(), TlsError> {
    match path.parent() {
        Some(dir) => owner_only::ensure_dir(dir)
            .map_err(|error| TlsError::File { path: dir.to_owned(), error }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tls::ReloadableTlsConfig;

    const NOW: Timestamp = Timestamp(1_724_000_000_000_000);

    #[test]
    fn an_interrupted_roll_over_of_the_ca_is_completed_by_the_next_call() {
        let dir = tempfile::tempdir().unwrap();
        let files = TlsFiles::in_dir(dir.path());
        let names = ["localhost".to_owned()];
        init_tls(&files, &names, NOW).unwrap();
        create_next_ca(&files, NOW).unwrap();
        let [before, next] = files.announced_ca_hashes().unwrap()[..] else {
            panic!("two are trusted")
        };
        std::fs::rename(&files.next_ca_key, &files.ca_key).unwrap();
        assert!(roll_over_ca(&files, &names, NOW).unwrap());
        assert_eq!(
            (files.ca_sha256().unwrap(), hash_certificate(&files.previous_ca).unwrap()),
            (next, before)
        );
        ReloadableTlsConfig::load(&files.chain, &files.key, false).unwrap();
    }

    #[test]
    fn init_creates_a_ca_and_a_matching_server_certificate_and_secrets_are_for_their_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let files = TlsFiles::in_dir(&dir.path().join("tls"));
        init_tls(&files, &["localhost".into(), "127.0.0.1".into()], NOW).unwrap();
        let certificates = ReloadableTlsConfig::load(&files.chain, &files.key, false).unwrap();
        let before = files.ca_sha256().unwrap();
        init_tls(&files, &["localhost".into()], NOW).unwrap();
        assert_eq!(
            files.ca_sha256().unwrap(),
            before,
            "the CA is kept, only the server's pair is new"
        );
        certificates.reload().unwrap();
        assert_eq!(
            read_chain(&files.chain).unwrap().len(),
            2,
            "the CA travels behind the server's certificate"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&files.ca_key).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_key_of_another_certificate_is_refused_and_the_old_pair_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, other) =
            (TlsFiles::in_dir(&dir.path().join("a")), TlsFiles::in_dir(&dir.path().join("b")));
        init_tls(&ours, &["localhost".into()], NOW).unwrap();
        init_tls(&other, &["localhost".into()], NOW).unwrap();
        let certificates = ReloadableTlsConfig::load(&ours.chain, &ours.key, false).unwrap();
        std::fs::copy(&other.key, &ours.key).unwrap();
        let refused = certificates.reload().unwrap_err();
        assert!(refused.to_string().contains("thidua tls init"), "{refused}");
        assert!(
            ReloadableTlsConfig::load(&ours.chain, &ours.chain, false).is_err(),
            "a file without a key"
        );
    }
}
