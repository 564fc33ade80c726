//! Parses one JSON object into a question: a target, its figures and the terms on which it is
//! judged.
//!
//! Unknown keys are refused: a misspelt `missing` would give a verdict without the missing reports.

use super::TargetInputError;
use crate::domain::report::element::ElementCode;
use crate::domain::support::limits::FORMULA;
use crate::domain::support::message::{Message, message};
use crate::domain::support::ratio::Ratio;
use crate::domain::support::text::checked_text;
use crate::domain::target_rule::ZeroBasePolicy;
use crate::domain::target_rule::{
    Attestation, Comparability, EvaluationTerms, FormulaIdentifier, StandingStage, StaticFigures,
    Target,
};
use crate::i18n::Lang;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const INPUT_KEYS: &[&str] = &[
    "target",
    "elements",
    "baseline",
    "missing",
    "coverage",
    "stage",
    "to_date",
    "comparability",
    "attested",
    "milestones",
    "waiver",
    "options",
];
const OPTION_KEYS: &[&str] = &["min_base", "zero_base", "coverage_min", "waiver"];

/// One question.
pub(super) struct EvalInput {
    pub(super) target: Target,
    pub(super) figures: StaticFigures,
    pub(super) terms: EvaluationTerms,
}

type InputResult<T> = Result<T, TargetInputError>;

/// Parses a target's text.
pub(super) fn parse_target(text: &str, lang: Lang) -> InputResult<Target> {
    let text = checked_text(text, FORMULA).map_err(|fault| {
        let violation = fault.to_violation("target");
        TargetInputError { code: violation.code, column: None, text: violation.message.text(lang) }
    })?;
    Target::parse(&text).map_err(|error| TargetInputError {
        code: "BAD_TARGET",
        column: Some(error.column),
        text: error.message().text(lang),
    })
}

impl EvalInput {
    pub(super) fn from_json(value: &Value, lang: Lang) -> InputResult<Self> {
        let reader = JsonInputReader { lang };
        let object = reader.read_object(value, "", INPUT_KEYS)?;
        let text = object.get("target").and_then(Value::as_str);
        let target = parse_target(
            text.ok_or_else(|| reader.input_error("target", message!("input-target-text")))?,
            lang,
        )?;
        let sheet = reader.read_figure_sheet(object, &target)?;
        let terms = reader.read_terms(object)?;
        Ok(Self { target, figures: sheet, terms })
    }
}

struct JsonInputReader {
    lang: Lang,
}

impl JsonInputReader {
    fn input_error(&self, at: &str, expected: Message) -> TargetInputError {
        let text = self.lang.say(message!("input-expected", at, expected => expected));
        TargetInputError { code: "BAD_INPUT", column: None, text }
    }

