## Shared by every part
line-break = { "\u000A" }
day = { $day }
list-comma = { ", " }
verbatim = { $text }
list-semicolon = { "; " }
list-or = { " or " }
date = { $year }-{ $month }-{ $day }
