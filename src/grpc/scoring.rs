//! Computes score sheets by a plan that the caller brings. No method may rank units.

use super::campaign_messages::diagnostic_to_proto;
use super::org::find_optional_unit;
use super::status::RpcError;
use super::{Services, impl_service};
use crate::app::access::CallerIdentity;
use crate::domain::support::limits::{CODE, DEFINITION_FILE_BYTES_MAX, FILE_NAME};
use crate::exchange::scores::{ScoreRequest, evaluate_scores};
use crate::files::campaign_set::NamedText;
use crate::i18n::Lang;
use crate::pb;
use crate::pb::scoring_service_server::ScoringService;
use crate::wire::field_violations::FieldViolations;
use crate::wire::scoring::score_sheet_to_proto;

impl_service!(ScoringService {
    in_language evaluate_scores: EvaluateScoresRequest => EvaluateScoresResponse;
});

impl Services {
    fn evaluate_scores(
        &self,
        identity: &CallerIdentity,
        message: pb::EvaluateScoresRequest,
        lang: Lang,
    ) -> Result<pb::EvaluateScoresResponse, RpcError> {
        let pb::EvaluateScoresRequest { campaign_code, plan, unit_uid } = message;
        let mut violations = FieldViolations::default();
        let campaign = violations.check_text("campaign_code", &campaign_code, CODE);
        let campaign = violations.into_result(campaign)?;
        let unit = find_optional_unit(&*self.load_reference()?, &unit_uid)?;
        let plan = plan.map(read_plan_file).transpose()?;
        let request = ScoreRequest {
            campaign: Some(campaign.as_str()).filter(|code| !code.is_empty()),
            plan: plan.as_ref(),
            unit,
        };
        match evaluate_scores(&self.app, &identity.actor, request)? {
            Err(faults) => {
                let findings = faults.iter().map(|one| diagnostic_to_proto(one, lang)).collect();
                Ok(pb::EvaluateScoresResponse { findings, sheets: Vec::new() })
            }
            Ok(scores) => {
                let sheets = scores.into_iter().map(|one| {
                    let sheet = score_sheet_to_proto(one.unit_uid, one.sheet);
                    sheet.map_err(|error| RpcError::Internal(error.to_string()))
                });
                let sheets = sheets.collect::<Result<_, _>>()?;
                Ok(pb::EvaluateScoresResponse { findings: Vec::new(), sheets })
            }
        }
    }
}

fn read_plan_file(file: pb::DefinitionFile) -> Result<NamedText, RpcError> {
    let pb::DefinitionFile { name, text } = file;
    if text.len() > DEFINITION_FILE_BYTES_MAX {
        return Err(RpcError::LimitExceeded("text", DEFINITION_FILE_BYTES_MAX as u64));
    }
    let name = FieldViolations::require_text("plan.name", &name, FILE_NAME)?;
    Ok(NamedText { name, text })
}
