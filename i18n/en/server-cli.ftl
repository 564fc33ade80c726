## access
access-last-day-comes-before = the last day comes before the first
access-account-holds-no-role = the account { $account } holds no role; give it one first: thidua access grant --account { $account } ...
access-device = device
access-account = account
access-unit = unit
access-kind = kind
access-state = state
access-enrolled = enrolled
access-devices-sessions-revoked = devices and sessions revoked
access-id-device-32-hexadecimal = the id of a device has 32 hexadecimal digits
access-revoked-commands-were-taken = { $device }: revoked. { $taken } commands were taken, last contact { $day }. What was typed after that and not sent is lost: ask its holder and enter it again.

## access-key
access-key-there-no-campaign-see = there is no campaign { $code }; see: thidua campaign list
access-key-key-2 = key:
access-key-until = until
access-key-printed-once-hand-over = Printed once: hand it over by a safe way; the server keeps only its hash.
access-key-key = key
access-key-campaign = campaign
access-key-reads = reads
access-key-expires = expires
access-key-id-key-32-hexadecimal = the id of a key has 32 hexadecimal digits
access-key-revoked = revoked

## audit
audit-audit-whole-lines-note = the audit is whole, { $rows } lines; note this to compare later: { $head }
audit-say-why-they-read = say why they are read: --purpose

## audit-output
audit-output-audit-not-whole-from = the audit is not whole from line { $number } on; keep the file as it is and compare a copy: thidua verify-backup
audit-output-number = number
audit-output-at = at
audit-output-action = action
audit-output-record = record
audit-output-revision = revision

## audit-proof
audit-proof-there-no-line-audit = there is no line { $requested }: the audit has { $all }; where a checkpoint of more was signed, the end was cut off, or an older copy was restored
audit-proof-not-key-as-thidua = { $key }: not a key as thidua audit key prints it
audit-proof-one-history-signed-up = one history, signed by { $name }, up to line { $size }: { $root }
audit-proof-neither-checkpoint-nor-proof = { $file }: neither a checkpoint nor a proof, or changed by as little as a blank; ask for the file as it was printed
audit-proof-not-signed-own-audit = { $file }: not signed by { $name } for its own audit; look at the file and at the key
audit-proof-name-one-file-least = name one file at least
audit-proof-two-checkpoints-first-lines = two checkpoints of the first { $size } lines differ: there are two audits; { $keep }
audit-proof-audit-lines-does-not = the audit of { $new } lines does not begin with the { $old } signed before: lines were changed or taken out; { $keep }
audit-proof-line-as-file-says = line { $line } as the file says it does not stand in the { $size } lines signed; { $keep }
audit-proof-nothing-shows-lines-begin = nothing shows that the { $new } lines begin with the { $old } signed; it takes the checkpoint of { $old } and: thidua audit prove --from { $old } --to { $new }

## backup
backup-second-place = second place:
backup-copy-not-whole-use = the copy is not whole ({ $fault }); use another one
backup-next = next:
backup-postgresql-restored-own-tools = PostgreSQL is restored by its own tools (pg_restore, Patroni); phones notice by themselves and send again
backup-there-add-force-move = { $path } is there; add --force to move it aside (nothing is deleted)
backup-acts-desk-without-phone = acts at a desk (without a phone) after the copy: not known, as there is no old database
backup-no-act-desk-lost = no act at a desk was lost
backup-done-desk-after-copy = done at a desk after the copy, to be done again:
backup-no-copy-authority-key = { $dir } has no { $name }: copy authority.key, seal.key, revoked.log and the directory tls from the other machine once
backup-there-no-whole-copy = there is no whole copy in { $presented }
backup-schema-up-date = the schema is up to date
backup-applied = applied:
backup-would-apply = would apply:
backup-as-before = as it was before:

## backup-locations
backup-locations-no-backup-postgresql-neither = NO BACKUP: this PostgreSQL has neither a replica nor an archive of its log
backup-locations-no-backup-second-place = NO BACKUP in a second place: set backup.second, then run thidua backup
backup-locations-no-backup-second-place-2 = NO BACKUP in the second place (backup.second is empty): run thidua backup

## baseline
baseline-dry-run-nothing-written = dry run, nothing was written
baseline-lines-pass = lines pass


## campaign
campaign-catalogue-entries = catalogue entries
campaign-campaigns = campaigns
campaign-written = written:
campaign-no-mistakes = no mistakes
campaign-there-no-calendar-expected = there is no calendar "{ $code }"; expected { $existing }

## campaign-lifecycle
campaign-lifecycle-code = code
campaign-lifecycle-days = days
campaign-lifecycle-steps-from-here = steps from here

