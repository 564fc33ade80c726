//! A scoring plan as TOML: the leaves with their weights, and the documented values and scores of
//! each unit.
//!
//! The scoring methods are in `domain::scoring`.

use super::diagnostic::FileDiagnostic;
use super::keys::toml_tables::{LEAF_KINDS, SCORE};
use super::toml_reader::TomlReader;
use crate::domain::scoring::{Criterion, LeafCriterion, ScoreOverride, ScoringMethod};
use crate::domain::support::ratio::Ratio;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A plan with its inputs for single units.
#[derive(Debug, Clone)]
pub struct ScoringPlan {
    /// The criteria.
    pub tree: Criterion,
    /// By the uid of the unit.
    pub units: BTreeMap<String, UnitScoreInputs>,
}

/// Documented values, own scores and cluster scores of one unit, by the code of the leaf.
#[derive(Debug, Clone, Default)]
pub struct UnitScoreInputs {
    /// Persons in the unit.
    pub persons: Option<u32>,
    /// Counts and attestations.
    pub documented: BTreeMap<String, Ratio>,
    /// The unit's own scores.
    pub self_scores: BTreeMap<String, Ratio>,
    /// The cluster's scores.
    pub cluster_scores: BTreeMap<String, ScoreOverride>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScoringPlanToml {
    code: String,
    leaves: Vec<LeafToml>,
    #[serde(default)]
    units: Vec<UnitScoreToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeafToml {
    code: String,
    kind: Spanned<String>,
    #[serde(default = "zero_weight")]
    weight: Spanned<String>,
    #[serde(default)]
    target: Option<String>,
    #[serde(default)]
    points: Option<Spanned<String>>,
    #[serde(default)]
    floor: Option<Spanned<String>>,
    #[serde(default)]
    decision: Option<String>,
    #[serde(default)]
    authority: Option<String>,
}

fn zero_weight() -> Spanned<String> {
    Spanned::new(0..0, "0".to_owned())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitScoreToml {
    unit: String,
    #[serde(default)]
    persons: Option<u32>,
    #[serde(default)]
    documented: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    own: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    cluster: BTreeMap<String, OverrideToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideToml {
    points: Spanned<String>,
    reason: String,
    post: String,
}

/// Reads a plan.
///
/// # Errors
/// All diagnostics, each with its position.
pub fn read_scoring_plan(file: &str, text: &str) -> Result<ScoringPlan, Vec<FileDiagnostic>> {
    let mut reader = TomlReader::new(file, text);
    let Some(raw) = reader.deserialize(&SCORE) else {
        return reader.finish(None).into_result();
    };
    let ScoringPlanToml { code, leaves, units } = raw;
    let nodes: Option<Vec<Criterion>> =
        leaves.iter().map(|one| read_leaf(&mut reader, one).map(Criterion::Leaf)).collect();
    let mut all = BTreeMap::new();
    for UnitScoreToml { unit, persons, documented, own, cluster } in units {
        let mut overrides = BTreeMap::new();
        for (code, OverrideToml { points, reason, post }) in cluster {
            if let Some(points) = read_number(&mut reader, "points", &points) {
                overrides.insert(code, ScoreOverride { points, reason, decided_by_post: post });
            }
        }
        let (documented, own) =
            (read_numbers(&mut reader, &documented), read_numbers(&mut reader, &own));
        all.insert(
            unit,
            UnitScoreInputs { persons, documented, self_scores: own, cluster_scores: overrides },
        );
    }
    let tree = nodes.map(|nodes| Criterion::Group { code, nodes });
    reader.finish(tree.map(|tree| ScoringPlan { tree, units: all })).into_result()
}

fn read_leaf(reader: &mut TomlReader<'_>, one: &LeafToml) -> Option<LeafCriterion> {
    let LeafToml { code, kind, weight, target, points, floor, decision, authority } = one;
    let found = reader.read_enum("kind", kind, &LEAF_KINDS, |word| word)?;
    let part = |reader: &mut TomlReader<'_>, key: &str, value: &Option<Spanned<String>>| match value
    {
        Some(text) => read_number(reader, key, text),
        None => Some(Ratio::ZERO),
    };
    let method = match found {
        "QUANT" => ScoringMethod::Quant { target: target.clone().unwrap_or_else(|| code.clone()) },
        "PASS_FAIL" => ScoringMethod::PassFail,
        "PER_UNIT" => ScoringMethod::PointsEach { points: part(reader, "points", points)? },
        "BONUS_PENALTY" => ScoringMethod::BonusPenalty {
            floor: part(reader, "floor", floor)?,
            decision: decision.clone(),
        },
        _ => ScoringMethod::Veto { authority: authority.clone().unwrap_or_default() },
    };
    Some(LeafCriterion {
        code: code.clone(),
        weight: read_number(reader, "weight", weight)?,
        method,
    })
}

fn read_numbers(
    reader: &mut TomlReader<'_>,
    texts: &BTreeMap<String, Spanned<String>>,
) -> BTreeMap<String, Ratio> {
    texts
        .iter()
        .filter_map(|(code, text)| Some((code.clone(), read_number(reader, code, text)?)))
        .collect()
}

/// Numbers are strings, as in `"12.5"`: a float would not preserve the typed digits.
fn read_number(reader: &mut TomlReader<'_>, key: &str, text: &Spanned<String>) -> Option<Ratio> {
    let number = Ratio::parse(text.get_ref()).ok();
    if number.is_none() {
        reader.push_bad_value(key, text.span(), "\"12.5\"", text.get_ref());
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_and_a_wrong_number_is_named_with_its_place() {
        let text = "code = \"A\"\n[[leaves]]\ncode = \"T1\"\nkind = \"QUANT\"\nweight = \"40\"\n[[leaves]]\ncode = \"V\"\nkind = \"VETO\"\n\
                    authority = \"Thanh tra tỉnh\"\n[[units]]\nunit = \"dist-842\"\npersons = 30\n[units.own]\nT1 = \"38.5\"\n\
                    [units.cluster.T1]\npoints = \"36\"\nreason = \"thiên tai\"\npost = \"Cụm trưởng\"\n";
        let plan = read_scoring_plan("score.toml", text).unwrap();
        assert_eq!(plan.tree.leaves().len(), 2);
        let lines = &plan.units["dist-842"];
        assert_eq!(
            (lines.persons, lines.self_scores["T1"]),
            (Some(30), Ratio::new(77, 2).unwrap())
        );
        assert_eq!(lines.cluster_scores["T1"].points, Ratio::from_integer(36));
        let faults =
            read_scoring_plan("score.toml", &text.replace("\"40\"", "\"forty\"")).unwrap_err();
        assert_eq!((faults[0].position.line, faults[0].violation.code), (5, "BAD_VALUE"));
    }
}
