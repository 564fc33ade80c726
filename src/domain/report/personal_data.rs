//! Numbers in a free text that could identify a citizen.
//!
//! **Found**, however the digits are split (spaces, dots, dashes, slashes, brackets, invisible or
//! full-width characters): identity numbers of 12 and of 9 digits, telephone numbers with 0 or +84,
//! vehicle plates, and every unbroken run of nine digits or more.
//!
//! **Not found**: names, addresses, dates of birth, account and passport numbers of fewer than nine
//! digits, numbers written as words, and a nine-digit number written like an amount (`334.567.890`)
//! without a word such as CMND before it.
//!
//! Dates, times and figures with separators pass: reports are full of them.

use unicode_normalization::UnicodeNormalization as _;

/// An unbroken run of this many digits is never a figure of a report.
const UNBROKEN_DIGITS_MIN: usize = 9;
/// Digits of the shortest plate: the province and a number of four.
const PLATE_DIGITS_MIN: usize = 6;
/// Most characters between two parts of one number, as in `) - `.
const JOINER_CHARS_MAX: usize = 3;
/// Characters before a number in which a word such as CCCD speaks of it.
const CONTEXT_CHARS: usize = 24;
/// Words that announce an identity or telephone number.
const NUMBER_WORDS: &str = "cccd cmnd cmt đt sđt đtdđ zalo hotline tel phone";
/// Phrases that do.
const NUMBER_PHRASES: [&str; 5] = ["căn cước", "định danh", "chứng minh", "điện thoại", "di động"];
/// Words after an amount of money.
const MONEY_WORDS: &str = "đồng đ vnđ vnd triệu tr tỷ tỉ usd";
/// Units of measure that look like the letters of a plate: `15 ha 2300`.
const MEASURES: &str = "ha km kg m cm mm g l h đ tr k t p s kw";

/// Whether a list of words holds `word`, in any case.
fn has_word(words: &str, word: &str) -> bool {
    let word = word.to_lowercase();
    words.split(' ').any(|one| one == word)
}

/// Whether the text holds a number that could identify a citizen.
#[must_use]
pub fn has_personal_data(text: &str) -> bool {
    if has_few_digits(text) {
        return false;
    }
    let folded: Vec<char> = text
        .nfkc()
        .filter(|c| !is_invisible(*c))
        .map(|c| if is_dash(c) { '-' } else { c })
        .collect();
    has_identifying_number(&folded) || (0..folded.len()).any(|at| is_plate_at(&folded, at))
}

/// Whether the text has fewer digits than the shortest plate, in any form: most notes, which need
/// no folding. Only ASCII and letters of Latin scripts are known to hide no digit.
fn has_few_digits(text: &str) -> bool {
    let is_latin =
        |c| matches!(c, '\u{c0}'..='\u{24f}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}');
    text.chars().all(|c| c.is_ascii() || is_latin(c))
        && text.bytes().filter(u8::is_ascii_digit).count() < PLATE_DIGITS_MIN
}

/// Characters without a shape of their own (Default_Ignorable_Code_Point).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// A run of digits with the characters between it and the run before.
struct DigitRun {
    gap: String,
    digits: String,
}

/// Runs that are separated by one mark each, as in `1.234.567` or `12/03/2025`.
struct MarkedNumber<'a> {
    groups: Vec<&'a str>,
    marks: Vec<char>,
    gap: &'a str,
}

fn has_identifying_number(text: &[char]) -> bool {
    let (runs, rest) = split_runs(text);
    if runs.iter().any(|run| run.digits.len() >= UNBROKEN_DIGITS_MIN) {
        return true;
    }
    let numbers = join_marked(&runs);
    let follows = |at: usize| numbers.get(at + 1).map_or(rest.as_str(), |next| next.gap);
    let mut start = 0;
    while start < numbers.len() {
        // A chain ends where no further number could continue this one.
        let mut end = start + 1;
        while end < numbers.len() && joins(numbers[end].gap) {
            end += 1;
        }
        let chain = &numbers[start..end];
        if is_announced(chain) || has_telephone_or_identity(chain, follows(end - 1)) {
            return true;
        }
        start = end;
    }
    false
}

