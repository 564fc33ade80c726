//! Entry screens do not compare figures with targets: their views contain nothing about targets,
//! and unsent figures change no standing.

use super::{COMMUNE, PhoneApp, cell_entry, enrolled_app, first_week_key};
use crate::harness::TestServer;
use thidua::domain::access::permission::Role;
use thidua::domain::support::time::days_from_date;

/// All facade views for a screen on which figures are entered, as text.
fn collect_entry_views(app: &PhoneApp) -> Vec<(&'static str, String)> {
    let from = days_from_date(jiff::civil::date(2024, 8, 19));
    let id = app.report_id(first_week_key(app));
    vec![
        ("due", format!("{:?}", app.due_reports(from, from + 30))),
        ("report", format!("{:?}", app.report(id))),
        ("reports", format!("{:?}", app.reports())),
        ("blank_form", format!("{:?}", app.blank_form("tuan-xa".to_owned()))),
        ("outbox", format!("{:?}", app.outbox_status())),
        ("history", format!("{:?}", app.command_history(50))),
        ("refused", format!("{:?}", app.refused_commands())),
        ("conflicts", format!("{:?}", app.conflicts())),
        ("session", format!("{:?}", app.session())),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_not_sent_yet_are_weighed_against_no_target_and_change_no_standing() {
    let server = TestServer::start().await;
    let commune = enrolled_app(&server, COMMUNE, Role::Reporter);
    let system = server.app.system_actor().unwrap();
    server.app.aggregate_campaigns(&system, |_| Ok(true)).unwrap();
    commune.sync_once().unwrap();
    let published = commune.standings().unwrap();
    assert!(
        published.iter().any(|one| one.judgement.code == "T1"),
        "the night's standings are on the phone"
    );

    commune.save_cells(first_week_key(&commune), vec![cell_entry("so_offences", 7)], None).unwrap();
    assert_eq!(commune.standings().unwrap(), published, "typed and not sent: nobody has judged it");
    commune.sync_once().unwrap();
    assert_eq!(
        commune.standings().unwrap(),
        published,
        "sent and not accepted: nobody has judged it"
    );
    for (view, text) in collect_entry_views(&commune) {
        let text = text.to_lowercase();
        assert!(!text.contains("err("), "{view}: {text}");
        for word in [
            "target",
            "limit",
            "slack",
            "pace",
            "verdict",
            "behind",
            "allowed",
            "baseline",
            "judgement",
            "\"t1",
        ] {
            assert!(!text.contains(word), "{view} says {word}: {text}");
        }
    }
    server.close().await;
}
