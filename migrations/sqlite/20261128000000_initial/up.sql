-- The one row that numbers all commits; epoch names this history of the database.
CREATE TABLE feed_head (
    id SMALLINT NOT NULL,
    seq BIGINT NOT NULL,
    chain BLOB NOT NULL,
    auth_generation BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    epoch_id BLOB NOT NULL,
    safe_past_seq BIGINT NOT NULL,
    PRIMARY KEY (id)
);

-- One row a commit: its last seq and the chain after it.
CREATE TABLE commit_log (
    last_seq BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    chain BLOB NOT NULL,
    committed_at BIGINT NOT NULL,
    PRIMARY KEY (last_seq)
) WITHOUT ROWID;

-- The current version of every synced record, as phones store it. From contract on: of reports
-- only, what lists and rules filter by; author is the first account that wrote in it, sent_at is
-- when this revision was sent.
CREATE TABLE record (
    kind SMALLINT NOT NULL,
    id BLOB NOT NULL,
    revision BIGINT NOT NULL,
    hash BLOB NOT NULL,
    bytes BLOB NOT NULL,
    contract BLOB,
    unit BLOB,
    start_day INTEGER,
    end_day INTEGER,
    cut SMALLINT,
    state SMALLINT,
    late SMALLINT,
    last_device BLOB,
    other_device_revision BIGINT,
    author BLOB,
    sent_at BIGINT,
    PRIMARY KEY (kind, id)
);

CREATE INDEX record_state_unit ON record (state, unit) WHERE state IS NOT NULL;

-- A scope with its short number and the digest of its records.
CREATE TABLE scope (
    number INTEGER NOT NULL,
    kind SMALLINT NOT NULL,
    id BLOB NOT NULL,
    record_count BIGINT NOT NULL,
    hash_sum BLOB NOT NULL,
    generation BIGINT NOT NULL,
    tombstone_floor BIGINT NOT NULL,
    PRIMARY KEY (number)
) WITHOUT ROWID;

CREATE UNIQUE INDEX scope_kind_id ON scope (kind, id);

-- The latest change of each record in each scope, in commit order.
CREATE TABLE feed (
    scope_number INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    id BLOB NOT NULL,
    op SMALLINT NOT NULL,
    PRIMARY KEY (scope_number, seq)
) WITHOUT ROWID;

CREATE UNIQUE INDEX feed_kind_id_scope_number ON feed (kind, id, scope_number);

-- Every command received from a device, with its verdict.
CREATE TABLE command (
    device BLOB NOT NULL,
    number BIGINT NOT NULL,
    hash BLOB NOT NULL,
    verdict SMALLINT NOT NULL,
    reason TEXT,
    commit_seq BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    details BLOB,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (device, number)
) WITHOUT ROWID;

-- Append only: one row a change, in seq order, hashed into the chain.
CREATE TABLE audit (
    seq BIGINT NOT NULL,
    account BLOB NOT NULL,
    device BLOB,
    action TEXT NOT NULL,
    record_kind SMALLINT,
    record_id BLOB,
    from_revision BIGINT NOT NULL,
    to_revision BIGINT NOT NULL,
    record_hash BLOB,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (seq)
) WITHOUT ROWID;

-- Append only: the hash of each row that an audited step wrote into baseline, grants, device,
-- service_key, password, second_factor or award_entry; NULL: deleted. The audit row of this seq has
-- the hash of its lines.
CREATE TABLE audited_row (
    seq BIGINT NOT NULL,
    table_name TEXT NOT NULL,
    row_key TEXT NOT NULL,
    row_hash BLOB,
    PRIMARY KEY (seq, table_name, row_key)
) WITHOUT ROWID;

