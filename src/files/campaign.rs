//! A campaign as a readable TOML file, to and from the domain.
//!
//! Knows the shape of the file. The state of a campaign is no part of it: a file declares what the campaign is, steps
//! move it on. Days in the file are first and last day, both included, as official texts give them.

use super::campaign_taken_up::{self as taken_up, LaunchFile, PlanFile, PledgeFile};
use super::catalogue::element_code;
use super::fault::Fault;
use super::toml_reader::Reader;
use crate::domain::campaign::{
    Activity, Anniversary, BaselineMethod, Campaign, CampaignKind, Classification, Commitment, Correction, Duty,
    Evidence, Field, Pair, Phase, Status, TargetLine, ZeroBase,
};
use crate::domain::form::Catalogue;
use crate::domain::target::Target;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::value::Datetime;

type Text = Spanned<String>;
type Day = Spanned<Datetime>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CampaignFile {
    code: Text,
    name_vi: String,
    name_en: String,
    kind: Text,
    parent_movement: Option<String>,
    owner: Text,
    #[serde(default)]
    audience_vi: String,
    first_day: Day,
    last_day: Day,
    measured: Option<DaysFile>,
    launched_on: Option<Day>,
    theme: Option<String>,
    motto: Option<String>,
    #[serde(default)]
    fields: Vec<Text>,
    classification: Text,
    #[serde(default)]
    contracts: Vec<String>,
    device_days: Option<u16>,
    #[serde(default)]
    phases: Vec<PhaseFile>,
    #[serde(default)]
    anniversaries: Vec<AnniversaryFile>,
    #[serde(default)]
    targets: Vec<TargetFile>,
    #[serde(default)]
    activities: Vec<ActivityFile>,
    #[serde(default)]
    duties: Vec<DutyFile>,
    #[serde(default)]
    launches: Vec<LaunchFile>,
    #[serde(default)]
    pledges: Vec<PledgeFile>,
    #[serde(default)]
    plans: Vec<PlanFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DaysFile {
    first_day: Day,
    last_day: Day,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhaseFile {
    no: Spanned<u8>,
    name_vi: String,
    name_en: String,
    first_day: Day,
    last_day: Day,
    #[serde(default)]
    focus: Vec<String>,
    #[serde(default)]
    assumed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnniversaryFile {
    name_vi: Text,
    name_en: String,
    origin: Day,
    ordinal: i16,
    commemorated_on: Day,
    as_published: String,
    correction: Option<CorrectionFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CorrectionFile {
    origin: Day,
    reason_vi: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetFile {
    code: Text,
    field: Option<Text>,
    text_vi: String,
    text_en: String,
    formula: Text,
    commitment: Text,
    baseline: Option<Text>,
    overlap_waiver: Option<String>,
    min_base: Option<u32>,
    coverage_min: Option<u16>,
    zero_base: Option<Text>,
    #[serde(default)]
    pairs: Vec<Text>,
    #[serde(default)]
    gaming_note: String,
    coercive_override: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActivityFile {
    code: Text,
    name_vi: String,
    name_en: String,
    element: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DutyFile {
    code: Text,
    field: Option<Text>,
    text_vi: String,
    text_en: String,
    evidence: Text,
    element: Option<Text>,
    #[serde(default)]
    due: u32,
}

/// A campaign as read, with the places of its parts in the file.
#[derive(Debug, Clone)]
pub struct Read {
    /// The campaign, in state `DRAFT`.
    pub campaign: Campaign,
    file: String,
    text: String,
    places: BTreeMap<String, usize>,
}

impl Read {
    /// Every rule broken, each at the line of the part that breaks it.
    #[must_use]
    pub fn check(&self, catalogue: &Catalogue) -> Vec<Fault> {
        let reader = Reader::new(&self.file, &self.text);
        let found = self.campaign.check(catalogue);
        found
            .into_iter()
            .map(|broken| reader.fault(self.places.get(&broken.at).copied().unwrap_or(0), broken))
            .collect()
    }
}

/// Reads a campaign file; `file` is the name to be used in findings.
///
/// # Errors
/// Everything wrong with it, each with line, column and what was expected.
pub fn read(file: &str, text: &str) -> Result<Read, Vec<Fault>> {
    let mut reader = Reader::new(file, text);
    let raw: CampaignFile = reader.shape()?;
    let mut places = BTreeMap::new();
    let campaign = read_campaign(&mut reader, &mut places, raw);
    let campaign = reader.done(campaign)?;
    Ok(Read { campaign, file: file.to_owned(), text: text.to_owned(), places })
}

type Places = BTreeMap<String, usize>;

fn read_campaign(reader: &mut Reader<'_>, places: &mut Places, raw: CampaignFile) -> Option<Campaign> {
    places.insert("classification".into(), raw.classification.span().start);
    let kind = reader.word("kind", &raw.kind, CampaignKind::ALL, CampaignKind::as_str);
    let classification =
        reader.word("classification", &raw.classification, Classification::ALL, Classification::as_str);
    let legal = reader.window("first_day, last_day", &raw.first_day, &raw.last_day);
    let measured = match &raw.measured {
        Some(days) => reader.window("measured", &days.first_day, &days.last_day),
        None => legal,
    };
    let launched_on = raw.launched_on.as_ref().and_then(|day| reader.date("launched_on", day));
    let mut fields = Vec::new();
    for text in &raw.fields {
        fields.extend(reader.word("fields", text, Field::ALL, Field::as_str));
    }
    let phases = raw.phases.into_iter().filter_map(|phase| read_phase(reader, places, phase)).collect();
    let anniversaries = raw.anniversaries.into_iter().filter_map(|day| read_anniversary(reader, places, day)).collect();
    let targets = raw.targets.into_iter().filter_map(|target| read_target(reader, places, target)).collect();
    let activities = raw.activities.into_iter().filter_map(|line| read_activity(reader, places, line)).collect();
    let duties = raw.duties.into_iter().filter_map(|duty| read_duty(reader, places, duty)).collect();
    let launches = raw.launches.into_iter().filter_map(|launch| taken_up::launch(reader, places, launch)).collect();
    let pledges = raw.pledges.into_iter().map(|pledge| taken_up::pledge(places, pledge)).collect();
    let plans = raw.plans.into_iter().filter_map(|plan| taken_up::plan(reader, places, plan)).collect();
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
        theme: raw.theme,
        motto: raw.motto,
        fields,
        phases,
        anniversaries,
        classification: classification?,
        status: Status::Draft,
        contracts: raw.contracts,
        device_days: raw.device_days,
        targets,
        activities,
        duties,
        launches,
        pledges,
        plans,
        amendments: Vec::new(),
    })
}

fn read_phase(reader: &mut Reader<'_>, places: &mut Places, raw: PhaseFile) -> Option<Phase> {
    let no = *raw.no.get_ref();
    places.insert(format!("phases.{no}"), raw.no.span().start);
    places.entry("phases".into()).and_modify(|place| *place = raw.no.span().start).or_insert(raw.no.span().start);
    let window = reader.window("phases", &raw.first_day, &raw.last_day)?;
    Some(Phase { no, name_vi: raw.name_vi, name_en: raw.name_en, window, focus: raw.focus, assumed: raw.assumed })
}

fn read_anniversary(reader: &mut Reader<'_>, places: &mut Places, raw: AnniversaryFile) -> Option<Anniversary> {
    places.insert(format!("anniversaries.{}", raw.name_vi.get_ref()), raw.name_vi.span().start);
    let origin = reader.date("anniversaries.origin", &raw.origin);
    let commemorated_on = reader.date("anniversaries.commemorated_on", &raw.commemorated_on);
    let correction = match raw.correction {
        None => None,
        Some(raw) => {
            let origin = reader.date("anniversaries.correction.origin", &raw.origin)?;
            Some(Correction { origin, reason_vi: raw.reason_vi })
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

fn read_target(reader: &mut Reader<'_>, places: &mut Places, raw: TargetFile) -> Option<TargetLine> {
    places.insert(format!("targets.{}", raw.code.get_ref()), raw.code.span().start);
    let field = optional_field(reader, "targets.field", raw.field.as_ref());
    let commitment = reader.word("targets.commitment", &raw.commitment, Commitment::ALL, Commitment::as_str);
    let baseline = raw
        .baseline
        .and_then(|text| reader.word("targets.baseline", &text, BaselineMethod::ALL, BaselineMethod::as_str));
    let zero_base =
        raw.zero_base.and_then(|text| reader.word("targets.zero_base", &text, ZeroBase::ALL, ZeroBase::as_str));
    let formula = reader.grammar("targets.formula", &raw.formula, Target::parse);
    let pairs = raw.pairs.iter().filter_map(|text| read_pair(reader, text)).collect();
    Some(TargetLine {
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
    })
}

/// A pair is another target where it begins with a capital, else an element's code.
fn read_pair(reader: &mut Reader<'_>, text: &Text) -> Option<Pair> {
    if text.get_ref().starts_with(|first: char| first.is_ascii_uppercase()) {
        return Some(Pair::Target(text.get_ref().clone()));
    }
    element_code(reader, "targets.pairs", text).map(Pair::Count)
}

fn read_activity(reader: &mut Reader<'_>, places: &mut Places, raw: ActivityFile) -> Option<Activity> {
    places.insert(format!("activities.{}", raw.code.get_ref()), raw.code.span().start);
    let element = element_code(reader, "activities.element", &raw.element)?;
    Some(Activity { code: raw.code.into_inner(), name_vi: raw.name_vi, name_en: raw.name_en, element })
}

fn read_duty(reader: &mut Reader<'_>, places: &mut Places, raw: DutyFile) -> Option<Duty> {
    places.insert(format!("duties.{}", raw.code.get_ref()), raw.code.span().start);
    let field = optional_field(reader, "duties.field", raw.field.as_ref());
    let evidence = reader.word("duties.evidence", &raw.evidence, Evidence::ALL, Evidence::as_str);
    let element = raw.element.and_then(|text| element_code(reader, "duties.element", &text));
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

fn optional_field(reader: &mut Reader<'_>, key: &str, text: Option<&Text>) -> Option<Field> {
    text.and_then(|text| reader.word(key, text, Field::ALL, Field::as_str))
}
