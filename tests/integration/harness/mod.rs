//! Test servers with the example's province, and clients that use only the contract.

mod http;
mod load_balancer;
mod proxy;
mod server_parts;
mod test_client;
mod test_server;

pub(crate) use http::{HttpAnswer, post_http1, send_http2};
pub(crate) use load_balancer::TWO_NODES_ENV;
pub(crate) use proxy::ThrottledProxy;
pub(crate) use server_parts::PROBLEM_FILE;
pub(crate) use test_client::{TestClient, is_applied};
pub(crate) use test_server::{
    ALLOWED_ORIGIN, DATABASE_URL_FILE, Example, PARTNER_CA_FILE, TestServer, connect_dir,
    connect_dir_from, create_code, first_monday, open_app,
};
