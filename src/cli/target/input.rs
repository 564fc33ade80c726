//! One JSON object to a question: a target, its figures and the terms on which it is judged.
//!
//! A key that is not known is refused: a misspelt `missing` would make a verdict of what is none.

use super::Refusal;
use crate::domain::campaign::ZeroBase;
use crate::domain::element::ElementCode;
use crate::domain::lang::Lang;
use crate::domain::ratio::Ratio;
use crate::domain::target::{Attested, Comparability, Name, Sheet, Stage, Target, Terms};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const KEYS: &[&str] = &[
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
const OPTIONS: &[&str] = &["min_base", "zero_base", "coverage_min", "waiver"];

/// What one object asks.
pub(super) struct Question {
    pub(super) target: Target,
    pub(super) sheet: Sheet,
    pub(super) terms: Terms,
}

type Read<T> = Result<T, Refusal>;

/// Reads a target's text.
pub(super) fn target(text: &str, lang: Lang) -> Read<Target> {
    Target::parse(text).map_err(|error| Refusal {
        code: "BAD_TARGET",
        column: Some(error.column),
        text: error.text(lang),
    })
}

impl Question {
    pub(super) fn read(value: &Value, lang: Lang) -> Read<Self> {
        let reader = Reader { lang };
        let object = reader.object(value, "", KEYS)?;
        let text = object.get("target").and_then(Value::as_str);
        let target = target(text.ok_or_else(|| reader.bad("target", "văn bản chỉ tiêu", "the target's text"))?, lang)?;
        let sheet = reader.sheet(object, &target)?;
        let terms = reader.terms(object)?;
        Ok(Self { target, sheet, terms })
    }
}

struct Reader {
    lang: Lang,
}

impl Reader {
    fn bad(&self, at: &str, vi: &str, en: &str) -> Refusal {
        let text = self.lang.pick(format!("{at}: cần {vi}"), format!("{at}: expected {en}"));
        Refusal { code: "BAD_INPUT", column: None, text }
    }

    /// An object of known keys only; `[]` knows any key.
    fn object<'v>(&self, value: &'v Value, at: &str, keys: &[&str]) -> Read<&'v Map<String, Value>> {
        let at = if at.is_empty() { "JSON" } else { at };
        let object = value.as_object().ok_or_else(|| self.bad(at, "một đối tượng {}", "an object {}"))?;
        let strange = object.keys().find(|key| !keys.is_empty() && !keys.contains(&key.as_str()));
        match strange {
            None => Ok(object),
            Some(key) => {
                let known = keys.join(", ");
                Err(self.bad(
                    &format!("{at}.{key}"),
                    &format!("một trong các khóa {known}"),
                    &format!("one of the keys {known}"),
                ))
            }
        }
    }

    fn sheet(&self, object: &Map<String, Value>, target: &Target) -> Read<Sheet> {
        let to_date = match object.get("to_date") {
            None | Some(Value::Null) => None,
            Some(value) => self.object(value, "to_date", &["baseline"])?.get("baseline"),
        };
        Ok(Sheet {
            now: self.figures(object.get("elements"), "elements")?,
            missing: self.missing(object.get("missing"))?,
            before: self.figures(object.get("baseline"), "baseline")?,
            before_to_date: self.figures(to_date, "to_date.baseline")?,
            comparability: self.comparability(object.get("comparability"), target)?,
            attested: self.attested(object.get("attested"), "attested")?,
            milestones: self.attested(object.get("milestones"), "milestones")?,
        })
    }

    fn terms(&self, object: &Map<String, Value>) -> Read<Terms> {
        let none = Map::new();
        let options = match object.get("options") {
            None | Some(Value::Null) => &none,
            Some(value) => self.object(value, "options", OPTIONS)?,
        };
        let mut terms = Terms::at(self.word(object.get("stage"), "stage", Stage::ALL, Stage::Closed)?);
        if let Some(coverage) = self.share(object.get("coverage"), "coverage")? {
            terms.coverage = coverage;
        }
        if let Some(least) = self.share(options.get("coverage_min"), "options.coverage_min")? {
            terms.coverage_min = least;
        }
        terms.min_base = self.optional(options.get("min_base"), "options.min_base")?;
        terms.zero_base = self.word(options.get("zero_base"), "options.zero_base", ZeroBase::ALL, terms.zero_base)?;
        terms.waived =
            self.flag(object.get("waiver"), "waiver")? || self.flag(options.get("waiver"), "options.waiver")?;
        Ok(terms)
    }

    fn flag(&self, value: Option<&Value>, at: &str) -> Read<bool> {
        match value {
            None | Some(Value::Null) => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| self.bad(at, "true hoặc false", "true or false")),
        }
    }

    fn word<T: Copy + std::fmt::Display>(&self, value: Option<&Value>, at: &str, all: &[T], left_out: T) -> Read<T> {
        let value = match value {
            None | Some(Value::Null) => return Ok(left_out),
            Some(value) => value.as_str().unwrap_or_default(),
        };
        all.iter().copied().find(|word| word.to_string() == value).ok_or_else(|| {
            let words: Vec<String> = all.iter().map(ToString::to_string).collect();
            let words = words.join(", ");
            self.bad(at, &format!("một trong {words}"), &format!("one of {words}"))
        })
    }

    /// A number from zero up: `418`, `0.4`, `"0.4"` or `"31/3"`.
    fn number(&self, value: &Value, at: &str) -> Read<Ratio> {
        let text = match value {
            Value::Number(number) => match number.as_i64() {
                Some(whole) => Some(Ratio::whole(whole)),
                None => Ratio::parse(&number.to_string()).ok(),
            },
            Value::String(text) => Ratio::parse(text).ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        text.filter(|number| !number.is_negative()).ok_or_else(|| {
            self.bad(
                at,
                "số không âm, tối đa 18 chữ số, như 418, \"0.4\" hoặc \"31/3\"",
                "a number from zero up of at most 18 digits, as 418, \"0.4\" or \"31/3\"",
            )
        })
    }

    fn optional(&self, value: Option<&Value>, at: &str) -> Read<Option<Ratio>> {
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(value) => self.number(value, at).map(Some),
        }
    }

    fn share(&self, value: Option<&Value>, at: &str) -> Read<Option<Ratio>> {
        let share = self.optional(value, at)?;
        match share {
            Some(share) if share > Ratio::ONE => Err(self.bad(at, "số từ 0 đến 1", "a number from 0 to 1")),
            Some(_) | None => Ok(share),
        }
    }

    fn code(&self, text: &str, at: &str) -> Read<ElementCode> {
        ElementCode::new(text)
            .map_err(|_| self.bad(at, "mã chỉ tiêu thống kê (a-z, 0-9, _)", "an element's code (a-z, 0-9, _)"))
    }

    /// Figures by element; null is a figure that is not there.
    fn figures(&self, value: Option<&Value>, at: &str) -> Read<BTreeMap<ElementCode, Ratio>> {
        let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(BTreeMap::new()) };
        let mut figures = BTreeMap::new();
        for (key, value) in self.object(value, at, &[])? {
            let at = format!("{at}.{key}");
            let code = self.code(key, &at)?;
            if let Some(figure) = self.optional(Some(value), &at)? {
                figures.insert(code, figure);
            }
        }
        Ok(figures)
    }

    fn missing(&self, value: Option<&Value>) -> Read<BTreeMap<ElementCode, crate::domain::target::Missing>> {
        let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(BTreeMap::new()) };
        let list = value.as_array().ok_or_else(|| self.bad("missing", "một danh sách []", "a list []"))?;
        let mut missing: BTreeMap<_, crate::domain::target::Missing> = BTreeMap::new();
        for (place, one) in list.iter().enumerate() {
            let at = format!("missing[{place}]");
            let one = self.object(one, &at, &["element", "expected"])?;
            let code =
                self.code(one.get("element").and_then(Value::as_str).unwrap_or_default(), &format!("{at}.element"))?;
            let expected = self.number(one.get("expected").unwrap_or(&Value::Null), &format!("{at}.expected"))?;
            let gap = missing.entry(code).or_default();
            *gap = gap.and(expected);
        }
        Ok(missing)
    }

    /// One word for every element of the target, or an object of words by element.
    fn comparability(&self, value: Option<&Value>, target: &Target) -> Read<BTreeMap<ElementCode, Comparability>> {
        let word = |value: &Value, at: &str| self.word(Some(value), at, Comparability::ALL, Comparability::Exact);
        match value {
            None | Some(Value::Null) => Ok(BTreeMap::new()),
            Some(value @ Value::Object(_)) => {
                let mut states = BTreeMap::new();
                for (key, value) in self.object(value, "comparability", &[])? {
                    let at = format!("comparability.{key}");
                    states.insert(self.code(key, &at)?, word(value, &at)?);
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
    fn attested(&self, value: Option<&Value>, at: &str) -> Read<BTreeMap<Name, Attested>> {
        let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(BTreeMap::new()) };
        let mut states = BTreeMap::new();
        for (key, value) in self.object(value, at, &[])? {
            let at = format!("{at}.{key}");
            let name = Name::new(key).map_err(|_| self.bad(&at, "một tên", "a name"))?;
            let state = match value {
                Value::Bool(done) => Attested { done: u32::from(*done), of: 1 },
                Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                    let parts = self.object(value, &at, &["done", "of"])?;
                    let part = |key: &str| parts.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
                    let both = part("done").zip(part("of")).filter(|(done, of)| done <= of && *of > 0);
                    let (done, of) =
                        both.ok_or_else(|| self.bad(&at, "done không quá of, of từ 1", "done up to of, of from 1"))?;
                    Attested { done, of }
                }
            };
            states.insert(name, state);
        }
        Ok(states)
    }
}
