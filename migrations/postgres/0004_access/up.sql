-- keys of partner agencies, by the hash of their secret; a revoked one stays
CREATE TABLE service_key (
    id BYTEA NOT NULL,
    account BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    unit BYTEA NOT NULL,
    campaign BYTEA,
    reads TEXT NOT NULL,
    issued BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked BIGINT,
    PRIMARY KEY (id)
);

CREATE INDEX service_key_account ON service_key (account);

-- passwords of accounts at a desk: how each was hashed, its salt and its hash
CREATE TABLE password (
    account BYTEA NOT NULL,
    method TEXT NOT NULL,
    salt BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    given BIGINT NOT NULL,
    PRIMARY KEY (account)
);

-- never written: the end of the last token tells when a device was last heard
ALTER TABLE device DROP COLUMN seen_day;
