//! Where, when and by which limit targets are judged: vectors 12 to 14, 18, 19 and 23, worked by
//! hand, on an authority of one province and its communes that report monthly.

use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use thidua::domain::campaign::Campaign;
use thidua::domain::org::{
    DaySpan, Fraction, Hierarchy, LineageKind, Org, OrgFacts, StructureView, Unit, UnitKind,
    UnitLineage, UnitParent, UnitVersion,
};
use thidua::domain::report::ReportKey;
use thidua::domain::report::cell::{CellValue, Cells, ElementNumber};
use thidua::domain::report::element::ElementCode;
use thidua::domain::report::form::Catalogue;
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::reporting::expectation::compute_expectations;
use thidua::domain::standing::baseline::{BaselineRow, BaselineStatus, Baselines};
use thidua::domain::standing::{
    Judgement, JudgementState, NO_WAIVERS, ReportEntry, Standing, StandingInput, allocate_shares,
    judge_standings,
};
use thidua::domain::support::ids::UnitId;
use thidua::domain::support::ratio::Ratio;
use thidua::domain::support::violation::Violation;
use thidua::files::{campaign, campaign_writer, catalogue};

const CATALOGUE: &str = r#"
[[forms]]
code = "thang"
name_vi = "Báo cáo tháng"
name_en = "Monthly report"
elements = ["done", "due"]

[[contracts]]
code = "thang"
form = "thang"
level = "COMMUNE"
calendar = "month"
due_days = 3
grace_days = 4
reviewers = ["PROVINCE"]
"#;

const HEADER: &str = r#"
code = "N"
name_vi = "Phong trào năm"
name_en = "Campaign of the year"
kind = "THEMATIC"
owner = "prov"
first_day = 2026-01-01
last_day = 2026-12-31
theme = "-"
fields = ["MASS_MOVEMENT"]
classification = "NOT_SECRET"
contracts = ["thang"]

[[phases]]
no = 1
name_vi = "Đợt 1"
name_en = "Phase 1"
first_day = 2026-01-01
last_day = 2026-06-30

[[phases]]
no = 2
name_vi = "Đợt 2"
name_en = "Phase 2"
first_day = 2026-07-01
last_day = 2026-12-31
"#;

/// The year's last day and the day after every report is due.
pub(crate) const AFTER: Date = date(2027, 1, 20);

pub(crate) struct Authority {
    facts: OrgFacts,
    catalogue: Catalogue,
    campaign: Campaign,
    baselines: Vec<BaselineRow>,
    /// `done` and `due` of each month, by commune.
    monthly: BTreeMap<String, [i64; 2]>,
}

fn read_campaign(target: &str) -> campaign::ParsedCampaign {
    let text = format!(
        "{HEADER}\n[[targets]]\ncode = \"T\"\ntext_vi = \"Chỉ tiêu\"\ntext_en = \"Target\"\n\
         commitment = \"STRIVE\"\n{target}\n"
    );
    campaign::read_campaign_file("campaign.toml", &text).unwrap()
}

fn elements() -> String {
    let element = |code: &str| {
        format!(
            "[[elements]]\ncode = \"{code}\"\nname_vi = \"{code}\"\nname_en = \"{code}\"\n\
             unit_of_count = \"buổi\"\nkind = \"FLOW\"\nlevel = \"COMMUNE\"\nmax = 5000\n"
        )
    };
    ["done", "due"].map(element).join("\n")
}

fn unit(facts: &mut OrgFacts, uid: &str, kind: UnitKind, days: DaySpan) {
    let version = UnitVersion {
        days,
        name: uid.to_owned(),
        kind,
        local_kind: "xa".to_owned(),
        code: None,
        note: String::new(),
    };
    facts.units.push(Unit::new(uid, version));
    if kind == UnitKind::Commune {
        facts.edges.push(UnitParent {
            child: UnitId::from_code(uid),
            parent: UnitId::from_code("prov"),
            hierarchy: Hierarchy::Command,
            days,
        });
    }
}

