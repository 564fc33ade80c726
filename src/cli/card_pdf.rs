//! The sheet of enrolment cards as PDF: the layout of the HTML sheet, with its font inside. The
//! same cards give the same bytes.

use super::error::CliResult;
use super::pdf_font::{EmbeddedFont, deflate};
use crate::domain::support::text::escape_controls;
use crate::i18n::Lang;
use crate::office::card_sheet::{CardTexts, QUIET_MODULES, SheetCard};
use pdf_writer::{Content, Filter, Finish as _, Name, Pdf, Rect, Ref, Str, TextStr};
use qrcodegen::QrCode;
use std::collections::{BTreeMap, BTreeSet};

/// Points in a millimetre. Every other measure here is in millimetres, from the upper left corner.
const POINTS: f32 = 72.0 / 25.4;
const PAGE_WIDTH: f32 = 210.0;
const PAGE_HEIGHT: f32 = 297.0;
const MARGIN: f32 = 10.0;
const COLUMNS: usize = 2;
const CARDS_PER_PAGE: usize = 8;
const CARD_WIDTH: f32 = 95.0;
const CARD_HEIGHT: f32 = 68.0;
const PADDING: f32 = 3.0;
const PICTURE_SIDE: f32 = 42.0;
/// Between picture and texts.
const GAP: f32 = 3.0;
/// Between two groups of texts, and between a label and its value.
const SMALL_GAP: f32 = 2.0;
const TEXT_WIDTH: f32 = CARD_WIDTH - 2.0 * PADDING - PICTURE_SIDE - GAP;
/// Sizes of letters, in points, as in the style sheet of the HTML sheet.
const NAME_SIZE: f32 = 12.0;
const CODE_SIZE: f32 = 10.0;
const FACT_SIZE: f32 = 9.0;
const RULE_SIZE: f32 = 8.0;
/// Height of a line and of the part above its base, for letters of height 1.
const LINE_HEIGHT: f32 = 1.35;
const ASCENT: f32 = 1.06;
/// Texts that are too long for a card are set in smaller letters, in steps down to the last one.
const SCALES: [f32; 9] = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2];
const LABEL_GREY: f32 = 0.2;
const CUT_GREY: f32 = 0.4;
const CUT_WIDTH: f32 = 0.2;
const REGULAR: &[u8] = include_bytes!("fonts/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("fonts/NotoSans-Bold.ttf");

/// A sheet and what could not be drawn.
pub(super) struct PdfSheet {
    /// The file.
    pub(super) bytes: Vec<u8>,
    /// Letters that the font does not have, by the code of the unit; a box stands for each.
    pub(super) missing_letters: BTreeMap<String, BTreeSet<char>>,
}

/// The weights of the font.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FontWeight {
    Regular,
    Bold,
}

/// One line of text at its place below the upper left corner of its column.
struct PlacedLine {
    text: String,
    weight: FontWeight,
    /// In points.
    size: f32,
    grey: f32,
    left: f32,
    top: f32,
}

/// The fonts of the document and the lines that are set with them.
struct Typesetter {
    regular: EmbeddedFont,
    bold: EmbeddedFont,
}

/// The whole sheet, cards in the given order.
///
/// # Errors
/// A picture cannot hold the server's addresses.
pub(super) fn render_pdf(cards: &[&SheetCard], lang: Lang) -> CliResult<PdfSheet> {
    let mut typesetter = Typesetter {
        regular: EmbeddedFont::new(b"THIDUA+NotoSans-Regular", REGULAR),
        bold: EmbeddedFont::new(b"THIDUA+NotoSans-Bold", BOLD),
    };
    let mut missing_letters: BTreeMap<String, BTreeSet<char>> = BTreeMap::new();
    let mut pages = Vec::new();
    for page in cards.chunks(CARDS_PER_PAGE) {
        let mut content = Content::new();
        for (place, card) in page.iter().enumerate() {
            let texts = shown_texts(card.texts(lang));
            let missing = typesetter.missing_letters(&texts);
            if !missing.is_empty() {
                missing_letters.entry(card.unit.clone()).or_default().extend(missing);
            }
            let left = MARGIN + CARD_WIDTH * (place % COLUMNS) as f32;
            let top = MARGIN + CARD_HEIGHT * (place / COLUMNS) as f32;
            draw_cut_lines(&mut content, left, top);
            draw_picture(&mut content, &card.picture()?, left + PADDING, top + PADDING);
            typesetter.draw_texts(&mut content, &texts, left, top);
        }
        pages.push(deflate(content.finish().as_slice()));
    }
    let bytes = write_document(&typesetter, &pages, lang);
    Ok(PdfSheet { bytes, missing_letters })
}

