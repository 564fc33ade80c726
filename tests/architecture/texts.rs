//! The catalogue of texts in `i18n/`: complete in every language, every code used, and no text for
//! people outside it.

use crate::{SourceFile, assert_no_violations, read_sources, source};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, PatternElement};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Families of codes that are composed at run time: `family-CODE`, and the source that composes it.
const FAMILIES: &[&str] = &[
    "refusal-",
    "code-",
    "status-",
    "verdict-",
    "verdict-reason-",
    "pace-",
    "tier-",
    "finding-state-",
    "question-",
    "campaign-status-",
    "cluster-band-",
    "score-exclusion-",
    "units-of-kind-",
    "month-",
    "help-",
    "page-reports-",
    "page-term-",
    "page-meaning-",
    "workbook-target-",
    "target-table-",
    "quality-column-",
    "score-column-",
    "key-",
    "grammar-",
];

/// Rooms of a phone: their codes must be in the pack `client`.
const PHONE_SOURCES: &[&str] = &[
    "src/client/",
    "src/wire/",
    "src/domain/quality/",
    "src/domain/report/",
    "src/domain/reporting/",
    "src/domain/standing/",
    "src/domain/support/",
    "src/domain/target_rule/",
];

/// Files whose strings have Vietnamese letters and are no texts of the program, with the reason.
const LETTER_EXCEPTIONS: &[(&str, &str)] = &[
    ("src/cli/demo/generator/", "the generator of the demo's data"),
    ("src/cli/demo/people.rs", "what the demo's people type"),
    ("src/domain/report/personal_data.rs", "the letters of number plates"),
];

/// Code -> (file, names of its values).
type Texts = BTreeMap<String, (String, BTreeSet<String>)>;

/// The pages of the app in the browser, whose texts stand in `app.ftl`.
fn read_app_sources() -> String {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("web/app/src")];
    let mut all = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.extend((!path.ends_with("engine/pkg")).then_some(path));
            } else if path.extension().is_some_and(|ending| ending == "ts" || ending == "tsx") {
                all.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    all
}

/// Whether the app says this code, or composes it, as in `status-${...}`.
fn is_used_by_app(code: &str, app_sources: &str) -> bool {
    let Some(name) = code.strip_prefix("app-") else { return false };
    let composes = |(at, _): (usize, &str)| app_sources.contains(&format!("`{}-${{", &name[..at]));
    app_sources.contains(&format!("'{name}'")) || name.match_indices('-').any(composes)
}

fn languages() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("i18n");
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name());
    let mut all: Vec<String> = entries.map(|name| name.into_string().unwrap()).collect();
    all.sort();
    all
}

fn read_texts(language: &str) -> Texts {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("i18n").join(language);
    let mut texts = Texts::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "ftl") {
            continue;
        }
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let parsed = fluent_syntax::parser::parse(text.as_str())
            .unwrap_or_else(|(_, faults)| panic!("{}: {faults:?}", path.display()));
        for entry in &parsed.body {
            let Entry::Message(message) = entry else { continue };
            let mut values = BTreeSet::new();
            for element in message.value.iter().flat_map(|pattern| &pattern.elements) {
                let PatternElement::Placeable { expression } = element else { continue };
                if let Expression::Inline(InlineExpression::VariableReference { id }) = expression {
                    values.insert(id.name.to_owned());
                }
            }
            let id = message.id.name.to_owned();
            let earlier = texts.insert(id.clone(), (file.clone(), values));
            assert!(earlier.is_none(), "{language}: {id} occurs twice");
        }
    }
    texts
}

/// The codes that a file names, with their lines: the first string inside `message!(`, `.text(`,
/// `.find_text(`, `Message::new(`, and strings that begin like a code of the catalogue.
fn named_codes<'t>(file: &SourceFile, texts: &'t Texts) -> Vec<(&'t str, usize)> {
    let strings = source::find_strings(&file.text);
    let known = |(text, line): (String, usize)| {
        texts.get_key_value(text.as_str()).map(|(code, _)| (code.as_str(), line))
    };
    strings.into_iter().filter_map(known).collect()
}

/// The codes inside `message!("...")` and `.text("...")`, known or not.
fn called_codes(file: &SourceFile) -> Vec<(String, usize)> {
    let calls = ["message!(", ".text(", "Message::new("];
    let mut found = Vec::new();
    for call in calls {
        for (at, _) in file.text.match_indices(call) {
            let rest = file.text[at + call.len()..].trim_start();
            let Some(code) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next()) else {
                continue;
            };
            found.push((code.to_owned(), file.text[..at].matches('\n').count() + 1));
        }
    }
    found
}

