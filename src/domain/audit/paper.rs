//! Checkpoints and proofs as the texts that are handed out, in the forms of C2SP (signed-note, tlog-checkpoint, tlog-proof, and the body of
//! tlog-witness), so that other people's tools read them.
//!
//! ```text
//!  a checkpoint                line 1234 stands in it       it begins with the first 900 lines
//!
//!  thidua/3f0c…                c2sp.org/tlog-proof@v1       old 900
//!  1520                        extra <the line>             <hash>
//!  <root>                      index 1233                   <hash>
//!                              <hash>
//!  — thidua/3f0c… <signed>                                  <checkpoint>
//!                              <checkpoint>
//! ```
//!
//! Each text has one form: what is read is written again to the byte. Knows no key.

use super::merkle::Hash;
use crate::domain::base64::{base64, unbase64};
use std::fmt;

/// First line of a proof that a line stands in the audit.
const PROOF: &str = "c2sp.org/tlog-proof@v1";
/// More hashes than the proof of any tree of 2^63 lines has.
const HASHES_MAX: usize = 64;
/// What a signature begins with.
const DASH: &str = "\u{2014} ";

/// A text that is neither a checkpoint nor a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a checkpoint nor a proof")]
pub struct BadPaper;

/// What the tree was at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose audit.
    pub origin: String,
    /// How many lines.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Somebody's name under a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Who, by the name of the key.
    pub name: String,
    /// Which key of that name.
    pub key: [u8; 4],
    /// The signature.
    pub bytes: Vec<u8>,
}

/// A checkpoint with the signatures under it. Whether they hold is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What is signed.
    pub checkpoint: Checkpoint,
    /// By whom: one at least.
    pub signatures: Vec<Signature>,
}

/// What one file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paper {
    /// A checkpoint.
    Checkpoint(Signed),
    /// That a line stands in the audit.
    Inclusion {
        /// The line, as it enters the tree.
        line: Vec<u8>,
        /// Its place, from 0.
        index: u64,
        /// From its neighbour to the root.
        path: Vec<Hash>,
        /// The tree.
        within: Signed,
    },
    /// That the audit only grew.
    Consistency {
        /// How many lines it had.
        old: u64,
        /// From below to the root.
        path: Vec<Hash>,
        /// What it grew to.
        to: Signed,
    },
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64(&self.root))
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (origin, size, root) = (lines.next()?, number(lines.next()?)?, hash(lines.next()?)?);
        let checkpoint = Self { origin: origin.to_owned(), size, root };
        // Also refuses further lines: nobody could check what they say.
        (is_name(origin) && checkpoint.text() == text).then_some(checkpoint)
    }
}

impl Signed {
    fn read(text: &str) -> Option<Self> {
        // The first ends where the blank line begins, with its own end.
        let at = text.find("\n\n")? + 1;
        let signatures = text[at + 1..].lines().map(Signature::read).collect::<Option<Vec<_>>>()?;
        let signed = Self { checkpoint: Checkpoint::read(&text[..at])?, signatures };
        (!signed.signatures.is_empty() && signed.to_string() == text).then_some(signed)
    }
}

impl Signature {
    fn read(line: &str) -> Option<Self> {
        let (name, bytes) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = unbase64(bytes)?;
        let (key, bytes) = bytes.split_first_chunk::<4>()?;
        is_name(name).then(|| Self { name: name.to_owned(), key: *key, bytes: bytes.to_vec() })
    }
}

impl Paper {
    /// Reads a checkpoint or a proof.
    ///
    /// # Errors
    /// It is neither, or not in its one form.
    pub fn read(text: &str) -> Result<Self, BadPaper> {
        Self::read_any(text).ok_or(BadPaper)
    }

    fn read_any(text: &str) -> Option<Self> {
        if !text.starts_with(PROOF) && !text.starts_with("old ") {
            return Signed::read(text).map(Self::Checkpoint);
        }
        let (head, rest) = text.split_once("\n\n")?;
        let (signed, mut lines) = (Signed::read(rest)?, head.lines());
        let mut named = |name: &str| lines.next()?.strip_prefix(name);
        let paper = if text.starts_with(PROOF) {
            named(PROOF).filter(|rest| rest.is_empty())?;
            let (line, index) = (unbase64(named("extra ")?)?, number(named("index ")?)?);
            Self::Inclusion { line, index, path: hashes(lines)?, within: signed }
        } else {
            let old = number(named("old ")?)?;
            Self::Consistency { old, path: hashes(lines)?, to: signed }
        };
        (paper.to_string() == text).then_some(paper)
    }

