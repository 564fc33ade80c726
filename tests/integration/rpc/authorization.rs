//! Calls every rpc as every role in every relation to the record's unit and compares the results
//! with the permission table.

use super::cards::build_card_requests;
use super::desk_work::{build_desk_lists, build_desk_requests};
use super::handovers::{enter_handover, stock_to_hand_over};
use super::participation::build_participation_requests;
use super::partner::{create_partner_account, create_service_key};
use super::report::{nil_report_request, report_client, submit_nil_report};
use crate::harness::{TestClient, TestServer};
use jiff::civil::date;
use prost::Message;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use thidua::domain::access::partner::PartnerCall;
use thidua::domain::access::permission::{Role, UnitRelation};
use thidua::domain::report::waiver::Waiver;
use thidua::domain::support::ids::{CampaignId, ReportId, UnitId};
use thidua::domain::support::time::{Timestamp, days_from_date};
use thidua::grpc::rpc_access::{RpcAccess, required_access};
use thidua::jobs;
use thidua::pb::quality_service_client::QualityServiceClient;
use thidua::pb::{self, Rpc};
use tonic::client::Grpc;
use tonic::{Code, Status};
use tonic_prost::ProstCodec;

const COMMUNE: &str = "com-29242-0";
const ROOT: &str = "prov-84";
/// What the account of a partner may read.
const READS: [PartnerCall; 2] = [PartnerCall::Runs, PartnerCall::Standings];

/// The unit of the records in the requests, and a unit in each relation to it.
fn relation_holders(rpc: Rpc) -> Vec<(UnitRelation, &'static str)> {
    const AT_ROOT: [Rpc; 22] = [
        Rpc::ListJobs,
        Rpc::ListJobRuns,
        Rpc::GetServerHealth,
        Rpc::RunJob,
        Rpc::CancelJob,
        Rpc::ListAuditEntries,
        Rpc::VerifyAudit,
        Rpc::ProposeWaiver,
        Rpc::SettleWaiver,
        Rpc::ReopenCampaign,
        Rpc::ApplyCampaigns,
        Rpc::StepCampaign,
        Rpc::RehearseCampaign,
        Rpc::ListRuns,
        Rpc::VerifyRun,
        Rpc::DiffRuns,
        Rpc::ListStandingsOfRun,
        Rpc::ListBaselines,
        Rpc::StepAward,
        Rpc::ProposeHandover,
        Rpc::SettleHandover,
        Rpc::RehearseOrganisation,
    ];
    if AT_ROOT.contains(&rpc) {
        return vec![(UnitRelation::Own, ROOT), (UnitRelation::Other, "dist-842")];
    }
    vec![
        (UnitRelation::Own, COMMUNE),
        (UnitRelation::Above, "dist-842"),
        (UnitRelation::Above, ROOT),
        (UnitRelation::Other, "com-29245-0"),
    ]
}

/// Calls any rpc and returns its first response message.
async fn call_rpc(phone: &TestClient, rpc: Rpc, message: Vec<u8>) -> Result<Vec<u8>, Status> {
    let mut client = Grpc::new(phone.channel.clone());
    client.ready().await.unwrap();
    let path = rpc.path().parse().unwrap();
    let answer = client
        .server_streaming(
            phone.request(RawMessage(message)),
            path,
            ProstCodec::<RawMessage, RawMessage>::default(),
        )
        .await?;
    Ok(answer.into_inner().message().await?.map_or_else(Vec::new, |first| first.0))
}

/// A message given as its encoded bytes.
#[derive(Debug, Default, Clone)]
struct RawMessage(Vec<u8>);

impl Message for RawMessage {
    fn encode_raw(&self, buf: &mut impl prost::bytes::BufMut) {
        buf.put_slice(&self.0);
    }
    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: prost::encoding::WireType,
        buf: &mut impl prost::bytes::Buf,
        ctx: prost::encoding::DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        self.0.push(1);
        prost::encoding::skip_field(wire_type, tag, buf, ctx)
    }
    fn encoded_len(&self) -> usize {
        self.0.len()
    }
    fn clear(&mut self) {
        self.0.clear();
    }
}

