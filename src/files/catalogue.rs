//! Fields of work, elements, forms and contracts as TOML (`elements.toml`, `forms.toml`), to and
//! from the domain.
//!
//! The rules that they satisfy together are checked by `Catalogue::check`.

use super::diagnostic::FileDiagnostic;
use super::keys::toml_tables::CATALOGUE;
use super::toml_reader::{TomlReader, TomlReading};
use crate::domain::report::counting_levels::{CountingLevels, LevelChange};
use crate::domain::report::element::{
    BridgeMethod, CountingLevel, DefinitionBreak, Element, ElementCode, ElementKind,
};
use crate::domain::report::field_of_work::FieldOfWork;
use crate::domain::report::form::{Catalogue, Contract, EarlyReports, Form};
use crate::domain::support::ratio::Ratio;
use crate::domain::support::violation::Violation;
use crate::domain::target_rule::FormRuleExpr;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::value::Datetime;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueToml {
    #[serde(default)]
    fields: Vec<FieldToml>,
    #[serde(default)]
    elements: Vec<ElementToml>,
    #[serde(default)]
    forms: Vec<FormToml>,
    #[serde(default)]
    contracts: Vec<ContractToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldToml {
    code: Spanned<String>,
    name_vi: String,
    name_en: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ElementToml {
    code: Spanned<String>,
    name_vi: String,
    name_en: String,
    unit_of_count: String,
    kind: Spanned<String>,
    level: Spanned<String>,
    #[serde(default)]
    level_changes: Vec<LevelChangeToml>,
    #[serde(default)]
    scale: u8,
    #[serde(default)]
    min: i64,
    max: i64,
    #[serde(default)]
    coercive: bool,
    #[serde(default)]
    shrinkable: bool,
    #[serde(default)]
    activity: bool,
    opening_of: Option<Spanned<String>>,
    #[serde(default)]
    breaks: Vec<DefinitionBreakToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelChangeToml {
    on: Spanned<Datetime>,
    level: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DefinitionBreakToml {
    on: Spanned<Datetime>,
    factor: Option<Spanned<String>>,
    #[serde(default)]
    restated: bool,
    evidence_vi: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormToml {
    code: Spanned<String>,
    name_vi: String,
    name_en: String,
    elements: Vec<Spanned<String>>,
    #[serde(default)]
    rules: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContractToml {
    code: Spanned<String>,
    form: String,
    level: Spanned<String>,
    #[serde(default)]
    level_changes: Vec<LevelChangeToml>,
    calendar: String,
    due_days: u16,
    grace_days: u16,
    early: Option<Spanned<String>>,
    #[serde(default)]
    serves: Vec<String>,
    reviewers: Vec<Spanned<String>>,
}

/// Elements, forms and contracts as read, with the positions of each in the file.
#[derive(Debug, Clone)]
pub struct ParsedCatalogue {
    /// The content.
    pub catalogue: Catalogue,
    file: String,
    text: String,
    offsets: BTreeMap<String, usize>,
}

impl ParsedCatalogue {
    /// The violation at the line of what it concerns, if that stands in this file.
    #[must_use]
    pub fn locate(&self, violation: &Violation) -> Option<FileDiagnostic> {
        let mut parts = violation.path.splitn(3, '.');
        let key = format!("{}.{}", parts.next()?, parts.next()?);
        let offset = self.offsets.get(&key)?;
        let reader = TomlReader::new(&self.file, &self.text);
        Some(reader.diagnostic(*offset, violation.clone()))
    }
}

/// Reads one file of fields, elements, forms and contracts in any combination; several files are
/// joined by [`merge_catalogues`].
///
/// # Errors
/// All diagnostics: text that is not TOML, an unknown key, an invalid word or code.
pub fn read_catalogue(file: &str, text: &str) -> Result<Catalogue, Vec<FileDiagnostic>> {
    read_catalogue_leniently(file, text).into_result().map(|parsed| parsed.catalogue)
}

/// Reads what can be read of such a file, for a check of everything at once.
#[must_use]
pub fn read_catalogue_leniently(file: &str, text: &str) -> TomlReading<ParsedCatalogue> {
    let mut reader = TomlReader::new(file, text);
    let raw: Option<CatalogueToml> = reader.deserialize(&CATALOGUE);
    let parsed = raw.map(|raw| {
        let offsets = find_offsets(&raw);
        let catalogue = build_catalogue(&mut reader, raw);
        ParsedCatalogue { catalogue, file: file.to_owned(), text: text.to_owned(), offsets }
    });
    reader.finish(parsed)
}

fn find_offsets(raw: &CatalogueToml) -> BTreeMap<String, usize> {
    let elements = raw.elements.iter().map(|one| ("element", &one.code));
    let forms = raw.forms.iter().map(|one| ("form", &one.code));
    let contracts = raw.contracts.iter().map(|one| ("contract", &one.code));
    let fields = raw.fields.iter().map(|one| ("field", &one.code));
    let all = fields.chain(elements).chain(forms).chain(contracts);
    all.map(|(kind, code)| (format!("{kind}.{}", code.get_ref()), code.span().start)).collect()
}

fn build_catalogue(reader: &mut TomlReader<'_>, raw: CatalogueToml) -> Catalogue {
    let elements =
        raw.elements.into_iter().filter_map(|element| read_element(reader, element)).collect();
    let forms = raw.forms.into_iter().map(|form| read_form(reader, form)).collect();
    let contracts =
        raw.contracts.into_iter().filter_map(|one| read_contract(reader, one)).collect();
    let field = |FieldToml { code, name_vi, name_en }: FieldToml| FieldOfWork {
        code: code.into_inner(),
        name_vi,
        name_en,
    };
    let fields = raw.fields.into_iter().map(field).collect();
    Catalogue { fields, elements, forms, contracts }
}

/// Joins several catalogues into one.
#[must_use]
pub fn merge_catalogues(parts: Vec<Catalogue>) -> Catalogue {
    parts.into_iter().fold(Catalogue::default(), |mut whole, part| {
        whole.fields.extend(part.fields);
        whole.elements.extend(part.elements);
        whole.forms.extend(part.forms);
        whole.contracts.extend(part.contracts);
        whole
    })
}

fn read_element(reader: &mut TomlReader<'_>, raw: ElementToml) -> Option<Element> {
    let code = read_element_code(reader, "elements.code", &raw.code);
    let kind = reader.read_enum("elements.kind", &raw.kind, ElementKind::ALL, ElementKind::as_str);
    let keys = ["elements.level", "elements.level_changes.on", "elements.level_changes.level"];
    let levels = read_levels(reader, keys, &raw.level, raw.level_changes);
    let opening_of = raw.opening_of.map(|of| read_element_code(reader, "elements.opening_of", &of));
    let breaks = raw.breaks.into_iter().filter_map(|one| read_break(reader, one)).collect();
    Some(Element {
        code: code?,
        name_vi: raw.name_vi,
        name_en: raw.name_en,
        unit_of_count: raw.unit_of_count,
        kind: kind?,
        scale: raw.scale,
        min: raw.min,
        max: raw.max,
        levels: levels?,
        coercive: raw.coercive,
        shrinkable: raw.shrinkable,
        activity: raw.activity,
        opening_of: opening_of.flatten(),
        breaks,
    })
}

/// The level before the first change, and each change; `keys` name the three values.
fn read_levels(
    reader: &mut TomlReader<'_>,
    [first_key, day_key, level_key]: [&str; 3],
    first: &Spanned<String>,
    changes: Vec<LevelChangeToml>,
) -> Option<CountingLevels> {
    let read_level = |reader: &mut TomlReader<'_>, key: &str, text: &Spanned<String>| {
        reader.read_enum(key, text, CountingLevel::ALL, CountingLevel::as_str)
    };
    let first = read_level(reader, first_key, first);
    let read_change = |LevelChangeToml { on, level }: LevelChangeToml| {
        let on = reader.read_date(day_key, &on);
        on.zip(read_level(reader, level_key, &level)).map(|(on, level)| LevelChange { on, level })
    };
    let changes: Vec<Option<LevelChange>> = changes.into_iter().map(read_change).collect();
    Some(CountingLevels { first: first?, changes: changes.into_iter().collect::<Option<_>>()? })
}

/// A change of definition; without a factor and not restated, the two sides are not comparable.
fn read_break(reader: &mut TomlReader<'_>, raw: DefinitionBreakToml) -> Option<DefinitionBreak> {
    let on = reader.read_date("elements.breaks.on", &raw.on)?;
    let bridge = match raw.factor {
        Some(text) => match Ratio::parse(text.get_ref()) {
            Ok(factor) => BridgeMethod::Ratio(factor),
            Err(_) => {
                reader.push_bad_value(
                    "elements.breaks.factor",
                    text.span(),
                    "0.8 | 4/5",
                    text.get_ref(),
                );
                return None;
            }
        },
        None if raw.restated => BridgeMethod::Restated,
        None => BridgeMethod::None,
    };
    Some(DefinitionBreak { on, bridge, evidence_vi: raw.evidence_vi })
}

fn read_form(reader: &mut TomlReader<'_>, raw: FormToml) -> Form {
    let elements = raw
        .elements
        .iter()
        .filter_map(|code| read_element_code(reader, "forms.elements", code))
        .collect();
    let rules = raw
        .rules
        .iter()
        .filter_map(|text| reader.read_formula("forms.rules", text, FormRuleExpr::parse))
        .collect();
    let code = raw.code.into_inner();
    Form { code, name_vi: raw.name_vi, name_en: raw.name_en, elements, rules }
}

fn read_contract(reader: &mut TomlReader<'_>, raw: ContractToml) -> Option<Contract> {
    let keys = ["contracts.level", "contracts.level_changes.on", "contracts.level_changes.level"];
    let levels = read_levels(reader, keys, &raw.level, raw.level_changes);
    let mut reviewers = Vec::new();
    for text in &raw.reviewers {
        reviewers.extend(reader.read_enum(
            "contracts.reviewers",
            text,
            CountingLevel::ALL,
            CountingLevel::as_str,
        ));
    }
    let early = raw.early.as_ref().map_or(Some(EarlyReports::Refused), |text| {
        reader.read_enum("contracts.early", text, EarlyReports::ALL, EarlyReports::as_str)
    });
    Some(Contract {
        code: raw.code.into_inner(),
        form: raw.form,
        levels: levels?,
        calendar: raw.calendar,
        due_days: raw.due_days,
        grace_days: raw.grace_days,
        early: early?,
        serves: raw.serves,
        reviewers,
    })
}

/// An element's code, or a diagnostic with the expected form.
pub(super) fn read_element_code(
    reader: &mut TomlReader<'_>,
    key: &str,
    text: &Spanned<String>,
) -> Option<ElementCode> {
    let code = ElementCode::new(text.get_ref());
    if code.is_err() {
        reader.push_bad_value(key, text.span(), "[a-z][a-z0-9_]*", text.get_ref());
    }
    code.ok()
}
