//! What the morning page of a unit is drawn from: the published standings of one run and the figures behind them.
//!
//! Reads only, and only for who may read the unit's standings. Units are in code order; nothing here is sorted by outcome. Knows no
//! page.

use super::changes::Changes;
use super::{App, AppError, Reference, Result};
use crate::domain::baseline::{BaselineRow, Baselines};
use crate::domain::campaign::{Campaign, Pair};
use crate::domain::element::ElementCode;
use crate::domain::expectation::expectations;
use crate::domain::ids::{CampaignId, UnitId};
use crate::domain::org::Hierarchy;
use crate::domain::permission::{Actor, action, authorize};
use crate::domain::quality::Finding;
use crate::domain::reason::Reason;
use crate::domain::standing::{CoursePoint, Courses, Coverage, Entry, Folded, Input, Run, Standing, fold};
use crate::domain::target::Target;
use crate::domain::window::Window;
use crate::store::ReadTx;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The word by which invented figures name themselves in their source.
const SYNTHETIC: &str = "SYNTHETIC";

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The campaign.
    pub campaign: CampaignId,
    /// The phase; 0 for the whole campaign.
    pub phase: u8,
    /// The unit; left out, the whole authority.
    pub unit: Option<UnitId>,
}

/// One unit below, or the unit itself.
#[derive(Debug, Clone)]
pub struct UnitLine {
    /// The unit.
    pub unit: UnitId,
    /// Its permanent code; lists are in the order of these.
    pub uid: String,
    /// Its official code on the day of the run, else the permanent one.
    pub code: String,
    /// Its name on the day of the run.
    pub name: String,
    /// Its standings by the code of the target.
    pub standings: BTreeMap<String, Standing>,
    /// How complete its reports are, by contract.
    pub coverage: BTreeMap<String, Coverage>,
}

/// Reports of one unit under one contract that are not in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// Name of the unit that owes them.
    pub name: String,
    /// Code of the contract.
    pub contract: String,
    /// First days of the periods.
    pub periods: Vec<Date>,
}

/// A data-quality question with the name of who is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// Code of the unit.
    pub uid: String,
    /// Its name.
    pub name: String,
    /// The question.
    pub finding: Finding,
}

/// Everything on the page.
#[derive(Debug, Clone)]
pub struct Morning {
    /// Units, forms and campaigns.
    pub reference: Arc<Reference>,
    /// The campaign.
    pub campaign: Campaign,
    /// The phase whose standings these are; 0 for the whole campaign.
    pub phase: u8,
    /// The days that were measured.
    pub window: Window,
    /// The day of the run: periods that end on it or before it are over.
    pub today: Date,
    /// The run.
    pub run: Run,
    /// Chain of the audit up to the cut of the run: what was written until then cannot be changed without changing it.
    pub audit_head: [u8; 32],
    /// The unit itself.
    pub own: UnitLine,
    /// The units right below it that report or sum reports, in code order.
    pub below: Vec<UnitLine>,
    /// Courses of the comparisons of each target, by the code of target or member.
    pub courses: BTreeMap<String, Vec<CoursePoint>>,
    /// Plain counts that are read beside targets.
    pub beside: BTreeMap<ElementCode, CoursePoint>,
    /// Reports that are not in, by unit in code order.
    pub absent: Vec<Absent>,
    /// What changed since the run before; `None` before the second.
    pub changes: Option<Changes>,
    /// Data-quality questions: of the unit itself, and those of units below that are shared by now; in code order.
    pub questions: Vec<Question>,
    /// The figures are invented, and say so themselves.
    pub synthetic: bool,
}

impl App {
    /// What the morning page of a unit is drawn from.
    ///
    /// # Errors
    /// `NOT_FOUND` where there is no such campaign or unit in sight, or no run yet.
    pub fn morning(&self, actor: &Actor, wanted: &Wanted) -> Result<Morning> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let campaign = reference.campaigns.iter().find(|one| one.id() == wanted.campaign).cloned();
            let campaign = campaign.ok_or(Reason::NotFound)?;
            let root = self.root(tx)?.ok_or_else(AppError::no_organisation)?;
            let run = tx.latest_run(wanted.campaign)?.ok_or(Reason::NotFound)?;
            let unit = wanted.unit.unwrap_or(root);
            let place = tx.unit_path(unit)?;
            let today = run.cut_at.local_date();
            if authorize::<action::ReadStanding>(actor, &place, self.now().local_date()).is_err() {
                return Err(Reason::NotFound.into());
            }
            Gathering { reference, campaign, unit, run, today, phase: wanted.phase }.gather(tx)
        })
    }
}

struct Gathering {
    reference: Arc<Reference>,
    campaign: Campaign,
    unit: UnitId,
    run: Run,
    today: Date,
    phase: u8,
}

