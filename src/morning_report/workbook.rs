//! The morning report as a workbook: targets, units in code order, reports, and provenance.
//!
//! Every text is written as a text and every figure as a number, so no cell is ever a formula,
//! whatever a unit's name is.

use super::funnel_plot::{self, FunnelPlot};
use super::page::{coverage_figures, coverage_headings};
use super::target_rows::{self, TargetRow};
use super::texts;
use crate::app::morning_report::MorningReport;
use crate::domain::standing::ShownFigure;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::text::escape_controls;
use crate::i18n::Lang;
use rust_xlsxwriter::{DocProperties, Format, FormatAlign, Workbook, Worksheet, XlsxError};

/// The workbook could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the workbook could not be written: {0}")]
pub struct WorkbookError(#[from] XlsxError);

/// The bytes of the workbook.
///
/// # Errors
/// [`WorkbookError`] if a sheet grows beyond what the format holds.
pub fn build_workbook(morning: &MorningReport, lang: Lang) -> Result<Vec<u8>, WorkbookError> {
    let mut workbook = Workbook::new();
    let title = lang.text("page-morning-page");
    // The day of the run, not of writing: the same run gives the same bytes.
    let mut properties = DocProperties::new().set_title(title);
    if let Ok(day) = rust_xlsxwriter::ExcelDateTime::from_ymd(
        morning.today.year().unsigned_abs(),
        morning.today.month().unsigned_abs(),
        morning.today.day().unsigned_abs(),
    ) {
        properties = properties.set_creation_datetime(&day);
    }
    workbook.set_properties(&properties);
    write_targets(workbook.add_worksheet(), morning, lang)?;
    write_units(workbook.add_worksheet(), morning, lang)?;
    write_reports(workbook.add_worksheet(), morning, lang)?;
    write_provenance(workbook.add_worksheet(), morning, lang)?;
    Ok(workbook.save_to_buffer()?)
}

/// Writes a sheet row by row.
struct SheetWriter<'a> {
    sheet: &'a mut Worksheet,
    row: u32,
}

impl<'a> SheetWriter<'a> {
    fn new(
        sheet: &'a mut Worksheet,
        name: &str,
        morning: &MorningReport,
        lang: Lang,
    ) -> Result<Self, XlsxError> {
        sheet.set_name(lang.text(name))?;
        sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0);
        let mut writer = Self { sheet, row: 0 };
        if morning.is_synthetic {
            writer.write_texts(
                &[lang.text("page-synthetic")],
                &Format::new().set_bold().set_font_color(0x7A_1F_1F),
            )?;
        }
        Ok(writer)
    }

    fn write_headings(&mut self, headings: &[&str], widths: &[f64]) -> Result<(), XlsxError> {
        for (column, width) in (0..).zip(widths) {
            self.sheet.set_column_width(column, *width)?;
        }
        let format = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
        self.write_texts(headings, &format)?;
        self.sheet.set_freeze_panes(self.row, 0)?;
        Ok(())
    }

    fn write_texts<T: AsRef<str>>(
        &mut self,
        texts: &[T],
        format: &Format,
    ) -> Result<(), XlsxError> {
        for (column, text) in (0..).zip(texts) {
            let text = escape_controls(text.as_ref());
            self.sheet.write_string_with_format(self.row, column, &*text, format)?;
        }
        self.row += 1;
        Ok(())
    }

    fn write_cells(&mut self, cells: &[Cell]) -> Result<(), XlsxError> {
        let format = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        let number_format = format.clone().set_num_format(NUMBER_FORMAT);
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Number(number) => self.sheet.write_number_with_format(
                    self.row,
                    column,
                    *number,
                    &number_format,
                )?,
                Cell::Text(text) => {
                    let text = escape_controls(text);
                    self.sheet.write_string_with_format(self.row, column, &*text, &format)?
                }
            };
        }
        self.row += 1;
        Ok(())
    }
}

/// Separators are those of the reader's program.
const NUMBER_FORMAT: &str = "#,##0.######";

/// A cell is a text or a number, never a formula.
#[derive(Clone)]
enum Cell {
    Text(String),
    Number(f64),
}

impl Cell {
    fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    fn empty() -> Self {
        Self::Text(String::new())
    }

    /// A count is a number, everything else a text.
    fn figure(figure: Option<ShownFigure>, lang: Lang) -> Self {
        match figure {
            None => Self::empty(),
            Some(ShownFigure::Count(count)) => Self::Number(count.to_f64()),
            Some(ShownFigure::Fraction(..) | ShownFigure::NoData) => {
                Self::Text(texts::shown_text(figure, lang))
            }
        }
    }
}

fn write_targets(
    sheet: &mut Worksheet,
    morning: &MorningReport,
    lang: Lang,
) -> Result<(), XlsxError> {
    let mut writer = SheetWriter::new(sheet, "workbook-targets", morning, lang)?;
    writer.write_headings(
        &target_headings(lang),
        &[7.0, 52.0, 10.0, 11.0, 11.0, 22.0, 20.0, 24.0, 52.0, 44.0, 44.0],
    )?;
    for row in target_rows::build_target_rows(morning, lang) {
        write_target(&mut writer, &row, lang)?;
    }
    Ok(())
}