/// A request for each rpc that needs an action on the commune (jobs and audit: on the root),
/// complete enough to reach the permission check.
fn build_requests(
    server: &TestServer,
    author: &TestClient,
    sent: &pb::Report,
    other_requests: ([Vec<u8>; 2], Vec<u8>),
) -> BTreeMap<&'static str, Vec<u8>> {
    // Each request has its own id: an id serves one request of an account.
    let next_id = std::cell::Cell::new(100u8);
    let id = || vec![next_id.replace(next_id.get() + 1); 16];
    let others = [
        build_report_requests(server, author, sent, id),
        build_standing_requests(server),
        build_conclusion_requests(&sent.id, id),
        build_campaign_requests(id),
        build_grant_requests(server, &other_requests.0[1], id),
        build_card_requests(id),
        build_participation_requests(id),
        build_run_requests(server, id),
        build_two_person_requests(server, id),
        build_desk_requests(COMMUNE),
        build_other_requests(other_requests, id),
    ];
    let others = others.into_iter().flatten();
    others.map(|(rpc, message)| (rpc.path(), message)).collect()
}

/// The same for the report of the commune.
fn build_report_requests(
    server: &TestServer,
    author: &TestClient,
    sent: &pb::Report,
    id: impl Fn() -> Vec<u8>,
) -> Vec<(Rpc, Vec<u8>)> {
    let report_id = sent.id.clone();
    let content_hash = sent.record.as_ref().unwrap().content_hash.clone();
    let question = Some(pb::Question { code: "EXPLAIN".into(), text: "Vì sao?".into() });
    vec![
        (Rpc::CreateEnrolmentCode, {
            let (unit_id, roles) =
                (UnitId::from_code(COMMUNE).0.to_vec(), vec![pb::Role::Reporter.into()]);
            pb::CreateEnrolmentCodeRequest { request_id: id(), unit_id, roles, account_id: vec![] }
                .encode_to_vec()
        }),
        (Rpc::SaveReport, nil_report_request(server, author, 99).encode_to_vec()),
        (Rpc::SubmitReport, {
            let submit = Some(pb::SubmitReport { report_id: report_id.clone(), rules_version: 1 });
            pb::SubmitReportRequest { request_id: id(), acting_unit_id: vec![], submit }
                .encode_to_vec()
        }),
        (Rpc::ReturnReport, {
            let (report_id, content_hash) = (report_id.clone(), content_hash.clone());
            let back = Some(pb::ReturnReport { report_id, content_hash, question });
            pb::ReturnReportRequest { request_id: id(), return_report: back }.encode_to_vec()
        }),
        (Rpc::AcceptReport, {
            let accept = Some(pb::AcceptReport { report_id: report_id.clone(), content_hash });
            pb::AcceptReportRequest { request_id: id(), accept }.encode_to_vec()
        }),
        (Rpc::AddComment, {
            let (report_id, comment_id, text) = (report_id.clone(), id(), "xem lại".to_owned());
            let comment = Some(pb::AddComment { report_id, comment_id, text });
            pb::AddCommentRequest { request_id: id(), comment }.encode_to_vec()
        }),
        (Rpc::SettleConflict, {
            let settle = Some(pb::SettleConflict { conflict_id: id(), ..Default::default() });
            pb::SettleConflictRequest { request_id: id(), settle }.encode_to_vec()
        }),
        (Rpc::GetReport, pb::GetReportRequest { report_id: report_id.clone() }.encode_to_vec()),
        (
            Rpc::ListRevisions,
            pb::ListRevisionsRequest { report_id, ..Default::default() }.encode_to_vec(),
        ),
    ]
}

/// The same for a standing of the commune.
fn build_standing_requests(server: &TestServer) -> Vec<(Rpc, Vec<u8>)> {
    let standings = server
        .app
        .visible_standings(&server.app.system_actor().unwrap(), CampaignId::from_code("A"))
        .unwrap();
    let own = standings.iter().find(|one| one.unit == UnitId::from_code(COMMUNE)).unwrap();
    let standing_id = own.id().0.to_vec();
    vec![
        (
            Rpc::GetStanding,
            pb::GetStandingRequest { standing_id: standing_id.clone() }.encode_to_vec(),
        ),
        (
            Rpc::ListStandingReports,
            pb::ListStandingReportsRequest { standing_id, ..Default::default() }.encode_to_vec(),
        ),
    ]
}

