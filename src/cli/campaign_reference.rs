//! `thidua campaign reference`: every key of the files, the grammar of targets, the calendars and
//! the roles, from the tables by which the program itself reads files and decides.

use super::context::CliContext;
use super::error::CliResult;
use crate::domain::access::permission::{Action, Role, UnitRelation};
use crate::domain::reporting::calendar::{Calendar, CalendarRule, Calendars};
use crate::domain::support::message::{Message, message};
use crate::files::keys::csv_tables::FILES;
use crate::files::keys::grammar::{GrammarConstruct, RULES, TARGETS};
use crate::files::keys::toml_tables::ROOTS;
use crate::files::keys::{FileKey, KeyPresence, KeyTable, chars_max};
use crate::i18n::Lang;
use serde_json::{Value, json};

pub(super) fn print_reference(ctx: &CliContext) -> CliResult {
    let lang = ctx.output.lang;
    if ctx.output.json {
        ctx.output.print_line(format!("{:#}", reference_json(lang)));
    } else {
        ctx.output.print_text(&reference_markdown(lang));
    }
    Ok(())
}

/// The actions of a role: on its own unit, and on the units below it.
fn role_actions(role: Role, relation: UnitRelation) -> Vec<&'static str> {
    let allowed = Action::ALL.iter().filter(|one| one.allowed().contains(&(role, relation)));
    allowed.map(|action| action.code()).collect()
}

fn calendar_meaning(calendar: &Calendar) -> Message {
    match calendar.rule {
        CalendarRule::Days { anchor, length } => {
            message!("reference-calendar-days", length, anchor)
        }
        CalendarRule::Months { day, first_month, months } => {
            message!("reference-calendar-months", months, day, first_month)
        }
    }
}

fn presence_text(presence: KeyPresence, lang: Lang) -> String {
    match presence {
        KeyPresence::Required => lang.text("reference-required").to_owned(),
        KeyPresence::Optional => lang.text("reference-optional").to_owned(),
        KeyPresence::Default(value) => lang.say(message!("reference-default", value)),
    }
}

/// The page in Markdown.
fn reference_markdown(lang: Lang) -> String {
    let mut page = String::new();
    let roots: Vec<_> = ROOTS.iter().flat_map(|root| root.with_inner_tables()).collect();
    push_heading(&mut page, "##", lang.text("reference-toml-files"));
    for table in roots {
        push_table(&mut page, table.name, table, lang);
    }
    push_heading(&mut page, "##", lang.text("reference-csv-files"));
    push_prose(&mut page, lang.text("reference-csv-note"));
    for table in FILES {
        push_table(&mut page, &format!("{}.csv", table.name), table, lang);
    }
    push_heading(&mut page, "##", lang.text("reference-calendars"));
    push_rows(
        &mut page,
        &calendar_rows(lang),
        lang,
        &["reference-code", "reference-name", "reference-meaning"],
    );
    push_heading(&mut page, "##", lang.text("reference-grammar"));
    push_prose(&mut page, lang.text("reference-grammar-note"));
    let constructs: Vec<_> = TARGETS.iter().chain(RULES).collect();
    let rows: Vec<_> = constructs.iter().map(|one| construct_row(one, lang)).collect();
    push_rows(
        &mut page,
        &rows,
        lang,
        &["reference-form", "reference-meaning", "reference-example"],
    );
    push_heading(&mut page, "##", lang.text("reference-roles"));
    push_prose(&mut page, lang.text("reference-roles-note"));
    let rows: Vec<_> = Role::ALL.into_iter().map(|role| role_row(role, lang)).collect();
    let headings = ["reference-role", "reference-meaning", "reference-own", "reference-below"];
    push_rows(&mut page, &rows, lang, &headings);
    page
}

/// Columns of a line of prose.
const COLUMNS: usize = 100;

/// A paragraph, its lines broken between words.
fn push_prose(page: &mut String, text: &str) {
    let mut column = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > COLUMNS {
            page.push('\n');
            column = 0;
        } else if column > 0 {
            page.push(' ');
            column += 1;
        }
        page.push_str(word);
        column += width;
    }
    page.push_str("\n\n");
}

fn push_heading(page: &mut String, mark: &str, text: &str) {
    if !page.is_empty() && !page.ends_with("\n\n") {
        page.push('\n');
    }
    page.push_str(&format!("{mark} {text}\n\n"));
}

