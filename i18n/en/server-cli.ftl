## access
access-last-day-comes-before = the last day is before the first day; correct one of them
access-account-holds-no-role = account { $account } has no role; grant one first: thidua access grant --account { $account } ...
access-device = device
access-account = account
access-unit = unit
access-kind = kind
access-state = state
access-enrolled = enrolled
access-role = role
access-from = from
access-last-day = last day
access-grant-ended = ended
access-devices-sessions-revoked = devices and sessions revoked
access-id-device-32-hexadecimal = the id of a device has 32 hexadecimal digits; check it
access-revoked-commands-were-taken = { $device }: revoked. { $taken } commands were received, last contact { $day }. Entries made later and not sent are lost, unless the device exported them before (thidua access import-commands): ask its user and enter them again.
access-device-revoked = { $device }: revoked. Entries that were not sent are lost, unless the device exported them before: ask its user and enter them again.
import-commands-not-this-authority = { $shown } was not exported by a phone of this authority, or was changed; export it again on the phone, or ask for the original file
import-commands-device-not-revoked = device { $device } is not revoked; sync it, or revoke it first (thidua access revoke)
import-commands-done = device { $device }: { $count } commands are now held for the unit, { $skipped } were known already
import-commands-held = held commands { $numbers }: the head of the unit takes them over or puts them aside (thidua review held)
import-commands-refused = command { $number } was not taken: { $why }

## second-factor
second-factor-secret = secret:
second-factor-qr = QR code text:
second-factor-recovery = recovery codes, each valid once:
second-factor-next = Not yet in effect. Type the secret into the authenticator app, keep the recovery codes on paper, then confirm with the app's code: thidua access second-factor confirm --account { $account } --id { $id } CODE
second-factor-confirmed = { $account }: the second factor is in effect; earlier desk sessions have ended. The next sign-in needs the next code of the app.
second-factor-reset = { $account }: no second factor any more; desk sessions have ended. If the role needs one, the account signs in again only after it enrols a new one.
second-factor-id = the id of a second factor has 32 hexadecimal digits; copy it from the output of: thidua access second-factor begin
second-factor-codes-left = recovery codes left

## access-key
access-key-there-no-campaign-see = there is no campaign { $code }; see: thidua campaign list
access-key-key-2 = key:
access-key-until = until
access-key-printed-once-hand-over = Printed once: give it to the agency in a safe way; the server keeps only its hash.
access-key-key = key
access-key-campaign = campaign
access-key-reads = reads
access-key-contracts = Sends
access-key-expires = expires
access-key-id-key-32-hexadecimal = the id of a key has 32 hexadecimal digits; check it
access-key-revoked = revoked

## audit
audit-audit-whole-lines-note = the audit is intact, { $rows } lines; note this to compare later: { $head }
audit-say-why-they-read = no purpose is given; add --purpose

## audit-output
audit-output-audit-not-whole-from = the audit is not intact from line { $number } on; keep the data file unchanged and compare a backup: thidua verify-backup
audit-output-number = number
audit-output-at = time
audit-output-action = action
audit-output-record = record
audit-output-revision = revision

## audit-proof
audit-proof-there-no-line-audit = there is no line { $requested }: the audit has { $all } lines; if a checkpoint of more lines was signed, the end was cut off, or an older backup was restored
audit-proof-not-key-as-thidua = { $key } is not a key as thidua audit key prints it; check it
audit-proof-one-history-signed-up = one consistent audit, signed by { $name }, up to line { $size }: { $root }
audit-proof-neither-checkpoint-nor-proof = { $file } is not a checkpoint or a proof, or was changed; ask for the original file
audit-proof-not-signed-own-audit = { $file } is not signed by { $name } for its own audit; check the file and the key
audit-proof-name-one-file-least = no file is given; name at least one
audit-proof-two-checkpoints-first-lines = two checkpoints of the first { $size } lines differ: there are two audits; { $keep }
audit-proof-audit-lines-does-not = the audit of { $new } lines does not begin with the { $old } lines signed before: lines were changed or removed; { $keep }
audit-proof-line-as-file-says = line { $line } as given in the file is not in the { $size } lines signed; { $keep }
audit-proof-nothing-shows-lines-begin = nothing proves that the { $new } lines begin with the { $old } lines signed; it takes the checkpoint of { $old } lines and: thidua audit prove --from { $old } --to { $new }

