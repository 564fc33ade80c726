//! Rehearses changes of the organisation from their files.

use super::Services;
use super::campaign_messages::{diagnostic_to_proto, violation_to_proto};
use super::status::RpcError;
use crate::app::access::CallerIdentity;
use crate::domain::access::permission::action;
use crate::domain::support::limits::{CODE, FILE_NAME};
use crate::exchange::org_rehearsal::{RehearsedFiles, rehearse_files};
use crate::files::org::{OrgTables, empty_lineage};
use crate::files::table::TableInput;
use crate::i18n::Lang;
use crate::pb;
use crate::wire::field_violations::FieldViolations;
use crate::wire::rehearsal::rehearsal_to_proto;
use crate::wire::values;

impl Services {
    pub(super) fn rehearse_organisation(
        &self,
        identity: &CallerIdentity,
        message: pb::RehearseOrganisationRequest,
        lang: Lang,
    ) -> Result<pb::RehearseOrganisationResponse, RpcError> {
        self.app.reference_for::<action::ChangeOrg>(&identity.actor)?;
        let pb::RehearseOrganisationRequest {
            units,
            parents,
            lineage,
            handover,
            effective_day,
            campaign_code,
        } = message;
        let mut violations = FieldViolations::default();
        let (units, parents) =
            (violations.require("units", units), violations.require("parents", parents));
        let named = [
            ("units.name", &units),
            ("parents.name", &parents),
            ("lineage.name", &lineage),
            ("handover.name", &handover),
        ];
        for (field, file) in named {
            if let Some(file) = file {
                violations.check_text(field, &file.name, FILE_NAME);
            }
        }
        let on = effective_day.map(values::day_from_proto).transpose();
        let on = violations.check("effective_day", on);
        let campaign = violations.check_text("campaign_code", &campaign_code, CODE);
        let read = units.zip(parents).zip(on.zip(campaign));
        let ((units, parents), (on, campaign)) = violations.into_result(read)?;
        let no_lineage =
            pb::TableFile { name: "lineage.csv".to_owned(), data: empty_lineage().into_bytes() };
        let lineage = lineage.unwrap_or(no_lineage);
        let files = RehearsedFiles {
            tables: OrgTables {
                units: to_input(&units),
                parents: to_input(&parents),
                lineage: to_input(&lineage),
            },
            handover: handover.as_ref().map(to_input),
            on,
            campaign: Some(campaign.as_str()).filter(|code| !code.is_empty()),
        };
        let report = match rehearse_files(&self.app, &identity.actor, files)? {
            Ok(report) => report,
            Err(faults) => {
                let findings = faults.iter().map(|one| diagnostic_to_proto(one, lang)).collect();
                return Ok(pb::RehearseOrganisationResponse { findings, rehearsal: None });
            }
        };
        let rehearsal = rehearsal_to_proto(&report, report.message().text(lang))
            .map_err(|error| RpcError::Internal(error.to_string()))?;
        let findings = report.findings.iter().map(|one| violation_to_proto(one, lang));
        let findings = findings.collect();
        Ok(pb::RehearseOrganisationResponse { findings, rehearsal: Some(rehearsal) })
    }
}

fn to_input(file: &pb::TableFile) -> TableInput<'_> {
    TableInput::received(&file.name, &file.data)
}
