//! Files: what each row would do, then the same files taken.

use super::super::address::page_address;
use super::super::desk::DeskCaller;
use super::super::failure::PageFailure;
use super::super::forms::{PostedFiles, render_carried, render_request_proof};
use super::super::frame::Page;
use super::super::live::Live;
use super::super::table::Heading::{Number, Text};
use super::super::table::table_head;
use crate::domain::support::message::message;
use crate::i18n::Lang;
use crate::pb;
use axum::response::Html;
use maud::{Markup, html};

/// Largest files that a page carries on to the next step, in bytes; larger ones are chosen again.
const CARRIED_BYTES_MAX: usize = 1 << 20;
/// Rows that a page shows; the counts are of all.
const ROWS_SHOWN: usize = 500;

/// What files hold: the word in the form, the kind of the call, and its name.
const KINDS: [(&str, pb::ImportKind, &str); 5] = [
    ("reports", pb::ImportKind::Reports, "office-import-reports"),
    ("baselines", pb::ImportKind::Baselines, "office-import-baselines"),
    ("grants", pb::ImportKind::Grants, "office-import-grants"),
    ("organisation", pb::ImportKind::Organisation, "office-import-organisation"),
    ("definitions", pb::ImportKind::Definitions, "office-import-definitions"),
];

/// Asks for files.
pub(in super::super) async fn show(desk: DeskCaller) -> Html<String> {
    let lang = desk.lang();
    let content = html! {
        p.soft { (lang.text("office-import-hint")) }
        (render_choice(&desk))
    };
    let title = lang.text("office-nav-imports");
    Page { title, content, live: Live::Never, is_synthetic: false }.render(&desk)
}

fn render_choice(desk: &DeskCaller) -> Markup {
    let lang = desk.lang();
    html! {
        form.fields method="post" action=(page_address("imports", &[])) enctype="multipart/form-data" {
            (render_request_proof(desk))
            label for="kind" { (lang.text("office-import-kind")) }
            select id="kind" name="kind" {
                @for (word, _, name) in KINDS { option value=(word) { (lang.text(name)) } }
            }
            label for="files" { (lang.text("office-files")) }
            input id="files" name="files" type="file" multiple required;
            label for="basis" { (lang.text("office-basis")) }
            input id="basis" name="basis" maxlength="500";
            label {
                input type="checkbox" name="partial" value="1"; " " (lang.text("office-import-partial"))
            }
            label {
                input type="checkbox" name="submit" value="1"; " " (lang.text("office-import-submit"))
            }
            button type="submit" name="act" value="check" { (lang.text("office-check")) }
        }
    }
}

/// Checks files or takes them, and shows a verdict for each row.
pub(in super::super) async fn take(form: PostedFiles) -> Result<Html<String>, PageFailure> {
    let (desk, lang) = (&form.desk, form.desk.lang());
    let kind = KINDS.iter().find(|(word, ..)| *word == form.field("kind"));
    let (_, kind, _) = kind.ok_or(PageFailure::BadForm { lang })?;
    let applies = form.field("act") == "apply";
    let options = pb::ImportOptions {
        kind: (*kind).into(),
        validate_only: !applies,
        partial: !form.field("partial").is_empty(),
        submit: !form.field("submit").is_empty(),
        basis: form.field("basis").to_owned(),
        ..Default::default()
    };
    let mut pieces = form
        .files
        .iter()
        .map(|file| pb::FilePiece { name: file.name.clone(), data: file.bytes.clone() });
    let first = pb::ImportFileRequest {
        request_id: form.request_id()?,
        options: Some(options),
        piece: pieces.next(),
    };
    let others =
        pieces.map(|piece| pb::ImportFileRequest { piece: Some(piece), ..Default::default() });
    let messages: Vec<pb::ImportFileRequest> = std::iter::once(first).chain(others).collect();
    let taken = desk.ask(desk.services().import_files(desk.request(messages))).await?;
    let content = html! {
        (render_outcome(&taken, applies, lang))
        (render_findings(&taken.findings, lang))
        (render_changes(&taken.changes))
        (render_rows(&taken.rows, lang))
        @if !applies && taken.valid { (render_apply(&form)) }
        p { a href=(page_address("imports", &[])) { (lang.text("office-other-files")) } }
    };
    let title = lang.text("office-nav-imports");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(desk))
}

