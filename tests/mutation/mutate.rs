//! Changes of files: damage of any kind, and other forms with the same meaning.

use crate::package;
use crate::rng::Rng;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

/// What a file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Workbook,
    Xml,
    Json,
    Toml,
    Csv,
}

impl FileKind {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let is_toml = text.lines().any(|line| line.starts_with("[[") || line.contains(" = "));
        match bytes {
            [b'P', b'K', ..] => Self::Workbook,
            [b'<', ..] => Self::Xml,
            [b'{', ..] => Self::Json,
            _ if is_toml => Self::Toml,
            _ => Self::Csv,
        }
    }

    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Workbook | Self::Xml => XML_WORDS,
            Self::Json => JSON_WORDS,
            Self::Toml => TOML_WORDS,
            Self::Csv => CSV_WORDS,
        }
    }
}

/// Numbers and texts at which readers err, for every kind.
const COMMON_WORDS: &[&str] = &[
    "0",
    "-1",
    "1e309",
    "4294967296",
    "9223372036854775808",
    "99999999999999999999",
    "1.234,5",
    "NaN",
    "\u{0}",
    "\u{feff}",
    "\u{a0}",
    "\u{200b}",
    "\u{1f9ea}",
    "a\u{301}",
    "\r",
    "\n",
    "'",
    "\"",
    "2026-02-30",
    "9999-12-31",
    "0000-00-00",
];
pub(crate) const XML_WORDS: &[&str] = &[
    "<",
    ">",
    "/>",
    "</",
    "&",
    "&#0;",
    "&#x110000;",
    "&lt;",
    "&a;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<!DOCTYPE a>",
    "<?xml version=\"1.0\" encoding=\"utf-16\"?>",
    " r=\"A1048577\"",
    " r=\"ZZZZZZ99999999\"",
    " t=\"s\"",
    " t=\"d\"",
    " s=\"99\"",
    "<v>-1</v>",
    "<v>1e400</v>",
    "<row r=\"4294967295\">",
    "<mergeCell ref=\"A1:XFD1048576\"/>",
    "<dimension ref=\"A1:XFD9999999\"/>",
    " uniqueCount=\"4294967295\"",
    " xmlns=\"\"",
    " period=\"2026-01-01/P9999Y\"",
    " period=\"2026-01-01/P\"",
    " SEX=\"F\"",
];
const JSON_WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "true",
    "1e400",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "[[[[[[[[",
    "\"period\":\"2026W99\"",
    "\"value\":1.5",
    "\"dryRun\":\"x\"",
    "\"dataValues\":{}",
];
const TOML_WORDS: &[&str] = &[
    "[",
    "]",
    "[[",
    "]]",
    "=",
    "#",
    "\"\"\"",
    "'''",
    "\\u0000",
    "\\U00110000",
    "{",
    "}",
    ",",
    "[a.b.c]",
    "inf",
    "nan",
    "0x1",
    "1979-05-27T07:32:00Z",
    "code = \"\"",
    "level = \"\"",
    "((((((((((((((((",
    "a.b.c = 1\n",
    "sum(",
    "count(",
    ">=",
    "%",
];
const CSV_WORDS: &[&str] = &[
    ",",
    ";",
    "\t",
    "\"",
    "\"\"",
    "sep=;\n",
    "# ",
    "\n\n",
    "carried:",
    "missing:",
    "nil",
    "=1+1",
    "1.24E+02",
    "#REF!",
    "01/02/03",
    "1,234.5",
    "number_format",
    "contract,unit\n",
];

/// Damages a file.
pub(crate) fn damage(rng: &mut Rng, kind: FileKind, bytes: &[u8]) -> Vec<u8> {
    if kind == FileKind::Workbook && rng.chance(80) {
        return package::damage_member(rng, bytes);
    }
    damage_text(rng, kind.words(), bytes)
}

/// Changes one to four places.
pub(crate) fn damage_text(rng: &mut Rng, words: &[&str], bytes: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..=rng.below(4) {
        let at = rng.below(changed.len() + 1);
        let end = (at + 1 + rng.below(40)).min(changed.len());
        match rng.below(9) {
            0 if at < changed.len() => changed[at] ^= 1 << rng.below(8),
            1 => {
                changed.drain(at..end);
            }
            2 => {
                let piece = changed[at..end].to_vec();
                let to = rng.below(changed.len() + 1);
                changed.splice(to..to, piece);
            }
            3 => changed.truncate(at),
            4 => replace_number(rng, &mut changed, at),
            5 => shorten_word(rng, &mut changed, at),
            _ => {
                let common = rng.chance(40);
                let word = rng.pick(if common { COMMON_WORDS } else { words }).unwrap();
                let end = if rng.chance(50) { at } else { end };
                changed.splice(at..end, word.bytes());
            }
        }
    }
    changed
}

/// Takes the last bytes of the word that ends next: of a cell, a value, a name.
fn shorten_word(rng: &mut Rng, bytes: &mut Vec<u8>, from: usize) {
    let is_end = |byte: &u8| b"\"',;<>=\n".contains(byte);
    let Some(offset) = bytes[from..].iter().position(is_end) else { return };
    let end = from + offset;
    let start = end.saturating_sub(1 + rng.below(4));
    bytes.drain(start..end);
}

/// Puts another number in the place of the next one.
fn replace_number(rng: &mut Rng, bytes: &mut Vec<u8>, from: usize) {
    let Some(offset) = bytes[from..].iter().position(u8::is_ascii_digit) else { return };
    let start = from + offset;
    let count = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let numbers = ["0", "1", "-1", "65536", "1048577", "2147483648", "4294967295", "1e999"];
    let number = rng.pick(&numbers).unwrap();
    bytes.splice(start..start + count, number.bytes());
}

