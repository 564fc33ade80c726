//! `thidua quality measure`: measures each quality rule on the synthetic province.

use crate::cli::context::CliContext;
use crate::cli::demo::authority::DemoAuthority;
use crate::cli::demo::generator::Province;
use crate::cli::demo::generator::planted_cases::{RuleMeasurement, measure_rules};
use crate::cli::error::{CliError, CliResult};
use crate::domain::support::message::{Message, message};
use crate::i18n::Lang;

pub(super) fn print_measurements(ctx: &CliContext, weeks: u8) -> CliResult {
    let trouble = |text: String| CliError::new("NO_EXAMPLE", Message::verbatim(text));
    let (authority, seed) = (DemoAuthority::TraVinh, DemoAuthority::TraVinh.plan().seed);
    let province =
        Province::new(authority, seed).map_err(|faults| trouble(faults[0].to_text(Lang::EN)))?;
    let all = measure_rules(&province, weeks).map_err(|error| trouble(error.to_string()))?;
    let output = &ctx.output;
    if output.json {
        let keys = ["rule", "planted", "found", "idle", "looks"];
        let rows: Vec<Vec<String>> =
            all.iter().map(|one| to_table_row(one)[..5].to_vec()).collect();
        output.print_rows(&keys, &keys, &rows);
        return Ok(());
    }
    output.print_line(output.say(message!("measurements-synthetic", seed, weeks)));
    output
        .print_line("| rule | planted | found | asked for nothing | looks | recall | precision |");
    output.print_line("|---|---|---|---|---|---|---|");
    all.iter().for_each(|one| output.print_line(format!("| {} |", to_table_row(one).join(" | "))));
    Ok(())
}

fn to_table_row(one: &RuleMeasurement) -> [String; 7] {
    let RuleMeasurement { rule, planted, found, false_positives: idle, opportunities: looks } = one;
    let share = |part: usize, whole: usize| {
        (part * 100).checked_div(whole).map_or_else(|| "-".to_owned(), |share| format!("{share} %"))
    };
    [
        rule.to_string(),
        planted.to_string(),
        found.to_string(),
        idle.to_string(),
        looks.to_string(),
        share(*found, *planted),
        share(*found, found + idle),
    ]
}
