//! Fields of work (lĩnh vực) in which an authority sets targets. They are its own data: the product
//! knows none.

use crate::domain::support::ids::derive_id;

/// Most characters of a field's code.
const FIELD_CODE_MAX: usize = 48;

/// A field of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldOfWork {
    /// Text code, as in `MASS_MOVEMENT`: `[A-Z][A-Z0-9_]*`, at most 48 characters.
    pub code: String,
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: String,
}

impl FieldOfWork {
    /// The id of the code.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        derive_id("field", &[self.code.as_bytes()])
    }

    /// Whether the code has the form of one.
    #[must_use]
    pub fn has_valid_code(&self) -> bool {
        let shape = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        self.code.starts_with(|c: char| c.is_ascii_uppercase())
            && self.code.len() <= FIELD_CODE_MAX
            && self.code.chars().all(shape)
    }
}
