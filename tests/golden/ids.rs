//! Ids that follow from what they name: the same on every machine and in every version.

use crate::page::Page;
use jiff::civil::date;
use thidua::domain::hex::hex;
use thidua::domain::ids::{
    AccountId, CampaignId, ChangeId, CommentId, ConflictId, ContractId, DeviceId, ElementId, FindingId, FormId, HeldId,
    KeyId, ProposalId, ReportId, RunId, StandingId, UnitId, derive,
};
use thidua::domain::period::Period;
use thidua::domain::quality::{Finding, FindingState, Rule};
use thidua::domain::report::ReportKey;
use thidua::domain::standing::Run;
use thidua::domain::window::Window;

const ABOUT: &str = "Ids that follow from what they name: 16 bytes, the first of a SHA-256 over a kind and parts. A
changed line gives a thing of today another id tomorrow. Made by tests/golden/ids.rs.";

/// Every kind that stands in a call of the derivation, also those whose call is private: their
/// effect is in life.txt, and their word in literals.txt.
const KINDS: [&str; 24] = [
    "account",
    "calendar",
    "campaign",
    "change",
    "comment",
    "conflict",
    "contract",
    "demo.standings",
    "demo.stream",
    "device",
    "element",
    "finding",
    "form",
    "held",
    "key",
    "latest run",
    "proposal",
    "report",
    "run",
    "standing",
    "unit",
    "",
    "with no parts",
    "thidua",
];

fn named(page: &mut Page) {
    page.section("the id of the code `golden`, by kind of thing");
    let ids = [
        ("unit", UnitId::named("golden").to_string()),
        ("campaign", CampaignId::named("golden").to_string()),
        ("form", FormId::named("golden").to_string()),
        ("contract", ContractId::named("golden").to_string()),
        ("element", ElementId::named("golden").to_string()),
        ("report", ReportId::named("golden").to_string()),
        ("comment", CommentId::named("golden").to_string()),
        ("conflict", ConflictId::named("golden").to_string()),
        ("held command", HeldId::named("golden").to_string()),
        ("proposal", ProposalId::named("golden").to_string()),
        ("device", DeviceId::named("golden").to_string()),
        ("account", AccountId::named("golden").to_string()),
        ("key of a partner", KeyId::named("golden").to_string()),
        ("standing", StandingId::named("golden").to_string()),
        ("run", RunId::named("golden").to_string()),
        ("change of the organisation", ChangeId::named("golden").to_string()),
        ("finding", FindingId::named("golden").to_string()),
    ];
    for (what, id) in ids {
        page.item(what, id);
    }
    page.item("text beyond ASCII, unit `Phường 7`", UnitId::named("Phường 7"));
    page.item("empty text, unit", UnitId::named(""));
}

fn report(cut: u8) -> ReportId {
    let period = Period { cut, ..Period::new("week", date(2024, 8, 19), date(2024, 8, 26)) };
    ReportKey { contract: ContractId::named("tuan-xa"), unit: UnitId::named("com-29242-1"), period }.id()
}

fn finding(rule: Rule, element: Option<&str>) -> FindingId {
    let window = Window::new(date(2024, 8, 19), date(2024, 8, 26)).unwrap();
    let element = element.map(|code| thidua::domain::element::ElementCode::new(code).unwrap());
    Finding {
        rule,
        unit: UnitId::named("com-29242-1"),
        element,
        window,
        evidence: vec![1],
        strength: 2,
        chance: 3,
        asked: date(2024, 9, 1),
        state: FindingState::Open,
        reply: None,
        shared: false,
    }
    .id()
}

fn computed(page: &mut Page) {
    page.section("ids of records, from their parts");
    page.item("report, whole period", report(0));
    page.item("report, second piece of a period", report(1));
    page.item("report before 1970", {
        let period = Period::new("week", date(1969, 12, 29), date(1970, 1, 5));
        ReportKey { contract: ContractId::named("c"), unit: UnitId::named("u"), period }.id()
    });
    for rule in Rule::ALL {
        page.item(format!("finding of rule {rule}, no element"), finding(*rule, None));
    }
    page.item("finding of rule D4, element so_vu", finding(Rule::ALL[2], Some("so_vu")));
    page.item("run of a campaign", Run::id_of(CampaignId::named("A"), 1234, &[7; 32]));
    page.item("latest run of a campaign", Run::latest_of(CampaignId::named("A")));
}

#[test]
fn ids_follow_from_what_they_name_as_they_did() {
    let mut page = Page::new("ids.txt", ABOUT);
    named(&mut page);
    computed(&mut page);
    page.section("the derivation itself: kind, then the parts `ab` and `c`");
    for kind in KINDS {
        page.item(format!("`{kind}`"), hex(&derive(kind, &[b"ab", b"c"])));
    }
    page.item("no part", hex(&derive("report", &[])));
    page.item("one part `abc`", hex(&derive("report", &[b"abc"])));
    page.hold();
}
