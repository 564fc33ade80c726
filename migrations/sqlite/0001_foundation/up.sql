-- the one row that orders all commits, and the epoch of this history
CREATE TABLE head (
    id SMALLINT NOT NULL,
    seq BIGINT NOT NULL,
    chain BLOB NOT NULL,
    auth_generation BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    epoch_id BLOB NOT NULL,
    safe_past BIGINT NOT NULL,
    PRIMARY KEY (id)
);

-- one row a commit: where it ended and the chain there
CREATE TABLE commit_log (
    last_seq BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    chain BLOB NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (last_seq)
) WITHOUT ROWID;

-- the present version of every synced record: the bytes that phones hold
CREATE TABLE record (
    kind SMALLINT NOT NULL,
    id BLOB NOT NULL,
    revision BIGINT NOT NULL,
    hash BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (kind, id)
);

-- a scope, its short number and its digest
CREATE TABLE scope (
    no INTEGER NOT NULL,
    kind SMALLINT NOT NULL,
    id BLOB NOT NULL,
    count BIGINT NOT NULL,
    sum BLOB NOT NULL,
    generation BIGINT NOT NULL,
    floor BIGINT NOT NULL,
    PRIMARY KEY (no)
) WITHOUT ROWID;

CREATE UNIQUE INDEX scope_kind_id ON scope (kind, id);

-- latest change of each record in each scope, in commit order
CREATE TABLE feed (
    scope INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    id BLOB NOT NULL,
    op SMALLINT NOT NULL,
    PRIMARY KEY (scope, seq)
) WITHOUT ROWID;

CREATE UNIQUE INDEX feed_kind_id_scope ON feed (kind, id, scope);

-- every command ever taken from a device, and what became of it
CREATE TABLE command (
    device BLOB NOT NULL,
    number BIGINT NOT NULL,
    hash BLOB NOT NULL,
    verdict SMALLINT NOT NULL,
    reason TEXT,
    seq BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    details BLOB,
    at BIGINT NOT NULL,
    PRIMARY KEY (device, number)
);

-- append only: every change, in order, under the chain
CREATE TABLE audit (
    seq BIGINT NOT NULL,
    account BLOB NOT NULL,
    device BLOB,
    action TEXT NOT NULL,
    kind SMALLINT,
    id BLOB,
    from_revision BIGINT NOT NULL,
    to_revision BIGINT NOT NULL,
    hash BLOB,
    at BIGINT NOT NULL,
    PRIMARY KEY (seq)
);

-- an official's or an agency's account; no personal data
CREATE TABLE account (
    id BLOB NOT NULL,
    label TEXT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;

-- a role of an account on a unit for a window of days
CREATE TABLE grants (
    account BLOB NOT NULL,
    role SMALLINT NOT NULL,
    unit BLOB NOT NULL,
    from_day INTEGER NOT NULL,
    to_day INTEGER NOT NULL,
    PRIMARY KEY (account, role, unit)
) WITHOUT ROWID;

-- an enrolled device with its key and its place in its outbox
CREATE TABLE device (
    id BLOB NOT NULL,
    account BLOB NOT NULL,
    public_key BLOB NOT NULL,
    enrolled BIGINT NOT NULL,
    revoked BIGINT,
    taken BIGINT NOT NULL,
    outcomes BLOB NOT NULL,
    forked SMALLINT NOT NULL,
    token_hash BLOB,
    token_expires BIGINT,
    seen_day INTEGER,
    PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX device_token_hash ON device (token_hash);

CREATE INDEX device_account ON device (account);

-- single use, at most ten minutes
CREATE TABLE enrol_code (
    hash BLOB NOT NULL,
    account BLOB NOT NULL,
    expires BIGINT NOT NULL,
    used BIGINT,
    PRIMARY KEY (hash)
) WITHOUT ROWID;

-- a question that only the device's key can answer
CREATE TABLE nonce (
    hash BLOB NOT NULL,
    device BLOB NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (hash)
) WITHOUT ROWID;

-- short numbers of units and elements, given once
CREATE TABLE number (
    kind SMALLINT NOT NULL,
    id BLOB NOT NULL,
    no INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX number_kind_no ON number (kind, no);

-- the units above a unit as of today, a closed one under its successor
CREATE TABLE hanging (
    unit BLOB NOT NULL,
    place INTEGER NOT NULL,
    ancestor BLOB NOT NULL,
    PRIMARY KEY (unit, place)
) WITHOUT ROWID;

-- who acts for a unit today: itself, or the successor
CREATE TABLE acting (
    unit BLOB NOT NULL,
    heir BLOB NOT NULL,
    PRIMARY KEY (unit)
) WITHOUT ROWID;

-- what lists and rules need of a report besides its bytes
CREATE TABLE report (
    id BLOB NOT NULL,
    contract BLOB NOT NULL,
    unit BLOB NOT NULL,
    calendar TEXT NOT NULL,
    start_day INTEGER NOT NULL,
    end_day INTEGER NOT NULL,
    cut SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    late SMALLINT NOT NULL,
    received_day INTEGER,
    last_device BLOB,
    other_revision BIGINT NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX report_state_unit ON report (state, unit);

CREATE INDEX report_contract_start_day ON report (contract, start_day);

-- who wrote in a report: nobody accepts the own one
CREATE TABLE report_author (
    report BLOB NOT NULL,
    account BLOB NOT NULL,
    PRIMARY KEY (report, account)
) WITHOUT ROWID;

-- comments and conflicts, which go where their report goes
CREATE TABLE beside (
    report BLOB NOT NULL,
    kind SMALLINT NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (report, kind, id)
) WITHOUT ROWID;

-- every sent revision, for ever
CREATE TABLE report_revision (
    report BLOB NOT NULL,
    revision BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    content_hash BLOB NOT NULL,
    bytes BLOB NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (report, revision)
);

-- figures of an earlier window by the unit's uid, versioned, with their source
CREATE TABLE baseline (
    unit TEXT NOT NULL,
    element TEXT NOT NULL,
    version INTEGER NOT NULL,
    start_day INTEGER NOT NULL,
    end_day INTEGER NOT NULL,
    value BIGINT NOT NULL,
    status TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (unit, element, version, start_day, end_day)
) WITHOUT ROWID;

-- answers of unary writes by request id
CREATE TABLE once (
    account BLOB NOT NULL,
    request_id BLOB NOT NULL,
    method TEXT NOT NULL,
    answer BLOB NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account, request_id)
) WITHOUT ROWID;

-- one claimed slot of a job
CREATE TABLE job_run (
    job TEXT NOT NULL,
    slot BIGINT NOT NULL,
    state TEXT NOT NULL,
    owner TEXT NOT NULL,
    fence BIGINT NOT NULL,
    started BIGINT NOT NULL,
    finished BIGINT,
    cut BIGINT,
    input_digest BLOB,
    output_digest BLOB,
    message TEXT,
    PRIMARY KEY (job, slot)
) WITHOUT ROWID;

-- who runs a job now
CREATE TABLE job_lease (
    job TEXT NOT NULL,
    owner TEXT NOT NULL,
    fence BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (job)
) WITHOUT ROWID;

-- facts about this authority: its root unit, applied changes
CREATE TABLE setting (
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;

INSERT INTO head (id, seq, chain, auth_generation, epoch, epoch_id, safe_past) VALUES (1, 0, x'0000000000000000000000000000000000000000000000000000000000000000', 0, 0, x'00000000000000000000000000000000', 0);
