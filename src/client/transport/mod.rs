//! The connection to a server: tonic over TLS with a pinned CA, and the conversion of failures.

mod joined_writes;
mod request_end;
mod tls;
pub(crate) mod traffic;

use super::call_status;
use super::protocol::{CallError, CallErrorKind};
use crate::pb;
use crate::pb::access_service_client::AccessServiceClient;
use crate::pb::quality_service_client::QualityServiceClient;
use crate::pb::sync_service_client::SyncServiceClient;
use http::Uri;
use hyper_util::rt::TokioIo;
use joined_writes::JoinedWrites;
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};
use tower::util::MapRequest;
use traffic::{MeteredStream, TrafficCounters};

/// Time limit of a connection attempt: a 2G link with 600 ms latency needs several round trips.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// Time limit of a unary call.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Interval of HTTP/2 keep-alive pings.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);

/// A server address and the CAs trusted there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PinnedEndpoint {
    /// Address, as in `https://10.0.0.2:8443`.
    pub(crate) address: String,
    /// SHA-256 of the trusted CA; of two during a change of the CA.
    pub(crate) trusted_ca_sha256: Vec<[u8; 32]>,
}

/// A connection to one server; opened by the first call and reopened after a failure.
#[derive(Debug, Clone)]
pub(crate) struct ServerClient {
    channel: Channel,
}

impl ServerClient {
    /// Prepares a connection. Fails if the address is invalid.
    pub(crate) fn new(
        target: &PinnedEndpoint,
        counters: &Arc<TrafficCounters>,
    ) -> Result<Self, CallError> {
        let bad = |what: &dyn std::fmt::Display| CallError {
            kind: CallErrorKind::Other,
            reason: "BAD_ADDRESS".to_owned(),
            retry_after: None,
            message: format!("{}: {what}", target.address),
        };
        let endpoint =
            Endpoint::from_shared(target.address.clone()).map_err(|error| bad(&error))?;
        let endpoint = endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(Duration::from_secs(10))
            .tcp_nodelay(true);
        let config = Arc::new(
            tls::build_client_config(target.trusted_ca_sha256.clone())
                .map_err(|error| bad(&error))?,
        );
        let counters = counters.clone();
        let connector =
            tower::service_fn(move |uri: Uri| connect_tls(uri, config.clone(), counters.clone()));
        Ok(Self { channel: endpoint.connect_with_connector_lazy(connector) })
    }

    /// Enrols; without a token.
    pub(crate) async fn enrol(
        &self,
        request: pb::EnrolRequest,
    ) -> Result<pb::EnrolResponse, CallError> {
        let mut client = AccessServiceClient::new(self.channel.clone());
        client
            .enrol(with_call_timeout(request))
            .await
            .map(tonic::Response::into_inner)
            .map_err(|status| to_call_error(&status))
    }

    /// Requests a nonce; without a token.
    pub(crate) async fn begin_renewal(&self, device: &[u8; 16]) -> Result<Vec<u8>, CallError> {
        let mut client = AccessServiceClient::new(self.channel.clone());
        let request = with_call_timeout(pb::BeginRenewalRequest { device_id: device.to_vec() });
        let answer =
            client.begin_renewal(request).await.map_err(|status| to_call_error(&status))?;
        Ok(answer.into_inner().nonce)
    }

    /// Exchanges the signed nonce for a token.
    pub(crate) async fn renew_token(
        &self,
        request: pb::RenewTokenRequest,
    ) -> Result<pb::RenewTokenResponse, CallError> {
        let mut client = AccessServiceClient::new(self.channel.clone());
        client
            .renew_token(with_call_timeout(request))
            .await
            .map(tonic::Response::into_inner)
            .map_err(|status| to_call_error(&status))
    }

    /// Replies to a finding.
    pub(crate) async fn reply_finding(
        &self,
        request: pb::ReplyFindingRequest,
        token: &str,
    ) -> Result<(), CallError> {
        let request = with_token(with_call_timeout(request), token)?;
        let mut client = QualityServiceClient::new(self.channel.clone());
        client.reply_finding(request).await.map(drop).map_err(|status| to_call_error(&status))
    }

    /// Opens the stream of a sync.
    pub(crate) async fn sync(
        &self,
        request: pb::SyncRequest,
        token: &str,
    ) -> Result<Streaming<pb::SyncResponse>, CallError> {
        let request = with_token(Request::new(request), token)?;
        let channel = MapRequest::new(self.channel.clone(), request_end::mark_end);
        let mut client = SyncServiceClient::new(channel)
            .max_decoding_message_size(crate::domain::support::limits::MESSAGE_BYTES_MAX);
        client
            .sync(request)
            .await
            .map(tonic::Response::into_inner)
            .map_err(|status| to_call_error(&status))
    }
}

/// Adds the token to a request.
fn with_token<T>(mut request: Request<T>, token: &str) -> Result<Request<T>, CallError> {
    let bearer: Result<MetadataValue<_>, _> = format!("Bearer {token}").parse();
    let bearer = bearer
        .map_err(|_| to_call_error(&Status::unauthenticated("the stored token cannot be sent")))?;
    request.metadata_mut().insert("authorization", bearer);
    Ok(request)
}

fn with_call_timeout<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(CALL_TIMEOUT);
    request
}

type TlsChannelIo = TokioIo<JoinedWrites<TlsStream<MeteredStream<TcpStream>>>>;

async fn connect_tls(
    uri: Uri,
    config: Arc<rustls::ClientConfig>,
    counters: Arc<TrafficCounters>,
) -> io::Result<TlsChannelIo> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what.to_owned());
    let host = uri.host().ok_or_else(|| invalid("an address without a host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = uri.port_u16().unwrap_or(443);
    let tcp = TcpStream::connect((host.as_str(), port)).await?;
    tcp.set_nodelay(true)?;
    let name = ServerName::try_from(host).map_err(|_| invalid("a host that is no name"))?;
    let tls = TlsConnector::from(config).connect(name, MeteredStream::new(tcp, counters)).await?;
    Ok(TokioIo::new(JoinedWrites::new(tls)))
}

/// Converts a status to a call error. A certificate that the phone's clock refuses is found in the
/// status's sources.
pub(crate) fn to_call_error(status: &Status) -> CallError {
    let code = i32::from(status.code());
    let mut error = call_status::to_call_error(code, error_chain_text(status), status.details());
    if let Some(by_seconds) = find_rustls_error(status).and_then(tls::find_clock_error_seconds) {
        error.kind = CallErrorKind::ClockWrong { by_seconds };
    }
    error
}

/// The TLS error among the sources of a status.
fn find_rustls_error(status: &Status) -> Option<&rustls::Error> {
    let mut under = std::error::Error::source(status);
    while let Some(error) = under {
        // The source of an `io::Error` is that of the error inside it, which it passes over.
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let found = error
            .downcast_ref::<rustls::Error>()
            .or_else(|| inside.and_then(|inside| inside.downcast_ref::<rustls::Error>()));
        if found.is_some() {
            return found;
        }
        under = error.source();
    }
    None
}

/// The message of a status with its sources; a refused certificate is a source of "transport
/// error".
fn error_chain_text(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut under = std::error::Error::source(status);
    while let Some(error) = under {
        text.push_str(": ");
        text.push_str(&error.to_string());
        under = error.source();
    }
    text
}
