//! Copies of the database, and the integrity check of any database.
//!
//! SQLite writes a copy from one reading transaction, so writers are not blocked; the file gets its
//! name only when it is complete and synced. PostgreSQL is copied by its own tools; the check is
//! the same. The schedule and the directories belong to `app` and `jobs`.

use super::backend::{AnyConn, DatabaseLocation};
use super::commit::OP_PUT;
use super::error::{Error, Result};
use super::read_tx::{FeedHead, ReadTx, to_byte_array};
use super::schema::{enrol_code, feed, feed_head, record, setting};
use super::write_tx::WriteTx;
use super::{Store, owner_only, schema_migration};
use crate::domain::support::hex::encode_hex;
use crate::domain::support::scope_digest::ScopeDigest;
use crate::domain::support::time::Timestamp;
use diesel::prelude::*;
use diesel::sql_types::Text;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Result of an integrity check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrityReport {
    /// The head of the database.
    pub head: FeedHead,
    /// Rows of the audit that the chain covers.
    pub audit_rows: i64,
    /// Scopes whose digest was recomputed.
    pub scopes: usize,
    /// Every mismatch, as text for the operator; empty when the database is intact.
    pub problems: Vec<String>,
}

#[derive(QueryableByName)]
struct IntegrityCheckRow {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

impl Store {
    /// Writes a copy of the database to `to`, which must not exist. SQLite only.
    pub fn copy_to_file(&self, to: &Path) -> Result<()> {
        let DatabaseLocation::Sqlite(_) = self.location() else {
            return Err(Error::Database(
                "PostgreSQL is copied by its own tools: pg_dump, pg_basebackup".to_owned(),
            ));
        };
        let mut conn = self.location().connect(false)?;
        // VACUUM INTO writes to another file; this database stays read only.
        conn.execute_sql("PRAGMA query_only = OFF")?;
        copy_database(&mut conn, to)
    }

    /// Checks the whole database in one snapshot.
    pub fn check_integrity(&self) -> Result<IntegrityReport> {
        self.check_integrity_with(|_| ())
    }

    /// Like [`Store::check_integrity`]; calls `each` with the canonical bytes of every row of the
    /// audit.
    pub fn check_integrity_with(&self, each: impl FnMut(&[u8])) -> Result<IntegrityReport> {
        self.read(|tx| check_database_with(tx, each))
    }
}

/// Makes a directory unless it exists.
pub fn ensure_directory(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).map_err(|error| to_file_error(dir, &error))
}

/// Copies the database of `conn` into a new file, synced before it gets its name.
pub(super) fn copy_database(conn: &mut AnyConn, to: &Path) -> Result<()> {
    let failed = |error: std::io::Error| to_file_error(to, &error);
    if to.exists() {
        return Err(Error::Database(format!("{} exists already", to.display())));
    }
    let partial_path = PathBuf::from(format!("{}.part", to.display()));
    // Left by an earlier copy that was interrupted.
    let _ = fs::remove_file(&partial_path);
    // SQLite writes into an empty file as well, and keeps its permissions.
    owner_only::create_file(&partial_path).map_err(failed)?;
    let quoted = partial_path.display().to_string().replace('\'', "''");
    conn.execute_sql(&format!("VACUUM INTO '{quoted}'"))?;
    File::open(&partial_path).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(&partial_path, to).map_err(failed)?;
    let dir = to.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed)
}

/// Checks a database that no server has open, without changing it; refuses an unknown schema.
pub fn check_database_at(location: &DatabaseLocation) -> Result<IntegrityReport> {
    let mut conn = location.connect(false)?;
    schema_migration::check_schema_known(&mut conn)?;
    conn.begin_read(None)?;
    check_database(&mut ReadTx::new(&mut conn))
}

pub(super) fn check_database(tx: &mut ReadTx) -> Result<IntegrityReport> {
    check_database_with(tx, |_| ())
}

fn check_database_with(tx: &mut ReadTx, each: impl FnMut(&[u8])) -> Result<IntegrityReport> {
    let mut problems = Vec::new();
    if let AnyConn::Sqlite(conn) = tx.conn()? {
        let lines: Vec<IntegrityCheckRow> =
            diesel::sql_query("PRAGMA integrity_check").load(conn)?;
        problems
            .extend(lines.into_iter().map(|line| line.integrity_check).filter(|line| line != "ok"));
    }
    let (audit, altered) = tx.verify_audit(None, each)?;
    problems.extend(audit.invalid_from_seq.map(broken_chain_text));
    problems.extend(altered.into_iter().map(|problem| problem.text));
    let digests = tx.recompute_digests()?;
    for scope in tx.all_scopes()? {
        let found = digests.get(&scope.number).copied().unwrap_or_default();
        if found != scope.digest {
            problems.push(format!(
                "scope {}: {} records, {} expected, or other content",
                scope.number, found.count, scope.digest.count
            ));
        }
    }
    Ok(IntegrityReport {
        head: tx.head()?,
        audit_rows: audit.rows,
        scopes: digests.len(),
        problems,
    })
}

