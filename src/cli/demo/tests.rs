//! The demo with a few weeks of the whole province must end with a ledger that balances.

use super::{DemoOptions, generator, run};
use crate::i18n::Lang;

#[test]
fn ten_weeks_of_the_whole_province_three_of_them_without_signal_for_some_end_with_books_that_balance()
 {
    let options = DemoOptions {
        weeks: std::env::var("THIDUA_DEMO_WEEKS").map_or(10, |weeks| weeks.parse().unwrap()),
        seed: generator::SEED,
        keep: None,
        database: None,
        full: true,
        serve: false,
        tick: 10,
        listen: "127.0.0.1:0".into(),
    };
    assert!(run(&options, Lang::EN).unwrap_or_else(|error| panic!("{error}")));
}