fn push_table(page: &mut String, name: &str, table: &KeyTable, lang: Lang) {
    push_heading(page, "###", &format!("`{name}`"));
    push_prose(page, &lang.say(table.meaning()));
    let rows: Vec<Vec<String>> = table.keys.iter().map(|key| key_row(table, key, lang)).collect();
    let headings = ["reference-key", "reference-meaning", "reference-values", "reference-presence"];
    push_rows(page, &rows, lang, &headings);
}

fn key_row(table: &KeyTable, key: &FileKey, lang: Lang) -> Vec<String> {
    let mut values = lang.say(key.value.expected());
    if key.value.is_free_text() {
        values.push_str(&lang.say(message!("reference-at-most", limit = chars_max(key.name))));
    }
    let meaning = lang.say(table.key_meaning(key));
    vec![format!("`{}`", key.name), meaning, values, presence_text(key.presence, lang)]
}

fn calendar_rows(lang: Lang) -> Vec<Vec<String>> {
    let calendars = Calendars::standard();
    let row = |one: &Calendar| {
        let name = lang.pick(&one.name_vi, &one.name_en).to_owned();
        vec![format!("`{}`", one.code), name, lang.say(calendar_meaning(one))]
    };
    calendars.iter().map(row).collect()
}

fn construct_row(one: &GrammarConstruct, lang: Lang) -> Vec<String> {
    let meaning = lang.say(Message::of_code("grammar", one.name));
    vec![format!("`{}`", one.form), meaning, format!("`{}`", one.example)]
}

fn role_row(role: Role, lang: Lang) -> Vec<String> {
    let meaning = lang.say(Message::of_code("grammar-role", role.code()));
    let actions = |relation| role_actions(role, relation).join(", ");
    vec![
        format!("`{}`", role.code()),
        meaning,
        actions(UnitRelation::Own),
        actions(UnitRelation::Above),
    ]
}

/// Rows under headings; a `|` inside a cell is escaped.
fn push_rows(page: &mut String, rows: &[Vec<String>], lang: Lang, headings: &[&'static str]) {
    let line = |cells: &mut dyn Iterator<Item = String>| {
        let cells: Vec<String> = cells.map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    page.push_str(&line(&mut headings.iter().map(|id| lang.text(id).to_owned())));
    page.push_str(&format!("|{}\n", "---|".repeat(headings.len())));
    for row in rows {
        page.push_str(&line(&mut row.iter().cloned()));
    }
}

fn reference_json(lang: Lang) -> Value {
    let tables = |roots: &[&'static KeyTable]| -> Vec<Value> {
        let all = roots.iter().flat_map(|root| root.with_inner_tables());
        all.map(|table| table_json(table, lang)).collect()
    };
    let grammar = TARGETS.iter().chain(RULES).map(|one| {
        let meaning = lang.say(Message::of_code("grammar", one.name));
        json!({ "name": one.name, "form": one.form, "meaning": meaning, "example": one.example })
    });
    let calendars = Calendars::standard();
    let calendars = calendars.iter().map(|one| {
        let name = lang.pick(&one.name_vi, &one.name_en);
        json!({ "code": one.code, "name": name, "meaning": lang.say(calendar_meaning(one)) })
    });
    let roles = Role::ALL.into_iter().map(|role| {
        json!({
            "role": role.code(),
            "meaning": lang.say(Message::of_code("grammar-role", role.code())),
            "own": role_actions(role, UnitRelation::Own),
            "below": role_actions(role, UnitRelation::Above),
        })
    });
    json!({
        "toml": tables(ROOTS),
        "csv": tables(FILES),
        "calendars": calendars.collect::<Vec<_>>(),
        "grammar": grammar.collect::<Vec<_>>(),
        "roles": roles.collect::<Vec<_>>(),
    })
}

fn table_json(table: &KeyTable, lang: Lang) -> Value {
    let key = |key: &FileKey| {
        let mut value = json!({
            "name": key.name,
            "meaning": lang.say(table.key_meaning(key)),
            "expected": lang.say(key.value.expected()),
            "required": key.presence == KeyPresence::Required,
        });
        if let Some(object) = value.as_object_mut() {
            if let Some(words) = key.value.words() {
                object.insert("words".into(), json!(words));
            }
            if let KeyPresence::Default(default) = key.presence {
                object.insert("default".into(), json!(default));
            }
        }
        value
    };
    let keys: Vec<Value> = table.keys.iter().map(key).collect();
    json!({ "table": table.name, "meaning": lang.say(table.meaning()), "keys": keys })
}
