//! Two offline phones and one report.

use super::{COMMUNE, cell_entry, enrolled_app, first_week_key, presented_figure, report_status};
use crate::harness::TestServer;
use thidua::client::facade::{CellFigure, ReportStatus};
use thidua::domain::access::permission::Role;

#[tokio::test(flavor = "multi_thread")]
async fn s13_different_cells_merge_and_the_same_cell_waits_for_the_unit_head() {
    let server = TestServer::start().await;
    let (one, two) = (
        enrolled_app(&server, COMMUNE, Role::Reporter),
        enrolled_app(&server, COMMUNE, Role::UnitHead),
    );
    let key = first_week_key(&one);
    one.save_cells(
        key.clone(),
        vec![cell_entry("so_offences", 1), cell_entry("reports_received", 5)],
        None,
    )
    .unwrap();
    two.save_cells(
        key.clone(),
        vec![cell_entry("so_offences", 2), cell_entry("reports_handled", 4)],
        None,
    )
    .unwrap();
    assert_eq!(one.sync_once().unwrap().applied, 1);
    let second = two.sync_once().unwrap();
    assert_eq!((second.conflicts, second.digests_match), (1, true), "{second:?}");

    // Nothing is lost: merged cells, the standing value, and the branch.
    for phone in [&one, &two] {
        phone.sync_once().unwrap();
        assert_eq!(
            presented_figure(phone, &key, "so_offences"),
            Some(CellFigure::Reported { value: 1 })
        );
        assert_eq!(
            presented_figure(phone, &key, "reports_received"),
            Some(CellFigure::Reported { value: 5 })
        );
        assert_eq!(
            presented_figure(phone, &key, "reports_handled"),
            Some(CellFigure::Reported { value: 4 })
        );
        assert_eq!(report_status(phone, &key), ReportStatus::Conflict);
    }
    let conflict = two.conflicts().unwrap().remove(0);
    assert_eq!(
        (conflict.branch, conflict.standing),
        (Some(CellFigure::Reported { value: 2 }), Some(CellFigure::Reported { value: 1 }))
    );
    two.settle_conflict(conflict.conflict_id.clone(), true).unwrap();
    assert!(two.settle_conflict(conflict.conflict_id, false).is_err(), "once");
    assert_eq!(two.sync_once().unwrap().applied, 1);
    one.sync_once().unwrap();
    for phone in [&one, &two] {
        assert_eq!(
            presented_figure(phone, &key, "so_offences"),
            Some(CellFigure::Reported { value: 2 })
        );
        assert_eq!(report_status(phone, &key), ReportStatus::Draft);
    }
    assert_eq!(one.scopes().unwrap(), two.scopes().unwrap(), "S21: both hold the same bytes");
    server.close().await;
}
