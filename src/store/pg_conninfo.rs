//! The security of a connection to PostgreSQL: whether it leaves this machine, and whether the
//! server is authenticated.
//!
//! Parses URLs and messages of libpq; opens no connection.

use super::backend::DatabaseLocation;
use super::error::Error;

/// Whether the program was built with TLS to PostgreSQL.
pub const POSTGRES_TLS_BUILT: bool = cfg!(feature = "postgres-tls");

impl DatabaseLocation {
    /// Whether the connection may leave this machine without authenticating the server, so that
    /// anybody on the network could read and change it. Decided by the URL alone.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(url) => {
                let mode = conninfo_options(url).filter(|(name, _)| *name == "sslmode").last();
                mode.is_none_or(|(_, mode)| mode != "verify-full")
                    && !conninfo_hosts(url).into_iter().all(is_local_host)
            }
        }
    }
}

/// The options after the question mark.
fn conninfo_options(url: &str) -> impl Iterator<Item = (&str, &str)> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|one| one.split_once('='))
}

/// Every host of the URL, with its port if it has one.
fn conninfo_hosts(url: &str) -> Vec<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let listed = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    let given = conninfo_options(url).filter(|(name, _)| matches!(*name, "host" | "hostaddr"));
    listed.split(',').chain(given.flat_map(|(_, hosts)| hosts.split(','))).collect()
}

/// A Unix socket (which an empty name means too) or loopback.
fn is_local_host(host_port: &str) -> bool {
    let bracketed =
        host_port.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(inside, _)| inside);
    let host = bracketed.unwrap_or_else(|| match host_port.split_once(':') {
        Some((host, port)) if !port.contains(':') => host,
        Some(_) | None => host_port,
    });
    let socket = host.is_empty() || host.starts_with('/') || host.to_lowercase().starts_with("%2f");
    // A host name may start with 127. as well.
    let number =
        host.starts_with("127.") && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    socket || number || host == "localhost" || host == "::1"
}

/// Maps a connection error of libpq.
pub(super) fn to_connect_error(message: &str) -> Error {
    if message.contains("SSL support is not compiled in") {
        return Error::TlsNotBuilt;
    }
    // A peer that closes during the handshake has not failed authentication.
    if TLS_FAILURE_TEXTS.iter().any(|part| message.contains(part))
        && !message.contains("unexpected eof")
    {
        return Error::TlsFailed(message.to_owned());
    }
    Error::Busy(format!("cannot connect: {message}"))
}

/// Messages when one end refuses the connection's security. A retry does not help; the
/// configuration must change.
const TLS_FAILURE_TEXTS: [&str; 7] = [
    "SSL error: ",
    "server certificate for",
    "could not get server's host name from server certificate",
    "root certificate file",
    "does not support SSL",
    "no encryption",
    "weak sslmode",
];

#[cfg(test)]
mod tests {
    use super::super::backend::DatabaseLocation;
    use super::super::error::Error;
    use super::to_connect_error;

    fn exposed(url: &str) -> bool {
        DatabaseLocation::parse(url).is_exposed()
    }

    #[test]
    fn a_line_that_stays_on_the_machine_is_not_exposed() {
        for url in [
            "sqlite:thidua.db",
            "postgres://u:p@localhost/thidua",
            "postgres://u:p@127.0.0.1:5433,[::1]:5434/thidua?target_session_attrs=read-write",
            "postgres:///thidua",
            "postgres://u@%2Fvar%2Frun%2Fpostgresql/thidua",
            "postgres:///thidua?host=/run/a,/run/b",
        ] {
            assert!(!exposed(url), "{url}");
        }
    }

    #[test]
    fn a_line_that_leaves_it_is_exposed_unless_the_url_asks_who_answers() {
        for url in [
            "postgres://u:p@10.0.0.11/thidua",
            "postgres://u:p@localhost,db.example.vn/thidua",
            "postgres://u:p@127.0.0.1.example.vn/thidua",
            "postgres://u:p@[2001:db8::1]:5432/thidua",
            "postgres:///thidua?host=db.example.vn",
            "postgres://localhost/thidua?hostaddr=10.0.0.11",
            "postgres://db.example.vn/thidua?sslmode=require",
            "postgres://db.example.vn/thidua?sslmode=verify-ca&sslrootcert=/etc/thidua/ca.pem",
            "postgres://db.example.vn/thidua?sslmode=verify-full&sslmode=prefer",
        ] {
            assert!(exposed(url), "{url}");
        }
        assert!(!exposed(
            "postgres://u:p@db.example.vn/thidua?sslrootcert=/etc/thidua/ca.pem&sslmode=verify-full"
        ));
    }

    #[test]
    fn a_line_that_one_end_does_not_take_is_no_reason_to_try_again() {
        let mismatch = r#"server certificate for "a" does not match host name "b""#;
        for message in [
            "SSL error: certificate verify failed",
            mismatch,
            "no pg_hba.conf entry for host, no encryption",
        ] {
            assert!(matches!(to_connect_error(message), Error::TlsFailed(_)), "{message}");
        }
        for message in [
            "Connection refused",
            "SSL SYSCALL error: EOF detected",
            "SSL error: unexpected eof while reading",
        ] {
            assert!(matches!(to_connect_error(message), Error::Busy(_)), "{message}");
        }
    }
}
