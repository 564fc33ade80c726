//! The final checks of the demo: the phones, the published standings and the ledger must agree.
//!
//! The ledger never enters the server; the figures compared with it are read from a phone.

use super::DemoError;
use super::generator::ledger::{LedgerLine, StandingLines};
use super::people::{Person, counted_value};
use super::screen;
use super::simulation::Simulation;
use crate::client::facade::{ReportStatus, ReportView};
use crate::domain::access::scope::{Scope, ScopeKind};
use crate::domain::report::element::{ElementCode, ElementKind};
use crate::domain::standing::{Judgement, Standing};
use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::{UnitId, derive_id};
use crate::domain::support::message::message;
use crate::i18n::Lang;
use crate::wire::record;
use std::collections::BTreeMap;

/// Result of one check.
#[derive(Debug, Clone)]
pub(super) struct DemoCheck {
    /// Whether the check passed.
    pub(super) is_ok: bool,
    /// One or two lines for the screen.
    pub(super) text: String,
}

/// Runs every check, in the order of the screen.
pub(super) fn run_checks(
    simulation: &Simulation<'_>,
    province: &Person,
    standings: &[Standing],
    lang: Lang,
) -> Result<Vec<DemoCheck>, DemoError> {
    Ok(vec![
        check_phone_digests(simulation, lang)?,
        check_ledger(simulation, province, lang)?,
        check_standings(simulation, standings, lang)?,
        check_no_duplicates(simulation, lang)?,
        check_audit(simulation, lang)?,
    ])
}

/// Checks that each phone holds the same records as the server in every scope, by count and digest.
fn check_phone_digests(simulation: &Simulation<'_>, lang: Lang) -> Result<DemoCheck, DemoError> {
    let scopes = simulation.server.app.store().read(|tx| tx.all_scopes())?;
    let held: BTreeMap<Scope, (i64, u128)> =
        scopes.into_iter().map(|one| (one.scope, (one.digest.count, one.digest.sum))).collect();
    let (mut agree, mut first) = (0, None);
    for person in &simulation.people {
        let mut fine = true;
        for view in person.phone.scopes()?.iter().filter(|view| view.granted) {
            let kind = ScopeKind::ALL.into_iter().find(|kind| kind.code() == view.kind);
            let scope =
                kind.zip(UnitId::parse(&view.id).ok()).map(|(kind, id)| Scope { kind, id: id.0 });
            let server = scope.and_then(|scope| held.get(&scope)).copied().unwrap_or_default();
            let phone = (view.count, u128::from_str_radix(&view.digest, 16).unwrap_or(u128::MAX));
            if server != phone {
                fine = false;
                first.get_or_insert(format!("{}: {} {}", person.device.uid, view.kind, view.id));
            }
        }
        agree += usize::from(fine);
    }
    let total = simulation.people.len();
    let differs = lang.text("check-first-does-not");
    let odd = first.map_or_else(String::new, |first| format!("{differs} {first}"));
    let text = lang.say(message!("check-phones-agree-server-count", agree, total, odd));
    Ok(DemoCheck { is_ok: agree == total, text })
}

type OfficialFigures = BTreeMap<(UnitId, ElementCode), i64>;

/// Checks that the accepted figures on the province's phone, for every unit and element, equal the
/// ledger.
fn check_ledger(
    simulation: &Simulation<'_>,
    owner: &Person,
    lang: Lang,
) -> Result<DemoCheck, DemoError> {
    let seen = official_figures(simulation, &owner.phone.reports()?);
    let lines = simulation.ledger.lines();
    let off = |((unit, code), line): &(&(UnitId, ElementCode), &LedgerLine)| {
        let presented = seen.get(&(*unit, code.clone())).copied().unwrap_or(0);
        !line.is_balanced() || presented != line.official
    };
    let wrong: Vec<_> = lines.iter().filter(off).collect();
    let stray = seen.keys().filter(|key| !lines.contains_key(*key)).count();
    let province = simulation.province;
    let above =
        simulation.ledger.standing_lines(&province.org, province.campaign.measurement_window);
    let headline = ElementCode::new(province.plan.headline_element).ok();
    let line = headline
        .and_then(|code| above.get(&(province.campaign.owner_id(), code)).copied())
        .unwrap_or_default();
    let element = screen::headline_name(province, lang);
    let elements = province.catalogue.elements.len();
    let LedgerLine {
        happened,
        never_reported: never,
        error_effect: errors,
        not_accepted: waiting,
        official,
    } = line;
    let all = lines.len();
    let mut text = lang.say(message!(
        "check-headline-happened-never-reported",
        element,
        happened,
        never,
        errors,
        waiting,
        official,
        elements,
        all
    ));
    if let Some(((unit, code), line)) = wrong.first() {
        let presented = seen.get(&(*unit, code.clone()));
        let unit = simulation.province.org.unit(*unit).map_or("?", |unit| unit.uid.as_str());
        let wrong = wrong.len();
        text = lang.say(message!(
            "check-lines-do-not-balance",
            wrong,
            unit,
            code,
            line = format!("{line:?}"),
            presented = format!("{presented:?}")
        ));
    }
    Ok(DemoCheck {
        is_ok: wrong.is_empty() && stray == 0 && above.values().all(|line| line.is_balanced()),
        text,
    })
}

