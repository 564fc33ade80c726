//! The tables of `elements.toml`, `forms.toml`, a campaign's file and a score file.

use super::{KeyTable, KeyValue, optional, required, with_default};
use crate::domain::campaign::{
    BaselineMethod, CampaignKind, Classification, Commitment, DutyEvidence, LaunchMode, PlanStatus,
    TargetAllocation,
};
use crate::domain::report::element::{CountingLevel, ElementKind, SCALE_MAX};
use crate::domain::report::form::EarlyReports;
use crate::domain::target_rule::{PaceCourse, ZeroBasePolicy};
use KeyValue::{
    CalendarCode, Day, DayCount, ElementCode, Flag, FormRule, Formula, List, Map, Number, Table,
    Tables, TargetPair, Text, Whole, WordOr,
};

/// The tables at the top of a file: one for each kind of file.
pub static ROOTS: &[&KeyTable] = &[&CATALOGUE, &CAMPAIGN, &SCORE];

/// The members of an enum as words.
macro_rules! words {
    ($name:ident) => {
        KeyValue::Word(|| $name::ALL.iter().map(|one| one.as_str()).collect())
    };
}

const U8: KeyValue = Whole(1, u8::MAX as i64);
/// A phase, or 0 for the whole campaign.
const PHASE: KeyValue = Whole(0, u8::MAX as i64);
const U16: KeyValue = Whole(0, u16::MAX as i64);
const U32: KeyValue = Whole(0, u32::MAX as i64);
const LEVEL: KeyValue = words!(CountingLevel);

/// Elements, forms and contracts; a file may hold any of them.
pub static CATALOGUE: KeyTable = KeyTable {
    name: "catalogue",
    keys: &[
        optional("fields", Tables(&FIELDS)),
        optional("elements", Tables(&ELEMENTS)),
        optional("forms", Tables(&FORMS)),
        optional("contracts", Tables(&CONTRACTS)),
    ],
};

static FIELDS: KeyTable = KeyTable {
    name: "fields",
    keys: &[required("code", Text), required("name_vi", Text), required("name_en", Text)],
};

static ELEMENTS: KeyTable = KeyTable {
    name: "elements",
    keys: &[
        required("code", ElementCode),
        required("name_vi", Text),
        required("name_en", Text),
        required("unit_of_count", Text),
        required("kind", words!(ElementKind)),
        required("level", LEVEL),
        optional("level_changes", Tables(&LEVEL_CHANGES)),
        with_default("scale", Whole(0, SCALE_MAX as i64), "0"),
        with_default("min", Whole(i64::MIN, i64::MAX), "0"),
        required("max", Whole(i64::MIN, i64::MAX)),
        with_default("coercive", Flag, "false"),
        with_default("shrinkable", Flag, "false"),
        with_default("activity", Flag, "false"),
        optional("opening_of", ElementCode),
        optional("breaks", Tables(&BREAKS)),
    ],
};

static LEVEL_CHANGES: KeyTable =
    KeyTable { name: "level_changes", keys: &[required("on", Day), required("level", LEVEL)] };

static BREAKS: KeyTable = KeyTable {
    name: "breaks",
    keys: &[
        required("on", Day),
        optional("factor", Number),
        with_default("restated", Flag, "false"),
        required("evidence_vi", Text),
    ],
};

static FORMS: KeyTable = KeyTable {
    name: "forms",
    keys: &[
        required("code", Text),
        required("name_vi", Text),
        required("name_en", Text),
        required("elements", List(&ElementCode)),
        optional("rules", List(&FormRule)),
    ],
};

static CONTRACTS: KeyTable = KeyTable {
    name: "contracts",
    keys: &[
        required("code", Text),
        required("form", Text),
        required("level", LEVEL),
        optional("level_changes", Tables(&LEVEL_CHANGES)),
        required("calendar", CalendarCode),
        required("due_days", U16),
        required("grace_days", U16),
        optional("serves", List(&Text)),
        required("reviewers", List(&LEVEL)),
        with_default("early", words!(EarlyReports), "\"REFUSED\""),
    ],
};

/// A campaign.
pub static CAMPAIGN: KeyTable = KeyTable {
    name: "campaign",
    keys: &[
        required("code", Text),
        required("name_vi", Text),
        required("name_en", Text),
        required("kind", words!(CampaignKind)),
        optional("parent_movement", Text),
        required("owner", Text),
        optional("audience_vi", Text),
        required("first_day", Day),
        required("last_day", Day),
        optional("measured", Table(&MEASURED)),
        optional("launched_on", Day),
        optional("registration_deadline", Day),
        optional("theme", Text),
        optional("motto", Text),
        optional("fields", List(&Text)),
        required("classification", words!(Classification)),
        optional("contracts", List(&Text)),
        optional("device_days", U16),
        optional("phases", Tables(&PHASES)),
        optional("anniversaries", Tables(&ANNIVERSARIES)),
        optional("targets", Tables(&TARGETS)),
        optional("activities", Tables(&ACTIVITIES)),
        optional("duties", Tables(&DUTIES)),
        optional("launches", Tables(&LAUNCHES)),
        optional("pledges", Tables(&PLEDGES)),
        optional("plans", Tables(&PLANS)),
    ],
};

