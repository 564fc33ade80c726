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
status-bad-json = The JSON body does not fit the message of this method: { $error }. See the protos for its fields; unknown ones are refused.
