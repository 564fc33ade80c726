//! Reports by the names that people type, as in `2026-07` or `tuần 34/2024`; see
//! `domain::reporting::report_name`.

use super::values::{ReportKeyView, ReportStatus, ReportView};
use super::{Phone, Result, queries, view_conversion};
use crate::client::reference::LocalReference;
use crate::domain::report::ReportKey;
use crate::domain::reporting::report_name::{ReportIndex, ReportLabel};
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::Message;
use crate::domain::support::time::{date_from_days, days_from_date};
use crate::i18n::Lang;
use std::collections::BTreeMap;

/// Days back within which a name is looked for first: three years.
const RECENT_DAYS: i32 = 1_100;
/// Days ahead within which a name is looked for last: ten years.
const DAYS_AHEAD: i32 = 3_653;

/// A report that a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct NamedReport {
    /// Its id.
    pub report_id: String,
    /// Its key.
    pub key: ReportKeyView,
    /// The shortest name that means this report only, as in `2026-07` or `2026-07 com-29242-2`.
    pub name: String,
    /// Name of its unit.
    pub unit_name: String,
    /// Name of its form in Vietnamese.
    pub form_name_vi: String,
    /// Name of its form in English.
    pub form_name_en: String,
    /// Name of its period.
    #[cfg_attr(feature = "json", serde(serialize_with = "super::json::message"))]
    pub period_name: Message,
}

/// Reports by id, and the index of their names.
struct ReportDirectory {
    reports: BTreeMap<String, NamedReport>,
    index: ReportIndex,
}

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// The reports that these words can mean: by period (`2026-07`, `2026-W31`, `34/2024`,
    /// `2024-08-19`, `19/8/2024` or the printed name), with unit or form where needed, or by the
    /// first digits of the id. The unit's own reports of the last three years and all reports on
    /// this phone come first; only if none of them is meant, the unit's other reports. One if the
    /// words are clear, none if nothing is called so.
    pub fn find_reports(&self, words: String) -> Result<Vec<NamedReport>> {
        let found = self.report_directory(true)?.find(&words);
        if found.is_empty() { Ok(self.report_directory(false)?.find(&words)) } else { Ok(found) }
    }

    /// The shortest name of each of these reports that [`Self::find_reports`] takes; the id itself
    /// of a report that this phone does not know.
    pub fn report_names(&self, report_ids: Vec<String>) -> Result<Vec<String>> {
        let recent = self.report_directory(true)?;
        let all_recent = report_ids.iter().all(|id| recent.reports.contains_key(id));
        let directory = if all_recent { recent } else { self.report_directory(false)? };
        Ok(report_ids.iter().map(|id| directory.index.shortest_name(id)).collect())
    }

    /// What these reports are called; those that this phone does not know are left out.
    pub fn named_reports(&self, report_ids: Vec<String>) -> Result<Vec<NamedReport>> {
        let directory = self.report_directory(false)?;
        let known = report_ids.iter().filter_map(|id| directory.named(id));
        Ok(known.collect())
    }

    /// A report in which nothing was entered yet, with every cell of its form.
    pub fn blank_report(&self, key: ReportKeyView) -> Result<ReportView> {
        let (reference, today) = (self.reference()?, self.home_and_today()?.1);
        let unit = view_conversion::from_report_key_view(&key).unit;
        Ok(ReportView {
            report_id: self.report_id(key.clone()),
            cells: self.blank_form(key.contract.clone())?,
            key,
            status: ReportStatus::Blank,
            acting_unit: reference.unit_uid(reference.acting_unit_of(unit, today)),
            nil: false,
            note: String::new(),
            content_hash: String::new(),
            question: None,
            late: false,
            early: false,
            received_day: None,
            revision: 0,
            pending_count: 0,
            conflicting_elements: Vec::new(),
            conflicts: Vec::new(),
            comments: Vec::new(),
            refused_commands: Vec::new(),
        })
    }
}

impl Phone {
    fn report_directory(&self, recent: bool) -> Result<ReportDirectory> {
        let here = self.home_and_today()?;
        let today = days_from_date(here.1);
        let (start, end) =
            if recent { (today - RECENT_DAYS, today + 1) } else { (0, today + DAYS_AHEAD) };
        let (reference, stored, _) = self.load_local_reports()?;
        let window = DateWindow::new(date_from_days(start), date_from_days(end));
        let owed = window.map(|window| queries::own_expected_reports(&reference, here, window));
        let mut keys: Vec<ReportKey> =
            owed.into_iter().flatten().map(|one| one.report_key()).collect();
        keys.extend(stored.into_iter().filter_map(|one| Some(one.replayed.report?.key)));
        let (mut reports, mut labels) = (BTreeMap::new(), Vec::new());
        for key in keys {
            let report = to_named_report(&key, &reference);
            if !reports.contains_key(&report.report_id) {
                labels.push(to_label(&report, &key, &reference));
                reports.insert(report.report_id.clone(), report);
            }
        }
        Ok(ReportDirectory { reports, index: ReportIndex::new(labels) })
    }
}

impl ReportDirectory {
    fn find(&self, words: &str) -> Vec<NamedReport> {
        let found = self.index.find(words).into_iter();
        found.filter_map(|label| self.named(&label.id)).collect()
    }

    fn named(&self, id: &str) -> Option<NamedReport> {
        let report = self.reports.get(id)?;
        Some(NamedReport { name: self.index.shortest_name(id), ..report.clone() })
    }
}

fn to_named_report(key: &ReportKey, reference: &LocalReference) -> NamedReport {
    let form = reference.form(key.contract);
    let first_day = key.period.start;
    NamedReport {
        report_id: key.id().to_string(),
        key: view_conversion::to_report_key_view(key, reference),
        name: String::new(),
        unit_name: reference.org.nearest_name(key.unit, first_day).to_owned(),
        form_name_vi: form.map_or_else(String::new, |form| form.name_vi.clone()),
        form_name_en: form.map_or_else(String::new, |form| form.name_en.clone()),
        period_name: queries::period_name(&key.period, reference),
    }
}

fn to_label(report: &NamedReport, key: &ReportKey, reference: &LocalReference) -> ReportLabel {
    let NamedReport { report_id, unit_name, form_name_vi, form_name_en, .. } = report;
    let calendar = reference.calendars.get(&key.period.calendar);
    ReportLabel {
        id: report_id.clone(),
        unit: report.key.unit.clone(),
        contract: report.key.contract.clone(),
        period_code: calendar.map_or_else(String::new, |one| one.period_code(&key.period)),
        window: key.period.window(),
        period_names: Lang::all().map(|lang| report.period_name.text(lang)).collect(),
        names: vec![unit_name.clone(), form_name_vi.clone(), form_name_en.clone()],
    }
}
