//! `thidua report import|export|revisions`: reports as a spreadsheet file, through the very commands and rights of a phone; their past side by side.

use super::access::unit_id;
use super::ctx::{Ctx, Desk};
use super::failure::{Failure, Finding, Outcome};
use super::files;
use super::say::Colour;
use crate::app::Reference;
use crate::app::review::Wanted;
use crate::domain::broken::Broken;
use crate::domain::cell::{CellValue, Cells, Change, ElementNo};
use crate::domain::command::{Body, Command, Save, SaveNote};
use crate::domain::element::ElementCode;
use crate::domain::expectation::expectations_of;
use crate::domain::ids::{AccountId, ContractId, ReportId};
use crate::domain::reason::{Reason, Refusal};
use crate::domain::report::{Report, ReportKey};
use crate::domain::window::Window;
use crate::domain::workflow::State;
use crate::files::fault::Place;
use crate::files::report_csv::{self, ReportMark, ReportRow};
use crate::store::report::Filed;
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// `thidua report ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Nạp báo cáo từ tệp · Import a file: contract,unit,first_day,last_day,nil,note and a column an element; all lines or none.
    #[command(after_help = "Ví dụ / Examples:
  thidua report import -f week.csv --account xa-29242 --dry-run
  thidua report import -f week.csv --account xa-29242 --submit")]
    Import {
        /// Tệp CSV · The CSV file; a byte order mark and Excel's separators are fine.
        #[arg(long, short)]
        file: PathBuf,
        /// Tài khoản nhân danh · The account in whose name, with its rights only.
        #[arg(long)]
        account: String,
        /// Nộp luôn · Submit each report too.
        #[arg(long)]
        submit: bool,
        /// Chỉ kiểm tra, không ghi · Check only, write nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Xuất báo cáo đã gửi · Export sent reports of one contract as such a file, with state, lateness and day of receipt.
    #[command(after_help = "Ví dụ / Examples:
  thidua report export --csv tuan-xa > week.csv
  thidua report export --csv tuan-xa --unit dist-842 --from 2024-08-19 --to 2024-09-01")]
    Export {
        /// Mã hợp đồng báo cáo · Code of the reporting contract.
        contract: String,
        /// Dạng CSV, dạng duy nhất hiện nay · As CSV, the only form for now.
        #[arg(long, required = true)]
        csv: bool,
        /// Chỉ đơn vị này và cấp dưới · Only of this unit and of those under it today.
        #[arg(long)]
        unit: Option<String>,
        /// Ngày đầu · First day of the periods.
        #[arg(long, requires = "to")]
        from: Option<Date>,
        /// Ngày cuối · Last day of the periods.
        #[arg(long, requires = "from")]
        to: Option<Date>,
        /// Tệp đích · Write here instead of to standard output.
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    /// Các bản đã gửi, đặt cạnh nhau · Every revision that was sent, side by side; what changed is marked.
    #[command(after_help = "Ví dụ / Examples:
  thidua report revisions 0191f3c2a4b57d8e9f00112233445566")]
    Revisions {
        /// Mã báo cáo · Id of the report.
        report: String,
    },
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    let desk = ctx.desk()?;
    match &args.what {
        What::Import { file, account, submit, dry_run } => import(ctx, &desk, file, account, (*submit, *dry_run)),
        What::Export { contract, csv: _, unit, from, to, out } => {
            let days = from.zip(*to).map(|(from, to)| (from, to.tomorrow().unwrap_or(to)));
            let text = export(&desk, contract, unit.as_deref(), days)?;
            files::write(&ctx.say, out.as_deref(), &text)
        }
        What::Revisions { report } => revisions(ctx, &desk, report),
    }
}

/// One column a revision, oldest first; a cell that differs from the one before carries a `*`.
fn revisions(ctx: &Ctx, desk: &Desk, report: &str) -> Outcome {
    let unknown =
        || Failure::new("NOT_FOUND", format!("không có báo cáo {report}"), format!("there is no report {report}"));
    let id = ReportId::parse(report).map_err(|_| unknown())?;
    let mut filed = desk.app.revisions(&desk.actor, id)?;
    filed.reverse();
    let reference = desk.reference()?;
    let elements: BTreeSet<ElementNo> = filed.iter().flat_map(|one| one.report.cells.keys().copied()).collect();
    let shown = |value: Option<&CellValue>| match value {
        None => "-".to_owned(),
        Some(CellValue::Reported(figure)) => figure.to_string(),
        Some(CellValue::Nil) => "nil".to_owned(),
        Some(CellValue::Missing(_)) => "missing".to_owned(),
    };
    let mut rows = vec![line("state", filed.iter().map(|one| one.report.state.code().to_owned()))];
    for element in elements {
        let name = reference.element_code(element).unwrap_or_default();
        rows.push(line(name, filed.iter().map(|one| shown(one.report.cells.get(&element)))));
    }
    rows.push(line("note", filed.iter().map(|one| one.report.note.clone())));
    let heads: Vec<String> = filed.iter().map(|one| one.revision.to_string()).collect();
    let headings: Vec<&str> = std::iter::once("").chain(heads.iter().map(String::as_str)).collect();
    let say = &ctx.say;
    if say.json {
        let row = |row: &Vec<String>| json!({ "line": row[0], "values": row[1..] });
        say.answer(String::new, || json!({ "revisions": heads, "lines": rows.iter().map(row).collect::<Vec<_>>() }));
        return Ok(());
    }
    say.table(&headings, &rows);
    Ok(())
}

/// A line of texts; one that differs from the one before it is marked.
fn line(name: &str, texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut row = vec![name.to_owned()];
    let mut before: Option<String> = None;
    for text in texts {
        let differs = before.as_ref().is_some_and(|before| *before != text);
        row.push(if differs { format!("{text} *") } else { text.clone() });
        before = Some(text);
    }
    row
}

fn import(ctx: &Ctx, desk: &Desk, file: &Path, account: &str, (submit, dry_run): (bool, bool)) -> Outcome {
    let text = files::read(file)?;
    let reference = desk.reference()?;
    let name = files::name(file);
    let rows = report_csv::read(&name, &text, &reference.catalogue)?;
    let actor = desk.app.account_actor(&desk.actor, AccountId::named(account))?;
    let (mut commands, mut lines, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        match commands_of(desk, &reference, row, submit) {
            Ok(made) => {
                lines.extend(made.iter().map(|_| row.line));
                commands.extend(made);
            }
            Err(Said::Row(refusal)) => findings.extend(at_line(&name, row.line, refusal)),
            Err(Said::Trouble(failure)) => return Err(failure),
        }
    }
    let ended = desk.app.run_all(&actor, &commands, !dry_run && findings.is_empty())?;
    for (line, end) in lines.into_iter().zip(ended) {
        findings.extend(end.err().into_iter().flat_map(|refusal| at_line(&name, line, refusal)));
    }
    if !findings.is_empty() {
        findings.sort_by_key(|finding| finding.place.as_ref().map(|(_, place)| *place));
        return Err(Failure::refused_files(findings));
    }
    let say = &ctx.say;
    let (count, steps) = (rows.len(), commands.len());
    let text = || {
        let tail = if dry_run {
            say.pick("chạy thử, chưa ghi gì", "dry run, nothing was written")
        } else {
            say.pick("đã ghi", "written")
        };
        say.paint(
            Colour::Green,
            &say.lang.pick(
                format!("{count} báo cáo, {steps} lệnh; {tail}"),
                format!("{count} reports, {steps} commands; {tail}"),
            ),
        )
    };
    say.answer(text, || json!({ "reports": count, "commands": steps, "dry_run": dry_run }));
    Ok(())
}

/// What is said of a line, or trouble that is nobody's line.
enum Said {
    Row(Refusal),
    Trouble(Failure),
}

impl From<Reason> for Said {
    fn from(reason: Reason) -> Self {
        Self::Row(reason.into())
    }
}

/// Every finding of a refusal, at the line's beginning.
fn at_line(file: &str, line: usize, refusal: Refusal) -> Vec<Finding> {
    let place = Some((file.to_owned(), Place { line, column: 1 }));
    let finding = |at: String, why: Reason| Finding {
        place: place.clone(),
        broken: Broken::refuses(why.code(), at, why.text_vi(), why.text_en()),
    };
    if refusal.problems.is_empty() {
        return vec![finding("report".to_owned(), refusal.reason)];
    }
    refusal.problems.into_iter().map(|problem| finding(problem.field, problem.reason)).collect()
}

/// The commands of one line: a save where something differs, and a submission when asked.
fn commands_of(desk: &Desk, reference: &Reference, row: &ReportRow, submit: bool) -> Result<Vec<Command>, Said> {
    let key = key_of(reference, row)?;
    let (id, today) = (key.id(), desk.app.now().local_date());
    let filed = desk.app.filed(&[id]).map_err(|error| Said::Trouble(error.into()))?.pop();
    let acting_unit = reference.org.acts_for(key.unit, today).unwrap_or(key.unit);
    let blank = Cells::new();
    let before = filed.as_ref().map_or(&blank, |filed| &filed.report.cells);
    let mut changes = Vec::new();
    for (element, mine) in cells_of(reference, &key, row)? {
        let base = before.get(&element).copied();
        if base != Some(mine) {
            changes.push(Change { element, mine: Some(mine), base });
        }
    }
    changes.sort_by_key(|change| change.element);
    let base_note = filed.as_ref().map_or("", |filed| filed.report.note.as_str());
    let note = (row.note != base_note).then(|| SaveNote { mine: row.note.clone(), base: base_note.to_owned() });
    let command = |body| Command { captured_at: None, sync_mark: Vec::new(), body };
    let mut commands = Vec::new();
    if !changes.is_empty() || note.is_some() {
        let base_revision = filed.as_ref().map_or(0, |filed| filed.revision);
        commands.push(command(Body::Save(Save { key, acting_unit, changes, note, base_revision })));
    }
    // A file may be brought twice: what was sent and says the same needs no second submission.
    let sent =
        filed.as_ref().is_some_and(|filed| filed.report.state.is_sent() && filed.report.state != State::Returned);
    if submit && !(sent && commands.is_empty()) {
        commands.push(command(Body::Submit { report: id, acting_unit }));
    }
    Ok(commands)
}

/// What the line answers: the period, or piece of one, that the unit owes for exactly these days.
fn key_of(reference: &Reference, row: &ReportRow) -> Result<ReportKey, Said> {
    let contract = reference.catalogue.contract(&row.contract).ok_or(Reason::NotFound)?;
    let unit = reference.org.by_uid(&row.unit_uid).ok_or(Reason::NotFound)?.id;
    let calendar = reference.calendars.get(&contract.calendar).ok_or(Reason::NotExpected)?;
    let whole = calendar.period_containing(row.window.start);
    let window = Window { start: whole.start, end: whole.end };
    let owed = expectations_of(&reference.org, &reference.calendars, contract, unit, window)
        .map_err(|_| Reason::NotExpected)?;
    let wanted = owed.into_iter().find(|one| one.period.start == row.window.start && one.period.end == row.window.end);
    let period = wanted.ok_or(Reason::NotExpected)?.period;
    Ok(ReportKey { contract: contract.id(), unit, period })
}

/// What the line says: its cells, or every cell of the form as an explicit zero.
fn cells_of(reference: &Reference, key: &ReportKey, row: &ReportRow) -> Result<Vec<(ElementNo, CellValue)>, Said> {
    if row.nil {
        let shape = reference.shape(key.contract).ok_or(Reason::NotExpected)?;
        return Ok(shape.lines.keys().map(|element| (*element, CellValue::Nil)).collect());
    }
    let number = |(code, value): &(ElementCode, CellValue)| {
        let number = reference.elements.number(code).ok_or(Reason::UnknownElement)?;
        Ok((ElementNo(number), *value))
    };
    row.cells.iter().map(number).collect()
}

fn export(desk: &Desk, contract: &str, unit: Option<&str>, days: Option<(Date, Date)>) -> Outcome<String> {
    let reference = desk.reference()?;
    let catalogue = &reference.catalogue;
    let form = catalogue.contract(contract).and_then(|contract| catalogue.form(&contract.form)).ok_or_else(|| {
        let codes: Vec<&str> = catalogue.contracts.iter().map(|contract| contract.code.as_str()).collect();
        let codes = codes.join(", ");
        Failure::new(
            "UNKNOWN_CONTRACT",
            format!("không có hợp đồng báo cáo {contract}; có: {codes}"),
            format!("there is no reporting contract {contract}; there are: {codes}"),
        )
    })?;
    let unit = unit.map(|code| unit_id(desk, code)).transpose()?;
    let wanted = Wanted { unit, states: Vec::new(), contract: Some(ContractId::named(contract)), days };
    let lines = desk.app.reports_in_sight(&desk.actor, &wanted)?;
    let ids: Vec<_> = lines.iter().map(|line| line.id).collect();
    let filed = desk.app.filed(&ids)?;
    let rows: Vec<(ReportRow, ReportMark)> = filed.iter().map(|one| row_of(&reference, contract, one)).collect();
    Ok(report_csv::print(&rows, &form.elements, catalogue))
}

fn row_of(reference: &Reference, contract: &str, filed: &Filed) -> (ReportRow, ReportMark) {
    let Report { key, state, cells, note, received_day, late, .. } = &filed.report;
    let cells: Vec<(ElementCode, CellValue)> = cells
        .iter()
        .filter_map(|(element, value)| Some((reference.elements.item(element.0)?.clone(), *value)))
        .collect();
    let nil = !cells.is_empty() && cells.iter().all(|(_, value)| *value == CellValue::Nil);
    let row = ReportRow {
        line: 0,
        contract: contract.to_owned(),
        unit_uid: reference.org.unit(key.unit).map_or_else(String::new, |unit| unit.uid.clone()),
        window: Window { start: key.period.start, end: key.period.end },
        nil,
        note: note.clone(),
        cells: if nil { Vec::new() } else { cells },
    };
    let received_day = received_day.map_or_else(String::new, |day| day.to_string());
    (row, ReportMark { state: state.code().to_owned(), late: *late, received_day })
}
