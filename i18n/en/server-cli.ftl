## access
access-kind = kind
access-unit = unit
access-device = device
access-state = state
access-account = account
access-enrolled = enrolled
access-devices-sessions-revoked = devices and sessions revoked
access-last-day-comes-before = the last day comes before the first
access-id-device-32-hexadecimal = the id of a device has 32 hexadecimal digits
access-account-holds-no-role = the account { $account } holds no role; give it one first: thidua access grant --account { $account } ...
access-revoked-commands-were-taken = { $device }: revoked. { $taken } commands were taken, last contact { $day }. What was typed after that and not sent is lost: ask its holder and enter it again.

## access-key
access-key-key = key
access-key-until = until
access-key-key-2 = key:
access-key-reads = reads
access-key-expires = expires
access-key-revoked = revoked
access-key-campaign = campaign
access-key-id-key-32-hexadecimal = the id of a key has 32 hexadecimal digits
access-key-there-no-campaign-see = there is no campaign { $code }; see: thidua campaign list
access-key-printed-once-hand-over = Printed once: hand it over by a safe way; the server keeps only its hash.

## audit
audit-say-why-they-read = say why they are read: --purpose
audit-audit-whole-lines-note = the audit is whole, { $rows } lines; note this to compare later: { $head }

## audit-output
audit-output-at = at
audit-output-number = number
audit-output-record = record
audit-output-action = action
audit-output-revision = revision
audit-output-audit-not-whole-from = the audit is not whole from line { $number } on; keep the file as it is and compare a copy: thidua verify-backup

## audit-proof
audit-proof-name-one-file-least = name one file at least
audit-proof-not-key-as-thidua = { $key }: not a key as thidua audit key prints it
audit-proof-not-signed-own-audit = { $file }: not signed by { $name } for its own audit; look at the file and at the key
audit-proof-one-history-signed-up = one history, signed by { $name }, up to line { $size }: { $root }
audit-proof-line-as-file-says = line { $line } as the file says it does not stand in the { $size } lines signed; { $keep }
audit-proof-two-checkpoints-first-lines = two checkpoints of the first { $size } lines differ: there are two audits; { $keep }
audit-proof-neither-checkpoint-nor-proof = { $file }: neither a checkpoint nor a proof, or changed by as little as a blank; ask for the file as it was printed
audit-proof-audit-lines-does-not = the audit of { $new } lines does not begin with the { $old } signed before: lines were changed or taken out; { $keep }
audit-proof-there-no-line-audit = there is no line { $requested }: the audit has { $all }; where a checkpoint of more was signed, the end was cut off, or an older copy was restored
audit-proof-nothing-shows-lines-begin = nothing shows that the { $new } lines begin with the { $old } signed; it takes the checkpoint of { $old } and: thidua audit prove --from { $old } --to { $new }

## backup
backup-next = next:
backup-applied = applied:
backup-would-apply = would apply:
backup-second-place = second place:
backup-as-before = as it was before:
backup-schema-up-date = the schema is up to date
backup-no-act-desk-lost = no act at a desk was lost
backup-done-desk-after-copy = done at a desk after the copy, to be done again:
backup-there-no-whole-copy = there is no whole copy in { $presented }
backup-copy-not-whole-use = the copy is not whole ({ $fault }); use another one
backup-there-add-force-move = { $path } is there; add --force to move it aside (nothing is deleted)
backup-acts-desk-without-phone = acts at a desk (without a phone) after the copy: not known, as there is no old database
backup-postgresql-restored-own-tools = PostgreSQL is restored by its own tools (pg_restore, Patroni); phones notice by themselves and send again
backup-no-copy-authority-key = { $dir } has no { $name }: copy authority.key, seal.key, revoked.log and the directory tls from the other machine once

## backup-locations
backup-locations-no-backup-second-place = NO BACKUP in a second place: set backup.second, then run thidua backup
backup-locations-no-backup-postgresql-neither = NO BACKUP: this PostgreSQL has neither a replica nor an archive of its log
backup-locations-no-backup-second-place-2 = NO BACKUP in the second place (backup.second is empty): run thidua backup

