//! Long mixed load on a real server process over TLS: do latency and memory stay constant?
//!
//! ```text
//!  16 reporters  send or correct a report, five times a second each
//!   8 reviewers  sync; every fortieth time from nothing
//!  60 followers  follow for some seconds, leave, return on a new connection
//!   1 admin      starts the nightly run in the middle
//! ```
//!
//! Every second: waits, RSS, files and WAL of the server's process.

use crate::Result;
use crate::device::{BenchDevice, find_expected_reports};
use crate::fixture::{connect, enrol_device, new_runtime, unit_uids};
use crate::host_stats::{CpuTicks, anon_kib, count_descriptors, file_size, resident_kib};
use crate::server_process::BenchServerProcess;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use thidua::bench_api::pb::{self, job_service_client::JobServiceClient};
use thidua::bench_api::{ElementNumber, ReportKey, Role, UnitKind};
use tokio::task::JoinSet;

const REPORTERS: usize = 16;
const REVIEWERS: usize = 8;
const FOLLOWERS: usize = 60;
/// A token is valid for 15 minutes.
const RENEW_INTERVAL: Duration = Duration::from_secs(300);
/// Maximum size of a write-ahead log: it is reset at 64 MiB, which a long reader may delay.
const WAL_MAX_KIB: u64 = 128 * 1024;

/// Minutes of load after which the writer's page cache of 16 MB is full.
const CACHE_WARMUP_MINUTES: usize = 8;
/// Maximum growth of memory from the second to the last third; over half an hour some 60 bytes per
/// push, if it is a leak.
const MAX_MEMORY_RATIO: f64 = 1.05;

/// Statistics of one minute.
#[derive(Debug, Clone, Default)]
struct MinuteStats {
    pushes: Vec<f64>,
    pulls: Vec<f64>,
    rss_kib: u64,
    anon_kib: u64,
    descriptors: usize,
    wal_kib: u64,
    other_load_percent: f64,
}

/// State shared by all parts of the load.
struct SoakState {
    process: BenchServerProcess,
    end: Instant,
    minute: Mutex<MinuteStats>,
    /// The first error.
    first_failure: Mutex<Option<String>>,
}

impl SoakState {
    fn is_over(&self) -> bool {
        Instant::now() >= self.end || self.first_failure().is_some()
    }

    fn first_failure(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.first_failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn minute(&self) -> std::sync::MutexGuard<'_, MinuteStats> {
        self.minute.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn enrol_device(&self, uid: &str, role: Role) -> Result<BenchDevice> {
        enrol_device(
            &self.process.app,
            connect(&self.process.files, self.process.port).await?,
            uid,
            role,
        )
        .await
    }
}

/// Runs the load for `seconds` and prints a line per minute. An error if a limit is exceeded.
pub(crate) fn run_soak(seconds: u64, mut print_line: impl FnMut(String)) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(seconds);
    let process = BenchServerProcess::start()?;
    let shared = Arc::new(SoakState {
        process,
        end,
        minute: Mutex::default(),
        first_failure: Mutex::default(),
    });
    let minutes = new_runtime()?.block_on(run_load(&shared, seconds, &mut print_line))?;
    if let Some(broken) = shared.first_failure().take() {
        return Err(broken.into());
    }
    let violations = check_limits(&minutes, &mut print_line);
    if violations.is_empty() { Ok(()) } else { Err(violations.join("; ").into()) }
}

async fn run_load(
    shared: &Arc<SoakState>,
    seconds: u64,
    print_line: &mut impl FnMut(String),
) -> Result<Vec<MinuteStats>> {
    let communes = unit_uids(&shared.process.app, UnitKind::Commune)?;
    let mut tasks = JoinSet::new();
    for uid in communes.iter().cycle().take(REPORTERS) {
        let reporter = shared.enrol_device(uid, Role::Reporter).await?;
        let (reports, elements) = expected_reports_of(shared, &reporter)?;
        tasks.spawn(record_failure(
            shared.clone(),
            run_reporter(shared.clone(), reporter, reports, elements),
        ));
    }
    let province = unit_uids(&shared.process.app, UnitKind::Province)?
        .into_iter()
        .next()
        .ok_or("no province")?;
    for at in 0..REVIEWERS {
        let uid = if at == 0 { &province } else { &communes[at % communes.len()] };
        let reviewer = shared.enrol_device(uid, Role::Reviewer).await?;
        tasks.spawn(record_failure(shared.clone(), run_reviewer(shared.clone(), reviewer)));
    }
    for at in 0..FOLLOWERS {
        let follower = shared.enrol_device(&communes[at % communes.len()], Role::Reviewer).await?;
        tasks.spawn(record_failure(shared.clone(), run_follower(shared.clone(), follower, at)));
    }
    let admin = shared.enrol_device(&province, Role::Admin).await?;
    tasks.spawn(record_failure(
        shared.clone(),
        run_nightly_job(shared.clone(), admin, Duration::from_secs(seconds / 2)),
    ));
    print_line(MINUTE_TABLE_HEADER.to_owned());
    let minutes = sample_minutes(shared, print_line).await;
    while tasks.join_next().await.is_some() {}
    Ok(minutes)
}

