//! `thidua campaign apply|check|export`: campaigns, elements and forms as files; all files of one call, or nothing.
//!
//! Knows no life of a campaign: see `campaign_life`.

use super::campaign_life;
use super::ctx::Ctx;
use super::diff::{Line, diff};
use super::failure::{Failure, Finding, Outcome};
use super::files;
use super::say::{Colour, finding_json};
use crate::app::Reference;
use crate::app::campaign::Applied;
use crate::domain::broken::{Broken, Grade};
use crate::domain::calendar::{Calendar, Calendars};
use crate::domain::campaign::{Campaign, Step};
use crate::domain::form::Catalogue;
use crate::files::{campaign, campaign_print, catalogue};
use serde_json::{Value, json};
use std::path::PathBuf;

/// `thidua campaign ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Args)]
struct Files {
    /// Tệp phong trào, chỉ tiêu hoặc biểu mẫu; có thể nhiều · A file of a campaign, of elements or of forms; may be repeated.
    #[arg(long = "file", short, required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Tạo hoặc đổi theo tệp · Create or change as the files say; shows the difference first, all files or none.
    #[command(after_help = "Ví dụ / Examples:
  thidua campaign apply -f elements.toml -f forms.toml -f campaign-a.toml --dry-run
  thidua campaign apply -f campaign-a.toml --basis \"QĐ 12/QĐ-CAT 02/01/2025, điều chỉnh chỉ tiêu T1\"")]
    Apply {
        #[command(flatten)]
        files: Files,
        /// Căn cứ sửa đổi phong trào đã duyệt · The decision on which a change of an approved campaign rests.
        #[arg(long, value_name = "TEXT")]
        basis: Option<String>,
        /// Chỉ cho xem khác biệt, không ghi · Show the difference only, write nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Kiểm tra tệp, không ghi · Check the files and write nothing.
    #[command(after_help = "Ví dụ / Examples:
  thidua campaign check -f campaign-a.toml --json")]
    Check {
        #[command(flatten)]
        files: Files,
    },
    /// Xuất một phong trào thành tệp · Export a campaign as a file that apply takes back.
    #[command(after_help = "Ví dụ / Examples:
  thidua campaign export A > campaign-a.toml")]
    Export {
        /// Mã phong trào; bỏ trống khi chỉ có một · Code of the campaign; may be left out when there is only one.
        code: Option<String>,
        /// Tệp đích · Write here instead of to standard output.
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    /// Các phong trào và trạng thái · Campaigns, where they stand and which steps lead on.
    #[command(after_help = "Ví dụ / Examples:
  thidua campaign list --json")]
    List,
    /// Chuyển phong trào sang bước tiếp · Take a campaign to its next state; says everything that stands against it.
    ///
    /// approve: duyệt · launch, start, close: theo lịch, việc apply-day tự làm · by the calendar, the job apply-day takes them ·
    /// review, conclude: tổng kết · results stand, no report comes in any more · suspend, resume, close_early, archive.
    #[command(after_help = "Ví dụ / Examples:
  thidua campaign step approve --campaign A
  thidua campaign step conclude --campaign A")]
    Step {
        /// Bước · The step.
        #[arg(value_parser = campaign_life::read_step)]
        step: Step,
        /// Mã phong trào; bỏ trống khi chỉ có một · Code of the campaign; may be left out when there is only one.
        #[arg(long)]
        campaign: Option<String>,
    },
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    match &args.what {
        What::Apply { files, basis, dry_run } => apply(ctx, files, basis.as_deref(), *dry_run),
        What::List => campaign_life::list(ctx),
        What::Step { step, campaign } => campaign_life::step(ctx, campaign.as_deref(), *step),
        What::Check { files } => check(ctx, files),
        What::Export { code, out } => export(ctx, code.as_deref(), out.as_deref()),
    }
}

/// What the files of one call say, and what is to be remarked about them.
struct Wanted {
    catalogue: Catalogue,
    campaigns: Vec<Campaign>,
    warnings: Vec<Finding>,
}

fn apply(ctx: &Ctx, files: &Files, basis: Option<&str>, dry_run: bool) -> Outcome {
    let desk = ctx.desk()?;
    let reference = desk.reference()?;
    let wanted = read_all(files, &reference)?;
    let say = &ctx.say;
    say.warn(&wanted.warnings);
    let changes = changes(&reference, &wanted);
    if !say.json {
        changes.iter().for_each(|change| show(ctx, change));
    }
    let calendars = missing_calendars(&reference);
    let applied = if dry_run {
        Applied::default()
    } else {
        desk.app.apply_files(&desk.actor, &wanted.catalogue, &calendars, &wanted.campaigns, basis)?
    };
    let text = || {
        if dry_run {
            return say.pick("chạy thử, chưa ghi gì", "dry run, nothing was written").to_owned();
        }
        let parts = [
            (applied.catalogue, say.pick("mục danh mục", "catalogue entries")),
            (applied.campaigns, say.pick("phong trào", "campaigns")),
        ];
        let shown: Vec<String> = parts.iter().map(|(count, what)| format!("{count} {what}")).collect();
        say.paint(Colour::Green, &format!("{} {}", say.pick("đã ghi:", "written:"), shown.join(", ")))
    };
    let value = || {
        let list: Vec<Value> = changes.iter().map(change_json).collect();
        let warnings: Vec<Value> = wanted.warnings.iter().map(|one| finding_json(one, say.lang)).collect();
        json!({
            "changes": list,
            "warnings": warnings,
            "written": { "catalogue": applied.catalogue, "campaigns": applied.campaigns },
            "dry_run": dry_run,
        })
    };
    say.answer(text, value);
    Ok(())
}

fn check(ctx: &Ctx, files: &Files) -> Outcome {
    // Without a database the files are held against each other alone, so that a campaign can be written anywhere.
    let reference = match ctx.desk() {
        Ok(desk) => Some(desk.reference()?),
        Err(failure) if failure.code == "NOT_INITIALISED" => None,
        Err(failure) => return Err(failure),
    };
    let wanted = match &reference {
        Some(reference) => read_all(files, reference)?,
        None => read_against(files, &Catalogue::default())?,
    };
    let say = &ctx.say;
    say.warn(&wanted.warnings);
    let warnings: Vec<Value> = wanted.warnings.iter().map(|one| finding_json(one, say.lang)).collect();
    say.answer(
        || say.paint(Colour::Green, say.pick("không có lỗi", "no mistakes")),
        || json!({ "ok": true, "warnings": warnings }),
    );
    Ok(())
}

fn export(ctx: &Ctx, code: Option<&str>, out: Option<&std::path::Path>) -> Outcome {
    let reference = ctx.desk()?.reference()?;
    let campaign = find(&reference, code)?;
    files::write(&ctx.say, out, &campaign_print::print(campaign))
}

/// The campaign with this code, or the only one.
pub(super) fn find<'a>(reference: &'a Reference, code: Option<&str>) -> Outcome<&'a Campaign> {
    let codes: Vec<&str> = reference.campaigns.iter().map(|campaign| campaign.code.as_str()).collect();
    let found = match code {
        Some(code) => reference.campaigns.iter().find(|campaign| campaign.code == code),
        None => reference.campaigns.first().filter(|_| codes.len() == 1),
    };
    found.ok_or_else(|| {
        let codes = codes.join(", ");
        Failure::new(
            "UNKNOWN_CAMPAIGN",
            format!("hãy cho mã của một phong trào; hiện có: {codes}"),
            format!("name a campaign by its code; there are: {codes}"),
        )
    })
}

