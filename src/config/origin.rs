//! The origin of a web page: `https://` and a host, and a port if it is not the usual one.

use serde::Deserialize;
use std::fmt;
use std::str::FromStr;

/// An origin, written as a browser writes it, for example `https://thidua.tinh.vn`. A wildcard is
/// no origin.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct WebOrigin(String);

impl TryFrom<String> for WebOrigin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for WebOrigin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let place = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let is_host = |host: &str| {
            let is_letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b':' | b'[' | b']');
            !host.is_empty() && host.bytes().all(is_letter)
        };
        if place.is_some_and(is_host) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "`{text}` is no origin: expected https://host or https://host:port, in lower case and \
             without a path, as in https://thidua.tinh.vn; a wildcard is not possible"
        ))
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