## backup
backup-second-place = second place:
backup-copy-not-whole-use = the backup is not intact ({ $fault }); use another one
backup-next = next:
backup-postgresql-restored-own-tools = PostgreSQL is restored with its own tools (pg_restore, Patroni); phones detect it and send their commands again
backup-there-add-force-move = { $path } exists; add --force to move it aside (nothing is deleted)
backup-acts-desk-without-phone = desk work (without a phone) after the backup is not known, because there is no old database
backup-no-act-desk-lost = no desk work was lost
backup-done-desk-after-copy = desk work after the backup, to be done again:
backup-revoked-commands-lost = device { $device } was revoked after the backup; the backup lacks its received commands { $numbers }
backup-revoked-commands-unknown = device { $device } was revoked after the backup; the backup has its commands up to number { $last }, and no old database says which later ones were received
backup-revoked-commands-next = a revoked device sends nothing again: import the file that it exported (thidua access import-commands), or ask its unit to enter the figures again
backup-no-copy-authority-key = { $dir } has no { $name }; copy authority.key, seal.key, revoked.log and the directory tls from the primary once
backup-there-no-whole-copy = there is no intact backup in { $presented }
backup-schema-up-date = the schema is up to date
backup-applied = applied:
backup-would-apply = would apply:
backup-as-before = copy from before the change:

## backup-locations
backup-locations-no-backup-postgresql-neither = NO BACKUP: this PostgreSQL has neither a replica nor a WAL archive
backup-locations-no-backup-second-place = NO BACKUP in a second place: set backup.second, then run thidua backup
backup-locations-no-backup-second-place-2 = NO BACKUP in the second place (backup.second has no backup yet): run thidua backup

## baseline
baseline-dry-run-nothing-written = dry run, nothing was written
baseline-figure = figure
baseline-source = source
baseline-lines-pass = valid lines

## campaign
campaign-catalogue-entries = catalogue entries
campaign-campaigns = campaigns
campaign-written = written:
campaign-no-mistakes = no errors found
campaign-org-or-server = --org checks against files of this machine, --server against what the server holds: name one of them
campaign-there-no-calendar-expected = there is no calendar "{ $code }"; use one of { $existing }

## campaign-conclusion
rehearsal-heading = Rehearsal { $act } of campaign { $code }, as of { $as_of }; writes nothing
rehearsal-phase = phase
rehearsal-changed = { $changed } results differ from the published ones
rehearsal-missing = { $count } reports are missing, { $waived } of them waived
rehearsal-reviewing-unit = {"  "}reviewed by { $unit }: { $count } reports
rehearsal-missing-count = reports missing
rehearsal-open-verdicts = { $count } verdicts hang on missing reports; concluded as it is now, { $forever } would be undetermined for ever
rehearsal-stays = if concluded
rehearsal-for-ever = undetermined for ever
rehearsal-until-concluded = determined
waive-no-such-report = no unit owes such a report; see the ids of reports in campaign rehearse
waiver-state-PROPOSED = waits for a second person
waiver-state-SIGNED = waived
waiver-state-REFUSED = not waived
waiver-state-LAPSED = lapsed, the report was accepted
waiver-contract = contract
waiver-period = period
waiver-reason = reason
waiver-report = report
reopen-asked = Campaign { $code }: reopening was asked for ({ $reason }); a second person has to give this command
reopen-status = Campaign { $code }: { $status }
award-stored = Campaign { $code }: { $award }
award-step-PROPOSED = decision { $reference } of { $day } on the award was entered; a second person has to confirm it
award-step-WITHDRAWN = decision { $reference } of { $day } on the award was withdrawn before it was confirmed
award-step-DECIDED = decision { $reference } of { $day } on the award stands
award-step-REVOCATION_ASKED = decision { $reference } of { $day } on the award stands; its revocation was asked for ({ $reason }), a second person has to confirm it
award-step-REVOCATION_WITHDRAWN = decision { $reference } of { $day } on the award stands; the request to revoke it was withdrawn
award-step-REVOKED = decision { $reference } of { $day } on the award is revoked

## campaign-lifecycle
campaign-lifecycle-code = code
campaign-lifecycle-days = days
campaign-lifecycle-steps-from-here = next steps
campaign-lifecycle-dry-run-conclude = --dry-run goes with the step conclude only

