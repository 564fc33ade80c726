//! A value that is never printed.

use serde::Deserialize;
use std::fmt;

/// A secret value; its `Debug` output is `***`.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct SecretValue<T>(T);

impl<T> SecretValue<T> {
    /// Wraps a value.
    #[must_use]
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself.
    #[must_use]
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for SecretValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
