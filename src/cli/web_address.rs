//! Where browsers find the field app, and the certificate that `[web]` names for them.

use super::error::{CliError, CliResult};
use super::invite;
use super::output::Output;
use crate::config::Config;
use crate::domain::support::message::message;
use crate::server::web_certificate::WebCertificate;
use std::net::SocketAddr;

/// The port that browsers do not write.
const HTTPS_PORT: u16 = 443;

/// The certificate for browsers, if the configuration names one.
///
/// # Errors
/// `WEB_CERTIFICATE`: one of its three keys is missing, or phones call the same name.
pub(super) fn web_certificate(config: &Config) -> CliResult<Option<WebCertificate>> {
    let web = &config.web;
    let given = [&web.host, &web.certificate, &web.key].map(|value| !value.is_empty());
    if given == [false; 3] {
        return Ok(None);
    }
    if given != [true; 3] {
        return Err(CliError::new("WEB_CERTIFICATE", message!("serve-web-incomplete")));
    }
    let host = &web.host;
    let is_of_phones =
        |address: &String| host_of(address).is_some_and(|name| name.eq_ignore_ascii_case(host));
    if let Some(address) = invite::advertised_addresses(config).iter().find(|it| is_of_phones(it)) {
        return Err(CliError::new("WEB_CERTIFICATE", message!("serve-web-host", host, address)));
    }
    Ok(Some(WebCertificate {
        host: host.clone(),
        chain: config.resolve_path(&web.certificate),
        key: config.resolve_path(&web.key),
    }))
}

/// The name in an address such as `https://thidua.tinh.vn:8443`.
fn host_of(address: &str) -> Option<&str> {
    address.split("://").nth(1)?.split([':', '/']).next()
}

/// Where the field app is, and what devices need to keep it offline.
pub(super) fn field_app_text(output: &Output, config: &Config, bound: &SocketAddr) -> String {
    let (host, port) = (&config.web.host, bound.port());
    let server = match (host.is_empty(), port) {
        (true, _) if config.listen.public.is_empty() && port != 0 => format!("https://{bound}"),
        (true, _) => invite::advertised_addresses(config).swap_remove(0),
        (false, HTTPS_PORT) => format!("https://{host}"),
        (false, port) => format!("https://{host}:{port}"),
    };
    let place = output.say(message!("serve-field-app", address = format!("{server}/app/")));
    if config.listen.plaintext || !host.is_empty() {
        return place;
    }
    let ca = invite::tls_files(config).ca;
    format!("{place}\n{}", output.say(message!("serve-field-app-ca", ca = ca.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(host: &str, public: &str) -> Config {
        let mut config = Config::default();
        config.web.host = host.to_owned();
        config.web.certificate = "web.pem".to_owned();
        config.web.key = "web.key".to_owned();
        config.listen.public = vec![public.to_owned()];
        config
    }

    #[test]
    fn a_name_that_phones_call_cannot_have_the_certificate_for_browsers() {
        let apart = config("thidua.example.vn", "https://10.0.0.2:8443");
        assert_eq!(web_certificate(&apart).unwrap().unwrap().host, "thidua.example.vn");
        let shared = config("thidua.example.vn", "https://THIDUA.example.vn:8443");
        assert_eq!(web_certificate(&shared).unwrap_err().code, "WEB_CERTIFICATE");
    }

    #[test]
    fn half_a_certificate_is_refused_and_none_is_fine() {
        let mut half = config("thidua.example.vn", "https://10.0.0.2:8443");
        half.web.key = String::new();
        assert_eq!(web_certificate(&half).unwrap_err().code, "WEB_CERTIFICATE");
        assert!(web_certificate(&Config::default()).unwrap().is_none());
    }
}