/// Gives a file another form that means the same.
pub(crate) fn reform(rng: &mut Rng, kind: FileKind, bytes: &[u8]) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return match kind {
            FileKind::Workbook => package::reform_members(rng, bytes),
            FileKind::Xml | FileKind::Json | FileKind::Toml | FileKind::Csv => bytes.to_vec(),
        };
    };
    match kind {
        FileKind::Workbook => package::reform_members(rng, bytes),
        FileKind::Xml => reform_xml(rng, text).into_bytes(),
        FileKind::Json => reform_json(rng, text).into_bytes(),
        FileKind::Toml => reform_toml(rng, text).into_bytes(),
        FileKind::Csv => reform_csv(rng, text).into_bytes(),
    }
}

/// Other quotes, comments between elements, spaces inside tags, digits as references.
pub(crate) fn reform_xml(rng: &mut Rng, text: &str) -> String {
    let mut changed = String::new();
    for (number, part) in text.split_inclusive('>').enumerate() {
        let is_element = part.trim_start().starts_with('<') && !part.contains("<?");
        let part = match (number > 1 && is_element, rng.below(6)) {
            (true, 0) if !part.contains('\'') => part.replace('"', "'"),
            (true, 1) if part.starts_with('<') => format!("<!-- & <a> -->{part}"),
            (true, 2) => part.replace("\" ", "\"\n\t").replace("/>", " />"),
            (true, 3) => {
                part.replace("value=\"1", "value=\"&#49;").replace(" value=\"9", " value=\"&#x39;")
            }
            (true, 4) => reverse_attributes(part),
            (_, _) => part.to_owned(),
        };
        changed.push_str(&part);
    }
    changed
}

/// The attributes of an empty element in the other order.
fn reverse_attributes(part: &str) -> String {
    let whole = part.trim_start();
    let Some(inner) = whole.strip_prefix('<').and_then(|rest| rest.strip_suffix("/>")) else {
        return part.to_owned();
    };
    let Some((name, rest)) = inner.split_once(' ') else { return part.to_owned() };
    let mut attributes: Vec<&str> = rest.trim().split_inclusive("\" ").map(str::trim).collect();
    attributes.reverse();
    format!("<{name} {}/>", attributes.join(" "))
}

/// Other spaces, other order of names, letters as escapes.
fn reform_json(rng: &mut Rng, text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    if rng.chance(50) {
        reverse_names(&mut value);
    }
    let printed = if rng.chance(50) { format!("{value:#}") } else { value.to_string() };
    if rng.chance(50) {
        return printed.replace("\"9", "\"\\u0039");
    }
    format!("\r\n\t {printed}\n\n")
}

fn reverse_names(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(reverse_names);
            *object = std::mem::take(object).into_iter().rev().collect();
        }
        Value::Array(values) => values.iter_mut().for_each(reverse_names),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Other ends of lines, blank lines, comments, spaces around `=` and at the ends of lines.
fn reform_toml(rng: &mut Rng, text: &str) -> String {
    if text.contains("\"\"\"") || text.contains("'''") {
        return text.to_owned();
    }
    let end = if rng.chance(50) { "\r\n" } else { "\n" };
    let mut changed = String::new();
    for line in text.lines() {
        match rng.below(6) {
            0 => changed.push_str(&format!("# ghi chú = [{end}")),
            1 => changed.push_str(end),
            _ => {}
        }
        let is_pair = !line.starts_with([' ', '#', '[', '"']) && line.matches(" = ").count() == 1;
        let line =
            if is_pair && rng.chance(30) { line.replace(" = ", "\t=   ") } else { line.to_owned() };
        let space = if rng.chance(20) { "  \t" } else { "" };
        changed.push_str(&format!("{line}{space}{end}"));
    }
    changed
}

/// Other separators, ends of lines, order of columns, spaces, quotes, blank rows and remarks.
fn reform_csv(rng: &mut Rng, text: &str) -> String {
    let plain = text.trim_start_matches('\u{feff}');
    if plain.contains(['"', ';', '\t']) || plain.starts_with(['#']) || plain.starts_with("sep=") {
        // Only what is outside every cell may change.
        return if rng.chance(50) { format!("\u{feff}{plain}") } else { format!("{plain}\n\n") };
    }
    let mut rows: Vec<Vec<String>> =
        plain.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
    let width = rows.first().map_or(0, Vec::len);
    let is_table = width > 1 && rows.iter().all(|row| row.len() == width);
    if is_table && rng.chance(50) {
        rows.iter_mut().for_each(|row| row.reverse());
    }
    for cell in rows.iter_mut().flatten() {
        match rng.below(8) {
            0 => *cell = format!(" {cell}\u{a0}"),
            1 => *cell = format!("\"{cell}\""),
            2 => *cell = cell.nfd().collect(),
            _ => {}
        }
    }
    let separator = *rng.pick(&[",", ";", "\t"]).unwrap();
    let end = *rng.pick(&["\n", "\r\n", "\r"]).unwrap();
    let mut changed = String::new();
    if rng.chance(30) {
        changed.push('\u{feff}');
    }
    if separator == ";" && rng.chance(50) {
        changed.push_str(&format!("sep=;{end}"));
    }
    for row in rows {
        if rng.chance(10) {
            changed
                .push_str(&format!("# ghi chú{}{end}", separator.repeat(width.saturating_sub(1))));
        }
        changed.push_str(&format!("{}{end}", row.join(separator)));
        if rng.chance(10) {
            changed.push_str(&format!("{}{end}", separator.repeat(width.saturating_sub(1))));
        }
    }
    changed
}
