//! Random trees within the limits of the grammar.

use crate::domain::report::element::{CountingLevel, ElementCode};
use crate::domain::target_rule::ast::*;
use crate::domain::target_rule::{Decimal, Target};
use jiff::civil::date;
use proptest::prelude::*;

pub(crate) fn code() -> impl Strategy<Value = ElementCode> {
    // Keywords of the grammar are valid element codes too.
    prop_oneof![
        Just("a"),
        Just("b"),
        Just("c"),
        Just("d"),
        Just("so_offences"),
        Just("in"),
        Just("count"),
        Just("per"),
        Just("vs")
    ]
    .prop_map(|text| ElementCode::new(text).unwrap())
}

pub(crate) fn expr() -> impl Strategy<Value = Expr> {
    let sign = prop_oneof![Just(TermSign::Plus), Just(TermSign::Minus)];
    (code(), prop::collection::vec((sign, code()), 0..3))
        .prop_map(|(first, rest)| Expr { first, rest })
}

fn decimal() -> impl Strategy<Value = Decimal> {
    prop_oneof![
        (-200_i64..200, 0_u8..3),
        (-999_999_999_999_999_999_i64..1_000_000_000_000_000_000, 0_u8..=9)
    ]
    .prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale).unwrap())
}

pub(crate) fn bound() -> impl Strategy<Value = TargetBound> {
    (decimal(), any::<bool>()).prop_map(|(decimal, percent)| TargetBound { decimal, percent })
}

pub(crate) fn cmp() -> impl Strategy<Value = Comparator> {
    prop::sample::select(Comparator::ALL)
}

pub(crate) fn name() -> impl Strategy<Value = FormulaIdentifier> {
    prop_oneof![Just("q1"), Just("com-29242-1"), Just("đại.hội"), Just("1")]
        .prop_map(|text| FormulaIdentifier::new(text).unwrap())
}

fn baseline() -> impl Strategy<Value = Baseline> {
    prop_oneof![
        Just(Baseline::SameWindowPriorYear),
        (1900_u16..3000).prop_map(Baseline::StatYear),
        (1900_u16..3000).prop_map(Baseline::CalendarYear),
        decimal().prop_map(|decimal| Baseline::Fixed(TargetBound { decimal, percent: false })),
        (1_u8..=99).prop_map(Baseline::MeanPrior),
    ]
}

pub(crate) fn measure() -> impl Strategy<Value = Measure> {
    let basis = prop::option::of(prop::sample::select(RatioBasis::ALL));
    let plain = prop_oneof![
        expr().prop_map(Measure::Count),
        expr().prop_map(Measure::Stock),
        (expr(), expr(), basis).prop_map(|(num, den, basis)| Measure::Ratio { num, den, basis }),
        (expr(), 1_u64..1_000_000, expr()).prop_map(|(num, per, den)| Measure::Rate {
            num,
            per,
            den
        }),
    ]
    .boxed();
    let change = (plain.clone(), baseline(), prop::sample::select(ChangeMode::ALL))
        .prop_map(|(of, baseline, mode)| Measure::Change { measure: Box::new(of), baseline, mode });
    prop_oneof![plain, change]
}

fn window() -> impl Strategy<Value = TargetWindow> {
    prop_oneof![
        Just(TargetWindow::Legal),
        (1_u16..99).prop_map(TargetWindow::Phase),
        name().prop_map(TargetWindow::Milestone),
        Just(TargetWindow::Dates(date(2024, 8, 19), date(2025, 8, 20))),
    ]
}

fn units() -> impl Strategy<Value = TargetUnits> {
    prop_oneof![
        Just(TargetUnits::Each(EachUnits::Counted)),
        prop::sample::select(CountingLevel::ALL)
            .prop_map(|level| TargetUnits::Each(EachUnits::Level(level))),
        name().prop_map(TargetUnits::Unit),
        name().prop_map(|kind| TargetUnits::Each(EachUnits::Kind(kind)))
    ]
}

pub(crate) fn target() -> impl Strategy<Value = Target> {
    let compare =
        (measure(), cmp(), bound(), prop::option::of(window()), prop::option::of(units()))
            .prop_map(|(measure, cmp, bound, window, units)| {
                let bound = TargetBound { percent: bound.percent && measure.is_share(), ..bound };
                Target::Compare(Comparison { measure, cmp, bound, window, units })
            });
    let atom = prop_oneof![6 => compare, 1 => name().prop_map(Target::Milestone), 1 => name().prop_map(Target::Attest)];
    atom.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Target::All),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Target::Any),
            (inner.clone(), inner).prop_map(|(floor, stretch)| Target::Tier {
                floor: Box::new(floor),
                stretch: Box::new(stretch)
            }),
        ]
    })
}
