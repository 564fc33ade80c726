//! The places of the synthetic province: how many people live where, and how much happens there.
//!
//! District totals are estimates of 2019; the population of a commune and its rate are drawn. Knows the organisation on the
//! first day only; what becomes of a commune later is `truth`'s.

use super::rng::Rng;
use crate::domain::ids::UnitId;
use crate::domain::org::{Hierarchy, Org, UnitKind};
use jiff::civil::Date;

/// People of the districts in 2019, by uid.
const DISTRICTS: [(&str, f64); 9] = [
    ("dist-842", 112_737.0),
    ("dist-844", 147_416.0),
    ("dist-845", 102_767.0),
    ("dist-846", 108_719.0),
    ("dist-847", 144_040.0),
    ("dist-848", 121_254.0),
    ("dist-849", 146_329.0),
    ("dist-850", 78_811.0),
    ("dist-851", 47_121.0),
];

/// A commune of the first day.
#[derive(Debug, Clone)]
pub struct Place {
    /// The unit that counts there on the first day.
    pub unit: UnitId,
    /// Its uid, the name of its streams.
    pub uid: String,
    /// The district it belongs to.
    pub district: UnitId,
    /// Its part of what happens in the province; all parts sum to 1.
    pub part: f64,
}

/// A district of the first day.
#[derive(Debug, Clone)]
pub struct District {
    /// The unit.
    pub unit: UnitId,
    /// Its uid.
    pub uid: String,
    /// Its part of the province's people.
    pub part: f64,
}

/// Districts and communes of the province as they stand on `day`.
#[must_use]
pub fn places(seed: u64, org: &Org, day: Date) -> (Vec<District>, Vec<Place>) {
    let people: f64 = DISTRICTS.iter().map(|(_, people)| people).sum();
    let (mut districts, mut all) = (Vec::new(), Vec::new());
    for (uid, total) in DISTRICTS {
        let Some(district) = org.by_uid(uid).filter(|unit| unit.open_on(day)) else { continue };
        districts.push(District { unit: district.id, uid: uid.to_owned(), part: total / people });
        all.extend(communes(seed, org, district.id, total, day));
    }
    let sum: f64 = all.iter().map(|place| place.part).sum();
    all.iter_mut().for_each(|place| place.part /= sum);
    (districts, all)
}

/// The communes of a district, with populations raked to its total; `part` is not yet a part of one.
fn communes(seed: u64, org: &Org, district: UnitId, total: f64, day: Date) -> Vec<Place> {
    let below = org.children(district, Hierarchy::Command, day);
    let units = below.into_iter().filter_map(|id| org.unit(id));
    let mut drawn: Vec<(Place, f64)> = units
        .filter(|unit| org.kind_on(unit.id, day) == Some(UnitKind::Commune))
        .map(|unit| {
            let mut rng = Rng::stream(seed, &["place", &unit.uid]);
            let people = rng.lognormal(9_500.0, 0.33);
            let local = unit.version_on(day).map_or("", |version| version.local_kind.as_str());
            let town = match local {
                "phuong" => 1.8,
                "thi_tran" => 1.4,
                _ => 0.85,
            };
            let place =
                Place { unit: unit.id, uid: unit.uid.clone(), district, part: people * town * rng.gamma(4.0, 0.25) };
            (place, people)
        })
        .collect();
    let people: f64 = drawn.iter().map(|(_, people)| people).sum();
    drawn.iter_mut().for_each(|(place, _)| place.part *= total / people);
    drawn.into_iter().map(|(place, _)| place).collect()
}
