//! What others feel of an attack on the real binary; `scripts/hostile` starts it and prints the table.
//!
//! The attacker is a process of its own with the lowest priority, as it would be another machine: what is measured is what the server loses
//! to it and not what two cores lose. All of it talks to loopback, ends by itself and asserts no time.

use super::FLOOD_MIB;
use super::attack::{ALL, go_on};
use super::door::Door;
use crate::harness::{Phone, Town, channel, code_in};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use thidua::app::App;
use thidua::clock::Clock;
use thidua::domain::ids::UnitId;
use thidua::domain::permission::Role;
use thidua::store::{Location, Store};

/// The programme to attack; nothing is measured without it.
const BINARY: &str = "THIDUA_HOSTILE_BINARY";
const ATTACK: &str = "THIDUA_HOSTILE_ATTACK";
/// A commune of today.
const COMMUNE: &str = "com-29242-2";
/// Phones that work meanwhile, each with a call every tenth of a second: as much as one credential may.
const PHONES: usize = 16;
const PAUSE: Duration = Duration::from_millis(105);
const QUIET: Duration = Duration::from_secs(4);
const UNDER: Duration = Duration::from_secs(6);
/// Longer than anybody may take to say hello.
const AFTER: Duration = Duration::from_secs(12);

/// A process of ours, ended with the value.
struct Ours(Child);

impl Drop for Ours {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Not a story: the attacker, when the measuring starts one.
#[tokio::test(flavor = "multi_thread")]
async fn the_attacker() {
    let Ok(what) = std::env::var(ATTACK) else { return };
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_secs(60));
        std::process::exit(3);
    });
    let [name, dir, port, process, token] = what.split('\n').collect::<Vec<_>>().try_into().unwrap();
    let door = Door::of(PathBuf::from(dir), port.parse().unwrap(), process.parse().unwrap());
    go_on(name, door, token).await;
}

