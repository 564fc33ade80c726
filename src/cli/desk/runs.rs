//! Published runs.

use super::super::context::LocalApp;
use super::super::error::{CliError, CliResult};
use super::{Desk, RemoteDesk, read, require, unit_uid};
use crate::app::runs::{RunManifest, StandingDiff};
use crate::domain::campaign::Campaign;
use crate::domain::report::Report;
use crate::domain::standing::{SEMANTICS_VERSION, Standing};
use crate::domain::support::ids::{CampaignId, UnitId};
use crate::domain::support::message::message;
use crate::domain::support::time::Timestamp;
use crate::pb;
use crate::wire::{enums, record, values};

/// A published run.
#[derive(Debug, Clone)]
pub(in crate::cli) struct RunLine {
    pub(in crate::cli) id: Vec<u8>,
    pub(in crate::cli) number: u32,
    pub(in crate::cli) published_at: Timestamp,
    pub(in crate::cli) cut_seq: i64,
    pub(in crate::cli) output_digest: Vec<u8>,
    pub(in crate::cli) code_version: String,
    pub(in crate::cli) semantics: u32,
    /// The final run that it supersedes; 0: none.
    pub(in crate::cli) supersedes: u32,
}

/// What computing a run again has found.
pub(in crate::cli) struct VerifiedRun {
    pub(in crate::cli) reports: u32,
    pub(in crate::cli) input_holds: bool,
    pub(in crate::cli) output_holds: bool,
    /// Unit and target of each standing that differs.
    pub(in crate::cli) differing: Vec<(String, String)>,
    /// Today's rules, if others judged it; then only digests were compared.
    pub(in crate::cli) other_semantics: Option<u32>,
}

/// A standing in few words.
pub(in crate::cli) struct ShortStanding {
    pub(in crate::cli) unit: String,
    pub(in crate::cli) target: String,
    pub(in crate::cli) value: String,
    pub(in crate::cli) state: String,
}

/// What changed between two runs.
pub(in crate::cli) struct RunDifference {
    pub(in crate::cli) definitions_changed: bool,
    pub(in crate::cli) baselines_changed: bool,
    /// Unit, target, before and after, by unit and target.
    pub(in crate::cli) standings: Vec<[String; 4]>,
    /// Unit, period and state, by unit and first day.
    pub(in crate::cli) reports: Vec<[String; 3]>,
}

impl Desk {
    /// The runs of a campaign, newest first.
    pub(in crate::cli) fn runs(&self, id: CampaignId, limit: usize) -> CliResult<Vec<RunLine>> {
        match self {
            Self::Local(local_app) => {
                let limit = i64::try_from(limit).unwrap_or(i64::MAX);
                let runs = local_app.app.run_manifests(id, limit)?;
                Ok(runs.iter().map(RunLine::from).collect())
            }
            Self::Remote(remote) => remote.runs(id, limit),
        }
    }

    /// The run with this number.
    pub(in crate::cli) fn run(&self, id: CampaignId, number: u32) -> CliResult<RunLine> {
        let found = self.runs(id, usize::MAX)?.into_iter().find(|run| run.number == number);
        found.ok_or_else(|| no_such_run(number))
    }

    /// The standings of a run at one unit, or at the one that runs the campaign, by phase and
    /// target.
    pub(in crate::cli) fn run_standings(
        &self,
        id: CampaignId,
        number: u32,
        unit: Option<&str>,
    ) -> CliResult<Vec<ShortStanding>> {
        let unit = unit.map(|code| self.find_unit_id(code)).transpose()?;
        match self {
            Self::Local(local_app) => local_standings(local_app, id, number, unit),
            Self::Remote(remote) => remote.run_standings(&self.run(id, number)?, unit),
        }
    }

    /// Computes a run again from the raw reports as they were at its cut.
    pub(in crate::cli) fn verify_run(
        &self,
        id: CampaignId,
        number: u32,
    ) -> CliResult<(RunLine, VerifiedRun)> {
        match self {
            Self::Local(local_app) => verify_locally(local_app, id, number),
            Self::Remote(remote) => {
                let run = self.run(id, number)?;
                let verified = remote.verify_run(&run)?;
                Ok((run, verified))
            }
        }
    }

    /// What changed between two runs.
    pub(in crate::cli) fn diff_runs(
        &self,
        id: CampaignId,
        (before, after): (u32, u32),
    ) -> CliResult<RunDifference> {
        match self {
            Self::Local(local_app) => diff_locally(local_app, id, (before, after)),
            Self::Remote(remote) => remote.diff_runs(&self.run(id, before)?, &self.run(id, after)?),
        }
    }
}

