//! Units as bytes: each with its versions, its parents in all hierarchies and its successors.

use super::{BadRecord, UnitNumbers, decode, field, required};
use crate::domain::ids::UnitId;
use crate::domain::org::{Edge, Fraction, Lineage, OfficialCode, OrgFacts, Unit, Version};
use crate::pb;
use crate::wire::{values, words};
use prost::Message as _;

/// The bytes of a unit, with its edges and lineage out of `facts`. Fails when a unit named has no number.
pub fn unit(unit: &Unit, facts: &OrgFacts, numbers: &UnitNumbers) -> Result<Vec<u8>, BadRecord> {
    unit_message(unit, facts, numbers).map(|message| message.encode_to_vec())
}

/// The message of a unit.
pub fn unit_message(unit: &Unit, facts: &OrgFacts, numbers: &UnitNumbers) -> Result<pb::UnitRecord, BadRecord> {
    let Unit { id, uid, aliases, versions } = unit;
    let number = |id: &UnitId| numbers.number(id).ok_or(BadRecord::UnknownUnit);
    let mut edges: Vec<&Edge> = facts.edges.iter().filter(|edge| edge.child == *id).collect();
    edges.sort_by_key(|edge| (edge.hierarchy, edge.span, edge.parent));
    let mut lines: Vec<&Lineage> = facts.lineage.iter().filter(|line| line.from == *id).collect();
    lines.sort_by_key(|line| (line.effective, line.to, &line.basis));
    let parent = |edge: &&Edge| {
        let Edge { child: _, parent, hierarchy, span } = **edge;
        let (hierarchy, days) = (words::hierarchy(hierarchy).into(), Some(values::span(span)));
        Ok(pb::UnitParent { hierarchy, parent_number: number(&parent)?, days })
    };
    Ok(pb::UnitRecord {
        number: number(id)?,
        uid: uid.clone(),
        versions: versions.iter().map(version).collect(),
        parents: edges.iter().map(parent).collect::<Result<_, BadRecord>>()?,
        lineage: lines.iter().map(|line| lineage(line, number(&line.to)?)).collect::<Result<_, BadRecord>>()?,
        aliases: aliases.clone(),
    })
}

fn version(version: &Version) -> pb::UnitVersion {
    let Version { span, name, kind, local_kind, code, note } = version;
    let (code_system, official_code) = match code {
        Some(OfficialCode { system, code }) => (system.clone(), code.clone()),
        None => Default::default(),
    };
    pb::UnitVersion {
        days: Some(values::span(*span)),
        name: name.clone(),
        kind: words::unit_kind(*kind).into(),
        local_kind: local_kind.clone(),
        code_system,
        official_code,
        note: note.clone(),
    }
}

fn lineage(line: &Lineage, to_number: u32) -> Result<pb::UnitLineage, BadRecord> {
    let Lineage { effective, kind, from: _, to: _, weight, basis } = line;
    let part = |value: i128| i64::try_from(value).map_err(|_| BadRecord::Field("weight"));
    Ok(pb::UnitLineage {
        effective_day: values::day(*effective),
        kind: words::lineage_kind(*kind).into(),
        to_number,
        weight: Some(pb::Fraction { numerator: part(weight.num())?, denominator: part(weight.den())? }),
        basis: basis.clone(),
    })
}

/// Reads the bytes of one unit: its number and itself, without parents and successors.
pub fn read_unit(bytes: &[u8]) -> Result<(u32, Unit), BadRecord> {
    split(decode(bytes)?).map(|(number, unit, _, _)| (number, unit))
}

/// Reads the bytes of all units: the organisation and the numbers of its units.
pub fn read_org<'b>(records: impl IntoIterator<Item = &'b [u8]>) -> Result<(OrgFacts, UnitNumbers), BadRecord> {
    let mut facts = OrgFacts::default();
    let mut numbers = UnitNumbers::default();
    let mut relations = Vec::new();
    for bytes in records {
        let (number, unit, parents, lineage) = split(decode(bytes)?)?;
        numbers.insert(unit.id, number);
        relations.push((unit.id, parents, lineage));
        facts.units.push(unit);
    }
    for (id, parents, lineage) in relations {
        for parent in parents {
            facts.edges.push(read_parent(id, parent, &numbers)?);
        }
        for line in lineage {
            facts.lineage.push(read_lineage(id, line, &numbers)?);
        }
    }
    Ok((facts, numbers))
}

