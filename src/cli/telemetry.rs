//! The `[telemetry]` section of the configuration: parses it and reports its errors. `server::otlp`
//! exports.

use super::error::{CliError, CliResult};
use crate::app::App;
use crate::config::Config;
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
            "telemetry.otlp dùng https nhưng telemetry.ca để trống; hãy ghi tệp PEM của cơ quan cấp chứng thư cho bộ thu",
            "telemetry.otlp is https and telemetry.ca is empty; name the PEM file of the authority behind the collector's certificate",
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
            | TlsError::KeyMismatch(_)
            | TlsError::ClientVerifier(_)
            | TlsError::CreateCertificate(_) => error.to_string(),
        };
        CliError::new(
            "TELEMETRY_CA",
            format!("telemetry.ca không dùng được: {error}; hãy ghi tệp PEM khác, hoặc để trống telemetry.otlp"),
            format!("telemetry.ca cannot be used: {error}; name another PEM file, or leave telemetry.otlp empty"),
        )
    })
}

fn collector_error(config: &Config, error: CollectorAddressError) -> CliError {
    let given = &config.telemetry.otlp;
    match error {
        CollectorAddressError::Invalid => CliError::new(
            "CONFIG",
            format!(
                "telemetry.otlp = {given:?}: cần http://MÁY:CỔNG hoặc https://MÁY:CỔNG, như http://127.0.0.1:4317"
            ),
            format!("telemetry.otlp = {given:?}: {error}"),
        ),
        CollectorAddressError::Plaintext => CliError::new(
            "PLAINTEXT_REFUSED",
            format!(
                "telemetry.otlp = {given:?}: không gửi không mã hóa ra ngoài máy này; hãy dùng https://, hoặc thêm --insecure-plaintext khi đường truyền đã được bảo vệ"
            ),
            format!(
                "telemetry.otlp = {given:?}: {error}, or add --insecure-plaintext where the line is protected otherwise"
            ),
        ),
    }
}
