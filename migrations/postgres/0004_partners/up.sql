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
