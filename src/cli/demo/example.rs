//! The example of Trà Vinh, compiled into the binary so that the demo needs no files.

use crate::domain::campaign::Campaign;
use crate::domain::org::Org;
use crate::domain::report::form::Catalogue;
use crate::files::diagnostic::FileDiagnostic;
use crate::files::org::{OrgCsvTexts, read_org};
use crate::files::{campaign, catalogue};

/// Units, parents and lineage.
pub const ORG: OrgCsvTexts<'static> = OrgCsvTexts {
    units: include_str!("../../../examples/tra-vinh/org/units.csv"),
    parents: include_str!("../../../examples/tra-vinh/org/parents.csv"),
    lineage: include_str!("../../../examples/tra-vinh/org/lineage.csv"),
};
/// Elements.
pub const ELEMENTS: &str = include_str!("../../../examples/tra-vinh/elements.toml");
/// Forms and contracts.
const FORMS: &str = include_str!("../../../examples/tra-vinh/forms.toml");
/// Campaign A: the force.
const CAMPAIGN_A: &str = include_str!("../../../examples/tra-vinh/campaign-a.toml");
/// Campaign B: the local security-support force.
const CAMPAIGN_B: &str = include_str!("../../../examples/tra-vinh/campaign-b.toml");
/// Last year's figures for the generator's own seed. The demo generates them for any seed.
#[cfg(test)]
pub(super) const BASELINE: &str = include_str!("../../../examples/tra-vinh/baseline.csv");

/// The parsed example.
#[derive(Debug, Clone)]
pub struct ExampleData {
    /// The organisation with its reforms.
    pub org: Org,
    /// Elements, forms and contracts.
    pub catalogue: Catalogue,
    /// Campaign A.
    pub campaign_a: Campaign,
    /// Campaign B.
    pub campaign_b: Campaign,
}

/// Parses the example.
///
/// # Errors
/// The findings in the files; a test requires that there are none.
pub fn load_example() -> Result<ExampleData, Vec<FileDiagnostic>> {
    Ok(ExampleData {
        org: read_org(&ORG)?,
        catalogue: catalogue::merge_catalogues(vec![
            catalogue::read_catalogue("elements.toml", ELEMENTS)?,
            catalogue::read_catalogue("forms.toml", FORMS)?,
        ]),
        campaign_a: campaign::read_campaign_file("campaign-a.toml", CAMPAIGN_A)?.campaign,
        campaign_b: campaign::read_campaign_file("campaign-b.toml", CAMPAIGN_B)?.campaign,
    })
}
