//! Texts that are typed on the phone: the phone and the server store the same form of them, and
//! refuse the same.

use super::{COMMUNE, cell_entry, enrolled_app, first_week_key, report_view};
use crate::harness::TestServer;
use thidua::client::facade::ClientError;
use thidua::domain::access::permission::Role;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_on_the_phone_is_stored_in_one_form_on_both_sides() {
    let server = TestServer::start().await;
    let commune = enrolled_app(&server, COMMUNE, Role::Reporter);
    let key = first_week_key(&commune);
    let cells = vec![cell_entry("so_offences", 1)];
    let typed = "ma\u{301}t so\u{301}ng\r\nba nga\u{300}y";
    commune.save_cells(key.clone(), cells.clone(), Some(typed.into())).unwrap().unwrap();
    assert_eq!(report_view(&commune, &key).note, "mát sóng ba ngày");
    assert!(commune.sync_once().unwrap().digests_match);
    assert_eq!(report_view(&commune, &key).note, "mát sóng ba ngày");
    assert_eq!(
        commune.save_cells(key, cells, Some("mát sóng ba ngày".into())).unwrap(),
        None,
        "the composed text differs in nothing"
    );
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_refuses_a_control_character_or_too_long_a_text_before_it_is_stored() {
    let server = TestServer::start().await;
    let commune = enrolled_app(&server, COMMUNE, Role::Reporter);
    let key = first_week_key(&commune);
    commune.save_cells(key.clone(), vec![cell_entry("so_offences", 1)], None).unwrap().unwrap();
    let id = commune.report_id(key.clone());
    let long = "a".repeat(501);
    for (text, expected) in [
        ("a\u{1b}[2Jb", "CONTROL_CHARACTER"),
        ("a\u{202e}b", "CONTROL_CHARACTER"),
        (long.as_str(), "NOTE_TOO_LONG"),
        ("hỏi +84 (912) 345 678", "NOTE_PERSONAL_DATA"),
    ] {
        let hash = report_view(&commune, &key).content_hash;
        for refused in [
            commune.save_cells(key.clone(), Vec::new(), Some(text.into())).map(|_| ()),
            commune.add_comment(id.clone(), text.into()).map(|_| ()),
            commune
                .return_report(id.clone(), hash.clone(), "EXPLAIN".into(), text.into())
                .map(|_| ()),
        ] {
            let Err(ClientError::Refused { reason, .. }) = refused else { panic!("{refused:?}") };
            assert_eq!(reason, expected, "{text:?}");
        }
    }
    assert_eq!(commune.outbox_status().unwrap().waiting, 1, "only the figures wait");
    server.close().await;
}
