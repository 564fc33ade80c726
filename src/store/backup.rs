//! Copies of the database, and the check of any database from its first row to its last.
//!
//! A copy is made by SQLite itself from one reading transaction, so writers go on meanwhile; it has its name only once it is whole and on
//! disk. PostgreSQL has tools of its own for copies; the check is the same. Knows no schedule and no place where copies go.

use super::audit::AuditLine;
use super::backend::{AnyConn, Location};
use super::error::{Error, Result};
use super::read::{Head, ReadTx, fixed};
use super::schema::{feed, head, record, setting};
use super::tail::PUT;
use super::tx::WriteTx;
use super::{Store, migrate};
use crate::domain::digest::Digest;
use crate::domain::hex::hex;
use diesel::prelude::*;
use diesel::sql_types::Text;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// What a check of a whole database found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The head of its history.
    pub head: Head,
    /// Rows of the audit, all under the chain.
    pub audit_rows: i64,
    /// Scopes whose digest was reckoned anew.
    pub scopes: usize,
    /// Everything that does not fit, as a person reads it; empty when the database is whole.
    pub faults: Vec<String>,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

impl Store {
    /// Writes a copy of the database as it is now to `to`, which must not exist. SQLite only.
    pub fn copy_to(&self, to: &Path) -> Result<()> {
        let Location::Sqlite(_) = self.location() else {
            return Err(Error::Database("PostgreSQL is copied by its own tools: pg_dump, pg_basebackup".to_owned()));
        };
        let mut conn = self.location().connect(false)?;
        // VACUUM INTO writes elsewhere; the connection itself stays read only.
        conn.execute_text("PRAGMA query_only = OFF")?;
        copy_into(&mut conn, to)
    }

    /// Checks this database from its first row to its last over one unchanging state.
    pub fn check(&self) -> Result<Checked> {
        self.read(check)
    }
}

/// Copies what `conn` sees into a new file, on disk and under its name only once it is whole.
pub(super) fn copy_into(conn: &mut AnyConn, to: &Path) -> Result<()> {
    let failed = |error: std::io::Error| at(to, &error);
    if to.exists() {
        return Err(Error::Database(format!("{} exists already", to.display())));
    }
    let part = PathBuf::from(format!("{}.part", to.display()));
    // What an earlier copy left when it was ended in the middle.
    let _ = fs::remove_file(&part);
    let quoted = part.display().to_string().replace('\'', "''");
    conn.execute_text(&format!("VACUUM INTO '{quoted}'"))?;
    File::open(&part).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(&part, to).map_err(failed)?;
    let dir = to.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed)
}

/// Checks a database that nobody serves, without changing it; refuses one whose schema this programme does not know.
pub fn check_at(location: &Location) -> Result<Checked> {
    let mut conn = location.connect(false)?;
    migrate::known(&mut conn)?;
    conn.begin_read(None)?;
    check(&mut ReadTx::new(&mut conn))
}

pub(super) fn check(tx: &mut ReadTx) -> Result<Checked> {
    let mut faults = Vec::new();
    if let AnyConn::Sqlite(conn) = tx.conn() {
        let lines: Vec<Line> = diesel::sql_query("PRAGMA integrity_check").load(conn)?;
        faults.extend(lines.into_iter().map(|line| line.integrity_check).filter(|line| line != "ok"));
    }
    let audit = tx.verify_audit(None)?;
    faults.extend(audit.broken_at.map(|seq| format!("the audit chain does not hold at seq {seq}")));
    let digests = tx.digests_anew()?;
    for known in tx.all_scopes()? {
        let found = digests.get(&known.number).copied().unwrap_or_default();
        if found != known.digest {
            faults.push(format!(
                "scope {}: {} records, {} expected, or other content",
                known.number, found.count, known.digest.count
            ));
        }
    }
    Ok(Checked { head: tx.head()?, audit_rows: audit.rows, scopes: digests.len(), faults })
}

impl ReadTx<'_> {
    /// The digest of every scope, reckoned from the records that the feed puts there.
    fn digests_anew(&mut self) -> Result<BTreeMap<i32, Digest>> {
        let rows: Vec<(i32, Vec<u8>)> = feed::table
            .inner_join(record::table.on(record::kind.eq(feed::kind).and(record::id.eq(feed::id))))
            .filter(feed::op.eq(PUT))
            .select((feed::scope, record::hash))
            .load(self.conn())?;
        let mut digests: BTreeMap<i32, Digest> = BTreeMap::new();
        for (number, hash) in rows {
            digests.entry(number).or_default().add(u128::from_be_bytes(fixed(&hash)?));
        }
        Ok(digests)
    }
}