impl Gathering {
    fn gather(self, tx: &mut ReadTx) -> Result<Morning> {
        let standings = tx.standings(self.campaign.id(), &self.reference.units, &self.reference.elements)?;
        // A unit that did not live in the phase is shown over the whole campaign.
        let judged = |one: &Standing| one.unit == self.unit && one.phase == self.phase;
        let phase = if standings.iter().any(judged) { self.phase } else { 0 };
        let of_phase = self.campaign.phases.iter().find(|one| one.no == phase).map(|one| one.window);
        let window = of_phase.unwrap_or(self.campaign.measurement_window);
        let rows = tx.baselines()?;
        let filed = tx.filed_at(self.run.cut_seq, &self.reference.units)?;
        let reports: Vec<Entry<'_>> = filed.iter().map(|filed| super::standing::entry_of(&filed.report)).collect();
        let (reference, baselines) = (Arc::clone(&self.reference), Baselines::new(&rows));
        let input = reference.input(&self.campaign, &baselines, &reports, self.today);
        let damaged = |error: crate::domain::expectation::UnknownCalendar| {
            AppError::Store(crate::store::Error::Damaged(error.to_string()))
        };
        let folded = fold(&input, window).map_err(damaged)?;
        let added = Courses::of(&input, self.unit, window).map_err(damaged)?;
        let (courses, beside) = (courses(&self.campaign, &added), beside(&self.campaign, &added));
        let absent = absent(&input, self.unit, window).map_err(damaged)?;
        let own: Vec<&Standing> = standings.iter().filter(|one| one.unit == self.unit && one.phase == phase).collect();
        let changes = super::changes::since(tx, &self.run, &input, self.unit, &own)?;
        let line = |unit: UnitId| self.line(unit, phase, &standings, &folded);
        let below = self.reference.org.children(self.unit, Hierarchy::Command, self.today);
        let mut below: Vec<UnitLine> = below.into_iter().map(line).collect();
        below.retain(|line| !line.coverage.is_empty());
        below.sort_by(|one, other| one.uid.cmp(&other.uid));
        Ok(Morning {
            own: line(self.unit),
            below,
            courses,
            beside,
            absent,
            changes,
            questions: self.questions(tx)?,
            phase,
            window,
            today: self.today,
            audit_head: tx.commit_at(self.run.cut_seq)?.1,
            synthetic: rows.iter().any(|row: &BaselineRow| row.source.contains(SYNTHETIC)),
            reference,
            campaign: self.campaign,
            run: self.run,
        })
    }

    fn questions(&self, tx: &mut ReadTx) -> Result<Vec<Question>> {
        let org = &self.reference.org;
        let mut questions = Vec::new();
        for (finding, _) in tx.findings(&self.reference.units, &self.reference.elements)? {
            let own = finding.unit == self.unit;
            let below = finding.shared && tx.unit_path(finding.unit)?.above.contains(&self.unit);
            if let Some(unit) = org.unit(finding.unit).filter(|_| own || below) {
                let name = unit.name_near(self.today).to_owned();
                questions.push(Question { uid: unit.uid.clone(), name, finding });
            }
        }
        questions.sort_by_cached_key(|one| (one.uid.clone(), one.finding.asked, one.finding.id()));
        Ok(questions)
    }

    fn line(&self, unit: UnitId, phase: u8, standings: &[Standing], folded: &Folded) -> UnitLine {
        let org = &self.reference.org;
        let of_unit = standings.iter().filter(|one| one.unit == unit && one.phase == phase);
        let coverage = self.campaign.contracts.iter().map(|code| (code.clone(), folded.coverage(unit, code)));
        let version = org.unit(unit).and_then(|unit| unit.version_near(self.today));
        UnitLine {
            unit,
            code: match version.and_then(|version| version.code.as_ref()) {
                Some(official) => official.code.clone(),
                None => org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone()),
            },
            uid: org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone()),
            name: org.name_near(unit, self.today).to_owned(),
            standings: of_unit.map(|one| (one.judgement.code.clone(), one.clone())).collect(),
            coverage: coverage.filter(|(_, coverage)| coverage.expected > 0).collect(),
        }
    }
}

type Unknown = crate::domain::expectation::UnknownCalendar;

fn courses(campaign: &Campaign, courses: &Courses<'_>) -> BTreeMap<String, Vec<CoursePoint>> {
    let mut all = BTreeMap::new();
    campaign.targets.iter().for_each(|line| walk(&line.code, &line.formula, courses, &mut all));
    all
}

fn beside(campaign: &Campaign, courses: &Courses<'_>) -> BTreeMap<ElementCode, CoursePoint> {
    let pairs = campaign.targets.iter().flat_map(|line| &line.pairs);
    let counted = pairs.filter_map(|pair| match pair {
        Pair::Count(code) => Some((code.clone(), courses.latest(code)?)),
        Pair::Target(_) => None,
    });
    counted.collect()
}

/// Members are named as judgements name them: `T3a`, `T3b`.
fn walk(code: &str, formula: &Target, courses: &Courses<'_>, into: &mut BTreeMap<String, Vec<CoursePoint>>) {
    if let Target::Compare(comparison) = formula {
        into.insert(code.to_owned(), courses.points(comparison));
    }
    for (member, letter) in formula.members().into_iter().zip('a'..='z') {
        walk(&format!("{code}{letter}"), member, courses, into);
    }
}

fn absent(input: &Input<'_>, unit: UnitId, window: Window) -> std::result::Result<Vec<Absent>, Unknown> {
    let contracts = input.catalogue.contracts_of(&input.campaign.contracts);
    let received: BTreeSet<_> =
        input.reports.iter().filter(|entry| entry.received).map(|entry| entry.key.id()).collect();
    let mut missing: BTreeMap<(String, String), Absent> = BTreeMap::new();
    for expected in expectations(input.org, input.calendars, &contracts, window)? {
        let above = input.org.ancestors(expected.unit, Hierarchy::Command, expected.period.start);
        let ours = expected.unit == unit || above.contains(&unit);
        if !ours || expected.whole.end > input.today || received.contains(&expected.key().id()) {
            continue;
        }
        let contract = contracts.iter().find(|contract| contract.id() == expected.contract);
        let (Some(contract), Some(owing)) = (contract, input.org.unit(expected.unit)) else { continue };
        let line = missing.entry((owing.uid.clone(), contract.code.clone())).or_insert_with(|| Absent {
            name: input.org.name_near(expected.unit, input.today).to_owned(),
            contract: contract.code.clone(),
            periods: Vec::new(),
        });
        line.periods.push(expected.period.start);
    }
    Ok(missing.into_values().collect())
}
