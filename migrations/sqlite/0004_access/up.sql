-- keys of partner agencies, by the hash of their secret; a revoked one stays
CREATE TABLE service_key (
    id BLOB NOT NULL,
    account BLOB NOT NULL,
    hash BLOB NOT NULL,
    unit BLOB NOT NULL,
    campaign BLOB,
    reads TEXT NOT NULL,
    issued BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    revoked BIGINT,
    PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX service_key_account ON service_key (account);

-- passwords of accounts at a desk: how each was hashed, its salt and its hash
CREATE TABLE password (
    account BLOB NOT NULL,
    method TEXT NOT NULL,
    salt BLOB NOT NULL,
    hash BLOB NOT NULL,
    given BIGINT NOT NULL,
    PRIMARY KEY (account)
) WITHOUT ROWID;

-- never written: the end of the last token tells when a device was last heard
ALTER TABLE device DROP COLUMN seen_day;
