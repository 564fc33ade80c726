//! Districts and communes of the synthetic province on the first day: population and share of
//! events.
//!
//! District totals are estimates of 2019; the population and the rate of a commune are drawn.
//! [`super::ground_truth`] applies later changes of the organisation.

use super::rng::Rng;
use crate::domain::org::{Hierarchy, Org, UnitKind};
use crate::domain::support::ids::UnitId;
use jiff::civil::Date;

/// Population of the districts in 2019, by uid.
const DISTRICT_POPULATIONS: [(&str, f64); 9] = [
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

/// A commune on the first day.
#[derive(Debug, Clone)]
pub struct DemoCommune {
    /// The unit.
    pub unit: UnitId,
    /// Its uid, which also names its random streams.
    pub uid: String,
    /// Its district.
    pub district: UnitId,
    /// Its share of the province's events; all shares sum to 1.
    pub share: f64,
}

/// A district on the first day.
#[derive(Debug, Clone)]
pub struct DemoDistrict {
    /// The unit.
    pub unit: UnitId,
    /// Its uid.
    pub uid: String,
    /// Its share of the province's population.
    pub share: f64,
}

/// Districts and communes of the province on `day`.
#[must_use]
pub(crate) fn generate_places(
    seed: u64,
    org: &Org,
    day: Date,
) -> (Vec<DemoDistrict>, Vec<DemoCommune>) {
    let people: f64 = DISTRICT_POPULATIONS.iter().map(|(_, people)| people).sum();
    let (mut districts, mut all) = (Vec::new(), Vec::new());
    for (uid, total) in DISTRICT_POPULATIONS {
        let Some(district) = org.unit_by_uid(uid).filter(|unit| unit.is_open_on(day)) else {
            continue;
        };
        districts.push(DemoDistrict {
            unit: district.id,
            uid: uid.to_owned(),
            share: total / people,
        });
        all.extend(generate_communes(seed, org, district.id, total, day));
    }
    let sum: f64 = all.iter().map(|place| place.share).sum();
    all.iter_mut().for_each(|place| place.share /= sum);
    (districts, all)
}

/// The communes of a district, their populations raked to its total. The shares are not normalised
/// yet.
fn generate_communes(
    seed: u64,
    org: &Org,
    district: UnitId,
    total: f64,
    day: Date,
) -> Vec<DemoCommune> {
    let below = org.children(district, Hierarchy::Command, day);
    let units = below.into_iter().filter_map(|id| org.unit(id));
    let mut drawn: Vec<(DemoCommune, f64)> = units
        .filter(|unit| org.kind_on(unit.id, day) == Some(UnitKind::Commune))
        .map(|unit| {
            let mut rng = Rng::named_stream(seed, &["place", &unit.uid]);
            let people = rng.lognormal(9_500.0, 0.33);
            let local = unit.version_on(day).map_or("", |version| version.local_kind.as_str());
            let server = match local {
                "phuong" => 1.8,
                "thi_tran" => 1.4,
                _ => 0.85,
            };
            let place = DemoCommune {
                unit: unit.id,
                uid: unit.uid.clone(),
                district,
                share: people * server * rng.gamma(4.0, 0.25),
            };
            (place, people)
        })
        .collect();
    let people: f64 = drawn.iter().map(|(_, people)| people).sum();
    drawn.iter_mut().for_each(|(place, _)| place.share *= total / people);
    drawn.into_iter().map(|(place, _)| place).collect()
}
