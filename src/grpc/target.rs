//! Evaluates a target on figures in the request, with the same computation as the nightly run. It
//! reads and writes no record.

use super::status::RpcError;
use super::{Services, impl_service};
use crate::app::access::CallerIdentity;
use crate::domain::support::limits::FORMULA;
use crate::domain::target_rule::Target;
use crate::pb;
use crate::pb::target_service_server::TargetService;
use crate::wire::field_violations::FieldViolations;
use crate::wire::target;

impl_service!(TargetService {
    authenticated evaluate_target: EvaluateTargetRequest => EvaluateTargetResponse;
});

impl Services {
    #[allow(clippy::unused_self, reason = "every method of a service has this shape")]
    fn evaluate_target(
        &self,
        _: &CallerIdentity,
        mut message: pb::EvaluateTargetRequest,
    ) -> Result<pb::EvaluateTargetResponse, RpcError> {
        message.target_text =
            FieldViolations::require_text("target_text", &message.target_text, FORMULA)?;
        Target::parse(&message.target_text)
            .map_err(|error| RpcError::BadTarget("target_text", error))?;
        let target::EvaluationInput { target, sheet, terms } =
            target::evaluation_input_from_proto(message)?;
        let evaluation = target::evaluation_to_proto(&target.evaluate(&sheet, &terms));
        Ok(pb::EvaluateTargetResponse { evaluation: Some(evaluation) })
    }
}
