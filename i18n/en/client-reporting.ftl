## calendar
calendar-period-least-1-day = a period must have at least 1 day, or begin on day 1-28 of month 1-12 and last 1, 2, 3, 4, 6 or 12 months; correct the calendar
period-with-days = { $name } ({ $first }–{ $last })
period-week = week { $week }/{ $year }
period-month = month { $month }/{ $year }
period-quarter = quarter { $quarter }/{ $year }
period-first-half = first half of { $year }
period-second-half = second half of { $year }
period-year = year { $year }
period-from = { $calendar } { $start }
