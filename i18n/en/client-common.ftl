## Shared by every part
line-break = { "\u000A" }
day = { $day }
number-decimal-mark = .
number-group-mark = ,
list-comma = { ", " }
verbatim = { $text }
list-semicolon = { "; " }
list-or = { " or " }
date = { $year }-{ $month }-{ $day }
text-control-character = holds the control character { $code }; delete that part and type it again
text-too-long = is longer than { $chars_max } characters; shorten it
duration-days = { $days } days
duration-minutes = { $minutes } minutes
clock-set-back = the clock was set back while the server ran, by { $by }
clock-set-ahead = the clock was set ahead while the server ran, by { $by }
clock-after-newest-commit = the clock is after the newest commit, by { $by }
clock-before-newest-commit = the clock is before the newest commit, by { $by }
clock-remedy = no job runs. Set the clock right (NTP); if it is right, run: thidua doctor --clock-is-right

## nearest-word
nearest-word-did-you-mean = { $text }; did you mean { $near }?
