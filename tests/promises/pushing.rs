//! Pushing: S7-S11, S15, S16, S26, and who may.

use crate::stories;
use crate::world::{ELSEWHERE, TOWN, WARD_2, WARD_3, World, figure, first_week, pushed};
use jiff::civil::date;
use sha2::{Digest as _, Sha256};
use thidua::app::AppError;
use thidua::domain::cell::CellValue;
use thidua::domain::command::{Body, Command, Verdict};
use thidua::domain::ids::CommentId;
use thidua::domain::permission::Role;
use thidua::domain::report::{ContentHash, Question};
use thidua::domain::scope::RecordKind;
use thidua::domain::time::Instant;
use thidua::domain::workflow::State;
use thidua::sync::frame::Frame;

stories! {
    s07_a_command_sent_again_has_one_effect_and_its_first_outcome
    s08_a_gap_is_answered_with_the_number_expected
    s09_the_same_number_with_other_content_is_forked_and_nothing_applies
    s10_a_rejected_command_does_not_block_the_next
    s15_accepting_applies_only_to_the_content_that_was_seen
    s16_comments_append_and_every_sent_revision_can_be_read_back
    s26_a_report_made_in_time_and_proven_by_a_sync_mark_is_not_late
    the_chain_of_outcomes_that_a_receipt_signs_can_be_reckoned_by_anybody
    nobody_accepts_a_report_of_the_own_writing
    a_returned_report_comes_back_to_the_phone_with_the_question
    a_report_for_a_period_that_is_not_owed_or_not_begun_is_refused
    a_revoked_device_can_push_nothing_more
}

fn s07_a_command_sent_again_has_one_effect_and_its_first_outcome(world: World) {
    let mut phone = world.phone("lan", WARD_2, Role::Reporter);
    let save = phone.save(&first_week(WARD_2), &[(world.elements()[0], figure(2))], &[]);
    let first = phone.push(&world, std::slice::from_ref(&save));
    let head = world.app.store().read(|tx| tx.head()).unwrap();
    let again = phone.push(&world, &[save]);
    assert!(!first[0].duplicate && again[0].duplicate);
    assert!(first[0].seq > 0, "an outcome says where its effect ends in the feed");
    assert_eq!((first[0].verdict, first[0].seq), (again[0].verdict, again[0].seq));
    assert_eq!(world.app.store().read(|tx| tx.head()).unwrap(), head, "nothing moved");
    let bad = phone.save(&first_week(WARD_2), &[(world.elements()[0], figure(-1))], &[]);
    let refused = phone.push(&world, std::slice::from_ref(&bad));
    let again = phone.push(&world, &[bad]);
    assert_eq!((refused[0].verdict, again[0].verdict), (Verdict::Rejected, Verdict::Rejected), "refused stays refused");
}

fn the_chain_of_outcomes_that_a_receipt_signs_can_be_reckoned_by_anybody(world: World) {
    let mut phone = world.phone("lan", WARD_2, Role::Reporter);
    let good = phone.save(&first_week(WARD_2), &[(world.elements()[0], figure(2))], &[]);
    let bad = phone.save(&first_week(WARD_2), &[(world.elements()[0], figure(-1))], &[]);
    let sent = [good, bad];
    let outcomes = phone.push(&world, &sent);
    let mut chain = vec![0; 32];
    for (outcome, sent) in outcomes.iter().zip(&sent) {
        let (number, verdict) = (outcome.number.to_be_bytes(), outcome.verdict.number().to_be_bytes());
        chain = Sha256::digest([&chain[..], &number, &sent.hash, &verdict].concat()).to_vec();
    }
    assert_eq!(phone.checkpoint.unwrap().outcomes, chain);
}

fn s08_a_gap_is_answered_with_the_number_expected(world: World) {
    let mut phone = world.phone("lan", WARD_2, Role::Reporter);
    let _lost = phone.save(&first_week(WARD_2), &[(world.elements()[0], figure(1))], &[]);
    let second = phone.save(&first_week(WARD_2), &[(world.elements()[1], figure(1))], &[]);
    let frames = phone.frames(&world, &[second], usize::MAX);
    assert!(frames.iter().any(|frame| matches!(frame, Frame::Gap { expected: 1 })), "{frames:?}");
    assert_eq!(world.report(first_week(WARD_2).id()), None);
}

