//! Whether the checkpoints and proofs that somebody holds agree: one history, and everything in it that is said to be.
//!
//! ```text
//!  held      900 ---- old 900 ----> 1520 ---- old 1520 ----> 4000       each size is joined to the next by a proof
//!                                    |
//!                             line 1234 stands in it
//! ```
//!
//! Asked without the audit, by whoever has only these papers. Knows no key: signatures were checked before.

use super::merkle::{Hash, continues, includes, leaf};
use super::paper::{Checkpoint, Paper};
use std::collections::{BTreeMap, BTreeSet};

/// What papers say together when they agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// Lines under the newest checkpoint.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// Why they do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complaint {
    /// There is none.
    Nothing,
    /// Two checkpoints of so many lines are of different histories.
    Forked(u64),
    /// The newer does not begin with the older: lines were changed or taken out.
    Rewritten {
        /// Lines of the older.
        old: u64,
        /// Lines of the newer.
        new: u64,
    },
    /// A line does not stand where its proof says.
    Absent {
        /// The line, from 1.
        line: u64,
        /// Lines of the checkpoint.
        size: u64,
    },
    /// Nothing shows that the newer begins with the older.
    Unjoined {
        /// Lines of the older.
        old: u64,
        /// Lines of the newer.
        new: u64,
    },
}

/// Whether these papers agree.
///
/// # Errors
/// What does not hold; a lie before what is only missing.
pub fn check(papers: &[Paper]) -> Result<Agreed, Complaint> {
    let mut roots: BTreeMap<u64, Hash> = BTreeMap::new();
    for checkpoint in papers.iter().map(|paper| &paper.signed().checkpoint) {
        if roots.insert(checkpoint.size, checkpoint.root).is_some_and(|known| known != checkpoint.root) {
            return Err(Complaint::Forked(checkpoint.size));
        }
    }
    let mut joined = BTreeSet::new();
    let mut without = None;
    for paper in papers {
        let Checkpoint { size, root, origin: _ } = &paper.signed().checkpoint;
        match paper {
            Paper::Checkpoint(_) => {}
            Paper::Inclusion { line, index, path, within: _ } => {
                if !includes((*size, root), *index, &leaf(line), path) {
                    return Err(Complaint::Absent { line: index.saturating_add(1), size: *size });
                }
            }
            Paper::Consistency { old, path, to: _ } => match roots.get(old) {
                None => without = without.or(Some(Complaint::Unjoined { old: *old, new: *size })),
                Some(before) if continues((*old, before), (*size, root), path) => {
                    joined.insert((*old, *size));
                }
                Some(_) => return Err(Complaint::Rewritten { old: *old, new: *size }),
            },
        }
    }
    // A proof from 900 to 4000 says nothing of a checkpoint at 1520: only neighbours join.
    let apart = roots.keys().zip(roots.keys().skip(1)).find(|(old, new)| !joined.contains(&(**old, **new)));
    match (without, apart, roots.last_key_value()) {
        (Some(complaint), _, _) => Err(complaint),
        (None, Some((old, new)), _) => Err(Complaint::Unjoined { old: *old, new: *new }),
        (None, None, Some((size, root))) => Ok(Agreed { size: *size, root: *root }),
        (None, None, None) => Err(Complaint::Nothing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::merkle::{consistency, inclusion, root};
    use crate::domain::audit::paper::Signed;

    fn line(at: usize) -> Vec<u8> {
        format!("line {at}").into_bytes()
    }

    /// An audit of nine lines; another in which line 3 says something else.
    fn audit(honest: bool) -> Vec<Hash> {
        (1..=9).map(|at| if at == 3 && !honest { leaf(b"another") } else { leaf(&line(at)) }).collect()
    }

    fn signed(leaves: &[Hash], size: usize) -> Signed {
        let checkpoint = Checkpoint { origin: "o".to_owned(), size: size as u64, root: root(&leaves[..size]) };
        Signed { checkpoint, signatures: Vec::new() }
    }

    fn checkpoint(leaves: &[Hash], size: usize) -> Paper {
        Paper::Checkpoint(signed(leaves, size))
    }

    fn grown(leaves: &[Hash], old: usize, new: usize) -> Paper {
        let path = consistency(&leaves[..new], old).unwrap();
        Paper::Consistency { old: old as u64, path, to: signed(leaves, new) }
    }

    fn stands(leaves: &[Hash], at: usize, size: usize) -> Paper {
        let path = inclusion(&leaves[..size], at - 1).unwrap();
        Paper::Inclusion { line: line(at), index: at as u64 - 1, path, within: signed(leaves, size) }
    }

    #[test]
    fn papers_of_one_history_agree_in_any_order() {
        let all = audit(true);
        let papers = [grown(&all, 6, 9), stands(&all, 3, 6), checkpoint(&all, 4), grown(&all, 4, 6)];
        assert_eq!(check(&papers), Ok(Agreed { size: 9, root: root(&all) }));
        assert_eq!(check(&papers[1..2]).unwrap().size, 6, "a proof stands for itself");
        assert_eq!(check(&[]), Err(Complaint::Nothing));
    }

    #[test]
    fn a_changed_line_is_found_by_whoever_holds_an_older_paper() {
        let (all, other) = (audit(true), audit(false));
        assert_eq!(check(&[checkpoint(&all, 4), grown(&other, 4, 9)]), Err(Complaint::Rewritten { old: 4, new: 9 }));
        assert_eq!(check(&[checkpoint(&all, 4), checkpoint(&other, 4)]), Err(Complaint::Forked(4)));
        assert_eq!(check(&[stands(&other, 3, 9)]), Err(Complaint::Absent { line: 3, size: 9 }));
    }

    #[test]
    fn what_is_not_shown_is_not_believed() {
        let all = audit(true);
        let unjoined = |old, new| Err(Complaint::Unjoined { old, new });
        assert_eq!(check(&[checkpoint(&all, 4), checkpoint(&all, 9)]), unjoined(4, 9));
        assert_eq!(check(&[grown(&all, 4, 9)]), unjoined(4, 9), "the older is not there");
        let fan = [checkpoint(&all, 4), grown(&all, 4, 6), grown(&all, 4, 9)];
        assert_eq!(check(&fan), unjoined(6, 9), "both begin with the same lines and may differ behind them");
    }
}
