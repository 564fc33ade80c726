//! Writes the morning page of the demo's last nightly run and checks its figures against the
//! ledger.

use super::DemoError;
use super::check::{DemoCheck, standing_lines};
use super::generator::ledger::StandingLines;
use super::simulation::Simulation;
use crate::app::morning_report::{MorningReport, MorningReportRequest};
use crate::cli::morning_report;
use crate::domain::report::element::ElementCode;
use crate::domain::standing::Judgement;
use crate::domain::support::message::message;
use crate::domain::support::ratio::Ratio;
use crate::i18n::Lang;
use crate::morning_report::build_files;
use crate::store::owner_only;
use jiff::civil::Date;
use std::path::{Path, PathBuf};

/// The written page, and the report that it shows.
pub(super) struct MorningPage {
    /// The HTML file.
    pub(super) file: PathBuf,
    /// The report that the page shows.
    pub(super) report: MorningReport,
}

/// Writes the page of the phase in which `last_judged` lies.
pub(super) fn write_morning_page(
    simulation: &Simulation<'_>,
    last_judged: Date,
    dir: &Path,
    lang: Lang,
) -> Result<MorningPage, DemoError> {
    owner_only::ensure_dir(dir)?;
    let campaign = &simulation.province.campaign;
    let phase = campaign.phase_on(last_judged).map_or(0, |phase| phase.no);
    let requested = MorningReportRequest { campaign: campaign.id(), phase, unit: None, run: None };
    let actor = simulation.server.app.system_actor()?;
    let report = simulation.server.app.morning_report(&actor, &requested)?;
    let files = build_files(&report, lang).map_err(|error| DemoError(error.to_string()))?;
    let written = morning_report::write_morning_report(&files, dir);
    let (file, _) = written.map_err(|failure| DemoError(failure.message.text(lang)))?;
    Ok(MorningPage { file, report })
}

/// Checks that every figure on the page and the end of every trajectory equal the ledger, and that
/// the page shows every target.
pub(super) fn check_morning_page(
    simulation: &Simulation<'_>,
    page: &MorningPage,
    lang: Lang,
) -> Result<DemoCheck, DemoError> {
    let text = std::fs::read_to_string(&page.file)?;
    let owner = simulation.province.campaign.owner_id();
    let books = |lines: &StandingLines, code: &ElementCode| {
        lines.get(&(owner, code.clone())).map_or(0, |line| line.official)
    };
    // A target that is judged only over the whole campaign stands on the page of a phase, too.
    let (own, whole) =
        (standing_lines(simulation, page.report.phase), standing_lines(simulation, 0));
    let (mut compared, mut wrong) = (0, Vec::new());
    let mut compare = |what: &str, shown: Option<Ratio>, books: i64| {
        compared += 1;
        if shown.unwrap_or(Ratio::ZERO) != Ratio::from_integer(books) {
            wrong.push(format!("{what}: {shown:?} is not {books}"));
        }
    };
    for (code, point) in &page.report.plain_counts {
        compare(code.as_str(), point.now, books(&own, code));
    }
    for standing in page.report.unit.standings.values() {
        compare_figures_and_trajectories(
            &standing.judgement,
            &page.report,
            &|code| books(if standing.phase == 0 { &whole } else { &own }, code),
            &mut compare,
        );
    }
    let published = page
        .report
        .unit
        .standings
        .get(simulation.province.plan.headline_target)
        .map(|standing| standing.coverage);
    if !page.report.unit.coverage.values().any(|coverage| Some(*coverage) == published) {
        wrong.push(format!("completeness as published was {published:?}"));
    }
    wrong.extend(
        simulation
            .province
            .campaign
            .targets
            .iter()
            .filter(|target| !text.contains(&format!(">{}</span>", target.code)))
            .map(|target| format!("{} is not on the page", target.code)),
    );
    let said = match wrong.first() {
        None => lang.say(message!("morning-page-morning-page-figures-ends", compared)),
        Some(first) => {
            let all = wrong.len();
            lang.say(message!("morning-page-figures-morning-page-wrong", all, first))
        }
    };
    Ok(DemoCheck { is_ok: wrong.is_empty() && compared > 0, text: said })
}

/// Compares the figures behind a judgement, and the last point of its trajectory where that is a
/// plain count.
fn compare_figures_and_trajectories(
    judgement: &Judgement,
    morning: &MorningReport,
    official: &impl Fn(&ElementCode) -> i64,
    compare: &mut impl FnMut(&str, Option<Ratio>, i64),
) {
    for figure in &judgement.figures {
        compare(
            figure.element.as_str(),
            figure.value.map(Ratio::from_integer),
            official(&figure.element),
        );
    }
    let last = morning
        .trajectories
        .get(&judgement.code)
        .and_then(|points| points.iter().rev().find_map(|point| point.now));
    if let (Some(last), Some(_)) = (last, judgement.count_before) {
        let books = judgement.figures.iter().map(|figure| official(&figure.element)).sum();
        compare(&judgement.code, Some(last), books);
    }
    judgement
        .members
        .iter()
        .for_each(|member| compare_figures_and_trajectories(member, morning, official, compare));
}