fn no_such_run(number: u32) -> CliError {
    CliError::new("NOT_FOUND", message!("runs-there-no-run-see", number))
}

impl From<&RunManifest> for RunLine {
    fn from(run: &RunManifest) -> Self {
        Self {
            id: run.id.clone(),
            number: u32::try_from(run.number).unwrap_or_default(),
            published_at: Timestamp(run.published_at),
            cut_seq: run.cut_seq,
            output_digest: run.output_digest.clone(),
            code_version: run.code_version.clone(),
            semantics: u32::try_from(run.semantics).unwrap_or_default(),
            supersedes: u32::try_from(run.supersedes).unwrap_or_default(),
        }
    }
}

fn find_manifest(local_app: &LocalApp, id: CampaignId, number: u32) -> CliResult<RunManifest> {
    let runs = local_app.app.run_manifests(id, i64::MAX)?;
    let found = runs.into_iter().find(|run| run.number == i64::from(number));
    found.ok_or_else(|| no_such_run(number))
}

fn local_standings(
    local_app: &LocalApp,
    id: CampaignId,
    number: u32,
    unit: Option<UnitId>,
) -> CliResult<Vec<ShortStanding>> {
    let run = find_manifest(local_app, id, number)?;
    let (mut standings, reference) = local_app.app.run_standings(&run)?;
    let owner = || reference.campaign(id).map(Campaign::owner_id);
    let unit = unit.or_else(owner);
    standings.retain(|one| Some(one.unit) == unit);
    standings.sort_by_key(|one| (one.phase, one.judgement.code.clone()));
    let short = |one: &Standing| ShortStanding {
        unit: unit_uid(&reference.org, one.unit),
        target: one.judgement.code.clone(),
        value: one.judgement.display.clone(),
        state: one.judgement.state.as_str().to_owned(),
    };
    Ok(standings.iter().map(short).collect())
}

fn verify_locally(
    local_app: &LocalApp,
    id: CampaignId,
    number: u32,
) -> CliResult<(RunLine, VerifiedRun)> {
    let run = find_manifest(local_app, id, number)?;
    let (found, reference) = (local_app.app.verify_run(&run)?, local_app.load_reference()?);
    let uid = |(unit, target): &(UnitId, String)| (unit_uid(&reference.org, *unit), target.clone());
    let today = u32::try_from(SEMANTICS_VERSION).unwrap_or_default();
    let verified = VerifiedRun {
        reports: u32::try_from(found.reports).unwrap_or(u32::MAX),
        input_holds: found.input_matches,
        output_holds: found.output_matches,
        differing: found.differing.iter().map(uid).collect(),
        other_semantics: found.other_semantics.map(|_| today),
    };
    Ok(((&run).into(), verified))
}

fn diff_locally(
    local_app: &LocalApp,
    id: CampaignId,
    (before, after): (u32, u32),
) -> CliResult<RunDifference> {
    let before = find_manifest(local_app, id, before)?;
    let after = find_manifest(local_app, id, after)?;
    let reference = local_app.load_reference()?;
    let uid = |unit: UnitId| unit_uid(&reference.org, unit);
    let mut between = local_app.app.diff_runs(&before, &after)?;
    between.standing_diffs.sort_by_cached_key(|one| (uid(one.unit), one.target.clone()));
    let order = |report: &Report| (uid(report.key.unit), report.key.period.start);
    between.changed_reports.sort_by_cached_key(order);
    let side = |one: &Option<Standing>| {
        let judged = one.as_ref().map(|one| &one.judgement);
        judged.map_or_else(no_side, |one| side_text(&one.display, one.state.as_str()))
    };
    let standing = |StandingDiff { unit, target, before, after }: &StandingDiff| {
        [uid(*unit), target.clone(), side(before), side(after)]
    };
    let report =
        |one: &Report| [uid(one.key.unit), one.key.period.to_string(), one.state.code().to_owned()];
    Ok(RunDifference {
        definitions_changed: between.definitions_changed,
        baselines_changed: between.baselines_changed,
        standings: between.standing_diffs.iter().map(standing).collect(),
        reports: between.changed_reports.iter().map(report).collect(),
    })
}

fn no_side() -> String {
    "-".to_owned()
}

fn side_text(display: &str, state: &str) -> String {
    format!("{display} {state}")
}

