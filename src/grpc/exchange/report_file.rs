//! A file of reports over plain HTTP: the caller's key, the verdicts as JSON.

use super::data_value_set::read_idempotency_key;
use crate::app::act::{ActRequest, Performer};
use crate::app::partner::PartnerIdentity;
use crate::auth;
use crate::domain::support::limits::FILE_NAME;
use crate::domain::support::reason::RefusalReason;
use crate::exchange::outcome_json::{JsonAnswer, file_answer, unknown_option_answer};
use crate::exchange::reports::{ReportFile, import_reports};
use crate::files::table::{DecimalMark, TableInput};
use crate::grpc::Services;
use crate::grpc::act::take_performed;
use crate::grpc::caller::{authenticate_partner, read_accept_language};
use crate::grpc::status::RpcError;
use crate::i18n::Lang;
use crate::wire::field_violations::FieldViolations;
use tonic::codegen::Bytes;
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Status};

/// The name of the act.
const ACT: &str = "files.reports";
/// The name of a file that brings none.
const UNNAMED: &str = "reports";

/// The options of a query.
struct FileOptions {
    name: String,
    decimal_mark: Option<DecimalMark>,
    partial: bool,
    dry_run: bool,
    request_id: Option<[u8; 16]>,
}

impl Services {
    /// Takes a file of reports, CSV or XLSX. `find_option` gives the options of the query by name:
    /// `decimal`, `partial`, `dryRun`, `name`.
    ///
    /// # Errors
    /// The caller has no key that may send reports, or sends too much.
    pub async fn import_report_file(
        &self,
        (metadata, extensions): (&MetadataMap, &Extensions),
        find_option: impl Fn(&str) -> Option<String>,
        body: Bytes,
    ) -> Result<JsonAnswer, Status> {
        let lang = read_accept_language(metadata);
        let is_set =
            |name: &str| find_option(name).is_some_and(|one| one.eq_ignore_ascii_case("true"));
        let decimal = find_option("decimal");
        let decimal_mark = decimal.as_deref().and_then(DecimalMark::parse);
        if let (Some(word), None) = (&decimal, decimal_mark) {
            let known = DecimalMark::ALL.map(DecimalMark::as_str).join(", ");
            return Ok(unknown_option_answer("decimal", word, &known, lang));
        }
        let options = FileOptions {
            name: find_option("name").unwrap_or_else(|| UNNAMED.to_owned()),
            decimal_mark,
            partial: is_set("partial"),
            dry_run: is_set("dryRun"),
            request_id: read_idempotency_key(metadata),
        };
        let taken = async {
            let partner = authenticate_partner(self, metadata, extensions).await?;
            let services = self.clone();
            let run = move || services.take_file(&partner, &options, &body, lang);
            self.blocking_pool.run(run).await
        };
        taken.await.map_err(|failure| failure.into_status(lang))
    }

    fn take_file(
        &self,
        partner: &PartnerIdentity,
        options: &FileOptions,
        body: &[u8],
        lang: Lang,
    ) -> Result<JsonAnswer, RpcError> {
        let name = FieldViolations::require_text("name", &options.name, FILE_NAME)?;
        let input =
            TableInput { decimal_mark: options.decimal_mark, ..TableInput::new(&name, body) };
        let file = ReportFile { input, submit: true, partial: options.partial };
        let request = ActRequest {
            name: ACT,
            request_id: options.request_id,
            request_hash: auth::hash_secret(body),
            validate_only: options.dry_run,
        };
        let performer = Performer::Partner(partner);
        let end = import_reports(&self.app, performer, &request, file)?;
        if let Some(outcome) = take_performed(end)? {
            return Ok(file_answer(&outcome, options.dry_run, lang));
        }
        // The same request again: what became of it is what it would find now.
        let asked = ActRequest { request_id: None, validate_only: true, ..request };
        let end = import_reports(&self.app, performer, &asked, file)?;
        let outcome =
            take_performed(end)?.ok_or_else(|| RpcError::App(RefusalReason::NothingToDo.into()))?;
        Ok(file_answer(&outcome, false, lang))
    }
}
