//! One target at one unit: its course and its limits, the units below, the three views of the
//! organisation, and the way to the reports.

use super::address::page_address;
use super::desk::Desk;
use super::failure::PageFailure;
use super::forms::Fields;
use super::frame::Page;
use super::live::{News, NewsKind};
use super::morning::{MorningLinks, MorningQuery};
use crate::app::morning_report::MorningReport;
use crate::domain::support::hex::encode_hex;
use crate::i18n::Lang;
use crate::morning_report::PageParts;
use crate::pb;
use crate::pb::StandingView;
use crate::pb::standing_service_server::StandingService;
use crate::wire::record::judgement_state_from_proto;
use axum::extract::Query;
use axum::response::Html;
use maud::{Markup, html};

/// The views in which figures are summed, each with its name.
const VIEWS: [(StandingView, &str); 3] = [
    (StandingView::AsWas, "office-view-as-was"),
    (StandingView::AsIs, "office-view-as-is"),
    (StandingView::Frozen, "office-view-frozen"),
];

/// Shows the page of one target.
pub(super) async fn show(
    desk: Desk,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let (after, lang) = (desk.services().head_seq(), desk.lang());
    let code = fields.get("target").map_or("", String::as_str);
    let query = MorningQuery::read(&desk, &fields).await?;
    let morning = query.find(&desk).await?;
    let views = load_views(&desk, &morning, code).await?;
    let links = MorningLinks::new(&query, lang);
    let mut parts = PageParts::new(&morning, lang, Some(&links));
    if !parts.keep_target(code) {
        return Err(PageFailure::NotFound { lang });
    }
    let title = format!("{code} · {}", morning.unit.name);
    let content = html! {
        p { a href=(query.address("today", "")) { (lang.text("office-back-to-all-targets")) } }
        p.meta { (parts.judged_window()) }
        (parts.targets())
        (render_views(&views, &query, code, lang))
        (parts.units())
        (parts.coverage())
        (parts.definitions())
        (render_run(&morning, lang))
    };
    let is_synthetic = morning.is_synthetic;
    let news = Some(News { after, kind: NewsKind::Run });
    Ok(Page { title: &title, content, news, is_synthetic }.render(&desk))
}

/// The standing of a target at the unit of a report, in each view in which it is judged.
pub(super) async fn load_views(
    desk: &Desk,
    morning: &MorningReport,
    code: &str,
) -> Result<Vec<(&'static str, pb::Standing)>, PageFailure> {
    let phase = morning.unit.standings.get(code).map_or(morning.phase, |standing| standing.phase);
    let mut found = Vec::with_capacity(VIEWS.len());
    for (view, name) in VIEWS {
        let request = pb::ListStandingsRequest {
            campaign_id: morning.campaign.id().0.to_vec(),
            unit_id: morning.unit.unit.0.to_vec(),
            target_code: code.to_owned(),
            phase_number: Some(phase.into()),
            view: view.into(),
            ..Default::default()
        };
        let call = StandingService::list_standings(desk.services(), desk.request(request));
        let standings = desk.ask(call).await?.standings;
        found.extend(standings.into_iter().map(|standing| (name, standing)));
    }
    Ok(found)
}

/// A judgement and its members, each with its code.
pub(super) fn flatten_judgement(judgement: &pb::Judgement) -> Vec<&pb::Judgement> {
    let members = judgement.members.iter().flat_map(flatten_judgement);
    std::iter::once(judgement).chain(members).collect()
}

/// How a target was judged, in words, with the value judged.
pub(super) fn judgement_text(judgement: &pb::Judgement, lang: Lang) -> String {
    let state = judgement_state_from_proto(judgement.state);
    let state = state.map_or_else(|_| String::new(), |state| state.message().text(lang));
    match judgement.display.as_str() {
        "" => state,
        display => format!("{state} · {}", lang.numbers(display)),
    }
}

fn render_views(
    views: &[(&str, pb::Standing)],
    query: &MorningQuery,
    code: &str,
    lang: Lang,
) -> Markup {
    let judged = views.iter().filter_map(|(name, standing)| {
        let judgement = standing.record.as_ref()?.judgement.as_ref()?;
        Some((*name, flatten_judgement(judgement), standing))
    });
    html! {
        section {
            h2 { (lang.text("office-views")) }
            p.soft { (lang.text("office-views-meaning")) }
            div.wide {
                table.plain {
                    thead {
                        tr {
                            th scope="col" { (lang.text("page-view")) }
                            th scope="col" { (lang.text("changes-target")) }
                            th scope="col" { (lang.text("office-judgement")) }
                            th scope="col" { (lang.text("office-reports-behind")) }
                        }
                    }
                    tbody {
                        @for (name, members, standing) in judged {
                            @for member in members {
                                tr {
                                    th scope="row" { (lang.text(name)) }
                                    td { (member.code) }
                                    td { (judgement_text(member, lang)) }
                                    td { a href=(reports_address(query, standing, code, &member.code)) { (lang.text("office-show-reports")) " " (member.code) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The address of the reports behind a member of a target.
fn reports_address(
    query: &MorningQuery,
    standing: &pb::Standing,
    code: &str,
    member: &str,
) -> String {
    let member = if member == code { "" } else { member };
    let id = encode_hex(&standing.id);
    let phase = query.phase.to_string();
    let query = [
        ("id", id.as_str()),
        ("member", member),
        ("campaign", &query.campaign),
        ("phase", &phase),
        ("unit", &query.unit),
        ("target", code),
    ];
    page_address("standing", &query)
}

fn render_run(morning: &MorningReport, lang: Lang) -> Markup {
    let id = encode_hex(&morning.run.id.0);
    let run = page_address("run", &[("campaign", &morning.campaign.code), ("id", &id)]);
    html! {
        footer { p { (lang.text("page-run")) " " a href=(run) { (morning.run.number) } " · " (morning.run.cut_at.local_text()) } }
    }
}
