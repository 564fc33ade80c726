//! Forty phones: real clients, each with a database file and a report that only it writes.
//!
//! The module stores what the server acknowledged to each phone. A phone retries after a second at
//! most even if the server asks for more, so that the measured outage is the server's.

use crate::Result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};
use thidua::client::facade::{CellEntry, CellFigure, ClientError, Phone, ReportKeyView};
use thidua::clock::Clock;
use thidua::domain::support::time::days_from_date;

/// The pause between two figures that a person types.
const ENTRY_INTERVAL: Duration = Duration::from_millis(150);
/// The longest wait before a phone tries again.
const MAX_RETRY_MS: u64 = 1_000;

/// The largest figure; all are plausible for a commune.
const MAX_FIGURE: i64 = 50;

const PHASE_WORK: u8 = 0;
const PHASE_DRAIN: u8 = 1;
const PHASE_HOLD: u8 = 2;
const PHASE_END: u8 = 3;

/// The state of one phone's commands.
#[derive(Default)]
struct PhoneProgress {
    last_command_number: u64,
    acknowledged: u64,
    drained: bool,
    figure: i64,
    errors: BTreeMap<String, u32>,
}

/// One phone.
#[derive(Clone)]
pub(crate) struct DrillDevice {
    /// The device id in hexadecimal digits.
    pub(crate) id: String,
    /// The id of the report that only this phone writes.
    pub(crate) report: String,
    key: ReportKeyView,
    file: PathBuf,
    progress: Arc<Mutex<PhoneProgress>>,
}

impl DrillDevice {
    /// The number of the last acknowledged command.
    pub(crate) fn acknowledged(&self) -> i64 {
        i64::try_from(lock(&self.progress).acknowledged).unwrap_or(i64::MAX)
    }
}

/// All phones and their threads.
pub(crate) struct PhoneFleet {
    pub(crate) devices: Vec<DrillDevice>,
    phase: Arc<AtomicU8>,
    answer_times: Arc<Mutex<Vec<(usize, Instant)>>>,
    threads: Vec<JoinHandle<()>>,
}

impl PhoneFleet {
    /// Enrols a phone for each unused invitation; each phone sends its first report.
    pub(crate) fn enrol(dir: &Path, invitations: &[String]) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let devices = invitations
            .iter()
            .enumerate()
            .map(|(at, text)| enrol_phone(&dir.join(format!("{at:02}.db")), text));
        let devices = devices.collect::<Result<_>>()?;
        let mut fleet = Self {
            devices,
            phase: Arc::default(),
            answer_times: Arc::default(),
            threads: Vec::new(),
        };
        fleet.start_phones();
        Ok(fleet)
    }

    /// Opens every phone, as after a restart: each begins with the first address in its database.
    pub(crate) fn start_phones(&mut self) {
        self.phase.store(PHASE_WORK, Ordering::SeqCst);
        for (at, device) in self.devices.clone().into_iter().enumerate() {
            let (phase, answers) = (self.phase.clone(), self.answer_times.clone());
            self.threads.push(spawn(move || run_phone((at, &device), &phase, &answers)));
        }
    }

    /// Closes every phone; outboxes stay.
    pub(crate) fn stop_phones(&mut self) -> Result<()> {
        self.phase.store(PHASE_END, Ordering::SeqCst);
        self.threads
            .drain(..)
            .try_for_each(|handle| handle.join().map_err(|_| "a phone's thread ended".into()))
    }

    /// Lets all phones type and sync.
    pub(crate) fn resume_phones(&self) {
        self.phase.store(PHASE_WORK, Ordering::SeqCst);
    }

    /// Stops typing and syncing.
    pub(crate) fn pause_phones(&self) {
        self.phase.store(PHASE_HOLD, Ordering::SeqCst);
        sleep(Duration::from_millis(300));
    }

    /// Stops typing and waits until every outbox is empty and all digests match.
    pub(crate) fn drain_outboxes(&self, seconds: u64) -> bool {
        self.devices.iter().for_each(|device| lock(&device.progress).drained = false);
        self.phase.store(PHASE_DRAIN, Ordering::SeqCst);
        let end = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < end {
            if self.devices.iter().all(|device| lock(&device.progress).drained) {
                return true;
            }
            sleep(Duration::from_millis(100));
        }
        false
    }

    /// The number of commands acknowledged so far.
    pub(crate) fn acknowledged(&self) -> i64 {
        self.devices.iter().map(DrillDevice::acknowledged).sum()
    }

    /// The longest time since `from` without an acknowledgement to any phone, and to one phone.
    pub(crate) fn longest_outage(&self, from: Instant) -> [Duration; 2] {
        let answers = lock(&self.answer_times).clone();
        let gap = |of: Option<usize>| {
            let mine = answers
                .iter()
                .filter(|(at, _)| of.is_none_or(|of| of == *at))
                .map(|(_, when)| *when);
            let mut times: Vec<Instant> =
                mine.filter(|when| *when > from).chain([from, Instant::now()]).collect();
            times.sort_unstable();
            times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
        };
        [gap(None), (0..self.devices.len()).map(|at| gap(Some(at))).max().unwrap_or_default()]
    }

    /// Returns the errors of all phones with their counts, and clears them.
    pub(crate) fn take_errors(&self) -> BTreeMap<String, u32> {
        let mut all = BTreeMap::new();
        for device in &self.devices {
            for (what, count) in std::mem::take(&mut lock(&device.progress).errors) {
                *all.entry(what).or_default() += count;
            }
        }
        all
    }
}

