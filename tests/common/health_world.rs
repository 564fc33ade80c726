//! The health example in memory: what files and data value sets name.
#![allow(clippy::unwrap_used, reason = "an example that cannot be read has failed")]

use jiff::civil::date;
use std::sync::{Arc, OnceLock};
use thidua::app::{App, ReferenceSnapshot};
use thidua::clock::Clock;
use thidua::domain::org::Org;
use thidua::domain::report::form::Catalogue;
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::support::time::Timestamp;
use thidua::files::catalogue::{merge_catalogues, read_catalogue};
use thidua::files::org::{OrgCsvTexts, read_org};
use thidua::store::{DatabaseLocation, Store};

pub(crate) struct HealthWorld {
    pub(crate) org: Org,
    pub(crate) catalogue: Catalogue,
    pub(crate) reference: Arc<ReferenceSnapshot>,
}

impl HealthWorld {
    /// The example, read once.
    pub(crate) fn get() -> &'static Self {
        static WORLD: OnceLock<HealthWorld> = OnceLock::new();
        WORLD.get_or_init(Self::read)
    }

    fn read() -> Self {
        let org = read_org(&OrgCsvTexts {
            units: include_str!("../../examples/health/org/units.csv"),
            parents: include_str!("../../examples/health/org/parents.csv"),
            lineage: include_str!("../../examples/health/org/lineage.csv"),
        });
        let org = org.unwrap();
        let catalogue = merge_catalogues(vec![
            read_catalogue("elements.toml", include_str!("../../examples/health/elements.toml"))
                .unwrap(),
            read_catalogue("forms.toml", include_str!("../../examples/health/forms.toml")).unwrap(),
        ]);
        let name = format!("thidua-health-{}.db", std::process::id());
        let database = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&database);
        let location = DatabaseLocation::parse(&database.display().to_string());
        let now = Timestamp::from_local_midnight(date(2026, 7, 6));
        let app = App::new(Store::open(&location).unwrap(), Clock::manual(now));
        app.import_org(&app.system_actor().unwrap(), org.facts()).unwrap();
        let calendars: Vec<_> = Calendars::standard().iter().cloned().collect();
        app.apply_catalogue(&app.system_actor().unwrap(), &catalogue, &calendars).unwrap();
        let reference = app.store().read(|tx| app.reference(tx)).unwrap();
        drop(app);
        for ending in ["db", "db-wal", "db-shm"] {
            let _ = std::fs::remove_file(database.with_extension(ending));
        }
        Self { org, catalogue, reference }
    }
}
