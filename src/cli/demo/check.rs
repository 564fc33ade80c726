//! The end is a ledger: what phones show, what the server published and what the books say must agree.
//!
//! Knows how to compare; mends nothing. The books never entered the server, and the figures compared with them were read back
//! by a phone.

use super::DemoError;
use super::generator::ledger::Line;
use super::live::Life;
use super::people::Person;
use crate::client::facade::{Figure, ReportStatus, ReportView};
use crate::domain::element::{ElementCode, ElementKind};
use crate::domain::hex::hex;
use crate::domain::ids::{UnitId, derive};
use crate::domain::lang::Lang;
use crate::domain::scope::{Scope, ScopeKind};
use crate::domain::standing::{Judgement, Standing};
use crate::wire::record;
use std::collections::BTreeMap;

/// What a check found.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    /// Whether all is well.
    pub(super) ok: bool,
    /// One or two lines for the screen.
    pub(super) text: String,
}

/// Every check, in the order of the screen.
pub(super) fn all(
    life: &Life<'_>,
    province: &Person,
    standings: &[Standing],
    lang: Lang,
) -> Result<Vec<Finding>, DemoError> {
    Ok(vec![
        phones_agree(life, lang)?,
        books_balance(life, province, lang)?,
        standings_agree(life, standings, lang)?,
        nothing_twice(life, lang)?,
        audit(life, lang)?,
    ])
}

/// Every phone holds of every scope exactly what the server holds, by count and digest.
fn phones_agree(life: &Life<'_>, lang: Lang) -> Result<Finding, DemoError> {
    let scopes = life.town.app.store().read(|tx| tx.all_scopes())?;
    let held: BTreeMap<Scope, (i64, u128)> =
        scopes.into_iter().map(|one| (one.scope, (one.digest.count, one.digest.sum))).collect();
    let (mut agree, mut first) = (0, None);
    for person in &life.people {
        let mut fine = true;
        for view in person.phone.scopes()?.iter().filter(|view| view.granted) {
            let kind = ScopeKind::ALL.into_iter().find(|kind| kind.code() == view.kind);
            let scope = kind.zip(UnitId::parse(&view.id).ok()).map(|(kind, id)| Scope { kind, id: id.0 });
            let server = scope.and_then(|scope| held.get(&scope)).copied().unwrap_or_default();
            let phone = (view.count, u128::from_str_radix(&view.digest, 16).unwrap_or(u128::MAX));
            if server != phone {
                fine = false;
                first.get_or_insert(format!("{}: {} {}", person.device.uid, view.kind, view.id));
            }
        }
        agree += usize::from(fine);
    }
    let total = life.people.len();
    let differs = lang.pick("; máy đầu tiên không khớp:", "; first that does not:");
    let odd = first.map_or_else(String::new, |first| format!("{differs} {first}"));
    let text = lang.pick(
        format!("{agree}/{total} điện thoại khớp với máy chủ (số bản ghi và mã kiểm của từng phạm vi){odd}"),
        format!("{agree} of {total} phones agree with the server (count and digest of every scope){odd}"),
    );
    Ok(Finding { ok: agree == total, text })
}

type Official = BTreeMap<(UnitId, ElementCode), i64>;

/// The accepted figures that the province's phone holds, for every unit and element, are those of the books.
fn books_balance(life: &Life<'_>, province: &Person, lang: Lang) -> Result<Finding, DemoError> {
    let seen = official(life, &province.phone.reports()?);
    let lines = life.ledger.lines();
    let off = |((unit, code), line): &(&(UnitId, ElementCode), &Line)| {
        let shown = seen.get(&(*unit, code.clone())).copied().unwrap_or(0);
        !line.balances() || shown != line.official
    };
    let wrong: Vec<_> = lines.iter().filter(off).collect();
    let stray = seen.keys().filter(|key| !lines.contains_key(*key)).count();
    let above = life.ledger.lines_above(&life.province.org);
    let offences = ElementCode::new("so_offences").ok();
    let line =
        offences.and_then(|code| above.get(&(life.province.campaign.owner(), code)).copied()).unwrap_or_default();
    let elements = life.province.catalogue.elements.len();
    let Line { happened, never, errors, waiting, official } = line;
    let all = lines.len();
    let mut text = lang.pick(
        format!(
            "số vụ phạm tội: đã xảy ra {happened} - không bao giờ báo cáo {never} + sai sót cố ý còn lại {errors}\n                \
             - chưa duyệt {waiting} = chính thức {official}; cả {elements} phần tử, {all} dòng của các đơn vị đều cân"
        ),
        format!(
            "offences: happened {happened} - never reported {never} + planted errors left {errors}\n                - not yet \
             accepted {waiting} = official {official}; all {elements} elements, {all} lines of units balance"
        ),
    );
    if let Some(((unit, code), line)) = wrong.first() {
        let shown = seen.get(&(*unit, code.clone()));
        let unit = life.province.org.unit(*unit).map_or("?", |unit| unit.uid.as_str());
        let wrong = wrong.len();
        text = lang.pick(
            format!("{wrong} dòng không cân, dòng đầu {unit} {code}: sổ {line:?}, điện thoại {shown:?}"),
            format!("{wrong} lines do not balance, first {unit} {code}: books {line:?}, phone {shown:?}"),
        );
    }
    Ok(Finding { ok: wrong.is_empty() && stray == 0 && above.values().all(|line| line.balances()), text })
}

