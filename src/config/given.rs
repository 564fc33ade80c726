//! The keys that file, environment and flags set, for the file that `thidua init` writes.

use super::SecretValue;
use toml::{Table, Value};

/// Keys with their values, by section. Keys that nobody set are not among them.
#[derive(Debug, Clone)]
pub struct GivenSettings(SecretValue<Table>);

impl GivenSettings {
    pub(super) fn new(sections: Table) -> Self {
        Self(SecretValue::new(sections))
    }

    /// The same with other names of the server's certificate.
    #[must_use]
    pub fn with_tls_names(self, names: &[String]) -> Self {
        let mut sections = self.0.reveal().clone();
        let section = sections.entry("tls").or_insert_with(|| Value::Table(Table::new()));
        if let Value::Table(section) = section {
            let names = names.iter().cloned().map(Value::String).collect();
            section.insert("names".to_owned(), Value::Array(names));
        }
        Self::new(sections)
    }

    /// The commented configuration, which names every key, with these values in the place of its
    /// own. It contains secrets.
    #[must_use]
    pub fn write_into(&self, commented: &str) -> String {
        let (mut section, mut text) = ("", String::new());
        for line in commented.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name;
            }
            let key = line.split_once(" = ").map_or("", |(key, _)| key);
            match self.0.reveal().get(section).and_then(|keys| keys.get(key)) {
                Some(value) => text.push_str(&format!("{key} = {value}\n")),
                None => text.push_str(&format!("{line}\n")),
            }
        }
        text
    }
}
