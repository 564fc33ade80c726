//! An authority from its files through a year of events: on chosen days every standing is the
//! oracle's, in all three views.

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
    let rows = baseline::read_baselines("baseline.csv", &base, 1, &world.catalogue, level_of);
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
            let count = differences.len();
            if let Some(one) = differences.first() {
                found.push(format!("{what}, as of {day}, {view}: {count} rows, the first {one}"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// What happens to an authority, event after event.
struct Year {
    world: World,
    /// A unit that reports all year, one that falls silent, one that files nil.
    steady: &'static str,
    silent: &'static str,
    quiet: &'static str,
    /// Its element of which the base is set to zero.
    element: &'static str,
    days: Vec<Date>,
}

impl Year {
    fn live(mut self) {
        let (days, world) = (self.days.clone(), &mut self.world);
        file_all_but(world, self.silent);
        assert_agreement(world, "a unit without reports", &days);

        let keys = keys_of(world, self.quiet);
        let nil = nil_cells(world, &keys[2]);
        world.file(&keys[2], nil, true);
        world.reports.remove(&keys[3]);
        for key in &keys[keys.len() / 2..] {
            world.reports.remove(key);
        }
        assert_agreement(world, "a nil report, a missing one, and silence since", &days[1..]);

        let steady = keys_of(world, self.steady);
        world.reports.get_mut(&steady[1]).unwrap().accepted = false;
        assert_agreement(world, "a report that waits", &days[..1]);
        let filed = world.reports.get_mut(&steady[1]).unwrap();
        (filed.accepted, filed.late) = (true, true);
        let last = keys[3].clone();
        let cells = synthetic_cells(world, &last);
        world.file(&last, cells, true);
        world.reports.get_mut(&last).unwrap().late = true;
        assert_agreement(world, "late reports", &days[..2]);

        let number = world.number(self.element);
        let amended = world.reports.get_mut(&steady[0]).unwrap();
        amended.cells.insert(number, CellValue::Reported(90));
        assert_agreement(world, "an amendment after the lock", &days[..2]);
        let amended = world.reports.get_mut(&steady[0]).unwrap();
        amended.cells.insert(number, CellValue::Reported(900_000_000_000));
        assert_agreement(world, "an absurd figure", &days[..2]);

        for row in world.rows.iter_mut().filter(|row| row.element.as_str() == self.element) {
            row.value = 0;
        }
        assert_agreement(world, "a base of zero", &days[..2]);
        let formula = format!("change(count({}) vs fixed(300), rel) <= -7%", self.element);
        world.campaign.targets[0].formula = Target::parse(&formula).unwrap();
        assert_agreement(world, "an amended target", &days[..2]);
        world.campaign.status = CampaignStatus::Concluded;
        assert_agreement(world, "the conclusion", &days[days.len() - 1..]);
    }
}

/// Through the mergers of 1 January, the districts' end on 1 March and the reform of 1 July 2025.
#[test]
fn the_first_example_is_judged_as_the_oracle_judges_it_after_every_event() {
    let days = [(2024, 12, 12), (2025, 1, 9), (2025, 3, 6), (2025, 7, 24), (2025, 8, 28)];
    Year {
        world: read_authority(&example("tra-vinh"), "campaign-a.toml"),
        steady: "com-29266-0",
        silent: "com-29248-0",
        quiet: "com-29254-0",
        element: "so_offences",
        days: days.map(|(year, month, day)| date(year, month, day)).into(),
    }
    .live();
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
