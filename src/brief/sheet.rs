//! The same figures as a workbook: targets, units in code order, reports, and where the numbers come from.
//!
//! Every text is written as a text and every figure as a number: no cell is a formula, whatever a unit is called. Knows no file.

use super::funnel::{self, Funnel};
use super::page::{figures, headings};
use super::view;
use super::words;
use crate::app::morning::Morning;
use crate::domain::hex::hex;
use crate::domain::lang::Lang;
use rust_xlsxwriter::{DocProperties, Format, FormatAlign, Workbook, Worksheet, XlsxError};

/// The workbook could not be put together.
#[derive(Debug, thiserror::Error)]
#[error("the workbook could not be written: {0}")]
pub struct NoWorkbook(#[from] XlsxError);

const BANNER: &str = "DỮ LIỆU GIẢ LẬP · SYNTHETIC DATA";

/// The bytes of the workbook.
///
/// # Errors
/// [`NoWorkbook`] if a sheet grows beyond what the format holds.
pub fn workbook(morning: &Morning, lang: Lang) -> Result<Vec<u8>, NoWorkbook> {
    let mut book = Workbook::new();
    let title = lang.pick("Báo cáo buổi sáng", "Morning page");
    // The day of the run, not of the writing: the same run gives the same bytes.
    let mut properties = DocProperties::new().set_title(title);
    if let Ok(day) = rust_xlsxwriter::ExcelDateTime::from_ymd(
        morning.today.year().unsigned_abs(),
        morning.today.month().unsigned_abs(),
        morning.today.day().unsigned_abs(),
    ) {
        properties = properties.set_creation_datetime(&day);
    }
    book.set_properties(&properties);
    targets(book.add_worksheet(), morning, lang)?;
    units(book.add_worksheet(), morning, lang)?;
    reports(book.add_worksheet(), morning, lang)?;
    seal(book.add_worksheet(), morning, lang)?;
    Ok(book.save_to_buffer()?)
}

/// A sheet that is written row by row.
struct Rows<'a> {
    sheet: &'a mut Worksheet,
    row: u32,
}

impl<'a> Rows<'a> {
    fn new(sheet: &'a mut Worksheet, name: &str, morning: &Morning) -> Result<Self, XlsxError> {
        sheet.set_name(name)?;
        sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0);
        let mut rows = Self { sheet, row: 0 };
        if morning.synthetic {
            rows.texts(&[BANNER], &Format::new().set_bold().set_font_color(0x7A_1F_1F))?;
        }
        Ok(rows)
    }

    fn headings(&mut self, headings: &[&str], widths: &[f64]) -> Result<(), XlsxError> {
        for (column, width) in (0..).zip(widths) {
            self.sheet.set_column_width(column, *width)?;
        }
        let format = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
        self.texts(headings, &format)?;
        self.sheet.set_freeze_panes(self.row, 0)?;
        Ok(())
    }

    fn texts<T: AsRef<str>>(&mut self, texts: &[T], format: &Format) -> Result<(), XlsxError> {
        for (column, text) in (0..).zip(texts) {
            self.sheet.write_string_with_format(self.row, column, text.as_ref(), format)?;
        }
        self.row += 1;
        Ok(())
    }

    /// A row in which what is a whole number is written as one; the first column holds a code or a name.
    fn cells<T: AsRef<str>>(&mut self, cells: &[T]) -> Result<(), XlsxError> {
        let format = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        for (column, cell) in (0..).zip(cells) {
            let text = cell.as_ref();
            match text.parse::<i32>().ok().filter(|number| column > 0 && number.to_string() == text) {
                Some(number) => self.sheet.write_number_with_format(self.row, column, number, &format)?,
                None => self.sheet.write_string_with_format(self.row, column, text, &format)?,
            };
        }
        self.row += 1;
        Ok(())
    }
}

fn targets(sheet: &mut Worksheet, morning: &Morning, lang: Lang) -> Result<(), XlsxError> {
    let mut rows = Rows::new(sheet, lang.pick("Chỉ tiêu", "Targets"), morning)?;
    let headings = lang.pick(
        [
            "Mã",
            "Nội dung",
            "Năm trước",
            "Hiện nay",
            "Giá trị",
            "Cần đạt",
            "Trạng thái",
            "Nhận xét",
            "Vì sao",
            "Đọc cùng",
        ],
        ["Code", "What", "Last year", "Now", "Value", "Needed", "State", "Remarks", "Why", "Read with"],
    );
    rows.headings(&headings, &[7.0, 52.0, 10.0, 11.0, 11.0, 16.0, 20.0, 52.0, 44.0, 44.0])?;
    for row in view::rows(morning, lang) {
        let beside = row
            .beside
            .iter()
            .map(|[name, before, now]| if now.is_empty() { name.clone() } else { format!("{name} {before} → {now}") });
        let beside = beside.collect::<Vec<String>>().join("; ");
        let why = row.why.join("; ");
        let single = row.lines.len() == 1;
        if !single {
            rows.cells(&[&row.target.code, row.text, "", "", "", "", row.state, "", &why, &beside])?;
        }
        for line in &row.lines {
            let (name, why, beside) = if single { (row.text, &*why, &*beside) } else { (&*line.name, "", "") };
            let (state, says) = (words::state(line.state, lang), line.says.join(" "));
            let cells =
                [&line.code, name, &line.before, &line.now, &line.value, &line.needed, state, &says, why, beside];
            rows.cells(&cells)?;
        }
    }
    Ok(())
}

