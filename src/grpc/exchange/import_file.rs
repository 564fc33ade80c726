//! Files of people over a stream: received in pieces, then imported by the path of their kind.

use super::outcome::outcome_to_proto;
use crate::app::act::{ActEnd, ActRequest, Performer};
use crate::app::partner::PartnerIdentity;
use crate::auth::{self, SecretHash};
use crate::domain::access::permission::action;
use crate::domain::support::limits::{
    DEFINITION_FILE_BYTES_MAX, DEFINITION_FILES_MAX, FILE_NAME, IMPORT_BYTES_MAX, NOTE,
};
use crate::domain::support::message::message;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::domain::support::violation::Violation;
use crate::exchange::baselines::import_baselines;
use crate::exchange::definitions::{Definitions, apply_definitions};
use crate::exchange::grants::import_grants;
use crate::exchange::organisation::{OrgImport, import_organisation};
use crate::exchange::outcome::FileOutcome;
use crate::exchange::reports::{ReportFile, import_reports};
use crate::files::campaign_set::NamedText;
use crate::files::diagnostic::FileDiagnostic;
use crate::files::org::{OrgTables, empty_lineage};
use crate::files::table::{DecimalMark, TableInput};
use crate::grpc::Services;
use crate::grpc::act::{read_act_request, take_performed};
use crate::grpc::caller::{
    admit_token, authenticate_partner, is_partner_call, read_accept_language,
};
use crate::grpc::status::RpcError;
use crate::i18n::Lang;
use crate::pb;
use crate::wire::bytes::encode_message;
use crate::wire::field_violations::FieldViolations;
use tokio_stream::{Stream, StreamExt as _};
use tonic::metadata::MetadataMap;
use tonic::{Extensions, Request, Response, Status};

/// Who sends the files.
enum ImportSender {
    /// A system with its key.
    Partner(Box<PartnerIdentity>),
    /// An account with a token, which is looked up with the work.
    Account(SecretHash),
}

/// Everything that was sent.
#[derive(Default)]
struct ReceivedFiles {
    request_id: Vec<u8>,
    options: pb::ImportOptions,
    /// Names and bytes, in the order of their first pieces.
    files: Vec<(String, Vec<u8>)>,
    bytes: usize,
}

