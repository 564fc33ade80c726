## check
check-code-stands-two-units = code { $uid } is used for two units; use each code once
check-versions-must-follow-each = versions must follow each other day by day, without gap or overlap; correct their dates
check-code-held-too-during = code { $code } belongs to { $first } too during { $span }; on one day a code belongs to one unit
check-unit-parent-not-among = the unit or its parent is not in the list of units; add it or correct the code
check-no-unit-stands-under = a unit cannot be its own superior, and the time must have at least one day; correct it
check-exists-during-only-which = { $uid } exists only during { $life }, which does not cover { $span }; correct the dates
check-parent-during-already-there = { $first } is already the parent during { $span }; there is one parent a day
check-no-command-parent-from = has no direct superior (COMMAND) from { $day } on; add a line of command
check-from-unit-stands-under = from { $day } on, the unit's chain of superiors leads back to the unit; correct one parent of the chain
check-predecessor-successor-not-among = the predecessor or the successor is not in the list of units; add it or correct the code
check-predecessor-must-end-successor = on { $day } the predecessor must end and the successor must exist; correct the dates
check-weights-under-sum-must = the weights under { $basis } sum to { $presented } and must sum to exactly 1; correct them

## draft
draft-code-stands-unit-already = code { $uid } is already used for another unit; choose a new one
draft-does-not-exist-mend = { $uid } does not exist on { $day }; correct the effective day or the unit

## handover
handover-closing-stock-but-handed = { $name }: the closing stock of { $element } is { $stated } but { $transferred } are handed over; both must be equal
handover-taken-but-opening-stock = { $name }: { $transferred } of { $element } are taken over but the opening stock is { $stated }; both must be equal
handover-no-stock = { $element } is not a stock; only stocks are handed over
handover-giver-day = { $giver } neither ended nor lives on at { $effective_day }; give with --on the day after its last day
handover-taker-owes-not = { $taker } does not report { $element } at { $effective_day }; name a unit that does, or change the reporting contracts first
handover-given-already = { $giver } has handed over { $element } at { $effective_day } already; refuse that hand-over first
