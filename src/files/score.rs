//! A scoring plan as TOML: the leaves with their weights, and beside them what is documented, said and decided for each unit.
//!
//! Knows the shape of the file; what a leaf means is `domain::scoring`.

use super::fault::Fault;
use super::toml_reader::Reader;
use crate::domain::ratio::Ratio;
use crate::domain::scoring::{Leaf, LeafKind, Node, Override};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// A plan with what it says of single units.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The criteria.
    pub tree: Node,
    /// By the uid of the unit.
    pub units: BTreeMap<String, UnitLines>,
}

/// What is documented, said and decided for one unit, by the code of the leaf.
#[derive(Debug, Clone, Default)]
pub struct UnitLines {
    /// Persons in the unit.
    pub persons: Option<u32>,
    /// Counts and attestations.
    pub documented: BTreeMap<String, Ratio>,
    /// The unit's own scores.
    pub own: BTreeMap<String, Ratio>,
    /// The cluster's scores.
    pub cluster: BTreeMap<String, Override>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    code: String,
    leaves: Vec<LeafFile>,
    #[serde(default)]
    units: Vec<UnitFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LeafFile {
    code: String,
    kind: Spanned<String>,
    #[serde(default = "zero")]
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

fn zero() -> Spanned<String> {
    Spanned::new(0..0, "0".to_owned())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitFile {
    unit: String,
    #[serde(default)]
    persons: Option<u32>,
    #[serde(default)]
    documented: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    own: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    cluster: BTreeMap<String, OverrideFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideFile {
    points: Spanned<String>,
    reason: String,
    post: String,
}

const KINDS: [&str; 5] = ["QUANT", "PASS_FAIL", "PER_UNIT", "BONUS_PENALTY", "VETO"];

/// Reads a plan.
///
/// # Errors
/// Everything that is wrong with the file, each with its place.
pub fn read(file: &str, text: &str) -> Result<Plan, Vec<Fault>> {
    let mut reader = Reader::new(file, text);
    let PlanFile { code, leaves, units } = reader.shape()?;
    let nodes: Option<Vec<Node>> = leaves.iter().map(|one| leaf(&mut reader, one).map(Node::Leaf)).collect();
    let mut all = BTreeMap::new();
    for UnitFile { unit, persons, documented, own, cluster } in units {
        let mut decided = BTreeMap::new();
        for (code, OverrideFile { points, reason, post }) in cluster {
            if let Some(points) = number(&mut reader, "points", &points) {
                decided.insert(code, Override { points, reason, post });
            }
        }
        let (documented, own) = (numbers(&mut reader, &documented), numbers(&mut reader, &own));
        all.insert(unit, UnitLines { persons, documented, own, cluster: decided });
    }
    reader.done(nodes.map(|nodes| Plan { tree: Node::Group { code, nodes }, units: all }))
}

fn leaf(reader: &mut Reader<'_>, one: &LeafFile) -> Option<Leaf> {
    let LeafFile { code, kind, weight, target, points, floor, decision, authority } = one;
    let found = reader.word("kind", kind, &KINDS, |word| word)?;
    let part = |reader: &mut Reader<'_>, key: &str, value: &Option<Spanned<String>>| match value {
        Some(text) => number(reader, key, text),
        None => Some(Ratio::ZERO),
    };
    let kind = match found {
        "QUANT" => LeafKind::Quant { target: target.clone().unwrap_or_else(|| code.clone()) },
        "PASS_FAIL" => LeafKind::PassFail,
        "PER_UNIT" => LeafKind::PerUnit { points: part(reader, "points", points)? },
        "BONUS_PENALTY" => LeafKind::BonusPenalty { floor: part(reader, "floor", floor)?, decision: decision.clone() },
        _ => LeafKind::Veto { authority: authority.clone().unwrap_or_default() },
    };
    Some(Leaf { code: code.clone(), weight: number(reader, "weight", weight)?, kind })
}

fn numbers(reader: &mut Reader<'_>, texts: &BTreeMap<String, Spanned<String>>) -> BTreeMap<String, Ratio> {
    texts.iter().filter_map(|(code, text)| Some((code.clone(), number(reader, code, text)?))).collect()
}

/// Numbers are texts, as in `"12.5"`: a float would not say what was typed.
fn number(reader: &mut Reader<'_>, key: &str, text: &Spanned<String>) -> Option<Ratio> {
    let number = Ratio::parse(text.get_ref()).ok();
    if number.is_none() {
        reader.expected(key, text.span(), "\"12.5\"", text.get_ref());
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
        let plan = read("score.toml", text).unwrap();
        assert_eq!(plan.tree.leaves().len(), 2);
        let lines = &plan.units["dist-842"];
        assert_eq!((lines.persons, lines.own["T1"]), (Some(30), Ratio::new(77, 2).unwrap()));
        assert_eq!(lines.cluster["T1"].points, Ratio::whole(36));
        let faults = read("score.toml", &text.replace("\"40\"", "\"forty\"")).unwrap_err();
        assert_eq!((faults[0].place.line, faults[0].broken.code), (5, "BAD_VALUE"));
    }
}
