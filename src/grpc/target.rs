//! Targets over figures that the caller gives: the same reckoning as the night's, and nothing read or written.
//!
//! Knows no store: it only asks who calls.

use super::status::Failure;
use super::{Services, service};
use crate::app::access::Identity;
use crate::domain::target::Target;
use crate::pb;
use crate::pb::target_service_server::TargetService;
use crate::wire::target;

service!(TargetService {
    called evaluate_target: EvaluateTargetRequest => EvaluateTargetResponse;
});

impl Services {
    #[allow(clippy::unused_self, reason = "every method of a service has this shape")]
    fn evaluate_target(
        &self,
        _: &Identity,
        message: pb::EvaluateTargetRequest,
    ) -> Result<pb::EvaluateTargetResponse, Failure> {
        Target::parse(&message.target_text).map_err(|error| Failure::BadTarget("target_text", error))?;
        let target::Question { target, sheet, terms } = target::read_question(message)?;
        let evaluation = target::evaluation(&target.evaluate(&sheet, &terms));
        Ok(pb::EvaluateTargetResponse { evaluation: Some(evaluation) })
    }
}
