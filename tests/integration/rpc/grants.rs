//! Roles and keys of partner agencies by rpc: given, listed and ended with the rights of the
//! caller, once for each request.

use super::report::error_reason;
use crate::harness::{TestClient, TestServer};
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::{AccountId, UnitId};
use thidua::pb;
use thidua::pb::grant_service_client::GrantServiceClient;
use thidua::pb::partner_service_client::PartnerServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const PROVINCE: &str = "prov-84";
const DISTRICT: &str = "dist-842";
const NEAR: &str = "com-29242-0";
/// A commune of another district.
const FAR: &str = "com-29266-0";

fn service(client: &TestClient) -> GrantServiceClient<Channel> {
    GrantServiceClient::new(client.channel.clone())
}

fn to_grant(label: &str, role: pb::Role, unit: &str) -> pb::RoleToGrant {
    let (account_label, unit_uid) = (label.to_owned(), unit.to_owned());
    pb::RoleToGrant { account_label, role: role.into(), unit_uid, days: None }
}

async fn grant(
    client: &TestClient,
    request: u8,
    grants: &[pb::RoleToGrant],
    validate_only: bool,
) -> Result<pb::GrantRolesResponse, Status> {
    let grants = grants.to_vec();
    let request = pb::GrantRolesRequest { request_id: vec![request; 16], grants, validate_only };
    service(client).grant_roles(client.request(request)).await.map(tonic::Response::into_inner)
}

/// All roles of an account that the caller sees, page by page: label, role, unit.
async fn list(client: &TestClient, label: &str) -> Vec<(String, pb::Role, String)> {
    let account_id = AccountId::from_code(label).0.to_vec();
    let mut request = pb::ListGrantsRequest { page_size: 1, account_id, ..Default::default() };
    let mut all = Vec::new();
    loop {
        let page = service(client).list_grants(client.request(request.clone())).await.unwrap();
        let pb::ListGrantsResponse { grants, next_page_token } = page.into_inner();
        all.extend(grants.into_iter().map(|one| {
            let role = one.role();
            (one.account_label, role, one.unit_uid)
        }));
        if next_page_token.is_empty() {
            return all;
        }
        request.page_token = next_page_token;
    }
}

fn wrong_fields(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let violations = details.bad_request().map(|found| found.field_violations.clone());
    violations.unwrap_or_default().into_iter().map(|one| one.field).collect()
}

