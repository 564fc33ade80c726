//! The example of Trà Vinh, carried inside the programme, so that the demo needs no file beside it.
//!
//! Knows the texts and how to read them; changes nothing in them.

use crate::domain::campaign::Campaign;
use crate::domain::form::Catalogue;
use crate::domain::org::Org;
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
pub const FORMS: &str = include_str!("../../../examples/tra-vinh/forms.toml");
/// The campaign of the force.
pub const CAMPAIGN_A: &str = include_str!("../../../examples/tra-vinh/campaign-a.toml");
/// The campaign of the local security-support force.
pub const CAMPAIGN_B: &str = include_str!("../../../examples/tra-vinh/campaign-b.toml");
/// Last year's figures, as the generator gives them for its own seed; the demo asks the generator, for any seed.
#[cfg(test)]
pub(super) const BASELINE: &str = include_str!("../../../examples/tra-vinh/baseline.csv");

/// The example, read.
#[derive(Debug, Clone)]
pub struct ExampleData {
    /// The organisation through its reforms.
    pub org: Org,
    /// Elements, forms and contracts.
    pub catalogue: Catalogue,
    /// Campaign A.
    pub campaign_a: Campaign,
    /// Campaign B.
    pub campaign_b: Campaign,
}

/// Reads the example.
///
/// # Errors
/// What is wrong with the files; a test holds them to nothing being wrong.
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
