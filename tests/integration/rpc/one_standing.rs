//! One published standing on every surface: terminal, page, workbook, phone, partner and rpc say
//! the same state, value and last judged day, and the same about comparability.

use super::jobs::run_nightly_job;
use super::partner::{
    READS, create_partner_account, create_service_key, import_baseline, read_runs, read_standings,
};
use crate::harness::{TestClient, TestServer};
use crate::phone::{COMMUNE, DISTRICT, cell_entry, enrolled_app, first_week_key};
use flate2::read::DeflateDecoder;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::process::Command;
use thidua::app::morning_report::{MorningReport, MorningReportRequest};
use thidua::domain::access::permission::Role;
use thidua::domain::standing::{Judgement, Standing};
use thidua::domain::support::ids::{CampaignId, UnitId};
use thidua::domain::support::ratio::Ratio;
use thidua::domain::support::time::{Timestamp, date_from_days};
use thidua::i18n::Lang;
use thidua::morning_report::{build_workbook, render_page};
use thidua::pb;
use thidua::pb::partner_service_client::PartnerServiceClient;
use thidua::pb::standing_service_client::StandingServiceClient;

const PROVINCE: &str = "prov-84";
const PHASE: u8 = 1;

/// What a surface says of a target or member: state, value, last judged day, reasons.
type Said = (String, Option<Ratio>, Option<String>, Vec<String>);
/// By code of target or member.
type Surface = BTreeMap<String, Said>;

/// A server on which a commune's week is accepted and judged, and a reader at the province.
async fn server_with_judged_week() -> (TestServer, TestClient) {
    let server = TestServer::start().await;
    import_baseline(&server);
    let commune = enrolled_app(&server, COMMUNE, Role::Reporter);
    let district = enrolled_app(&server, DISTRICT, Role::Reviewer);
    let key = first_week_key(&commune);
    let figures = [
        ("so_offences", 40),
        ("reports_received", 20),
        ("reports_accepted", 20),
        ("reports_handled", 20),
        ("reports_resolved", 18),
    ];
    let entries = figures.map(|(code, figure)| cell_entry(code, figure)).to_vec();
    commune.save_cells(key.clone(), entries, None).unwrap();
    let id = commune.report_id(key);
    commune.submit_report(id.clone()).unwrap();
    assert_eq!(commune.sync_once().unwrap().applied, 2);
    district.sync_once().unwrap();
    let seen = district.review_queue().unwrap()[0].report.content_hash.clone();
    district.accept_report(id, seen).unwrap();
    assert_eq!(district.sync_once().unwrap().applied, 1);
    server.clock.set(Timestamp::from_local_midnight(jiff::civil::date(2024, 9, 2)));
    let admin = server.enrol_client(PROVINCE, Role::Admin).await;
    run_nightly_job(&admin).await;
    let reader = server.enrol_client(PROVINCE, Role::Reviewer).await;
    (server, reader)
}

fn published(server: &TestServer, unit: UnitId) -> Vec<Standing> {
    let system = server.app.system_actor().unwrap();
    let mut all = server.app.visible_standings(&system, CampaignId::from_code("A")).unwrap();
    all.retain(|one| one.unit == unit && one.phase == PHASE);
    all
}

fn add_judgement(judged: &Judgement, through: Option<&String>, into: &mut Surface) {
    let said = (judged.state.to_string(), judged.value, through.cloned(), judged.reasons.clone());
    into.insert(judged.code.clone(), said);
    judged.members.iter().for_each(|member| add_judgement(member, through, into));
}

fn as_published(standings: &[Standing]) -> Surface {
    let mut surface = Surface::new();
    for one in standings {
        let through = one.judged_through.map(|day| day.to_string());
        add_judgement(&one.judgement, through.as_ref(), &mut surface);
    }
    surface
}

