//! Derived ids: the same on every machine and in every version.

use crate::page::GoldenPage;
use jiff::civil::date;
use thidua::domain::quality::{Finding, FindingState, QualityRule};
use thidua::domain::report::ReportKey;
use thidua::domain::reporting::period::Period;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::standing::StandingRun;
use thidua::domain::support::hex::encode_hex;
use thidua::domain::support::ids::{
    AccountId, CampaignId, CommentId, ConflictId, ContractId, DeviceId, ElementId, FindingId,
    FormId, HeldCommandId, OrgChangeId, ProposalId, ReportId, RunId, ServiceKeyId, StandingId,
    UnitId, derive_id,
};

const ABOUT: &str =
    "Ids that follow from what they name: 16 bytes, the first of a SHA-256 over a kind and parts. A
changed line gives a thing of today another id tomorrow. Made by tests/golden/ids.rs.";

/// Every kind that the source passes to the derivation, also in private calls: their effect is in
/// life.txt, and their word in literals.txt.
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

fn named(page: &mut GoldenPage) {
    page.section("the id of the code `golden`, by kind of thing");
    let ids = [
        ("unit", UnitId::from_code("golden").to_string()),
        ("campaign", CampaignId::from_code("golden").to_string()),
        ("form", FormId::from_code("golden").to_string()),
        ("contract", ContractId::from_code("golden").to_string()),
        ("element", ElementId::from_code("golden").to_string()),
        ("report", ReportId::from_code("golden").to_string()),
        ("comment", CommentId::from_code("golden").to_string()),
        ("conflict", ConflictId::from_code("golden").to_string()),
        ("held command", HeldCommandId::from_code("golden").to_string()),
        ("proposal", ProposalId::from_code("golden").to_string()),
        ("device", DeviceId::from_code("golden").to_string()),
        ("account", AccountId::from_code("golden").to_string()),
        ("key of a partner", ServiceKeyId::from_code("golden").to_string()),
        ("standing", StandingId::from_code("golden").to_string()),
        ("run", RunId::from_code("golden").to_string()),
        ("change of the organisation", OrgChangeId::from_code("golden").to_string()),
        ("finding", FindingId::from_code("golden").to_string()),
    ];
    for (what, id) in ids {
        page.item(what, id);
    }
    page.item("text beyond ASCII, unit `Phường 7`", UnitId::from_code("Phường 7"));
    page.item("empty text, unit", UnitId::from_code(""));
}

fn report(cut: u8) -> ReportId {
    let period = Period { cut, ..Period::new("week", date(2024, 8, 19), date(2024, 8, 26)) };
    ReportKey {
        contract: ContractId::from_code("tuan-xa"),
        unit: UnitId::from_code("com-29242-1"),
        period,
    }
    .id()
}

fn finding(rule: QualityRule, element: Option<&str>) -> FindingId {
    let window = DateWindow::new(date(2024, 8, 19), date(2024, 8, 26)).unwrap();
    let element =
        element.map(|code| thidua::domain::report::element::ElementCode::new(code).unwrap());
    Finding {
        rule,
        unit: UnitId::from_code("com-29242-1"),
        element,
        window,
        evidence: vec![1],
        strength: 2,
        chance_per_billion: 3,
        asked_day: date(2024, 9, 1),
        state: FindingState::Open,
        reply: None,
        shared: false,
    }
    .id()
}

fn computed(page: &mut GoldenPage) {
    page.section("ids of records, from their parts");
    page.item("report, whole period", report(0));
    page.item("report, second piece of a period", report(1));
    page.item("report before 1970", {
        let period = Period::new("week", date(1969, 12, 29), date(1970, 1, 5));
        ReportKey { contract: ContractId::from_code("c"), unit: UnitId::from_code("u"), period }
            .id()
    });
    for rule in QualityRule::ALL {
        page.item(format!("finding of rule {rule}, no element"), finding(*rule, None));
    }
    page.item("finding of rule D4, element so_vu", finding(QualityRule::ALL[2], Some("so_vu")));
    page.item(
        "run of a campaign",
        StandingRun::derive_id(CampaignId::from_code("A"), 1234, &[7; 32]),
    );
    page.item(
        "latest run of a campaign",
        StandingRun::latest_record_id(CampaignId::from_code("A")),
    );
}

#[test]
fn ids_follow_from_what_they_name_as_they_did() {
    let mut page = GoldenPage::new("ids.txt", ABOUT);
    named(&mut page);
    computed(&mut page);
    page.section("the derivation itself: kind, then the parts `ab` and `c`");
    for kind in KINDS {
        page.item(format!("`{kind}`"), encode_hex(&derive_id(kind, &[b"ab", b"c"])));
    }
    page.item("no part", encode_hex(&derive_id("report", &[])));
    page.item("one part `abc`", encode_hex(&derive_id("report", &[b"abc"])));
    page.compare_or_bless();
}
