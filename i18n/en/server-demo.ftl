## check
check-first-does-not = ; first that does not:
check-phones-agree-server-count = { $agree } of { $total } phones agree with the server (count and digest of every scope){ $odd }
check-offences-happened-never-reported =
    offences: happened { $happened } - never reported { $never } + planted errors left { $errors }
    { "                " }- not yet accepted { $waiting } = official { $official }; all { $elements } elements, { $all } lines of units balance
check-lines-do-not-balance = { $wrong } lines do not balance, first { $unit } { $code }: books { $line }, phone { $presented }
check-figures-behind-published-standings =
    { $compared } figures behind { $all } published standings are those of the books
    { "                " }this seed's standings: { $print }
check-standings-books-differ-first = standings and books differ, first { $wrong }
check-commands-typed-taken-server = { $typed } commands typed, { $answered } taken by the server, { $again } sent again, none applied twice
check-commands-refused-first = { $all } commands refused, first { $first }
check-audit-chain-unbroken-entries = audit chain unbroken, { $rows } entries, head { $head }...
check-audit-chain-broken = audit chain broken at { $at }

## demo
demo-ended-as-asked = ended as asked

## morning-page
morning-page-morning-page-figures-ends = morning page: { $compared } figures and ends of courses are those of the books, every target is on it
morning-page-figures-morning-page-wrong = { $all } figures of the morning page are wrong, first { $first }

## screen
screen-real-units-invented-figures = real units, invented figures
screen-our-assumption-published-text = (* = our assumption; the published text does not say)
screen-server-2 = server
screen-communes-districts-departments-rows = { $communes } communes, { $districts } districts, { $departments } departments*, { $rows } rows of last year's figures
screen-import = import
screen-lines-work = { $work } lines of work
screen-targets = { $targets } targets
screen-campaign-phases = campaign { $code }: { $phases } phases{ $star }, { $what }
screen-phones-communes-have-two = { $phones } phones ({ $seconds } communes have two; one at the province's desk)
screen-enrol = enrol
screen-weeks-from-until-before = { $weeks } weeks, from { $first } until before { $end }
screen-live = live
screen-last-run-cut = ; last: run { $number }, cut { $cut_seq }, { $at }
screen-nights = { $nights } nights{ $last }
screen-night = night
screen-campaign-province-view-as = CAMPAIGN { $code }    province, view AS_WAS, accepted figures only
screen-lies = ; { $last } lies in { $name }
screen-judged-here = Judged here
screen-nothing-called-met-before = Nothing is called MET before its time is over.
screen-whole-campaign = the whole campaign
screen-still-running = still RUNNING
screen-over = over
screen-reports = REPORTS
screen-expected-received-these-nil = { " " }expected { $expected } | received { $received } ({ $share } %), of these nil { $nil } | late { $late } | missing { $missing }
screen-accepted-waiting-review-returned = { " " }accepted { $accepted } | waiting for review { $waiting } | returned, not yet sent again { $returned } | missing is not zero
screen-districts-code-order-not = DISTRICTS in code order; this is not a ranking                 offences
screen-more-full = { $presented } more: --full
screen-no-district-can-told = No district can be told apart from last year, or from luck, by these figures.
screen-phones = PHONES
screen-syncs-them-one-call = { $syncs } syncs, { $single } of them one call each
screen-nothing-new-b-one = nothing new { $nothing } B, one report { $report } B, first with the TLS handshake { $first } B (medians); a new token { $token } B
screen-answers-lost-purpose-commands = { $lost } answers lost on purpose, { $again } commands sent again
screen-reports-edited-two-phones = reports edited on two phones: { $merged } merged, { $conflicts } conflicts (both values kept, settled by a person)
screen-morning-page = MORNING PAGE
screen-judged-there = Judged there
screen-checked = CHECKED
screen-not-shown-here-power = not shown here: power loss, two servers, scoring, partner exchange (docs/STATUS.md)
screen-look-further-thidua-demo = LOOK FURTHER   thidua demo --serve   keep it running for an app or a partner
screen-thidua-d-standings-campaign = { "               " }thidua -d { $dir } standings --campaign A --why T3b   the reports behind a number
screen-week-phones-back-after = week { $week }: { $phones } phones back after 3 weeks without signal
screen-merger-communes-grants-moved = { $day }: a merger, { $before } -> { $after } communes; { $accounts } grants moved to the successor
screen-server = SERVER
screen-code-commune = code for commune
screen-code-reviewer = code for reviewer
screen-key-partner-agency = key of a partner agency
screen-week = week

## target-table
screen-synthetic = DỮ LIỆU GIẢ LẬP - SYNTHETIC
screen-one-province = One province, { $weeks } weeks, { $phones } phones, one server, one database.     Tiếng Việt: --lang vi
target-table-last-year-0 = last year was 0
target-table-now = now
target-table-end = <= { $limit } at end
target-table-all = all of
target-table-any = any of
target-table-floor-stretch = floor, stretch
target-table-attested = attested
target-table-meet-year-most-more = to meet the year's { $limit }: at most { $max } more
target-table-reports-still-missing-can = { " " }Reports still missing can make this worse, not better.
target-table-p-meet-about-0 = The chance of meeting it is about { $percent } %.{ $missing }
target-table-not-one-may-left = not one may be left out
target-table-failures-may-still-come = { $remaining } of { $allowed } failures may still come
target-table-may-stay-open-too = { $allowed } may stay open; { $remaining } too many
target-table-read = read with:
target-table-too-few-percentage = too few for a percentage
target-table-within-usual-variation = within usual variation
target-table-beyond-usual-variation-worth = beyond usual variation: worth a look
measurements-synthetic = DỮ LIỆU GIẢ LẬP (SYNTHETIC), seed { $seed }, { $weeks } weeks{ "\u000A" }
target-table-target = target
target-table-last-year = last year
target-table-needed = needed
target-table-state = state
