//! `thidua brief`: writes the morning page and its workbook for one unit, as the last night published the standings.
//!
//! Knows files; what stands on the page is `brief`'s.

use super::campaign;
use super::ctx::Ctx;
use super::failure::{Failure, Outcome};
use crate::app::App;
use crate::app::morning::Wanted;
use crate::brief::{page, workbook};
use crate::domain::lang::Lang;
use crate::domain::permission::Actor;
use serde_json::json;
use std::path::{Path, PathBuf};

/// `thidua brief`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:
  thidua brief
  thidua brief --campaign A --phase 1 --out /srv/www/thidua
  thidua brief --unit dist-842 --lang en")]
pub(super) struct Args {
    /// Mã phong trào; bỏ trống khi chỉ có một · Code of the campaign; may be left out when there is only one.
    #[arg(long)]
    campaign: Option<String>,
    /// Đợt; 0 là cả phong trào · Phase; 0 is the whole campaign.
    #[arg(long, default_value_t = 0)]
    phase: u8,
    /// Mã đơn vị (mặc định: toàn đơn vị) · Code of the unit (default: the whole authority).
    #[arg(long)]
    unit: Option<String>,
    /// Thư mục để ghi · Directory to write to.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

/// The two files that were written.
#[derive(Debug, Clone)]
pub(super) struct Written {
    /// The page.
    pub(super) page: PathBuf,
    /// The workbook.
    pub(super) workbook: PathBuf,
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    let desk = ctx.desk()?;
    let reference = desk.reference()?;
    let campaign = campaign::find(&reference, args.campaign.as_deref())?;
    if args.phase > 0 && !campaign.phases.iter().any(|phase| phase.no == args.phase) {
        return Err(Failure::usage(
            format!("phong trào {} không có đợt {}", campaign.code, args.phase),
            format!("campaign {} has no phase {}", campaign.code, args.phase),
        ));
    }
    let unit = args.unit.as_deref().map(|code| super::access::unit_id(&desk, code)).transpose()?;
    let wanted = Wanted { campaign: campaign.id(), phase: args.phase, unit };
    let written = write(&desk.app, &desk.actor, &wanted, &args.out, ctx.say.lang)?;
    let (page, book) = (written.page.display(), written.workbook.display());
    ctx.say.answer(
        || ctx.say.lang.pick(format!("đã ghi {page}\n       {book}"), format!("wrote {page}\n      {book}")),
        || json!({ "page": page.to_string(), "workbook": book.to_string() }),
    );
    Ok(())
}

/// Writes page and workbook of a unit into `dir`.
pub(super) fn write(app: &App, actor: &Actor, wanted: &Wanted, dir: &Path, lang: Lang) -> Outcome<Written> {
    let morning = app.morning(actor, wanted)?;
    let book = workbook(&morning, lang).map_err(|error| {
        Failure::new("NO_WORKBOOK", format!("không ghi được bảng tính: {error}"), error.to_string())
    })?;
    let name =
        format!("thidua-{}-{}-{}-{}.{lang}", morning.campaign.code, morning.phase, morning.own.uid, morning.today);
    let put = |ending: &str, bytes: &[u8]| -> Outcome<PathBuf> {
        let path = dir.join(format!("{name}.{ending}"));
        std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&path, bytes)).map_err(|error| {
            Failure::new(
                "NOT_WRITTEN",
                format!("không ghi được {}: {error}; chọn thư mục khác bằng --out", path.display()),
                format!("{} could not be written: {error}; name another directory with --out", path.display()),
            )
        })?;
        Ok(path)
    };
    Ok(Written { page: put("html", page(&morning, lang).as_bytes())?, workbook: put("xlsx", &book)? })
}
