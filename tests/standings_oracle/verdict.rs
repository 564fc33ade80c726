//! What the oracle says of one target at one unit, and how members are combined (M6).

use crate::fraction::Frac;
use std::collections::BTreeSet;
use thidua::domain::standing::JudgementState;
use thidua::domain::target_rule::Comparator;

#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) state: JudgementState,
    /// Reasons without which the state would be another.
    pub(crate) because: BTreeSet<&'static str>,
    pub(crate) value: Option<Frac>,
    /// For a count, stock or rate with missing reports.
    pub(crate) interval: Option<(Frac, Frac)>,
    pub(crate) limit: Option<i64>,
    /// What is allowed or required by now.
    pub(crate) limit_now: Option<Frac>,
    /// For a target by each unit: how many met it or are on pace, and how many are judged.
    pub(crate) tally: Option<(usize, usize)>,
    pub(crate) members: Vec<Verdict>,
}

impl Verdict {
    pub(crate) fn of(state: JudgementState) -> Self {
        Self {
            state,
            because: BTreeSet::new(),
            value: None,
            interval: None,
            limit: None,
            limit_now: None,
            tally: None,
            members: Vec::new(),
        }
    }

    pub(crate) fn stop(&mut self, (state, reason): Stop) {
        self.state = state;
        self.because.insert(reason);
    }
}

/// The state and the reason with which a judgement ends early.
pub(crate) type Stop = (JudgementState, &'static str);

/// A condition on one number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Threshold {
    pub(crate) cmp: Comparator,
    pub(crate) at: Frac,
}

impl Threshold {
    pub(crate) fn is_met_by(self, value: Frac) -> bool {
        match self.cmp {
            Comparator::Greater => value > self.at,
            Comparator::AtLeast => value >= self.at,
            Comparator::Equal => value == self.at,
            Comparator::AtMost => value <= self.at,
            Comparator::Less => value < self.at,
        }
    }

    pub(crate) fn is_ceiling(self) -> bool {
        matches!(self.cmp, Comparator::AtMost | Comparator::Less)
    }

    pub(crate) fn is_floor(self) -> bool {
        matches!(self.cmp, Comparator::AtLeast | Comparator::Greater)
    }

    /// Whether a sum that only grows can no longer meet it.
    pub(crate) fn is_lost_at(self, low: Frac) -> bool {
        match self.cmp {
            Comparator::AtMost | Comparator::Less => !self.is_met_by(low),
            Comparator::Equal => low > self.at,
            Comparator::AtLeast | Comparator::Greater => false,
        }
    }

    /// The last whole number, from zero up, that meets it.
    pub(crate) fn limit(self) -> Option<i64> {
        let limit = match self.cmp {
            Comparator::AtMost => self.at.floor(),
            Comparator::Less => self.at.ceil() - 1,
            Comparator::AtLeast => self.at.ceil().max(0),
            Comparator::Greater => (self.at.floor() + 1).max(0),
            Comparator::Equal if self.at.den == 1 => self.at.num,
            Comparator::Equal => return None,
        };
        i64::try_from(limit).ok().filter(|limit| *limit >= 0)
    }
}

/// Which members decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    All,
    Any,
    /// The floor, the first member, decides.
    Tier,
}

/// A combination is judged with its last member; until then what a member has met is on pace, and
/// what it has missed is lost already.
pub(crate) fn combine(rule: Rule, running: bool, members: &[Verdict]) -> JudgementState {
    use JudgementState as S;
    let member_state = |member: &Verdict| match (member.state, running) {
        (S::Met, true) => S::OnPace,
        (S::Missed, true) => S::AlreadyMissed,
        (state, _) => state,
    };
    let states: Vec<S> = members.iter().map(member_state).collect();
    if rule == Rule::Tier {
        return states[0];
    }
    let judged: Vec<S> = states.into_iter().filter(|state| *state != S::NotApplicable).collect();
    if judged.is_empty() {
        return S::NotApplicable;
    }
    let unknown = [S::Undetermined, S::NoData, S::NotComparable];
    let is_unknown = |state: &S| unknown.contains(state);
    let has = |state: S| judged.contains(&state).then_some(state);
    let open = || judged.iter().any(is_unknown).then_some(S::Undetermined);
    match rule {
        Rule::Tier | Rule::All => has(S::Missed)
            .or_else(|| has(S::AlreadyMissed))
            .or_else(|| has(S::Behind))
            .or_else(open)
            .unwrap_or(judged[0]),
        Rule::Any => has(S::Met)
            .or_else(|| has(S::OnPace))
            .or_else(open)
            .or_else(|| has(S::Behind))
            .unwrap_or(judged[0]),
    }
}
