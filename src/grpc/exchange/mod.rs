//! Takes reports from systems of partner agencies: reads each, says what is wrong with it, and
//! hands what can be read to `app`.

mod data_value_set;
mod import_file;
mod outcome;
mod report_file;

use crate::app::act::ActRequest;
use crate::app::command::{DeliveryOutcome, DeliveryVerdict};
use crate::app::delivery::{Deliveries, Delivery, DeliveryResults};
use crate::app::partner::PartnerIdentity;
use crate::domain::report::cell::CellValue;
use crate::domain::report::element::ElementCode;
use crate::domain::report::figure_text::parse_scaled;
use crate::domain::report::form::Catalogue;
use crate::domain::support::limits::{CHANGES_MAX, CODE, DELIVERED_REPORTS_MAX, NOTE};
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::grpc::Services;
use crate::grpc::act::{read_act_request, take_performed};
use crate::grpc::caller::{authenticate_partner, read_accept_language};
use crate::grpc::status::RpcError;
use crate::i18n::Lang;
use crate::pb;
use crate::pb::delivered_cell::Word;
use crate::pb::exchange_service_server::ExchangeService;
use crate::wire::bytes::encode_message;
use crate::wire::field_violations::FieldViolations;
use crate::wire::{reasons, values};
use std::collections::BTreeSet;
use tonic::{Request, Response, Status, Streaming};

#[tonic::async_trait]
impl ExchangeService for Services {
    async fn deliver_reports(
        &self,
        request: Request<pb::DeliverReportsRequest>,
    ) -> Result<Response<pb::DeliverReportsResponse>, Status> {
        let lang = read_accept_language(request.metadata());
        let (metadata, extensions, message) = request.into_parts();
        let delivered = async {
            let partner = authenticate_partner(self, &metadata, &extensions).await?;
            let services = self.clone();
            let run = move || services.deliver(&partner, message, lang);
            self.blocking_pool.run(run).await
        };
        delivered.await.map(Response::new).map_err(|failure| failure.into_status(lang))
    }

    async fn import_file(
        &self,
        request: Request<Streaming<pb::ImportFileRequest>>,
    ) -> Result<Response<pb::ImportFileResponse>, Status> {
        let lang = read_accept_language(request.metadata());
        let (metadata, extensions, stream) = request.into_parts();
        let imported = self.receive_and_import((&metadata, &extensions), stream, lang).await;
        imported.map(Response::new)
    }
}

impl Services {
    fn deliver(
        &self,
        partner: &PartnerIdentity,
        message: pb::DeliverReportsRequest,
        lang: Lang,
    ) -> Result<pb::DeliverReportsResponse, RpcError> {
        let (encoded, is_asked) = (encode_message(&message), message.validate_only);
        let request = read_act_request("report.deliver", &message.request_id, is_asked, &encoded)?;
        let (partial, reports) = (message.partial, message.reports);
        if reports.len() > DELIVERED_REPORTS_MAX {
            return Err(RpcError::LimitExceeded("reports", DELIVERED_REPORTS_MAX as u64));
        }
        if reports.is_empty() {
            return Err(RpcError::App(RefusalReason::NothingToDo.into()));
        }
        let catalogue = &self.load_reference()?.catalogue;
        let read = read_reports(reports, catalogue);
        let is_readable = read.iter().all(Result::is_ok);
        let readable: Vec<Delivery> = read.iter().flatten().cloned().collect();
        // Where one cannot be read and all are wanted or none, the others are only tried.
        let request = if partial || is_readable {
            request
        } else {
            ActRequest { validate_only: true, ..request }
        };
        let deliveries = Deliveries { reports: &readable, partial: partial || !is_readable };
        let end = self.app.deliver_reports(partner, &request, deliveries)?;
        let Some(taken) = take_performed(end)? else {
            return Ok(pb::DeliverReportsResponse { applied: true, ..Default::default() });
        };
        let results = merge_results(read, taken);
        Ok(to_response(results, (partial, is_asked), lang))
    }
}

/// The result of each report, in the order of the call.
fn merge_results(read: Vec<Result<Delivery, Refusal>>, taken: DeliveryResults) -> DeliveryResults {
    let mut taken = taken.into_iter();
    let result = |one: Result<Delivery, Refusal>| {
        one.and_then(|_| taken.next().unwrap_or_else(|| Err(RefusalReason::Malformed.into())))
    };
    read.into_iter().map(result).collect()
}

/// Each report as it can be read, or everything that is wrong with it.
fn read_reports(
    reports: Vec<pb::DeliveredReport>,
    catalogue: &Catalogue,
) -> Vec<Result<Delivery, Refusal>> {
    let mut given = BTreeSet::new();
    let read = |report| {
        let delivery = read_report(report, catalogue)?;
        let key = (delivery.contract.clone(), delivery.unit_uid.clone(), delivery.first_day);
        if given.insert(key) { Ok(delivery) } else { Err(RefusalReason::ReportTwice.into()) }
    };
    reports.into_iter().map(read).collect()
}

