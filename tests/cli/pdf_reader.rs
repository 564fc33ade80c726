//! Reads what a PDF file of `invite print` shows: texts with their places, through the fonts' own
//! tables, and pictures of squares. Follows the cross-reference table, so a wrong one is found.

use flate2::read::ZlibDecoder;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read as _;

const POINTS_PER_MM: f64 = 72.0 / 25.4;
const PAGE_HEIGHT: f64 = 297.0;

/// A page; measures in millimetres from its upper left corner.
#[derive(Default)]
pub(crate) struct DrawnPage {
    pub(crate) texts: Vec<DrawnText>,
    pub(crate) pictures: Vec<DrawnPicture>,
}

pub(crate) struct DrawnText {
    pub(crate) text: String,
    pub(crate) left: f64,
    pub(crate) right: f64,
    /// The line on which the letters stand.
    pub(crate) base: f64,
    pub(crate) size: f64,
}

pub(crate) struct DrawnPicture {
    pub(crate) left: f64,
    pub(crate) top: f64,
    /// Side of a module.
    pub(crate) module: f64,
    /// Column and row of each dark module.
    pub(crate) dark: BTreeSet<(i32, i32)>,
}

/// An object: its text up to a stream, and the stream.
struct PdfObject {
    head: String,
    stream: Vec<u8>,
}

#[derive(Default)]
struct FontTables {
    letters: HashMap<u16, char>,
    /// In thousandths of the size.
    widths: HashMap<u16, f64>,
}

#[derive(Debug, PartialEq)]
enum PdfToken {
    Word(String),
    Bytes(Vec<u8>),
}

pub(crate) fn read_pages(file: &[u8]) -> Vec<DrawnPage> {
    let objects = read_objects(file);
    let tree = objects.values().find(|one| one.head.contains("/Type /Pages")).unwrap();
    let kids = references(&tree.head, "/Kids");
    assert!(tree.head.contains(&format!("/Count {}", kids.len())), "{}", tree.head);
    kids.iter().map(|page| read_page(&objects, &objects[page].head)).collect()
}

fn read_page(objects: &BTreeMap<usize, PdfObject>, page: &str) -> DrawnPage {
    let content = &objects[&references(page, "/Contents")[0]].stream;
    let fonts = ["R", "B"].map(|name| {
        let font = references(page, &format!("/{name} "))[0];
        (format!("/{name}"), read_font(objects, &objects[&font].head))
    });
    draw(content, &HashMap::from(fonts))
}

fn read_font(objects: &BTreeMap<usize, PdfObject>, font: &str) -> FontTables {
    let mut tables = FontTables::default();
    let unicode = &objects[&references(font, "/ToUnicode")[0]].stream;
    for line in std::str::from_utf8(unicode).unwrap().lines() {
        let Some((code, letter)) = line.strip_prefix('<').and_then(|rest| rest.split_once("> <"))
        else {
            continue;
        };
        let units = |text: &str| -> Vec<u16> {
            let pairs = text.trim_end_matches('>').as_bytes().chunks(4);
            pairs
                .map(|pair| u16::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect()
        };
        let letter = char::decode_utf16(units(letter)).next().unwrap().unwrap();
        // The range of all codes looks the same and has no letter.
        if code != "0000" {
            tables.letters.insert(units(code)[0], letter);
        }
    }
    let descendant = &objects[&references(font, "/DescendantFonts")[0]].head;
    let widths = descendant.split("/W [1 [").nth(1).unwrap().split(']').next().unwrap();
    let widths = widths.split_whitespace().map(|width| width.parse().unwrap());
    tables.widths = (1..).zip(widths).collect();
    tables
}

fn draw(content: &[u8], fonts: &HashMap<String, FontTables>) -> DrawnPage {
    let mut page = DrawnPage::default();
    let (mut operands, mut shown) = (Vec::new(), Vec::new());
    let (mut font, mut size, mut place) = (String::new(), 0.0, (0.0, 0.0));
    for token in tokens(content) {
        let PdfToken::Word(word) = token else {
            let PdfToken::Bytes(bytes) = token else { unreachable!() };
            shown = bytes;
            continue;
        };
        let number = |back: usize| -> f64 {
            let text: &String = &operands[operands.len() - back];
            text.parse().unwrap()
        };
        match word.as_str() {
            "Tf" => (font, size) = (operands[operands.len() - 2].clone(), number(1)),
            "Td" => place = (number(2) / POINTS_PER_MM, PAGE_HEIGHT - number(1) / POINTS_PER_MM),
            "Tj" => page.texts.push(drawn_text(&shown, &fonts[&font], size, place)),
            "cm" => page.pictures.push(DrawnPicture {
                left: number(2) / POINTS_PER_MM,
                top: PAGE_HEIGHT - number(1) / POINTS_PER_MM,
                module: number(6) / POINTS_PER_MM,
                dark: BTreeSet::new(),
            }),
            "re" => {
                let [x, y, width, height] = [4, 3, 2, 1].map(|back| number(back) as i32);
                assert_eq!(height, 1);
                let dark = &mut page.pictures.last_mut().unwrap().dark;
                dark.extend((x..x + width).map(|x| (x, y)));
            }
            _ => {
                operands.push(word);
                continue;
            }
        }
        operands.clear();
    }
    page
}

fn drawn_text(bytes: &[u8], font: &FontTables, size: f64, (left, base): (f64, f64)) -> DrawnText {
    let codes: Vec<u16> =
        bytes.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    let width: f64 = codes.iter().map(|code| font.widths[code]).sum();
    let size = size / POINTS_PER_MM;
    DrawnText {
        text: codes.iter().map(|code| font.letters[code]).collect(),
        left,
        right: left + width / 1000.0 * size,
        base,
        size,
    }
}

/// Words and strings of a content stream.
fn tokens(content: &[u8]) -> Vec<PdfToken> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at < content.len() {
        match content[at] {
            b'(' => {
                let (bytes, end) = literal_string(content, at + 1);
                out.push(PdfToken::Bytes(bytes));
                at = end;
            }
            b'<' => {
                let end = at + content[at..].iter().position(|byte| *byte == b'>').unwrap();
                let hex = std::str::from_utf8(&content[at + 1..end]).unwrap();
                let byte = |from| u8::from_str_radix(&hex[from..from + 2], 16).unwrap();
                out.push(PdfToken::Bytes((0..hex.len()).step_by(2).map(byte).collect()));
                at = end + 1;
            }
            byte if byte.is_ascii_whitespace() || b"[]".contains(&byte) => at += 1,
            _ => {
                let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"[]<(".contains(byte);
                let length = content[at..].iter().position(is_end).unwrap_or(content.len() - at);
                let word = std::str::from_utf8(&content[at..at + length]).unwrap();
                out.push(PdfToken::Word(word.to_owned()));
                at += length;
            }
        }
    }
    out
}

