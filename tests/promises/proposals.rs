//! An edit of an accepted or locked report becomes a proposal to amend: S14.

use crate::on_both_databases;
use crate::world::{TOWN, TestDevice, WARD_2, World, first_week_key, reported_value};
use thidua::domain::access::permission::Role;
use thidua::domain::access::scope::RecordKind;
use thidua::domain::report::SaveCells;
use thidua::domain::report::cell::CellValue;
use thidua::domain::report::command::{CommandBody, Verdict};
use thidua::domain::report::proposal::Proposal;
use thidua::domain::report::workflow::ReportState;
use thidua::domain::support::ids::{ProposalId, ReportId};
use thidua::wire::record;

on_both_databases! {
    s14_an_edit_of_an_accepted_report_becomes_a_proposal_and_granting_makes_a_new_revision_with_both_kept
    s14_a_refused_proposal_leaves_the_report_as_it_is_and_is_kept
    s14_a_proposal_is_granted_only_by_a_reviewer_above_for_the_content_seen
    s14_an_edit_that_says_what_is_accepted_already_is_no_proposal
}

struct ProposalFixture {
    reporter: TestDevice,
    reviewer: TestDevice,
    report: ReportId,
}

fn accept_first_report(world: &World) -> ProposalFixture {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut reviewer = world.enrol_device("reviewer", TOWN, Role::Reviewer);
    let report = world.send_nil_report(&mut lan, &first_week_key(WARD_2));
    let accept = reviewer.accept_command(&world.read_report(report).unwrap());
    assert_eq!(reviewer.push(world, &[accept])[0].verdict, Verdict::Applied);
    ProposalFixture { reporter: lan, reviewer, report }
}

fn open_proposals(phone: &TestDevice, world: &World) -> Vec<(ProposalId, Proposal)> {
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let all = phone.held.records.iter().filter(|((kind, _), _)| *kind == RecordKind::Proposal);
    all.map(|((_, id), (_, bytes))| {
        (ProposalId(*id), record::decode_proposal(bytes, &reference.unit_numbers).unwrap())
    })
    .collect()
}

fn s14_an_edit_of_an_accepted_report_becomes_a_proposal_and_granting_makes_a_new_revision_with_both_kept(
    world: World,
) {
    let ProposalFixture { reporter: mut lan, mut reviewer, report } = accept_first_report(&world);
    let element = world.element_numbers()[0];
    let edit = lan.save_command(
        &first_week_key(WARD_2),
        &[(element, reported_value(3))],
        &[(element, CellValue::Nil)],
    );
    let outcome = lan.push(&world, &[edit]).remove(0);
    assert_eq!(outcome.verdict, Verdict::Held, "{outcome:?}");
    assert_eq!(
        world.read_report(report).unwrap().cells[&element],
        CellValue::Nil,
        "never an overwrite"
    );
    lan.assert_digests_match();

    reviewer.sync(&world);
    let (proposal, seen) = open_proposals(&reviewer, &world).remove(0);
    assert_eq!((proposal.0, seen.settled, seen.changes.len()), (outcome.record_id, None, 1));
    let grant = reviewer.next_command(CommandBody::SettleProposal {
        proposal,
        content_hash: seen.base,
        grant: true,
    });
    let again = reviewer.next_command(CommandBody::SettleProposal {
        proposal,
        content_hash: seen.base,
        grant: true,
    });
    let outcomes = reviewer.push(&world, &[grant, again]);
    assert_eq!(outcomes[0].verdict, Verdict::Applied, "{outcomes:?}");
    assert_eq!(outcomes[1].reason.as_deref(), Some("PROPOSAL_SETTLED"));
    let amended = world.read_report(report).unwrap();
    assert_eq!(
        (amended.state, amended.cells[&element]),
        (ReportState::Accepted, reported_value(3))
    );
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let stored =
        world.app.store().read(|tx| tx.sent_revisions(report, &reference.unit_numbers)).unwrap();
    let official: Vec<_> =
        stored.iter().filter(|filed| filed.report.state == ReportState::Accepted).collect();
    assert_eq!(official.len(), 2, "both official revisions can be read back");
    assert_eq!(official[0].report.cells[&element], CellValue::Nil);
    lan.sync(&world);
    lan.assert_digests_match();
    reviewer.assert_digests_match();
    assert_eq!(open_proposals(&lan, &world)[0].1.settled, Some(true));
}

