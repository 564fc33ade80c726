//! `thidua runs list|show|verify|diff`: what each night published, whether it can be reckoned again, and what changed since.
//!
//! Units stand in the order of their codes; nothing is ranked. Knows how to show; what differs is `app`'s to say.

use super::campaign;
use super::ctx::{Ctx, Desk};
use super::failure::{Failure, Outcome};
use super::say::Colour;
use crate::app::Reference;
use crate::app::runs::{Changed, Manifest};
use crate::domain::campaign::Campaign;
use crate::domain::hex::hex;
use crate::domain::ids::UnitId;
use crate::domain::standing::Standing;
use crate::domain::time::Instant;
use serde_json::json;

/// `thidua runs ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Mã phong trào; bỏ trống khi chỉ có một · Code of the campaign; may be left out when there is only one.
    #[arg(long, global = true)]
    campaign: Option<String>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Các lần tổng hợp đã công bố · Published runs, newest first.
    #[command(after_help = "Ví dụ / Examples:\n  thidua runs list --campaign A")]
    List {
        /// Số dòng · At most so many.
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// Kết quả của một lần · The standings of a run.
    #[command(after_help = "Ví dụ / Examples:\n  thidua runs show 20\n  thidua runs show 20 --unit dist-842")]
    Show {
        /// Số của lần tổng hợp · Number of the run.
        run: u32,
        /// Mã đơn vị (mặc định: toàn đơn vị) · Code of the unit (default: the whole authority).
        #[arg(long)]
        unit: Option<String>,
    },
    /// Tính lại từ báo cáo gốc · Reckon a run again from the raw reports as they were at its cut.
    #[command(after_help = "Ví dụ / Examples:\n  thidua runs verify 20")]
    Verify {
        /// Số của lần tổng hợp · Number of the run.
        run: u32,
    },
    /// Khác nhau giữa hai lần, và vì báo cáo nào · What changed between two runs, and because of which reports.
    #[command(after_help = "Ví dụ / Examples:\n  thidua runs diff 19 20")]
    Diff {
        /// Lần trước · Number of the earlier run.
        before: u32,
        /// Lần sau · Number of the later run.
        after: u32,
    },
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    let desk = ctx.desk()?;
    let reference = desk.reference()?;
    let campaign = campaign::find(&reference, args.campaign.as_deref())?;
    match &args.what {
        What::List { limit } => list(ctx, &desk, campaign, *limit),
        What::Show { run, unit } => show(ctx, &desk, &find(&desk, campaign, *run)?, unit.as_deref()),
        What::Verify { run } => verify(ctx, &desk, &reference, &find(&desk, campaign, *run)?),
        What::Diff { before, after } => {
            diff(ctx, &desk, &reference, [&find(&desk, campaign, *before)?, &find(&desk, campaign, *after)?])
        }
    }
}

fn find(desk: &Desk, campaign: &Campaign, number: u32) -> Outcome<Manifest> {
    let runs = desk.app.runs(campaign.id(), i64::MAX)?;
    runs.into_iter().find(|run| run.number == i64::from(number)).ok_or_else(|| {
        Failure::new(
            "NOT_FOUND",
            format!("không có lần tổng hợp {number}; xem: thidua runs list"),
            format!("there is no run {number}; see: thidua runs list"),
        )
    })
}

fn list(ctx: &Ctx, desk: &Desk, campaign: &Campaign, limit: u16) -> Outcome {
    let runs = desk.app.runs(campaign.id(), limit.into())?;
    let row = |run: &Manifest| {
        let at = Instant(run.at).local_text();
        vec![run.number.to_string(), at, run.cut.to_string(), hex(&run.output_digest), run.code.clone()]
    };
    let rows: Vec<Vec<String>> = runs.iter().map(row).collect();
    let say = &ctx.say;
    let headings = [
        say.pick("lần", "run"),
        say.pick("công bố", "published"),
        say.pick("đến vị trí", "cut"),
        "SHA-256",
        say.pick("phiên bản", "version"),
    ];
    say.rows(&headings, &["run", "published", "cut", "output_sha256", "version"], &rows);
    Ok(())
}

