//! Plain HTTP requests, as `curl` sends them: over HTTP/1.1 by hand, over HTTP/2 by a channel.

use super::TestServer;
use std::pin::Pin;
use std::sync::Arc;
use thidua::server::tls::read_chain;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::body::Body;
use tonic::codegen::{Body as _, Service, http};
use tonic::transport::Channel;

/// A response that was read to its end.
#[derive(Debug)]
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl HttpAnswer {
    /// The body as JSON; `null` if it is none.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header; empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The readable form of a detail of the error, as in `ErrorInfo`.
    pub(crate) fn detail(&self, name: &str) -> serde_json::Value {
        let error = self.json();
        let details = error["details"].as_array().cloned().unwrap_or_default();
        let wanted = format!("google.rpc.{name}");
        details.iter().find(|detail| detail["type"] == wanted).unwrap()["debug"].clone()
    }
}

/// Sends one request over HTTP/2.
pub(crate) async fn send_http2(
    mut channel: Channel,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> HttpAnswer {
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::new(axum::body::Body::from(body))).unwrap();
    std::future::poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
    let (parts, mut body) = channel.call(request).await.unwrap().into_parts();
    let mut bytes = Vec::new();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if let Ok(data) = frame.unwrap().into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    HttpAnswer { status: parts.status.as_u16(), headers: parts.headers, body: bytes }
}

/// Sends one request over HTTP/1.1 on a connection of its own.
pub(crate) async fn post_http1(
    server: &TestServer,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> HttpAnswer {
    let mut roots = RootCertStore::empty();
    roots.add(read_chain(&server.files.ca).unwrap()[0].clone()).unwrap();
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let tcp = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect("127.0.0.1".try_into().unwrap(), tcp).await.unwrap();
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap())
    });
    HttpAnswer { status, headers: headers.collect(), body: bytes[end + 4..].to_vec() }
}
