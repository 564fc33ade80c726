//! The next figure is not weighed against the target: what a screen of entry can show says nothing of targets, and what is not sent yet
//! changes no standing.

use super::{App, COMMUNE, app, cell, first_week};
use crate::harness::Town;
use thidua::domain::permission::Role;
use thidua::domain::time::days_from_date;

/// Everything that the facade gives to a screen on which figures are entered, as text.
fn views_of_entry(app: &App) -> Vec<(&'static str, String)> {
    let from = days_from_date(jiff::civil::date(2024, 8, 19));
    let id = app.report_id(first_week(app));
    vec![
        ("due", format!("{:?}", app.due(from, from + 30))),
        ("report", format!("{:?}", app.report(id))),
        ("reports", format!("{:?}", app.reports())),
        ("blank_form", format!("{:?}", app.blank_form("tuan-xa".to_owned()))),
        ("outbox", format!("{:?}", app.outbox())),
        ("history", format!("{:?}", app.history(50))),
        ("refused", format!("{:?}", app.refused())),
        ("conflicts", format!("{:?}", app.conflicts())),
        ("session", format!("{:?}", app.session())),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_not_sent_yet_are_weighed_against_no_target_and_change_no_standing() {
    let town = Town::open().await;
    let commune = app(&town, COMMUNE, Role::Reporter);
    let system = town.app.system().unwrap();
    town.app.aggregate(&system, |_| Ok(true)).unwrap();
    commune.sync_once().unwrap();
    let published = commune.standings().unwrap();
    assert!(published.iter().any(|one| one.judgement.code == "T1"), "the night's standings are on the phone");

    commune.save_cells(first_week(&commune), vec![cell("so_offences", 7)], None).unwrap();
    assert_eq!(commune.standings().unwrap(), published, "typed and not sent: nobody has judged it");
    commune.sync_once().unwrap();
    assert_eq!(commune.standings().unwrap(), published, "sent and not accepted: nobody has judged it");
    for (view, text) in views_of_entry(&commune) {
        let text = text.to_lowercase();
        assert!(!text.contains("err("), "{view}: {text}");
        for word in
            ["target", "limit", "slack", "pace", "verdict", "behind", "allowed", "baseline", "judgement", "\"t1"]
        {
            assert!(!text.contains(word), "{view} says {word}: {text}");
        }
    }
    town.close().await;
}