impl Services {
    /// The call `ImportFile` with all of its messages, for a page that was sent the files.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn import_files(
        &self,
        request: Request<Vec<pb::ImportFileRequest>>,
    ) -> Result<Response<pb::ImportFileResponse>, Status> {
        let lang = read_accept_language(request.metadata());
        let (metadata, extensions, messages) = request.into_parts();
        let stream = tokio_stream::iter(messages.into_iter().map(Ok));
        let imported = self.receive_and_import((&metadata, &extensions), stream, lang).await;
        imported.map(Response::new)
    }

    pub(super) async fn receive_and_import(
        &self,
        (metadata, extensions): (&MetadataMap, &Extensions),
        stream: impl Stream<Item = Result<pb::ImportFileRequest, Status>> + Unpin,
        lang: Lang,
    ) -> Result<pb::ImportFileResponse, Status> {
        let sender = if is_partner_call(metadata) {
            let partner = authenticate_partner(self, metadata, extensions).await;
            partner.map(Box::new).map(ImportSender::Partner)
        } else {
            admit_token(self, metadata).map(ImportSender::Account)
        };
        let sender = sender.map_err(|failure| failure.into_status(lang))?;
        let received = receive(stream, lang).await?;
        let services = self.clone();
        let run = move || services.import_received(&sender, &received, lang);
        let imported = self.file_pool.run(run).await;
        imported.map_err(|failure| failure.into_status(lang))
    }

    fn import_received(
        &self,
        sender: &ImportSender,
        received: &ReceivedFiles,
        lang: Lang,
    ) -> Result<pb::ImportFileResponse, RpcError> {
        let plan = ImportPlan::read(received)?;
        let end = match sender {
            ImportSender::Partner(partner) => {
                if plan.kind != pb::ImportKind::Reports {
                    return Err(RpcError::App(RefusalReason::Denied.into()));
                }
                self.import_plan(Performer::Partner(partner), &plan, received)?
            }
            ImportSender::Account(token) => {
                let identity = self.app.authenticate_token(token)?;
                self.import_plan(Performer::Caller(&identity), &plan, received)?
            }
        };
        let Some(outcome) = take_performed(end)? else {
            return Ok(pb::ImportFileResponse { applied: true, valid: true, ..Default::default() });
        };
        let applied = outcome.is_taken && !plan.request.validate_only;
        Ok(outcome_to_proto(outcome, applied, lang))
    }

    fn import_plan(
        &self,
        performer: Performer<'_>,
        plan: &ImportPlan,
        received: &ReceivedFiles,
    ) -> Result<ActEnd<FileOutcome>, RpcError> {
        let (app, request) = (&self.app, &plan.request);
        match plan.kind {
            pb::ImportKind::Reports => {
                let input = plan.single_table(received)?;
                let (submit, partial) = (received.options.submit, received.options.partial);
                let file = ReportFile { input, submit, partial };
                Ok(import_reports(app, performer, request, file)?)
            }
            pb::ImportKind::Organisation => {
                let lineage = empty_lineage();
                let tables = plan.org_tables(received, &lineage)?;
                let accept_code_changes = received.options.accept_code_changes;
                let import = OrgImport { tables, accept_code_changes };
                let end = import_organisation(app, performer, request, import)?;
                Ok(end.map(|(outcome, _)| outcome))
            }
            pb::ImportKind::Baselines => {
                Ok(import_baselines(app, performer, request, &plan.single_table(received)?)?)
            }
            pb::ImportKind::Grants => {
                Ok(import_grants(app, performer, request, &plan.single_table(received)?)?)
            }
            pb::ImportKind::Definitions => self.import_definitions(performer, plan, received),
            pb::ImportKind::Unspecified => Err(malformed("options.kind").into()),
        }
    }

    fn import_definitions(
        &self,
        performer: Performer<'_>,
        plan: &ImportPlan,
        received: &ReceivedFiles,
    ) -> Result<ActEnd<FileOutcome>, RpcError> {
        self.app.reference_for::<action::ApplyCampaign>(performer.actor())?;
        if received.files.len() > DEFINITION_FILES_MAX {
            return Err(RpcError::LimitExceeded("files", DEFINITION_FILES_MAX as u64));
        }
        let (mut texts, mut faults) = (Vec::new(), Vec::new());
        for (name, bytes) in &received.files {
            if bytes.len() > DEFINITION_FILE_BYTES_MAX {
                return Err(RpcError::LimitExceeded("text", DEFINITION_FILE_BYTES_MAX as u64));
            }
            match String::from_utf8(bytes.clone()) {
                Ok(text) => texts.push(NamedText { name: name.clone(), text }),
                Err(_) => {
                    let text = message!("files-not-utf-8-excel", shown = name);
                    let violation = Violation::error("NOT_UTF8", "file", text);
                    faults.push(FileDiagnostic::at_start(name, violation));
                }
            }
        }
        if !faults.is_empty() {
            return Ok(ActEnd::Performed(FileOutcome::refused(faults)));
        }
        let definitions = Definitions {
            files: &texts,
            basis: plan.basis.as_deref(),
            offline_lease_days: self.warned_lease_days(),
        };
        let end = apply_definitions(&self.app, performer, &plan.request, definitions)?;
        Ok(end.map(FileOutcome::from))
    }
}

/// Reads every message of the stream.
async fn receive(
    mut stream: impl Stream<Item = Result<pb::ImportFileRequest, Status>> + Unpin,
    lang: Lang,
) -> Result<ReceivedFiles, Status> {
    let mut received = ReceivedFiles::default();
    let mut is_first = true;
    while let Some(part) = stream.next().await {
        received.take(part?, is_first).map_err(|failure| failure.into_status(lang))?;
        is_first = false;
    }
    Ok(received)
}

impl ReceivedFiles {
    fn take(&mut self, part: pb::ImportFileRequest, is_first: bool) -> Result<(), RpcError> {
        let pb::ImportFileRequest { request_id, options, piece } = part;
        if is_first {
            self.request_id = request_id;
            self.options = options.ok_or_else(|| malformed("options"))?;
        } else if options.is_some() {
            return Err(malformed("options").into());
        }
        let Some(pb::FilePiece { name, data }) = piece else { return Ok(()) };
        let name = FieldViolations::require_text("piece.name", &name, FILE_NAME)?;
        self.bytes += name.len() + data.len();
        if self.bytes > IMPORT_BYTES_MAX {
            return Err(RpcError::LimitExceeded("import_bytes", IMPORT_BYTES_MAX as u64));
        }
        match self.files.iter_mut().find(|(known, _)| *known == name) {
            Some((_, bytes)) => bytes.extend_from_slice(&data),
            None => self.files.push((name, data)),
        }
        Ok(())
    }

