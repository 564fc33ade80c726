//! The clients that Connect publishes for Node.js and for browsers, against the real server.

use super::COMMUNE;
use crate::harness::TestServer;
use std::path::Path;
use std::process::Command;
use thidua::domain::access::permission::Role;

/// The folder with the packages of `tests/connect/package-lock.json`.
const MODULES: &str = "THIDUA_TEST_NODE_MODULES";

/// A folder with the script beside its packages. Without packages prints a line and returns `None`;
/// with `CI=true` panics, so that a missing client never counts as a pass.
fn client_dir() -> Option<tempfile::TempDir> {
    let Some(modules) = std::env::var_os(MODULES) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI must set {MODULES}");
        println!("SKIPPED: no {MODULES}; run this test through scripts/test");
        return None;
    };
    let dir = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/connect/client.mjs");
    std::fs::copy(script, dir.path().join("client.mjs")).unwrap();
    std::os::unix::fs::symlink(modules, dir.path().join("node_modules")).unwrap();
    Some(dir)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_clients_call_in_json_binary_and_grpc_web_and_read_errors_with_details() {
    let Some(dir) = client_dir() else { return };
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let descriptors = dir.path().join("thidua.binpb");
    std::fs::write(&descriptors, thidua::pb::FILE_DESCRIPTOR_SET).unwrap();
    let mut command = Command::new("node");
    command
        .arg(dir.path().join("client.mjs"))
        .env("THIDUA_SERVER", format!("https://localhost:{}", server.address.port()))
        .env("THIDUA_TOKEN", &client.token)
        .env("THIDUA_DESCRIPTORS", &descriptors)
        // Node's fetch trusts this CA too; connect-node is given it.
        .env("NODE_EXTRA_CA_CERTS", &server.files.ca);
    let run = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let (said, errors) =
        (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}\n{errors}");
    assert_eq!(said.lines().count(), 7, "{said}");
    server.close().await;
}
