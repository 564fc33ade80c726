//! Forty phones at work: real clients on files of their own, each typing and sending into a report that is its own.
//!
//! Knows what each phone was told; a phone that was told to wait comes back after a second at most, so that what is measured is the service
//! and not the phones' patience.

use crate::Result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};
use thidua::client::facade::{CellEntry, ClientError, Figure, Phone, ReportKey};
use thidua::clock::Clock;
use thidua::domain::time::days_from_date;

/// How long a person looks at the screen between two figures.
const PAUSE: Duration = Duration::from_millis(150);
/// How long a phone waits at most before it tries again.
const PATIENCE: u64 = 1_000;

/// Figures in turn, all of them small enough for a commune.
const FIGURES: i64 = 50;

const WORK: u8 = 0;
const DRAIN: u8 = 1;
const HOLD: u8 = 2;
const END: u8 = 3;

/// What one phone was told.
#[derive(Default)]
struct Told {
    typed: u64,
    acknowledged: u64,
    drained: bool,
    figure: i64,
    troubles: BTreeMap<String, u32>,
}

/// One phone.
#[derive(Clone)]
pub(crate) struct Device {
    /// Its id, in hexadecimal digits.
    pub(crate) id: String,
    /// The report that it alone writes.
    pub(crate) report: String,
    key: ReportKey,
    file: PathBuf,
    told: Arc<Mutex<Told>>,
}

impl Device {
    /// Commands up to this number were answered.
    pub(crate) fn acknowledged(&self) -> i64 {
        i64::try_from(held(&self.told).acknowledged).unwrap_or(i64::MAX)
    }
}

/// All phones, and the threads that work on them.
pub(crate) struct Fleet {
    pub(crate) devices: Vec<Device>,
    phase: Arc<AtomicU8>,
    answers: Arc<Mutex<Vec<(usize, Instant)>>>,
    hands: Vec<JoinHandle<()>>,
}

impl Fleet {
    /// Enrols a phone for each invitation, which nobody has used; each sends its first report.
    pub(crate) fn enrol(dir: &Path, invitations: &[String]) -> Result<Self> {
        std::fs::create_dir_all(dir)?;
        let devices = invitations.iter().enumerate().map(|(at, text)| enrolled(&dir.join(format!("{at:02}.db")), text));
        let devices = devices.collect::<Result<_>>()?;
        let mut fleet = Self { devices, phase: Arc::default(), answers: Arc::default(), hands: Vec::new() };
        fleet.open();
        Ok(fleet)
    }

    /// Opens every phone, as after a restart: each begins with the first address that it knows.
    pub(crate) fn open(&mut self) {
        self.phase.store(WORK, Ordering::SeqCst);
        for (at, device) in self.devices.clone().into_iter().enumerate() {
            let (phase, answers) = (self.phase.clone(), self.answers.clone());
            self.hands.push(spawn(move || live((at, &device), &phase, &answers)));
        }
    }

    /// Closes every phone; what waits in it stays.
    pub(crate) fn close(&mut self) -> Result<()> {
        self.phase.store(END, Ordering::SeqCst);
        self.hands.drain(..).try_for_each(|hand| hand.join().map_err(|_| "a phone's thread ended".into()))
    }

    /// Everybody types and sends.
    pub(crate) fn work(&self) {
        self.phase.store(WORK, Ordering::SeqCst);
    }

    /// Nobody calls.
    pub(crate) fn hold(&self) {
        self.phase.store(HOLD, Ordering::SeqCst);
        sleep(Duration::from_millis(300));
    }

    /// Nobody types; waits until every phone has sent all it had and agrees with the server.
    pub(crate) fn drain(&self, seconds: u64) -> bool {
        self.devices.iter().for_each(|device| held(&device.told).drained = false);
        self.phase.store(DRAIN, Ordering::SeqCst);
        let end = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < end {
            if self.devices.iter().all(|device| held(&device.told).drained) {
                return true;
            }
            sleep(Duration::from_millis(100));
        }
        false
    }

    /// Commands answered so far.
    pub(crate) fn acknowledged(&self) -> i64 {
        self.devices.iter().map(Device::acknowledged).sum()
    }