## database-connection
database-connection-line-database-leaves-machine = the line to the database leaves this machine and nobody makes sure who answers: whoever is on the way can read and change it
database-connection-add-sslmode-verify-full = add sslmode=verify-full&sslrootcert=FILE to database.url; see OPERATIONS.md
database-connection-use-thidua-built-features = use a thidua built with --features postgres-tls and sslmode=verify-full, or a tunnel that begins on this machine; see OPERATIONS.md
database-connection-database-replica-url-goes = database.replica_url goes with PostgreSQL on both sides (postgres://...); take the key away or mend the address

## doctor
doctor-something-must-done-now = something must be done now, see above
doctor-run-thidua-migrate = run: thidua migrate
doctor-older-schema-missing = older schema, missing: { $list }
doctor-another-machine-replaced-one = another machine has replaced this one. Done only at a desk here since the last safe copy: { $list }
doctor-end-server-do-these = end this server; do these acts again at the primary; to stand by, restore a copy of the primary here
doctor-clock-stands-before-last = the clock stands before the last commit
doctor-set-clock-right-ntp = set the clock right (NTP)
doctor-set-backup-second-then = set backup.second, then run: thidua backup
doctor-no-backup-second-place = NO BACKUP in a second place
doctor-run-thidua-backup-see = run: thidua backup, and see why the nightly one does not run
doctor-no-backup = NO BACKUP in { $shown }
doctor-newest-copy-days-old = the newest copy is { $days } days old
doctor-set-up-synchronous-replica = set up a synchronous replica (Patroni), or archive its log; see OPERATIONS.md
doctor-no-replica-synchronous-failover = no replica is synchronous: a failover may lose the newest commands until phones send them again
doctor-turn-synchronous-mode-patroni = turn on synchronous_mode in Patroni
doctor-job-slot = job { $name }, slot { $at }: { $state } { $why }
doctor-see-thidua-jobs-history = see thidua jobs history, then: thidua jobs run NAME
doctor-end-server-restore-whole = end the server and restore a whole copy: thidua restore
doctor-replica-cannot-reached-primary = the replica cannot be reached, the primary serves everything: { $error }
doctor-look-replica-database-replica = look at the replica and at database.replica_url
doctor-look-tls-thidua-toml = look at [tls] in thidua.toml, or make a new certificate: thidua tls init
doctor-everything-well = everything is well
doctor-do-first =
    { "" }
    To do first:

## error
error-warning = warning:{ " " }
error-machine-gives-no-random = the machine gives no random numbers; try again
error-there-no-data-yet = there is no data in { $dir } yet; run: thidua init --data { $dir }
error-cannot-read-write-look = cannot read or write { $path }: { $error }; look at the path and its rights
error-database-url-asks-tls = database.url asks for TLS (sslmode) and this programme has no TLS to PostgreSQL; use one built with --features postgres-tls (scripts/package makes it), or take sslmode away and lead the line through a tunnel that begins on this machine
error-database-answers-does-not = the database answers and does not prove to be the one that was asked for, or one end refuses the line as it is ({ $text }); look at the host name, sslmode and sslrootcert in database.url, and at PostgreSQL's certificate and pg_hba.conf
error-database-pre-release-line = the database is of the pre-release line (schema { $found }), which this program can neither read nor upgrade; nothing was changed: keep it, read it with the program that made it, and make a new one with thidua init
error-database-schema-program-knows = the database has schema { $found }, this programme knows schemas up to { $supported }; use a thidua that knows schema { $found }
error-file-mistakes-nothing-written = the file has mistakes, nothing was written; mend these places and run again
error-caller-not-known-enrol = the caller is not known; enrol the device again
error-device-revoked-ask-new = the device was revoked; ask for a new enrolment code
error-another-server-runs-job = another server runs this job now, nothing was written; see: thidua jobs history
error-database-busy-cannot-reached = the database is busy or cannot be reached ({ $text }); try again
error-database-cannot-written-look = the database cannot be written ({ $text }); look at free space and rights
error-file-cannot-read-written = a file cannot be read or written ({ $text }); look at its path and rights
error-database-schema-older-program = the database's schema is older than this programme (to apply: { $pending }); back it up, then run thidua migrate
error-another-server-replaced-one = another server has replaced this one, it writes nothing any more; thidua doctor says what to do
error-stored-data-damaged-restore = stored data is damaged: { $text }; restore from a backup
error-database-trouble-see-docs = database trouble: { $text }; see docs/STATUS.md, or report it with this line
error-configuration-wrong = the configuration is wrong: { $error }

## field
field-commands-sent-records-received = { $sent } commands sent, { $rows } records received, { $bytes } B
field-refused = refused
field-everything = everything
field-nothing-differs = nothing differs
field-report = report
field-from = from
field-to = to
field-due = due
field-status = status
field-form = form
field-expected-element-figure-element = "{ $text }": expected ELEMENT=FIGURE, ELEMENT=nil or ELEMENT=missing:see_note
field-waiting-sent-without-answer = waiting { $waiting }, sent without answer { $sent }, refused { $refused }

## files
files-larger-64-mib-split = { $shown } is larger than 64 MiB; split it
files-not-utf-8-excel = { $shown } is not UTF-8; in Excel save it as "CSV UTF-8"

## fleet
fleet-name = name
fleet-devices = devices
fleet-last-contact = last contact
fleet-waiting = waiting

## healthcheck
healthcheck-see-log-thidua-serve = { $address }: { $error }; see the log of thidua serve

## init
init-holds-already-choose-another = { $shown } holds a { $config } already; choose another directory, or for a new code: thidua access enrol --account admin
init-made = made
init-first-administrator-enrolment-code = the first administrator's enrolment code, printed this once:

## invite
invite-qr-text = QR text:{ "       " }
invite-typed-code = typed code:{ "    " }
invite-addresses = addresses:{ "     " }
invite-ca-sha-256 = CA SHA-256:{ "    " }

## jobs
jobs-job = job
jobs-daily = daily
jobs-last = last
jobs-there-no-job-there = there is no job { $name }; there are: { $names }
jobs-full-goes-aggregate-only = --full goes with aggregate only
jobs-running = running
jobs-slot-done-before = this slot was done before
jobs-another-process-runs-now = another process runs { $name } now; wait, then see: thidua jobs history
jobs-campaigns-same-byte-from = campaigns the same to the byte from raw reports
jobs-job-not-running-see = job { $name } is not running; see: thidua jobs history { $name }
jobs-cancelled-nothing-published = cancelled, nothing is published
jobs-state = state
jobs-seconds = seconds
jobs-message = message

## live-standings
live-standings-target = target
live-standings-accepted = accepted
live-standings-value = value
live-standings-if-all-accepted = if all accepted
live-standings-right-half-provisional-published = the right half is provisional and published by nobody; official is what the night publishes

## lookup
lookup-there-no-unit-codes = there is no unit { $code }; codes are the column uid of units.csv
lookup-name-campaign-code-there = name a campaign by its code; there are: { $codes }

## morning-report
morning-report-campaign-no-phase = campaign { $code } has no phase { $phase }
morning-report-wrote =
    wrote { $page }
    { "      " }{ $book }
morning-report-could-not-written-name = { $path } could not be written: { $error }; name another directory with --out

## org
org-units = units
org-new = new
org-changed = changed
org-records-written = records written:

## output
output-error = error

## pending-decisions
pending-decisions-proposal = proposal
pending-decisions-cells = cells
pending-decisions-reason = reason
pending-decisions-held = held
pending-decisions-why = why
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
remind-first-day = first day
remind-last-day = last day
remind-due = due by

## report
report-there-no-report = there is no report { $report }
report-written = written
report-reports-commands = { $count } reports, { $steps } commands; { $tail }
report-there-no-reporting-contract = there is no reporting contract { $contract }; there are: { $codes }

## review
review-there-no-such-report-2 = there is no such report on this client; sync first: thidua field sync
review-contract = contract
review-look = look at
review-nil-reports-nothing-look = { $clean } nil reports with nothing to look at: thidua review accept --clean-nil
review-commented = commented
review-changed-after-sent = changed after it was sent
review-late = late
review-note = has a note
review-there-no-such-report = there is no such report
review-reports = { $numbers } reports
review-sent = sent
review-waits-sent = waits to be sent
review-command = command

## runs
runs-there-no-run-see = there is no run { $number }; see: thidua runs list
runs-run = run
runs-published = published
runs-cut = cut
runs-version = version
runs-differs = DIFFERS
runs-raw-reports = raw reports
runs-input = input   :
runs-standings = standings:
runs-computed-again-run-not = reckoned again, the run is not what was published: raw data was edited, or this programme reckons otherwise; run thidua doctor --full
runs-definitions-changed-organisation-forms = definitions changed (organisation, forms or campaigns)
runs-baselines-changed = baselines changed
runs-standings-differ = standings differ:
runs-reports-changed-between-two = reports changed between the two:

## score
score-plan = the plan: { $bad }
score-numbers-too-large = the numbers are too large
score-not-applicable-weight-shared = not applicable, weight shared out
score-waiting-figures = waiting for figures
score-provisional = provisional
score-order-codes-not-ranking = In the order of codes; this is not a ranking. Taking part in emulation is voluntary.

## serve
serve-listen-address-expected-address = listen.address = { $given }: expected an address and port, as in 0.0.0.0:8443
serve-plaintext-not-served-take = plaintext is not served on { $address }; take listen.plaintext away, or add --insecure-plaintext behind a TLS proxy
serve-serving = serving
serve-server-failed = the server failed: { $error }
serve-tls-client-auth-asks = tls.client_auth asks for certificates and tls.client_ca is empty; name the file of the authority that signs them
serve-cannot-listen-port-may = cannot listen on { $address }: { $error }; the port may be taken, change { $key }

## standing-drilldown
standing-drilldown-there-no-target-unit = there is no target { $code } at this unit; see: thidua standings
standing-drilldown-whole-campaign = whole campaign
standing-drilldown-phase = phase
standing-drilldown-now-same-time-last = { "  " }{ $element } { $name }: now { $now }, same time last year { $before }, whole base window { $full }
standing-drilldown-unit-code-as-accepted = by unit code, as of { $cut }: accepted { $accepted }, waiting { $waiting }, missing { $missing }, out of sight { $hidden }; (in brackets): not added
standing-drilldown-missing = MISSING
standing-drilldown-waiting = waiting
standing-drilldown-late = , late

## standing-format
standing-format-reports-expected-received-nil = reports: expected { $expected }, received { $received } (nil { $nil }), late { $late }, accepted { $accepted }, missing { $missing }; missing is not zero

## standings
standings-there-no-view-expected = there is no view { $text }; expected { $known }
standings-campaign-no-standings-yet = campaign { $code } has no standings yet; run: thidua jobs run aggregate
standings-last-year = last year
standings-now = now
standings-limit = limit
standings-because = because
standings-running = running
standings-over-figures-preliminary = over, figures preliminary
standings-final = final
standings-view = view

## target
target-nothing-given-put-one = nothing was given; put one JSON object a line on standard input
target-line-not-json = line { $line }: this is not JSON: { $why }

## input
input-target-text = the target's text
input-expected = { $at }: expected { $expected }
input-object = an object {"{"}{"}"}
input-one-keys = one of the keys { $known }
input-true-false = true or false
input-one = one of { $words }
input-number-from-zero-up = a number from zero up of at most 18 digits, as 418, "0.4" or "31/3"
input-number-from-0-1 = a number from 0 to 1
input-element-code-z-0 = an element's code (a-z, 0-9, _)
input-list = a list []
input-name = a name
input-done-up-from-1 = done up to of, of from 1

## telemetry
telemetry-telemetry-otlp-https-telemetry = telemetry.otlp is https and telemetry.ca is empty; name the PEM file of the authority behind the collector's certificate
telemetry-telemetry-ca-cannot-used = telemetry.ca cannot be used: { $error }; name another PEM file, or leave telemetry.otlp empty

## tls
audit-proof-keep = keep both files as evidence and ask the authority
backup-done = copied and verified: { $path } (up to seq { $seq }, { $rows } audit rows)
backup-whole = whole: history { $epoch }, up to seq { $seq }, { $rows } audit rows, { $scopes } scopes
backup-restored = restored up to seq { $seq }; history { $number } begins. Phones send again by themselves what was lost.
backup-promoted = this machine is the primary from history { $number }, copy up to seq { $seq }; the old one stops writing once it meets a phone
baseline-written = { $written } new figures written, { $same } were there already
doctor-damaged = damaged data: { $fault }
error-tls = certificates: { $error }
error-keys = keys of the server: { $error }
invite-good-once = good once, for { $minutes } minutes, until { $expires }
morning-report-no-workbook = the workbook cannot be written: { $error }
error-with-detail = { $text } ({ $detail })
relocate-moved = moved { $rows } rows of { $tables } tables, up to seq { $seq }; audit chain and digests agree. The old place takes no writes any more.
serve-log = log: { $error }
telemetry-telemetry-otlp = telemetry.otlp = { $given }: it takes http://HOST:PORT or https://HOST:PORT, as in http://127.0.0.1:4317
telemetry-telemetry-otlp-add-insecure = telemetry.otlp = { $given }: nothing is sent unencrypted beyond this machine; use https://, or add --insecure-plaintext where the line is protected otherwise
tls-restart-server-from-then = Restart the server: from then on phones learn of the next CA whenever they sync. After 90 days: thidua tls roll-over --finish
tls-next-ca-announced-days = the next CA was announced for { $days } days; phones that did not sync since would be cut off. Wait for { $wait }, or say --early
tls-no-next-ca-announced = no next CA was announced; run: thidua tls roll-over
tls-restart-server-take-ca = Restart the server. Take the CA before away after 90 days:
tls-restart-server-use-new = restart the server to use the new certificate
quality-column-unit = unit
quality-column-rule = rule
quality-column-asked = asked
quality-column-state = state
quality-column-question = question
quality-column-reply = reply
score-column-unit = unit
score-column-criterion = criterion
score-column-most = most
score-column-self = self
score-column-system = system
score-column-cluster = cluster
score-column-remark = remark
