//! Tests of files that are read and checked together.

use super::*;
use crate::domain::org::{Org, UnitKind};
use crate::files::org::{OrgCsvTexts, read_org};

const ELEMENTS: &str = include_str!("../../examples/tra-vinh/elements.toml");
const FORMS: &str = include_str!("../../examples/tra-vinh/forms.toml");
const A: &str = include_str!("../../examples/tra-vinh/campaign-a.toml");

/// The example's organisation, with a commune that was closed in 2020.
fn org() -> Org {
    let units = include_str!("../../examples/tra-vinh/org/units.csv");
    let parents = include_str!("../../examples/tra-vinh/org/parents.csv");
    let units =
        format!("{}\ncom-x,,Trạm Cũ Bến Xa,xa,commune,2015-01-01,2020-12-31,\n", units.trim());
    let parents = format!("{}\ncom-x,prov-84,command,2015-01-01,2020-12-31\n", parents.trim());
    let lineage = include_str!("../../examples/tra-vinh/org/lineage.csv");
    read_org(&OrgCsvTexts { units: &units, parents: &parents, lineage })
        .unwrap_or_else(|diagnostics| panic!("{}", diagnostics[0]))
}

/// Replaces pieces of the example's files, each of which stands there.
fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (piece, instead)| {
        assert!(text.contains(piece), "{piece}");
        text.replacen(piece, instead, 1)
    })
}

fn read_changed(
    elements: &[(&str, &str)],
    forms: &[(&str, &str)],
    campaign: &[(&str, &str)],
    org: Option<&Org>,
) -> CampaignFileSet {
    let file = |name: &str, text: &str, changes| NamedText {
        name: name.to_owned(),
        text: changed(text, changes),
    };
    let files = [
        file("elements.toml", ELEMENTS, elements),
        file("forms.toml", FORMS, forms),
        file("campaign.toml", A, campaign),
    ];
    let context =
        CheckContext { org, offline_lease_days: 14, level_words: &[(UnitKind::Cluster, "cụm")] };
    read_campaign_set(&files, &Catalogue::default(), &context)
}

/// File, code and path of each diagnostic.
fn found(set: &CampaignFileSet) -> Vec<(&str, &str, &str)> {
    set.diagnostics
        .iter()
        .map(|one| (one.file.as_str(), one.violation.code, one.violation.path.as_str()))
        .collect()
}

fn codes(set: &CampaignFileSet) -> Vec<&str> {
    set.diagnostics.iter().map(|one| one.violation.code).collect()
}

#[test]
fn the_example_is_checked_against_its_organisation_without_a_word() {
    let set = read_changed(&[], &[], &[], Some(&org()));
    assert_eq!((found(&set), set.unplaced.len(), set.is_valid()), (Vec::new(), 0, true));
}

#[test]
fn a_campaign_alone_is_checked_against_the_fields_that_are_in_force() {
    let existing = read_changed(&[], &[], &[], None).catalogue;
    let file = NamedText { name: "campaign.toml".to_owned(), text: A.to_owned() };
    let context = CheckContext { org: None, offline_lease_days: 14, level_words: &[] };
    let set = read_campaign_set(&[file], &existing, &context);
    assert_eq!((found(&set), set.is_valid()), (Vec::new(), true));
    assert_eq!(set.catalogue.fields, existing.fields);
}

#[test]
fn faults_of_all_files_come_in_one_wave_and_what_only_follows_from_them_is_not_told() {
    let set = read_changed(
        &[("kind = \"FLOW\"", "kind = \"FLOWW\""), ("max = 500", "mx = 500")],
        &[("calendar = \"week\"", "calendar = \"weak\""), ("due_days = 1", "due_days = -1")],
        &[
            ("commitment = \"BINDING\"", "commitment = \"BIND\""),
            ("motto = ", "moto = "),
            ("no = 2", "no = 300"),
        ],
        None,
    );
    let expected = [
        ("elements.toml", "BAD_VALUE", "elements.kind"),
        ("elements.toml", "UNKNOWN_KEY", "elements.mx"),
        ("forms.toml", "UNKNOWN_CALENDAR", "contracts.calendar"),
        ("forms.toml", "BAD_VALUE", "contracts.due_days"),
        ("campaign.toml", "UNKNOWN_KEY", "moto"),
        ("campaign.toml", "BAD_VALUE", "phases.no"),
        ("campaign.toml", "BAD_VALUE", "targets.commitment"),
    ];
    assert_eq!(found(&set), expected);
    let text = |at: usize| set.diagnostics[at].violation.message.text(crate::i18n::Lang::EN);
    assert!(text(0).ends_with("did you mean FLOW?"), "{}", text(0));
    assert!(text(1).contains("did you mean max?"), "{}", text(1));
    assert!(text(2).contains("week | year") && text(2).ends_with("mean week?"), "{}", text(2));
}

#[test]
fn a_missing_policy_is_answered_with_its_possible_values() {
    let binding = ("commitment = \"STRIVE\"", "commitment = \"BINDING\"");
    let set = read_changed(&[], &[], &[binding, ("zero_base = ", "# zero_base = ")], None);
    assert_eq!(codes(&set), ["NO_POLICY"]);
    let text = set.diagnostics[0].violation.message.text(crate::i18n::Lang::EN);
    assert!(text.contains("zero_base (MAINTAIN_ZERO | NOT_APPLICABLE)"), "{text}");
}

