//! Campaigns are defined, approved and rehearsed by rpc, with the rights of the caller.

use super::report::error_reason;
use crate::harness::{TestClient, TestServer};
use thidua::domain::access::permission::Role;
use thidua::pb;
use thidua::pb::campaign_service_client::CampaignServiceClient;
use tonic::Code;
use tonic::transport::Channel;

const PROVINCE: &str = "prov-84";

fn service(client: &TestClient) -> CampaignServiceClient<Channel> {
    CampaignServiceClient::new(client.channel.clone())
}

fn definition(text: String) -> Vec<pb::DefinitionFile> {
    vec![pb::DefinitionFile { name: "campaign-x.toml".into(), text }]
}

/// The example's first campaign under another code.
fn example_campaign() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/tra-vinh/campaign-a.toml");
    std::fs::read_to_string(path).unwrap().replace("code = \"A\"", "code = \"X\"")
}

async fn codes_with_drafts(client: &TestClient) -> Vec<String> {
    let request = pb::ListCampaignsRequest { include_drafts: true, ..Default::default() };
    let listed = service(client).list_campaigns(client.request(request)).await.unwrap();
    let records = listed.into_inner().campaigns.into_iter().filter_map(|one| one.record);
    records.map(|record| record.code).collect()
}

#[tokio::test]
async fn a_campaign_is_checked_applied_approved_and_rehearsed_by_rpc() {
    let server = TestServer::start().await;
    let head = server.enrol_client(PROVINCE, Role::CampaignHead).await;
    let apply = |request, text: String, validate_only| pb::ApplyCampaignsRequest {
        request_id: vec![request; 16],
        files: definition(text),
        basis: String::new(),
        validate_only,
    };

    let wrong = example_campaign().replace("kind = ", "kindd = ");
    let told = service(&head).apply_campaigns(head.request(apply(1, wrong, false))).await.unwrap();
    let told = told.into_inner();
    let error = told.findings.iter().find(|one| one.code == "UNKNOWN_KEY").unwrap();
    assert!(!told.applied && told.changes.is_empty());
    assert_eq!((error.file.as_str(), error.line > 1), ("campaign-x.toml", true), "{error:?}");

    let asked = apply(2, example_campaign(), true);
    let asked = service(&head).apply_campaigns(head.request(asked)).await.unwrap().into_inner();
    assert_eq!((asked.applied, asked.changes.len()), (false, 1), "{asked:?}");
    assert!(asked.changes[0].is_new && asked.changes[0].code == "X");
    assert_eq!(codes_with_drafts(&head).await, ["A"], "only asked");

    let request = apply(2, example_campaign(), false);
    let done = service(&head).apply_campaigns(head.request(request.clone())).await.unwrap();
    assert!(done.into_inner().applied);
    let again = service(&head).apply_campaigns(head.request(request)).await.unwrap().into_inner();
    assert_eq!((again.applied, again.changes.len()), (true, 0), "once");
    let reused = apply(2, example_campaign() + "\n", false);
    let reused = service(&head).apply_campaigns(head.request(reused)).await.unwrap_err();
    assert_eq!(error_reason(&reused), "REQUEST_ID_REUSED");
    assert_eq!(codes_with_drafts(&head).await, ["A", "X"]);

    let step = |request, step: pb::CampaignStep| pb::StepCampaignRequest {
        request_id: vec![request; 16],
        code: "X".into(),
        step: step.into(),
        validate_only: false,
    };
    let too_soon = step(3, pb::CampaignStep::Conclude);
    let too_soon = service(&head).step_campaign(head.request(too_soon)).await.unwrap_err();
    assert_eq!(too_soon.code(), Code::FailedPrecondition);
    for _ in 0..2 {
        let approve = head.request(step(4, pb::CampaignStep::Approve));
        let approved = service(&head).step_campaign(approve).await.unwrap().into_inner();
        assert_eq!(approved.status(), pb::CampaignStatus::Approved, "also when sent again");
    }
    let act = pb::RehearsedAct::Night.into();
    let night = pb::RehearseCampaignRequest { code: "A".into(), act };
    let night = service(&head).rehearse_campaign(head.request(night)).await.unwrap().into_inner();
    assert!(!night.standings.is_empty() && night.phase == 0, "{night:?}");
    server.close().await;
}

#[tokio::test]
async fn who_may_not_define_campaigns_learns_nothing_of_drafts() {
    let server = TestServer::start().await;
    let reporter = server.enrol_client("com-29242-0", Role::Reporter).await;
    let drafts = pb::ListCampaignsRequest { include_drafts: true, ..Default::default() };
    let refused = service(&reporter).list_campaigns(reporter.request(drafts)).await.unwrap_err();
    assert!(matches!(refused.code(), Code::NotFound | Code::PermissionDenied), "{refused:?}");
    let apply = pb::ApplyCampaignsRequest {
        request_id: vec![1; 16],
        files: definition(example_campaign()),
        basis: String::new(),
        validate_only: true,
    };
    let refused = service(&reporter).apply_campaigns(reporter.request(apply)).await.unwrap_err();
    assert!(matches!(refused.code(), Code::NotFound | Code::PermissionDenied), "{refused:?}");
    server.close().await;
}
