//! `thidua standings`: the state of the targets as last published, or judged now with `--now`.
//!
//! Only accepted figures count. Units are in code order; units must not be ranked.

use super::context::CliContext;
use super::desk::{Desk, RunMoment};
use super::error::{CliError, CliResult};
use super::live_standings;
use super::lookup::find_campaign;
use super::output::Output;
use super::standing_drilldown::{DrilldownContext, show_drilldown};
use super::standing_format::{coverage_text, reasons_text, shown_text, standing_json};
use crate::app::ReferenceSnapshot;
use crate::domain::campaign::Campaign;
use crate::domain::org::StructureView;
use crate::domain::report::form::Catalogue;
use crate::domain::standing::{Judgement, Standing, StandingView, StateGroup, find_comparison};
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;
use crate::domain::target_rule::StandingStage;
use crate::files::table::table_export::{ExportCell, TableExport};
use crate::i18n::Lang;
use serde_json::Value;

/// `thidua standings`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua standings
  thidua standings --campaign A --unit dist-842
  thidua standings --why T3b
  thidua standings --view AS_IS --unit com-29242-2
  thidua standings --live --unit dist-842
  thidua standings --now --csv > standings.csv")]
pub(super) struct Args {
    /// Code of the campaign; may be left out when there is only one.
    #[arg(long)]
    campaign: Option<String>,
    /// Code of the unit (default: the whole authority).
    #[arg(long)]
    unit: Option<String>,
    /// The figures and reports behind one target, as in T3b.
    #[arg(long, value_name = "TARGET")]
    why: Option<String>,
    /// Judge this moment instead of reading the last night, on the server's machine; writes
    /// nothing.
    #[arg(long)]
    now: bool,
    /// This moment: official figures, and beside them what they would be if all that is sent were
    /// accepted, on the server's machine; writes nothing.
    #[arg(long, conflicts_with_all = ["csv", "why", "view"])]
    live: bool,
    /// The phase; 0 is the whole campaign.
    #[arg(long, default_value_t = 0)]
    phase: u8,
    /// In which structure figures are summed: as it was in each period, as it is today or on a day,
    /// as it was when the campaign began. Other than AS_WAS: judged this moment.
    #[arg(long, value_name = "VIEW", default_value = "AS_WAS")]
    view: String,
    /// Every unit and phase, as CSV.
    #[arg(long, conflicts_with = "why")]
    csv: bool,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let desk = ctx.open_desk()?;
    if args.now || args.live {
        desk.local_to_judge()?;
    }
    let reference = desk.load_reference()?;
    let campaign = find_campaign(&reference, args.campaign.as_deref())?;
    let view = parse_view(&args.view, campaign, desk.now().local_date())?;
    let unit = || desk.unit_or_root(&reference, args.unit.as_deref());
    if args.live {
        return live_standings::show_live_standings(
            ctx,
            desk.local_to_judge()?,
            campaign,
            (unit()?, args.phase),
            &reference.catalogue,
        );
    }
    let now = args.now || view != StructureView::AsWas;
    let judged_now = now.then_some(view);
    let (mut standings, _) = load_standings(&desk, &reference, campaign, judged_now)?;
    if args.csv {
        let table = standing_table(&ctx.output, &reference, campaign, standings);
        ctx.output.print_text(&table.to_csv(false));
        return Ok(());
    }
    let uid = |unit: UnitId| unit_uid(&reference, unit);
    sort_by_code(&mut standings, &uid);
    let printer = StandingPrinter {
        output: &ctx.output,
        campaign,
        catalogue: &reference.catalogue,
        uid: &uid,
    };
    let unit = unit()?;
    standings.retain(|one| one.unit == unit && one.phase == args.phase);
    match &args.why {
        Some(code) => {
            let asked = DrilldownContext {
                desk: &desk,
                reference: &reference,
                campaign,
                judge_now_view: judged_now,
            };
            show_drilldown(ctx, &asked, &standings, code)
        }
        None => {
            printer.print_standings(&standings);
            Ok(())
        }
    }
}

/// Parses a view. AS_IS and FROZEN may name their day; the defaults are today and the first day of
/// the campaign.
pub(super) fn parse_view(
    text: &str,
    campaign: &Campaign,
    today: jiff::civil::Date,
) -> CliResult<StructureView> {
    let wanted = text.to_uppercase();
    let named = StandingView::parse(&wanted).map(|view| view.structure_of(campaign, today));
    let found = named.or_else(|| StructureView::parse(&wanted));
    found.ok_or_else(|| {
        let known = "AS_WAS | AS_IS | AS_IS(2025-07-01) | FROZEN";
        CliError::usage_error(message!("standings-there-no-view-expected", text, known))
    })
}

/// The published standings with their run, or those of this moment, which have none.
pub(super) fn load_standings(
    desk: &Desk,
    reference: &ReferenceSnapshot,
    campaign: &Campaign,
    now: Option<StructureView>,
) -> CliResult<(Vec<Standing>, Option<RunMoment>)> {
    let (standings, run) = match now {
        Some(view) => (desk.local_to_judge()?.app.judge_live(campaign, view)?.standings, None),
        None => desk.standings(reference, campaign)?,
    };
    if standings.is_empty() {
        let code = &campaign.code;
        return Err(CliError::new(
            "NO_STANDINGS",
            message!("standings-campaign-no-standings-yet", code),
        ));
    }
    Ok((standings, run))
}

/// What the rows are printed with.
struct StandingPrinter<'a> {
    output: &'a Output,
    campaign: &'a Campaign,
    catalogue: &'a Catalogue,
    uid: &'a dyn Fn(UnitId) -> String,
}

