//! The calls of phones: requests and frames as bytes, with a fault, compared with the model.
//!
//! ```text
//!  phone --request bytes--> node A or B (drawn for each call) --frames, one by one--> phone
//!     between any two frames: cut | app killed | server killed | another call | an office action
//! ```

use crate::fault::Fault;
use crate::fixture;
use crate::model::PredictedResponse;
use crate::phone::PhoneState;
use crate::world::World;
use prost::Message as _;
use std::collections::VecDeque;
use thidua::app::{App, AppError};
use thidua::auth::hash_secret;
use thidua::client::facade::{CallFailure, CallNext, ClientError, StopReason};
use thidua::grpc::RpcError;
use thidua::grpc::in_memory::{InMemoryCall, InMemoryContext};
use thidua::pb;
use thidua::pb::sync_response::Frame;
use thidua::wire::reasons;
use thidua::wire::sync::outcome_from_proto;

impl World {
    /// Calls until the phone has nothing more to do, or the connection breaks. `deep`: others may
    /// act between two frames.
    pub(crate) fn sync_until_done(&mut self, at: usize, fault: Fault, deep: bool) -> bool {
        for _ in 0..12 {
            let next = self.run_call(at, fault, deep);
            match next {
                Ok(CallNext::CallAgain | CallNext::RenewToken) => {}
                Ok(CallNext::Done) => {
                    self.phones[at].needs_full_sync = false;
                    self.compare_with_twin(at);
                    return true;
                }
                Ok(CallNext::Wait { .. } | CallNext::TryNextServer) => return false,
                Err(error) => {
                    self.record_stop(at, &error);
                    return false;
                }
            }
        }
        panic!("{} calls and calls and comes to no end", self.phones[at].name);
    }

    /// Where the phone has a twin: both show the same and hold the same.
    fn compare_with_twin(&mut self, at: usize) {
        if !self.phones[at].has_twin() {
            return;
        }
        for status in self.phones[at].compare_with_twin(true) {
            self.count_with_twin(at, &format!("sees {}", status.code()));
        }
        self.count_with_twin(at, "replicas equal");
        if self.clock.now().local_date() >= fixture::MERGER {
            self.count_with_twin(at, "after the merger");
        }
    }

    /// A phone may stop only for a reason that the server gave it.
    fn record_stop(&mut self, at: usize, error: &ClientError) {
        let phone = &mut self.phones[at];
        let state = match error {
            ClientError::Stopped { reason: StopReason::Revoked, .. } | ClientError::NotEnrolled
                if self.revoked.contains(&phone.device) =>
            {
                PhoneState::Revoked
            }
            ClientError::Stopped { reason: StopReason::Forked, .. } if phone.copied => {
                PhoneState::Forked
            }
            other => panic!("{} stopped, and nobody gave it a reason: {other:?}", phone.name),
        };
        phone.state = state;
        let line = format!("  {} stops: {state:?}", phone.name);
        self.compare_with_twin(at);
        self.count_with_twin(at, &format!("{state:?}"));
        self.log_event(line);
    }

    fn run_call(&mut self, at: usize, fault: Fault, deep: bool) -> Result<CallNext, ClientError> {
        let request = match self.renew_token(at) {
            Ok(identity) => self.phones[at].build_sync_request().map(|request| (identity, request)),
            Err(error) => {
                return self.phones[at].end_sync_call(Some(call_failure(&RpcError::App(error))));
            }
        };
        let (identity, request) = request?;
        let (commands, request) = self.vary_request(&request);
        if fault == Fault::RequestLost {
            self.count_with_twin(at, fault.name());
            return self.phones[at].end_sync_call(Some(CallFailure::Lost));
        }
        let (node, today) = (self.pick_node(), self.clock.now().local_date());
        let (cursor_signer, authority) = (&self.cursor_signer, &self.authority);
        let context = InMemoryContext { app: &node, cursor_signer, authority };
        let mut call = match InMemoryCall::begin(context, identity, &request) {
            Ok(call) => call,
            Err(error) => return self.phones[at].end_sync_call(Some(call_failure(&error))),
        };
        let device = self.phones[at].device;
        let predicted = self.model.predict_responses(device, &commands, today);
        let hashes: Vec<[u8; 32]> = commands.iter().map(|bytes| hash_secret(bytes)).collect();
        let mut expected: VecDeque<PredictedResponse> = predicted.into();
        if fault == Fault::ResponseLost {
            self.count_with_twin(at, fault.name());
            return self.phones[at].end_sync_call(Some(CallFailure::Lost));
        }
        let mut taken = 0;
        loop {
            let (frames, rest) = match call.next_frames() {
                Ok(step) => step,
                Err(error) => {
                    return self.phones[at].end_sync_call(Some(call_failure(&error)));
                }
            };
            for frame in frames {
                if fault.triggers_after(taken) {
                    return self.apply_fault(at, fault, rest, node);
                }
                self.compare_verdicts(at, &frame, &hashes, &commands, &mut expected);
                self.phones[at].handle_sync_frame(&frame)?;
                self.phones[at].assert_state_agrees();
                taken += 1;
            }
            let Some(rest) = rest else {
                assert!(!self.history_intact || expected.is_empty(), "not told: {expected:?}");
                return self.phones[at].end_sync_call(None);
            };
            call = rest;
            if deep && self.rng.chance(20) {
                self.interleave_action(at);
            }
        }
    }