fn official(life: &Life<'_>, reports: &[ReportView]) -> Official {
    let mut sums: Official = BTreeMap::new();
    let mut last: BTreeMap<(UnitId, ElementCode), i32> = BTreeMap::new();
    let counts = |status| matches!(status, ReportStatus::Accepted | ReportStatus::Locked);
    for report in reports.iter().filter(|report| counts(report.status)) {
        let Some(unit) = life.province.org.by_uid(&report.key.unit).map(|unit| unit.id) else { continue };
        for cell in &report.cells {
            let Ok(code) = ElementCode::new(&cell.element) else { continue };
            let Some(value) = figure(cell.value) else { continue };
            let stock = life.province.catalogue.element(&code).is_some_and(|one| one.kind == ElementKind::Stock);
            let key = (unit, code);
            if !stock {
                *sums.entry(key).or_default() += value;
            } else if last.get(&key).is_none_or(|day| *day < report.key.start_day) {
                last.insert(key.clone(), report.key.start_day);
                sums.insert(key, value);
            }
        }
    }
    sums
}

/// The figure that a cell counts as.
pub(super) fn figure(value: Option<Figure>) -> Option<i64> {
    match value {
        Some(Figure::Reported(value)) => Some(value),
        Some(Figure::Nil) => Some(0),
        Some(Figure::MissingAwaitingSource | Figure::MissingNotCounted | Figure::MissingSeeNote) | None => None,
    }
}

/// Every figure behind every published standing is that of the books.
fn standings_agree(life: &Life<'_>, standings: &[Standing], lang: Lang) -> Result<Finding, DemoError> {
    let mut lines = life.ledger.lines_above(&life.province.org);
    lines.extend(life.ledger.lines());
    let (mut compared, mut wrong) = (0, None);
    for standing in standings {
        for figure in figures(&standing.judgement) {
            let line = lines.get(&(standing.unit, figure.0.clone())).copied().unwrap_or_default();
            compared += 1;
            if figure.1.unwrap_or(0) != line.official {
                wrong.get_or_insert(format!("{}: {figure:?} is not {}", standing.judgement.code, line.official));
            }
        }
    }
    let text = match &wrong {
        None => {
            let (all, print) = (standings.len(), fingerprint(life, standings)?);
            lang.pick(
                format!("{compared} số liệu sau {all} kết quả đã công bố đúng như sổ\n                dấu của kết quả với hạt giống này: {print}"),
                format!("{compared} figures behind {all} published standings are those of the books\n                this seed's standings: {print}"),
            )
        }
        Some(wrong) => lang
            .pick(format!("kết quả khác sổ, đầu tiên {wrong}"), format!("standings and books differ, first {wrong}")),
    };
    Ok(Finding { ok: wrong.is_none() && compared > 0, text })
}

/// The same for the same standings, whatever the order in which they came: a hash over their records as phones get them.
fn fingerprint(life: &Life<'_>, standings: &[Standing]) -> Result<String, DemoError> {
    let app = &life.town.app;
    let reference = app.store().read(|tx| app.reference(tx))?;
    let encode = |standing| record::standing(standing, &reference.units, &reference.elements);
    let records: Result<Vec<Vec<u8>>, _> = standings.iter().map(encode).collect();
    let mut records = records.map_err(|error| DemoError(format!("{error:?}")))?;
    records.sort_unstable();
    let parts: Vec<&[u8]> = records.iter().map(Vec::as_slice).collect();
    Ok(hex(&derive("demo.standings", &parts)[..8]))
}

fn figures(judgement: &Judgement) -> Vec<(ElementCode, Option<i64>)> {
    let own = judgement.figures.iter().map(|figure| (figure.element.clone(), figure.value));
    own.chain(judgement.members.iter().flat_map(figures)).collect()
}

/// The server took each command once, however often it was sent.
fn nothing_twice(life: &Life<'_>, lang: Lang) -> Result<Finding, DemoError> {
    let typed: u64 = life.people.iter().map(|person| person.commands).sum();
    let mut unanswered = 0;
    for person in &life.people {
        let outbox = person.phone.outbox()?;
        unanswered += u64::from(outbox.waiting + outbox.sent + outbox.refused);
    }
    let answered: u64 = life
        .people
        .iter()
        .flat_map(|person| &person.syncs)
        .map(|sync| u64::from(sync.applied + sync.merged + sync.conflicts))
        .sum();
    let again: u64 = life.people.iter().map(|person| person.again).sum();
    let text = lang.pick(
        format!("{typed} lệnh đã nhập, máy chủ nhận {answered}, gửi lại {again}, không lệnh nào được ghi hai lần"),
        format!("{typed} commands typed, {answered} taken by the server, {again} sent again, none applied twice"),
    );
    let refused: Vec<&String> = life.people.iter().flat_map(|person| &person.refused).collect();
    if let Some(first) = refused.first() {
        let all = refused.len();
        let text = lang
            .pick(format!("{all} lệnh bị từ chối, đầu tiên {first}"), format!("{all} commands refused, first {first}"));
        return Ok(Finding { ok: false, text });
    }
    Ok(Finding { ok: unanswered == 0 && typed == answered, text })
}

fn audit(life: &Life<'_>, lang: Lang) -> Result<Finding, DemoError> {
    let verified = life.town.app.store().read(|tx| tx.verify_audit(None))?;
    let head = hex(&verified.chain[..4]);
    let text = match verified.broken_at {
        None => {
            let rows = verified.rows;
            lang.pick(
                format!("chuỗi nhật ký không đứt, {rows} mục, đầu chuỗi {head}..."),
                format!("audit chain unbroken, {rows} entries, head {head}..."),
            )
        }
        Some(at) => lang.pick(format!("chuỗi nhật ký đứt ở {at}"), format!("audit chain broken at {at}")),
    };
    Ok(Finding { ok: verified.broken_at.is_none(), text })
}
