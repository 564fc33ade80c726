//! `thidua doctor`: looks at everything an operator is answerable for, says what is wrong, and ends with what to do first.
//!
//! Changes nothing. Each look is a function that gives findings; how urgent one is decides its place, never who is to blame.

use super::backup::{ALONE, places};
use super::ctx::{Ctx, Desk};
use super::failure::{Failure, Outcome};
use super::line;
use super::say::Colour;
use crate::config::Config;
use crate::domain::lang::Lang;
use crate::domain::time::{DAY_MICROS, Instant};
use crate::jobs;
use crate::server::tls::Certificates;
use crate::store::backup::{SUPERSEDED, copies, desk_acts};
use crate::store::{Location, Standbys, migrate};
use serde_json::json;

/// `thidua doctor`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:
  thidua doctor
  thidua doctor --full      # đọc lại toàn bộ nhật ký và dữ liệu / reads every row again
  thidua doctor --json")]
pub(super) struct Args {
    /// Kiểm tra toàn bộ chuỗi nhật ký và mã băm · Check the whole audit chain and every digest.
    #[arg(long)]
    full: bool,
}

/// How soon somebody must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Urgency {
    /// Something is being lost or refused now.
    Now,
    /// The next accident would cost data.
    Today,
}

/// One thing that is not as it should be.
struct Finding {
    urgency: Urgency,
    code: &'static str,
    what: [String; 2],
    todo: [&'static str; 2],
}

impl Finding {
    fn new(
        urgency: Urgency,
        code: &'static str,
        vi: impl Into<String>,
        en: impl Into<String>,
        todo: [&'static str; 2],
    ) -> Self {
        Self { urgency, code, what: [vi.into(), en.into()], todo }
    }
}

/// Most actions that stand at the end.
const FIRST: usize = 3;
/// A copy older than this is too old.
const COPY_AGE: i64 = 2 * DAY_MICROS;
/// A night that has not ended well for so long has failed.
const NIGHT_AGE: i64 = 2 * DAY_MICROS;

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    let config = ctx.config()?;
    let location = Location::parse(&config.database_url());
    let mut found = schema(&location)?;
    if found.is_empty() {
        let desk = ctx.desk_of(&config)?;
        found.extend(history(&desk, &location)?);
        found.extend(backups(&config, &desk)?);
        found.extend(nights(&desk)?);
        if args.full {
            found.extend(content(&desk)?);
        }
    }
    found.extend(lines(&location, line::replica(&config)?.as_ref()));
    found.extend(certificate(&config));
    found.sort_by_key(|finding| finding.urgency);
    show(ctx, &found);
    if found.iter().any(|finding| finding.urgency == Urgency::Now) {
        return Err(Failure::new(
            "UNWELL",
            "có việc phải làm ngay, xem ở trên",
            "something must be done now, see above",
        ));
    }
    Ok(())
}

fn schema(location: &Location) -> Outcome<Vec<Finding>> {
    let mut conn = location.connect(false)?;
    let (pending, used) = migrate::pending(&mut conn)?;
    let todo = ["chạy: thidua migrate", "run: thidua migrate"];
    Ok((used && !pending.is_empty())
        .then(|| {
            let list = pending.join(", ");
            Finding::new(
                Urgency::Now,
                "OLDER_SCHEMA",
                format!("lược đồ cũ, thiếu: {list}"),
                format!("older schema, missing: {list}"),
                todo,
            )
        })
        .into_iter()
        .collect())
}

fn history(desk: &Desk, location: &Location) -> Outcome<Vec<Finding>> {
    let mut found = Vec::new();
    let head = desk.app.store().read(|tx| tx.head())?;
    if desk.app.store().is_superseded() {
        // A database that was moved has lost nothing: its own history goes on at the other place.
        let by = desk.app.store().read(|tx| tx.setting(SUPERSEDED))?;
        let moved = by.as_deref() == Some(&head.epoch.to_be_bytes()[..]);
        let alone = if moved { Vec::new() } else { desk_acts(location, head.safe_past)? };
        let acts: Vec<String> = alone.iter().map(|act| format!("{} {}", act.at.local_text(), act.action)).collect();
        let list = if acts.is_empty() { "-".to_owned() } else { acts.join("; ") };
        found.push(Finding::new(
            Urgency::Now,
            "SERVER_SUPERSEDED",
            format!("máy khác đã thay máy này. Việc chỉ làm tại bàn ở đây sau bản sao cuối: {list}"),
            format!("another machine has replaced this one. Done only at a desk here since the last safe copy: {list}"),
            [
                "dừng máy này; làm lại các việc trên ở máy chính; muốn dùng làm máy dự phòng thì khôi phục từ bản sao của máy chính",
                "end this server; do these acts again at the primary; to stand by, restore a copy of the primary here",
            ],
        ));
    }
    let last = desk.app.store().read(|tx| tx.last_commit_at())?;
    let now = desk.app.now();
    if last.is_some_and(|last| last.0 > now.0 + 600 * 1_000_000) {
        found.push(Finding::new(
            Urgency::Now,
            "CLOCK",
            "đồng hồ máy chủ chạy lùi so với lần ghi cuối",
            "the clock stands before the last commit",
            ["chỉnh lại đồng hồ (NTP)", "set the clock right (NTP)"],
        ));
    }
    Ok(found)
}

fn backups(config: &Config, desk: &Desk) -> Outcome<Vec<Finding>> {
    let places = places(config);
    if let Some(standbys) = desk.app.store().standbys()? {
        return Ok(alone(standbys));
    }
    let Some(second) = places.second else {
        let todo = ["đặt backup.second rồi chạy: thidua backup", "set backup.second, then run: thidua backup"];
        let (vi, en) = ("CHƯA CÓ SAO LƯU ở nơi thứ hai", "NO BACKUP in a second place");
        return Ok(vec![Finding::new(Urgency::Today, "NO_BACKUP", vi, en, todo)]);
    };
    let newest = copies(&second).ok().and_then(|mut copies| copies.pop());
    let written = newest
        .as_ref()
        .and_then(|copy| copy.path.metadata().ok()?.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok());
    let age = written.map(|at| desk.app.now().0 - i64::try_from(at.as_micros()).unwrap_or(i64::MAX));
    let todo = [
        "chạy: thidua backup, và xem vì sao việc đêm không chạy",
        "run: thidua backup, and see why the nightly one does not run",
    ];
    let finding = match age {
        None => {
            let shown = second.display();
            Finding::new(
                Urgency::Today,
                "NO_BACKUP",
                format!("CHƯA CÓ SAO LƯU trong {shown}"),
                format!("NO BACKUP in {shown}"),
                todo,
            )
        }
        Some(age) if age > COPY_AGE => {
            let days = age / DAY_MICROS;
            Finding::new(
                Urgency::Today,
                "OLD_BACKUP",
                format!("bản sao mới nhất đã {days} ngày"),
                format!("the newest copy is {days} days old"),
                todo,
            )
        }
        Some(_) => return Ok(Vec::new()),
    };
    Ok(vec![finding])
}

/// A PostgreSQL has copies of its own, made by its own tools: whether there is one at all, and whether it is in step.
fn alone(standbys: Standbys) -> Vec<Finding> {
    let Standbys { replicas, seen, in_step, archived } = standbys;
    if replicas == 0 && !archived {
        let todo = [
            "dựng bản sao đồng bộ (Patroni), hoặc lưu trữ WAL; xem OPERATIONS.vi.md",
            "set up a synchronous replica (Patroni), or archive its log; see OPERATIONS.md",
        ];
        return vec![Finding::new(Urgency::Today, "NO_BACKUP", ALONE[0], ALONE[1], todo)];
    }
    if seen > 0 && in_step == 0 {
        return vec![Finding::new(
            Urgency::Today,
            "NOT_IN_STEP",
            "không bản sao nào đồng bộ: chuyển máy có thể mất những lệnh mới nhất cho đến khi điện thoại gửi lại",
            "no replica is synchronous: a failover may lose the newest commands until phones send them again",
            ["bật synchronous_mode của Patroni", "turn on synchronous_mode in Patroni"],
        )];
    }
    Vec::new()
}

fn nights(desk: &Desk) -> Outcome<Vec<Finding>> {
    let mut found = Vec::new();
    let campaigns = !desk.reference().map(|reference| reference.campaigns.is_empty()).unwrap_or(true);
    for job in jobs::ALL.iter().filter(|_| campaigns) {
        let runs = desk.app.job_runs(Some(job.name), 1)?;
        let Some(run) = runs.first() else { continue };
        let old = desk.app.now().0 - run.finished.unwrap_or(run.started) > NIGHT_AGE;
        if run.state == "FAILED" || old {
            let (name, at) = (job.name, Instant(run.slot).local_text());
            let why = run.message.clone().unwrap_or_default();
            found.push(Finding::new(
                Urgency::Today,
                "JOB",
                format!("việc {name}, lần {at}: {} {why}", run.state),
                format!("job {name}, slot {at}: {} {why}", run.state),
                [
                    "xem thidua jobs history, rồi chạy: thidua jobs run TÊN",
                    "see thidua jobs history, then: thidua jobs run NAME",
                ],
            ));
        }
    }
    Ok(found)
}

fn content(desk: &Desk) -> Outcome<Vec<Finding>> {
    let checked = desk.app.store().check()?;
    let todo = [
        "dừng máy chủ và khôi phục từ bản sao nguyên vẹn: thidua restore",
        "end the server and restore a whole copy: thidua restore",
    ];
    let finding =
        |fault: String| Finding::new(Urgency::Now, "DAMAGED", format!("dữ liệu hỏng: {fault}"), fault.clone(), todo);
    Ok(checked.faults.into_iter().map(finding).collect())
}

/// The way to the database, and to its replica.
fn lines(location: &Location, replica: Option<&Location>) -> Vec<Finding> {
    let mut found = Vec::new();
    if location.is_exposed() || replica.is_some_and(Location::is_exposed) {
        let (vi, en) = (line::EXPOSED[0], line::EXPOSED[1]);
        found.push(Finding::new(Urgency::Today, "EXPOSED_LINE", vi, en, line::TODO));
    }
    if let Some(error) = replica.and_then(|replica| replica.connect(false).err()) {
        found.push(Finding::new(
            Urgency::Today,
            "REPLICA",
            format!("không kết nối được bản sao chỉ đọc, máy chính làm hết: {error}"),
            format!("the replica cannot be reached, the primary serves everything: {error}"),
            ["xem bản sao và database.replica_url", "look at the replica and at database.replica_url"],
        ));
    }
    found
}

fn certificate(config: &Config) -> Vec<Finding> {
    if config.listen.plaintext {
        return Vec::new();
    }
    let loaded = super::serve::sources(config).and_then(|sources| Ok(Certificates::load_all(sources)?));
    match loaded {
        Ok(_) => Vec::new(),
        Err(failure) => vec![Finding::new(
            Urgency::Now,
            "CERTIFICATE",
            failure.text(Lang::Vi).to_owned(),
            failure.text(Lang::En).to_owned(),
            [
                "xem lại [tls] trong thidua.toml, hoặc làm chứng thư mới: thidua tls init",
                "look at [tls] in thidua.toml, or make a new certificate: thidua tls init",
            ],
        )],
    }
}

fn show(ctx: &Ctx, found: &[Finding]) {
    let say = &ctx.say;
    let text = |pair: &[String; 2]| say.pick(&pair[0], &pair[1]).to_owned();
    if say.json {
        let one = |finding: &Finding| {
            json!({ "urgency": format!("{:?}", finding.urgency).to_uppercase(), "code": finding.code, "what": text(&finding.what),
                    "todo": say.pick(finding.todo[0], finding.todo[1]) })
        };
        say.line(format!("{:#}", json!({ "findings": found.iter().map(one).collect::<Vec<_>>() })));
        return;
    }
    if found.is_empty() {
        return say.line(say.paint(Colour::Green, say.pick("mọi thứ đều ổn", "everything is well")));
    }
    for finding in found {
        let colour = if finding.urgency == Urgency::Now { Colour::Red } else { Colour::Yellow };
        say.line(say.paint(colour, &format!("{}: {}", finding.code, text(&finding.what))));
    }
    say.line(say.pick("\nViệc cần làm trước:", "\nTo do first:"));
    for (index, finding) in found.iter().take(FIRST).enumerate() {
        say.line(format!(" {}. {}", index + 1, say.pick(finding.todo[0], finding.todo[1])));
    }
}
