## cluster-comparison
cluster-band-MORE = worth a look
cluster-band-EXPECTED = as expected
cluster-band-FEWER = clearly better

## score-sheet
score-exclusion-VETO = not ranked, by a document of the authority named
score-exclusion-UNDER_QUESTION = a question about its figures is being looked into with its superior
score-exclusion-INCOMPLETE = fewer than 95 % of reports are in: waiting for figures, not zero points
score-exclusion-TOO_SMALL = fewer than 3 persons: no score, since it would be one of a person
