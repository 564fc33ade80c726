//! Tests of campaign files, on the example's own files.

use super::campaign::{ParsedCampaign, read_campaign_file};
use super::campaign_writer::format_campaign;
use super::{catalogue, diagnostic::FileDiagnostic};
use crate::domain::campaign::{CampaignStatus, TargetPair};
use crate::domain::report::form::Catalogue;
use crate::domain::support::violation::Severity;
use crate::i18n::Lang;

const A: &str = include_str!("../../examples/tra-vinh/campaign-a.toml");
const B: &str = include_str!("../../examples/tra-vinh/campaign-b.toml");

fn example_catalogue() -> Catalogue {
    let elements = include_str!("../../examples/tra-vinh/elements.toml");
    let forms = include_str!("../../examples/tra-vinh/forms.toml");
    let parts = [
        catalogue::read_catalogue("elements.toml", elements),
        catalogue::read_catalogue("forms.toml", forms),
    ];
    catalogue::merge_catalogues(
        parts.map(|part| part.unwrap_or_else(|diagnostics| panic!("{}", diagnostics[0]))).into(),
    )
}

fn campaign(text: &str) -> ParsedCampaign {
    read_campaign_file("campaign.toml", text)
        .unwrap_or_else(|diagnostics| panic!("{}", diagnostics[0]))
}

fn render_diagnostics(diagnostics: &[FileDiagnostic]) -> Vec<String> {
    diagnostics
        .iter()
        .map(|f| {
            format!(
                "{}:{} {} {}",
                f.position.line, f.position.column, f.violation.code, f.violation.path
            )
        })
        .collect()
}

/// The violations of a text in which `piece` is replaced.
fn check_with(text: &str, piece: &str, instead: &str) -> Vec<String> {
    assert!(text.contains(piece), "{piece}");
    render_diagnostics(&campaign(&text.replacen(piece, instead, 1)).check(&example_catalogue()))
}

fn line_of(text: &str, piece: &str) -> usize {
    text.lines().position(|line| line.contains(piece)).map_or(0, |line| line + 1)
}

#[test]
fn the_example_breaks_no_rule() {
    assert_eq!(example_catalogue().check(), []);
    for text in [A, B] {
        assert_eq!(
            render_diagnostics(&campaign(text).check(&example_catalogue())),
            Vec::<String>::new()
        );
    }
}

#[test]
fn a_field_that_is_not_declared_is_refused_with_those_that_are() {
    let text = A.replacen("field = \"FORCE_BUILDING\"", "field = \"VACCINATION\"", 1);
    let found = campaign(&text).check(&example_catalogue());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].violation.code, "UNKNOWN_FIELD");
    let said = found[0].to_text(Lang::EN);
    assert!(said.contains("SECURITY_ORDER | MASS_MOVEMENT | FORCE_BUILDING"), "{said}");
}

#[test]
fn the_health_departments_files_break_no_rule() {
    let elements = include_str!("../../examples/health/elements.toml");
    let forms = include_str!("../../examples/health/forms.toml");
    let parts = [("elements.toml", elements), ("forms.toml", forms)];
    let parts = parts.map(|(file, text)| catalogue::read_catalogue(file, text).unwrap());
    let catalogue = catalogue::merge_catalogues(parts.into());
    assert_eq!(catalogue.check(), []);
    let health = campaign(include_str!("../../examples/health/campaign.toml"));
    let mut found = health.check(&catalogue);
    assert!(
        found.iter().any(|one| one.violation.code == "ACTIVITY_AS_TARGET"),
        "sessions are work"
    );
    found.retain(|one| one.violation.severity == Severity::Error);
    assert_eq!(render_diagnostics(&found), Vec::<String>::new());
}

