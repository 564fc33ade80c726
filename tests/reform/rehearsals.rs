//! Organisation changes and their rehearsal over the example's reform.

use crate::{tra_vinh_org, unit_id};
use jiff::civil::date;
use std::collections::BTreeMap;
use thidua::domain::org::{HandoverLine, Org, OrgChange, OrgChangeKind, OrgHistory, UnitKind};
use thidua::domain::rehearsal::{RehearsalInput, rehearse};
use thidua::domain::report::element::{CountingLevel, ElementCode};
use thidua::domain::report::form::{Contract, EarlyReports};
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::support::time::Timestamp;
use thidua::i18n::Lang;

#[test]
fn the_files_are_one_history_of_changes_and_give_the_same_organisation_again() {
    let org = tra_vinh_org();
    let first = date(2025, 1, 1);
    let days = org.change_days_from(first);
    assert_eq!(days, [first, date(2025, 3, 1), date(2025, 7, 1)]);
    let origin = org.state_before(first).unwrap();
    assert_eq!(
        origin.units_of_kind_on(UnitKind::Commune, date(2030, 1, 1)).count(),
        106,
        "nothing was announced yet"
    );
    let changes: Vec<_> = days.iter().flat_map(|day| org.changes_on(*day, Timestamp(0))).collect();
    assert_eq!(origin.apply_changes(&changes).unwrap(), org);

    let mut kinds: BTreeMap<(OrgChangeKind, jiff::civil::Date), usize> = BTreeMap::new();
    changes.iter().for_each(|change| {
        *kinds.entry((change.action.kind(), change.effective_day)).or_default() += 1
    });
    assert_eq!(kinds[&(OrgChangeKind::Merge, days[0])], 1, "wards 2, 3 and 6");
    assert_eq!(kinds[&(OrgChangeKind::Dissolve, days[1])], 9, "the districts");
    assert_eq!(kinds[&(OrgChangeKind::Reparent, days[1])], 104, "the communes go to the province");
    assert_eq!(kinds[&(OrgChangeKind::Merge, days[2])], 37 + 1, "37 communes and the province");
    assert_eq!(kinds[&(OrgChangeKind::Create, days[2])], 37 + 1);
}

#[test]
fn a_reform_learned_of_three_days_before_was_not_known_a_week_before() {
    let org = tra_vinh_org();
    let announced =
        |day| if day == date(2025, 7, 1) { date(2025, 6, 28) } else { date(2024, 8, 1) };
    let recorded = |day| Timestamp::from_local_midnight(announced(day));
    let history = OrgHistory::from_org(&org, date(2025, 1, 1), recorded).unwrap();
    let communes = |learned, valid| {
        let known = history.org_known_at(Timestamp::from_local_midnight(learned)).unwrap();
        known.units_of_kind_on(UnitKind::Commune, valid).count()
    };
    assert_eq!(communes(date(2025, 6, 24), date(2025, 8, 1)), 104);
    assert_eq!(communes(date(2025, 6, 29), date(2025, 8, 1)), 41);
    assert_eq!(communes(date(2025, 6, 29), date(2025, 6, 30)), 104);
    assert_eq!(communes(date(2024, 7, 1), date(2025, 8, 1)), 106);
}

/// The communes' weekly form over the campaign, a base of 4 for each commune, and two closing
/// stocks.
fn rehearsal_input(org: &Org) -> RehearsalInput {
    let contract = Contract {
        code: "tuan-xa".into(),
        form: "tuan-xa".into(),
        levels: CountingLevel::Commune.into(),
        calendar: "week".into(),
        due_days: 1,
        grace_days: 3,
        early: EarlyReports::Refused,
        serves: vec![],
        reviewers: vec![CountingLevel::District],
    };
    let window = DateWindow::new(date(2024, 8, 19), date(2025, 8, 20)).unwrap();
    let mut input = RehearsalInput::new(Calendars::standard(), vec![contract], window);
    let communes = org.units_of_kind_on(UnitKind::Commune, date(2025, 6, 30));
    let bases = communes.map(|unit| (unit.id, 4)).collect();
    input.baselines.insert(ElementCode::new("so_offences").unwrap(), bases);
    let stock = ElementCode::new("suspended_cases").unwrap();
    let new = unit_id("com-29242-2");
    for (old, amount) in [(unit_id("com-29239-0"), 5), (unit_id("com-29260-0"), 3)] {
        input.closing_stocks.insert((old, stock.clone()), amount);
        input.handover.push(HandoverLine { from: old, to: new, element: stock.clone(), amount });
    }
    input.opening_stocks.insert((new, stock), 8);
    input.devices.insert(unit_id("com-29239-0"), 2);
    input.open_reports.insert(unit_id("com-29239-0"), 1);
    input
}

