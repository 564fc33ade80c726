## check
check-code-stands-two-units = code { $uid } stands for two units; each code is used once
check-versions-must-follow-each = versions must follow each other day by day, without gap or overlap; mend their dates
check-code-held-too-during = code { $code } is held by { $first } too during { $span }; on one day a code has one unit
check-unit-parent-not-among = the unit or its parent is not among the units; add it or mend the code
check-no-unit-stands-under = no unit stands under itself, and the time must have at least one day
check-exists-during-only-which = { $uid } exists during { $life } only, which does not cover { $span }; mend the dates
check-parent-during-already-there = { $first } is the parent during { $span } already; there is one parent a day
check-no-command-parent-from = has no COMMAND parent from { $day } on; add a line of command
check-from-unit-stands-under = from { $day } on the unit stands under itself by way of others; mend one parent of the ring
check-predecessor-successor-not-among = the predecessor or the successor is not among the units; add it or mend the code
check-predecessor-must-end-successor = on { $day } the predecessor must end and the successor must exist; mend the dates
check-weights-under-sum-must = the weights under { $basis } sum to { $presented }, and must sum to exactly 1; mend them

## draft
draft-code-stands-unit-already = code { $uid } stands for a unit already; choose a new one
draft-does-not-exist-mend = { $uid } does not exist on { $day }; mend the effective day or the unit

## handover
handover-closing-stock-but-handed = { $name }: closing stock of { $element } is { $stated } but { $transferred } are handed out; both must agree
handover-taken-but-opening-stock = { $name }: { $transferred } of { $element } are taken in but the opening stock says { $stated }; both must agree
