//! The cookies of the office. Their names begin with `__Host-`: a browser takes such a cookie only
//! from this server itself, over TLS, for all of its paths.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};

/// The session: see [`super::renewal::SessionCookie`].
pub(super) const SESSION: &str = "__Host-thidua-session";
/// What a returning device shows at its sign-in, in hexadecimal.
pub(super) const DEVICE: &str = "__Host-thidua-device";
/// The language that was chosen, as in `en`.
pub(super) const LANGUAGE: &str = "__Host-thidua-language";

/// Seconds for which a device and a language are remembered: 400 days, the longest that browsers
/// keep a cookie.
pub(super) const REMEMBERED_SECONDS: u32 = 400 * 86_400;

/// The value of a cookie of the request.
pub(super) fn read_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|one| one.split_once('='));
    pairs.find(|(given, _)| given.trim() == name).map(|(_, value)| value.trim())
}

/// A cookie that scripts cannot read and other sites cannot have sent. Without `seconds` it ends
/// with the browser; 0 removes it.
pub(super) fn build_cookie(name: &str, value: &str, seconds: Option<u32>) -> HeaderValue {
    let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    let cookie = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict{age}");
    // Values are hexadecimal digits, tokens and tags of languages.
    HeaderValue::from_str(&cookie).unwrap_or_else(|_| HeaderValue::from_static(""))
}
