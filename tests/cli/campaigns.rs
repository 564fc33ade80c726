//! The lifecycle of a campaign from the command line: what each state allows, and what an amendment
//! after approval records.

use super::{REPORT_CSV_HEADER, TestMachine, example_path};
use serde_json::Value;

fn machine_with_campaign() -> TestMachine {
    let machine = TestMachine::with_example();
    machine.run_ok(&["campaign", "apply", "-f", &example_path("campaign-a.toml")]);
    machine
}

fn list_campaign(machine: &TestMachine) -> Value {
    let listed: Value =
        serde_json::from_str(&machine.run_ok(&["--json", "campaign", "list"])).unwrap();
    listed[0].clone()
}

fn step_campaign(machine: &TestMachine, step: &str) {
    machine.run_ok(&["campaign", "step", step]);
}

/// The example's days are over, so the calendar takes its three steps at once.
fn finish_campaign(machine: &TestMachine) {
    step_campaign(machine, "approve");
    machine.run_ok(&["jobs", "run", "apply-day"]);
    assert_eq!(list_campaign(machine)["status"], "CLOSING");
}

#[test]
fn a_draft_is_judged_by_no_run_and_an_approved_campaign_by_the_next_one() {
    let machine = machine_with_campaign();
    assert_eq!(list_campaign(&machine)["status"], "DRAFT");
    machine.run_ok(&["jobs", "run", "aggregate"]);
    let none = machine.run(&["--json", "runs", "list", "--campaign", "A"]);
    assert_eq!(
        serde_json::from_str::<Value>(&none.out).unwrap(),
        Value::Array(Vec::new()),
        "{}",
        none.err
    );
    step_campaign(&machine, "approve");
    machine.run_ok(&["jobs", "run", "aggregate"]);
    let runs: Value =
        serde_json::from_str(&machine.run_ok(&["--json", "runs", "list", "--campaign", "A"]))
            .unwrap();
    assert_eq!(runs.as_array().map(Vec::len), Some(1));
}

#[test]
fn a_step_that_the_table_forbids_says_which_ones_lead_on_in_both_languages() {
    let machine = machine_with_campaign();
    let output = machine.run(&["--lang", "en", "campaign", "step", "conclude"]);
    assert!(
        output.code == 1
            && output.err.contains("CAMPAIGN_STEP_FORBIDDEN")
            && output.err.contains("APPROVE"),
        "{}",
        output.err
    );
    let output = machine.run(&["--lang", "vi", "campaign", "step", "conclude"]);
    assert!(output.err.contains("bước CONCLUDE; bước có thể thực hiện: APPROVE"), "{}", output.err);
    assert_eq!(machine.run(&["campaign", "step", "celebrate"]).code, 2);
}

/// Two persons of the province that the campaign's owner has become waive what is missing.
fn waive_missing_reports(machine: &TestMachine) {
    for (account, role) in [("lan", "CAMPAIGN_HEAD"), ("minh", "UNIT_HEAD")] {
        machine.grant_role(account, role, "prov-86-2025");
    }
    let refused = machine.run(&["--lang", "en", "campaign", "step", "conclude"]);
    assert!(refused.code == 1 && refused.err.contains("MISSING_REPORTS"), "{}", refused.err);
    assert!(refused.out.contains("undetermined for ever"), "the rehearsal comes first");
    let dry = machine.run_ok(&["--json", "campaign", "step", "conclude", "--dry-run"]);
    let rehearsed = machine.run_ok(&["--json", "campaign", "rehearse", "conclusion"]);
    assert_eq!(dry, rehearsed);
    let rehearsed: Value = serde_json::from_str(&rehearsed).unwrap();
    let missing = rehearsed["missing"].as_array().unwrap();
    let ids: Vec<&str> = missing.iter().map(|one| one["report"].as_str().unwrap()).collect();
    let waive = |rest: &[&str]| {
        let waived = [&["campaign", "waive"], &ids[..], rest].concat();
        machine.run(&waived)
    };
    assert_eq!(waive(&["--account", "lan", "--reason", "không thể bổ sung"]).code, 0);
    let alone = waive(&["--account", "lan", "--sign"]);
    assert!(alone.code == 1 && alone.err.contains("SECOND_PERSON"), "{}", alone.err);
    assert_eq!(waive(&["--account", "minh", "--sign"]).code, 0);
    let listed: Value =
        serde_json::from_str(&machine.run_ok(&["--json", "campaign", "waivers"])).unwrap();
    let is_signed = |one: &Value| one["state"] == "SIGNED";
    assert_eq!(listed.as_array().unwrap().iter().filter(|one| is_signed(one)).count(), ids.len());
}