fn s09_the_same_number_with_other_content_is_forked_and_nothing_applies(world: World) {
    let mut phone = world.phone("lan", WARD_2, Role::Reporter);
    let mut clone = phone.clone();
    let save = phone.save(&first_week(WARD_2), &[(world.elements()[0], figure(2))], &[]);
    phone.push(&world, &[save]);
    let other = clone.save(&first_week(WARD_2), &[(world.elements()[0], figure(9))], &[]);
    let next = clone.save(&first_week(WARD_2), &[(world.elements()[1], figure(9))], &[]);
    let frames = clone.frames(&world, &[other, next], usize::MAX);
    assert!(frames.iter().any(|frame| matches!(frame, Frame::Forked { number: 1 })), "{frames:?}");
    let report = world.report(first_week(WARD_2).id()).unwrap();
    assert_eq!(report.cells.into_iter().collect::<Vec<_>>(), [(world.elements()[0], figure(2))]);
}

fn s10_a_rejected_command_does_not_block_the_next(world: World) {
    let mut phone = world.phone("lan", WARD_2, Role::Reporter);
    let bad = phone.save(&first_week(WARD_2), &[(world.elements()[0], figure(-5))], &[]);
    let good = phone.save(&first_week(WARD_2), &[(world.elements()[0], figure(5))], &[]);
    let outcomes = phone.push(&world, &[bad, good]);
    assert_eq!(outcomes[0].verdict, Verdict::Rejected);
    assert_eq!(outcomes[0].reason.as_deref(), Some("VALUE_OUT_OF_RANGE"));
    assert_eq!(outcomes[1].verdict, Verdict::Applied);
    phone.agrees();
}

fn s15_accepting_applies_only_to_the_content_that_was_seen(world: World) {
    world.app.found([1; 16]).unwrap();
    let mut reporter = world.phone("lan", WARD_2, Role::Reporter);
    let mut reviewer = world.phone("reviewer", TOWN, Role::Reviewer);
    let id = world.send_nil(&mut reporter, &first_week(WARD_2));
    let seen = world.report(id).unwrap();
    let element = world.elements()[0];
    let correction = reporter.save(&first_week(WARD_2), &[(element, figure(1))], &[(element, CellValue::Nil)]);
    reporter.push(&world, &[correction]);
    let accept = reviewer.accept(&seen);
    let outcome = reviewer.push(&world, &[accept]).remove(0);
    assert_eq!(outcome.reason.as_deref(), Some("CONTENT_CHANGED"));
    let never_sent = reviewer.command(Body::Accept { report: id, seen: ContentHash([9; 32]) });
    let outcome = reviewer.push(&world, &[never_sent]).remove(0);
    assert_eq!(outcome.verdict, Verdict::Rejected, "in a history that lost nothing, nobody waits for what never was");
    let accept = reviewer.accept(&world.report(id).unwrap());
    assert_eq!(reviewer.push(&world, &[accept])[0].verdict, Verdict::Applied);
    assert_eq!(world.report(id).unwrap().state, State::Accepted);
}

fn s16_comments_append_and_every_sent_revision_can_be_read_back(world: World) {
    let mut reporter = world.phone("lan", WARD_2, Role::Reporter);
    let mut reviewer = world.phone("reviewer", TOWN, Role::Reviewer);
    let report = world.send_nil(&mut reporter, &first_week(WARD_2));
    let comment = CommentId::named("one");
    let words = reviewer.command(Body::Comment { report, comment, text: "đề nghị kiểm tra lại".into() });
    let twice = reviewer.command(Body::Comment { report, comment, text: "khác".into() });
    let outcomes = reviewer.push(&world, &[words, twice]);
    assert_eq!(outcomes[0].verdict, Verdict::Applied);
    assert_eq!(outcomes[1].reason.as_deref(), Some("COMMENT_EXISTS"));
    reporter.sync(&world);
    assert!(reporter.holds(RecordKind::Comment, comment.0), "the comment reaches the phone");
    let accept = reviewer.accept(&world.report(report).unwrap());
    reviewer.push(&world, &[accept]);
    let states: Vec<State> =
        world.app.store().read(|tx| tx.revisions(report)).unwrap().into_iter().map(|r| r.1).collect();
    assert_eq!(states, [State::Submitted, State::Accepted]);
}

