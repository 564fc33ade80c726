//! Takes new certificates and revocation lists from their files while the server runs: whoever renews them needs no restart and drops no call.
//!
//! Knows files and when they changed, no connection. What does not fit is refused aloud, once, and what was there stays.

use super::tls::{Certificates, TlsError};
use std::convert::Infallible;
use std::time::Duration;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(5);

/// Looks at the files for as long as the server runs; without certificates it only waits.
pub(super) async fn rotate(certificates: Option<Certificates>) -> Infallible {
    let Some(certificates) = certificates else { return std::future::pending().await };
    let mut files = Files::new(certificates);
    loop {
        tokio::time::sleep(EVERY).await;
        match files.look() {
            Look::Same => {}
            Look::Taken => tracing::info!("new files of TLS taken; they hold from the next handshake on"),
            Look::Refused(error) => tracing::error!(%error, "new files of TLS refused, the old ones stay"),
        }
    }
}

/// What a look at the files found.
enum Look {
    Same,
    Taken,
    Refused(TlsError),
}

/// The files as they were when last looked at. Their bytes are compared, since a copied file may keep an old date.
///
/// None before the first look, which therefore takes them again: what was loaded at the start may have been renewed a moment later.
struct Files {
    certificates: Certificates,
    seen: Option<Vec<Option<Vec<u8>>>>,
}

impl Files {
    fn new(certificates: Certificates) -> Self {
        Self { certificates, seen: None }
    }

    fn read(&self) -> Vec<Option<Vec<u8>>> {
        self.certificates.sources().files().into_iter().map(|path| std::fs::read(path).ok()).collect()
    }

    fn look(&mut self) -> Look {
        let now = Some(self.read());
        if now == self.seen {
            return Look::Same;
        }
        let first = std::mem::replace(&mut self.seen, now).is_none();
        match self.certificates.reload() {
            Ok(()) if first => Look::Same,
            Ok(()) => Look::Taken,
            Err(error) => Look::Refused(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ca::{TlsFiles, init};
    use super::*;
    use crate::domain::time::Instant;

    const NOW: Instant = Instant(1_724_000_000_000_000);

    #[test]
    fn a_renewed_pair_is_taken_and_a_wrong_one_is_refused_once() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, other) = (TlsFiles::in_dir(&dir.path().join("a")), TlsFiles::in_dir(&dir.path().join("b")));
        init(&ours, &["localhost".into()], NOW).unwrap();
        init(&other, &["localhost".into()], NOW).unwrap();
        let mut files = Files::new(Certificates::load(&ours.chain, &ours.key, false).unwrap());
        init(&ours, &["localhost".into()], NOW).unwrap();
        assert!(matches!(files.look(), Look::Same), "renewed between loading and the first look: taken without a word");
        assert!(files.seen.is_some());
        std::fs::copy(&other.key, &ours.key).unwrap();
        assert!(matches!(files.look(), Look::Refused(_)), "the key of another certificate");
        assert!(matches!(files.look(), Look::Same), "said once");
        init(&ours, &["localhost".into()], NOW).unwrap();
        assert!(matches!(files.look(), Look::Taken));
    }
}
