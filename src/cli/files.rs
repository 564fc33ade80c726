//! Reads files, and writes answers to a file or to standard output.

use super::error::{CliError, CliFinding, CliResult};
use super::output::{Output, finding_json};
use crate::domain::support::message::message;
use crate::files::table::DecimalMark;
use serde_json::Value;
use std::path::Path;

/// Most bytes of one file.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// The text of a file. UTF-16, as Excel writes it, is refused with the remedy.
pub(super) fn read_text(path: &Path) -> CliResult<String> {
    String::from_utf8(read_bytes(path)?).map_err(|_| {
        let shown = path.display();
        CliError::new("NOT_UTF8", message!("files-not-utf-8-excel", shown))
    })
}

/// The bytes of a file.
pub(super) fn read_bytes(path: &Path) -> CliResult<Vec<u8>> {
    let failed = |error: std::io::Error| CliError::file_error(path, &error);
    if std::fs::metadata(path).map_err(failed)?.len() > FILE_BYTES_MAX {
        let shown = path.display();
        return Err(CliError::new("FILE_TOO_LARGE", message!("files-larger-64-mib-split", shown)));
    }
    std::fs::read(path).map_err(failed)
}

/// The decimal mark of an argument.
pub(super) fn parse_decimal_mark(word: &str) -> Result<DecimalMark, String> {
    DecimalMark::parse(word).ok_or_else(|| DecimalMark::ALL.map(DecimalMark::as_str).join(" | "))
}

/// Prints what a reader found that refuses nothing, or returns it for a JSON answer.
pub(super) fn show_notes(output: &Output, notes: &[CliFinding]) -> Vec<Value> {
    if !output.json {
        output.print_warnings(notes);
    }
    notes.iter().map(|note| finding_json(note, output.lang)).collect()
}

/// Writes to `out`, or to standard output without it.
pub(super) fn write_text(output: &Output, out: Option<&Path>, text: &str) -> CliResult {
    match out {
        Some(path) => {
            std::fs::write(path, text).map_err(|error| CliError::file_error(path, &error))
        }
        None => {
            output.print_text(text);
            Ok(())
        }
    }
}

/// The name of a file in findings: as it was given.
pub(super) fn display_name(path: &Path) -> String {
    path.display().to_string()
}
