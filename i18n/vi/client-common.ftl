## Dùng chung cho mọi phần
line-break = { "\u000A" }
day = { $day }
list-comma = { ", " }
verbatim = { $text }
list-semicolon = { "; " }
list-or = { " hoặc " }
date = { $day }/{ $month }/{ $year }
