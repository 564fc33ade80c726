//! Units, forms, contracts, calendars and campaigns as they are now, decoded once and shared until they change.
//!
//! Knows no caller: what may be changed is asked in `org` and `campaign`.

use crate::domain::baseline::Baselines;
use crate::domain::calendar::Calendars;
use crate::domain::campaign::Campaign;
use crate::domain::cell::ElementNo;
use crate::domain::element::ElementCode;
use crate::domain::expectation::{Expectation, expectations_of};
use crate::domain::form::{Catalogue, Form};
use crate::domain::ids::{CampaignId, ContractId};
use crate::domain::numbers::{ElementNumbers, UnitNumbers};
use crate::domain::org::{Org, View};
use crate::domain::report::{FormLine, FormRule, FormShape, ReportKey};
use crate::domain::standing::{Entry, Input};
use crate::domain::target;
use crate::domain::window::Window;
use crate::store::reference::Facts;
use crate::store::{Error, Result};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A snapshot of the reference scope.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The organisation in time.
    pub org: Org,
    /// Reporting calendars.
    pub calendars: Calendars,
    /// Elements, forms and contracts.
    pub catalogue: Catalogue,
    /// Campaigns.
    pub campaigns: Vec<Campaign>,
    /// Short numbers of units.
    pub units: UnitNumbers,
    /// Short numbers of elements.
    pub elements: ElementNumbers,
    /// Codes of elements by their numbers.
    pub codes: BTreeMap<ElementNo, ElementCode>,
    shapes: BTreeMap<ContractId, FormShape>,
}

impl Reference {
    /// Builds the snapshot. Fails when stored facts contradict each other, which imports never let in.
    pub fn new(facts: Facts) -> Result<Self> {
        let org = Org::new(facts.org).map_err(|_| Error::Damaged("the stored organisation".to_owned()))?;
        let mut shapes = BTreeMap::new();
        for contract in &facts.catalogue.contracts {
            if let Some(form) = facts.catalogue.form(&contract.form) {
                shapes.insert(contract.id(), shape(form, &facts.catalogue, &facts.elements)?);
            }
        }
        Ok(Self {
            org,
            calendars: Calendars::from_iter(facts.calendars).with_campaigns(&facts.campaigns),
            catalogue: facts.catalogue,
            campaigns: facts.campaigns,
            units: facts.units,
            codes: facts.elements.iter().map(|(number, code)| (ElementNo(number), code.clone())).collect(),
            elements: facts.elements,
            shapes,
        })
    }

    /// The form behind a contract as the rules of reports need it.
    #[must_use]
    pub fn shape(&self, contract: ContractId) -> Option<&FormShape> {
        self.shapes.get(&contract)
    }

    /// What the unit owes for exactly this period, if it owes anything.
    #[must_use]
    pub fn expectation(&self, key: &ReportKey) -> Option<Expectation> {
        let contract = self.catalogue.contracts.iter().find(|contract| contract.id() == key.contract)?;
        let whole = self.calendars.get(&contract.calendar)?.period_containing(key.period.start);
        let window = Window { start: whole.start, end: whole.end };
        let owed = expectations_of(&self.org, &self.calendars, contract, key.unit, window).ok()?;
        owed.into_iter().find(|expected| expected.period == key.period)
    }

    /// Whether every campaign for which this report counts is concluded: nothing comes in any more.
    #[must_use]
    pub fn is_closed(&self, key: &ReportKey) -> bool {
        self.holds_for_all(key.contract, key.period.window(), |one| one.status.is_final())
    }

    /// Whether no phone keeps the reports of these days any more: every campaign for which they count is concluded, for longer than it asks
    /// phones to keep its reports.
    #[must_use]
    pub fn has_left_phones(&self, contract: ContractId, days: Window, today: Date) -> bool {
        self.holds_for_all(contract, days, |one| one.leaves_phones_on().is_some_and(|day| day <= today))
    }

    /// Whether something is true of every campaign for which a report of these days counts, of one at least.
    fn holds_for_all(&self, contract: ContractId, days: Window, holds: impl Fn(&Campaign) -> bool) -> bool {
        let Some(contract) = self.catalogue.contracts.iter().find(|one| one.id() == contract) else { return false };
        let counts =
            |one: &&Campaign| one.contracts.contains(&contract.code) && one.measurement_window.common_days(&days) > 0;
        let mut counting = self.campaigns.iter().filter(counts).peekable();
        counting.peek().is_some() && counting.all(holds)
    }

    /// Whether some campaign's reports have left the phones.
    #[must_use]
    pub fn some_left_phones(&self, today: Date) -> bool {
        self.campaigns.iter().any(|one| one.leaves_phones_on().is_some_and(|day| day <= today))
    }

    /// What standings of a campaign follow from, as things were in each period, once baselines, reports and the day are given.
    #[must_use]
    pub fn input<'a>(
        &'a self,
        campaign: &'a Campaign,
        baselines: &'a Baselines,
        reports: &'a [Entry<'a>],
        today: Date,
    ) -> Input<'a> {
        let Self { org, calendars, catalogue, codes: numbers, .. } = self;
        Input { org, calendars, catalogue, campaign, baselines, numbers, reports, today, view: View::AsWas }
    }

    /// The campaigns that the night judges.
    pub fn judged(&self) -> impl Iterator<Item = &Campaign> {
        self.campaigns.iter().filter(|campaign| campaign.status.is_judged())
    }

    /// The campaigns whose results are published.
    #[must_use]
    pub fn published(&self) -> Vec<CampaignId> {
        self.campaigns.iter().map(Campaign::id).collect()
    }

    /// The code of an element.
    #[must_use]
    pub fn element_code(&self, number: ElementNo) -> Option<&str> {
        self.elements.item(number.0).map(|code| code.as_str())
    }
}

fn shape(form: &Form, catalogue: &Catalogue, numbers: &ElementNumbers) -> Result<FormShape> {
    let mut shape = FormShape::default();
    for code in &form.elements {
        let (Some(element), Some(number)) = (catalogue.element(code), numbers.number(code)) else {
            return Err(Error::Damaged(format!("form {} names the unknown element {code}", form.code)));
        };
        shape.lines.insert(ElementNo(number), FormLine { min: element.min, max: element.max });
    }
    for written in &form.rules {
        shape.rules.push(rule(written, numbers)?);
    }
    Ok(shape)
}

fn rule(rule: &target::Rule, numbers: &ElementNumbers) -> Result<FormRule> {
    let damaged = || Error::Damaged(format!("form rule {rule}"));
    let sides = [(1, &rule.left), (-1, &rule.right)];
    let mut terms = Vec::new();
    for (side, expr) in sides {
        for (sign, code) in expr.terms() {
            let number = numbers.number(code).ok_or_else(damaged)?;
            let sign = match sign {
                target::Sign::Plus => side,
                target::Sign::Minus => -side,
            };
            terms.push((sign, ElementNo(number)));
        }
    }
    Ok(FormRule { terms, cmp: rule.cmp, text: rule.to_string() })
}
