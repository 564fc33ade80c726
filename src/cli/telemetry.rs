//! The `[telemetry]` section of the configuration: parses it and reports its errors. `server::otlp`
//! exports.

use super::error::{CliError, CliResult};
use crate::app::App;
use crate::config::Config;
use crate::domain::support::message::message;
use crate::server::otlp::{
    self, CollectorAddress, CollectorAddressError, OtlpExporter, OtlpSettings,
};
use crate::server::tls::TlsError;

/// The settings that the configuration gives; `None`: nothing is exported.
pub(super) fn read_settings(
    config: &Config,
    plaintext_allowed: bool,
) -> CliResult<Option<OtlpSettings>> {
    let telemetry = &config.telemetry;
    if telemetry.otlp.is_empty() {
        return Ok(None);
    }
    let collector = CollectorAddress::parse(&telemetry.otlp, plaintext_allowed)
        .map_err(|error| collector_error(config, error))?;
    if collector.is_tls() && telemetry.ca.is_empty() {
        return Err(CliError::new(
            "NO_TELEMETRY_CA",
            message!("telemetry-telemetry-otlp-https-telemetry"),
        ));
    }
    let ca =
        Some(&telemetry.ca).filter(|path| !path.is_empty()).map(|path| config.resolve_path(path));
    let (node, one_in) = (telemetry.node.clone(), telemetry.one_in);
    Ok(Some(OtlpSettings { ca, node, sample_one_in: one_in, ..OtlpSettings::new(collector) }))
}

/// Starts the export.
pub(super) fn start_telemetry(
    settings: Option<&OtlpSettings>,
    app: &App,
) -> CliResult<Option<OtlpExporter>> {
    let begun =
        settings.map(|settings| otlp::start_exporter(settings, Some(app.clone()))).transpose();
    begun.map_err(|error| {
        let error = match error {
            // The error's own text names other files.
            TlsError::File { path, error } => format!("{}: {error}", path.display()),
            TlsError::Pem { .. }
            | TlsError::KeyMismatch { .. }
            | TlsError::Unsupported(_)
            | TlsError::ClientVerifier(_)
            | TlsError::HostMismatch { .. }
            | TlsError::CreateCertificate(_) => error.to_string(),
        };
        CliError::new("TELEMETRY_CA", message!("telemetry-telemetry-ca-cannot-used", error))
    })
}

fn collector_error(config: &Config, error: CollectorAddressError) -> CliError {
    let given = &config.telemetry.otlp;
    match error {
        CollectorAddressError::Invalid => CliError::new(
            "CONFIG",
            message!("telemetry-telemetry-otlp", given = format!("{given:?}")),
        ),
        CollectorAddressError::Plaintext => CliError::new(
            "PLAINTEXT_REFUSED",
            message!("telemetry-telemetry-otlp-add-insecure", given = format!("{given:?}")),
        ),
    }
}
