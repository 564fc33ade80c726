//! Closed vocabularies: the words that stand in rows, files, messages and papers, and the numbers
//! that stand for them.

use crate::page::Page;
use jiff::civil::date;
use prost::Message as _;
use thidua::domain::baseline::BaselineStatus;
use thidua::domain::campaign::{
    BaselineMethod, CampaignKind, Classification, Commitment, Evidence, Field, LaunchMode, PlanStatus, Status, Step,
    ZeroBase,
};
use thidua::domain::cell::{CellValue, MissingReason};
use thidua::domain::command::Verdict;
use thidua::domain::desk::HeldReason;
use thidua::domain::element::{CountingLevel, ElementKind};
use thidua::domain::fleet::{Contact, Waiting};
use thidua::domain::funnel::Place;
use thidua::domain::hex::hex;
use thidua::domain::lang::Lang;
use thidua::domain::org::{BaseQuality, ChangeKind, ChangeState, Hierarchy, LineageKind, UnitKind, View};
use thidua::domain::partner::Read;
use thidua::domain::permission::{Action, Relation, Role};
use thidua::domain::quality::{FindingState, Rule};
use thidua::domain::reason::Reason;
use thidua::domain::release::SUPPRESSED;
use thidua::domain::scope::{RecordKind, ScopeKind};
use thidua::domain::scoring::{NoScore, compare::Band};
use thidua::domain::standing::{JudgementState, StandingView, Support};
use thidua::domain::target;
use thidua::domain::target::ast::{Basis, Comparator, Mode, Sign};
use thidua::domain::workflow;
use thidua::wire::{access, reasons, sync, values, words};
use thidua::{jobs, pb};

const ABOUT: &str = "Closed vocabularies: `word`, or `word = number` where rows or messages carry a number for it. The
titles are plain English and no names of types. `contract` is the number and the name in
proto/thidua/v1. Made by tests/golden/words.rs.";

/// A vocabulary without numbers.
macro_rules! said {
    ($page:ident, $($title:literal: $words:ty;)+) => {$(
        $page.section($title);
        <$words>::ALL.iter().for_each(|word| {
            assert_eq!(<$words>::parse(word.as_str()), Some(*word), "read as it is written");
            $page.line(word.as_str());
        });
    )+};
}

/// A vocabulary whose words the contract numbers.
macro_rules! wired {
    ($page:ident, $($title:literal: $words:ty, $write:ident, $read:ident;)+) => {$(
        $page.section($title);
        <$words>::ALL.iter().for_each(|word| {
            let wire = words::$write(*word);
            assert_eq!(words::$read(wire.into()), Ok(*word), "read as it is written");
            $page.item(word.as_str(), contract(wire.into(), wire.as_str_name()));
        });
    )+};
}

fn contract(number: i32, name: &str) -> String {
    format!("contract {number} {name}")
}

fn rights(page: &mut Page) {
    page.section("actions: in permits and in the audit");
    Action::ALL.iter().for_each(|action| page.line(action.code()));
    page.section("roles: number in rows, then in the contract");
    for role in Role::ALL {
        assert_eq!((Role::from_number(role.number()), Role::from_code(role.code())), (Some(role), Some(role)));
        let wire = values::role(role).map_or("none".to_owned(), |wire| contract(wire.into(), wire.as_str_name()));
        page.item(role.code(), format!("{}, {wire}", role.number()));
    }
    assert_eq!(access::role_numbers(&Role::ALL).len(), Role::ALL.len() - 1);
    page.section("who may, by action: own unit, unit above");
    for action in Action::ALL {
        let of = |wanted| {
            let roles = action.allowed().iter().filter(|(_, relation)| *relation == wanted);
            roles.map(|(role, _)| role.code()).collect::<Vec<_>>().join(" ")
        };
        page.item(action.code(), format!("own: {}; above: {}", of(Relation::Own), of(Relation::Above)));
    }
}

fn refusals(page: &mut Page) {
    page.section("reasons of refusals");
    for reason in Reason::ALL {
        let wire = reasons::reason(reason);
        assert_eq!((Reason::from_code(reason.code()), reasons::name(wire)), (Some(reason), reason.code()));
        page.item(reason.code(), contract(wire.into(), wire.as_str_name()));
    }
    page.section("every reason of the contract, those of the transport among them");
    for number in 0..200 {
        if let Ok(reason) = pb::ErrorReason::try_from(number) {
            page.item(reasons::name(reason), number);
        }
    }
}

fn reports(page: &mut Page) {
    page.section("states of a report");
    for state in workflow::State::ALL {
        let wire = words::state(state);
        page.item(state.code(), contract(wire.into(), wire.as_str_name()));
    }
    page.section("steps of a report");
    workflow::Step::ALL.iter().for_each(|step| page.line(step.code()));
    page.section("what becomes of a command: number in rows, then in the contract");
    for verdict in Verdict::ALL {
        assert_eq!(Verdict::from_number(verdict.number()), Some(verdict));
        let wire = sync::outcome(verdict);
        page.item(verdict.code(), format!("{}, {}", verdict.number(), contract(wire.into(), wire.as_str_name())));
    }
    page.section("why a command is held");
    [HeldReason::UnknownBase, HeldReason::GrantLost].iter().for_each(|reason| page.line(reason.code()));
    page.section("cells, as the contract writes them and as the digest of a run's input spells them");
    let missing = [MissingReason::AwaitingSource, MissingReason::NotCounted, MissingReason::SeeNote];
    let cells = [CellValue::Reported(-3), CellValue::Nil].into_iter().chain(missing.map(CellValue::Missing));
    for cell in cells {
        let wire = values::cell_value(cell);
        page.item(format!("{cell:?}"), hex(&wire.encode_to_vec()));
    }
}

