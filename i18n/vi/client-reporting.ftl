## calendar
calendar-period-least-1-day = kỳ báo cáo phải dài ít nhất 1 ngày, hoặc bắt đầu ngày 1–28, tháng 1–12, dài 1, 2, 3, 4, 6 hoặc 12 tháng; hãy sửa lịch báo cáo
period-with-days = { $name } ({ $first }–{ $last })
period-week = tuần { $week }/{ $year }
period-month = tháng { $month }/{ $year }
period-quarter = quý { $quarter }/{ $year }
period-first-half = 6 tháng đầu năm { $year }
period-second-half = 6 tháng cuối năm { $year }
period-year = năm { $year }
period-from = { $calendar } { $start }
