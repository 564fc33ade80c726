//! A writer for terminals and logs that lets no control character of a text through.

use crate::domain::support::text::{escape_controls, escape_lines};
use std::io::{self, Write};

/// Writes texts with their control characters escaped.
#[derive(Debug)]
pub struct EscapedWriter<W> {
    inner: W,
    is_record: bool,
}

impl<W: Write> EscapedWriter<W> {
    /// For texts of several lines: line feeds stay.
    pub fn for_lines(inner: W) -> Self {
        Self { inner, is_record: false }
    }

    /// For records of one line each, written at once: only the line feed at the end stays, so that
    /// no text can look like another record.
    pub fn for_records(inner: W) -> Self {
        Self { inner, is_record: true }
    }
}

impl<W: Write> Write for EscapedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        match text.strip_suffix('\n').filter(|_| self.is_record) {
            Some(record) => {
                self.inner.write_all(format!("{}\n", escape_controls(record)).as_bytes())?;
            }
            None if self.is_record => self.inner.write_all(escape_controls(&text).as_bytes())?,
            None => self.inner.write_all(escape_lines(&text).as_bytes())?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_stays_one_line_and_no_control_passes() {
        let mut log = Vec::new();
        let record = "a\u{1b}[2J\nWARN b\u{202e}\n";
        EscapedWriter::for_records(&mut log).write_all(record.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(log).unwrap(), "a\\u001b[2J\\u000aWARN b\\u202e\n");
    }
}