    /// An object with these keys only; `[]` allows every key.
    fn read_object<'v>(
        &self,
        value: &'v Value,
        at: &str,
        keys: &[&str],
    ) -> InputResult<&'v Map<String, Value>> {
        let at = if at.is_empty() { "JSON" } else { at };
        let object =
            value.as_object().ok_or_else(|| self.input_error(at, message!("input-object")))?;
        let strange = object.keys().find(|key| !keys.is_empty() && !keys.contains(&key.as_str()));
        match strange {
            None => Ok(object),
            Some(key) => {
                let known = keys.join(", ");
                Err(self.input_error(&format!("{at}.{key}"), message!("input-one-keys", known)))
            }
        }
    }

    fn read_figure_sheet(
        &self,
        object: &Map<String, Value>,
        target: &Target,
    ) -> InputResult<StaticFigures> {
        let to_date = match object.get("to_date") {
            None | Some(Value::Null) => None,
            Some(value) => self.read_object(value, "to_date", &["baseline"])?.get("baseline"),
        };
        Ok(StaticFigures {
            current: self.read_figures(object.get("elements"), "elements")?,
            missing: self.read_missing(object.get("missing"))?,
            baseline: self.read_figures(object.get("baseline"), "baseline")?,
            baseline_to_date: self.read_figures(to_date, "to_date.baseline")?,
            comparability: self.read_comparability(object.get("comparability"), target)?,
            attestations: self.read_attested(object.get("attested"), "attested")?,
            milestones: self.read_attested(object.get("milestones"), "milestones")?,
        })
    }

    fn read_terms(&self, object: &Map<String, Value>) -> InputResult<EvaluationTerms> {
        let none = Map::new();
        let options = match object.get("options") {
            None | Some(Value::Null) => &none,
            Some(value) => self.read_object(value, "options", OPTION_KEYS)?,
        };
        let mut terms = EvaluationTerms::for_stage(self.read_word(
            object.get("stage"),
            "stage",
            StandingStage::ALL,
            StandingStage::Closed,
        )?);
        if let Some(coverage) = self.read_share(object.get("coverage"), "coverage")? {
            terms.coverage = coverage;
        }
        if let Some(least) = self.read_share(options.get("coverage_min"), "options.coverage_min")? {
            terms.coverage_min = least;
        }
        terms.min_base = self.read_optional_number(options.get("min_base"), "options.min_base")?;
        terms.zero_base = self.read_word(
            options.get("zero_base"),
            "options.zero_base",
            ZeroBasePolicy::ALL,
            terms.zero_base,
        )?;
        terms.waived = self.read_flag(object.get("waiver"), "waiver")?
            || self.read_flag(options.get("waiver"), "options.waiver")?;
        Ok(terms)
    }

    fn read_flag(&self, value: Option<&Value>, at: &str) -> InputResult<bool> {
        match value {
            None | Some(Value::Null) => Ok(false),
            Some(value) => {
                value.as_bool().ok_or_else(|| self.input_error(at, message!("input-true-false")))
            }
        }
    }

    fn read_word<T: Copy + std::fmt::Display>(
        &self,
        value: Option<&Value>,
        at: &str,
        all: &[T],
        left_out: T,
    ) -> InputResult<T> {
        let value = match value {
            None | Some(Value::Null) => return Ok(left_out),
            Some(value) => value.as_str().unwrap_or_default(),
        };
        all.iter().copied().find(|word| word.to_string() == value).ok_or_else(|| {
            let words: Vec<String> = all.iter().map(ToString::to_string).collect();
            let words = words.join(", ");
            self.input_error(at, message!("input-one", words))
        })
    }

    /// A number from zero up: `418`, `0.4`, `"0.4"` or `"31/3"`.
    fn read_number(&self, value: &Value, at: &str) -> InputResult<Ratio> {
        let text = match value {
            Value::Number(number) => match number.as_i64() {
                Some(whole) => Some(Ratio::from_integer(whole)),
                None => Ratio::parse(&number.to_string()).ok(),
            },
            Value::String(text) => Ratio::parse(text).ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        text.filter(|number| !number.is_negative())
            .ok_or_else(|| self.input_error(at, message!("input-number-from-zero-up")))
    }

    fn read_optional_number(&self, value: Option<&Value>, at: &str) -> InputResult<Option<Ratio>> {
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(value) => self.read_number(value, at).map(Some),
        }
    }

    fn read_share(&self, value: Option<&Value>, at: &str) -> InputResult<Option<Ratio>> {
        let share = self.read_optional_number(value, at)?;
        match share {
            Some(share) if share > Ratio::ONE => {
                Err(self.input_error(at, message!("input-number-from-0-1")))
            }
            Some(_) | None => Ok(share),
        }
    }

    fn read_element_code(&self, text: &str, at: &str) -> InputResult<ElementCode> {
        ElementCode::new(text).map_err(|_| self.input_error(at, message!("input-element-code-z-0")))
    }

    /// Figures by element; null means that there is no figure.
    fn read_figures(
        &self,
        value: Option<&Value>,
        at: &str,
    ) -> InputResult<BTreeMap<ElementCode, Ratio>> {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return Ok(BTreeMap::new());
        };
        let mut figures = BTreeMap::new();
        for (key, value) in self.read_object(value, at, &[])? {
            let at = format!("{at}.{key}");
            let code = self.read_element_code(key, &at)?;
            if let Some(figure) = self.read_optional_number(Some(value), &at)? {
                figures.insert(code, figure);
            }
        }
        Ok(figures)
    }

    fn read_missing(
        &self,
        value: Option<&Value>,
    ) -> InputResult<BTreeMap<ElementCode, crate::domain::target_rule::MissingReports>> {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return Ok(BTreeMap::new());
        };
        let list =
            value.as_array().ok_or_else(|| self.input_error("missing", message!("input-list")))?;
        let mut missing: BTreeMap<_, crate::domain::target_rule::MissingReports> = BTreeMap::new();
        for (place, one) in list.iter().enumerate() {
            let at = format!("missing[{place}]");
            let one = self.read_object(one, &at, &["element", "expected"])?;
            let code = self.read_element_code(
                one.get("element").and_then(Value::as_str).unwrap_or_default(),
                &format!("{at}.element"),
            )?;
            let expected = self.read_number(
                one.get("expected").unwrap_or(&Value::Null),
                &format!("{at}.expected"),
            )?;
            let gap = missing.entry(code).or_default();
            *gap = gap.with_report(expected);
        }
        Ok(missing)
    }

    /// One word for every element of the target, or an object of words by element.
    fn read_comparability(
        &self,
        value: Option<&Value>,
        target: &Target,
    ) -> InputResult<BTreeMap<ElementCode, Comparability>> {
        let word = |value: &Value, at: &str| {
            self.read_word(Some(value), at, Comparability::ALL, Comparability::Exact)
        };
        match value {
            None | Some(Value::Null) => Ok(BTreeMap::new()),
            Some(value @ Value::Object(_)) => {
                let mut states = BTreeMap::new();
                for (key, value) in self.read_object(value, "comparability", &[])? {
                    let at = format!("comparability.{key}");
                    states.insert(self.read_element_code(key, &at)?, word(value, &at)?);
                }
                Ok(states)
            }
            Some(value) => {
                let state = word(value, "comparability")?;
                Ok(target.elements().into_iter().map(|code| (code, state)).collect())
            }
        }
    }

    /// `true`, `false` or `{"done": 3, "of": 4}` by name.
    fn read_attested(
        &self,
        value: Option<&Value>,
        at: &str,
    ) -> InputResult<BTreeMap<FormulaIdentifier, Attestation>> {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return Ok(BTreeMap::new());
        };
        let mut states = BTreeMap::new();
        for (key, value) in self.read_object(value, at, &[])? {
            let at = format!("{at}.{key}");
            let name = FormulaIdentifier::new(key)
                .map_err(|_| self.input_error(&at, message!("input-name")))?;
            let state = match value {
                Value::Bool(done) => Attestation { done: u32::from(*done), required: 1 },
                Value::Null
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_)
                | Value::Object(_) => {
                    let parts = self.read_object(value, &at, &["done", "of"])?;
                    let part = |key: &str| {
                        parts.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok())
                    };
                    let both =
                        part("done").zip(part("of")).filter(|(done, of)| done <= of && *of > 0);
                    let (done, of) = both
                        .ok_or_else(|| self.input_error(&at, message!("input-done-up-from-1")))?;
                    Attestation { done, required: of }
                }
            };
            states.insert(name, state);
        }
        Ok(states)
    }
}
