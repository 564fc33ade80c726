//! The product's standings are the oracle's, over random authorities, on random days, in every
//! view.

use crate::campaigns::{EACH, FLOWS, PLACED, Plan, STOCKS, plan_strategy};
use crate::organisations::FIRST;
use crate::world::World;
use jiff::ToSpan;
use proptest::prelude::*;
use thidua::domain::org::StructureView;

/// 800, or the number in `scripts/soak --oracle N`.
fn case_count() -> u32 {
    std::env::var("ORACLE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(800)
}

/// Fails with every difference in words.
fn check(plan: &Plan, world: &World, view: StructureView) -> Result<(), TestCaseError> {
    let found = world.differences(&world.ledger(), plan.day(), view);
    let words: Vec<String> = found.iter().take(4).map(ToString::to_string).collect();
    prop_assert!(found.is_empty(), "as of {}, {view}:\n{}", plan.day(), words.join("\n"));
    Ok(())
}

fn one_day_views(plan: &Plan) -> [StructureView; 2] {
    let middle = FIRST.saturating_add((plan.today / 2).days());
    [StructureView::AsIs(plan.day()), StructureView::Frozen(FIRST.min(middle))]
}

fn formulas(of: &[&[&'static str]]) -> Vec<&'static str> {
    of.concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: case_count(), ..ProptestConfig::default() })]

    #[test]
    fn flows_in_the_structure_of_each_period_are_the_oracles(
        plan in plan_strategy(FLOWS.to_vec()),
    ) {
        check(&plan, &plan.build(), StructureView::AsWas)?;
    }

    #[test]
    fn stocks_places_and_units_one_by_one_are_the_oracles(
        plan in plan_strategy(formulas(&[&STOCKS, &PLACED, &EACH])),
    ) {
        check(&plan, &plan.build(), StructureView::AsWas)?;
    }

    #[test]
    fn in_the_structure_of_one_day_everything_is_the_oracles(
        plan in plan_strategy(formulas(&[&FLOWS, &STOCKS, &PLACED, &EACH])),
    ) {
        let world = plan.build();
        for view in one_day_views(&plan) {
            check(&plan, &world, view)?;
        }
    }
}