fn read_all(files: &Files, reference: &Reference) -> Outcome<Wanted> {
    read_against(files, &reference.catalogue)
}

/// Reads every file, says everything that is wrong with all of them, and holds the campaigns to what the catalogue will be.
fn read_against(given: &Files, known: &Catalogue) -> Outcome<Wanted> {
    let (mut parts, mut read, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    for path in &given.files {
        let (name, text) = (files::name(path), files::read(path)?);
        if is_catalogue(&text) {
            catalogue::read(&name, &text)
                .map_or_else(|faults| findings.extend(faults.into_iter().map(Finding::from)), |part| parts.push(part));
        } else {
            campaign::read(&name, &text)
                .map_or_else(|faults| findings.extend(faults.into_iter().map(Finding::from)), |one| read.push(one));
        }
    }
    let catalogue = merged(known, &catalogue::join(parts));
    if findings.is_empty() {
        findings.extend(catalogue.check().into_iter().map(Finding::from));
        findings.extend(unknown_calendars(&catalogue).into_iter().map(Finding::from));
        findings.extend(read.iter().flat_map(|one| one.check(&catalogue)).map(Finding::from));
    }
    if findings.iter().any(|finding| finding.broken.grade == Grade::Refuses) {
        return Err(Failure::refused_files(findings));
    }
    Ok(Wanted { catalogue, campaigns: read.into_iter().map(|one| one.campaign).collect(), warnings: findings })
}

/// Whether a file speaks of elements, forms or contracts rather than of a campaign.
fn is_catalogue(text: &str) -> bool {
    text.lines().any(|line| matches!(line.trim(), "[[elements]]" | "[[forms]]" | "[[contracts]]"))
}

/// What is known with what the files say put over it, by code.
fn merged(known: &Catalogue, said: &Catalogue) -> Catalogue {
    let mut whole = said.clone();
    whole.elements.extend(known.elements.iter().filter(|one| said.element(&one.code).is_none()).cloned());
    whole.forms.extend(known.forms.iter().filter(|one| said.form(&one.code).is_none()).cloned());
    whole.contracts.extend(known.contracts.iter().filter(|one| said.contract(&one.code).is_none()).cloned());
    whole
}

fn unknown_calendars(catalogue: &Catalogue) -> Vec<Broken> {
    let standard = Calendars::standard();
    let unknown = catalogue.contracts.iter().filter(|contract| standard.get(&contract.calendar).is_none());
    unknown
        .map(|contract| {
            let known: Vec<&str> = standard.iter().map(|calendar| calendar.code.as_str()).collect();
            let (code, known) = (&contract.calendar, known.join(" | "));
            Broken::refuses(
                "UNKNOWN_CALENDAR",
                format!("contracts.{}", contract.code),
                format!("không có lịch báo cáo \"{code}\"; cần {known}"),
                format!("there is no calendar \"{code}\"; expected {known}"),
            )
        })
        .collect()
}

/// The standard calendars that the database does not have yet.
fn missing_calendars(reference: &Reference) -> Vec<Calendar> {
    let standard = Calendars::standard();
    standard.iter().filter(|one| reference.calendars.get(&one.code) != Some(*one)).cloned().collect()
}

/// One thing that the files change.
struct Change {
    kind: &'static str,
    code: String,
    old: Option<String>,
    new: String,
}

fn changes(reference: &Reference, wanted: &Wanted) -> Vec<Change> {
    let known = &reference.catalogue;
    let mut all = Vec::new();
    let mut note = |kind, code: &str, old: Option<String>, new: String| {
        if old.as_ref() != Some(&new) {
            all.push(Change { kind, code: code.to_owned(), old, new });
        }
    };
    for one in &wanted.catalogue.elements {
        note(
            "element",
            one.code.as_str(),
            known.element(&one.code).map(|old| format!("{old:#?}")),
            format!("{one:#?}"),
        );
    }
    for one in &wanted.catalogue.forms {
        note("form", &one.code, known.form(&one.code).map(|old| format!("{old:#?}")), format!("{one:#?}"));
    }
    for one in &wanted.catalogue.contracts {
        note("contract", &one.code, known.contract(&one.code).map(|old| format!("{old:#?}")), format!("{one:#?}"));
    }
    for one in &wanted.campaigns {
        let old = reference.campaigns.iter().find(|old| old.code == one.code).map(campaign_print::print);
        note("campaign", &one.code, old, campaign_print::print(one));
    }
    all
}

/// New things in one line, changed ones with the lines that differ.
fn show(ctx: &Ctx, change: &Change) {
    let say = &ctx.say;
    let Change { kind, code, old, new } = change;
    let Some(old) = old else {
        return say.line(say.paint(Colour::Green, &format!("+ {kind} {code}")));
    };
    say.line(say.paint(Colour::Yellow, &format!("~ {kind} {code}")));
    for line in diff(old, new) {
        match line {
            Line::Gone(text) => say.line(say.paint(Colour::Red, &format!("    - {}", text.trim()))),
            Line::New(text) => say.line(say.paint(Colour::Green, &format!("    + {}", text.trim()))),
        }
    }
}

fn change_json(change: &Change) -> Value {
    let mut lines = Vec::new();
    if let Some(old) = &change.old {
        for line in diff(old, &change.new) {
            lines.push(match line {
                Line::Gone(text) => format!("- {}", text.trim()),
                Line::New(text) => format!("+ {}", text.trim()),
            });
        }
    }
    json!({ "kind": change.kind, "code": change.code, "new": change.old.is_none(), "lines": lines })
}