/// What is wrong with a chain that does not verify.
#[must_use]
pub fn broken_chain_text(seq: i64) -> String {
    format!("the audit chain does not hold at seq {seq}")
}

impl ReadTx<'_> {
    /// The digest of every scope, recomputed from the hashes of the records that the feed puts
    /// there; that the records have these hashes is checked before.
    fn recompute_digests(&mut self) -> Result<BTreeMap<i32, ScopeDigest>> {
        let rows: Vec<(i32, Vec<u8>)> = feed::table
            .inner_join(record::table.on(record::kind.eq(feed::kind).and(record::id.eq(feed::id))))
            .filter(feed::op.eq(OP_PUT))
            .select((feed::scope_number, record::hash))
            .load(self.conn()?)?;
        let mut digests: BTreeMap<i32, ScopeDigest> = BTreeMap::new();
        for (number, hash) in rows {
            digests.entry(number).or_default().add(u128::from_be_bytes(to_byte_array(&hash)?));
        }
        Ok(digests)
    }
}

impl WriteTx<'_> {
    /// Records that a verified backup holds everything up to `seq`, so phones need not keep it.
    /// Never decreases.
    pub(crate) fn raise_safe_past_seq(&mut self, seq: i64) -> Result<()> {
        diesel::update(feed_head::table.find(1))
            .filter(feed_head::safe_past_seq.lt(seq))
            .set(feed_head::safe_past_seq.eq(seq))
            .execute(self.conn()?)?;
        Ok(())
    }
}

/// A backup file in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BackupFile {
    /// Epoch of its history.
    pub epoch: i64,
    /// Seq of its last change.
    pub seq: i64,
    /// Its path.
    pub path: PathBuf,
}

impl BackupFile {
    /// The backup of this head in `dir`, whether or not it exists yet.
    #[must_use]
    pub fn for_head(head: &FeedHead, dir: &Path) -> Self {
        let FeedHead { epoch, seq, .. } = *head;
        Self { epoch, seq, path: dir.join(format!("thidua-{epoch:04}-{seq:012}.db")) }
    }

    fn from_path(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_prefix("thidua-")?.strip_suffix(".db")?;
        let (epoch, seq) = name.split_once('-')?;
        Some(Self { epoch: epoch.parse().ok()?, seq: seq.parse().ok()?, path })
    }

    /// The file with the SHA-256 of the backup, in the format of `sha256sum -c`.
    fn checksum_path(&self) -> PathBuf {
        self.path.with_extension("db.sha256")
    }

    /// When its file was written, unless the file does not tell, and its size in bytes.
    pub fn written_at_and_size(&self) -> Result<(Option<Timestamp>, u64)> {
        let found = fs::metadata(&self.path).map_err(|error| to_file_error(&self.path, &error))?;
        let since_1970 = found.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let micros = since_1970.and_then(|at| i64::try_from(at.as_micros()).ok());
        Ok((micros.map(Timestamp), found.len()))
    }

    /// Writes the checksum of a verified backup; a backup without one counts as unfinished.
    pub fn write_checksum(&self) -> Result<()> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let line = format!("{}  {name}\n", compute_file_sha256(&self.path)?);
        let path = self.checksum_path();
        let write = || {
            owner_only::create_file(&path)
                .and_then(|mut file| file.write_all(line.as_bytes()).and_then(|()| file.sync_all()))
        };
        write().map_err(|error| to_file_error(&path, &error))
    }

    /// Whether the file matches its checksum; `None` if it has none.
    pub fn has_valid_checksum(&self) -> Result<Option<bool>> {
        match fs::read_to_string(self.checksum_path()) {
            Ok(line) => {
                Ok(Some(line.split_whitespace().next() == Some(&compute_file_sha256(&self.path)?)))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(to_file_error(&self.checksum_path(), &error)),
        }
    }

    /// Renames the file to that of `named`.
    pub fn rename_to(&self, named: Self) -> Result<Self> {
        fs::rename(&self.path, &named.path).map_err(|error| to_file_error(&named.path, &error))?;
        Ok(named)
    }

    /// Copies the file to another directory, synced before it returns.
    pub fn copy_to_dir(&self, dir: &Path) -> Result<Self> {
        let target =
            Self { path: dir.join(self.path.file_name().unwrap_or_default()), ..self.clone() };
        let partial_path = target.path.with_extension("part");
        let bring = || {
            owner_only::copy_file(&self.path, &partial_path)?;
            fs::rename(&partial_path, &target.path)
        };
        bring().map_err(|error| to_file_error(&target.path, &error))?;
        Ok(target)
    }
}

/// The finished backups in `dir`, oldest first: by epoch, then seq.
pub fn list_backups(dir: &Path) -> Result<Vec<BackupFile>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(to_file_error(dir, &error)),
    };
    let mut found: Vec<BackupFile> =
        entries.filter_map(|entry| BackupFile::from_path(entry.ok()?.path())).collect();
    found.retain(|copy| copy.checksum_path().exists());
    found.sort();
    Ok(found)
}

