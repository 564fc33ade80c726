## chance
chance-base-not-given-add = the base of { $code } is not given; add --base { $code }=NUMBER
chance-chance-cannot-told-use = the chance of { $target } cannot be told; use count, stock, a change of these, or ratio
chance-base-too-large-most = the base is too large, at most a million
chance-if-they-move-independently = { $chance } (if they move independently) to { $together } (if they move together)
chance-though-nothing-really-changed = Though nothing really changed, the whole target would be met by chance: { $range }.
chance-cases-true-share-exactly = With { $base } cases and a true share of exactly { $share } %, the target is met by chance { $chance } of the time.
chance-none = none
chance-if-nothing-really-changed = If nothing really changed ({ $base } cases on average, last number that meets { $limit }), the target would still be met by chance in { $chance } of years.

## coercive-quota
coercive-quota-target-asks-more-acts = the target asks for more acts of force upon persons ({ $names }); write it otherwise, or record which authority allows it

## evaluation
evaluation-nothing-met-before-end = nothing is called met before the end
evaluation = { $parts }.
evaluation-pace-not-known = Pace not known
evaluation-with-tier = { $word } ({ $tier })
evaluation-not-known = Not known
evaluation-with-members = { $head }: { $members }
evaluation-last-number-meets = last number that meets: { $limit }
evaluation-failures-allowed-too-many = { $allowed } failures are allowed, { $over } too many
evaluation-failures-allowed-still-left = { $allowed } failures are allowed, { $remaining } still left
evaluation-missing-reports = with the missing reports: { $lo } to { $hi }
evaluation-now = by now: { $allowed }
evaluation-needed-rest-against-last = needed on the rest against last year: { $change } %
evaluation-forecast-end = forecast for the end: { $forecast }
evaluation-chance-meeting-about = chance of meeting it about { $hundredths } %
evaluation-z-within-usual-variation = z = { $z }: within usual variation, not distinguishable from chance
evaluation-z-beyond-usual-variation = z = { $z }: beyond usual variation
evaluation-small-numbers-unstable = small numbers, unstable

## syntax-error
syntax-error-comparator = a comparator (> >= = <= <)
syntax-error-element-code-z-0 = an element's code (a-z, 0-9, _; at most { $limit } characters)
syntax-error-decimal-number-most-digits = a decimal number (at most { $digits } digits, { $decimals } after the point)
syntax-error-whole-number-from = a whole number from { $least } to { $most }
syntax-error-name-letters-digits-most = a name (letters, digits, _ - . ; at most { $limit } characters)
syntax-error-date-exists-as-2024 = a date that exists, as in 2024-08-19
syntax-error-end-date-after-start = an end date after the start date
syntax-error-end-text = the end of the text
syntax-error-number-without-what-measured = a number without %: what is measured is a number of cases, not a share
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
verdict-reason-NO_FIGURES = no figures are in
verdict-reason-NOT_ATTESTED = not attested yet
verdict-UNDETERMINED = Cannot be said yet
pace-ALREADY_MISSED = Already missed
verdict-reason-BRIDGED = compared over a bridge
verdict-reason-NO_BASELINE = there is no baseline; import one
verdict-reason-ZERO_BASE = the base is zero, so there is no percentage
verdict-reason-ZERO_DENOMINATOR = the denominator is zero: there is nothing to take a share of
verdict-reason-WAIVED = the missing reports have been accepted by signature
verdict-reason-TOO_LARGE = the figures are too large to be reckoned exactly; check them
verdict-reason-SMALL_BASE = the base is too small for a percentage; look one level up
verdict-reason-NO_BASELINE_TO_DATE = there is no baseline up to the same day; import one by period
verdict-reason-NEGATIVE_BASE = the base is below zero, so there is no percentage; check the baseline
verdict-reason-NESTED_CHANGE = the change of a change cannot be computed; write the target otherwise
verdict-reason-LOW_COVERAGE = fewer reports are in than the least required; ask for the missing ones
verdict-reason-PROVISIONAL = provisional: reports are missing, the verdict rests on what they are expected to hold
verdict-reason-MISSING_REPORTS = reports are missing, and missing is not zero; ask for the missing reports
verdict-reason-BROKEN_COMPARABILITY = the two periods differ in scope or definition; a bridge is needed before comparing
