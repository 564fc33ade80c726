//! A client that knows only DHIS2 sends its data value sets over plain HTTP, and reads what became
//! of each value in the shape that it knows.

use super::exchange::System;
use crate::harness::{TestServer, send_http2};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use thidua::domain::access::partner::PartnerCall;
use thidua::domain::support::limits::IMPORTED_REPORTS_MAX;

const PATH: &str = "/api/dataValueSets";
const COMMUNE: &str = "com-29242-0";
const OTHER: &str = "com-29245-0";
/// A commune of another district than the key's.
const ELSEWHERE: &str = "com-29266-0";
/// The week from 19 August 2024.
const WEEK: &str = "2024W34";

impl System {
    /// A set with one figure in every cell of the form.
    fn data_value_set(&self, unit: &str, figure: &str) -> Value {
        let value = |element: &String| json!({ "dataElement": element, "value": figure });
        let values: Vec<Value> = self.elements.iter().map(value).collect();
        json!({ "dataSet": "tuan-xa", "period": WEEK, "orgUnit": unit, "dataValues": values })
    }

    async fn post(&self, server: &TestServer, query: &str, set: &Value) -> (u16, Value) {
        let authorization = format!("ApiToken {}", self.secret.reveal());
        self.post_as(server, query, &authorization, set).await
    }

    async fn post_as(
        &self,
        server: &TestServer,
        query: &str,
        authorization: &str,
        set: &Value,
    ) -> (u16, Value) {
        let headers = [
            ("content-type", "application/json"),
            ("accept-language", "en"),
            ("authorization", authorization),
        ];
        let path = format!("{PATH}{query}");
        let channel = server.connect().await;
        let answer = send_http2(channel, "POST", &path, &headers, set.to_string().into()).await;
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }
}

fn count(answer: &Value) -> [u64; 3] {
    let count = &answer["response"]["importCount"];
    ["imported", "updated", "ignored"].map(|name| count[name].as_u64().unwrap())
}

#[tokio::test]
async fn a_set_is_tried_imported_found_unchanged_and_updated_as_such_a_client_expects() {
    let server = TestServer::start().await;
    let system = System::with_key(&server, &[PartnerCall::Reports]).await;
    let cells = system.elements.len() as u64;
    let set = system.data_value_set(COMMUNE, "3");

    let (status, tried) = system.post(&server, "?dryRun=true", &set).await;
    assert_eq!((status, count(&tried)), (200, [cells, 0, 0]), "{tried}");
    let (status, done) = system.post(&server, "", &set).await;
    assert_eq!((status, count(&done)), (200, [cells, 0, 0]), "the trial wrote nothing: {done}");
    assert_eq!(done["response"]["status"], "SUCCESS");
    let (status, again) = system.post(&server, "", &set).await;
    assert_eq!((status, count(&again)), (200, [0, 0, cells]));
    let corrected = system.data_value_set(COMMUNE, "4");
    let (status, refused) = system.post(&server, "?importStrategy=CREATE", &corrected).await;
    assert_eq!((status, count(&refused)), (409, [0, 0, cells]), "{refused}");
    let basic = STANDARD.encode(format!("he-thong:{}", system.secret.reveal()));
    let (status, updated) =
        system.post_as(&server, "", &format!("Basic {basic}"), &corrected).await;
    assert_eq!((status, count(&updated)), (200, [0, cells, 0]), "{updated}");
    server.close().await;
}

