//! Reads of the organisation and the campaigns.

use crate::harness::TestServer;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::UnitId;
use thidua::pb;
use thidua::pb::campaign_service_client::CampaignServiceClient;
use thidua::pb::org_service_client::OrgServiceClient;
use tonic::Code;
use tonic_types::StatusExt;

#[tokio::test]
async fn the_communes_before_and_after_the_merger_are_counted_page_by_page() {
    let server = TestServer::start().await;
    let phone = server.enrol_client("com-29242-0", Role::Reporter).await;
    let mut client = OrgServiceClient::new(phone.channel.clone());
    for (day, communes) in [((2024, 8, 19), 106), ((2025, 1, 1), 104)] {
        let as_of_day =
            Some(thidua::wire::values::day_to_proto(jiff::civil::date(day.0, day.1, day.2)));
        let mut request = pb::ListUnitsRequest {
            as_of_day,
            kind: pb::UnitKind::Commune.into(),
            page_size: 60,
            ..Default::default()
        };
        let mut seen = 0;
        loop {
            let page =
                client.list_units(phone.request(request.clone())).await.unwrap().into_inner();
            seen += page.units.len();
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(seen, communes, "{day:?}");
        if !request.page_token.is_empty() {
            request.kind = pb::UnitKind::District.into();
            let refused = client.list_units(phone.request(request)).await.unwrap_err();
            assert_eq!(refused.get_error_details().error_info().unwrap().reason, "BAD_PAGE_TOKEN");
        }
    }
    server.close().await;
}

#[tokio::test]
async fn a_unit_is_found_by_its_code_and_a_campaign_by_its_name() {
    let server = TestServer::start().await;
    let phone = server.enrol_client("com-29242-0", Role::Reporter).await;
    let mut org = OrgServiceClient::new(phone.channel.clone());
    let request =
        |uid: &str| pb::GetUnitRequest { unit: Some(pb::get_unit_request::Unit::Uid(uid.into())) };
    let unit = org
        .get_unit(phone.request(request("com-29242-0")))
        .await
        .unwrap()
        .into_inner()
        .unit
        .unwrap();
    assert_eq!(unit.id, UnitId::from_code("com-29242-0").0);
    assert_eq!(unit.record.unwrap().versions[0].official_code, "29242");
    assert_eq!(
        org.get_unit(phone.request(request("com-1"))).await.unwrap_err().code(),
        Code::NotFound
    );

    let mut campaigns = CampaignServiceClient::new(phone.channel.clone());
    let request = pb::GetCampaignRequest {
        campaign: Some(pb::get_campaign_request::Campaign::Code("A".into())),
    };
    let found = campaigns
        .get_campaign(phone.request(request))
        .await
        .unwrap()
        .into_inner()
        .campaign
        .unwrap();
    assert_eq!(found.record.unwrap().phases.len(), 3);
    let list =
        campaigns.list_campaigns(phone.request(pb::ListCampaignsRequest::default())).await.unwrap();
    assert_eq!(list.into_inner().campaigns.len(), 1);
    server.close().await;
}

#[tokio::test]
async fn a_partner_reads_no_organisation() {
    let server = TestServer::start().await;
    let partner = server.enrol_client("prov-84", Role::PartnerReader).await;
    let mut client = OrgServiceClient::new(partner.channel.clone());
    let refused =
        client.list_units(partner.request(pb::ListUnitsRequest::default())).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    server.close().await;
}