impl Authority {
    /// A province with communes, each with the `done` and `due` of every month.
    fn new(target: &str, communes: &[(&str, [i64; 2])]) -> Self {
        let mut facts = OrgFacts::default();
        unit(&mut facts, "prov", UnitKind::Province, DaySpan::ALWAYS);
        for (uid, _) in communes {
            unit(&mut facts, uid, UnitKind::Commune, DaySpan::ALWAYS);
        }
        let catalogue = catalogue::merge_catalogues(vec![
            catalogue::read_catalogue("elements.toml", &elements()).unwrap(),
            catalogue::read_catalogue("forms.toml", CATALOGUE).unwrap(),
        ]);
        let monthly = communes.iter().map(|(uid, figures)| ((*uid).to_owned(), *figures)).collect();
        let campaign = read_campaign(target).campaign;
        Self { facts, catalogue, campaign, baselines: Vec::new(), monthly }
    }

    /// The same number of communes `c-00` and up, with these figures.
    pub(crate) fn of_communes(target: &str, figures: &[[i64; 2]]) -> Self {
        let uids: Vec<String> = (0..figures.len()).map(|at| format!("c-{at:02}")).collect();
        let communes: Vec<(&str, [i64; 2])> =
            uids.iter().map(String::as_str).zip(figures.iter().copied()).collect();
        Self::new(target, &communes)
    }

    /// Gives the count of the year before, of `done`.
    pub(crate) fn with_bases(mut self, bases: &[(&str, i64)]) -> Self {
        let window = self.campaign.base_window();
        let row = |(uid, value): &(&str, i64)| BaselineRow {
            unit_uid: (*uid).to_owned(),
            element: ElementCode::new("done").unwrap(),
            window,
            value: *value,
            source: "-".to_owned(),
            status: BaselineStatus::Final,
            version: 1,
        };
        self.baselines = bases.iter().map(row).collect();
        self
    }

    /// Merges two communes into a new one on a day.
    fn merge(mut self, from: [&str; 2], into: &str, day: Date) -> Self {
        for uid in from {
            let id = UnitId::from_code(uid);
            for one in self.facts.units.iter_mut().filter(|unit| unit.id == id) {
                one.versions.iter_mut().for_each(|version| version.days.to = day);
            }
            let edges = self.facts.edges.iter_mut().filter(|edge| edge.child == id);
            edges.for_each(|edge| edge.days.to = day);
            self.facts.lineage.push(UnitLineage {
                effective_day: day,
                kind: LineageKind::Merge,
                from: id,
                to: UnitId::from_code(into),
                weight: Fraction::ONE,
                basis: "NQ".to_owned(),
            });
        }
        unit(&mut self.facts, into, UnitKind::Commune, DaySpan::from_day(day));
        self
    }

    fn org(&self) -> Org {
        Org::new(self.facts.clone()).unwrap()
    }

    fn shares(&self) -> Result<Vec<(String, u32)>, Vec<Violation>> {
        let baselines = Baselines::new(&self.baselines);
        let shares = allocate_shares(&self.campaign, &self.org(), &self.catalogue, &baselines)?;
        Ok(shares.into_iter().map(|share| (share.unit_uid, share.limit)).collect())
    }

    /// The standings as of a day; every commune with figures reported every month that is over.
    pub(crate) fn judge(&self, today: Date, view: StructureView) -> Vec<Standing> {
        let (org, calendars) = (self.org(), Calendars::standard().with_campaigns([&self.campaign]));
        let baselines = Baselines::new(&self.baselines);
        let mut campaign = self.campaign.clone();
        campaign.shares =
            allocate_shares(&campaign, &org, &self.catalogue, &baselines).unwrap_or_default();
        let numbers: BTreeMap<ElementNumber, ElementCode> = (1..)
            .map(ElementNumber)
            .zip(["done", "due"].map(|c| ElementCode::new(c).unwrap()))
            .collect();
        let window = campaign.measurement_window;
        let expected =
            compute_expectations(&org, &calendars, &self.catalogue.contracts, window).unwrap();
        let filed: Vec<(ReportKey, Cells)> = expected
            .iter()
            .filter(|one| one.period.end <= today)
            .filter_map(|one| {
                let uid = &org.unit(one.unit)?.uid;
                let figures = self.monthly.get(uid)?;
                let cells = numbers.keys().copied().zip(figures.map(CellValue::Reported)).collect();
                Some((one.report_key(), cells))
            })
            .collect();
        let (received, accepted, late) = (true, true, false);
        let reports: Vec<ReportEntry<'_>> = filed
            .iter()
            .map(|(key, cells)| ReportEntry { key, received, accepted, late, cells })
            .collect();
        let input = StandingInput {
            org: &org,
            calendars: &calendars,
            catalogue: &self.catalogue,
            campaign: &campaign,
            baselines: &baselines,
            numbers: &numbers,
            reports: &reports,
            waivers: &NO_WAIVERS,
            handovers: &[],
            today,
            view,
        };
        judge_standings(&input, 1).unwrap()
    }

