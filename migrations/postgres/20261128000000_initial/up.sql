-- The one row that numbers all commits; epoch names this history of the database.
CREATE TABLE feed_head (
    id SMALLINT NOT NULL,
    seq BIGINT NOT NULL,
    chain BYTEA NOT NULL,
    auth_generation BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    epoch_id BYTEA NOT NULL,
    safe_past_seq BIGINT NOT NULL,
    PRIMARY KEY (id)
);

-- One row a commit: its last seq and the chain after it.
CREATE TABLE commit_log (
    last_seq BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    chain BYTEA NOT NULL,
    committed_at BIGINT NOT NULL,
    PRIMARY KEY (last_seq)
);

-- The current version of every synced record, as phones store it. From contract on: of reports
-- only, what lists and rules filter by; author is the first account that wrote in it, sent_at is
-- when this revision was sent.
CREATE TABLE record (
    kind SMALLINT NOT NULL,
    id BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    bytes BYTEA NOT NULL,
    contract BYTEA,
    unit BYTEA,
    start_day INTEGER,
    end_day INTEGER,
    cut SMALLINT,
    state SMALLINT,
    late SMALLINT,
    last_device BYTEA,
    other_device_revision BIGINT,
    author BYTEA,
    sent_at BIGINT,
    PRIMARY KEY (kind, id)
);

CREATE INDEX record_state_unit ON record (state, unit) WHERE state IS NOT NULL;

-- A scope with its short number and the digest of its records.
CREATE TABLE scope (
    number INTEGER NOT NULL,
    kind SMALLINT NOT NULL,
    id BYTEA NOT NULL,
    record_count BIGINT NOT NULL,
    hash_sum BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    tombstone_floor BIGINT NOT NULL,
    PRIMARY KEY (number)
);

CREATE UNIQUE INDEX scope_kind_id ON scope (kind, id);

-- The latest change of each record in each scope, in commit order.
CREATE TABLE feed (
    scope_number INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    id BYTEA NOT NULL,
    op SMALLINT NOT NULL,
    PRIMARY KEY (scope_number, seq)
);

CREATE UNIQUE INDEX feed_kind_id_scope_number ON feed (kind, id, scope_number);

-- Every command received from a device, with its verdict.
CREATE TABLE command (
    device BYTEA NOT NULL,
    number BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    verdict SMALLINT NOT NULL,
    reason TEXT COLLATE "C",
    commit_seq BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    details BYTEA,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (device, number)
);

-- Append only: one row a change, in seq order, hashed into the chain.
CREATE TABLE audit (
    seq BIGINT NOT NULL,
    account BYTEA NOT NULL,
    device BYTEA,
    action TEXT COLLATE "C" NOT NULL,
    record_kind SMALLINT,
    record_id BYTEA,
    from_revision BIGINT NOT NULL,
    to_revision BIGINT NOT NULL,
    record_hash BYTEA,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (seq)
);

-- Append only: the hash of each row that an audited step wrote into baseline, grants, device,
-- service_key, password, second_factor or award_entry; NULL: deleted. The audit row of this seq has
-- the hash of its lines.
CREATE TABLE audited_row (
    seq BIGINT NOT NULL,
    table_name TEXT COLLATE "C" NOT NULL,
    row_key TEXT COLLATE "C" NOT NULL,
    row_hash BYTEA,
    PRIMARY KEY (seq, table_name, row_key)
);

-- An account of an official or of an agency; no personal data.
CREATE TABLE account (
    id BYTEA NOT NULL,
    label TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id)
);

-- A role of an account on a unit for a range of days.
CREATE TABLE grants (
    account BYTEA NOT NULL,
    role SMALLINT NOT NULL,
    unit BYTEA NOT NULL,
    from_day INTEGER NOT NULL,
    to_day INTEGER NOT NULL,
    PRIMARY KEY (account, role, unit)
);

-- An enrolled device: its key, its token and the position of its outbox.
CREATE TABLE device (
    id BYTEA NOT NULL,
    account BYTEA NOT NULL,
    public_key BYTEA NOT NULL,
    enrolled_at BIGINT NOT NULL,
    revoked_at BIGINT,
    last_command_number BIGINT NOT NULL,
    outcome_chain BYTEA NOT NULL,
    forked SMALLINT NOT NULL,
    token_hash BYTEA,
    token_expires_at BIGINT,
    PRIMARY KEY (id)
);

CREATE INDEX device_token_hash ON device (token_hash);

CREATE INDEX device_account ON device (account);

-- Enrolment codes: single use, valid for ten minutes, or for the authority's period if only a
-- picture carries them (qr_only = 1). unit: whose code it is, as printed on its card.
CREATE TABLE enrol_code (
    hash BYTEA NOT NULL,
    account BYTEA NOT NULL,
    unit BYTEA NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    qr_only SMALLINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (hash)
);

-- Nonces that devices have signed, until they expire.
CREATE TABLE used_nonce (
    hash BYTEA NOT NULL,
    device BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (hash)
);

