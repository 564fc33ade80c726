//! Pushing: S7-S11, S15, S16, S26, and permissions.

use crate::on_both_databases;
use crate::world::{
    OTHER_COMMUNE, TOWN, WARD_2, WARD_3, World, first_week_key, pushed_command, reported_value,
};
use jiff::civil::date;
use sha2::{Digest as _, Sha256};
use thidua::app::AppError;
use thidua::domain::access::permission::Role;
use thidua::domain::access::scope::RecordKind;
use thidua::domain::report::cell::CellValue;
use thidua::domain::report::command::{Command, CommandBody, Verdict};
use thidua::domain::report::workflow::ReportState;
use thidua::domain::report::{ContentHash, ReviewQuestion};
use thidua::domain::support::ids::CommentId;
use thidua::domain::support::time::Timestamp;
use thidua::sync::frame::SyncFrame;

on_both_databases! {
    s07_a_command_sent_again_has_one_effect_and_its_first_outcome
    s08_a_gap_is_answered_with_the_number_expected
    s09_the_same_number_with_other_content_is_forked_and_nothing_applies
    s10_a_rejected_command_does_not_block_the_next
    s15_accepting_applies_only_to_the_content_that_was_seen
    s16_comments_append_and_every_sent_revision_can_be_read_back
    s26_a_report_made_in_time_and_proven_by_a_sync_mark_is_not_late
    the_chain_of_outcomes_that_a_receipt_signs_can_be_computed_by_anybody
    nobody_accepts_a_report_of_the_own_writing
    a_returned_report_comes_back_to_the_phone_with_the_question
    a_report_for_a_period_that_is_not_owed_or_not_begun_is_refused
    a_revoked_device_can_push_nothing_more
}

fn s07_a_command_sent_again_has_one_effect_and_its_first_outcome(world: World) {
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    let save = phone.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], reported_value(2))],
        &[],
    );
    let first = phone.push(&world, std::slice::from_ref(&save));
    let head = world.app.store().read(|tx| tx.head()).unwrap();
    let again = phone.push(&world, &[save]);
    assert!(!first[0].duplicate && again[0].duplicate);
    assert!(first[0].seq > 0, "an outcome says where its effect ends in the feed");
    assert_eq!((first[0].verdict, first[0].seq), (again[0].verdict, again[0].seq));
    assert_eq!(world.app.store().read(|tx| tx.head()).unwrap(), head, "nothing moved");
    let bad = phone.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], reported_value(-1))],
        &[],
    );
    let refused = phone.push(&world, std::slice::from_ref(&bad));
    let again = phone.push(&world, &[bad]);
    assert_eq!(
        (refused[0].verdict, again[0].verdict),
        (Verdict::Rejected, Verdict::Rejected),
        "refused stays refused"
    );
}

fn the_chain_of_outcomes_that_a_receipt_signs_can_be_computed_by_anybody(world: World) {
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    let good = phone.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], reported_value(2))],
        &[],
    );
    let bad = phone.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], reported_value(-1))],
        &[],
    );
    let sent = [good, bad];
    let outcomes = phone.push(&world, &sent);
    let mut chain = vec![0; 32];
    for (outcome, sent) in outcomes.iter().zip(&sent) {
        let (number, verdict) =
            (outcome.number.to_be_bytes(), outcome.verdict.number().to_be_bytes());
        chain = Sha256::digest([&chain[..], &number, &sent.hash, &verdict].concat()).to_vec();
    }
    assert_eq!(phone.checkpoint.unwrap().outcome_chain, chain);
}

fn s08_a_gap_is_answered_with_the_number_expected(world: World) {
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    let _lost = phone.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], reported_value(1))],
        &[],
    );
    let second = phone.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[1], reported_value(1))],
        &[],
    );
    let frames = phone.exchange_frames(&world, &[second], usize::MAX);
    assert!(
        frames.iter().any(|frame| matches!(frame, SyncFrame::CommandGap { expected_number: 1 })),
        "{frames:?}"
    );
    assert_eq!(world.read_report(first_week_key(WARD_2).id()), None);
}