    fn judged(&self, unit: &str, phase: u8, today: Date) -> Judgement {
        find(&self.judge(today, StructureView::AsWas), unit, phase).unwrap()
    }

    fn state(&self, unit: &str, phase: u8, today: Date) -> JudgementState {
        self.judged(unit, phase, today).state
    }
}

fn find(all: &[Standing], unit: &str, phase: u8) -> Option<Judgement> {
    let unit = UnitId::from_code(unit);
    let one = all.iter().find(|one| one.unit == unit && one.phase == phase)?;
    Some(one.judgement.clone())
}

fn whole(value: i64) -> Option<Ratio> {
    Some(Ratio::from_integer(value))
}

#[test]
fn a_count_of_the_year_is_judged_at_the_owner_and_elsewhere_is_what_the_unit_adds() {
    let communes: Vec<[i64; 2]> = vec![[8, 0]; 10];
    let authority = Authority::of_communes("formula = \"count(done) >= 960\"", &communes);
    assert_eq!(authority.state("prov", 0, AFTER), JudgementState::Met);
    let commune = authority.judged("c-03", 1, date(2026, 3, 10));
    assert_eq!((commune.state, commune.value), (JudgementState::Contribution, whole(16)));
    assert_eq!(commune.limit, None);
    assert_eq!(authority.state("prov", 1, date(2026, 3, 10)), JudgementState::Contribution);
    assert_eq!(authority.state("c-03", 0, AFTER), JudgementState::Contribution);
}

#[test]
fn levels_and_phases_of_a_target_override_the_table() {
    let keys = "formula = \"count(done) >= 48\"\nlevels = [\"COMMUNE\"]\nphases = [1]";
    let authority = Authority::of_communes(keys, &[[8, 0], [7, 0]]);
    assert_eq!(authority.state("c-00", 1, AFTER), JudgementState::Met);
    assert_eq!(authority.state("c-01", 1, AFTER), JudgementState::Missed);
    assert_eq!(authority.state("c-00", 0, AFTER), JudgementState::Contribution);
    assert_eq!(authority.state("prov", 1, AFTER), JudgementState::Contribution);
}

#[test]
fn the_same_rate_gives_each_unit_its_own_limit_and_nothing_adds_up() {
    let target =
        "formula = \"change(count(done)) <= -7%\"\nallocation = \"SAME_RATE\"\nmin_base = 0";
    let authority = Authority::of_communes(target, &[[0, 0], [0, 0], [0, 0]]).with_bases(&[
        ("c-00", 9),
        ("c-01", 7),
        ("c-02", 12),
    ]);
    let limit = |unit: &str| authority.judged(unit, 0, AFTER).limit.unwrap();
    assert_eq!(["c-00", "c-01", "c-02"].map(limit), [8, 6, 11]);
    assert_eq!(limit("prov"), 26, "the whole is not the sum of 25");
}

