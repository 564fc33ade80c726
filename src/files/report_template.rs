//! A workbook in which a person fills in the reports of one period: a row for each report, its
//! identity locked, its figures open, the figures of the last period beside.
//!
//! Everything that is for eyes only is a remark (`table::remark`), so the filled workbook is a file
//! of reports as `report_csv` reads it.

use super::report_csv::{MISSING, MISSING_TEXTS, REPORT_COLUMNS, ReportCsvRow, figure_cell};
use super::table::table_export::{
    ExportCell, TableExportError, number_format, properties, write_cell_with_format,
};
use super::table::{REMARK, has_two_readings};
use crate::domain::report::cell::CellValue;
use crate::domain::report::element::{Element, ElementCode};
use crate::domain::report::figure_text::{format_scaled, format_shortest};
use crate::domain::support::limits::NOTE;
use crate::domain::support::message::{Message, message};
use crate::i18n::Lang;
use jiff::civil::Date;
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationRule, Format, FormatAlign, FormatBorder, Formula, Note,
    ProtectionOptions, Workbook, Worksheet, XlsxError,
};

/// The rows above the first report: a title, names for people, names for the reader.
const TITLE_ROW: u32 = 0;
const NAME_ROW: u32 = 1;
const HEADER_ROW: u32 = 2;
const FIRST_ROW: u32 = 3;
/// Columns that stay in view: contract, unit and its name.
const FROZEN_COLUMNS: u16 = 3;
/// A spreadsheet shows so many characters beside a cell.
const TOOLTIP_CHARS_MAX: usize = 255;
/// The columns of a file of reports.
const CONTRACT: &str = REPORT_COLUMNS[0];
const UNIT: &str = REPORT_COLUMNS[1];
const FIRST_DAY: &str = REPORT_COLUMNS[2];
const LAST_DAY: &str = REPORT_COLUMNS[3];
const NIL: &str = REPORT_COLUMNS[4];
const NOTE_COLUMN: &str = REPORT_COLUMNS[5];

const LOCKED_COLOUR: Color = Color::RGB(0xF2_F2_F2);
const HEAD_COLOUR: Color = Color::RGB(0xD9_E2_EC);
const FAINT_COLOUR: Color = Color::RGB(0x6B_6B_6B);

/// The reports of one form and period that are to be filled in.
#[derive(Debug, Clone)]
pub struct ReportTemplate {
    /// Name of the form, in Vietnamese and English.
    pub form_names: [String; 2],
    /// Name of the period.
    pub period_name: Message,
    /// Elements of the form, in its order.
    pub elements: Vec<Element>,
    /// A row for each report, in the order of the sheet.
    pub rows: Vec<TemplateRow>,
}

/// One report that is to be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRow {
    /// Name of the unit in the period.
    pub unit_name: String,
    /// The report as it stands; without cells if nothing was entered yet.
    pub report: ReportCsvRow,
    /// The cells of the unit's report of the period before.
    pub last_cells: Vec<(ElementCode, CellValue)>,
}

/// The bytes of the workbook.
///
/// # Errors
/// [`TableExportError`] if it has more rows than a sheet.
pub fn build_report_template(
    template: &ReportTemplate,
    lang: Lang,
    written_on: Date,
) -> Result<Vec<u8>, TableExportError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(written_on));
    let sheet = workbook.add_worksheet();
    let columns = build_columns(template, lang);
    let writer = TemplateWriter { template, lang, columns: &columns };
    writer.write_head(sheet)?;
    for (row, report) in (FIRST_ROW..).zip(&template.rows) {
        for (column, one) in (0..).zip(&columns) {
            let cell = writer.cell(one, report);
            write_cell_with_format(sheet, (row, column), &cell, &one.format())?;
        }
    }
    writer.add_validations(sheet)?;
    set_page(sheet, lang)?;
    Ok(workbook.save_to_buffer()?)
}

/// What a column holds.
enum TemplateColumn<'a> {
    Identity(&'static str),
    UnitName,
    Nil,
    Figure(&'a Element),
    Missing,
    Note,
    LastFigure(&'a Element),
}

fn build_columns(template: &ReportTemplate, lang: Lang) -> Vec<HeadedColumn<'_>> {
    let elements = &template.elements;
    let head = |kind, name: &str, text: &str, width| HeadedColumn {
        kind,
        name: name.to_owned(),
        text: lang.text(text).to_owned(),
        width,
    };
    let mut columns = vec![
        head(TemplateColumn::Identity(CONTRACT), CONTRACT, "template-contract", 11.0),
        head(TemplateColumn::Identity(UNIT), UNIT, "template-unit", 13.0),
        head(TemplateColumn::UnitName, "# name", "template-unit-name", 26.0),
        head(TemplateColumn::Identity(FIRST_DAY), FIRST_DAY, "template-first-day", 11.5),
        head(TemplateColumn::Identity(LAST_DAY), LAST_DAY, "template-last-day", 11.5),
        head(TemplateColumn::Nil, NIL, "template-nil", 17.0),
    ];
    columns.extend(elements.iter().map(|one| HeadedColumn {
        kind: TemplateColumn::Figure(one),
        name: one.code.to_string(),
        text: element_name(one, lang),
        width: 15.0,
    }));
    columns.push(head(TemplateColumn::Missing, MISSING, "template-missing", 30.0));
    columns.push(head(TemplateColumn::Note, NOTE_COLUMN, "template-note", 36.0));
    columns.extend(elements.iter().map(|one| HeadedColumn {
        kind: TemplateColumn::LastFigure(one),
        name: format!("{REMARK}last {}", one.code),
        text: lang.say(message!("template-last", name = element_name(one, lang))),
        width: 15.0,
    }));
    columns
}

fn element_name(element: &Element, lang: Lang) -> String {
    let name = lang.pick(&element.name_vi, &element.name_en);
    format!("{name} ({})", element.unit_of_count)
}

/// A column with its name for the reader and its name for people.
struct HeadedColumn<'a> {
    kind: TemplateColumn<'a>,
    name: String,
    text: String,
    width: f64,
}

