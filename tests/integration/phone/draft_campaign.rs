//! A campaign that is being written: no phone holds it before it is approved.

use super::{COMMUNE, enrolled_app};
use crate::harness::TestServer;
use thidua::domain::access::permission::Role;
use thidua::domain::campaign::{Campaign, CampaignStatus, CampaignStep};
use thidua::domain::report::form::Catalogue;
use thidua::domain::report::form::Contract;
use thidua::domain::support::time::days_from_date;
use thidua::pb;
use thidua::pb::campaign_service_client::CampaignServiceClient;

const NEW_CONTRACT: &str = "tuan-xa-moi";

/// Applies a draft that names a contract of its own, as one file would.
fn apply_draft(server: &TestServer) {
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let weekly = reference.catalogue.contract("tuan-xa").unwrap().clone();
    let draft = Campaign {
        code: "C".to_owned(),
        status: CampaignStatus::Draft,
        contracts: vec![NEW_CONTRACT.to_owned()],
        targets: Vec::new(),
        activities: Vec::new(),
        ..reference.campaigns[0].clone()
    };
    let contracts = vec![Contract { code: NEW_CONTRACT.to_owned(), ..weekly }];
    let catalogue = Catalogue { contracts, ..Catalogue::default() };
    let system = server.app.system_actor().unwrap();
    server.app.apply_files(&system, &catalogue, &[], &[draft], None).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_and_its_contract_reach_no_phone_and_come_with_the_approval() {
    let server = TestServer::start().await;
    let app = enrolled_app(&server, COMMUNE, Role::Reporter);
    let caller = server.enrol_client(COMMUNE, Role::Reporter).await;
    let owed_contracts = || {
        let summary = app.sync_once().unwrap();
        assert!(summary.digests_match, "{summary:?}");
        let days = [jiff::civil::date(2024, 8, 19), jiff::civil::date(2024, 9, 2)];
        let [from, to] = days.map(days_from_date);
        let due = app.due_reports(from, to).unwrap();
        due.into_iter().map(|due| due.key.contract).collect::<std::collections::BTreeSet<_>>()
    };
    let listed_campaigns = async || {
        let mut client = CampaignServiceClient::new(caller.channel.clone());
        let request = caller.request(pb::ListCampaignsRequest::default());
        let listed = client.list_campaigns(request).await.unwrap().into_inner().campaigns;
        listed.into_iter().map(|one| one.record.unwrap().code).collect::<Vec<_>>()
    };
    let before = owed_contracts();
    assert!(before.contains("tuan-xa"));
    apply_draft(&server);
    assert_eq!(owed_contracts(), before, "a draft asks for nothing");
    assert_eq!(listed_campaigns().await, ["A"]);

    let system = server.app.system_actor().unwrap();
    server.app.advance_campaign(&system, "C", CampaignStep::Approve).unwrap();
    assert!(owed_contracts().contains(NEW_CONTRACT));
    assert_eq!(listed_campaigns().await, ["A", "C"]);
    server.close().await;
}