/// The same for requests about roles and keys. Nothing of them is written.
fn build_grant_requests(
    server: &TestServer,
    holder: &[u8],
    id: impl Fn() -> Vec<u8>,
) -> Vec<(Rpc, Vec<u8>)> {
    create_partner_account(server);
    let (key, _) = create_service_key(server, COMMUNE, None, &READS);
    let (unit_id, role) = (UnitId::from_code(COMMUNE).0.to_vec(), pb::Role::Reporter.into());
    let new = pb::RoleToGrant {
        account_label: "xa-moi".into(),
        role,
        unit_uid: COMMUNE.into(),
        days: None,
    };
    let grant = pb::GrantRolesRequest { request_id: id(), grants: vec![new], validate_only: true };
    let end = pb::EndGrantRequest {
        request_id: id(),
        account_id: holder.to_vec(),
        role,
        unit_id: unit_id.clone(),
        validate_only: true,
    };
    // The account reads nothing: the key is refused after the rights were checked.
    let issue = pb::IssueServiceKeyRequest {
        request_id: id(),
        account_id: holder.to_vec(),
        unit_id,
        allowed_calls: vec![pb::PartnerCall::Runs.into()],
        valid_days: 30,
        validate_only: true,
        ..Default::default()
    };
    let (request_id, key_id) = (id(), key.0.to_vec());
    let revoke = pb::RevokeServiceKeyRequest { request_id, key_id, validate_only: true };
    let account_id = holder.to_vec();
    let revoke_account =
        pb::RevokeAccountRequest { request_id: id(), account_id, validate_only: true };
    vec![
        (Rpc::GrantRoles, grant.encode_to_vec()),
        (Rpc::EndGrant, end.encode_to_vec()),
        (Rpc::IssueServiceKey, issue.encode_to_vec()),
        (Rpc::RevokeServiceKey, revoke.encode_to_vec()),
        (Rpc::RevokeAccount, revoke_account.encode_to_vec()),
    ]
}

/// The same for reads of runs and baselines.
fn build_run_requests(server: &TestServer, id: impl Fn() -> Vec<u8>) -> Vec<(Rpc, Vec<u8>)> {
    let campaign = CampaignId::from_code("A");
    let run_id = server.app.run_manifests(campaign, 1).unwrap().remove(0).id;
    let list = pb::ListRunsRequest { campaign_id: campaign.0.to_vec(), ..Default::default() };
    let (before_run_id, after_run_id) = (run_id.clone(), run_id.clone());
    let diff = pb::DiffRunsRequest { before_run_id, after_run_id, ..Default::default() };
    let cancel =
        pb::CancelJobRequest { request_id: id(), name: "compact".into(), validate_only: true };
    vec![
        (Rpc::ListRuns, list.encode_to_vec()),
        (
            Rpc::ListStandingsOfRun,
            pb::ListStandingsOfRunRequest { run_id: run_id.clone(), ..Default::default() }
                .encode_to_vec(),
        ),
        (Rpc::VerifyRun, pb::VerifyRunRequest { run_id }.encode_to_vec()),
        (Rpc::DiffRuns, diff.encode_to_vec()),
        (Rpc::ListBaselines, Vec::new()),
        (Rpc::CancelJob, cancel.encode_to_vec()),
    ]
}

/// The same for acts of two persons on awards and stocks. Nothing of them is written.
fn build_two_person_requests(server: &TestServer, id: impl Fn() -> Vec<u8>) -> Vec<(Rpc, Vec<u8>)> {
    let act = pb::step_award_request::Act::Withdraw(pb::WithdrawAward {});
    let award = pb::StepAwardRequest {
        request_id: id(),
        campaign_id: CampaignId::from_code("A").0.to_vec(),
        act: Some(act),
        validate_only: true,
    };
    let propose = pb::ProposeHandoverRequest {
        request_id: id(),
        effective_day: days_from_date(date(2024, 9, 1)),
        basis: "BB 2".into(),
        lines: vec![stock_to_hand_over("dist-844", 3)],
        validate_only: true,
    };
    let handover_id = enter_handover(server).0.to_vec();
    let (request_id, sign) = (id(), false);
    let settle = pb::SettleHandoverRequest { request_id, handover_id, sign, validate_only: true };
    vec![
        (Rpc::StepAward, award.encode_to_vec()),
        (Rpc::ProposeHandover, propose.encode_to_vec()),
        (Rpc::SettleHandover, settle.encode_to_vec()),
    ]
}

/// The same for requests about campaigns. Nothing of them is written.
fn build_campaign_requests(id: impl Fn() -> Vec<u8>) -> Vec<(Rpc, Vec<u8>)> {
    let files = vec![pb::DefinitionFile { name: "x.toml".into(), text: "x = 1".into() }];
    let apply = pb::ApplyCampaignsRequest { request_id: id(), files, ..Default::default() };
    let step = pb::StepCampaignRequest {
        request_id: id(),
        code: "A".into(),
        step: pb::CampaignStep::Approve.into(),
        validate_only: true,
    };
    let act = pb::RehearsedAct::Night.into();
    let rehearse = pb::RehearseCampaignRequest { code: "A".into(), act };
    vec![
        (Rpc::ApplyCampaigns, apply.encode_to_vec()),
        (Rpc::StepCampaign, step.encode_to_vec()),
        (Rpc::RehearseCampaign, rehearse.encode_to_vec()),
    ]
}