fn on_the_terminal(server: &TestServer, unit: &str) -> Surface {
    let dir = server.server_dir();
    let named = std::fs::read_to_string(dir.join(crate::harness::DATABASE_URL_FILE));
    let url = named.unwrap_or_else(|_| "sqlite:town.db".to_owned());
    let config = dir.join("thidua.toml");
    std::fs::write(&config, format!("[database]\nurl = \"{url}\"\n")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_thidua"))
        .args(["--json", "-d"])
        .arg(dir)
        .args(["standings", "--campaign", "A", "--unit", unit, "--phase", "1"])
        .output()
        .unwrap();
    std::fs::remove_file(config).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut surface = Surface::new();
    for one in list.as_array().unwrap() {
        let through = one["judged_through"].as_str().map(str::to_owned);
        add_json(&one["judgement"], through.as_ref(), &mut surface);
    }
    surface
}

fn add_json(judged: &serde_json::Value, through: Option<&String>, into: &mut Surface) {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let value = judged["value"].as_str().map(|value| Ratio::parse(value).unwrap());
    let reasons = judged["reasons"].as_array().unwrap().iter().map(text).collect();
    into.insert(text(&judged["code"]), (text(&judged["state"]), value, through.cloned(), reasons));
    for member in judged["members"].as_array().unwrap() {
        add_json(member, through, into);
    }
}

fn day_text(days: Option<i32>) -> Option<String> {
    days.map(|days| date_from_days(days).to_string())
}

fn on_the_phone(server: &TestServer, unit: &str) -> Surface {
    use thidua::client::facade::JudgementView;
    fn add(judged: &JudgementView, through: Option<&String>, into: &mut Surface) {
        let value = judged.value.as_deref().map(|value| Ratio::parse(value).unwrap());
        let said =
            (judged.state.as_str().to_owned(), value, through.cloned(), judged.reasons.clone());
        into.insert(judged.code.clone(), said);
        judged.members.iter().for_each(|member| add(member, through, into));
    }
    let phone = enrolled_app(server, unit, Role::Reviewer);
    let mut surface = Surface::new();
    let standings = phone.standings().unwrap();
    for one in standings.iter().filter(|one| one.unit == unit && one.phase == PHASE) {
        add(&one.judgement, day_text(one.judged_through_day).as_ref(), &mut surface);
    }
    surface
}

fn state_text(state: pb::JudgementState) -> String {
    state.as_str_name().trim_start_matches("JUDGEMENT_STATE_").to_owned()
}

fn ratio(fraction: Option<pb::Fraction>) -> Option<Ratio> {
    fraction.and_then(|one| Ratio::new(one.numerator.into(), one.denominator.into()))
}

async fn on_the_rpc(reader: &TestClient, unit: UnitId) -> Surface {
    fn add(judged: &pb::Judgement, through: Option<&String>, into: &mut Surface) {
        let (state, value) = (state_text(judged.state()), ratio(judged.value));
        let said = (state, value, through.cloned(), judged.reasons.clone());
        into.insert(judged.code.clone(), said);
        judged.members.iter().for_each(|member| add(member, through, into));
    }
    let request = pb::ListStandingsRequest {
        campaign_id: CampaignId::from_code("A").0.to_vec(),
        unit_id: unit.0.to_vec(),
        page_size: 500,
        ..Default::default()
    };
    let mut client = StandingServiceClient::new(reader.channel.clone());
    let page = client.list_standings(reader.request(request)).await.unwrap().into_inner();
    let mut surface = Surface::new();
    for record in page.standings.into_iter().filter_map(|one| one.record) {
        if record.phase_number == u32::from(PHASE) {
            let through = day_text(record.judged_through_day);
            add(record.judgement.as_ref().unwrap(), through.as_ref(), &mut surface);
        }
    }
    surface
}

async fn for_the_partner(server: &TestServer, unit: &str) -> Surface {
    create_partner_account(server);
    let (_, secret) = create_service_key(server, PROVINCE, None, &READS);
    let mut client = PartnerServiceClient::new(server.connect().await);
    let run = read_runs(&mut client, &secret, Vec::new()).await.pop().unwrap().run.unwrap();
    let lines = read_standings(&mut client, &secret, run.run_id).await;
    let wanted = lines
        .into_iter()
        .filter(|line| line.unit_code == unit && line.phase_number == u32::from(PHASE));
    let said = |line: pb::PublishedStanding| {
        let (state, through) = (state_text(line.state()), day_text(line.judged_through_day));
        (line.target_code.clone(), (state, ratio(line.value), through, line.reasons))
    };
    wanted.map(said).collect()
}

fn morning_report(server: &TestServer, unit: UnitId) -> MorningReport {
    let campaign = CampaignId::from_code("A");
    let requested = MorningReportRequest { campaign, phase: PHASE, unit: Some(unit), run: None };
    server.app.morning_report(&server.app.system_actor().unwrap(), &requested).unwrap()
}

/// The page's part of one target.
fn page_part<'a>(page: &'a str, code: &str) -> &'a str {
    let start = page.find(&format!("<tbody><tr class=\"target\"><th scope=\"rowgroup\" colspan=\"5\"><div class=\"head\"><span><span class=\"code\">{code}</span>")).unwrap();
    let rest = &page[start..];
    &rest[..rest.find("</tbody>").unwrap()]
}