#[tokio::test]
async fn roles_are_given_all_or_none_once_and_a_refusal_names_the_place_of_each() {
    let server = TestServer::start().await;
    let district = server.enrol_client(DISTRICT, Role::Admin).await;
    let [near, far] = [NEAR, FAR].map(|unit| to_grant("xa", pb::Role::Reporter, unit));
    let head = to_grant("xa", pb::Role::UnitHead, NEAR);

    let batch = [near.clone(), far, to_grant("xa", pb::Role::Reporter, "com-0")];
    let refused = grant(&district, 1, &batch, false).await.unwrap_err();
    assert_eq!(
        (refused.code(), wrong_fields(&refused)),
        (Code::NotFound, vec!["grants[2].unit_uid".to_owned()])
    );
    let refused = grant(&district, 1, &batch[..2], false).await.unwrap_err();
    assert_eq!(
        (refused.code(), wrong_fields(&refused)),
        (Code::NotFound, vec!["grants[1]".to_owned()])
    );
    let twice = grant(&district, 1, &[near.clone(), near.clone()], false).await.unwrap_err();
    assert_eq!(wrong_fields(&twice), ["grants[1].account_label"]);
    assert_eq!(grant(&district, 1, &[], false).await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(list(&district, "xa").await, [], "none of them");

    let batch = [near.clone(), head];
    let asked = grant(&district, 2, &batch, true).await.unwrap();
    assert_eq!((asked.given, asked.unchanged, asked.applied), (2, 0, false));
    assert_eq!(list(&district, "xa").await, [], "only asked");
    let done = grant(&district, 2, &batch, false).await.unwrap();
    assert_eq!((done.given, done.applied), (2, true));
    assert_eq!(done.account_ids, [AccountId::from_code("xa").0; 2].map(Vec::from));
    let again = grant(&district, 2, &batch, false).await.unwrap();
    assert_eq!((again.given, again.unchanged, again.applied), (0, 0, true), "once");
    let reused = grant(&district, 2, &batch[..1], false).await.unwrap_err();
    assert_eq!(error_reason(&reused), "REQUEST_ID_REUSED");
    let held = grant(&district, 3, &batch, false).await.unwrap();
    assert_eq!((held.given, held.unchanged), (0, 2), "held already");
    let of = |role| ("xa".to_owned(), role, NEAR.to_owned());
    let both = [of(pb::Role::Reporter), of(pb::Role::UnitHead)];
    assert_eq!(list(&district, "xa").await, both);
    server.close().await;
}

#[tokio::test]
async fn a_role_is_ended_by_who_sees_its_unit_and_a_label_is_told_to_who_sees_all_of_them() {
    let server = TestServer::start().await;
    let province = server.enrol_client(PROVINCE, Role::Admin).await;
    let district = server.enrol_client(DISTRICT, Role::Admin).await;
    let reporter = server.enrol_client(NEAR, Role::Reporter).await;
    let both = [NEAR, FAR].map(|unit| to_grant("hai-xa", pb::Role::Reporter, unit));
    grant(&province, 1, &both, false).await.unwrap();
    let of = |label: &str, unit: &str| (label.to_owned(), pb::Role::Reporter, unit.to_owned());
    assert_eq!(list(&province, "hai-xa").await, [of("hai-xa", NEAR), of("hai-xa", FAR)]);
    assert_eq!(list(&district, "hai-xa").await, [of("", NEAR)], "the other unit is not its own");
    assert_eq!(list(&reporter, "hai-xa").await, []);

    let end = |request, unit: &str, validate_only| pb::EndGrantRequest {
        request_id: vec![request; 16],
        account_id: AccountId::from_code("hai-xa").0.to_vec(),
        role: pb::Role::Reporter.into(),
        unit_id: UnitId::from_code(unit).0.to_vec(),
        validate_only,
    };
    let far = service(&district).end_grant(district.request(end(2, FAR, false))).await;
    assert_eq!(far.unwrap_err().code(), Code::NotFound, "out of sight");
    let denied = service(&reporter).end_grant(reporter.request(end(2, NEAR, false))).await;
    assert_eq!(denied.unwrap_err().code(), Code::PermissionDenied);
    for (validate_only, held) in [(true, true), (false, true), (false, false)] {
        let request = district.request(end(3, NEAR, validate_only));
        let ended = service(&district).end_grant(request).await.unwrap().into_inner();
        assert_eq!(ended.grant.map(|one| one.unit_uid), held.then(|| NEAR.to_owned()));
    }
    let twice = service(&district).end_grant(district.request(end(4, NEAR, false))).await;
    assert_eq!(twice.unwrap_err().code(), Code::NotFound, "it is not held any more");
    assert_eq!(list(&province, "hai-xa").await, [of("hai-xa", FAR)]);
    server.close().await;
}

#[tokio::test]
async fn a_key_tells_its_secret_once_and_opens_nothing_after_its_revocation() {
    let server = TestServer::start().await;
    let admin = server.enrol_client(PROVINCE, Role::Admin).await;
    let court = to_grant("toa-an", pb::Role::PartnerReader, PROVINCE);
    let account_id = grant(&admin, 1, &[court], false).await.unwrap().account_ids.remove(0);
    let issue = |request, valid_days, validate_only| {
        admin.request(pb::IssueServiceKeyRequest {
            request_id: vec![request; 16],
            account_id: account_id.clone(),
            unit_id: UnitId::from_code(PROVINCE).0.to_vec(),
            campaign_id: Vec::new(),
            allowed_calls: vec![pb::PartnerCall::Runs.into()],
            valid_days,
            validate_only,
            contracts: Vec::new(),
        })
    };
    let too_long = service(&admin).issue_service_key(issue(2, 366, false)).await.unwrap_err();
    assert_eq!(
        (too_long.code(), wrong_fields(&too_long)),
        (Code::FailedPrecondition, vec!["days".to_owned()])
    );
    let asked = service(&admin).issue_service_key(issue(3, 30, true)).await.unwrap().into_inner();
    assert_eq!((asked.secret.as_str(), asked.first_answer), ("", false));
    let first = service(&admin).issue_service_key(issue(3, 30, false)).await.unwrap().into_inner();
    let again = service(&admin).issue_service_key(issue(3, 30, false)).await.unwrap().into_inner();
    assert!(first.first_answer && !first.secret.is_empty());
    assert_eq!((&again.key, again.secret.as_str(), again.first_answer), (&first.key, "", false));
    let list = pb::ListServiceKeysRequest::default();
    let list = service(&admin).list_service_keys(admin.request(list)).await.unwrap();
    assert_eq!(list.into_inner().keys, first.key.as_slice());

    let mut partner = PartnerServiceClient::new(server.connect().await);
    let mut follow = async || {
        let message = pb::FollowRunsRequest { once: true, ..Default::default() };
        let mut request = tonic::Request::new(message);
        let bearer = format!("Bearer {}", first.secret).parse().unwrap();
        request.metadata_mut().insert("authorization", bearer);
        partner.follow_runs(request).await.map(|_| ()).map_err(|status| status.code())
    };
    assert_eq!(follow().await, Ok(()));
    let key_id = first.key.as_ref().unwrap().id.clone();
    for (request, validate_only, opens) in [(4, true, true), (4, false, false), (5, false, false)] {
        let revoke = pb::RevokeServiceKeyRequest {
            request_id: vec![request; 16],
            key_id: key_id.clone(),
            validate_only,
        };
        let revoked = service(&admin).revoke_service_key(admin.request(revoke)).await.unwrap();
        assert!(revoked.into_inner().key.unwrap().revoked_at.is_some());
        assert_eq!(follow().await.is_ok(), opens);
    }
    server.close().await;
}
