//! The chance meter: how often a target would be met although nothing changed, for the person who sets it.
//!
//! Counts are taken as Poisson around the base, the cases of a share as binomial around the bound. Knows no unit and no
//! history; these are chances, not judgements, so floats serve here.

use super::ast::{Baseline, Comparator, Comparison, Mode, Target};
use super::need::Need;
use super::read::{Level, Plan};
use super::spread;
use crate::domain::element::ElementCode;
use crate::domain::lang::Lang;
use crate::domain::ratio::Ratio;

/// How often a target is met by chance alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Luck {
    /// Canonical text of the target.
    pub target: String,
    /// If the members move independently of each other; 0 to 1.
    pub independent: f64,
    /// If they move together as far as they can; the same as `independent` for a single target.
    pub together: f64,
    /// Cases expected, for a single target.
    pub base: Option<Ratio>,
    /// The last whole number that meets, for a single target on counts.
    pub limit: Option<i64>,
    /// The share from which the cases of a ratio are drawn.
    pub share: Option<Ratio>,
    /// Members of a combination.
    pub members: Vec<Self>,
}

/// Why no chance can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoLuck {
    /// The base of this element is not given.
    NoBase(ElementCode),
    /// Attestations, rates and changes of shares do not come about by chance in a way that is known.
    Unsupported(String),
    /// Beyond a million cases.
    TooLarge,
}

impl NoLuck {
    /// Why, and what to do next, for a person.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::NoBase(code) => lang.pick(
                format!("chưa có số gốc của {code}; hãy thêm --base {code}=SỐ"),
                format!("the base of {code} is not given; add --base {code}=NUMBER"),
            ),
            Self::Unsupported(target) => lang.pick(
                format!(
                    "không tính được mức ngẫu nhiên của {target}; hãy dùng count, stock, change của chúng, hoặc ratio"
                ),
                format!("the chance of {target} cannot be told; use count, stock, a change of these, or ratio"),
            ),
            Self::TooLarge => {
                lang.pick("số gốc quá lớn, tối đa một triệu", "the base is too large, at most a million").to_owned()
            }
        }
    }
}

impl Target {
    /// How often this would be met by chance alone, each element's cases expected to be what `base` says.
    ///
    /// A ratio's base is the number of cases below the line; its true share is taken to be the bound itself.
    pub fn luck(&self, base: &dyn Fn(&ElementCode) -> Option<Ratio>) -> Result<Luck, NoLuck> {
        match self {
            Self::Compare(comparison) => single(comparison, base),
            Self::Milestone(_) | Self::Attest(_) => Err(NoLuck::Unsupported(self.to_string())),
            Self::All(_) => self.members_luck(base, |chances| chances.product(), |chances| chances.fold(1.0, f64::min)),
            Self::Any(_) => self.members_luck(
                base,
                |chances| 1.0 - chances.map(|chance| 1.0 - chance).product::<f64>(),
                |chances| chances.fold(0.0, f64::max),
            ),
            Self::Tier { .. } => {
                let floor = |chances: &mut dyn Iterator<Item = f64>| chances.next().unwrap_or(0.0);
                self.members_luck(base, floor, floor)
            }
        }
    }

    fn members_luck(
        &self,
        base: &dyn Fn(&ElementCode) -> Option<Ratio>,
        independent: impl Fn(&mut dyn Iterator<Item = f64>) -> f64,
        together: impl Fn(&mut dyn Iterator<Item = f64>) -> f64,
    ) -> Result<Luck, NoLuck> {
        let members = self.members().into_iter().map(|member| member.luck(base)).collect::<Result<Vec<Luck>, _>>()?;
        Ok(Luck {
            target: self.to_string(),
            independent: independent(&mut members.iter().map(|member| member.independent)),
            together: together(&mut members.iter().map(|member| member.together)),
            base: None,
            limit: None,
            share: None,
            members,
        })
    }
}

fn single(comparison: &Comparison, base: &dyn Fn(&ElementCode) -> Option<Ratio>) -> Result<Luck, NoLuck> {
    let unsupported = || NoLuck::Unsupported(comparison.to_string());
    let plan = Plan::of(&comparison.measure).map_err(|_| unsupported())?;
    let bound = comparison.bound.decimal.ratio(if comparison.bound.percent { 2 } else { 0 });
    match plan.level {
        Level::Count(expr) | Level::Stock(expr) if expr.rest.iter().all(|(sign, _)| sign.as_str() == "+") => {
            let expected = total(&expr.elements(), base)?;
            let at = threshold(&plan, bound, expected).ok_or(NoLuck::TooLarge)?;
            counted(comparison, expected, Need { cmp: comparison.cmp, at })
        }
        Level::Ratio { den, .. } if plan.change.is_none() => shared(comparison, total(&den.elements(), base)?, bound),
        Level::Count(_) | Level::Stock(_) | Level::Rate { .. } | Level::Ratio { .. } => Err(unsupported()),
    }
}