#[test]
fn a_concluded_campaign_is_reopened_by_two_accounts_and_not_by_a_step() {
    let machine = machine_with_campaign();
    finish_campaign(&machine);
    step_campaign(&machine, "review");
    waive_missing_reports(&machine);
    step_campaign(&machine, "conclude");
    let step = machine.run(&["campaign", "step", "reopen"]);
    assert!(step.code == 1 && step.err.contains("TWO_PERSONS"), "{}", step.err);
    machine.run_ok(&["campaign", "reopen", "--account", "lan", "--reason", "số liệu sai"]);
    assert_eq!(list_campaign(&machine)["status"], "CONCLUDED");
    let alone = machine.run(&["campaign", "reopen", "--account", "lan"]);
    assert!(alone.code == 1 && alone.err.contains("SECOND_PERSON"), "{}", alone.err);
    machine.run_ok(&["campaign", "reopen", "--account", "minh"]);
    let now = list_campaign(&machine);
    assert_eq!(
        (&now["status"], &now["amendments"][0]["basis"]),
        (&"UNDER_REVIEW".into(), &"số liệu sai".into())
    );
}

#[test]
fn a_campaign_is_reopened_only_after_two_accounts_have_revoked_the_award_that_rests_on_it() {
    let machine = machine_with_campaign();
    let award =
        |rest: &[&str]| machine.run(&[&["--lang", "en", "campaign", "award"], rest].concat());
    let refused = |rest: &[&str], code: &str| {
        let output = award(rest);
        assert!(output.code == 1 && output.err.contains(code), "{rest:?}: {}", output.err);
    };
    finish_campaign(&machine);
    step_campaign(&machine, "review");
    waive_missing_reports(&machine);
    let document = ["--reference", "QĐ 12/QĐ-UBND", "--date", "2026-03-02"];
    let lan_decides = [&["decide", "--account", "lan"], &document[..]].concat();
    refused(&lan_decides, "NOT_CONCLUDED");
    step_campaign(&machine, "conclude");
    assert_eq!(list_campaign(&machine)["award"], Value::Null);

    assert_eq!(award(&lan_decides).code, 0);
    refused(&["decide", "--account", "lan"], "SECOND_PERSON");
    refused(&["decide", "--account", "minh", "--reference", "QĐ 13/QĐ-UBND"], "OTHER_DOCUMENT");
    assert_eq!(award(&["decide", "--account", "minh"]).code, 0);
    let stands = list_campaign(&machine)["award"].clone();
    assert_eq!(
        (&stands["state"], &stands["reference"], &stands["day"]),
        (&"DECIDED".into(), &document[1].into(), &document[3].into())
    );
    let listed = machine.run_ok(&["--lang", "vi", "campaign", "list"]);
    assert!(listed.contains("quyết định khen thưởng QĐ 12/QĐ-UBND"), "{listed}");

    let reopen = ["--lang", "en", "campaign", "reopen", "--account", "lan", "--reason", "sai số"];
    let barred = machine.run(&reopen);
    assert!(
        barred.code == 1
            && barred.err.contains("AWARD_DECIDED")
            && barred.err.contains("QĐ 12/QĐ-UBND")
            && barred.err.contains("campaign award revoke"),
        "{}",
        barred.err
    );
    assert_eq!(award(&["revoke", "--account", "minh", "--reason", "QĐ 30 thu hồi"]).code, 0);
    assert!(machine.run(&reopen).err.contains("AWARD_DECIDED"), "one person is not enough");
    refused(&["revoke", "--account", "minh"], "SECOND_PERSON");
    assert_eq!(award(&["revoke", "--account", "lan"]).code, 0);
    assert_eq!(list_campaign(&machine)["award"]["state"], "REVOKED");

    assert_eq!(award(&lan_decides).code, 0, "entered again, and waiting");
    machine.run_ok(&reopen);
    machine.run_ok(&["campaign", "reopen", "--account", "minh"]);
    let reopened = list_campaign(&machine);
    assert_eq!(
        (&reopened["status"], &reopened["award"]["state"]),
        (&"UNDER_REVIEW".into(), &"WITHDRAWN".into()),
        "what waited rested on figures that are open again"
    );
    machine.run_ok(&["jobs", "run", "verify-audit"]);
}