## database-connection
database-connection-line-database-leaves-machine = the connection to the database leaves this machine and the host that answers is not authenticated: a third party on the path can read and change the data
database-connection-add-sslmode-verify-full = add sslmode=verify-full&sslrootcert=FILE to database.url; see OPERATIONS.md
database-connection-use-thidua-built-features = use a thidua built with --features postgres-tls and sslmode=verify-full, or a tunnel that begins on this machine; see OPERATIONS.md
database-connection-database-replica-url-goes = database.replica_url requires PostgreSQL on both sides (postgres://...); remove the key or correct the address

## doctor
desk-name-account = name the account in whose name the act is entered: --account NAME
desk-other-account = { $named } is not signed in to this server: an act is entered in the name of { $account }. Sign in as { $named } (thidua sign-in), or leave --account out
desk-not-remote = this is of the server's own machine (its files, keys or database): leave --server and THIDUA_SERVER out and run it there
desk-judges-on-its-machine = what is not published is shown on the server's machine only, so that nobody fits the next figure to a target: leave --now, --live and --view out for the published results
desk-reference-hidden = the account { $account } may not see units and catalogue on this server: use an account with a role that reports, reviews, runs campaigns or looks after data
desk-address = { $address } is no address of a server: write it as in https://10.0.0.2:8443
desk-plaintext = { $address } is another machine, and http:// would send password and token unencrypted: write https://
desk-no-answer = the server gives no answer: { $text }. Look at the address and the network, and whether the file given with --ca holds the certificate of this server's authority (thidua sign-in --ca FILE)
desk-unknown-answer = the answer of the server has a part that this program does not know: use the program of the server's version
desk-not-signed-in = there is no session on { $address }, or it has ended: thidua sign-in --server { $address } --account NAME
desk-sessions-open = { $shown } holds access tokens and others may read or write it: chmod 600 { $shown }, then end those sessions (thidua sign-out) and sign in again
desk-sessions-damaged = { $shown } cannot be read as a file of sessions: move it away and sign in again
desk-no-home = neither XDG_CONFIG_HOME nor HOME is set, so there is no place for sessions: set one of them
desk-no-role-on-unit = no visible account holds a role on a unit with the code { $code }: write the code as `access grants` shows it
desk-name-server = name the server: --server https://10.0.0.2:8443, or the variable THIDUA_SERVER
desk-name-ca = the first sign-in to a server needs the certificate of its authority, handed over by its operator: --ca FILE
desk-ask-password = password
desk-ask-second-factor = code of the second factor
desk-no-password = there is no password: type it on a terminal, or give it on standard input with --password-stdin
desk-signed-in = { $account } is signed in to { $address } until { $until }; without a command for fifteen minutes the session ends earlier
desk-signed-out = signed out of { $address }
desk-job-failed = the job { $name } did not end well: { $text }. See: thidua jobs history { $name }
doctor-something-must-done-now = there are problems that must be solved now, see above
doctor-run-doctor-there = run thidua doctor on the machine of the server
doctor-run-thidua-migrate = run: thidua migrate
doctor-older-schema-missing = older schema, missing: { $list }
doctor-another-machine-replaced-one = another machine has replaced this one. Desk work done only here since the last backup: { $list }
doctor-end-server-do-these = stop this server; do this work again at the primary; to use it as a standby, restore a backup of the primary here
doctor-set-backup-second-then = set backup.second, then run: thidua backup
doctor-no-backup-second-place = NO BACKUP in a second place
doctor-run-thidua-backup-see = run: thidua backup, and find out why the nightly job does not run
doctor-no-backup = NO BACKUP in { $shown }
doctor-newest-copy-days-old = the newest backup is { $days } days old
doctor-set-up-synchronous-replica = set up a synchronous replica (Patroni), or archive the WAL; see OPERATIONS.md
doctor-no-replica-synchronous-failover = no replica is synchronous: a failover may lose the newest commands until phones send them again
doctor-turn-synchronous-mode-patroni = turn on synchronous_mode in Patroni
doctor-job-slot = job { $name }, slot { $at }: { $state } { $why }
doctor-no-launch-day = campaign { $code } is approved and has no launched_on: it is judged nightly and never launched
doctor-give-launch-day = thidua campaign export { $code }, give launched_on, then thidua campaign apply with --basis
doctor-see-thidua-jobs-history = see thidua jobs history, then: thidua jobs run NAME
doctor-end-server-restore-whole = stop the server and restore an intact backup: thidua restore
doctor-replica-cannot-reached-primary = the replica cannot be reached, the primary serves everything: { $error }
doctor-look-replica-database-replica = check the replica and database.replica_url
doctor-look-tls-thidua-toml = check [tls] in thidua.toml, or make a new certificate: thidua tls init
doctor-certificate-ends = the certificate { $file } ends at { $at }: from then on nobody connects with it
doctor-renew-certificate = make a new certificate: thidua tls init, of [web] where it was issued; the server takes the new file by itself
doctor-everything-well = no problems found
doctor-do-first =
    { "" }
    To do first:

## error
output-same-in-more-lines = the same in { $count } more lines: { $list }
error-warning = warning:{ " " }
error-machine-gives-no-random = the operating system provides no random numbers; try again
error-there-no-data-yet = there is no data in { $dir } yet; run: thidua init --data { $dir }
error-there-is-no-file = there is no { $path }, or no directory for it; check the path
error-cannot-read-write-look = cannot read or write { $path }: { $error }; check the path and its permissions
error-database-url-asks-tls = database.url asks for TLS (sslmode) and this program has no TLS to PostgreSQL; use a build with --features postgres-tls (scripts/package makes one), or remove sslmode and connect through a tunnel that begins on this machine
error-database-answers-does-not = the database answers but does not prove its identity, or one side refuses the connection ({ $text }); check the host name, sslmode and sslrootcert in database.url, and PostgreSQL's certificate and pg_hba.conf
error-database-pre-release-line = the database is of a pre-release version (schema { $found }), which this program can neither read nor upgrade; nothing was changed: keep the file, read it with the old program, and create a new database with thidua init
error-database-schema-program-knows = the database has schema { $found }, this program supports schemas up to { $supported }; use a thidua that supports schema { $found }
error-file-mistakes-nothing-written = the file has errors, nothing was written; correct these places and run again
error-caller-not-known-enrol = the caller cannot be identified; enrol the device again
error-device-revoked-ask-new = the device was revoked; ask for a new enrolment code
error-another-server-runs-job = another server is running this job, nothing was written; see: thidua jobs history
error-database-busy-cannot-reached = the database is busy or cannot be reached ({ $text }); try again
error-database-cannot-written-look = the database cannot be written ({ $text }); check free space and permissions
error-file-cannot-read-written = a file cannot be read or written ({ $text }); check its path and permissions
error-database-schema-older-program = the database's schema is older than this program (to apply: { $pending }); back it up, then run thidua migrate
error-another-server-replaced-one = another server has replaced this one, and it no longer writes; run thidua doctor to see what to do
error-stored-data-damaged-restore = stored data is damaged: { $text }; restore from a backup
error-database-trouble-see-docs = database error: { $text }; see docs/STATUS.md, or report it with this line
error-configuration-wrong = the configuration is not valid: { $error }

## field
field-commands-sent-records-received = { $sent } commands sent, { $rows } records received, { $bytes } B
field-refused = refused
field-everything = total
field-nothing-differs = nothing has changed
field-report = report
field-from = from
field-to = to
field-due = due
field-status = status
field-form = form
field-expected-element-figure-element = "{ $text }": expected ELEMENT=FIGURE, ELEMENT=nil or ELEMENT=missing:see_note
field-commands-exported = { $count } commands exported to { $path }; only the authority can read the file. After the phone is revoked: thidua access import-commands
field-name = name
field-name-ambiguous = "{ $name }" can be { $count } reports; use one of these names, or add the unit, the form or the first day
field-name-unknown = "{ $name }" names no report that this unit owes or that this phone has; see the names: thidua field due (--from, --to for other days)
field-report-blank = nothing is entered in { $name } yet; enter it first: thidua field fill { $name }
field-fill-how = Enter: keep the value in brackets. A number, nil (nothing occurred), carried:NUMBER, missing:awaiting_source, missing:not_counted, missing:see_note. Ctrl-D: stop here and keep what was entered.
field-input-ended-kept = The input ended: { $count } values entered in { $name } are kept as a draft; continue with thidua field fill { $name }
field-input-ended-nothing = The input ended: nothing new was entered in { $name }; what was there stays
field-not-submitted = { $name } is not submitted, because the input ended before the last question; answer the rest: thidua field fill { $name } --submit
field-kept-as-draft = { $name } is not submitted; what was entered is kept as a draft
field-entered-was = entered and not saved: { $cells }
field-cell-not-understood = { $element }: { $fault }
field-line-not-text = this line is no text in UTF-8; enter it again
field-figure-out-of-range = "{ $text }" is outside { $min } to { $max }; check the figure and enter it again

## files
files-larger-64-mib-split = { $shown } is larger than 64 MiB; split it
files-not-utf-8-excel = { $shown } is not UTF-8; in Excel save it as "CSV UTF-8"

## fleet
fleet-name = name
fleet-devices = devices
fleet-last-contact = last contact
fleet-waiting = waiting to be sent
fleet-card-open-until = card open until

## healthcheck
healthcheck-see-log-thidua-serve = { $address }: { $error }; see the log of thidua serve

## init
init-holds-already-choose-another = { $shown } already has a { $config }; choose another directory, or for a new code: thidua access enrol --account admin
init-made = made
init-first-administrator-enrolment-code = the first administrator's enrolment code, printed only once:

## invite
invite-qr-text = QR text:{ "       " }
invite-typed-code = typed code:{ "    " }
invite-addresses = addresses:{ "     " }
invite-ca-sha-256 = CA SHA-256:{ "    " }

## jobs
jobs-job = job
jobs-daily = daily
jobs-last = last run
jobs-there-no-job-there = there is no job { $name }; use one of { $names }
jobs-full-goes-aggregate-only = --full is only for the job aggregate
jobs-running = running
jobs-slot-done-before = this slot was already done
jobs-another-process-runs-now = another process is running { $name }; wait, then see: thidua jobs history
jobs-campaigns-same-byte-from = campaigns recomputed from raw reports, identical to the byte
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
live-standings-right-half-provisional-published = the right half is provisional and not published; the official results are those of the nightly run

## lookup
lookup-there-no-unit-codes = there is no unit { $code }; use a code of the column uid in units.csv
lookup-name-campaign-code-there = the campaign is not determined; name its code, one of { $codes }

## morning-report
morning-report-campaign-no-phase = campaign { $code } has no phase { $phase }; enter another number, 0 is the whole campaign
morning-report-wrote =
    wrote { $page }
    { "      " }{ $book }
morning-report-could-not-written-name = { $path } could not be written: { $error }; choose another directory with --out

## org
org-units = units
org-new = new
org-changed = changed
org-records-written = records written:
org-handover-stored = hand-over of { $count } lines from { $day }
org-handover-heading = from { $day }, { $basis }: { $state }
org-handover-from = from
org-handover-to = to
org-handover-element = element
org-handover-amount = amount
handover-state-PROPOSED = waits for a second person
handover-state-SIGNED = signed
handover-state-REFUSED = not signed

## output
output-error = error

## pending-decisions
pending-decisions-proposal = proposal
pending-decisions-cells = cells
pending-decisions-reason = reason
pending-decisions-held = held command
pending-decisions-why = reason for holding
pending-decisions-refused = reason for refusal

## phone
phone-note = note
phone-question = question

## rehearse
rehearse-files-change-nothing = the files change nothing on { $on }; check the day and the files
rehearse-rehearsal-does-not-reconcile = the rehearsal does not reconcile; correct the points named and rehearse again
rehearse-files-change-nothing-after = the files change nothing after { $today }; add --on DAY
rehearse-before-files-differ-from = before { $on } the files differ from the database at { $differing } units; compare before importing

## relocate
relocate-moving-checking-each-table = moving, and checking each table…
relocate-next-set-database-url = next: set database.url in thidua.toml to the new database, then run thidua serve

## remind
remind-contract = contract
remind-first-day = first day
remind-last-day = last day
remind-due = due by
remind-days-late = days late

## report
report-import-denied = { $lines } lines are of { $count } units ({ $units }) for which { $account } may not report; use the account of each unit, or give the role: thidua access grant-many --help
report-there-no-report = there is no report { $report }; check its id
report-written = written
import-counts = { $created } new, { $changed } changed, { $unchanged } unchanged, { $held } waiting for people, { $refused } refused
import-more-changes = ... and { $more } more changes (--json shows all)
report-reports-commands = { $count } reports, { $steps } commands; { $tail }
report-there-no-reporting-contract = there is no reporting contract { $contract }; use one of { $codes }

## review
review-contract = contract
review-look = to check
review-nil-reports-nothing-look = { $clean } nil reports with nothing to check: thidua review accept --clean-nil
review-commented = commented
review-changed-again = changed more than once
review-late = late
review-note = has a note
review-nothing-waits = no report waits for review
review-none-accepted = no report was accepted
review-element = element
review-now = now
review-last-period = last period
review-last-year = same period last year
review-same-figures = { "    " }{ $same } other figures are the same as the last period's and last year's
review-which-to-accept = Accept the reports with these numbers (as in 1-12,15; empty: none):
review-numbers-like = numbers from 1 to { $count } are expected, as in 1-3,7
review-accepted = { $accepted } reports accepted; { $waiting } commands wait to be sent
review-some-refused = some reports could not be accepted; look at them again with thidua review batch
review-open-finding = a question about figures is not answered ({ $rule } { $element })
review-departs-from-both = { $element }: { $now }, last period { $before }, same period last year { $last_year }
review-no-clean-nil = no nil report waits that has nothing to check
review-no-such-proposal = this client has no such proposal; see the list: thidua review proposals
review-nothing-decided = Nothing is decided. To grant exactly what is shown: thidua review amend { $proposal } --grant { $hash } ; to refuse it: --refuse
pending-decisions-proposed = proposed
review-early = early
review-word-missing = { $element } is not said
review-reports = { $numbers } reports
review-sent = sent
review-waits-sent = waiting to be sent
review-command = command

## runs
runs-there-no-run-see = there is no run { $number }; see: thidua runs list
runs-run = run
runs-published = published
runs-cut = cut-off number
runs-version = version
runs-differs = DIFFERS
runs-raw-reports = raw reports
runs-input = input   :
runs-standings = standings:
runs-computed-again-run-not = the recomputed results differ from the published ones: raw data was changed, or this program computes differently; run thidua doctor --full
runs-semantics-changed = run { $run } was judged by version { $judged_by } of the rules, today they are version { $today }; what was published is intact and is not judged again by other rules
runs-semantics = rules
runs-supersedes = supersedes
runs-definitions-changed-organisation-forms = definitions changed (organisation, forms or campaigns)
runs-baselines-changed = baselines changed
runs-standings-differ = standings differ:
runs-reports-changed-between-two = reports changed between the two runs:

## score
score-plan = the scoring plan has errors: { $bad }
score-numbers-too-large = the numbers are too large to be computed exactly
score-not-applicable-weight-shared = not applicable, its weight is distributed to the other criteria
score-waiting-figures = waiting for figures
score-provisional = provisional
score-order-codes-not-ranking = Ordered by code; this is not a ranking. Taking part in emulation is voluntary.

## serve
serve-listen-address-expected-address = listen.address = { $given }: expected an address and port, such as 0.0.0.0:8443
serve-plaintext-not-served-take = unencrypted connections are not accepted on { $address }; remove listen.plaintext, or add --insecure-plaintext behind a TLS proxy
serve-serving = serving
serve-web-incomplete = web.host, web.certificate and web.key belong together: set all three, or none
serve-web-host = web.host { $host } is an address of phones, too ({ $address }): phones trust the authority's own CA only; give browsers another name, or take this one out of listen.public
serve-field-app = Field app in the browser: { $address }
serve-field-app-ca = A browser keeps the app for offline use only if the device trusts the CA { $ca }: install that file on it, or name a public certificate in [web] (docs/FIELD-APP.md).
serve-server-failed = the server failed: { $error }
serve-tls-client-auth-asks = tls.client_auth requires certificates and tls.client_ca is empty; name the file of the authority that signs them
serve-cannot-listen-port-may = cannot listen on { $address }: { $error }; the port may be in use, change { $key }

## standing-drilldown
standing-drilldown-there-no-target-unit = there is no target { $code } at this unit; see: thidua standings
standing-drilldown-whole-campaign = whole campaign
standing-drilldown-phase = phase
standing-drilldown-now-same-time-last = { "  " }{ $element } { $name } ({ $unit }): now { $now }, same period last year { $before }, whole base window { $full }
standing-drilldown-unit-code-as-accepted = by unit code, as of { $cut }: accepted { $accepted }, waiting { $waiting }, missing { $missing }, not visible to you { $hidden }; figures in brackets are not added
standing-drilldown-missing = MISSING
standing-drilldown-not-due = not judged yet, due on { $due }
standing-drilldown-waiting = waiting
standing-drilldown-late = , late

## standing-format
standing-format-reports-expected-received-nil = reports: expected { $expected }, received { $received } (nil { $nil }), late { $late }, accepted { $accepted }, missing { $missing }; missing is not zero
standing-format-waived = waived { $waived }

## standings
standings-there-no-view-expected = there is no view { $text }; use one of { $known }
standings-campaign-no-standings-yet = campaign { $code } has no standings yet; run: thidua jobs run aggregate
standings-last-year = last year
standings-now = now
standings-limit = limit
standings-because = reason
standings-running = running
standings-over-figures-preliminary = over, figures preliminary
standings-final = final
standings-judged-through = through
standings-judged-through-day = { "  " }judged through { $day }
standings-nothing-due-yet = { "  " }no reporting period was due yet
standings-view = view

## target
target-nothing-given-put-one = there is no input; put one JSON object per line on standard input
target-line-not-json = line { $line }: not valid JSON: { $why }

## input
input-target-text = the target's text
input-expected = { $at }: expected { $expected }
input-object = an object {"{"}{"}"}
input-one-keys = one of the keys { $known }
input-true-false = true or false
input-one = one of { $words }
input-number-from-zero-up = a non-negative number of at most 18 digits, such as 418, "0.4" or "31/3"
input-number-from-0-1 = a number from 0 to 1
input-element-code-z-0 = an element's code (a-z, 0-9, _)
input-list = a list []
input-name = a name
input-done-up-from-1 = done must be at most of, and of at least 1

## telemetry
telemetry-telemetry-otlp-https-telemetry = telemetry.otlp uses https and telemetry.ca is empty; name the PEM file of the authority that signs the collector's certificate
telemetry-telemetry-ca-cannot-used = telemetry.ca cannot be used: { $error }; name another PEM file, or leave telemetry.otlp empty

## tls
audit-proof-keep = keep both files as evidence and ask the signing authority
backup-done = backed up and verified: { $path } (up to sequence number { $seq }, { $rows } audit lines)
backup-whole = intact: history { $epoch }, up to sequence number { $seq }, { $rows } audit lines, { $scopes } scopes
backup-restored = restored up to sequence number { $seq }; history { $number } begins. Phones send again what was lost.
backup-promoted = this machine is the primary from history { $number }, backup up to sequence number { $seq }; the old one stops writing when a phone connects to it
baseline-written = { $written } new figures written, { $same } were already stored
doctor-damaged = damaged data: { $fault }
error-tls = certificates: { $error }
error-keys = keys of the server: { $error }
invite-good-once = valid once, for { $minutes } minutes, until { $expires }
morning-report-no-workbook = the workbook cannot be written: { $error }; try again, or report it with this line
export-wrote = Wrote { $path }, rows: { $count }
dhis2-omitted-not-accepted = left out, because they are not accepted; reports: { $count } ({ $reports })
dhis2-omitted-unit = left out, because their unit has no code of its own on the first day (--unit-ids uid names every unit); reports: { $count } ({ $reports })
dhis2-omitted-period = left out, because DHIS2 has no code for their days (ADX says any days); reports: { $count } ({ $reports })
dhis2-omitted-nil = left out, because DHIS2 has no word for "nothing occurred"; cells: { $count } ({ $reports })
dhis2-omitted-awaiting-source = left out, because their source has not come yet; cells: { $count } ({ $reports })
dhis2-omitted-not-counted = left out, because nothing was counted; cells: { $count } ({ $reports })
dhis2-omitted-see-note = left out, because they have no figure for a reason in the note; cells: { $count } ({ $reports })
dhis2-omitted-note = left out, because a set has no place for them; notes: { $count } ({ $reports })
export-wrote-data-values = Wrote { $path }, reports: { $reports }, values: { $values }
export-no-data-values = the data value set cannot be written: { $error }; try again, or report it with this line
error-with-detail = { $text } ({ $detail })
relocate-moved = moved { $rows } rows of { $tables } tables, up to sequence number { $seq }; audit chain and digests match. The old database accepts no more writes.
serve-log = log: { $error }
telemetry-telemetry-otlp = telemetry.otlp = { $given }: expected http://HOST:PORT or https://HOST:PORT, such as http://127.0.0.1:4317
telemetry-telemetry-otlp-add-insecure = telemetry.otlp = { $given }: nothing is sent unencrypted beyond this machine; use https://, or add --insecure-plaintext where the connection is protected in another way
tls-restart-server-from-then = Restart the server: from then on, phones learn of the next CA when they sync. After 90 days, run: thidua tls roll-over --finish
tls-next-ca-announced-days = the next CA was announced { $days } days ago; phones that have not synced since would lose their connection. Wait until { $wait } days have passed, or use --early
tls-no-next-ca-announced = no next CA is announced; run: thidua tls roll-over
tls-restart-server-take-ca = Restart the server. After 90 days, delete the old CA file:
tls-restart-server-use-new = restart the server to use the new certificate
quality-column-unit = unit
quality-column-rule = rule
quality-column-asked = asked
quality-column-state = state
quality-column-question = question
quality-column-reply = reply
score-column-unit = unit
score-column-criterion = criterion
score-column-most = maximum
score-column-self = self
score-column-system = system
score-column-cluster = cluster
score-column-remark = remark
error-record-too-large = a record has { $bytes } bytes, more than { $max }: no phone could receive it; nothing was written. Split or shorten it
error-content-altered = stored content is not what was written: { $place }. Keep the database as evidence and restore an intact copy: thidua restore
doctor-clock-confirmed = the clock is taken to be right: { $at }
doctor-clock-doubt-recorded = a running server finds that its clock may be wrong
phone-clock-behind = CLOCK: this clock is { $by } behind; by the server today is { $today }. Set the date and time.
phone-clock-ahead = CLOCK: this clock is { $by } ahead; by the server today is { $today }. Set the date and time.
error-wrong-permit = the permit for { $action } at { $unit } is not for this record; nothing was written. Report it with this line
rights-read = read
rights-write = write to
rights-create-files = create files in
rights-read-or-write = read or write
rights-missing = user { $user } may not { $right } { $shown }: run thidua as the user who owns the data directory, or give the directory to this user with chown -R
rights-read-only = { $shown } is on a file system that is mounted read-only, so user { $user } cannot write there: mount it for writing, or name another directory with --data
doctor-open-to-others = other users of this machine have rights to { $path } (mode { $mode }) and to { $more } more files there
doctor-take-rights-from-others = run: chmod -R go-rwx { $dir }; a disk without modes (FAT, CIFS): mount it with umask=077
doctor-second-factor-off = accounts with ADMIN or COUNCIL_SECRETARY sign in at a desk with a password alone
doctor-turn-second-factor-on = set auth.second_factor = "required" in thidua.toml and restart the server; before that enrol each account: thidua access second-factor begin
doctor-second-factor-not-enrolled = without a second factor, which their role needs, these accounts cannot sign in at a desk: { $labels }
doctor-enrol-second-factor = enrol each of them: thidua access second-factor begin --account LABEL, or give an enrolment code (thidua access enrol)
error-commit-panicked = the commit failed inside the program and may have been applied or not: { $text }. Look whether it was, then repeat it, and report this error
error-database-encoding = the PostgreSQL database has the encoding { $encoding }, which cannot hold Vietnamese safely: create it with encoding UTF8 (createdb --encoding=UTF8 --template=template0), then run this command again; nothing was made
error-transaction-pooler = a pooler in transaction mode stands before the database and is not supported: set it to session mode (pool_mode = session), or name PostgreSQL itself in database.url; nothing was made
field-outbox-counts = waiting { $waiting }, sent without answer { $sent }, held { $count }, refused { $refused }
phone-held-command = command { $number }: HELD { $reason } { $text }

## grant-many
grant-file-or-rule = name a CSV file, or --all-below UNIT together with --role ROLE
grant-label-names-unit = --account must contain {"{"}unit{"}"}, where the unit's code goes: each unit has an account of its own
grant-no-unit-below = there is no such open unit below this one; check --all-below and --level
grant-would-give = { $count } roles pass; dry run, nothing written
grant-given = { $given } roles given; { $unchanged } were held already and stay as they are

## invite cards
cards-card = card
cards-issued = issued
cards-expires = valid until
cards-written = { $count } cards written to { $file }: { $new } new, { $again } issued before and still open; { $given } roles newly given
cards-have-phone = { $many } accounts have a phone and get no card: { $labels }. To make cards for them too, add --also-enrolled
cards-short = The codes on these cards are valid for { $minutes } minutes only. To hand cards out to units, set enrolment.code_minutes (at most 43200, which is 30 days) and print again with --renew
cards-keep-safe = Who holds a card can enrol a phone of the unit: hand it over in person, and delete the file after printing. A lost card: thidua invite revoke CARD
cards-revoked = { $revoked } of { $asked } cards revoked; a card that was used or revoked before stays as it is (an enrolled phone: thidua access revoke)
cards-number-12-hexadecimal = the number of a card has 12 hexadecimal digits; it stands on the card and in thidua invite list; check it
cards-missing-letters = The PDF has no letter for { $letters }: a box stands on the card. To print it, write the sheet as HTML (--out cards.html)
sheet-title = Cards to enrol phones
sheet-intro = Print on A4, or choose "Save as PDF" in the browser's print dialog. Each card can be used once. Cut them apart and hand each to the unit that it names.
sheet-roles = roles
sheet-expires = { $day }, { $time }
sheet-rule = Open the app and scan the picture. It can be used once. Do not photograph it or send it. A lost card: report its number to the unit above at once.
sheet-addresses-too-long = the server's addresses are too long for one QR picture; shorten listen.public
sheet-role-reporter = reporter
sheet-role-unit-head = unit head
sheet-role-reviewer = reviewer
sheet-role-campaign-head = campaign head
sheet-role-council-secretary = council secretary
sheet-role-data-steward = data steward
sheet-role-auditor = auditor
sheet-role-partner-reader = partner agency (reads)
sheet-role-partner-writer = partner agency (writes)
sheet-role-admin = administrator
sheet-role-system = system
