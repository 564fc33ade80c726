//! The calls of enrolment and token renewal, over the phone's own connection.

use super::enrolment::{build_renew_request, enrolment_refused_error};
use super::{Runner, RunnerError};
use crate::client::device_key;
use crate::client::engine::Engine;
use crate::client::protocol::{CallError, NextAction};
use crate::client::replica::LocalDevice;
use crate::domain::access::enrolment::renewal_signing_input;

impl Runner {
    /// Enrols with the text of a QR code. A repetition with the same text after a lost response
    /// returns the first result, because key and id are stored before the first call.
    pub(crate) async fn enrol(&self, text: &str) -> Result<LocalDevice, RunnerError> {
        let mut engine = self.engine.lock().await;
        let (device, request) = self.begin_enrolment(text)?;
        let mut last = None;
        for _ in 0..device.identity.addresses.len().max(1) {
            let answer = match self.server_client(&device) {
                Ok(client) => client.enrol(request.clone()).await,
                Err(failure) => Err(failure),
            };
            match answer {
                Ok(answer) => {
                    let device = self.complete_enrolment(device, answer)?;
                    *engine = Engine::default();
                    return Ok(device);
                }
                Err(failure) => last = Some(failure),
            }
            self.advance_server();
        }
        Err(enrolment_refused_error(last))
    }

    /// Renews the token with a signature over the server's nonce; the phone's time is not used.
    pub(super) async fn renew_token(
        &self,
        engine: &mut Engine,
        device: &LocalDevice,
    ) -> Result<(), RunnerError> {
        loop {
            let failure = match self.try_renew_token(device).await? {
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            match engine.on_call_failed(&failure, device_key::random_u64()) {
                NextAction::RenewToken | NextAction::CallAgain | NextAction::Done => {}
                NextAction::TryNextServer => self.advance_server(),
                NextAction::Wait(after) => {
                    self.advance_server();
                    return Err(RunnerError::from_waiting_call(failure, after));
                }
                NextAction::Stop(halt) => return Err(self.to_halt_error(halt, failure.message)?),
            }
        }
    }

    async fn try_renew_token(
        &self,
        device: &LocalDevice,
    ) -> Result<Result<(), CallError>, RunnerError> {
        let LocalDevice { identity, enrolment: Some(enrolment) } = device else {
            return Err(RunnerError::NotEnrolled);
        };
        let client = match self.server_client(device) {
            Ok(client) => client,
            Err(failure) => return Ok(Err(failure)),
        };
        let nonce = match client.begin_renewal(&identity.device_id.0).await {
            Ok(nonce) => nonce,
            Err(failure) => return Ok(Err(failure)),
        };
        let signing_input = renewal_signing_input(identity.device_id, &nonce);
        let signature = self.device_signer(identity)?.sign(signing_input)?;
        let request = build_renew_request(identity, enrolment, nonce, &signature)?;
        let answer = match client.renew_token(request).await {
            Ok(answer) => answer,
            Err(failure) => return Ok(Err(failure)),
        };
        self.save_renewed_token(enrolment, answer)?;
        Ok(Ok(()))
    }
}
