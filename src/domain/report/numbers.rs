//! Short numbers of units and elements, which records hold in place of ids and codes.
//!
//! The server assigns them once; they are sent in the reference scope.

use crate::domain::report::element::ElementCode;
use crate::domain::support::ids::UnitId;
use std::collections::BTreeMap;

/// A numbering with lookup in both directions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberMap<T: Ord> {
    numbers: BTreeMap<T, u32>,
    items: BTreeMap<u32, T>,
}

/// Numbers of units.
pub type UnitNumbers = NumberMap<UnitId>;
/// Numbers of elements; the numbers are those of [`crate::domain::report::cell::ElementNumber`].
pub type ElementNumbers = NumberMap<ElementCode>;

impl<T: Ord> Default for NumberMap<T> {
    fn default() -> Self {
        Self { numbers: BTreeMap::new(), items: BTreeMap::new() }
    }
}

impl<T: Ord + Clone> NumberMap<T> {
    /// Assigns `number`, 1 and up, to `item`. A later assignment replaces an earlier one.
    pub fn insert(&mut self, item: T, number: u32) {
        if let Some(before) = self.numbers.insert(item.clone(), number) {
            self.items.remove(&before);
        }
        self.items.insert(number, item);
    }

    /// The number of `item`.
    #[must_use]
    pub fn number(&self, item: &T) -> Option<u32> {
        self.numbers.get(item).copied()
    }

    /// The item with this number.
    #[must_use]
    pub fn item(&self, number: u32) -> Option<&T> {
        self.items.get(&number)
    }

    /// All pairs, ascending by number.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.items.iter().map(|(number, item)| (*number, item))
    }

    /// The next free number.
    #[must_use]
    pub fn next_number(&self) -> u32 {
        self.items.keys().next_back().map_or(1, |last| last + 1)
    }
}

impl<T: Ord + Clone> FromIterator<(T, u32)> for NumberMap<T> {
    fn from_iter<I: IntoIterator<Item = (T, u32)>>(pairs: I) -> Self {
        let mut numbering = Self::default();
        pairs.into_iter().for_each(|(item, number)| numbering.insert(item, number));
        numbering
    }
}
