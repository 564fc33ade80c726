## Dùng chung cho mọi phần
line-break = { "\u000A" }
day = { $day }
list-comma = { ", " }
verbatim = { $text }
list-semicolon = { "; " }
list-or = { " hoặc " }
date = { $day }/{ $month }/{ $year }
text-control-character = có ký tự điều khiển { $code }; hãy xóa và nhập lại phần đó
text-too-long = dài quá { $chars_max } ký tự; hãy rút gọn