#[test]
fn both_campaigns_of_one_window_have_phases_of_their_own() {
    let (a, b) = (campaign(A).campaign, campaign(B).campaign);
    assert_eq!((a.phases.len(), b.phases.len()), (3, 2));
    assert_eq!(a.legal_window, b.legal_window);
    assert_eq!((a.legal_window.days(), a.base_window().days()), (366, 366));
    assert_eq!(a.phases[0].window.days(), 20 * 7);
    assert_eq!((a.targets.len(), b.targets.len(), b.activities.len()), (7, 0, 7));
    assert_eq!(
        (a.status, a.launched_on.map(|day| day.to_string())),
        (CampaignStatus::Draft, Some("2024-08-23".to_owned()))
    );
    assert!(
        matches!(&a.target("T1").unwrap().pairs[..], [TargetPair::Count(code)] if code.as_str() == "reports_received")
    );
}

#[test]
fn a_broken_file_names_file_line_column_and_what_was_expected() {
    let first = |text: &str| read_campaign_file("a.toml", text).unwrap_err().remove(0);
    let unknown = first(&A.replacen("launched_on", "launched", 1));
    assert_eq!((unknown.position.line, unknown.position.column), (line_of(A, "launched_on"), 1));
    assert!(
        unknown.to_string().contains("no key launched; did you mean launched_on?"),
        "{unknown}"
    );

    let word = first(&A.replacen("\"THEMATIC\"", "\"WEEKLY\"", 1));
    assert_eq!(word.position.line, line_of(A, "\"THEMATIC\""));
    assert!(
        word.violation
            .message
            .text(Lang::EN)
            .contains("expected STANDING | THEMATIC | PEAK_DRIVE; got \"WEEKLY\""),
        "{word}"
    );

    let day = first(&A.replacen("first_day = 2024-08-19", "first_day = 2026-08-19", 1));
    assert_eq!(day.violation.code, "WINDOW_BACKWARDS");
}

#[test]
fn a_gap_between_phases_is_found_at_its_line() {
    let found = check_with(A, "first_day = 2025-01-06", "first_day = 2025-01-07");
    assert_eq!(found, [format!("{}:6 PHASES_DO_NOT_TILE phases.2", line_of(A, "no = 2"))]);
}

#[test]
fn a_misprinted_anniversary_needs_its_correction_and_a_secret_campaign_is_refused() {
    let correction = A.lines().find(|line| line.starts_with("correction")).unwrap();
    let found = check_with(A, correction, "");
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("ANNIVERSARY_DOES_NOT_ADD_UP"), "{}", found[0]);
    let found = check_with(A, "\"NOT_SECRET\"", "\"SECRET\"");
    assert_eq!(found, [format!("{}:18 CLASSIFIED classification", line_of(A, "classification"))]);
}

#[test]
fn export_gives_the_campaign_back() {
    for text in [A, B] {
        let first = campaign(text).campaign;
        let printed = format_campaign(&first);
        assert_eq!(campaign(&printed).campaign, first);
        assert_eq!(format_campaign(&campaign(&printed).campaign), printed);
    }
    let mut odd = campaign(A).campaign;
    odd.name_en = "quotes \" and ' and \\ too".into();
    odd.theme = None;
    odd.measurement_window.end = odd.measurement_window.start.tomorrow().unwrap();
    assert_eq!(campaign(&format_campaign(&odd)).campaign, odd);
}

