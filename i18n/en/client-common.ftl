## Shared by every part
line-break = { "\u000A" }
day = { $day }
list-comma = { ", " }
verbatim = { $text }
list-semicolon = { "; " }
list-or = { " or " }
date = { $year }-{ $month }-{ $day }
text-control-character = holds the control character { $code }; delete that part and type it again
text-too-long = is longer than { $chars_max } characters; shorten it
