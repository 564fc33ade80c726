//! A TrueType font inside a PDF: the widths of its letters, texts as codes of letters, and the
//! objects that embed it. The fonts are those of `fonts/`.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Name, Pdf, Rect, Ref, Str};
use std::collections::HashMap;
use std::io::Write as _;

/// Codes are those of this document, not of a collection of letters that viewers know.
const SYSTEM_INFO: SystemInfo =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// Viewers use the width of stems only to replace a font that is missing.
const STEM_WIDTH: f32 = 80.0;

/// A font of a document with the letters that the document uses.
pub(super) struct EmbeddedFont {
    /// Its PostScript name, with the mark of a subset.
    name: &'static [u8],
    file: TrueTypeFile,
    /// The letters in the order of first use. The code of a letter is its place, counted from 1:
    /// each letter has one, so that a reader copies it even where the font has only a box for it.
    letters: Vec<char>,
    codes: HashMap<char, u16>,
}

impl EmbeddedFont {
    pub(super) fn new(name: &'static [u8], file: &'static [u8]) -> Self {
        Self { name, file: TrueTypeFile::read(file), letters: Vec::new(), codes: HashMap::new() }
    }

    /// Whether the font has the letter.
    pub(super) fn has_letter(&self, letter: char) -> bool {
        self.file.glyph(letter) != 0
    }

    /// Width of a text, in the unit of `size`.
    pub(super) fn text_width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|letter| self.file.advance(letter)).sum::<f32>() * size
    }

    /// The text as two bytes for each letter.
    pub(super) fn encode_text(&mut self, text: &str) -> Vec<u8> {
        text.chars().flat_map(|letter| self.code(letter).to_be_bytes()).collect()
    }

    fn code(&mut self, letter: char) -> u16 {
        *self.codes.entry(letter).or_insert_with(|| {
            self.letters.push(letter);
            // Code 0 is the box; no document has so many letters.
            u16::try_from(self.letters.len()).unwrap_or(0)
        })
    }

    /// Writes the font under `id`; `next_id` gives the numbers of its parts.
    pub(super) fn write(&self, pdf: &mut Pdf, id: Ref, mut next_id: impl FnMut() -> Ref) {
        let [descendant, descriptor, file, unicode, glyphs] = std::array::from_fn(|_| next_id());
        pdf.type0_font(id)
            .base_font(Name(self.name))
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(unicode);
        let widths = self.letters.iter().map(|letter| 1000.0 * self.file.advance(*letter));
        let mut cid_font = pdf.cid_font(descendant);
        cid_font
            .subtype(CidFontType::Type2)
            .base_font(Name(self.name))
            .system_info(SYSTEM_INFO)
            .font_descriptor(descriptor)
            .cid_to_gid_map_stream(glyphs)
            .widths()
            .consecutive(1, widths);
        drop(cid_font);
        self.write_descriptor(pdf, descriptor, file);
        let map: Vec<u8> = std::iter::once(0)
            .chain(self.letters.iter().map(|letter| self.file.glyph(*letter)))
            .flat_map(u16::to_be_bytes)
            .collect();
        pdf.stream(glyphs, &deflate(&map)).filter(Filter::FlateDecode);
        let mut cmap = UnicodeCmap::new(Name(b"Letters"), SYSTEM_INFO);
        for (code, letter) in (1..=u16::MAX).zip(&self.letters) {
            cmap.pair(code, *letter);
        }
        pdf.stream(unicode, &deflate(cmap.finish().as_slice())).filter(Filter::FlateDecode);
    }

    fn write_descriptor(&self, pdf: &mut Pdf, id: Ref, file: Ref) {
        let (head, metrics) = (table(self.file.bytes, *b"head"), table(self.file.bytes, *b"hhea"));
        let measure = |table: &[u8], at| 1000.0 * self.file.to_em(i16_at(table, at));
        let [left, bottom, right, top] = [36, 38, 40, 42].map(|at| measure(head, at));
        let (ascent, descent) = (measure(metrics, 4), measure(metrics, 6));
        pdf.font_descriptor(id)
            .name(Name(self.name))
            .flags(FontFlags::NON_SYMBOLIC)
            .bbox(Rect::new(left, bottom, right, top))
            .italic_angle(0.0)
            .ascent(ascent)
            .descent(descent)
            .cap_height(measure(table(self.file.bytes, *b"OS/2"), 88))
            .stem_v(STEM_WIDTH)
            .font_file2(file);
        let length = i32::try_from(self.file.bytes.len()).unwrap_or(i32::MAX);
        let packed = deflate(self.file.bytes);
        let mut stream = pdf.stream(file, &packed);
        stream.filter(Filter::FlateDecode).pair(Name(b"Length1"), length);
    }
}

/// Packs the content of a stream.
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// The parts of a TrueType file that a text needs (OpenType 1.9, chapters `cmap` and `hmtx`). What
/// is missing in a file is read as 0: the letter is then a box.
struct TrueTypeFile {
    bytes: &'static [u8],
    /// The table of format 4: letters to U+FFFF and their glyphs.
    letters: &'static [u8],
    /// The widths of the glyphs.
    widths: &'static [u8],
    /// How many glyphs have a width; those after them share the last one.
    width_count: usize,
    /// Units of the file in the size of a letter.
    units_per_em: u16,
}

