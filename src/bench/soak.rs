//! Mixed load on a real server process over TLS for a long time: does it stay as it was in the beginning?
//!
//! ```text
//!  16 reporters  send a report or correct one, five times a second each       every second
//!   8 reviewers  sync; each fortieth time from nothing                   ->    waits, RSS, files, WAL
//!  60 followers  follow for some seconds, leave, come on a new connection      of the server's process
//!   1 admin      runs the night in the middle
//! ```
//!
//! Knows what is judged at the end; decides nothing of the product. Bounded by its seconds.

use super::Result;
use super::caller::{Caller, owed};
use super::machine::{Moment, descriptors, length, own_kib, resident_kib};
use super::process::Process;
use super::rig::{connect, enrolled, runtime, uids};
use crate::domain::cell::ElementNo;
use crate::domain::org::UnitKind;
use crate::domain::permission::Role;
use crate::domain::report::ReportKey;
use crate::pb;
use crate::pb::job_service_client::JobServiceClient;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const REPORTERS: usize = 16;
const REVIEWERS: usize = 8;
const FOLLOWERS: usize = 60;
/// A token lives for a quarter of an hour.
const RENEW: Duration = Duration::from_secs(300);
/// What a write-ahead log may hold: it is put back at 64 MiB, and one long reader may keep it from that for a while.
const WAL_MAX_KIB: u64 = 128 * 1024;

/// Minutes of load after which the writer has filled the 16 MB of pages that it may keep.
const CACHES_FULL: usize = 8;
/// How much more memory the last third may take than the second: of half an hour that is some 60 bytes a push, if it is a leak.
const MEMORY_TIMES: f64 = 1.05;

/// One minute.
#[derive(Debug, Clone, Default)]
struct Minute {
    pushes: Vec<f64>,
    pulls: Vec<f64>,
    rss_kib: u64,
    own_kib: u64,
    descriptors: usize,
    wal_kib: u64,
    foreign: f64,
}

/// What every part of the load shares.
struct Shared {
    process: Process,
    end: Instant,
    minute: Mutex<Minute>,
    /// What went wrong first.
    broken: Mutex<Option<String>>,
}

impl Shared {
    fn is_over(&self) -> bool {
        Instant::now() >= self.end || self.broken().is_some()
    }

    fn broken(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn minute(&self) -> std::sync::MutexGuard<'_, Minute> {
        self.minute.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn caller(&self, uid: &str, role: Role) -> Result<Caller> {
        enrolled(&self.process.app, connect(&self.process.files, self.process.port).await?, uid, role).await
    }
}

/// Loads for `seconds`; `say` hears a line a minute. An error when something grew or slowed down.
pub fn run(seconds: u64, mut say: impl FnMut(String)) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(seconds);
    let process = Process::start()?;
    let shared = Arc::new(Shared { process, end, minute: Mutex::default(), broken: Mutex::default() });
    let minutes = runtime()?.block_on(load(&shared, seconds, &mut say))?;
    if let Some(broken) = shared.broken().take() {
        return Err(broken.into());
    }
    let complaints = judge(&minutes, &mut say);
    if complaints.is_empty() { Ok(()) } else { Err(complaints.join("; ").into()) }
}

async fn load(shared: &Arc<Shared>, seconds: u64, say: &mut impl FnMut(String)) -> Result<Vec<Minute>> {
    let communes = uids(&shared.process.app, UnitKind::Commune)?;
    let mut tasks = JoinSet::new();
    for uid in communes.iter().cycle().take(REPORTERS) {
        let reporter = shared.caller(uid, Role::Reporter).await?;
        let (reports, elements) = owed_by(shared, &reporter)?;
        tasks.spawn(noted(shared.clone(), report(shared.clone(), reporter, reports, elements)));
    }
    let province = uids(&shared.process.app, UnitKind::Province)?.into_iter().next().ok_or("no province")?;
    for at in 0..REVIEWERS {
        let uid = if at == 0 { &province } else { &communes[at % communes.len()] };
        let reviewer = shared.caller(uid, Role::Reviewer).await?;
        tasks.spawn(noted(shared.clone(), review(shared.clone(), reviewer)));
    }
    for at in 0..FOLLOWERS {
        let follower = shared.caller(&communes[at % communes.len()], Role::Reviewer).await?;
        tasks.spawn(noted(shared.clone(), follow(shared.clone(), follower, at)));
    }
    let admin = shared.caller(&province, Role::Admin).await?;
    tasks.spawn(noted(shared.clone(), night(shared.clone(), admin, Duration::from_secs(seconds / 2))));
    say(HEAD.to_owned());
    let minutes = watch(shared, say).await;
    while tasks.join_next().await.is_some() {}
    Ok(minutes)
}

