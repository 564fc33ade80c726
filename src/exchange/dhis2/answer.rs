//! The answer to a DHIS2 client: its import summary, with a conflict for each value that was not
//! taken.

use super::super::outcome_json::JsonAnswer;
use super::{Dhis2Fault, Dhis2Import, Dhis2Options};
use crate::app::command::{DeliveryOutcome, DeliveryVerdict};
use crate::app::delivery::DeliveryResults;
use crate::domain::support::message::{Message, message};
use crate::i18n::Lang;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Counts of values, as DHIS2 counts them.
#[derive(Default)]
struct ImportCount {
    imported: usize,
    updated: usize,
    ignored: usize,
}

/// The answer to an import. `results` are those of the readable reports, in order.
#[must_use]
pub fn build_answer(
    import: &Dhis2Import,
    results: &DeliveryResults,
    options: &Dhis2Options,
    lang: Lang,
) -> JsonAnswer {
    let (mut count, mut conflicts) = (ImportCount::default(), import.faults.clone());
    for ((_, indexes), result) in import.reports.iter().zip(results) {
        let values = indexes.len();
        match result {
            Ok(DeliveryOutcome { verdict, .. }) => match verdict {
                DeliveryVerdict::Created => count.imported += values,
                DeliveryVerdict::Changed => count.updated += values,
                DeliveryVerdict::Unchanged => count.ignored += values,
                DeliveryVerdict::Proposed | DeliveryVerdict::Conflict => {
                    count.ignored += values;
                    conflicts.push(held_fault(*verdict, indexes));
                }
            },
            Err(refusal) => {
                let (code, message) = (refusal.reason.code(), refusal.reason.message());
                conflicts.push(report_fault(code, indexes, message));
            }
        }
    }
    let rejected: BTreeSet<usize> =
        conflicts.iter().flat_map(|fault| fault.indexes.iter().copied()).collect();
    count.ignored = import.value_count.saturating_sub(count.imported + count.updated);
    let conflicts: Vec<Value> = conflicts.iter().map(|fault| conflict_json(fault, lang)).collect();
    let is_success = conflicts.is_empty();
    let counts = json!({
        "imported": count.imported,
        "updated": count.updated,
        "ignored": count.ignored,
        "deleted": 0,
    });
    envelope(is_success, (counts, conflicts, rejected.into_iter().collect()), options, lang)
}

/// The answer to bytes that are no data value set, or to an option that is not understood.
#[must_use]
pub fn build_unreadable_answer(message: &Message, lang: Lang) -> JsonAnswer {
    let text = message.text(lang);
    let body = json!({
        "httpStatus": "Conflict",
        "httpStatusCode": 409,
        "status": "ERROR",
        "message": text,
    });
    JsonAnswer { status: 409, body }
}

fn envelope(
    is_success: bool,
    (counts, conflicts, rejected): (Value, Vec<Value>, Vec<usize>),
    options: &Dhis2Options,
    lang: Lang,
) -> JsonAnswer {
    let (status, name, short, summary, text) = if is_success {
        (200, "OK", "OK", "SUCCESS", "dhis2-import-done")
    } else {
        (409, "Conflict", "WARNING", "WARNING", "dhis2-import-with-conflicts")
    };
    let description = lang.text(text);
    let body = json!({
        "httpStatus": name,
        "httpStatusCode": status,
        "status": short,
        "message": description,
        "response": {
            "responseType": "ImportSummary",
            "status": summary,
            "description": description,
            "importOptions": {
                "dryRun": options.dry_run,
                "orgUnitIdScheme": options.unit_scheme.to_string(),
                "dataElementIdScheme": options.element_scheme.to_string(),
            },
            "importCount": counts,
            "conflicts": conflicts,
            "rejectedIndexes": rejected,
            "dataSetComplete": "false",
        },
    });
    JsonAnswer { status, body }
}

fn conflict_json(fault: &Dhis2Fault, lang: Lang) -> Value {
    let Dhis2Fault { indexes, property, value, code, message } = fault;
    json!({
        "object": value,
        "objects": { (*property): value },
        "value": message.text(lang),
        "errorCode": code,
        "property": property,
        "indexes": indexes,
    })
}

fn report_fault(code: &str, indexes: &[usize], message: Message) -> Dhis2Fault {
    let (indexes, code) = (indexes.to_vec(), code.to_owned());
    Dhis2Fault { indexes, property: "dataSet", value: String::new(), code, message }
}

/// A report that waits for people: its values are not figures of record yet.
fn held_fault(verdict: DeliveryVerdict, indexes: &[usize]) -> Dhis2Fault {
    let message = if verdict == DeliveryVerdict::Proposed {
        message!("dhis2-proposed")
    } else {
        message!("dhis2-in-conflict")
    };
    report_fault(verdict.as_str(), indexes, message)
}
