## Shared by every part
verbatim = { $text }
date = { $year }-{ $month }-{ $day }
list-or = { " or " }
list-comma = { ", " }
list-semicolon = { "; " }
day = { $day }
