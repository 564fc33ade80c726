## job
job-had-run-before = already run before
job-another-server-runs = another server runs it

## status
status-LIMIT_EXCEEDED = A limit was exceeded. Send less.
status-RATE_LIMITED = Too many requests. Try again later.
status-BUSY = The server is busy. Try again in a few seconds.
status-BAD_PAGE_TOKEN = The page token does not fit this request. Start again from the first page.
status-BAD_SIGNATURE = The device's signature is not valid. Start again.
status-INTERNAL = The server failed. Try again once; if it fails again, report it to your administrator.
status-REQUEST_ID_REUSED = The request id was used for other content. Use a new one.
status-CODE_REFUSED = The enrolment code is wrong, used or expired. Ask for a new one.
status-UNAUTHENTICATED = Not signed in, or the token has expired. Renew it, then try again.
status-DEVICE_REVOKED = This device was revoked. Erase its local data and contact your administrator.
status-SERVER_SUPERSEDED = This server was replaced. Use the next address; without one, tell your administrator.
status-PASSWORD_LENGTH = A password must have 15 to 128 characters; special characters are not required. Choose a long sentence that you can remember.
status-SIGN_IN_REFUSED = The account or the password is wrong. Try again; if you forgot the password, ask your administrator for a code to set a new one.
dhis2-no-such-contract = There is no contract "{ $code }". Name it by its code, as in the campaign's file.
dhis2-period-not-owed = The unit owes no report of "{ $code }" for the period { $period }, or its period has other days than this code names. Send it with its first day through DeliverReports.
dhis2-no-such-unit = No unit, or more than one, is named "{ $unit }" in the scheme { $scheme } on the first day of the period. Name it by another scheme.
dhis2-no-such-element = There is no element "{ $element }". Name it by its code.
dhis2-value-twice = The element "{ $element }" is given twice for this report. Send it once.
dhis2-value-as-text = The value { $value } of "{ $element }" is not read, so that no decimal is lost. Send it as a text.
dhis2-value-not-read = The value "{ $value }" of "{ $element }" is no figure with the decimals of this element: digits, and a point before the decimals.
dhis2-unreadable = This is no data value set in JSON: { $fault }. Send an object with dataSet, period, orgUnit and dataValues.
exchange-no-such-option = There is no option "{ $name }". Known: { $known }.
exchange-unknown-option = The option { $option } does not know "{ $value }". Known: { $known }.
dhis2-name-the-contract = The values name no contract. Send it as dataSet, in the set or in the query (?dataSet=CODE).
dhis2-csv-row-short = Line { $line } of the CSV ends before its value. Send dataelement, period, orgunit, categoryoptioncombo, attributeoptioncombo, value in this order.
dhis2-csv-unreadable = This is no data value set in CSV, line { $line }: { $fault }
dhis2-unknown-option = The option { $option } does not know "{ $value }". Known: idScheme, orgUnitIdScheme and dataElementIdScheme uid, code, name, attribute:SYSTEM; importStrategy CREATE, UPDATE, CREATE_AND_UPDATE; dryRun true, false.
dhis2-most-reports = A set has values for { $limit } reports at most. Split it.
dhis2-no-delete = Figures of record are not deleted. Send the right figures instead; accepted ones change by a proposal.
dhis2-strategy = The import strategy forbids it: the report exists already, or does not exist yet.
dhis2-proposed = The report is accepted. The difference waits as a proposal for its reviewer.
dhis2-in-conflict = People of the unit entered other figures. The head of the unit settles which stand.
dhis2-import-done = Import process completed successfully
dhis2-import-with-conflicts = Import process completed with conflicts: each is listed with the places of its values
status-bad-json = The JSON body does not fit the message of this method: { $error }. See the protos for its fields; unknown ones are refused.
