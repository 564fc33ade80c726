//! Closed vocabularies: the words in rows, files, messages and proofs, and their numbers.

use crate::page::GoldenPage;
use jiff::civil::date;
use prost::Message as _;
use thidua::domain::access::fleet::{BacklogStatus, LastContact};
use thidua::domain::access::partner::PartnerCall;
use thidua::domain::access::permission::{Action, Role, UnitRelation};
use thidua::domain::access::scope::{RecordKind, ScopeKind};
use thidua::domain::campaign::{
    BaselineMethod, CampaignKind, CampaignStatus, CampaignStep, Classification, Commitment,
    DutyEvidence, LaunchMode, PlanStatus,
};
use thidua::domain::org::{
    Hierarchy, LineageKind, OrgChangeKind, OrgChangeState, RebaseQuality, StructureView, UnitKind,
};
use thidua::domain::quality::{FindingState, QualityRule};
use thidua::domain::release::SUPPRESSED;
use thidua::domain::report::attachment::HeldReason;
use thidua::domain::report::cell::{CellValue, MissingReason};
use thidua::domain::report::command::Verdict;
use thidua::domain::report::element::{CountingLevel, ElementKind};
use thidua::domain::report::workflow;
use thidua::domain::scoring::{ScoreExclusion, cluster_comparison::ClusterBand};
use thidua::domain::standing::baseline::BaselineStatus;
use thidua::domain::standing::funnel_limits::FunnelZone;
use thidua::domain::standing::{JudgementState, ReportSupport, StandingView};
use thidua::domain::support::hex::encode_hex;
use thidua::domain::support::reason::RefusalReason;
use thidua::domain::target_rule;
use thidua::domain::target_rule::ZeroBasePolicy;
use thidua::domain::target_rule::ast::{ChangeMode, Comparator, RatioBasis, TermSign};
use thidua::i18n::Lang;
use thidua::wire::{access, enums, reasons, sync, values};
use thidua::{jobs, pb};

const ABOUT: &str = "Closed vocabularies: `word`, or `word = number` where rows or messages carry a number for it. The
titles are plain English and no names of types. `contract` is the number and the name in
proto/thidua/v1. Made by tests/golden/words.rs.";

/// Prints a vocabulary without numbers.
macro_rules! print_words {
    ($page:ident, $($title:literal: $words:ty;)+) => {$(
        $page.section($title);
        <$words>::ALL.iter().for_each(|word| {
            assert_eq!(<$words>::parse(word.as_str()), Some(*word), "read as it is written");
            $page.line(word.as_str());
        });
    )+};
}

/// Prints a vocabulary whose words have numbers in the contract.
macro_rules! print_contract_words {
    ($page:ident, $($title:literal: $words:ty, $write:ident, $read:ident;)+) => {$(
        $page.section($title);
        <$words>::ALL.iter().for_each(|word| {
            let wire = enums::$write(*word);
            assert_eq!(enums::$read(wire.into()), Ok(*word), "read as it is written");
            $page.item(word.as_str(), format_contract(wire.into(), wire.as_str_name()));
        });
    )+};
}

fn format_contract(number: i32, name: &str) -> String {
    format!("contract {number} {name}")
}

fn print_permissions(page: &mut GoldenPage) {
    page.section("actions: in permits and in the audit");
    Action::ALL.iter().for_each(|action| page.line(action.code()));
    page.section("roles: number in rows, then in the contract");
    for role in Role::ALL {
        assert_eq!(
            (Role::from_number(role.number()), Role::from_code(role.code())),
            (Some(role), Some(role))
        );
        let wire = values::role_to_proto(role)
            .map_or("none".to_owned(), |wire| format_contract(wire.into(), wire.as_str_name()));
        page.item(role.code(), format!("{}, {wire}", role.number()));
    }
    assert_eq!(access::roles_to_proto(&Role::ALL).len(), Role::ALL.len() - 1);
    page.section("who may, by action: own unit, unit above");
    for action in Action::ALL {
        let of = |wanted: UnitRelation| {
            let roles = action.allowed().iter().filter(|(_, relation)| *relation == wanted);
            roles.map(|(role, _)| role.code()).collect::<Vec<_>>().join(" ")
        };
        page.item(
            action.code(),
            format!("own: {}; above: {}", of(UnitRelation::Own), of(UnitRelation::Above)),
        );
    }
}

