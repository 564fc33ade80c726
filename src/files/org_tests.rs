//! Tests of the organisation of Trà Vinh, read from the example's own files.

use super::{
    LINEAGE_COLUMNS, OrgCsvTexts, OrgTables, PARENT_COLUMNS, UNIT_COLUMNS, read_org,
    read_org_tables,
};
use crate::domain::org::{GSO, Hierarchy, Org, UnitKind};
use crate::domain::support::ids::UnitId;
use crate::domain::support::violation::Severity;
use crate::files::table::TableInput;
use crate::i18n::Lang;
use jiff::civil::{Date, date};
use proptest::prelude::*;

const TEXTS: OrgCsvTexts<'static> = OrgCsvTexts {
    units: include_str!("../../examples/tra-vinh/org/units.csv"),
    parents: include_str!("../../examples/tra-vinh/org/parents.csv"),
    lineage: include_str!("../../examples/tra-vinh/org/lineage.csv"),
};

fn tra_vinh() -> Org {
    read_org(&TEXTS).unwrap_or_else(|faults| panic!("{}", faults[0]))
}

fn id(uid: &str) -> UnitId {
    UnitId::from_code(uid)
}

fn count(org: &Org, kind: UnitKind, day: Date) -> usize {
    org.units_of_kind_on(kind, day).count()
}

fn diagnostic_lines(texts: &OrgCsvTexts<'_>) -> Vec<String> {
    let said = |fault: &super::FileDiagnostic| {
        format!("{}:{} {}", fault.file, fault.position.line, fault.violation.code)
    };
    read_org(texts).err().unwrap_or_default().iter().map(said).collect()
}

#[test]
fn the_reform_runs_through_from_106_communes_to_104_to_no_districts_to_41() {
    let org = tra_vinh();
    let (commune, district, department) =
        (UnitKind::Commune, UnitKind::District, UnitKind::Department);
    for (day, communes, districts) in [
        (date(2024, 8, 19), 106, 9),
        (date(2024, 12, 31), 106, 9),
        (date(2025, 1, 1), 104, 9),
        (date(2025, 2, 28), 104, 9),
        (date(2025, 3, 1), 104, 0),
        (date(2025, 6, 30), 104, 0),
        (date(2025, 7, 1), 41, 0),
    ] {
        assert_eq!(
            (count(&org, commune, day), count(&org, district, day)),
            (communes, districts),
            "{day}"
        );
        assert_eq!(count(&org, department, day), 2, "the two departments of ours stay, {day}");
        assert_eq!(count(&org, UnitKind::Province, day), 1, "{day}");
    }
}

#[test]
fn one_official_code_names_three_territories_in_seven_months() {
    let org = tra_vinh();
    let holder = |day| org.unit_by_official_code(GSO, "29242", day);
    assert_eq!(holder(date(2024, 12, 31)), Some(id("com-29242-0")));
    assert_eq!(holder(date(2025, 1, 1)), Some(id("com-29242-1")));
    assert_eq!(holder(date(2025, 7, 1)), Some(id("com-29242-2")));
    assert_eq!(
        org.unit_by_official_code(GSO, "29245", date(2025, 1, 1)),
        None,
        "ward 2 is gone with its code"
    );
}

#[test]
fn two_codes_joined_by_continue_are_one_unit_with_two_versions() {
    let org = tra_vinh();
    let hoa_minh = org.unit_by_uid("com-29410-2").unwrap();
    assert_eq!(hoa_minh.id, id("com-29410-0"));
    assert_eq!(hoa_minh.versions.len(), 2);
    let parents = |day| org.parent(hoa_minh.id, Hierarchy::Command, day);
    assert_eq!(parents(date(2025, 2, 28)), Some(id("dist-847")));
    assert_eq!(parents(date(2025, 3, 1)), Some(id("prov-84")));
    assert_eq!(parents(date(2025, 7, 1)), Some(id("prov-86-2025")));
    let days = [date(2025, 3, 1), date(2025, 7, 1)];
    assert_eq!(org.period_cut_days(hoa_minh.id), days, "its periods are cut when it changes hands");
}

