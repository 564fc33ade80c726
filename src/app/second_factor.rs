//! Steps on the second factor of desk accounts. They receive no secret: `grpc` and `cli` derive the
//! codes from the server's secret.
//!
//! Only a single-use code from an administrator, or the operator, gives an account a second factor.
//! A password does not: who stole one before the owner enrolled could otherwise enrol first.

use super::App;
use super::account::{authorize_over_units, load_account_units};
use super::error::{AppError, Result};
use crate::domain::access::permission::{Actor, Permit, action};
use crate::domain::access::second_factor::{ConfirmedFactor, PresentedFactor, needs_second_factor};
use crate::domain::support::ids::AccountId;
use crate::domain::support::reason::RefusalReason;
pub use crate::store::second_factor::StoredFactor;
use crate::store::write_tx::AuditContext;
use crate::store::{ReadTx, WriteTx};

/// Compares what a sign-in presents with the second factor of this salt.
pub type FactorReader<'a> = &'a dyn Fn([u8; 16]) -> PresentedFactor;

/// An account that needs a second factor, or has one to sign in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorState {
    /// The account.
    pub account: AccountId,
    /// Its label.
    pub label: String,
    /// Whether it can sign in at a desk: it has a password.
    pub has_password: bool,
    /// Its second factor.
    pub factor: Option<StoredFactor>,
}

impl FactorState {
    /// Whether its password is refused until it enrols a second factor.
    #[must_use]
    pub fn is_locked_out(&self) -> bool {
        self.has_password && self.factor.is_none()
    }
}

impl App {
    /// The account of an unused enrolment code, with its label; never of a printed card's, which
    /// enrols a device only.
    pub fn enrol_code_account(&self, code_hash: &[u8]) -> Result<Option<(AccountId, String)>> {
        let now = self.now();
        self.store().read(|tx| {
            let code = tx.enrol_code(code_hash)?;
            let Some(code) = code.filter(|code| code.is_open(now) && !code.is_qr_only) else {
                return Ok(None);
            };
            Ok(Some((code.account, tx.account_label(code.account)?.unwrap_or_default())))
        })
    }

    /// Consumes a code and gives its account this second factor instead of the one before.
    pub fn enrol_second_factor(&self, code_hash: &[u8], factor: &ConfirmedFactor) -> Result<()> {
        self.store().write("access.second_factor", self.now(), |tx| {
            let account = tx.consume_enrol_code(code_hash)?.ok_or(AppError::Unauthenticated)?;
            tx.put_second_factor(account, factor)?;
            let actor = Actor { account, device: None, grants: Vec::new() };
            tx.append_audit(&AuditContext::from_actor(&actor, "access.second_factor"));
            Ok(())
        })
    }

    /// Gives an account this second factor, for a caller that may enrol its devices.
    pub fn put_second_factor(
        &self,
        actor: &Actor,
        account: AccountId,
        factor: &ConfirmedFactor,
    ) -> Result<()> {
        let today = self.now().local_date();
        self.store().write("access.second_factor", self.now(), |tx| {
            let units = load_account_units(self, tx, account)?;
            let permit: Permit<action::Enrol> = authorize_over_units(tx, actor, &units, today)??;
            tx.put_second_factor(account, factor)?;
            tx.append_audit(&AuditContext::from(&permit));
            Ok(())
        })
    }

    /// Removes the second factor of an account and ends its desk sessions. Without one nothing
    /// changes but the sessions.
    pub fn reset_second_factor(&self, actor: &Actor, account: AccountId) -> Result<()> {
        let today = self.now().local_date();
        self.store().write("access.second_factor_reset", self.now(), |tx| {
            let units = load_account_units(self, tx, account)?;
            let permit: Permit<action::Revoke> = authorize_over_units(tx, actor, &units, today)??;
            tx.delete_second_factor(account)?;
            tx.append_audit(&AuditContext::from(&permit));
            Ok(())
        })
    }

    /// The accounts that need a second factor, by label, as far as the caller may list their
    /// devices.
    pub fn second_factor_states(&self, actor: &Actor) -> Result<Vec<FactorState>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let mut found = Vec::new();
            for account in tx.accounts_that_need_second_factor(today)? {
                let units = load_account_units(self, tx, account)?;
                let permit = authorize_over_units::<action::ListDevices>(tx, actor, &units, today)?;
                if permit.is_ok() {
                    found.push(FactorState {
                        account,
                        label: tx.account_label(account)?.unwrap_or_default(),
                        has_password: tx.password(account)?.is_some(),
                        factor: tx.second_factor(account)?,
                    });
                }
            }
            found.sort_by(|one, other| one.label.cmp(&other.label));
            Ok(found)
        })
    }

    /// The label of an account and its second factor; for the operator's commands.
    pub fn second_factor(&self, account: AccountId) -> Result<Option<StoredFactor>> {
        Ok(self.store().read(|tx| tx.second_factor(account))?)
    }
}

/// Checks the second factor of a sign-in whose password is right, and uses what it presents.
/// Returns the action in the audit.
pub(super) fn use_second_factor(
    app: &App,
    tx: &mut WriteTx,
    account: AccountId,
    reader: FactorReader<'_>,
) -> Result<&'static str> {
    let Some(factor) = tx.second_factor(account)? else {
        return check_none_needed(app, tx, account);
    };
    let (is_accepted, audited_as) = match reader(factor.salt) {
        PresentedFactor::Missing => return Err(RefusalReason::SecondFactorRequired.into()),
        PresentedFactor::Wrong => (false, ""),
        PresentedFactor::Step(step) => (tx.use_factor_step(account, step)?, "access.sign_in"),
        PresentedFactor::RecoveryCode(hash) => {
            (tx.use_recovery_code(account, &hash)?, "access.sign_in_recovery")
        }
    };
    if is_accepted { Ok(audited_as) } else { Err(RefusalReason::SecondFactorWrong.into()) }
}

fn check_none_needed(app: &App, tx: &mut ReadTx, account: AccountId) -> Result<&'static str> {
    let grants = tx.grants(account)?;
    if needs_second_factor(&grants, app.now().local_date()) {
        return Err(RefusalReason::SecondFactorNotEnrolled.into());
    }
    Ok("access.sign_in")
}
