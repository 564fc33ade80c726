//! The hashes of rows that enter a verdict or a right and are no records: baselines, grants, the
//! keys of devices and partners, password hashes, second factors; and of decisions on awards.
//!
//! ```text
//!  a step writes rows       grants: account A role 2 unit U      -> hash, or none: deleted
//!  its audit row, seq 17    record_hash = SHA-256 of the step's lines        (under the chain)
//!  audited_row              (17, grants, account A role 2 unit U, hash)      the lines themselves
//! ```
//!
//! So the newest line of each row says what the row has to be, and no line can be changed, dropped
//! or added without a difference from the chain. Tokens, desk sessions the newest step of a second
//! factor and command counters change with each call and are not covered.

use super::award::AwardEntryRow;
use super::commit::AuditRow;
use super::content_check::{AuditedRecords, ProblemList};
use super::error::{Error, Result};
use super::read_tx::{ReadTx, to_byte_array};
use super::reference::DEFINITION_KINDS;
use super::schema::{audit, audited_row, device, grants, password, second_factor, service_key};
use super::service_key::ServiceKeyRow;
use super::write_tx::WriteTx;
use crate::domain::access::permission::Role;
use crate::domain::standing::baseline::BaselineRow;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::{AccountId, UnitId};
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::time::days_from_date;
use diesel::prelude::*;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

string_enum! {
    /// A table whose rows are covered, by its name.
    AuditedTable {
        /// One version of a unit's element in `baseline`.
        Baseline = "baseline",
        /// A grant.
        Grants = "grants",
        /// An enrolled device with its key; without its token and counters.
        Device = "device",
        /// A partner's key.
        ServiceKey = "service_key",
        /// A password hash.
        Password = "password",
        /// A second factor; without the step of its newest code.
        SecondFactor = "second_factor",
        /// A step on the award of a campaign.
        AwardEntry = "award_entry",
    }
}

/// A row of one of these tables: its table and key, and the hash of its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HashedRow {
    key: RowKey,
    hash: [u8; 32],
}

/// Table and key of a row, as they are shown to an operator.
type RowKey = (AuditedTable, String);

/// The rows that one step wrote; `None`: deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AuditedRows(BTreeMap<RowKey, Option<[u8; 32]>>);

impl AuditedRows {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// SHA-256 over all lines; `None` without a line.
    pub(super) fn content_hash(&self) -> Option<[u8; 32]> {
        let mut hash = RowHash::default();
        for ((table, key), row_hash) in &self.0 {
            hash = hash.text(table.as_str()).text(key).bytes(row_hash.as_ref().map_or(&[], |h| h));
        }
        (!self.is_empty()).then(|| hash.finish())
    }

    /// The lines as they are stored under the audit row `seq`.
    pub(super) fn to_lines(&self, seq: i64) -> impl Iterator<Item = AuditedRowLine> {
        self.0.iter().map(move |((table, key), hash)| AuditedRowLine {
            seq,
            table_name: table.as_str().to_owned(),
            row_key: key.clone(),
            row_hash: hash.map(|hash| hash.to_vec()),
        })
    }

    fn insert_line(&mut self, line: AuditedRowLine) -> Result<()> {
        let AuditedRowLine { seq, table_name, row_key, row_hash } = line;
        let table = AuditedTable::parse(&table_name)
            .ok_or_else(|| Error::Damaged(format!("audited_row {seq}: table {table_name}")))?;
        let hash = row_hash.map(|hash| to_byte_array(&hash)).transpose()?;
        self.0.insert((table, row_key), hash);
        Ok(())
    }
}

/// One stored line.
#[derive(Debug, Clone, Insertable, Queryable)]
#[diesel(table_name = audited_row)]
pub(super) struct AuditedRowLine {
    pub(super) seq: i64,
    table_name: String,
    row_key: String,
    row_hash: Option<Vec<u8>>,
}

/// SHA-256 of columns, each after its length.
#[derive(Default)]
struct RowHash(Sha256);

impl RowHash {
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.update((bytes.len() as u64).to_be_bytes());
        self.0.update(bytes);
        self
    }

    fn text(self, text: &str) -> Self {
        self.bytes(text.as_bytes())
    }

    fn number(self, number: impl Into<i64>) -> Self {
        self.bytes(&number.into().to_be_bytes())
    }

    /// A number that may be absent; an absent one differs from every number.
    fn optional(self, number: Option<i64>) -> Self {
        match number {
            Some(number) => self.number(number),
            None => self.bytes(&[]),
        }
    }

    fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// The key of a grant.
