//! Forms (biểu mẫu) and reporting contracts: which elements are reported together, at which level,
//! how often and by when.
//!
//! Which unit owes which report for which days is computed in `expectation` from these and the
//! organisation.

use crate::domain::report::counting_levels::CountingLevels;
use crate::domain::report::element::{CountingLevel, Element, ElementCode, ElementKind};
use crate::domain::report::field_of_work::FieldOfWork;
use crate::domain::support::ids::{ContractId, FormId};
use crate::domain::support::message::message;
use crate::domain::support::nearest_word::with_nearest;
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::violation::Violation;
use crate::domain::target_rule::FormRuleExpr;
use std::collections::BTreeMap;

/// Maximum number of elements of a form; a report must fit a small screen and one message.
const FORM_ELEMENTS_MAX: usize = 64;

/// Elements that are filled in together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Text code, as in `tuan-xa`.
    pub code: String,
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
    /// Elements, in the order of the form.
    pub elements: Vec<ElementCode>,
    /// Rules that the figures must satisfy, as in `reports_accepted <= reports_received`.
    pub rules: Vec<FormRuleExpr>,
}

impl Form {
    /// The id of this code.
    #[must_use]
    pub fn id(&self) -> FormId {
        FormId::from_code(&self.code)
    }
}

string_enum! {
    /// Whether a report may be submitted before the last day that it covers.
    EarlyReports {
        /// No: nothing is said about days that are not over.
        Refused = "REFUSED",
        /// Yes; such a report is marked, and never clean.
        Allowed = "ALLOWED",
    }
}

/// Who reports a form, how often, by when, and who reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// Text code, as in `tuan-xa`.
    pub code: String,
    /// Code of the form.
    pub form: String,
    /// The level of each day whose open units owe the report.
    pub levels: CountingLevels,
    /// Code of the calendar whose periods are reported, as in `week`.
    pub calendar: String,
    /// Days after the last day of a period by whose end the report is due.
    pub due_days: u16,
    /// Days after the due day during which a report is late but still accepted normally.
    pub grace_days: u16,
    /// Whether a report may be submitted before the last day that it covers.
    pub early: EarlyReports,
    /// Codes of further calendars that the same entry serves (enter once).
    pub serves: Vec<String>,
    /// Levels whose reviewers, on the reporting unit's path, may return and accept.
    pub reviewers: Vec<CountingLevel>,
}

impl Contract {
    /// The id of this code.
    #[must_use]
    pub fn id(&self) -> ContractId {
        ContractId::from_code(&self.code)
    }
}

/// Fields of work, elements, forms and contracts that are valid together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogue {
    /// Fields of work in which campaigns set targets.
    pub fields: Vec<FieldOfWork>,
    /// Elements, in the order of the file.
    pub elements: Vec<Element>,
    /// Forms.
    pub forms: Vec<Form>,
    /// Reporting contracts.
    pub contracts: Vec<Contract>,
}

impl Catalogue {
    /// The field of work of this code.
    #[must_use]
    pub fn field(&self, code: &str) -> Option<&FieldOfWork> {
        self.fields.iter().find(|field| field.code == code)
    }

    /// The element of this code.
    #[must_use]
    pub fn element(&self, code: &ElementCode) -> Option<&Element> {
        self.elements.iter().find(|element| &element.code == code)
    }

    /// The form of this code.
    #[must_use]
    pub fn form(&self, code: &str) -> Option<&Form> {
        self.forms.iter().find(|form| form.code == code)
    }

    /// The contract of this code.
    #[must_use]
    pub fn contract(&self, code: &str) -> Option<&Contract> {
        self.contracts.iter().find(|contract| contract.code == code)
    }

    /// The contracts with these codes.
    #[must_use]
    pub fn contracts_with_codes(&self, codes: &[String]) -> Vec<Contract> {
        self.contracts.iter().filter(|contract| codes.contains(&contract.code)).cloned().collect()
    }

    /// The contract under which an element is counted.
    #[must_use]
    pub fn contract_for_element(&self, code: &ElementCode) -> Option<&Contract> {
        self.contracts
            .iter()
            .find(|c| self.form(&c.form).is_some_and(|form| form.elements.contains(code)))
    }

    /// Every rule that the fields, elements, forms and contracts break together.
    #[must_use]
    pub fn check(&self) -> Vec<Violation> {
        let mut violations: Vec<Violation> =
            self.elements.iter().flat_map(Element::check).collect();
        self.check_fields(&mut violations);
        violations.extend(duplicate_code_violations(
            "element",
            self.elements.iter().map(|e| e.code.as_str()),
        ));
        violations
            .extend(duplicate_code_violations("form", self.forms.iter().map(|f| f.code.as_str())));
        violations.extend(duplicate_code_violations(
            "contract",
            self.contracts.iter().map(|c| c.code.as_str()),
        ));
        for form in &self.forms {
            self.check_form(form, &mut violations);
        }
        for contract in &self.contracts {
            self.check_contract(contract, &mut violations);
        }
        self.check_counted_once(&mut violations);
        self.check_openings(&mut violations);
        violations
    }

