## baseline
baseline-there-no-unit-mend = there is no unit { $uid }; correct the code or import the organisation first
baseline-there-no-element-mend = there is no element { $code }; correct the code
baseline-element-counted-unit-enter = this element is counted at { $own }, the unit is at { $level }; enter it at { $own }
baseline-value-below-look-again = the value is below { $min }; check it
baseline-shares-days-data-row = overlaps data row { $row } ({ $window }); each day is counted once

## text
verdict-NOT_COUNTED_HERE = Not counted at this level
verdict-CONTRIBUTION = Not judged here; this is what it adds
each-met-of-judged = { $met } of { $judged } units meet it
each-others = not met: { $units }
each-neutral = not judged: { $units }
each-unit = { $unit } ({ $state })
each-neutral-reason-EXPOSURE = it existed for less than three quarters of the days
each-neutral-reason-CLOSED = closed
check-target-allocation-unit = the table names unit { $uid }, which is not in the organisation; correct the uid
check-target-allocation-no-base = the target cannot be shared over bases: a unit has no figures of the same days last year, or all bases are zero; import a baseline or use a table
figure-no-data = no data
state-group-not-judged = Not judged here
