//! Sessions of the office: beginning, renewal and end.

use super::{Browser, COMMUNE, PASSWORD, ROOT, SESSION_COOKIE, assert_signed_out, body_text};
use crate::harness::TestServer;
use crate::rpc::desk_session::{create_account_code, set_password};
use crate::rpc::jobs::run_nightly_job;
use crate::rpc::second_factor;
use thidua::auth::{ACCESS_TOKEN_LIFETIME_MICROS, DESK_SESSION_LIFETIME_MICROS};
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::AccountId;

#[tokio::test]
async fn a_person_signs_in_reads_signs_out_and_the_session_is_over_on_the_server_too() {
    let server = TestServer::start().await;
    let admin = server.enrol_client(ROOT, Role::Admin).await;
    run_nightly_job(&admin).await;
    let mut browser = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let today = browser.get("/office/today").await;
    assert_eq!(today.status, 200);
    assert!(body_text(&today).contains("targets: "), "the summary of the targets");
    let session = browser.session().unwrap().clone();
    assert_signed_out(&browser.sign_out().await);
    assert_eq!(browser.session(), None, "the cookie is gone");
    browser.cookies.insert(SESSION_COOKIE.to_owned(), session);
    assert_signed_out(&browser.get("/office/today").await);
    server.close().await;
}

#[tokio::test]
async fn a_session_is_renewed_while_it_is_used_and_ends_with_the_working_day() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let began = server.app.now();
    let first = browser.session().unwrap().clone();
    let step = ACCESS_TOKEN_LIFETIME_MICROS * 2 / 3;
    while server.app.now().0 + step < began.0 + DESK_SESSION_LIFETIME_MICROS {
        server.clock.set(server.app.now().saturating_add_micros(step));
        assert_eq!(browser.get("/office/runs").await.status, 200);
    }
    assert_ne!(browser.session(), Some(&first), "another token than at the beginning");
    browser.cookies.insert(SESSION_COOKIE.to_owned(), first);
    assert_signed_out(&browser.get("/office/runs").await);
    let mut late = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    server.clock.set(server.app.now().saturating_add_micros(ACCESS_TOKEN_LIFETIME_MICROS));
    assert_signed_out(&late.get("/office/runs").await);
    server.close().await;
}

#[tokio::test]
async fn a_request_that_still_has_the_old_token_goes_on_with_its_successor() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let mut other_tab = Browser::open(&server).await;
    other_tab.channel = browser.channel.clone();
    other_tab.cookies = browser.cookies.clone();
    server.clock.set(server.app.now().saturating_add_micros(ACCESS_TOKEN_LIFETIME_MICROS / 2));
    assert_eq!(browser.get("/office/runs").await.status, 200);
    assert_eq!(other_tab.get("/office/runs").await.status, 200);
    assert_eq!(browser.session(), other_tab.session(), "both tabs have the same new token");
    server.close().await;
}

#[tokio::test]
async fn a_revoked_account_is_out_of_every_page_at_once() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    assert_eq!(browser.get("/office/runs").await.status, 200);
    let system = server.app.system_actor().unwrap();
    let account = AccountId::from_code(&format!("{ROOT}-CAMPAIGN_HEAD"));
    for (device, _) in server.app.visible_devices(&system).unwrap() {
        if device.account == account {
            server.app.revoke_device(&system, device.id).unwrap();
        }
    }
    assert_signed_out(&browser.get("/office/runs").await);
    server.close().await;
}

#[tokio::test]
async fn a_session_planted_before_a_sign_in_is_not_the_session_after_it() {
    let server = TestServer::start().await;
    let mut attacker = Browser::signed_in(&server, Role::Reporter, COMMUNE).await;
    let planted = attacker.session().unwrap().clone();
    let code = create_account_code(&server, "lanh-dao", (Role::CampaignHead, ROOT));
    set_password(&server, &code, PASSWORD).await.unwrap();
    let mut victim = Browser::open(&server).await;
    victim.cookies.insert(SESSION_COOKIE.to_owned(), planted.clone());
    victim.sign_in("lanh-dao", PASSWORD, "/office/").await;
    assert_ne!(victim.session(), Some(&planted));
    assert_eq!(victim.get("/office/runs").await.status, 200);
    let refused = attacker.get("/office/runs").await.status;
    assert_eq!(refused, 404, "the attacker's session has its own rights");
    server.close().await;
}

