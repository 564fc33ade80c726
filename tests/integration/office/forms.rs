//! Forms that other sites and other sessions send.

use super::{Browser, COMMUNE, ROOT};
use crate::harness::TestServer;
use thidua::app::audit::AuditFilter;
use thidua::domain::access::permission::Role;

#[tokio::test]
async fn a_form_of_another_site_is_refused_even_with_every_secret_of_the_page() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let token = browser.hidden_field("/office/runs", "form_token").await;
    for origin in [None, Some("null"), Some("https://elsewhere.example"), Some("http://127.0.0.1")]
    {
        let sent = browser.post_from(origin, "/office/sign-out", &[("form_token", &token)]).await;
        assert_eq!(sent.status, 403, "{origin:?}");
    }
    assert_eq!(browser.get("/office/runs").await.status, 200, "the session is as it was");
    server.close().await;
}

#[tokio::test]
async fn a_form_with_the_token_of_another_session_or_none_is_refused() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let mut other = Browser::signed_in(&server, Role::Admin, ROOT).await;
    let foreign = other.hidden_field("/office/fleet", "form_token").await;
    for fields in [vec![], vec![("form_token", "")], vec![("form_token", foreign.as_str())]] {
        assert_eq!(browser.post("/office/sign-out", &fields).await.status, 403, "{fields:?}");
    }
    assert_eq!(browser.get("/office/runs").await.status, 200, "the session is as it was");
    server.close().await;
}

#[tokio::test]
async fn a_sign_in_of_another_site_begins_no_session() {
    let server = TestServer::start().await;
    let label = format!("{ROOT}-CAMPAIGN_HEAD");
    Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let mut browser = Browser::open(&server).await;
    let fields = [("account", label.as_str()), ("password", super::PASSWORD)];
    let elsewhere = Some("https://elsewhere.example");
    assert_eq!(browser.post_from(elsewhere, "/office/sign-in", &fields).await.status, 403);
    assert_eq!(browser.session(), None);
    server.close().await;
}

#[tokio::test]
async fn a_form_is_bounded_before_it_is_read() {
    let server = TestServer::start().await;
    let mut browser = Browser::open(&server).await;
    let large = "a".repeat(100_000);
    let sent = browser.post("/office/sign-in", &[("account", &large)]).await;
    assert!([400, 413, 429].contains(&sent.status), "{}", sent.status);
    server.close().await;
}

#[tokio::test]
async fn a_form_of_another_role_is_refused_by_its_call_and_an_own_one_is_audited_at_the_desk() {
    let server = TestServer::start().await;
    let mut reporter = Browser::signed_in(&server, Role::Reporter, COMMUNE).await;
    let mut admin = Browser::signed_in(&server, Role::Admin, ROOT).await;
    let request_id = "07".repeat(16);
    let give = async |browser: &mut Browser, page: &str| {
        let token = browser.hidden_field(page, "form_token").await;
        let fields = [
            ("form_token", token.as_str()),
            ("request_id", &request_id),
            ("label", "com-29242-0-REPORTER"),
            ("role", "UNIT_HEAD"),
            ("unit", COMMUNE),
        ];
        browser.post("/office/accounts/grant", &fields).await.status
    };
    assert!([403, 404].contains(&give(&mut reporter, "/office/imports").await));
    assert_eq!(give(&mut admin, "/office/accounts").await, 303);
    assert_eq!(give(&mut admin, "/office/accounts").await, 303, "sent twice");
    let lines =
        server.app.store().read(|tx| tx.audit_entries(0, 10_000, &AuditFilter::default())).unwrap();
    let granted = lines.iter().filter(|line| line.action == "access.enrol");
    let by_desk = granted.filter(|line| line.device.is_some());
    assert_eq!(by_desk.count(), 1, "one line, which names the desk session");
    server.close().await;
}

#[tokio::test]
async fn an_administrator_gives_a_role_on_every_commune_of_a_district_at_once() {
    let server = TestServer::start().await;
    let mut admin = Browser::signed_in(&server, Role::Admin, ROOT).await;
    let token = admin.hidden_field("/office/accounts", "form_token").await;
    let id = "07".repeat(16);
    let mut fields = vec![
        ("form_token", token.as_str()),
        ("request_id", id.as_str()),
        ("role", "REPORTER"),
        ("unit", "dist-842"),
        ("level", "commune"),
        ("label", "bao-cao"),
    ];
    let nameless = admin.post("/office/accounts/grant-below", &fields).await;
    assert_eq!(nameless.status, 400, "one account for all units is no account");
    fields[5] = ("label", "{unit}-bc");
    let given = admin.post("/office/accounts/grant-below", &fields).await;
    assert_eq!(given.header("location"), "/office/accounts?done=granted");
    let page = super::body_text(&admin.get("/office/accounts").await);
    assert!(page.contains(&format!("{COMMUNE}-bc")), "{page}");
    assert!(!page.contains("dist-842-bc"), "the unit itself is not below");
    server.close().await;
}
