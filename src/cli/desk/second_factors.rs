//! Second factors of desk accounts: who needs one, and their removal.

use super::super::error::CliResult;
use super::super::second_factor::find_account;
use super::{Desk, new_request_id};
use crate::domain::support::ids::AccountId;
use crate::pb;

/// An account whose role needs a second factor.
pub(in crate::cli) struct FactorLine {
    pub(in crate::cli) account: String,
    pub(in crate::cli) has_password: bool,
    pub(in crate::cli) is_enrolled: bool,
    pub(in crate::cli) recovery_codes_left: usize,
}

impl Desk {
    /// The accounts whose role needs a second factor, by label.
    pub(in crate::cli) fn second_factors(&self) -> CliResult<Vec<FactorLine>> {
        let remote = match self {
            Self::Local(local_app) => {
                let states = local_app.app.second_factor_states(&local_app.actor)?.into_iter();
                let line = states.map(|one| FactorLine {
                    account: one.label,
                    has_password: one.has_password,
                    is_enrolled: one.factor.is_some(),
                    recovery_codes_left: one.factor.map_or(0, |factor| factor.recovery_codes_left),
                });
                return Ok(line.collect());
            }
            Self::Remote(remote) => remote,
        };
        let accounts = remote.read_pages(|page_token| {
            let request = pb::ListSecondFactorsRequest { page_size: 500, page_token };
            let answer = remote.client.list_second_factors(request)?;
            Ok((answer.accounts, answer.next_page_token))
        })?;
        let line = accounts.into_iter().map(|one| FactorLine {
            account: one.account_label,
            has_password: one.has_password,
            is_enrolled: one.enrolled,
            recovery_codes_left: one.recovery_codes_left as usize,
        });
        Ok(line.collect())
    }

    /// Removes the second factor of an account and ends its desk sessions.
    pub(in crate::cli) fn reset_second_factor(&self, label: &str) -> CliResult {
        match self {
            Self::Local(local_app) => {
                let account = find_account(local_app, label)?;
                Ok(local_app.app.reset_second_factor(&local_app.actor, account)?)
            }
            Self::Remote(remote) => {
                let request = pb::ResetSecondFactorRequest {
                    request_id: new_request_id()?,
                    account_id: AccountId::from_code(label).0.to_vec(),
                };
                remote.ask(remote.client.reset_second_factor(request)).map(|_| ())
            }
        }
    }
}