/// The runs of digits, and the text after the last one.
fn split_runs(text: &[char]) -> (Vec<DigitRun>, String) {
    let (mut runs, mut gap): (Vec<DigitRun>, String) = (Vec::new(), String::new());
    let mut in_run = false;
    for c in text {
        match runs.last_mut() {
            Some(run) if in_run && c.is_ascii_digit() => run.digits.push(*c),
            _ if c.is_ascii_digit() => {
                runs.push(DigitRun { gap: std::mem::take(&mut gap), digits: c.to_string() });
            }
            _ => gap.push(*c),
        }
        in_run = c.is_ascii_digit();
    }
    (runs, gap)
}

fn join_marked(runs: &[DigitRun]) -> Vec<MarkedNumber<'_>> {
    let mut numbers: Vec<MarkedNumber<'_>> = Vec::new();
    for run in runs {
        let mut gap = run.gap.chars();
        let mark = gap.next().filter(|mark| gap.next().is_none() && ".,/-:".contains(*mark));
        match (numbers.last_mut(), mark) {
            (Some(number), Some(mark)) => {
                number.groups.push(&run.digits);
                number.marks.push(mark);
            }
            (_, _) => numbers.push(MarkedNumber {
                groups: vec![&run.digits],
                marks: Vec::new(),
                gap: &run.gap,
            }),
        }
    }
    numbers
}

/// Whether two parts of one number can be separated like this; a list has `, ` or `;`.
fn joins(gap: &str) -> bool {
    gap.chars().count() <= JOINER_CHARS_MAX
        && !gap.contains([';', '\n'])
        && !gap.contains(", ")
        && gap.chars().all(|c| !c.is_alphanumeric())
}

/// Whether a word such as CCCD stands before nine digits or more, in any writing.
fn is_announced(chain: &[MarkedNumber<'_>]) -> bool {
    let digits: usize = chain.iter().flat_map(|number| &number.groups).map(|one| one.len()).sum();
    let Some(first) = chain.first().filter(|_| digits >= UNBROKEN_DIGITS_MIN) else { return false };
    let skipped = first.gap.chars().count().saturating_sub(CONTEXT_CHARS);
    let context: String = first.gap.chars().skip(skipped).collect::<String>().to_lowercase();
    let mut words = context.split(|c: char| !c.is_alphanumeric());
    NUMBER_PHRASES.iter().any(|phrase| context.contains(phrase))
        || words.any(|word| has_word(NUMBER_WORDS, word))
}

/// Whether parts of the chain join to a telephone or identity number. `follows` is the text after
/// the chain.
fn has_telephone_or_identity(chain: &[MarkedNumber<'_>], follows: &str) -> bool {
    let mut open: Vec<(&str, bool)> = Vec::new();
    for number in chain {
        let international = number.gap.ends_with('+');
        // After a 0 or +84 the rest of a telephone number can look like an amount: 0912 345.678.
        let begun = open.iter().any(|(group, plus)| *plus || group.starts_with('0'))
            || international && number.groups[0] == "84";
        let is_plain = if begun {
            is_date(&number.groups, &number.marks) || is_time(&number.groups, &number.marks)
        } else {
            is_plain_writing(&number.groups, &number.marks)
        };
        if is_plain {
            if joins_to_number(&open, "") {
                return true;
            }
            open.clear();
            continue;
        }
        let groups = number.groups.iter().enumerate();
        open.extend(groups.map(|(at, group)| (*group, international && at == 0)));
    }
    joins_to_number(&open, follows)
}

fn joins_to_number(groups: &[(&str, bool)], follows: &str) -> bool {
    let begins_number = |start: usize| {
        let international = groups[start].1;
        let mut joined = String::new();
        groups[start..].iter().any(|(group, _)| {
            joined.push_str(group);
            is_telephone_or_identity(&joined, international)
        })
    };
    (0..groups.len()).any(begins_number) || has_nine_digits_in_parts(groups, follows)
}

/// A telephone number, or an identity number of 12 digits, which begins with the code of a
/// province (001 to 096).
fn is_telephone_or_identity(digits: &str, international: bool) -> bool {
    let bytes = digits.as_bytes();
    let second = bytes.get(1).copied().unwrap_or_default();
    let subscriber = |prefix: &str| {
        digits.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() == 9 && !rest.starts_with(['0', '1']) || rest.len() == 10
        })
    };
    match digits.len() {
        10 if bytes[0] == b'0' && second >= b'2' => true,
        11 if digits.starts_with("02") => true,
        11 if digits.starts_with("84") => subscriber("84"),
        12 if bytes[0] == b'0' => true,
        12 if international => subscriber("84"),
        13 | 14 => subscriber("0084"),
        9..=15 => international && !digits.starts_with("84"),
        _ => false,
    }
}

