//! What pages show to whom, and what text from outside can do in them.

use super::{Browser, COMMUNE, OTHER_COMMUNE, ROOT, body_text};
use crate::harness::{HttpAnswer, TestServer};
use crate::rpc::jobs::run_nightly_job;
use crate::rpc::report::submit_nil_report;
use thidua::domain::access::permission::Role;
use thidua::domain::support::hex::encode_hex;

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