/// The violations of T1 of campaign A with the lines of these keys replaced.
fn with_t1(changes: &[(&str, &str)]) -> Vec<String> {
    let mut in_t1 = false;
    let lines = A.lines().map(|line| {
        in_t1 = if line.starts_with("code = ") { line == "code = \"T1\"" } else { in_t1 };
        let change =
            changes.iter().find(|(key, _)| in_t1 && line.starts_with(&format!("{key} = ")));
        change.map_or_else(|| line.to_owned(), |(key, value)| format!("{key} = {value}"))
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let mut catalogue = example_catalogue();
    for element in &mut catalogue.elements {
        element.coercive = element.code.as_str() == "reports_resolved";
        element.activity = element.code.as_str() == "reports_received";
    }
    let found = campaign(&text).check(&catalogue);
    let of_t1 = found.iter().filter(|diagnostic| diagnostic.violation.path == "targets.T1");
    of_t1.map(|diagnostic| diagnostic.violation.code.to_owned()).collect()
}

#[test]
fn a_formula_that_cannot_be_read_is_pointed_at() {
    let diagnostic = read_campaign_file(
        "a.toml",
        &A.replacen("ratio(solved/so_offences) > 80%", "ratio(solved/so_offences) about 80%", 1),
    );
    let diagnostic = diagnostic.unwrap_err().remove(0);
    let line = line_of(A, "ratio(solved/");
    let column = A.lines().nth(line - 1).unwrap().find("> 80%").unwrap() + 1;
    assert_eq!(
        (diagnostic.violation.code, diagnostic.position.line, diagnostic.position.column),
        ("BAD_FORMULA", line, column)
    );
    assert!(
        diagnostic.violation.message.text(Lang::EN).contains("expected a comparator"),
        "{diagnostic}"
    );
}

#[test]
fn a_reduction_or_a_ratio_stands_beside_something_that_shows_how_it_was_met() {
    assert_eq!(with_t1(&[]), Vec::<String>::new());
    assert_eq!(with_t1(&[("pairs", "[]")]), ["NO_PAIR"]);
    assert_eq!(
        with_t1(&[("pairs", "[\"so_offences\"]")]),
        ["NO_PAIR"],
        "its own count shows nothing"
    );
    assert_eq!(with_t1(&[("pairs", "[\"T3\"]")]), Vec::<String>::new());
    assert_eq!(with_t1(&[("pairs", "[\"T9\"]")]), ["UNKNOWN_PAIR"]);
    assert_eq!(with_t1(&[("gaming_note", "\"may be met by not recording\"")]), ["NO_GAMING_NOTE"]);
    let ratio = ("formula", "\"ratio(solved/so_offences) > 80%\"");
    let base = ("baseline", "\"same_window_prior_year\"");
    assert_eq!(with_t1(&[ratio, base]), ["BASELINE_DISAGREES"]);
    assert_eq!(with_t1(&[ratio, base, ("pairs", "[\"T3\"]")])[1..], ["NO_PAIRED_COUNT"]);
}

#[test]
fn a_binding_target_says_how_it_is_judged() {
    let binding = ("commitment", "\"BINDING\"");
    assert_eq!(with_t1(&[binding]), Vec::<String>::new());
    let found = check_with(
        A,
        "zero_base = \"MAINTAIN_ZERO\"\npairs = [\"suspended_cases\"",
        "pairs = [\"suspended_cases\"",
    );
    assert_eq!(found, [format!("{}:8 NO_POLICY targets.T2", line_of(A, "code = \"T2\""))]);
}

#[test]
fn a_base_that_overlaps_the_measured_days_needs_a_reason() {
    let formula = ("formula", "\"change(count(so_offences) vs stat_year(2024), rel) <= -7%\"");
    let year = ("baseline", "\"stat_year\"");
    assert_eq!(with_t1(&[formula, year]), ["BASE_OVERLAPS"]);
    let old = ("formula", "\"change(count(so_offences) vs stat_year(2023), rel) <= -7%\"");
    assert_eq!(with_t1(&[old, year]), Vec::<String>::new());
    // Waived in the file: the waiver allows the overlap.
    let waived = ("baseline", "\"stat_year\"\noverlap_waiver = \"theo kế hoạch số 1 (ours)\"");
    assert_eq!(with_t1(&[formula, waived]), Vec::<String>::new());
}

#[test]
fn no_target_asks_for_more_force_and_one_that_asks_for_more_activity_is_warned_about() {
    let more = |element: &str| ("formula", format!("\"change(count({element})) > 5%\""));
    let (key, coercive) = more("reports_resolved");
    assert_eq!(with_t1(&[(key, &coercive)]), ["COERCIVE_MORE"]);
    let (key, activity) = more("reports_received");
    assert_eq!(with_t1(&[(key, &activity)]), ["ACTIVITY_AS_TARGET"]);
    let hidden =
        ("formula", "\"all(count(solved - reports_resolved) < 3, count(so_offences) < 5)\"");
    let found = with_t1(&[hidden]);
    assert!(found.contains(&"COERCIVE_MORE".to_owned()), "also behind a minus sign: {found:?}");
}

#[test]
fn a_formula_names_only_what_the_campaign_has() {
    assert_eq!(
        with_t1(&[("formula", "\"change(stock(so_offences@end)) <= -7%\"")]),
        ["MEASURE_KIND"]
    );
    assert_eq!(
        with_t1(&[("formula", "\"change(count(robbery)) <= -7%\"")]),
        ["ELEMENT_NOT_COUNTED"]
    );
    assert_eq!(
        with_t1(&[("formula", "\"change(count(so_offences)) <= -7% in phase(4)\"")]),
        ["UNKNOWN_PHASE"]
    );
    let duty = with_t1(&[("formula", "\"attest(phong_ngua)\"")]);
    assert_eq!(duty, ["UNKNOWN_DUTY", "BASELINE_DISAGREES"], "a narrative is no attestation");
}

#[test]
fn a_campaign_typed_with_combining_marks_is_the_same_campaign() {
    let decomposed: String = unicode_nfd(A);
    assert_ne!(decomposed, A);
    assert_eq!(campaign(&decomposed).campaign, campaign(A).campaign);
    let escaped = A.replacen("name_vi = \"", "name_vi = \"e\\u0302\\u0323", 1);
    assert!(campaign(&escaped).campaign.name_vi.starts_with('ệ'));
}

/// The canonical decomposition of the vowels that the example uses most.
fn unicode_nfd(text: &str) -> String {
    let marks = [("ệ", "e\u{323}\u{302}"), ("ộ", "o\u{323}\u{302}"), ("á", "a\u{301}")];
    marks.iter().fold(text.to_owned(), |text, (composed, parts)| text.replace(composed, parts))
}

#[test]
fn a_text_with_a_control_or_too_long_is_refused_with_its_place_and_lines_are_joined() {
    let line = line_of(A, "name_vi = ");
    let replace = |value: &str| {
        let mut lines: Vec<&str> = A.lines().collect();
        lines[line - 1] = value;
        read_campaign_file("campaign.toml", &lines.join("\n"))
    };
    let too_long = format!("name_vi = \"{}\"", "A".repeat(4_300_000));
    for (value, code) in [
        ("name_vi = \"a\\u001b]0;b\"", "CONTROL_CHARACTER"),
        ("name_vi = \"a\u{202e}b\"", "CONTROL_CHARACTER"),
        (too_long.as_str(), "TEXT_TOO_LONG"),
    ] {
        let expected = format!("{line}:11 {code} name_vi");
        assert_eq!(render_diagnostics(&replace(value).unwrap_err()), [expected]);
    }
    let theme = "name_vi = \"a\"\ntheme = \"\"\"một\nhai\"\"\"";
    let text = A.lines().filter(|line| !line.starts_with("theme")).collect::<Vec<_>>().join("\n");
    let text = text.replacen(A.lines().nth(line - 1).unwrap(), theme, 1);
    assert_eq!(campaign(&text).campaign.theme.as_deref(), Some("một hai"));
}

#[test]
fn an_export_holds_no_control_character_and_stays_readable() {
    let mut stored = campaign(A).campaign;
    stored.name_vi = "a\u{1b}[2J\u{202e}\"b\\".to_owned();
    let exported = format_campaign(&stored);
    assert!(exported.contains(r#"name_vi = "a\u001b[2J\u202e\"b\\""#), "{exported}");
    let faults = read_campaign_file("campaign.toml", &exported).unwrap_err();
    assert_eq!(faults[0].violation.code, "CONTROL_CHARACTER");
}
