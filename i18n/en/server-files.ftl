## baseline
baseline-expected-got = expected { $expected }, got "{ $got }"
baseline-source-text = the text that the figure comes from

## csv-table
csv-table-unknown-column-columns = unknown column { $name }; the columns are { $requested }
csv-table-expected-got = expected { $expected }; got { $got }
csv-table-value-not-empty-field = a value, not an empty field

## handover
handover-closing-hand-opening = closing, hand or opening
handover-code-element = the code of an element
handover-whole-number-from-0 = a whole number from 0
handover-number-from-0 = a number from 0 with at most { $decimals } decimals
handover-one-line-each-stock = one line for each stock
handover-code-unit-declared = the code of a declared unit

## org
org-two-codes-stand-among = two different codes of declared units, weight 1, each later code once, and no cycle
org-code-changed = { $uid }: official code { $old } -> { $new } from { $from }; correct the code, name the legal basis in a line "continue" of lineage.csv, or pass --accept-code-changes
org-code-lost-zeros = code { $code } has lost zeros: { $meant } -> { $code }; a unit of this level has { $width } digits; format the column as text and type the code again
org-code-width = code { $code } is not a code of { $width } digits, as units of this level have; correct it
org-date-such-as-2025 = a date such as 2025-07-01

## report-csv
report-csv-column-no-element-code = column "{ $head }" is not the code of an element; correct or remove it
report-csv-nil-report-no-cells = a nil report has no figures of events; remove one of the two
report-csv-line-says-nothing-give = the line has no figures; enter figures, or x under nil

## table
table-most-rows = at most { $limit } rows are read; split the file
table-most-cells = the sheet has more than { $limit } cells; delete what stands to the right of the table, or split the file
table-most-columns = at most { $limit } columns are read; delete what stands to the right of the table
table-old-workbook = this is an old Excel file (.xls) or one with a password; save it as .xlsx without a password, or as "CSV UTF-8"
table-ods-workbook = this is an ODS workbook, which is not read; save it as .xlsx, or as "CSV UTF-8"
table-utf-16 = the file is UTF-16; in Excel save it as "CSV UTF-8" or as .xlsx
table-not-utf-8 = the file is not UTF-8; in Excel save it as "CSV UTF-8" or as .xlsx
table-tcvn3 = "{ $typed }" is in TCVN3 (a font .Vn...), in Unicode "{ $decoded }"; convert the file to Unicode and save it again
table-vni = "{ $typed }" is in VNI (a font VNI-...); convert the file to Unicode and save it again
table-stray-quote = a quote stands inside a cell that does not begin with one; put the whole cell in quotes and write each quote in it twice
table-open-quote = this quote never closes; close it or remove it
table-bad-workbook = the workbook cannot be read; open it in Excel or LibreOffice and save it again as .xlsx
table-workbook-too-large = the workbook unpacks to more than { $limit } MiB; keep the sheet with the table only
table-no-sheet = the workbook has no visible sheet with a table; show the sheet or choose the right file
table-many-sheets = the workbook has several sheets: { $names }; keep one, and hide or delete the others
table-hidden-rows = { $count } hidden rows are read too: { $rows }; delete them if they are not meant
table-hidden-sheet = the hidden sheet "{ $name }" is not read
table-column-missing = column { $missing } is missing; the header has: { $got }
table-column-without-name = this column has data and no name (a merged cell leaves the others empty); give it a name, or delete the column
table-column-twice = column { $name } stands in columns { $first } and { $second }; delete one
table-title-above = a title stands above the header; delete every row above row { $line }
table-merged-cells = merged cells cover rows { $first } to { $last }, and only the first cell has a value; unmerge them and fill every cell
table-total-row = this row is a total ("{ $word }"); delete it, totals are computed
table-total-words = total; grand total; sum; subtotal
table-row-shape = the row has { $count } fields, the header has { $width }; a comma inside a text or a number needs quotes around the cell
table-row-repeated = { $what } stands in row { $earlier } and again in row { $line }; delete one
table-became-a-day = the spreadsheet made the day { $day } of this cell; format the column as text and type the value again
table-formula-without-value = the formula has no value; open the file in Excel or LibreOffice, let it compute and save it, or type the value
table-bad-cell = "{ $typed }" is neither a text, a number nor a day; type the value
table-exponent = "{ $typed }" is a number as a spreadsheet shortens it (perhaps { $meant }), digits and leading zeros may be lost; format the column as text and type the value again
table-not-a-day = "{ $typed }" is no day; write 2026-11-16 or 16/11/2026
table-day-two-ways = "{ $typed }" may be { $one } or { $other }; write the year with four digits, as in 2026-11-16
table-day-month-first = "{ $typed }" has the month first ({ $day }); write 2026-11-16 or 16/11/2026
table-day-number = "{ $typed }" is the number of a day in a spreadsheet ({ $day }); format the column as a date, or write 2026-11-16
table-number-two-ways = "{ $typed }" may be { $decimal } or { $thousands }; say which mark the decimals have: --decimal point|comma, or a column number_format with point or comma
table-number-other-mark = "{ $typed }" does not fit the decimal mark "{ $mark }" of the file; correct the figure or the mark

## toml-reader
org-weight-as = a number such as 1, 0.25 or 1/3 ({ $error })
report-csv-nil-word = nothing occurred
report-csv-missing-awaiting-source = awaiting the figure of another body
report-csv-missing-not-counted = not counted at this unit in this period
report-csv-missing-see-note = see the note
report-csv-nothing-missing = no cell is empty, so nothing is missing; delete the reason, or the figure that there is not
toml-reader-unreadable = the TOML file cannot be read: { $message }
toml-reader-last-day-comes-before = { $key }: the last day { $end } is before the first day { $start }; correct one of them
toml-reader-key-twice = this key occurs twice; remove one

## grant
grant-one-of-roles = one of { $codes }
grant-day-not-before = a day that is not before { $first }
grant-one-line-each-role = one line for each account, role and unit
grant-unit-open-on = a unit that is open on { $first }; in place of a closed one name its successor

## report-template
template-title = { $form }, { $period }. Fill in the white cells only and save the file; the grey columns have the figures of the last period.
template-sheet = Reports
template-contract = Contract
template-unit = Unit code
template-unit-name = Unit
template-first-day = From
template-last-day = To
template-nil = Nothing occurred
template-missing = Why figures are missing
template-note = Note
template-last = Last period: { $name }
template-refused = Not accepted
template-figure-whole = { $name }: a whole number from { $least } to { $most }. If there is no figure yet, leave it blank and choose the reason; if nothing occurred, enter 0.
template-figure = { $name }: a number from { $least } to { $most } with at most { $decimals } decimals. If there is no figure yet, leave it blank and choose the reason.
template-nil-how = Choose it if nothing occurred in the whole period; leave the figures of events blank, and fill in stocks.
template-missing-how = Choose the reason for all figures of this row that are blank.
template-note-how = At most 500 characters; no numbers of identity papers, telephones or plates, and no names of persons.
template-no-such-period = there is no period "{ $period }" for which these units owe a report; write it as 2024-W34, 34/2024, 2026-07 or its first day, and check the codes of the units
template-ambiguous-period = "{ $period }" may be { $count } periods ({ $names }); write the code of one, or its first day
template-no-such-contract = no reporting contract { $contract } is in force; use one of { $codes }, or approve the draft of its campaign first