impl TrueTypeFile {
    fn read(bytes: &'static [u8]) -> Self {
        let cmap = table(bytes, *b"cmap");
        let tables = (0..usize::from(u16_at(cmap, 2))).map(|place| u32_at(cmap, 8 + 8 * place));
        let mut tables = tables.filter_map(|at| cmap.get(at..));
        Self {
            bytes,
            letters: tables.find(|table| u16_at(table, 0) == 4).unwrap_or_default(),
            widths: table(bytes, *b"hmtx"),
            width_count: usize::from(u16_at(table(bytes, *b"hhea"), 34)),
            units_per_em: u16_at(table(bytes, *b"head"), 18).max(1),
        }
    }

    /// Number of the glyph of a letter, 0 for the box.
    fn glyph(&self, letter: char) -> u16 {
        let Ok(letter) = u16::try_from(u32::from(letter)) else { return 0 };
        let pairs = usize::from(u16_at(self.letters, 6));
        let (ends, starts) = (14, 16 + pairs);
        let (deltas, offsets) = (starts + pairs, starts + 2 * pairs);
        let value = |at| u16_at(self.letters, at);
        let mut segments = (0..pairs).step_by(2);
        let Some(at) = segments.find(|at| value(ends + at) >= letter) else { return 0 };
        let (start, delta) = (value(starts + at), value(deltas + at));
        if letter < start {
            return 0;
        }
        // An offset counts from its own place.
        let glyph = match usize::from(value(offsets + at)) {
            0 => letter,
            offset => value(offsets + at + offset + 2 * usize::from(letter - start)),
        };
        if glyph == 0 { 0 } else { glyph.wrapping_add(delta) }
    }

    /// How far the next letter stands, as a part of the size.
    fn advance(&self, letter: char) -> f32 {
        let place = usize::from(self.glyph(letter)).min(self.width_count.saturating_sub(1));
        self.to_em(i16_at(self.widths, 4 * place))
    }

    /// A measure of the file as a part of the size.
    fn to_em(&self, units: i16) -> f32 {
        f32::from(units) / f32::from(self.units_per_em)
    }
}

/// A table of the file by its name.
fn table(file: &'static [u8], name: [u8; 4]) -> &'static [u8] {
    let found = (0..usize::from(u16_at(file, 4)))
        .map(|place| 12 + 16 * place)
        .find(|at| file.get(*at..at + 4) == Some(&name));
    let Some(at) = found else { return &[] };
    let (begin, length) = (u32_at(file, at + 8), u32_at(file, at + 12));
    file.get(begin..begin + length).unwrap_or_default()
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |pair| u16::from_be_bytes([pair[0], pair[1]]))
}

fn i16_at(bytes: &[u8], at: usize) -> i16 {
    u16_at(bytes, at).cast_signed()
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    (usize::from(u16_at(bytes, at)) << 16) + usize::from(u16_at(bytes, at + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [&[u8]; 2] =
        [include_bytes!("fonts/NotoSans-Regular.ttf"), include_bytes!("fonts/NotoSans-Bold.ttf")];

    #[test]
    fn both_weights_have_every_vietnamese_letter_and_each_letter_has_a_glyph_of_its_own() {
        for bytes in FILES {
            let file = TrueTypeFile::read(bytes);
            let further = "\u{102}\u{103}\u{110}\u{111}\u{128}\u{129}\u{168}\u{169}\u{1a0}\u{1a1}\u{1af}\u{1b0}";
            let letters = (' '..='~').chain('\u{c0}'..='\u{fd}').chain('\u{1ea0}'..='\u{1ef9}');
            let letters: Vec<char> = letters.chain(further.chars()).collect();
            let mut glyphs: Vec<u16> = letters.iter().map(|letter| file.glyph(*letter)).collect();
            assert!(glyphs.iter().all(|glyph| *glyph != 0), "no letter is a box");
            glyphs.sort_unstable();
            glyphs.dedup();
            assert_eq!(glyphs.len(), letters.len());
        }
    }

    #[test]
    fn glyphs_and_widths_are_those_that_fonttools_reads_from_the_files() {
        let known = [
            ('\u{20}', 1, 260, 260),
            ('\u{57}', 56, 930, 967),
            ('\u{111}', 209, 617, 649),
            ('\u{1a1}', 355, 616, 679),
            ('\u{1eb7}', 381, 561, 604),
            ('\u{1ef9}', 445, 510, 569),
            ('\u{2014}', 329, 1000, 1000),
            ('\u{20ab}', 446, 617, 649),
            ('\u{fffd}', 353, 1000, 1000),
        ];
        for (letter, glyph, regular, bold) in known {
            for (bytes, width) in FILES.into_iter().zip([regular, bold]) {
                let file = TrueTypeFile::read(bytes);
                assert_eq!(file.glyph(letter), glyph, "{letter}");
                assert_eq!(file.to_em(width), file.advance(letter), "{letter}");
            }
        }
        let file = TrueTypeFile::read(FILES[0]);
        for absent in ['\u{3a9}', '\u{1f600}', '\u{ffff}', '\n'] {
            assert_eq!(file.glyph(absent), 0);
        }
    }
}
