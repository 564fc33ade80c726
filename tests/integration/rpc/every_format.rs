//! The figures of the two examples go in and out through every format that the server knows, and
//! are the same figures in each.

use super::exchange::{System, read_report};
use super::report::report_client;
use crate::harness::{Example, TestClient, TestServer, send_http2};
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use thidua::app::ReferenceSnapshot;
use thidua::app::report_queries::ReportFilter;
use thidua::domain::access::partner::PartnerCall;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::{ContractId, ReportId};
use thidua::exchange::dhis2::{
    Dhis2Export, Dhis2ExportFormat, Dhis2ExportRequest, Dhis2Scheme, export_data_values,
};
use thidua::exchange::report_rows::to_report_row;
use thidua::files::report_csv::report_table;
use thidua::files::table::table_export::TableExport;
use thidua::pb;
use thidua::store::report::StoredReport;

const FILES: &str = "/exchange/v1/reports";
const DATA_VALUES: &str = "/api/dataValueSets";
const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const JSON: &str = "application/json";
const XML: &str = "application/xml";
const ADX: &str = "application/adx+xml";

/// One example, with a period of a contract and a report for each format.
struct Case {
    example: Example,
    contract: &'static str,
    reviewer: &'static str,
    /// Codes of the period in DHIS2 and in ADX.
    period: [&'static str; 2],
    days: [&'static str; 2],
    units: [&'static str; 7],
    /// The figures of the first unit, in the order of the form; each next unit has one more.
    figures: &'static [i64],
    /// The cells that a report without occurrences says all the same.
    beside_nil: &'static str,
}

const POLICE: Case = Case {
    example: Example::TRA_VINH,
    contract: "tuan-xa",
    reviewer: "dist-842",
    period: ["2024W34", "2024-08-19/P7D"],
    days: ["2024-08-19", "2024-08-25"],
    units: [
        "com-29242-0",
        "com-29245-0",
        "com-29248-0",
        "com-29251-0",
        "com-29254-0",
        "com-29257-0",
        "com-29260-0",
    ],
    figures: &[7, 6, 4, 5, 3],
    beside_nil: ",,,,",
};

const HEALTH: Case = Case {
    example: Example::HEALTH,
    contract: "thang-tyt",
    reviewer: "syt-99",
    period: ["202606", "2026-06-01/P1M"],
    days: ["2026-06-01", "2026-06-30"],
    units: [
        "tyt-90007",
        "tyt-90010",
        "tyt-90013",
        "tyt-90016",
        "tyt-90019",
        "tyt-90022",
        "tyt-90025",
    ],
    figures: &[20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 1],
    beside_nil: ",,,,,,,,,,,carried:9,1",
};

impl Case {
    /// The figures of a unit by element; a flag stays what it is.
    fn figures_of<'e>(&self, elements: &'e [String], unit: usize) -> Vec<(&'e str, String)> {
        let figure = |of_first: i64| if of_first == 1 { 1 } else { of_first + unit as i64 };
        let figures = self.figures.iter().map(|one| figure(*one).to_string());
        elements.iter().map(String::as_str).zip(figures).collect()
    }

    fn official_code(&self, reference: &ReferenceSnapshot, unit: &str) -> String {
        let unit = reference.org.unit_by_uid(unit).unwrap();
        let version = unit.version_on(self.days[0].parse().unwrap()).unwrap();
        version.code.clone().unwrap().code
    }

    /// The report of each unit but the last in a format of its own: path, type and body.
    fn bodies(
        &self,
        elements: &[String],
        reference: &ReferenceSnapshot,
    ) -> Vec<(String, &'static str, Vec<u8>)> {
        let (contract, [period, interval]) = (self.contract, self.period);
        let of = |unit: usize| (self.units[unit], self.figures_of(elements, unit));
        let named = format!("{DATA_VALUES}?dataSet={contract}");
        let (unit, figures) = of(2);
        let values: Vec<Value> = figures
            .iter()
            .map(|(element, value)| json!({ "dataElement": element, "value": value }))
            .collect();
        let set = json!({
            "dataSet": contract, "period": period, "orgUnit": unit, "dataValues": values,
        });
        let (unit, figures) = of(3);
        let header = "dataelement,period,orgunit,categoryoptioncombo,attributeoptioncombo,value\n";
        let line =
            |(element, value): &(&str, String)| format!("{element},{period},{unit},,,{value}\n");
        let by_position = header.to_owned() + &figures.iter().map(line).collect::<String>();
        let value = |(element, value): &(&str, String)| {
            format!("<dataValue dataElement=\"{element}\" value=\"{value}\"/>\n")
        };
        let (unit, figures) = of(4);
        let dxf = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <dataValueSet xmlns=\"http://dhis2.org/schema/dxf/2.0\" dataSet=\"{contract}\" \
             period=\"{period}\" orgUnit=\"{unit}\">\n{}</dataValueSet>\n",
            figures.iter().map(value).collect::<String>()
        );
        let (unit, figures) = of(5);
        let code = self.official_code(reference, unit);
        let adx = format!(
            "<x:adx xmlns:x=\"urn:ihe:qrph:adx:2015\" exported=\"2026-11-29T10:00:00Z\">\
             <x:group dataSet=\"{contract}\" period=\"{interval}\" orgUnit=\"{code}\">{}</x:group>\
             </x:adx>",
            figures.iter().map(value).collect::<String>().replace("<data", "<x:data")
        );
        vec![
            (FILES.to_owned(), CSV, self.csv(elements).into_bytes()),
            (FILES.to_owned(), XLSX, self.workbook(elements)),
            (DATA_VALUES.to_owned(), JSON, set.to_string().into_bytes()),
            (named, CSV, by_position.into_bytes()),
            (DATA_VALUES.to_owned(), XML, dxf.into_bytes()),
            (DATA_VALUES.to_owned(), ADX, adx.into_bytes()),
        ]
    }

    /// The first report, and the last one, in which nothing occurred.
    fn csv(&self, elements: &[String]) -> String {
        let (contract, [first, last]) = (self.contract, self.days);
        let figures = self.figures_of(elements, 0).into_iter().map(|(_, value)| value);
        let (figures, beside_nil) = (figures.collect::<Vec<_>>().join(","), self.beside_nil);
        let [unit, .., quiet] = self.units;
        format!(
            "contract,unit,first_day,last_day,nil,note,{}\n\
             {contract},{unit},{first},{last},,,{figures}\n\
             {contract},{quiet},{first},{last},x,quiet,{beside_nil}\n",
            elements.join(",")
        )
    }

    fn workbook(&self, elements: &[String]) -> Vec<u8> {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        let [first, last] = self.days;
        let texts = [self.contract, self.units[1], first, last, "", ""];
        let names = ["contract", "unit", "first_day", "last_day", "nil", "note"];
        for (column, (name, text)) in (0..).zip(names.into_iter().zip(texts)) {
            sheet.write_string(0, column, name).unwrap();
            sheet.write_string(1, column, text).unwrap();
        }
        for (column, (element, value)) in (6..).zip(self.figures_of(elements, 1)) {
            sheet.write_string(0, column, element).unwrap();
            sheet.write_number(1, column, value.parse::<f64>().unwrap()).unwrap();
        }
        workbook.save_to_buffer().unwrap()
    }
}

/// A server of an example with the system that sends to it.
struct Exchange {
    case: Case,
    server: TestServer,
    system: System,
}

impl Exchange {
    async fn start(case: Case) -> Self {
        let server = TestServer::start_example(case.example).await;
        let calls = [PartnerCall::Reports];
        let system = System::with_key_for(&server, &calls, (case.reviewer, case.contract)).await;
        Self { case, server, system }
    }

