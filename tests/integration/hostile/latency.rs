//! Measures the latency of other clients while the release binary is attacked; `scripts/hostile`
//! starts it and prints the table.
//!
//! The attacker is another process with the lowest priority, like another machine, so that the
//! figures show the server's loss and not the shared processor's. Everything uses loopback, ends by
//! itself and asserts no time.

use super::FLOOD_MIB;
use super::attack::{ATTACKS, run_attack};
use super::attack_target::AttackTarget;
use crate::harness::{TestClient, TestServer, connect_dir, create_code};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use thidua::app::App;
use thidua::clock::Clock;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::UnitId;
use thidua::store::{DatabaseLocation, Store};

/// The binary to attack; without it nothing is measured.
const BINARY_ENV: &str = "THIDUA_HOSTILE_BINARY";
const ATTACK_ENV: &str = "THIDUA_HOSTILE_ATTACK";
/// A commune that exists today.
const COMMUNE: &str = "com-29242-2";
/// Phones that sync meanwhile, each with a call every tenth of a second: the limit of one
/// credential.
const PHONES: usize = 16;
const CALL_INTERVAL: Duration = Duration::from_millis(105);
const QUIET_PERIOD: Duration = Duration::from_secs(4);
const ATTACK_PERIOD: Duration = Duration::from_secs(6);
/// Longer than the server's timeout for a handshake.
const RECOVERY_PERIOD: Duration = Duration::from_secs(12);

/// A child process that is killed when dropped.
struct ChildGuard(Child);

impl Drop for ChildGuard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Not a test of its own: the attacker's process, started by the measurement.
#[tokio::test(flavor = "multi_thread")]
async fn the_attacker() {
    let Ok(what) = std::env::var(ATTACK_ENV) else { return };
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_secs(60));
        std::process::exit(3);
    });
    let [name, dir, port, process, token] =
        what.split('\n').collect::<Vec<_>>().try_into().unwrap();
    let target =
        AttackTarget::new(PathBuf::from(dir), port.parse().unwrap(), process.parse().unwrap());
    run_attack(name, target, token).await;
}

