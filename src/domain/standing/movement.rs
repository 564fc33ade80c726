//! What changed between two runs, and because of which reports. All functions are pure.

use super::Judgement;
use super::aggregate::ReportEntry;
use crate::domain::report::ReportKey;
use crate::domain::report::cell::{CellValue, ElementNumber};
use crate::domain::report::element::ElementCode;
use crate::domain::support::ids::ReportId;
use std::collections::{BTreeMap, BTreeSet};

/// A target or member whose judgement changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetMovement {
    /// Its code.
    pub code: String,
    /// As published before, and now.
    pub judgements: [Judgement; 2],
}

/// A report whose official figures changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportMovement {
    /// Contract, unit and period of the report.
    pub key: ReportKey,
    /// Whether it had no official figures before.
    pub new: bool,
    /// Changed figures, before and now; zeros of a new report are left out.
    pub figures: Vec<(ElementCode, Option<i64>, Option<i64>)>,
}

/// The targets whose state or figures changed; each member of a combination on its own.
#[must_use]
pub fn find_target_movements(before: &Judgement, after: &Judgement) -> Vec<TargetMovement> {
    let figures = |judgement: &Judgement| {
        judgement.figures.iter().map(|figure| figure.value).collect::<Vec<_>>()
    };
    let mut moved = Vec::new();
    let both = [figures(before), figures(after)];
    if before.state != after.state || both[0] != both[1] {
        moved.push(TargetMovement {
            code: after.code.clone(),
            judgements: [before.clone(), after.clone()],
        });
    }
    for member in &after.members {
        let same = before.members.iter().find(|other| other.code == member.code);
        moved.extend(same.map(|same| find_target_movements(same, member)).unwrap_or_default());
    }
    moved
}

/// The reports whose official figures changed, ordered by id.
#[must_use]
pub fn find_report_movements(
    before: &[ReportEntry<'_>],
    after: &[ReportEntry<'_>],
    numbers: &BTreeMap<ElementNumber, ElementCode>,
) -> Vec<ReportMovement> {
    let official =
        |entries: &[ReportEntry<'_>]| -> BTreeMap<ReportId, (ReportKey, BTreeMap<ElementNumber, CellValue>)> {
            let accepted = entries.iter().filter(|entry| entry.received && entry.accepted);
            accepted.map(|entry| (entry.key.id(), (entry.key.clone(), entry.cells.clone()))).collect()
        };
    let (before, after) = (official(before), official(after));
    let ids: BTreeSet<&ReportId> = before.keys().chain(after.keys()).collect();
    let mut moved = Vec::new();
    for id in ids {
        let (old, now) = (before.get(id), after.get(id));
        let Some((key, _)) = now.or(old) else { continue };
        let figure = |side: Option<&(ReportKey, BTreeMap<ElementNumber, CellValue>)>,
                      number: &ElementNumber| {
            side.and_then(|(_, cells)| cells.get(number)?.figure())
        };
        let changed = numbers.iter().filter_map(|(number, code)| {
            let (old, now) = (figure(old, number), figure(now, number));
            let differs = old.unwrap_or(0) != now.unwrap_or(0);
            differs.then(|| (code.clone(), old, now))
        });
        let (figures, new): (Vec<_>, bool) = (changed.collect(), old.is_none());
        if new || now.is_none() || !figures.is_empty() {
            moved.push(ReportMovement { key: key.clone(), new, figures });
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::cell::Cells;
    use crate::domain::reporting::period::Period;
    use crate::domain::support::ids::{ContractId, UnitId};
    use jiff::civil::date;

    #[test]
    fn a_report_moves_when_it_becomes_official_or_says_something_else_and_only_then() {
        let numbers =
            BTreeMap::from([(ElementNumber(1), ElementCode::new("so_offences").unwrap())]);
        let key = |unit: &str| ReportKey {
            contract: ContractId::from_code("tuan-xa"),
            unit: UnitId::from_code(unit),
            period: Period::new("week", date(2024, 9, 2), date(2024, 9, 9)),
        };
        let (one, other, same) = (key("a"), key("b"), key("c"));
        let cells = |value| Cells::from([(ElementNumber(1), CellValue::Reported(value))]);
        let (two, three, none) =
            (cells(2), cells(3), Cells::from([(ElementNumber(1), CellValue::Nil)]));
        let entry = |key, cells, accepted| ReportEntry {
            key,
            received: true,
            accepted,
            late: false,
            cells,
        };
        let before =
            [entry(&one, &two, true), entry(&other, &none, false), entry(&same, &two, true)];
        let after =
            [entry(&one, &three, true), entry(&other, &none, true), entry(&same, &two, true)];
        let moved = find_report_movements(&before, &after, &numbers);
        let of = |key: &ReportKey| moved.iter().find(|moved| moved.key == *key);
        let code = ElementCode::new("so_offences").unwrap();
        assert_eq!(of(&one).unwrap().figures, [(code, Some(2), Some(3))]);
        assert!(
            of(&other).unwrap().new && of(&other).unwrap().figures.is_empty(),
            "a nil report is a report"
        );
        assert_eq!((of(&same), moved.len()), (None, 2));
        assert!(find_report_movements(&after, &after, &numbers).is_empty());
    }
}