    fn reference(&self) -> std::sync::Arc<ReferenceSnapshot> {
        self.server.app.store().read(|tx| self.server.app.reference(tx)).unwrap()
    }

    async fn post(&self, path: &str, content_type: &str, body: Vec<u8>) -> (u16, Value) {
        let authorization = format!("Bearer {}", self.system.secret.reveal());
        let headers = [
            ("content-type", content_type),
            ("accept-language", "en"),
            ("authorization", &*authorization),
        ];
        let channel = self.server.connect().await;
        let answer = send_http2(channel, "POST", path, &headers, body).await;
        (answer.status, answer.json())
    }

    /// Sends the report of each unit in a format of its own.
    async fn import_all(&self) {
        let bodies = self.case.bodies(&self.system.elements, &self.reference());
        for (path, content_type, body) in bodies {
            let (status, answer) = self.post(&path, content_type, body).await;
            assert_eq!(status, 200, "{path} {content_type}: {answer}");
        }
    }

    fn stored(&self) -> Vec<StoredReport> {
        let actor = self.server.app.system_actor().unwrap();
        let contract = Some(ContractId::from_code(self.case.contract));
        let filter = ReportFilter { contract, ..ReportFilter::default() };
        let lines = self.server.app.visible_reports(&actor, &filter).unwrap();
        let ids: Vec<_> = lines.iter().map(|line| line.id).collect();
        self.server.app.reports_by_id(&ids).unwrap()
    }

    fn sent(&self) -> Vec<(ReportId, i64)> {
        self.stored().iter().map(|one| (one.report.key.id(), one.revision)).collect()
    }

    async fn accept_all(&self, reviewer: &TestClient) {
        for (number, (id, _)) in (1..).zip(self.sent()) {
            let content_hash = read_report(reviewer, &id.0).await.content_hash;
            let accept = Some(pb::AcceptReport { report_id: id.0.to_vec(), content_hash });
            let request = pb::AcceptReportRequest { request_id: vec![number; 16], accept };
            report_client(reviewer).accept_report(reviewer.request(request)).await.unwrap();
        }
    }