-- An account of an official or of an agency; no personal data.
CREATE TABLE account (
    id BLOB NOT NULL,
    label TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;

-- A role of an account on a unit for a range of days.
CREATE TABLE grants (
    account BLOB NOT NULL,
    role SMALLINT NOT NULL,
    unit BLOB NOT NULL,
    from_day INTEGER NOT NULL,
    to_day INTEGER NOT NULL,
    PRIMARY KEY (account, role, unit)
) WITHOUT ROWID;

-- An enrolled device: its key, its token and the position of its outbox.
CREATE TABLE device (
    id BLOB NOT NULL,
    account BLOB NOT NULL,
    public_key BLOB NOT NULL,
    enrolled_at BIGINT NOT NULL,
    revoked_at BIGINT,
    last_command_number BIGINT NOT NULL,
    outcome_chain BLOB NOT NULL,
    forked SMALLINT NOT NULL,
    token_hash BLOB,
    token_expires_at BIGINT,
    PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX device_token_hash ON device (token_hash);

CREATE INDEX device_account ON device (account);

-- Enrolment codes: single use, valid for ten minutes, or for the authority's period if only a
-- picture carries them (qr_only = 1). unit: whose code it is, as printed on its card.
CREATE TABLE enrol_code (
    hash BLOB NOT NULL,
    account BLOB NOT NULL,
    unit BLOB NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    qr_only SMALLINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (hash)
) WITHOUT ROWID;

-- Nonces that devices have signed, until they expire.
CREATE TABLE used_nonce (
    hash BLOB NOT NULL,
    device BLOB NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (hash)
) WITHOUT ROWID;

-- Short numbers of units and elements, assigned once.
CREATE TABLE short_id (
    kind SMALLINT NOT NULL,
    id BLOB NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX short_id_kind_number ON short_id (kind, number);

-- The ancestors of a unit today, nearest first; a closed unit has those of its successor.
CREATE TABLE unit_ancestor (
    unit BLOB NOT NULL,
    position INTEGER NOT NULL,
    ancestor BLOB NOT NULL,
    PRIMARY KEY (unit, position)
) WITHOUT ROWID;

-- The unit that acts for a unit today: itself or its successor.
CREATE TABLE unit_successor (
    unit BLOB NOT NULL,
    successor BLOB NOT NULL,
    PRIMARY KEY (unit)
) WITHOUT ROWID;

-- Further accounts that wrote in a report, beside record.author: an author cannot accept it.
CREATE TABLE report_author (
    report BLOB NOT NULL,
    account BLOB NOT NULL,
    PRIMARY KEY (report, account)
) WITHOUT ROWID;

-- Comments and conflicts; they are in the scopes of their report.
CREATE TABLE report_attachment (
    report BLOB NOT NULL,
    kind SMALLINT NOT NULL,
    id BLOB NOT NULL,
    PRIMARY KEY (report, kind, id)
) WITHOUT ROWID;

-- Every sent revision that a later one has replaced, never deleted; the newest is the record.
CREATE TABLE report_revision (
    report BLOB NOT NULL,
    revision BIGINT NOT NULL,
    state SMALLINT NOT NULL,
    content_hash BLOB NOT NULL,
    bytes BLOB NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (report, revision)
);

-- Figures of an earlier window by the unit's uid, versioned, with their source.
CREATE TABLE baseline (
    unit_uid TEXT NOT NULL,
    element TEXT NOT NULL,
    version INTEGER NOT NULL,
    start_day INTEGER NOT NULL,
    end_day INTEGER NOT NULL,
    value BIGINT NOT NULL,
    status TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (unit_uid, element, version, start_day, end_day)
) WITHOUT ROWID;

-- Responses of unary writes by request id.
CREATE TABLE idempotency_key (
    account BLOB NOT NULL,
    request_id BLOB NOT NULL,
    method TEXT NOT NULL,
    response BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account, request_id)
) WITHOUT ROWID;

-- One claimed slot of a job.
CREATE TABLE job_run (
    job TEXT NOT NULL,
    slot_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    owner TEXT NOT NULL,
    fencing_token BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    cut_seq BIGINT,
    input_digest BLOB,
    output_digest BLOB,
    message TEXT,
    PRIMARY KEY (job, slot_at)
) WITHOUT ROWID;

-- The current lease of each job.
CREATE TABLE job_lease (
    job TEXT NOT NULL,
    owner TEXT NOT NULL,
    fencing_token BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (job)
) WITHOUT ROWID;

-- Facts about this authority: its root unit, applied changes.
CREATE TABLE setting (
    name TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (name)
) WITHOUT ROWID;

INSERT INTO feed_head (id, seq, chain, auth_generation, epoch, epoch_id, safe_past_seq)
VALUES (1, 0, zeroblob(32), 0, 0, zeroblob(16), 0);

-- Commands that are stored but not applied until their parent arrives or a reviewer decides.
CREATE TABLE held_command (
    id BLOB NOT NULL,
    device BLOB NOT NULL,
    command_number BIGINT NOT NULL,
    report BLOB NOT NULL,
    unit BLOB NOT NULL,
    is_waiting SMALLINT NOT NULL,
    reason SMALLINT NOT NULL,
    held_at BIGINT NOT NULL,
    command_bytes BLOB NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX held_command_is_waiting_report ON held_command (is_waiting, report);

CREATE INDEX held_command_device ON held_command (device);

CREATE INDEX held_command_unit ON held_command (unit);

-- Revoked roles: commands written under one go to the held commands of the unit.
CREATE TABLE former_grant (
    account BLOB NOT NULL,
    role SMALLINT NOT NULL,
    unit BLOB NOT NULL,
    PRIMARY KEY (account, role, unit)
) WITHOUT ROWID;

-- One published nightly run, never changed afterwards.
CREATE TABLE run_manifest (
    id BLOB NOT NULL,
    campaign BLOB NOT NULL,
    number BIGINT NOT NULL,
    cut_seq BIGINT NOT NULL,
    as_of_day INTEGER NOT NULL,
    published_at BIGINT NOT NULL,
    code_version TEXT NOT NULL,
    input_digest BLOB NOT NULL,
    output_digest BLOB NOT NULL,
    reference_digest BLOB NOT NULL,
    baselines_digest BLOB NOT NULL,
    standings BLOB NOT NULL,
    semantics INTEGER NOT NULL DEFAULT 1,
    is_final SMALLINT NOT NULL DEFAULT 0,
    supersedes BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX run_manifest_campaign_number ON run_manifest (campaign, number);

-- Inputs of runs other than reports, each content stored once.
CREATE TABLE run_input (
    digest BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (digest)
);

-- Keys of partner agencies, by the hash of their secret; revoked keys stay.
CREATE TABLE service_key (
    id BLOB NOT NULL,
    account BLOB NOT NULL,
    hash BLOB NOT NULL,
    unit BLOB NOT NULL,
    campaign BLOB,
    allowed_calls TEXT NOT NULL,
    -- Codes of the contracts whose reports it may send, one a line.
    contracts TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX service_key_account ON service_key (account);

-- Passwords of accounts for desk sessions: algorithm, salt and hash.
CREATE TABLE password (
    account BLOB NOT NULL,
    algorithm TEXT NOT NULL,
    salt BLOB NOT NULL,
    hash BLOB NOT NULL,
    set_at BIGINT NOT NULL,
    PRIMARY KEY (account)
) WITHOUT ROWID;

-- Second factors of accounts for desk sessions: the salt of the secret, the SHA-256 of each unused
-- recovery code one after the other, and the time step of the newest code that was used.
CREATE TABLE second_factor (
    account BLOB NOT NULL,
    salt BLOB NOT NULL,
    recovery_hashes BLOB NOT NULL,
    last_step BIGINT NOT NULL,
    enrolled_at BIGINT NOT NULL,
    PRIMARY KEY (account)
) WITHOUT ROWID;

-- Append only: the steps of two persons on the award that rests on a concluded campaign, each with
-- number and day of the decision's document. No person is named.
CREATE TABLE award_entry (
    campaign BLOB NOT NULL,
    number INTEGER NOT NULL,
    step TEXT NOT NULL,
    reference TEXT NOT NULL,
    document_day INTEGER NOT NULL,
    reason TEXT NOT NULL,
    entered_day INTEGER NOT NULL,
    PRIMARY KEY (campaign, number)
) WITHOUT ROWID;