fn show(ctx: &Ctx, desk: &Desk, run: &Manifest, unit: Option<&str>) -> Outcome {
    let (mut standings, reference) = desk.app.run_standings(run)?;
    let unit = match unit {
        Some(code) => super::access::unit_id(desk, code)?,
        None => desk.app.store().read(|tx| desk.app.root(tx))?.unwrap_or(UnitId([0; 16])),
    };
    standings.retain(|one| one.unit == unit);
    standings.sort_by_key(|one| (one.phase, one.judgement.code.clone()));
    let row = |one: &Standing| {
        let judgement = &one.judgement;
        vec![
            uid(&reference, one.unit),
            judgement.code.clone(),
            judgement.display.clone(),
            judgement.state.as_str().to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = standings.iter().map(row).collect();
    let say = &ctx.say;
    let headings = [
        say.pick("đơn vị", "unit"),
        say.pick("chỉ tiêu", "target"),
        say.pick("giá trị", "value"),
        say.pick("trạng thái", "state"),
    ];
    say.rows(&headings, &["unit", "target", "value", "state"], &rows);
    Ok(())
}

fn uid(reference: &Reference, unit: UnitId) -> String {
    reference.org.unit(unit).map_or_else(|| unit.to_string(), |unit| unit.uid.clone())
}

fn verify(ctx: &Ctx, desk: &Desk, reference: &Reference, run: &Manifest) -> Outcome {
    let found = desk.app.verify_run(run)?;
    let say = &ctx.say;
    let holds = found.input_holds && found.output_holds;
    let word = |holds: bool| {
        let (colour, text) =
            if holds { (Colour::Green, "ok") } else { (Colour::Red, say.pick("KHÔNG KHỚP", "DIFFERS")) };
        say.paint(colour, text)
    };
    say.answer(
        || {
            let lines = [
                format!("{} {}: {} {}", say.pick("lần", "run"), run.number, found.reports, say.pick("báo cáo gốc", "raw reports")),
                format!("  {} {}", say.pick("đầu vào :", "input   :"), word(found.input_holds)),
                format!("  {} {}", say.pick("kết quả :", "standings:"), word(found.output_holds)),
            ];
            let differing = found.differing.iter().map(|(unit, target)| format!("  {} {target}", uid(reference, *unit)));
            lines.into_iter().chain(differing).collect::<Vec<_>>().join("\n")
        },
        || json!({ "run": run.number, "reports": found.reports, "input_holds": found.input_holds, "output_holds": found.output_holds,
                   "output_sha256": hex(&run.output_digest) }),
    );
    if holds {
        return Ok(());
    }
    Err(Failure::new(
        "RUN_DIFFERS",
        "tính lại không ra kết quả đã công bố: dữ liệu gốc đã bị sửa, hoặc chương trình tính khác; chạy thidua doctor --full",
        "reckoned again, the run is not what was published: raw data was edited, or this programme reckons otherwise; run thidua doctor --full",
    ))
}

fn diff(ctx: &Ctx, desk: &Desk, reference: &Reference, [before, after]: [&Manifest; 2]) -> Outcome {
    let mut between = desk.app.between_runs(before, after)?;
    between.changed.sort_by_key(|one| (uid(reference, one.unit), one.target.clone()));
    between.reports.sort_by_key(|report| (uid(reference, report.key.unit), report.key.period.start));
    let say = &ctx.say;
    let side = |one: &Option<Standing>| {
        one.as_ref()
            .map_or_else(|| "-".to_owned(), |one| format!("{} {}", one.judgement.display, one.judgement.state.as_str()))
    };
    let line = |one: &Changed| [uid(reference, one.unit), one.target.clone(), side(&one.before), side(&one.after)];
    let changed: Vec<[String; 4]> = between.changed.iter().map(line).collect();
    let report = |one: &crate::domain::report::Report| {
        [uid(reference, one.key.unit), one.key.period.to_string(), format!("{:?}", one.state).to_uppercase()]
    };
    let reports: Vec<[String; 3]> = between.reports.iter().map(report).collect();
    say.answer(
        || {
            let mut lines = vec![format!("{} {} -> {}", say.pick("lần", "run"), before.number, after.number)];
            if between.definitions {
                lines.push(say.pick("định nghĩa đã đổi (tổ chức, biểu mẫu hoặc phong trào)", "definitions changed (organisation, forms or campaigns)").to_owned());
            }
            if between.baselines {
                lines.push(say.pick("số liệu kỳ gốc đã đổi", "baselines changed").to_owned());
            }
            lines.push(format!("{} {}", changed.len(), say.pick("kết quả khác:", "standings differ:")));
            lines.extend(changed.iter().map(|[unit, target, old, new]| format!("  {unit} {target}: {old} -> {new}")));
            lines.push(format!("{} {}", reports.len(), say.pick("báo cáo đã đổi giữa hai lần:", "reports changed between the two:")));
            lines.extend(reports.iter().map(|[unit, period, state]| format!("  {unit} {period} {state}")));
            lines.join("\n")
        },
        || json!({ "before": before.number, "after": after.number, "definitions": between.definitions, "baselines": between.baselines,
                   "changed": changed.iter().map(|[unit, target, old, new]| json!({ "unit": unit, "target": target, "before": old, "after": new })).collect::<Vec<_>>(),
                   "reports": reports.iter().map(|[unit, period, state]| json!({ "unit": unit, "period": period, "state": state })).collect::<Vec<_>>() }),
    );
    Ok(())
}
