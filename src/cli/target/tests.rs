//! Tests of the subcommand from standard input to standard output.

use super::{Args, run};
use clap::Parser;
use serde_json::{Value, json};

#[derive(Parser)]
struct TargetCommandLine {
    #[command(flatten)]
    args: Args,
}

fn run_target(arguments: &[&str], stdin: &str) -> String {
    let line = TargetCommandLine::try_parse_from([&["target"], arguments].concat()).unwrap();
    let mut stdout = Vec::new();
    let _ = run(&line.args, &mut stdin.as_bytes(), &mut stdout);
    String::from_utf8(stdout).unwrap()
}

fn eval_answers(stdin: &str) -> Vec<Value> {
    run_target(&["eval", "--json"], stdin)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const EXAMPLE: &str = r#"
{"target": "change(count(so_offences) vs same_window_prior_year, rel) <= -7%",
 "elements": {"so_offences": 418}, "baseline": {"so_offences": 450},
 "missing": [{"element": "so_offences", "expected": "0.4"}], "coverage": "1", "stage": "closed",
 "to_date": {"baseline": {"so_offences": 150}}, "options": {"min_base": 0, "zero_base": "MAINTAIN_ZERO"}}
"#;

#[test]
fn the_published_question_gets_the_published_answer_in_the_published_order_of_keys() {
    let line = run_target(&["eval", "--json", "--lang", "en"], EXAMPLE);
    let (start, text) = line.split_once(r#","text":""#).unwrap();
    assert_eq!(
        start,
        concat!(
            r#"{"target":"change(count(so_offences) vs same_window_prior_year, rel) <= -7%","stage":"closed","#,
            r#""verdict":"UNDETERMINED","value":"-16/225","display":"-7.11 %","limit":418,"failures":null,"#,
            r#""interval":{"lo":418,"hi":420},"tier":null,"pace":null,"members":[],"reasons":["MISSING_REPORTS"]"#,
        )
    );
    assert!(text.contains("missing is not zero"));
    assert!(run_target(&["eval"], EXAMPLE).starts_with("Chưa kết luận được"));
}

#[test]
fn several_objects_give_several_lines_and_a_bad_one_spoils_only_its_own() {
    let good = EXAMPLE.replace('\n', "");
    let lines = eval_answers(&format!(
        "{good}\nnonsense\n\n{good}\n{{\"target\": 5}}\n{EXAMPLE}{good}{good}"
    ));
    let codes: Vec<&str> =
        lines.iter().map(|line| line["error"]["code"].as_str().unwrap_or("ok")).collect();
    assert_eq!(codes, ["ok", "BAD_JSON", "ok", "BAD_INPUT", "ok", "ok", "ok"]);
    assert!(lines[1]["error"]["text"].as_str().unwrap().starts_with("dòng 2:"));
}

#[test]
fn a_running_target_gets_its_pace() {
    let question = json!({"target": "change(count(x)) <= -7%", "stage": "running", "elements": {"x": 140},
        "baseline": {"x": "450"}, "to_date": {"baseline": {"x": 150}}});
    let pace = &eval_answers(&question.to_string())[0]["pace"];
    let expected = json!({"state": "BEHIND", "allowed_to_date": "139.5", "rest_change": "-0.0733", "forecast": 425, "p_meet": 0.41});
    assert_eq!(*pace, expected);
}

#[test]
fn a_misspelt_key_or_an_impossible_figure_is_refused_with_its_place() {
    for (broken, place) in [
        (json!({"target": "count(x) = 0", "misssing": []}), "JSON.misssing"),
        (json!({"target": "count(x) = 0", "elements": {"x": -1}}), "elements.x"),
        (json!({"target": "count(x) = 0", "elements": {"x": 1e30}}), "elements.x"),
        (json!({"target": "count(x) = 0", "elements": {"X!": 1}}), "elements.X!"),
        (json!({"target": "count(x) = 0", "coverage": "1.01"}), "coverage"),
        (json!({"target": "count(x) = 0", "stage": "over"}), "stage"),
        (json!({"target": "count(x) = 0", "options": {"zero_base": "MAYBE"}}), "options.zero_base"),
        (json!({"target": "count(x) = 0", "missing": [{"element": "x"}]}), "missing[0].expected"),
        (json!({"target": "attest(q)", "attested": {"q": {"done": 5, "of": 4}}}), "attested.q"),
        (json!([]), "JSON"),
    ] {
        let error = &eval_answers(&broken.to_string())[0]["error"];
        assert!(error["text"].as_str().unwrap().starts_with(place), "{error}");
    }
    assert_eq!(eval_answers(r#"{"target": "count(x) ≤ 5"}"#)[0]["error"]["column"], 10);
    assert_eq!(eval_answers("")[0]["error"]["code"], "NO_INPUT");
}

#[test]
fn the_chance_meter_speaks_two_languages() {
    let target = "change(count(x) vs fixed(450), rel) <= -7%";
    assert!(
        run_target(&["chance", "--base", "450", target], "")
            .contains("ngẫu nhiên trong 6.7 % số năm")
    );
    assert!(
        run_target(&["chance", "--base", "x=450", "--lang", "en", target], "")
            .contains("by chance in 6.7 % of years")
    );
    assert!(run_target(&["chance", "--base", "y=450", "--json", target], "").contains("NO_LUCK"));
}
