//! Cell suppression: which cells of a table to hide so that no small cell can be computed from the
//! visible ones.
//!
//! ```text
//!              province   district A   district B   district C
//!  as counted      31           3           12           16        3 is small
//!  hidden          31          (3)         (12)          16        12 too: 31 - 12 - 16 gives 3
//! ```
//!
//! The sums are public: parts to their whole, phases to their campaign. Whether a hidden cell is
//! determined is computed by exact elimination over all sums together, so a chain of subtractions
//! finds no more than a single one.

/// Arithmetic modulo this prime replaces exact fractions: determinants of such small tables of 0
/// and ±1 are far below it.
const MODULUS: i64 = 2_147_483_647;

/// Cells that add up to another cell, by index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CellSum {
    /// The whole.
    pub(super) whole: usize,
    /// The parts, complete.
    pub(super) parts: Vec<usize>,
}

impl CellSum {
    fn cells(&self) -> impl Iterator<Item = usize> {
        self.parts.iter().copied().chain([self.whole])
    }
}

/// Returns for each cell whether it is hidden: the `small` ones, the `absent` ones, which have no
/// line, and as many others as needed.
///
/// `values` decides which others: the smallest first. The sums hold by structure, whether or not
/// the given figures add up.
#[must_use]
pub(super) fn suppress_cells(
    values: &[i64],
    (small, absent): (&[bool], &[bool]),
    sums: &[CellSum],
) -> Vec<bool> {
    let mut hidden: Vec<bool> =
        small.iter().zip(absent).map(|(small, absent)| *small || *absent).collect();
    loop {
        let found = find_determined(&hidden, sums);
        let disclosed = (0..hidden.len()).find(|at| small[*at] && found[*at]);
        let more = match disclosed {
            Some(at) => smallest_visible_peer(at, values, &hidden, sums),
            None => next_in_small_sum(values, small, &hidden, sums),
        };
        match more {
            Some(at) => hidden[at] = true,
            None => return hidden,
        }
    }
}

/// The smallest visible cell that shares a sum with this one, parts before wholes; otherwise the
/// smallest visible cell of any sum.
fn smallest_visible_peer(
    at: usize,
    values: &[i64],
    hidden: &[bool],
    sums: &[CellSum],
) -> Option<usize> {
    let near = sums.iter().filter(|sum| sum.cells().any(|cell| cell == at));
    smallest_visible(near.flat_map(|sum| sum.parts.iter().copied()), values, hidden)
        .or_else(|| {
            let near = sums.iter().filter(|sum| sum.cells().any(|cell| cell == at));
            smallest_visible(near.map(|sum| sum.whole), values, hidden)
        })
        .or_else(|| smallest_visible(sums.iter().flat_map(CellSum::cells), values, hidden))
}

/// A further cell to hide where all hidden parts of a visible whole are small: their sum would
/// disclose nearly as much.
fn next_in_small_sum(
    values: &[i64],
    small: &[bool],
    hidden: &[bool],
    sums: &[CellSum],
) -> Option<usize> {
    let alone = |sum: &&CellSum| {
        let mut parts = sum.parts.iter().filter(|part| hidden[**part]).peekable();
        !hidden[sum.whole] && parts.peek().is_some() && parts.all(|part| small[*part])
    };
    sums.iter().filter(alone).find_map(|sum| {
        smallest_visible(sum.parts.iter().copied(), values, hidden)
            .or_else(|| smallest_visible([sum.whole].into_iter(), values, hidden))
    })
}

fn smallest_visible(
    cells: impl Iterator<Item = usize>,
    values: &[i64],
    hidden: &[bool],
) -> Option<usize> {
    cells.filter(|at| !hidden[*at]).min_by_key(|at| (values[*at], *at))
}

/// Which hidden cells are determined by the visible ones and the sums.
fn find_determined(hidden: &[bool], sums: &[CellSum]) -> Vec<bool> {
    let unknown: Vec<usize> = (0..hidden.len()).filter(|at| hidden[*at]).collect();
    let column = |at: usize| unknown.binary_search(&at).ok();
    let mut rows: Vec<Vec<i64>> = Vec::new();
    for sum in sums {
        let mut row = vec![0; unknown.len()];
        for part in sum.parts.iter().filter_map(|part| column(*part)) {
            row[part] += 1;
        }
        if let Some(whole) = column(sum.whole) {
            row[whole] += MODULUS - 1;
        }
        rows.push(row);
    }
    row_reduce(&mut rows, unknown.len());
    let mut found = vec![false; hidden.len()];
    for row in &rows {
        let mut terms = (0..row.len()).filter(|at| row[*at] != 0);
        if let (Some(only), None) = (terms.next(), terms.next()) {
            found[unknown[only]] = true;
        }
    }
    found
}