fn reform_changes() -> (Org, Vec<OrgChange>) {
    let day = date(2025, 7, 1);
    (tra_vinh_org().state_before(day).unwrap(), tra_vinh_org().changes_on(day, Timestamp(0)))
}

#[test]
fn a_rehearsal_of_the_reform_of_1_july_prints_what_a_clerk_can_read_and_reconciles() {
    let (org, changes) = reform_changes();
    let report = rehearse(&org, &changes, &rehearsal_input(&tra_vinh_org())).unwrap();
    assert_eq!(report.findings, []);
    assert_eq!(
        (report.closing_units.len(), report.opening_units.len(), report.reparented_units.len()),
        (101, 38, 6)
    );
    assert_eq!(report.rebased_elements[0].sums, (416, 416));
    let text = report.message().text(Lang::VI);
    for line in [
        "DIỄN TẬP THAY ĐỔI TỔ CHỨC, hiệu lực 01/07/2025 \
         (NA resolution on provincial mergers; NQ 1687/NQ-UBTVQH15)",
        "   - cấp xã: 104 → 41",
        "   - Phường Trà Vinh (com-29242-2) ← Phường 1 (com-29239-0) + Phường 3 (com-29242-1) \
         + Phường 9 (com-29260-0)",
        "   - Phường 1 (com-29239-0): 2 thiết bị đồng bộ lần cuối rồi gắn với đơn vị mới; \
         1 báo cáo chưa hoàn thành, đơn vị ký thay: Phường Trà Vinh (com-29242-2)",
        "   - so_offences: tổng 416 → 416; 41 đơn vị cộng nguyên số, 0 đơn vị tính theo tỷ trọng",
        "   - 101 đơn vị kết thúc: kết quả được chốt và xác nhận, không xếp loại về sau",
        "   - 38 đơn vị mới tồn tại dưới 75 % thời gian phong trào: không xếp loại",
        "   - KHỚP: các thay đổi có thể có hiệu lực",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n--- is not in ---\n{text}");
    }
    for name in ["Phường Hòa Thuận", "Phường Nguyệt Hóa", "Xã Ngũ Lạc"] {
        assert!(report.straddling_units[0].1.iter().any(|unit| unit.starts_with(name)));
    }
    assert!(report.message().text(Lang::EN).contains("communes: 104 → 41"));
}

#[test]
fn a_rehearsal_finds_a_planted_imbalance() {
    let (org, changes) = reform_changes();
    let mut input = rehearsal_input(&tra_vinh_org());
    input.handover[1].amount = 2;
    input
        .baselines
        .values_mut()
        .for_each(|bases| bases.retain(|unit, _| *unit != unit_id("com-29260-0")));
    let report = rehearse(&org, &changes, &input).unwrap();
    assert!(!report.is_reconciled());
    let codes: Vec<&str> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(
        codes,
        ["BASE_INCOMPLETE", "HANDOVER_DOES_NOT_BALANCE", "HANDOVER_DOES_NOT_BALANCE"]
    );
    let text = report.message().text(Lang::VI);
    assert!(
        text.contains(
            "Phường 9 (com-29260-0): số tồn cuối của suspended_cases là 3 nhưng bàn giao đi 2"
        ),
        "{text}"
    );
    assert!(text.contains("KHÔNG KHỚP: 2 điểm phải sửa"));
}

#[test]
fn a_rehearsal_finds_children_that_were_forgotten_and_a_stock_that_goes_to_a_stranger() {
    let (org, mut changes) = reform_changes();
    changes.retain(|change| change.action.kind() != OrgChangeKind::Reparent);
    let report = rehearse(&org, &changes, &rehearsal_input(&tra_vinh_org())).unwrap();
    assert!(!report.is_reconciled());
    assert_eq!(
        report.findings.len(),
        6,
        "four communes that go on and two departments hang in the air"
    );
    assert!(report.findings.iter().all(|finding| finding.code == "NO_PARENT"));

    let (org, changes) = reform_changes();
    let mut input = rehearsal_input(&tra_vinh_org());
    input.handover[1].to = unit_id("com-29410-0");
    let report = rehearse(&org, &changes, &input).unwrap();
    assert!(report.findings.iter().any(|finding| finding.code == "HANDOVER_OFF_LINEAGE"));
}