fn enrol_phone(file: &Path, invitation: &str) -> Result<DrillDevice> {
    let phone = Phone::open(file.display().to_string())?;
    phone.enrol(invitation.to_owned())?;
    phone.sync_once()?;
    let today = days_from_date(Clock::System.now().local_date());
    let due = phone.due_reports(today - 14, today)?;
    let due = due.into_iter().find(|due| due.key.contract == "tuan-xa").ok_or("nothing is due")?;
    phone.save_nil(due.key.clone())?;
    let typed = phone.submit_report(due.report_id.clone())?;
    phone.sync_once()?;
    let id = phone.session()?.ok_or("not enrolled")?.device_id.replace('-', "");
    let progress = Arc::new(Mutex::new(PhoneProgress {
        last_command_number: typed,
        acknowledged: typed,
        ..PhoneProgress::default()
    }));
    Ok(DrillDevice {
        id,
        report: due.report_id.replace('-', ""),
        key: due.key,
        file: file.to_owned(),
        progress,
    })
}

fn run_phone(
    (at, device): (usize, &DrillDevice),
    phase: &AtomicU8,
    answers: &Mutex<Vec<(usize, Instant)>>,
) {
    let phone = match Phone::open(device.file.display().to_string()) {
        Ok(phone) => phone,
        Err(error) => return record_error(device, &error.to_string()),
    };
    loop {
        let pause = match phase.load(Ordering::SeqCst) {
            PHASE_END => return,
            PHASE_HOLD => ENTRY_INTERVAL,
            PHASE_DRAIN => {
                if lock(&device.progress).drained {
                    ENTRY_INTERVAL
                } else {
                    sync_phone((at, device), &phone, answers, true)
                }
            }
            _ => {
                enter_figure(device, &phone);
                sync_phone((at, device), &phone, answers, false)
            }
        };
        sleep(pause);
    }
}

/// Types the next figure.
fn enter_figure(device: &DrillDevice, phone: &Phone) {
    let figure = lock(&device.progress).figure % MAX_FIGURE + 1;
    let cell = CellEntry {
        element: "so_offences".to_owned(),
        value: Some(CellFigure::Reported { value: figure }),
    };
    match phone.save_cells(device.key.clone(), vec![cell], None) {
        Ok(number) => {
            let mut progress = lock(&device.progress);
            progress.figure = figure;
            progress.last_command_number = number.unwrap_or(progress.last_command_number);
        }
        Err(error) => record_error(device, &error.to_string()),
    }
}

/// Syncs once and returns the pause before the next sync.
fn sync_phone(
    (at, device): (usize, &DrillDevice),
    phone: &Phone,
    answers: &Mutex<Vec<(usize, Instant)>>,
    draining: bool,
) -> Duration {
    match phone.sync_once() {
        Ok(done) => {
            if done.applied + done.merged > 0 {
                lock(answers).push((at, Instant::now()));
            }
            if done.rejected + done.conflicts + done.held > 0 {
                record_error(device, &format!("not applied: {done:?}"));
            }
            let empty = phone.outbox_status().is_ok_and(|outbox| outbox.waiting + outbox.sent == 0);
            let mut progress = lock(&device.progress);
            if empty {
                progress.acknowledged = progress.last_command_number;
            }
            progress.drained = draining && empty && done.digests_match;
            ENTRY_INTERVAL
        }
        Err(ClientError::Offline { retry_after_ms, detail: message }) => {
            record_error(device, &message);
            Duration::from_millis(retry_after_ms.min(MAX_RETRY_MS))
        }
        Err(error) => {
            record_error(device, &error.to_string());
            Duration::from_millis(MAX_RETRY_MS)
        }
    }
}

fn record_error(device: &DrillDevice, what: &str) {
    *lock(&device.progress).errors.entry(what.chars().take(160).collect()).or_default() += 1;
}

/// Ignores poisoning: values are replaced whole, so a panic leaves no partial state.
fn lock<T: ?Sized>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
