## calendar
calendar-iso-week = ISO week
calendar-quarter = quarter
calendar-calendar-year = calendar year
calendar-calendar-month = calendar month
calendar-statistical-half-year = statistical half-year
calendar-fire-year-16-sep = fire year (16 Sep to 15 Sep)
calendar-statistical-month-15th-14th = statistical month (15th to 14th)
calendar-traffic-month-16th-15th = traffic month (16th to 15th)
calendar-statistical-year-15-dec = statistical year (15 Dec to 14 Dec)
calendar-procuracy-half-year = the procuracy's half-year
calendar-period-least-1-day = a period has at least 1 day, or begins on day 1-28 of month 1-12 and lasts 1, 2, 3, 4, 6 or 12 months
