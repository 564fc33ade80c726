//! Random contracts, targets, bases and reports over a random organisation.

use crate::organisations::{FIRST, OWNER, OrgPlan, org_strategy};
use crate::world::{World, contract_text, element_text, level_change_text, read_campaign, target};
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;
use std::collections::BTreeSet;
use thidua::domain::report::ReportKey;
use thidua::domain::report::cell::{CellValue, Cells, MissingReason};
use thidua::domain::report::element::ElementKind;
use thidua::domain::reporting::window::DateWindow;

/// Weeks of every random campaign.
const WEEKS: i64 = 13;

/// Flows `a` and `b`, stock `s` and flag `f` at communes; flow `e` and stock `t` under a second
/// contract.
const ELEMENTS: [(&str, &str); 6] = [
    ("a", "FLOW"),
    ("b", "FLOW"),
    ("s", "STOCK"),
    ("f", "EVENT_FLAG"),
    ("e", "FLOW"),
    ("t", "STOCK"),
];

/// One formula for each road through the grammar.
pub(crate) const FLOWS: [&str; 22] = [
    "change(count(a) vs same_window_prior_year, rel) <= -7%",
    "change(count(a)) < 0",
    "change(count(a + b)) <= 10%",
    "change(count(a - b) vs same_window_prior_year, abs) < 0",
    "count(a) = 0",
    "ratio(a/b) > 80%",
    "ratio(b/a) < 50%",
    "ratio(a/a) = 100%",
    "rate(a per 100 b) = 0",
    "change(rate(a per 1000 b) vs same_window_prior_year, rel) <= -5%",
    "change(ratio(a/b) vs same_window_prior_year, rel) >= 2%",
    "change(count(b) vs mean_prior(2), rel) >= 5%",
    "all(ratio(a/b) > 80%, change(count(a)) < 0)",
    "any(count(a) = 0, change(count(b)) < 0)",
    "tier(change(count(a)) <= 0, change(count(a)) <= -20%)",
    "all(count(a) = 0, ratio(e/a) > 10%)",
    "ratio(e/b) < 200%",
    "all(any(count(e) = 0, ratio(a/b) >= 50%), change(count(b)) < 0)",
    "change(count(e)) <= -7%",
    "ratio(a/b, period) > 100%",
    "change(count(b)) > 0",
    "change(count(b) vs same_window_prior_year, abs) >= 0",
];

pub(crate) const STOCKS: [&str; 11] = [
    "stock(t@end) <= 20",
    "ratio(e/t) < 300%",
    "stock(s@end) <= 20",
    "stock(s@end) >= 5",
    "stock(s@end) = 0",
    "change(stock(s@end) vs same_window_prior_year, rel) <= -10%",
    "change(stock(s@end)) < 0",
    "change(stock(t@end) vs same_window_prior_year, rel) <= -5%",
    "rate(a per 1000 s) <= 500",
    "ratio(a/s) < 300%",
    "all(change(stock(s@end)) < 0, change(stock(t@end)) < 0)",
];

pub(crate) const PLACED: [&str; 18] = [
    "count(a) >= 40",
    "count(a) <= 60",
    "count(e) <= 9",
    "change(count(a) vs same_window_prior_year, abs) <= -2",
    "change(count(a) vs fixed(30), rel) <= -7%",
    "change(count(a) vs fixed(20), abs) >= 5",
    "change(count(a) vs calendar_year(2025), rel) <= -7%",
    "change(count(a) vs stat_year(2025), rel) <= 0%",
    "ratio(a/b, stock) >= 90%",
    "rate(a per 100 b) >= 50",
    "count(a) <= 10 in phase(1)",
    "count(a) >= 5 in 2026-01-14..2026-02-09",
    "all(count(a) <= 10 in phase(1), count(b) <= 60)",
    "count(a) = 0 in phase(2)",
    "count(a) <= 60 by unit(p)",
    "ratio(a/b) > 20% by unit(c1)",
    "attest(duty)",
    "all(attest(duty), ratio(a/b) > 50%)",
];

pub(crate) const EACH: [&str; 9] = [
    "count(e) <= 9 by each",
    "count(e) <= 9 by kind(xa)",
    "ratio(e/a) < 200% by each",
    "ratio(a/b) > 50% by each",
    "count(a) <= 30 by each",
    "count(a) <= 30 by kind(xa)",
    "change(count(a)) < 0 by each",
    "all(ratio(a/b) > 20% by each, ratio(a/b) > 60%)",
    "stock(s@end) <= 9 by each",
];