fn attacker(name: &str, door: &Door, token: &str) -> Ours {
    let what = [name, door.dir.to_str().unwrap(), &door.port.to_string(), &door.process.to_string(), token].join("\n");
    let mut command = Command::new("nice");
    command.args(["-n", "19"]).arg(std::env::current_exe().unwrap());
    command.args(["hostile::measured::the_attacker", "--exact"]).env(ATTACK, what);
    Ours(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

/// The real binary over the town's files.
fn served(binary: &str, dir: &Path) -> (Ours, Door) {
    let mut command = Command::new(binary);
    command.args(["serve", "--set", "listen.address=127.0.0.1:0", "--set", "database.url=sqlite:../town.db"]);
    command.args(["--set", "tls.dir=../tls", "--set", "jobs.enabled=false"]);
    command.env("THIDUA_DATA", dir.join("keys")).env("THIDUA_LANG", "en").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = said.next().unwrap().unwrap();
    let port = line.rsplit(':').next().unwrap().trim().parse().unwrap_or_else(|_| panic!("no address in: {line}"));
    let door = Door::of(dir.to_owned(), port, child.id());
    (Ours(child), door)
}

/// How long calls took, in microseconds, and how many failed.
#[derive(Default)]
struct Felt {
    micros: Vec<u128>,
    failed: u32,
}

impl Felt {
    fn p99(&mut self) -> u128 {
        self.micros.sort_unstable();
        let at = self.micros.len() * 99 / 100;
        self.micros.get(at.min(self.micros.len().saturating_sub(1))).copied().unwrap_or(0)
    }
}

/// Every phone asks whether there is anything new, again and again, for so long.
async fn work(phones: &mut Vec<Phone>, time: Duration) -> Felt {
    let done = Arc::new(AtomicBool::new(false));
    let mut working = tokio::task::JoinSet::new();
    for mut phone in phones.drain(..) {
        let done = done.clone();
        working.spawn(async move {
            let mut felt = Felt::default();
            while !done.load(Ordering::Relaxed) {
                tokio::time::sleep(PAUSE).await;
                let began = Instant::now();
                match tokio::time::timeout(Duration::from_secs(20), phone.sync(Vec::new())).await {
                    Ok(Ok(_)) => felt.micros.push(began.elapsed().as_micros()),
                    Ok(Err(_)) | Err(_) => felt.failed += 1,
                }
            }
            (phone, felt)
        });
    }
    tokio::time::sleep(time).await;
    done.store(true, Ordering::Relaxed);
    let mut all = Felt::default();
    while let Some(one) = working.join_next().await {
        let (phone, felt) = one.unwrap();
        all.micros.extend(felt.micros);
        all.failed += felt.failed;
        phones.push(phone);
    }
    all
}

/// How long a new phone waits for its connection and a first answer.
async fn comes_anew(door: &Door) -> Duration {
    let began = Instant::now();
    let mut honest = door.honest().await;
    honest.check(tonic_health::pb::HealthCheckRequest::default()).await.unwrap();
    began.elapsed()
}

/// Not a story of its own: one line for each attack; `scripts/hostile` runs it.
#[tokio::test(flavor = "multi_thread")]
async fn others_go_on_while_the_real_binary_is_attacked() {
    let Ok(binary) = std::env::var(BINARY) else { return };
    let only = std::env::var("THIDUA_HOSTILE_ONLY").unwrap_or_default();
    let dir = Town::open().await.stop().await;
    let app = App::new(
        Store::open(&Location::parse(&dir.path().join("town.db").display().to_string())).unwrap(),
        Clock::System,
    );
    app.apply_day().unwrap(); // From the town's first Monday to today.
    let (_server, door) = served(&binary, dir.path());
    let mut phones = Vec::new();
    for _ in 0..PHONES {
        let mut phone = Phone::new(channel(&door.dir, door.port).await, UnitId::named(COMMUNE));
        phone.enrol(&code_in(&app, COMMUNE, Role::Reporter)).await.unwrap();
        phone.sync(Vec::new()).await.unwrap();
        phones.push(phone);
    }
    let mut thief = Phone::new(channel(&door.dir, door.port).await, UnitId::named(COMMUNE));
    thief.enrol(&code_in(&app, COMMUNE, Role::Reporter)).await.unwrap();
    work(&mut phones, QUIET).await;
    println!(
        "{:>24} | quiet p99 | under p99 | ratio | failed | server's processor, quiet and under | MiB before, under, after | a new phone waits",
        "attack"
    );
    for name in ALL.into_iter().filter(|name| name.contains(&only)) {
        let (before, idle) = (door.memory(), door.worked());
        let quiet = work(&mut phones, QUIET).await;
        let idle = (door.worked() - idle) / QUIET.as_secs();
        let harm = attacker(name, &door, &thief.token);
        tokio::time::sleep(Duration::from_secs(2)).await; // It begins.
        let busy = door.worked();
        let under = work(&mut phones, UNDER).await;
        let busy = (door.worked() - busy) / UNDER.as_secs();
        let (most, anew) = (door.memory(), comes_anew(&door).await);
        drop(harm);
        tokio::time::sleep(AFTER).await;
        println!(
            "{name:>24} | {} | {idle:>3} %, {busy:>3} % | {before:>6}, {most:>5}, {:>5} | {} ms",
            felt(quiet, under),
            door.memory(),
            anew.as_millis(),
        );
        assert!(door.memory() < before + FLOOD_MIB, "memory did not come back: {} MiB", door.memory());
    }
}

/// Both times, how much longer the second is, and how many calls failed.
fn felt(mut quiet: Felt, mut under: Felt) -> String {
    let (one, other) = (quiet.p99(), under.p99());
    let tenths = other * 10 / one.max(1);
    let ms = |micros: u128| format!("{:>6}.{} ms", micros / 1000, micros / 100 % 10);
    format!("{} | {} | {:>3}.{} | {:>6}", ms(one), ms(other), tenths / 10, tenths % 10, quiet.failed + under.failed)
}