fn print_refusals(page: &mut GoldenPage) {
    page.section("reasons of refusals");
    for reason in RefusalReason::ALL {
        let wire = reasons::reason_to_proto(reason);
        assert_eq!(
            (RefusalReason::from_code(reason.code()), reasons::error_reason_name(wire)),
            (Some(reason), reason.code())
        );
        page.item(reason.code(), format_contract(wire.into(), wire.as_str_name()));
    }
    page.section("every reason of the contract, those of the transport among them");
    for number in 0..200 {
        if let Ok(reason) = pb::ErrorReason::try_from(number) {
            page.item(reasons::error_reason_name(reason), number);
        }
    }
}

fn print_reports(page: &mut GoldenPage) {
    page.section("states of a report");
    for state in workflow::ReportState::ALL {
        let wire = enums::state_to_proto(state);
        page.item(state.code(), format_contract(wire.into(), wire.as_str_name()));
    }
    page.section("steps of a report");
    workflow::ReportStep::ALL.iter().for_each(|step| page.line(step.code()));
    page.section("what becomes of a command: number in rows, then in the contract");
    for verdict in Verdict::ALL {
        assert_eq!(Verdict::from_number(verdict.number()), Some(verdict));
        let wire = sync::outcome_to_proto(verdict);
        page.item(
            verdict.code(),
            format!("{}, {}", verdict.number(), format_contract(wire.into(), wire.as_str_name())),
        );
    }
    page.section("why a command is held");
    [HeldReason::UnknownBase, HeldReason::GrantLost]
        .iter()
        .for_each(|reason| page.line(reason.code()));
    page.section(
        "cells, as the contract writes them and as the digest of a run's input spells them",
    );
    let missing =
        [MissingReason::AwaitingSource, MissingReason::NotCounted, MissingReason::SeeNote];
    let cells = [CellValue::Reported(-3), CellValue::Nil]
        .into_iter()
        .chain(missing.map(CellValue::Missing));
    for cell in cells {
        let wire = values::cell_value_to_proto(cell);
        page.item(format!("{cell:?}"), encode_hex(&wire.encode_to_vec()));
    }
}

fn print_scopes(page: &mut GoldenPage) {
    page.section("kinds of scopes: number in rows and in the contract");
    for kind in ScopeKind::ALL {
        assert_eq!(ScopeKind::from_number(kind.number()), Some(kind));
        let wire = pb::ScopeKind::try_from(i32::from(kind.number())).unwrap();
        page.item(kind.code(), format_contract(wire.into(), wire.as_str_name()));
    }
    page.section("kinds of records: number in rows and in the contract");
    for kind in RecordKind::ALL {
        assert_eq!(RecordKind::from_number(kind.number()), Some(kind));
        let wire = pb::RecordKind::try_from(sync::record_kind_to_proto(kind)).unwrap();
        page.item(kind.number(), format_contract(wire.into(), wire.as_str_name()));
    }
}

fn print_views(page: &mut GoldenPage) {
    page.section("views of the organisation, as they are printed and hashed");
    for view in [
        StructureView::AsWas,
        StructureView::AsIs(date(2025, 7, 1)),
        StructureView::Frozen(date(2024, 8, 19)),
    ] {
        assert_eq!(StructureView::parse(&view.to_string()), Some(view));
        page.line(view);
    }
    page.section("views of a standing");
    for view in StandingView::ALL {
        let wire = thidua::wire::record::standing_view_to_proto(*view);
        page.item(view.as_str(), format_contract(wire.into(), wire.as_str_name()));
    }
    page.section("hidden figures of a released line");
    page.line(SUPPRESSED);
}