fn spawn_attacker(name: &str, target: &AttackTarget, token: &str) -> ChildGuard {
    let what = [
        name,
        target.dir.to_str().unwrap(),
        &target.port.to_string(),
        &target.pid.to_string(),
        token,
    ]
    .join("\n");
    let mut command = Command::new("nice");
    command.args(["-n", "19"]).arg(std::env::current_exe().unwrap());
    command.args(["hostile::latency::the_attacker", "--exact"]).env(ATTACK_ENV, what);
    ChildGuard(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

/// Starts the release binary over the test server's files.
fn start_server(binary: &str, dir: &Path) -> (ChildGuard, AttackTarget) {
    let mut command = Command::new(binary);
    command.args([
        "serve",
        "--set",
        "listen.address=127.0.0.1:0",
        "--set",
        "database.url=sqlite:../town.db",
    ]);
    command.args(["--set", "tls.dir=../tls", "--set", "jobs.enabled=false"]);
    command
        .env("THIDUA_DATA", dir.join("keys"))
        .env("THIDUA_LANG", "en")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    let port = line
        .rsplit(':')
        .next()
        .unwrap()
        .trim()
        .parse()
        .unwrap_or_else(|_| panic!("no address in: {line}"));
    let target = AttackTarget::new(dir.to_owned(), port, child.id());
    (ChildGuard(child), target)
}

/// Durations of calls in microseconds, and the number of failed calls.
#[derive(Default)]
struct CallLatencies {
    micros: Vec<u128>,
    failed: u32,
}

impl CallLatencies {
    fn p99(&mut self) -> u128 {
        self.micros.sort_unstable();
        let at = self.micros.len() * 99 / 100;
        self.micros.get(at.min(self.micros.len().saturating_sub(1))).copied().unwrap_or(0)
    }
}

/// Lets every phone sync repeatedly for this time.
async fn measure_phones(phones: &mut Vec<TestClient>, time: Duration) -> CallLatencies {
    let done = Arc::new(AtomicBool::new(false));
    let mut working = tokio::task::JoinSet::new();
    for mut phone in phones.drain(..) {
        let done = done.clone();
        working.spawn(async move {
            let mut latencies = CallLatencies::default();
            while !done.load(Ordering::Relaxed) {
                tokio::time::sleep(CALL_INTERVAL).await;
                let start = Instant::now();
                match tokio::time::timeout(Duration::from_secs(20), phone.sync(Vec::new())).await {
                    Ok(Ok(_)) => latencies.micros.push(start.elapsed().as_micros()),
                    Ok(Err(_)) | Err(_) => latencies.failed += 1,
                }
            }
            (phone, latencies)
        });
    }
    tokio::time::sleep(time).await;
    done.store(true, Ordering::Relaxed);
    let mut all = CallLatencies::default();
    while let Some(one) = working.join_next().await {
        let (phone, latencies) = one.unwrap();
        all.micros.extend(latencies.micros);
        all.failed += latencies.failed;
        phones.push(phone);
    }
    all
}

/// How long a new phone waits for its connection and a first response.
async fn measure_new_connection(target: &AttackTarget) -> Duration {
    let start = Instant::now();
    let mut client = target.health_client().await;
    client.check(tonic_health::pb::HealthCheckRequest::default()).await.unwrap();
    start.elapsed()
}

/// Run by `scripts/hostile` only: prints one line for each attack.
#[tokio::test(flavor = "multi_thread")]
async fn others_go_on_while_the_real_binary_is_attacked() {
    let Ok(binary) = std::env::var(BINARY_ENV) else { return };
    let only = std::env::var("THIDUA_HOSTILE_ONLY").unwrap_or_default();
    let dir = TestServer::start().await.stop().await;
    let app = App::new(
        Store::open(&DatabaseLocation::parse(&dir.path().join("town.db").display().to_string()))
            .unwrap(),
        Clock::System,
    );
    app.apply_org_day().unwrap(); // From the town's first Monday to today.
    let (_server, target) = start_server(&binary, dir.path());
    let mut phones = Vec::new();
    for _ in 0..PHONES {
        let mut phone = TestClient::new(
            connect_dir(&target.dir, target.port).await,
            UnitId::from_code(COMMUNE),
        );
        phone.enrol(&create_code(&app, COMMUNE, Role::Reporter)).await.unwrap();
        phone.sync(Vec::new()).await.unwrap();
        phones.push(phone);
    }
    let mut attacker_account =
        TestClient::new(connect_dir(&target.dir, target.port).await, UnitId::from_code(COMMUNE));
    attacker_account.enrol(&create_code(&app, COMMUNE, Role::Reporter)).await.unwrap();
    measure_phones(&mut phones, QUIET_PERIOD).await;
    println!(
        "{:>24} | quiet p99 | under p99 | ratio | failed | server's processor, quiet and under \
         | MiB before, under, after | a new phone waits",
        "attack"
    );
    for name in ATTACKS.into_iter().filter(|name| name.contains(&only)) {
        let (before, idle) = (target.memory_mib(), target.cpu_ticks());
        let baseline = measure_phones(&mut phones, QUIET_PERIOD).await;
        let idle = (target.cpu_ticks() - idle) / QUIET_PERIOD.as_secs();
        let attacker = spawn_attacker(name, &target, &attacker_account.token);
        tokio::time::sleep(Duration::from_secs(2)).await; // It begins.
        let busy = target.cpu_ticks();
        let under = measure_phones(&mut phones, ATTACK_PERIOD).await;
        let busy = (target.cpu_ticks() - busy) / ATTACK_PERIOD.as_secs();
        let (peak, connect_time) = (target.memory_mib(), measure_new_connection(&target).await);
        drop(attacker);
        tokio::time::sleep(RECOVERY_PERIOD).await;
        println!(
            "{name:>24} | {} | {idle:>3} %, {busy:>3} % | {before:>6}, {peak:>5}, {:>5} | {} ms",
            format_latencies(baseline, under),
            target.memory_mib(),
            connect_time.as_millis(),
        );
        assert!(
            target.memory_mib() < before + FLOOD_MIB,
            "memory did not come back: {} MiB",
            target.memory_mib()
        );
    }
}

/// Both times, how much longer the second is, and how many calls failed.
fn format_latencies(mut baseline: CallLatencies, mut under: CallLatencies) -> String {
    let (one, other) = (baseline.p99(), under.p99());
    let tenths = other * 10 / one.max(1);
    let ms = |micros: u128| format!("{:>6}.{} ms", micros / 1000, micros / 100 % 10);
    format!(
        "{} | {} | {:>3}.{} | {:>6}",
        ms(one),
        ms(other),
        tenths / 10,
        tenths % 10,
        baseline.failed + under.failed
    )
}
