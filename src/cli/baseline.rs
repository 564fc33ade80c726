//! `thidua baseline import -f FILE` and `export`: the figures of the past, a verdict for each line, all lines or none.

use super::ctx::{Ctx, Desk};
use super::failure::{Failure, Finding, Outcome};
use super::files;
use super::say::{Colour, finding_json};
use crate::app::Reference;
use crate::domain::baseline::BaselineRow;
use crate::domain::element::{CountingLevel, ElementCode};
use crate::domain::lang::Lang;
use crate::domain::org::UnitKind;
use crate::files::baseline::{self, Import};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Verdicts that a person still reads one by one.
const SHOWN_MAX: usize = 50;

/// `thidua baseline ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Nạp số liệu kỳ gốc · Import a file: unit,element,first_day,last_day,value,source,status; nothing is written unless all lines pass.
    #[command(after_help = "Ví dụ / Examples:
  thidua baseline import -f base.csv --dry-run
  thidua baseline import -f base.csv --json")]
    Import {
        /// Tệp CSV · The CSV file; a byte order mark and Excel's separators are fine.
        #[arg(long, short)]
        file: PathBuf,
        /// Chỉ kiểm tra, không ghi · Check only, write nothing.
        #[arg(long)]
        dry_run: bool,
        /// Cho xem cả các dòng đạt · Show the verdict of lines that pass too.
        #[arg(long)]
        all: bool,
    },
    /// Xuất số liệu kỳ gốc · Export the newest version of every figure as such a file.
    #[command(after_help = "Ví dụ / Examples:
  thidua baseline export > base.csv
  thidua baseline export -o base.csv")]
    Export {
        /// Tệp đích · Write here instead of to standard output.
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    match &args.what {
        What::Import { file, dry_run, all } => import(ctx, file, *dry_run, *all),
        What::Export { out } => export(ctx, out.as_deref()),
    }
}

fn import(ctx: &Ctx, file: &Path, dry_run: bool, all: bool) -> Outcome {
    let text = files::read(file)?;
    let desk = ctx.desk()?;
    let reference = desk.reference()?;
    let name = files::name(file);
    let read = baseline::read(&name, &text, 1, &reference.catalogue, |uid| level_of(&reference, uid))?;
    show_verdicts(ctx, &read, all);
    let (lines, passed) = (read.lines, read.passed());
    let rows = read.rows().map_err(Failure::refused_files)?;
    let stored: Vec<BaselineRow> = rows.into_iter().map(|row| known_as(&reference, row)).collect();
    let written = if dry_run { 0 } else { desk.app.import_baselines(&desk.actor, &stored)? };
    let say = &ctx.say;
    let text = || {
        let same = stored.len() - written;
        let tail = if dry_run {
            say.pick("chạy thử, chưa ghi gì", "dry run, nothing was written").to_owned()
        } else if say.lang == Lang::Vi {
            format!("đã ghi {written} số liệu mới, {same} số liệu đã có như vậy")
        } else {
            format!("{written} new figures written, {same} were there already")
        };
        say.paint(Colour::Green, &format!("{passed}/{lines} {}; {tail}", say.pick("dòng đạt", "lines pass")))
    };
    say.answer(text, || json!({ "lines": lines, "passed": passed, "written": written, "dry_run": dry_run }));
    Ok(())
}

/// A verdict a line: findings where there are any, `ok` for the others when asked.
fn show_verdicts(ctx: &Ctx, read: &Import, all: bool) {
    let say = &ctx.say;
    if say.json {
        if !read.faults.is_empty() {
            let findings: Vec<_> =
                read.faults.iter().cloned().map(|fault| finding_json(&Finding::from(fault), say.lang)).collect();
            say.line(format!("{:#}", json!({ "lines": read.lines, "passed": read.passed(), "findings": findings })));
        }
        return;
    }
    if !read.faults.is_empty() {
        say.line(format!("{}/{} {}", read.passed(), read.lines, say.pick("dòng đạt", "lines pass")));
    }
    if all {
        let bad: Vec<usize> = read.faults.iter().map(|fault| fault.place.line).collect();
        let good = (2..).filter(|line| !bad.contains(line)).take(read.passed().min(SHOWN_MAX));
        good.for_each(|line| say.line(format!("{line}: ok")));
    }
}

/// The rank at which a unit counts: of its last version, since figures of the past were counted by what the unit was.
fn level_of(reference: &Reference, uid: &str) -> Option<CountingLevel> {
    match reference.org.by_uid(uid)?.versions.last()?.kind {
        UnitKind::Province => Some(CountingLevel::Province),
        UnitKind::District => Some(CountingLevel::District),
        UnitKind::Commune => Some(CountingLevel::Commune),
        UnitKind::Department => Some(CountingLevel::Department),
        UnitKind::Cluster => None,
    }
}

/// The row under the uid by which the organisation knows the unit: of several joined ones the earliest.
fn known_as(reference: &Reference, row: BaselineRow) -> BaselineRow {
    let uid = reference.org.by_uid(&row.unit_uid).map(|unit| unit.uid.clone());
    BaselineRow { unit_uid: uid.unwrap_or(row.unit_uid), ..row }
}

fn export(ctx: &Ctx, out: Option<&Path>) -> Outcome {
    let desk = ctx.desk()?;
    let reference = desk.reference()?;
    let rows = newest(&desk)?;
    files::write(&ctx.say, out, &baseline::print(&rows, &reference.catalogue))
}

/// The newest import of each unit and element, in the order of unit, element and day.
fn newest(desk: &Desk) -> Outcome<Vec<BaselineRow>> {
    let mut newest: BTreeMap<(String, ElementCode), Vec<BaselineRow>> = BTreeMap::new();
    for row in desk.app.baselines(&desk.actor)? {
        let kept = newest.entry((row.unit_uid.clone(), row.element.clone())).or_default();
        if kept.first().is_some_and(|before| before.version < row.version) {
            kept.clear();
        }
        if kept.first().is_none_or(|before| before.version == row.version) {
            kept.push(row);
        }
    }
    let mut rows: Vec<BaselineRow> = newest.into_values().flatten().collect();
    rows.sort_by(|a, b| (&a.unit_uid, &a.element, a.window).cmp(&(&b.unit_uid, &b.element, b.window)));
    Ok(rows)
}
