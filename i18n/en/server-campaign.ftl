## amendment
amendment-campaign-concluded-not-changed = the campaign is concluded and can no longer be changed; create a new one
amendment-campaign-so-change-amendment = the campaign is { $status }, so this change ({ $parts }) is an amendment; add --basis "number, day and title of the decision"

## check
check-contract = contract
check-nothing-secret-may-enter = { $classification }: secret content may not enter this system; remove it and set NOT_SECRET
check-launch-comes-after-last = the day of the launch is after the last day; check both days
check-deadline-after-last = the last day on which units register in time is after the last day of the campaign; check both days
check-phase-must-begin-here = phase { $index } must begin on { $next }; the file has phase { $no } from { $start }; correct the day
check-phases-end-before-campaign = the phases end before { $last }, the campaign ends before { $end }; both must be the same day, correct one
check-lines-most-merge-some = { $count } items, { $limit } at most; merge some or create another campaign
check-years-do-not-make = { $origin } plus { $ordinal } years is not { $on }; keep the published words and add a correction
check-evidence-does-not-fit = the evidence does not fit: ATTESTATION needs an EVENT_FLAG element and due > 0, ACTIVITY_COUNT a FLOW element, NARRATIVE none; correct it
check-not-given-fill = { $key } is missing; fill it in
check-there-no-declare-mend = there is no { $kind } { $name }; declare it or correct the code
check-no-contract-campaign-brings = no contract of this campaign collects element { $element }; add the contract or correct the code

## check-target
check-target-target-no-words-fill = the target has no text; fill in text_vi and text_en
check-target-coverage-min-thousandths-0 = coverage_min is in thousandths; enter 0 to 1000
check-target-element-measure-stock-stock = element { $code } is a { $kind }: measure a STOCK by stock(...@end), anything else by count(...)
check-target-there-no-duty-evidence = there is no duty { $name } with evidence ATTESTATION; declare it under duties or correct the name
check-target-there-no-phase-declare = there is no phase { $no }; declare it under phases or correct the number
check-target-campaign-holds-no-milestone = the campaign has no milestone { $name }; use attest(...) or dates
check-target-baseline-says-formula-uses = baseline says { $declared }, the formula uses { $used }; make them agree
check-target-binding-target-needs-fill = a BINDING target needs { $key } ({ $values }); fill it in, or use STRIVE
check-target-base-shares-days-measured = base { $window } overlaps the measured window by { $days } days; change it or give overlap_waiver
check-target-how-target-could-met = the risk of meeting the target on paper only is not described in Vietnamese (gaming_note); write a sentence
check-target-reduction-ratio-needs-something = a reduction or a ratio needs a paired figure other than itself (pairs); add one
check-target-unit-itself-decides-below = the unit itself decides on { $code } in the denominator; add a count to pairs
check-target-there-no-other-target = there is no other target { $code } to pair with; correct pairs
check-target-counts-work-done-more = { $code } counts work done: more is not better by itself; prefer a target on results
check-target-asks-more-which-acts = the target asks for more { $code }, which are coercive measures against persons; allowed by: { $authority }
check-target-no-target-may-ask = no target may ask for more { $code } (arrests, fines, stops); remove it
check-target-phases-value = there is no phase { $no }; phases takes: { $values } (0 is the whole campaign)
check-target-phases-window = a target with a window of its own (in ...) is judged once, in the whole campaign; remove phases
check-target-last-day-outside = last_day { $last } does not close it early; name a day from { $first } to before { $end }, or leave last_day out
check-target-last-day-window = the formula has a window of its own, so last_day does not apply; end that window instead
check-target-last-day-cuts = last_day { $last } lies inside the report of { $unit } from { $from } to { $to }; name a day on which a period of every unit ends: { $day }
check-target-last-day-cuts-all = last_day { $last } lies inside the report of { $unit } from { $from } to { $to }; name a day on which a period of every unit ends
check-target-window-ends-early = in A..B leaves out day B: the target stops before { $end }. To include { $end }, write { $next }
check-target-basis-cohort = a ratio on the basis cohort cannot be computed yet; use period or stock
check-target-basis-stock = a ratio on the basis stock (opening and new) has a sense only over the whole campaign; remove in ... or write phases = [0]
check-target-allocation-same-rate = allocation = "SAME_RATE" is for ratios and relative changes against a unit's own figures; for absolute numbers use "PROPORTIONAL" or a table
check-target-allocation-share = allocation = "PROPORTIONAL" is for one count(...) or stock(...), or its change against same_window_prior_year or fixed(...), without by; use "SAME_RATE" or remove allocation
check-target-allocation-table = a table is for one count(...) or stock(...), or its change against fixed(...), without by; use "PROPORTIONAL", "SAME_RATE" or remove allocation
check-target-allocation-sum = the parts of the table add up to { $sum } and must add up to { $limit }; correct the table
check-target-pace-floor = pace is for one count(...) >= or > that is not compared with last year; remove pace
check-target-pace-milestones = the milestones of pace must be in the order of days, within the window of the target, never falling and not beyond the target; correct the milestones
check-no-such-field = there is no field { $field }; use one of { $known }, or declare it under [[fields]] in the file of the elements
check-no-fields-declared = no field of work is declared, so { $field } is shown without a name; add [[fields]] with code, name_vi, name_en to the file of the elements

