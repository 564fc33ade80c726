//! Encodes and decodes units, each with its versions, its parents in all hierarchies and its
//! successors.

use super::{RecordError, UnitNumbers, check_field, decode_message, require_field};
use crate::domain::org::{
    Fraction, OfficialCode, OrgFacts, Unit, UnitLineage, UnitParent, UnitVersion,
};
use crate::domain::support::ids::UnitId;
use crate::pb;
use crate::wire::{enums, values};
use prost::Message as _;

/// Encodes a unit with its parents and lineage from `facts`. Fails if a unit has no number.
pub fn encode_unit(
    unit: &Unit,
    facts: &OrgFacts,
    numbers: &UnitNumbers,
) -> Result<Vec<u8>, RecordError> {
    unit_to_proto(unit, facts, numbers).map(|message| message.encode_to_vec())
}

/// Converts a unit with its parents and lineage from `facts`. Fails if a unit has no number.
pub fn unit_to_proto(
    unit: &Unit,
    facts: &OrgFacts,
    numbers: &UnitNumbers,
) -> Result<pb::UnitRecord, RecordError> {
    let Unit { id, uid, aliases, versions } = unit;
    let number = |id: &UnitId| numbers.number(id).ok_or(RecordError::UnknownUnit);
    let mut edges: Vec<&UnitParent> = facts.edges.iter().filter(|edge| edge.child == *id).collect();
    edges.sort_by_key(|edge| (edge.hierarchy, edge.days, edge.parent));
    let mut lines: Vec<&UnitLineage> =
        facts.lineage.iter().filter(|line| line.from == *id).collect();
    lines.sort_by_key(|line| (line.effective_day, line.to, &line.basis));
    let parent = |edge: &&UnitParent| {
        let UnitParent { child: _, parent, hierarchy, days: span } = **edge;
        let (hierarchy, days) =
            (enums::hierarchy_to_proto(hierarchy).into(), Some(values::span_to_proto(span)));
        Ok(pb::UnitParent { hierarchy, parent_number: number(&parent)?, days })
    };
    Ok(pb::UnitRecord {
        number: number(id)?,
        uid: uid.clone(),
        versions: versions.iter().map(version_to_proto).collect(),
        parents: edges.iter().map(parent).collect::<Result<_, RecordError>>()?,
        lineage: lines
            .iter()
            .map(|line| lineage_to_proto(line, number(&line.to)?))
            .collect::<Result<_, RecordError>>()?,
        aliases: aliases.clone(),
    })
}

fn version_to_proto(version: &UnitVersion) -> pb::UnitVersion {
    let UnitVersion { days: span, name, kind, local_kind, code, note } = version;
    let (code_system, official_code) = match code {
        Some(OfficialCode { system, code }) => (system.clone(), code.clone()),
        None => Default::default(),
    };
    pb::UnitVersion {
        days: Some(values::span_to_proto(*span)),
        name: name.clone(),
        kind: enums::unit_kind_to_proto(*kind).into(),
        local_kind: local_kind.clone(),
        code_system,
        official_code,
        note: note.clone(),
    }
}

fn lineage_to_proto(line: &UnitLineage, to_number: u32) -> Result<pb::UnitLineage, RecordError> {
    let UnitLineage { effective_day, kind, from: _, to: _, weight, basis } = line;
    let to_i64 = |value: i128| i64::try_from(value).map_err(|_| RecordError::Field("weight"));
    Ok(pb::UnitLineage {
        effective_day: values::day_to_proto(*effective_day),
        kind: enums::lineage_kind_to_proto(*kind).into(),
        to_number,
        weight: Some(pb::Fraction {
            numerator: to_i64(weight.num())?,
            denominator: to_i64(weight.den())?,
        }),
        basis: basis.clone(),
    })
}

/// Decodes all units into the organisation and the numbers of its units.
pub fn decode_org<'b>(
    records: impl IntoIterator<Item = &'b [u8]>,
) -> Result<(OrgFacts, UnitNumbers), RecordError> {
    let mut facts = OrgFacts::default();
    let mut numbers = UnitNumbers::default();
    let mut relations = Vec::new();
    for bytes in records {
        let (number, unit, parents, lineage) = unit_parts_from_proto(decode_message(bytes)?)?;
        numbers.insert(unit.id, number);
        relations.push((unit.id, parents, lineage));
        facts.units.push(unit);
    }
    for (id, parents, lineage) in relations {
        for parent in parents {
            facts.edges.push(parent_from_proto(id, parent, &numbers)?);
        }
        for line in lineage {
            facts.lineage.push(lineage_from_proto(id, line, &numbers)?);
        }
    }
    Ok((facts, numbers))
}

