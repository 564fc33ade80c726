//! The leader's first page: where the targets stand, what changed and because of whom, whom to
//! call.

use super::desk::DeskCaller;
use super::failure::PageFailure;
use super::forms::Fields;
use super::frame::Page;
use super::live::{Live, News, NewsKind};
use super::morning::{MorningLinks, MorningQuery, list_campaigns};
use crate::app::morning_report::MorningReport;
use crate::domain::support::message::message;
use crate::i18n::Lang;
use crate::morning_report::{PageParts, format_day};
use crate::pb;
use axum::extract::Query;
use axum::response::Html;
use maud::{Markup, html};

/// Shows the page of one unit.
pub(super) async fn show(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let after = desk.services().head_seq();
    let query = MorningQuery::read(&desk, &fields).await?;
    let campaigns = list_campaigns(&desk).await?;
    let morning = query.find(&desk).await?;
    let links = if morning.unsent.missing.is_empty() {
        MorningLinks::new(&query, desk.lang())
    } else {
        MorningLinks::with_contacts(&query, &desk).await?
    };
    let parts = PageParts::new(&morning, desk.lang(), Some(&links));
    let title = title_text(&morning, desk.lang());
    let content = html! {
        @if morning.is_earlier { (render_earlier(&query, &morning, desk.lang())) }
        (render_choices(&query, &campaigns, &morning, desk.lang()))
        p.meta { (parts.judged_window()) }
        (parts.summary())
        (parts.changes())
        (parts.calls())
        (parts.units())
        (parts.coverage())
        (parts.questions())
        (parts.provenance())
    };
    let is_synthetic = morning.is_synthetic;
    let live = follow_latest(&morning, after);
    Ok(Page { title: &title, content, live, is_synthetic }.render(&desk))
}

/// A page of the latest run waits for the next; one of an earlier run stays as it is.
pub(super) fn follow_latest(morning: &MorningReport, after: i64) -> Live {
    if morning.is_earlier {
        return Live::Never;
    }
    Live::News(News { after, kind: NewsKind::Run })
}

/// Says that these are the figures of an earlier run, and leads to those of the latest.
pub(super) fn render_earlier(query: &MorningQuery, morning: &MorningReport, lang: Lang) -> Markup {
    let latest = MorningQuery { run: String::new(), ..query.clone() }.address("today", "");
    let day = format_day(morning.today, lang);
    html! {
        p.lead role="note" {
            (lang.say(message!("office-earlier-run", number = morning.run.number, day)))
            " " a href=(latest) { (lang.text("office-to-latest-run")) }
        }
    }
}

/// The day of the run, the unit and the campaign.
pub(super) fn title_text(morning: &MorningReport, lang: Lang) -> String {
    let campaign = &morning.campaign;
    let name = lang.pick(&campaign.name_vi, &campaign.name_en);
    lang.say(message!(
        "office-today-title",
        unit = morning.unit.name,
        day = format_day(morning.today, lang),
        campaign = name
    ))
}

/// Links to the other campaigns, and to the phases of this one.
fn render_choices(
    query: &MorningQuery,
    campaigns: &[pb::CampaignRecord],
    morning: &MorningReport,
    lang: Lang,
) -> Markup {
    let of_campaign = |campaign: &pb::CampaignRecord| {
        let (campaign, unit) = (campaign.code.clone(), query.unit.clone());
        MorningQuery { campaign, phase: 0, unit, run: String::new() }.address("today", "")
    };
    let of_phase = |phase: u32| MorningQuery { phase, ..query.clone() }.address("today", "");
    let current = |is_current: bool| is_current.then_some("true");
    html! {
        ul.choices aria-label=(lang.text("office-campaigns")) {
            @for campaign in campaigns {
                @let is_current = campaign.code == query.campaign;
                li {
                    a href=(of_campaign(campaign)) aria-current=[current(is_current)] {
                        (campaign.code) " · " (lang.pick(&campaign.name_vi, &campaign.name_en))
                    }
                }
            }
        }
        ul.choices aria-label=(lang.text("office-phases")) {
            li {
                a href=(of_phase(0)) aria-current=[current(query.phase == 0)] {
                    (lang.text("office-whole-campaign"))
                }
            }
            @for phase in &morning.campaign.phases {
                @let number = u32::from(phase.no);
                li {
                    a href=(of_phase(number)) aria-current=[current(query.phase == number)] {
                        (lang.pick(&phase.name_vi, &phase.name_en))
                    }
                }
            }
        }
    }
}