/// One line of a target with one comparison; else a line of the target, then one of each
/// comparison.
fn write_target(
    writer: &mut SheetWriter<'_>,
    row: &TargetRow<'_>,
    lang: Lang,
) -> Result<(), XlsxError> {
    let paired_counts = row.paired_counts.iter().map(|[name, before, now]| {
        if now.is_empty() { name.clone() } else { format!("{name} {before} → {now}") }
    });
    let paired_counts = paired_counts.collect::<Vec<String>>().join("; ");
    let reasons = row.each.iter().chain(&row.reasons).cloned().collect::<Vec<_>>().join("; ");
    let single = row.comparisons.len() == 1;
    if !single {
        let mut cells = vec![Cell::text(&row.target.code), Cell::text(row.text)];
        cells.extend(std::iter::repeat_with(Cell::empty).take(4));
        cells.extend(
            [&row.state, &row.judged_through, "", &reasons, &paired_counts].map(Cell::text),
        );
        writer.write_cells(&cells)?;
    }
    for line in &row.comparisons {
        let (name, state, reasons, paired_counts) = if single {
            (row.text, row.state.clone(), &*reasons, &*paired_counts)
        } else {
            (&*line.name, texts::state_text(line.state, lang), "", "")
        };
        let (needed, remarks) = (line.needed.join("; "), line.remarks.join(" "));
        let mut cells = vec![Cell::text(&line.code), Cell::text(name)];
        cells.extend([line.before, line.now].map(|figure| Cell::figure(figure, lang)));
        cells.extend(
            [&*line.value, &needed, &state, &row.judged_through, &remarks, reasons, paired_counts]
                .map(Cell::text),
        );
        writer.write_cells(&cells)?;
    }
    Ok(())
}

fn target_headings(lang: Lang) -> [&'static str; 11] {
    [
        "code",
        "words",
        "before",
        "now",
        "value",
        "needed",
        "state",
        "through",
        "remarks",
        "why",
        "read-with",
    ]
    .map(|column| lang.text(&format!("workbook-target-{column}")))
}

fn write_units(
    sheet: &mut Worksheet,
    morning: &MorningReport,
    lang: Lang,
) -> Result<(), XlsxError> {
    let mut writer = SheetWriter::new(sheet, "workbook-units", morning, lang)?;
    let funnels = funnel_plot::build_funnels(morning, lang);
    let note = lang.text("workbook-order-codes-not-ranking");
    writer.write_texts(&[note], &Format::new().set_italic())?;
    let mut names: Vec<String> =
        ["page-code", "page-unit"].map(|column| lang.text(column).to_owned()).to_vec();
    names.extend(
        funnels.iter().flat_map(|one| [format!("{} {}", one.code, one.name), one.code.clone()]),
    );
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    writer.write_headings(&names, &[9.0, 32.0, 22.0, 26.0, 22.0, 26.0, 22.0, 26.0, 22.0, 26.0])?;
    for unit in &morning.child_units {
        let mut cells = vec![Cell::text(&unit.code), Cell::text(&unit.name)];
        let figures = funnels.iter().flat_map(|one| funnel_cells(one, &unit.code, lang));
        cells.extend(figures.map(Cell::Text));
        writer.write_cells(&cells)?;
    }
    Ok(())
}

fn funnel_cells(funnel: &FunnelPlot, code: &str, lang: Lang) -> [String; 2] {
    let point = funnel.points.iter().find(|point| point.code == code);
    point.map_or_else(Default::default, |point| {
        [point.figures.clone(), funnel_plot::position_text(point, lang).to_owned()]
    })
}

fn write_reports(
    sheet: &mut Worksheet,
    morning: &MorningReport,
    lang: Lang,
) -> Result<(), XlsxError> {
    let mut writer = SheetWriter::new(sheet, "workbook-reports", morning, lang)?;
    let mut names =
        ["page-code", "page-unit", "page-form"].map(|column| lang.text(column)).to_vec();
    names.extend(coverage_headings(lang));
    writer.write_headings(&names, &[9.0, 32.0, 14.0, 10.0, 10.0, 12.0, 10.0, 10.0, 14.0, 10.0])?;
    for unit in std::iter::once(&morning.unit).chain(&morning.child_units) {
        for (contract, coverage) in &unit.coverage {
            let mut cells = [&unit.code, &unit.name, contract].map(Cell::text).to_vec();
            cells.extend(coverage_figures(coverage).map(|figure| Cell::Number(figure.into())));
            writer.write_cells(&cells)?;
        }
    }
    Ok(())
}

fn write_provenance(
    sheet: &mut Worksheet,
    morning: &MorningReport,
    lang: Lang,
) -> Result<(), XlsxError> {
    let mut writer = SheetWriter::new(sheet, "workbook-seal", morning, lang)?;
    let run = &morning.run;
    writer.write_headings(&["", ""], &[32.0, 80.0])?;
    let lines = [
        (lang.text("page-campaign"), morning.campaign.code.clone()),
        (lang.text("page-unit"), morning.unit.name.clone()),
        (lang.text("workbook-day"), morning.today.to_string()),
        (lang.text("page-run"), format!("{} {}", run.number, run.id)),
        (lang.text("page-cut"), format!("{} / {}", run.cut_at.local_text(), run.cut_seq)),
        (lang.text("page-digest-input"), encode_hex(&run.input_digest)),
        (lang.text("workbook-head-audit"), encode_hex(&morning.audit_chain)),
        (lang.text("page-view"), "AS_WAS".to_owned()),
        (lang.text("page-program"), format!("thidua {}", run.code_version)),
        (lang.text("workbook-note"), lang.text("page-taking-part-emulation-voluntary").to_owned()),
    ];
    for (name, value) in lines {
        writer.write_cells(&[Cell::text(name), Cell::text(value)])?;
    }
    Ok(())
}
