//! Two phones that never met, and one report.

use super::{COMMUNE, app, cell, first_week, shown, status};
use crate::harness::Town;
use thidua::client::facade::{Figure, ReportStatus};
use thidua::domain::permission::Role;

#[tokio::test(flavor = "multi_thread")]
async fn s13_different_cells_merge_and_the_same_cell_waits_for_the_unit_head() {
    let town = Town::open().await;
    let (one, two) = (app(&town, COMMUNE, Role::Reporter), app(&town, COMMUNE, Role::UnitHead));
    let key = first_week(&one);
    one.save_cells(key.clone(), vec![cell("so_offences", 1), cell("reports_received", 5)], None).unwrap();
    two.save_cells(key.clone(), vec![cell("so_offences", 2), cell("reports_handled", 4)], None).unwrap();
    assert_eq!(one.sync_once().unwrap().applied, 1);
    let second = two.sync_once().unwrap();
    assert_eq!((second.conflicts, second.agrees), (1, true), "{second:?}");

    // Nothing is lost in silence: merged cells, the standing value, and the branch beside it.
    for phone in [&one, &two] {
        phone.sync_once().unwrap();
        assert_eq!(shown(phone, &key, "so_offences"), Some(Figure::Reported(1)));
        assert_eq!(shown(phone, &key, "reports_received"), Some(Figure::Reported(5)));
        assert_eq!(shown(phone, &key, "reports_handled"), Some(Figure::Reported(4)));
        assert_eq!(status(phone, &key), ReportStatus::Conflict);
    }
    let conflict = two.conflicts().unwrap().remove(0);
    assert_eq!((conflict.branch, conflict.standing), (Some(Figure::Reported(2)), Some(Figure::Reported(1))));
    two.settle(conflict.conflict_id.clone(), true).unwrap();
    assert!(two.settle(conflict.conflict_id, false).is_err(), "once");
    assert_eq!(two.sync_once().unwrap().applied, 1);
    one.sync_once().unwrap();
    for phone in [&one, &two] {
        assert_eq!(shown(phone, &key, "so_offences"), Some(Figure::Reported(2)));
        assert_eq!(status(phone, &key), ReportStatus::Draft);
    }
    assert_eq!(one.scopes().unwrap(), two.scopes().unwrap(), "S21: both hold the same bytes");
    town.close().await;
}
