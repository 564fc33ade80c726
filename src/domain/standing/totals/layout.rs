//! The columns of reports: what a report under each contract adds to which sums.

use crate::domain::campaign::word_of;
use crate::domain::org::UnitKind;
use crate::domain::report::cell::ElementNumber;
use crate::domain::report::counting_levels::CountingLevels;
use crate::domain::report::element::{ElementCode, ElementKind};
use crate::domain::report::form::Contract;
use crate::domain::standing::aggregate::StandingInput;
use crate::domain::support::ids::ContractId;
use jiff::civil::Date;
use rustc_hash::FxHashMap as HashMap;

/// Columns of the reports under one contract, in the form's order.
#[derive(Debug, Clone)]
pub(in crate::domain::standing) struct ContractLayout {
    pub(in crate::domain::standing) id: ContractId,
    pub(in crate::domain::standing) code: String,
    pub(in crate::domain::standing) calendar: String,
    pub(in crate::domain::standing) levels: CountingLevels,
    pub(in crate::domain::standing) columns: Vec<LayoutColumn>,
}

/// One element of a form.
#[derive(Debug, Clone, Copy)]
pub(in crate::domain::standing) struct LayoutColumn {
    /// Index in the catalogue.
    pub(in crate::domain::standing) column: usize,
    /// The short number of the element in cells.
    pub(in crate::domain::standing) number: Option<ElementNumber>,
    pub(in crate::domain::standing) stock: bool,
    /// Whether a nil report leaves it to be answered.
    pub(super) word: bool,
}

impl ContractLayout {
    /// The level that owes the reports of a day.
    pub(super) fn level_on(&self, day: Date) -> UnitKind {
        self.levels.on(day).into()
    }

    /// Its flows, with their places on the form.
    pub(super) fn flows(&self) -> impl Iterator<Item = (usize, &LayoutColumn)> {
        self.columns.iter().enumerate().filter(|(_, one)| !one.stock)
    }
}

pub(super) fn contract_layouts(
    input: &StandingInput<'_>,
    columns: &HashMap<ElementCode, usize>,
) -> Vec<ContractLayout> {
    let numbers: HashMap<&ElementCode, ElementNumber> =
        input.numbers.iter().map(|(number, code)| (code, *number)).collect();
    let layout_column = |code: &ElementCode| {
        let column = *columns.get(code)?;
        let element = &input.catalogue.elements[column];
        let stock = element.kind == ElementKind::Stock;
        let word = word_of(element, std::slice::from_ref(input.campaign)).is_some();
        Some(LayoutColumn { column, number: numbers.get(code).copied(), stock, word })
    };
    let layout = |contract: &Contract| {
        let form = input.catalogue.form(&contract.form).map_or(&[][..], |form| &form.elements);
        ContractLayout {
            id: contract.id(),
            code: contract.code.clone(),
            calendar: contract.calendar.clone(),
            levels: contract.levels.clone(),
            columns: form.iter().filter_map(layout_column).collect(),
        }
    };
    input.catalogue.contracts.iter().map(layout).collect()
}
