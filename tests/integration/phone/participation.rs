//! A commune takes part in a campaign from its phone, without signal, and its superiors see it.

use super::{COMMUNE, DISTRICT, enrolled_app};
use crate::harness::TestServer;
use jiff::civil::date;
use thidua::client::facade::{
    AllocationEntry, ClientError, CommandKind, LaunchEntry, LaunchMode, ParticipationView, Phone,
    PledgeEntry,
};
use thidua::domain::access::permission::Role;
use thidua::domain::support::time::days_from_date;

fn part_of(phone: &Phone, unit: &str) -> ParticipationView {
    let all = phone.participations().unwrap();
    all.into_iter().find(|part| part.unit == unit && part.campaign == "A").unwrap()
}

fn plan_statuses(part: &ParticipationView) -> Vec<&str> {
    part.plans.iter().map(|plan| plan.status.as_str()).collect()
}

fn launch() -> LaunchEntry {
    LaunchEntry {
        held_day: days_from_date(date(2024, 8, 23)),
        mode: LaunchMode::Hybrid,
        sites: Vec::new(),
        attendance: Some(40),
    }
}

fn own_target() -> AllocationEntry {
    let formula = "count(so_offences) <= 4".to_owned();
    AllocationEntry { target: "T1".to_owned(), phase: None, formula }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_commune_enters_without_signal_is_shown_at_once_and_later_to_its_superiors() {
    let server = TestServer::start().await;
    let head = enrolled_app(&server, COMMUNE, Role::UnitHead);
    let district = enrolled_app(&server, DISTRICT, Role::Reviewer);
    let campaigns = head.campaigns().unwrap();
    assert_eq!(campaigns[0].code, "A");
    let (a, unit) = (|| "A".to_owned(), || COMMUNE.to_owned());
    assert_eq!(part_of(&head, COMMUNE).registration, None, "its part is shown before it exists");

    head.register_for_campaign(a(), unit(), "Trưởng Công an phường".into()).unwrap();
    head.record_launch(a(), unit(), Some(launch())).unwrap();
    let pledge = PledgeEntry {
        body: "YOUTH_UNION".into(),
        text: "Tuổi trẻ xung kích".into(),
        signed_role: "Bí thư Đoàn".into(),
    };
    head.record_pledge(a(), unit(), pledge.clone()).unwrap();
    head.save_plan(a(), unit(), "KH 12".into(), vec![own_target()]).unwrap();
    head.save_plan(a(), unit(), "KH 12, sửa".into(), vec![own_target()]).unwrap();
    head.submit_plan(a(), unit()).unwrap();
    let waiting = part_of(&head, COMMUNE);
    assert_eq!((waiting.waiting_acts, plan_statuses(&waiting)), (6, vec!["SUBMITTED"]));
    assert_eq!(waiting.pledges, [pledge]);
    let twice = head.submit_plan(a(), unit());
    assert!(matches!(twice, Err(ClientError::Refused { .. })), "by the server's rule: {twice:?}");

    let sync = head.sync_once().unwrap();
    assert_eq!((sync.applied, sync.digests_match), (6, true), "{sync:?}");
    let sent = part_of(&head, COMMUNE);
    assert_eq!(ParticipationView { waiting_acts: 6, ..sent.clone() }, waiting, "as it was shown");
    assert_eq!(sent.waiting_acts, 0);
    assert_eq!(head.reports().unwrap(), [], "an act is no report");

    assert!(district.sync_once().unwrap().digests_match);
    let seen = part_of(&district, COMMUNE);
    assert_eq!(seen, sent);
    let hash = seen.plans[0].content_hash.clone();
    district.return_plan(a(), unit(), hash, "thiếu đợt 2".into()).unwrap();
    assert_eq!(district.sync_once().unwrap().applied, 1);
    head.sync_once().unwrap();
    let returned = part_of(&head, COMMUNE);
    assert_eq!(
        (plan_statuses(&returned), returned.plans[0].remark.as_str()),
        (vec!["RETURNED"], "thiếu đợt 2")
    );
    head.save_plan(a(), unit(), "KH 12, đủ".into(), vec![own_target()]).unwrap();
    head.submit_plan(a(), unit()).unwrap();
    head.sync_once().unwrap();
    district.sync_once().unwrap();
    let hash = part_of(&district, COMMUNE).plans[0].content_hash.clone();
    district.approve_plan(a(), unit(), hash).unwrap();
    district.sync_once().unwrap();
    head.sync_once().unwrap();
    assert_eq!(plan_statuses(&part_of(&head, COMMUNE)), ["APPROVED"]);
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_was_refused_stays_on_the_phone_with_its_words() {
    let server = TestServer::start().await;
    let one = enrolled_app(&server, COMMUNE, Role::UnitHead);
    let two = enrolled_app(&server, COMMUNE, Role::Reporter);
    let pledge = |text: &str| PledgeEntry {
        body: String::new(),
        text: text.to_owned(),
        signed_role: "Trưởng Công an phường".to_owned(),
    };
    for (phone, text) in [(&one, "giảm số vụ"), (&two, "không để xảy ra án")] {
        phone.record_pledge("A".into(), COMMUNE.into(), pledge(text)).unwrap();
        phone.sync_once().unwrap();
    }
    assert_eq!(part_of(&two, COMMUNE).pledges, [pledge("giảm số vụ")], "the one that was first");
    let refused = two.refused_commands().unwrap();
    let [kept] = &refused[..] else { panic!("{refused:?}") };
    assert_eq!((kept.kind, kept.reason.as_str()), (CommandKind::TakePart, "CONTENT_CHANGED"));
    assert_eq!(kept.text.as_deref(), Some("không để xảy ra án"));
    two.record_pledge("A".into(), COMMUNE.into(), pledge("không để xảy ra án")).unwrap();
    two.sync_once().unwrap();
    one.sync_once().unwrap();
    assert_eq!(part_of(&one, COMMUNE).pledges, [pledge("không để xảy ra án")]);
    let bad = two.record_pledge("A".into(), COMMUNE.into(), pledge("gọi 0912 345 678"));
    assert!(bad.is_err(), "no personal data");
    server.close().await;
}
