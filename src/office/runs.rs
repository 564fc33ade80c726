//! The published runs of a campaign: the list, one run and its manifest, two runs side by side.

use super::address::page_address;
use super::desk::DeskCaller;
use super::failure::PageFailure;
use super::forms::Fields;
use super::frame::Page;
use super::live::{Live, News, NewsKind};
use super::morning::list_campaigns;
use super::names::UnitNames;
use super::report::{period_text, state_text};
use super::table::Heading::Text;
use super::table::table_head;
use super::target::{flatten_judgement, judgement_text};
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::domain::support::ids::CampaignId;
use crate::domain::support::message::message;
use crate::domain::support::time::date_from_days;
use crate::i18n::Lang;
use crate::morning_report::format_day;
use crate::pb;
use crate::pb::run_service_server::RunService;
use crate::wire::values::timestamp_from_proto;
use axum::extract::Query;
use axum::response::Html;
use maud::{Markup, html};

/// Runs on one page.
const RUNS_PAGE_SIZE: i32 = 60;
/// Runs of one call while one is looked for.
const SEARCH_PAGE_SIZE: i32 = 100;
/// Largest page of what differs between two runs.
const DIFFERENCES_PAGE_SIZE: i32 = 500;

/// Lists the runs of a campaign, newest first; two of them can be chosen and compared.
pub(super) async fn list(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let (after, lang) = (desk.services().head_seq(), desk.lang());
    let campaigns = list_campaigns(&desk).await?;
    let wanted = fields.get("campaign").map_or("", String::as_str);
    let is_wanted = |one: &&pb::CampaignRecord| wanted.is_empty() || one.code == wanted;
    let campaign = campaigns.iter().find(is_wanted).ok_or(PageFailure::NotFound { lang })?;
    let request = pb::ListRunsRequest {
        campaign_id: CampaignId::from_code(&campaign.code).0.to_vec(),
        page_size: RUNS_PAGE_SIZE,
        page_token: fields.get("page").cloned().unwrap_or_default(),
    };
    let listed = desk.ask(RunService::list_runs(desk.services(), desk.request(request))).await?;
    let title = format!("{} · {}", lang.text("office-nav-runs"), campaign.code);
    let more =
        page_address("runs", &[("campaign", &campaign.code), ("page", &listed.next_page_token)]);
    let content = html! {
        ul.choices aria-label=(lang.text("office-campaigns")) {
            @for one in &campaigns {
                li {
                    a href=(page_address("runs", &[("campaign", &one.code)])) aria-current=[(one.code == campaign.code).then_some("true")] {
                        (one.code) " · " (lang.pick(&one.name_vi, &one.name_en))
                    }
                }
            }
        }
        (render_list(&listed.runs, lang))
        @if !listed.next_page_token.is_empty() {
            p { a href=(more) { (lang.text("office-next-page")) } }
        }
    };
    let live = Live::News(News { after, kind: NewsKind::Run });
    Ok(Page { title: &title, content, live, is_synthetic: false }.render(&desk))
}

fn render_list(runs: &[pb::PublishedRun], lang: Lang) -> Markup {
    html! {
        form method="get" action=(page_address("comparison", &[])) {
            div.wide {
                table.plain {
                    (table_head(&[
                        Text(lang.text("page-run")),
                        Text(lang.text("office-judged-on")),
                        Text(lang.text("office-published")),
                        Text(lang.text("office-earlier")),
                        Text(lang.text("office-later")),
                    ]))
                    tbody {
                        @for (at, run) in runs.iter().enumerate() {
                            @let id = encode_hex(&run.run_id);
                            tr {
                                th scope="row" {
                                    a href=(page_address("run", &[("campaign", &run.campaign_code), ("id", &id)])) {
                                        (run.number)
                                    }
                                }
                                td { (format_day(date_from_days(run.as_of_day), lang)) }
                                td { (published_text(run)) }
                                td {
                                    input type="radio" name="before" value=(id) checked[at == 1] aria-label={ (lang.text("office-earlier")) " " (run.number) };
                                }
                                td {
                                    input type="radio" name="after" value=(id) checked[at == 0] aria-label={ (lang.text("office-later")) " " (run.number) };
                                }
                            }
                        }
                    }
                }
            }
            @if runs.len() > 1 { button type="submit" { (lang.text("office-compare")) } }
        }
    }
}

fn published_text(run: &pb::PublishedRun) -> String {
    let published = run.published_at.and_then(|at| timestamp_from_proto(at).ok());
    published.map_or_else(String::new, |at| at.local_text())
}