    /// The checkpoint in it.
    #[must_use]
    pub fn signed(&self) -> &Signed {
        match self {
            Self::Checkpoint(signed)
            | Self::Inclusion { within: signed, .. }
            | Self::Consistency { to: signed, .. } => signed,
        }
    }
}

impl fmt::Display for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.checkpoint.text())?;
        self.signatures.iter().try_for_each(|Signature { name, key, bytes }| {
            writeln!(f, "{DASH}{name} {}", base64(&[&key[..], bytes].concat()))
        })
    }
}

impl fmt::Display for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self {
            Self::Checkpoint(signed) => return signed.fmt(f),
            Self::Inclusion { line, index, path, within: _ } => {
                writeln!(f, "{PROOF}\nextra {}\nindex {index}", base64(line))?;
                path
            }
            Self::Consistency { old, path, to: _ } => {
                writeln!(f, "old {old}")?;
                path
            }
        };
        path.iter().try_for_each(|hash| writeln!(f, "{}", base64(hash)))?;
        write!(f, "\n{}", self.signed())
    }
}

/// Names stand between blanks and lines.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(|one: char| one.is_whitespace() || one.is_control() || one == '+')
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

fn hash(text: &str) -> Option<Hash> {
    unbase64(text)?.try_into().ok()
}

fn hashes<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Vec<Hash>> {
    let path: Vec<Hash> = lines.take(HASHES_MAX + 1).map(hash).collect::<Option<_>>()?;
    (path.len() <= HASHES_MAX).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn signed() -> impl Strategy<Value = Signed> {
        let signature = ("[a-z/.]{1,9}", any::<[u8; 4]>(), vec(any::<u8>(), 0..80))
            .prop_map(|(name, key, bytes)| Signature { name, key, bytes });
        ("[a-z0-9/.]{1,20}", any::<u64>(), any::<Hash>(), vec(signature, 1..4)).prop_map(
            |(origin, size, root, signatures)| Signed { checkpoint: Checkpoint { origin, size, root }, signatures },
        )
    }

    fn paper() -> impl Strategy<Value = Paper> {
        let hashes = || vec(any::<Hash>(), 0..5);
        prop_oneof![
            signed().prop_map(Paper::Checkpoint),
            (vec(any::<u8>(), 0..99), any::<u64>(), hashes(), signed())
                .prop_map(|(line, index, path, within)| Paper::Inclusion { line, index, path, within }),
            (any::<u64>(), hashes(), signed()).prop_map(|(old, path, to)| Paper::Consistency { old, path, to }),
        ]
    }

    #[test]
    fn the_example_of_the_specification_is_read() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
            — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
        let Ok(Paper::Checkpoint(signed)) = Paper::read(text) else { panic!("no checkpoint") };
        assert_eq!(
            (signed.checkpoint.size, signed.checkpoint.origin.as_str()),
            (20_852_163, "example.com/behind-the-sofa")
        );
        assert_eq!((signed.signatures[0].key, signed.signatures[0].bytes.len()), ([3, 0x3d, 0xe0, 0xae], 64));
        assert_eq!(signed.to_string(), text);
        for (now, then) in [
            ("20852163", "020852163"),
            ("20852163", "+20852163"),
            ("sofa\n2", "so fa\n2"),
            ("2I=\n", "2I=\r\n"),
            ("2I=\n\n", "2I=\nmore\n\n"),
            ("8=\n", "8="),
        ] {
            assert_eq!(Paper::read(&text.replacen(now, then, 1)), Err(BadPaper), "{then}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(paper in paper()) {
            prop_assert_eq!(Paper::read(&paper.to_string()), Ok(paper));
        }

        #[test]
        fn whatever_is_read_has_one_form(paper in paper(), at: prop::sample::Index, byte: u8) {
            let mut bytes = paper.to_string().into_bytes();
            *at.get_mut(&mut bytes) = byte;
            if let Ok(text) = std::str::from_utf8(&bytes)
                && let Ok(read) = Paper::read(text)
            {
                prop_assert_eq!(read.to_string(), text);
            }
        }
    }
}
