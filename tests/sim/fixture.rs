//! A part of the example's province with its history: wards that merge on 1 January 2025, districts
//! that are dissolved on 1 March. Created once and copied for every seed.

use jiff::civil::{Date, date};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use thidua::app::App;
use thidua::clock::Clock;
use thidua::domain::campaign::CampaignStep;
use thidua::domain::org::OrgFacts;
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::support::time::Timestamp;
use thidua::files::org::{OrgCsvTexts, read_org};
use thidua::files::{campaign, catalogue};
use thidua::store::{DatabaseLocation, Store};

/// The reporters' units: wards that merge, one that stays, two of the other district.
pub(crate) const COMMUNES: [&str; 5] =
    ["com-29245-0", "com-29242-0", "com-29236-0", "com-29266-0", "com-29269-0"];
/// The reviewers' units.
pub(crate) const REVIEWER_UNITS: [&str; 3] = ["dist-842", "dist-844", "prov-84"];

/// The day on which wards of them merge.
pub(crate) const MERGER: Date = date(2025, 1, 1);

/// The time at which every simulated day begins.
pub(crate) fn start_of_day() -> Timestamp {
    Timestamp::from_local_midnight(date(2024, 12, 16)).saturating_add_micros(8 * 3_600_000_000)
}

fn read_example(name: &str) -> String {
    std::fs::read_to_string(format!("{}/examples/tra-vinh/{name}", env!("CARGO_MANIFEST_DIR")))
        .unwrap()
}

/// The part of the example around these communes, with their successors.
fn org_facts() -> OrgFacts {
    let [units, parents, lineage] = ["units.csv", "parents.csv", "lineage.csv"]
        .map(|name| read_example(&format!("org/{name}")));
    let org =
        read_org(&OrgCsvTexts { units: &units, parents: &parents, lineage: &lineage }).unwrap();
    let mut retained: BTreeSet<_> = COMMUNES
        .iter()
        .chain(&REVIEWER_UNITS)
        .chain(&["com-29251-0"])
        .map(|uid| org.unit_by_uid(uid).unwrap().id)
        .collect();
    loop {
        let successors: Vec<_> = org
            .lineage()
            .iter()
            .filter(|line| retained.contains(&line.from))
            .map(|line| line.to)
            .collect();
        let before = retained.len();
        retained.extend(successors);
        if retained.len() == before {
            break;
        }
    }
    let mut facts = org.facts().clone();
    facts.units.retain(|unit| retained.contains(&unit.id));
    facts.edges.retain(|edge| retained.contains(&edge.child) && retained.contains(&edge.parent));
    facts.lineage.retain(|line| retained.contains(&line.from) && retained.contains(&line.to));
    facts
}

pub(crate) fn load_example(location: &DatabaseLocation) {
    let app = App::new(Store::open(location).unwrap(), Clock::manual(start_of_day()));
    app.init_epoch(*b"the first epoch.").unwrap();
    app.import_org(&app.system_actor().unwrap(), &org_facts()).unwrap();
    let system = app.system_actor().unwrap();
    let parts = ["elements.toml", "forms.toml"]
        .map(|name| catalogue::read_catalogue(name, &read_example(name)).unwrap());
    let calendars: Vec<_> = Calendars::standard().iter().cloned().collect();
    app.apply_catalogue(&system, &catalogue::merge_catalogues(parts.into()), &calendars).unwrap();
    let read =
        campaign::read_campaign_file("campaign-a.toml", &read_example("campaign-a.toml")).unwrap();
    app.apply_campaign(&system, &read.campaign).unwrap();
    app.advance_campaign(&system, &read.campaign.code, CampaignStep::Approve).unwrap();
}

/// A temporary directory, in memory where possible: a day makes thousands of commits.
pub(crate) fn temp_dir() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// A copy of the prepared SQLite file.
pub(crate) fn sqlite_copy(dir: &Path) -> DatabaseLocation {
    static TEMPLATE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, template) = TEMPLATE.get_or_init(|| {
        let dir = temp_dir();
        let (source, template) = (dir.path().join("made.db"), dir.path().join("template.db"));
        let location = DatabaseLocation::Sqlite(source.display().to_string());
        load_example(&location);
        Store::open(&location).unwrap().copy_to_file(&template).unwrap();
        (dir, template)
    });
    let path = dir.join("server.db");
    std::fs::copy(template, &path).unwrap();
    DatabaseLocation::Sqlite(path.display().to_string())
}
