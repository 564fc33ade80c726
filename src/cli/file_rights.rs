//! Rights of files: whether this user can work with the data directory, and what of it is open to
//! other users.

use super::backup_locations::backup_locations;
use super::error::{CliError, CliResult};
use crate::config::{self, Config};
use crate::domain::support::message::{Message, message};
use crate::store::{DatabaseLocation, owner_only};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

const READ: Message = message!("rights-read");
const WRITE: Message = message!("rights-write");
const CREATE_FILES: Message = message!("rights-create-files");
const READ_OR_WRITE: Message = message!("rights-read-or-write");

/// The error for a path that this user may not use; `None` if the error has another reason.
pub(super) fn to_rights_error(path: &Path, error: &Error) -> Option<CliError> {
    rights_error(path, READ_OR_WRITE, error)
}

/// Refuses a data directory whose configuration this user cannot read. A missing one is not
/// refused.
pub(super) fn check_readable(dir: &Path) -> CliResult {
    match dir.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failure(dir, READ, &error)),
        Ok(_) => {}
    }
    let file = dir.join(config::FILE_NAME);
    match File::open(&file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failure(&file, READ, &error)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Refuses a data directory, or a directory of the database, in which this user cannot write.
///
/// Must be called before this process opens the database: closing a file gives up SQLite's locks.
pub(super) fn check_writable(config: &Config) -> CliResult {
    let database = sqlite_file(config);
    for file in database.iter().flat_map(|path| side_files(path)) {
        match OpenOptions::new().read(true).write(true).open(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(failure(&file, WRITE, &error));
            }
            Ok(_) | Err(_) => {}
        }
    }
    let database_dir = database.as_deref().and_then(Path::parent);
    let dirs: BTreeSet<&Path> = [config.dir.as_path()].into_iter().chain(database_dir).collect();
    dirs.into_iter().try_for_each(check_can_create_files)
}

/// Creates and removes an empty file: only the attempt tells whether it is allowed.
fn check_can_create_files(dir: &Path) -> CliResult {
    let probe = dir.join(format!(".thidua-rights-{}", std::process::id()));
    match OpenOptions::new().write(true).create_new(true).open(&probe) {
        Ok(_) => {
            // Another user's clean-up, if it is gone.
            let _ = std::fs::remove_file(&probe);
            Ok(())
        }
        // Of any other reason, such as a full disk, the command itself has more to say.
        Err(error) => rights_error(dir, CREATE_FILES, &error).map_or(Ok(()), Err),
    }
}

fn failure(path: &Path, right: Message, error: &Error) -> CliError {
    rights_error(path, right, error).unwrap_or_else(|| CliError::file_error(path, error))
}

fn rights_error(path: &Path, right: Message, error: &Error) -> Option<CliError> {
    let shown = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (shown, user) = (shown.display(), user_name());
    let message = if error.kind() == ErrorKind::PermissionDenied {
        message!("rights-missing", user, shown, right => right)
    } else if error.kind() == ErrorKind::ReadOnlyFilesystem {
        message!("rights-read-only", user, shown)
    } else {
        return None;
    };
    Some(CliError::new("NO_RIGHT", message))
}

/// The user that runs this process: its name, or its number where it has none.
fn user_name() -> String {
    #[cfg(unix)]
    if let Ok(process) = Path::new("/proc/self").metadata() {
        let number = std::os::unix::fs::MetadataExt::uid(&process).to_string();
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let name = users.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            (fields.nth(1)? == number).then(|| name.to_owned())
        });
        return name.unwrap_or(number);
    }
    std::env::var("USER").unwrap_or_else(|_| "?".to_owned())
}

/// What one directory holds that others than its owner may use.
pub(super) struct OpenPlace {
    /// The directory.
    pub(super) dir: PathBuf,
    /// The first such path, and its mode.
    pub(super) first: (PathBuf, u32),
    /// Number of such paths.
    pub(super) count: usize,
}

/// Every directory with keys, figures or copies in which something is open to others. Certificates
/// are public.
pub(super) fn find_open_places(config: &Config) -> Vec<OpenPlace> {
    let database_dir = sqlite_file(config).and_then(|path| path.parent().map(Path::to_owned));
    let copies = backup_locations(config);
    let dirs: BTreeSet<PathBuf> = [config.dir.clone(), config.resolve_path(&config.tls.dir)]
        .into_iter()
        .chain(database_dir)
        .chain(copies.primary)
        .chain(copies.secondary)
        .collect();
    dirs.into_iter().filter_map(find_open_place).collect()
}

fn find_open_place(dir: PathBuf) -> Option<OpenPlace> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&dir).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.retain(|path| path.is_file() && path.extension().is_none_or(|end| end != "pem"));
    paths.sort();
    let mut open = std::iter::once(dir.clone())
        .chain(paths)
        .filter_map(|path| owner_only::mode_open_to_others(&path).map(|mode| (path, mode)));
    let first = open.next()?;
    Some(OpenPlace { first, count: 1 + open.count(), dir })
}

fn sqlite_file(config: &Config) -> Option<PathBuf> {
    match DatabaseLocation::parse(&config.database_url()) {
        DatabaseLocation::Sqlite(path) => Some(PathBuf::from(path)),
        DatabaseLocation::Postgres(_) => None,
    }
}

/// The database and the files that SQLite keeps beside it.
fn side_files(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|end| PathBuf::from(format!("{}{end}", path.display())))
}