fn render_outcome(taken: &pb::ImportFileResponse, applies: bool, lang: Lang) -> Markup {
    let summary = taken.summary.unwrap_or_default();
    let text = match (applies && taken.applied, taken.valid) {
        (true, _) => lang.text("office-import-applied"),
        (false, true) => lang.text("office-import-valid"),
        (false, false) => lang.text("office-import-refused"),
    };
    html! {
        div class=(if taken.valid { "done" } else { "refused" }) role="status" {
            p { strong { (text) } }
            p {
                (lang.say(message!("office-import-counts", created = lang.count(summary.created), changed = lang.count(summary.changed), unchanged = lang.count(summary.unchanged), held = lang.count(summary.held), refused = lang.count(summary.refused))))
            }
        }
    }
}

/// What is wrong with files, each finding with its place.
pub(super) fn render_findings(findings: &[pb::FileFinding], lang: Lang) -> Markup {
    html! {
        @if !findings.is_empty() {
            div.wide {
                table.plain {
                    (table_head(&[
                        Text(lang.text("office-file")),
                        Number(lang.text("office-line")),
                        Text(lang.text("office-finding")),
                    ]))
                    tbody {
                        @for finding in findings {
                            tr {
                                th scope="row" { (finding.file) }
                                td.n { @if finding.line > 0 { (finding.line) } }
                                td {
                                    strong { (finding.code) } " " (finding.message)
                                    @if !finding.path.is_empty() { " " small { (finding.path) } }
                                    @if let Some(cell) = &finding.cell {
                                        " " small { (cell.column_name) ": " (cell.typed) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn render_changes(changes: &[pb::DefinitionChange]) -> Markup {
    html! {
        @for change in changes {
            details open {
                summary { (change.code) }
                pre { @for line in &change.lines { (line) "\n" } }
            }
        }
    }
}

fn render_rows(rows: &[pb::RowVerdict], lang: Lang) -> Markup {
    html! {
        @if !rows.is_empty() {
            div.wide {
                table.plain {
                    (table_head(&[
                        Number(lang.text("office-line")),
                        Text(lang.text("office-row")),
                        Text(lang.text("office-verdict")),
                        Text(lang.text("office-figures")),
                    ]))
                    tbody {
                        @for row in rows.iter().take(ROWS_SHOWN) {
                            tr {
                                td.n { @if row.line > 0 { (row.line) } }
                                th scope="row" { (row.subject) }
                                td { (row_text(row.state(), lang)) }
                                td {
                                    @for change in &row.changes {
                                        span.value {
                                            (change.field) ": " (change.old) " → " (change.new)
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn row_text(state: pb::RowState, lang: Lang) -> &'static str {
    match state {
        pb::RowState::Created => lang.text("office-row-created"),
        pb::RowState::Changed => lang.text("office-row-changed"),
        pb::RowState::Unchanged => lang.text("office-row-unchanged"),
        pb::RowState::Held => lang.text("office-row-held"),
        pb::RowState::Refused => lang.text("office-row-refused"),
        pb::RowState::Unspecified => "",
    }
}

/// The same files again, to be taken: those that were checked and no others.
fn render_apply(form: &PostedFiles) -> Markup {
    let lang = form.desk.lang();
    let bytes: usize = form.files.iter().map(|file| file.bytes.len()).sum();
    if bytes > CARRIED_BYTES_MAX {
        return html! { p { (lang.text("office-import-choose-again")) } };
    }
    html! {
        form method="post" action=(page_address("imports", &[])) enctype="multipart/form-data" {
            (render_request_proof(&form.desk))
            @for name in ["kind", "basis", "partial", "submit"] {
                @if !form.field(name).is_empty() {
                    input type="hidden" name=(name) value=(form.field(name));
                }
            }
            @for file in &form.files { (render_carried(file)) }
            button type="submit" name="act" value="apply" { (lang.text("office-import-apply")) }
        }
    }
}
