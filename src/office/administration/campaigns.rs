//! Campaigns: their states, what the next publication would say, and the steps.

use super::super::address::page_address;
use super::super::desk::DeskCaller;
use super::super::failure::PageFailure;
use super::super::forms::{Fields, PostedForm, render_request_proof};
use super::super::frame::Page;
use super::super::live::Live;
use super::super::outcome::{outcome_address, render_outcome};
use super::super::target::{flatten_judgement, judgement_text};
use crate::domain::campaign::{CampaignStatus, CampaignStep};
use crate::domain::support::message::message;
use crate::domain::support::time::date_from_days;
use crate::i18n::Lang;
use crate::morning_report::format_day;
use crate::pb;
use crate::pb::campaign_service_server::CampaignService;
use crate::wire::enums::{
    campaign_status_from_proto, campaign_step_from_proto, campaign_step_to_proto,
};
use axum::extract::Query;
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};

/// What can be rehearsed: the word in the address, the act, and its name.
const REHEARSALS: [(&str, pb::RehearsedAct, &str); 3] = [
    ("night", pb::RehearsedAct::Night, "office-rehearse-night"),
    ("phase", pb::RehearsedAct::Phase, "office-rehearse-phase"),
    ("conclusion", pb::RehearsedAct::Conclusion, "office-rehearse-conclusion"),
];

/// Lists the campaigns, drafts too, and shows a rehearsal of one.
pub(in super::super) async fn list(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let request =
        pb::ListCampaignsRequest { page_size: 100, include_drafts: true, ..Default::default() };
    let call = CampaignService::list_campaigns(desk.services(), desk.request(request));
    let listed = desk.ask(call).await?;
    let records: Vec<_> = listed.campaigns.into_iter().filter_map(|one| one.record).collect();
    let rehearsed = rehearse(&desk, &fields).await?;
    let content = html! {
        (render_outcome(&fields, lang))
        p { a href=(page_address("imports", &[])) { (lang.text("office-import-definitions")) } }
        @for record in &records { (render_campaign(&desk, record)) }
        @if let Some(rehearsed) = &rehearsed { (render_rehearsal(rehearsed, lang)) }
    };
    let title = lang.text("office-campaigns");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(&desk))
}

async fn rehearse(
    desk: &DeskCaller,
    fields: &Fields,
) -> Result<Option<pb::RehearseCampaignResponse>, PageFailure> {
    let asked = fields.get("rehearse").map_or("", String::as_str);
    let Some((_, act, _)) = REHEARSALS.iter().find(|(word, ..)| *word == asked) else {
        return Ok(None);
    };
    let code = fields.get("campaign").cloned().unwrap_or_default();
    let request = pb::RehearseCampaignRequest { code, act: (*act).into() };
    let call = CampaignService::rehearse_campaign(desk.services(), desk.request(request));
    Ok(Some(desk.ask(call).await?))
}

fn render_campaign(desk: &DeskCaller, record: &pb::CampaignRecord) -> Markup {
    let lang = desk.lang();
    let status = campaign_status_from_proto(record.status).ok();
    let name = lang.pick(&record.name_vi, &record.name_en);
    html! {
        section {
            h2 { (record.code) " · " (name) }
            @if let Some(status) = status { p { strong { (status.message().text(lang)) } } }
            @if !record.motto.is_empty() { p lang="vi" { (record.motto) } }
            ul.choices {
                @for (word, _, text) in REHEARSALS {
                    li {
                        a href=(page_address("campaigns", &[("campaign", &record.code), ("rehearse", word)])) {
                            (lang.text(text))
                        }
                    }
                }
            }
            @if let Some(status) = status { (render_steps(desk, &record.code, status)) }
        }
    }
}

fn render_steps(desk: &DeskCaller, code: &str, status: CampaignStatus) -> Markup {
    let lang = desk.lang();
    html! {
        @for step in status.allowed_steps().filter(|step| *step != CampaignStep::Reopen) {
            form method="post" action=(page_address("campaigns/step", &[])) {
                (render_request_proof(desk))
                input type="hidden" name="campaign" value=(code);
                input type="hidden" name="step" value=(i32::from(campaign_step_to_proto(step)));
                button type="submit" name="act" value="check" {
                    (lang.text("office-check")) ": " (step_text(step, lang))
                }
            }
        }
    }
}