#[tokio::test]
async fn each_value_that_is_not_taken_has_its_place_and_a_code_and_the_other_report_is_taken() {
    let server = TestServer::start().await;
    let system = System::with_key(&server, &[PartnerCall::Reports]).await;
    let cells = system.elements.len();
    let mut set = system.data_value_set(COMMUNE, "3");
    let values = set["dataValues"].as_array_mut().unwrap();
    let element = &system.elements[0];
    let of_other = |element: &str, value: Value| json!({ "dataElement": element, "orgUnit": OTHER, "value": value });
    values.push(of_other("no-such", "1".into()));
    values.push(of_other(element, "1e2".into()));
    values.push(json!({ "dataElement": element, "orgUnit": "nowhere", "value": "1" }));
    values.push(json!({ "dataElement": element, "period": "202408", "value": "1" }));
    let (status, answer) = system.post(&server, "", &set).await;
    assert_eq!((status, count(&answer)), (409, [cells as u64, 0, 4]), "{answer}");
    let conflicts = answer["response"]["conflicts"].as_array().unwrap();
    let mut told: Vec<(String, u64)> = conflicts
        .iter()
        .map(|one| {
            (one["errorCode"].as_str().unwrap().to_owned(), one["indexes"][0].as_u64().unwrap())
        })
        .collect();
    told.sort();
    let place = |offset: usize| (cells + offset) as u64;
    let expected = [("E7610", 0), ("E7611", 3), ("E7612", 2), ("E7619", 1)];
    assert_eq!(told, expected.map(|(code, offset)| (code.to_owned(), place(offset))), "{answer}");
    assert_eq!(answer["response"]["rejectedIndexes"].as_array().unwrap().len(), 4);
    server.close().await;
}

#[tokio::test]
async fn what_dhis2_leaves_out_stays_absent_and_is_never_read_as_nothing_occurred() {
    let server = TestServer::start().await;
    let system = System::with_key(&server, &[PartnerCall::Reports]).await;
    let mut set = system.data_value_set(COMMUNE, "3");
    set["dataValues"][0]["value"] = Value::Null;
    let (status, answer) = system.post(&server, "", &set).await;
    assert_eq!(status, 409);
    assert_eq!(answer["response"]["conflicts"][0]["errorCode"], "CELL_BLANK", "{answer}");
    server.close().await;
}

#[tokio::test]
async fn a_stranger_a_wrong_body_and_an_unknown_option_are_told_what_is_wrong() {
    let server = TestServer::start().await;
    let system = System::with_key(&server, &[PartnerCall::Reports]).await;
    let set = system.data_value_set(COMMUNE, "3");
    let (status, answer) = system.post_as(&server, "", "ApiToken nobody", &set).await;
    assert_eq!((status, &answer["code"]), (401, &json!("unauthenticated")), "{answer}");
    let (status, answer) = system.post(&server, "", &json!([1, 2])).await;
    assert_eq!((status, &answer["status"]), (409, &json!("ERROR")), "{answer}");
    let (status, answer) = system.post(&server, "?orgUnitIdScheme=gps", &set).await;
    assert!(status == 409 && answer["message"].as_str().unwrap().contains("orgUnitIdScheme"));
    let (status, answer) = system.post(&server, "?dryRun=yes", &set).await;
    assert!(status == 409 && answer["message"].as_str().unwrap().contains("dryRun"), "{answer}");
    let (status, answer) = system.post(&server, "?importStrategy=DELETE", &set).await;
    assert!(status == 409 && answer["message"].as_str().unwrap().contains("not deleted"));
    let of_unit = |number: usize| json!({ "orgUnit": number.to_string(), "value": "1" });
    let many = json!({ "dataValues": (0..=IMPORTED_REPORTS_MAX).map(of_unit).collect::<Vec<_>>() });
    let (status, answer) = system.post(&server, "", &many).await;
    assert!(status == 409 && answer["message"].as_str().unwrap().contains("reports at most"));
    server.close().await;
}

#[tokio::test]
async fn a_set_tells_a_key_nothing_of_units_beyond_its_cover_and_nothing_at_all_without_the_right()
{
    let server = TestServer::start().await;
    let system = System::with_key(&server, &[PartnerCall::Reports]).await;
    let mut conflicts = Vec::new();
    for period in [WEEK, "202408"] {
        for unit in [ELSEWHERE, "nowhere"] {
            let mut set = system.data_value_set(unit, "3");
            set["period"] = period.into();
            let (status, answer) = system.post(&server, "", &set).await;
            assert_eq!(status, 409, "{answer}");
            conflicts.push(answer["response"]["conflicts"].to_string().replace(unit, "?"));
        }
    }
    assert!(conflicts[0].contains("E7612"), "{}", conflicts[0]);
    assert!(conflicts.iter().all(|told| *told == conflicts[0]), "{conflicts:?}");

    let reader = System::with_key(&server, &[PartnerCall::Standings]).await;
    for set in [reader.data_value_set(COMMUNE, "3"), json!([1, 2])] {
        let (status, answer) = reader.post(&server, "", &set).await;
        assert_eq!((status, &answer["code"]), (403, &json!("permission_denied")), "{answer}");
    }
    server.close().await;
}

