## check
check-first-does-not = ; first phone that does not:
check-phones-agree-server-count = { $agree } of { $total } phones agree with the server (count and digest of every scope){ $odd }
check-headline-happened-never-reported =
    { $element }: happened { $happened } - never reported { $never } + planted errors left { $errors }
    { "                " }- not yet accepted { $waiting } = official { $official }; all { $elements } elements, { $all } lines of units match
check-lines-do-not-balance = { $wrong } lines do not match, first { $unit } { $code }: reference data { $line }, phone { $presented }
check-figures-behind-published-standings =
    { $compared } source figures of { $all } published standings match the reference data
    { "                " }digest of this seed's standings: { $print }
check-standings-books-differ-first = standings and reference data differ, first { $wrong }
check-commands-typed-taken-server = { $typed } commands entered, { $answered } received by the server, { $again } sent again, none applied twice
check-commands-refused-first = { $all } commands refused, first { $first }
check-audit-chain-unbroken-entries = audit chain unbroken, { $rows } entries, head { $head }...
check-audit-chain-broken = audit chain broken at { $at }
check-partner-reads = a partner agency reads { $lines } lines of { $units } units: { $hidden } cells hidden, { $small } small ones shown

## demo
demo-ended-as-asked = stopped as requested
demo-steps-out-of-range = { $steps } steps cannot be lived; choose 1 to { $most }

## morning-page
morning-page-morning-page-figures-ends = morning report: { $compared } figures and ends of courses match the reference data, every target is included
morning-page-figures-morning-page-wrong = { $all } figures of the morning report are wrong, first { $first }

## screen
screen-real-units-invented-figures = real units, invented figures
screen-everything-invented = units and figures are invented
screen-our-assumption-published-text = (* = our assumption; the published text does not say)
screen-server-2 = server
screen-office = Office in the browser: synthetic accounts and passwords
screen-desk-leader = leader
screen-desk-reviewer = reviewer
screen-desk-administrator = administrator
screen-field-app = Field app in the browser
screen-communes-districts-departments-rows = { $communes } communes, { $districts } districts, { $departments } departments*, { $rows } rows of last year's figures
screen-units-rows = { $units } reporting units, { $rows } rows of last year's figures
screen-import = import
screen-lines-work = { $work } lines of work
screen-targets = { $targets } targets
screen-campaign-phases = campaign { $code }: { $phases } phases{ $star }, { $what }
screen-phones-communes-have-two = { $phones } phones ({ $seconds } units have two; one for review at the top)
screen-enrol = enrol
screen-lived-from-until = { $time }, from { $first } until before { $end }
screen-so-many-weeks = { $steps } weeks
screen-so-many-months = { $steps } months
screen-live = simulate
screen-last-run-cut = ; last: run { $number }, cut-off { $cut_seq }, { $at }
screen-nights = { $nights } nightly runs{ $last }
screen-night = nightly
screen-campaign-province-view-as = CAMPAIGN { $code }    whole authority, organisation as in each period, accepted figures only
screen-lies = ; { $last } is in { $name }
screen-judged-here = Window judged
screen-nothing-called-met-before = No target is concluded as MET before its window is over.
screen-whole-campaign = the whole campaign
screen-still-running = RUNNING
screen-over = over
screen-reports = REPORTS
screen-expected-received-these-nil = { " " }expected { $expected } | received { $received } ({ $share } %), of which nil { $nil } | late { $late } | missing { $missing }
screen-accepted-waiting-review-returned = { " " }accepted { $accepted } | waiting for review { $waiting } | returned, not yet sent again { $returned } | missing is not zero
screen-units-code-order-not = { $units } in code order; this is not a ranking. { $target }: { $element }
screen-the-districts = DISTRICTS
screen-the-units = UNITS
screen-more-full = { $presented } more: --full
screen-no-unit-can-told = By these figures, every unit's difference from last year is within usual variation.
screen-phones = PHONES
screen-syncs-them-one-call = { $syncs } syncs, { $single } of them in one call
screen-nothing-new-b-one = nothing new { $nothing } B, one report { $report } B, first with the TLS handshake { $first } B (medians); a new token { $token } B
screen-answers-lost-purpose-commands = { $lost } answers lost on purpose, { $again } commands sent again
screen-reports-edited-two-phones = reports edited on two phones: { $merged } merged, { $conflicts } conflicts (both values kept, settled by the unit head)
screen-morning-page = MORNING REPORT
screen-judged-there = Window judged
screen-checked = CHECKED
screen-not-shown-here-power = not shown here: power loss, two servers, scoring (docs/STATUS.md)
screen-look-further-thidua-demo = SEE ALSO       thidua demo --serve   keep it running for an app or a partner
screen-look-behind-a-number = { "               " }thidua -d { $dir } standings --campaign { $campaign } --why { $target }   the reports behind a number
screen-phones-back-after = { $time }: { $phones } phones back online after 3 weeks without signal
screen-stocks-handed-over = { $day }: the hand-over of stocks is signed by two persons ({ $lines } lines)
screen-merger-communes-grants-moved = { $day }: a merger, { $before } -> { $after } units; { $accounts } grants moved to the successor
screen-server = SERVER
screen-code-commune = enrolment code for a commune
screen-code-reviewer = enrolment code for a reviewer
screen-key-partner-agency = key of a partner agency
screen-week = week { $step }
screen-month = month { $step }

## target-table
screen-synthetic = DỮ LIỆU GIẢ LẬP - SYNTHETIC
screen-one-province = One authority, { $time }, { $phones } phones, one server, one database.     Tiếng Việt: --lang vi
target-table-last-year-0 = last year was 0
target-table-now = now
target-table-to-date = { $sign } { $now } to date
target-table-end = { $sign } { $limit } at end
target-table-all = all of
target-table-any = any of
target-table-floor-stretch = floor, stretch
target-table-attested = attested
target-table-meet-year-most-more = maximum of the year: { $limit }, { $max } below the maximum
target-table-reports-still-missing-can = { " " }Missing reports can only make the result worse.
target-table-p-meet-about-0 = The chance of meeting it is about { $percent } %.{ $missing }
target-table-not-one-may-left = the target requires that none is left out
target-table-failures-may-still-come = maximum { $allowed } failures, { $remaining } below the maximum
target-table-may-stay-open-too = maximum { $allowed } failures, exceeded by { $remaining }
target-table-read = paired figures:
target-table-too-few-percentage = figures too small for a percentage
target-table-within-usual-variation = within usual variation
target-table-beyond-usual-variation-worth = beyond usual variation: to be checked
measurements-synthetic = DỮ LIỆU GIẢ LẬP (SYNTHETIC), seed { $seed }, { $weeks } weeks{ "\u000A" }
target-table-target = target
target-table-last-year = last year
target-table-needed = needed
target-table-state = state