    /// Every byte that says what is asked.
    fn encoded(&self) -> Vec<u8> {
        let mut encoded = encode_message(&self.options);
        for (name, bytes) in &self.files {
            let file = pb::FilePiece { name: name.clone(), data: bytes.clone() };
            encoded.extend(auth::hash_secret(&encode_message(&file)));
        }
        encoded
    }
}

/// What is asked, read from the options.
struct ImportPlan {
    kind: pb::ImportKind,
    request: ActRequest,
    decimal_mark: Option<DecimalMark>,
    basis: Option<String>,
}

impl ImportPlan {
    fn read(received: &ReceivedFiles) -> Result<Self, RpcError> {
        let pb::ImportOptions { validate_only, partial, basis, .. } = &received.options;
        let kind = received.options.kind();
        let name = match kind {
            pb::ImportKind::Reports => "files.reports",
            pb::ImportKind::Organisation => "org.import",
            pb::ImportKind::Baselines => "baseline.import",
            pb::ImportKind::Grants => "access.grant",
            pb::ImportKind::Definitions => "files.apply",
            pb::ImportKind::Unspecified => return Err(malformed("options.kind").into()),
        };
        if *partial && kind != pb::ImportKind::Reports {
            return Err(malformed("options.partial").into());
        }
        let request =
            read_act_request(name, &received.request_id, *validate_only, &received.encoded())?;
        let basis = match basis.as_str() {
            "" => None,
            given => Some(FieldViolations::require_text("options.basis", given, NOTE)?),
        };
        let decimal_mark = match pb::DecimalMark::try_from(received.options.decimal_mark) {
            Ok(pb::DecimalMark::Unspecified) => None,
            Ok(pb::DecimalMark::Point) => Some(DecimalMark::Point),
            Ok(pb::DecimalMark::Comma) => Some(DecimalMark::Comma),
            Err(_) => return Err(malformed("options.decimal_mark").into()),
        };
        if received.files.is_empty() {
            return Err(malformed("piece").into());
        }
        Ok(Self { kind, request, decimal_mark, basis })
    }

    fn single_table<'f>(&self, received: &'f ReceivedFiles) -> Result<TableInput<'f>, Refusal> {
        let [(name, bytes)] = received.files.as_slice() else { return Err(malformed("piece")) };
        Ok(TableInput { decimal_mark: self.decimal_mark, ..TableInput::received(name, bytes) })
    }

    /// The tables of an organisation, by the names of their files without folder and ending.
    fn org_tables<'f>(
        &self,
        received: &'f ReceivedFiles,
        lineage: &'f str,
    ) -> Result<OrgTables<'f>, Refusal> {
        let stem = |name: &str| {
            let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
            file.split('.').next().unwrap_or_default().to_ascii_lowercase()
        };
        let find = |table: &str| {
            let found = received.files.iter().find(|(name, _)| stem(name) == table);
            found.map(|(name, bytes)| TableInput::received(name, bytes))
        };
        let is_known = |name: &str| ["units", "parents", "lineage"].contains(&stem(name).as_str());
        if !received.files.iter().all(|(name, _)| is_known(name)) {
            return Err(malformed("piece.name"));
        }
        Ok(OrgTables {
            units: find("units").ok_or_else(|| malformed("piece"))?,
            parents: find("parents").ok_or_else(|| malformed("piece"))?,
            lineage: find("lineage")
                .unwrap_or_else(|| TableInput::received("lineage.csv", lineage)),
        })
    }
}

fn malformed(field: &str) -> Refusal {
    let mut violations = FieldViolations::default();
    violations.add(field, RefusalReason::Malformed);
    match violations.into_result(None::<()>) {
        Err(refusal) => refusal,
        Ok(()) => RefusalReason::Malformed.into(),
    }
}