/// The bytes of a string in brackets, and where the text goes on.
fn literal_string(content: &[u8], mut at: usize) -> (Vec<u8>, usize) {
    let (mut bytes, mut depth) = (Vec::new(), 1);
    loop {
        match content[at] {
            b'\\' => {
                at += 1;
                bytes.push(match content[at] {
                    b'0'..=b'7' => {
                        let digits = std::str::from_utf8(&content[at..at + 3]).unwrap();
                        at += 2;
                        u8::from_str_radix(digits, 8).unwrap()
                    }
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'f' => 12,
                    other => other,
                });
            }
            b')' if depth == 1 => return (bytes, at + 1),
            byte => {
                depth += i32::from(byte == b'(') - i32::from(byte == b')');
                bytes.push(byte);
            }
        }
        at += 1;
    }
}

fn read_objects(file: &[u8]) -> BTreeMap<usize, PdfObject> {
    let text = |from: usize| String::from_utf8_lossy(&file[from..]).into_owned();
    let end = text(file.len() - 40);
    let at: usize = end.split("startxref").nth(1).unwrap().lines().nth(1).unwrap().parse().unwrap();
    let table = text(at);
    let mut lines = table.lines().skip(1);
    let count: usize = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let entries = lines.take(count).enumerate().filter(|(_, line)| line.trim_end().ends_with('n'));
    entries.map(|(id, line)| (id, read_object(file, id, line[..10].parse().unwrap()))).collect()
}

fn read_object(file: &[u8], id: usize, at: usize) -> PdfObject {
    let find = |mark: &[u8]| file[at..].windows(mark.len()).position(|bytes| bytes == mark);
    let end = find(b"endobj").unwrap();
    let begin = find(b"\nstream\n").filter(|begin| *begin < end);
    let head = String::from_utf8_lossy(&file[at..at + begin.unwrap_or(end)]).into_owned();
    assert!(head.starts_with(&format!("{id} 0 obj")), "the table names object {id}: {head}");
    let mut stream = Vec::new();
    if let Some(begin) = begin {
        let length = head.split("/Length ").nth(1).unwrap().split_whitespace().next().unwrap();
        let from = at + begin + "\nstream\n".len();
        let packed = &file[from..from + length.parse::<usize>().unwrap()];
        ZlibDecoder::new(packed).read_to_end(&mut stream).unwrap();
    }
    PdfObject { head, stream }
}

/// The numbers of the objects that stand after a key: one, or several in brackets.
fn references(head: &str, key: &str) -> Vec<usize> {
    let value = head.split_once(key).unwrap().1.trim_start();
    let (list, many) = value.strip_prefix('[').map_or((value, false), |list| (list, true));
    let words: Vec<&str> = list.split(']').next().unwrap().split_whitespace().collect();
    let ids = words.chunks(3).map(|reference| reference[0].parse().unwrap());
    if many { ids.collect() } else { ids.take(1).collect() }
}