/// A contract's rhythm: calendar, days until due, days of grace.
type Rhythm = (bool, u16, u16);

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) org: OrgPlan,
    pub(crate) rhythms: [Rhythm; 2],
    /// Whether the second contract is the districts'.
    pub(crate) at_districts: bool,
    /// The day, counted from the first, on which it moves between communes and districts.
    pub(crate) moved: Option<i64>,
    /// The first day of the second phase, in days.
    pub(crate) second_phase: i64,
    /// Formula, coverage_min, min_base, zero base kept.
    pub(crate) targets: Vec<(&'static str, u16, Option<u32>, bool)>,
    /// Decides reports and bases.
    pub(crate) seed: u64,
    /// The day as of which it is judged, in days, and whether the campaign is concluded.
    pub(crate) today: i64,
    pub(crate) concluded: bool,
    /// Share of the reports that are missing, in percent.
    pub(crate) silence: u64,
}

pub(crate) fn plan_strategy(formulas: Vec<&'static str>) -> impl Strategy<Value = Plan> {
    let rhythm = || (any::<bool>(), 0_u16..5, 0_u16..5);
    let policies = (
        prop::sample::select(vec![0_u16, 500, 800, 950]),
        prop::sample::select(vec![None, Some(0), Some(5), Some(12)]),
        any::<bool>(),
    );
    let line = (prop::sample::select(formulas), policies)
        .prop_map(|(formula, (coverage, base, zero))| (formula, coverage, base, zero));
    let moved = prop_oneof![2 => Just(None), 1 => (-3..WEEKS * 7).prop_map(Some)];
    let days = (1_i64..WEEKS * 7, 0_i64..WEEKS * 7 + 40, moved);
    let flags = (any::<bool>(), prop::bool::weighted(0.3));
    (
        org_strategy(),
        [rhythm(), rhythm()],
        prop::collection::vec(line, 1..4),
        any::<u64>(),
        days,
        flags,
        prop::sample::select(vec![0_u64, 2, 10, 40]),
    )
        .prop_map(
            |(org, rhythms, targets, seed, (second_phase, today, moved), flags, silence)| Plan {
                org,
                rhythms,
                at_districts: flags.0,
                moved,
                second_phase,
                targets,
                seed,
                today,
                concluded: flags.1 && today > WEEKS * 7,
                silence,
            },
        )
}

/// Numbers that depend on the seed and on what they are for, and on nothing else.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below
    }
}

impl Plan {
    pub(crate) fn day(&self) -> Date {
        FIRST.saturating_add(self.today.days())
    }

    pub(crate) fn build(&self) -> World {
        let mut world = World::new(self.org.build(), &self.catalogue_text(), self.campaign());
        let mut dice = Dice(self.seed);
        self.set_bases(&mut world, &mut dice);
        for key in world.owed() {
            self.file(&mut world, &key, &mut dice);
        }
        world
    }

    fn catalogue_text(&self) -> String {
        let (level, other) =
            if self.at_districts { ("DISTRICT", "COMMUNE") } else { ("COMMUNE", "DISTRICT") };
        let moved = self.moved_on().map(|day| level_change_text(day, other)).unwrap_or_default();
        let elements = ELEMENTS.iter().enumerate().map(|(at, (code, kind))| {
            if at < 4 {
                element_text(code, kind, "COMMUNE")
            } else {
                element_text(code, kind, level) + &moved
            }
        });
        let mixed = self.rhythms[0].0 != self.rhythms[1].0;
        let contract = |code: &str, level: &str, (weekly, due, grace): Rhythm, of: &[&str]| {
            let (calendar, serves) = match (weekly, mixed) {
                (true, true) => ("week", "\"month\""),
                (true, false) => ("week", ""),
                (false, _) => ("month", ""),
            };
            contract_text(code, level, calendar, (due, grace), serves, of)
        };
        elements.collect::<String>()
            + &contract("one", "COMMUNE", self.rhythms[0], &["a", "b", "s", "f"])
            + &contract("two", level, self.rhythms[1], &["e", "t"])
            + &moved
    }

    /// The day on which the second contract moves to the other level.
    fn moved_on(&self) -> Option<Date> {
        self.moved.map(|days| FIRST.saturating_add(days.days()))
    }

    fn campaign(&self) -> thidua::domain::campaign::Campaign {
        let last = FIRST.saturating_add((WEEKS * 7 - 1).days());
        let second = FIRST.saturating_add(self.second_phase.days());
        let phase = |no: u8, first: Date, last: Date| {
            format!(
                "[[phases]]\nno = {no}\nname_vi = \"x\"\nname_en = \"x\"\nfirst_day = {first}\n\
                 last_day = {last}\n"
            )
        };
        let targets =
            self.targets.iter().enumerate().map(|(at, (formula, coverage, base, zero))| {
                let base = base.map(|base| format!("min_base = {base}\n")).unwrap_or_default();
                let zero = if *zero { "MAINTAIN_ZERO" } else { "NOT_APPLICABLE" };
                let further = format!("coverage_min = {coverage}\n{base}zero_base = \"{zero}\"");
                target(&format!("T{at}"), formula, &further)
            });
        let mut campaign = read_campaign(&format!(
            "code = \"O\"\nname_vi = \"x\"\nname_en = \"x\"\nkind = \"THEMATIC\"\n\
             owner = \"{OWNER}\"\nfirst_day = {FIRST}\nlast_day = {last}\n\
             classification = \"NOT_SECRET\"\ncontracts = [\"one\", \"two\"]\n{}{}{}\
             [[duties]]\ncode = \"duty\"\ntext_vi = \"x\"\ntext_en = \"x\"\n\
             evidence = \"ATTESTATION\"\nelement = \"f\"\ndue = 7\n",
            phase(1, FIRST, second.yesterday().unwrap()),
            phase(2, second, last),
            targets.collect::<String>(),
        ));
        if self.concluded {
            campaign.status = thidua::domain::campaign::CampaignStatus::Concluded;
        }
        campaign
    }

