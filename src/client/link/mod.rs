//! The link to a server: tonic over our own TLS, and failures in the engine's words. Knows calls, keeps no state but one connection.

pub(crate) mod count;
pub(crate) mod keys;
mod tls;

use super::step::{Failure, FailureKind};
use crate::pb;
use crate::pb::access_service_client::AccessServiceClient;
use crate::pb::sync_service_client::SyncServiceClient;
use count::{Counters, Counting};
use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status, Streaming};
use tonic_types::StatusExt;

/// How long a connection may take: a 2G link with 600 ms needs several round trips.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a call without a stream may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How often an open connection is asked whether it lives.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// Where to connect to, and whom to trust there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Address, as in `https://10.0.0.2:8443`.
    pub(crate) address: String,
    /// SHA-256 of the only CA, or of the two between which the authority changes.
    pub(crate) trusted: Vec<[u8; 32]>,
}

/// A connection to one server; made when the first call needs it, and again when it broke.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    channel: Channel,
}

impl Link {
    /// Prepares a connection. Fails when the address is none.
    pub(crate) fn new(target: &Target, counters: &Arc<Counters>) -> Result<Self, Failure> {
        let bad = |what: &dyn std::fmt::Display| Failure {
            kind: FailureKind::Other,
            reason: "BAD_ADDRESS".to_owned(),
            retry_after: None,
            message: format!("{}: {what}", target.address),
        };
        let endpoint = Endpoint::from_shared(target.address.clone()).map_err(|error| bad(&error))?;
        let endpoint = endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_timeout(Duration::from_secs(10))
            .tcp_nodelay(true);
        let config = Arc::new(tls::config(target.trusted.clone()).map_err(|error| bad(&error))?);
        let counters = counters.clone();
        let connector = tower::service_fn(move |uri: Uri| connect(uri, config.clone(), counters.clone()));
        Ok(Self { channel: endpoint.connect_with_connector_lazy(connector) })
    }

    /// Enrols. Needs no token.
    pub(crate) async fn enrol(&self, request: pb::EnrolRequest) -> Result<pb::EnrolResponse, Failure> {
        let mut client = AccessServiceClient::new(self.channel.clone());
        client.enrol(timed(request)).await.map(tonic::Response::into_inner).map_err(|status| failure(&status))
    }

    /// Asks for a nonce. Needs no token.
    pub(crate) async fn nonce(&self, device: &[u8; 16]) -> Result<Vec<u8>, Failure> {
        let mut client = AccessServiceClient::new(self.channel.clone());
        let request = timed(pb::BeginRenewalRequest { device_id: device.to_vec() });
        let answer = client.begin_renewal(request).await.map_err(|status| failure(&status))?;
        Ok(answer.into_inner().nonce)
    }

    /// Gives the signed nonce for a token.
    pub(crate) async fn renew(&self, request: pb::RenewTokenRequest) -> Result<pb::RenewTokenResponse, Failure> {
        let mut client = AccessServiceClient::new(self.channel.clone());
        client.renew_token(timed(request)).await.map(tonic::Response::into_inner).map_err(|status| failure(&status))
    }

    /// Opens the stream of a sync.
    pub(crate) async fn sync(
        &self,
        request: pb::SyncRequest,
        token: &str,
    ) -> Result<Streaming<pb::SyncResponse>, Failure> {
        let mut request = Request::new(request);
        let bearer: Result<MetadataValue<_>, _> = format!("Bearer {token}").parse();
        let bearer = bearer.map_err(|_| failure(&Status::unauthenticated("the stored token cannot be sent")))?;
        request.metadata_mut().insert("authorization", bearer);
        let mut client = SyncServiceClient::new(self.channel.clone())
            .max_decoding_message_size(crate::domain::limits::MESSAGE_BYTES_MAX);
        client.sync(request).await.map(tonic::Response::into_inner).map_err(|status| failure(&status))
    }
}

fn timed<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(CALL_TIMEOUT);
    request
}

type Stream = TokioIo<TlsStream<Counting<TcpStream>>>;

async fn connect(uri: Uri, config: Arc<rustls::ClientConfig>, counters: Arc<Counters>) -> io::Result<Stream> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what.to_owned());
    let host = uri.host().ok_or_else(|| invalid("an address without a host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = uri.port_u16().unwrap_or(443);
    let tcp = TcpStream::connect((host.as_str(), port)).await?;
    tcp.set_nodelay(true)?;
    let name = ServerName::try_from(host).map_err(|_| invalid("a host that is no name"))?;
    let tls = TlsConnector::from(config).connect(name, Counting::new(tcp, counters)).await?;
    Ok(TokioIo::new(tls))
}

/// A status in the engine's words.
pub(crate) fn failure(status: &Status) -> Failure {
    let kind = match status.code() {
        Code::Cancelled
        | Code::Unknown
        | Code::DeadlineExceeded
        | Code::Unavailable
        | Code::Aborted
        | Code::Internal
        | Code::DataLoss => FailureKind::PerhapsApplied,
        Code::ResourceExhausted => FailureKind::Exhausted,
        Code::Unauthenticated => FailureKind::Unauthenticated,
        Code::FailedPrecondition => FailureKind::Precondition,
        Code::Ok
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::OutOfRange
        | Code::Unimplemented => FailureKind::Other,
    };
    let details = status.get_error_details();
    let info = details.error_info().filter(|info| info.domain == "thidua");
    Failure {
        kind,
        reason: info.map_or_else(String::new, |info| info.reason.clone()),
        retry_after: details.retry_info().and_then(|info| info.retry_delay),
        message: cause(status),
    }
}

/// The message of a status, with what lies under it: a refused certificate hides behind "transport error".
fn cause(status: &Status) -> String {
    let mut text = status.message().to_owned();
    let mut under = std::error::Error::source(status);
    while let Some(error) = under {
        text.push_str(": ");
        text.push_str(&error.to_string());
        under = error.source();
    }
    text
}