fn total(codes: &[&ElementCode], base: &dyn Fn(&ElementCode) -> Option<Ratio>) -> Result<Ratio, NoLuck> {
    codes.iter().try_fold(Ratio::ZERO, |sum, code| {
        let one = base(code).ok_or_else(|| NoLuck::NoBase((*code).clone()))?;
        sum.plus(one).ok_or(NoLuck::TooLarge)
    })
}

fn threshold(plan: &Plan<'_>, bound: Ratio, expected: Ratio) -> Option<Ratio> {
    let Some((baseline, mode)) = plan.change else { return Some(bound) };
    let before = match baseline {
        Baseline::Fixed(fixed) => fixed.decimal.ratio(if fixed.percent { 2 } else { 0 }),
        Baseline::SameWindowPriorYear | Baseline::StatYear(_) | Baseline::CalendarYear(_) | Baseline::MeanPrior(_) => {
            expected
        }
    };
    match mode {
        Mode::Relative if before.is_zero() => Some(Ratio::ZERO),
        Mode::Relative => bound.plus(Ratio::ONE)?.times(before),
        Mode::Absolute => before.plus(bound),
    }
}

fn counted(comparison: &Comparison, expected: Ratio, need: Need) -> Result<Luck, NoLuck> {
    // From zero, zero must stay: a strict decrease is read as the policy for a zero base reads it.
    let need = if expected.is_zero() && need.is_ceiling() {
        Need { cmp: Comparator::AtMost, at: need.at.max(Ratio::ZERO) }
    } else {
        need
    };
    let at_most = |limit| spread::poisson_at_most(expected.approximately(), limit).ok_or(NoLuck::TooLarge);
    let chance = chance(need, at_most)?;
    Ok(Luck { base: Some(expected), limit: need.limit(), ..only(comparison, chance) })
}

fn shared(comparison: &Comparison, cases: Ratio, bound: Ratio) -> Result<Luck, NoLuck> {
    let whole = cases.as_whole().filter(|cases| *cases >= 0).ok_or(NoLuck::TooLarge)?;
    let share = bound.max(Ratio::ZERO).min(Ratio::ONE);
    let at = bound.times(cases).ok_or(NoLuck::TooLarge)?;
    let at_most = |limit| spread::binomial_at_most(whole, share.approximately(), limit).ok_or(NoLuck::TooLarge);
    let chance = if whole == 0 { 0.0 } else { chance(Need { cmp: comparison.cmp, at }, at_most)? };
    Ok(Luck { base: Some(cases), share: Some(share), ..only(comparison, chance) })
}

fn only(comparison: &Comparison, chance: f64) -> Luck {
    Luck {
        target: comparison.to_string(),
        independent: chance,
        together: chance,
        base: None,
        limit: None,
        share: None,
        members: Vec::new(),
    }
}

fn chance(need: Need, at_most: impl Fn(i64) -> Result<f64, NoLuck>) -> Result<f64, NoLuck> {
    let Some(limit) = need.limit() else { return Ok(0.0) };
    match need.cmp {
        Comparator::AtMost | Comparator::Less => at_most(limit),
        Comparator::AtLeast | Comparator::Greater => Ok(1.0 - at_most(limit - 1)?),
        Comparator::Equal => Ok(at_most(limit)? - at_most(limit - 1)?),
    }
}

impl Luck {
    /// What the person who sets the target should know.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let chance = percent(self.independent);
        if !self.members.is_empty() {
            let together = percent(self.together);
            let range = if chance == together {
                chance
            } else {
                lang.pick(
                    format!("từ {chance} (các số độc lập) đến {together} (cùng tăng giảm)"),
                    format!("{chance} (if they move independently) to {together} (if they move together)"),
                )
            };
            return lang.pick(
                format!("Dù thực tế không có gì thay đổi, cả chỉ tiêu vẫn đạt do ngẫu nhiên: {range}."),
                format!("Though nothing really changed, the whole target would be met by chance: {range}."),
            );
        }
        let base = self.base.and_then(|base| base.shortest(2)).unwrap_or_default();
        if let Some(share) = self.share.and_then(|share| share.times(Ratio::whole(100))?.shortest(2)) {
            return lang.pick(
                format!("Với {base} vụ và tỷ lệ thật đúng bằng {share} %, chỉ tiêu đạt do ngẫu nhiên {chance} số lần."),
                format!("With {base} cases and a true share of exactly {share} %, the target is met by chance {chance} of the time."),
            );
        }
        let limit = self.limit.map_or_else(|| lang.pick("không có", "none").to_owned(), |limit| limit.to_string());
        lang.pick(
            format!("Nếu thực tế không có gì thay đổi (trung bình {base} vụ, mức cuối cùng còn đạt {limit}), chỉ tiêu vẫn đạt do ngẫu nhiên {chance} số năm."),
            format!("If nothing really changed ({base} cases on average, last number that meets {limit}), the target would still be met by chance in {chance} of years."),
        )
    }
}

/// One decimal, and never 0 or 100 for what can happen.
fn percent(chance: f64) -> String {
    let percent = chance * 100.0;
    if percent > 0.0 && percent < 0.05 {
        "< 0.1 %".to_owned()
    } else if (99.95..100.0).contains(&percent) {
        "> 99.9 %".to_owned()
    } else {
        format!("{percent:.1} %")
    }
}
