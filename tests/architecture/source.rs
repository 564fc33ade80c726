//! Reads Rust source as far as needed to find the paths that it names and where its functions end.
//! Comments, strings and character literals are skipped; macros are not expanded.

/// One word or sign of the source, with its line (from 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// A path as written, with `use` trees expanded and `self`/`super` resolved: `["crate", "store",
/// "Tx"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedPath {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    /// The word before the path is `use`: even a single segment names something outside.
    pub(crate) in_use: bool,
}

/// A function: name, first line, number of lines.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FunctionSpan {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// Splits the text; `::` is one token, every other sign is its own.
pub(crate) fn tokenize(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut line, mut out) = (0, 1, Vec::new());
    while at < chars.len() {
        let end = skip_non_code(&chars, at).unwrap_or_else(|| word_end(&chars, at));
        let piece = &chars[at..end];
        if skip_non_code(&chars, at).is_none() && !piece[0].is_whitespace() {
            out.push(Token { text: piece.iter().collect(), line });
        }
        line += piece.iter().filter(|c| **c == '\n').count();
        at = end;
    }
    out
}

/// Every string of the text as it is written, without its quotes, with its first line.
pub(crate) fn find_strings(text: &str) -> Vec<(String, usize)> {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut line, mut out) = (0, 1, Vec::new());
    while at < chars.len() {
        let skipped = skip_non_code(&chars, at);
        let end = skipped.unwrap_or_else(|| word_end(&chars, at));
        let piece: String = chars[at..end].iter().collect();
        let quoted = piece.trim_start_matches(['b', 'c', 'r', '#']);
        if skipped.is_some() && quoted.starts_with('"') {
            out.push((quoted.trim_end_matches('#').trim_matches('"').to_owned(), line));
        }
        line += piece.matches('\n').count();
        at = end;
    }
    out
}

/// The end of the comment, string, character or lifetime that begins here, if one does.
fn skip_non_code(chars: &[char], at: usize) -> Option<usize> {
    let next = |n: usize| chars.get(at + n).copied().unwrap_or('\0');
    match (next(0), next(1)) {
        ('/', '/') => Some(find_char(chars, at, |c| c == '\n')),
        ('/', '*') => Some(block_comment_end(chars, at)),
        ('"', _) => Some(string_end(chars, at)),
        ('b' | 'c', '"') => Some(string_end(chars, at + 1)),
        ('r', '"' | '#') => raw_string_end(chars, at + 1),
        ('b' | 'c', 'r') => raw_string_end(chars, at + 2),
        ('b', '\'') => Some(quote_end(chars, at + 1)),
        ('\'', _) => Some(quote_end(chars, at)),
        _ => None,
    }
}

fn find_char(chars: &[char], from: usize, stop: impl Fn(char) -> bool) -> usize {
    (from..chars.len()).find(|&i| stop(chars[i])).unwrap_or(chars.len())
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut i) = (0, at);
    while i < chars.len() {
        let step = match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                2
            }
            ('*', Some('/')) => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        i += step;
        if depth == 0 {
            break;
        }
    }
    i.min(chars.len())
}

fn string_end(chars: &[char], open: usize) -> usize {
    let mut i = open + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(chars.len())
}

/// `None` for a raw identifier such as `r#type`, and for a word that only begins with r.
fn raw_string_end(chars: &[char], at: usize) -> Option<usize> {
    let quote = find_char(chars, at, |c| c != '#');
    if chars.get(quote) != Some(&'"') {
        return None;
    }
    let closing: Vec<char> =
        std::iter::once('"').chain(std::iter::repeat_n('#', quote - at)).collect();
    let end = (quote + 1..chars.len()).find(|&i| chars[i..].starts_with(&closing));
    Some(end.map_or(chars.len(), |i| i + closing.len()))
}

/// A character literal, or a lifetime (whose name is skipped too).
fn quote_end(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => find_char(chars, at + 3, |c| c == '\'') + 1,
        (Some(_), Some('\'')) => at + 3,
        _ => find_char(chars, at + 1, |c| !is_word(c)),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word_end(chars: &[char], at: usize) -> usize {
    if is_word(chars[at]) {
        return find_char(chars, at, |c| !is_word(c));
    }
    if chars[at] == ':' && chars.get(at + 1) == Some(&':') { at + 2 } else { at + 1 }
}

/// Every path that the text names. `module` is the file's own path: `["domain", "report"]`.
pub(crate) fn find_paths(tokens: &[Token], module: &[String]) -> Vec<NamedPath> {
    let (mut out, mut inline, mut depth) = (Vec::new(), Vec::<(String, usize)>::new(), 0_usize);
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                inline.retain(|(_, opened)| *opened < depth);
            }
            "mod" if token_text(tokens, at + 2) == "{" => {
                inline.push((token_text(tokens, at + 1).to_owned(), depth))
            }
            _ => {}
        }
        if starts_path(tokens, at) {
            let mut here = module.to_vec();
            here.extend(inline.iter().map(|(name, _)| name.clone()));
            let in_use = at > 0 && token_text(tokens, at - 1) == "use";
            let mut found = Vec::new();
            expand_path(tokens, at, Vec::new(), &mut found);
            out.extend(found.into_iter().map(|(path, line)| NamedPath {
                path: resolve_path(path, &here),
                line,
                in_use,
            }));
        }
    }
    out
}