impl RemoteDesk {
    fn runs(&self, id: CampaignId, limit: usize) -> CliResult<Vec<RunLine>> {
        let (mut runs, mut page_token) = (Vec::new(), String::new());
        while runs.len() < limit {
            let campaign_id = id.0.to_vec();
            let request = pb::ListRunsRequest { campaign_id, page_size: 100, page_token };
            let answer = self.ask(self.client.list_runs(request))?;
            runs.extend(answer.runs.into_iter().map(read_run).collect::<CliResult<Vec<_>>>()?);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        runs.truncate(limit);
        Ok(runs)
    }

    fn run_standings(&self, run: &RunLine, unit: Option<UnitId>) -> CliResult<Vec<ShortStanding>> {
        let (org, numbers) = self.load_org()?;
        let unit_id = unit.map_or_else(Vec::new, |unit| unit.0.to_vec());
        let standings = self.read_pages(|page_token| {
            let (run_id, unit_id) = (run.id.clone(), unit_id.clone());
            let request =
                pb::ListStandingsOfRunRequest { run_id, unit_id, page_size: 500, page_token };
            let answer = self.client.list_standings_of_run(request)?;
            Ok((answer.standings, answer.next_page_token))
        })?;
        let short = |one: pb::StandingRecord| {
            let unit = numbers.item(one.unit_number).map(|unit| unit_uid(&org, *unit));
            let judged = require(one.judgement)?;
            Ok(ShortStanding {
                unit: require(unit)?,
                state: state_text(judged.state)?,
                target: judged.code,
                value: judged.display,
            })
        };
        standings.into_iter().map(short).collect()
    }

    fn verify_run(&self, run: &RunLine) -> CliResult<VerifiedRun> {
        let request = pb::VerifyRunRequest { run_id: run.id.clone() };
        let found = self.ask(self.client.verify_run(request))?;
        let differing = found.differing.into_iter().map(|one| (one.unit_uid, one.target));
        let is_other = run.semantics != found.semantics_today;
        Ok(VerifiedRun {
            reports: found.reports,
            input_holds: found.input_holds,
            output_holds: found.output_holds,
            differing: differing.collect(),
            other_semantics: is_other.then_some(found.semantics_today),
        })
    }

    fn diff_runs(&self, before: &RunLine, after: &RunLine) -> CliResult<RunDifference> {
        let (mut changes, mut page_token) = (None::<pb::DiffRunsResponse>, String::new());
        loop {
            let (before_run_id, after_run_id) = (before.id.clone(), after.id.clone());
            let request =
                pb::DiffRunsRequest { before_run_id, after_run_id, page_size: 500, page_token };
            let page = self.ask(self.client.diff_runs(request))?;
            page_token = page.next_page_token.clone();
            match &mut changes {
                None => changes = Some(page),
                Some(all) => {
                    all.standings.extend(page.standings);
                    all.reports.extend(page.reports);
                }
            }
            if page_token.is_empty() {
                return read_difference(require(changes)?);
            }
        }
    }
}

fn read_run(run: pb::PublishedRun) -> CliResult<RunLine> {
    Ok(RunLine {
        id: run.run_id,
        number: run.number,
        published_at: read(values::required_timestamp_from_proto(run.published_at))?,
        cut_seq: run.cut_seq,
        output_digest: run.output_digest,
        code_version: run.code_version,
        semantics: run.semantics_version,
        supersedes: run.supersedes_number,
    })
}

pub(super) fn state_text(number: i32) -> CliResult<String> {
    let state = record::judgement_state_from_proto(number).ok();
    Ok(require(state)?.as_str().to_owned())
}

fn read_difference(answer: pb::DiffRunsResponse) -> CliResult<RunDifference> {
    let side = |one: Option<pb::StandingRecord>| {
        let Some(record) = one else { return Ok(no_side()) };
        let judged = require(record.judgement)?;
        Ok::<_, CliError>(side_text(&judged.display, &state_text(judged.state)?))
    };
    let standing = |one: pb::StandingChange| {
        Ok([one.unit_uid, one.target, side(one.before)?, side(one.after)?])
    };
    let report = |one: pb::ChangedReport| {
        let period = read(values::period_from_proto(require(one.period)?))?;
        let state = read(enums::state_from_proto(one.state))?;
        Ok([one.unit_uid, period.to_string(), state.code().to_owned()])
    };
    Ok(RunDifference {
        definitions_changed: answer.definitions_changed,
        baselines_changed: answer.baselines_changed,
        standings: answer.standings.into_iter().map(standing).collect::<CliResult<_>>()?,
        reports: answer.reports.into_iter().map(report).collect::<CliResult<_>>()?,
    })
}
