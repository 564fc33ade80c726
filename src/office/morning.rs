//! The morning report behind the leader's pages: which one a request asks for, and where the names
//! on it lead.

use super::address::page_address;
use super::administration::fleet::list_unit_devices;
use super::desk::DeskCaller;
use super::failure::PageFailure;
use super::forms::Fields;
use crate::app::morning_report::MorningReport;
use crate::domain::access::fleet::LastContact;
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::domain::support::ids::ReportId;
use crate::i18n::Lang;
use crate::morning_report::PageLinks;
use crate::pb;
use crate::pb::campaign_service_server::CampaignService;
use crate::pb::org_service_server::OrgService;
use crate::wire::enums;
use std::collections::BTreeMap;

/// Which report a page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MorningQuery {
    /// Code of the campaign.
    pub(super) campaign: String,
    /// The phase; 0 for the whole campaign.
    pub(super) phase: u32,
    /// Permanent code of the unit.
    pub(super) unit: String,
    /// An earlier run, in hexadecimal digits; empty: the latest.
    pub(super) run: String,
}

impl MorningQuery {
    /// What a request asks for. Without a campaign the first, without a unit the person's own.
    pub(super) async fn read(desk: &DeskCaller, fields: &Fields) -> Result<Self, PageFailure> {
        let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
        let phase = field("phase");
        let phase = if phase.is_empty() { Ok(0) } else { phase.parse() };
        let (mut campaign, mut unit) = (field("campaign"), field("unit"));
        if campaign.is_empty() {
            let campaigns = list_campaigns(desk).await?;
            campaign = campaigns.into_iter().next().map(|one| one.code).unwrap_or_default();
        }
        if unit.is_empty() {
            unit = find_own_unit(desk).await?;
        }
        let phase = phase.map_err(|_| PageFailure::BadForm { lang: desk.lang() })?;
        Ok(Self { campaign, phase, unit, run: field("run") })
    }

    /// The address of a page about this report, or about one of its targets.
    pub(super) fn address(&self, page: &str, target: &str) -> String {
        let phase = if self.phase == 0 { String::new() } else { self.phase.to_string() };
        let query = [
            ("campaign", &*self.campaign),
            ("phase", &phase),
            ("unit", &self.unit),
            ("run", &self.run),
            ("target", target),
        ];
        page_address(page, &query)
    }

    /// The report.
    pub(super) async fn find(&self, desk: &DeskCaller) -> Result<MorningReport, PageFailure> {
        let run_id = decode_hex(&self.run).ok_or(PageFailure::NotFound { lang: desk.lang() })?;
        let request = pb::GetMorningReportRequest {
            campaign_code: self.campaign.clone(),
            phase: self.phase,
            unit_uid: self.unit.clone(),
            run_id,
        };
        let found = desk.services().find_morning_report(desk.request(request)).await;
        found.map_err(|status| PageFailure::from_status(status, &desk.visitor))
    }
}

/// The published campaigns, by code.
pub(super) async fn list_campaigns(
    desk: &DeskCaller,
) -> Result<Vec<pb::CampaignRecord>, PageFailure> {
    let request = pb::ListCampaignsRequest { page_size: 100, ..Default::default() };
    let call = CampaignService::list_campaigns(desk.services(), desk.request(request));
    let listed = desk.ask(call).await?;
    Ok(listed.campaigns.into_iter().filter_map(|one| one.record).collect())
}

/// The permanent code of the session's unit.
async fn find_own_unit(desk: &DeskCaller) -> Result<String, PageFailure> {
    let unit = pb::get_unit_request::Unit::UnitId(desk.session.unit_id.clone());
    let request = pb::GetUnitRequest { unit: Some(unit) };
    let found = desk.ask(OrgService::get_unit(desk.services(), desk.request(request))).await?;
    Ok(found.unit.and_then(|unit| unit.record).map(|record| record.uid).unwrap_or_default())
}

/// Where the names of a report lead, and when the units below were heard.
pub(super) struct MorningLinks<'a> {
    query: &'a MorningQuery,
    contacts: BTreeMap<String, LastContact>,
    lang: Lang,
}

impl<'a> MorningLinks<'a> {
    /// Without contacts.
    pub(super) fn new(query: &'a MorningQuery, lang: Lang) -> Self {
        Self { query, contacts: BTreeMap::new(), lang }
    }

    /// With the last contact of every unit whose devices the person may list.
    pub(super) async fn with_contacts(
        query: &'a MorningQuery,
        desk: &DeskCaller,
    ) -> Result<Self, PageFailure> {
        let units = list_unit_devices(desk, &query.unit).await?;
        let contacts = units.into_iter().filter_map(|unit| {
            let contact = enums::last_contact_from_proto(unit.last_contact).ok()?;
            Some((unit.unit_uid, contact))
        });
        Ok(Self { contacts: contacts.collect(), ..Self::new(query, desk.lang()) })
    }
}

impl PageLinks for MorningLinks<'_> {
    fn target(&self, code: &str) -> String {
        self.query.address("target", code)
    }

    fn unit(&self, uid: &str) -> String {
        MorningQuery { unit: uid.to_owned(), ..self.query.clone() }.address("today", "")
    }

    fn report(&self, id: ReportId) -> String {
        page_address("report", &[("id", &encode_hex(&id.0))])
    }

    fn last_contact(&self, uid: &str) -> Option<String> {
        let contact = *self.contacts.get(uid)?;
        Some(contact_text(contact, self.lang).to_owned())
    }
}

/// When a unit was last heard, in words.
pub(super) fn contact_text(contact: LastContact, lang: Lang) -> &'static str {
    match contact {
        LastContact::Today => lang.text("office-contact-today"),
        LastContact::ThisWeek => lang.text("office-contact-week"),
        LastContact::Older => lang.text("office-contact-older"),
        LastContact::Never => lang.text("office-contact-never"),
    }
}
