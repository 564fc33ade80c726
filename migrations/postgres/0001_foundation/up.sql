-- the one row that orders all commits, and the epoch of this history
CREATE TABLE head (
    id SMALLINT NOT NULL,
    seq BIGINT NOT NULL,
    chain BYTEA NOT NULL,
    auth_generation BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    epoch_id BYTEA NOT NULL,
    safe_past BIGINT NOT NULL,
    PRIMARY KEY (id)
);

-- one row a commit: where it ended and the chain there
CREATE TABLE commit_log (
    last_seq BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    chain BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (last_seq)
);

-- the present version of every synced record: the bytes that phones hold
CREATE TABLE record (
    kind SMALLINT NOT NULL,
    id BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (kind, id)
);

-- a scope, its short number and its digest
CREATE TABLE scope (
    no INTEGER NOT NULL,
    kind SMALLINT NOT NULL,
    id BYTEA NOT NULL,
    count BIGINT NOT NULL,
    sum BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    floor BIGINT NOT NULL,
    PRIMARY KEY (no)
);

CREATE UNIQUE INDEX scope_kind_id ON scope (kind, id);

-- latest change of each record in each scope, in commit order
CREATE TABLE feed (
    scope INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    id BYTEA NOT NULL,
    op SMALLINT NOT NULL,
    PRIMARY KEY (scope, seq)
);

CREATE UNIQUE INDEX feed_kind_id_scope ON feed (kind, id, scope);

-- every command ever taken from a device, and what became of it
CREATE TABLE command (
    device BYTEA NOT NULL,
    number BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    verdict SMALLINT NOT NULL,
    reason TEXT COLLATE "C",
    seq BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    details BYTEA,
    at BIGINT NOT NULL,
    PRIMARY KEY (device, number)
);

-- append only: every change, in order, under the chain
CREATE TABLE audit (
    seq BIGINT NOT NULL,
    account BYTEA NOT NULL,
    device BYTEA,
    action TEXT COLLATE "C" NOT NULL,
    kind SMALLINT,
    id BYTEA,
    from_revision BIGINT NOT NULL,
    to_revision BIGINT NOT NULL,
    hash BYTEA,
    at BIGINT NOT NULL,
    PRIMARY KEY (seq)
);

-- an official's or an agency's account; no personal data
CREATE TABLE account (
    id BYTEA NOT NULL,
    label TEXT COLLATE "C" NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (id)
);

-- a role of an account on a unit for a window of days
CREATE TABLE grants (
    account BYTEA NOT NULL,
    role SMALLINT NOT NULL,
    unit BYTEA NOT NULL,
    from_day INTEGER NOT NULL,
    to_day INTEGER NOT NULL,
    PRIMARY KEY (account, role, unit)
);

-- an enrolled device with its key and its place in its outbox
CREATE TABLE device (
    id BYTEA NOT NULL,
    account BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    enrolled BIGINT NOT NULL,
    revoked BIGINT,
    taken BIGINT NOT NULL,
    outcomes BYTEA NOT NULL,
    forked SMALLINT NOT NULL,
    token_hash BYTEA,
    token_expires BIGINT,
    seen_day INTEGER,
    PRIMARY KEY (id)
);

CREATE INDEX device_token_hash ON device (token_hash);

CREATE INDEX device_account ON device (account);

-- single use, at most ten minutes
CREATE TABLE enrol_code (
    hash BYTEA NOT NULL,
    account BYTEA NOT NULL,
    expires BIGINT NOT NULL,
    used BIGINT,
    PRIMARY KEY (hash)
);

-- a question that only the device's key can answer
CREATE TABLE nonce (
    hash BYTEA NOT NULL,
    device BYTEA NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (hash)
);

-- short numbers of units and elements, given once
CREATE TABLE number (
    kind SMALLINT NOT NULL,
    id BYTEA NOT NULL,
    no INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE UNIQUE INDEX number_kind_no ON number (kind, no);

-- the units above a unit as of today, a closed one under its successor
CREATE TABLE hanging (
    unit BYTEA NOT NULL,
    place INTEGER NOT NULL,
    ancestor BYTEA NOT NULL,
    PRIMARY KEY (unit, place)
);

-- who acts for a unit today: itself, or the successor
CREATE TABLE acting (
    unit BYTEA NOT NULL,
    heir BYTEA NOT NULL,
    PRIMARY KEY (unit)
);

-- what lists and rules need of a report besides its bytes
CREATE TABLE report (
    id BYTEA NOT NULL,
    contract BYTEA NOT NULL,
    unit BYTEA NOT NULL,
    calendar TEXT COLLATE "C" NOT NULL,
    start_day INTEGER NOT NULL,
    end_day INTEGER NOT NULL,
    cut SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    late SMALLINT NOT NULL,
    received_day INTEGER,
    last_device BYTEA,
    other_revision BIGINT NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX report_state_unit ON report (state, unit);

CREATE INDEX report_contract_start_day ON report (contract, start_day);

-- who wrote in a report: nobody accepts the own one
CREATE TABLE report_author (
    report BYTEA NOT NULL,
    account BYTEA NOT NULL,
    PRIMARY KEY (report, account)
);

-- comments and conflicts, which go where their report goes
CREATE TABLE beside (
    report BYTEA NOT NULL,
    kind SMALLINT NOT NULL,
    id BYTEA NOT NULL,
    PRIMARY KEY (report, kind, id)
);

-- every sent revision, for ever
CREATE TABLE report_revision (
    report BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    content_hash BYTEA NOT NULL,
    bytes BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (report, revision)
);

-- figures of an earlier window by the unit's uid, versioned, with their source
CREATE TABLE baseline (
    unit TEXT COLLATE "C" NOT NULL,
    element TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    start_day INTEGER NOT NULL,
    end_day INTEGER NOT NULL,
    value BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (unit, element, version, start_day, end_day)
);

-- answers of unary writes by request id
CREATE TABLE once (
    account BYTEA NOT NULL,
    request_id BYTEA NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    answer BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account, request_id)
);

-- one claimed slot of a job
CREATE TABLE job_run (
    job TEXT COLLATE "C" NOT NULL,
    slot BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    fence BIGINT NOT NULL,
    started BIGINT NOT NULL,
    finished BIGINT,
    cut BIGINT,
    input_digest BYTEA,
    output_digest BYTEA,
    message TEXT COLLATE "C",
    PRIMARY KEY (job, slot)
);

-- who runs a job now
CREATE TABLE job_lease (
    job TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    fence BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    PRIMARY KEY (job)
);

-- facts about this authority: its root unit, applied changes
CREATE TABLE setting (
    name TEXT COLLATE "C" NOT NULL,
    value BYTEA NOT NULL,
    PRIMARY KEY (name)
);

INSERT INTO head (id, seq, chain, auth_generation, epoch, epoch_id, safe_past) VALUES (1, 0, decode(repeat('00',32),'hex'), 0, 0, decode(repeat('00',16),'hex'), 0);