fn s26_a_report_made_in_time_and_proven_by_a_sync_mark_is_not_late(world: World) {
    for (name, uid, proven) in [("lan", WARD_2, true), ("mai", WARD_3, false)] {
        world.at(date(2024, 8, 26));
        let mut phone = world.phone(name, uid, Role::Reporter);
        phone.sync(&world);
        let key = first_week(uid);
        let cells: Vec<_> = world.elements().into_iter().map(|element| (element, CellValue::Nil)).collect();
        let save = phone.save(&key, &cells, &[]);
        phone.sent += 1;
        let body = Body::Submit { report: key.id(), acting_unit: phone.unit };
        let sync_mark = if proven { phone.mark.clone() } else { Vec::new() };
        let made = Instant::local_midnight(date(2024, 8, 26)).plus_micros(7_200_000_000);
        let submit = pushed(phone.sent, Command { captured_at: Some(made), sync_mark, body });
        let expected = world.app.store().read(|tx| world.app.reference(tx)).unwrap().expectation(&key).unwrap();
        // Received on the first late day, still within the grace.
        world.at(expected.due);
        phone.push(&world, &[save, submit]);
        assert_eq!(world.report(key.id()).unwrap().late, !proven, "{name}");
    }
}

fn nobody_accepts_a_report_of_the_own_writing(world: World) {
    let mut reporter = world.phone("lan", WARD_2, Role::Reporter);
    let id = world.send_nil(&mut reporter, &first_week(WARD_2));
    // The same account is made reviewer of the town.
    let mut reviewer = world.phone("lan", TOWN, Role::Reviewer);
    let accept = reviewer.accept(&world.report(id).unwrap());
    assert_eq!(reviewer.push(&world, &[accept])[0].reason.as_deref(), Some("OWN_REPORT"));
}

fn a_returned_report_comes_back_to_the_phone_with_the_question(world: World) {
    let mut reporter = world.phone("lan", WARD_2, Role::Reporter);
    let mut reviewer = world.phone("reviewer", TOWN, Role::Reviewer);
    let id = world.send_nil(&mut reporter, &first_week(WARD_2));
    let seen = world.report(id).unwrap().content_hash();
    let question = Question { code: "CHECK_FIGURE".into(), text: "so_offences?".into() };
    let back = reviewer.command(Body::Return { report: id, seen, question: question.clone() });
    assert_eq!(reviewer.push(&world, &[back])[0].verdict, Verdict::Applied);
    reporter.sync(&world);
    reporter.agrees();
    let report = world.report(id).unwrap();
    assert_eq!((report.state, report.question), (State::Returned, Some(question)));
    let again = reporter.submit(id);
    assert_eq!(reporter.push(&world, &[again])[0].verdict, Verdict::Applied);
}

fn a_report_for_a_period_that_is_not_owed_or_not_begun_is_refused(world: World) {
    let mut phone = world.phone("lan", WARD_2, Role::Reporter);
    let cell = [(world.elements()[0], figure(1))];
    let mut crooked = first_week(WARD_2);
    crooked.period.start = date(2024, 8, 20);
    let (crooked, future, other) = (
        phone.save(&crooked, &cell, &[]),
        phone.save(&crate::world::week(WARD_2, date(2024, 12, 2)), &cell, &[]),
        phone.save(&first_week(ELSEWHERE), &cell, &[]),
    );
    let outcomes = phone.push(&world, &[crooked, future, other]);
    let reasons: Vec<_> = outcomes.iter().map(|outcome| outcome.reason.as_deref().unwrap()).collect();
    assert_eq!(reasons, ["NOT_EXPECTED", "PERIOD_NOT_OPEN", "NOT_FOUND"]);
}

fn a_revoked_device_can_push_nothing_more(world: World) {
    let mut phone = world.phone("lan", WARD_2, Role::Reporter);
    let identity = phone.identity(&world).unwrap();
    let save = phone.save(&first_week(WARD_2), &[(world.elements()[0], figure(2))], &[]);
    world.app.revoke_device(&world.app.system().unwrap(), phone.device).unwrap();
    let request = thidua::sync::Request { commands: vec![save], ..Default::default() };
    // Even with an identity that was read before.
    let refused = thidua::sync::Exchange::start(world.app.clone(), world.seal.clone(), identity, &request);
    assert!(matches!(refused.err(), Some(AppError::DeviceRevoked)));
    assert_eq!(world.report(first_week(WARD_2).id()), None);
}
