//! Reloads certificates and revocation lists from their files while the server runs, without a
//! restart or a dropped call.
//!
//! Invalid files are logged as an error once, and the old configuration stays.

use super::tls::{ReloadableTlsConfig, TlsError};
use std::convert::Infallible;
use std::time::Duration;

/// How often the files are read.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Polls the files for as long as the server runs; without certificates it waits forever.
pub(super) async fn reload_on_change(certificates: Option<ReloadableTlsConfig>) -> Infallible {
    let Some(certificates) = certificates else { return std::future::pending().await };
    let mut files = WatchedTlsFiles::new(certificates);
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        match files.reload_if_changed() {
            ReloadOutcome::Unchanged => {}
            ReloadOutcome::Reloaded => {
                tracing::info!("new files of TLS taken; they hold from the next handshake on")
            }
            ReloadOutcome::Rejected(error) => {
                tracing::error!(%error, "new files of TLS refused, the old ones stay")
            }
        }
    }
}

/// The outcome of one poll.
enum ReloadOutcome {
    Unchanged,
    Reloaded,
    Rejected(TlsError),
}

/// The contents of the files at the last poll. Contents are compared because a copied file may have
/// an old modification time.
///
/// `last_contents` is `None` before the first poll, which therefore reloads: the files may have
/// been renewed since the configuration was loaded.
struct WatchedTlsFiles {
    certificates: ReloadableTlsConfig,
    last_contents: Option<Vec<Option<Vec<u8>>>>,
}

impl WatchedTlsFiles {
    fn new(certificates: ReloadableTlsConfig) -> Self {
        Self { certificates, last_contents: None }
    }

    fn read_contents(&self) -> Vec<Option<Vec<u8>>> {
        self.certificates
            .sources()
            .file_paths()
            .into_iter()
            .map(|path| std::fs::read(path).ok())
            .collect()
    }

    fn reload_if_changed(&mut self) -> ReloadOutcome {
        let contents = Some(self.read_contents());
        if contents == self.last_contents {
            return ReloadOutcome::Unchanged;
        }
        let first = std::mem::replace(&mut self.last_contents, contents).is_none();
        match self.certificates.reload() {
            Ok(()) if first => ReloadOutcome::Unchanged,
            Ok(()) => ReloadOutcome::Reloaded,
            Err(error) => ReloadOutcome::Rejected(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ca::{TlsFiles, init_tls};
    use super::*;
    use crate::domain::support::time::Timestamp;

    const NOW: Timestamp = Timestamp(1_724_000_000_000_000);

    #[test]
    fn a_renewed_pair_is_loaded_and_a_wrong_one_is_refused_once() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, other) =
            (TlsFiles::in_dir(&dir.path().join("a")), TlsFiles::in_dir(&dir.path().join("b")));
        init_tls(&ours, &["localhost".into()], NOW).unwrap();
        init_tls(&other, &["localhost".into()], NOW).unwrap();
        let mut files =
            WatchedTlsFiles::new(ReloadableTlsConfig::load(&ours.chain, &ours.key, false).unwrap());
        init_tls(&ours, &["localhost".into()], NOW).unwrap();
        assert!(
            matches!(files.reload_if_changed(), ReloadOutcome::Unchanged),
            "renewed between loading and the first poll: loaded silently"
        );
        assert!(files.last_contents.is_some());
        std::fs::copy(&other.key, &ours.key).unwrap();
        assert!(
            matches!(files.reload_if_changed(), ReloadOutcome::Rejected(_)),
            "the key of another certificate"
        );
        assert!(matches!(files.reload_if_changed(), ReloadOutcome::Unchanged), "logged once");
        init_tls(&ours, &["localhost".into()], NOW).unwrap();
        assert!(matches!(files.reload_if_changed(), ReloadOutcome::Reloaded));
    }
}
