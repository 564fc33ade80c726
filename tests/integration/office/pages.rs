//! What pages show to whom, and what text from outside can do in them.

use super::{Browser, COMMUNE, OTHER_COMMUNE, ROOT, body_text};
use crate::harness::{HttpAnswer, TestServer};
use crate::rpc::jobs::run_nightly_job;
use crate::rpc::report::{nil_report_request, report_client, submit_nil_report};
use thidua::domain::access::permission::Role;
use thidua::domain::support::hex::encode_hex;
use thidua::files::campaign::read_campaign_file;
use thidua::files::org::{OrgCsvTexts, read_org};

const PAGES: [&str; 6] = [
    "/office/sign-in",
    "/office/today",
    "/office/target?campaign=A&target=T1",
    "/office/runs",
    "/office/no-such-page",
    "/office/sign-out",
];

#[tokio::test]
async fn no_page_may_be_framed_stored_or_run_foreign_code() {
    let server = TestServer::start().await;
    let admin = server.enrol_client(ROOT, Role::Admin).await;
    run_nightly_job(&admin).await;
    let mut browser = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    for page in PAGES {
        let answer = browser.get(page).await;
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{page}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{page}: {policy}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{page}");
        assert_eq!(answer.header("cache-control"), "no-store", "{page}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{page}");
        let text = body_text(&answer);
        assert!(!text.contains(" style=") && !text.contains(" onclick="), "{page}");
        assert!(!text.contains("<script>"), "{page}: scripts are files");
    }
    server.close().await;
}

fn shown(answer: &HttpAnswer, hidden: &[&str]) -> (u16, String) {
    let text = hidden.iter().fold(body_text(answer), |text, code| text.replace(code, "…"));
    (answer.status, text)
}

#[tokio::test]
async fn a_unit_out_of_sight_answers_as_one_that_does_not_exist() {
    let server = TestServer::start().await;
    let admin = server.enrol_client(ROOT, Role::Admin).await;
    run_nightly_job(&admin).await;
    let mut browser = Browser::signed_in(&server, Role::Reporter, COMMUNE).await;
    assert_eq!(browser.get("/office/today").await.status, 200, "the own unit");
    for page in ["today?campaign=A", "target?campaign=A&target=T1"] {
        let (other, nobody) = (OTHER_COMMUNE, "com-00000-0");
        let of_other = browser.get(&format!("/office/{page}&unit={other}")).await;
        let of_nobody = browser.get(&format!("/office/{page}&unit={nobody}")).await;
        let of_nothing = browser.get("/office/no-such-page").await;
        assert_eq!(of_other.status, 404);
        assert_eq!(shown(&of_other, &[other]), shown(&of_nobody, &[nobody]));
        assert_eq!(shown(&of_other, &[other]), shown(&of_nothing, &[]));
    }
    server.close().await;
}

#[tokio::test]
async fn the_pages_of_another_role_are_refused_by_their_calls() {
    let server = TestServer::start().await;
    let admin = server.enrol_client(ROOT, Role::Admin).await;
    run_nightly_job(&admin).await;
    let mut browser = Browser::signed_in(&server, Role::Reporter, COMMUNE).await;
    let reader = server.enrol_client(COMMUNE, Role::Reporter).await;
    let report = submit_nil_report(&server, &reader).await;
    let mut stranger = Browser::signed_in(&server, Role::Reporter, OTHER_COMMUNE).await;
    let page = format!("/office/report?id={}", encode_hex(&report.id));
    assert_eq!(browser.get(&page).await.status, 200);
    assert_eq!(stranger.get(&page).await.status, 404);
    for page in ["/office/runs", "/office/target?campaign=A&target=T1&view=as-is"] {
        assert!([403, 404].contains(&browser.get(page).await.status), "{page}");
    }
    server.close().await;
}

const SCRIPT: &str = "<script>alert('x')</script>";
const ESCAPED: &str = "&lt;script&gt;alert('x')&lt;/script&gt;";

