//! The figures of earlier years by rpc, with their source.

use super::partner::import_baseline;
use crate::harness::TestServer;
use thidua::domain::access::permission::Role;
use thidua::pb;
use thidua::pb::baseline_service_client::BaselineServiceClient;
use tonic::Code;

#[tokio::test]
async fn a_data_steward_reads_the_figures_of_one_element_page_by_page_with_their_source() {
    let server = TestServer::start().await;
    import_baseline(&server);
    let system = server.app.system_actor().unwrap();
    let stored = server.app.baselines(&system).unwrap();
    let of_element = stored.iter().filter(|row| row.element.as_str() == "so_offences").count();
    let steward = server.enrol_client("prov-84", Role::DataSteward).await;
    let mut service = BaselineServiceClient::new(steward.channel.clone());
    let mut request = pb::ListBaselinesRequest {
        page_size: 500,
        element_code: "so_offences".into(),
        ..Default::default()
    };
    let mut all = Vec::new();
    loop {
        let page = service.list_baselines(steward.request(request.clone())).await.unwrap();
        let page = page.into_inner();
        all.extend(page.baselines);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!((all.len(), of_element < stored.len()), (of_element, true));
    let is_told = |one: &pb::Baseline| {
        one.element_code == "so_offences"
            && one.status() == pb::BaselineStatus::Final
            && one.source.contains("SYNTHETIC")
            && one.value.is_some_and(|value| value.scale == 0)
            && one.version == 1
    };
    assert!(all.iter().all(is_told), "{:?}", all[0]);
    assert!(all.is_sorted_by_key(|one| (one.unit_uid.clone(), one.days.unwrap().start_day)));

    let reporter = server.enrol_client("com-29242-0", Role::Reporter).await;
    let refused = service.list_baselines(reporter.request(pb::ListBaselinesRequest::default()));
    assert_eq!(refused.await.unwrap_err().code(), Code::NotFound);
    server.close().await;
}