/// The texts of a workbook, in the order in which they were first written.
fn workbook_texts(book: &[u8]) -> String {
    let name = b"xl/sharedStrings.xml";
    // The central directory names the file's place and sizes.
    let at = |offset: usize| book[offset..].windows(4).position(|one| one == b"PK\x01\x02");
    let number = |from: usize, bytes: usize| {
        book[from..from + bytes]
            .iter()
            .rev()
            .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte))
    };
    let mut entry = at(0).unwrap();
    loop {
        let named = &book[entry + 46..entry + 46 + number(entry + 28, 2)];
        if named == name {
            let (size, local) = (number(entry + 20, 4), number(entry + 42, 4));
            let data = local + 30 + number(local + 26, 2) + number(local + 28, 2);
            let mut text = String::new();
            DeflateDecoder::new(&book[data..data + size]).read_to_string(&mut text).unwrap();
            return text;
        }
        entry += 4 + at(entry + 4).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_surface_says_the_same_of_one_published_standing() {
    let (server, reader) = server_with_judged_week().await;
    let unit = UnitId::from_code(PROVINCE);
    let standings = published(&server, unit);
    let expected = as_published(&standings);
    assert!(
        expected.values().any(|said| said.2.as_deref() == Some("2024-08-25")),
        "the first week was due: {expected:?}"
    );
    assert_eq!(on_the_rpc(&reader, unit).await, expected, "rpc");
    assert_eq!(on_the_phone(&server, PROVINCE), expected, "phone");
    assert_eq!(on_the_terminal(&server, PROVINCE), expected, "terminal");

    let partner = for_the_partner(&server, PROVINCE).await;
    assert!(partner.keys().eq(expected.keys()));
    for (code, (state, value, through, reasons)) in partner {
        let of = &expected[&code];
        assert_eq!((&state, &through), (&of.0, &of.2), "partner {code}");
        if reasons != ["SUPPRESSED"] {
            assert_eq!((&value, &reasons), (&of.1, &of.3), "partner {code}");
        }
    }

    let report = morning_report(&server, unit);
    let (page, book) = (render_page(&report, Lang::EN), build_workbook(&report, Lang::EN).unwrap());
    let texts = workbook_texts(&book);
    // The page shows a target that is judged in the whole campaign only as it is judged there.
    for one in standings.iter().filter(|one| report.unit.standings[&one.judgement.code] == **one) {
        let part = page_part(&page, &one.judgement.code);
        let state = one.judgement.state.message().text(Lang::EN);
        let through = match one.judged_through {
            Some(_) => "judged through 25 Aug 2024",
            None => "no reporting period was due yet",
        };
        assert!(part.contains(&state) && part.contains(through), "page: {state} {part}");
        assert!(texts.contains(&state) && texts.contains(through), "workbook: {state}");
        let display = &one.judgement.display;
        assert!(part.contains(display.as_str()), "page: {display} in {part}");
    }
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_that_is_over_is_due_and_not_missing_and_what_a_unit_adds_is_no_verdict() {
    let (server, _reader) = server_with_judged_week().await;
    let report = morning_report(&server, UnitId::from_code(PROVINCE));
    let page = render_page(&report, Lang::EN);
    let missing: u32 = report.unit.coverage.values().map(|coverage| coverage.missing).sum();
    assert_eq!(u32::try_from(report.unsent.missing_count()).unwrap(), missing);
    assert!(page.contains(&format!("Overdue reports that are missing: {missing}.")), "{page}");
    let form = "26 Aug 2024 – 1 Sep 2024: due on 2 Sep 2024; 0/106 reports are in.";
    assert!(page.contains(form), "the second week");
    let first = report.unsent.missing.iter().flat_map(|calls| &calls.periods);
    assert!(first.clone().count() > 0);
    assert!(first.clone().all(|period| period.days.1 == jiff::civil::date(2024, 8, 25)));

    let district = morning_report(&server, UnitId::from_code(DISTRICT));
    let page = render_page(&district, Lang::EN);
    let quiet = page.split("<div class=\"box ").find(|part| part.starts_with("quiet")).unwrap();
    assert!(quiet.contains("Not judged here") && quiet.contains(">T3</span>"), "{quiet}");
    let open = page.split("<div class=\"box ").find(|part| part.starts_with("open")).unwrap();
    assert!(!open.contains(">T3</span>"), "not among those that cannot be said yet: {open}");
    server.close().await;
}
