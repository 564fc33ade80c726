//! A handover of stocks as one table: closing stocks, transfers between units, opening stocks.
//!
//! The columns are `side,from_uid,to_uid,element,amount`; whether the amounts balance is checked in
//! `domain::org`.

use super::diagnostic::{FileDiagnostic, keep_first_of_each_cell};
use super::table::{Table, TableColumns, TableInput, TableRow, unknown_column};
use crate::domain::org::{HandoverLine, Org, Stocks};
use crate::domain::report::element::ElementCode;
use crate::domain::report::figure_text::format_scaled;
use crate::domain::report::form::Catalogue;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;

const HANDOVER_COLUMNS: [&str; 5] = ["side", "from_uid", "to_uid", "element", "amount"];

/// A handover as read; stocks and amounts are scaled as their elements are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HandoverData {
    /// Lines of side `closing`: the stock of `from_uid` on its last day.
    pub closing: Stocks,
    /// Lines of side `hand`: the amount goes from `from_uid` to `to_uid`.
    pub lines: Vec<HandoverLine>,
    /// Lines of side `opening`: the stock of `to_uid` on its first day.
    pub opening: Stocks,
}

/// An amount as in the file.
#[must_use]
pub fn write_amount(amount: i64, scale: u8) -> String {
    format_scaled(amount, scale)
}

/// Reads a handover between units of `org`, or returns every diagnostic with file and line. An
/// element that the catalogue does not know has whole amounts.
///
/// # Errors
/// The file is not such a CSV, or a line names an unknown unit, repeats a stock, or has an amount
/// below 0 or with more decimals than its element.
pub fn read_handover(
    input: &TableInput<'_>,
    org: &Org,
    catalogue: &Catalogue,
) -> Result<HandoverData, Vec<FileDiagnostic>> {
    let unknown = |name: &str| Some(unknown_column(name, &HANDOVER_COLUMNS));
    let table = Table::read(input, TableColumns::exactly(&HANDOVER_COLUMNS, &unknown))?;
    let (mut handover, mut diagnostics) = (HandoverData::default(), table.faults().to_vec());
    for row in table.rows() {
        read_line(row, (org, catalogue), &mut handover, &mut diagnostics);
    }
    keep_first_of_each_cell(&mut diagnostics);
    if diagnostics.is_empty() { Ok(handover) } else { Err(diagnostics) }
}

fn read_line(
    row: TableRow<'_>,
    (org, catalogue): (&Org, &Catalogue),
    handover: &mut HandoverData,
    diagnostics: &mut Vec<FileDiagnostic>,
) {
    let side = row.get("side");
    let (has_from, has_to) =
        (matches!(side, "closing" | "hand"), matches!(side, "opening" | "hand"));
    let before = diagnostics.len();
    if !has_from && !has_to {
        diagnostics.push(row.bad_value("side", message!("handover-closing-hand-opening")));
    }
    let from = has_from.then(|| find_unit(row, "from_uid", org, diagnostics)).flatten();
    let to = has_to.then(|| find_unit(row, "to_uid", org, diagnostics)).flatten();
    let element = ElementCode::new(row.get("element")).ok();
    if element.is_none() {
        diagnostics.push(row.bad_value("element", message!("handover-code-element")));
    }
    let known = element.as_ref().and_then(|code| catalogue.element(code));
    let scale = known.map_or(0, |element| element.scale);
    let amount = read_amount(row, scale, diagnostics);
    let (Some(element), Some(amount), true) = (element, amount, diagnostics.len() == before) else {
        return;
    };
    let previous = match (from, to) {
        (Some(from), Some(to)) => {
            handover.lines.push(HandoverLine { from, to, element, amount });
            None
        }
        (Some(from), None) => handover.closing.insert((from, element), amount),
        (None, Some(to)) => handover.opening.insert((to, element), amount),
        (None, None) => None,
    };
    if previous.is_some() {
        diagnostics.push(row.bad_value("element", message!("handover-one-line-each-stock")));
    }
}

/// The amount, from 0.
fn read_amount(row: TableRow<'_>, scale: u8, diagnostics: &mut Vec<FileDiagnostic>) -> Option<i64> {
    match row.figure("amount", scale) {
        Ok(amount) if amount >= 0 => return Some(amount),
        Err(fault) if fault.violation.code != "BAD_VALUE" => diagnostics.push(*fault),
        Ok(_) | Err(_) => {
            let message = match scale {
                0 => message!("handover-whole-number-from-0"),
                decimals => message!("handover-number-from-0", decimals),
            };
            diagnostics.push(row.bad_value("amount", message));
        }
    }
    None
}

fn find_unit(
    row: TableRow<'_>,
    column: &str,
    org: &Org,
    diagnostics: &mut Vec<FileDiagnostic>,
) -> Option<UnitId> {
    let unit = org.unit_by_uid(row.get(column)).map(|unit| unit.id);
    if unit.is_none() {
        diagnostics.push(row.bad_value(column, message!("handover-code-unit-declared")));
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::org::check_handover;
    use crate::files::org::{OrgCsvTexts, read_org};

    fn tra_vinh() -> Org {
        let texts = OrgCsvTexts {
            units: include_str!("../../examples/tra-vinh/org/units.csv"),
            parents: include_str!("../../examples/tra-vinh/org/parents.csv"),
            lineage: include_str!("../../examples/tra-vinh/org/lineage.csv"),
        };
        read_org(&texts).unwrap()
    }

    const FILE: &str = "side,from_uid,to_uid,element,amount\n\
        closing,com-29239-0,,suspended_cases,5\n\
        closing,com-29260-0,,suspended_cases,3\n\
        hand,com-29239-0,com-29242-2,suspended_cases,5\n\
        hand,com-29260-0,com-29242-2,suspended_cases,3\n\
        opening,,com-29242-2,suspended_cases,8\n";

    #[test]
    fn a_handover_is_read_and_balances_or_a_planted_figure_is_found() {
        let handover = read_handover(
            &TableInput::new("handover.csv", FILE),
            &tra_vinh(),
            &Catalogue::default(),
        )
        .unwrap();
        assert_eq!(check_handover(&handover.closing, &handover.lines, &handover.opening), []);
        let planted = FILE.replace(
            "opening,,com-29242-2,suspended_cases,8",
            "opening,,com-29242-2,suspended_cases,9",
        );
        let handover = read_handover(
            &TableInput::new("handover.csv", &planted),
            &tra_vinh(),
            &Catalogue::default(),
        )
        .unwrap();
        let diagnostics = check_handover(&handover.closing, &handover.lines, &handover.opening);
        assert_eq!(
            (diagnostics.len(), diagnostics[0].stated, diagnostics[0].transferred),
            (1, Some(9), 8)
        );
    }

    #[test]
    fn lines_that_cannot_be_read_are_named() {
        let bad = format!(
            "{FILE}hand,com-1,com-29242-2,suspended_cases,x\ngive,,,,\nopening,,com-29242-2,suspended_cases,8\n"
        );
        let diagnostics = read_handover(
            &TableInput::new("handover.csv", &bad),
            &tra_vinh(),
            &Catalogue::default(),
        )
        .unwrap_err();
        let said: Vec<_> = diagnostics
            .iter()
            .map(|fault| (fault.position.line, fault.violation.path.as_str()))
            .collect();
        let expected = [
            (7, "from_uid"),
            (7, "amount"),
            (8, "side"),
            (8, "element"),
            (8, "amount"),
            (9, "element"),
        ];
        assert_eq!(said, expected);
    }
}
