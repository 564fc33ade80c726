//! Takes new certificates and revocation lists from their files while the server runs: whoever renews them needs no restart and drops no call.
//!
//! Knows files and when they changed, no connection. What does not fit is refused aloud, once, and what was there stays.

use super::tls::{ReloadableTlsConfig, TlsError};
use std::convert::Infallible;
use std::time::Duration;

/// How often the files are looked at.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Looks at the files for as long as the server runs; without certificates it only waits.
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

/// What a look at the files found.
enum ReloadOutcome {
    Unchanged,
    Reloaded,
    Rejected(TlsError),
}

/// The files as they were when last looked at. Their bytes are compared, since a copied file may keep an old date.
///
/// None before the first look, which therefore takes them again: what was loaded at the start may have been renewed a moment later.
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
        let now = Some(self.read_contents());
        if now == self.last_contents {
            return ReloadOutcome::Unchanged;
        }
        let first = std::mem::replace(&mut self.last_contents, now).is_none();
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
    use crate::domain::time::Timestamp;

    const NOW: Timestamp = Timestamp(1_724_000_000_000_000);

    #[test]
    fn a_renewed_pair_is_taken_and_a_wrong_one_is_refused_once() {
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
            "renewed between loading and the first look: taken without a word"
        );
        assert!(files.last_contents.is_some());
        std::fs::copy(&other.key, &ours.key).unwrap();
        assert!(
            matches!(files.reload_if_changed(), ReloadOutcome::Rejected(_)),
            "the key of another certificate"
        );
        assert!(matches!(files.reload_if_changed(), ReloadOutcome::Unchanged), "said once");
        init_tls(&ours, &["localhost".into()], NOW).unwrap();
        assert!(matches!(files.reload_if_changed(), ReloadOutcome::Reloaded));
    }
}