fn expected_reports_of(
    shared: &SoakState,
    reporter: &BenchDevice,
) -> Result<(Vec<ReportKey>, Vec<ElementNumber>)> {
    let app = &shared.process.app;
    let reference = app.store().read(|tx| app.reference(tx))?;
    find_expected_reports(&reference, reporter.unit, app.now().local_date())
}

/// Runs a part of the load; the first failure ends all parts.
async fn record_failure(shared: Arc<SoakState>, part: impl Future<Output = Result<()>>) {
    if let Err(error) = part.await {
        shared.first_failure().get_or_insert(error.to_string());
    }
}

async fn run_reporter(
    shared: Arc<SoakState>,
    mut reporter: BenchDevice,
    reports: Vec<ReportKey>,
    elements: Vec<ElementNumber>,
) -> Result<()> {
    let mut renewed = Instant::now();
    for turn in 0.. {
        for key in &reports {
            if shared.is_over() {
                return Ok(());
            }
            let commands = match turn {
                0 => reporter.encode_report(key, &elements).into(),
                // The figures go from 1 to 9, then back to 1.
                _ => vec![reporter.encode_correction(
                    key,
                    &elements,
                    (turn - 1) % 9 + 1,
                    turn % 9 + 1,
                )],
            };
            let began = Instant::now();
            reporter.sync(commands).await?;
            shared.minute().pushes.push(began.elapsed().as_secs_f64() * 1000.0);
            if renewed.elapsed() > RENEW_INTERVAL {
                reporter.renew_token().await?;
                renewed = Instant::now();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    Ok(())
}

async fn run_reviewer(shared: Arc<SoakState>, mut reviewer: BenchDevice) -> Result<()> {
    let mut renewed = Instant::now();
    for turn in 1_u64.. {
        if shared.is_over() {
            break;
        }
        let anew = turn.is_multiple_of(40);
        if anew {
            reviewer.clear_cursor();
        }
        let began = Instant::now();
        reviewer.sync(Vec::new()).await?;
        // A full sync grows with the stored data, so it is not compared with the first minutes.
        if !anew {
            shared.minute().pulls.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        if renewed.elapsed() > RENEW_INTERVAL {
            reviewer.renew_token().await?;
            renewed = Instant::now();
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

async fn run_follower(shared: Arc<SoakState>, mut follower: BenchDevice, at: usize) -> Result<()> {
    let stay = Duration::from_secs(3 + at as u64 % 11);
    let mut renewed = Instant::now();
    while !shared.is_over() {
        follower.channel = connect(&shared.process.files, shared.process.port).await?;
        if renewed.elapsed() > RENEW_INTERVAL {
            follower.renew_token().await?;
            renewed = Instant::now();
        }
        let mut stream = follower.open_stream(Vec::new(), true).await?;
        let leave = tokio::time::Instant::now() + stay;
        // Leaves in the middle of the stream, as a phone does.
        while let Ok(message) = tokio::time::timeout_at(leave, stream.message()).await {
            message?.ok_or("the server ended a stream that was followed")?;
        }
        drop(stream);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

/// Starts the nightly run on the server, in the middle of the load.
async fn run_nightly_job(
    shared: Arc<SoakState>,
    mut admin: BenchDevice,
    after: Duration,
) -> Result<()> {
    let at = Instant::now() + after;
    let mut renewed = Instant::now();
    while Instant::now() < at {
        if shared.is_over() {
            return Ok(());
        }
        if renewed.elapsed() > RENEW_INTERVAL {
            admin.renew_token().await?;
            renewed = Instant::now();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let message = pb::RunJobRequest { request_id: vec![7; 16], name: "aggregate".to_owned() };
    let mut steps = JobServiceClient::new(admin.channel.clone())
        .run_job(admin.request(message)?)
        .await?
        .into_inner();
    let mut run = None;
    while let Some(step) = steps.message().await? {
        run = step.run.or(run);
    }
    match run {
        Some(run) if run.state() == pb::JobRunState::Done => Ok(()),
        Some(_) | None => Err(format!("the nightly run did not succeed: {run:?}").into()),
    }
}

const MINUTE_TABLE_HEADER: &str = "minute   pushes  p50 ms  p99 ms    syncs  p50 ms  p99 ms   RSS MiB  own MiB  files   WAL MiB  foreign CPU";

/// Samples and prints each minute until the load ends.
async fn sample_minutes(
    shared: &SoakState,
    print_line: &mut impl FnMut(String),
) -> Vec<MinuteStats> {
    let server = shared.process.id();
    let (mut minutes, mut began, mut ticks) =
        (Vec::new(), Instant::now(), CpuTicks::sample(&[server]));
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let over = shared.is_over();
        let wal_kib = file_size(&shared.process.wal_path()) / 1024;
        let mut open = shared.minute();
        open.wal_kib = open.wal_kib.max(wal_kib);
        if began.elapsed() >= Duration::from_secs(60) {
            let mut minute = std::mem::take(&mut *open);
            drop(open);
            let now = CpuTicks::sample(&[server]);
            minute.rss_kib = resident_kib(server);
            minute.anon_kib = anon_kib(server);
            minute.descriptors = count_descriptors(server);
            minute.other_load_percent = ticks.other_load_percent(now);
            print_line(format_minute(minutes.len() + 1, &minute));
            minutes.push(minute);
            (began, ticks) = (Instant::now(), now);
        }
        if over {
            return minutes;
        }
    }
}

fn format_minute(number: usize, minute: &MinuteStats) -> String {
    let MinuteStats {
        pushes,
        pulls,
        rss_kib,
        anon_kib: own_kib,
        descriptors,
        wal_kib,
        other_load_percent: foreign,
    } = minute;
    let mib = |kib: u64| kib as f64 / 1024.0;
    format!(
        "{number:>6}{:>9}{:>8.1}{:>8.1}{:>9}{:>8.1}{:>8.1}{:>10.1}{:>9.1}{descriptors:>7}{:>10.1}{foreign:>11.0} %",
        pushes.len(),
        percentile(pushes, 50),
        percentile(pushes, 99),
        pulls.len(),
        percentile(pulls, 50),
        percentile(pulls, 99),
        mib(*rss_kib),
        mib(*own_kib),
        mib(*wal_kib)
    )
}

/// The value below which this percentage of `values` lies.
fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1)))
        .copied()
        .unwrap_or_default()
}

/// Compares the last five minutes with the first five; in a short load, the last half with the
/// first. Memory: the last third with the second, if the second starts with SQLite's caches full;
/// in a shorter load it is printed but not checked. Returns the exceeded limits.
fn check_limits(minutes: &[MinuteStats], print_line: &mut impl FnMut(String)) -> Vec<String> {
    let (size, third) = ((minutes.len() / 2).min(5), minutes.len() / 3);
    if third == 0 {
        return vec!["too short to judge: three minutes at least".to_owned()];
    }
    let (first, last) = (&minutes[..size], &minutes[minutes.len() - size..]);
    let (middle, end) = (&minutes[third..minutes.len() - third], &minutes[minutes.len() - third..]);
    let worst = |all: &[MinuteStats], pick: fn(&MinuteStats) -> f64| {
        all.iter().map(pick).fold(0.0, f64::max)
    };
    let pooled = |all: &[MinuteStats], pick: fn(&MinuteStats) -> &Vec<f64>| {
        percentile(&all.iter().flat_map(pick).copied().collect::<Vec<_>>(), 99)
    };
    let own = |all| worst(all, |one| one.anon_kib as f64 / 1024.0);
    let files = |all| worst(all, |one| one.descriptors as f64);
    let rows = [
        (
            "p99 of pushes, ms",
            pooled(first, |one| &one.pushes),
            pooled(last, |one| &one.pushes),
            1.3,
            0.0,
        ),
        (
            "p99 of syncs, ms",
            pooled(first, |one| &one.pulls),
            pooled(last, |one| &one.pulls),
            1.3,
            0.0,
        ),
        ("own memory, MiB", own(middle), own(end), MAX_MEMORY_RATIO, 0.0),
        ("open files", files(first), files(last), 1.1, 8.0),
    ];
    let judged = |name: &str| third >= CACHE_WARMUP_MINUTES || !name.starts_with("own memory");
    let mut violations = Vec::new();
    for (name, before, after, times, more) in rows {
        let holds = after <= before * times + more;
        let verdict = match (judged(name), holds) {
            (false, _) => "not judged, caches are still filling: half an hour is long enough",
            (true, true) => "holds",
            (true, false) => "DOES NOT HOLD",
        };
        print_line(format!(
            "{name:<18} {before:>8.1}, at the end {after:>8.1}, ratio {:.2}: {verdict}",
            after / before.max(0.001)
        ));
        if judged(name) && !holds {
            violations.push(format!("{name}: {before:.1} became {after:.1}"));
        }
    }
    print_line(memory_growth_text(end));
    let wal = minutes.iter().map(|one| one.wal_kib).max().unwrap_or_default();
    print_line(format!("WAL at most {:.1} MiB of {}", wal as f64 / 1024.0, WAL_MAX_KIB / 1024));
    if wal > WAL_MAX_KIB {
        violations.push(format!("the WAL grew to {wal} KiB"));
    }
    violations
}

/// Growth of memory in these minutes, per minute and per push: a leak continues, a cache fills up.
fn memory_growth_text(minutes: &[MinuteStats]) -> String {
    let (first, last) = (
        minutes.first().map_or(0, |one| one.anon_kib),
        minutes.last().map_or(0, |one| one.anon_kib),
    );
    let kib = last as f64 - first as f64;
    let pushes: usize = minutes.iter().skip(1).map(|one| one.pushes.len()).sum();
    let steps = minutes.len().saturating_sub(1).max(1);
    let (minute, push) = (kib / steps as f64, kib * 1024.0 / pushes.max(1) as f64);
    format!(
        "own memory in the last {} minutes: {minute:+.0} KiB a minute, {push:+.0} bytes a push",
        minutes.len()
    )
}
