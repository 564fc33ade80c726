//! The reference snapshot: units, forms, contracts, calendars and campaigns as they are now,
//! decoded once and shared until they change.

use crate::domain::campaign::{Campaign, word_of};
use crate::domain::org::{Org, StockHandover, StructureView};
use crate::domain::report::cell::ElementNumber;
use crate::domain::report::element::ElementCode;
use crate::domain::report::form::{Catalogue, Contract, Form};
use crate::domain::report::numbers::{ElementNumbers, UnitNumbers};
use crate::domain::report::{ElementRange, FormRule, FormSchema, ReportKey};
use crate::domain::reporting::calendar::Calendars;
use crate::domain::reporting::expectation::{Expectation, compute_unit_expectations};
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::Baselines;
use crate::domain::standing::{ReportEntry, StandingInput};
use crate::domain::support::ids::{CampaignId, ContractId, ReportId, UnitId};
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use crate::domain::target_rule;
use crate::store::reference::ReferenceData;
use crate::store::{Error, Result};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A snapshot of reference data.
#[derive(Debug, Clone)]
pub struct ReferenceSnapshot {
    /// The organisation in time.
    pub org: Org,
    /// Reporting calendars.
    pub calendars: Calendars,
    /// Elements, forms and contracts.
    pub catalogue: Catalogue,
    /// Campaigns.
    pub campaigns: Vec<Campaign>,
    /// Short numbers of units.
    pub unit_numbers: UnitNumbers,
    /// Short numbers of elements.
    pub element_numbers: ElementNumbers,
    /// Codes of elements by their numbers.
    pub element_codes: BTreeMap<ElementNumber, ElementCode>,
    /// Reports with a signed waiver.
    pub waived_reports: BTreeSet<ReportId>,
    /// Signed hand-overs of stocks, by day and id.
    pub handovers: Vec<StockHandover>,
    form_schemas: BTreeMap<ContractId, FormSchema>,
    /// Positions in `catalogue.contracts`: an id is the hash of a code.
    contract_indexes: BTreeMap<ContractId, usize>,
    /// Positions in `campaigns`.
    campaign_indexes: BTreeMap<CampaignId, usize>,
}

impl ReferenceSnapshot {
    /// Builds the snapshot. Fails when stored facts contradict each other; imports prevent that.
    pub fn new(facts: ReferenceData) -> Result<Self> {
        let mut shapes = BTreeMap::new();
        let mut contract_indexes = BTreeMap::new();
        for (index, contract) in facts.catalogue.contracts.iter().enumerate() {
            let id = contract.id();
            contract_indexes.insert(id, index);
            if let Some(form) = facts.catalogue.form(&contract.form) {
                shapes.insert(id, build_form_schema(form, &facts)?);
            }
        }
        let campaigns = facts.campaigns.iter().enumerate();
        let campaign_indexes = campaigns.map(|(index, campaign)| (campaign.id(), index)).collect();
        let org = Org::new(facts.org)
            .map_err(|_| Error::Damaged("the stored organisation".to_owned()))?;
        Ok(Self {
            org,
            calendars: Calendars::from_iter(facts.calendars).with_campaigns(&facts.campaigns),
            catalogue: facts.catalogue,
            campaigns: facts.campaigns,
            unit_numbers: facts.unit_numbers,
            element_codes: facts
                .element_numbers
                .iter()
                .map(|(number, code)| (ElementNumber(number), code.clone()))
                .collect(),
            element_numbers: facts.element_numbers,
            waived_reports: facts.waived_reports,
            handovers: facts.handovers,
            form_schemas: shapes,
            contract_indexes,
            campaign_indexes,
        })
    }

    /// The contract with this id.
    #[must_use]
    pub fn contract(&self, id: ContractId) -> Option<&Contract> {
        self.catalogue.contracts.get(*self.contract_indexes.get(&id)?)
    }

    /// The campaign with this id.
    #[must_use]
    pub fn campaign(&self, id: CampaignId) -> Option<&Campaign> {
        self.campaigns.get(*self.campaign_indexes.get(&id)?)
    }

    /// The campaign with this code, or the only one.
    ///
    /// # Errors
    /// `UNKNOWN_CAMPAIGN`, with the codes that there are.
    pub fn find_campaign(&self, code: Option<&str>) -> std::result::Result<&Campaign, Violation> {
        find_by_code(&self.campaigns, |campaign| &campaign.code, code)
    }

    /// The form of a contract, as the rules of reports use it.
    #[must_use]
    pub fn form_schema(&self, contract: ContractId) -> Option<&FormSchema> {
        self.form_schemas.get(&contract)
    }

    /// The expectation of the unit for exactly this period, if there is one.
    #[must_use]
    pub fn expectation(&self, key: &ReportKey) -> Option<Expectation> {
        let contract = self.contract(key.contract)?;
        let found = self.expectation_from(contract, key.unit, key.period.start)?;
        Some(found).filter(|expected| expected.period == key.period)
    }

    /// The expectation of the unit for the period, or the piece of one, that begins on this day.
    #[must_use]
    pub fn expectation_from(
        &self,
        contract: &Contract,
        unit: UnitId,
        first_day: Date,
    ) -> Option<Expectation> {
        let whole = self.calendars.get(&contract.calendar)?.period_containing(first_day);
        let window = DateWindow { start: whole.start, end: whole.end };
        let owed =
            compute_unit_expectations(&self.org, &self.calendars, contract, unit, window).ok()?;
        owed.into_iter().find(|expected| expected.period.start == first_day)
    }