/// The same for requests about the conclusion of the campaign. The waiver is refused, because each
/// caller may do that.
fn build_conclusion_requests(report: &[u8], id: impl Fn() -> Vec<u8>) -> Vec<(Rpc, Vec<u8>)> {
    let report_id = ReportId::from_slice(report).unwrap();
    let (request_id, reason) = (id(), "đơn vị bị ngập".to_owned());
    let propose = pb::ProposeWaiverRequest { request_id, report_id: report.to_vec(), reason };
    let waiver_id = Waiver::id_of_report(report_id).0.to_vec();
    let settle = pb::SettleWaiverRequest { request_id: id(), waiver_id, sign: false };
    let (campaign_id, reason) = (CampaignId::from_code("A").0.to_vec(), "số liệu sai".to_owned());
    let reopen =
        pb::ReopenCampaignRequest { request_id: id(), campaign_id, reason, withdraw: false };
    vec![
        (Rpc::ProposeWaiver, propose.encode_to_vec()),
        (Rpc::SettleWaiver, settle.encode_to_vec()),
        (Rpc::ReopenCampaign, reopen.encode_to_vec()),
    ]
}

/// The same for requests about a device, a finding, jobs and the audit.
fn build_other_requests(
    ([stolen, holder], finding): ([Vec<u8>; 2], Vec<u8>),
    id: impl Fn() -> Vec<u8>,
) -> Vec<(Rpc, Vec<u8>)> {
    vec![
        (
            Rpc::RevokeDevice,
            pb::RevokeDeviceRequest { request_id: id(), device_id: stolen }.encode_to_vec(),
        ),
        (
            Rpc::ResetSecondFactor,
            pb::ResetSecondFactorRequest { request_id: id(), account_id: holder }.encode_to_vec(),
        ),
        (Rpc::ReplyFinding, {
            let (state, text) = (pb::FindingState::Explained.into(), "mất sóng".to_owned());
            pb::ReplyFindingRequest { request_id: id(), finding_id: finding.clone(), state, text }
                .encode_to_vec()
        }),
        (Rpc::EscalateFinding, {
            pb::EscalateFindingRequest { request_id: id(), finding_id: finding }.encode_to_vec()
        }),
        (Rpc::ListJobs, Vec::new()),
        (Rpc::ListJobRuns, Vec::new()),
        (Rpc::GetServerHealth, Vec::new()),
        (
            Rpc::RunJob,
            pb::RunJobRequest { request_id: id(), name: "compact".into() }.encode_to_vec(),
        ),
        (Rpc::VerifyAudit, Vec::new()),
        (Rpc::ListAuditEntries, {
            pb::ListAuditEntriesRequest { purpose: "kiểm tra".into(), ..Default::default() }
                .encode_to_vec()
        }),
    ]
}

