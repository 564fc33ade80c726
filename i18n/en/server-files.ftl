## baseline
baseline-expected-got = expected { $expected }, got "{ $got }"

## csv-file
csv-file-column-missing-first-line = column { $missing } is missing; the first line has: { $got }

## csv-table
csv-table-unknown-column-columns = unknown column { $name }; the columns are { $requested }
csv-table-row-fields-heading = the row has { $line } fields, the heading has { $column_count }; make them equal
csv-table-most-rows-read = at most { $limit } rows are read; split the file
csv-table-heading-must-have-exactly = the heading must have exactly one column { $column }
csv-table-expected-got = expected { $expected }; got { $got }
csv-table-value-not-empty-field = a value, not an empty field
csv-table-date-such-as-2025 = a date such as 2025-07-01, or nothing

## handover
handover-closing-hand-opening = closing, hand or opening
handover-code-element = the code of an element
handover-whole-number-from-0 = a whole number from 0
handover-number-from-0 = a number from 0 with at most { $decimals } decimals
handover-one-line-each-stock = one line for each stock
handover-code-unit-declared = the code of a declared unit

## org
org-two-codes-stand-among = two different codes of declared units, weight 1, each later code once, and no cycle
org-date-such-as-2025 = a date such as 2025-07-01

## report-csv
report-csv-column-no-element-code = column "{ $head }" is not the code of an element; correct or remove it
report-csv-nil-report-no-cells = a nil report has no figures of events; remove one of the two
report-csv-line-says-nothing-give = the line has no figures; enter figures, or x under nil

## toml-reader
csv-file-line-unreadable = this line cannot be read: { $error }
org-weight-as = a number such as 1, 0.25 or 1/3 ({ $error })
report-csv-nil-word = nothing occurred
toml-reader-unreadable = the TOML file cannot be read: { $message }
toml-reader-last-day-comes-before = { $key }: the last day { $end } is before the first day { $start }; correct one of them
toml-reader-key-twice = this key occurs twice; remove one

## grant
grant-one-line-each-role = one line for each account, role and unit
grant-one-of-roles = one of { $codes }
grant-day-not-before = a day that is not before { $first }
grant-unit-open-on = a unit that is open on { $first }; in place of a closed one name its successor
