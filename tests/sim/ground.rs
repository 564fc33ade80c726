//! A small province with a real history: wards that merge on 1 January 2025, districts that are dissolved on 1 March. Made once, copied for every seed.
//!
//! Knows no phone.

use jiff::civil::date;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use thidua::app::App;
use thidua::clock::Clock;
use thidua::domain::calendar::Calendars;
use thidua::domain::campaign::Step;
use thidua::domain::org::OrgFacts;
use thidua::domain::time::Instant;
use thidua::files::org::{OrgTexts, read_org};
use thidua::files::{campaign, catalogue};
use thidua::store::{Location, Store};

/// Where reporters work: wards that merge, one that stays, two of the other district.
pub(crate) const COMMUNES: [&str; 5] = ["com-29245-0", "com-29242-0", "com-29236-0", "com-29266-0", "com-29269-0"];
/// Where reviewers work.
pub(crate) const ABOVE: [&str; 3] = ["dist-842", "dist-844", "prov-84"];

/// The morning on which every day begins.
pub(crate) fn dawn() -> Instant {
    Instant::local_midnight(date(2024, 12, 16)).plus_micros(8 * 3_600_000_000)
}

fn example(name: &str) -> String {
    std::fs::read_to_string(format!("{}/examples/tra-vinh/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The part of the example around our communes, with whoever comes after them.
fn facts() -> OrgFacts {
    let [units, parents, lineage] =
        ["units.csv", "parents.csv", "lineage.csv"].map(|name| example(&format!("org/{name}")));
    let org = read_org(&OrgTexts { units: &units, parents: &parents, lineage: &lineage }).unwrap();
    let mut kept: BTreeSet<_> =
        COMMUNES.iter().chain(&ABOVE).chain(&["com-29251-0"]).map(|uid| org.by_uid(uid).unwrap().id).collect();
    loop {
        let heirs: Vec<_> = org.lineage().iter().filter(|line| kept.contains(&line.from)).map(|line| line.to).collect();
        let before = kept.len();
        kept.extend(heirs);
        if kept.len() == before {
            break;
        }
    }
    let mut facts = org.facts().clone();
    facts.units.retain(|unit| kept.contains(&unit.id));
    facts.edges.retain(|edge| kept.contains(&edge.child) && kept.contains(&edge.parent));
    facts.lineage.retain(|line| kept.contains(&line.from) && kept.contains(&line.to));
    facts
}

pub(crate) fn furnish(location: &Location) {
    let app = App::new(Store::open(location).unwrap(), Clock::manual(dawn()));
    app.found(*b"the first epoch.").unwrap();
    app.import_org(&app.system().unwrap(), &facts()).unwrap();
    let system = app.system().unwrap();
    let parts = ["elements.toml", "forms.toml"].map(|name| catalogue::read(name, &example(name)).unwrap());
    let calendars: Vec<_> = Calendars::standard().iter().cloned().collect();
    app.apply_catalogue(&system, &catalogue::join(parts.into()), &calendars).unwrap();
    let read = campaign::read("campaign-a.toml", &example("campaign-a.toml")).unwrap();
    app.apply_campaign(&system, &read.campaign).unwrap();
    app.step_campaign(&system, &read.campaign.code, Step::Approve).unwrap();
}

/// A directory in memory where the machine has one: a day makes thousands of commits.
pub(crate) fn home() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// A furnished SQLite file of one's own.
pub(crate) fn sqlite(dir: &Path) -> Location {
    static TEMPLATE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, template) = TEMPLATE.get_or_init(|| {
        let dir = home();
        let (made, whole) = (dir.path().join("made.db"), dir.path().join("template.db"));
        let location = Location::Sqlite(made.display().to_string());
        furnish(&location);
        Store::open(&location).unwrap().copy_to(&whole).unwrap();
        (dir, whole)
    });
    let path = dir.join("server.db");
    std::fs::copy(template, &path).unwrap();
    Location::Sqlite(path.display().to_string())
}