## lifecycle
lifecycle-earliest-today-wait-until = the earliest day is { $day }; today is { $today }, wait until then
lifecycle-day-launch-not-given = the day of the launch is missing; fill in launched_on
lifecycle-campaign-cannot-possible = a campaign that is { $status } cannot take the step { $step }; possible steps: { $allowed }
lifecycle-unit-no-way-up = the unit has no direct superior (COMMAND) on the first day; add a parent
lifecycle-missing-reports = cannot be concluded: { $count } reports are missing: { $list }. Remind the units, review the reports that wait, or waive each one with campaign waive
lifecycle-reopen-needs-two-persons = reopening a concluded campaign needs two persons; use campaign reopen
award-not-concluded = the campaign is { $status }; an award is decided on a concluded campaign: conclude it first
award-decided = the decision { $reference } of { $day } on the award rests on this campaign; revoke it first with campaign award revoke
award-day-in-future = the decision's day { $day } is after today ({ $today }); give the day on the document
award-other-document = waiting for the second person is { $reference } of { $day }; give that number and day or neither, or withdraw it with campaign award withdraw
award-text-not-given = --{ $name } is missing; give it
award-not-decided = no decision on an award rests on this campaign; there is nothing to revoke
award-nothing-to-withdraw = nothing about the award waits for a second person; a confirmed decision is revoked with campaign award revoke
conclusion-no-phase-left = on { $today } no phase is left to be reviewed; use campaign rehearse conclusion
campaign-status-DRAFT = draft
campaign-status-ARCHIVED = archived
campaign-status-APPROVED = approved
campaign-status-LAUNCHED = launched
campaign-status-SUSPENDED = suspended
campaign-status-ACTIVE = running
campaign-status-CONCLUDED = concluded
campaign-status-CLOSED_EARLY = closed early
campaign-status-UNDER_REVIEW = under review
campaign-status-CLOSING = over, figures being closed

## participation
participation-comes-after-campaign-last = { $held_on } is after the campaign's last day; check it
participation-campaign-no-target-mend = the campaign has no target { $target }; correct the code
participation-unit-two-plans-force = the unit has two plans in force; set SUPERSEDED for the old one
participation-plan-does-not-go = a plan cannot change from { $from } to { $to }; take the steps in order

## check-context
check-context-element-too-large = the greatest figure { $most } (without the decimal point) x { $units } units x { $periods } periods in ten years passes 10^18; set max to at most { $limit }, or a smaller scale
check-context-no-launch-day = launched_on is not given: the campaign will be approved and judged nightly but never launched; give the day of the launch
check-context-lease-shorter = a phone locks its data after { $lease } days without contact, and contract { $code } is reported every { $days } days: phones that have contact once a period will be locked; set limits.offline_lease_days of the server to more than { $days }
check-context-always-met = all figures meet this comparison, nobody can miss it; check the sign and the bound
check-context-never-met = no figures can meet this comparison; check the sign and the bound
check-context-target-outside = the days of the target lie outside the measured days, so there will be no figures; check the dates
check-context-no-units-at-level = contract { $code } is reported at level { $level }, at which no unit is open on the measured days; check the level or import the organisation
check-context-unit-not-open = unit { $uid } is not open on any day of the campaign; name its successor
check-context-unknown-unit = there is no unit { $uid }; correct the code or import the organisation
check-context-unknown-unit-near = there is no unit { $uid }; did you mean { $near }?
check-context-unknown-kind = no open unit is of kind { $kind }; the kinds are { $list }
check-context-text-names-closed-unit = the text names "{ $name }", which is not open on any day of the campaign; name the unit of these days
check-context-due-beyond-reports = { $due } attestations are due, and the reports of the campaign can hold { $most }; check the number
check-context-text-names-level = the text says "{ $word }", and no unit of level { $kind } is open on any day of the campaign; check the text or the organisation

## words of levels in Vietnamese texts, one word each
level-word-district = huyện
