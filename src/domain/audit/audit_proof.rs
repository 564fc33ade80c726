//! Checkpoints and proofs as texts in the formats of C2SP (signed-note, tlog-checkpoint,
//! tlog-proof, and the body of tlog-witness), so that other tools can read them.
//!
//! ```text
//!  a checkpoint                line 1234 is in it            it begins with the first 900 lines
//!
//!  thidua/3f0c…                c2sp.org/tlog-proof@v1       old 900
//!  1520                        extra <the line>             <hash>
//!  <root>                      index 1233                   <hash>
//!                              <hash>
//!  — thidua/3f0c… <signed>                                  <checkpoint>
//!                              <checkpoint>
//! ```
//!
//! Each text has one canonical form: parsing and formatting gives the same bytes.

use super::merkle::MerkleHash;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// First line of an inclusion proof.
const PROOF_HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Upper bound of the hashes in a path: more than any tree of 2^63 lines needs.
const PATH_HASHES_MAX: usize = 64;
/// Prefix of a signature line.
const SIGNATURE_PREFIX: &str = "\u{2014} ";

/// Text that is neither a checkpoint nor a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a checkpoint nor a proof")]
pub struct AuditProofError;

/// The tree at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditCheckpoint {
    /// The key name of the audit log.
    pub origin: String,
    /// Number of lines.
    pub size: u64,
    /// The root hash over them.
    pub root: MerkleHash,
}

/// One signature of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointSignature {
    /// Name of the key.
    pub name: String,
    /// Id of the key under that name.
    pub key_id: [u8; 4],
    /// The signature.
    pub bytes: Vec<u8>,
}

/// A checkpoint with its signatures, which are not verified here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What is signed.
    pub checkpoint: AuditCheckpoint,
    /// The signatures: at least one.
    pub signatures: Vec<CheckpointSignature>,
}

/// The content of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditProof {
    /// A checkpoint.
    Checkpoint(SignedCheckpoint),
    /// An inclusion proof: a line is in the audit log.
    Inclusion {
        /// The line, as hashed into the tree.
        line: Vec<u8>,
        /// Its index, from 0.
        index: u64,
        /// Hashes from its sibling up to the root.
        path: Vec<MerkleHash>,
        /// The tree that contains it.
        checkpoint: SignedCheckpoint,
    },
    /// A consistency proof: the audit log only grew.
    Consistency {
        /// Size of the older tree.
        old_size: u64,
        /// Hashes from the bottom up to the root.
        path: Vec<MerkleHash>,
        /// The newer tree.
        checkpoint: SignedCheckpoint,
    },
}

impl AuditCheckpoint {
    /// The text that is signed.
    #[must_use]
    pub fn signed_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let (origin, size, root) =
            (lines.next()?, parse_number(lines.next()?)?, parse_hash(lines.next()?)?);
        let checkpoint = Self { origin: origin.to_owned(), size, root };
        // Also rejects further lines, because their meaning could not be verified.
        (is_key_name(origin) && checkpoint.signed_text() == text).then_some(checkpoint)
    }
}

impl SignedCheckpoint {
    fn parse(text: &str) -> Option<Self> {
        // The checkpoint ends with the newline before the blank line.
        let at = text.find("\n\n")? + 1;
        let signatures =
            text[at + 1..].lines().map(CheckpointSignature::parse).collect::<Option<Vec<_>>>()?;
        let signed = Self { checkpoint: AuditCheckpoint::parse(&text[..at])?, signatures };
        (!signed.signatures.is_empty() && signed.to_string() == text).then_some(signed)
    }
}

impl CheckpointSignature {
    fn parse(line: &str) -> Option<Self> {
        let (name, bytes) = line.strip_prefix(SIGNATURE_PREFIX)?.split_once(' ')?;
        let bytes = STANDARD.decode(bytes).ok()?;
        let (key, bytes) = bytes.split_first_chunk::<4>()?;
        is_key_name(name).then(|| Self {
            name: name.to_owned(),
            key_id: *key,
            bytes: bytes.to_vec(),
        })
    }
}

impl AuditProof {
    /// Parses a checkpoint or a proof.
    ///
    /// # Errors
    /// The text is neither, or is not in canonical form.
    pub fn parse(text: &str) -> Result<Self, AuditProofError> {
        Self::parse_any(text).ok_or(AuditProofError)
    }

    fn parse_any(text: &str) -> Option<Self> {
        if !text.starts_with(PROOF_HEADER) && !text.starts_with("old ") {
            return SignedCheckpoint::parse(text).map(Self::Checkpoint);
        }
        let (head, rest) = text.split_once("\n\n")?;
        let (signed, mut lines) = (SignedCheckpoint::parse(rest)?, head.lines());
        let mut named = |name: &str| lines.next()?.strip_prefix(name);
        let proof = if text.starts_with(PROOF_HEADER) {
            named(PROOF_HEADER).filter(|rest| rest.is_empty())?;
            let (line, index) =
                (STANDARD.decode(named("extra ")?).ok()?, parse_number(named("index ")?)?);
            Self::Inclusion { line, index, path: parse_path(lines)?, checkpoint: signed }
        } else {
            let old = parse_number(named("old ")?)?;
            Self::Consistency { old_size: old, path: parse_path(lines)?, checkpoint: signed }
        };
        (proof.to_string() == text).then_some(proof)
    }