/// Gives a commune of the example a name with a script in it.
fn rename_unit(server: &TestServer, name: &str) {
    let read = |file: &str| {
        let path = format!("{}/examples/tra-vinh/org/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let units = read("units.csv").replace("29242,Phường 3,", &format!("29242,{name},"));
    assert!(units.contains(name));
    let (parents, lineage) = (read("parents.csv"), read("lineage.csv"));
    let org = read_org(&OrgCsvTexts { units: &units, parents: &parents, lineage: &lineage });
    let system = server.app.system_actor().unwrap();
    server.app.import_org(&system, org.unwrap().facts()).unwrap();
}

#[tokio::test]
async fn a_script_in_the_name_of_a_unit_or_in_a_note_is_text_on_every_page() {
    let server = TestServer::start().await;
    rename_unit(&server, SCRIPT);
    let admin = server.enrol_client(ROOT, Role::Admin).await;
    run_nightly_job(&admin).await;
    let reporter = server.enrol_client(COMMUNE, Role::Reporter).await;
    let mut request = nil_report_request(&server, &reporter, 7);
    request.save.as_mut().unwrap().note = Some(SCRIPT.to_owned());
    report_client(&reporter).save_report(reporter.request(request)).await.unwrap();
    let report = submit_nil_report(&server, &reporter).await;
    let mut leader = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let mut steward = Browser::signed_in(&server, Role::DataSteward, ROOT).await;
    let of_report = format!("/office/report?id={}", encode_hex(&report.id));
    let of_unit = format!("/office/today?unit={COMMUNE}");
    for (page, answer) in [
        (of_report.as_str(), leader.get(&of_report).await),
        (of_unit.as_str(), leader.get(&of_unit).await),
        ("/office/organisation", steward.get("/office/organisation").await),
    ] {
        let text = body_text(&answer);
        assert_eq!(answer.status, 200, "{page}: {text}");
        assert!(text.contains(ESCAPED), "{page} shows the name");
        assert!(!text.contains(SCRIPT), "{page} runs the script");
    }
    server.close().await;
}

#[tokio::test]
async fn a_script_in_a_motto_or_in_the_name_of_a_file_is_text() {
    let server = TestServer::start().await;
    let name = "examples/tra-vinh/campaign-a.toml";
    let path = format!("{}/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let motto = format!("motto = {SCRIPT:?}");
    let lines: Vec<&str> =
        text.lines().map(|line| if line.starts_with("motto = ") { &motto } else { line }).collect();
    assert!(lines.contains(&motto.as_str()), "the example has a motto");
    let campaign = read_campaign_file(name, &lines.join("\n")).unwrap().campaign;
    server.app.apply_campaign(&server.app.system_actor().unwrap(), &campaign).unwrap();
    let mut leader = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let page = body_text(&leader.get("/office/campaigns").await);
    assert!(page.contains(ESCAPED) && !page.contains(SCRIPT), "{page}");

    let mut steward = Browser::signed_in(&server, Role::DataSteward, ROOT).await;
    let token = steward.hidden_field("/office/imports", "form_token").await;
    let id = "07".repeat(16);
    let fields = [
        ("form_token", token.as_str()),
        ("request_id", &id),
        ("kind", "definitions"),
        ("act", "check"),
    ];
    let sent = steward.post_file("/office/imports", &fields, &format!("{SCRIPT}.toml")).await;
    let page = body_text(&sent);
    assert!(page.contains(ESCAPED) && !page.contains(SCRIPT), "{}: {page}", sent.status);
    server.close().await;
}

#[tokio::test]
async fn what_a_stranger_writes_in_an_address_is_text() {
    let server = TestServer::start().await;
    let admin = server.enrol_client(ROOT, Role::Admin).await;
    run_nightly_job(&admin).await;
    let mut browser = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let attack = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    for page in [
        format!("/office/sign-in?next={attack}"),
        format!("/office/today?campaign={attack}"),
        format!("/office/today?campaign=A&phase={attack}"),
        format!("/office/target?campaign=A&target={attack}"),
        format!("/office/standing?id=00&member={attack}"),
        format!("/office/runs?campaign={attack}"),
        format!("/office/{attack}"),
    ] {
        let answer = browser.get(&page).await;
        let text = body_text(&answer);
        assert!(!text.contains("<script>") && !text.contains("alert(1)</script>"), "{page}");
    }
    server.close().await;
}