pub(super) fn grant_key(account: &[u8], role: i16, unit: &[u8]) -> RowKey {
    let (account, unit) = (encode_hex(account), encode_hex(unit));
    (AuditedTable::Grants, format!("account {account} role {role} unit {unit}"))
}

/// The account that the key of a row names, with role and unit where it names these.
pub(super) fn subject_of_row(row_key: &str) -> Option<(AccountId, Option<Role>, Option<UnitId>)> {
    let words: Vec<&str> = row_key.split(' ').collect();
    let named = |what: &str| words.windows(2).find(|pair| pair[0] == what).map(|pair| pair[1]);
    let account = AccountId::parse(named("account")?).ok()?;
    let role = named("role").and_then(|role| Role::from_number(role.parse().ok()?));
    Some((account, role, named("unit").and_then(|unit| UnitId::parse(unit).ok())))
}

/// A grant: account, role, unit, first day and the day after the last.
pub(super) fn hash_grant(
    (account, role, unit): (&[u8], i16, &[u8]),
    (from, to): (i32, i32),
) -> HashedRow {
    let hash = RowHash::default().bytes(account).number(role).bytes(unit).number(from).number(to);
    HashedRow { key: grant_key(account, role, unit), hash: hash.finish() }
}

/// A device with its key.
pub(super) fn hash_device(
    (id, account): (&[u8], &[u8]),
    public_key: &[u8],
    (enrolled_at, revoked_at): (i64, Option<i64>),
) -> HashedRow {
    let hash = RowHash::default().bytes(id).bytes(account).bytes(public_key).number(enrolled_at);
    let key = (AuditedTable::Device, encode_hex(id));
    HashedRow { key, hash: hash.optional(revoked_at).finish() }
}

/// A password hash.
pub(super) fn hash_password_row(
    account: &[u8],
    (algorithm, salt, hash): (&str, &[u8], &[u8]),
    set_at: i64,
) -> HashedRow {
    let row = RowHash::default().bytes(account).text(algorithm).bytes(salt).bytes(hash);
    let key = (AuditedTable::Password, format!("account {}", encode_hex(account)));
    HashedRow { key, hash: row.number(set_at).finish() }
}

/// The key of a second factor.
pub(super) fn second_factor_key(account: &[u8]) -> RowKey {
    (AuditedTable::SecondFactor, format!("account {}", encode_hex(account)))
}

/// A second factor: salt and unused recovery codes.
pub(super) fn hash_second_factor(
    account: &[u8],
    (salt, recovery_hashes): (&[u8], &[u8]),
    enrolled_at: i64,
) -> HashedRow {
    let hash = RowHash::default().bytes(account).bytes(salt).bytes(recovery_hashes);
    HashedRow { key: second_factor_key(account), hash: hash.number(enrolled_at).finish() }
}

/// A partner's key.
pub(super) fn hash_service_key(row: &ServiceKeyRow) -> HashedRow {
    let ServiceKeyRow {
        id,
        account,
        hash,
        unit,
        campaign,
        allowed_calls,
        contracts,
        issued_at,
        expires_at,
        revoked_at,
    } = row;
    let row_hash = RowHash::default().bytes(id).bytes(account).bytes(hash).bytes(unit);
    let row_hash = row_hash.bytes(campaign.as_deref().unwrap_or_default()).text(allowed_calls);
    let row_hash = row_hash.text(contracts);
    let row_hash = row_hash.number(*issued_at).number(*expires_at).optional(*revoked_at);
    HashedRow { key: (AuditedTable::ServiceKey, encode_hex(id)), hash: row_hash.finish() }
}

/// One version of a unit's element: rows of equal unit, element and version, in any order.
pub(super) fn hash_baselines(rows: &[BaselineRow]) -> Option<HashedRow> {
    let first = rows.first()?;
    let BaselineRow { unit_uid, element, version, .. } = first;
    let mut sorted: Vec<&BaselineRow> = rows.iter().collect();
    sorted.sort_by_key(|row| row.window);
    let mut hash = RowHash::default().text(unit_uid).text(element.as_str()).number(*version);
    for BaselineRow { window, value, status, source, .. } in sorted {
        hash = hash.number(days_from_date(window.start)).number(days_from_date(window.end));
        hash = hash.number(*value).text(status.as_str()).text(source);
    }
    let key = format!("unit {unit_uid} element {element} version {version}");
    Some(HashedRow { key: (AuditedTable::Baseline, key), hash: hash.finish() })
}