/// Deletes all but the newest `keep` backups.
pub fn prune_backups(dir: &Path, keep: usize) -> Result<()> {
    let found = list_backups(dir)?;
    for old in &found[..found.len().saturating_sub(keep.max(1))] {
        fs::remove_file(&old.path).map_err(|error| to_file_error(&old.path, &error))?;
        fs::remove_file(old.checksum_path()).map_err(|error| to_file_error(&old.path, &error))?;
    }
    Ok(())
}

pub(super) fn to_file_error(path: &Path, error: &std::io::Error) -> Error {
    let text = format!("{}: {error}", path.display());
    if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        Error::StorageFull(text)
    } else {
        Error::FileIo(text)
    }
}

fn compute_file_sha256(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(|error| to_file_error(path, &error))?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer).map_err(|error| to_file_error(path, &error))?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    Ok(encode_hex(&hash.finalize()))
}

/// Setting of a superseded server: the epoch of the history that replaced its own; its own epoch
/// when the database was moved.
pub(crate) const SUPERSEDED_SETTING: &str = "superseded";

/// Begins a new epoch in a copy that will serve: one above the copy's, or `number` if that is
/// higher. Phones see that commits were lost, and push again (S24). Returns the epoch.
pub(crate) fn begin_epoch(
    location: &DatabaseLocation,
    number: Option<i64>,
    id: &[u8; 16],
) -> Result<i64> {
    let mut conn = location.connect(true)?;
    schema_migration::run_migrations(&mut conn)?;
    conn.begin_write()?;
    let before: i64 = feed_head::table.find(1).select(feed_head::epoch).first(&mut conn)?;
    let number = number.unwrap_or(0).max(before + 1);
    diesel::update(feed_head::table.find(1))
        .set((feed_head::epoch.eq(number), feed_head::epoch_id.eq(&id[..])))
        .execute(&mut conn)?;
    diesel::delete(setting::table.find(SUPERSEDED_SETTING)).execute(&mut conn)?;
    // The copy does not know which cards were used or revoked since: none of them stays valid.
    let cards =
        enrol_code::table.filter(enrol_code::qr_only.eq(1)).filter(enrol_code::used_at.is_null());
    diesel::update(cards).set(enrol_code::revoked_at.eq(Some(0i64))).execute(&mut conn)?;
    conn.execute_sql("COMMIT")?;
    Ok(number)
}

/// Copies the backup to `location`, where no file may exist, and begins its new epoch. Returns the
/// epoch.
pub fn restore_backup(
    copy: &Path,
    location: &DatabaseLocation,
    number: Option<i64>,
    id: &[u8; 16],
) -> Result<i64> {
    let DatabaseLocation::Sqlite(path) = location else {
        return Err(Error::Database(
            "PostgreSQL is restored by its own tools; then run thidua restore --begin".to_owned(),
        ));
    };
    let (path, partial_path) = (Path::new(path), PathBuf::from(format!("{path}.part")));
    if path.exists() {
        return Err(Error::Database(format!("{} exists already", path.display())));
    }
    owner_only::copy_file(copy, &partial_path)
        .map_err(|error| to_file_error(&partial_path, &error))?;
    let number =
        begin_epoch(&DatabaseLocation::Sqlite(partial_path.display().to_string()), number, id)?;
    fs::rename(&partial_path, path).map_err(|error| to_file_error(path, &error))?;
    Ok(number)
}

/// Renames the file of a database that no server has open and returns its new path; refuses one
/// that a process has open.
pub fn rename_database(location: &DatabaseLocation, name: &str) -> Result<Option<PathBuf>> {
    let DatabaseLocation::Sqlite(path) = location else { return Ok(None) };
    if !Path::new(path).exists() {
        return Ok(None);
    }
    let mut conn = location.connect(true)?;
    // In WAL mode this lock fails while another process has the file open; it also checkpoints the
    // WAL.
    conn.execute_sql("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
        .map_err(|error| Error::Busy(format!("a process has {path} open: end the server first ({error})")))?;
    drop(conn);
    let renamed = PathBuf::from(format!("{path}.{name}"));
    fs::rename(path, &renamed).map_err(|error| to_file_error(&renamed, &error))?;
    for end in ["-wal", "-shm"] {
        // Empty after the checkpoint, or absent.
        let _ = fs::remove_file(format!("{path}{end}"));
    }
    Ok(Some(renamed))
}

/// The epoch of a database that no server has open.
pub fn read_epoch(location: &DatabaseLocation) -> Result<i64> {
    Ok(ReadTx::new(&mut location.connect(false)?).head()?.epoch)
}

/// Deletes a temporary database with its WAL files.
pub fn remove_database_files(path: &Path) {
    for end in ["", "-wal", "-shm"] {
        // A file that is absent need not be deleted.
        let _ = fs::remove_file(format!("{}{end}", path.display()));
    }
}