fn s09_the_same_number_with_other_content_is_forked_and_nothing_applies(world: World) {
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut clone = phone.clone();
    let save = phone.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], reported_value(2))],
        &[],
    );
    phone.push(&world, &[save]);
    let other = clone.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], reported_value(9))],
        &[],
    );
    let next = clone.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[1], reported_value(9))],
        &[],
    );
    let frames = clone.exchange_frames(&world, &[other, next], usize::MAX);
    assert!(
        frames.iter().any(|frame| matches!(frame, SyncFrame::CommandForked { number: 1 })),
        "{frames:?}"
    );
    let report = world.read_report(first_week_key(WARD_2).id()).unwrap();
    assert_eq!(
        report.cells.into_iter().collect::<Vec<_>>(),
        [(world.element_numbers()[0], reported_value(2))]
    );
}

fn s10_a_rejected_command_does_not_block_the_next(world: World) {
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    let bad = phone.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], reported_value(-5))],
        &[],
    );
    let good = phone.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], reported_value(5))],
        &[],
    );
    let outcomes = phone.push(&world, &[bad, good]);
    assert_eq!(outcomes[0].verdict, Verdict::Rejected);
    assert_eq!(outcomes[0].reason.as_deref(), Some("VALUE_OUT_OF_RANGE"));
    assert_eq!(outcomes[1].verdict, Verdict::Applied);
    phone.assert_digests_match();
}

fn s15_accepting_applies_only_to_the_content_that_was_seen(world: World) {
    world.app.init_epoch([1; 16]).unwrap();
    let mut reporter = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut reviewer = world.enrol_device("reviewer", TOWN, Role::Reviewer);
    let id = world.send_nil_report(&mut reporter, &first_week_key(WARD_2));
    let seen = world.read_report(id).unwrap();
    let element = world.element_numbers()[0];
    let correction = reporter.save_command(
        &first_week_key(WARD_2),
        &[(element, reported_value(1))],
        &[(element, CellValue::Nil)],
    );
    reporter.push(&world, &[correction]);
    let accept = reviewer.accept_command(&seen);
    let outcome = reviewer.push(&world, &[accept]).remove(0);
    assert_eq!(outcome.reason.as_deref(), Some("CONTENT_CHANGED"));
    let never_sent = reviewer
        .next_command(CommandBody::AcceptReport { report: id, content_hash: ContentHash([9; 32]) });
    let outcome = reviewer.push(&world, &[never_sent]).remove(0);
    assert_eq!(
        outcome.verdict,
        Verdict::Rejected,
        "in a history that lost nothing, nobody waits for what never was"
    );
    let accept = reviewer.accept_command(&world.read_report(id).unwrap());
    assert_eq!(reviewer.push(&world, &[accept])[0].verdict, Verdict::Applied);
    assert_eq!(world.read_report(id).unwrap().state, ReportState::Accepted);
}

fn s16_comments_append_and_every_sent_revision_can_be_read_back(world: World) {
    let mut reporter = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut reviewer = world.enrol_device("reviewer", TOWN, Role::Reviewer);
    let report = world.send_nil_report(&mut reporter, &first_week_key(WARD_2));
    let comment = CommentId::from_code("one");
    let comment_command = reviewer.next_command(CommandBody::AddComment {
        report,
        comment,
        text: "đề nghị kiểm tra lại".into(),
    });
    let twice =
        reviewer.next_command(CommandBody::AddComment { report, comment, text: "khác".into() });
    let outcomes = reviewer.push(&world, &[comment_command, twice]);
    assert_eq!(outcomes[0].verdict, Verdict::Applied);
    assert_eq!(outcomes[1].reason.as_deref(), Some("COMMENT_EXISTS"));
    reporter.sync(&world);
    assert!(reporter.has_record(RecordKind::Comment, comment.0), "the comment reaches the phone");
    let accept = reviewer.accept_command(&world.read_report(report).unwrap());
    reviewer.push(&world, &[accept]);
    let states: Vec<ReportState> = world
        .app
        .store()
        .read(|tx| tx.sent_revision_bytes(report))
        .unwrap()
        .into_iter()
        .map(|r| r.1)
        .collect();
    assert_eq!(states, [ReportState::Submitted, ReportState::Accepted]);
}

