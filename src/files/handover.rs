//! A handover of stocks as one CSV file: what closing units state, what goes from whom to whom, what opening units state.
//!
//! Knows the columns `side,from_uid,to_uid,element,amount`; whether it balances is asked of `domain::org`.

use super::fault::Fault;
use super::table::{Row, Table};
use crate::domain::element::ElementCode;
use crate::domain::ids::UnitId;
use crate::domain::org::{HandoverLine, Org, Stocks};

const COLUMNS: [&str; 5] = ["side", "from_uid", "to_uid", "element", "amount"];

/// A handover as read; stocks and amounts as whole numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HandoverFile {
    /// Lines of side `closing`: the stock of `from_uid` on its last day.
    pub closing: Stocks,
    /// Lines of side `hand`: so much goes from `from_uid` to `to_uid`.
    pub lines: Vec<HandoverLine>,
    /// Lines of side `opening`: the stock of `to_uid` on its first day.
    pub opening: Stocks,
}

/// Reads a handover between units of `org`, or says everything that is wrong, with file and line.
///
/// # Errors
/// The file is no such CSV, or a line names an unknown unit, repeats a stock, or has no whole amount.
pub fn read_handover(file: &str, text: &str, org: &Org) -> Result<HandoverFile, Vec<Fault>> {
    let table = Table::read(file, text, &COLUMNS)?;
    let (mut read, mut found) = (HandoverFile::default(), Vec::new());
    for row in table.rows() {
        read_line(row, org, &mut read, &mut found);
    }
    if found.is_empty() { Ok(read) } else { Err(found) }
}

fn read_line(row: Row<'_>, org: &Org, read: &mut HandoverFile, found: &mut Vec<Fault>) {
    let side = row.get("side");
    let (gives, takes) = (matches!(side, "closing" | "hand"), matches!(side, "opening" | "hand"));
    let before = found.len();
    if !gives && !takes {
        found.push(row.problem("side", "closing, hand hoặc opening", "closing, hand or opening"));
    }
    let from = gives.then(|| unit(row, "from_uid", org, found)).flatten();
    let to = takes.then(|| unit(row, "to_uid", org, found)).flatten();
    let element = ElementCode::new(row.get("element")).ok();
    if element.is_none() {
        found.push(row.problem("element", "mã chỉ tiêu", "the code of an element"));
    }
    let amount = row.get("amount").parse::<i64>().ok().filter(|amount| *amount >= 0);
    if amount.is_none() {
        found.push(row.problem("amount", "số nguyên từ 0", "a whole number from 0"));
    }
    let (Some(element), Some(amount), true) = (element, amount, found.len() == before) else { return };
    let again = match (from, to) {
        (Some(from), Some(to)) => {
            read.lines.push(HandoverLine { from, to, element, amount });
            None
        }
        (Some(from), None) => read.closing.insert((from, element), amount),
        (None, Some(to)) => read.opening.insert((to, element), amount),
        (None, None) => None,
    };
    if again.is_some() {
        found.push(row.problem("element", "mỗi tồn kho một dòng", "one line for each stock"));
    }
}

fn unit(row: Row<'_>, column: &str, org: &Org, found: &mut Vec<Fault>) -> Option<UnitId> {
    let unit = org.by_uid(row.get(column)).map(|unit| unit.id);
    if unit.is_none() {
        found.push(row.problem(column, "mã một đơn vị đã khai", "the code of a unit that is declared"));
    }
    unit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::org::check_handover;
    use crate::files::org::{OrgTexts, read_org};

    fn tra_vinh() -> Org {
        let texts = OrgTexts {
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
        let read = read_handover("handover.csv", FILE, &tra_vinh()).unwrap();
        assert_eq!(check_handover(&read.closing, &read.lines, &read.opening), []);
        let planted = FILE.replace("opening,,com-29242-2,suspended_cases,8", "opening,,com-29242-2,suspended_cases,9");
        let read = read_handover("handover.csv", &planted, &tra_vinh()).unwrap();
        let found = check_handover(&read.closing, &read.lines, &read.opening);
        assert_eq!((found.len(), found[0].stated, found[0].handed), (1, Some(9), 8));
    }

    #[test]
    fn lines_that_cannot_be_read_are_named() {
        let bad = format!(
            "{FILE}hand,com-1,com-29242-2,suspended_cases,x\ngive,,,,\nopening,,com-29242-2,suspended_cases,8\n"
        );
        let found = read_handover("handover.csv", &bad, &tra_vinh()).unwrap_err();
        let said: Vec<_> = found.iter().map(|fault| (fault.place.line, fault.broken.at.as_str())).collect();
        let expected = [(7, "from_uid"), (7, "amount"), (8, "side"), (8, "element"), (8, "amount"), (9, "element")];
        assert_eq!(said, expected);
    }
}
