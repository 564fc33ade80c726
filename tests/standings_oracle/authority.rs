//! An authority from its files through a year of events: on chosen days every standing is the
//! oracle's, in all three views.

use crate::agreement::summary;
use crate::campaigns::Dice;
use crate::world::World;
use jiff::civil::{Date, date};
use std::path::{Path, PathBuf};
use thidua::domain::campaign::CampaignStatus;
use thidua::domain::org::{StructureView, UnitKind};
use thidua::domain::report::ReportKey;
use thidua::domain::report::cell::{CellValue, Cells};
use thidua::domain::report::element::{CountingLevel, ElementKind};
use thidua::domain::support::ids::UnitId;
use thidua::domain::target_rule::Target;
use thidua::files::org::{OrgCsvTexts, read_org};
use thidua::files::table::TableInput;
use thidua::files::{baseline, campaign, catalogue};

/// Reads a directory as `examples/` has it.
fn read_authority(directory: &Path, campaign_file: &str) -> World {
    let read = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap();
    let [units, parents, lineage] =
        ["org/units.csv", "org/parents.csv", "org/lineage.csv"].map(read);
    let org = read_org(&OrgCsvTexts { units: &units, parents: &parents, lineage: &lineage });
    let parts = ["elements.toml", "forms.toml"]
        .map(|name| catalogue::read_catalogue(name, &read(name)).unwrap());
    let catalogue = catalogue::merge_catalogues(parts.into());
    let mut campaign =
        campaign::read_campaign_file(campaign_file, &read(campaign_file)).unwrap().campaign;
    campaign.status = CampaignStatus::Active;
    let mut world = World::from_parts(org.unwrap(), catalogue, campaign);
    let level_of = |uid: &str| {
        let kind = world.org.unit_by_uid(uid)?.versions.last()?.kind;
        CountingLevel::ALL.iter().copied().find(|level| UnitKind::from(*level) == kind)
    };
    let base = read("baseline.csv");
    let rows = baseline::read_baselines(
        &TableInput::new("baseline.csv", &base),
        1,
        &world.catalogue,
        level_of,
    );
    world.rows = rows.unwrap().into_rows().unwrap();
    world
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// A report of small figures, the same for the same key.
fn synthetic_cells(world: &World, key: &ReportKey) -> Cells {
    let contract = world.catalogue.contracts.iter().find(|one| one.id() == key.contract).unwrap();
    let form = world.catalogue.form(&contract.form).unwrap();
    let bytes = key.id().0;
    let seed = u64::from_be_bytes(*bytes.first_chunk().unwrap());
    let mut dice = Dice(seed);
    let cells = form.elements.iter().map(|code| {
        let value = match world.catalogue.element(code).unwrap().kind {
            ElementKind::Flow => dice.roll(3),
            ElementKind::Stock => 10 + dice.roll(20),
            ElementKind::EventFlag => dice.roll(2),
        };
        (world.number(code.as_str()), CellValue::Reported(value as i64))
    });
    cells.collect()
}

fn nil_cells(world: &World, key: &ReportKey) -> Cells {
    let cells = synthetic_cells(world, key);
    cells.into_keys().map(|number| (number, CellValue::Nil)).collect()
}

/// The reports of one unit, by day.
fn keys_of(world: &World, uid: &str) -> Vec<ReportKey> {
    let unit = UnitId::from_code(uid);
    world.owed().into_iter().filter(|key| key.unit == unit).collect()
}

/// Files everything that is owed, but for one unit that never reports.
fn file_all_but(world: &mut World, silent: &str) {
    for key in world.owed() {
        if key.unit != UnitId::from_code(silent) {
            let cells = synthetic_cells(world, &key);
            world.file(&key, cells, true);
        }
    }
}

fn assert_agreement(world: &World, what: &str, days: &[Date]) {
    let ledger = world.ledger();
    let first = world.campaign.measurement_window.start;
    let mut found = Vec::new();
    for day in days {
        let views = [StructureView::AsWas, StructureView::AsIs(*day), StructureView::Frozen(first)];
        for view in views {
            let differences = world.differences(&ledger, *day, view);
            if let Some(one) = differences.first() {
                let all = summary(&differences);
                found.push(format!("{what}, as of {day}, {view}: {one}\n{all}"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// An authority, the units to which something happens, and the days on which it is judged.
struct Year {
    world: World,
    /// A unit that reports all year, one that never does, one that files nil and falls silent.
    steady: &'static str,
    silent: &'static str,
    quiet: &'static str,
    /// An element of the steady unit, with a base.
    element: &'static str,
    days: Vec<Date>,
}

impl Year {
    /// Every day, with everything filed but by one unit that never reports.
    fn judge_reforms(mut self) {
        file_all_but(&mut self.world, self.silent);
        assert_agreement(&self.world, "a unit without reports", &self.days);
    }

    /// On the first day, event after event, and at the end.
    fn judge_events(mut self) {
        let (first, world) = (&self.days[..1], &mut self.world);
        file_all_but(world, self.silent);
        let (quiet, steady) = (keys_of(world, self.quiet), keys_of(world, self.steady));
        let nil = nil_cells(world, &quiet[0]);
        world.file(&quiet[0], nil, true);
        for key in &quiet[1..] {
            world.reports.remove(key);
        }
        world.reports.get_mut(&steady[1]).unwrap().accepted = false;
        assert_agreement(world, "a nil report, silence since, one that waits", first);
        let filed = world.reports.get_mut(&steady[1]).unwrap();
        (filed.accepted, filed.late) = (true, true);
        let cells = synthetic_cells(world, &quiet[1]);
        world.file(&quiet[1], cells, true);
        world.reports.get_mut(&quiet[1]).unwrap().late = true;
        let number = world.number(self.element);
        let amended = world.reports.get_mut(&steady[0]).unwrap();
        amended.cells.insert(number, CellValue::Reported(90));
        assert_agreement(world, "late reports, and an amendment after the lock", first);
        let amended = world.reports.get_mut(&steady[0]).unwrap();
        amended.cells.insert(number, CellValue::Reported(900_000_000_000));
        for row in world.rows.iter_mut().filter(|row| row.element.as_str() == self.element) {
            row.value = 0;
        }
        assert_agreement(world, "an absurd figure and a base of zero", first);
        let formula = format!("change(count({}) vs fixed(300), rel) <= -7%", self.element);
        world.campaign.targets[0].formula = Target::parse(&formula).unwrap();
        world.campaign.status = CampaignStatus::Concluded;
        let last = &self.days[self.days.len() - 1..];
        assert_agreement(world, "an amended target, and the conclusion", last);
    }
}

/// Days of the first example: before and after the mergers of 1 January, after the districts' end
/// on 1 March, after the reform of 1 July 2025, and after everything was due.
fn first_example() -> Year {
    let days = [(2024, 12, 12), (2025, 1, 9), (2025, 3, 6), (2025, 7, 24), (2025, 8, 28)];
    Year {
        world: read_authority(&example("tra-vinh"), "campaign-a.toml"),
        steady: "com-29266-0",
        silent: "com-29248-0",
        quiet: "com-29254-0",
        element: "so_offences",
        days: days.map(|(year, month, day)| date(year, month, day)).into(),
    }
}

#[test]
fn the_first_example_is_judged_as_the_oracle_judges_it_through_all_its_reforms() {
    first_example().judge_reforms();
}

#[test]
fn the_first_example_is_judged_as_the_oracle_judges_it_after_every_event() {
    first_example().judge_events();
}

/// Days of the second example: the eve of the merger of 1 May 2026 and the days when the months
/// before and after it are due, the middle of the year, and after everything was due.
fn second_example() -> Year {
    let days = [(2026, 4, 8), (2026, 5, 8), (2026, 6, 8), (2026, 7, 8), (2027, 1, 8)];
    Year {
        world: read_authority(&example("health"), "campaign.toml"),
        steady: "tyt-90007",
        silent: "tyt-90010",
        quiet: "tyt-90013",
        element: "ca_sxh",
        days: days.map(|(year, month, day)| date(year, month, day)).into(),
    }
}

#[test]
fn the_second_example_is_judged_as_the_oracle_judges_it_through_its_merger() {
    second_example().judge_reforms();
}

#[test]
fn the_second_example_is_judged_as_the_oracle_judges_it_after_every_event() {
    second_example().judge_events();
}

/// Vector 15.
#[test]
fn the_demo_as_of_8_january_is_judged_through_nineteen_weeks_and_as_of_the_9th_through_the_5th() {
    let world = read_authority(&example("tra-vinh"), "campaign-a.toml");
    let expected = [8, 9].map(|day| {
        let today = date(2025, 1, day);
        world.standing(today, StructureView::AsWas, "prov-84", "T1").coverage.expected
    });
    assert_eq!(expected, [19 * 106, 2121]);
}
