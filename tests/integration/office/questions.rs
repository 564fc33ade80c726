//! Questions about figures, and the audit, as people read them in the office.

use super::{Browser, COMMUNE, ROOT, body_text};
use crate::harness::TestServer;
use jiff::civil::date;
use thidua::app::audit::AuditFilter;
use thidua::domain::access::permission::Role;
use thidua::domain::support::time::Timestamp;
use thidua::jobs;

const DISTRICT: &str = "dist-842";
const REPLY: &str = "<script>alert(1)</script> tuần đó mất sóng";

#[tokio::test]
async fn a_unit_replies_to_a_question_and_its_reviewer_reads_the_reply_and_looks_at_it_too() {
    let server = TestServer::start().await;
    server.clock.set(Timestamp::from_local_midnight(date(2024, 9, 30)));
    let (app, job) = (server.app.clone(), jobs::find_job("quality").unwrap());
    tokio::task::spawn_blocking(move || job.run_now(&app, "test")).await.unwrap().unwrap();

    let mut head = Browser::signed_in(&server, Role::UnitHead, COMMUNE).await;
    let page = "/office/questions";
    let finding = head.hidden_field(page, "finding").await;
    let (token, id) = (head.hidden_field(page, "form_token").await, "07".repeat(16));
    let fields = [
        ("form_token", token.as_str()),
        ("request_id", &id),
        ("finding", &finding),
        ("kind", "EXPLAINED"),
        ("text", REPLY),
    ];
    let sent = head.post("/office/questions/reply", &fields).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/office/questions?done=replied"));

    let mut reviewer = Browser::signed_in(&server, Role::Reviewer, DISTRICT).await;
    let text = body_text(&reviewer.get(page).await);
    assert!(text.contains("&lt;script&gt;") && !text.contains(REPLY), "{text}");
    let token = reviewer.hidden_field(page, "form_token").await;
    let fields = [("form_token", token.as_str()), ("request_id", &id), ("finding", &finding)];
    let sent = reviewer.post("/office/questions/escalate", &fields).await;
    assert_eq!(sent.header("location"), "/office/questions?done=escalated");
    server.close().await;
}

#[tokio::test]
async fn an_auditor_searches_the_audit_for_a_purpose_that_it_records_and_nobody_else_does() {
    let server = TestServer::start().await;
    let mut auditor = Browser::signed_in(&server, Role::Auditor, ROOT).await;
    let mut leader = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let search = async |browser: &mut Browser, page: &str, purpose: &str, account: &str| {
        let token = browser.hidden_field(page, "form_token").await;
        let fields = [
            ("form_token", token.as_str()),
            ("purpose", purpose),
            ("action", "access."),
            ("account", account),
        ];
        browser.post("/office/audit", &fields).await
    };
    let found = search(&mut auditor, "/office/audit", "kiểm tra quý", "").await;
    let text = body_text(&found);
    assert_eq!(found.status, 200);
    assert!(text.contains("<code>access.enrol</code>") && !text.contains("<code>org."), "{text}");
    let account = "05".repeat(16);
    let of_nobody = search(&mut auditor, "/office/audit", "kiểm tra quý", &account).await;
    assert!(!body_text(&of_nobody).contains("<code>access.enrol</code>"));
    assert_eq!(search(&mut auditor, "/office/audit", " ", "").await.status, 400);
    assert_eq!(search(&mut leader, "/office/runs", "kiểm tra quý", "").await.status, 403);

    let reads = AuditFilter { action_prefix: "audit.read".to_owned(), ..AuditFilter::default() };
    let lines = server.app.store().read(|tx| tx.audit_entries(0, 100, &reads)).unwrap();
    let noted: Vec<_> = lines.iter().map(|line| line.action.as_str()).collect();
    let of_account = format!("audit.read: kiểm tra quý (of {account})");
    assert_eq!(noted, ["audit.read: kiểm tra quý", of_account.as_str()]);
    server.close().await;
}