/// The texts without control characters.
fn shown_texts(mut texts: CardTexts) -> CardTexts {
    let values = texts.facts.iter_mut().map(|(_, value)| value);
    for text in values.chain([&mut texts.unit_name, &mut texts.unit]) {
        *text = escape_controls(text).into_owned();
    }
    texts
}

fn write_document(typesetter: &Typesetter, pages: &[Vec<u8>], lang: Lang) -> Vec<u8> {
    let mut last_id = 0;
    let mut next_id = || {
        last_id += 1;
        Ref::new(last_id)
    };
    let [catalog, tree, info, regular, bold] = std::array::from_fn(|_| next_id());
    let mut pdf = Pdf::new();
    let title = lang.text("sheet-title");
    let mut root = pdf.catalog(catalog);
    root.pages(tree).lang(TextStr(lang.as_str()));
    root.viewer_preferences().display_doc_title(true);
    root.finish();
    pdf.document_info(info).title(TextStr(title));
    let ids: Vec<(Ref, Ref)> = pages.iter().map(|_| (next_id(), next_id())).collect();
    let count = i32::try_from(ids.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(ids.iter().map(|(page, _)| *page)).count(count);
    for ((id, content), drawn) in ids.into_iter().zip(pages) {
        let mut page = pdf.page(id);
        page.parent(tree).contents(content);
        page.media_box(Rect::new(0.0, 0.0, PAGE_WIDTH * POINTS, PAGE_HEIGHT * POINTS));
        let mut resources = page.resources();
        resources.fonts().pair(Name(b"R"), regular).pair(Name(b"B"), bold);
        resources.finish();
        page.finish();
        pdf.stream(content, drawn).filter(Filter::FlateDecode);
    }
    typesetter.regular.write(&mut pdf, regular, &mut next_id);
    typesetter.bold.write(&mut pdf, bold, &mut next_id);
    pdf.finish()
}

/// A dashed frame. Both cards at a common edge draw the same dashes.
fn draw_cut_lines(content: &mut Content, left: f32, top: f32) {
    let (right, bottom) = (left + CARD_WIDTH, top + CARD_HEIGHT);
    content.save_state();
    content.set_stroke_gray(CUT_GREY).set_line_width(CUT_WIDTH * POINTS);
    content.set_dash_pattern([POINTS, POINTS], 0.0);
    for (x, y, to_x, to_y) in [
        (left, top, right, top),
        (left, bottom, right, bottom),
        (left, top, left, bottom),
        (right, top, right, bottom),
    ] {
        content.move_to(x * POINTS, from_below(y)).line_to(to_x * POINTS, from_below(to_y));
    }
    content.stroke().restore_state();
}

/// The dark modules as one path, a rectangle for each run in a row.
fn draw_picture(content: &mut Content, qr: &QrCode, left: f32, top: f32) {
    let module = PICTURE_SIDE / (qr.size() + 2 * QUIET_MODULES) as f32 * POINTS;
    content.save_state();
    let origin = [left * POINTS, from_below(top)];
    content.transform([module, 0.0, 0.0, -module, origin[0], origin[1]]);
    content.set_fill_gray(0.0);
    for y in 0..qr.size() {
        let mut x = 0;
        while x < qr.size() {
            let run = (x..qr.size()).take_while(|x| qr.get_module(*x, y)).count();
            if run > 0 {
                let (column, row) = ((x + QUIET_MODULES) as f32, (y + QUIET_MODULES) as f32);
                content.rect(column, row, run as f32, 1.0);
            }
            x += i32::try_from(run).unwrap_or(0) + 1;
        }
    }
    content.fill_nonzero().restore_state();
}

/// The distance from the lower edge of the page, in points, as PDF counts it.
fn from_below(top: f32) -> f32 {
    (PAGE_HEIGHT - top) * POINTS
}

impl Typesetter {
    fn font(&self, weight: FontWeight) -> &EmbeddedFont {
        match weight {
            FontWeight::Regular => &self.regular,
            FontWeight::Bold => &self.bold,
        }
    }

    /// Letters of a card that the font does not have. Both weights have the same letters.
    fn missing_letters(&self, texts: &CardTexts) -> BTreeSet<char> {
        let values = texts.facts.iter().flat_map(|(label, value)| [label, value.as_str()]);
        [texts.unit_name.as_str(), &texts.unit, texts.rule]
            .into_iter()
            .chain(values)
            .flat_map(str::chars)
            .filter(|letter| !self.regular.has_letter(*letter))
            .collect()
    }

    fn draw_texts(&mut self, content: &mut Content, texts: &CardTexts, left: f32, top: f32) {
        let inner_width = CARD_WIDTH - 2.0 * PADDING;
        let mut rule = Vec::new();
        let rule_style = (FontWeight::Regular, RULE_SIZE);
        let rule_height =
            self.set_paragraph(&mut rule, texts.rule, rule_style, (0.0, 0.0), inner_width);
        let rule_top = CARD_HEIGHT - PADDING - rule_height;
        let lines = self.fit_texts(texts, rule_top - SMALL_GAP - PADDING);
        let text_left = left + PADDING + PICTURE_SIDE + GAP;
        self.draw_lines(content, &lines, text_left, top + PADDING);
        self.draw_lines(content, &rule, left + PADDING, top + rule_top);
    }

    /// The texts beside the picture, in the largest letters with which they fit in `height`.
    fn fit_texts(&self, texts: &CardTexts, height: f32) -> Vec<PlacedLine> {
        let mut lines = Vec::new();
        for scale in SCALES {
            let (set, used) = self.set_texts(texts, scale);
            lines = set;
            if used <= height {
                break;
            }
        }
        lines
    }

    /// Name, code, then the facts with their labels in a column; with the height of all.
    fn set_texts(&self, texts: &CardTexts, scale: f32) -> (Vec<PlacedLine>, f32) {
        let mut lines = Vec::new();
        let mut top = 0.0;
        let name = (FontWeight::Bold, NAME_SIZE * scale);
        top += self.set_paragraph(&mut lines, &texts.unit_name, name, (0.0, top), TEXT_WIDTH);
        let code = (FontWeight::Regular, CODE_SIZE * scale);
        top += self.set_paragraph(&mut lines, &texts.unit, code, (0.0, top), TEXT_WIDTH);
        top += SMALL_GAP * scale;
        let style = (FontWeight::Regular, FACT_SIZE * scale);
        let widths = texts.facts.iter().map(|(label, _)| self.width(label, style));
        let value_left = widths.fold(0.0, f32::max) + SMALL_GAP;
        for (label, value) in &texts.facts {
            let label_from = lines.len();
            self.set_paragraph(&mut lines, label, style, (0.0, top), TEXT_WIDTH);
            lines[label_from..].iter_mut().for_each(|line| line.grey = LABEL_GREY);
            let room = TEXT_WIDTH - value_left;
            top += self.set_paragraph(&mut lines, value, style, (value_left, top), room);
        }
        (lines, top)
    }

    /// Adds a text as lines of at most `width` and returns their height.
    fn set_paragraph(
        &self,
        lines: &mut Vec<PlacedLine>,
        text: &str,
        style: (FontWeight, f32),
        (left, top): (f32, f32),
        width: f32,
    ) -> f32 {
        let (weight, size) = style;
        let line_height = size * LINE_HEIGHT / POINTS;
        let mut height = 0.0;
        for text in self.wrap(text, style, width) {
            lines.push(PlacedLine { text, weight, size, grey: 0.0, left, top: top + height });
            height += line_height;
        }
        height
    }

    /// Breaks a text at its spaces, and inside a word that is wider than a line.
    fn wrap(&self, text: &str, style: (FontWeight, f32), width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split(' ') {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if self.width(&longer, style) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.chars() {
                line.push(letter);
                if self.width(&line, style) > width && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, letter.to_string()));
                }
            }
        }
        lines.push(line);
        lines
    }

    fn width(&self, text: &str, (weight, size): (FontWeight, f32)) -> f32 {
        self.font(weight).text_width(text, size) / POINTS
    }

    fn draw_lines(&mut self, content: &mut Content, lines: &[PlacedLine], left: f32, top: f32) {
        for line in lines {
            let (name, font) = match line.weight {
                FontWeight::Regular => (Name(b"R"), &mut self.regular),
                FontWeight::Bold => (Name(b"B"), &mut self.bold),
            };
            let base = top + line.top + line.size * ASCENT / POINTS;
            content.set_fill_gray(line.grey).begin_text().set_font(name, line.size);
            content.next_line((left + line.left) * POINTS, from_below(base));
            content.show(Str(&font.encode_text(&line.text))).end_text();
        }
    }
}
