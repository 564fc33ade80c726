//! `thidua backup|verify-backup|restore|promote|migrate`: copies of the database, and what follows from having one.
//!
//! Knows paths and a person's consent; how a copy is made, checked and begun anew is the store's.

use super::ctx::Ctx;
use super::failure::{Failure, Outcome};
use super::serve;
use crate::app::backup::{Places, newest_whole};
use crate::auth;
use crate::clock::Clock;
use crate::config::Config;
use crate::store::audit::AuditLine;
use crate::store::backup::{Copy, check_at, copies, desk_acts, epoch_at, move_aside, put_back};
use crate::store::{Location, Store, migrate};
use serde_json::json;
use std::path::{Path, PathBuf};

/// `thidua backup`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:
  thidua backup
  thidua backup --to /mnt/usb/thidua")]
pub(super) struct BackupArgs {
    /// Nơi thứ hai cho lần này · Another second place, for this once.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// `thidua verify-backup`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:\n  thidua verify-backup backups/thidua-0001-000000016201.db")]
pub(super) struct VerifyArgs {
    /// Tệp sao lưu · The copy.
    file: PathBuf,
}

/// `thidua restore`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:
  thidua restore backups/thidua-0001-000000016201.db
  thidua restore /mnt/usb/thidua/thidua-0001-000000016201.db --force")]
pub(super) struct RestoreArgs {
    /// Tệp sao lưu · The copy.
    file: PathBuf,
    /// Dời cơ sở dữ liệu đang có sang bên · Move the database that is there aside; nothing is deleted.
    #[arg(long)]
    force: bool,
}

/// `thidua promote`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:
  thidua promote --from /srv/thidua-copies
  thidua promote --from /srv/thidua-copies --no-serve")]
pub(super) struct PromoteArgs {
    /// Nơi nhận các bản sao của máy chính · Where the copies of the other machine arrive (default: backup.dir).
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Dời cơ sở dữ liệu đang có sang bên · Move a database that is there aside.
    #[arg(long)]
    force: bool,
    /// Chỉ chuẩn bị, chưa chạy · Only make ready; run thidua serve later.
    #[arg(long)]
    no_serve: bool,
}

/// `thidua migrate`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:\n  thidua migrate --dry-run\n  thidua migrate")]
pub(super) struct MigrateArgs {
    /// Chỉ xem · Show what would be done.
    #[arg(long)]
    dry_run: bool,
    /// PostgreSQL: tôi đã có bản sao lưu · There is a copy; SQLite makes its own.
    #[arg(long)]
    i_have_a_backup: bool,
}

/// The places that the configuration names.
pub(super) fn places(config: &Config) -> Places {
    let path = |text: &str| (!text.is_empty()).then(|| config.path(text));
    let sqlite = matches!(Location::parse(&config.database_url()), Location::Sqlite(_));
    let first = path(&config.backup.dir).filter(|_| sqlite);
    Places { first, second: path(&config.backup.second).filter(|_| sqlite), keep: config.backup.keep.into() }
}

/// Words about a PostgreSQL that nobody else holds.
pub(super) const ALONE: [&str; 2] = [
    "CHƯA CÓ SAO LƯU: PostgreSQL này không có bản sao dự phòng, cũng không lưu trữ nhật ký ghi (WAL)",
    "NO BACKUP: this PostgreSQL has neither a replica nor an archive of its log",
];

/// What each start says until a verified copy lies in a second place.
pub(super) fn no_backup(ctx: &Ctx, config: &Config, store: &Store) -> Option<String> {
    if matches!(store.location(), Location::Postgres(_)) {
        let standbys = store.standbys().ok().flatten()?;
        return (standbys.replicas == 0 && !standbys.archived).then(|| ctx.say.pick(ALONE[0], ALONE[1]).to_owned());
    }
    let text = match places(config).second {
        None => ctx.say.pick(
            "CHƯA CÓ SAO LƯU ở nơi thứ hai: đặt backup.second rồi chạy thidua backup",
            "NO BACKUP in a second place: set backup.second, then run thidua backup",
        ),
        Some(second) if copies(&second).map_or(true, |found| found.is_empty()) => ctx.say.pick(
            "CHƯA CÓ SAO LƯU ở nơi thứ hai (backup.second còn trống): chạy thidua backup",
            "NO BACKUP in the second place (backup.second is empty): run thidua backup",
        ),
        Some(_) => return None,
    };
    Some(text.to_owned())
}

/// Makes the directory of a place.
pub(super) fn made(dir: &Path) -> Outcome {
    std::fs::create_dir_all(dir).map_err(|error| Failure::file(dir, &error))
}

pub(super) fn back_up(ctx: &Ctx, args: &BackupArgs) -> Outcome {
    let config = ctx.config()?;
    let mut places = places(&config);
    if args.to.is_some() {
        places.second.clone_from(&args.to);
    }
    for dir in places.first.iter().chain(&places.second) {
        made(dir)?;
    }
    let desk = ctx.desk_of(&config)?;
    let done = desk.app.back_up(&places)?;
    let say = &ctx.say;
    let path = done.copy.path.display().to_string();
    say.answer(
        || {
            let rows = done.audit_rows;
            let text = match say.pick("vi", "en") {
                "vi" => format!("đã sao lưu và kiểm tra: {path} (đến vị trí {}, {rows} dòng nhật ký)", done.copy.seq),
                _ => format!("copied and verified: {path} (up to seq {}, {rows} audit rows)", done.copy.seq),
            };
            let second = places.second.as_ref().map(|dir| dir.display().to_string());
            let second = second.map(|dir| format!("{} {dir}", say.pick("nơi thứ hai:", "second place:")));
            [text].into_iter().chain(second).collect::<Vec<_>>().join("\n")
        },
        || json!({ "copy": path, "epoch": done.copy.epoch, "seq": done.copy.seq, "audit_rows": done.audit_rows, "safe": done.safe }),
    );
    if !done.safe {
        no_backup(ctx, &config, desk.app.store()).into_iter().for_each(|line| say.remark(line));
    }
    Ok(())
}

pub(super) fn verify(ctx: &Ctx, args: &VerifyArgs) -> Outcome {
    let found = whole(&args.file)?;
    let say = &ctx.say;
    say.answer(
        || {
            let (seq, epoch, rows) = (found.head.seq, found.head.epoch, found.audit_rows);
            match say.pick("vi", "en") {
                "vi" => format!("nguyên vẹn: lịch sử {epoch}, đến vị trí {seq}, {rows} dòng nhật ký, {} phạm vi", found.scopes),
                _ => format!("whole: history {epoch}, up to seq {seq}, {rows} audit rows, {} scopes", found.scopes),
            }
        },
        || json!({ "whole": true, "epoch": found.head.epoch, "seq": found.head.seq, "audit_rows": found.audit_rows, "scopes": found.scopes }),
    );
    Ok(())
}

/// Checks a copy from its first row to its last.
fn whole(file: &Path) -> Outcome<crate::store::backup::Checked> {
    if !file.exists() {
        return Err(Failure::file(file, &std::io::Error::from(std::io::ErrorKind::NotFound)));
    }
    let copy = Copy { epoch: 0, seq: 0, path: file.to_owned() };
    let found = check_at(&Location::Sqlite(file.display().to_string()))?;
    let mut faults = found.faults.clone();
    if copy.is_as_sealed()? == Some(false) {
        faults.push("the file is not the one that was verified: its SHA-256 differs".to_owned());
    }
    match faults.first() {
        None => Ok(found),
        Some(fault) => Err(Failure::new(
            "DAMAGED",
            format!("bản sao không nguyên vẹn ({fault}); hãy dùng bản khác"),
            format!("the copy is not whole ({fault}); use another one"),
        )),
    }
}

pub(super) fn restore(ctx: &Ctx, args: &RestoreArgs) -> Outcome {
    let config = ctx.config()?;
    let found = whole(&args.file)?;
    let (number, lost) = take_place(&config, &args.file, found.head.seq, args.force)?;
    let say = &ctx.say;
    say.answer(
        || {
            let mut lines = vec![match say.pick("vi", "en") {
                "vi" => format!("đã khôi phục đến vị trí {}; lịch sử mới số {number}. Điện thoại sẽ tự gửi lại phần đã mất.", found.head.seq),
                _ => format!("restored up to seq {}; history {number} begins. Phones send again by themselves what was lost.", found.head.seq),
            }];
            lines.extend(lost_lines(ctx, lost.as_deref()));
            lines.push(format!("{} thidua serve", say.pick("tiếp theo:", "next:")));
            lines.join("\n")
        },
        || json!({ "epoch": number, "seq": found.head.seq, "desk_acts_lost": lost.as_ref().map(|lines| lines.iter().map(act_json).collect::<Vec<_>>()) }),
    );
    Ok(())
}

/// Puts the copy in the database's place; the new history's number, and what only a desk had done since, where that can be known.
fn take_place(config: &Config, copy: &Path, seq: i64, force: bool) -> Outcome<(i64, Option<Vec<AuditLine>>)> {
    let location = Location::parse(&config.database_url());
    let Location::Sqlite(path) = &location else {
        return Err(Failure::new(
            "NOT_SQLITE",
            "PostgreSQL được khôi phục bằng công cụ của nó (pg_restore, Patroni); điện thoại sẽ tự nhận ra và gửi lại",
            "PostgreSQL is restored by its own tools (pg_restore, Patroni); phones notice by themselves and send again",
        ));
    };
    if Path::new(path).exists() && !force {
        return Err(Failure::new(
            "DATABASE_THERE",
            format!("{path} đang có; thêm --force để dời nó sang bên (không xóa gì)"),
            format!("{path} is there; add --force to move it aside (nothing is deleted)"),
        ));
    }
    let aside = move_aside(&location, &format!("before-{}", Clock::System.now().unix_millis()))?;
    let old = aside.map(|aside| Location::Sqlite(aside.display().to_string()));
    let lost = old.as_ref().and_then(|old| desk_acts(old, seq).ok());
    // Above the history that ends here too: it may have begun behind this very copy, and phones know its number.
    let above = old.and_then(|old| epoch_at(&old).ok()).map(|epoch| epoch + 1);
    let id = auth::random().map_err(|error| Failure::new("NO_RANDOM", error.to_string(), error.to_string()))?;
    Ok((put_back(copy, &location, above, &id)?, lost))
}

/// What was done at a desk after the copy: no phone brings it again.
fn lost_lines(ctx: &Ctx, lost: Option<&[AuditLine]>) -> Vec<String> {
    let say = &ctx.say;
    match lost {
        None => vec![
            say.pick(
                "việc làm tại bàn (không qua điện thoại) sau bản sao: không biết được, vì không có cơ sở dữ liệu cũ",
                "acts at a desk (without a phone) after the copy: not known, as there is no old database",
            )
            .to_owned(),
        ],
        Some([]) => vec![say.pick("không có việc nào tại bàn bị mất", "no act at a desk was lost").to_owned()],
        Some(lines) => {
            let head =
                say.pick("làm tại bàn sau bản sao, cần làm lại:", "done at a desk after the copy, to be done again:");
            let shown = lines.iter().map(|line| format!("  {} {}", line.at.local_text(), line.action));
            std::iter::once(head.to_owned()).chain(shown).collect()
        }
    }
}

fn act_json(line: &AuditLine) -> serde_json::Value {
    json!({ "seq": line.seq, "at": line.at.local_text(), "action": line.action })
}

pub(super) fn promote(ctx: &Ctx, args: &PromoteArgs) -> Outcome {
    let config = ctx.config()?;
    for name in ["authority.key", "seal.key"] {
        if !config.dir.join(name).exists() {
            let dir = config.dir.display();
            return Err(Failure::new(
                "KEYS_MISSING",
                format!(
                    "{dir} chưa có {name}: chép authority.key, seal.key, revoked.log và thư mục tls từ máy chính một lần"
                ),
                format!(
                    "{dir} has no {name}: copy authority.key, seal.key, revoked.log and the directory tls from the other machine once"
                ),
            ));
        }
    }
    let from = args.from.clone().unwrap_or_else(|| config.path(&config.backup.dir));
    let copy = newest_whole(&from)?.ok_or_else(|| {
        let shown = from.display();
        Failure::new(
            "NO_BACKUP",
            format!("không có bản sao nguyên vẹn nào trong {shown}"),
            format!("there is no whole copy in {shown}"),
        )
    })?;
    let (number, _) = take_place(&config, &copy.path, copy.seq, args.force)?;
    let say = &ctx.say;
    say.remark(match say.pick("vi", "en") {
        "vi" => format!("máy này là máy chính từ lịch sử {number}, bản sao đến vị trí {}; máy cũ sẽ thôi ghi khi gặp điện thoại", copy.seq),
        _ => format!("this machine is the primary from history {number}, copy up to seq {}; the old one stops writing once it meets a phone", copy.seq),
    });
    if args.no_serve { Ok(()) } else { serve::run(ctx, &serve::Args::default()) }
}

pub(super) fn migrate(ctx: &Ctx, args: &MigrateArgs) -> Outcome {
    let config = ctx.config()?;
    let location = Location::parse(&config.database_url());
    if let Location::Sqlite(path) = &location
        && !Path::new(path).exists()
    {
        return Err(Failure::not_initialised(&config.dir));
    }
    let mut conn = location.connect(true)?;
    let (pending, _) = migrate::pending(&mut conn)?;
    let copy = if args.dry_run || pending.is_empty() {
        None
    } else {
        migrate::up_safely(&mut conn, &location, args.i_have_a_backup)?
    };
    let say = &ctx.say;
    let done = !args.dry_run && !pending.is_empty();
    say.answer(
        || {
            let mut lines: Vec<String> = pending.iter().map(|one| format!("  {one}")).collect();
            lines.insert(
                0,
                match (pending.is_empty(), done) {
                    (true, _) => say.pick("lược đồ đã mới nhất", "the schema is up to date"),
                    (_, true) => say.pick("đã áp dụng:", "applied:"),
                    (_, false) => say.pick("sẽ áp dụng:", "would apply:"),
                }
                .to_owned(),
            );
            lines.extend(
                copy.as_ref()
                    .map(|path| format!("{} {}", say.pick("bản trước đó:", "as it was before:"), path.display())),
            );
            lines.join("\n")
        },
        || json!({ "pending": pending, "applied": done, "copy": copy.as_ref().map(|path| path.display().to_string()) }),
    );
    Ok(())
}