#[test]
fn a_hand_over_of_stocks_is_checked_entered_and_signed_from_its_file_by_two_accounts() {
    let machine = TestMachine::with_example();
    for (account, role) in [("lan", "DATA_STEWARD"), ("minh", "UNIT_HEAD")] {
        machine.grant_role(account, role, "prov-86-2025");
    }
    let lines = |kept: u8| {
        format!(
            "side,from_uid,to_uid,element,amount\nclosing,dist-842,,suspended_cases,30\n\
             hand,dist-842,dist-844,suspended_cases,10\n\
             hand,dist-842,dist-842,suspended_cases,{kept}\n\
             opening,,dist-844,suspended_cases,10\nopening,,dist-842,suspended_cases,20\n"
        )
    };
    let (right, wrong) =
        (machine.write("ban-giao.csv", &lines(20)), machine.write("sai.csv", &lines(19)));
    let hand_over = |file: &str, rest: &[&str]| {
        machine.run(&[&["org", "handover", file, "--on", "2024-12-01"], rest].concat())
    };
    let unbalanced = hand_over(&wrong, &["--dry-run"]);
    assert!(unbalanced.code == 1 && unbalanced.err.contains("HANDOVER_DOES_NOT_BALANCE"));
    let dry = hand_over(&right, &["--dry-run"]);
    assert!(dry.code == 0 && dry.out.contains("dist-844"), "{}{}", dry.out, dry.err);
    assert_eq!(machine.run_ok(&["--json", "org", "handovers"]).trim(), "[]", "nothing is written");

    let entered = hand_over(&right, &["--account", "lan", "--basis", "Biên bản số 12"]);
    assert_eq!(entered.code, 0, "{}", entered.err);
    let alone = hand_over(&right, &["--account", "lan", "--sign"]);
    assert!(alone.code == 1 && alone.err.contains("SECOND_PERSON"), "{}", alone.err);
    assert_eq!(hand_over(&right, &["--account", "minh", "--sign"]).code, 0);
    let listed: Value =
        serde_json::from_str(&machine.run_ok(&["--json", "org", "handovers"])).unwrap();
    assert_eq!((&listed[0]["state"], &listed[0]["on"]), (&"SIGNED".into(), &"2024-12-01".into()));
    assert_eq!(listed[0]["lines"].as_array().unwrap().len(), 2);
}

#[test]
fn a_concluded_campaign_takes_no_report_any_more_and_its_verdicts_are_final() {
    let machine = machine_with_campaign();
    machine.grant_role("xa", "REPORTER", "com-29242-1");
    finish_campaign(&machine);
    let week = |name: &str, days: &str| {
        machine.write(
            name,
            &format!("{REPORT_CSV_HEADER}\r\ntuan-xa;com-29242-1;{days};;;2;3;3;3;1\r\n"),
        )
    };
    let (in_time, too_late) =
        (week("a.csv", "2025-01-06;2025-01-12"), week("b.csv", "2025-01-13;2025-01-19"));
    machine.run_ok(&["report", "import", "-f", &in_time, "--account", "xa", "--submit"]);
    step_campaign(&machine, "review");
    waive_missing_reports(&machine);
    step_campaign(&machine, "conclude");
    for (lang, text) in [("en", "The period is closed"), ("vi", "Kỳ báo cáo đã khóa")] {
        let output = machine.run(&[
            "--lang",
            lang,
            "report",
            "import",
            "-f",
            &too_late,
            "--account",
            "xa",
            "--submit",
        ]);
        assert!(
            output.code == 1 && output.err.contains("PERIOD_CLOSED") && output.err.contains(text),
            "{}",
            output.err
        );
    }
    let exported = machine.run_ok(&["report", "export", "--csv", "tuan-xa"]);
    assert!(
        exported.lines().count() == 2 && !exported.contains("2025-01-13"),
        "nothing is half written: {exported}"
    );
    machine.run_ok(&["jobs", "run", "aggregate"]);
    let standings = machine.run_ok(&["--json", "standings", "--campaign", "A"]);
    let standings: Value = serde_json::from_str(&standings).unwrap();
    assert!(standings.to_string().contains("\"final\""), "{standings}");
}