/// Shows one run: its manifest and what it published. On request it is computed again from the raw
/// reports, which takes a while.
pub(super) async fn show(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let run_id = read_id(&fields, "id", lang)?;
    let campaign = fields.get("campaign").map_or("", String::as_str);
    let run = find_run(&desk, campaign, &run_id).await?;
    let verified = if fields.contains_key("verify") {
        let request = pb::VerifyRunRequest { run_id: run_id.clone() };
        Some(desk.ask(RunService::verify_run(desk.services(), desk.request(request))).await?)
    } else {
        None
    };
    let standings = load_standings(&desk, &run_id).await?;
    let title = format!("{} {} · {campaign}", lang.text("page-run"), run.number);
    let query = [("campaign", campaign), ("id", &*encode_hex(&run_id)), ("verify", "1")];
    let content = html! {
        p {
            a href=(page_address("runs", &[("campaign", campaign)])) {
                (lang.text("office-back-to-runs"))
            }
        }
        @match &verified {
            Some(verified) => (render_verdict(verified, lang)),
            None => p { a href=(page_address("run", &query)) { (lang.text("office-verify-run")) } },
        }
        p {
            a href=(page_address("today", &[("campaign", campaign), ("run", &encode_hex(&run_id))])) {
                (lang.text("office-page-of-run"))
            }
        }
        (render_manifest(&run, lang))
        section {
            h2 { (lang.text("office-published-standings")) } (render_standings(&standings, lang))
        }
    };
    Ok(Page { title: &title, content, live: Live::Never, is_synthetic: false }.render(&desk))
}

/// A run in the list of those of its campaign.
async fn find_run(
    desk: &DeskCaller,
    campaign: &str,
    run_id: &[u8],
) -> Result<pb::PublishedRun, PageFailure> {
    let mut page_token = String::new();
    loop {
        let request = pb::ListRunsRequest {
            campaign_id: CampaignId::from_code(campaign).0.to_vec(),
            page_size: SEARCH_PAGE_SIZE,
            page_token,
        };
        let call = RunService::list_runs(desk.services(), desk.request(request));
        let listed = desk.ask(call).await?;
        let found = listed.runs.into_iter().find(|run| run.run_id == run_id);
        page_token = listed.next_page_token;
        if let Some(run) = found {
            return Ok(run);
        }
        if page_token.is_empty() {
            return Err(PageFailure::NotFound { lang: desk.lang() });
        }
    }
}

/// The standings of a run at the unit that runs the campaign.
async fn load_standings(
    desk: &DeskCaller,
    run_id: &[u8],
) -> Result<Vec<pb::StandingRecord>, PageFailure> {
    let request = pb::ListStandingsOfRunRequest {
        run_id: run_id.to_vec(),
        page_size: DIFFERENCES_PAGE_SIZE,
        ..Default::default()
    };
    let call = RunService::list_standings_of_run(desk.services(), desk.request(request));
    Ok(desk.ask(call).await?.standings)
}

fn read_id(fields: &Fields, name: &str, lang: Lang) -> Result<Vec<u8>, PageFailure> {
    let id = fields.get(name).and_then(|id| decode_hex(id));
    id.ok_or(PageFailure::NotFound { lang })
}

fn render_verdict(verified: &pb::VerifyRunResponse, lang: Lang) -> Markup {
    let (class, verdict) = match verified.verdict() {
        pb::RunVerdict::Holds => ("done", lang.text("office-run-holds")),
        pb::RunVerdict::SemanticsChanged => ("done", lang.text("office-run-semantics-changed")),
        pb::RunVerdict::Differs | pb::RunVerdict::Unspecified => {
            ("refused", lang.text("office-run-differs"))
        }
    };
    html! {
        div class=(class) role="status" {
            p {
                (verdict) " " (lang.say(message!("office-raw-reports", count = lang.count(verified.reports))))
            }
            @if !verified.differing.is_empty() {
                ul { @for one in &verified.differing { li { (one.unit_uid) " " (one.target) } } }
            }
        }
    }
}

fn render_manifest(run: &pb::PublishedRun, lang: Lang) -> Markup {
    html! {
        dl {
            dt { (lang.text("page-run")) } dd {
                (run.number) " · " code { (encode_hex(&run.run_id)) }
            }
            dt { (lang.text("office-judged-on")) } dd {
                (format_day(date_from_days(run.as_of_day), lang))
            }
            dt { (lang.text("office-published")) } dd { (published_text(run)) }
            dt { (lang.text("page-cut")) } dd { (lang.text("page-position")) (run.cut_seq) }
            dt { (lang.text("page-digest-input")) } dd { code { (encode_hex(&run.input_digest)) } }
            dt { (lang.text("office-digest-output")) } dd {
                code { (encode_hex(&run.output_digest)) }
            }
            dt { (lang.text("page-program")) } dd {
                "thidua " (run.code_version) " · " (lang.say(message!("office-rules-version", version = run.semantics_version)))
            }
            @if run.supersedes_number > 0 {
                dt { (lang.text("office-supersedes")) } dd { (run.supersedes_number) }
            }
        }
    }
}