fn read_report(report: pb::DeliveredReport, catalogue: &Catalogue) -> Result<Delivery, Refusal> {
    let pb::DeliveredReport { contract, unit_uid, first_day, cells, note } = report;
    let mut violations = FieldViolations::default();
    let contract = violations.check_text("contract", &contract, CODE);
    let unit_uid = violations.check_text("unit_uid", &unit_uid, CODE);
    let day = first_day.parse().map_err(|_| RefusalReason::Malformed);
    let first_day = violations.check("first_day", day);
    let note = match note.as_str() {
        "" => Some(note),
        given => violations.check_text("note", given, NOTE),
    };
    if cells.len() > CHANGES_MAX {
        violations.add("cells", RefusalReason::TooMany);
    }
    let (mut read, mut codes) = (Vec::with_capacity(cells.len()), BTreeSet::new());
    for (index, cell) in cells.into_iter().enumerate().take(CHANGES_MAX) {
        let path = format!("cells[{index}]");
        let Some((code, value)) = read_cell(&path, cell, catalogue, &mut violations) else {
            continue;
        };
        if !codes.insert(code.clone()) {
            violations.add(format!("{path}.element"), RefusalReason::Malformed);
        }
        read.push((code, value));
    }
    let named = contract.zip(unit_uid).zip(first_day.zip(note));
    let ((contract, unit_uid), (first_day, note)) = violations.into_result(named)?;
    Ok(Delivery { contract, unit_uid, first_day, last_day: None, cells: read, note: Some(note) })
}

fn read_cell(
    path: &str,
    cell: pb::DeliveredCell,
    catalogue: &Catalogue,
    violations: &mut FieldViolations,
) -> Option<(ElementCode, CellValue)> {
    let pb::DeliveredCell { element, word } = cell;
    let found = ElementCode::new(&element).ok().and_then(|code| catalogue.element(&code));
    let known = found.ok_or(RefusalReason::UnknownElement);
    let element = violations.check(format!("{path}.element"), known)?;
    let value = match violations.require(format!("{path}.word"), word)? {
        Word::Figure(text) => {
            let figure = parse_scaled(&text, element.scale).map_err(|_| RefusalReason::Malformed);
            CellValue::Reported(violations.check(format!("{path}.figure"), figure)?)
        }
        Word::Nil(true) => CellValue::Nil,
        Word::Nil(false) => {
            violations.add(format!("{path}.nil"), RefusalReason::Malformed);
            return None;
        }
        Word::Missing(reason) => {
            let reason = values::missing_reason_from_number(reason);
            CellValue::Missing(violations.check(format!("{path}.missing"), reason)?)
        }
    };
    Some((element.code.clone(), value))
}

fn to_response(
    results: DeliveryResults,
    (partial, is_asked): (bool, bool),
    lang: Lang,
) -> pb::DeliverReportsResponse {
    let mut summary = pb::DeliverySummary::default();
    let verdict = |(index, result)| {
        let verdict = to_verdict(index, result, lang);
        let count = match verdict.state() {
            pb::DeliveryState::Created => Some(&mut summary.created),
            pb::DeliveryState::Changed => Some(&mut summary.changed),
            pb::DeliveryState::Unchanged => Some(&mut summary.unchanged),
            pb::DeliveryState::Proposed | pb::DeliveryState::Conflict => Some(&mut summary.held),
            pb::DeliveryState::Refused => Some(&mut summary.refused),
            pb::DeliveryState::Unspecified => None,
        };
        if let Some(count) = count {
            *count += 1;
        }
        verdict
    };
    let verdicts = results.into_iter().enumerate().map(verdict).collect();
    let applied = !is_asked && (partial || summary.refused == 0);
    pb::DeliverReportsResponse { verdicts, summary: Some(summary), applied }
}

fn to_verdict(
    index: usize,
    result: Result<DeliveryOutcome, Refusal>,
    lang: Lang,
) -> pb::DeliveryVerdict {
    let index = index as u32;
    let refusal = match result {
        Ok(DeliveryOutcome { verdict, report, revision, before: _ }) => {
            let state = match verdict {
                DeliveryVerdict::Created => pb::DeliveryState::Created,
                DeliveryVerdict::Changed => pb::DeliveryState::Changed,
                DeliveryVerdict::Unchanged => pb::DeliveryState::Unchanged,
                DeliveryVerdict::Proposed => pb::DeliveryState::Proposed,
                DeliveryVerdict::Conflict => pb::DeliveryState::Conflict,
            };
            let (report_id, state) = (report.0.to_vec(), state.into());
            return pb::DeliveryVerdict { index, state, report_id, revision, ..Default::default() };
        }
        Err(refusal) => refusal,
    };
    let faults = refusal.field_errors.iter().map(|fault| pb::DeliveryFault {
        field: fault.field.clone(),
        message: fault.reason.message().text(lang),
    });
    pb::DeliveryVerdict {
        index,
        state: pb::DeliveryState::Refused.into(),
        reason: reasons::reason_to_proto(refusal.reason).into(),
        message: refusal.reason.message().text(lang),
        faults: faults.collect(),
        ..Default::default()
    }
}
