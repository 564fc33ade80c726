## changes
changes-target = Target
changes-figures-before-now = Figures before → now
changes-state-before-now = State before → now
changes-no-target-moved = No target moved.
changes-what-changed-since-last = What changed since the last run, and why
changes-reports-moved-figures-nil = { $with_figures } reports that moved figures; { $nil } nil reports
changes-since-run-reports-newly = Since the run of { $previous_day }: { $new } reports newly accepted, { $other } accepted ones with other figures.

## funnel-plot
funnel-plot-cases = cases
funnel-plot-as-last-year = as last year
funnel-plot-all-together = all together:{ " " }
funnel-plot-cases-both-years = cases of both years
funnel-plot-funnel-plot-table-below = Funnel plot, { $name }: the table below holds every figure.
funnel-plot-no-funnel-what-counts = No funnel: what counts includes cases of the time before, so it is no part of the cases. See the table.

## page
page-code = Code
page-form = Form
page-unit = Unit
page-of = of
page-now = Now
page-pace = Pace
page-none = none
page-99-8 = 99.8 %
page-view = View
page-needed = Needed
page-why = Why:{ " " }
page-summary = Summary
page-over = over
page-run = Run
page-year = this year
page-position = position{ " " }
page-cut = Cut
page-programme = Programme
page-campaign = Campaign
page-last-year = Last year
page-read = Read with:{ " " }
page-definitions = Definitions
page-period-from = period from{ " " }
page-each-target = Each target
page-how-read = How to read this
page-still-running = still running
page-last-year-2 = last year
page-morning-page = Morning page
page-last-year-now = last year → now
page-unit-reply = The unit's reply:{ " " }
page-digest-input = Digest of the input
page-95-chance = 95 % of chance
page-how-complete-reports = How complete the reports are
page-where-numbers-come-from = Where the numbers come from
page-how-could-met-paper = How it could be met on paper only:{ " " }
page-head-audit-cut = Head of the audit at the cut
page-what-allowed-must-reached = what is allowed or must be reached
page-as-organisation-each-period = as the organisation was in each period
page-more = { $rest } more
page-questions-about-quality-figures = Questions about the quality of figures
page-taking-part-emulation-voluntary = Taking part in emulation is voluntary.
page-units-below-order-their = Units below, in the order of their codes
page-missing-reports-unit = { $count } missing reports, by unit
page-window-not-over-so = The window is not over, so nothing is called met yet.
page-accepted-figures-all-periods = Accepted figures of all periods that ended before{ " " }
page-judged-here-whole-campaign = Judged here: the whole campaign, { $days }, { $state_here }.
page-missing-not-zero-nil = Missing is not zero: a nil report is a full report, one that was not sent is a number that nobody knows.
page-targets-met-pace-behind = Of { $rows } targets: { $good } met or on pace, { $behind } behind, { $missed } missed, { $open } cannot be said yet.
page-these-questions-not-conclusions = These are questions, not conclusions. The unit is asked first; its superiors see a question once it has its reply, or after five working days. In code order.
page-taking-part-emulation-voluntary-2 = Taking part in emulation is voluntary. More reports of crime may mean more trust, not failure. This page holds aggregate figures only, nothing about persons.
page-judged-here-whole-campaign-2 = Judged here: { $name_en }, { $days }, { $state_here }; the whole campaign until { $whole }, { $whole_2 }.
page-not-ranking-unit-inside = This is not a ranking. A unit inside the funnel cannot be told apart from the whole; outside, on either side, is a question and no conclusion. The funnel is wide where cases are few, since small numbers vary much.

## target-rows
target-rows-attested = attested
target-rows-attested-as-done = Attested as done
target-rows-now = { $sign } { $now } by now
target-rows-end = { $sign_of_count } { $limit } at the end
target-rows-small-numbers-one-more = Small numbers: one more or less changes it.
target-rows-now-needed = { $code }{ $now } now, { $needed } needed
target-rows-difference-from-last-year = The difference from last year is within usual variation.
target-rows-chart-pace-now = Chart of the pace: { $name }. Now { $display }, { $state }.

## texts
texts-missed = Missed
texts-unlikely = unlikely
texts-behind = Behind
texts-striven = striven for
texts-direction = direction
texts-binding = binding
texts-likely = likely
texts-too-few-say = too few to say
texts-rather-likely = rather likely
texts-rather-unlikely = rather unlikely
texts-within-chance = within chance
texts-met-pace = Met or on pace
texts-cannot-said-yet = Cannot be said yet
texts-as-likely-as-not = as likely as not
texts-not-one-may-left = Not one may be left out.
texts-outside-95-keep-eye = outside 95 %: keep an eye on it
texts-outside-99-8-ask = outside 99.8 %: ask why
texts-text = { $day_2 } { $month_2 } { $year }
texts-more-may-fail-all = { $remaining } more may fail ({ $allowed } in all).
texts-beyond-whole-window = Beyond the { $limit } of the whole window by { $remaining }.
texts-may-fail-there-too = { $allowed } may fail; there are { $remaining } too many now.
texts-more-may-come-until = { $remaining } more may come until the end (limit of the whole window: { $limit }).
texts-if-things-go-as = If things go on as they do: { $words_2 }, in about { $percent } of 100 cases.

## workbook
workbook-day = Day
workbook-units = Units
workbook-note = Note
workbook-seal = Seal
workbook-reports = Reports
workbook-targets = Targets
workbook-head-audit = Head of the audit
workbook-order-codes-not-ranking = In the order of codes; this is not a ranking.
