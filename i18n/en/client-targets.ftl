## chance
chance-base-not-given-add = the base of { $code } is not given; add --base { $code }=NUMBER
chance-chance-cannot-told-use = the chance of meeting { $target } without a real change cannot be computed; use count, stock, a change of count or stock, or ratio
chance-base-too-large-most = the base is too large; enter at most a million
chance-if-they-move-independently = { $chance } (if the figures are independent) to { $together } (if they rise and fall together)
chance-though-nothing-really-changed = If nothing really changed, the whole target would still be met by chance: { $range }.
chance-cases-true-share-exactly = With a denominator of { $base } and a true share of exactly { $share } %, the target is met by chance { $chance } of the time.
chance-none = none
chance-if-nothing-really-changed = If nothing really changed (average { $base }, limit { $limit }), the target would still be met by chance in { $chance } of years.

## coercive-quota
coercive-quota-target-asks-more-acts = the target asks for more coercive measures against persons ({ $names }); rewrite it, or record which authority allows it

## evaluation
evaluation-nothing-met-before-end = no target is concluded as met before the end
evaluation = { $parts }.
evaluation-pace-not-known = Pace not known
evaluation-with-tier = { $word } ({ $tier })
evaluation-not-known = Not known
evaluation-with-members = { $head }: { $members }
evaluation-last-number-meets = limit: { $limit }
evaluation-failures-allowed-too-many = maximum { $allowed } failures, exceeded by { $over }
evaluation-failures-allowed-still-left = maximum { $allowed } failures, { $remaining } below the maximum
evaluation-missing-reports = including the missing reports: { $lo } to { $hi }
evaluation-now = limit so far: { $allowed }
evaluation-needed-rest-against-last = required for the rest, compared with last year: { $change } %
evaluation-forecast-end = forecast for the end: { $forecast }
evaluation-chance-meeting-about = chance of meeting the target: about { $hundredths } %
evaluation-z-within-usual-variation = z = { $z }: within usual variation, not distinguishable from chance
evaluation-z-beyond-usual-variation = z = { $z }: beyond usual variation
evaluation-small-numbers-unstable = small numbers, unstable

## syntax-error
syntax-error-comparator = a comparator (> >= = <= <)
syntax-error-element-code-z-0 = an element's code (a-z, 0-9, _; at most { $limit } characters)
syntax-error-decimal-number-most-digits = a decimal number (at most { $digits } digits, { $decimals } after the point)
syntax-error-whole-number-from = a whole number from { $least } to { $most }
syntax-error-name-letters-digits-most = a name (letters, digits, _ - . ; at most { $limit } characters)
syntax-error-date-exists-as-2024 = a valid date, such as 2024-08-19
syntax-error-end-date-after-start = an end date after the start date
syntax-error-end-text = the end of the text
syntax-error-number-without-what-measured = a number without %: the measure is a count, not a share
syntax-error-count-stock-ratio-rate = count, stock, ratio or rate: the change of a change cannot be computed
syntax-error-levels-nesting = levels of nesting
syntax-error-members = members
syntax-error-elements-sum = elements in a sum
syntax-error-bytes-text = bytes of text
syntax-error-most = at most { $limit } { $what }
syntax-error-column-text-ends-too = column { $column }: the text ends too early; expected { $expected }
syntax-error-column-found-expected = column { $column }: found `{ $found }`; expected { $expected }

## verdict
verdict-MET = Met
tier-floor = floor
verdict-MISSED = Missed
pace-BEHIND = Behind
tier-stretch = stretch
pace-ON_PACE = On pace
verdict-NO_DATA = No figures
verdict-NOT_APPLICABLE = Not applicable
verdict-NOT_COMPARABLE = Not comparable
verdict-reason-NO_FIGURES = no figures yet
verdict-reason-NOT_ATTESTED = not attested yet
verdict-UNDETERMINED = Not determined yet
pace-ALREADY_MISSED = Certain to be missed
verdict-reason-BRIDGED = compared over a bridge between definitions
verdict-reason-NO_BASELINE = there is no baseline; import one
verdict-reason-ZERO_BASE = the base is zero, so there is no percentage
verdict-reason-ZERO_DENOMINATOR = the denominator is zero: there is nothing to compute a share of
verdict-reason-WAIVED = the missing reports have been waived by signature
verdict-reason-TOO_LARGE = the figures are too large to be computed exactly; check them
verdict-reason-SMALL_BASE = the base is too small for a percentage; see the level above
verdict-reason-NO_BASELINE_TO_DATE = there is no baseline up to the same day; import one by period
verdict-reason-NEGATIVE_BASE = the base is below zero, so there is no percentage; check the baseline
verdict-reason-NESTED_CHANGE = the change of a change cannot be computed; rewrite the target
verdict-reason-HOLDER_ENDED = a unit that held this stock has closed and no unit has taken it over; have the hand-over signed, or move the element by an amendment
verdict-reason-BEFORE_DUE = decided already by accepted figures of periods that are not due yet
verdict-reason-LOW_COVERAGE = fewer reports are received than the minimum; ask for the missing ones
verdict-reason-PROVISIONAL = provisional: reports are missing, the verdict rests on expected figures
verdict-reason-MISSING_REPORTS = reports are missing, and missing is not zero; ask for the missing reports
verdict-reason-BROKEN_COMPARABILITY = the two periods differ in scope or definition; a bridge is needed before comparing
verdict-reason-NO_SHARE = the unit has no share of this target