/// Reduces the rows to reduced echelon form: an unknown is determined if it is alone in a row.
fn row_reduce(rows: &mut [Vec<i64>], columns: usize) {
    let mut done = 0;
    for column in 0..columns {
        let Some(pivot) = (done..rows.len()).find(|row| rows[*row][column] % MODULUS != 0) else {
            continue;
        };
        rows.swap(done, pivot);
        let scale = modular_inverse(rows[done][column]);
        rows[done].iter_mut().for_each(|term| *term = *term * scale % MODULUS);
        let lead = rows[done].clone();
        for (at, row) in rows.iter_mut().enumerate() {
            let times = row[column];
            if at != done && times != 0 {
                for (term, of) in row.iter_mut().zip(&lead) {
                    *term = (*term + (MODULUS - times) * of) % MODULUS;
                }
            }
        }
        done += 1;
    }
}

/// The modular inverse, by Fermat's little theorem.
fn modular_inverse(number: i64) -> i64 {
    let (mut base, mut power, mut result) = (number % MODULUS, MODULUS - 2, 1);
    while power > 0 {
        if power & 1 == 1 {
            result = result * base % MODULUS;
        }
        base = base * base % MODULUS;
        power >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[i64], sums: &[CellSum]) -> Vec<bool> {
        let small: Vec<bool> = values.iter().map(|value| *value < 5).collect();
        suppress_cells(values, (&small, &vec![false; small.len()]), sums)
    }

    #[test]
    fn one_small_district_takes_the_next_smallest_with_it() {
        let sum = CellSum { whole: 0, parts: vec![1, 2, 3] };
        assert_eq!(of(&[31, 3, 12, 16], &[sum]), [false, true, true, false]);
    }

    #[test]
    fn two_small_districts_take_a_third_one_with_them_for_their_sum_is_small_too() {
        let sum = CellSum { whole: 0, parts: vec![1, 2, 3, 4] };
        assert_eq!(
            of(&[43, 1, 2, 20, 20], std::slice::from_ref(&sum)),
            [false, true, true, true, false]
        );
        assert_eq!(of(&[60, 20, 20, 20, 0], &[sum]), [false, true, false, false, true]);
    }

    #[test]
    fn a_small_whole_of_one_part_hides_both_and_nothing_else() {
        let sums = [CellSum { whole: 0, parts: vec![1] }, CellSum { whole: 2, parts: vec![3, 4] }];
        assert_eq!(of(&[3, 3, 40, 20, 20], &sums), [true, true, false, false, false]);
    }

    #[test]
    fn where_nothing_is_small_nothing_is_hidden() {
        assert_eq!(of(&[10, 5, 5], &[CellSum { whole: 0, parts: vec![1, 2] }]), [false; 3]);
    }

    /// Districts by phases, with the province's row and the campaign's column: cell (unit, phase)
    /// at `unit * phases + phase`.
    fn grid(units: usize, phases: usize) -> Vec<CellSum> {
        let at = |unit: usize, phase: usize| unit * phases + phase;
        let down = (0..phases).map(|phase| CellSum {
            whole: at(0, phase),
            parts: (1..units).map(|unit| at(unit, phase)).collect(),
        });
        let across = (0..units).map(|unit| CellSum {
            whole: at(unit, 0),
            parts: (1..phases).map(|phase| at(unit, phase)).collect(),
        });
        down.chain(across).collect()
    }

    /// Whether another table has the same visible cells and another figure in this cell: an
    /// independent check that the cell is not determined. Steps are cycles of four cells, which
    /// leave both kinds of sums unchanged.
    fn has_a_twin(at: usize, hidden: &[bool], units: usize, phases: usize) -> bool {
        let cell = |unit: usize, phase: usize| unit * phases + phase;
        let free = hidden.to_vec();
        // Edges connect rows and columns: a hidden cell lies on a cycle if its ends are connected
        // without it.
        let (row, column) = (at / phases, at % phases);
        let mut reached = vec![false; units + phases];
        let mut stack = vec![row];
        while let Some(node) = stack.pop() {
            if std::mem::replace(&mut reached[node], true) {
                continue;
            }
            for unit in 0..units {
                for phase in 0..phases {
                    let edge = cell(unit, phase);
                    if !free[edge] || edge == at {
                        continue;
                    }
                    if node == unit {
                        stack.push(units + phase);
                    } else if node == units + phase {
                        stack.push(unit);
                    }
                }
            }
        }
        reached[units + column]
    }

    proptest! {
        /// For every small figure there is another table with the same visible cells.
        #[test]
        fn no_small_figure_follows_from_what_is_shown(
            units in 2usize..7, phases in 2usize..5, figures in prop::collection::vec(0i64..14, 24),
        ) {
            let mut values = vec![0; units * phases];
            for unit in 1..units {
                for phase in 1..phases {
                    let figure = figures[(unit - 1) * 4 + phase - 1];
                    for cell in [unit * phases + phase, phase, unit * phases, 0] {
                        values[cell] += figure;
                    }
                }
            }
            let hidden = of(&values, &grid(units, phases));
            for at in 0..values.len() {
                if values[at] < 5 {
                    prop_assert!(hidden[at]);
                    prop_assert!(has_a_twin(at, &hidden, units, phases), "{values:?} {hidden:?} {at}");
                }
            }
        }
    }
}