    /// Last year, for most units, in pieces on whose bounds every window and cut-off lies; some
    /// bases are zero, some have gaps, some are one whole.
    fn set_bases(&self, world: &mut World, dice: &mut Dice) {
        let (start, end) = (FIRST.saturating_sub(1.year()), world.campaign.base_window().end);
        let months = [2, 3, 4].map(|month| jiff::civil::date(2025, month, 1));
        let weeks = (0..=WEEKS).map(|week| start.saturating_add((week * 7).days()));
        let cut = start.saturating_add(self.second_phase.days());
        let dated = [jiff::civil::date(2025, 1, 14), jiff::civil::date(2025, 2, 9)];
        let bounds: BTreeSet<Date> = weeks
            .chain(months)
            .chain([cut])
            .chain(self.moved_on().map(|day| day.saturating_sub(1.year())))
            .chain(dated)
            .filter(|day| start <= *day && *day <= end)
            .collect();
        let bounds: Vec<Date> = bounds.into_iter().collect();
        let uids: Vec<String> = world
            .org
            .open_units_on(FIRST)
            .filter(|unit| unit.uid.starts_with(['c', 'd', 'n']))
            .map(|unit| unit.uid.clone())
            .collect();
        for uid in uids {
            for (element, _) in ELEMENTS {
                let style = dice.roll(10);
                let scale = [1, 3, 40][dice.roll(3) as usize];
                if style == 0 {
                    continue;
                }
                if style == 1 {
                    let always = DateWindow { start: start.saturating_sub(2.years()), end: FIRST };
                    world.base(&uid, element, always, 0);
                    continue;
                }
                for back in 0..2_i64 {
                    for (at, pair) in bounds.windows(2).enumerate() {
                        let window = DateWindow {
                            start: pair[0].saturating_sub(back.years()),
                            end: pair[1].saturating_sub(back.years()),
                        };
                        if !(style == 2 && at == 3) {
                            world.base(&uid, element, window, dice.roll(scale) as i64);
                        }
                    }
                }
                let around =
                    [(jiff::civil::date(2025, 1, 1), start), (end, jiff::civil::date(2026, 1, 1))];
                for (start, end) in around {
                    world.base(&uid, element, DateWindow { start, end }, dice.roll(4) as i64);
                }
            }
        }
    }

    fn file(&self, world: &mut World, key: &ReportKey, dice: &mut Dice) {
        let contract = world.catalogue.contracts.iter().find(|one| one.id() == key.contract);
        let form = world.catalogue.form(&contract.unwrap().form).unwrap().clone();
        if dice.roll(100) < self.silence {
            return;
        }
        let nil = dice.roll(12) == 0;
        let mut cells = Cells::new();
        for code in &form.elements {
            let kind = world.catalogue.element(code).unwrap().kind;
            let value = self.cell(kind, nil, dice);
            cells.extend(value.map(|value| (world.number(code.as_str()), value)));
        }
        let waiting = self.silence > 0 && dice.roll(14) == 0;
        world.file(key, cells, !waiting);
        let filed = world.reports.get_mut(key).unwrap();
        filed.late = dice.roll(6) == 0;
    }

    /// Mostly a small figure; now and then none, an absurd one, a stock that says nothing.
    fn cell(&self, kind: ElementKind, nil: bool, dice: &mut Dice) -> Option<CellValue> {
        let rare = self.silence > 0;
        match (kind, dice.roll(40)) {
            (_, 0) if rare => None,
            (_, 1) if rare => Some(CellValue::Missing(MissingReason::AwaitingSource)),
            (ElementKind::Stock, 2) => Some(CellValue::Nil),
            (ElementKind::EventFlag, _) => Some(CellValue::Reported(dice.roll(2) as i64)),
            (ElementKind::Flow, _) if nil => Some(CellValue::Nil),
            (_, 3) if rare => Some(CellValue::Reported(1_000_000_000 + dice.roll(1000) as i64)),
            (_, one) => Some(CellValue::Reported(dice.roll(if one < 20 { 2 } else { 9 }) as i64)),
        }
    }
}