fn render_standings(standings: &[pb::StandingRecord], lang: Lang) -> Markup {
    let judged = standings.iter().filter_map(|one| Some((one, one.judgement.as_ref()?)));
    html! {
        div.wide {
            table.plain {
                (table_head(&[
                    Text(lang.text("office-phase")),
                    Text(lang.text("changes-target")),
                    Text(lang.text("office-judgement")),
                ]))
                tbody {
                    @for (standing, judgement) in judged {
                        @for member in flatten_judgement(judgement) {
                            tr {
                                td {
                                    @if standing.phase_number == 0 { (lang.text("office-whole-campaign")) } @else {
                                        (standing.phase_number)
                                    }
                                }
                                th scope="row" { (member.code) }
                                td { (judgement_text(member, lang)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Shows two runs side by side: which standings differ, and because of which reports.
pub(super) async fn compare(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let (before, after) = (read_id(&fields, "before", lang)?, read_id(&fields, "after", lang)?);
    let request = pb::DiffRunsRequest {
        before_run_id: before,
        after_run_id: after,
        page_size: DIFFERENCES_PAGE_SIZE,
        page_token: fields.get("page").cloned().unwrap_or_default(),
    };
    let differing = desk.ask(RunService::diff_runs(desk.services(), desk.request(request))).await?;
    let units = UnitNames::load(&desk).await?;
    let title = lang.text("office-comparison");
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let more = page_address(
        "comparison",
        &[
            ("before", field("before")),
            ("after", field("after")),
            ("page", &differing.next_page_token),
        ],
    );
    let content = html! {
        p { a href=(page_address("runs", &[])) { (lang.text("office-back-to-runs")) } }
        p.lead {
            (lang.say(message!("office-differing", standings = lang.count(differing.standing_count), reports = lang.count(differing.report_count))))
        }
        @if differing.definitions_changed { p { (lang.text("office-definitions-changed")) } }
        @if differing.baselines_changed { p { (lang.text("office-baselines-changed")) } }
        (render_changed_standings(&differing.standings, &units, lang))
        (render_changed_reports(&differing.reports, &units, lang))
        @if !differing.next_page_token.is_empty() {
            p { a href=(more) { (lang.text("office-next-page")) } }
        }
    };
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(&desk))
}

fn render_changed_standings(
    changes: &[pb::StandingChange],
    units: &UnitNames,
    lang: Lang,
) -> Markup {
    let text = |side: &Option<pb::StandingRecord>| {
        let judgement = side.as_ref().and_then(|one| one.judgement.as_ref());
        judgement.map_or_else(|| "–".to_owned(), |one| judgement_text(one, lang))
    };
    let phase = |change: &pb::StandingChange| {
        change.after.as_ref().or(change.before.as_ref()).map_or(0, |one| one.phase_number)
    };
    html! {
        @if !changes.is_empty() {
            section {
                h2 { (lang.text("office-standings-that-differ")) }
                div.wide {
                    table.plain {
                        (table_head(&[
                            Text(lang.text("page-unit")),
                            Text(lang.text("office-phase")),
                            Text(lang.text("changes-target")),
                            Text(lang.text("office-earlier")),
                            Text(lang.text("office-later")),
                        ]))
                        tbody {
                            @for change in changes {
                                tr {
                                    th scope="row" {
                                        (change.unit_uid) " " (units.name_of(&change.unit_uid))
                                    }
                                    td {
                                        @if phase(change) == 0 { (lang.text("office-whole-campaign")) } @else {
                                            (phase(change))
                                        }
                                    }
                                    td { (change.target) }
                                    td { (text(&change.before)) }
                                    td { (text(&change.after)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn render_changed_reports(reports: &[pb::ChangedReport], units: &UnitNames, lang: Lang) -> Markup {
    html! {
        @if !reports.is_empty() {
            section {
                h2 { (lang.text("office-reports-between")) }
                ul {
                    @for report in reports {
                        li {
                            a href=(page_address("report", &[("id", &encode_hex(&report.report_id))])) {
                                (report.unit_uid) " " (units.name_of(&report.unit_uid)) ", "
                                @if let Some(period) = &report.period {
                                    (period_text(period, lang))
                                }
                            }
                            ": " (state_text(report.state, lang))
                        }
                    }
                }
            }
        }
    }
}
