## job
job-had-run-before = it had run before
job-another-server-runs = another server runs it

## status
status-LIMIT_EXCEEDED = A limit was exceeded. Send less.
status-RATE_LIMITED = Too many requests. Try again as told.
status-BUSY = The server is busy. Try again in a few seconds.
status-BAD_PAGE_TOKEN = The page token does not fit this request. Begin again.
status-BAD_SIGNATURE = The device's signature does not hold. Begin again.
status-INTERNAL = The server failed. Try once more, then report it.
status-REQUEST_ID_REUSED = The request id was used for other content. Use a new one.
status-CODE_REFUSED = The enrolment code is wrong, used or expired. Ask for a new one.
status-UNAUTHENTICATED = Not signed in, or the token has expired. Renew it, then try again.
status-DEVICE_REVOKED = This device was revoked. Its local data must go; ask your administrator.
status-SERVER_SUPERSEDED = This server was superseded. Go to the next address; without one, tell the operator.
status-PASSWORD_LENGTH = A password has 15 to 128 characters, whichever. Choose a long sentence that you can remember.
status-SIGN_IN_REFUSED = The account or the password is wrong. Try again; if it is forgotten, ask your administrator for a code to set a new one.