-- Short numbers of units and elements, assigned once.
CREATE TABLE short_id (
    kind SMALLINT NOT NULL,
    id BYTEA NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE UNIQUE INDEX short_id_kind_number ON short_id (kind, number);

-- The ancestors of a unit today, nearest first; a closed unit has those of its successor.
CREATE TABLE unit_ancestor (
    unit BYTEA NOT NULL,
    position INTEGER NOT NULL,
    ancestor BYTEA NOT NULL,
    PRIMARY KEY (unit, position)
);

-- The unit that acts for a unit today: itself or its successor.
CREATE TABLE unit_successor (
    unit BYTEA NOT NULL,
    successor BYTEA NOT NULL,
    PRIMARY KEY (unit)
);

-- Further accounts that wrote in a report, beside record.author: an author cannot accept it.
CREATE TABLE report_author (
    report BYTEA NOT NULL,
    account BYTEA NOT NULL,
    PRIMARY KEY (report, account)
);

-- Comments and conflicts; they are in the scopes of their report.
CREATE TABLE report_attachment (
    report BYTEA NOT NULL,
    kind SMALLINT NOT NULL,
    id BYTEA NOT NULL,
    PRIMARY KEY (report, kind, id)
);

-- Every sent revision that a later one has replaced, never deleted; the newest is the record.
CREATE TABLE report_revision (
    report BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    content_hash BYTEA NOT NULL,
    bytes BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (report, revision)
);

-- Figures of an earlier window by the unit's uid, versioned, with their source.
CREATE TABLE baseline (
    unit_uid TEXT COLLATE "C" NOT NULL,
    element TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL,
    start_day INTEGER NOT NULL,
    end_day INTEGER NOT NULL,
    value BIGINT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (unit_uid, element, version, start_day, end_day)
);

-- Responses of unary writes by request id.
CREATE TABLE idempotency_key (
    account BYTEA NOT NULL,
    request_id BYTEA NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    response BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account, request_id)
);

-- One claimed slot of a job.
CREATE TABLE job_run (
    job TEXT COLLATE "C" NOT NULL,
    slot_at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    fencing_token BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    cut_seq BIGINT,
    input_digest BYTEA,
    output_digest BYTEA,
    message TEXT COLLATE "C",
    PRIMARY KEY (job, slot_at)
);

-- The current lease of each job.
CREATE TABLE job_lease (
    job TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    fencing_token BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (job)
);

-- Facts about this authority: its root unit, applied changes.
CREATE TABLE setting (
    name TEXT COLLATE "C" NOT NULL,
    value BYTEA NOT NULL,
    PRIMARY KEY (name)
);

INSERT INTO feed_head (id, seq, chain, auth_generation, epoch, epoch_id, safe_past_seq)
VALUES (1, 0, decode(repeat('00',32),'hex'), 0, 0, decode(repeat('00',16),'hex'), 0);

-- Commands that are stored but not applied until their parent arrives or a reviewer decides.
CREATE TABLE held_command (
    id BYTEA NOT NULL,
    device BYTEA NOT NULL,
    command_number BIGINT NOT NULL,
    report BYTEA NOT NULL,
    unit BYTEA NOT NULL,
    is_waiting SMALLINT NOT NULL,
    reason SMALLINT NOT NULL,
    held_at BIGINT NOT NULL,
    command_bytes BYTEA NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX held_command_is_waiting_report ON held_command (is_waiting, report);

CREATE INDEX held_command_device ON held_command (device);

CREATE INDEX held_command_unit ON held_command (unit);

-- Revoked roles: commands written under one go to the held commands of the unit.
CREATE TABLE former_grant (
    account BYTEA NOT NULL,
    role SMALLINT NOT NULL,
    unit BYTEA NOT NULL,
    PRIMARY KEY (account, role, unit)
);

-- One published nightly run, never changed afterwards.
CREATE TABLE run_manifest (
    id BYTEA NOT NULL,
    campaign BYTEA NOT NULL,
    number BIGINT NOT NULL,
    cut_seq BIGINT NOT NULL,
    as_of_day INTEGER NOT NULL,
    published_at BIGINT NOT NULL,
    code_version TEXT NOT NULL,
    input_digest BYTEA NOT NULL,
    output_digest BYTEA NOT NULL,
    reference_digest BYTEA NOT NULL,
    baselines_digest BYTEA NOT NULL,
    standings BYTEA NOT NULL,
    semantics INTEGER NOT NULL DEFAULT 1,
    is_final SMALLINT NOT NULL DEFAULT 0,
    supersedes BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
);

CREATE UNIQUE INDEX run_manifest_campaign_number ON run_manifest (campaign, number);

-- Inputs of runs other than reports, each content stored once.
CREATE TABLE run_input (
    digest BYTEA NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (digest)
);

-- Keys of partner agencies, by the hash of their secret; revoked keys stay.
CREATE TABLE service_key (
    id BYTEA NOT NULL,
    account BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    unit BYTEA NOT NULL,
    campaign BYTEA,
    allowed_calls TEXT NOT NULL,
    -- Codes of the contracts whose reports it may send, one a line.
    contracts TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (id)
);

CREATE INDEX service_key_account ON service_key (account);

-- Passwords of accounts for desk sessions: algorithm, salt and hash.
CREATE TABLE password (
    account BYTEA NOT NULL,
    algorithm TEXT NOT NULL,
    salt BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    set_at BIGINT NOT NULL,
    PRIMARY KEY (account)
);

-- Second factors of accounts for desk sessions: the salt of the secret, the SHA-256 of each unused
-- recovery code one after the other, and the time step of the newest code that was used.
CREATE TABLE second_factor (
    account BYTEA NOT NULL,
    salt BYTEA NOT NULL,
    recovery_hashes BYTEA NOT NULL,
    last_step BIGINT NOT NULL,
    enrolled_at BIGINT NOT NULL,
    PRIMARY KEY (account)
);

-- Append only: the steps of two persons on the award that rests on a concluded campaign, each with
-- number and day of the decision's document. No person is named.
CREATE TABLE award_entry (
    campaign BYTEA NOT NULL,
    number INTEGER NOT NULL,
    step TEXT NOT NULL,
    reference TEXT NOT NULL,
    document_day INTEGER NOT NULL,
    reason TEXT NOT NULL,
    entered_day INTEGER NOT NULL,
    PRIMARY KEY (campaign, number)
);
