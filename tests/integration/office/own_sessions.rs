//! The page of one's own sessions.

use super::{Browser, COMMUNE, PASSWORD, ROOT, assert_signed_out, body_text};
use crate::harness::{HttpAnswer, TestServer};
use thidua::domain::access::permission::Role;

const LABEL: &str = "prov-84-CAMPAIGN_HEAD";
const PAGE: &str = "/office/sessions";

/// A leader's browsers at three desks.
async fn open_three(server: &TestServer) -> [Browser; 3] {
    let first = Browser::signed_in(server, Role::CampaignHead, ROOT).await;
    let [mut second, mut third] = [Browser::open(server).await, Browser::open(server).await];
    for (browser, minutes) in [(&mut second, 1), (&mut third, 2)] {
        server.clock.set(server.app.now().saturating_add_micros(minutes * 60_000_000));
        assert_eq!(browser.sign_in(LABEL, PASSWORD, "/office/").await.status, 303);
    }
    [first, second, third]
}

/// The sessions that the page lists, in its order.
async fn listed_sessions(browser: &mut Browser) -> Vec<String> {
    let page = body_text(&browser.get(PAGE).await);
    let parts = page.split("name=\"session\" value=\"").skip(1);
    parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
}

/// Sends a form of the page as the page sends it.
async fn send_form(browser: &mut Browser, action: &str, session: &str) -> HttpAnswer {
    let token = browser.hidden_field(PAGE, "form_token").await;
    let request_id = browser.hidden_field(PAGE, "request_id").await;
    let fields = [("form_token", &*token), ("request_id", &*request_id), ("session", session)];
    browser.post(&format!("{PAGE}/{action}"), &fields).await
}

#[tokio::test]
async fn a_leader_ends_the_session_at_another_desk_then_all_others_then_the_present_one() {
    let server = TestServer::start().await;
    let [mut first, mut second, mut third] = open_three(&server).await;
    let sessions = listed_sessions(&mut second).await;
    assert_eq!(sessions.len(), 3);
    let ended = send_form(&mut second, "end", &sessions[0]).await;
    assert_eq!(
        (ended.status, ended.header("location")),
        (303, "/office/sessions?done=sessions-ended")
    );
    assert_signed_out(&third.get(PAGE).await);
    assert_eq!(first.get(PAGE).await.status, 200);
    assert_eq!(send_form(&mut second, "end-others", "").await.status, 303);
    assert_signed_out(&first.get(PAGE).await);
    assert_eq!(listed_sessions(&mut second).await, sessions[1..2]);
    assert_signed_out(&send_form(&mut second, "end", &sessions[1]).await);
    assert_eq!(second.session(), None, "the cookie is gone");
    server.close().await;
}

#[tokio::test]
async fn a_form_without_proof_ends_nothing_and_a_session_of_somebody_else_is_not_there() {
    let server = TestServer::start().await;
    let mut leader = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let mut reporter = Browser::signed_in(&server, Role::Reporter, COMMUNE).await;
    let of_leader = listed_sessions(&mut leader).await.remove(0);
    let own = listed_sessions(&mut reporter).await;
    assert!(!own.contains(&of_leader));
    let foreign = send_form(&mut reporter, "end", &of_leader).await;
    let nobody = send_form(&mut reporter, "end", &"09".repeat(16)).await;
    assert_eq!((foreign.status, body_text(&foreign)), (404, body_text(&nobody)));

    let request_id = "07".repeat(16);
    let fields = [("request_id", &*request_id), ("session", &*own[0])];
    for action in ["end", "end-others"] {
        let path = format!("{PAGE}/{action}");
        assert_eq!(reporter.post(&path, &fields).await.status, 403, "{action}");
        let token = reporter.hidden_field(PAGE, "form_token").await;
        let all = [&fields[..], &[("form_token", &*token)]].concat();
        let elsewhere = Some("https://elsewhere.example");
        assert_eq!(reporter.post_from(elsewhere, &path, &all).await.status, 403, "{action}");
    }
    assert_eq!(leader.get(PAGE).await.status, 200);
    assert_eq!(listed_sessions(&mut reporter).await, own);
    server.close().await;
}