    /// The longest time since `from` in which nobody got an answer to a command, and the longest that one phone waited for one.
    pub(crate) fn outage(&self, from: Instant) -> [Duration; 2] {
        let answers = held(&self.answers).clone();
        let gap = |of: Option<usize>| {
            let mine = answers.iter().filter(|(at, _)| of.is_none_or(|of| of == *at)).map(|(_, when)| *when);
            let mut times: Vec<Instant> = mine.filter(|when| *when > from).chain([from, Instant::now()]).collect();
            times.sort_unstable();
            times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
        };
        [gap(None), (0..self.devices.len()).map(|at| gap(Some(at))).max().unwrap_or_default()]
    }

    /// What phones were told besides answers, with how often; and forgets it.
    pub(crate) fn troubles(&self) -> BTreeMap<String, u32> {
        let mut all = BTreeMap::new();
        for device in &self.devices {
            for (what, count) in std::mem::take(&mut held(&device.told).troubles) {
                *all.entry(what).or_default() += count;
            }
        }
        all
    }
}

fn enrolled(file: &Path, invitation: &str) -> Result<Device> {
    let phone = Phone::open(file.display().to_string())?;
    phone.enrol(invitation.to_owned())?;
    phone.sync_once()?;
    let today = days_from_date(Clock::System.now().local_date());
    let due = phone.due(today - 14, today)?;
    let due = due.into_iter().find(|due| due.key.contract == "tuan-xa").ok_or("nothing is due")?;
    phone.save_nil(due.key.clone())?;
    let typed = phone.submit(due.report_id.clone())?;
    phone.sync_once()?;
    let id = phone.session()?.ok_or("not enrolled")?.device_id.replace('-', "");
    let told = Arc::new(Mutex::new(Told { typed, acknowledged: typed, ..Told::default() }));
    Ok(Device { id, report: due.report_id.replace('-', ""), key: due.key, file: file.to_owned(), told })
}

fn live((at, device): (usize, &Device), phase: &AtomicU8, answers: &Mutex<Vec<(usize, Instant)>>) {
    let phone = match Phone::open(device.file.display().to_string()) {
        Ok(phone) => phone,
        Err(error) => return note(device, &error.to_string()),
    };
    loop {
        let pause = match phase.load(Ordering::SeqCst) {
            END => return,
            HOLD => PAUSE,
            DRAIN => {
                if held(&device.told).drained {
                    PAUSE
                } else {
                    sent((at, device), &phone, answers, true)
                }
            }
            _ => {
                type_one(device, &phone);
                sent((at, device), &phone, answers, false)
            }
        };
        sleep(pause);
    }
}

/// Types the next figure.
fn type_one(device: &Device, phone: &Phone) {
    let figure = held(&device.told).figure % FIGURES + 1;
    let cell = CellEntry { element: "so_offences".to_owned(), value: Some(Figure::Reported(figure)) };
    match phone.save_cells(device.key.clone(), vec![cell], None) {
        Ok(number) => {
            let mut told = held(&device.told);
            told.figure = figure;
            told.typed = number.unwrap_or(told.typed);
        }
        Err(error) => note(device, &error.to_string()),
    }
}

/// One sync; how long to wait before the next.
fn sent(
    (at, device): (usize, &Device),
    phone: &Phone,
    answers: &Mutex<Vec<(usize, Instant)>>,
    draining: bool,
) -> Duration {
    match phone.sync_once() {
        Ok(done) => {
            if done.applied + done.merged > 0 {
                held(answers).push((at, Instant::now()));
            }
            if done.rejected + done.conflicts + done.held > 0 {
                note(device, &format!("not applied: {done:?}"));
            }
            let empty = phone.outbox().is_ok_and(|outbox| outbox.waiting + outbox.sent == 0);
            let mut told = held(&device.told);
            if empty {
                told.acknowledged = told.typed;
            }
            told.drained = draining && empty && done.agrees;
            PAUSE
        }
        Err(ClientError::Offline { retry_after_ms, message }) => {
            note(device, &message);
            Duration::from_millis(retry_after_ms.min(PATIENCE))
        }
        Err(error) => {
            note(device, &error.to_string());
            Duration::from_millis(PATIENCE)
        }
    }
}

fn note(device: &Device, what: &str) {
    *held(&device.told).troubles.entry(what.chars().take(160).collect()).or_default() += 1;
}

/// A panic of another holder left nothing half done: values are replaced whole.
fn held<T: ?Sized>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
