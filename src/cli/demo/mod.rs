//! `thidua demo`: simulates the campaign of one authority with a real server and the client engine
//! of its phones.
//!
//! Every printed figure is measured; one that cannot be measured is left out. Exit code 1 unless
//! phones, server and ledger agree.

pub mod authority;
mod check;
mod desks;
pub mod generator;
mod handover;
mod morning_page;
mod partner_check;
mod people;
mod screen;
mod server;
mod simulation;
mod target_table;
#[cfg(test)]
mod tests;

use crate::client::facade::Phone;
use crate::clock::Clock;
use crate::config::WebOrigin;
use crate::domain::access::permission::Role;
use crate::domain::org::{Hierarchy, UnitKind};
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;
use crate::domain::support::time::Timestamp;
use crate::i18n::Lang;
use crate::store::owner_only;
use authority::DemoAuthority;
use generator::Province;
use generator::sheet_plan::DemoDevice;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::ToSpan;
use jiff::civil::Date;
use people::Person;
use screen::Screen;
use server::DemoServer;
use simulation::{Simulation, for_each_person_in_parallel};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Options of the demo.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  thidua demo
  thidua demo --weeks 4 --seed 7 --lang en
  thidua demo --authority health --months 5
  thidua demo --keep tinh-thu --full
  thidua demo --serve --tick 30s --listen 127.0.0.1:8443
  thidua demo --database postgres://thidua@localhost/demo")]
pub struct DemoOptions {
    /// The authority that is simulated.
    #[arg(long, value_enum, default_value_t = DemoAuthority::TraVinh)]
    pub authority: DemoAuthority,
    /// How long to live: 1 to 27 weeks of Trà Vinh (default 20, the merger of 1/1/2025 falls into
    /// the 20th), 1 to 11 months of the health department (default 7).
    #[arg(long, visible_aliases = ["weeks", "months"], value_name = "NUMBER")]
    pub steps: Option<u8>,
    /// Seed of everything that is invented: the same seed gives the same standings.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Keep database, keys and phones in this directory, which must be new or empty.
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Use this empty database, as in postgres://..., instead of a new SQLite file.
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// Every district.
    #[arg(long)]
    pub full: bool,
    /// Stay up for an app or a partner, and live on.
    #[arg(long)]
    pub serve: bool,
    /// With --serve: time for each simulated week or month, as in 10s or 2m.
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = parse_seconds)]
    pub tick: u64,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDR")]
    pub listen: String,
    /// Web page that may call from a browser, as in http://localhost:5173; may be repeated.
    #[arg(long, value_name = "ORIGIN")]
    pub allowed_origin: Vec<WebOrigin>,
}

impl DemoOptions {
    /// The number of steps to live.
    fn steps(&self, lang: Lang) -> Result<u8, DemoError> {
        let plan = self.authority.plan();
        match self.steps {
            None => Ok(plan.steps),
            Some(steps) if (1..=plan.steps_max).contains(&steps) => Ok(steps),
            Some(steps) => {
                let most = plan.steps_max;
                Err(DemoError(lang.say(message!("demo-steps-out-of-range", steps, most))))
            }
        }
    }
}

/// Parses seconds, as in `10s`, `2m` or `10`.
fn parse_seconds(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let seconds = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .filter(|seconds| *seconds > 0);
    seconds.ok_or_else(|| "10s | 2m".to_owned())
}

/// Why the demo could not continue.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct DemoError(pub String);

macro_rules! from_errors {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for DemoError {
            fn from(error: $error) -> Self {
                Self(error.to_string())
            }
        }
    )+};
}
from_errors!(
    crate::app::AppError,
    crate::client::facade::ClientError,
    crate::domain::reporting::expectation::UnknownCalendar,
    crate::server::keys::ServerKeysError,
    crate::server::tls::TlsError,
    crate::store::Error,
    std::io::Error,
);

/// Runs the demo and prints it; true if all checks pass.
///
/// # Errors
/// A directory, port or database could not be opened, or the server refused a valid command.
pub fn run(options: &DemoOptions, lang: Lang) -> Result<bool, DemoError> {
    let steps = options.steps(lang)?;
    let seed = options.seed.unwrap_or(options.authority.plan().seed);
    let province = Province::new(options.authority, seed)
        .map_err(|faults| DemoError(faults[0].to_text(lang)))?;
    let mut screen = Screen::new(lang, &province, steps);
    let demo_dir = DemoDir::new(options)?;
    screen.print_heading(province.devices(steps).len() + 1);

    let eve = province.simulated_end(0).saturating_sub(1.day());
    let clock =
        Clock::manual(Timestamp::from_local_midnight(eve).saturating_add_micros(9 * 3_600_000_000));
    let server = DemoServer::start(
        &demo_dir.dir,
        &demo_dir.database,
        (&options.listen, &options.allowed_origin),
        clock,
    )?;
    screen.print_server(&server.address, &demo_dir.database);

    let baseline = province.baseline_rows();
    server.import_data(&province, &baseline)?;
    screen.print_import(baseline.len());

    let people = enrol_phones(&province, &server, &demo_dir.dir, steps)?;
    screen.print_enrolment(people.len());

    let plans = province.plan_sheets(steps)?;
    let mut simulation = Simulation::new(&province, &server, people, plans);
    let interrupted = install_interrupt_flag()?;
    if !run_steps(&mut simulation, steps, &interrupted)? {
        return Err(DemoError(lang.text("demo-ended-as-asked").to_owned()));
    }
    screen.print_simulation(&simulation);
    let agree = show_results(&mut screen, &simulation, options, &demo_dir)?;
    if options.serve {
        serve_until_end(simulation, (steps, options.tick), lang, &interrupted)?;
    }
    Ok(agree)
}

