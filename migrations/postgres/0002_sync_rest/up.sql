-- commands that are kept but not applied, until their parent comes or a person decides
CREATE TABLE held (
    id BYTEA NOT NULL,
    device BYTEA NOT NULL,
    number BIGINT NOT NULL,
    report BYTEA NOT NULL,
    unit BYTEA NOT NULL,
    waits SMALLINT NOT NULL,
    reason SMALLINT NOT NULL,
    at BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX held_waits_report ON held (waits, report);

CREATE INDEX held_device ON held (device);

CREATE INDEX held_unit ON held (unit);

-- roles that were taken away: what their holder typed before goes to the hand-over box of the unit
CREATE TABLE former_grant (
    account BYTEA NOT NULL,
    role SMALLINT NOT NULL,
    unit BYTEA NOT NULL,
    PRIMARY KEY (account, role, unit)
);