#[test]
fn the_tree_of_a_day_is_walked_up_and_down() {
    let org = tra_vinh();
    let (day, ward) = (date(2025, 1, 6), id("com-29242-1"));
    assert_eq!(
        org.path_from_root(ward, Hierarchy::Command, day),
        [id("prov-84"), id("dist-842"), ward]
    );
    assert_eq!(org.children(id("dist-842"), Hierarchy::Command, day).len(), 8);
    assert_eq!(org.subtree(id("prov-84"), Hierarchy::Command, day).len(), 1 + 9 + 104 + 2);
    assert_eq!(org.self_or_ancestor_of_kind(ward, UnitKind::District, day), Some(id("dist-842")));
    assert_eq!(org.self_or_ancestor_of_kind(ward, UnitKind::District, date(2025, 3, 1)), None);
    assert_eq!(org.path_from_root(ward, Hierarchy::Command, date(2025, 7, 1)), []);
}

#[test]
fn a_closed_unit_hangs_under_its_successor_and_a_dissolved_one_under_its_last_parent() {
    let org = tra_vinh();
    let (ward, district) = (id("com-29242-0"), id("dist-842"));
    let at = |unit, day| org.effective_ancestors(unit, day);
    assert_eq!(at(ward, date(2024, 12, 31)), [district, id("prov-84")]);
    assert_eq!(at(ward, date(2025, 1, 1)), [id("com-29242-1"), district, id("prov-84")]);
    assert_eq!(at(ward, date(2025, 3, 1)), [id("com-29242-1"), id("prov-84")]);
    assert_eq!(at(ward, date(2025, 7, 1)), [id("com-29242-2"), id("prov-86-2025")]);
    assert_eq!(at(district, date(2025, 3, 1)), [id("prov-84")]);
    assert_eq!(at(district, date(2025, 7, 1)), [id("prov-86-2025")]);
    assert_eq!(org.acting_unit(ward, date(2025, 8, 1)), Some(id("com-29242-2")));
    assert_eq!(org.acting_unit(ward, date(2024, 8, 19)), Some(ward));
    assert_eq!(org.acting_unit(id("com-29242-2"), date(2024, 8, 19)), None, "not yet open");
    let under = org.effective_descendants(id("com-29242-2"), date(2025, 7, 1));
    assert_eq!(under.len(), 7, "itself, wards 1, 3 (new), 9, and the old wards 2, 3, 6");
}

#[test]
fn names_are_only_suggested_and_only_below_one_parent() {
    let org = tra_vinh();
    let day = date(2024, 8, 19);
    assert_eq!(org.suggest_by_name(id("dist-845"), "xã hòa tân", day), [id("com-29320-0")]);
    assert_eq!(org.suggest_by_name(id("dist-842"), "Phường 1", day), [id("com-29239-0")]);
    assert_eq!(org.suggest_by_name(id("dist-851"), "Phường 1", day), [id("com-29512-0")]);
}