#[test]
fn a_limit_is_shared_over_bases_by_largest_remainder_and_an_heir_takes_whole_shares() {
    let target = "formula = \"count(done) <= 10\"\nallocation = \"PROPORTIONAL\"";
    let bases = [("c-00", 5), ("c-01", 3), ("c-02", 3)];
    let authority = Authority::of_communes(target, &[[0, 0], [0, 0], [0, 0]]).with_bases(&bases);
    let shared = [("c-00".to_owned(), 4), ("c-01".to_owned(), 3), ("c-02".to_owned(), 3)];
    assert_eq!(authority.shares().unwrap(), shared);
    assert_eq!(authority.judged("c-01", 0, AFTER).limit, Some(3));
    let merged = authority.merge(["c-01", "c-02"], "c-09", date(2026, 5, 1));
    let all = merged.judge(AFTER, StructureView::AsIs(date(2026, 12, 31)));
    assert_eq!(find(&all, "c-09", 0).unwrap().limit, Some(6));
    assert_eq!(find(&all, "prov", 0).unwrap().limit, Some(10));
}

#[test]
fn equal_remainders_are_shared_in_the_order_of_uids_and_a_share_of_nothing_is_not_judged() {
    let target = "formula = \"count(done) <= 2\"\nallocation = \"PROPORTIONAL\"";
    let authority = Authority::of_communes(target, &[[0, 0], [0, 0], [0, 0]]).with_bases(&[
        ("c-00", 1),
        ("c-01", 1),
        ("c-02", 1),
    ]);
    let shared = [("c-00".to_owned(), 1), ("c-01".to_owned(), 1), ("c-02".to_owned(), 0)];
    assert_eq!(authority.shares().unwrap(), shared);
    let none = authority.judged("c-02", 0, AFTER);
    assert_eq!(none.state, JudgementState::NotApplicable);
    assert_eq!(none.reasons, ["NO_SHARE"]);
}

#[test]
fn a_table_adds_up_to_the_target_and_each_unit_is_judged_by_its_part() {
    let target = "formula = \"count(done) >= 120\"\nallocation = { \"c-00\" = 90, \"c-01\" = 30 }";
    let authority = Authority::of_communes(target, &[[7, 0], [3, 0]]);
    assert_eq!(authority.state("c-00", 0, AFTER), JudgementState::Missed);
    assert_eq!(authority.state("c-01", 0, AFTER), JudgementState::Met);
    assert_eq!(authority.state("prov", 0, AFTER), JudgementState::Met);
    let wrong = "formula = \"count(done) >= 120\"\nallocation = { \"c-00\" = 90, \"c-01\" = 29 }";
    assert!(faults(wrong).contains(&"ALLOCATION_SUM".to_owned()));
}

pub(crate) fn faults(target: &str) -> Vec<String> {
    let catalogue = Authority::new(target, &[]).catalogue;
    let found = read_campaign(target).check(&catalogue);
    found.into_iter().map(|fault| fault.violation.code.to_owned()).collect()
}

/// 40 communes: `met` with every case done, then `missed`, `none` without cases, `silent`.
fn each_of(met: usize, missed: usize, none: usize, silent: usize) -> Authority {
    let uids: Vec<String> =
        (0..met + missed + none + silent).map(|at| format!("c-{at:02}")).collect();
    let figures = |at: usize| match at {
        _ if at < met => [10, 10],
        _ if at < met + missed => [1, 10],
        _ => [0, 0],
    };
    let communes: Vec<(&str, [i64; 2])> =
        uids.iter().enumerate().map(|(at, uid)| (uid.as_str(), figures(at))).collect();
    let target = "formula = \"ratio(done/due) >= 95% by each\"";
    let mut authority = Authority::new(target, &communes);
    for uid in uids.iter().skip(met + missed + none) {
        authority.monthly.remove(uid);
    }
    authority
}