    /// Varies the request of a phone: small pages, so that there are places to cut, and full pages;
    /// now and then a server that does not know brief answers. Returns the commands in it.
    fn vary_request(&mut self, request: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>) {
        let mut request = pb::SyncRequest::decode(request).unwrap();
        request.max_rows = 1 + self.rng.below(24) as u32;
        request.brief &= request.max_rows % 4 != 0;
        if request.brief {
            self.count_event("brief request");
        }
        (request.commands.clone(), request.encode_to_vec())
    }

    /// Applies the fault in the middle of a call.
    fn apply_fault(
        &mut self,
        at: usize,
        fault: Fault,
        call: Option<InMemoryCall>,
        node: App,
    ) -> Result<CallNext, ClientError> {
        self.count_with_twin(at, fault.name());
        match fault {
            Fault::AppCrash(_) => {
                self.phones[at].restart(true);
                Ok(CallNext::Wait { after_ms: 0 })
            }
            Fault::ServerCrash(_) => {
                drop((call, node));
                self.restart();
                self.phones[at].end_sync_call(Some(CallFailure::Lost))
            }
            Fault::None | Fault::RequestLost | Fault::ResponseLost | Fault::Cut(_) => {
                self.phones[at].end_sync_call(Some(CallFailure::Lost))
            }
        }
    }

    /// Compares the response in a frame with the prediction.
    fn compare_verdicts(
        &mut self,
        at: usize,
        frame: &[u8],
        hashes: &[[u8; 32]],
        commands: &[Vec<u8>],
        expected: &mut VecDeque<PredictedResponse>,
    ) {
        let response = match pb::SyncResponse::decode(frame).unwrap().frame {
            Some(Frame::Verdict(verdict)) => self.record_verdict(at, &verdict, hashes, commands),
            Some(Frame::Notice(pb::Notice { notice: Some(notice) })) => match notice {
                pb::notice::Notice::CommandGap(gap) => PredictedResponse::Gap(gap.expected_number),
                pb::notice::Notice::CommandForked(forked) => {
                    PredictedResponse::Forked(forked.number)
                }
                other => panic!("an unexpected notice: {other:?}"),
            },
            Some(Frame::Reset(reset)) => {
                // A reset that repairs a scope hides a lost row: if nobody asked for it, the
                // digests did not match.
                let is_repair =
                    reset.reason() == pb::ResetReason::Digest && !self.phones[at].needs_full_sync;
                assert!(
                    !is_repair,
                    "{}: the digests of scope {} did not agree",
                    self.phones[at].name, reset.scope_number
                );
                self.count_with_twin(at, reset.reason().as_str_name());
                return self.count_event(reset.reason().as_str_name());
            }
            _ => return,
        };
        let predicted = expected.pop_front();
        if self.history_intact {
            let name = &self.phones[at].name;
            assert_eq!(Some(&response), predicted.as_ref(), "{name}: told, and foretold");
        } else if let PredictedResponse::Verdict { number, verdict, .. } = response {
            self.model.accept_verdict(self.phones[at].device, number, verdict);
        }
    }

    /// Records a verdict with its phone and in the log.
    fn record_verdict(
        &mut self,
        at: usize,
        frame: &pb::Verdict,
        hashes: &[[u8; 32]],
        commands: &[Vec<u8>],
    ) -> PredictedResponse {
        let duplicate = frame.outcome() == pb::Outcome::Duplicate;
        let outcome = if duplicate { frame.present_outcome } else { frame.outcome };
        let (number, verdict) = (frame.number, outcome_from_proto(outcome).unwrap());
        let index =
            commands.iter().position(|one| pb::Command::decode(&**one).unwrap().number == number);
        self.phones[at].verdicts.insert(number, (hashes[index.unwrap()], verdict));
        let reason = reasons::reason_from_proto(frame.reason);
        let again = if duplicate { " again" } else { "" };
        self.count_with_twin(at, verdict.code());
        self.count_event(&format!("{}{again}", verdict.code()));
        self.log_event(format!("    {number} {}{again} {reason:?}", verdict.code()));
        PredictedResponse::Verdict { number, duplicate, verdict, reason }
    }
}

fn call_failure(failure: &RpcError) -> CallFailure {
    match failure {
        RpcError::App(AppError::DeviceRevoked) => {
            CallFailure::Unauthenticated { reason: "DEVICE_REVOKED".into() }
        }
        RpcError::App(AppError::Unauthenticated) => {
            CallFailure::Unauthenticated { reason: "UNAUTHENTICATED".into() }
        }
        RpcError::App(AppError::Store(error)) if error.is_superseded() => {
            CallFailure::Precondition { reason: "SERVER_SUPERSEDED".into() }
        }
        RpcError::App(AppError::Store(error)) if error.is_transient() => {
            CallFailure::Busy { retry_after_ms: 500 }
        }
        other => panic!("the server failed: {other:?}"),
    }
}
