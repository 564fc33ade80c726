//! Evaluation: a target and figures in, an [`Evaluation`] out; and how verdicts combine.
//!
//! Total: any tree and any figures give an answer. Knows no language and no unit. Comparisons are judged in `compare`.

use super::ast::{Name, Target};
use super::compare;
use super::evaluation::{Evaluation, Pace};
use super::figures::{Attested, Figures, Terms};
use super::read::Halt;
use super::verdict::{PaceState, Reason, Stage, Tier, Verdict};
use crate::domain::ratio::Ratio;

impl Target {
    /// What these figures say of the target, judged exactly.
    #[must_use]
    pub fn evaluate(&self, figures: &dyn Figures, terms: &Terms) -> Evaluation {
        let mut out = Evaluation::blank(self.to_string(), terms.stage);
        match self {
            Self::Compare(comparison) => compare::evaluate(comparison, figures, terms, &mut out),
            Self::Milestone(name) => attested(figures.milestone(name), name, terms, &mut out),
            Self::Attest(name) => attested(figures.attested(name), name, terms, &mut out),
            Self::All(members) => combine(members.iter(), figures, terms, &mut out, worst),
            Self::Any(members) => combine(members.iter(), figures, terms, &mut out, best),
            Self::Tier { floor, stretch } => {
                combine([&**floor, &**stretch].into_iter(), figures, terms, &mut out, first);
                out.tier = tier(&out);
            }
        }
        out
    }
}

fn attested(state: Option<Attested>, _name: &Name, terms: &Terms, out: &mut Evaluation) {
    if let Some(Attested { done, of }) = state {
        out.display = Some(format!("{done}/{of}"));
        out.value = Ratio::new(done.into(), of.into());
    }
    let done = state.map(|Attested { done, of }| done >= of);
    match (terms.stage, done) {
        (Stage::Running, Some(true)) => {
            out.pace = Some(Pace { state: Some(PaceState::OnPace), ..Pace::default() });
        }
        // Not yet done is not late: nobody said by when.
        (Stage::Running, Some(false)) => {
            out.halt(Halt { verdict: Verdict::Undetermined, reason: Reason::NotAttested });
        }
        (Stage::Closed | Stage::Final, Some(true)) => out.verdict = Some(Verdict::Met),
        (Stage::Closed | Stage::Final, Some(false)) => {
            out.halt(Halt { verdict: Verdict::Missed, reason: Reason::NotAttested });
        }
        (Stage::Running | Stage::Closed | Stage::Final, None) => {
            out.halt(Halt { verdict: Verdict::NoData, reason: Reason::NotAttested });
        }
    }
}

/// One word about a member, whether its window is over or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Verdict(Verdict),
    Pace(PaceState),
}

fn word(member: &Evaluation) -> Word {
    match (member.verdict, member.pace_state()) {
        (Some(verdict), _) => Word::Verdict(verdict),
        (None, Some(state)) => Word::Pace(state),
        (None, None) => Word::Verdict(Verdict::Undetermined),
    }
}

fn combine<'a>(
    members: impl Iterator<Item = &'a Target>,
    figures: &dyn Figures,
    terms: &Terms,
    out: &mut Evaluation,
    rule: fn(&[Word]) -> Word,
) {
    out.members = members.map(|member| member.evaluate(figures, terms)).collect();
    let words: Vec<Word> = out.members.iter().map(word).collect();
    match rule(&words) {
        Word::Verdict(verdict) => out.verdict = Some(verdict),
        Word::Pace(state) => out.pace = Some(Pace { state: Some(state), ..Pace::default() }),
    }
    let reasons: Vec<Reason> = out.members.iter().flat_map(|member| member.reasons.clone()).collect();
    for reason in reasons {
        out.because(reason);
    }
}

/// The members to which the question applies, or the word for none.
fn applicable(words: &[Word]) -> Result<Vec<Word>, Word> {
    let nothing = Word::Verdict(Verdict::NotApplicable);
    let some: Vec<Word> = words.iter().copied().filter(|word| *word != nothing).collect();
    if some.is_empty() { Err(nothing) } else { Ok(some) }
}

/// `all`: one failure decides; then whatever is not known; only then success.
fn worst(words: &[Word]) -> Word {
    let some = match applicable(words) {
        Ok(some) => some,
        Err(nothing) => return nothing,
    };
    let order = [Word::Verdict(Verdict::Missed), Word::Pace(PaceState::AlreadyMissed), Word::Pace(PaceState::Behind)];
    let failed = order.into_iter().find(|word| some.contains(word));
    failed.or_else(|| unknown(&some)).unwrap_or(some[0])
}

/// `any`: one success decides; then whatever is not known; only then the least failure.
fn best(words: &[Word]) -> Word {
    let some = match applicable(words) {
        Ok(some) => some,
        Err(nothing) => return nothing,
    };
    let has = |word: Word| some.contains(&word).then_some(word);
    has(Word::Verdict(Verdict::Met))
        .or_else(|| has(Word::Pace(PaceState::OnPace)))
        .or_else(|| unknown(&some))
        .or_else(|| has(Word::Pace(PaceState::Behind)))
        .unwrap_or(some[0])
}

fn unknown(words: &[Word]) -> Option<Word> {
    let open = [Verdict::Undetermined, Verdict::NoData, Verdict::NotComparable].map(Word::Verdict);
    words.iter().any(|word| open.contains(word)).then_some(Word::Verdict(Verdict::Undetermined))
}

/// `tier`: the floor decides.
fn first(words: &[Word]) -> Word {
    words.first().copied().unwrap_or(Word::Verdict(Verdict::NotApplicable))
}

fn tier(out: &Evaluation) -> Option<Tier> {
    let met = |place: usize| out.members.get(place).is_some_and(|member| member.verdict == Some(Verdict::Met));
    match (met(0), met(1)) {
        (true, true) => Some(Tier::Stretch),
        (true, false) => Some(Tier::Floor),
        (false, true | false) => None,
    }
}