fn scopes(page: &mut Page) {
    page.section("kinds of scopes: number in rows and in the contract");
    for kind in ScopeKind::ALL {
        assert_eq!(ScopeKind::from_number(kind.number()), Some(kind));
        let wire = pb::ScopeKind::try_from(i32::from(kind.number())).unwrap();
        page.item(kind.code(), contract(wire.into(), wire.as_str_name()));
    }
    page.section("kinds of records: number in rows and in the contract");
    for kind in RecordKind::ALL {
        assert_eq!(RecordKind::from_number(kind.number()), Some(kind));
        let wire = pb::RecordKind::try_from(sync::kind(kind)).unwrap();
        page.item(kind.number(), contract(wire.into(), wire.as_str_name()));
    }
}

fn views(page: &mut Page) {
    page.section("views of the organisation, as they are printed and hashed");
    for view in [View::AsWas, View::AsIs(date(2025, 7, 1)), View::Frozen(date(2024, 8, 19))] {
        assert_eq!(View::parse(&view.to_string()), Some(view));
        page.line(view);
    }
    page.section("views of a standing");
    for view in StandingView::ALL {
        let wire = thidua::wire::record::standing_view(*view);
        page.item(view.as_str(), contract(wire.into(), wire.as_str_name()));
    }
    page.section("hidden figures of a released line");
    page.line(SUPPRESSED);
}

fn campaigns(page: &mut Page) {
    wired! { page,
        "kinds of campaigns": CampaignKind, campaign_kind, read_campaign_kind;
        "states of a campaign": Status, campaign_status, read_campaign_status;
        "fields of targets": Field, campaign_field, read_campaign_field;
        "commitments": Commitment, commitment, read_commitment;
        "what a change means where the base is zero": ZeroBase, zero_base, read_zero_base;
        "baseline methods": BaselineMethod, baseline_method, read_baseline_method;
        "how a launch was held": LaunchMode, launch_mode, read_launch_mode;
        "states of a unit's plan": PlanStatus, plan_status, read_plan_status;
        "evidence of duties": Evidence, evidence, read_evidence;
        "kinds of elements": ElementKind, element_kind, read_element_kind;
        "kinds of units": UnitKind, unit_kind, read_unit_kind;
        "hierarchies": Hierarchy, hierarchy, read_hierarchy;
        "kinds of lineage": LineageKind, lineage_kind, read_lineage_kind;
        "states of a finding": FindingState, finding_state, read_finding_state;
    }
    page.section("counting levels");
    for level in CountingLevel::ALL {
        let wire = words::counting_level(*level);
        assert_eq!(words::read_counting_level(wire.into()), Ok(*level));
        page.item(level.as_str(), contract(wire.into(), wire.as_str_name()));
    }
}

fn plain(page: &mut Page) {
    said! { page,
        "steps of a campaign": Step;
        "classifications": Classification;
        "rules of data quality": Rule;
        "signs of a term": Sign;
        "bases of a ratio": Basis;
        "comparators": Comparator;
        "modes of a change": Mode;
        "verdicts on a target": target::Verdict;
        "stages": target::Stage;
        "states of pace": target::PaceState;
        "tiers": target::Tier;
        "comparability": target::Comparability;
        "reasons of a verdict": target::Reason;
        "states of a judgement": JudgementState;
        "what stands behind a standing": Support;
        "states of a baseline": BaselineStatus;
        "states of a change of the organisation": ChangeState;
        "kinds of changes of the organisation": ChangeKind;
        "how a base was carried over": BaseQuality;
        "when a unit was heard": Contact;
        "what waits at a unit": Waiting;
        "calls that a partner's key opens": Read;
        "why there is no score": NoScore;
        "bands of a comparison": Band;
        "places in a funnel": Place;
        "languages": Lang;
    }
}

fn nightly(page: &mut Page) {
    page.section("jobs: name in rows, schedule, which missed turns are run");
    for job in jobs::ALL {
        let missed = match job.missed {
            jobs::Missed::Newest => "the newest",
            jobs::Missed::Each => "each",
        };
        page.item(job.name, format!("{}, {} us after midnight, {missed}", job.cron, job.at_micros));
    }
}

#[test]
fn words_and_the_numbers_for_them_are_what_they_were() {
    let mut page = Page::new("words.txt", ABOUT);
    rights(&mut page);
    refusals(&mut page);
    reports(&mut page);
    scopes(&mut page);
    views(&mut page);
    campaigns(&mut page);
    plain(&mut page);
    nightly(&mut page);
    page.hold();
}
