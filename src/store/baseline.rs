//! Baseline figures, every import stored: a newer import of a unit's element replaces the older one
//! as a whole and does not delete it.
//!
//! Does no window arithmetic: `domain::standing::baseline` sums.

use super::audited_row::hash_baselines;
use super::error::{Error, Result};
use super::read_tx::ReadTx;
use super::schema::baseline;
use super::write_tx::{AuditContext, WriteTx};
use crate::domain::access::permission::{Permit, action};
use crate::domain::report::element::ElementCode;
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::{BaselineRow, BaselineStatus};
use crate::domain::support::time::{date_from_days, days_from_date};
use diesel::prelude::*;
use std::collections::BTreeMap;

type BaselineColumns = (String, String, i32, i32, i32, i64, String, String);

impl ReadTx<'_> {
    /// All baseline figures, every version, by unit, element, version and day.
    pub fn baselines(&mut self) -> Result<Vec<BaselineRow>> {
        let rows: Vec<BaselineColumns> = baseline::table
            .order((baseline::unit_uid, baseline::element, baseline::version, baseline::start_day))
            .select((
                baseline::unit_uid,
                baseline::element,
                baseline::version,
                baseline::start_day,
                baseline::end_day,
                baseline::value,
                baseline::status,
                baseline::source,
            ))
            .load(self.conn()?)?;
        rows.into_iter().map(to_baseline_row).collect()
    }
}

impl WriteTx<'_> {
    /// Stores an import, without what equals the newest version of its unit and element; returns
    /// how many rows were added.
    pub(crate) fn insert_baselines(
        &mut self,
        permit: &Permit<action::ImportBaseline>,
        rows: &[BaselineRow],
    ) -> Result<usize> {
        self.verify_root_permit(permit)?;
        let mut newest = newest_versions(self.baselines()?);
        let mut incoming: BTreeMap<(String, ElementCode), Vec<BaselineRow>> = BTreeMap::new();
        for row in rows {
            incoming
                .entry((row.unit_uid.clone(), row.element.clone()))
                .or_default()
                .push(row.clone());
        }
        let mut added = 0;
        for (key, mut rows) in incoming {
            let (version, before) = newest.remove(&key).unwrap_or_default();
            rows.sort_by_key(|row| row.window);
            rows.iter_mut().for_each(|row| row.version = version);
            if rows == before {
                continue;
            }
            rows.iter_mut().for_each(|row| row.version = version + 1);
            for row in &rows {
                insert_baseline(self, row)?;
            }
            if let Some(hashed) = hash_baselines(&rows) {
                self.row_written(hashed);
            }
            added += rows.len();
        }
        if added > 0 {
            self.append_audit(&AuditContext::from(permit));
        }
        Ok(added)
    }
}

type NewestBaselines = BTreeMap<(String, ElementCode), (u32, Vec<BaselineRow>)>;

fn newest_versions(rows: Vec<BaselineRow>) -> NewestBaselines {
    let mut newest = NewestBaselines::new();
    for row in rows {
        let (version, stored) =
            newest.entry((row.unit_uid.clone(), row.element.clone())).or_default();
        if row.version > *version {
            *version = row.version;
            stored.clear();
        }
        stored.push(row);
    }
    newest
}

fn insert_baseline(tx: &mut WriteTx, row: &BaselineRow) -> Result<()> {
    diesel::insert_into(baseline::table)
        .values((
            baseline::unit_uid.eq(&row.unit_uid),
            baseline::element.eq(row.element.as_str()),
            baseline::version.eq(i32::try_from(row.version).unwrap_or(i32::MAX)),
            baseline::start_day.eq(days_from_date(row.window.start)),
            baseline::end_day.eq(days_from_date(row.window.end)),
            baseline::value.eq(row.value),
            baseline::status.eq(row.status.as_str()),
            baseline::source.eq(&row.source),
        ))
        .execute(tx.conn()?)?;
    Ok(())
}

fn to_baseline_row(
    (unit_uid, element, version, start, end, value, status, source): BaselineColumns,
) -> Result<BaselineRow> {
    let damaged = |what: &str| Error::Damaged(format!("baseline of {unit_uid}: {what}"));
    let element = ElementCode::new(&element).map_err(|_| damaged("element"))?;
    let window = DateWindow::new(date_from_days(start), date_from_days(end))
        .ok_or_else(|| damaged("window"))?;
    let status = BaselineStatus::parse(&status).ok_or_else(|| damaged("status"))?;
    let version = u32::try_from(version).map_err(|_| damaged("version"))?;
    Ok(BaselineRow { unit_uid, element, window, value, source, status, version })
}
