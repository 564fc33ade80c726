//! The members of a workbook, unpacked and packed again.

use crate::mutate;
use crate::rng::Rng;
use std::io::{Cursor, Read as _, Write as _};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

type Members = Vec<(String, Vec<u8>)>;

fn unpack(bytes: &[u8]) -> Option<Members> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut members = Members::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).ok()?;
        let mut content = Vec::new();
        member.read_to_end(&mut content).ok()?;
        members.push((member.name().ok()?.into_owned(), content));
    }
    Some(members)
}

fn pack(members: &Members, is_stored: bool) -> Vec<u8> {
    let method = if is_stored { CompressionMethod::Stored } else { CompressionMethod::Deflated };
    let options = SimpleFileOptions::default().compression_method(method);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in members {
        // A member of the same name cannot be written twice.
        if writer.start_file(name.as_str(), options).is_ok() {
            writer.write_all(content).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

/// Damages the text of one member, or takes a member away, or gives it another's name.
pub(crate) fn damage_member(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let Some(mut members) = unpack(bytes).filter(|members| !members.is_empty()) else {
        return bytes.to_vec();
    };
    let at = rng.below(members.len());
    match rng.below(12) {
        0 => {
            members.remove(at);
        }
        1 => {
            let other = rng.below(members.len());
            members[at].1 = members[other].1.clone();
        }
        _ => members[at].1 = mutate::damage_text(rng, mutate::XML_WORDS, &members[at].1),
    }
    pack(&members, rng.chance(50))
}

/// The same members in another order, method and way of writing XML.
pub(crate) fn reform_members(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let Some(mut members) = unpack(bytes) else { return bytes.to_vec() };
    if rng.chance(50) {
        members.reverse();
    }
    for (_, content) in &mut members {
        if let Ok(text) = std::str::from_utf8(content) {
            *content = mutate::reform_xml(rng, text).into_bytes();
        }
    }
    pack(&members, rng.chance(50))
}

/// The workbook with the first such text of each member replaced.
pub(crate) fn replace_text(bytes: &[u8], text: &str, by: &str) -> Vec<u8> {
    let mut members = unpack(bytes).unwrap();
    for (_, content) in &mut members {
        *content = String::from_utf8_lossy(content).replacen(text, by, 1).into_bytes();
    }
    pack(&members, false)
}