/// Runs the demo as a subcommand. Exit code 1 on an error and unless all checks pass.
#[must_use]
pub fn main(options: &DemoOptions, lang: Lang) -> ExitCode {
    match run(options, lang) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("thidua demo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Directory and database of one demo. Dropping it removes the directory unless `--keep` names one.
struct DemoDir {
    dir: PathBuf,
    database: String,
    is_kept: bool,
}

impl DemoDir {
    fn new(options: &DemoOptions) -> Result<Self, DemoError> {
        let kept = options.keep.is_some();
        let dir = match &options.keep {
            Some(dir) => dir.clone(),
            None => temporary_dir().join(format!("thidua-demo-{}", std::process::id())),
        };
        owner_only::ensure_dir(&dir.join("phones"))?;
        let database = options.database.clone();
        let database =
            database.unwrap_or_else(|| dir.join("province.db").to_string_lossy().into_owned());
        if options.database.is_none() && Path::new(&database).exists() {
            return Err(DemoError(format!(
                "{database} is there already; name a new directory with --keep"
            )));
        }
        if kept && options.database.is_none() {
            // So that other commands can open it: `thidua -d DIR standings`.
            let mut file = owner_only::create_file(&dir.join(crate::config::FILE_NAME))?;
            file.write_all(b"[database]\nurl = \"sqlite:province.db\"\n")?;
        }
        Ok(Self { dir, database, is_kept: kept })
    }

    /// The directory of the morning page, which stays after the demo.
    fn morning_report_dir(&self) -> PathBuf {
        if self.is_kept {
            self.dir.join("brief")
        } else {
            std::env::temp_dir().join("thidua-demo-morning")
        }
    }
}

/// The directory for temporary files: in memory where the system has `/dev/shm`, because 123 phones
/// on one disk would wait for each fsync.
fn temporary_dir() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

impl Drop for DemoDir {
    fn drop(&mut self) {
        if !self.is_kept {
            // The rest is a directory of invented figures in a temporary place: not an error.
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

/// Enrols one phone for each commune, district and department, the second ones, and the owner's
/// own.
fn enrol_phones(
    province: &Province,
    server: &DemoServer,
    dir: &Path,
    steps: u8,
) -> Result<Vec<Person>, DemoError> {
    let mut devices = province.devices(steps);
    let (owner, uid) = (province.campaign.owner_id(), province.campaign.owner_uid.clone());
    devices.push(DemoDevice { unit: owner, uid, number: 1, offline: Vec::new() });
    let mut people = Vec::with_capacity(devices.len());
    let mut invitations = Vec::with_capacity(devices.len());
    let today = server.clock.now().local_date();
    for device in devices {
        let name = format!("{}-{}", device.uid, device.number);
        invitations.push(server.create_invite(
            &name,
            device.unit,
            roles_of(province, device.unit),
            today,
        )?);
        let phone = Phone::open_with_clock(
            &dir.join("phones").join(format!("{name}.db")),
            server.clock.clone(),
        )?;
        people.push(Person::new(device, phone));
    }
    for_each_person_in_parallel(&mut people, |at, person| {
        person.phone.enrol(invitations[at].clone())?;
        person.sync(false)
    })?;
    Ok(people)
}

fn roles_of(province: &Province, unit: UnitId) -> &'static [Role] {
    match province.org.kind_on(unit, province.simulated_end(0)) {
        Some(UnitKind::Province) => &[Role::Reviewer, Role::CampaignHead],
        Some(UnitKind::District) => &[Role::Reporter, Role::UnitHead, Role::Reviewer],
        Some(UnitKind::Commune | UnitKind::Department | UnitKind::Cluster) | None => {
            &[Role::Reporter, Role::UnitHead]
        }
    }
}

/// Simulates these steps and the days until their reports are due; false if a shutdown was
/// requested before the end.
fn run_steps(
    simulation: &mut Simulation<'_>,
    steps: u8,
    interrupted: &AtomicBool,
) -> Result<bool, DemoError> {
    let bar = ProgressBar::new(steps.into());
    if let Ok(style) = ProgressStyle::with_template(" 4 live     [{bar:28}] {pos}/{len}  {elapsed}")
    {
        bar.set_style(style);
    }
    for step in 0..steps {
        if interrupted.load(Ordering::SeqCst) {
            bar.finish_and_clear();
            return Ok(false);
        }
        simulation.run_step(step)?;
        bar.inc(1);
    }
    simulation.run_tail()?;
    bar.finish_and_clear();
    simulation.sync_everyone()?;
    Ok(true)
}

fn show_results(
    screen: &mut Screen,
    simulation: &Simulation<'_>,
    options: &DemoOptions,
    demo_dir: &DemoDir,
) -> Result<bool, DemoError> {
    let owner = simulation.province.campaign.owner_id();
    let owner = simulation.people.iter().find(|person| person.device.unit == owner);
    let owner = owner.ok_or_else(|| DemoError("nobody sits at the province's desk".to_owned()))?;
    let (standings, runs) = (owner.phone.published_standings()?, owner.phone.latest_runs()?);
    let mut findings = check::run_checks(simulation, owner, &standings, screen.lang())?;
    let page = morning_page::write_morning_page(
        simulation,
        screen.last_judged_day(),
        &demo_dir.morning_report_dir(),
        screen.lang(),
    )?;
    findings.push(morning_page::check_morning_page(simulation, &page, screen.lang())?);
    findings.push(partner_check::check_partner(simulation, screen.lang())?);
    screen.print_nightly_run(simulation, &runs);
    let standings: Vec<_> = standings.into_iter().filter(|one| one.phase == 0).collect();
    screen.print_campaign(&standings);
    screen.print_reports(simulation, &standings);
    screen.print_units_below(simulation, options.full)?;
    screen.print_phones(simulation);
    screen.print_morning_page(&page);
    screen.print_checks(&findings, demo_dir.is_kept.then_some(demo_dir.dir.as_path()));
    Ok(findings.iter().all(|finding| finding.is_ok))
}

/// Keeps the server running: prints how to connect, and simulates a step for each tick until the
/// last step of the authority's plan.
fn serve_until_end(
    mut simulation: Simulation<'_>,
    (steps, tick): (u8, u64),
    lang: Lang,
    interrupted: &AtomicBool,
) -> Result<(), DemoError> {
    let province = simulation.province;
    let today = simulation.server.clock.now().local_date();
    let commune = simulation.find_open_sheet(today);
    let commune_uid = province.org.unit(commune).map_or("", |unit| unit.uid.as_str());
    let (reviewer, reviewer_uid) = reviewing_unit(province, commune, today);
    let reporter_roles = [Role::Reporter, Role::UnitHead];
    let invite =
        |name, unit, roles: &[Role]| simulation.server.create_invite(name, unit, roles, today);
    let reporter_code = invite("app-commune", commune, &reporter_roles)?;
    let reviewer_code = invite("app-reviewer", reviewer, roles_of(province, reviewer))?;
    let owner = province.campaign.owner_id();
    let partner = simulation.server.issue_partner_key("app-partner", owner, today)?;
    screen::print_connection_info(
        lang,
        simulation.server,
        (commune_uid, &reporter_code),
        (&reviewer_uid, &reviewer_code),
        &partner.secret,
    );
    desks::open_desks((province, simulation.server), reviewer, today, lang)?;
    for step in steps..province.plan.steps_max {
        if !sleep_unless_interrupted(tick, interrupted) {
            return Ok(());
        }
        simulation.extend_steps(step + 1)?;
        simulation.run_step(step)?;
        screen::print_tick(lang, &simulation, step + 1);
    }
    while sleep_unless_interrupted(1, interrupted) {}
    Ok(())
}

/// The unit that reviews the reports of `unit`, with its uid: the one above, else the owner.
fn reviewing_unit(province: &Province, unit: UnitId, day: Date) -> (UnitId, String) {
    let above = province.org.parent(unit, Hierarchy::Command, day);
    let reviewer = above.unwrap_or_else(|| province.campaign.owner_id());
    let uid = province.org.unit(reviewer).map_or_else(String::new, |unit| unit.uid.clone());
    (reviewer, uid)
}

/// A flag that a shutdown signal sets, so that database and phones are removed as usual.
fn install_interrupt_flag() -> Result<Arc<AtomicBool>, DemoError> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let flag = Arc::clone(&interrupted);
    std::thread::Builder::new().name("thidua-signal".to_owned()).spawn(move || {
        runtime.block_on(crate::cli::serve::wait_for_shutdown_signal());
        flag.store(true, Ordering::SeqCst);
    })?;
    Ok(interrupted)
}

/// Sleeps for so many seconds; false as soon as a shutdown was requested.
fn sleep_unless_interrupted(seconds: u64, interrupted: &AtomicBool) -> bool {
    for _ in 0..seconds.saturating_mul(10) {
        if interrupted.load(Ordering::SeqCst) {
            return false;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    !interrupted.load(Ordering::SeqCst)
}