    fn export(&self, format: Dhis2ExportFormat, scheme: Option<&Dhis2Scheme>) -> Dhis2Export {
        let reference = self.reference();
        let stored = self.stored();
        let reports: Vec<_> = stored.iter().map(|one| &one.report).collect();
        let request = Dhis2ExportRequest {
            contract: self.case.contract,
            form: reference.catalogue.form(self.case.contract).unwrap(),
            format,
            unit_scheme: scheme,
            exported_at: self.server.app.now(),
        };
        export_data_values(&reports, &request, &reference).unwrap()
    }

    fn table(&self) -> TableExport {
        let (reference, contract) = (self.reference(), self.case.contract);
        let stored = self.stored();
        let row = |one: &StoredReport| to_report_row(&reference, contract, &one.report);
        let rows: Vec<_> = stored.iter().map(row).collect();
        let elements = &reference.catalogue.form(contract).unwrap().elements;
        report_table(&rows, elements, &reference.catalogue)
    }

    /// The figures that a set in JSON has, by unit and element.
    fn told(&self, set: &str) -> BTreeMap<(String, String), String> {
        let set: Value = serde_json::from_str(set).unwrap();
        let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
        let values = set["dataValues"].as_array().unwrap().iter();
        let values = values.filter(|one| one["period"] == self.case.period[0]);
        let key = |one: &Value| (text(one, "orgUnit"), text(one, "dataElement"));
        values.map(|one| (key(one), text(one, "value"))).collect()
    }
}

fn omitted(export: &Dhis2Export) -> Vec<(&'static str, usize)> {
    export.omitted.iter().map(|one| (one.code, one.count)).collect()
}

async fn live(case: Case) {
    let exchange = Exchange::start(case).await;
    let reviewer = exchange.server.enrol_client(exchange.case.reviewer, Role::Reviewer).await;
    exchange.import_all().await;
    let waiting = exchange.export(Dhis2ExportFormat::Json, None);
    assert_eq!((waiting.value_count, omitted(&waiting)), (0, vec![("NOT_ACCEPTED", 7)]));
    exchange.accept_all(&reviewer).await;
    let accepted = exchange.sent();

    let json = exchange.export(Dhis2ExportFormat::Json, None);
    let told = exchange.told(&json.text);
    for (number, unit) in exchange.case.units.iter().enumerate().take(6) {
        for (element, value) in exchange.case.figures_of(&exchange.system.elements, number) {
            let key = ((*unit).to_owned(), element.to_owned());
            let said = if element == "truc_24" { "true" } else { &*value };
            assert_eq!(told.get(&key).map(String::as_str), Some(said), "{key:?}");
        }
    }
    let words_beside_nil = told.len() - 6 * exchange.system.elements.len();
    let nil_cells = exchange.system.elements.len() - words_beside_nil;
    assert_eq!(omitted(&json), [("NIL", nil_cells), ("NOTE", 1)]);

    let table = exchange.table();
    for (content_type, body) in [
        (CSV, table.to_csv(true).into_bytes()),
        (XLSX, table.to_workbook(exchange.server.app.now().local_date()).unwrap()),
    ] {
        let (status, answer) = exchange.post(FILES, content_type, body).await;
        let summary = &answer["summary"];
        assert_eq!((status, &summary["unchanged"]), (200, &json!(7)), "{content_type}: {answer}");
    }
    let adx = exchange.export(Dhis2ExportFormat::Adx, None);
    let adx_by_uid = exchange.export(Dhis2ExportFormat::Adx, Some(&Dhis2Scheme::Uid));
    let by_uid = format!("{DATA_VALUES}?orgUnitIdScheme=uid");
    for (path, content_type, export) in
        [(DATA_VALUES, JSON, &json), (DATA_VALUES, ADX, &adx), (&*by_uid, ADX, &adx_by_uid)]
    {
        assert_eq!((export.value_count, omitted(export)), (told.len(), omitted(&json)));
        let (status, answer) =
            exchange.post(path, content_type, export.text.clone().into_bytes()).await;
        let count = &answer["response"]["importCount"];
        assert_eq!((status, &count["ignored"]), (200, &json!(told.len())), "{answer}");
    }
    assert_eq!(exchange.sent(), accepted, "every way back changed nothing");
    exchange.server.close().await;
}

#[tokio::test]
async fn a_week_of_the_police_goes_in_and_out_in_every_format_with_the_same_figures() {
    live(POLICE).await;
}

#[tokio::test]
async fn a_month_of_the_health_stations_goes_in_and_out_in_every_format_with_the_same_figures() {
    live(HEALTH).await;
}