fn official_figures(simulation: &Simulation<'_>, reports: &[ReportView]) -> OfficialFigures {
    let mut sums: OfficialFigures = BTreeMap::new();
    let mut last: BTreeMap<(UnitId, ElementCode), i32> = BTreeMap::new();
    let counts = |status| matches!(status, ReportStatus::Accepted | ReportStatus::Locked);
    for report in reports.iter().filter(|report| counts(report.status)) {
        let Some(unit) = simulation.province.org.unit_by_uid(&report.key.unit).map(|unit| unit.id)
        else {
            continue;
        };
        for cell in &report.cells {
            let Ok(code) = ElementCode::new(&cell.element) else { continue };
            let Some(value) = counted_value(cell.value) else { continue };
            let stock = simulation
                .province
                .catalogue
                .element(&code)
                .is_some_and(|one| one.kind == ElementKind::Stock);
            let key = (unit, code);
            if !stock {
                *sums.entry(key).or_default() += value;
            } else if last.get(&key).is_none_or(|day| *day < report.key.start_day) {
                last.insert(key.clone(), report.key.start_day);
                sums.insert(key, value);
            }
        }
    }
    sums
}

/// What the ledger says of a phase, or of the whole campaign.
pub(super) fn standing_lines(simulation: &Simulation<'_>, phase: u8) -> StandingLines {
    let campaign = &simulation.province.campaign;
    let own = campaign.phases.iter().find(|one| one.no == phase);
    let window = own.map_or(campaign.measurement_window, |one| one.window);
    simulation.ledger.standing_lines(&simulation.province.org, window)
}

/// Checks that the figures behind every published standing equal the ledger.
fn check_standings(
    simulation: &Simulation<'_>,
    standings: &[Standing],
    lang: Lang,
) -> Result<DemoCheck, DemoError> {
    let (org, campaign) = (&simulation.province.org, &simulation.province.campaign);
    let mut lines_by_phase = BTreeMap::new();
    let (mut compared, mut wrong) = (0, None);
    // A phone holds its own standings and those that are published; the server has them all.
    let app = &simulation.server.app;
    let everywhere = app.visible_standings(&app.system_actor()?, campaign.id())?;
    for standing in standings.iter().chain(&everywhere) {
        let lines = lines_by_phase
            .entry(standing.phase)
            .or_insert_with(|| standing_lines(simulation, standing.phase));
        for figure in judgement_figures(&standing.judgement) {
            let line = lines.get(&(standing.unit, figure.0.clone())).copied().unwrap_or_default();
            compared += 1;
            if figure.1.unwrap_or(0) != line.official {
                let unit = org.unit(standing.unit).map_or("?", |unit| unit.uid.as_str());
                let (code, phase) = (&standing.judgement.code, standing.phase);
                wrong.get_or_insert(format!(
                    "{code} {unit} {phase}: {figure:?} is not {}",
                    line.official
                ));
            }
        }
    }
    let text = match &wrong {
        None => {
            let (all, print) = (standings.len(), standings_fingerprint(simulation, standings)?);
            lang.say(message!("check-figures-behind-published-standings", compared, all, print))
        }
        Some(wrong) => lang.say(message!("check-standings-books-differ-first", wrong)),
    };
    Ok(DemoCheck { is_ok: wrong.is_none() && compared > 0, text })
}

/// A hash of the standings that does not depend on their order, computed over their wire records.
fn standings_fingerprint(
    simulation: &Simulation<'_>,
    standings: &[Standing],
) -> Result<String, DemoError> {
    let app = &simulation.server.app;
    let reference = app.store().read(|tx| app.reference(tx))?;
    let encode = |standing| {
        record::encode_standing(standing, &reference.unit_numbers, &reference.element_numbers)
    };
    let records: Result<Vec<Vec<u8>>, _> = standings.iter().map(encode).collect();
    let mut records = records.map_err(|error| DemoError(format!("{error:?}")))?;
    records.sort_unstable();
    let parts: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
    Ok(encode_hex(&derive_id("demo.standings", &parts)[..8]))
}

fn judgement_figures(judgement: &Judgement) -> Vec<(ElementCode, Option<i64>)> {
    let own = judgement.figures.iter().map(|figure| (figure.element.clone(), figure.value));
    own.chain(judgement.members.iter().flat_map(judgement_figures)).collect()
}

/// Checks that the server applied each command once, however often it was sent.
fn check_no_duplicates(simulation: &Simulation<'_>, lang: Lang) -> Result<DemoCheck, DemoError> {
    let typed: u64 = simulation.people.iter().map(|person| person.command_count).sum();
    let mut unanswered = 0;
    for person in &simulation.people {
        let outbox = person.phone.outbox_status()?;
        unanswered += u64::from(outbox.waiting + outbox.sent + outbox.refused);
    }
    let answered: u64 = simulation
        .people
        .iter()
        .flat_map(|person| &person.sync_summaries)
        .map(|sync| u64::from(sync.applied + sync.merged + sync.conflicts))
        .sum();
    let again: u64 = simulation.people.iter().map(|person| person.resent_commands).sum();
    let text = lang.say(message!("check-commands-typed-taken-server", typed, answered, again));
    let refused: Vec<&String> =
        simulation.people.iter().flat_map(|person| &person.refusals).collect();
    if let Some(first) = refused.first() {
        let all = refused.len();
        let text = lang.say(message!("check-commands-refused-first", all, first));
        return Ok(DemoCheck { is_ok: false, text });
    }
    Ok(DemoCheck { is_ok: unanswered == 0 && typed == answered, text })
}

fn check_audit(simulation: &Simulation<'_>, lang: Lang) -> Result<DemoCheck, DemoError> {
    let verified = simulation.server.app.store().read(|tx| tx.verify_audit_chain(None))?;
    let head = encode_hex(&verified.chain[..4]);
    let text = match verified.invalid_from_seq {
        None => {
            let rows = verified.rows;
            lang.say(message!("check-audit-chain-unbroken-entries", rows, head))
        }
        Some(at) => lang.say(message!("check-audit-chain-broken", at)),
    };
    Ok(DemoCheck { is_ok: verified.invalid_from_seq.is_none(), text })
}
