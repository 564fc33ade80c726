//! A morning report in parts, for pages that show some of it and lead further.

use super::funnel_plot::{self, FunnelPlot};
use super::links::PageLinks;
use super::target_rows::{self, TargetRow};
use super::{changes, page, unsent};
use crate::app::morning_report::MorningReport;
use crate::i18n::Lang;
use maud::Markup;

/// The parts of one morning report, in one language.
pub struct PageParts<'a> {
    pub(super) morning: &'a MorningReport,
    pub(super) rows: Vec<TargetRow<'a>>,
    pub(super) funnels: Vec<FunnelPlot>,
    pub(super) lang: Lang,
    pub(super) links: Option<&'a dyn PageLinks>,
}

impl<'a> PageParts<'a> {
    /// Reads the report once for all parts. Without `links` every name is plain text.
    #[must_use]
    pub fn new(
        morning: &'a MorningReport,
        lang: Lang,
        links: Option<&'a dyn PageLinks>,
    ) -> PageParts<'a> {
        let rows = target_rows::build_target_rows(morning, lang);
        let funnels = funnel_plot::build_funnels(morning, lang);
        PageParts { morning, rows, funnels, lang, links }
    }

    /// Leaves one target of the report; false if the report has no such target.
    #[must_use]
    pub fn keep_target(&mut self, code: &str) -> bool {
        self.rows.retain(|row| row.target.code == code);
        let is_of_target = |funnel: &FunnelPlot| {
            funnel.code.strip_prefix(code).is_some_and(|rest| !rest.starts_with(char::is_numeric))
        };
        self.funnels.retain(is_of_target);
        !self.rows.is_empty()
    }

    /// Which days are judged, and whether they are over.
    #[must_use]
    pub fn judged_window(&self) -> String {
        page::judged_window_text(self.morning, self.lang)
    }

    /// How many targets stand where.
    #[must_use]
    pub fn summary(&self) -> Markup {
        page::render_summary(self)
    }

    /// Each target with its course, limits, chance, and what it is read with.
    #[must_use]
    pub fn targets(&self) -> Markup {
        page::render_targets(&self.rows, self.lang)
    }

    /// What changed since the previous run, and because of which reports.
    #[must_use]
    pub fn changes(&self) -> Markup {
        changes::render_changes(self)
    }

    /// Who to call: missing reports by reviewing unit.
    #[must_use]
    pub fn calls(&self) -> Markup {
        unsent::render_calls(self)
    }

    /// The units below as funnels and as a table, in code order.
    #[must_use]
    pub fn units(&self) -> Markup {
        page::render_units(self)
    }

    /// How complete the reports are, by unit.
    #[must_use]
    pub fn coverage(&self) -> Markup {
        page::render_reports(self.morning, self.lang)
    }

    /// Questions about the quality of figures.
    #[must_use]
    pub fn questions(&self) -> Markup {
        page::render_questions(self.morning, self.lang)
    }

    /// What the codes and words mean.
    #[must_use]
    pub fn definitions(&self) -> Markup {
        page::render_definitions(self.morning, self.lang)
    }

    /// The run from which the figures come.
    #[must_use]
    pub fn provenance(&self) -> Markup {
        page::render_provenance(self.morning, self.lang)
    }
}
