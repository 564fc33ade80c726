//! Figures written down in one line, and the evaluation asked of them.

use crate::domain::campaign::ZeroBase;
use crate::domain::element::ElementCode;
use crate::domain::ratio::Ratio;
use crate::domain::target::*;

pub(crate) const T1: &str = "change(count(x) vs same_window_prior_year, rel) <= -7%";
pub(crate) const LESS: &str = "change(count(x)) < 0";

/// `ask(T1).base("x", 450).now("x", 418).closed()`.
#[derive(Clone)]
pub(crate) struct Ask {
    target: Target,
    pub(crate) sheet: Sheet,
    pub(crate) terms: Terms,
}

pub(crate) fn ask(target: &str) -> Ask {
    let target = Target::parse(target).unwrap_or_else(|error| panic!("{target}: {error}"));
    Ask { target, sheet: Sheet::default(), terms: Terms::at(Stage::Closed) }
}

pub(crate) fn code(text: &str) -> ElementCode {
    ElementCode::new(text).unwrap()
}

pub(crate) fn ratio(text: &str) -> Ratio {
    Ratio::parse(text).unwrap()
}

impl Ask {
    pub(crate) fn now(mut self, element: &str, value: i64) -> Self {
        self.sheet.now.insert(code(element), value.into());
        self
    }

    pub(crate) fn base(mut self, element: &str, value: i64) -> Self {
        self.sheet.before.insert(code(element), value.into());
        self
    }

    pub(crate) fn base_to_date(mut self, element: &str, value: i64) -> Self {
        self.sheet.before_to_date.insert(code(element), value.into());
        self
    }

    pub(crate) fn missing(mut self, element: &str, expected: &str) -> Self {
        let gap = self.sheet.missing.entry(code(element)).or_default();
        *gap = gap.and(ratio(expected));
        self
    }

    pub(crate) fn comparability(mut self, element: &str, state: Comparability) -> Self {
        self.sheet.comparability.insert(code(element), state);
        self
    }

    pub(crate) fn attested(mut self, duty: &str, done: u32, of: u32) -> Self {
        self.sheet.attested.insert(Name::new(duty).unwrap(), Attested { done, of });
        self
    }

    pub(crate) fn coverage(mut self, coverage: &str) -> Self {
        self.terms.coverage = ratio(coverage);
        self
    }

    pub(crate) fn min_base(mut self, least: i64) -> Self {
        self.terms.min_base = Some(least.into());
        self
    }

    pub(crate) fn zero_base(mut self, policy: ZeroBase) -> Self {
        self.terms.zero_base = policy;
        self
    }

    pub(crate) fn waived(mut self) -> Self {
        self.terms.waived = true;
        self
    }

    pub(crate) fn at(mut self, stage: Stage) -> Evaluation {
        self.terms.stage = stage;
        self.target.evaluate(&self.sheet, &self.terms)
    }

    pub(crate) fn closed(self) -> Evaluation {
        self.at(Stage::Closed)
    }

    pub(crate) fn running(self) -> Evaluation {
        self.at(Stage::Running)
    }
}

/// Verdict, or state while running.
pub(crate) fn said(out: &Evaluation) -> &'static str {
    match (out.verdict, out.pace_state()) {
        (Some(verdict), _) => verdict.as_str(),
        (None, Some(state)) => state.as_str(),
        (None, None) => "nothing",
    }
}

pub(crate) fn shown(out: &Evaluation) -> &str {
    out.display.as_deref().unwrap_or("")
}
