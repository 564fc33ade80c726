//! Decides which app versions are asked to upgrade: those one compatible version or more behind the
//! server. Their commands are accepted all the same (S25).

/// Returns the lowest fully compatible version if the client's is older. A version that cannot be
/// parsed gives `None`.
#[must_use]
pub(super) fn find_minimum_version(client: &str) -> Option<String> {
    find_newer_version(client, env!("CARGO_PKG_VERSION"))
}

fn find_newer_version(client: &str, server: &str) -> Option<String> {
    let required = parse_compatible_version(server)?;
    (parse_compatible_version(client)? < required)
        .then(|| format!("{}.{}.0", required.0, required.1))
}

/// Returns the version numbers whose change may break compatibility: the major number, and the
/// minor number while the major number is 0.
fn parse_compatible_version(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.split(['.', '-', '+']).map(str::parse::<u64>);
    let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
    Some((major, if major == 0 { minor } else { 0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_app_of_an_older_compatible_version_is_asked_to_upgrade() {
        for (client, server, expected) in [
            ("1.9.3", "2.0.0", Some("2.0.0")),
            ("2.0.0", "2.7.1", None),
            ("0.1.0", "0.2.4", Some("0.2.0")),
            ("0.2.0", "0.2.4", None),
            ("3.0.0", "2.0.0", None),
            ("", "2.0.0", None),
            ("nightly", "2.0.0", None),
        ] {
            assert_eq!(
                find_newer_version(client, server).as_deref(),
                expected,
                "{client} at {server}"
            );
        }
    }
}