/// The key of a step on the award of a campaign.
pub(super) fn award_entry_key(campaign: &[u8], number: i32) -> RowKey {
    (AuditedTable::AwardEntry, format!("campaign {} number {number}", encode_hex(campaign)))
}

/// A step on the award of a campaign.
pub(super) fn hash_award_entry(row: &AwardEntryRow) -> HashedRow {
    let AwardEntryRow { campaign, number, step, reference, document_day, reason, entered_day } =
        row;
    let hash = RowHash::default().bytes(campaign).number(*number).text(step).text(reference);
    let hash = hash.number(*document_day).text(reason).number(*entered_day);
    HashedRow { key: award_entry_key(campaign, *number), hash: hash.finish() }
}

impl WriteTx<'_> {
    /// Adds a row that was written to the lines of the next [`WriteTx::append_audit`].
    pub(super) fn row_written(&mut self, row: HashedRow) {
        self.unaudited_rows().0.insert(row.key, Some(row.hash));
    }

    /// Adds a row that was deleted.
    pub(super) fn row_deleted(&mut self, key: RowKey) {
        self.unaudited_rows().0.insert(key, None);
    }
}

impl ReadTx<'_> {
    /// Compares the rows of these tables with their newest lines, and the lines with the rows of
    /// the audit.
    pub(super) fn check_audited_rows(&mut self, problems: &mut ProblemList) -> Result<()> {
        let acts: Vec<(i64, Option<Vec<u8>>)> = audit::table
            .filter(audit::record_kind.is_null())
            .filter(audit::record_hash.is_not_null())
            .select((audit::seq, audit::record_hash))
            .load(self.conn()?)?;
        let acts = acts.into_iter().map(|(seq, hash)| (seq, hash.unwrap_or_default())).collect();
        let mut newest = self.newest_lines(acts, problems)?;
        for row in self.hashed_rows()? {
            let (table, key) = &row.key;
            let (table, expected) = (table.as_str(), newest.remove(&row.key));
            let seq = expected.map_or(0, |line| line.0);
            match expected.and_then(|line| line.1) {
                Some(hash) if hash == row.hash || planted!("hand-unseen") => {}
                Some(_) => problems
                    .push(seq, format!("{table} {key}: it is not what the audit says was written")),
                None => problems.push(seq, format!("{table} {key}: the audit does not know it")),
            }
        }
        for ((table, key), (seq, hash)) in newest {
            if hash.is_some() {
                let table = table.as_str();
                problems.push(seq, format!("{table} {key}: it is missing"));
            }
        }
        Ok(())
    }

    /// The newest line of each row with its seq. `acts` are the seqs and hashes of the audit rows
    /// that have lines.
    fn newest_lines(
        &mut self,
        mut acts: BTreeMap<i64, Vec<u8>>,
        problems: &mut ProblemList,
    ) -> Result<BTreeMap<RowKey, (i64, Option<[u8; 32]>)>> {
        let lines: Vec<AuditedRowLine> =
            audited_row::table.order(audited_row::seq).load(self.conn()?)?;
        let mut newest = BTreeMap::new();
        for lines in lines.chunk_by(|one, next| one.seq == next.seq) {
            let (seq, mut rows) = (lines[0].seq, AuditedRows::default());
            for line in lines {
                rows.insert_line(line.clone())?;
            }
            if acts.remove(&seq).as_deref() != rows.content_hash().as_ref().map(|hash| &hash[..]) {
                let text = "audited_row: its lines are not what the audit says was written";
                problems.push(seq, text.to_owned());
            }
            newest.extend(rows.0.into_iter().map(|(key, hash)| (key, (seq, hash))));
        }
        for seq in acts.into_keys() {
            problems.push(seq, "audited_row: its lines are missing".to_owned());
        }
        Ok(newest)
    }

    /// Every row that has to have a line.
    fn hashed_rows(&mut self) -> Result<Vec<HashedRow>> {
        let baselines = self.baselines()?;
        let mut found: Vec<HashedRow> = baselines
            .chunk_by(|one, next| {
                (&one.unit_uid, &one.element, one.version)
                    == (&next.unit_uid, &next.element, next.version)
            })
            .filter_map(hash_baselines)
            .collect();
        let granted: Vec<(Vec<u8>, i16, Vec<u8>, i32, i32)> = grants::table
            .select((grants::account, grants::role, grants::unit, grants::from_day, grants::to_day))
            .load(self.conn()?)?;
        found.extend(granted.iter().map(|(account, role, unit, from, to)| {
            hash_grant((account, *role, unit), (*from, *to))
        }));
        let devices: Vec<(Vec<u8>, Vec<u8>, Vec<u8>, i64, Option<i64>)> = device::table
            .filter(device::public_key.ne(Vec::<u8>::new()))
            .select((
                device::id,
                device::account,
                device::public_key,
                device::enrolled_at,
                device::revoked_at,
            ))
            .load(self.conn()?)?;
        found.extend(devices.iter().map(|(id, account, key, enrolled, revoked)| {
            hash_device((id, account), key, (*enrolled, *revoked))
        }));
        let keys: Vec<ServiceKeyRow> =
            service_key::table.select(ServiceKeyRow::as_select()).load(self.conn()?)?;
        found.extend(keys.iter().map(hash_service_key));
        let passwords: Vec<(Vec<u8>, String, Vec<u8>, Vec<u8>, i64)> = password::table
            .select((
                password::account,
                password::algorithm,
                password::salt,
                password::hash,
                password::set_at,
            ))
            .load(self.conn()?)?;
        found.extend(passwords.iter().map(|(account, algorithm, salt, hash, set_at)| {
            hash_password_row(account, (algorithm, salt, hash), *set_at)
        }));
        found.extend(self.hashed_second_factors()?);
        found.extend(self.award_entries()?.iter().map(hash_award_entry));
        Ok(found)
    }

    fn hashed_second_factors(&mut self) -> Result<Vec<HashedRow>> {
        let factors: Vec<(Vec<u8>, Vec<u8>, Vec<u8>, i64)> = second_factor::table
            .select((
                second_factor::account,
                second_factor::salt,
                second_factor::recovery_hashes,
                second_factor::enrolled_at,
            ))
            .load(self.conn()?)?;
        let hash = |(account, salt, hashes, enrolled_at): &(Vec<u8>, Vec<u8>, Vec<u8>, i64)| {
            hash_second_factor(account, (salt, hashes), *enrolled_at)
        };
        Ok(factors.iter().map(hash).collect())
    }

    /// Fails with its places unless everything that enters a verdict or a right, besides the
    /// reports, is what the audit says was written: baselines, grants, keys, passwords, and the
    /// definitions of campaigns with their forms and units. Does not verify the whole chain: the
    /// links of the commits that wrote baselines and definitions suffice, and `verify-audit`
    /// follows in the same night.
    pub fn ensure_evidence(&mut self) -> Result<()> {
        let mut problems = ProblemList::default();
        self.check_audited_rows(&mut problems)?;
        let kinds = DEFINITION_KINDS.map(|kind| kind.number());
        let written: Vec<AuditRow> = audit::table
            .filter(audit::record_kind.eq_any(kinds))
            .order(audit::seq)
            .load(self.conn()?)?;
        let mut audited = AuditedRecords::default();
        written.iter().for_each(|row| audited.insert(row));
        let mut seqs: BTreeSet<i64> = audited.seqs().collect();
        seqs.extend(self.baseline_seqs()?);
        for kind in DEFINITION_KINDS {
            self.check_records(kind, &mut audited, &mut problems)?;
        }
        audited.report_missing(&mut problems);
        let mut verified_until = 0;
        for seq in seqs {
            if seq > verified_until {
                let (last, is_intact) = self.verify_commit(seq)?;
                verified_until = last;
                if !is_intact {
                    problems.push(0, format!("audit: the chain does not hold at seq {last}"));
                }
            }
        }
        problems.into_result()
    }

    /// Seqs of the audit rows that wrote baselines.
    fn baseline_seqs(&mut self) -> Result<Vec<i64>> {
        Ok(audited_row::table
            .filter(audited_row::table_name.eq(AuditedTable::Baseline.as_str()))
            .select(audited_row::seq)
            .distinct()
            .load(self.conn()?)?)
    }
}