/// Nine digits in parts of one size, the last one possibly shorter: `33 45 67 89 0`. A year is not
/// a part, and an amount of money passes.
fn has_nine_digits_in_parts(groups: &[(&str, bool)], follows: &str) -> bool {
    groups.split(|(group, _)| is_year(group)).any(|parts| {
        let Some((first, _)) = parts.first() else { return false };
        let sizes = parts.iter().map(|(part, _)| part.len());
        let (last, whole) = (parts[parts.len() - 1].0.len(), &parts[..parts.len() - 1]);
        let even = whole.iter().all(|(part, _)| part.len() == first.len()) && last <= first.len();
        sizes.sum::<usize>() == 9 && parts.len() > 1 && even && !is_money(parts, follows)
    })
}

fn is_money(parts: &[(&str, bool)], follows: &str) -> bool {
    let word: String = follows.trim_start().chars().take_while(|c| c.is_alphanumeric()).collect();
    parts.iter().all(|(part, _)| part.len() == 3) && has_word(MONEY_WORDS, &word)
}

/// Whether the whole of a marked number is a date, a time, a figure, or two of them.
fn is_plain_writing(groups: &[&str], marks: &[char]) -> bool {
    if marks.is_empty() {
        return false;
    }
    if is_composed(groups, marks) || is_time(groups, marks) || is_document(groups, marks) {
        return true;
    }
    ['-', '/'].into_iter().any(|mark| {
        let mut places = marks.iter().enumerate().filter(|(_, one)| **one == mark);
        let (Some((at, _)), None) = (places.next(), places.next()) else { return false };
        let sides = [(&groups[..=at], &marks[..at]), (&groups[at + 1..], &marks[at + 1..])];
        let single = |groups: &[&str]| groups.len() == 1 && groups[0].len() <= 4;
        let composed = sides.map(|(groups, marks)| is_composed(groups, marks));
        (composed[0] || single(sides[0].0))
            && (composed[1] || single(sides[1].0))
            && (composed[0] || composed[1])
    })
}

fn is_composed(groups: &[&str], marks: &[char]) -> bool {
    is_date(groups, marks) || is_figure(groups, marks) || is_decimal(groups, marks)
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && matches!(text.parse(), Ok(1900..=2199))
}

/// `15/12/2024`, `15-12-2024`, `2024-12-15`, `15/12/24`, `15/12`, `12/2024`.
fn is_date(groups: &[&str], marks: &[char]) -> bool {
    let within = |text: &str, last: u32| {
        text.len() <= 2 && text.parse::<u32>().is_ok_and(|value| (1..=last).contains(&value))
    };
    let (day, month) = (|text: &str| within(text, 31), |text: &str| within(text, 12));
    let short_year = |text: &str| text.len() == 2 && matches!(text.parse(), Ok(10..=39));
    match (groups, marks) {
        ([d, m, y], [a, b]) if a == b && matches!(a, '/' | '-' | '.') => {
            (day(d) && month(m) && (is_year(y) || *a == '/' && short_year(y)))
                || (is_year(d) && month(m) && day(y))
        }
        ([d, m], ['/']) if day(d) && month(m) => true,
        ([m, y], ['/' | '-' | '.']) => month(m) && is_year(y),
        (_, _) => false,
    }
}