fn step_text(step: CampaignStep, lang: Lang) -> &'static str {
    match step {
        CampaignStep::Approve => lang.text("office-step-approve"),
        CampaignStep::Launch => lang.text("office-step-launch"),
        CampaignStep::Start => lang.text("office-step-start"),
        CampaignStep::Close => lang.text("office-step-close"),
        CampaignStep::Review => lang.text("office-step-review"),
        CampaignStep::Conclude => lang.text("office-step-conclude"),
        CampaignStep::Archive => lang.text("office-step-archive"),
        CampaignStep::Suspend => lang.text("office-step-suspend"),
        CampaignStep::Resume => lang.text("office-step-resume"),
        CampaignStep::CloseEarly => lang.text("office-step-close-early"),
        CampaignStep::Reopen => lang.text("office-step-reopen"),
    }
}

/// Takes a step, or says what stands against it; a step is checked before it is taken.
pub(in super::super) async fn step(form: PostedForm) -> Result<Response, PageFailure> {
    let (desk, lang) = (&form.desk, form.desk.lang());
    let number: i32 = form.field("step").parse().map_err(|_| PageFailure::BadForm { lang })?;
    let step = campaign_step_from_proto(number).map_err(|_| PageFailure::BadForm { lang })?;
    let code = form.field("campaign");
    let applies = form.field("act") == "apply";
    let request = pb::StepCampaignRequest {
        request_id: form.request_id()?,
        code: code.to_owned(),
        step: number,
        validate_only: !applies,
    };
    let call = CampaignService::step_campaign(desk.services(), desk.request(request));
    let stepped = desk.ask(call).await?;
    if applies {
        let address = outcome_address("campaigns", &[("campaign", code)], "stepped");
        return Ok(Redirect::to(&address).into_response());
    }
    let status = campaign_status_from_proto(stepped.status).ok();
    let content = html! {
        div.done role="status" {
            p {
                (lang.text("office-step-possible")) @if let Some(status) = status { " " strong { (status.message().text(lang)) } }
            }
        }
        form method="post" action=(page_address("campaigns/step", &[])) {
            (render_request_proof(desk))
            input type="hidden" name="campaign" value=(code);
            input type="hidden" name="step" value=(number);
            button type="submit" name="act" value="apply" { (step_text(step, lang)) }
        }
        p { a href=(page_address("campaigns", &[])) { (lang.text("office-campaigns")) } }
    };
    let title = format!("{code} · {}", step_text(step, lang));
    let page = Page { title: &title, content, live: Live::Never, is_synthetic: false };
    Ok(page.render(desk).into_response())
}

fn render_rehearsal(rehearsed: &pb::RehearseCampaignResponse, lang: Lang) -> Markup {
    let day = format_day(date_from_days(rehearsed.as_of_day), lang);
    let judged = rehearsed.standings.iter().filter_map(|one| one.judgement.as_ref());
    html! {
        section {
            h2 { (lang.text("office-rehearsal")) }
            p {
                (lang.say(message!("office-rehearsed", day, changed = lang.count(rehearsed.changed), missing = lang.count(rehearsed.missing.len()))))
            }
            table.plain {
                tbody {
                    @for judgement in judged {
                        @for member in flatten_judgement(judgement) {
                            tr {
                                th scope="row" { (member.code) } td {
                                    (judgement_text(member, lang))
                                }
                            }
                        }
                    }
                }
            }
            @if !rehearsed.open_verdicts.is_empty() {
                h3 { (lang.text("office-open-verdicts")) }
                ul {
                    @for open in &rehearsed.open_verdicts {
                        li {
                            (open.unit_uid) " " (open.target) ": " (lang.say(message!("office-missing-count", count = lang.count(open.missing))))
                        }
                    }
                }
            }
        }
    }
}