fn s14_a_refused_proposal_leaves_the_report_as_it_is_and_is_kept(world: World) {
    let ProposalFixture { reporter: mut lan, mut reviewer, report } = accept_first_report(&world);
    let element = world.element_numbers()[0];
    let change = thidua::domain::report::cell::CellChange {
        element,
        mine: Some(reported_value(3)),
        base: Some(CellValue::Nil),
    };
    let (key, acting_unit) = (first_week_key(WARD_2), lan.unit);
    let save = SaveCells { key, acting_unit, changes: vec![change], note: None, base_revision: 0 };
    let personal = lan.next_command(CommandBody::ProposeAmendment {
        save: save.clone(),
        reason: "CCCD 084203001234".into(),
    });
    let propose =
        lan.next_command(CommandBody::ProposeAmendment { save, reason: "nhập nhầm".into() });
    let outcomes = lan.push(&world, &[personal, propose]);
    assert_eq!(outcomes[0].reason.as_deref(), Some("NOTE_PERSONAL_DATA"));
    assert_eq!(outcomes[1].verdict, Verdict::Held);
    reviewer.sync(&world);
    let (proposal, seen) = open_proposals(&reviewer, &world).remove(0);
    let refuse = reviewer.next_command(CommandBody::SettleProposal {
        proposal,
        content_hash: seen.base,
        grant: false,
    });
    assert_eq!(reviewer.push(&world, &[refuse])[0].verdict, Verdict::Applied);
    assert_eq!(world.read_report(report).unwrap().cells[&element], CellValue::Nil);
    lan.sync(&world);
    let (_, stored) = open_proposals(&lan, &world).remove(0);
    assert_eq!(
        (stored.settled, stored.reason.as_str(), stored.changes.len()),
        (Some(false), "nhập nhầm", 1)
    );
}

fn s14_a_proposal_is_granted_only_by_a_reviewer_above_for_the_content_seen(world: World) {
    let ProposalFixture { reporter: mut lan, mut reviewer, report } = accept_first_report(&world);
    let elements = world.element_numbers();
    let edits = [3, 4].map(|at| {
        lan.save_command(
            &first_week_key(WARD_2),
            &[(elements[at], reported_value(1))],
            &[(elements[at], CellValue::Nil)],
        )
    });
    lan.push(&world, &edits);
    reviewer.sync(&world);
    let proposals = open_proposals(&reviewer, &world);
    let mut head = world.enrol_device("head", WARD_2, Role::UnitHead);
    let grant = |phone: &mut TestDevice, at: usize| {
        let (proposal, seen) = (proposals[at].0, proposals[at].1.base);
        phone.next_command(CommandBody::SettleProposal {
            proposal,
            content_hash: seen,
            grant: true,
        })
    };
    let own = grant(&mut head, 0);
    assert_eq!(head.push(&world, &[own])[0].reason.as_deref(), Some("DENIED"));
    let both = [grant(&mut reviewer, 0), grant(&mut reviewer, 1)];
    let outcomes = reviewer.push(&world, &both);
    assert_eq!(outcomes[0].verdict, Verdict::Applied);
    assert_eq!(
        outcomes[1].reason.as_deref(),
        Some("CONTENT_CHANGED"),
        "the second was written on other figures"
    );
    // The author, now a reviewer, cannot grant the own proposal.
    let mut promoted = world.enrol_device("lan", TOWN, Role::Reviewer);
    let seen = world.read_report(report).unwrap().content_hash();
    let open = proposals.iter().find(|(id, _)| id.0 != outcomes[0].record_id).unwrap().0;
    let own = promoted.next_command(CommandBody::SettleProposal {
        proposal: open,
        content_hash: seen,
        grant: true,
    });
    assert_eq!(promoted.push(&world, &[own])[0].reason.as_deref(), Some("OWN_REPORT"));
}

fn s14_an_edit_that_says_what_is_accepted_already_is_no_proposal(world: World) {
    let ProposalFixture { reporter: mut lan, report, .. } = accept_first_report(&world);
    let same = lan.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], CellValue::Nil)],
        &[],
    );
    let outcome = lan.push(&world, &[same]).remove(0);
    assert_eq!((outcome.verdict, outcome.record_id), (Verdict::Applied, report.0));
    assert_eq!(open_proposals(&lan, &world), []);
}