    /// The checkpoint in it.
    #[must_use]
    pub fn signed_checkpoint(&self) -> &SignedCheckpoint {
        match self {
            Self::Checkpoint(signed)
            | Self::Inclusion { checkpoint: signed, .. }
            | Self::Consistency { checkpoint: signed, .. } => signed,
        }
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.checkpoint.signed_text())?;
        self.signatures.iter().try_for_each(|CheckpointSignature { name, key_id: key, bytes }| {
            writeln!(f, "{SIGNATURE_PREFIX}{name} {}", STANDARD.encode([&key[..], bytes].concat()))
        })
    }
}

impl fmt::Display for AuditProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self {
            Self::Checkpoint(signed) => return signed.fmt(f),
            Self::Inclusion { line, index, path, checkpoint: _ } => {
                writeln!(f, "{PROOF_HEADER}\nextra {}\nindex {index}", STANDARD.encode(line))?;
                path
            }
            Self::Consistency { old_size: old, path, checkpoint: _ } => {
                writeln!(f, "old {old}")?;
                path
            }
        };
        path.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash)))?;
        write!(f, "\n{}", self.signed_checkpoint())
    }
}

/// A key name contains no white space, no control character and no `+`.
fn is_key_name(text: &str) -> bool {
    !text.is_empty()
        && !text.contains(|one: char| one.is_whitespace() || one.is_control() || one == '+')
}

fn parse_number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

fn parse_hash(text: &str) -> Option<MerkleHash> {
    STANDARD.decode(text).ok()?.try_into().ok()
}

fn parse_path<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Vec<MerkleHash>> {
    let path: Vec<MerkleHash> =
        lines.take(PATH_HASHES_MAX + 1).map(parse_hash).collect::<Option<_>>()?;
    (path.len() <= PATH_HASHES_MAX).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn signed() -> impl Strategy<Value = SignedCheckpoint> {
        let signature = ("[a-z/.]{1,9}", any::<[u8; 4]>(), vec(any::<u8>(), 0..80))
            .prop_map(|(name, key, bytes)| CheckpointSignature { name, key_id: key, bytes });
        ("[a-z0-9/.]{1,20}", any::<u64>(), any::<MerkleHash>(), vec(signature, 1..4)).prop_map(
            |(origin, size, root, signatures)| SignedCheckpoint {
                checkpoint: AuditCheckpoint { origin, size, root },
                signatures,
            },
        )
    }

    fn any_proof() -> impl Strategy<Value = AuditProof> {
        let hashes = || vec(any::<MerkleHash>(), 0..5);
        prop_oneof![
            signed().prop_map(AuditProof::Checkpoint),
            (vec(any::<u8>(), 0..99), any::<u64>(), hashes(), signed()).prop_map(
                |(line, index, path, checkpoint)| AuditProof::Inclusion {
                    line,
                    index,
                    path,
                    checkpoint
                }
            ),
            (any::<u64>(), hashes(), signed()).prop_map(|(old_size, path, checkpoint)| {
                AuditProof::Consistency { old_size, path, checkpoint }
            }),
        ]
    }

    #[test]
    fn the_example_of_the_specification_is_read() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
            — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
        let Ok(AuditProof::Checkpoint(signed)) = AuditProof::parse(text) else {
            panic!("no checkpoint")
        };
        assert_eq!(
            (signed.checkpoint.size, signed.checkpoint.origin.as_str()),
            (20_852_163, "example.com/behind-the-sofa")
        );
        assert_eq!(
            (signed.signatures[0].key_id, signed.signatures[0].bytes.len()),
            ([3, 0x3d, 0xe0, 0xae], 64)
        );
        assert_eq!(signed.to_string(), text);
        for (now, then) in [
            ("20852163", "020852163"),
            ("20852163", "+20852163"),
            ("sofa\n2", "so fa\n2"),
            ("2I=\n", "2I=\r\n"),
            ("2I=\n\n", "2I=\nmore\n\n"),
            ("8=\n", "8="),
        ] {
            assert_eq!(
                AuditProof::parse(&text.replacen(now, then, 1)),
                Err(AuditProofError),
                "{then}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(proof in any_proof()) {
            prop_assert_eq!(AuditProof::parse(&proof.to_string()), Ok(proof));
        }

        #[test]
        fn whatever_is_read_has_one_form(proof in any_proof(), at: prop::sample::Index, byte: u8) {
            let mut bytes = proof.to_string().into_bytes();
            *at.get_mut(&mut bytes) = byte;
            if let Ok(text) = std::str::from_utf8(&bytes)
                && let Ok(read) = AuditProof::parse(text)
            {
                prop_assert_eq!(read.to_string(), text);
            }
        }
    }
}
