//! `thidua standings --live`: the official figures at this moment, and beside them the figures if
//! all submitted reports were accepted.
//!
//! Only for the server's terminal: phones must not show it, so that nobody fits the next figure to
//! the target.

use super::context::{CliContext, LocalApp};
use super::error::CliResult;
use super::standing_format::{coverage_json, coverage_text, judgement_json, shown_text};
use crate::domain::campaign::Campaign;
use crate::domain::org::StructureView;
use crate::domain::report::form::Catalogue;
use crate::domain::standing::{Judgement, Standing, find_comparison};
use crate::domain::support::ids::UnitId;
use crate::i18n::Lang;
use serde_json::{Value, json};

pub(super) fn show_live_standings(
    ctx: &CliContext,
    local_app: &LocalApp,
    campaign: &Campaign,
    (unit, phase): (UnitId, u8),
    catalogue: &Catalogue,
) -> CliResult {
    let of_unit = |mut all: Vec<Standing>| {
        all.retain(|one| one.unit == unit && one.phase == phase);
        all
    };
    let official = of_unit(local_app.app.judge_live(campaign, StructureView::AsWas)?.standings);
    let provisional = of_unit(local_app.app.judge_provisional(campaign)?.standings);
    let output = &ctx.output;
    let both = || official.iter().zip(&provisional);
    if output.json {
        let pair = |(official, provisional): (&Standing, &Standing)| {
            json!({
                "official": judgement_json(&official.judgement, catalogue),
                "provisional": judgement_json(&provisional.judgement, catalogue),
                "judged_through": official.judged_through.map(|day| day.to_string()),
                "coverage": coverage_json(&official.coverage),
            })
        };
        output.print_line(format!("{:#}", Value::Array(both().map(pair).collect())));
        return Ok(());
    }
    let mut rows = Vec::new();
    let table = LiveTable { lang: output.lang, campaign, catalogue };
    both().for_each(|(one, other)| {
        table.push_rows(0, (&one.judgement, &other.judgement), &mut rows);
    });
    let headings = [
        output.text("live-standings-target"),
        output.text("live-standings-accepted"),
        output.text("live-standings-value"),
        output.text("access-state"),
        output.text("live-standings-if-all-accepted"),
        output.text("live-standings-value"),
        output.text("access-state"),
    ];
    output.print_table(&headings, &rows);
    if let Some(one) = official.first() {
        output.print_line(coverage_text(output, &one.coverage));
    }
    output.print_line(output.text("live-standings-right-half-provisional-published"));
    Ok(())
}

struct LiveTable<'a> {
    lang: Lang,
    campaign: &'a Campaign,
    catalogue: &'a Catalogue,
}

impl LiveTable<'_> {
    fn push_rows(
        &self,
        depth: usize,
        (official, provisional): (&Judgement, &Judgement),
        rows: &mut Vec<Vec<String>>,
    ) {
        let comparison = find_comparison(self.campaign, &official.code);
        let half = |judgement: &Judgement| {
            let shown = judgement.shown_figures(comparison, self.catalogue);
            [
                shown_text(shown.now, Some(self.lang)),
                self.lang.numbers(&judgement.display),
                judgement.state.message().text(self.lang),
            ]
        };
        let name = format!("{}{}", "  ".repeat(depth), official.code);
        rows.push([name].into_iter().chain(half(official)).chain(half(provisional)).collect());
        for pair in official.members.iter().zip(&provisional.members) {
            self.push_rows(depth + 1, pair, rows);
        }
    }
}