static MEASURED: KeyTable =
    KeyTable { name: "measured", keys: &[required("first_day", Day), required("last_day", Day)] };

static PHASES: KeyTable = KeyTable {
    name: "phases",
    keys: &[
        required("no", U8),
        required("name_vi", Text),
        required("name_en", Text),
        required("first_day", Day),
        required("last_day", Day),
        optional("focus", List(&Text)),
        with_default("assumed", Flag, "false"),
    ],
};

static ANNIVERSARIES: KeyTable = KeyTable {
    name: "anniversaries",
    keys: &[
        required("name_vi", Text),
        required("name_en", Text),
        required("origin", Day),
        required("ordinal", Whole(i16::MIN as i64, i16::MAX as i64)),
        required("commemorated_on", Day),
        required("as_published", Text),
        optional("correction", Table(&CORRECTION)),
    ],
};

static CORRECTION: KeyTable =
    KeyTable { name: "correction", keys: &[required("origin", Day), required("reason_vi", Text)] };

static TARGETS: KeyTable = KeyTable {
    name: "targets",
    keys: &[
        required("code", Text),
        optional("field", Text),
        required("text_vi", Text),
        required("text_en", Text),
        required("formula", Formula),
        required("commitment", words!(Commitment)),
        optional("baseline", words!(BaselineMethod)),
        optional("overlap_waiver", Text),
        optional("min_base", U32),
        optional("coverage_min", Whole(0, 1000)),
        optional("zero_base", words!(ZeroBasePolicy)),
        optional("levels", List(&LEVEL)),
        optional("phases", List(&PHASE)),
        optional("allocation", WordOr(|| TargetAllocation::WORDS.to_vec(), &Map(&U32))),
        optional("pace", WordOr(|| vec![PaceCourse::LINEAR], &List(&DayCount))),
        optional("last_day", Day),
        optional("pairs", List(&TargetPair)),
        optional("gaming_note", Text),
        optional("coercive_override", Text),
    ],
};

static ACTIVITIES: KeyTable = KeyTable {
    name: "activities",
    keys: &[
        required("code", Text),
        required("name_vi", Text),
        required("name_en", Text),
        required("element", ElementCode),
    ],
};

static DUTIES: KeyTable = KeyTable {
    name: "duties",
    keys: &[
        required("code", Text),
        optional("field", Text),
        required("text_vi", Text),
        required("text_en", Text),
        required("evidence", words!(DutyEvidence)),
        optional("element", ElementCode),
        with_default("due", U32, "0"),
    ],
};

static LAUNCHES: KeyTable = KeyTable {
    name: "launches",
    keys: &[
        required("unit", Text),
        required("held_on", Day),
        required("mode", words!(LaunchMode)),
        optional("sites", List(&Text)),
        optional("attendance", U32),
    ],
};

static PLEDGES: KeyTable = KeyTable {
    name: "pledges",
    keys: &[
        required("unit", Text),
        optional("body", Text),
        required("text_vi", Text),
        required("signed_role", Text),
    ],
};

static PLANS: KeyTable = KeyTable {
    name: "plans",
    keys: &[
        required("unit", Text),
        required("status", words!(PlanStatus)),
        required("document", Text),
        optional("allocations", Tables(&ALLOCATIONS)),
    ],
};

static ALLOCATIONS: KeyTable = KeyTable {
    name: "allocations",
    keys: &[required("target", Text), optional("phase", U8), required("formula", Formula)],
};

/// A scoring plan, with the values and scores of units.
pub static SCORE: KeyTable = KeyTable {
    name: "score",
    keys: &[
        required("code", Text),
        required("leaves", Tables(&LEAVES)),
        optional("units", Tables(&SCORE_UNITS)),
    ],
};

/// The kinds of a leaf of a scoring plan.
pub(in crate::files) const LEAF_KINDS: [&str; 5] =
    ["QUANT", "PASS_FAIL", "PER_UNIT", "BONUS_PENALTY", "VETO"];

static LEAVES: KeyTable = KeyTable {
    name: "leaves",
    keys: &[
        required("code", Text),
        required("kind", KeyValue::Word(|| LEAF_KINDS.to_vec())),
        with_default("weight", Number, "\"0\""),
        optional("target", Text),
        optional("points", Number),
        optional("floor", Number),
        optional("decision", Text),
        optional("authority", Text),
    ],
};

static SCORE_UNITS: KeyTable = KeyTable {
    name: "score-units",
    keys: &[
        required("unit", Text),
        optional("persons", U32),
        optional("documented", Map(&Number)),
        optional("own", Map(&Number)),
        optional("cluster", Map(&Table(&CLUSTER_SCORE))),
    ],
};

static CLUSTER_SCORE: KeyTable = KeyTable {
    name: "cluster-score",
    keys: &[required("points", Number), required("reason", Text), required("post", Text)],
};
