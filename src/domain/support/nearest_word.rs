//! The word that someone may have meant: the nearest of the possible ones, by letters changed.

use crate::domain::support::message::{Message, message};

/// Fewest letters of a word that was cut short.
const CUT_SHORT_MIN: usize = 4;

/// A fault's text, with the word that was probably meant behind it if one of `words` is near.
#[must_use]
pub fn with_nearest<'a>(
    text: Message,
    typed: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> Message {
    match nearest_word(typed, words) {
        Some(near) => message!("nearest-word-did-you-mean", text => text, near),
        None => text,
    }
}

/// The word nearest to `typed`, if at most a third of its letters differ; case does not count.
#[must_use]
pub fn nearest_word<'a>(typed: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed: Vec<char> = typed.to_lowercase().chars().collect();
    let near = words.into_iter().filter_map(|word| {
        let letters: Vec<char> = word.to_lowercase().chars().collect();
        // A word cut short is nearer than one with other letters.
        let is_cut_short = typed.len() >= CUT_SHORT_MIN && letters.starts_with(&typed);
        let distance = if is_cut_short { 0 } else { edit_distance(&typed, &letters) };
        (distance <= typed.len().max(letters.len()) / 3).then_some((distance, word))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// The fewest letters inserted, removed or replaced, or neighbours exchanged, between two words.
fn edit_distance(from: &[char], to: &[char]) -> usize {
    let mut earlier: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let replaced = above[column] + usize::from(letter != other);
            let mut least = replaced.min(above[column + 1] + 1).min(line[column] + 1);
            let exchanged =
                row > 0 && column > 0 && from[row - 1] == *other && *letter == to[column - 1];
            if exchanged {
                least = least.min(earlier[column - 1] + 1);
            }
            line.push(least);
        }
        earlier = std::mem::replace(&mut above, line);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_word_and_another_word_finds_none() {
        let keys = ["launches", "launched_on", "last_day", "first_day", "FLOW", "STOCK"];
        for (typed, meant) in [
            ("launched", Some("launched_on")),
            ("lats_day", Some("last_day")),
            ("flow", Some("FLOW")),
            ("stok", Some("STOCK")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest_word(typed, keys), meant, "{typed}");
        }
    }
}