    fn check_fields(&self, violations: &mut Vec<Violation>) {
        let codes = self.fields.iter().map(|field| field.code.as_str());
        violations.extend(duplicate_code_violations("field", codes));
        for field in self.fields.iter().filter(|field| !field.has_valid_code()) {
            violations.push(Violation::error(
                "BAD_FIELD_CODE",
                format!("field.{}", field.code),
                message!("form-field-code-letters", code = field.code),
            ));
        }
    }

    fn check_form(&self, form: &Form, violations: &mut Vec<Violation>) {
        let at = format!("form.{}", form.code);
        if form.elements.is_empty() || form.elements.len() > FORM_ELEMENTS_MAX {
            violations.push(Violation::error(
                "FORM_SIZE",
                &at,
                message!(
                    "form-form-1-elements-one",
                    limit = FORM_ELEMENTS_MAX,
                    elements = form.elements.len()
                ),
            ));
        }
        violations
            .extend(duplicate_code_violations(&at, form.elements.iter().map(ElementCode::as_str)));
        Self::check_rules(form, &at, violations);
        for code in form.elements.iter().filter(|code| self.element(code).is_none()) {
            violations.push(Violation::error(
                "UNKNOWN_ELEMENT",
                &at,
                with_nearest(
                    message!("form-there-no-element-declare", code),
                    code.as_str(),
                    self.elements.iter().map(|element| element.code.as_str()),
                ),
            ));
        }
    }

    fn check_rules(form: &Form, at: &str, violations: &mut Vec<Violation>) {
        for rule in &form.rules {
            let named = rule.left.elements().into_iter().chain(rule.right.elements());
            for code in named.filter(|code| !form.elements.contains(code)) {
                violations.push(Violation::error(
                    "RULE_BEYOND_FORM",
                    at,
                    message!("form-rule-uses-which-not", code),
                ));
            }
        }
    }

    fn check_contract(&self, contract: &Contract, violations: &mut Vec<Violation>) {
        let at = format!("contract.{}", contract.code);
        let Some(form) = self.form(&contract.form) else {
            violations.push(Violation::error(
                "UNKNOWN_FORM",
                &at,
                with_nearest(
                    message!("form-there-no-form-declare", form = contract.form),
                    &contract.form,
                    self.forms.iter().map(|form| form.code.as_str()),
                ),
            ));
            return;
        };
        if contract.reviewers.is_empty() {
            violations.push(Violation::error(
                "NO_REVIEWER",
                &at,
                message!("form-nobody-reviews-name-least"),
            ));
        }
        violations.extend(contract.levels.check(&at));
        for element in form.elements.iter().filter_map(|code| self.element(code)) {
            if element.levels != contract.levels {
                violations.push(levels_violation(&at, element, contract));
            }
        }
    }

    /// An opening balance and its stock are of one kind: both stand at one moment and add up over
    /// units only.
    fn check_openings(&self, violations: &mut Vec<Violation>) {
        for element in &self.elements {
            let (code, Some(of)) = (&element.code, &element.opening_of) else { continue };
            let at = format!("element.{code}");
            let Some(stock) = self.element(of) else {
                let message = message!("form-opening-of-unknown", code, of);
                let known = self.elements.iter().map(|element| element.code.as_str());
                let message = with_nearest(message, of.as_str(), known);
                violations.push(Violation::error("UNKNOWN_ELEMENT", at, message));
                continue;
            };
            let are_stocks = [element, stock].iter().all(|one| one.kind == ElementKind::Stock);
            let alike = (&element.levels, element.scale) == (&stock.levels, stock.scale);
            if !are_stocks || !alike || code == of {
                let message = message!("form-opening-of-unlike", code, of);
                violations.push(Violation::error("OPENING_OF", at, message));
            }
        }
    }

    /// No element is in two contracts: it would be entered and summed twice.
    fn check_counted_once(&self, violations: &mut Vec<Violation>) {
        let mut seen: BTreeMap<&ElementCode, &str> = BTreeMap::new();
        for contract in &self.contracts {
            let Some(form) = self.form(&contract.form) else { continue };
            for code in &form.elements {
                let Some(first) = seen.insert(code, &contract.code) else { continue };
                violations.push(Violation::error(
                    "COUNTED_TWICE",
                    format!("contract.{}", contract.code),
                    message!("form-element-entered-under-already", code, first),
                ));
            }
        }
    }
}

/// An element whose level is not that of the contract on every day.
fn levels_violation(at: &str, element: &Element, contract: &Contract) -> Violation {
    let (code, counted, reported) = (&element.code, &element.levels, &contract.levels);
    if counted.changes.is_empty() && reported.changes.is_empty() {
        let (counting_level, level) = (counted, reported);
        let text = message!("form-element-counted-may-not", code, counting_level, level);
        return Violation::error("COUNTED_TWICE", at, text);
    }
    Violation::error("LEVELS_DIFFER", at, message!("form-levels-differ", code, counted, reported))
}

