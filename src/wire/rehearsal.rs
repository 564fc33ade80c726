//! Converts rehearsals of the organisation. Their findings and their text are in the caller's
//! language and travel beside them.

use super::record::RecordError;
use super::{enums, values};
use crate::domain::org::{Fraction, UnitKind};
use crate::domain::rehearsal::{
    ClosingUnit, ExpectationChange, RebasedElement, RehearsalReport, ReparentedUnit, UnitLabel,
};
use crate::domain::report::element::ElementCode;
use crate::pb;

/// Converts a rehearsal with its text; findings are left out.
///
/// # Errors
/// A weight that does not fit into 64 bits.
pub fn rehearsal_to_proto(
    report: &RehearsalReport,
    text: String,
) -> Result<pb::OrganisationRehearsal, RecordError> {
    let RehearsalReport {
        days,
        legal_bases,
        window: _,
        unit_counts,
        opening_units,
        closing_units,
        reparented_units,
        renamed_units,
        expectation_changes,
        rebased_elements,
        straddling_units,
        unranked_units,
        findings: _,
    } = report;
    let count = |(kind, before, after): &(UnitKind, usize, usize)| pb::UnitKindCount {
        kind: enums::unit_kind_to_proto(*kind).into(),
        before: *before as u32,
        after: *after as u32,
    };
    let renamed = |(old, new): &(UnitLabel, UnitLabel)| pb::RenamedUnit {
        old_name: old.clone(),
        new_name: new.clone(),
    };
    let straddling = |(level, units): &(UnitKind, Vec<UnitLabel>)| pb::StraddlingUnits {
        level: enums::unit_kind_to_proto(*level).into(),
        units: units.clone(),
    };
    Ok(pb::OrganisationRehearsal {
        text,
        reconciled: report.is_reconciled(),
        effective_days: days.iter().copied().map(values::day_to_proto).collect(),
        legal_bases: legal_bases.clone(),
        unit_counts: unit_counts.iter().map(count).collect(),
        opening_units: opening_units.clone(),
        closing_units: closing_units.iter().map(closing_to_proto).collect::<Result<_, _>>()?,
        reparented_units: reparented_units.iter().map(reparented_to_proto).collect(),
        renamed_units: renamed_units.iter().map(renamed).collect(),
        expectation_changes: expectation_changes.iter().map(expectation_to_proto).collect(),
        rebased_elements: rebased_elements.iter().map(rebased_to_proto).collect(),
        straddling_units: straddling_units.iter().map(straddling).collect(),
        unranked_units: unranked_units.clone(),
    })
}

fn closing_to_proto(one: &ClosingUnit) -> Result<pb::ClosingUnit, RecordError> {
    let ClosingUnit { unit, successors, acting_unit, devices, open_reports } = one;
    let to_i64 = |value: i128| i64::try_from(value).map_err(|_| RecordError::Field("weight"));
    let share = |(unit, weight): &(UnitLabel, Fraction)| {
        let (numerator, denominator) = (to_i64(weight.num())?, to_i64(weight.den())?);
        let weight = Some(pb::Fraction { numerator, denominator });
        Ok::<_, RecordError>(pb::SuccessorShare { unit: unit.clone(), weight })
    };
    Ok(pb::ClosingUnit {
        unit: unit.clone(),
        successors: successors.iter().map(share).collect::<Result<_, _>>()?,
        acting_unit: acting_unit.clone().unwrap_or_default(),
        devices: *devices as u32,
        open_reports: *open_reports as u32,
    })
}

fn reparented_to_proto(one: &ReparentedUnit) -> pb::ReparentedUnit {
    let ReparentedUnit { unit, old_parent, new_parent } = one.clone();
    let (old_parent, new_parent) = (old_parent.unwrap_or_default(), new_parent.unwrap_or_default());
    pb::ReparentedUnit { unit, old_parent, new_parent }
}

fn expectation_to_proto(one: &ExpectationChange) -> pb::ExpectationChange {
    let ExpectationChange { contract, before, after, added_pieces } = one;
    pb::ExpectationChange {
        contract: contract.clone(),
        before: *before as u32,
        after: *after as u32,
        added_pieces: *added_pieces as u32,
    }
}

