//! `thidua backup|verify-backup|restore|promote|migrate`: backups of the database, restoring them,
//! and bringing the schema up to date. The store makes and checks backups.

use super::backup_locations::{backup_locations, ensure_directory, missing_backup_warning};
use super::context::{CliContext, existing_database};
use super::desk_actions::{desk_action_json, desk_action_text};
use super::error::{CliError, CliResult};
use super::file_rights::check_writable;
use super::lost_commands::{lost_command_texts, lost_commands_json, revoked_in_file};
use super::serve;
use crate::app::backup::newest_valid_backup;
use crate::auth;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::support::message::{Message, message};
use crate::store::backup::{
    BackupFile, check_database_at, read_epoch, rename_database, restore_backup,
};
use crate::store::desk_action::{DeskAction, list_desk_actions};
use crate::store::lost_command::{LostDeviceCommands, list_lost_commands};
use crate::store::{DatabaseLocation, schema_migration};
use serde_json::json;
use std::path::{Path, PathBuf};

/// `thidua backup`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua backup
  thidua backup --to /mnt/usb/thidua")]
pub(super) struct BackupArgs {
    /// Another second place, for this once.
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
}

/// `thidua verify-backup`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  thidua verify-backup backups/thidua-0001-000000016201.db")]
pub(super) struct VerifyArgs {
    /// The copy.
    file: PathBuf,
}

/// `thidua restore`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua restore backups/thidua-0001-000000016201.db
  thidua restore /mnt/usb/thidua/thidua-0001-000000016201.db --force")]
pub(super) struct RestoreArgs {
    /// The copy.
    file: PathBuf,
    /// Move the database that is there aside; nothing is deleted.
    #[arg(long)]
    force: bool,
}

/// `thidua promote`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua promote --from /srv/thidua-copies
  thidua promote --from /srv/thidua-copies --no-serve")]
pub(super) struct PromoteArgs {
    /// Where the copies of the other machine arrive (default: backup.dir).
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Move a database that is there aside.
    #[arg(long)]
    force: bool,
    /// Only make ready; run thidua serve later.
    #[arg(long)]
    no_serve: bool,
}

/// `thidua migrate`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  thidua migrate --dry-run\n  thidua migrate")]
pub(super) struct MigrateArgs {
    /// Show what would be done.
    #[arg(long)]
    dry_run: bool,
    /// There is a copy; SQLite makes its own.
    #[arg(long)]
    i_have_a_backup: bool,
}

pub(super) fn back_up(ctx: &CliContext, args: &BackupArgs) -> CliResult {
    let config = ctx.read_config()?;
    let mut places = backup_locations(&config);
    if args.to.is_some() {
        places.secondary.clone_from(&args.to);
    }
    for dir in places.primary.iter().chain(&places.secondary) {
        ensure_directory(dir)?;
    }
    let local_app = ctx.open_local_app_with(&config)?;
    let done = local_app.app.create_backup(&places)?;
    let output = &ctx.output;
    let path = done.file.path.display().to_string();
    output.print_answer(
        || {
            let text =
                output.say(message!("backup-done", path, seq = done.file.seq, rows = done.audit_rows));
            let second = places.secondary.as_ref().map(|dir| dir.display().to_string());
            let second = second.map(|dir| format!("{} {dir}", output.text("backup-second-place")));
            [text].into_iter().chain(second).collect::<Vec<_>>().join("\n")
        },
        || json!({ "copy": path, "epoch": done.file.epoch, "seq": done.file.seq, "audit_rows": done.audit_rows, "safe": done.has_secondary_copy }),
    );
    if !done.has_secondary_copy {
        missing_backup_warning(&ctx.output, &config, local_app.app.store())
            .into_iter()
            .for_each(|line| output.print_remark(line));
    }
    Ok(())
}

pub(super) fn verify_copy(ctx: &CliContext, args: &VerifyArgs) -> CliResult {
    let found = check_whole_copy(&args.file)?;
    let output = &ctx.output;
    output.print_answer(
        || {
            output.say(message!(
                "backup-whole",
                epoch = found.head.epoch,
                seq = found.head.seq,
                rows = found.audit_rows,
                scopes = found.scopes
            ))
        },
        || json!({ "whole": true, "epoch": found.head.epoch, "seq": found.head.seq, "audit_rows": found.audit_rows, "scopes": found.scopes }),
    );
    Ok(())
}

/// Checks a copy from its first row to its last.
fn check_whole_copy(file: &Path) -> CliResult<crate::store::backup::IntegrityReport> {
    if !file.exists() {
        return Err(CliError::file_error(
            file,
            &std::io::Error::from(std::io::ErrorKind::NotFound),
        ));
    }
    let copy = BackupFile { epoch: 0, seq: 0, path: file.to_owned() };
    let found = check_database_at(&DatabaseLocation::Sqlite(file.display().to_string()))?;
    let mut faults = found.problems.clone();
    if copy.has_valid_checksum()? == Some(false) {
        faults.push("the file is not the one that was verified: its SHA-256 differs".to_owned());
    }
    match faults.first() {
        None => Ok(found),
        Some(fault) => Err(CliError::new("DAMAGED", message!("backup-copy-not-whole-use", fault))),
    }
}

