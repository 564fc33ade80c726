//! Connect and JSON: the calls of the contract as `curl`, a browser and the clients of Connect make
//! them.

mod calls;
mod clients;
mod cors;
mod errors;
mod limits;

use crate::harness::{HttpAnswer, TestClient, TestServer, send_http2};

const COMMUNE: &str = "com-29242-0";
const GET_UNIT: &str = "/thidua.v1.OrgService/GetUnit";

/// Posts JSON as `curl -d` does, with the token of a client.
async fn post_json(client: &TestClient, path: &str, json: &str) -> HttpAnswer {
    post_with(client, path, &[("content-type", "application/json")], json.into()).await
}

/// Posts a body with these headers, and with the token of a client.
async fn post_with(
    client: &TestClient,
    path: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
) -> HttpAnswer {
    let bearer = format!("Bearer {}", client.token);
    let headers = [headers, &[("authorization", bearer.as_str()), ("accept-language", "en")]];
    send_http2(client.channel.clone(), "POST", path, &headers.concat(), body).await
}

/// Posts JSON without a token.
async fn post_as_stranger(server: &TestServer, path: &str, json: Vec<u8>) -> HttpAnswer {
    let headers = [("content-type", "application/json"), ("accept-language", "en")];
    send_http2(server.connect().await, "POST", path, &headers, json).await
}
