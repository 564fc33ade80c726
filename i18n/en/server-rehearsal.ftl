## rehearsal
rehearsal-predecessor-no-base-so = a predecessor has no base, so these may not use theirs: { $units }
rehearsal-base-would-belong-nobody = the base { $base } of { $unit } would belong to nobody; name a successor
rehearsal-weights-too-fine-exact = the weights are too fine to be exact; use simpler fractions
rehearsal-nobody-signs-once-closed = nobody signs for { $unit } once it is closed; name a successor or a parent
rehearsal-does-not-follow-amount = { $to } does not follow { $from }, or the amount is negative; mend the line or the lineage

## report-text
report-text-renamed = Renamed
report-text-conclusion = Conclusion
report-text-baselines = Baselines
report-text-standings = Standings
report-text-under-another-parent = Under another parent
report-text-units-before-after = Units before and after
report-text-nothing-been-changed = Nothing has been changed.
report-text-devices-open-reports = Devices and open reports
report-text-new = { $unit } is new
report-text-mergers-splits-dissolutions-new = Mergers, splits, dissolutions, new units
report-text-reconciles-changes-can-made = RECONCILES: the changes can be made effective
report-text-dissolved = { $unit } is dissolved
report-text-not-comparable-structure-start = Not comparable with the structure at the start
report-text-reports-owed-from = Reports owed from { $from } to { $to }
report-text-units = { $from } → { $to }, { $count } units: { $units }
report-text-made-parts-several-old = made of parts of several old units, { $kind }: { $units }
report-text-rehearsal-organisation-changes-effective = REHEARSAL OF ORGANISATION CHANGES, effective { $days }{ $legal }
report-text-does-not-reconcile-points = DOES NOT RECONCILE: { $refused } points to mend before the changes are made effective
report-text-units-close-their-results = { $closed } units close: their results are frozen and certified, no ranks afterwards
report-text-new-units-exist-less = { $short } new units exist for less than { $value } % of the campaign: not ranked
report-text-more-pieces-periods-cut = { $code }: { $before } → { $after }, { $pieces } more pieces of periods cut at the changes
report-text-sum-units-exact-derived = { $element }: sum { $before } → { $after }; { $exact } units exact, { $derived } derived by weights
report-text-devices-sync-once-more = { $unit }: { $devices } devices sync once more, then bind anew; { $open_reports } open reports, signed by { $acting_unit }
