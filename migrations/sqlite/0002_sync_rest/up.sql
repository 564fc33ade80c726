-- commands that are kept but not applied, until their parent comes or a person decides
CREATE TABLE held (
    id BLOB NOT NULL,
    device BLOB NOT NULL,
    number BIGINT NOT NULL,
    report BLOB NOT NULL,
    unit BLOB NOT NULL,
    waits SMALLINT NOT NULL,
    reason SMALLINT NOT NULL,
    at BIGINT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX held_waits_report ON held (waits, report);

CREATE INDEX held_device ON held (device);

CREATE INDEX held_unit ON held (unit);

-- roles that were taken away: what their holder typed before goes to the hand-over box of the unit
CREATE TABLE former_grant (
    account BLOB NOT NULL,
    role SMALLINT NOT NULL,
    unit BLOB NOT NULL,
    PRIMARY KEY (account, role, unit)
) WITHOUT ROWID;
