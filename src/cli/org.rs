//! `thidua org import DIR`: units.csv, parents.csv and lineage.csv, all or nothing.
//!
//! Knows no rehearsal: see `rehearse`.

use super::ctx::Ctx;
use super::failure::{Failure, Outcome};
use super::files;
use super::rehearse;
use crate::app::Reference;
use crate::domain::org::{Org, UnitKind};
use crate::files::org::{OrgTexts, read_org};
use serde_json::json;
use std::path::{Path, PathBuf};

/// `thidua org ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Nạp tổ chức từ thư mục · Import units.csv, parents.csv and lineage.csv of a directory; safe to run again.
    #[command(after_help = "Ví dụ / Examples:
  thidua org import examples/tra-vinh/org --dry-run
  thidua org import examples/tra-vinh/org")]
    Import {
        /// Thư mục có ba tệp · The directory with the three files.
        dir: PathBuf,
        /// Chỉ kiểm tra, không ghi · Check and show only, write nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Diễn tập thay đổi tổ chức · Rehearse a change: what it would do, and what does not reconcile; writes nothing.
    Rehearse(rehearse::Args),
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    match &args.what {
        What::Import { dir, dry_run } => import(ctx, dir, *dry_run),
        What::Rehearse(args) => rehearse::run(ctx, args),
    }
}

/// Reads the three files of a directory.
pub(super) fn read(dir: &Path) -> Outcome<Org> {
    let [units, parents, lineage] =
        ["units.csv", "parents.csv", "lineage.csv"].map(|name| files::read(&dir.join(name)));
    let (units, parents, lineage) = (units?, parents?, lineage?);
    read_org(&OrgTexts { units: &units, parents: &parents, lineage: &lineage }).map_err(|mut faults| {
        faults.iter_mut().for_each(|fault| fault.file = files::name(&dir.join(&fault.file)));
        Failure::from(faults)
    })
}

fn import(ctx: &Ctx, dir: &Path, dry_run: bool) -> Outcome {
    let org = read(dir)?;
    let desk = ctx.desk()?;
    let known = desk.reference()?;
    let (new, changed) = compare(&known, &org);
    let written = if dry_run { 0 } else { desk.app.import_org(&desk.actor, org.facts())? };
    let kinds = count_kinds(&org, desk.app.now().local_date());
    let say = &ctx.say;
    let text = || {
        let shown: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let head = format!(
            "{} {} ({}), {new} {}, {changed} {}",
            org.units().len(),
            say.pick("đơn vị", "units"),
            shown.join(", "),
            say.pick("mới", "new"),
            say.pick("thay đổi", "changed"),
        );
        let tail = if dry_run {
            say.pick("chạy thử, chưa ghi gì", "dry run, nothing was written").to_owned()
        } else {
            format!("{} {written}", say.pick("số bản ghi đã ghi:", "records written:"))
        };
        format!("{head}\n{tail}")
    };
    let value = || {
        let open: serde_json::Map<String, serde_json::Value> =
            kinds.iter().map(|(kind, count)| (kind.as_str().to_owned(), json!(count))).collect();
        json!({ "units": org.units().len(), "open_today": open, "new": new, "changed": changed, "written": written, "dry_run": dry_run })
    };
    say.answer(text, value);
    Ok(())
}

/// How many units are new, and how many are known otherwise.
fn compare(known: &Reference, org: &Org) -> (usize, usize) {
    let new = org.units().iter().filter(|unit| known.org.unit(unit.id).is_none()).count();
    let changed =
        org.units().iter().filter(|unit| known.org.unit(unit.id).is_some_and(|before| before != *unit)).count();
    (new, changed)
}

/// Units open today, by rank.
fn count_kinds(org: &Org, today: jiff::civil::Date) -> Vec<(UnitKind, usize)> {
    let count = |kind: &UnitKind| (*kind, org.units_of_kind_on(*kind, today).count());
    UnitKind::ALL.iter().map(count).filter(|(_, count)| *count > 0).collect()
}
