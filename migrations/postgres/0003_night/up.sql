-- one published run of the night, never changed afterwards
CREATE TABLE run_manifest (
    id BYTEA NOT NULL,
    campaign BYTEA NOT NULL,
    number BIGINT NOT NULL,
    cut BIGINT NOT NULL,
    day INTEGER NOT NULL,
    at BIGINT NOT NULL,
    code TEXT NOT NULL,
    input_digest BYTEA NOT NULL,
    output_digest BYTEA NOT NULL,
    reference BYTEA NOT NULL,
    baselines BYTEA NOT NULL,
    standings BYTEA NOT NULL,
    PRIMARY KEY (id)
);

CREATE UNIQUE INDEX run_manifest_campaign_number ON run_manifest (campaign, number);

-- what runs were reckoned from besides reports, each content once
CREATE TABLE run_input (
    digest BYTEA NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (digest)
);
