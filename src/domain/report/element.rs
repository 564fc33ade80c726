//! Data elements (chỉ tiêu thống kê): what is counted, at which level, in which range.
//!
//! The short number of an element in records is assigned by the server; see `numbers`.

use crate::domain::report::counting_levels::CountingLevels;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::ElementId;
use crate::domain::support::message::message;
use crate::domain::support::ratio::Ratio;
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::violation::Violation;
use jiff::civil::Date;
use std::fmt;

/// Most characters of an element's code.
pub(crate) const ELEMENT_CODE_MAX: usize = 48;
/// Most decimals a value may carry.
pub(crate) const SCALE_MAX: u8 = 6;

/// Text code of an element, as in `so_offences`: `[a-z][a-z0-9_]*`, at most [`ELEMENT_CODE_MAX`]
/// characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementCode(String);

/// Text that is not an element code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "an element's code is 1 to {ELEMENT_CODE_MAX} of a-z, 0-9 and _, and begins with a letter; got {0:?}"
)]
pub struct ElementCodeError(pub String);

impl ElementCode {
    /// Reads a code.
    pub fn new(text: &str) -> Result<Self, ElementCodeError> {
        let shape = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let first = text.chars().next().is_some_and(|c| c.is_ascii_lowercase());
        if first && text.len() <= ELEMENT_CODE_MAX && text.chars().all(shape) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ElementCodeError(text.chars().take(ELEMENT_CODE_MAX).collect()))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of this code.
    #[must_use]
    pub fn id(&self) -> ElementId {
        ElementId::from_code(&self.0)
    }
}

impl fmt::Display for ElementCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for ElementCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

string_enum! {
    /// How the values of an element add up over time.
    ElementKind {
        /// Happens in a period; periods add up.
        Flow = "FLOW",
        /// Stock at the end of a period; periods do not add up, the last one counts.
        Stock = "STOCK",
        /// Done (1) or not done (0) in a period; the content is never stored.
        EventFlag = "EVENT_FLAG",
    }
}

string_enum! {
    /// A level of the organisation at which an element is counted. Above it figures are sums;
    /// below it there is no figure, which is not the same as zero.
    CountingLevel {
        /// Công an cấp xã.
        Commune = "COMMUNE",
        /// Công an cấp huyện.
        District = "DISTRICT",
        /// A department of the province (phòng).
        Department = "DEPARTMENT",
        /// The province itself.
        Province = "PROVINCE",
    }
}

/// How figures under an older definition relate to those under the newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BridgeMethod {
    /// They are not comparable.
    None,
    /// The old figures were recounted under the new definition.
    Restated,
    /// One under the old definition equals this many under the new; above zero.
    Ratio(Ratio),
}

/// A day from which the element is counted under another definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionBreak {
    /// First day of the new definition.
    pub on: Date,
    /// How figures before and after it are compared.
    pub bridge: BridgeMethod,
    /// The document or measurement that supports the bridge, in Vietnamese.
    pub evidence_vi: String,
}

/// Whether figures of two windows are under one definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefinitionComparability {
    /// Both are under one definition.
    Same,
    /// Comparable after the earlier figure is multiplied by this factor.
    Scaled(Ratio),
    /// Not comparable: no bridge covers a change between them.
    NotComparable,
}

/// A data element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Text code.
    pub code: ElementCode,
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// The unit of one count: `vụ`, `người`, `tin`, `buổi`.
    pub unit_of_count: String,
    /// How values add up over time.
    pub kind: ElementKind,
    /// Decimals: a stored value is the figure times 10^scale.
    pub scale: u8,
    /// Least value allowed, scaled.
    pub min: i64,
    /// Greatest value allowed, scaled.
    pub max: i64,
    /// The one level of each day at which it is counted.
    pub levels: CountingLevels,
    /// Counts acts of force against persons (arrests, fines, stops): no target may ask for more of
    /// it.
    pub coercive: bool,
    /// The reporting unit itself decides whether a case is counted, so it could improve a ratio
    /// over the element.
    pub shrinkable: bool,
    /// Counts work done (patrols, meetings): a target that asks for more of it gets a warning.
    pub activity: bool,
    /// The stock of which this one is the opening balance: what there was on the first day of the
    /// period. It is a stock, too, so no sum adds it to anything.
    pub opening_of: Option<ElementCode>,
    /// Changes of its definition, in order of date.
    pub breaks: Vec<DefinitionBreak>,
}

impl Element {
    /// The id of this code.
    #[must_use]
    pub fn id(&self) -> ElementId {
        self.code.id()
    }

    /// Whether figures of `base` are comparable with those of `now`, both as past days. A ratio
    /// bridges only a break between the two; a break inside either leaves figures of both
    /// definitions in one sum.
    #[must_use]
    pub fn compare_definitions(
        &self,
        base: DateWindow,
        now: DateWindow,
    ) -> DefinitionComparability {
        let mut comparability = DefinitionComparability::Same;
        for one in self.breaks.iter().filter(|one| base.start < one.on && one.on < now.end) {
            let factor = match one.bridge {
                BridgeMethod::Restated => Some(Ratio::ONE),
                BridgeMethod::Ratio(factor) if base.end <= one.on && one.on <= now.start => {
                    Some(factor)
                }
                BridgeMethod::Ratio(_) | BridgeMethod::None => None,
            };
            let so_far = match comparability {
                DefinitionComparability::Scaled(so_far) => so_far,
                DefinitionComparability::Same | DefinitionComparability::NotComparable => {
                    Ratio::ONE
                }
            };
            match factor.and_then(|factor| so_far.checked_mul(factor)) {
                Some(factor) => comparability = DefinitionComparability::Scaled(factor),
                None => return DefinitionComparability::NotComparable,
            }
        }
        comparability
    }