type UnitRecordParts = (u32, Unit, Vec<pb::UnitParent>, Vec<pb::UnitLineage>);

fn unit_parts_from_proto(message: pb::UnitRecord) -> Result<UnitRecordParts, RecordError> {
    let pb::UnitRecord { number, uid, versions, parents, lineage, aliases } = message;
    if number == 0 {
        return Err(RecordError::UnknownUnit);
    }
    let versions = versions.into_iter().map(version_from_proto).collect::<Result<_, _>>()?;
    Ok((number, Unit { id: UnitId::from_code(&uid), uid, aliases, versions }, parents, lineage))
}

fn version_from_proto(message: pb::UnitVersion) -> Result<UnitVersion, RecordError> {
    let pb::UnitVersion { days, name, kind, local_kind, code_system, official_code, note } =
        message;
    let code = (!code_system.is_empty())
        .then_some(OfficialCode { system: code_system, code: official_code });
    let span = check_field("versions.days", values::span_from_proto(days))?;
    let kind = check_field("versions.kind", enums::unit_kind_from_proto(kind))?;
    Ok(UnitVersion { days: span, name, kind, local_kind, code, note })
}

fn parent_from_proto(
    child: UnitId,
    message: pb::UnitParent,
    numbers: &UnitNumbers,
) -> Result<UnitParent, RecordError> {
    let pb::UnitParent { hierarchy, parent_number, days } = message;
    let parent = *numbers.item(parent_number).ok_or(RecordError::UnknownUnit)?;
    let hierarchy = check_field("parents.hierarchy", enums::hierarchy_from_proto(hierarchy))?;
    Ok(UnitParent {
        child,
        parent,
        hierarchy,
        days: check_field("parents.days", values::span_from_proto(days))?,
    })
}

fn lineage_from_proto(
    from: UnitId,
    message: pb::UnitLineage,
    numbers: &UnitNumbers,
) -> Result<UnitLineage, RecordError> {
    let pb::UnitLineage { effective_day, kind, to_number, weight, basis } = message;
    let pb::Fraction { numerator, denominator } = require_field("lineage.weight", weight)?;
    let weight = Fraction::new(i128::from(numerator), i128::from(denominator));
    Ok(UnitLineage {
        effective_day: check_field("lineage.effective_day", values::day_from_proto(effective_day))?,
        kind: check_field("lineage.kind", enums::lineage_kind_from_proto(kind))?,
        from,
        to: *numbers.item(to_number).ok_or(RecordError::UnknownUnit)?,
        weight: require_field("lineage.weight", weight)?,
        basis,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::org::{DaySpan, Hierarchy, LineageKind, UnitKind};
    use jiff::civil::date;

    fn named(uid: &str, kind: UnitKind, span: DaySpan) -> Unit {
        let code = Some(OfficialCode::from_gso("29242"));
        let (name, local_kind) = ("Phường 3".to_owned(), "phuong".to_owned());
        Unit::new(
            uid,
            UnitVersion { days: span, name, kind, local_kind, code, note: String::new() },
        )
    }

    #[test]
    fn an_organisation_with_a_merger_is_decoded_as_it_was_encoded() {
        let reform = date(2025, 1, 1);
        let old = named("com-old", UnitKind::Commune, DaySpan { to: reform, ..DaySpan::ALWAYS });
        let new = named("com-new", UnitKind::Commune, DaySpan::from_day(date(2024, 1, 1)));
        let top = named("prov", UnitKind::Province, DaySpan::ALWAYS);
        let edge = |child: &Unit| {
            let (child, parent) = (child.id, top.id);
            UnitParent {
                child,
                parent,
                hierarchy: Hierarchy::Command,
                days: DaySpan::new(date(2024, 1, 1), reform),
            }
        };
        let line = UnitLineage {
            effective_day: reform,
            kind: LineageKind::Merge,
            from: old.id,
            to: new.id,
            weight: Fraction::ONE,
            basis: "NQ 1277".into(),
        };
        let edges = vec![edge(&old), edge(&new)];
        let facts = OrgFacts { units: vec![old, new, top], edges, lineage: vec![line] };
        let numbers: UnitNumbers = facts.units.iter().map(|unit| unit.id).zip(1..).collect();
        let bytes: Vec<_> =
            facts.units.iter().map(|one| encode_unit(one, &facts, &numbers).unwrap()).collect();
        let (read, read_numbers) = decode_org(bytes.iter().map(Vec::as_slice)).unwrap();
        assert_eq!((&read, &read_numbers), (&facts, &numbers));
        assert_eq!(
            decode_org([bytes[0].as_slice()]).unwrap_err(),
            RecordError::UnknownUnit,
            "its parent is missing"
        );
    }
}
