//! A campaign as a readable TOML file, to and from the domain.
//!
//! The state of a campaign is not part of the file; transitions change it. Days in the file are
//! first and last day, both included, as in official texts.

use super::campaign_participation::{
    LaunchToml, PledgeToml, UnitPlanToml, read_launch, read_plan, read_pledge,
};
use super::campaign_scope::{
    PaceToml, TargetAllocationToml, read_allocation, read_level, read_pace,
};
use super::catalogue::read_element_code;
use super::diagnostic::FileDiagnostic;
use super::keys::toml_tables::CAMPAIGN;
use super::toml_reader::{TomlReader, TomlReading};
use crate::domain::campaign::{
    Activity, Anniversary, AnniversaryCorrection, BaselineMethod, Campaign, CampaignKind,
    CampaignStatus, CampaignTarget, CheckContext, Classification, Commitment, Duty, DutyEvidence,
    Phase, TargetPair,
};
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::violation::Violation;
use crate::domain::target_rule::{Target, ZeroBasePolicy};
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::value::Datetime;

type SpannedString = Spanned<String>;
type SpannedDate = Spanned<Datetime>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CampaignToml {
    code: SpannedString,
    name_vi: String,
    name_en: String,
    kind: SpannedString,
    parent_movement: Option<String>,
    owner: SpannedString,
    #[serde(default)]
    audience_vi: String,
    first_day: SpannedDate,
    last_day: SpannedDate,
    measured: Option<WindowToml>,
    launched_on: Option<SpannedDate>,
    registration_deadline: Option<SpannedDate>,
    theme: Option<String>,
    motto: Option<String>,
    #[serde(default)]
    fields: Vec<SpannedString>,
    classification: SpannedString,
    #[serde(default)]
    contracts: Vec<String>,
    device_days: Option<u16>,
    #[serde(default)]
    phases: Vec<PhaseToml>,
    #[serde(default)]
    anniversaries: Vec<AnniversaryToml>,
    #[serde(default)]
    targets: Vec<TargetToml>,
    #[serde(default)]
    activities: Vec<ActivityToml>,
    #[serde(default)]
    duties: Vec<DutyToml>,
    #[serde(default)]
    launches: Vec<LaunchToml>,
    #[serde(default)]
    pledges: Vec<PledgeToml>,
    #[serde(default)]
    plans: Vec<UnitPlanToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowToml {
    first_day: SpannedDate,
    last_day: SpannedDate,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhaseToml {
    no: Spanned<u8>,
    name_vi: String,
    name_en: String,
    first_day: SpannedDate,
    last_day: SpannedDate,
    #[serde(default)]
    focus: Vec<String>,
    #[serde(default)]
    assumed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnniversaryToml {
    name_vi: SpannedString,
    name_en: String,
    origin: SpannedDate,
    ordinal: i16,
    commemorated_on: SpannedDate,
    as_published: String,
    correction: Option<CorrectionToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CorrectionToml {
    origin: SpannedDate,
    reason_vi: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetToml {
    code: SpannedString,
    field: Option<SpannedString>,
    text_vi: String,
    text_en: String,
    formula: SpannedString,
    commitment: SpannedString,
    baseline: Option<SpannedString>,
    overlap_waiver: Option<String>,
    min_base: Option<u32>,
    coverage_min: Option<u16>,
    zero_base: Option<SpannedString>,
    #[serde(default)]
    pairs: Vec<SpannedString>,
    #[serde(default)]
    gaming_note: String,
    coercive_override: Option<String>,
    #[serde(default)]
    levels: Vec<SpannedString>,
    #[serde(default)]
    phases: Vec<u8>,
    allocation: Option<Spanned<TargetAllocationToml>>,
    pace: Option<Spanned<PaceToml>>,
    last_day: Option<SpannedDate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActivityToml {
    code: SpannedString,
    name_vi: String,
    name_en: String,
    element: SpannedString,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DutyToml {
    code: SpannedString,
    field: Option<SpannedString>,
    text_vi: String,
    text_en: String,
    evidence: SpannedString,
    element: Option<SpannedString>,
    #[serde(default)]
    due: u32,
}

/// A campaign as read, with the positions of its parts in the file.
#[derive(Debug, Clone)]
pub struct ParsedCampaign {
    /// The campaign, in state `DRAFT`.
    pub campaign: Campaign,
    file: String,
    text: String,
    offsets: BTreeMap<String, usize>,
}

impl ParsedCampaign {
    /// Every rule broken, each with the line of the part that breaks it.
    #[must_use]
    pub fn check(&self, catalogue: &Catalogue) -> Vec<FileDiagnostic> {
        self.locate(self.campaign.check(catalogue))
    }

    /// Every warning about its surroundings, each with its line.
    #[must_use]
    pub fn check_context(
        &self,
        catalogue: &Catalogue,
        context: &CheckContext<'_>,
    ) -> Vec<FileDiagnostic> {
        self.locate(self.campaign.check_context(catalogue, context))
    }

    fn locate(&self, violations: Vec<Violation>) -> Vec<FileDiagnostic> {
        let reader = TomlReader::new(&self.file, &self.text);
        let offset = |path: &str| self.offsets.get(path).copied().unwrap_or(0);
        violations.into_iter().map(|one| reader.diagnostic(offset(&one.path), one)).collect()
    }
}

/// Reads a campaign file; `file` is the name used in diagnostics.
///
/// # Errors
/// All diagnostics, each with line, column and the expected value.
pub fn read_campaign_file(file: &str, text: &str) -> Result<ParsedCampaign, Vec<FileDiagnostic>> {
    read_campaign_leniently(file, text).into_result()
}

/// Reads what can be read of a campaign file, for a check of everything at once.
#[must_use]
pub fn read_campaign_leniently(file: &str, text: &str) -> TomlReading<ParsedCampaign> {
    let mut reader = TomlReader::new(file, text);
    let raw: Option<CampaignToml> = reader.deserialize(&CAMPAIGN);
    let mut offsets = BTreeMap::new();
    let campaign = raw.and_then(|raw| build_campaign(&mut reader, &mut offsets, raw));
    let (file, text) = (file.to_owned(), text.to_owned());
    reader.finish(campaign.map(|campaign| ParsedCampaign { campaign, file, text, offsets }))
}

type OffsetByPath = BTreeMap<String, usize>;

fn read_measured(reader: &mut TomlReader<'_>, days: &WindowToml) -> Option<DateWindow> {
    reader.read_window("measured", &days.first_day, &days.last_day)
}

fn read_optional_day(
    reader: &mut TomlReader<'_>,
    key: &str,
    day: Option<&SpannedDate>,
) -> Option<Date> {
    day.and_then(|day| reader.read_date(key, day))
}

fn build_campaign(
    reader: &mut TomlReader<'_>,
    offsets: &mut OffsetByPath,
    raw: CampaignToml,
) -> Option<Campaign> {
    offsets.insert("classification".into(), raw.classification.span().start);
    offsets.insert("owner".into(), raw.owner.span().start);
    let kind = reader.read_enum("kind", &raw.kind, CampaignKind::ALL, CampaignKind::as_str);
    let classification = reader.read_enum(
        "classification",
        &raw.classification,
        Classification::ALL,
        Classification::as_str,
    );
    let legal = reader.read_window("first_day, last_day", &raw.first_day, &raw.last_day);
    let measured = raw.measured.as_ref().map_or(legal, |days| read_measured(reader, days));
    let launched_on = read_optional_day(reader, "launched_on", raw.launched_on.as_ref());
    let deadline = raw.registration_deadline.as_ref();
    let registration_deadline = read_optional_day(reader, "registration_deadline", deadline);
    let phases = read_all(reader, offsets, ("phases", raw.phases), read_phase);
    let anniversaries =
        read_all(reader, offsets, ("anniversaries", raw.anniversaries), read_anniversary);
    let targets = read_all(reader, offsets, ("targets", raw.targets), read_target);
    let activities = read_all(reader, offsets, ("activities", raw.activities), read_activity);
    let duties = read_all(reader, offsets, ("duties", raw.duties), read_duty);
    let launches = read_all(reader, offsets, ("launches", raw.launches), read_launch);
    let pledges = raw.pledges.into_iter().map(|pledge| read_pledge(offsets, pledge)).collect();
    let plans = read_all(reader, offsets, ("plans", raw.plans), read_plan);
    Some(Campaign {
        code: raw.code.into_inner(),
        name_vi: raw.name_vi,
        name_en: raw.name_en,
        kind: kind?,
        parent_movement: raw.parent_movement,
        owner_uid: raw.owner.into_inner(),
        audience_vi: raw.audience_vi,
        legal_window: legal?,
        measurement_window: measured?,
        launched_on,
        registration_deadline,
        theme: raw.theme,
        motto: raw.motto,
        fields: read_fields(offsets, raw.fields),
        phases,
        anniversaries,
        classification: classification?,
        status: CampaignStatus::Draft,
        contracts: raw.contracts,
        device_retention_days: raw.device_days,
        targets,
        activities,
        duties,
        launches,
        pledges,
        plans,
        amendments: Vec::new(),
        reopening: None,
        shares: Vec::new(),
    })
}

fn read_fields(offsets: &mut OffsetByPath, fields: Vec<Spanned<String>>) -> Vec<String> {
    if let Some(first) = fields.first() {
        offsets.insert("fields".into(), first.span().start);
    }
    fields.into_iter().map(Spanned::into_inner).collect()
}

/// Reads every item of the list of this name; those with a diagnostic are left out.
fn read_all<R, T>(
    reader: &mut TomlReader<'_>,
    offsets: &mut OffsetByPath,
    (name, items): (&str, Vec<R>),
    read: fn(&mut TomlReader<'_>, &mut OffsetByPath, R) -> Option<T>,
) -> Vec<T> {
    let given = items.len();
    let kept: Vec<T> = items.into_iter().filter_map(|item| read(reader, offsets, item)).collect();
    if kept.len() < given {
        reader.note_left_out(name);
    }
    kept
}

fn read_phase(
    reader: &mut TomlReader<'_>,
    offsets: &mut OffsetByPath,
    raw: PhaseToml,
) -> Option<Phase> {
    let no = *raw.no.get_ref();
    offsets.insert(format!("phases.{no}"), raw.no.span().start);
    offsets
        .entry("phases".into())
        .and_modify(|offset| *offset = raw.no.span().start)
        .or_insert(raw.no.span().start);
    let window = reader.read_window("phases", &raw.first_day, &raw.last_day)?;
    Some(Phase {
        no,
        name_vi: raw.name_vi,
        name_en: raw.name_en,
        window,
        focus: raw.focus,
        assumed: raw.assumed,
    })
}

fn read_anniversary(
    reader: &mut TomlReader<'_>,
    offsets: &mut OffsetByPath,
    raw: AnniversaryToml,
) -> Option<Anniversary> {
    offsets.insert(format!("anniversaries.{}", raw.name_vi.get_ref()), raw.name_vi.span().start);
    let origin = reader.read_date("anniversaries.origin", &raw.origin);
    let commemorated_on = reader.read_date("anniversaries.commemorated_on", &raw.commemorated_on);
    let correction = match raw.correction {
        None => None,
        Some(raw) => {
            let origin = reader.read_date("anniversaries.correction.origin", &raw.origin)?;
            Some(AnniversaryCorrection { origin, reason_vi: raw.reason_vi })
        }
    };
    Some(Anniversary {
        name_vi: raw.name_vi.into_inner(),
        name_en: raw.name_en,
        origin: origin?,
        ordinal: raw.ordinal,
        commemorated_on: commemorated_on?,
        as_published: raw.as_published,
        correction,
    })
}

fn read_target(
    reader: &mut TomlReader<'_>,
    offsets: &mut OffsetByPath,
    raw: TargetToml,
) -> Option<CampaignTarget> {
    offsets.insert(format!("targets.{}", raw.code.get_ref()), raw.code.span().start);
    let field = raw.field.map(Spanned::into_inner);
    let commitment = reader.read_enum(
        "targets.commitment",
        &raw.commitment,
        Commitment::ALL,
        Commitment::as_str,
    );
    let baseline = raw.baseline.and_then(|text| {
        reader.read_enum("targets.baseline", &text, BaselineMethod::ALL, BaselineMethod::as_str)
    });
    let zero_base = raw.zero_base.and_then(|text| {
        reader.read_enum("targets.zero_base", &text, ZeroBasePolicy::ALL, ZeroBasePolicy::as_str)
    });
    let formula = reader.read_formula("targets.formula", &raw.formula, Target::parse);
    let pairs = raw.pairs.iter().filter_map(|text| read_pair(reader, text)).collect();
    Some(CampaignTarget {
        code: raw.code.into_inner(),
        field,
        text_vi: raw.text_vi,
        text_en: raw.text_en,
        formula: formula?,
        commitment: commitment?,
        baseline,
        overlap_waiver: raw.overlap_waiver,
        min_base: raw.min_base,
        coverage_min: raw.coverage_min,
        zero_base,
        pairs,
        gaming_note: raw.gaming_note,
        coercive_override: raw.coercive_override,
        levels: raw.levels.iter().filter_map(|text| read_level(reader, text)).collect(),
        phases: raw.phases,
        allocation: raw.allocation.and_then(|value| read_allocation(reader, value)),
        pace: raw.pace.and_then(|value| read_pace(reader, value)),
        last_day: raw.last_day.and_then(|day| reader.read_date("targets.last_day", &day)),
    })
}

/// A pair is another target if it begins with a capital, else an element's code.
fn read_pair(reader: &mut TomlReader<'_>, text: &SpannedString) -> Option<TargetPair> {
    if text.get_ref().starts_with(|first: char| first.is_ascii_uppercase()) {
        return Some(TargetPair::Target(text.get_ref().clone()));
    }
    read_element_code(reader, "targets.pairs", text).map(TargetPair::Count)
}

fn read_activity(
    reader: &mut TomlReader<'_>,
    offsets: &mut OffsetByPath,
    raw: ActivityToml,
) -> Option<Activity> {
    offsets.insert(format!("activities.{}", raw.code.get_ref()), raw.code.span().start);
    let element = read_element_code(reader, "activities.element", &raw.element)?;
    Some(Activity {
        code: raw.code.into_inner(),
        name_vi: raw.name_vi,
        name_en: raw.name_en,
        element,
    })
}

fn read_duty(
    reader: &mut TomlReader<'_>,
    offsets: &mut OffsetByPath,
    raw: DutyToml,
) -> Option<Duty> {
    offsets.insert(format!("duties.{}", raw.code.get_ref()), raw.code.span().start);
    let field = raw.field.map(Spanned::into_inner);
    let evidence =
        reader.read_enum("duties.evidence", &raw.evidence, DutyEvidence::ALL, DutyEvidence::as_str);
    let element = raw.element.and_then(|text| read_element_code(reader, "duties.element", &text));
    Some(Duty {
        code: raw.code.into_inner(),
        field,
        text_vi: raw.text_vi,
        text_en: raw.text_en,
        evidence: evidence?,
        element,
        due: raw.due,
    })
}
