## amendment
amendment-campaign-concluded-not-changed = the campaign is concluded and is not changed any more; write a new one
amendment-campaign-so-change-amendment = the campaign is { $status }, so this change ({ $parts }) is an amendment; add --basis "number, day and title of the decision"

## check
check-contract = contract
check-nothing-secret-may-enter = { $classification }: nothing secret may enter this system; take it out and say NOT_SECRET
check-launch-comes-after-last = the launch comes after the last day; look at both days again
check-phase-must-begin-here = phase { $index } must begin on { $next }; here is phase { $no } from { $start }
check-phases-end-before-campaign = the phases end before { $last }, the campaign before { $end }; the two must be one day
check-lines-most-merge-some = { $count } lines, { $limit } at most; merge some or make another campaign
check-years-do-not-make = { $origin } and { $ordinal } years do not make { $on }; keep the words as published and add a correction
check-evidence-does-not-fit = evidence does not fit: ATTESTATION needs an EVENT_FLAG element and due > 0, ACTIVITY_COUNT a FLOW element, NARRATIVE none
check-not-given-fill = { $key } is not given; fill it in
check-there-no-declare-mend = there is no { $kind } { $name }; declare it or mend the code
check-no-contract-campaign-brings = no contract of this campaign brings in element { $element }; add the contract or mend the code

## check-target
check-target-target-no-words-fill = the target has no words; fill in text_vi and text_en
check-target-coverage-min-thousandths-0 = coverage_min is in thousandths, 0 to 1000
check-target-element-measure-stock-stock = element { $code } is a { $kind }: measure a STOCK by stock(...@end), anything else by count(...)
check-target-there-no-duty-evidence = there is no duty { $name } with evidence ATTESTATION; declare it under duties or mend the name
check-target-there-no-phase-declare = there is no phase { $no }; declare it under phases or mend the number
check-target-campaign-holds-no-milestone = the campaign holds no milestone { $name }; use attest(...) or dates
check-target-baseline-says-formula-uses = baseline says { $declared }, the formula uses { $used }; make them agree
check-target-binding-target-needs-fill = a BINDING target needs { $key }; fill it in, or say STRIVE
check-target-base-shares-days-measured = base { $window } shares { $days } days with the measured ones; change it or give overlap_waiver
check-target-how-target-could-met = how the target could be met without the work is not said in Vietnamese (gaming_note); write a sentence
check-target-reduction-ratio-needs-something = a reduction or a ratio needs something beside itself that is printed with it (pairs)
check-target-unit-itself-decides-below = the unit itself decides on { $code } below the line; add a count to pairs
check-target-there-no-other-target = there is no other target { $code } to stand beside; mend pairs
check-target-counts-work-done-more = { $code } counts work done: more is not better by itself; prefer a target on results
check-target-asks-more-which-acts = asks for more { $code }, which are acts of force upon persons; allowed by: { $authority }
check-target-no-target-may-ask = no target may ask for more { $code } (arrests, fines, stops); take it out

## lifecycle
lifecycle-earliest-today-wait-until = { $day } at the earliest; today is { $today }, wait until then
lifecycle-day-launch-not-given = the day of the launch is not given; fill in launched_on
lifecycle-campaign-cannot-possible = a campaign that is { $status } cannot { $step }; possible: { $allowed }
lifecycle-unit-no-way-up = the unit has no way up in COMMAND on the first day; give it a parent
campaign-status-DRAFT = draft
campaign-status-ARCHIVED = archived
campaign-status-APPROVED = approved
campaign-status-LAUNCHED = launched
campaign-status-SUSPENDED = suspended
campaign-status-ACTIVE = running
campaign-status-CONCLUDED = concluded
campaign-status-CLOSED_EARLY = closed early
campaign-status-UNDER_REVIEW = under review
campaign-status-CLOSING = over, late reports still come

## participation
participation-comes-after-campaign-last = { $held_on } comes after the campaign's last day; look at it again
participation-campaign-no-target-mend = the campaign has no target { $target }; mend the code
participation-unit-two-plans-force = the unit has two plans in force; say SUPERSEDED of the old one
participation-plan-does-not-go = a plan does not go from { $from } to { $to }; take the steps in order