/// One violation for each code that occurs more than once in a list.
pub(in crate::domain) fn duplicate_code_violations<'a>(
    at: &str,
    codes: impl Iterator<Item = &'a str>,
) -> Vec<Violation> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    codes.for_each(|code| *times.entry(code).or_default() += 1);
    let repeated = times.into_iter().filter(|(_, count)| *count > 1);
    repeated
        .map(|(code, count)| {
            Violation::error(
                "SAME_CODE_TWICE",
                format!("{at}.{code}"),
                message!("form-code-stands-here-times", code, count),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(code: &str, level: CountingLevel) -> Element {
        Element {
            code: ElementCode::new(code).unwrap(),
            name_vi: code.into(),
            name_en: code.into(),
            unit_of_count: "vụ".into(),
            kind: ElementKind::Flow,
            scale: 0,
            min: 0,
            max: 100,
            levels: level.into(),
            coercive: false,
            shrinkable: false,
            activity: false,
            opening_of: None,
            breaks: Vec::new(),
        }
    }

    fn form(code: &str, elements: &[&str]) -> Form {
        let elements = elements.iter().map(|code| ElementCode::new(code).unwrap()).collect();
        Form {
            code: code.into(),
            name_vi: code.into(),
            name_en: code.into(),
            elements,
            rules: vec![],
        }
    }

    fn contract(code: &str, level: CountingLevel) -> Contract {
        Contract {
            code: code.into(),
            form: code.into(),
            levels: level.into(),
            calendar: "week".into(),
            due_days: 1,
            grace_days: 3,
            early: EarlyReports::Refused,
            serves: vec![],
            reviewers: vec![CountingLevel::District],
        }
    }

    fn codes(violations: &[Violation]) -> Vec<(&'static str, &str)> {
        violations.iter().map(|violation| (violation.code, violation.path.as_str())).collect()
    }

    #[test]
    fn an_element_entered_at_two_levels_of_one_path_is_refused() {
        let mut catalogue = Catalogue {
            fields: Vec::new(),
            elements: vec![
                element("so_offences", CountingLevel::Commune),
                element("solved", CountingLevel::District),
            ],
            forms: vec![form("tuan-xa", &["so_offences"]), form("tuan-huyen", &["solved"])],
            contracts: vec![
                contract("tuan-xa", CountingLevel::Commune),
                contract("tuan-huyen", CountingLevel::District),
            ],
        };
        assert_eq!(catalogue.check(), []);
        assert_eq!(
            catalogue.contract_for_element(&ElementCode::new("solved").unwrap()).unwrap().code,
            "tuan-huyen"
        );

        catalogue.forms[1].elements.push(ElementCode::new("so_offences").unwrap());
        let twice =
            [("COUNTED_TWICE", "contract.tuan-huyen"), ("COUNTED_TWICE", "contract.tuan-huyen")];
        assert_eq!(
            codes(&catalogue.check()),
            twice,
            "once for the level, once for the second entry"
        );
    }

    #[test]
    fn an_opening_balance_and_its_stock_are_two_stocks_of_one_level_and_scale() {
        let stock = |code: &str, of: Option<&str>| Element {
            kind: ElementKind::Stock,
            opening_of: of.map(|of| ElementCode::new(of).unwrap()),
            ..element(code, CountingLevel::Commune)
        };
        let check = |opening: Element| {
            let elements = vec![stock("closing", None), opening];
            let violations = Catalogue { elements, ..Catalogue::default() }.check();
            violations.first().map(|violation| (violation.code, violation.path.clone()))
        };
        let refused = |code| Some((code, "element.opening".to_owned()));
        let opening = stock("opening", Some("closing"));
        assert_eq!(check(opening.clone()), None);
        assert_eq!(check(stock("opening", Some("nothing"))), refused("UNKNOWN_ELEMENT"));
        for unlike in [
            Element { kind: ElementKind::Flow, ..opening.clone() },
            Element { levels: CountingLevel::District.into(), ..opening.clone() },
            Element { scale: 1, ..opening },
            stock("opening", Some("opening")),
        ] {
            assert_eq!(check(unlike), refused("OPENING_OF"));
        }
    }

    #[test]
    fn a_form_without_its_elements_and_a_contract_without_its_form_are_named() {
        let catalogue = Catalogue {
            fields: Vec::new(),
            elements: vec![],
            forms: vec![form("tuan-xa", &["ghost", "ghost"])],
            contracts: vec![contract("tuan-huyen", CountingLevel::District)],
        };
        let expected = [
            ("SAME_CODE_TWICE", "form.tuan-xa.ghost"),
            ("UNKNOWN_ELEMENT", "form.tuan-xa"),
            ("UNKNOWN_ELEMENT", "form.tuan-xa"),
            ("UNKNOWN_FORM", "contract.tuan-huyen"),
        ];
        assert_eq!(codes(&catalogue.check()), expected);
    }
}