/// Runs the nightly jobs weeks later: they judge the campaign and open findings for the weeks that
/// the unit did not report. Returns the id of one.
async fn open_finding(server: &TestServer, author: &mut TestClient) -> Vec<u8> {
    server.clock.set(
        Timestamp::from_local_midnight(date(2024, 9, 30)).saturating_add_micros(9 * 3_600_000_000),
    );
    jobs::find_job("quality").unwrap().run_now(&server.app, "test").unwrap();
    server.app.aggregate_campaigns(&server.app.system_actor().unwrap(), |_| Ok(true)).unwrap();
    author.renew_token().await.unwrap();
    let list_request = pb::ListFindingsRequest {
        unit_id: UnitId::from_code(COMMUNE).0.to_vec(),
        ..Default::default()
    };
    let mut quality = QualityServiceClient::new(author.channel.clone());
    let findings = quality.list_findings(author.request(list_request)).await.unwrap();
    findings.into_inner().findings.remove(0).id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_rpc_lets_in_exactly_whom_the_list_of_rights_names() {
    let server = TestServer::start().await;
    let mut author = server.enrol_client(COMMUNE, Role::UnitHead).await;
    let stolen = server.enrol_client(COMMUNE, Role::Reporter).await.device;
    let holder = server.app.active_device(stolen).unwrap().account;
    let stolen = [stolen.0.to_vec(), holder.0.to_vec()];
    let sent = submit_nil_report(&server, &author).await;
    let finding_id = open_finding(&server, &mut author).await;
    let requests = build_requests(&server, &author, &sent, (stolen, finding_id));
    let mut phones: BTreeMap<(&str, Role), TestClient> = BTreeMap::new();
    let mut request = 0;
    for rpc in Rpc::ALL {
        let RpcAccess::OnRecord(actions) = required_access(*rpc) else { continue };
        let Some(message) = requests.get(rpc.path()) else {
            panic!("{rpc:?} asks for an action and has no request here");
        };
        for (relation, unit) in relation_holders(*rpc) {
            for role in Role::ALL.into_iter().filter(|role| *role != Role::System) {
                let phone = match phones.entry((unit, role)) {
                    Entry::Occupied(exists) => exists.into_mut(),
                    Entry::Vacant(new) => new.insert(server.enrol_client(unit, role).await),
                };
                let may = actions.iter().any(|action| action.allowed().contains(&(role, relation)));
                let answer = call_rpc(phone, *rpc, message.clone()).await;
                let code = answer.as_ref().err().map(Status::code);
                let refused = matches!(code, Some(Code::NotFound | Code::PermissionDenied));
                // A conflict that does not exist is NOT_FOUND for everybody, like one that may not
                // be seen.
                let exists = *rpc != Rpc::SettleConflict;
                let case = format!("{rpc:?} by {role:?} of {unit} ({relation:?}): {answer:?}");
                assert!(refused || may, "lets in: {case}");
                assert!(!refused || !may || !exists, "keeps out: {case}");
                request += 1;
            }
        }
    }
    assert!(request > 500, "{request}");
    let report = report_client(&author)
        .get_report(author.request(pb::GetReportRequest { report_id: sent.id }))
        .await;
    assert!(report.is_ok());
    server.close().await;
}

/// A caller without read access gets an empty response or a refusal, never a row.
#[tokio::test]
async fn lists_tell_a_stranger_nothing() {
    let server = TestServer::start().await;
    let author = server.enrol_client(COMMUNE, Role::UnitHead).await;
    submit_nil_report(&server, &author).await;
    let aggregation =
        server.app.aggregate_campaigns(&server.app.system_actor().unwrap(), |_| Ok(true)).unwrap();
    let run_id = aggregation.runs[0].id.0.to_vec();
    create_partner_account(&server);
    create_service_key(&server, COMMUNE, None, &READS);
    enter_handover(&server);
    let unit_id = UnitId::from_code(COMMUNE).0.to_vec();
    let standings = pb::ListStandingsRequest {
        campaign_id: CampaignId::from_code("A").0.to_vec(),
        unit_id: unit_id.clone(),
        ..Default::default()
    };
    let requests = [
        (Rpc::ListReports, pb::ListReportsRequest::default().encode_to_vec()),
        (Rpc::ListStandings, standings.encode_to_vec()),
        (
            Rpc::ListFindings,
            pb::ListFindingsRequest { unit_id: unit_id.clone(), ..Default::default() }
                .encode_to_vec(),
        ),
        (
            Rpc::ListRunStandings,
            pb::ListRunStandingsRequest { run_id: run_id.clone(), ..Default::default() }
                .encode_to_vec(),
        ),
        (Rpc::GetRun, pb::GetRunRequest { run_id }.encode_to_vec()),
        (
            Rpc::ListGrants,
            pb::ListGrantsRequest { unit_id: unit_id.clone(), ..Default::default() }
                .encode_to_vec(),
        ),
        (Rpc::ListServiceKeys, pb::ListServiceKeysRequest::default().encode_to_vec()),
        (Rpc::ListHandovers, pb::ListHandoversRequest::default().encode_to_vec()),
        (Rpc::ListParticipations, pb::ListParticipationsRequest::default().encode_to_vec()),
    ];
    let requests: Vec<_> = requests.into_iter().chain(build_desk_lists(COMMUNE)).collect();
    for role in [Role::PartnerWriter, Role::Admin, Role::PartnerReader] {
        let stranger = server.enrol_client("com-29245-0", role).await;
        for (rpc, message) in &requests {
            // A partner may read any run, but only the standings of its own units.
            if *rpc == Rpc::GetRun && role == Role::PartnerReader {
                continue;
            }
            let answer = call_rpc(&stranger, *rpc, message.clone()).await;
            assert!(
                answer.as_ref().map_or(true, Vec::is_empty),
                "{rpc:?} tells {role:?}: {answer:?}"
            );
        }
    }
    server.close().await;
}