    /// Whether every campaign for which this report counts is concluded. Such a report is closed.
    #[must_use]
    pub fn is_every_campaign_concluded(&self, key: &ReportKey) -> bool {
        self.all_campaigns_match(key.contract, key.period.window(), |one| one.status.is_final())
    }

    /// Whether devices no longer hold reports of these days: every campaign for which they count is
    /// concluded, and its retention on devices is over.
    #[must_use]
    pub fn is_expired_on_devices(
        &self,
        contract: ContractId,
        days: DateWindow,
        today: Date,
    ) -> bool {
        self.all_campaigns_match(contract, days, |one| {
            one.device_retention_end().is_some_and(|day| day <= today)
        })
    }

    /// Whether at least one campaign counts reports of these days, and the predicate holds for all
    /// such campaigns.
    fn all_campaigns_match(
        &self,
        contract: ContractId,
        days: DateWindow,
        holds: impl Fn(&Campaign) -> bool,
    ) -> bool {
        let Some(contract) = self.contract(contract) else { return false };
        let counts = |one: &&Campaign| {
            one.contracts.contains(&contract.code) && one.measurement_window.overlap_days(&days) > 0
        };
        let mut counting = self.campaigns.iter().filter(counts).peekable();
        counting.peek().is_some() && counting.all(holds)
    }

    /// Whether the reports of some campaign were removed from devices.
    #[must_use]
    pub fn has_campaign_expired_on_devices(&self, today: Date) -> bool {
        self.campaigns.iter().any(|one| one.device_retention_end().is_some_and(|day| day <= today))
    }

    /// The input of a campaign's standings, in the structure of each period.
    #[must_use]
    pub fn standing_input<'a>(
        &'a self,
        campaign: &'a Campaign,
        baselines: &'a Baselines,
        reports: &'a [ReportEntry<'a>],
        today: Date,
    ) -> StandingInput<'a> {
        let Self { org, calendars, catalogue, element_codes: numbers, .. } = self;
        StandingInput {
            org,
            calendars,
            catalogue,
            campaign,
            baselines,
            numbers,
            waivers: &self.waived_reports,
            handovers: &self.handovers,
            reports,
            today,
            view: StructureView::AsWas,
        }
    }

    /// The campaigns that the nightly run judges.
    pub fn judged_campaigns(&self) -> impl Iterator<Item = &Campaign> {
        self.campaigns.iter().filter(|campaign| campaign.status.is_judged_nightly())
    }

    /// The campaigns whose results are published.
    #[must_use]
    pub fn published_campaigns(&self) -> Vec<CampaignId> {
        self.campaigns.iter().map(Campaign::id).collect()
    }

    /// The code of an element.
    #[must_use]
    pub fn element_code(&self, number: ElementNumber) -> Option<&str> {
        self.element_numbers.item(number.0).map(|code| code.as_str())
    }
}

/// Finds a campaign, in whatever form, by its code; without a code the only one.
///
/// # Errors
/// `UNKNOWN_CAMPAIGN`, with the codes that there are.
pub fn find_by_code<'a, T>(
    campaigns: &'a [T],
    code_of: impl Fn(&T) -> &str,
    code: Option<&str>,
) -> std::result::Result<&'a T, Violation> {
    let codes: Vec<&str> = campaigns.iter().map(&code_of).collect();
    let found = match code {
        Some(code) => campaigns.iter().find(|campaign| code_of(campaign) == code),
        None => campaigns.first().filter(|_| codes.len() == 1),
    };
    found.ok_or_else(|| {
        let text = message!("lookup-name-campaign-code-there", codes = codes.join(", "));
        Violation::error("UNKNOWN_CAMPAIGN", "campaign", text)
    })
}

fn build_form_schema(form: &Form, facts: &ReferenceData) -> Result<FormSchema> {
    let numbers = &facts.element_numbers;
    let mut shape = FormSchema::default();
    for code in &form.elements {
        let (Some(element), Some(number)) =
            (facts.catalogue.element(code), numbers.number(code).map(ElementNumber))
        else {
            return Err(Error::Damaged(format!(
                "form {} names the unknown element {code}",
                form.code
            )));
        };
        shape.ranges.insert(number, ElementRange { min: element.min, max: element.max });
        shape.words.extend(word_of(element, &facts.campaigns).map(|word| (number, word)));
    }
    for written in &form.rules {
        shape.rules.push(build_form_rule(written, numbers)?);
    }
    Ok(shape)
}

fn build_form_rule(rule: &target_rule::FormRuleExpr, numbers: &ElementNumbers) -> Result<FormRule> {
    let damaged = || Error::Damaged(format!("form rule {rule}"));
    let sides = [(1, &rule.left), (-1, &rule.right)];
    let mut terms = Vec::new();
    for (side, expr) in sides {
        for (sign, code) in expr.terms() {
            let number = numbers.number(code).ok_or_else(damaged)?;
            let sign = match sign {
                target_rule::TermSign::Plus => side,
                target_rule::TermSign::Minus => -side,
            };
            terms.push((sign, ElementNumber(number)));
        }
    }
    Ok(FormRule { terms, comparator: rule.cmp, text: rule.to_string() })
}
