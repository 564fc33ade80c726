//! What the reader of workbooks does not tell: how much an XLSX file unpacks to, and which of its
//! rows are hidden.

use super::WorkbookLimits;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::collections::HashMap;
use std::io::{BufReader, Cursor, Read as _, Write};
use zip::ZipArchive;

/// Most attributes of an element. A parser compares each with all before it.
const ATTRIBUTES_MAX: usize = 256;

type Package<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Why a package is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PackageFault {
    /// It is no archive, or damaged.
    Damaged,
    /// It unpacks to more than it may.
    TooLarge,
}

/// The numbers of the hidden rows, from 1, by the name of the sheet.
///
/// # Errors
/// The package is damaged or unpacks to too much.
pub(super) fn find_hidden_rows(
    bytes: &[u8],
    limits: WorkbookLimits,
) -> Result<HashMap<String, Vec<usize>>, PackageFault> {
    let mut package = ZipArchive::new(Cursor::new(bytes)).map_err(|_| PackageFault::Damaged)?;
    check_size(&mut package, limits.unpacked_mib << 20)?;
    let mut targets = HashMap::new();
    scan_elements(&mut package, "xl/_rels/workbook.xml.rels", |element, name| {
        if name == "Relationship" {
            targets.insert(attribute(element, "Id"), attribute(element, "Target"));
        }
    });
    let mut sheets = Vec::new();
    scan_elements(&mut package, "xl/workbook.xml", |element, name| {
        if name == "sheet" {
            sheets.push((attribute(element, "name"), attribute(element, "id")));
        }
    });
    let mut hidden = HashMap::new();
    for (sheet, relation) in sheets {
        let Some(target) = targets.get(&relation) else { continue };
        let part = target.strip_prefix('/').map_or(format!("xl/{target}"), str::to_owned);
        let (mut rows, mut number) = (Vec::new(), 0);
        scan_elements(&mut package, &part, |element, name| {
            if name == "row" {
                number = attribute(element, "r").parse().unwrap_or(number + 1);
                if matches!(attribute(element, "hidden").as_str(), "1" | "true") {
                    rows.push(number);
                }
            }
        });
        hidden.insert(sheet, rows);
    }
    Ok(hidden)
}

/// Unpacks every part once, without keeping it: what the archive declares may be a lie, and a small
/// archive can hold an element with so many attributes that comparing them takes hours.
fn check_size(package: &mut Package<'_>, bytes_max: u64) -> Result<(), PackageFault> {
    let mut left = bytes_max;
    for index in 0..package.len() {
        let part = package.by_index(index).map_err(|_| PackageFault::Damaged)?;
        let mut attributes = AttributeCount::default();
        let unpacked = std::io::copy(&mut part.take(left + 1), &mut attributes);
        let unpacked = unpacked.map_err(|_| PackageFault::Damaged)?;
        left = left.checked_sub(unpacked).ok_or(PackageFault::TooLarge)?;
        if attributes.most > ATTRIBUTES_MAX {
            return Err(PackageFault::Damaged);
        }
    }
    Ok(())
}

/// Counts the attributes of the elements that are written to it, by their equals signs.
#[derive(Default)]
struct AttributeCount {
    of_element: Option<usize>,
    most: usize,
}

impl Write for AttributeCount {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for byte in bytes {
            match (byte, &mut self.of_element) {
                (b'<', _) => self.of_element = Some(0),
                (b'>', _) => self.of_element = None,
                (b'=', Some(count)) => {
                    *count += 1;
                    self.most = self.most.max(*count);
                }
                (_, _) => {}
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Calls `each` with every element of a part and its local name; a part that is absent or damaged
/// has none, because the reader of workbooks refuses it.
fn scan_elements(
    package: &mut Package<'_>,
    part: &str,
    mut each: impl FnMut(&BytesStart<'_>, &str),
) {
    let Ok(part) = package.by_name(part) else { return };
    let mut xml = Reader::from_reader(BufReader::new(part));
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer) {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                let name = element.local_name();
                each(&element, name.as_ref());
            }
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// The value of an attribute by its local name; empty if it is absent.
fn attribute(element: &BytesStart<'_>, name: &str) -> String {
    let found = element.attributes().flatten().find(|one| one.key.local_name().as_ref() == name);
    found
        .and_then(|one| one.normalized_value(XmlVersion::Implicit1_0).ok())
        .map(Into::into)
        .unwrap_or_default()
}
