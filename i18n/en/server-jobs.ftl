## jobs
jobs-applies-what-day-changes = Applies what the day changes: the organisation, campaigns launched, begun and over
jobs-locks-accepted-reports-whose = Locks accepted reports whose grace is over
jobs-asks-units-about-quality = Asks units about the quality of their figures
jobs-folds-accepted-figures-judges = Folds accepted figures and judges the targets
jobs-says-when-figures-phase = Says when the figures of a phase are in and it can be reviewed
jobs-computes-latest-results-again = Reckons the latest results again from the raw reports
jobs-makes-verified-copy-brings = Makes a verified copy and brings it to the second place
jobs-trims-old-tombstones-answers = Trims old tombstones and answers
jobs-verifies-chain-audit = Verifies the chain of the audit
jobs-drills-restore-opens-checks = Drills a restore: opens and checks the newest copy
jobs-counts-reports-due-not = Counts reports that are due and not sent, so that units can be reminded
