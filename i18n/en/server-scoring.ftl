## attainment
attainment-meeting-target-earns-half = meeting the target earns half the points
attainment-commune-3-3-cases = a commune with 3 of 3 cases leads the province
attainment-no-direction-attainment-must = it has no direction: attainment must come first
attainment-leader-target-divides-zero = a leader at the target divides by zero (half is taken)
attainment-unit-points-depend-another = a unit's points depend on another unit's number: a late correction by the leader moves everybody

## cluster-comparison
cluster-comparison-worth-look = worth a look
cluster-comparison-as-expected = as expected
cluster-comparison-clearly-better = clearly better

## score-sheet
score-sheet-not-ranked-document-authority = not ranked, by a document of the authority named
score-sheet-question-about-figures-being = a question about its figures is being looked into with its superior
score-sheet-fewer-95-reports-waiting = fewer than 95 % of reports are in: waiting for figures, not zero points
score-sheet-fewer-3-persons-no = fewer than 3 persons: no score, since it would be one of a person