fn units(sheet: &mut Worksheet, morning: &Morning, lang: Lang) -> Result<(), XlsxError> {
    let mut rows = Rows::new(sheet, lang.pick("Đơn vị", "Units"), morning)?;
    let funnels = funnel::funnels(morning, lang);
    let note =
        lang.pick("Theo thứ tự mã; đây không phải là xếp hạng.", "In the order of codes; this is not a ranking.");
    rows.texts(&[note], &Format::new().set_italic())?;
    let mut names: Vec<String> = lang.pick(["Mã", "Đơn vị"], ["Code", "Unit"]).map(str::to_owned).to_vec();
    names.extend(funnels.iter().flat_map(|one| [format!("{} {}", one.code, one.name), one.code.clone()]));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    rows.headings(&names, &[9.0, 32.0, 22.0, 26.0, 22.0, 26.0, 22.0, 26.0, 22.0, 26.0])?;
    for unit in &morning.below {
        let mut cells = vec![unit.code.clone(), unit.name.clone()];
        cells.extend(funnels.iter().flat_map(|one| place(one, &unit.code, lang)));
        rows.cells(&cells)?;
    }
    Ok(())
}

fn place(funnel: &Funnel, code: &str, lang: Lang) -> [String; 2] {
    let point = funnel.points.iter().find(|point| point.code == code);
    point.map_or_else(Default::default, |point| [point.figures.clone(), funnel::place_words(point, lang).to_owned()])
}

fn reports(sheet: &mut Worksheet, morning: &Morning, lang: Lang) -> Result<(), XlsxError> {
    let mut rows = Rows::new(sheet, lang.pick("Báo cáo", "Reports"), morning)?;
    let mut names = lang.pick(["Mã", "Đơn vị", "Mẫu"], ["Code", "Unit", "Form"]).to_vec();
    names.extend(headings(lang));
    rows.headings(&names, &[9.0, 32.0, 14.0, 10.0, 10.0, 12.0, 10.0, 10.0, 14.0, 10.0])?;
    for unit in std::iter::once(&morning.own).chain(&morning.below) {
        for (contract, coverage) in &unit.coverage {
            let mut cells = vec![unit.code.clone(), unit.name.clone(), contract.clone()];
            cells.extend(figures(coverage).map(|figure| figure.to_string()));
            rows.cells(&cells)?;
        }
    }
    Ok(())
}

fn seal(sheet: &mut Worksheet, morning: &Morning, lang: Lang) -> Result<(), XlsxError> {
    let mut rows = Rows::new(sheet, lang.pick("Chứng từ", "Seal"), morning)?;
    let run = &morning.run;
    rows.headings(&["", ""], &[32.0, 80.0])?;
    let lines = [
        (lang.pick("Phong trào", "Campaign"), morning.campaign.code.clone()),
        (lang.pick("Đơn vị", "Unit"), morning.own.name.clone()),
        (lang.pick("Ngày", "Day"), morning.today.to_string()),
        (lang.pick("Lần tổng hợp", "Run"), format!("{} {}", run.number, run.id)),
        (lang.pick("Thời điểm chốt", "Cut"), format!("{} / {}", run.cut_at.local_text(), run.cut_seq)),
        (lang.pick("Mã băm dữ liệu vào", "Digest of the input"), hex(&run.input_digest)),
        (lang.pick("Đầu chuỗi nhật ký", "Head of the audit"), hex(&morning.audit_head)),
        (lang.pick("Góc nhìn", "View"), "AS_WAS".to_owned()),
        (lang.pick("Phần mềm", "Programme"), format!("thidua {}", run.code_version)),
        (
            lang.pick("Ghi chú", "Note"),
            lang.pick("Tham gia thi đua là tự nguyện.", "Taking part in emulation is voluntary.").to_owned(),
        ),
    ];
    for (name, value) in lines {
        rows.cells(&[name, &value])?;
    }
    Ok(())
}
