//! The forms as phones show them: the fields in their order, what each takes, and the rules.
//! Nothing is entered here.

use super::super::desk::DeskCaller;
use super::super::failure::PageFailure;
use super::super::frame::Page;
use super::super::live::Live;
use super::super::names::CatalogueNames;
use crate::domain::support::message::message;
use crate::i18n::Lang;
use crate::pb;
use axum::response::Html;
use maud::{Markup, html};

/// Shows every form with the contracts that ask for it.
pub(in super::super) async fn show(desk: DeskCaller) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let catalogue = CatalogueNames::load(&desk).await?;
    let content = html! {
        p.soft { (lang.text("office-forms-hint")) }
        @for form in catalogue.forms() { (render_form(form, &catalogue, lang)) }
    };
    let title = lang.text("office-nav-forms");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(&desk))
}

fn render_form(form: &pb::FormRecord, catalogue: &CatalogueNames, lang: Lang) -> Markup {
    let elements = || form.element_numbers.iter().filter_map(|number| catalogue.element(*number));
    // Phones ask for what stands and what was done after what occurred.
    let occurs = |element: &&pb::ElementRecord| element.kind() == pb::ElementKind::Flow;
    let (flows, words): (Vec<_>, Vec<_>) = elements().partition(occurs);
    html! {
        section.phone {
            h2 { (lang.pick(&form.name_vi, &form.name_en)) }
            p.soft { code { (form.code) } }
            @for contract in catalogue.contracts_of(form) {
                p.soft {
                    (lang.say(message!("office-form-contract", code = contract.code, calendar = contract.calendar, due = contract.due_days, grace = contract.grace_days)))
                }
            }
            fieldset disabled {
                legend { (lang.text("office-figures")) }
                @for element in flows { (render_field(form, element, lang)) }
            }
            @if !words.is_empty() {
                fieldset disabled {
                    legend { (lang.text("office-form-words")) }
                    @for element in words { (render_field(form, element, lang)) }
                }
            }
            @if !form.rules.is_empty() {
                h3 { (lang.text("office-form-rules")) }
                ul { @for rule in &form.rules { li { code { (rule) } } } }
            }
        }
    }
}

fn render_field(form: &pb::FormRecord, element: &pb::ElementRecord, lang: Lang) -> Markup {
    let id = format!("{}-{}", form.code, element.code);
    let scale = u8::try_from(element.scale).unwrap_or(0);
    let range = message!(
        "office-form-range",
        least = lang.figure(element.min_value, scale),
        most = lang.figure(element.max_value, scale)
    );
    html! {
        label for=(id) {
            (lang.pick(&element.name_vi, &element.name_en)) " " small { "(" (element.unit_of_count) ")" }
        }
        input id=(id) inputmode="numeric" placeholder=(lang.say(range)) aria-describedby={ (id) "-code" };
        small id={ (id) "-code" } { code { (element.code) } }
    }
}