#[test]
fn by_each_says_how_many_units_met_it_and_names_the_others_in_code_order() {
    let cases = [
        (each_of(24, 16, 0, 0), JudgementState::Missed, (24, 40)),
        (each_of(39, 0, 1, 0), JudgementState::Met, (39, 39)),
        (each_of(39, 0, 0, 1), JudgementState::Undetermined, (39, 40)),
        (each_of(0, 0, 40, 0), JudgementState::NotApplicable, (0, 0)),
    ];
    for (authority, state, counted) in cases {
        let judged = authority.judged("prov", 0, AFTER);
        let each = judged.each.unwrap();
        assert_eq!((judged.state, (each.met, each.judged)), (state, counted));
        let shown = format!("{}/{}", counted.0, counted.1);
        assert_eq!(judged.display, if counted.1 == 0 { String::new() } else { shown });
        assert_eq!(each.others.len(), (counted.1 - counted.0) as usize);
        assert_eq!(each.neutral.len(), 40 - counted.1 as usize);
    }
    let missed = each_of(24, 16, 0, 0);
    let each = missed.judged("prov", 0, AFTER).each.unwrap();
    let others: Vec<UnitId> = each.others.iter().map(|one| one.unit).collect();
    let expected: Vec<UnitId> =
        (24..40).map(|at| UnitId::from_code(&format!("c-{at:02}"))).collect();
    assert_eq!(others, expected);
    let commune = missed.judged("c-30", 0, AFTER);
    assert_eq!((commune.state, commune.each), (JudgementState::Missed, None));
}

#[test]
fn by_each_leaves_out_units_that_closed_or_lived_too_few_of_the_days() {
    let target = "formula = \"ratio(done/due) >= 95% by each\"";
    let mut authority = Authority::of_communes(target, &[[10, 10], [1, 10], [1, 10]]).merge(
        ["c-01", "c-02"],
        "c-09",
        date(2026, 5, 1),
    );
    authority.monthly.insert("c-09".to_owned(), [1, 10]);
    let judged = authority.judged("prov", 0, AFTER);
    let each = judged.each.unwrap();
    assert_eq!((judged.state, each.met, each.judged), (JudgementState::Met, 1, 1));
    let why: Vec<&str> =
        each.neutral.iter().filter_map(|one| one.neutral.map(|why| why.as_str())).collect();
    assert_eq!(why, ["CLOSED", "CLOSED", "EXPOSURE"]);
}

#[test]
fn by_unit_is_judged_at_that_unit_only() {
    let target = "formula = \"ratio(done/due) >= 95% by unit(c-01)\"";
    let authority = Authority::of_communes(target, &[[10, 10], [1, 10]]);
    assert_eq!(authority.state("c-01", 0, AFTER), JudgementState::Missed);
    assert_eq!(authority.state("c-00", 0, AFTER), JudgementState::Contribution);
    assert_eq!(authority.state("prov", 0, AFTER), JudgementState::Contribution);
}

#[test]
fn a_target_with_a_window_of_its_own_has_one_row_with_its_own_stage_and_coverage() {
    let target = "formula = \"ratio(done/due) >= 95% in 2026-01-01..2026-04-01\"";
    let authority = Authority::of_communes(target, &[[10, 10]]);
    let all = authority.judge(date(2026, 5, 20), StructureView::AsWas);
    let rows: Vec<&Standing> =
        all.iter().filter(|one| one.unit == UnitId::from_code("prov")).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].phase, rows[0].stage.as_str()), (0, "closed"));
    assert_eq!((rows[0].judgement.state, rows[0].coverage.expected), (JudgementState::Met, 3));
}

#[test]
fn a_combination_closes_with_its_last_member() {
    let target = "formula = \"all(ratio(done/due) >= 95% in 2026-01-01..2026-04-01, \
                  ratio(done/due) >= 95% in 2026-01-01..2027-01-01)\"";
    let authority = Authority::of_communes(target, &[[10, 10]]);
    let running = authority.judged("prov", 0, date(2026, 5, 20));
    assert_eq!(running.state, JudgementState::OnPace);
    assert_eq!(running.members[0].state, JudgementState::Met);
    assert_eq!(authority.state("prov", 0, AFTER), JudgementState::Met);
}

