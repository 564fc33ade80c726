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