/// `07:30`, `07:30:15`.
fn is_time(groups: &[&str], marks: &[char]) -> bool {
    !marks.is_empty()
        && marks.iter().all(|mark| *mark == ':')
        && groups.len() <= 3
        && groups.iter().all(|group| group.len() <= 2)
}

/// The number of a document with its year: `12345/2024`.
fn is_document(groups: &[&str], marks: &[char]) -> bool {
    matches!((groups, marks), ([_, year], ['/']) if is_year(year))
}

/// `1.234.567`, `1,234,567.89`: groups of three after the first, which does not begin with 0.
fn is_figure(groups: &[&str], marks: &[char]) -> bool {
    let (Some(first), Some(mark)) = (groups.first(), marks.first()) else { return false };
    let thousands = marks.iter().take_while(|one| *one == mark).count();
    let decimals = &marks[thousands..];
    matches!(mark, '.' | ',')
        && first.len() <= 3
        && !first.starts_with('0')
        && groups[1..=thousands].iter().all(|group| group.len() == 3)
        && matches!(decimals, [] | ['.' | ','])
}

/// `12,5`, `0.75`. `0.912` is not taken for one: a telephone number can begin so.
fn is_decimal(groups: &[&str], marks: &[char]) -> bool {
    match (groups, marks) {
        ([whole, part], ['.' | ',']) => {
            let padded = whole.len() > 1 && whole.starts_with('0');
            !padded && part.len() <= if *whole == "0" { 2 } else { 4 }
        }
        (_, _) => false,
    }
}

/// Whether a plate begins here: two digits, one or two letters with an optional digit, then four or
/// five digits (`84A-123.45`, `84-MĐ1 23456`).
fn is_plate_at(text: &[char], at: usize) -> bool {
    let is_digit = |at: usize| text.get(at).is_some_and(char::is_ascii_digit);
    let inside = at > 0 && text[at - 1].is_alphanumeric();
    if inside || !is_digit(at) || !is_digit(at + 1) {
        return false;
    }
    let letters_at = skip_plate_gap(text, at + 2);
    let letters: String = text[letters_at..].iter().take_while(|c| is_plate_letter(**c)).collect();
    let count = letters.chars().count();
    let separate = letters_at > at + 2;
    let small = letters.chars().any(char::is_lowercase);
    if !(1..=2).contains(&count) || separate && small {
        return false;
    }
    let rest = letters_at + count;
    let spaced = text.get(rest).is_none_or(|c| c.is_whitespace() || c.is_ascii_digit());
    let is_measure = small && spaced && has_word(MEASURES, &letters);
    !is_measure && has_plate_number(text, rest)
}

fn is_plate_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, 'Đ' | 'đ' | 'Ð' | 'ð')
}

/// The place after at most three characters that can separate the parts of a plate.
fn skip_plate_gap(text: &[char], at: usize) -> usize {
    let is_gap = |c: &&char| c.is_whitespace() || matches!(c, '-' | '.' | '_' | '·');
    at + text[at.min(text.len())..].iter().take(JOINER_CHARS_MAX).take_while(is_gap).count()
}

/// Whether an optional series digit and a number of four or five digits stand here, and no more.
fn has_plate_number(text: &[char], at: usize) -> bool {
    let mut at = at;
    let (mut sizes, mut glued) = (Vec::new(), true);
    while sizes.len() < 3 {
        let start = skip_plate_gap(text, at);
        let digits = text[start..].iter().take_while(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            return false;
        }
        let spaced = text[at..start].iter().any(|c| c.is_whitespace());
        glued = if sizes.is_empty() { start == at } else { glued };
        sizes.push(digits);
        at = start + digits;
        let number: String = text[start..at].iter().collect();
        let ends = text.get(at).is_none_or(|c| !c.is_alphanumeric());
        let is_plate = match sizes[..] {
            [4] => !(spaced && is_year(&number)),
            [5] | [3, 2] | [1, 4] | [1, 5] | [1, 3, 2] => true,
            [6] | [4, 2] => glued,
            _ => false,
        };
        if is_plate && ends {
            return true;
        }
    }
    false
}

#[cfg(test)]
#[path = "personal_data_tests.rs"]
mod tests;