#[test]
fn every_breach_is_said_at_once_with_file_and_line() {
    let units = "uid,gso_code,name_vi,kind,level,valid_from,valid_to,note\n\
        p,84,Tỉnh,tinh,province,,,\n\
        a,00001,A,xa,commune,,2025-06-30,\n\
        b,00001,B,xa,commune,2025-06-30,,same code a day too early\n\
        c,,C,xa,commune,,,no parent\n";
    let parents = "child_uid,parent_uid,hierarchy,valid_from,valid_to\n\
        a,p,command,,2025-06-30\n\
        b,p,command,2025-06-30,\n\
        b,a,command,2025-07-01,\n\
        d,p,command,,\n";
    let lineage = "effective,kind,from_uid,to_uid,weight,basis\n2025-07-01,merge,a,b,0.9,NQ 1\n";
    let mut found = diagnostic_lines(&OrgCsvTexts { units, parents, lineage });
    found.sort();
    let expected = [
        "lineage.csv:2 WEIGHTS_DO_NOT_SUM_TO_1",
        "parents.csv:4 PARENT_OUTSIDE_LIFE",
        "parents.csv:4 TWO_PARENTS",
        "parents.csv:5 UNKNOWN_UNIT",
        "units.csv:4 CODE_HELD_TWICE",
        "units.csv:5 NO_PARENT",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_ring_of_parents_is_found() {
    let units = "uid,gso_code,name_vi,kind,level,valid_from,valid_to,note\n\
        a,,A,xa,commune,,,\nb,,B,xa,commune,,,\n";
    let parents =
        "child_uid,parent_uid,hierarchy,valid_from,valid_to\na,b,command,,\nb,a,command,,\n";
    let lineage = "effective,kind,from_uid,to_uid,weight,basis\n";
    let mut found = diagnostic_lines(&OrgCsvTexts { units, parents, lineage });
    found.sort();
    assert_eq!(found, ["parents.csv:2 RING_OF_PARENTS", "parents.csv:3 RING_OF_PARENTS"]);
}

#[test]
fn fields_that_cannot_be_read_name_the_column_and_what_was_expected() {
    let units = "\u{feff}uid,gso_code,name_vi,kind,level,valid_from,valid_to,note\n\
        p,84,,tinh,country,07/13/2025,,\nq,84\n";
    let none = "effective,kind,from_uid,to_uid,weight,basis\n";
    let diagnostics = diagnostic_lines(&OrgCsvTexts { units, lineage: none, ..TEXTS });
    let bad = "units.csv:2 BAD_VALUE";
    assert_eq!(diagnostics, ["units.csv:3 ROW_SHAPE", bad, bad, bad]);
    let shaped = units.replace("q,84\n", "");
    let lineage = "effective,kind,from_uid,to_uid,weight,basis\n";
    let diagnostics = read_org(&OrgCsvTexts { units: &shaped, lineage, ..TEXTS }).unwrap_err();
    let columns: Vec<&str> =
        diagnostics.iter().map(|fault| fault.violation.path.as_str()).collect();
    assert_eq!(columns, ["name_vi", "level", "valid_from"]);
    assert!(
        diagnostics[2].violation.message.text(Lang::VI).contains("tháng trước ngày (2025-07-13)")
            && diagnostics[2].violation.message.text(Lang::EN).contains("\"07/13/2025\"")
    );
    let renamed = TEXTS.units.replace("gso_code", "code");
    assert_eq!(
        diagnostic_lines(&OrgCsvTexts { units: &renamed, ..TEXTS }),
        ["units.csv:1 MISSING_COLUMN", "units.csv:1 UNKNOWN_COLUMN"]
    );
}

#[test]
fn a_code_continues_only_a_unit_that_is_there() {
    let lineage = TEXTS.lineage.replace("continue,com-29410-0,", "continue,com-99999-0,");
    assert_eq!(
        diagnostic_lines(&OrgCsvTexts { lineage: &lineage, ..TEXTS }),
        ["lineage.csv:61 BAD_VALUE"]
    );
    let ring = format!("{}2025-07-01,continue,com-29410-2,com-29410-0,1,NQ\n", TEXTS.lineage);
    assert_eq!(
        diagnostic_lines(&OrgCsvTexts { lineage: &ring, ..TEXTS }),
        ["lineage.csv:110 BAD_VALUE"]
    );
}

#[test]
fn files_saved_by_a_spreadsheet_read_the_same() {
    let saved = |text: &str| format!("\u{feff}{}", text.replace(',', ";").replace('\n', "\r\n"));
    let (units, parents, lineage) =
        (saved(TEXTS.units), saved(TEXTS.parents), saved(TEXTS.lineage));
    assert_eq!(
        read_org(&OrgCsvTexts { units: &units, parents: &parents, lineage: &lineage }),
        Ok(tra_vinh())
    );
}

#[test]
fn a_code_that_a_spreadsheet_has_changed_is_shown_with_what_it_was() {
    let units = "uid,gso_code,name_vi,kind,level,valid_from,valid_to,note\n\
        p,7,Tỉnh,tinh,province,,,\na,1.23E+02,A,xa,commune,,,\nb,45,B,xa,commune,,,\n\
        d,000123,D,xa,commune,,,\n";
    let parents = "child_uid,parent_uid,hierarchy,valid_from,valid_to\n\
        a,p,command,,\nb,p,command,,\nd,p,command,,\n";
    let lineage = "effective,kind,from_uid,to_uid,weight,basis\n";
    let faults = read_org(&OrgCsvTexts { units, parents, lineage }).unwrap_err();
    let said: Vec<_> =
        faults.iter().map(|fault| (fault.position.line, fault.violation.code)).collect();
    let (width, exponent) = ("CODE_WIDTH", "EXPONENT");
    assert_eq!(said, [(3, exponent), (2, width), (4, width), (5, width)]);
    let text = |at: usize| faults[at].violation.message.text(Lang::EN);
    assert!(text(0).contains("perhaps 123"), "{}", text(0));
    assert!(text(2).contains("00045 -> 45"), "{}", text(2));
    let cell = faults[2].cell.as_ref().unwrap();
    assert_eq!((cell.column.as_str(), cell.typed.as_str()), ("gso_code", "45"));
}

#[test]
fn another_official_code_of_a_known_unit_needs_a_legal_basis_in_the_lineage() {
    let heads = "uid,gso_code,name_vi,kind,level,valid_from,valid_to,note\n";
    let read = |units: &str, lineage: &str| {
        let units = format!("{heads}p,84,Tỉnh,tinh,province,,,\n{units}");
        let parents = "child_uid,parent_uid,hierarchy,valid_from,valid_to\n\
            a,p,command,,\n";
        let lineage = format!("effective,kind,from_uid,to_uid,weight,basis\n{lineage}");
        read_org_tables(&OrgTables {
            units: TableInput::new("units.csv", &units),
            parents: TableInput::new("parents.csv", parents),
            lineage: TableInput::new("lineage.csv", &lineage),
        })
        .unwrap()
    };
    let before = read("a,00123,A,xa,commune,,,\n", "");
    assert_eq!(before.check_code_changes(&before.org), []);
    let changed = read("a,00132,A,xa,commune,,,\n", "").check_code_changes(&before.org);
    assert_eq!((changed[0].position.line, changed[0].violation.severity), (3, Severity::Error));
    assert!(changed[0].to_text(Lang::EN).contains("00123 -> 00132"), "{}", changed[0]);
    let renewed = "a,00123,A,xa,commune,,2025-06-30,\na-2,00132,A,xa,commune,2025-07-01,,\n";
    let based = read(renewed, "2025-07-01,continue,a,a-2,1,QĐ 19/2025/QĐ-TTg\n");
    let changed = based.check_code_changes(&before.org);
    assert_eq!((changed[0].position.line, changed[0].violation.severity), (4, Severity::Warning));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn whatever_stands_in_the_files_they_are_read_or_refused_with_a_place(
        units in "(a|b|c)?,(1|2)?,[A-C]?,xa,(commune|province|x),(2025-0[1-3]-01)?,(2025-0[3-5]-31)?,\n(a|b),,N,xa,province,,,\n",
        parents in "((a|b|c),(a|b|c),(command|cluster|x),(2025-0[1-3]-01)?,(2025-0[1-5]-30)?\n){0,4}",
        lineage in "((2025-0[1-6]-01)?,(merge|split|continue|transfer_function),(a|b),(b|c),(1|1/2|0.5|x),NQ\n){0,4}",
    ) {
        let heads = [UNIT_COLUMNS.join(","), PARENT_COLUMNS.join(","), LINEAGE_COLUMNS.join(",")];
        let (units, parents) = (format!("{}\n{units}", heads[0]), format!("{}\n{parents}", heads[1]));
        let lineage = format!("{}\n{lineage}", heads[2]);
        if let Err(found) = read_org(&OrgCsvTexts { units: &units, parents: &parents, lineage: &lineage }) {
            prop_assert!(!found.is_empty() && found.iter().all(|fault| fault.position.line >= 1));
        }
    }
}
