//! A file of reports over plain HTTP: the caller's key, the verdicts as JSON.

use super::data_value_set::read_idempotency_key;
use crate::app::act::{ActRequest, Performer};
use crate::app::partner::PartnerIdentity;
use crate::auth;
use crate::domain::support::limits::FILE_NAME;
use crate::domain::support::message::{Message, message};
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
use std::collections::BTreeMap;
use tonic::codegen::Bytes;
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Status};

/// The name of the act.
const ACT: &str = "files.reports";
/// The name of a file that brings none.
const UNNAMED: &str = "reports";

/// The options of a query.
const OPTIONS: [&str; 4] = ["decimal", "dryRun", "name", "partial"];
/// The values of an option that is on or off.
const FLAGS: [(&str, bool); 2] = [("true", true), ("false", false)];

/// How a file is to be taken.
#[derive(Debug, Clone)]
struct FileOptions {
    name: String,
    decimal_mark: Option<DecimalMark>,
    partial: bool,
    dry_run: bool,
}

impl FileOptions {
    /// The options, or what is not understood: nothing is guessed, so that no trial writes.
    fn read(query: &BTreeMap<String, String>) -> Result<Self, Message> {
        if let Some(name) = query.keys().find(|name| !OPTIONS.contains(&name.as_str())) {
            return Err(message!("exchange-no-such-option", name, known = OPTIONS.join(", ")));
        }
        let unknown = |option: &str, value: &str, known: String| {
            message!("exchange-unknown-option", option, value, known)
        };
        let flag = |name: &str| {
            let Some(value) = query.get(name) else { return Ok(false) };
            let known = FLAGS.iter().find(|(word, _)| word == value).map(|(_, is_on)| *is_on);
            known.ok_or_else(|| unknown(name, value, FLAGS.map(|(word, _)| word).join(", ")))
        };
        let decimal = |word: &String| {
            let words = DecimalMark::ALL.map(DecimalMark::as_str).join(", ");
            DecimalMark::parse(word).ok_or_else(|| unknown("decimal", word, words))
        };
        Ok(Self {
            name: query.get("name").cloned().unwrap_or_else(|| UNNAMED.to_owned()),
            decimal_mark: query.get("decimal").map(decimal).transpose()?,
            partial: flag("partial")?,
            dry_run: flag("dryRun")?,
        })
    }
}

impl Services {
    /// Takes a file of reports, CSV or XLSX, as the options of the query say: `decimal`, `partial`,
    /// `dryRun`, `name`.
    ///
    /// # Errors
    /// The caller has no key that may send reports, or sends too much.
    pub async fn import_report_file(
        &self,
        (metadata, extensions): (&MetadataMap, &Extensions),
        query: &BTreeMap<String, String>,
        body: Bytes,
    ) -> Result<JsonAnswer, Status> {
        let lang = read_accept_language(metadata);
        let options = match FileOptions::read(query) {
            Ok(options) => options,
            Err(unknown) => return Ok(unknown_option_answer(&unknown, lang)),
        };
        let request_id = read_idempotency_key(metadata);
        let taken = async {
            let partner = authenticate_partner(self, metadata, extensions).await?;
            let services = self.clone();
            let run = move || services.take_file(&partner, (&options, request_id), &body, lang);
            self.file_pool.run(run).await
        };
        taken.await.map_err(|failure| failure.into_status(lang))
    }

    fn take_file(
        &self,
        partner: &PartnerIdentity,
        (options, request_id): (&FileOptions, Option<[u8; 16]>),
        body: &[u8],
        lang: Lang,
    ) -> Result<JsonAnswer, RpcError> {
        let name = FieldViolations::require_text("name", &options.name, FILE_NAME)?;
        let input =
            TableInput { decimal_mark: options.decimal_mark, ..TableInput::received(&name, body) };
        let file = ReportFile { input, submit: true, partial: options.partial };
        let request = ActRequest {
            name: ACT,
            request_id,
            request_hash: auth::hash_secret(&[format!("{options:?}").as_bytes(), body].concat()),
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
