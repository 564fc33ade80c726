## chance
chance-none = none
chance-base-too-large-most = the base is too large, at most a million
chance-base-not-given-add = the base of { $code } is not given; add --base { $code }=NUMBER
chance-if-they-move-independently = { $chance } (if they move independently) to { $together } (if they move together)
chance-though-nothing-really-changed = Though nothing really changed, the whole target would be met by chance: { $range }.
chance-cases-true-share-exactly = With { $base } cases and a true share of exactly { $share } %, the target is met by chance { $chance } of the time.
chance-chance-cannot-told-use = the chance of { $target } cannot be told; use count, stock, a change of these, or ratio
chance-if-nothing-really-changed = If nothing really changed ({ $base } cases on average, last number that meets { $limit }), the target would still be met by chance in { $chance } of years.

## coercive-quota
coercive-quota-target-asks-more-acts = the target asks for more acts of force upon persons ({ $names }); write it otherwise, or record which authority allows it

## evaluation-text
evaluation-text-not-known = Not known
evaluation-text-pace-not-known = Pace not known
evaluation-text-small-numbers-unstable = small numbers, unstable
evaluation-text-now = by now: { $allowed }
evaluation-text-forecast-end = forecast for the end: { $forecast }
evaluation-text-z-beyond-usual-variation = z = { $z }: beyond usual variation
evaluation-text-last-number-meets = last number that meets: { $limit }
evaluation-text-nothing-called-met-before = nothing is called met before the end
evaluation-text-chance-meeting-about = chance of meeting it about { $hundredths } %
evaluation-text-missing-reports = with the missing reports: { $lo } to { $hi }
evaluation-text-needed-rest-against-last = needed on the rest against last year: { $change } %
evaluation-text-failures-allowed-too-many = { $allowed } failures are allowed, { $over } too many
evaluation-text-failures-allowed-still-left = { $allowed } failures are allowed, { $remaining } still left
evaluation-text-z-within-usual-variation = z = { $z }: within usual variation, not distinguishable from chance

## syntax-error
syntax-error-or = { " " }or{ " " }
syntax-error-end-text = the end of the text
syntax-error-members = members
syntax-error-elements-sum = elements in a sum
syntax-error-bytes-text = bytes of text
syntax-error-levels-nesting = levels of nesting
syntax-error-comparator = a comparator (> >= = <= <)
syntax-error-most = at most { $limit } { $en }
syntax-error-end-date-after-start = an end date after the start date
syntax-error-date-exists-as-2024 = a date that exists, as in 2024-08-19
syntax-error-whole-number-from = a whole number from { $least } to { $most }
syntax-error-column-found-expected = column { $column }: found `{ $found }`; expected { $expected }
syntax-error-name-letters-digits-most = a name (letters, digits, _ - . ; at most { $value } characters)
syntax-error-column-text-ends-too = column { $column }: the text ends too early; expected { $expected }
syntax-error-number-without-what-measured = a number without %: what is measured is a number of cases, not a share
syntax-error-count-stock-ratio-rate = count, stock, ratio or rate: the change of a change cannot be computed
syntax-error-element-code-z-0 = an element's code (a-z, 0-9, _; at most { $value } characters)
syntax-error-decimal-number-most-digits = a decimal number (at most { $value } digits, { $value_2 } after the point)

## verdict
verdict-met = Met
verdict-floor = floor
verdict-missed = Missed
verdict-behind = Behind
verdict-stretch = stretch
verdict-pace = On pace
verdict-no-figures = No figures
verdict-not-applicable = Not applicable
verdict-not-comparable = Not comparable
verdict-no-figures-2 = no figures are in
verdict-not-attested-yet = not attested yet
verdict-cannot-said-yet = Cannot be said yet
verdict-already-missed = Already missed
verdict-compared-over-bridge = compared over a bridge
verdict-there-no-baseline-import = there is no baseline; import one
verdict-base-zero-so-there = the base is zero, so there is no percentage
verdict-denominator-zero-there-nothing = the denominator is zero: there is nothing to take a share of
verdict-missing-reports-have-been = the missing reports have been accepted by signature
verdict-figures-too-large-reckoned = the figures are too large to be reckoned exactly; check them
verdict-base-too-small-percentage = the base is too small for a percentage; look one level up
verdict-there-no-baseline-up = there is no baseline up to the same day; import one by period
verdict-base-below-zero-so = the base is below zero, so there is no percentage; check the baseline
verdict-change-change-cannot-computed = the change of a change cannot be computed; write the target otherwise
verdict-fewer-reports-least-required = fewer reports are in than the least required; ask for the missing ones
verdict-provisional-reports-missing-verdict = provisional: reports are missing, the verdict rests on what they are expected to hold
verdict-reports-missing-missing-not = reports are missing, and missing is not zero; ask for the missing reports
verdict-two-periods-differ-scope = the two periods differ in scope or definition; a bridge is needed before comparing