pub(super) fn restore(ctx: &CliContext, args: &RestoreArgs) -> CliResult {
    let config = ctx.read_config()?;
    let found = check_whole_copy(&args.file)?;
    let Replacement { epoch: number, lost_actions: lost, lost_commands } =
        replace_database(&config, &args.file, found.head.seq, args.force)?;
    let output = &ctx.output;
    output.print_answer(
        || {
            let mut lines = vec![output.say(message!("backup-restored", seq = found.head.seq, number))];
            lines.extend(lost_audit_texts(ctx, lost.as_deref()));
            lines.extend(lost_command_texts(output, &lost_commands));
            lines.push(format!("{} thidua serve", output.text("backup-next")));
            lines.join("\n")
        },
        || json!({ "epoch": number, "seq": found.head.seq, "desk_acts_lost": lost.as_ref().map(|lines| lines.iter().map(desk_action_json).collect::<Vec<_>>()), "revoked_devices": lost_commands_json(&lost_commands) }),
    );
    Ok(())
}

/// A copy in the database's place.
struct Replacement {
    /// The number of the new history.
    epoch: i64,
    /// What only a desk had done since the copy; `None` without the old database.
    lost_actions: Option<Vec<DeskAction>>,
    /// What devices sent that were revoked since the copy.
    lost_commands: Vec<LostDeviceCommands>,
}

/// Puts the copy in the database's place.
fn replace_database(config: &Config, copy: &Path, seq: i64, force: bool) -> CliResult<Replacement> {
    let location = DatabaseLocation::parse(&config.database_url());
    let DatabaseLocation::Sqlite(path) = &location else {
        return Err(CliError::new("NOT_SQLITE", message!("backup-postgresql-restored-own-tools")));
    };
    check_writable(config)?;
    if Path::new(path).exists() && !force {
        return Err(CliError::new("DATABASE_THERE", message!("backup-there-add-force-move", path)));
    }
    let revoked = revoked_in_file(config)?;
    let aside =
        rename_database(&location, &format!("before-{}", Clock::System.now().unix_millis()))?;
    let old = aside.map(|aside| DatabaseLocation::Sqlite(aside.display().to_string()));
    let lost_actions = old.as_ref().and_then(|old| list_desk_actions(old, seq).ok());
    // Above the history that ends here too: it may have begun behind this very copy, and phones
    // know its number.
    let above = old.as_ref().and_then(|old| read_epoch(old).ok()).map(|epoch| epoch + 1);
    let id = auth::random_bytes()
        .map_err(|error| CliError::new("NO_RANDOM", Message::verbatim(error)))?;
    let epoch = restore_backup(copy, &location, above, &id)?;
    let lost_commands = list_lost_commands(old.as_ref(), &location, &revoked)?;
    Ok(Replacement { epoch, lost_actions, lost_commands })
}

/// What was done at a desk after the copy: no phone brings it again.
fn lost_audit_texts(ctx: &CliContext, lost: Option<&[DeskAction]>) -> Vec<String> {
    let output = &ctx.output;
    match lost {
        None => vec![output.text("backup-acts-desk-without-phone").to_owned()],
        Some([]) => vec![output.text("backup-no-act-desk-lost").to_owned()],
        Some(lines) => {
            let head = output.text("backup-done-desk-after-copy");
            let presented = lines.iter().map(|line| format!("  {}", desk_action_text(line)));
            std::iter::once(head.to_owned()).chain(presented).collect()
        }
    }
}

pub(super) fn promote(ctx: &CliContext, args: &PromoteArgs) -> CliResult {
    let config = ctx.read_config()?;
    for name in ["authority.key", "seal.key"] {
        if !config.dir.join(name).exists() {
            let dir = config.dir.display();
            return Err(CliError::new(
                "KEYS_MISSING",
                message!("backup-no-copy-authority-key", dir, name),
            ));
        }
    }
    let from = args.from.clone().unwrap_or_else(|| config.resolve_path(&config.backup.dir));
    let copy = newest_valid_backup(&from)?.ok_or_else(|| {
        let presented = from.display();
        CliError::new("NO_BACKUP", message!("backup-there-no-whole-copy", presented))
    })?;
    let Replacement { epoch: number, lost_commands, .. } =
        replace_database(&config, &copy.path, copy.seq, args.force)?;
    let output = &ctx.output;
    output.print_remark(output.say(message!("backup-promoted", number, seq = copy.seq)));
    lost_command_texts(output, &lost_commands)
        .into_iter()
        .for_each(|line| output.print_remark(line));
    if args.no_serve { Ok(()) } else { serve::run(ctx, &serve::Args::default()) }
}

pub(super) fn migrate(ctx: &CliContext, args: &MigrateArgs) -> CliResult {
    let config = ctx.read_config()?;
    let location = existing_database(&config)?;
    let mut conn = location.connect(true)?;
    let (pending, _) = schema_migration::pending_migrations(&mut conn)?;
    let copy = if args.dry_run || pending.is_empty() {
        None
    } else {
        schema_migration::run_migrations_with_backup(&mut conn, &location, args.i_have_a_backup)?
    };
    let output = &ctx.output;
    let done = !args.dry_run && !pending.is_empty();
    output.print_answer(
        || {
            let mut lines: Vec<String> = pending.iter().map(|one| format!("  {one}")).collect();
            lines.insert(
                0,
                match (pending.is_empty(), done) {
                    (true, _) => output.text("backup-schema-up-date"),
                    (_, true) => output.text("backup-applied"),
                    (_, false) => output.text("backup-would-apply"),
                }
                .to_owned(),
            );
            lines.extend(
                copy.as_ref()
                    .map(|path| format!("{} {}", output.text("backup-as-before"), path.display())),
            );
            lines.join("\n")
        },
        || json!({ "pending": pending, "applied": done, "copy": copy.as_ref().map(|path| path.display().to_string()) }),
    );
    Ok(())
}