fn token_text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |t| t.text.as_str())
}

fn is_ident(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// An identifier that does not continue an earlier path or a field access.
fn starts_path(tokens: &[Token], at: usize) -> bool {
    if !is_ident(token_text(tokens, at)) {
        return false;
    }
    let before = |n: usize| at.checked_sub(n).map_or("", |i| token_text(tokens, i));
    match before(1) {
        "." => false,
        "::" => !(is_ident(before(2)) || before(2) == ">") || before(2) == "use",
        _ => true,
    }
}

/// Expands `a::{b, c::d}` from the segment at `at`; returns where it stopped.
fn expand_path(
    tokens: &[Token],
    at: usize,
    mut path: Vec<String>,
    out: &mut Vec<(Vec<String>, usize)>,
) -> usize {
    let mut at = at;
    let line = tokens.get(at).map_or(0, |t| t.line);
    loop {
        match token_text(tokens, at) {
            "{" => return expand_group(tokens, at + 1, &path, out),
            "*" => {
                path.push("*".to_owned());
                at += 1;
                break;
            }
            word if is_ident(word) => path.push(word.to_owned()),
            _ => break,
        }
        at += 1;
        if token_text(tokens, at) != "::" {
            break;
        }
        at += 1;
    }
    out.push((path, line));
    at
}

fn expand_group(
    tokens: &[Token],
    mut at: usize,
    path: &[String],
    out: &mut Vec<(Vec<String>, usize)>,
) -> usize {
    while at < tokens.len() && token_text(tokens, at) != "}" {
        let word = token_text(tokens, at);
        at = if is_ident(word) && word != "as" || word == "*" || word == "{" {
            expand_path(tokens, at, path.to_vec(), out)
        } else {
            at + 1 + usize::from(word == "as")
        };
    }
    at + 1
}

/// Replaces a leading `self`, `super`, `thidua` or `crate` by the path from the crate's root.
fn resolve_path(path: Vec<String>, here: &[String]) -> Vec<String> {
    let supers = path.iter().take_while(|s| *s == "super").count();
    let (base, rest) = match path.first().map(String::as_str) {
        Some("crate" | "thidua") => (Vec::new(), &path[1..]),
        Some("self") => (here.to_vec(), &path[1..]),
        Some("super") => (here[..here.len().saturating_sub(supers)].to_vec(), &path[supers..]),
        _ => return path,
    };
    let mut whole = vec!["crate".to_owned()];
    whole.extend(base.into_iter().chain(rest.iter().cloned()));
    whole
}

/// Where the file's own tests begin: at `#[cfg(test)] mod name {`, or at the end. What follows
/// counts as tests.
pub(crate) fn test_module_start(tokens: &[Token]) -> usize {
    let opening = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let begins = |at: usize| {
        opening.iter().enumerate().all(|(step, word)| token_text(tokens, at + step) == *word)
    };
    (0..tokens.len())
        .find(|&at| begins(at) && token_text(tokens, at + 9) == "{")
        .unwrap_or(tokens.len())
}

/// Every function with a body.
pub(crate) fn find_functions(tokens: &[Token]) -> Vec<FunctionSpan> {
    let starts = (0..tokens.len())
        .filter(|&i| token_text(tokens, i) == "fn" && is_ident(token_text(tokens, i + 1)));
    starts.filter_map(|i| parse_function(tokens, i)).collect()
}

fn parse_function(tokens: &[Token], at: usize) -> Option<FunctionSpan> {
    let (mut braces, mut brackets) = (0_i32, 0_i32);
    for token in &tokens[at..] {
        match token.text.as_str() {
            "(" | "[" => brackets += 1,
            ")" | "]" => brackets -= 1,
            "{" => braces += 1,
            "}" => braces -= 1,
            ";" if braces == 0 && brackets == 0 => return None,
            _ => continue,
        }
        if braces == 0 && token.text == "}" {
            let line = tokens[at].line;
            return Some(FunctionSpan {
                name: token_text(tokens, at + 1).to_owned(),
                line,
                lines: token.line - line + 1,
            });
        }
    }
    None
}