#[tokio::test]
async fn a_sign_in_leads_to_the_page_that_was_asked_for_and_never_to_another_server() {
    let server = TestServer::start().await;
    let mut browser = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let asked = "/office/runs?campaign=A";
    let mut stranger = Browser::open(&server).await;
    let led = stranger.get(asked).await;
    assert_eq!(led.header("location"), "/office/sign-in?next=%2Foffice%2Fruns%3Fcampaign%3DA");
    let label = format!("{ROOT}-CAMPAIGN_HEAD");
    assert_eq!(browser.sign_in(&label, PASSWORD, asked).await.header("location"), asked);
    for elsewhere in ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example"] {
        let answer = browser.sign_in(&label, PASSWORD, elsewhere).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/office/"), "{elsewhere}");
        let language = format!(
            "/office/language?to=en&next={}",
            form_urlencoded::byte_serialize(elsewhere.as_bytes()).collect::<String>()
        );
        assert_eq!(browser.get(&language).await.header("location"), "/office/", "{elsewhere}");
    }
    server.close().await;
}

#[tokio::test]
async fn the_page_has_the_limits_of_the_call_and_keeps_no_name_from_a_stranger() {
    let server = TestServer::start().await;
    let code = create_account_code(&server, "lanh-dao", (Role::CampaignHead, ROOT));
    set_password(&server, &code, PASSWORD).await.unwrap();
    let mut browser = Browser::open(&server).await;
    let wrong = "một câu khác hẳn, cũng dài";
    let of_account = browser.sign_in("lanh-dao", wrong, "").await;
    let of_nobody = browser.sign_in("khong-ai", wrong, "").await;
    assert_eq!((of_account.status, of_nobody.status), (401, 401));
    let said = |text: String| text.replace("khong-ai", "lanh-dao");
    assert_eq!(body_text(&of_account), said(body_text(&of_nobody)));
    let mut limited = 0;
    for _ in 0..12 {
        let answer = browser.sign_in("lanh-dao", wrong, "").await;
        limited += usize::from(answer.status == 429 && !answer.header("retry-after").is_empty());
    }
    assert!(limited > 0, "ten failures of one account from one address");
    server.close().await;
}

#[tokio::test]
async fn an_administrator_needs_a_second_factor_and_the_page_asks_for_its_code() {
    let server = TestServer::start_with_second_factor().await;
    let code = create_account_code(&server, "quan-tri", (Role::Admin, ROOT));
    set_password(&server, &code, PASSWORD).await.unwrap();
    let mut browser = Browser::open(&server).await;
    let refused = browser.sign_in("quan-tri", PASSWORD, "").await;
    assert_eq!(refused.status, 401);
    assert!(body_text(&refused).contains("enrolment code"), "{}", body_text(&refused));
    assert_eq!(browser.session(), None, "the password alone opens nothing");
    let code = create_account_code(&server, "quan-tri", (Role::Admin, ROOT));
    let app = second_factor::enrol(&server, &code).await;
    second_factor::wait_for_next_step(&server);
    let asked = browser.sign_in("quan-tri", PASSWORD, "").await;
    assert_eq!((asked.status, browser.session()), (401, None));
    let fields = [("account", "quan-tri"), ("password", PASSWORD), ("code", &app.code(&server))];
    assert_eq!(browser.post("/office/sign-in", &fields).await.status, 303);
    assert_eq!(browser.get("/office/fleet").await.status, 200);
    server.close().await;
}
