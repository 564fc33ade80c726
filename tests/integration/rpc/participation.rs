//! How units take part in campaigns by rpc: the acts of a unit, the decision of the unit above on
//! its plan, and the list of both.

use super::report::error_reason;
use crate::harness::{TestClient, TestServer};
use jiff::civil::date;
use prost::Message as _;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::{CampaignId, UnitId};
use thidua::domain::support::time::days_from_date;
use thidua::pb::participation_service_client::ParticipationServiceClient;
use thidua::pb::take_part_request::Act;
use thidua::pb::{self, Rpc};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

const COMMUNE: &str = "com-29242-0";
const DISTRICT: &str = "dist-842";

fn campaign_id() -> Vec<u8> {
    CampaignId::from_code("A").0.to_vec()
}

fn unit_id(uid: &str) -> Vec<u8> {
    UnitId::from_code(uid).0.to_vec()
}

fn service(client: &TestClient) -> ParticipationServiceClient<Channel> {
    ParticipationServiceClient::new(client.channel.clone())
}

async fn take_part(
    client: &TestClient,
    request: u8,
    act: Act,
) -> Result<pb::ParticipationRecord, Status> {
    let request =
        pb::TakePartRequest { request_id: vec![request; 16], validate_only: false, act: Some(act) };
    let answer = service(client).take_part(client.request(request)).await?.into_inner();
    Ok(answer.participation.unwrap().record.unwrap())
}

async fn list(client: &TestClient, unit: &str) -> Vec<pb::Participation> {
    let unit_id = if unit.is_empty() { Vec::new() } else { unit_id(unit) };
    let request = pb::ListParticipationsRequest { unit_id, ..Default::default() };
    let answer = service(client).list_participations(client.request(request)).await.unwrap();
    answer.into_inner().participations
}

fn register() -> pb::RegisterForCampaign {
    pb::RegisterForCampaign {
        campaign_id: campaign_id(),
        unit_id: unit_id(COMMUNE),
        signed_role: "Trưởng Công an phường".into(),
        withdraw: false,
    }
}

fn plan(base_content_hash: Vec<u8>) -> Act {
    Act::SavePlan(pb::SavePlan {
        campaign_id: campaign_id(),
        unit_id: unit_id(COMMUNE),
        document: "KH 12/KH-CAP, 20/8/2024".into(),
        allocations: vec![pb::Allocation {
            target_code: "T1".into(),
            phase_number: Some(1),
            formula_text: "count(so_offences) <= 4".into(),
        }],
        base_content_hash,
    })
}

/// Requests about the participation of the commune, complete enough to reach the permission check.
pub(super) fn build_participation_requests(id: impl Fn() -> Vec<u8>) -> Vec<(Rpc, Vec<u8>)> {
    let take_part = pb::TakePartRequest {
        request_id: id(),
        validate_only: true,
        act: Some(Act::RegisterForCampaign(register())),
    };
    // There is no plan, which is told after the rights were checked.
    let decide = pb::DecideUnitPlanRequest {
        request_id: id(),
        validate_only: true,
        decide: Some(pb::DecidePlan {
            campaign_id: campaign_id(),
            unit_id: unit_id(COMMUNE),
            content_hash: vec![0; 32],
            approve: true,
            remark: String::new(),
        }),
    };
    vec![(Rpc::TakePart, take_part.encode_to_vec()), (Rpc::DecideUnitPlan, decide.encode_to_vec())]
}

fn launch() -> pb::Launch {
    pb::Launch {
        held_day: days_from_date(date(2024, 8, 23)),
        mode: pb::LaunchMode::InPerson.into(),
        attendance: Some(45),
        ..Default::default()
    }
}

fn record_launch() -> Act {
    Act::RecordLaunch(pb::RecordLaunch {
        campaign_id: campaign_id(),
        unit_id: unit_id(COMMUNE),
        launch: Some(launch()),
        base_launch: None,
    })
}

fn record_pledge() -> Act {
    Act::RecordPledge(pb::RecordPledge {
        campaign_id: campaign_id(),
        unit_id: unit_id(COMMUNE),
        body: "YOUTH_UNION".into(),
        pledge: Some(pb::Pledge {
            text_vi: "Tuổi trẻ xung kích".into(),
            signed_role: "Bí thư Đoàn".into(),
            ..Default::default()
        }),
        base_pledge: None,
    })
}

