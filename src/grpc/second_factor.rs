//! Enrols and removes the second factors of desk accounts. `desk` checks them.

use super::access::to_internal_error;
use super::peer::AddressBucket;
use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::AppError;
use crate::app::access::CallerIdentity;
use crate::app::second_factor::FactorState;
use crate::auth::{self, FactorSecrets, SecretHash};
use crate::domain::access::enrolment::EnrolmentCode;
use crate::domain::support::ids::AccountId;
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::pb::second_factor_service_server::SecondFactorService;
use crate::wire::field_violations::FieldViolations;
use crate::wire::values;

impl_service!(SecondFactorService {
    unauthenticated begin_second_factor: BeginSecondFactorRequest => BeginSecondFactorResponse;
    unauthenticated confirm_second_factor:
        ConfirmSecondFactorRequest => ConfirmSecondFactorResponse;
    authenticated reset_second_factor: ResetSecondFactorRequest => ResetSecondFactorResponse;
    authenticated list_second_factors: ListSecondFactorsRequest => ListSecondFactorsResponse;
});

impl Services {
    /// Nothing is stored: the secret is derived from the server's and a random salt, which returns
    /// with the confirmation.
    pub(super) fn begin_second_factor(
        &self,
        address: AddressBucket,
        message: pb::BeginSecondFactorRequest,
    ) -> Result<pb::BeginSecondFactorResponse, RpcError> {
        let pb::BeginSecondFactorRequest { code } = message;
        let (_, account, label) = self.check_enrolment_code(address, &code)?;
        let salt = auth::random_bytes().map_err(to_internal_error)?;
        let secrets = FactorSecrets::derive(&*self.server_secret, account, salt);
        Ok(pb::BeginSecondFactorResponse {
            second_factor_id: salt.to_vec(),
            secret: secrets.secret_text(),
            otpauth_uri: secrets.otpauth_uri(&label),
            recovery_codes: secrets.recovery_codes().iter().map(ToString::to_string).collect(),
        })
    }

    pub(super) fn confirm_second_factor(
        &self,
        address: AddressBucket,
        message: pb::ConfirmSecondFactorRequest,
    ) -> Result<pb::ConfirmSecondFactorResponse, RpcError> {
        let pb::ConfirmSecondFactorRequest { code, second_factor_id, second_factor_code } = message;
        let mut violations = FieldViolations::default();
        let salt: Result<[u8; 16], _> = second_factor_id.try_into();
        let salt = violations.check("second_factor_id", salt.map_err(|_| RefusalReason::BadId));
        let salt = violations.into_result(salt)?;
        let (code_hash, account, _) = self.check_enrolment_code(address, &code)?;
        let confirmed = FactorSecrets::derive(&*self.server_secret, account, salt)
            .confirm(&second_factor_code, self.app.now())
            .ok_or(RefusalReason::SecondFactorWrong)?;
        match self.app.enrol_second_factor(&code_hash, &confirmed) {
            Ok(()) => Ok(pb::ConfirmSecondFactorResponse {}),
            Err(AppError::Unauthenticated) => Err(RpcError::CodeRefused),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn reset_second_factor(
        &self,
        identity: &CallerIdentity,
        message: pb::ResetSecondFactorRequest,
    ) -> Result<pb::ResetSecondFactorResponse, RpcError> {
        let pb::ResetSecondFactorRequest { request_id, account_id } = message;
        let mut violations = FieldViolations::default();
        // A reset is idempotent, so only the form of the request id is checked.
        let request: Result<[u8; 16], _> = request_id.try_into();
        violations.check("request_id", request.map_err(|_| RefusalReason::BadId));
        let account = violations
            .check("account_id", values::id_from_bytes(&account_id, AccountId::from_slice));
        let account = violations.into_result(account)?;
        self.app.reset_second_factor(&identity.actor, account)?;
        Ok(pb::ResetSecondFactorResponse {})
    }

    fn list_second_factors(
        &self,
        identity: &CallerIdentity,
        message: pb::ListSecondFactorsRequest,
    ) -> Result<pb::ListSecondFactorsResponse, RpcError> {
        let pb::ListSecondFactorsRequest { page_size, page_token } = message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, b"factors")?;
        let all = self.app.second_factor_states(&identity.actor)?;
        let next_page_token = pagination::next_offset_token(skip + size, all.len(), b"factors");
        let accounts = all.into_iter().skip(skip).take(size).map(|one| {
            let FactorState { account, label, has_password, factor } = one;
            let left = factor.as_ref().map_or(0, |factor| factor.recovery_codes_left);
            pb::SecondFactorAccount {
                account_id: account.0.to_vec(),
                account_label: label,
                has_password,
                enrolled: factor.is_some(),
                recovery_codes_left: left as u32,
            }
        });
        Ok(pb::ListSecondFactorsResponse { accounts: accounts.collect(), next_page_token })
    }

    /// The hash of an unused code with its account and label; a wrong code is counted.
    fn check_enrolment_code(
        &self,
        address: AddressBucket,
        code: &str,
    ) -> Result<(SecretHash, AccountId, String), RpcError> {
        self.attempt_limits.check_codes(address)?;
        if let Ok(code) = EnrolmentCode::parse(code) {
            let hash = auth::hash_secret(code.symbols().as_bytes());
            if let Some((account, label)) = self.app.enrol_code_account(&hash)? {
                return Ok((hash, account, label));
            }
        }
        self.attempt_limits.record_wrong_code(address);
        Err(RpcError::CodeRefused)
    }
}