#[test]
fn a_floor_without_a_base_is_behind_where_its_own_course_is_not_kept() {
    let linear = "formula = \"count(done) >= 120\"\npace = \"LINEAR\"";
    let state = |target: &str, done: i64| {
        Authority::of_communes(target, &[[done, 0]]).state("prov", 0, date(2026, 5, 1))
    };
    assert_eq!(state(linear, 10), JudgementState::OnPace);
    assert_eq!(state(linear, 9), JudgementState::Behind);
    let late = "formula = \"count(done) >= 120\"\npace = [[\"2026-04-30\", 20]]";
    assert_eq!(state(late, 5), JudgementState::OnPace);
    assert_eq!(state(late, 4), JudgementState::Behind);
    assert_eq!(state("formula = \"count(done) <= 120\"", 30), JudgementState::OnPace);
    assert_eq!(state("formula = \"count(done) <= 119\"", 30), JudgementState::AlreadyMissed);
}

#[test]
fn one_case_ends_a_target_of_none_at_every_level_and_phase() {
    let authority = Authority::of_communes("formula = \"count(done) = 0\"", &[[1, 0], [0, 0]]);
    let early = date(2026, 2, 10);
    assert_eq!(authority.state("c-00", 1, early), JudgementState::AlreadyMissed);
    assert_eq!(authority.state("prov", 0, early), JudgementState::AlreadyMissed);
    assert_eq!(authority.state("c-01", 1, early), JudgementState::OnPace);
}

#[test]
fn a_ratio_on_few_cases_is_not_judged_if_the_target_says_so() {
    let small = "formula = \"ratio(done/due) >= 95%\"\nmin_base = 100";
    let authority = Authority::of_communes(small, &[[1, 2]]);
    let judged = authority.judged("c-00", 0, AFTER);
    assert_eq!(judged.state, JudgementState::NotApplicable);
    assert_eq!(judged.reasons, ["SMALL_BASE"]);
    let silent = Authority::of_communes("formula = \"ratio(done/due) >= 95%\"", &[[1, 2]]);
    assert_eq!(silent.state("c-00", 0, AFTER), JudgementState::Missed);
}

#[test]
fn check_refuses_what_no_evaluation_reads_and_warns_of_an_excluded_last_day() {
    let cases = [
        ("formula = \"ratio(done/due, cohort) >= 95%\"", "COHORT_NOT_COUNTED"),
        ("formula = \"ratio(done/due, stock) >= 95%\"\nphases = [1]", "STOCK_BASIS_WINDOW"),
        ("formula = \"milestone(m)\"", "UNKNOWN_MILESTONE"),
        ("formula = \"count(done) >= 1 in milestone(m)\"", "UNKNOWN_MILESTONE"),
        ("formula = \"count(done) >= 9 in 2026-01-01..2026-12-31\"", "WINDOW_ENDS_EARLY"),
        ("formula = \"count(done) >= 9\"\nphases = [3]", "UNKNOWN_PHASE"),
        ("formula = \"count(done) >= 9\"\nallocation = \"SAME_RATE\"", "ALLOCATION_SAME_RATE"),
        ("formula = \"ratio(done/due) >= 9%\"\nallocation = \"PROPORTIONAL\"", "ALLOCATION_SHARE"),
        ("formula = \"count(done) <= 9\"\npace = \"LINEAR\"", "PACE_WITHOUT_FLOOR"),
        ("formula = \"count(done) >= 9\"\npace = [[\"2025-06-30\", 3]]", "PACE_MILESTONES"),
    ];
    for (target, code) in cases {
        assert!(faults(target).contains(&code.to_owned()), "{target}: {:?}", faults(target));
    }
    let right = "formula = \"count(done) >= 9 in 2026-01-01..2027-01-01\"";
    assert!(!faults(right).contains(&"WINDOW_ENDS_EARLY".to_owned()));
}

#[test]
fn a_campaign_keeps_the_keys_of_where_it_is_judged_through_its_file() {
    let target = "formula = \"count(done) >= 9\"\nlevels = [\"COMMUNE\", \"PROVINCE\"]\n\
                  phases = [0, 2]\nallocation = { \"c-00\" = 9 }\n\
                  pace = [[\"2026-06-30\", 3], [\"2026-09-30\", 6]]";
    let read = read_campaign(target).campaign;
    let text = campaign_writer::format_campaign(&read);
    assert_eq!(campaign::read_campaign_file("again.toml", &text).unwrap().campaign, read);
}
