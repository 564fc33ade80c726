//! A unit of the organisation (đơn vị) and its name, kind and code on each day.
//!
//! The id of a unit never changes; names, kinds and official codes are in versions. Official codes
//! are reused, so a code is only valid together with its system and a date.

use crate::domain::report::counting_levels::CountingLevels;
use crate::domain::report::element::CountingLevel;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::UnitId;
use crate::domain::support::string_enum::string_enum;
use jiff::civil::Date;
use std::fmt;

/// The code system of the statistics office for administrative units (mã đơn vị hành chính).
pub const GSO: &str = "gso";

string_enum! {
    /// The rank of a unit; the column `level` of unit files.
    UnitKind {
        /// Police of a province (công an tỉnh).
        Province = "province",
        /// Police of a district (công an huyện), until 2025-03-01.
        District = "district",
        /// Police of a commune, ward or township (công an xã, phường, thị trấn).
        Commune = "commune",
        /// Department of the provincial police (phòng).
        Department = "department",
        /// Emulation cluster (cụm, khối thi đua): a node of the CLUSTER hierarchy that reports
        /// nothing itself.
        Cluster = "cluster",
    }
}

impl From<CountingLevel> for UnitKind {
    fn from(level: CountingLevel) -> Self {
        match level {
            CountingLevel::Commune => Self::Commune,
            CountingLevel::District => Self::District,
            CountingLevel::Department => Self::Department,
            CountingLevel::Province => Self::Province,
        }
    }
}

/// A span of days `[from, to)`. `Date::MIN` means no beginning, `Date::MAX` no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DaySpan {
    /// First day.
    pub from: Date,
    /// The day after the last one.
    pub to: Date,
}

impl DaySpan {
    /// The span without beginning and end.
    pub const ALWAYS: Self = Self { from: Date::MIN, to: Date::MAX };

    /// The days from `from` up to, not including, `to`.
    #[must_use]
    pub fn new(from: Date, to: Date) -> Self {
        Self { from, to }
    }

    /// From `from` on, without end.
    #[must_use]
    pub fn from_day(from: Date) -> Self {
        Self { from, to: Date::MAX }
    }

    /// Whether `day` is in it.
    #[must_use]
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && day < self.to
    }

    /// Whether a day is in both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// Whether every day of `other` is in it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    /// Whether it contains no day.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from >= self.to
    }
}

impl fmt::Display for DaySpan {
    /// `[2025-01-01, 2025-07-01)`, with `…` for an open end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.from == Date::MIN {
            true => f.write_str("[…, ")?,
            false => write!(f, "[{}, ", self.from)?,
        }
        match self.to == Date::MAX {
            true => f.write_str("…)"),
            false => write!(f, "{})", self.to),
        }
    }
}

/// A code assigned by an authority; unique within its system on any one day, reused over time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfficialCode {
    /// The system, as in [`GSO`].
    pub system: String,
    /// The code, as in `29242`.
    pub code: String,
}

impl OfficialCode {
    /// A code of the statistics office.
    #[must_use]
    pub fn from_gso(code: &str) -> Self {
        Self { system: GSO.to_owned(), code: code.to_owned() }
    }

    /// How many digits the statistics office gives the code of a unit of this rank; `None` if it
    /// gives such units no code.
    #[must_use]
    pub fn gso_width(kind: UnitKind) -> Option<usize> {
        match kind {
            UnitKind::Province => Some(2),
            UnitKind::District => Some(3),
            UnitKind::Commune => Some(5),
            UnitKind::Department | UnitKind::Cluster => None,
        }
    }
}

/// The description of a unit during a span of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitVersion {
    /// The days on which it holds.
    pub days: DaySpan,
    /// Name in Vietnamese, as the unit itself spells it.
    pub name: String,
    /// Rank.
    pub kind: UnitKind,
    /// Administrative kind as files write it: `tinh`, `huyen`, `xa`, `phuong`, `thi_tran`, `phong`.
    pub local_kind: String,
    /// Code on these days, if there is one.
    pub code: Option<OfficialCode>,
    /// Free remark of the file; may be empty.
    pub note: String,
}

/// A unit with its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Immutable id, `UnitId::from_code(uid)`.
    pub id: UnitId,
    /// Text code in files; the earliest of those joined by `continue`.
    pub uid: String,
    /// Later text codes of the same unit.
    pub aliases: Vec<String>,
    /// Versions by their first day, without gap or overlap; at least one.
    pub versions: Vec<UnitVersion>,
}

impl Unit {
    /// A unit with one version.
    #[must_use]
    pub fn new(uid: &str, version: UnitVersion) -> Self {
        Self {
            id: UnitId::from_code(uid),
            uid: uid.to_owned(),
            aliases: Vec::new(),
            versions: vec![version],
        }
    }

    /// The days on which the unit exists.
    #[must_use]
    pub fn lifetime(&self) -> DaySpan {
        let from = self.versions.first().map_or(Date::MAX, |v| v.days.from);
        let to = self.versions.last().map_or(Date::MIN, |v| v.days.to);
        DaySpan { from, to }
    }

    /// Whether the unit exists on `day`.
    #[must_use]
    pub fn is_open_on(&self, day: Date) -> bool {
        self.lifetime().contains(day)
    }

    /// The days of a window on which the unit is of the level that these give for the day.
    pub fn days_at_level(
        &self,
        levels: &CountingLevels,
        window: DateWindow,
    ) -> impl Iterator<Item = DateWindow> {
        self.versions.iter().flat_map(move |version| {
            let (from, to) = (version.days.from.max(window.start), version.days.to.min(window.end));
            let within = levels.within(DateWindow { start: from, end: to });
            let own = within.filter(|(_, level)| UnitKind::from(*level) == version.kind);
            own.map(|(days, _)| days)
        })
    }

    /// The version that holds on `day`.
    #[must_use]
    pub fn version_on(&self, day: Date) -> Option<&UnitVersion> {
        self.versions.iter().find(|version| version.days.contains(day))
    }

    /// The version that holds on `day`, else the nearest one.
    #[must_use]
    pub fn nearest_version(&self, day: Date) -> Option<&UnitVersion> {
        let begun = self.versions.iter().rev().find(|version| version.days.from <= day);
        begun.or_else(|| self.versions.first())
    }

    /// The name on `day`, or the nearest one; the uid if the unit has no version.
    #[must_use]
    pub fn nearest_name(&self, day: Date) -> &str {
        self.nearest_version(day).map_or(self.uid.as_str(), |version| version.name.as_str())
    }
}