fn s26_a_report_made_in_time_and_proven_by_a_sync_mark_is_not_late(world: World) {
    for (name, uid, proven) in [("lan", WARD_2, true), ("mai", WARD_3, false)] {
        world.set_day(date(2024, 8, 26));
        let mut phone = world.enrol_device(name, uid, Role::Reporter);
        phone.sync(&world);
        let key = first_week_key(uid);
        let cells: Vec<_> =
            world.element_numbers().into_iter().map(|element| (element, CellValue::Nil)).collect();
        let save = phone.save_command(&key, &cells, &[]);
        phone.last_command_number += 1;
        let body = CommandBody::submit(key.id(), phone.unit);
        let sync_mark = if proven { phone.sync_mark.clone() } else { Vec::new() };
        let captured_at =
            Timestamp::from_local_midnight(date(2024, 8, 26)).saturating_add_micros(7_200_000_000);
        let submit = pushed_command(
            phone.last_command_number,
            Command { captured_at: Some(captured_at), sync_mark, body },
        );
        let expected = world
            .app
            .store()
            .read(|tx| world.app.reference(tx))
            .unwrap()
            .expectation(&key)
            .unwrap();
        // Received on the first late day, still within the grace.
        world.set_day(expected.due_day);
        phone.push(&world, &[save, submit]);
        assert_eq!(world.read_report(key.id()).unwrap().late, !proven, "{name}");
    }
}

fn nobody_accepts_a_report_of_the_own_writing(world: World) {
    let mut reporter = world.enrol_device("lan", WARD_2, Role::Reporter);
    let id = world.send_nil_report(&mut reporter, &first_week_key(WARD_2));
    // The same account becomes reviewer of the town.
    let mut reviewer = world.enrol_device("lan", TOWN, Role::Reviewer);
    let accept = reviewer.accept_command(&world.read_report(id).unwrap());
    assert_eq!(reviewer.push(&world, &[accept])[0].reason.as_deref(), Some("OWN_REPORT"));
}

fn a_returned_report_comes_back_to_the_phone_with_the_question(world: World) {
    let mut reporter = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut reviewer = world.enrol_device("reviewer", TOWN, Role::Reviewer);
    let id = world.send_nil_report(&mut reporter, &first_week_key(WARD_2));
    let seen = world.read_report(id).unwrap().content_hash();
    let question = ReviewQuestion { code: "CHECK_FIGURE".into(), text: "so_offences?".into() };
    let back = reviewer.next_command(CommandBody::ReturnReport {
        report: id,
        content_hash: seen,
        question: question.clone(),
    });
    assert_eq!(reviewer.push(&world, &[back])[0].verdict, Verdict::Applied);
    reporter.sync(&world);
    reporter.assert_digests_match();
    let report = world.read_report(id).unwrap();
    assert_eq!((report.state, report.question), (ReportState::Returned, Some(question)));
    let again = reporter.submit_command(id);
    assert_eq!(reporter.push(&world, &[again])[0].verdict, Verdict::Applied);
}

fn a_report_for_a_period_that_is_not_owed_or_not_begun_is_refused(world: World) {
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    let cell = [(world.element_numbers()[0], reported_value(1))];
    let mut misaligned = first_week_key(WARD_2);
    misaligned.period.start = date(2024, 8, 20);
    let (misaligned, future, other) = (
        phone.save_command(&misaligned, &cell, &[]),
        phone.save_command(&crate::world::week_key(WARD_2, date(2024, 12, 2)), &cell, &[]),
        phone.save_command(&first_week_key(OTHER_COMMUNE), &cell, &[]),
    );
    let outcomes = phone.push(&world, &[misaligned, future, other]);
    let reasons: Vec<_> =
        outcomes.iter().map(|outcome| outcome.reason.as_deref().unwrap()).collect();
    assert_eq!(reasons, ["NOT_EXPECTED", "PERIOD_NOT_OPEN", "NOT_FOUND"]);
}

fn a_revoked_device_can_push_nothing_more(world: World) {
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    let identity = phone.load_identity(&world).unwrap();
    let save = phone.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], reported_value(2))],
        &[],
    );
    world.app.revoke_device(&world.app.system_actor().unwrap(), phone.device).unwrap();
    let request = thidua::sync::ExchangeRequest { commands: vec![save], ..Default::default() };
    // Even with an identity that was loaded before.
    let refused = thidua::sync::Exchange::open(
        world.app.clone(),
        world.cursor_signer.clone(),
        identity,
        request,
    );
    assert!(matches!(refused.err(), Some(AppError::DeviceRevoked)));
    assert_eq!(world.read_report(first_week_key(WARD_2).id()), None);
}
