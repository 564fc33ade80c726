//! One target at one unit: its course and its limits, the units below, the three views of the
//! organisation, and the way to the reports.

use super::address::page_address;
use super::desk::DeskCaller;
use super::failure::PageFailure;
use super::forms::Fields;
use super::frame::Page;
use super::morning::{MorningLinks, MorningQuery};
use super::table::Heading::Text;
use super::table::table_head;
use super::today::{follow_latest, render_earlier};
use crate::app::morning_report::MorningReport;
use crate::domain::standing::StandingView;
use crate::domain::support::hex::encode_hex;
use crate::grpc::LiveViewRequest;
use crate::i18n::Lang;
use crate::morning_report::PageParts;
use crate::pb;
use crate::pb::standing_service_server::StandingService;
use crate::wire::record::judgement_state_from_proto;
use axum::extract::Query;
use axum::response::Html;
use maud::{Markup, html};

/// The views that are judged on request, each with the word that asks for it and its name.
const LIVE_VIEWS: [(StandingView, &str, &str); 2] = [
    (StandingView::AsIs, "as-is", "office-view-as-is"),
    (StandingView::Frozen, "frozen", "office-view-frozen"),
];

/// Shows the page of one target.
pub(super) async fn show(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let (after, lang) = (desk.services().head_seq(), desk.lang());
    let code = fields.get("target").map_or("", String::as_str);
    let query = MorningQuery::read(&desk, &fields).await?;
    let morning = query.find(&desk).await?;
    let (published, live) = if morning.is_earlier {
        (None, None)
    } else {
        let published = load_published(&desk, &morning, code).await?;
        (published, judge_live(&desk, &query, &morning, code, &fields).await?)
    };
    let links = MorningLinks::new(&query, lang);
    let mut parts = PageParts::new(&morning, lang, Some(&links));
    if !parts.keep_target(code) {
        return Err(PageFailure::NotFound { lang });
    }
    let title = format!("{code} · {}", morning.unit.name);
    let content = html! {
        @if morning.is_earlier { (render_earlier(&query, &morning, lang)) }
        p { a href=(query.address("today", "")) { (lang.text("office-back-to-all-targets")) } }
        p.meta { (parts.judged_window()) }
        (parts.targets())
        @if !morning.is_earlier {
            (render_views(published.as_ref(), live.as_ref(), &query, code, &desk))
        }
        (parts.units())
        (parts.coverage())
        (parts.definitions())
        (render_run(&morning, lang))
    };
    let is_synthetic = morning.is_synthetic;
    let live = follow_latest(&morning, after);
    Ok(Page { title: &title, content, live, is_synthetic }.render(&desk))
}

/// The published standing of a target at the unit of a report.
async fn load_published(
    desk: &DeskCaller,
    morning: &MorningReport,
    code: &str,
) -> Result<Option<pb::Standing>, PageFailure> {
    let request = pb::ListStandingsRequest {
        campaign_id: morning.campaign.id().0.to_vec(),
        unit_id: morning.unit.unit.0.to_vec(),
        target_code: code.to_owned(),
        phase_number: Some(judged_phase(morning, code).into()),
        ..Default::default()
    };
    let call = StandingService::list_standings(desk.services(), desk.request(request));
    Ok(desk.ask(call).await?.standings.into_iter().next())
}

/// The phase in which a target of the report is judged.
fn judged_phase(morning: &MorningReport, code: &str) -> u8 {
    morning.unit.standings.get(code).map_or(morning.phase, |standing| standing.phase)
}

/// The judgement of now in the view that was asked for, with its name; `None`: none was.
async fn judge_live(
    desk: &DeskCaller,
    query: &MorningQuery,
    morning: &MorningReport,
    code: &str,
    fields: &Fields,
) -> Result<Option<(&'static str, pb::StandingRecord)>, PageFailure> {
    let asked = fields.get("view").map_or("", String::as_str);
    let Some((view, _, name)) = LIVE_VIEWS.into_iter().find(|(_, word, _)| *word == asked) else {
        return Ok(None);
    };
    let request = LiveViewRequest {
        campaign_code: query.campaign.clone(),
        unit_uid: query.unit.clone(),
        phase: judged_phase(morning, code),
        target: code.to_owned(),
        view,
    };
    let judged = desk.services().judge_live_view(desk.request(request)).await;
    let judged = judged.map_err(|status| PageFailure::from_status(status, &desk.visitor))?;
    Ok(Some((name, judged.unwrap_or_default())))
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
    published: Option<&pb::Standing>,
    live: Option<&(&'static str, pb::StandingRecord)>,
    query: &MorningQuery,
    code: &str,
    desk: &DeskCaller,
) -> Markup {
    let lang = desk.lang();
    html! {
        section {
            h2 { (lang.text("office-views")) }
            p.soft { (lang.text("office-views-meaning")) }
            div.wide {
                table.plain {
                    (table_head(&[
                        Text(lang.text("page-view")),
                        Text(lang.text("changes-target")),
                        Text(lang.text("office-judgement")),
                        Text(lang.text("office-reports-behind")),
                    ]))
                    tbody {
                        @if let Some(standing) = published {
                            @for member in members(standing.record.as_ref()) {
                                @let address = reports_address(query, standing, code, &member.code);
                                (render_view(lang.text("office-view-as-was"), member, &html! {
                                    a href=(address) {
                                        (lang.text("office-show-reports")) " " (member.code)
                                    }
                                }, lang))
                            }
                        }
                        @if let Some((name, record)) = live {
                            @for member in members(Some(record)) {
                                @let now = html! { (lang.text("office-judged-now")) };
                                (render_view(lang.text(name), member, &now, lang))
                            }
                        }
                    }
                }
            }
            @if desk.holds(&[pb::Role::CampaignHead]) {
                ul.choices {
                    @for (_, word, name) in LIVE_VIEWS {
                        li {
                            a href={ (query.address("target", code)) "&view=" (word) } {
                                (lang.text(name))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The judgement of a standing and its members.
fn members(record: Option<&pb::StandingRecord>) -> Vec<&pb::Judgement> {
    record.and_then(|record| record.judgement.as_ref()).map(flatten_judgement).unwrap_or_default()
}

/// A judgement in one view, and what stands behind it.
fn render_view(view: &str, member: &pb::Judgement, behind: &Markup, lang: Lang) -> Markup {
    html! {
        tr {
            th scope="row" { (view) }
            td { (member.code) }
            td { (judgement_text(member, lang)) }
            td { (behind) }
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
        footer {
            p {
                (lang.text("page-run")) " " a href=(run) { (morning.run.number) } " · " (morning.run.cut_at.local_text())
            }
        }
    }
}