#[test]
fn an_element_whose_ten_years_pass_the_largest_sum_is_refused_with_the_limit() {
    let org = org();
    // 106 and more communes, 522 weeks.
    let large = read_changed(&[("max = 500", "max = 100_000_000_000_000")], &[], &[], Some(&org));
    assert_eq!(codes(&large), ["ELEMENT_TOO_LARGE"]);
    assert_eq!(large.diagnostics[0].violation.path, "element.reports_received");
    let fits = read_changed(&[("max = 500", "max = 1_000_000_000_000")], &[], &[], Some(&org));
    assert_eq!(codes(&fits), Vec::<&str>::new());
}

#[test]
fn what_was_probably_not_meant_is_a_warning() {
    let org = org();
    let warned = |campaign: &[(&str, &str)]| {
        let set = read_changed(&[], &[], campaign, Some(&org));
        assert!(set.is_valid(), "{:?}", found(&set));
        codes(&set).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(warned(&[("launched_on = ", "# launched_on = ")]), ["NO_LAUNCH_DAY"]);
    let share = ("ratio(solved/so_offences) > 80%", "ratio(solved/so_offences) >= 0%");
    assert_eq!(warned(&[share]), ["TARGET_ALWAYS_MET"]);
    let received = (
        "ratio(reports_accepted/reports_received) = 100%",
        "ratio(reports_accepted/reports_received) > 100%",
    );
    assert_eq!(warned(&[received]), ["TARGET_NEVER_MET"], "a rule of the form says so");
    assert_eq!(warned(&[("due = 9", "due = 9000000")]), ["TARGET_NEVER_MET"]);
    assert_eq!(warned(&[("owner = \"prov-84\"", "owner = \"prov-48\"")]), ["UNKNOWN_UNIT"]);
    let closed = ("Cán bộ, chiến sĩ công an toàn tỉnh", "Công an tỉnh Vĩnh Long và Bến Tre");
    assert_eq!(warned(&[closed]), Vec::<String>::new(), "a unit of these days");
    let gone = ("Cán bộ, chiến sĩ công an toàn tỉnh", "Cán bộ Trạm cũ Bến Xa");
    assert_eq!(warned(&[gone]), ["UNIT_NOT_THERE"]);
    let level = ("Cán bộ, chiến sĩ công an toàn tỉnh", "Các cụm thi đua");
    assert_eq!(warned(&[level]), ["UNIT_NOT_THERE"], "a level without units");
    let monthly = [("calendar = \"week\"", "calendar = \"month\"")];
    let set = read_changed(&[], &monthly, &[], Some(&org));
    assert_eq!(codes(&set), ["LEASE_SHORTER"]);
}

#[test]
fn a_level_that_changes_on_days_leaves_no_day_without_a_level_and_none_with_two() {
    let (element, contract) = ("code = \"so_offences\"", "code = \"tuan-xa\"\nform = \"tuan-xa\"");
    let with =
        |piece: &'static str, days: &str| (piece, format!("{piece}\nlevel_changes = [{days}]"));
    let july = "{ on = 2025-07-01, level = \"DISTRICT\" }";
    let check = |on_element: &str, on_contract: &str| {
        let (element, contract) = (with(element, on_element), with(contract, on_contract));
        let elements = [(element.0, &*element.1)];
        let set = read_changed(&elements, &[(contract.0, &*contract.1)], &[], None);
        let texts = set.diagnostics.iter().map(|one| {
            let text = one.violation.message.text(crate::i18n::Lang::EN);
            (one.file.clone(), one.violation.code, one.violation.path.clone(), text)
        });
        texts.collect::<Vec<_>>()
    };
    let told = check(july, "{ on = 2025-08-01, level = \"DISTRICT\" }");
    let differing = |text: &(String, &str, String, String)| {
        text.3.contains("so_offences is counted at COMMUNE, 2025-07-01 DISTRICT")
            && text.3.contains("the contract is reported at COMMUNE, 2025-08-01 DISTRICT")
            && text.3.ends_with("give both the same level and level_changes")
    };
    assert!(told.iter().any(differing), "nobody reports July: {told:?}");
    assert!(told.iter().all(|one| (one.1, &*one.2) == ("LEVELS_DIFFER", "contract.tuan-xa")));

    let disordered =
        "{ on = 2025-08-01, level = \"DISTRICT\" }, { on = 2025-07-01, level = \"PROVINCE\" }";
    let told = check(disordered, disordered);
    let orders = told.iter().filter(|one| one.1 == "LEVEL_CHANGES");
    let paths: Vec<&str> = orders.map(|one| one.2.as_str()).collect();
    assert_eq!(paths, ["element.so_offences", "contract.tuan-xa"]);
    assert!(told[0].3.ends_with("put them in order"), "{told:?}");

    let told = check("{ on = 2025-07-01T00:00:00, level = \"HUYEN\" }", july);
    let of_elements = told.iter().filter(|one| one.0 == "elements.toml");
    let faults: Vec<_> = of_elements.map(|one| (&*one.0, one.1, &*one.2)).collect();
    assert_eq!(
        faults,
        [
            ("elements.toml", "BAD_VALUE", "elements.level_changes.on"),
            ("elements.toml", "BAD_VALUE", "elements.level_changes.level"),
        ]
    );
    let told = check("{ level = \"DISTRICT\" }", july);
    assert_eq!((told[0].1, &*told[0].2), ("NOT_GIVEN", "elements.level_changes.on"), "{told:?}");
}