impl WriteTx<'_> {
    /// Says that a verified copy holds everything up to `seq`: phones need not keep it any longer. Never moves back.
    pub(crate) fn pass_safely(&mut self, seq: i64) -> Result<()> {
        diesel::update(head::table.find(1))
            .filter(head::safe_past.lt(seq))
            .set(head::safe_past.eq(seq))
            .execute(self.conn())?;
        Ok(())
    }
}

/// A copy as it lies in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Copy {
    /// Number of its history.
    pub epoch: i64,
    /// Seq of its last change.
    pub seq: i64,
    /// The file.
    pub path: PathBuf,
}

impl Copy {
    /// The copy of this head in `dir`, whether or not it is there yet.
    #[must_use]
    pub fn of(head: &Head, dir: &Path) -> Self {
        let Head { epoch, seq, .. } = *head;
        Self { epoch, seq, path: dir.join(format!("thidua-{epoch:04}-{seq:012}.db")) }
    }

    fn read(path: PathBuf) -> Option<Self> {
        let name = path.file_name()?.to_str()?.strip_prefix("thidua-")?.strip_suffix(".db")?;
        let (epoch, seq) = name.split_once('-')?;
        Some(Self { epoch: epoch.parse().ok()?, seq: seq.parse().ok()?, path })
    }

    /// Where the SHA-256 of the file stands, as `sha256sum -c` reads it.
    fn sum_path(&self) -> PathBuf {
        self.path.with_extension("db.sha256")
    }

    /// Writes the sum of a copy that was checked: without it, a copy counts as unfinished.
    pub fn seal(&self) -> Result<()> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let line = format!("{}  {name}\n", sum(&self.path)?);
        let path = self.sum_path();
        let write =
            || File::create(&path).and_then(|mut file| file.write_all(line.as_bytes()).and_then(|()| file.sync_all()));
        write().map_err(|error| at(&path, &error))
    }

    /// Whether the file is what it was when it was checked; `None` when it never was.
    pub fn is_as_sealed(&self) -> Result<Option<bool>> {
        match fs::read_to_string(self.sum_path()) {
            Ok(line) => Ok(Some(line.split_whitespace().next() == Some(&sum(&self.path)?))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&self.sum_path(), &error)),
        }
    }

    /// Gives the file the name of `named`.
    pub fn rename(&self, named: Self) -> Result<Self> {
        fs::rename(&self.path, &named.path).map_err(|error| at(&named.path, &error))?;
        Ok(named)
    }

    /// Brings the same copy to another directory, on disk before it returns.
    pub fn bring_to(&self, dir: &Path) -> Result<Self> {
        let there = Self { path: dir.join(self.path.file_name().unwrap_or_default()), ..self.clone() };
        let part = there.path.with_extension("part");
        let bring = || {
            fs::copy(&self.path, &part)?;
            File::open(&part)?.sync_all()?;
            fs::rename(&part, &there.path)
        };
        bring().map_err(|error| at(&there.path, &error))?;
        Ok(there)
    }
}

/// The finished copies in `dir`, oldest first; a history with a higher number is newer, whatever its seq.
pub fn copies(dir: &Path) -> Result<Vec<Copy>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(dir, &error)),
    };
    let mut found: Vec<Copy> = entries.filter_map(|entry| Copy::read(entry.ok()?.path())).collect();
    found.retain(|copy| copy.sum_path().exists());
    found.sort();
    Ok(found)
}

/// Removes all but the newest `keep` copies.
pub fn prune(dir: &Path, keep: usize) -> Result<()> {
    let found = copies(dir)?;
    for old in &found[..found.len().saturating_sub(keep.max(1))] {
        fs::remove_file(&old.path).map_err(|error| at(&old.path, &error))?;
        fs::remove_file(old.sum_path()).map_err(|error| at(&old.path, &error))?;
    }
    Ok(())
}

fn at(path: &Path, error: &std::io::Error) -> Error {
    let text = format!("{}: {error}", path.display());
    if matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
        Error::Full(text)
    } else {
        Error::File(text)
    }
}