fn print_campaigns(page: &mut GoldenPage) {
    print_contract_words! { page,
        "kinds of campaigns": CampaignKind, campaign_kind_to_proto, campaign_kind_from_proto;
        "states of a campaign":
            CampaignStatus, campaign_status_to_proto, campaign_status_from_proto;
        "commitments": Commitment, commitment_to_proto, commitment_from_proto;
        "what a change means where the base is zero":
            ZeroBasePolicy, zero_base_to_proto, zero_base_from_proto;
        "baseline methods": BaselineMethod, baseline_method_to_proto, baseline_method_from_proto;
        "how a launch was held": LaunchMode, launch_mode_to_proto, launch_mode_from_proto;
        "states of a unit's plan": PlanStatus, plan_status_to_proto, plan_status_from_proto;
        "evidence of duties": DutyEvidence, evidence_to_proto, evidence_from_proto;
        "kinds of elements": ElementKind, element_kind_to_proto, element_kind_from_proto;
        "kinds of units": UnitKind, unit_kind_to_proto, unit_kind_from_proto;
        "hierarchies": Hierarchy, hierarchy_to_proto, hierarchy_from_proto;
        "kinds of lineage": LineageKind, lineage_kind_to_proto, lineage_kind_from_proto;
        "states of a finding": FindingState, finding_state_to_proto, finding_state_from_proto;
    }
    page.section("counting levels");
    for level in CountingLevel::ALL {
        let wire = enums::counting_level_to_proto(*level);
        assert_eq!(enums::counting_level_from_proto(wire.into()), Ok(*level));
        page.item(level.as_str(), format_contract(wire.into(), wire.as_str_name()));
    }
}

fn print_plain_words(page: &mut GoldenPage) {
    print_words! { page,
        "steps of a campaign": CampaignStep;
        "classifications": Classification;
        "rules of data quality": QualityRule;
        "signs of a term": TermSign;
        "bases of a ratio": RatioBasis;
        "comparators": Comparator;
        "modes of a change": ChangeMode;
        "verdicts on a target": target_rule::TargetVerdict;
        "stages": target_rule::StandingStage;
        "states of pace": target_rule::PaceState;
        "tiers": target_rule::Tier;
        "comparability": target_rule::Comparability;
        "reasons of a verdict": target_rule::VerdictReason;
        "states of a judgement": JudgementState;
        "what stands behind a standing": ReportSupport;
        "states of a baseline": BaselineStatus;
        "states of a change of the organisation": OrgChangeState;
        "kinds of changes of the organisation": OrgChangeKind;
        "how a base was carried over": RebaseQuality;
        "when a unit was heard": LastContact;
        "what waits at a unit": BacklogStatus;
        "calls that a partner's key opens": PartnerCall;
        "why there is no score": ScoreExclusion;
        "bands of a comparison": ClusterBand;
        "places in a funnel": FunnelZone;
    }
    page.section("languages");
    Lang::all().for_each(|lang| page.line(lang.as_str()));
}

fn print_jobs(page: &mut GoldenPage) {
    page.section("jobs: name in rows, schedule, which missed turns are run");
    for job in jobs::SCHEDULED_JOBS {
        let missed = match job.catch_up {
            jobs::CatchUpPolicy::NewestSlot => "the newest",
            jobs::CatchUpPolicy::EverySlot => "each",
        };
        page.item(
            job.name(),
            format!(
                "{}, {} us after midnight, {missed}",
                job.cron_schedule(),
                job.micros_after_midnight()
            ),
        );
    }
}

#[test]
fn words_and_the_numbers_for_them_are_what_they_were() {
    let mut page = GoldenPage::new("words.txt", ABOUT);
    print_permissions(&mut page);
    print_refusals(&mut page);
    print_reports(&mut page);
    print_scopes(&mut page);
    print_views(&mut page);
    print_campaigns(&mut page);
    print_plain_words(&mut page);
    print_jobs(&mut page);
    page.compare_or_bless();
}
