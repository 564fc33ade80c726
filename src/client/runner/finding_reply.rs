//! The reply to a finding: one call, made while the person waits, so that she knows whether it was
//! taken.

#[cfg(feature = "client-net")]
use super::Runner;
use super::RunnerError;
use crate::client::protocol::{CallError, CallErrorKind};
#[cfg(feature = "client-net")]
use crate::pb;
use std::time::Duration;

/// Delay that is proposed after a call without an answer.
const RETRY_AFTER: Duration = Duration::from_secs(2);

#[cfg(feature = "client-net")]
impl Runner {
    /// Sends the reply; renews the token once if the server asks for it. A repetition with the same
    /// request has no second effect.
    pub(crate) async fn reply_finding(
        &self,
        request: pb::ReplyFindingRequest,
    ) -> Result<(), RunnerError> {
        self.network.wake.notify_one(); // A follow call releases the engine.
        let mut engine = self.engine.lock().await;
        let mut has_renewed = false;
        loop {
            let device = self.enrolled_device()?;
            let Some(enrolment) = &device.enrolment else { return Err(RunnerError::NotEnrolled) };
            let is_expired = self.clock.now().0 >= enrolment.token_expires_at;
            if is_expired && !has_renewed {
                has_renewed = true;
                self.renew_token(&mut engine, &device).await?;
                continue;
            }
            let answer = match self.server_client(&device) {
                Ok(client) => client.reply_finding(request.clone(), &enrolment.token).await,
                Err(failure) => Err(failure),
            };
            match answer {
                Ok(()) => return Ok(()),
                Err(failure) if failure.kind == CallErrorKind::Unauthenticated && !has_renewed => {
                    has_renewed = true;
                    self.renew_token(&mut engine, &device).await?;
                }
                Err(failure) => return Err(to_reply_error(failure)),
            }
        }
    }
}

/// Why a reply was not taken.
pub(crate) fn to_reply_error(failure: CallError) -> RunnerError {
    match failure.kind {
        CallErrorKind::MaybeApplied
        | CallErrorKind::Exhausted
        | CallErrorKind::ClockWrong { .. } => {
            let after = failure.retry_after.unwrap_or(RETRY_AFTER);
            RunnerError::from_waiting_call(failure, after)
        }
        CallErrorKind::Unauthenticated | CallErrorKind::Precondition | CallErrorKind::Other => {
            RunnerError::Refused { reason: failure.reason }
        }
    }
}
