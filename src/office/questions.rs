//! Questions about figures: what the units were asked, and their replies. In the order of the
//! call, which is no ranking; nothing counts them by unit.

use super::address::page_address;
use super::desk::DeskCaller;
use super::failure::PageFailure;
use super::forms::{Fields, PostedForm, render_request_proof};
use super::frame::Page;
use super::live::Live;
use super::names::UnitNames;
use super::outcome::{outcome_address, render_outcome};
use crate::domain::quality::FindingState;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::message::message;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::date_from_days;
use crate::morning_report::format_day;
use crate::pb;
use crate::pb::quality_service_server::QualityService;
use crate::wire::enums;
use axum::extract::Query;
use axum::response::{Html, Redirect};
use maud::{Markup, html};

/// Questions on one page.
const PAGE_SIZE: i32 = 50;
/// Longest reply, in characters.
const REPLY_LENGTH_MAX: u32 = 500;

/// The kinds of reply, each with its name.
const REPLIES: [(FindingState, &str); 3] = [
    (FindingState::Explained, "office-question-EXPLAINED"),
    (FindingState::Corrected, "office-question-CORRECTED"),
    (FindingState::AcceptedRisk, "office-question-ACCEPTED_RISK"),
];

/// Lists the questions that the person may read.
pub(super) async fn list(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let request = pb::ListFindingsRequest {
        page_size: PAGE_SIZE,
        page_token: fields.get("page").cloned().unwrap_or_default(),
        unit_id: Vec::new(),
    };
    let call = QualityService::list_findings(desk.services(), desk.request(request));
    let listed = desk.ask(call).await?;
    let units = UnitNames::load(&desk).await?;
    let own = units.number_of(&desk.session.unit_id);
    let more = page_address("questions", &[("page", &listed.next_page_token)]);
    let content = html! {
        (render_outcome(&fields, lang))
        p.soft { (lang.text("page-these-questions-not-conclusions")) }
        @if listed.findings.is_empty() { p { (lang.text("page-none")) } }
        @for finding in &listed.findings { (render_question(finding, &units, own, &desk)) }
        @if !listed.next_page_token.is_empty() { p { a href=(more) { (lang.text("office-next-page")) } } }
    };
    let title = lang.text("office-nav-questions");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(&desk))
}

fn render_question(
    finding: &pb::Finding,
    units: &UnitNames,
    own: Option<u32>,
    desk: &DeskCaller,
) -> Markup {
    let lang = desk.lang();
    let record = finding.record.clone().unwrap_or_default();
    let state = enums::finding_state_from_proto(record.state);
    let asked = format_day(date_from_days(record.asked_day), lang);
    let has_reply = !record.reply.is_empty();
    html! {
        section.question {
            h2 { (units.name_on(record.unit_number, record.asked_day)) }
            p.soft {
                (lang.say(message!("office-question-asked", day = asked))) " · " (record.rule) " · "
                (state.map_or_else(|_| String::new(), |state| state.message().text(lang)))
            }
            p { (finding.text) }
            @if has_reply { p { strong { (lang.text("page-unit-reply")) } (record.reply) } }
            @if own == Some(record.unit_number) && !has_reply { (render_reply(finding, desk)) }
            @if own != Some(record.unit_number) && state != Ok(FindingState::Escalated) {
                @if desk.holds(&[pb::Role::Reviewer, pb::Role::CampaignHead]) {
                    form method="post" action=(page_address("questions/escalate", &[])) {
                        (render_request_proof(desk))
                        input type="hidden" name="finding" value=(encode_hex(&finding.id));
                        button type="submit" { (lang.text("office-question-escalate")) }
                    }
                }
            }
        }
    }
}

fn render_reply(finding: &pb::Finding, desk: &DeskCaller) -> Markup {
    let (lang, id) = (desk.lang(), encode_hex(&finding.id));
    html! {
        form.fields method="post" action=(page_address("questions/reply", &[])) {
            (render_request_proof(desk))
            input type="hidden" name="finding" value=(id);
            label for={ "kind-" (id) } { (lang.text("office-question-reply-kind")) }
            select id={ "kind-" (id) } name="kind" {
                @for (state, name) in REPLIES { option value=(state) { (lang.text(name)) } }
            }
            label for={ "text-" (id) } { (lang.text("office-question-reply")) }
            textarea id={ "text-" (id) } name="text" rows="2" maxlength=(REPLY_LENGTH_MAX) required {}
            button type="submit" { (lang.text("office-question-send")) }
        }
    }
}

/// Records the reply of the unit that was asked.
pub(super) async fn reply(form: PostedForm) -> Result<Redirect, PageFailure> {
    let desk = &form.desk;
    let bad_form = |_: RefusalReason| PageFailure::BadForm { lang: desk.lang() };
    let kind = FindingState::parse(form.field("kind")).ok_or(RefusalReason::Malformed);
    let request = pb::ReplyFindingRequest {
        request_id: form.request_id()?,
        finding_id: form.id("finding")?,
        state: enums::finding_state_to_proto(kind.map_err(bad_form)?).into(),
        text: form.field("text").to_owned(),
    };
    desk.ask(QualityService::reply_finding(desk.services(), desk.request(request))).await?;
    Ok(Redirect::to(&outcome_address("questions", &[], "replied")))
}

/// Asks to look at a figure together with the unit.
pub(super) async fn escalate(form: PostedForm) -> Result<Redirect, PageFailure> {
    let desk = &form.desk;
    let request = pb::EscalateFindingRequest {
        request_id: form.request_id()?,
        finding_id: form.id("finding")?,
    };
    desk.ask(QualityService::escalate_finding(desk.services(), desk.request(request))).await?;
    Ok(Redirect::to(&outcome_address("questions", &[], "escalated")))
}