type Parts = (u32, Unit, Vec<pb::UnitParent>, Vec<pb::UnitLineage>);

fn split(message: pb::UnitRecord) -> Result<Parts, BadRecord> {
    let pb::UnitRecord { number, uid, versions, parents, lineage, aliases } = message;
    if number == 0 {
        return Err(BadRecord::UnknownUnit);
    }
    let versions = versions.into_iter().map(read_version).collect::<Result<_, _>>()?;
    Ok((number, Unit { id: UnitId::named(&uid), uid, aliases, versions }, parents, lineage))
}

fn read_version(message: pb::UnitVersion) -> Result<Version, BadRecord> {
    let pb::UnitVersion { days, name, kind, local_kind, code_system, official_code, note } = message;
    let code = (!code_system.is_empty()).then_some(OfficialCode { system: code_system, code: official_code });
    let span = field("versions.days", values::read_span(days))?;
    let kind = field("versions.kind", words::read_unit_kind(kind))?;
    Ok(Version { span, name, kind, local_kind, code, note })
}

fn read_parent(child: UnitId, message: pb::UnitParent, numbers: &UnitNumbers) -> Result<Edge, BadRecord> {
    let pb::UnitParent { hierarchy, parent_number, days } = message;
    let parent = *numbers.item(parent_number).ok_or(BadRecord::UnknownUnit)?;
    let hierarchy = field("parents.hierarchy", words::read_hierarchy(hierarchy))?;
    Ok(Edge { child, parent, hierarchy, span: field("parents.days", values::read_span(days))? })
}

fn read_lineage(from: UnitId, message: pb::UnitLineage, numbers: &UnitNumbers) -> Result<Lineage, BadRecord> {
    let pb::UnitLineage { effective_day, kind, to_number, weight, basis } = message;
    let pb::Fraction { numerator, denominator } = required("lineage.weight", weight)?;
    let weight = Fraction::new(i128::from(numerator), i128::from(denominator));
    Ok(Lineage {
        effective: field("lineage.effective_day", values::read_day(effective_day))?,
        kind: field("lineage.kind", words::read_lineage_kind(kind))?,
        from,
        to: *numbers.item(to_number).ok_or(BadRecord::UnknownUnit)?,
        weight: required("lineage.weight", weight)?,
        basis,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::org::{Hierarchy, LineageKind, Span, UnitKind};
    use jiff::civil::date;

    fn named(uid: &str, kind: UnitKind, span: Span) -> Unit {
        let code = Some(OfficialCode::gso("29242"));
        let (name, local_kind) = ("Phường 3".to_owned(), "phuong".to_owned());
        Unit::new(uid, Version { span, name, kind, local_kind, code, note: String::new() })
    }

    #[test]
    fn an_organisation_with_a_merger_is_read_back_as_it_was() {
        let reform = date(2025, 1, 1);
        let old = named("com-old", UnitKind::Commune, Span { to: reform, ..Span::ALWAYS });
        let new = named("com-new", UnitKind::Commune, Span::since(date(2024, 1, 1)));
        let top = named("prov", UnitKind::Province, Span::ALWAYS);
        let edge = |child: &Unit| {
            let (child, parent) = (child.id, top.id);
            Edge { child, parent, hierarchy: Hierarchy::Command, span: Span::new(date(2024, 1, 1), reform) }
        };
        let line = Lineage {
            effective: reform,
            kind: LineageKind::Merge,
            from: old.id,
            to: new.id,
            weight: Fraction::ONE,
            basis: "NQ 1277".into(),
        };
        let edges = vec![edge(&old), edge(&new)];
        let facts = OrgFacts { units: vec![old, new, top], edges, lineage: vec![line] };
        let numbers: UnitNumbers = facts.units.iter().map(|unit| unit.id).zip(1..).collect();
        let bytes: Vec<_> = facts.units.iter().map(|one| unit(one, &facts, &numbers).unwrap()).collect();
        let (read, read_numbers) = read_org(bytes.iter().map(Vec::as_slice)).unwrap();
        assert_eq!((&read, &read_numbers), (&facts, &numbers));
        assert_eq!(read_unit(&bytes[1]).unwrap(), (2, facts.units[1].clone()));
        assert_eq!(read_org([bytes[0].as_slice()]).unwrap_err(), BadRecord::UnknownUnit, "its parent is not there");
    }
}
