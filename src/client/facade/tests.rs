//! Tests of the public API without a server. Tests with one are in `tests/integration/phone`.

use super::*;
use crate::i18n::Lang;

#[test]
fn nothing_about_targets_can_be_shown_where_figures_are_entered() {
    let files = [
        ("mod", include_str!("mod.rs")),
        ("queries", include_str!("queries.rs")),
        ("local_report", include_str!("local_report.rs")),
        ("review", include_str!("review.rs")),
        ("view_conversion", include_str!("view_conversion.rs")),
        ("values", include_str!("values.rs")),
        ("sync_values", include_str!("sync_values.rs")),
        ("commands", include_str!("commands.rs")),
        ("rebase", include_str!("../rebase.rs")),
    ];
    for (name, text) in files {
        for word in [
            "domain::target_rule",
            "domain::standing",
            "domain::support::ratio",
            "Judgement",
            "decode_standing",
        ] {
            let named = text
                .replace("EachUnitView, EachView, FigureView, JudgementState, JudgementView", "")
                .contains(word);
            assert!(
                !named,
                "facade/{name}.rs names {word}: figures are entered without the target"
            );
        }
    }
}

#[test]
fn stored_data_is_read_only_through_lock_under_lease() {
    let files = [
        ("pending_decisions", include_str!("pending_decisions.rs")),
        ("published_standings", include_str!("published_standings.rs")),
        ("local_report", include_str!("local_report.rs")),
        ("review", include_str!("review.rs")),
        ("standing", include_str!("standing.rs")),
        ("commands", include_str!("commands.rs")),
    ];
    for (name, text) in files {
        assert!(!text.contains("runner.replica()"), "facade/{name}.rs: use `lock_under_lease()`");
    }
    let past = ["runner.replica()", "cached_reference()"]
        .map(|word| include_str!("queries.rs").matches(word).count());
    assert_eq!(past, [2, 1], "only outbox_status and session read without the lease");
}

#[test]
fn a_phone_that_was_never_enrolled_says_so_in_both_languages_and_never_panics() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phone.db");
    let phone = Phone::open_with_clock(&path, Clock::System).unwrap();
    assert_eq!(phone.session(), Ok(None));
    assert_eq!(phone.lease(), Ok(None));
    assert_eq!(phone.reports(), Err(ClientError::NotEnrolled));
    assert_eq!(phone.build_sync_request(false), Err(ClientError::NotEnrolled));
    assert_eq!(phone.due_reports(0, 1), Err(ClientError::NotEnrolled));
    assert_eq!(phone.outbox_status(), Ok(OutboxStatus::default()));
    assert_eq!(phone.standings(), Ok(vec![]));
    let error = phone.build_enrol_request("không phải mã".into()).unwrap_err();
    assert!(error.text(Lang::VI).contains("mã") && error.text(Lang::EN).contains("code"));
    phone.erase_local_data().unwrap();
}

#[cfg(unix)]
#[test]
fn the_file_with_the_phones_key_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phone.db");
    let _phone = Phone::open_with_clock(&path, Clock::System).unwrap();
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
}

#[test]
fn an_app_may_call_from_any_thread() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Phone>();
    is_shared::<ClientError>();
}
