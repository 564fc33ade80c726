## Dùng chung cho mọi phần
line-break = { "\u000A" }
day = { $day }
number-decimal-mark = ,
number-group-mark = .
list-comma = { ", " }
verbatim = { $text }
list-semicolon = { "; " }
list-or = { " hoặc " }
date = { $day }/{ $month }/{ $year }
text-control-character = có ký tự điều khiển { $code }; hãy xóa và nhập lại phần đó
text-too-long = dài quá { $chars_max } ký tự; hãy rút gọn
duration-days = { $days } ngày
duration-minutes = { $minutes } phút
clock-set-back = đồng hồ máy chủ bị chỉnh lùi { $by } khi máy chủ đang chạy
clock-set-ahead = đồng hồ máy chủ bị chỉnh nhanh { $by } khi máy chủ đang chạy
clock-after-newest-commit = đồng hồ máy chủ chỉ muộn hơn lần ghi cuối { $by }
clock-before-newest-commit = đồng hồ máy chủ chỉ sớm hơn lần ghi cuối { $by }
clock-remedy = các tác vụ tạm dừng. Hãy chỉnh đồng hồ (NTP); nếu đồng hồ đúng, chạy: thidua doctor --clock-is-right

## nearest-word
nearest-word-did-you-mean = { $text }; có phải là { $near }?