impl HeadedColumn<'_> {
    /// The format of the cells below the header.
    fn format(&self) -> Format {
        use TemplateColumn::{Figure, Identity, LastFigure, Missing, Nil, Note, UnitName};
        let format = Format::new().set_border(FormatBorder::Thin).set_border_color(FAINT_COLOUR);
        let format = format.set_align(FormatAlign::VerticalCenter).set_num_format("@");
        match &self.kind {
            Figure(element) => {
                format.set_num_format(number_format(element.scale.into())).set_unlocked()
            }
            Note => format.set_text_wrap().set_unlocked(),
            Nil | Missing => format.set_unlocked(),
            LastFigure(_) => {
                let format = format.set_background_color(LOCKED_COLOUR).set_text_wrap();
                format.set_font_color(FAINT_COLOUR)
            }
            Identity(_) | UnitName => format.set_background_color(LOCKED_COLOUR),
        }
    }
}

struct TemplateWriter<'a> {
    template: &'a ReportTemplate,
    lang: Lang,
    columns: &'a [HeadedColumn<'a>],
}

impl TemplateWriter<'_> {
    fn write_head(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let [vi, en] = &self.template.form_names;
        let (form, period) = (self.lang.pick(vi, en), self.lang.say(&self.template.period_name));
        let title = self.lang.say(message!("template-title", form, period));
        let bold = Format::new().set_bold();
        sheet.write_string_with_format(TITLE_ROW, 0, remark(&title), &bold)?;
        let names = Format::new().set_bold().set_text_wrap().set_background_color(HEAD_COLOUR);
        let names = names.set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter);
        let codes = Format::new().set_font_color(FAINT_COLOUR).set_font_size(8);
        let codes = codes.set_num_format("@").set_border(FormatBorder::Thin);
        sheet.set_row_height(NAME_ROW, 78)?;
        for (column, one) in (0..).zip(self.columns) {
            sheet.set_column_width(column, one.width)?;
            let text = remark(&one.text);
            sheet.write_string_with_format(NAME_ROW, column, text, &names)?;
            sheet.write_string_with_format(HEADER_ROW, column, &one.name, &codes)?;
            if let Some(text) = self.tooltip(one) {
                let note = Note::new(text).add_author_prefix(false).set_author("thidua");
                sheet.insert_note(NAME_ROW, column, &note)?;
            }
        }
        sheet.set_freeze_panes(FIRST_ROW, FROZEN_COLUMNS)?;
        Ok(())
    }

    fn cell(&self, column: &HeadedColumn<'_>, row: &TemplateRow) -> ExportCell {
        let report = &row.report;
        match column.kind {
            TemplateColumn::Identity(CONTRACT) => ExportCell::text(&report.contract),
            TemplateColumn::Identity(FIRST_DAY) => ExportCell::Day(report.window.start),
            TemplateColumn::Identity(LAST_DAY) => ExportCell::Day(report.window.last_day()),
            TemplateColumn::Identity(_) => ExportCell::text(&report.unit_uid),
            TemplateColumn::UnitName => ExportCell::text(&row.unit_name),
            TemplateColumn::Nil if report.nil => {
                ExportCell::text(self.lang.text("report-csv-nil-word"))
            }
            TemplateColumn::Nil | TemplateColumn::Missing => ExportCell::text(""),
            TemplateColumn::Note => ExportCell::text(&report.note),
            TemplateColumn::Figure(element) => present_cell(report, element),
            TemplateColumn::LastFigure(element) => last_cell(row, element, self.lang),
        }
    }

    /// What a person should know of a column that is filled in.
    fn tooltip(&self, column: &HeadedColumn<'_>) -> Option<String> {
        let say = |message| Some(self.lang.say(message));
        match column.kind {
            TemplateColumn::Figure(element) => {
                let bound = |value| self.lang.numbers(&format_shortest(value, element.scale));
                let (least, most) = (bound(element.min), bound(element.max));
                let (name, decimals) = (element_name(element, self.lang), element.scale);
                match decimals {
                    0 => say(message!("template-figure-whole", name, least, most)),
                    _ => say(message!("template-figure", name, least, most, decimals)),
                }
            }
            TemplateColumn::Nil => say(message!("template-nil-how")),
            TemplateColumn::Missing => say(message!("template-missing-how")),
            TemplateColumn::Note => say(message!("template-note-how")),
            TemplateColumn::Identity(_)
            | TemplateColumn::UnitName
            | TemplateColumn::LastFigure(_) => None,
        }
    }

    fn add_validations(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let count = u32::try_from(self.template.rows.len()).unwrap_or(u32::MAX);
        let Some(last_row) = (FIRST_ROW - 1).checked_add(count).filter(|_| count > 0) else {
            return Ok(());
        };
        for (column, one) in (0..).zip(self.columns) {
            let (Some(rule), Some(tooltip)) = (self.rule(column, one)?, self.tooltip(one)) else {
                continue;
            };
            let tooltip: String = tooltip.chars().take(TOOLTIP_CHARS_MAX).collect();
            let rule = rule.set_input_message(&tooltip)?.set_error_message(&tooltip)?;
            let rule = rule.set_error_title(self.lang.text("template-refused"))?;
            sheet.add_data_validation(FIRST_ROW, column, last_row, column, &rule)?;
        }
        Ok(())
    }

    fn rule(
        &self,
        column: u16,
        one: &HeadedColumn<'_>,
    ) -> Result<Option<DataValidation>, XlsxError> {
        let rule = DataValidation::new();
        Ok(Some(match one.kind {
            TemplateColumn::Nil => {
                rule.allow_list_strings(&[self.lang.text("report-csv-nil-word")])?
            }
            TemplateColumn::Missing => {
                rule.allow_list_strings(&MISSING_TEXTS.map(|(_, id)| self.lang.text(id)))?
            }
            TemplateColumn::Note => {
                let most = u32::try_from(NOTE.chars_max).unwrap_or(u32::MAX);
                rule.allow_text_length(DataValidationRule::LessThanOrEqualTo(most))
            }
            TemplateColumn::Figure(element) => figure_rule(column, element),
            TemplateColumn::Identity(_)
            | TemplateColumn::UnitName
            | TemplateColumn::LastFigure(_) => return Ok(None),
        }))
    }
}

