//! Queries the standard health service of a server, over TLS with the CA beside the configuration.
//! It needs no account.

use super::tls::TlsError;
use super::tls_client::{build_client_config, connect_tls};
use crate::grpc::CLOCK_HEALTH_NAME;
use http::Uri;
use std::path::Path;
use std::time::Duration;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// Longest wait for the response.
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the server is not healthy.
#[derive(Debug, thiserror::Error)]
pub enum HealthError {
    /// The CA certificate cannot be read.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address is malformed.
    #[error("{0} is no address such as https://127.0.0.1:8443")]
    Address(String),
    /// There is no response, or the server has an untrusted certificate.
    #[error("no answer: {0}")]
    NoResponse(String),
    /// The server reports that it does not serve.
    #[error("the server says that it does not serve")]
    NotServing,
}

/// Whether a server that serves believes its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockHealth {
    /// It does, or it is of a version that does not say.
    Believed,
    /// It does not: no job runs.
    InDoubt,
}

/// Checks the health of the server at `address` (`https://…`, or `http://…` without TLS). Only the
/// CA in the file `ca` is trusted.
pub async fn check_health(address: &str, ca: &Path) -> Result<ClockHealth, HealthError> {
    let invalid_address = || HealthError::Address(address.to_owned());
    let endpoint = Endpoint::from_shared(address.to_owned())
        .map_err(|_| invalid_address())?
        .connect_timeout(PROBE_TIMEOUT);
    let connecting = async {
        if endpoint.uri().scheme_str() == Some("http") {
            return endpoint.connect().await.map_err(|error| to_no_response(&error));
        }
        let config = build_client_config(ca)?;
        let connector = tower::service_fn(move |uri: Uri| connect_tls(uri, config.clone()));
        endpoint.connect_with_connector(connector).await.map_err(|error| to_no_response(&error))
    };
    tokio::time::timeout(PROBE_TIMEOUT, async { request_health(connecting.await?).await })
        .await
        .map_err(|_| {
            HealthError::NoResponse(format!("nothing within {} s", PROBE_TIMEOUT.as_secs()))
        })?
}

async fn request_health(channel: Channel) -> Result<ClockHealth, HealthError> {
    let mut client = HealthClient::new(channel);
    let answer = client.check(HealthCheckRequest::default()).await;
    let status = answer
        .map_err(|status| HealthError::NoResponse(status.message().to_owned()))?
        .into_inner()
        .status();
    if status != ServingStatus::Serving {
        return Err(HealthError::NotServing);
    }
    let request = HealthCheckRequest { service: CLOCK_HEALTH_NAME.to_owned() };
    let clock = client.check(request).await.map(|answer| answer.into_inner().status());
    Ok(match clock {
        Ok(ServingStatus::NotServing) => ClockHealth::InDoubt,
        Ok(_) | Err(_) => ClockHealth::Believed,
    })
}

/// Joins the whole chain of causes: tonic's own text is only "transport error".
fn to_no_response(error: &dyn std::error::Error) -> HealthError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    HealthError::NoResponse(text)
}
