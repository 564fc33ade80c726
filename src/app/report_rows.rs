//! Reports from a file as acts of an account: the commands of each row, by the same step as a
//! pushed command.

use super::act::{ActEnd, ActRequest, Performer, RowResults};
use super::command::{CommandContext, run_command};
use super::{App, ReferenceSnapshot, Result};
use crate::domain::access::permission::{Action, ActionMarker, Actor, Permit, action, authorize};
use crate::domain::report::command::{Command, Verdict};
use crate::domain::support::ids::UnitId;
use crate::domain::support::reason::RefusalReason;
use crate::store::WriteTx;
use std::cell::Cell;
use std::sync::Arc;

/// A row of a file.
#[derive(Debug, Clone)]
pub struct ReportFileRow {
    /// The unit whose report it is. Who may not save it does not learn whether it differs.
    pub unit: UnitId,
    /// The commands, in order; none if the row changes nothing.
    pub commands: Vec<Command>,
}

/// The rows of a file, and what is taken.
#[derive(Debug, Clone, Copy)]
pub struct ReportRows<'a> {
    /// The rows, in order.
    pub rows: &'a [ReportFileRow],
    /// Whether the rows that are not refused are taken when others are; else all or none.
    pub partial: bool,
}

/// Position of the command of each row that was run last; that of a refused row is the refused one.
pub type LastCommands = Vec<usize>;

impl App {
    /// Runs the commands of every row in one transaction. Nothing of a refused row is written. The
    /// result of a row says whether it waits for people.
    pub fn perform_report_rows(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        file: ReportRows<'_>,
    ) -> Result<ActEnd<(RowResults<bool>, LastCommands)>> {
        let last = Cell::new(LastCommands::new());
        let end = self.perform_rows(performer, request, file.partial, |tx, actor| {
            let reference = self.reference(tx)?;
            let ctx = CommandContext::without_outbox(actor, &reference);
            let (mut results, mut positions) = (RowResults::new(), LastCommands::new());
            for ReportFileRow { unit, commands } in file.rows {
                let mut position = 0;
                let step = |tx: &mut WriteTx| {
                    let (unit_path, today) = (tx.unit_path(*unit)?, tx.now().local_date());
                    let _: Permit<action::SaveReport> = authorize(actor, &unit_path, today)?;
                    let mut is_held = false;
                    for (index, command) in commands.iter().enumerate() {
                        position = index;
                        let effect = run_command(tx, &ctx, command)?;
                        is_held |= matches!(effect.verdict, Verdict::Held | Verdict::Conflict);
                    }
                    Ok(is_held)
                };
                results.push(match tx.with_savepoint(step) {
                    Ok(is_held) => Ok(is_held),
                    Err(error) => Err(super::AppError::into_refusal(error)?),
                });
                positions.push(position);
            }
            last.set(positions);
            Ok(results)
        })?;
        Ok(end.map(|results| (results, last.take())))
    }

    /// Refuses a caller who may perform an action on no unit at all.
    ///
    /// # Errors
    /// DENIED.
    pub fn check_may_somewhere(&self, actor: &Actor, action: Action) -> Result<()> {
        let (today, allowed) = (self.now().local_date(), action.allowed());
        let may = actor
            .active_grants_on(today)
            .any(|grant| allowed.iter().any(|(role, _)| *role == grant.role));
        if may { Ok(()) } else { Err(RefusalReason::Denied.into()) }
    }

    /// Refuses a caller who may not perform an action on a unit, or on the root with `None`.
    ///
    /// # Errors
    /// DENIED or NOT_FOUND.
    pub fn check_may_at<A: ActionMarker>(&self, actor: &Actor, unit: Option<UnitId>) -> Result<()> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let unit_path = match unit {
                Some(unit) => tx.unit_path(unit)?,
                None => self.root_unit_path(tx)?,
            };
            let _: Permit<A> = authorize(actor, &unit_path, today)?;
            Ok(())
        })
    }

    /// Units, forms and campaigns in their present state, without drafts.
    ///
    /// # Errors
    /// The database failed.
    pub fn current_reference(&self) -> Result<Arc<ReferenceSnapshot>> {
        self.store().read(|tx| self.reference(tx))
    }
}