/// Sends a set in XML; the status and the sentence, or the first conflict's code.
async fn send_xml(server: &TestServer, system: &System, kind: &str, text: &str) -> (u16, String) {
    let authorization = format!("ApiToken {}", system.secret.reveal());
    let headers =
        [("content-type", kind), ("accept-language", "en"), ("authorization", &*authorization)];
    let channel = server.connect().await;
    let answer = send_http2(channel, "POST", PATH, &headers, text.into()).await;
    let (status, answer) = (answer.status, answer.json());
    let conflict = answer["response"]["conflicts"][0]["errorCode"].as_str();
    (status, conflict.or(answer["message"].as_str()).unwrap_or_default().to_owned())
}

#[tokio::test]
async fn xml_that_is_damaged_or_says_what_cannot_be_read_is_refused_with_its_line() {
    let server = TestServer::start().await;
    let system = System::with_key(&server, &[PartnerCall::Reports]).await;
    let root = "<adx xmlns=\"urn:ihe:qrph:adx:2015\">\n";
    let group = "<group dataSet=\"tuan-xa\" period=\"2024-08-19/P1W\" orgUnit=\"29242\">\n";
    let ends = "</group></adx>";
    let value = "<dataValue dataElement=\"so_offences\" value=\"3\"";
    let many: String = (0..100).map(|number| format!(" a{number}=\"1\"")).collect();
    let entity = "<!DOCTYPE adx [<!ENTITY a \"3\">]>\n";
    let told = [
        (format!("{root}{group}{value} SEX=\"F\"/>{ends}"), "VALUE_DIVIDED"),
        (format!("{root}{group}{value}/>{value}/>{ends}"), "VALUE_TWICE"),
        (format!("{root}{group}{value}/>{ends}"), "CELL_BLANK"),
        (format!("{root}{}{value}/>{ends}", group.replace("P1W", "P1M")), "E7611"),
        (format!("{root}{}{value}/>{ends}", group.replace("29242", "99999")), "E7612"),
        (format!("{entity}{root}{group}{value}/>{ends}"), "line 1: A document type"),
        (format!("{root}{group}{}/>{ends}", value.replace('3', "&a;")), "line 3: The XML is not"),
        (format!("{root}{group}{value}{many}/>{ends}"), "line 3: An element has more than 64"),
        (format!("{root}{group}{value}/>{ends}{root}{ends}"), "line 3: One complete element"),
        (format!("{root}{group}{value}/>"), "line 3: One complete element"),
        (format!("{root}{group}{group}"), "line 3: The element group is not read here"),
        (format!("{root}{group}3</group></adx>"), "line 3: A text between elements"),
        (format!("{root}{group}<a:dataValue/>{ends}"), "line 3: The element a:dataValue"),
        (root.replace("2015", "2016"), "line 1: One complete element adx"),
        ("<?xml version=\"1.0\" encoding=\"utf-16\"?>".to_owned(), "line 1: The text is not UTF-8"),
    ];
    for (text, expected) in told {
        let (status, said) = send_xml(&server, &system, "application/adx+xml", &text).await;
        assert!(status == 409 && said.contains(expected), "{text}: {said}");
    }
    let dxf = "<dataValueSet xmlns=\"http://dhis2.org/schema/dxf/2.0\" dryRun=\"maybe\"/>";
    let (status, said) = send_xml(&server, &system, "text/xml; charset=utf-8", dxf).await;
    assert!(status == 409 && said.contains("dryRun"), "{said}");
    server.close().await;
}