#[test]
fn every_language_has_every_code_with_the_same_values() {
    let all: Vec<(String, Texts)> =
        languages().into_iter().map(|tag| (tag.clone(), read_texts(&tag))).collect();
    let (_, vietnamese) = all.iter().find(|(tag, _)| tag == "vi").unwrap();
    let mut complaints = Vec::new();
    for (tag, texts) in &all {
        let codes: BTreeSet<&String> = vietnamese.keys().chain(texts.keys()).collect();
        for code in codes {
            match (vietnamese.get(code), texts.get(code)) {
                // English help stands at each argument, where clap reads it; the other languages'
                // help is complete by a test of the command line.
                (Some((file, _)), None) if tag == "en" && file == "server-help.ftl" => {}
                (None, _) => complaints.push(format!("{tag}: {code} is not in vi")),
                (_, None) => complaints.push(format!("{tag}: {code} is missing")),
                (Some(one), Some(other)) if one != other => {
                    complaints.push(format!("{tag}: {code}: {other:?}, in vi {one:?}"));
                }
                (Some(_), Some(_)) => {}
            }
        }
    }
    assert_no_violations(&complaints, "each language has each code once, in the same file");
}

#[test]
fn every_code_is_used_and_every_used_code_exists() {
    let texts = read_texts("vi");
    let sources = read_sources("src");
    let app_sources = read_app_sources();
    let mut complaints = Vec::new();
    let mut used = BTreeSet::new();
    for file in &sources {
        used.extend(named_codes(file, &texts).into_iter().map(|(code, _)| code));
        for (code, line) in called_codes(file) {
            if !texts.contains_key(&code) && !code.contains('{') {
                complaints.push(file.at_line(line, &format!("no text for `{code}`")));
            }
        }
    }
    let of_app = texts.keys().filter(|code| is_used_by_app(code, &app_sources));
    used.extend(of_app.map(String::as_str));
    let composed = |code: &str| FAMILIES.iter().any(|family| code.starts_with(family));
    let idle = texts.keys().filter(|code| !used.contains(code.as_str()) && !composed(code));
    complaints.extend(idle.map(|code| format!("`{code}` is used nowhere")));
    assert_no_violations(&complaints, "texts and code name the same sentences");
}

#[test]
fn what_a_phone_says_is_in_the_pack_of_the_phone() {
    let texts = read_texts("vi");
    let mut complaints = Vec::new();
    for file in read_sources("src") {
        if !PHONE_SOURCES.iter().any(|room| file.path.starts_with(room)) {
            continue;
        }
        for (code, line) in named_codes(&file, &texts) {
            if !texts[code].0.starts_with("client-") {
                complaints.push(file.at_line(line, &format!("`{code}` is in {}", texts[code].0)));
            }
        }
    }
    assert_no_violations(&complaints, "a phone carries the pack `client` alone");
}

fn is_vietnamese_letter(letter: char) -> bool {
    "ăâđêôơưàáãèéìíòóõùúýĩũ".contains(letter.to_lowercase().next().unwrap_or(letter))
        || ('\u{1ea0}'..='\u{1ef9}').contains(&letter)
}

#[test]
fn no_vietnamese_letter_stands_in_a_string_of_the_program() {
    let mut complaints = Vec::new();
    for file in read_sources("src") {
        let is_excepted = LETTER_EXCEPTIONS.iter().any(|(path, _)| file.path.starts_with(path));
        let is_test = file.module.iter().any(|part| part == "tests" || part.ends_with("_tests"));
        if is_excepted || is_test {
            continue;
        }
        let tests = source::test_module_start(&file.tokens);
        let last_line = file.tokens.get(tests).map_or(usize::MAX, |token| token.line);
        for (text, line) in source::find_strings(&file.text) {
            if line < last_line && text.contains(is_vietnamese_letter) {
                complaints.push(file.at_line(line, &text));
            }
        }
    }
    assert_no_violations(&complaints, "texts for people stand in i18n/, one folder a language");
}

/// Whether a word of one trade stands in a sentence: what is counted is the authority's own data.
fn find_trade_word(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let pairs = words.windows(2).map(|pair| (pair[0], pair[1]));
    for (before, word) in std::iter::once(("", words[0])).chain(pairs) {
        let found = match (before, word) {
            ("nhiệm" | "nghiệp" | "dịch" | "tác" | "phục" | "chức", "vụ") => None,
            (_, "vụ") => Some("vụ"),
            ("công", "an") => Some("công an"),
            ("phương" | "đề" | "dự" | "đáp", "án") => None,
            (_, "án") => Some("án"),
            (_, "tội") => Some("tội"),
            ("phạm", "pháp") => Some("phạm pháp"),
            (_, "case" | "cases") => Some("case"),
            (_, "crime" | "crimes" | "criminal") => Some("crime"),
            (_, "offence" | "offences") => Some("offence"),
            (_, "police") => Some("police"),
            (_, _) => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

#[test]
fn no_sentence_counts_in_the_words_of_one_trade() {
    let mut found = Vec::new();
    for language in languages() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("i18n").join(&language);
        for entry in fs::read_dir(folder).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            let sentences = text.lines().filter(|line| !line.starts_with('#'));
            found.extend(sentences.filter_map(|line| {
                let sentence = line.split_once(" = ").map_or(line, |(_, sentence)| sentence);
                find_trade_word(sentence).map(|word| format!("{language}: {word}: {line}"))
            }));
        }
    }
    assert_no_violations(&found, "a sentence counts in the unit of its element");
    assert_eq!(find_trade_word("tăng hoặc giảm một vụ"), Some("vụ"));
    assert_eq!(find_trade_word("tác vụ của công nhân, dịch vụ, phương án"), None);
}
