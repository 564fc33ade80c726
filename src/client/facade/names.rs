//! What units and elements are called, so that a screen shows names where values carry codes.

use super::{Phone, Result};
use crate::client::reference::LocalReference;
use crate::domain::org::Unit;
use crate::domain::report::element::Element;
use jiff::civil::Date;

/// A unit by its code.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct UnitView {
    /// Its code, as in `com-29242-1`.
    pub code: String,
    /// Its name today; of a unit that does not exist today the nearest one.
    pub name: String,
}

/// An element by its code.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct ElementView {
    /// Its code.
    pub code: String,
    /// Its Vietnamese name.
    pub name_vi: String,
    /// Its English name.
    pub name_en: String,
    /// The counted unit, in Vietnamese.
    pub unit_of_count: String,
    /// Decimals: with 1, a figure of 45 is shown as 4.5.
    pub scale: u8,
}

/// The names that this phone knows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct NamesView {
    /// Every unit, by code.
    pub units: Vec<UnitView>,
    /// Every element, by code.
    pub elements: Vec<ElementView>,
}

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// What the units and elements of this phone are called.
    pub fn names(&self) -> Result<NamesView> {
        let (reference, today) = (self.reference()?, self.home_and_today()?.1);
        let units = reference.org.units().iter();
        let mut units: Vec<UnitView> =
            units.map(|unit| to_unit_view(unit, &reference, today)).collect();
        units.sort_by(|a, b| a.code.cmp(&b.code));
        Ok(NamesView { units, elements: self.elements()? })
    }

    /// The elements of the authority, by code.
    pub fn elements(&self) -> Result<Vec<ElementView>> {
        let reference = self.reference()?;
        let mut all: Vec<ElementView> =
            reference.catalogue.elements.iter().map(to_element_view).collect();
        all.sort_by(|a, b| a.code.cmp(&b.code));
        Ok(all)
    }
}

fn to_unit_view(unit: &Unit, reference: &LocalReference, today: Date) -> UnitView {
    let name = reference.org.nearest_name(unit.id, today).to_owned();
    UnitView { code: unit.uid.clone(), name }
}

fn to_element_view(element: &Element) -> ElementView {
    ElementView {
        code: element.code.to_string(),
        name_vi: element.name_vi.clone(),
        name_en: element.name_en.clone(),
        unit_of_count: element.unit_of_count.clone(),
        scale: element.scale,
    }
}