#[tokio::test]
async fn a_unit_takes_part_by_rpc_once_per_request_and_the_unit_above_reads_it() {
    let server = TestServer::start().await;
    let head = server.enrol_client(COMMUNE, Role::UnitHead).await;
    let reviewer = server.enrol_client(DISTRICT, Role::Reviewer).await;
    let neighbour = server.enrol_client("com-29245-0", Role::UnitHead).await;
    let only_asked = pb::TakePartRequest {
        request_id: vec![9; 16],
        validate_only: true,
        act: Some(Act::RegisterForCampaign(register())),
    };
    service(&head).take_part(head.request(only_asked)).await.unwrap();
    assert_eq!(list(&head, "").await, []);

    for _ in 0..2 {
        let act = Act::RegisterForCampaign(register());
        let record = take_part(&head, 1, act).await.unwrap();
        assert_eq!(record.registration.unwrap().signed_role, "Trưởng Công an phường");
    }
    assert_eq!(take_part(&head, 2, record_launch()).await.unwrap().launch, Some(launch()));
    let pledged = take_part(&head, 3, record_pledge()).await.unwrap();
    assert_eq!(pledged.pledges[0].body, "YOUTH_UNION");
    let seen = list(&reviewer, DISTRICT).await;
    assert_eq!(seen[0].record, Some(pledged));
    assert_eq!((seen.len(), seen[0].revision), (1, 3), "each act once");
    assert_eq!(list(&reviewer, COMMUNE).await, seen);
    assert_eq!(list(&neighbour, "").await, []);
    server.close().await;
}

#[tokio::test]
async fn the_unit_above_decides_by_rpc_on_the_plan_that_it_saw() {
    let server = TestServer::start().await;
    let head = server.enrol_client(COMMUNE, Role::UnitHead).await;
    let reviewer = server.enrol_client(DISTRICT, Role::Reviewer).await;
    let drafted = take_part(&head, 4, plan(Vec::new())).await.unwrap();
    let content_hash = drafted.plans[0].content_hash.clone();
    let submit = Act::SubmitPlan(pb::SubmitPlan {
        campaign_id: campaign_id(),
        unit_id: unit_id(COMMUNE),
        content_hash: content_hash.clone(),
    });
    take_part(&head, 5, submit).await.unwrap();
    let decide = |request, approve, remark: &str| pb::DecideUnitPlanRequest {
        request_id: vec![request; 16],
        validate_only: false,
        decide: Some(pb::DecidePlan {
            campaign_id: campaign_id(),
            unit_id: unit_id(COMMUNE),
            content_hash: content_hash.clone(),
            approve,
            remark: remark.into(),
        }),
    };
    let returned = reviewer.request(decide(6, false, "bổ sung đợt 2"));
    service(&reviewer).decide_unit_plan(returned).await.unwrap();
    let seen = list(&head, "").await;
    let record = seen[0].record.as_ref().unwrap();
    assert_eq!(record.plans[0].status(), pb::PlanStatus::Returned);
    assert_eq!(record.plans[0].remark, "bổ sung đợt 2");
    let again = reviewer.request(decide(7, true, ""));
    let again = service(&reviewer).decide_unit_plan(again).await.unwrap_err();
    assert_eq!(error_reason(&again), "WORKFLOW_FORBIDS", "it was returned");
    server.close().await;
}

#[tokio::test]
async fn what_is_wrong_with_an_act_is_told_by_field_and_a_stranger_learns_nothing() {
    let server = TestServer::start().await;
    let head = server.enrol_client(COMMUNE, Role::UnitHead).await;
    let reviewer = server.enrol_client(DISTRICT, Role::Reviewer).await;
    let nothing = pb::TakePartRequest { request_id: vec![1; 16], ..Default::default() };
    let nothing = service(&head).take_part(head.request(nothing)).await.unwrap_err();
    let fields = nothing.get_error_details().bad_request().unwrap().field_violations.clone();
    assert_eq!(fields[0].field, "act");
    let act = Act::SavePlan(pb::SavePlan {
        unit_id: vec![1],
        allocations: vec![pb::Allocation { formula_text: "count(".into(), ..Default::default() }],
        base_content_hash: vec![1],
        ..Default::default()
    });
    let wrong = take_part(&head, 2, act).await.unwrap_err();
    let fields = wrong.get_error_details().bad_request().unwrap().field_violations.clone();
    let fields: Vec<_> = fields.into_iter().map(|one| one.field).collect();
    assert_eq!(fields, ["campaign_id", "unit_id", "base_content_hash", "allocations[0]"]);

    let unknown = pb::RegisterForCampaign { campaign_id: vec![7; 16], ..register() };
    let unknown = take_part(&head, 3, Act::RegisterForCampaign(unknown)).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let above = take_part(&reviewer, 4, Act::RegisterForCampaign(register())).await.unwrap_err();
    assert_eq!(above.code(), Code::PermissionDenied, "who reviews does not enter");
    let elsewhere = pb::RegisterForCampaign { unit_id: unit_id("com-29245-0"), ..register() };
    let elsewhere = take_part(&head, 5, Act::RegisterForCampaign(elsewhere)).await.unwrap_err();
    assert_eq!(elsewhere.code(), Code::NotFound);
    let reused = take_part(&head, 3, Act::RegisterForCampaign(register())).await;
    assert!(reused.is_ok(), "a refused request used up no id");
    server.close().await;
}
