//! Enrolling a second factor in the browser, with a code and with nothing less.

use super::{Browser, PASSWORD, ROOT, body_text};
use crate::harness::{HttpAnswer, TestServer};
use crate::rpc::desk_session::{create_account_code, set_password};
use crate::rpc::second_factor::{AuthenticatorApp, wait_for_next_step};
use thidua::domain::access::permission::Role;

const LABEL: &str = "quan-tri";
const PAGE: &str = "/office/second-factor";
const CONFIRM: &str = "/office/second-factor/confirm";

fn create_code(server: &TestServer) -> String {
    create_account_code(server, LABEL, (Role::Admin, ROOT))
}

/// An administrator with a password and no second factor.
async fn start() -> (TestServer, Browser) {
    let server = TestServer::start_with_second_factor().await;
    set_password(&server, &create_code(&server), PASSWORD).await.unwrap();
    let browser = Browser::open(&server).await;
    (server, browser)
}

fn between(text: &str, before: &str, after: &str) -> String {
    let from = text.find(before).unwrap_or_else(|| panic!("no {before} in {text}")) + before.len();
    text[from..].split(after).next().unwrap().to_owned()
}

/// What a page gives an app, and the fields that its form repeats.
struct Begun {
    app: AuthenticatorApp,
    code: String,
    factor: String,
    secret: String,
}

impl Begun {
    fn read(page: &HttpAnswer) -> Self {
        let text = body_text(page);
        let secret = between(&text, "id=\"secret\">", "<").replace(' ', "");
        Self {
            app: AuthenticatorApp::typed(&secret),
            code: between(&text, "name=\"code\" value=\"", "\""),
            factor: between(&text, "name=\"factor\" value=\"", "\""),
            secret,
        }
    }

    async fn confirm(&self, browser: &mut Browser, app_code: &str) -> HttpAnswer {
        let fields = [("code", &*self.code), ("factor", &*self.factor), ("app-code", app_code)];
        browser.post(CONFIRM, &fields).await
    }
}

async fn sign_in(browser: &mut Browser, app_code: &str) -> HttpAnswer {
    let fields = [("account", LABEL), ("password", PASSWORD), ("code", app_code)];
    browser.post("/office/sign-in", &fields).await
}

#[tokio::test]
async fn an_administrator_enrols_an_app_with_a_code_and_signs_in_with_its_next_one() {
    let (server, mut browser) = start().await;
    assert_eq!(browser.get(PAGE).await.status, 200);
    let page = browser.post(PAGE, &[("code", &create_code(&server))]).await;
    let text = body_text(&page);
    assert_eq!((page.status, page.header("cache-control")), (200, "no-store"), "{text}");
    assert!(text.contains("<svg") && text.matches("<li><code>").count() == 8, "{text}");
    let recovery_code = between(&text, "<li><code>", "<");

    let begun = Begun::read(&page);
    let wrong = begun.confirm(&mut browser, &begun.app.wrong_code(&server)).await;
    let text = body_text(&wrong);
    assert!(wrong.status == 400 && text.contains("role=\"alert\""), "{text}");
    assert!(!text.contains(&begun.secret) && !text.contains(&recovery_code), "shown once");
    assert_eq!(sign_in(&mut browser, "").await.status, 401, "not in effect");
    assert_eq!(begun.confirm(&mut browser, &begun.app.code(&server)).await.status, 200);

    wait_for_next_step(&server);
    assert_eq!(sign_in(&mut browser, "").await.status, 401, "the password alone opens nothing");
    assert_eq!(sign_in(&mut browser, &begun.app.code(&server)).await.status, 303);
    let mut other = Browser::open(&server).await;
    assert_eq!(sign_in(&mut other, &recovery_code).await.status, 303);
    server.close().await;
}

#[tokio::test]
async fn a_code_enrols_one_factor_and_ends_the_sessions_before_it() {
    let (server, mut browser) = start().await;
    let code = create_code(&server);
    let begun = Begun::read(&browser.post(PAGE, &[("code", &code)]).await);
    let other = Begun::read(&browser.post(PAGE, &[("code", &code)]).await);
    assert_ne!(begun.secret, other.secret);
    assert_eq!(begun.confirm(&mut browser, &begun.app.code(&server)).await.status, 200);
    wait_for_next_step(&server);
    assert_eq!(sign_in(&mut browser, &begun.app.code(&server)).await.status, 303);
    let session = browser.session().cloned();
    assert!(session.is_some());

    let again = other.confirm(&mut browser, &other.app.code(&server)).await;
    assert_eq!(again.status, 400, "the code is used");
    assert_eq!(browser.post(PAGE, &[("code", &code)]).await.status, 400);
    assert_eq!(browser.get("/office/fleet").await.status, 200, "the first app is still the one");
    let begun = Begun::read(&browser.post(PAGE, &[("code", &create_code(&server))]).await);
    assert_eq!(begun.confirm(&mut browser, &begun.app.code(&server)).await.status, 200);
    assert_eq!(browser.get("/office/fleet").await.status, 303, "its sessions are over");
    server.close().await;
}

#[tokio::test]
async fn neither_a_session_nor_another_site_nor_a_guess_enrols_a_factor() {
    let (server, _) = start().await;
    let mut leader = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let guesses = ["", "0000-0000-0000-0000", "prov-84-CAMPAIGN_HEAD"];
    for code in guesses {
        let refused = leader.post(PAGE, &[("code", code)]).await;
        assert_eq!(refused.status, 400, "{code}");
        assert!(!body_text(&refused).contains("otpauth"), "{code}");
    }
    let code = create_code(&server);
    for origin in [None, Some("https://elsewhere.example")] {
        for page in [PAGE, CONFIRM] {
            let sent = leader.post_from(origin, page, &[("code", &code)]).await;
            assert_eq!(sent.status, 403, "{origin:?} {page}");
        }
    }
    let mut last = 0;
    for _ in 0..70 {
        last = leader.post(PAGE, &[("code", "0000-0000-0000-0000")]).await.status;
    }
    assert_eq!(last, 429, "guesses of one address are limited");
    server.close().await;
}
