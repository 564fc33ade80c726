## jobs
jobs-applies-what-day-changes = Applies the changes of the day: the organisation; campaigns launched, begun and over
jobs-locks-accepted-reports-whose = Locks accepted reports whose grace period is over
jobs-asks-units-about-quality = Asks units about the quality of their figures
jobs-folds-accepted-figures-judges = Aggregates accepted figures and judges the targets
jobs-says-when-figures-phase = Reports when the figures of a phase are complete and it can be reviewed
jobs-computes-latest-results-again = Recomputes the latest results from the raw reports
jobs-makes-verified-copy-brings = Makes a verified backup and copies it to the second place
jobs-trims-old-tombstones-answers = Deletes old tombstones and answers
jobs-drills-restore-opens-checks = Rehearses a restore: opens and checks the newest backup
jobs-counts-reports-due-not = Counts reports that are due and not sent, so that units can be reminded
jobs-verifies-chain-audit = Verifies the chain of the audit and all stored content, then signs a checkpoint
