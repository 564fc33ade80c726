//! An edit of an accepted or locked report becomes a proposal to amend: S14.

use crate::stories;
use crate::world::{Phone, TOWN, WARD_2, World, figure, first_week};
use thidua::domain::cell::CellValue;
use thidua::domain::command::{Body, Save, Verdict};
use thidua::domain::ids::{ProposalId, ReportId};
use thidua::domain::permission::Role;
use thidua::domain::proposal::Proposal;
use thidua::domain::scope::RecordKind;
use thidua::domain::workflow::State;
use thidua::wire::record;

stories! {
    s14_an_edit_of_an_accepted_report_becomes_a_proposal_and_granting_makes_a_new_revision_with_both_kept
    s14_a_refused_proposal_leaves_the_report_as_it_is_and_is_kept
    s14_a_proposal_is_granted_only_by_a_reviewer_above_for_the_content_seen
    s14_an_edit_that_says_what_is_accepted_already_is_no_proposal
}

struct Scene {
    lan: Phone,
    reviewer: Phone,
    report: ReportId,
}

fn accepted(world: &World) -> Scene {
    let mut lan = world.phone("lan", WARD_2, Role::Reporter);
    let mut reviewer = world.phone("reviewer", TOWN, Role::Reviewer);
    let report = world.send_nil(&mut lan, &first_week(WARD_2));
    let accept = reviewer.accept(&world.report(report).unwrap());
    assert_eq!(reviewer.push(world, &[accept])[0].verdict, Verdict::Applied);
    Scene { lan, reviewer, report }
}

fn open(phone: &Phone, world: &World) -> Vec<(ProposalId, Proposal)> {
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let all = phone.holding.records.iter().filter(|((kind, _), _)| *kind == RecordKind::Proposal);
    all.map(|((_, id), (_, bytes))| (ProposalId(*id), record::read_proposal(bytes, &reference.units).unwrap()))
        .collect()
}

fn s14_an_edit_of_an_accepted_report_becomes_a_proposal_and_granting_makes_a_new_revision_with_both_kept(world: World) {
    let Scene { mut lan, mut reviewer, report } = accepted(&world);
    let element = world.elements()[0];
    let edit = lan.save(&first_week(WARD_2), &[(element, figure(3))], &[(element, CellValue::Nil)]);
    let outcome = lan.push(&world, &[edit]).remove(0);
    assert_eq!(outcome.verdict, Verdict::Held, "{outcome:?}");
    assert_eq!(world.report(report).unwrap().cells[&element], CellValue::Nil, "never an overwrite");
    lan.agrees();

    reviewer.sync(&world);
    let (proposal, seen) = open(&reviewer, &world).remove(0);
    assert_eq!((proposal.0, seen.settled, seen.changes.len()), (outcome.record, None, 1));
    let grant = reviewer.command(Body::SettleProposal { proposal, seen: seen.base, grant: true });
    let again = reviewer.command(Body::SettleProposal { proposal, seen: seen.base, grant: true });
    let outcomes = reviewer.push(&world, &[grant, again]);
    assert_eq!(outcomes[0].verdict, Verdict::Applied, "{outcomes:?}");
    assert_eq!(outcomes[1].reason.as_deref(), Some("PROPOSAL_SETTLED"));
    let amended = world.report(report).unwrap();
    assert_eq!((amended.state, amended.cells[&element]), (State::Accepted, figure(3)));
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let kept = world.app.store().read(|tx| tx.filed_revisions(report, &reference.units)).unwrap();
    let official: Vec<_> = kept.iter().filter(|filed| filed.report.state == State::Accepted).collect();
    assert_eq!(official.len(), 2, "both official revisions can be read back");
    assert_eq!(official[0].report.cells[&element], CellValue::Nil);
    lan.sync(&world);
    lan.agrees();
    reviewer.agrees();
    assert_eq!(open(&lan, &world)[0].1.settled, Some(true));
}

fn s14_a_refused_proposal_leaves_the_report_as_it_is_and_is_kept(world: World) {
    let Scene { mut lan, mut reviewer, report } = accepted(&world);
    let element = world.elements()[0];
    let change = thidua::domain::cell::Change { element, mine: Some(figure(3)), base: Some(CellValue::Nil) };
    let (key, acting_unit) = (first_week(WARD_2), lan.unit);
    let save = Save { key, acting_unit, changes: vec![change], note: None, base_revision: 0 };
    let personal = lan.command(Body::Propose { save: save.clone(), reason: "CCCD 084203001234".into() });
    let propose = lan.command(Body::Propose { save, reason: "nhập nhầm".into() });
    let outcomes = lan.push(&world, &[personal, propose]);
    assert_eq!(outcomes[0].reason.as_deref(), Some("NOTE_PERSONAL_DATA"));
    assert_eq!(outcomes[1].verdict, Verdict::Held);
    reviewer.sync(&world);
    let (proposal, seen) = open(&reviewer, &world).remove(0);
    let refuse = reviewer.command(Body::SettleProposal { proposal, seen: seen.base, grant: false });
    assert_eq!(reviewer.push(&world, &[refuse])[0].verdict, Verdict::Applied);
    assert_eq!(world.report(report).unwrap().cells[&element], CellValue::Nil);
    lan.sync(&world);
    let (_, kept) = open(&lan, &world).remove(0);
    assert_eq!((kept.settled, kept.reason.as_str(), kept.changes.len()), (Some(false), "nhập nhầm", 1));
}

fn s14_a_proposal_is_granted_only_by_a_reviewer_above_for_the_content_seen(world: World) {
    let Scene { mut lan, mut reviewer, report } = accepted(&world);
    let elements = world.elements();
    let edits =
        [3, 4].map(|at| lan.save(&first_week(WARD_2), &[(elements[at], figure(1))], &[(elements[at], CellValue::Nil)]));
    lan.push(&world, &edits);
    reviewer.sync(&world);
    let proposals = open(&reviewer, &world);
    let mut head = world.phone("head", WARD_2, Role::UnitHead);
    let grant = |phone: &mut Phone, at: usize| {
        let (proposal, seen) = (proposals[at].0, proposals[at].1.base);
        phone.command(Body::SettleProposal { proposal, seen, grant: true })
    };
    let own = grant(&mut head, 0);
    assert_eq!(head.push(&world, &[own])[0].reason.as_deref(), Some("DENIED"));
    let both = [grant(&mut reviewer, 0), grant(&mut reviewer, 1)];
    let outcomes = reviewer.push(&world, &both);
    assert_eq!(outcomes[0].verdict, Verdict::Applied);
    assert_eq!(outcomes[1].reason.as_deref(), Some("CONTENT_CHANGED"), "the second was written on other figures");
    // The author made reviewer does not grant the own proposal.
    let mut promoted = world.phone("lan", TOWN, Role::Reviewer);
    let seen = world.report(report).unwrap().content_hash();
    let open = proposals.iter().find(|(id, _)| id.0 != outcomes[0].record).unwrap().0;
    let own = promoted.command(Body::SettleProposal { proposal: open, seen, grant: true });
    assert_eq!(promoted.push(&world, &[own])[0].reason.as_deref(), Some("OWN_REPORT"));
}

fn s14_an_edit_that_says_what_is_accepted_already_is_no_proposal(world: World) {
    let Scene { mut lan, report, .. } = accepted(&world);
    let same = lan.save(&first_week(WARD_2), &[(world.elements()[0], CellValue::Nil)], &[]);
    let outcome = lan.push(&world, &[same]).remove(0);
    assert_eq!((outcome.verdict, outcome.record), (Verdict::Applied, report.0));
    assert_eq!(open(&lan, &world), []);
}
