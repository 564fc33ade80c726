## cluster-comparison
cluster-band-MORE = to be checked
cluster-band-EXPECTED = as expected
cluster-band-FEWER = clearly better

## score-sheet
score-exclusion-VETO = not ranked, by a document of the competent authority
score-exclusion-UNDER_QUESTION = a question about its figures is under review with its superior
score-exclusion-INCOMPLETE = fewer than 95 % of reports are received: waiting for figures, not zero points
score-exclusion-TOO_SMALL = fewer than 3 persons: not scored, because the score would be that of a person