fn owed_by(shared: &Shared, reporter: &Caller) -> Result<(Vec<ReportKey>, Vec<ElementNo>)> {
    let app = &shared.process.app;
    let reference = app.store().read(|tx| app.reference(tx))?;
    owed(&reference, reporter.unit, app.now().local_date())
}

/// Runs a part of the load; the first that fails ends all.
async fn noted(shared: Arc<Shared>, part: impl Future<Output = Result<()>>) {
    if let Err(error) = part.await {
        shared.broken().get_or_insert(error.to_string());
    }
}

async fn report(
    shared: Arc<Shared>,
    mut reporter: Caller,
    reports: Vec<ReportKey>,
    elements: Vec<ElementNo>,
) -> Result<()> {
    let mut renewed = Instant::now();
    for turn in 0.. {
        for key in &reports {
            if shared.is_over() {
                return Ok(());
            }
            let commands = match turn {
                0 => reporter.report(key, &elements).into(),
                // The figures go from 1 to 2 and on to 9, then back to 1.
                _ => vec![reporter.correction(key, &elements, (turn - 1) % 9 + 1, turn % 9 + 1)],
            };
            let began = Instant::now();
            reporter.sync(commands).await?;
            shared.minute().pushes.push(began.elapsed().as_secs_f64() * 1000.0);
            if renewed.elapsed() > RENEW {
                reporter.renew().await?;
                renewed = Instant::now();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    Ok(())
}

async fn review(shared: Arc<Shared>, mut reviewer: Caller) -> Result<()> {
    let mut renewed = Instant::now();
    for turn in 1_u64.. {
        if shared.is_over() {
            break;
        }
        let anew = turn.is_multiple_of(40);
        if anew {
            reviewer.forget();
        }
        let began = Instant::now();
        reviewer.sync(Vec::new()).await?;
        // From nothing the stream is as long as what is stored: no figure to hold against the first minutes.
        if !anew {
            shared.minute().pulls.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        if renewed.elapsed() > RENEW {
            reviewer.renew().await?;
            renewed = Instant::now();
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

async fn follow(shared: Arc<Shared>, mut follower: Caller, at: usize) -> Result<()> {
    let stay = Duration::from_secs(3 + at as u64 % 11);
    let mut renewed = Instant::now();
    while !shared.is_over() {
        follower.channel = connect(&shared.process.files, shared.process.port).await?;
        if renewed.elapsed() > RENEW {
            follower.renew().await?;
            renewed = Instant::now();
        }
        let mut stream = follower.stream(Vec::new(), true).await?;
        let leave = tokio::time::Instant::now() + stay;
        // It leaves in the middle of whatever comes, as a phone does.
        while let Ok(message) = tokio::time::timeout_at(leave, stream.message()).await {
            message?.ok_or("the server ended a stream that was followed")?;
        }
        drop(stream);
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Ok(())
}

/// The night, in the middle of the load, run by the server itself.
async fn night(shared: Arc<Shared>, mut admin: Caller, after: Duration) -> Result<()> {
    let at = Instant::now() + after;
    let mut renewed = Instant::now();
    while Instant::now() < at {
        if shared.is_over() {
            return Ok(());
        }
        if renewed.elapsed() > RENEW {
            admin.renew().await?;
            renewed = Instant::now();
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let message = pb::RunJobRequest { request_id: vec![7; 16], name: "aggregate".to_owned() };
    let mut steps = JobServiceClient::new(admin.channel.clone()).run_job(admin.request(message)?).await?.into_inner();
    let mut run = None;
    while let Some(step) = steps.message().await? {
        run = step.run.or(run);
    }
    match run {
        Some(run) if run.state() == pb::JobRunState::Done => Ok(()),
        Some(_) | None => Err(format!("the night did not end well: {run:?}").into()),
    }
}

const HEAD: &str =
    "minute   pushes  p50 ms  p99 ms    syncs  p50 ms  p99 ms   RSS MiB  own MiB  files   WAL MiB  foreign CPU";

/// Closes each minute and says it, until the load is over.
async fn watch(shared: &Shared, say: &mut impl FnMut(String)) -> Vec<Minute> {
    let server = shared.process.id();
    let (mut minutes, mut began, mut moment) = (Vec::new(), Instant::now(), Moment::now(Some(server)));
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let over = shared.is_over();
        let wal_kib = length(&shared.process.wal()) / 1024;
        let mut open = shared.minute();
        open.wal_kib = open.wal_kib.max(wal_kib);
        if began.elapsed() >= Duration::from_secs(60) {
            let mut minute = std::mem::take(&mut *open);
            drop(open);
            let now = Moment::now(Some(server));
            minute.rss_kib = resident_kib(server);
            minute.own_kib = own_kib(server);
            minute.descriptors = descriptors(server);
            minute.foreign = moment.foreign(now);
            say(line(minutes.len() + 1, &minute));
            minutes.push(minute);
            (began, moment) = (Instant::now(), now);
        }
        if over {
            return minutes;
        }
    }
}

fn line(number: usize, minute: &Minute) -> String {
    let Minute { pushes, pulls, rss_kib, own_kib, descriptors, wal_kib, foreign } = minute;
    let mib = |kib: u64| kib as f64 / 1024.0;
    format!(
        "{number:>6}{:>9}{:>8.1}{:>8.1}{:>9}{:>8.1}{:>8.1}{:>10.1}{:>9.1}{descriptors:>7}{:>10.1}{foreign:>11.0} %",
        pushes.len(),
        part(pushes, 50),
        part(pushes, 99),
        pulls.len(),
        part(pulls, 50),
        part(pulls, 99),
        mib(*rss_kib),
        mib(*own_kib),
        mib(*wal_kib)
    )
}

/// The value below which so many percent lie.
fn part(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// The last five minutes against the first five; of a short load, the last half against the first. Memory: the last third against the
/// second, once the second begins with SQLite's caches full; of a shorter load it is told and not judged. What does not hold.
fn judge(minutes: &[Minute], say: &mut impl FnMut(String)) -> Vec<String> {
    let (size, third) = ((minutes.len() / 2).min(5), minutes.len() / 3);
    if third == 0 {
        return vec!["too short to judge: three minutes at least".to_owned()];
    }
    let (first, last) = (&minutes[..size], &minutes[minutes.len() - size..]);
    let (middle, end) = (&minutes[third..minutes.len() - third], &minutes[minutes.len() - third..]);
    let worst = |all: &[Minute], pick: fn(&Minute) -> f64| all.iter().map(pick).fold(0.0, f64::max);
    let pooled = |all: &[Minute], pick: fn(&Minute) -> &Vec<f64>| {
        part(&all.iter().flat_map(pick).copied().collect::<Vec<_>>(), 99)
    };
    let own = |all| worst(all, |one| one.own_kib as f64 / 1024.0);
    let files = |all| worst(all, |one| one.descriptors as f64);
    let rows = [
        ("p99 of pushes, ms", pooled(first, |one| &one.pushes), pooled(last, |one| &one.pushes), 1.3, 0.0),
        ("p99 of syncs, ms", pooled(first, |one| &one.pulls), pooled(last, |one| &one.pulls), 1.3, 0.0),
        ("own memory, MiB", own(middle), own(end), MEMORY_TIMES, 0.0),
        ("open files", files(first), files(last), 1.1, 8.0),
    ];
    let judged = |name: &str| third >= CACHES_FULL || !name.starts_with("own memory");
    let mut complaints = Vec::new();
    for (name, before, after, times, more) in rows {
        let holds = after <= before * times + more;
        let verdict = match (judged(name), holds) {
            (false, _) => "not judged, caches are still filling: half an hour is long enough",
            (true, true) => "holds",
            (true, false) => "DOES NOT HOLD",
        };
        say(format!(
            "{name:<18} {before:>8.1}, at the end {after:>8.1}, ratio {:.2}: {verdict}",
            after / before.max(0.001)
        ));
        if judged(name) && !holds {
            complaints.push(format!("{name}: {before:.1} became {after:.1}"));
        }
    }
    say(growth(end));
    let wal = minutes.iter().map(|one| one.wal_kib).max().unwrap_or_default();
    say(format!("WAL at most {:.1} MiB of {}", wal as f64 / 1024.0, WAL_MAX_KIB / 1024));
    if wal > WAL_MAX_KIB {
        complaints.push(format!("the WAL grew to {wal} KiB"));
    }
    complaints
}

/// How memory went on in these minutes, per minute and per push: a leak goes on, a cache that fills up does not.
fn growth(minutes: &[Minute]) -> String {
    let (first, last) = (minutes.first().map_or(0, |one| one.own_kib), minutes.last().map_or(0, |one| one.own_kib));
    let kib = last as f64 - first as f64;
    let pushes: usize = minutes.iter().skip(1).map(|one| one.pushes.len()).sum();
    let steps = minutes.len().saturating_sub(1).max(1);
    let (minute, push) = (kib / steps as f64, kib * 1024.0 / pushes.max(1) as f64);
    format!("own memory in the last {} minutes: {minute:+.0} KiB a minute, {push:+.0} bytes a push", minutes.len())
}