## baseline
baseline-lines-pass = lines pass
baseline-dry-run-nothing-written = dry run, nothing was written

## bench
bench-bench-did-not-end = the bench did not end well: { $why }

## campaign
campaign-written = written:
campaign-campaigns = campaigns
campaign-no-mistakes = no mistakes
campaign-catalogue-entries = catalogue entries
campaign-there-no-calendar-expected = there is no calendar "{ $code }"; expected { $existing }

## campaign-lifecycle
campaign-lifecycle-code = code
campaign-lifecycle-days = days
campaign-lifecycle-steps-from-here = steps from here

## database-connection
database-connection-add-sslmode-verify-full = add sslmode=verify-full&sslrootcert=FILE to database.url; see OPERATIONS.md
database-connection-line-database-leaves-machine = the line to the database leaves this machine and nobody makes sure who answers: whoever is on the way can read and change it
database-connection-database-replica-url-goes = database.replica_url goes with PostgreSQL on both sides (postgres://...); take the key away or mend the address
database-connection-use-thidua-built-features = use a thidua built with --features postgres-tls and sslmode=verify-full, or a tunnel that begins on this machine; see OPERATIONS.md

## doctor
doctor-everything-well = everything is well
doctor-do-first =
    { "" }
    To do first:
doctor-run-thidua-migrate = run: thidua migrate
doctor-set-clock-right-ntp = set the clock right (NTP)
doctor-no-backup-second-place = NO BACKUP in a second place
doctor-turn-synchronous-mode-patroni = turn on synchronous_mode in Patroni
doctor-set-backup-second-then = set backup.second, then run: thidua backup
doctor-something-must-done-now = something must be done now, see above
doctor-look-replica-database-replica = look at the replica and at database.replica_url
doctor-run-thidua-backup-see = run: thidua backup, and see why the nightly one does not run
doctor-end-server-restore-whole = end the server and restore a whole copy: thidua restore
doctor-see-thidua-jobs-history = see thidua jobs history, then: thidua jobs run NAME
doctor-set-up-synchronous-replica = set up a synchronous replica (Patroni), or archive its log; see OPERATIONS.md
doctor-look-tls-thidua-toml = look at [tls] in thidua.toml, or make a new certificate: thidua tls init
doctor-no-backup = NO BACKUP in { $shown }
doctor-older-schema-missing = older schema, missing: { $list }
doctor-newest-copy-days-old = the newest copy is { $days } days old
doctor-clock-stands-before-last = the clock stands before the last commit
doctor-end-server-do-these = end this server; do these acts again at the primary; to stand by, restore a copy of the primary here
doctor-job-slot = job { $name }, slot { $at }: { $state } { $why }
doctor-replica-cannot-reached-primary = the replica cannot be reached, the primary serves everything: { $error }
doctor-no-replica-synchronous-failover = no replica is synchronous: a failover may lose the newest commands until phones send them again
doctor-another-machine-replaced-one = another machine has replaced this one. Done only at a desk here since the last safe copy: { $list }

## error
error-warning = warning:{ " " }
error-configuration-wrong = the configuration is wrong: { $error }
error-machine-gives-no-random = the machine gives no random numbers; try again
error-caller-not-known-enrol = the caller is not known; enrol the device again
error-device-revoked-ask-new = the device was revoked; ask for a new enrolment code
error-file-mistakes-nothing-written = the file has mistakes, nothing was written; mend these places and run again
error-stored-data-damaged-restore = stored data is damaged: { $text }; restore from a backup
error-there-no-data-yet = there is no data in { $dir } yet; run: thidua init --data { $dir }
error-cannot-read-write-look = cannot read or write { $path }: { $error }; look at the path and its rights
error-database-busy-cannot-reached = the database is busy or cannot be reached ({ $text }); try again
error-file-cannot-read-written = a file cannot be read or written ({ $text }); look at its path and rights
error-another-server-runs-job = another server runs this job now, nothing was written; see: thidua jobs history
error-database-cannot-written-look = the database cannot be written ({ $text }); look at free space and rights
error-another-server-replaced-one = another server has replaced this one, it writes nothing any more; thidua doctor says what to do
error-database-trouble-see-docs = database trouble: { $text }; see docs/STATUS.md, or report it with this line
error-database-schema-older-programme = the database's schema is older than this programme (to apply: { $pending }); back it up, then run thidua migrate
error-database-schema-programme-knows = the database has schema { $found }, this programme knows schemas up to { $supported }; use a thidua that knows schema { $found }
error-database-pre-release-line = the database is of the pre-release line (schema { $found }), which this program can neither read nor upgrade; nothing was changed: keep it, read it with the program that made it, and make a new one with thidua init
error-database-url-asks-tls = database.url asks for TLS (sslmode) and this programme has no TLS to PostgreSQL; use one built with --features postgres-tls (scripts/package makes it), or take sslmode away and lead the line through a tunnel that begins on this machine
error-database-answers-does-not = the database answers and does not prove to be the one that was asked for, or one end refuses the line as it is ({ $text }); look at the host name, sslmode and sslrootcert in database.url, and at PostgreSQL's certificate and pg_hba.conf

## field
field-to = to
field-from = from
field-due = due
field-form = form
field-report = report
field-everything = everything
field-status = status
field-refused = refused
field-nothing-differs = nothing differs
field-commands-sent-records-received = { $sent } commands sent, { $rows } records received, { $bytes } B
field-expected-element-figure-element = "{ $text }": expected ELEMENT=FIGURE, ELEMENT=nil or ELEMENT=missing:see_note
field-waiting-sent-without-answer = waiting { $waiting }, sent without answer { $sent }, refused { $refused }

## files
files-larger-64-mib-split = { $shown } is larger than 64 MiB; split it
files-not-utf-8-excel = { $shown } is not UTF-8; in Excel save it as "CSV UTF-8"

## fleet
fleet-name = name
fleet-devices = devices
fleet-waiting = waiting
fleet-last-contact = last contact

## healthcheck
healthcheck-see-log-thidua-serve = { $address }: { $error }; see the log of thidua serve

## init
init-made = made
init-first-administrator-enrolment-code = the first administrator's enrolment code, printed this once:
init-holds-already-choose-another = { $shown } holds a { $config } already; choose another directory, or for a new code: thidua access enrol --account admin

## invite
invite-qr-text = QR text:{ "       " }
invite-typed-code = typed code:{ "    " }
invite-addresses = addresses:{ "     " }
invite-ca-sha-256 = CA SHA-256:{ "    " }

## jobs
jobs-job = job
jobs-seconds = seconds
jobs-last = last
jobs-state = state
jobs-daily = daily
jobs-message = message
jobs-running = running
jobs-slot-done-before = this slot was done before
jobs-cancelled-nothing-published = cancelled, nothing is published
jobs-full-goes-aggregate-only = --full goes with aggregate only
jobs-there-no-job-there = there is no job { $name }; there are: { $names }
jobs-campaigns-same-byte-from = campaigns the same to the byte from raw reports
jobs-job-not-running-see = job { $name } is not running; see: thidua jobs history { $name }
jobs-another-process-runs-now = another process runs { $name } now; wait, then see: thidua jobs history

## live-standings
live-standings-value = value
live-standings-target = target
live-standings-accepted = accepted
live-standings-if-all-accepted = if all accepted
live-standings-right-half-provisional-published = the right half is provisional and published by nobody; official is what the night publishes

## lookup
lookup-name-campaign-code-there = name a campaign by its code; there are: { $codes }
lookup-there-no-unit-codes = there is no unit { $code }; codes are the column uid of units.csv

## morning-report
morning-report-wrote =
    wrote { $page }
    { "      " }{ $book }
morning-report-campaign-no-phase = campaign { $code } has no phase { $phase }
morning-report-could-not-written-name = { $path } could not be written: { $error }; name another directory with --out

## org
org-new = new
org-units = units
org-changed = changed
org-records-written = records written:

## output
output-error = error

## pending-decisions
pending-decisions-cells = cells
pending-decisions-held = held
pending-decisions-reason = reason
pending-decisions-why = why
pending-decisions-proposal = proposal
pending-decisions-refused = refused for

## phone
phone-note = note
phone-question = question

## rehearse
rehearse-files-change-nothing = the files change nothing on { $on }
rehearse-rehearsal-does-not-reconcile = the rehearsal does not reconcile; mend what it names and rehearse again
rehearse-files-change-nothing-after = the files change nothing after { $today }; add --on DAY
rehearse-before-files-differ-from = before { $on } the files differ from the database at { $differing } units; compare before importing

## relocate
relocate-moving-checking-each-table = moving, and checking each table…
relocate-next-set-database-url = next: set database.url in thidua.toml to the new place, then run thidua serve

## remind
remind-contract = contract
remind-due = due by
remind-first-day = first day
remind-last-day = last day

## report
report-written = written
report-there-no-report = there is no report { $report }
report-reports-commands = { $count } reports, { $steps } commands; { $tail }
report-there-no-reporting-contract = there is no reporting contract { $contract }; there are: { $codes }

## review
review-sent = sent
review-command = command
review-late = late
review-look = look at
review-contract = contract
review-commented = commented
review-note = has a note
review-waits-sent = waits to be sent
review-changed-after-sent = changed after it was sent
review-there-no-such-report = there is no such report
review-reports = { $numbers } reports
review-there-no-such-report-2 = there is no such report on this client; sync first: thidua field sync
review-nil-reports-nothing-look = { $clean } nil reports with nothing to look at: thidua review accept --clean-nil

## runs
runs-run = run
runs-cut = cut
runs-published = published
runs-version = version
runs-differs = DIFFERS
runs-input = input   :
runs-standings = standings:
runs-raw-reports = raw reports
runs-standings-differ = standings differ:
runs-baselines-changed = baselines changed
runs-reports-changed-between-two = reports changed between the two:
runs-definitions-changed-organisation-forms = definitions changed (organisation, forms or campaigns)
runs-there-no-run-see = there is no run { $number }; see: thidua runs list
runs-reckoned-again-run-not = reckoned again, the run is not what was published: raw data was edited, or this programme reckons otherwise; run thidua doctor --full

## score
score-provisional = provisional
score-waiting-figures = waiting for figures
score-not-applicable-weight-shared = not applicable, weight shared out
score-plan = the plan: { $bad }
score-numbers-too-large = the numbers are too large
score-order-codes-not-ranking = In the order of codes; this is not a ranking. Taking part in emulation is voluntary.

## serve
serve-serving = serving
serve-server-failed = the server failed: { $error }
serve-cannot-listen-port-may = cannot listen on { $address }: { $error }; the port may be taken, change { $key }
serve-listen-address-expected-address = listen.address = { $given }: expected an address and port, as in 0.0.0.0:8443
serve-tls-client-auth-asks = tls.client_auth asks for certificates and tls.client_ca is empty; name the file of the authority that signs them
serve-plaintext-not-served-take = plaintext is not served on { $address }; take listen.plaintext away, or add --insecure-plaintext behind a TLS proxy

## standing-drilldown
standing-drilldown-phase = phase
standing-drilldown-missing = MISSING
standing-drilldown-late = , late
standing-drilldown-waiting = waiting
standing-drilldown-whole-campaign = whole campaign
standing-drilldown-there-no-target-unit = there is no target { $code } at this unit; see: thidua standings
standing-drilldown-now-same-time-last = { "  " }{ $element } { $name }: now { $now }, same time last year { $before }, whole base window { $full }
standing-drilldown-unit-code-as-accepted = by unit code, as of { $cut }: accepted { $accepted }, waiting { $waiting }, missing { $missing }, out of sight { $hidden }; (in brackets): not added

## standing-format
standing-format-reports-expected-received-nil = reports: expected { $expected }, received { $received } (nil { $nil }), late { $late }, accepted { $accepted }, missing { $missing }; missing is not zero

## standings
standings-now = now
standings-because = because
standings-view = view
standings-limit = limit
standings-final = final
standings-last-year = last year
standings-running = running
standings-over-figures-preliminary = over, figures preliminary
standings-there-no-view-expected = there is no view { $text }; expected { $known }
standings-campaign-no-standings-yet = campaign { $code } has no standings yet; run: thidua jobs run aggregate

## target
target-line-not-json = line { $line }: this is not JSON: { $why }
target-nothing-given-put-one = nothing was given; put one JSON object a line on standard input

## input
input-name = a name
input-object = an object {"{"}{"}"}
input-true-false = true or false
input-list = a list []
input-number-from-0-1 = a number from 0 to 1
input-target-text = the target's text
input-expected = { $at }: expected { $expected }
input-one = one of { $words }
input-element-code-z-0 = an element's code (a-z, 0-9, _)
input-done-up-from-1 = done up to of, of from 1
input-one-keys = one of the keys { $known }
input-number-from-zero-up = a number from zero up of at most 18 digits, as 418, "0.4" or "31/3"

## telemetry
telemetry-telemetry-ca-cannot-used = telemetry.ca cannot be used: { $error }; name another PEM file, or leave telemetry.otlp empty
telemetry-telemetry-otlp-https-telemetry = telemetry.otlp is https and telemetry.ca is empty; name the PEM file of the authority behind the collector's certificate

## tls
tls-restart-server-use-new = restart the server to use the new certificate
tls-restart-server-take-ca = Restart the server. Take the CA before away after 90 days:
tls-no-next-ca-announced = no next CA was announced; run: thidua tls roll-over
tls-restart-server-from-then = Restart the server: from then on phones learn of the next CA whenever they sync. After 90 days: thidua tls roll-over --finish
tls-next-ca-announced-days = the next CA was announced for { $days } days; phones that did not sync since would be cut off. Wait for { $value }, or say --early
error-tls = certificates: { $error }
error-keys = keys of the server: { $error }
error-with-detail = { $text } ({ $detail })
serve-log = log: { $error }
doctor-damaged = damaged data: { $fault }
backup-done = copied and verified: { $path } (up to seq { $seq }, { $rows } audit rows)
backup-whole = whole: history { $epoch }, up to seq { $seq }, { $rows } audit rows, { $scopes } scopes
backup-restored = restored up to seq { $seq }; history { $number } begins. Phones send again by themselves what was lost.
backup-promoted = this machine is the primary from history { $number }, copy up to seq { $seq }; the old one stops writing once it meets a phone
relocate-moved = moved { $rows } rows of { $tables } tables, up to seq { $seq }; audit chain and digests agree. The old place takes no writes any more.
baseline-written = { $written } new figures written, { $same } were there already
invite-good-once = good once, for { $minutes } minutes, until { $expires }
morning-report-no-workbook = the workbook cannot be written: { $error }
quality-column-unit = unit
quality-column-rule = rule
quality-column-asked = asked
quality-column-state = state
quality-column-question = question
quality-column-reply = reply
audit-proof-keep = keep both files as evidence and ask the authority
score-column-unit = unit
score-column-criterion = criterion
score-column-most = most
score-column-self = self
score-column-system = system
score-column-cluster = cluster
score-column-remark = remark
telemetry-telemetry-otlp = telemetry.otlp = { $given }: it takes http://HOST:PORT or https://HOST:PORT, as in http://127.0.0.1:4317
telemetry-telemetry-otlp-add-insecure = telemetry.otlp = { $given }: nothing is sent unencrypted beyond this machine; use https://, or add --insecure-plaintext where the line is protected otherwise
