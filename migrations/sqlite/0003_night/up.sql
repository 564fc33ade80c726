-- one published run of the night, never changed afterwards
CREATE TABLE run_manifest (
    id BLOB NOT NULL,
    campaign BLOB NOT NULL,
    number BIGINT NOT NULL,
    cut BIGINT NOT NULL,
    day INTEGER NOT NULL,
    at BIGINT NOT NULL,
    code TEXT NOT NULL,
    input_digest BLOB NOT NULL,
    output_digest BLOB NOT NULL,
    reference BLOB NOT NULL,
    baselines BLOB NOT NULL,
    standings BLOB NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX run_manifest_campaign_number ON run_manifest (campaign, number);

-- what runs were reckoned from besides reports, each content once
CREATE TABLE run_input (
    digest BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (digest)
);