/// Only figures of the element: whole, or with its decimals, within its range.
fn figure_rule(column: u16, element: &Element) -> DataValidation {
    let scale = element.scale;
    let (least, most) = (format_scaled(element.min, scale), format_scaled(element.max, scale));
    let rule = DataValidation::new();
    if scale == 0 {
        let between = DataValidationRule::Between(Formula::new(least), Formula::new(most));
        return rule.allow_whole_number_formula(between);
    }
    let cell = rust_xlsxwriter::utility::row_col_to_cell(FIRST_ROW, column);
    let formula = format!(
        "=AND(ISNUMBER({cell}),{cell}>={least},{cell}<={most},ROUND({cell},{scale})={cell})"
    );
    rule.allow_custom(Formula::new(formula))
}

/// What the report says already. A confirmed figure with a text that reads two ways is left blank,
/// which changes nothing.
fn present_cell(report: &ReportCsvRow, element: &Element) -> ExportCell {
    match figure_cell(&report.cells, &element.code, element.scale) {
        ExportCell::Text(_) if has_two_readings(element.scale) => ExportCell::text(""),
        cell @ (ExportCell::Text(_) | ExportCell::Number(_) | ExportCell::Day(_)) => cell,
    }
}

/// The figure of the period before, or in words why there is none.
fn last_cell(row: &TemplateRow, element: &Element, lang: Lang) -> ExportCell {
    let found = row.last_cells.iter().find(|(code, _)| *code == element.code);
    match found.map(|(_, value)| *value) {
        Some(CellValue::Reported(figure) | CellValue::Carried(figure)) => {
            ExportCell::Number(format_scaled(figure, element.scale))
        }
        Some(CellValue::Nil) => ExportCell::text(lang.text("report-csv-nil-word")),
        Some(CellValue::Missing(reason)) => {
            let text = MISSING_TEXTS.iter().find(|(known, _)| *known == reason);
            ExportCell::text(text.map_or("", |(_, id)| lang.text(id)))
        }
        None => ExportCell::text(""),
    }
}

fn remark(text: &str) -> String {
    format!("{REMARK}{text}")
}

/// A sheet that is protected without a password: only the open cells take figures.
fn set_page(sheet: &mut Worksheet, lang: Lang) -> Result<(), XlsxError> {
    sheet.set_name(lang.text("template-sheet"))?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    sheet.set_repeat_rows(NAME_ROW, HEADER_ROW)?;
    let options =
        ProtectionOptions { format_columns: true, format_rows: true, ..ProtectionOptions::new() };
    sheet.protect_with_options(&options);
    sheet.set_selection(FIRST_ROW, 5, FIRST_ROW, 5)?;
    Ok(())
}
