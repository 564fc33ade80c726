//! The demo with a part of the whole year of each authority must end with a ledger that balances.

use super::authority::DemoAuthority;
use super::{DemoOptions, run};
use crate::i18n::Lang;
use std::path::PathBuf;

#[test]
fn ten_weeks_of_the_whole_province_three_of_them_without_signal_for_some_end_with_books_that_balance()
 {
    let weeks = std::env::var("THIDUA_DEMO_WEEKS").map_or(10, |weeks| weeks.parse().unwrap());
    assert!(lives_and_balances(DemoAuthority::TraVinh, weeks, None));
}

#[test]
fn seven_months_of_a_health_department_with_a_merger_and_a_silent_station_end_with_books_that_balance()
 {
    let dir = tempfile::tempdir().unwrap();
    assert!(lives_and_balances(DemoAuthority::Health, 7, Some(dir.path().to_owned())));
    let pages = std::fs::read_dir(dir.path().join("brief")).unwrap();
    let pages: Vec<_> = pages.map(|entry| entry.unwrap().path()).collect();
    let page = pages.iter().find(|path| path.extension().is_some_and(|ending| ending == "html"));
    let page = std::fs::read_to_string(page.unwrap()).unwrap().to_lowercase();
    // DỮ LIỆU GIẢ LẬP; what is counted there are cases of a disease, children and sessions.
    for word in ["police", "crime", "offence", "criminal"] {
        assert!(!page.contains(word), "{word}");
    }
}

fn lives_and_balances(authority: DemoAuthority, steps: u8, keep: Option<PathBuf>) -> bool {
    let options = DemoOptions {
        authority,
        steps: Some(steps),
        seed: None,
        keep,
        database: None,
        full: true,
        serve: false,
        tick: 10,
        listen: "127.0.0.1:0".into(),
        allowed_origin: Vec::new(),
    };
    run(&options, Lang::EN).unwrap_or_else(|error| panic!("{error}"))
}