#[test]
fn a_change_of_an_approved_campaign_names_its_basis_and_stays_visible() {
    let machine = machine_with_campaign();
    step_campaign(&machine, "approve");
    let text = std::fs::read_to_string(example_path("campaign-a.toml")).unwrap();
    let other = text.replace("name_en = \"Phase 1\"", "name_en = \"First phase\"");
    let file = machine.write("a.toml", &other);
    let output = machine.run(&["--lang", "en", "campaign", "apply", "-f", &file]);
    assert!(
        output.code == 1
            && output.err.contains("AMENDMENT_NEEDS_BASIS")
            && output.err.contains("phases.1"),
        "{}",
        output.err
    );
    assert_eq!(list_campaign(&machine)["amendments"], Value::Array(Vec::new()));
    machine.run_ok(&["campaign", "apply", "-f", &file, "--basis", "QĐ 12/QĐ-CAT"]);
    let now = list_campaign(&machine);
    assert_eq!(now["status"], "APPROVED", "an amendment takes no step");
    assert_eq!(
        (&now["amendments"][0]["basis"], &now["amendments"][0]["changed"][0]),
        (&"QĐ 12/QĐ-CAT".into(), &"phases.1".into())
    );
    machine.run_ok(&["campaign", "apply", "-f", &file]);
    assert_eq!(
        list_campaign(&machine)["amendments"].as_array().map(Vec::len),
        Some(1),
        "the same file again amends nothing"
    );
    let exported = machine.run_ok(&["campaign", "export"]);
    machine.run_ok(&["campaign", "apply", "-f", &machine.write("b.toml", &exported)]);
    assert_eq!(list_campaign(&machine), now, "an export changes nothing");
}

#[test]
fn the_reform_of_1_july_is_rehearsed_for_a_clerk_and_a_planted_imbalance_is_found() {
    let machine = machine_with_campaign();
    machine.run_ok(&["baseline", "import", "-f", &example_path("baseline.csv")]);
    let org = example_path("org");
    let rehearse = ["org", "rehearse", &org, "--on", "2025-07-01"];
    let page = machine.run_ok(&[&["--lang", "vi"], &rehearse[..]].concat());
    for line in [
        "DIỄN TẬP THAY ĐỔI TỔ CHỨC, hiệu lực 01/07/2025",
        "   - cấp xã: 104 → 41",
        "KHỚP: các thay đổi có thể có hiệu lực",
    ] {
        assert!(page.contains(line), "{line} is not in:\n{page}");
    }
    let head = "side,from_uid,to_uid,element,amount\n";
    let planted = format!(
        "{head}closing,com-29239-0,,suspended_cases,5\n\
         hand,com-29239-0,com-29242-2,suspended_cases,4\n\
         opening,,com-29242-2,suspended_cases,4\n"
    );
    let file = machine.write("handover.csv", &planted);
    let found = machine.run(&[&["--json"], &rehearse[..], &["--handover", &file]].concat());
    let report: Value = serde_json::from_str(&found.out).unwrap();
    assert_eq!((found.code, &report["reconciles"]), (1, &Value::Bool(false)));
    assert_eq!(report["findings"][0]["code"], "HANDOVER_DOES_NOT_BALANCE");
    assert_eq!(report["closes"].as_array().map(Vec::len), Some(101));
}

#[test]
fn units_take_a_campaign_up_without_amending_it_and_their_plans_go_step_by_step() {
    let machine = machine_with_campaign();
    step_campaign(&machine, "approve");
    let text = std::fs::read_to_string(example_path("campaign-a.toml")).unwrap();
    let plan = |status: &str| {
        let plan = format!(
            "\n[[plans]]\nunit = \"dist-842\"\nstatus = \"{status}\"\ndocument = \"KH 15/KH-CATP ngày 26/8/2024\"\n\n\
             [[plans.allocations]]\ntarget = \"T1\"\nphase = 1\nformula = \"count(so_offences) <= 40\"\n"
        );
        machine.write("a.toml", &format!("{text}{plan}"))
    };
    machine.run_ok(&["campaign", "apply", "-f", &plan("SUBMITTED")]);
    let output = machine.run(&["--lang", "en", "campaign", "apply", "-f", &plan("SUPERSEDED")]);
    assert!(output.code == 1 && output.err.contains("PLAN_STEP_FORBIDDEN"), "{}", output.err);
    machine.run_ok(&["campaign", "apply", "-f", &plan("APPROVED")]);
    assert_eq!(
        list_campaign(&machine)["amendments"],
        Value::Array(Vec::new()),
        "what units do with it changes nothing of it"
    );
    let exported = machine.run_ok(&["campaign", "export"]);
    assert!(
        exported.contains("[[launches]]")
            && exported.contains("formula = \"count(so_offences) <= 40\""),
        "{exported}"
    );
    let broken = machine.write("b.toml", &exported.replace("target = \"T1\"", "target = \"T99\""));
    assert!(machine.run(&["campaign", "apply", "-f", &broken]).err.contains("UNKNOWN_TARGET"));
    let named = machine
        .write("c.toml", &exported.replace("hưởng ứng đợt", "gọi 0912 345 678 hưởng ứng đợt"));
    assert!(machine.run(&["campaign", "apply", "-f", &named]).err.contains("NOTE_PERSONAL_DATA"));
}