fn sum(path: &Path) -> Result<String> {
    let mut file = File::open(path).map_err(|error| at(path, &error))?;
    let (mut hash, mut part) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut part).map_err(|error| at(path, &error))?;
        if read == 0 {
            break;
        }
        hash.update(&part[..read]);
    }
    Ok(hex(&hash.finalize()))
}

/// What the superseded server keeps: the number of the history that replaced its own; its own number when the database was moved.
pub(crate) const SUPERSEDED: &str = "superseded";

/// Begins a new history in a copy that is to serve from now on: its number is one above the copy's, or `number` if that is higher.
/// Phones see that commits were lost, and push again (S24). Returns the number.
pub fn begin_history(location: &Location, number: Option<i64>, id: &[u8; 16]) -> Result<i64> {
    let mut conn = location.connect(true)?;
    migrate::up(&mut conn)?;
    conn.begin_write()?;
    let before: i64 = head::table.find(1).select(head::epoch).first(&mut conn)?;
    let number = number.unwrap_or(0).max(before + 1);
    diesel::update(head::table.find(1)).set((head::epoch.eq(number), head::epoch_id.eq(&id[..]))).execute(&mut conn)?;
    diesel::delete(setting::table.find(SUPERSEDED)).execute(&mut conn)?;
    conn.execute_text("COMMIT")?;
    Ok(number)
}

/// Puts the copy in the place of the database at `location`, which must not exist there, and begins its new history. Returns the number.
pub fn put_back(copy: &Path, location: &Location, number: Option<i64>, id: &[u8; 16]) -> Result<i64> {
    let Location::Sqlite(path) = location else {
        return Err(Error::Database(
            "PostgreSQL is restored by its own tools; then run thidua restore --begin".to_owned(),
        ));
    };
    let (path, part) = (Path::new(path), PathBuf::from(format!("{path}.part")));
    if path.exists() {
        return Err(Error::Database(format!("{} exists already", path.display())));
    }
    fs::copy(copy, &part).and_then(|_| File::open(&part)?.sync_all()).map_err(|error| at(&part, &error))?;
    let number = begin_history(&Location::Sqlite(part.display().to_string()), number, id)?;
    fs::rename(&part, path).map_err(|error| at(path, &error))?;
    Ok(number)
}

/// Moves a database that nobody serves aside and returns its new path; refuses one that a process has open.
pub fn move_aside(location: &Location, name: &str) -> Result<Option<PathBuf>> {
    let Location::Sqlite(path) = location else { return Ok(None) };
    if !Path::new(path).exists() {
        return Ok(None);
    }
    let mut conn = location.connect(true)?;
    // In WAL mode this lock is refused while anybody else has the file open; it also empties the log into the file.
    conn.execute_text("PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
        .map_err(|error| Error::Busy(format!("a process has {path} open: end the server first ({error})")))?;
    drop(conn);
    let aside = PathBuf::from(format!("{path}.{name}"));
    fs::rename(path, &aside).map_err(|error| at(&aside, &error))?;
    for end in ["-wal", "-shm"] {
        // Empty by now, or not there.
        let _ = fs::remove_file(format!("{path}{end}"));
    }
    Ok(Some(aside))
}

/// The number of the history in a database that nobody serves.
pub fn epoch_at(location: &Location) -> Result<i64> {
    Ok(ReadTx::new(&mut location.connect(false)?).head()?.epoch)
}

/// Acts after `seq` that came from no device: no phone can bring them again.
pub fn desk_acts(location: &Location, seq: i64) -> Result<Vec<AuditLine>> {
    let mut conn = location.connect(false)?;
    migrate::known(&mut conn)?;
    let (mut tx, mut after, mut found) = (ReadTx::new(&mut conn), seq, Vec::new());
    loop {
        let lines = tx.audit_lines(after, 1000)?;
        let Some(last) = lines.last() else { return Ok(found) };
        after = last.seq;
        found.extend(lines.into_iter().filter(|line| line.device.is_none()));
    }
}

/// Removes a database that was only made to look at, with what SQLite keeps beside it.
pub fn discard(path: &Path) {
    for end in ["", "-wal", "-shm"] {
        // What is not there need not go.
        let _ = fs::remove_file(format!("{}{end}", path.display()));
    }
}
