## calendar
calendar-iso-week = tuần
calendar-quarter = quý
calendar-calendar-year = năm dương lịch
calendar-calendar-month = tháng dương lịch
calendar-statistical-half-year = 6 tháng thống kê
calendar-fire-year-16-sep = năm PCCC (16/9–15/9)
calendar-statistical-month-15th-14th = tháng thống kê (15–14)
calendar-traffic-month-16th-15th = tháng giao thông (16–15)
calendar-statistical-year-15-dec = năm thống kê (15/12–14/12)
calendar-procuracy-half-year = 6 tháng của Viện kiểm sát (1/12–31/5)
calendar-period-least-1-day = kỳ phải dài ít nhất 1 ngày, hoặc bắt đầu ngày 1–28, tháng 1–12, dài 1, 2, 3, 4, 6 hoặc 12 tháng
