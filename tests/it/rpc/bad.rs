//! Bad input through the unary doors: a typed error with every field that is wrong, a text in the caller's language, and nothing written.

use super::report::{nil_report, reason, reports};
use crate::harness::{Phone, Town};
use thidua::domain::campaign::Step;
use thidua::domain::ids::UnitId;
use thidua::domain::permission::Role;
use thidua::domain::time::Instant;
use thidua::pb;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const COMMUNE: &str = "com-29242-0";

struct Bad {
    what: &'static str,
    code: Code,
    reason: &'static str,
    fields: &'static [&'static str],
    change: fn(&mut pb::SaveCells),
}

const VALUE: fn(i64) -> pb::CellValue =
    |value| pb::CellValue { status: pb::CellStatus::Reported.into(), value, ..Default::default() };

const CASES: &[Bad] = &[
    Bad {
        what: "an unknown element and a value out of range",
        code: Code::InvalidArgument,
        reason: "VALUE_OUT_OF_RANGE",
        fields: &["changes[0].mine", "changes[1].element"],
        change: |save| {
            save.changes.truncate(2);
            save.changes[0].mine = Some(VALUE(-5));
            save.changes[1].element_number = 90_000;
        },
    },
    Bad {
        what: "another commune",
        code: Code::NotFound,
        reason: "NOT_FOUND",
        fields: &[],
        change: |save| save.unit_id = UnitId::named("com-29251-0").0.to_vec(),
    },
    Bad {
        what: "a unit that never was",
        code: Code::NotFound,
        reason: "NOT_FOUND",
        fields: &[],
        change: |save| save.unit_id = vec![9; 16],
    },
    Bad {
        what: "a period that nobody owes",
        code: Code::InvalidArgument,
        reason: "NOT_EXPECTED",
        fields: &[],
        change: |save| save.period.as_mut().unwrap().end_day += 1,
    },
    Bad {
        what: "a contract that is unknown",
        code: Code::InvalidArgument,
        reason: "NOT_EXPECTED",
        fields: &[],
        change: |save| save.contract_id = vec![9; 16],
    },
    Bad {
        what: "an id that is none and no period",
        code: Code::InvalidArgument,
        reason: "BAD_ID",
        fields: &["contract_id", "period"],
        change: |save| {
            save.contract_id = vec![1, 2];
            save.period = None;
        },
    },
];

async fn refused(town: &Town, phone: &Phone, request: u8, change: fn(&mut pb::SaveCells)) -> Status {
    let mut message = nil_report(town, phone, request);
    change(message.save.as_mut().unwrap());
    reports(phone).save_report(phone.request(message)).await.unwrap_err()
}

fn fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
    assert!(violations.iter().all(|one| !one.description.is_empty()), "{violations:?}");
    violations.into_iter().map(|one| one.field).collect()
}

fn text(status: &Status) -> String {
    status.get_error_details().localized_message().unwrap().message.clone()
}

#[tokio::test]
async fn every_mistake_is_named_with_its_field_in_vietnamese_and_english_and_nothing_is_written() {
    let town = Town::open().await;
    let mut phone = town.phone(COMMUNE, Role::Reporter).await;
    let before = town.app.store().read(|tx| tx.head()).unwrap().seq;
    for (at, bad) in CASES.iter().enumerate() {
        phone.lang = "en";
        let english = refused(&town, &phone, at as u8, bad.change).await;
        assert_eq!((english.code(), reason(&english).as_str()), (bad.code, bad.reason), "{}: {english:?}", bad.what);
        assert_eq!(fields(&english), bad.fields, "{}", bad.what);
        phone.lang = "vi";
        let vietnamese = refused(&town, &phone, at as u8, bad.change).await;
        assert_eq!(fields(&vietnamese), bad.fields, "{}", bad.what);
        assert!(text(&vietnamese) != text(&english) && !text(&vietnamese).is_empty(), "{}", bad.what);
    }
    assert_eq!(town.app.store().read(|tx| tx.head()).unwrap().seq, before, "nothing was written");
    town.close().await;
}

#[tokio::test]
async fn a_period_of_a_concluded_campaign_is_closed() {
    let town = Town::open().await;
    town.clock.set(Instant::local_midnight(jiff::civil::date(2025, 9, 1)));
    let system = town.app.system().unwrap();
    town.app.step_by_day(&system).unwrap();
    for step in [Step::Review, Step::Conclude] {
        town.app.step_campaign(&system, "A", step).unwrap();
    }
    let phone = town.phone(COMMUNE, Role::Reporter).await;
    let closed = refused(&town, &phone, 1, |_| ()).await;
    assert_eq!((closed.code(), reason(&closed).as_str()), (Code::FailedPrecondition, "PERIOD_CLOSED"));
    town.close().await;
}

#[tokio::test]
async fn a_page_token_that_nobody_gave_is_refused() {
    let town = Town::open().await;
    let phone = town.phone(COMMUNE, Role::Reporter).await;
    for token in ["zz", "00", "ffffffffff", "\u{1EA1}"] {
        let ask = pb::ListReportsRequest { page_token: token.to_owned(), ..Default::default() };
        let bad = reports(&phone).list_reports(phone.request(ask)).await.unwrap_err();
        assert_eq!((bad.code(), reason(&bad).as_str()), (Code::InvalidArgument, "BAD_PAGE_TOKEN"), "{token}");
    }
    let ask = pb::GetReportRequest { report_id: vec![1] };
    let bad = reports(&phone).get_report(phone.request(ask)).await.unwrap_err();
    assert_eq!(bad.code(), Code::InvalidArgument);
    town.close().await;
}
