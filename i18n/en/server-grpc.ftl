## job
job-had-run-before = it had run before
job-another-server-runs = another server runs it

## status
status-limit-exceeded-send-less = A limit was exceeded. Send less.
status-too-many-requests-try = Too many requests. Try again as told.
status-server-busy-try-again = The server is busy. Try again in a few seconds.
status-page-token-does-not = The page token does not fit this request. Begin again.
status-device-signature-does-not = The device's signature does not hold. Begin again.
status-server-failed-try-once = The server failed. Try once more, then report it.
status-request-id-used-other = The request id was used for other content. Use a new one.
status-enrolment-code-wrong-used = The enrolment code is wrong, used or expired. Ask for a new one.
status-not-signed-token-expired = Not signed in, or the token has expired. Renew it, then try again.
status-device-revoked-local-data = This device was revoked. Its local data must go; ask your administrator.
status-server-superseded-go-next = This server was superseded. Go to the next address; without one, tell the operator.
status-password-15-128-characters = A password has 15 to 128 characters, whichever. Choose a long sentence that you can remember.
status-account-password-wrong-try = The account or the password is wrong. Try again; if it is forgotten, ask your administrator for a code to set a new one.
