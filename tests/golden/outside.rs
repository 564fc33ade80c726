//! Names that users and other systems depend on: terminal commands, settings, metrics, paths of
//! rpcs.

use crate::page::GoldenPage;
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::path::Path;
use std::process::Command;
use thidua::config::{Config, SECTIONS};
use thidua::grpc::status::ERROR_DOMAIN;
use thidua::i18n::Lang;
use thidua::pb::Rpc;
use thidua::server::metrics::ServerMetrics;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tower::{Layer as _, ServiceExt as _};

const ABOUT: &str = "What others have written down about us. Commands and flags of the terminal may change with a line
in CHANGELOG.md; settings, metrics, environment and rpcs stay. Made by tests/golden/outside.rs.";

/// The subcommands with their flags, from the completions that the binary prints.
fn print_commands(page: &mut GoldenPage) {
    page.section("commands and flags: may change with a line in CHANGELOG.md");
    let output =
        Command::new(env!("CARGO_BIN_EXE_thidua")).args(["completions", "bash"]).output().unwrap();
    assert!(output.status.success());
    let (text, mut path) = (String::from_utf8(output.stdout).unwrap(), None);
    let mut all = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_suffix(')').filter(|name| name.starts_with("thidua")) {
            path = Some(name.replace("__subcmd__", " ").replace("__", "-"));
        }
        let words = line.strip_prefix("opts=\"").and_then(|rest| rest.strip_suffix('"'));
        if let (Some(words), Some(path)) = (words, &path) {
            let words: Vec<&str> = words.split_whitespace().collect();
            all.entry(path.clone()).or_insert_with(|| words.join(" "));
        }
    }
    assert!(all.len() > 20, "the completions are read");
    for (path, words) in all.into_iter().filter(|(path, _)| !path.contains(" help")) {
        page.item(path, words);
    }
}

/// The keys of each section, as the configuration reader lists them in the error for an unknown
/// key.
fn print_settings(page: &mut GoldenPage) {
    page.section("settings: sections and keys, as the reader takes them");
    for section in SECTIONS {
        let flag = [format!("{section}.no-such-key=1")];
        let refused = Config::load(Path::new("/nowhere"), None, [], &flag).unwrap_err().to_string();
        let keys: Vec<&str> = refused.split('`').skip(1).step_by(2).skip(1).collect();
        assert!(!keys.is_empty(), "{refused}");
        page.item(section, keys.join(" "));
    }
    page.section("settings: lines of the template, with their defaults");
    let lines = Lang::VI
        .file("server-config.toml")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    for line in lines {
        let section = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        page.line(section.map_or_else(|| line.to_owned(), |name| format!("section {name}")));
    }
    page.section("a setting comes from the environment too");
    let environment = [("THIDUA_LISTEN_ADDRESS".to_owned(), "10.0.0.2:1".to_owned())];
    let config = Config::load(Path::new("/nowhere"), None, environment, &[]).unwrap();
    page.item("THIDUA_LISTEN_ADDRESS", config.listen.address);
}

fn print_rpcs(page: &mut GoldenPage) {
    page.section("rpcs");
    Rpc::ALL.iter().for_each(|rpc| page.line(rpc.path()));
    page.section("domain of every error's facts");
    page.line(ERROR_DOMAIN);
}

/// The metrics page of a server that answered one call.
async fn fetch_metrics(world: &World) -> String {
    let print_metrics = ServerMetrics::default();
    let inner = tower::service_fn(|_: http::Request<()>| async {
        Ok::<_, Infallible>(http::Response::builder().header("grpc-status", "5").body(()).unwrap())
    });
    let call = http::Request::builder().uri("/thidua.v1.SyncService/Sync").body(()).unwrap();
    print_metrics.layer(inner).oneshot(call).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(print_metrics.serve(listener, world.app.clone()));
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    served.abort();
    text
}

fn print_metrics(page: &mut GoldenPage) {
    let world = World::on_sqlite();
    let job = thidua::jobs::find_job("compact").unwrap();
    job.run_now(&world.app, "node").unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let text = runtime.block_on(fetch_metrics(&world));
    page.section("metrics: types and units, then lines with their labels and without values");
    let mut lines = BTreeSet::new();
    for line in text.lines() {
        if line.starts_with("# TYPE") || line.starts_with("# UNIT") {
            lines.insert(line.trim_start_matches("# ").to_owned());
        } else if let Some((name, _)) =
            line.rsplit_once(' ').filter(|_| line.starts_with("thidua_"))
        {
            lines.insert(name.to_owned());
        }
    }
    assert!(lines.len() > 10, "{text}");
    lines.into_iter().for_each(|line| page.line(line));
}

#[test]
fn commands_settings_metrics_and_rpcs_are_called_what_they_were() {
    let mut page = GoldenPage::new("outside.txt", ABOUT);
    print_commands(&mut page);
    print_settings(&mut page);
    print_rpcs(&mut page);
    print_metrics(&mut page);
    page.compare_or_bless();
}