fn rebased_to_proto(one: &RebasedElement) -> pb::RebasedElement {
    let RebasedElement { element, sums: (sum_before, sum_after), exact, derived, incomplete } = one;
    pb::RebasedElement {
        element_code: element.to_string(),
        sum_before: *sum_before,
        sum_after: *sum_after,
        exact: *exact as u32,
        derived: *derived as u32,
        incomplete_units: incomplete.clone(),
    }
}

/// Converts a message into a rehearsal without findings, and its text.
///
/// # Errors
/// A part that the contract does not allow.
pub fn rehearsal_from_proto(
    message: pb::OrganisationRehearsal,
) -> Result<(RehearsalReport, String), RecordError> {
    let pb::OrganisationRehearsal {
        text,
        reconciled: _,
        effective_days,
        legal_bases,
        unit_counts,
        opening_units,
        closing_units,
        reparented_units,
        renamed_units,
        expectation_changes,
        rebased_elements,
        straddling_units,
        unranked_units,
    } = message;
    let kind = |number| {
        enums::unit_kind_from_proto(number).map_err(|_| RecordError::Field("unit_counts.kind"))
    };
    let days: Result<_, _> = effective_days.into_iter().map(values::day_from_proto).collect();
    let count =
        |one: pb::UnitKindCount| Ok((kind(one.kind)?, one.before as usize, one.after as usize));
    let straddling = |one: pb::StraddlingUnits| Ok((kind(one.level)?, one.units));
    let report = RehearsalReport {
        days: days.map_err(|_| RecordError::Field("effective_days"))?,
        legal_bases,
        window: None,
        unit_counts: unit_counts.into_iter().map(count).collect::<Result<_, RecordError>>()?,
        opening_units,
        closing_units: closing_units
            .into_iter()
            .map(closing_from_proto)
            .collect::<Result<_, _>>()?,
        reparented_units: reparented_units.into_iter().map(reparented_from_proto).collect(),
        renamed_units: renamed_units
            .into_iter()
            .map(|pb::RenamedUnit { old_name, new_name }| (old_name, new_name))
            .collect(),
        expectation_changes: expectation_changes.into_iter().map(expectation_from_proto).collect(),
        rebased_elements: rebased_elements
            .into_iter()
            .map(rebased_from_proto)
            .collect::<Result<_, _>>()?,
        straddling_units: straddling_units
            .into_iter()
            .map(straddling)
            .collect::<Result<_, RecordError>>()?,
        unranked_units,
        findings: Vec::new(),
    };
    Ok((report, text))
}

fn closing_from_proto(message: pb::ClosingUnit) -> Result<ClosingUnit, RecordError> {
    let pb::ClosingUnit { unit, successors, acting_unit, devices, open_reports } = message;
    let share = |pb::SuccessorShare { unit, weight }: pb::SuccessorShare| {
        let weight = weight
            .and_then(|one| Fraction::new(one.numerator.into(), one.denominator.into()))
            .ok_or(RecordError::Field("successors.weight"))?;
        Ok((unit, weight))
    };
    Ok(ClosingUnit {
        unit,
        successors: successors.into_iter().map(share).collect::<Result<_, RecordError>>()?,
        acting_unit: (!acting_unit.is_empty()).then_some(acting_unit),
        devices: devices as usize,
        open_reports: open_reports as usize,
    })
}

fn reparented_from_proto(message: pb::ReparentedUnit) -> ReparentedUnit {
    let pb::ReparentedUnit { unit, old_parent, new_parent } = message;
    let parent = |name: String| (!name.is_empty()).then_some(name);
    ReparentedUnit { unit, old_parent: parent(old_parent), new_parent: parent(new_parent) }
}

fn expectation_from_proto(message: pb::ExpectationChange) -> ExpectationChange {
    let pb::ExpectationChange { contract, before, after, added_pieces } = message;
    let (before, after) = (before as usize, after as usize);
    ExpectationChange { contract, before, after, added_pieces: added_pieces as usize }
}

fn rebased_from_proto(message: pb::RebasedElement) -> Result<RebasedElement, RecordError> {
    let pb::RebasedElement {
        element_code,
        sum_before,
        sum_after,
        exact,
        derived,
        incomplete_units,
    } = message;
    Ok(RebasedElement {
        element: ElementCode::new(&element_code).map_err(|_| RecordError::Field("element_code"))?,
        sums: (sum_before, sum_after),
        exact: exact as usize,
        derived: derived as usize,
        incomplete: incomplete_units,
    })
}