    /// Whether `value` (scaled) lies in the element's range.
    #[must_use]
    pub fn is_in_range(&self, value: i64) -> bool {
        (self.min..=self.max).contains(&value)
    }

    /// Every rule that this element breaks.
    #[must_use]
    pub fn check(&self) -> Vec<Violation> {
        let at = format!("element.{}", self.code);
        let mut violations = Vec::new();
        if [&self.name_vi, &self.name_en, &self.unit_of_count]
            .iter()
            .any(|text| text.trim().is_empty())
        {
            violations.push(Violation::error(
                "ELEMENT_UNNAMED",
                &at,
                message!("element-name-vietnamese-name-english"),
            ));
        }
        if self.scale > SCALE_MAX || self.min > self.max {
            violations.push(Violation::error(
                "ELEMENT_RANGE",
                &at,
                message!(
                    "element-range-scale-cannot-give",
                    min = self.min,
                    max = self.max,
                    scale = self.scale,
                    scale_max = SCALE_MAX
                ),
            ));
        }
        if self.kind == ElementKind::EventFlag && (self.scale, self.min, self.max) != (0, 0, 1) {
            violations.push(Violation::error(
                "ELEMENT_FLAG_RANGE",
                &at,
                message!("element-flag-0-1-give"),
            ));
        }
        let is_valid = |one: &DefinitionBreak| match one.bridge {
            BridgeMethod::Ratio(factor) => {
                factor > Ratio::ZERO && !one.evidence_vi.trim().is_empty()
            }
            BridgeMethod::None | BridgeMethod::Restated => !one.evidence_vi.trim().is_empty(),
        };
        if !self.breaks.iter().all(is_valid) || !self.breaks.is_sorted_by_key(|one| one.on) {
            violations.push(Violation::error(
                "ELEMENT_BREAK",
                &at,
                message!("element-each-change-definition-needs"),
            ));
        }
        violations.extend(self.levels.check(&at));
        violations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offences() -> Element {
        Element {
            code: ElementCode::new("so_offences").unwrap(),
            name_vi: "Số vụ phạm tội về trật tự xã hội".into(),
            name_en: "Social-order offences".into(),
            unit_of_count: "vụ".into(),
            kind: ElementKind::Flow,
            scale: 0,
            min: 0,
            max: 500,
            levels: CountingLevel::Commune.into(),
            coercive: false,
            shrinkable: true,
            activity: false,
            opening_of: None,
            breaks: Vec::new(),
        }
    }

    #[test]
    fn a_code_is_lower_case_and_short() {
        assert_eq!(ElementCode::new("so_offences").unwrap().as_str(), "so_offences");
        for bad in ["", "9x", "So", "a-b", "đ", &"a".repeat(49)] {
            assert!(ElementCode::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn words_are_read_back_and_others_are_not() {
        for level in CountingLevel::ALL {
            assert_eq!(CountingLevel::parse(level.as_str()), Some(*level));
        }
        assert_eq!(ElementKind::parse("flow"), None);
    }

    #[test]
    fn an_element_is_checked_for_names_range_and_flags() {
        assert_eq!(offences().check(), []);
        assert!(
            offences().is_in_range(500)
                && !offences().is_in_range(501)
                && !offences().is_in_range(-1)
        );
        let odd = Element {
            name_en: " ".into(),
            min: 3,
            max: 2,
            kind: ElementKind::EventFlag,
            ..offences()
        };
        let codes: Vec<_> = odd.check().iter().map(|violation| violation.code).collect();
        assert_eq!(codes, ["ELEMENT_UNNAMED", "ELEMENT_RANGE", "ELEMENT_FLAG_RANGE"]);
    }

    #[test]
    fn a_ratio_joins_what_lies_on_either_side_of_a_break_and_nothing_that_it_cuts_through() {
        let day = |year, month| jiff::civil::date(year, month, 1);
        let window = |from, to| DateWindow::new(from, to).unwrap();
        let (last_year, this_year) =
            (window(day(2023, 8), day(2024, 8)), window(day(2024, 8), day(2025, 8)));
        let breaks = |on, bridge| {
            vec![DefinitionBreak { on, bridge, evidence_vi: "TT 88/2024/TT-BCA".into() }]
        };
        let comparability = |on, bridge| {
            Element { breaks: breaks(on, bridge), ..offences() }
                .compare_definitions(last_year, this_year)
        };
        let half = Ratio::new(1, 2).unwrap();
        assert_eq!(
            offences().compare_definitions(last_year, this_year),
            DefinitionComparability::Same
        );
        assert_eq!(
            comparability(day(2024, 8), BridgeMethod::Ratio(half)),
            DefinitionComparability::Scaled(half)
        );
        assert_eq!(
            comparability(day(2025, 1), BridgeMethod::Ratio(half)),
            DefinitionComparability::NotComparable,
            "both definitions are in this year's sum"
        );
        assert_eq!(
            comparability(day(2025, 1), BridgeMethod::Restated),
            DefinitionComparability::Scaled(Ratio::ONE)
        );
        assert_eq!(
            comparability(day(2025, 1), BridgeMethod::None),
            DefinitionComparability::NotComparable
        );
        assert_eq!(
            comparability(day(2023, 8), BridgeMethod::None),
            DefinitionComparability::Same,
            "before all of it"
        );
        assert_eq!(
            comparability(day(2025, 8), BridgeMethod::None),
            DefinitionComparability::Same,
            "behind all of it"
        );
    }
}
