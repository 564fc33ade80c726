//! Which apps are asked to be renewed: those one major version or more behind. Their outbox is taken all the same (S25).

/// Most characters of a client's version.
pub(super) const CLIENT_VERSION_CHARS_MAX: usize = 64;

/// The lowest version that reads everything, when the client's is older. What cannot be read is left alone.
#[must_use]
pub(super) fn find_minimum_version(client: &str) -> Option<String> {
    find_newer_version(client, env!("CARGO_PKG_VERSION"))
}

fn find_newer_version(client: &str, server: &str) -> Option<String> {
    let line = parse_compatible_version(server)?;
    (parse_compatible_version(client)? < line).then(|| format!("{}.{}.0", line.0, line.1))
}

/// The numbers whose change may break: the first, and the second too while the first is 0.
fn parse_compatible_version(version: &str) -> Option<(u64, u64)> {
    let mut parts = version.split(['.', '-', '+']).map(str::parse::<u64>);
    let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
    Some((major, if major == 0 { minor } else { 0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_app_of_an_older_line_is_asked_to_be_renewed() {
        for (client, server, asked) in [
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
                asked,
                "{client} at {server}"
            );
        }
    }
}
