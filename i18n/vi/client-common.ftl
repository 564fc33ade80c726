## Dùng chung cho mọi phần
verbatim = { $text }
date = { $day }/{ $month }/{ $year }
list-or = { " hoặc " }
list-comma = { ", " }
list-semicolon = { "; " }
day = { $day }
