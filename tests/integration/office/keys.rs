//! Issuing a key to a partner agency in the browser.

use super::{Browser, COMMUNE, ROOT, body_text};
use crate::harness::{HttpAnswer, TestServer};
use crate::rpc::partner::create_partner_account;
use thidua::domain::access::permission::Role;
use thidua::domain::support::hex::encode_hex;
use thidua::domain::support::ids::UnitId;
use thidua::pb;
use thidua::pb::partner_service_client::PartnerServiceClient;
use tonic::Request;

const ISSUE: &str = "/office/keys/issue";

/// A form as the page sends it, with other values of some fields.
struct IssueForm {
    form_token: String,
    request_id: String,
    holder: String,
}

impl IssueForm {
    async fn open(server: &TestServer, admin: &mut Browser) -> Self {
        let (account, unit) = (create_partner_account(server), UnitId::from_code(ROOT));
        Self {
            form_token: admin.hidden_field("/office/keys", "form_token").await,
            request_id: admin.hidden_field("/office/keys", "request_id").await,
            holder: format!("{}.{}", encode_hex(&account.0), encode_hex(&unit.0)),
        }
    }

    async fn send(&self, browser: &mut Browser, other: &[(&str, &str)]) -> HttpAnswer {
        let mut fields = vec![
            ("form_token", &*self.form_token),
            ("request_id", &*self.request_id),
            ("holder", &*self.holder),
            ("days", "30"),
            ("runs", "1"),
        ];
        fields.retain(|(name, _)| !other.iter().any(|(changed, _)| changed == name));
        browser.post(ISSUE, &[&fields, other].concat()).await
    }
}

fn read_secret(answer: &HttpAnswer) -> Option<String> {
    let text = body_text(answer);
    let (_, after) = text.split_once("id=\"secret\">")?;
    Some(after.split('<').next().unwrap().to_owned())
}

async fn follow_runs(server: &TestServer, secret: &str) -> Result<(), tonic::Status> {
    let mut request = Request::new(pb::FollowRunsRequest { once: true, ..Default::default() });
    request.metadata_mut().insert("authorization", format!("Bearer {secret}").parse().unwrap());
    PartnerServiceClient::new(server.connect().await).follow_runs(request).await.map(|_| ())
}

#[tokio::test]
async fn an_administrator_issues_a_key_whose_secret_is_shown_once_and_opens_what_it_says() {
    let server = TestServer::start().await;
    let mut admin = Browser::signed_in(&server, Role::Admin, ROOT).await;
    let before = body_text(&admin.get("/office/keys").await);
    assert!(before.contains("PARTNER_READER") && !before.contains(ISSUE), "no partner yet");
    let form = IssueForm::open(&server, &mut admin).await;
    assert!(body_text(&admin.get("/office/keys").await).contains(&form.holder));
    let issued = form.send(&mut admin, &[]).await;
    assert_eq!((issued.status, issued.header("cache-control")), (200, "no-store"));
    let secret = read_secret(&issued).unwrap();
    follow_runs(&server, &secret).await.unwrap();
    let again = form.send(&mut admin, &[]).await;
    assert_eq!((again.status, read_secret(&again)), (200, None), "sent twice");
    let page = body_text(&admin.get("/office/keys").await);
    assert!(!page.contains(&secret));
    assert_eq!(page.matches("name=\"key\"").count(), 1, "one key");

    let key = admin.hidden_field("/office/keys", "key").await;
    let request_id = admin.hidden_field("/office/keys", "request_id").await;
    let fields = [("form_token", &*form.form_token), ("request_id", &*request_id), ("key", &*key)];
    assert_eq!(admin.post("/office/keys/revoke", &fields).await.status, 303);
    follow_runs(&server, &secret).await.unwrap_err();
    server.close().await;
}

#[tokio::test]
async fn a_form_that_is_wrong_is_asked_again_and_one_without_proof_or_right_issues_nothing() {
    let server = TestServer::start().await;
    let mut admin = Browser::signed_in(&server, Role::Admin, ROOT).await;
    let form = IssueForm::open(&server, &mut admin).await;
    let no_call: &[(&str, &str)] = &[("runs", "")];
    for wrong in
        [no_call, &[("days", "366")], &[("unit", "com-00000-0")], &[("contracts", "nobody")]]
    {
        let refused = form.send(&mut admin, wrong).await;
        let text = body_text(&refused);
        assert_eq!(refused.status, 400, "{wrong:?} {text}");
        assert!(text.contains("role=\"alert\"") && text.contains(ISSUE), "{wrong:?} {text}");
    }
    assert_eq!(form.send(&mut admin, &[("form_token", "")]).await.status, 403);
    assert_eq!(form.send(&mut admin, &[("holder", "nobody")]).await.status, 400);
    let mut reporter = Browser::signed_in(&server, Role::Reporter, COMMUNE).await;
    let token = reporter.hidden_field("/office/sessions", "form_token").await;
    let refused = form.send(&mut reporter, &[("form_token", &token)]).await;
    assert!(refused.status >= 400 && read_secret(&refused).is_none());
    let page = body_text(&admin.get("/office/keys").await);
    assert_eq!(page.matches("name=\"key\"").count(), 0, "no key");
    server.close().await;
}