impl StandingPrinter<'_> {
    /// Adds the rows of a target and, indented, of its members; with `lang` for people.
    fn push_rows(
        &self,
        (standing, judgement): (&Standing, &Judgement),
        depth: usize,
        lang: Option<Lang>,
        rows: &mut Vec<Vec<String>>,
    ) {
        let comparison = find_comparison(self.campaign, &judgement.code);
        let shown = judgement.shown_figures(comparison, self.catalogue);
        let numbers =
            |plain: String| lang.map_or_else(|| plain.clone(), |lang| lang.numbers(&plain));
        let state = judgement.state;
        rows.push(vec![
            standing.phase.to_string(),
            (self.uid)(standing.unit),
            format!("{}{}", "  ".repeat(depth), judgement.code),
            shown_text(shown.before, lang),
            shown_text(shown.now, lang),
            numbers(judgement.display.clone()),
            judgement.limit.map_or_else(String::new, |limit| numbers(limit.to_string())),
            lang.map_or_else(|| state.as_str().to_owned(), |lang| state.message().text(lang)),
            match lang {
                Some(_) => reasons_text(self.output, judgement.reasons.iter().map(String::as_str)),
                None => judgement.reasons.join(" "),
            },
            standing.view.as_str().to_owned(),
            standing.stage.as_str().to_owned(),
            standing.judged_through.map_or_else(String::new, |day| day.to_string()),
        ]);
        for member in &judgement.members {
            self.push_rows((standing, member), depth + 1, lang, rows);
        }
    }

    fn print_standings(&self, standings: &[Standing]) {
        let output = self.output;
        if output.json {
            let list = standings
                .iter()
                .map(|one| standing_json(one, &(self.uid)(one.unit), self.catalogue));
            output.print_line(format!("{:#}", Value::Array(list.collect())));
            return;
        }
        let is_judged = |one: &&Standing| one.judgement.state.group() != StateGroup::NotJudged;
        let (judged, others): (Vec<&Standing>, Vec<&Standing>) =
            standings.iter().partition(is_judged);
        self.print_table(&judged);
        if !others.is_empty() {
            output.print_line("");
            output.print_line(output.text("state-group-not-judged"));
            self.print_table(&others);
        }
        if let Some(one) = standings.first() {
            let stage = match one.stage {
                StandingStage::Running => output.text("standings-running"),
                StandingStage::Closed => output.text("standings-over-figures-preliminary"),
                StandingStage::Final => output.text("standings-final"),
            };
            output.print_line(format!("{} {}; {stage}", output.text("standings-view"), one.view));
            output.print_line(coverage_text(output, &one.coverage));
        }
    }

    fn print_table(&self, standings: &[&Standing]) {
        let output = self.output;
        let mut rows = Vec::new();
        for one in standings {
            self.push_rows((one, &one.judgement), 0, Some(output.lang), &mut rows);
        }
        for row in &mut rows {
            let through = row.pop().unwrap_or_default();
            // View and stage stand below the table.
            row.truncate(BECAUSE_COLUMN + 1);
            row.insert(BECAUSE_COLUMN, through);
        }
        let headings = [
            output.text("standing-drilldown-phase"),
            output.text("access-unit"),
            output.text("live-standings-target"),
            output.text("standings-last-year"),
            output.text("standings-now"),
            output.text("live-standings-value"),
            output.text("standings-limit"),
            output.text("access-state"),
            output.text("standings-judged-through"),
            output.text("standings-because"),
        ];
        output.print_table(&headings, &rows);
    }
}

fn unit_uid(reference: &ReferenceSnapshot, unit: UnitId) -> String {
    reference.org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone())
}

/// Units in code order; they must not be ranked.
fn sort_by_code(standings: &mut [Standing], uid: &dyn Fn(UnitId) -> String) {
    standings.sort_by_key(|one| (one.phase, uid(one.unit), one.judgement.code.clone()));
}

/// Every target and its members, of every unit and phase, in words that no language changes.
pub(super) fn standing_table(
    output: &Output,
    reference: &ReferenceSnapshot,
    campaign: &Campaign,
    mut standings: Vec<Standing>,
) -> TableExport {
    let uid = |unit: UnitId| unit_uid(reference, unit);
    sort_by_code(&mut standings, &uid);
    let printer = StandingPrinter { output, campaign, catalogue: &reference.catalogue, uid: &uid };
    let mut rows = Vec::new();
    for one in &standings {
        printer.push_rows((one, &one.judgement), 0, None, &mut rows);
    }
    let cell = |(column, text): (&str, String)| match text.trim() {
        number if NUMBER_COLUMNS.contains(&column) && number.parse::<f64>().is_ok() => {
            ExportCell::Number(number.to_owned())
        }
        text => ExportCell::text(text),
    };
    let row = |row: Vec<String>| CSV_COLUMNS.into_iter().zip(row).map(cell).collect();
    TableExport {
        remarks: Vec::new(),
        columns: CSV_COLUMNS.map(str::to_owned).to_vec(),
        rows: rows.into_iter().map(row).collect(),
    }
}

/// The column with the reasons, the last one of the table.
const BECAUSE_COLUMN: usize = 8;

/// Columns whose cells are numbers where they can be: a fraction such as `3/4` is a text.
const NUMBER_COLUMNS: [&str; 2] = ["last_year", "now"];
const CSV_COLUMNS: [&str; 12] = [
    "phase",
    "unit",
    "target",
    "last_year",
    "now",
    "value",
    "limit",
    "state",
    "reasons",
    "view",
    "stage",
    "judged_through",
];
