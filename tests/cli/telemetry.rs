//! A server that exports its calls and nightly runs to a collector, configured as an operator
//! would.

use super::otlp_collector::{OtlpCollector, attribute_pairs};
use super::serve::{fetch_metrics, free_port};
use super::{CliServer, TestMachine};
use std::time::Duration;
use thidua::pb;
use thidua::pb::org_service_client::OrgServiceClient;

const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[test]
fn an_address_that_is_none_plain_text_beyond_this_machine_and_tls_without_an_authority_are_refused_at_once()
 {
    let machine = TestMachine::new();
    machine.run_ok(&["init"]);
    let refusal = |keys: &[&str]| {
        let keys = keys.iter().flat_map(|key| ["--set", key]);
        let output = machine.run(
            &["serve", "--set", "listen.address=127.0.0.1:0"]
                .into_iter()
                .chain(keys)
                .collect::<Vec<_>>(),
        );
        assert_eq!(output.code, 1, "{output:?}");
        output.err
    };
    assert!(refusal(&["telemetry.otlp=127.0.0.1"]).contains("expected http://HOST:PORT"));
    assert!(refusal(&["telemetry.otlp=http://10.0.0.7:4317"]).contains("PLAINTEXT_REFUSED"));
    assert!(refusal(&["telemetry.otlp=https://10.0.0.7:4317"]).contains("NO_TELEMETRY_CA"));
    let missing = refusal(&["telemetry.otlp=https://10.0.0.7:4317", "telemetry.ca=missing.pem"]);
    assert!(missing.contains("TELEMETRY_CA") && missing.contains("missing.pem"), "{missing}");
    assert!(refusal(&["telemetry.one_in=0"]).contains("one_in"));
}

/// Calls once, as part of the caller's trace.
async fn call_once(address: &str) -> tonic::Code {
    let mut client = OrgServiceClient::connect(address.to_owned()).await.unwrap();
    let mut request = tonic::Request::new(pb::GetUnitRequest::default());
    request
        .metadata_mut()
        .insert("traceparent", format!("00-{TRACE_ID}-00f067aa0ba902b7-01").parse().unwrap());
    client.get_unit(request).await.unwrap_err().code()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_the_log_names_the_trace_of_its_call_and_the_last_ones_are_sent_before_the_server_ends()
 {
    let (collector, address) = OtlpCollector::start().await;
    let machine = TestMachine::with_example();
    let port = free_port();
    let script = format!(
        "exec {} serve --json --set listen.address=127.0.0.1:0 \
         --set listen.plaintext=true --set metrics.address=127.0.0.1:{port} \
         --set telemetry.otlp=http://{address} --set telemetry.node=node-a --set log.format=json \
         --set log.filter=info,thidua::trace=debug 2>log",
        env!("CARGO_BIN_EXE_thidua")
    );
    let mut serving = CliServer::spawn(machine.shell_command(&script));
    assert_eq!(call_once(&serving.address).await, tonic::Code::Unauthenticated);
    // The server runs the missed nightly run when it starts.
    while collector.spans_named("job aggregate").is_empty() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let numbers = fetch_metrics(port);
    assert!(numbers.contains("thidua_telemetry_spans_lost_total 0"), "{numbers}");
    let pid = serving.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(serving.child.wait().unwrap().success());

    let log = std::fs::read_to_string(machine.path("log")).unwrap();
    let line = log.lines().find(|line| line.contains("a call has ended")).unwrap();
    assert!(line.contains(TRACE_ID) && line.contains("thidua.v1.OrgService/GetUnit"), "{line}");
    let [span] = &collector.spans_named("thidua.v1.OrgService/GetUnit")[..] else {
        panic!("{:?}", collector.spans())
    };
    let hex = |id: &[u8]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(hex(&span.trace_id), TRACE_ID);
    let job_span = &collector.spans_named("job aggregate")[0];
    let line = log.lines().find(|line| line.contains(&hex(&job_span.trace_id))).unwrap();
    assert!(line.contains("aggregate"), "the night's line and its trace meet too: {line}");
    assert!(
        collector.resource_attributes().contains(&("service.instance.id".into(), "node-a".into()))
    );
    for number in [
        "rpc.server.call.duration",
        "thidua.head_seq",
        "thidua.backup_behind_changes",
        "thidua.job_last_done_age",
    ] {
        assert!(collector.latest_metric(number).is_some(), "{number}");
    }
    assert!(
        !String::from_utf8_lossy(&collector.bytes()).contains("127.0.0.1"),
        "no address leaves"
    );
    assert!(
        attribute_pairs(&job_span.attributes).iter().any(|(key, _)| key == "thidua.job.run_id")
    );
}
