//! Files and directories that only their owner can read and write, whatever the umask: databases,
//! copies, keys. SQLite gives `-wal` and `-shm` the permissions of the database.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Creates the file with mode 0600, or empties the one that exists.
///
/// # Errors
/// Those of the operating system.
pub fn create_file(path: &Path) -> io::Result<File> {
    options().write(true).create(true).truncate(true).open(path)
}

/// Creates the file with mode 0600; fails if it exists.
///
/// # Errors
/// Those of the operating system.
pub fn create_new_file(path: &Path) -> io::Result<File> {
    options().write(true).create_new(true).open(path)
}

/// Creates the file with mode 0600 unless it exists; one that exists is not opened.
pub(super) fn ensure_file(path: &Path) -> io::Result<()> {
    match create_new_file(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Opens the file to append to it; a new one gets mode 0600.
///
/// # Errors
/// Those of the operating system.
pub fn append_file(path: &Path) -> io::Result<File> {
    options().create(true).append(true).open(path)
}

/// Creates the directory and its missing parents with mode 0700; one that exists is not changed.
///
/// # Errors
/// Those of the operating system.
pub fn ensure_dir(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Copies the content, not the permissions, and syncs the new file.
pub(super) fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let mut target = create_file(to)?;
    io::copy(&mut File::open(from)?, &mut target)?;
    target.sync_all()
}

/// The mode of a file or directory if it gives others than its owner any right; `None` where there
/// are no modes.
#[must_use]
pub fn mode_open_to_others(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&path.metadata().ok()?) & 0o777;
        (mode & 0o077 != 0).then_some(mode)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

fn options() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "without modes there is nothing to set"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
