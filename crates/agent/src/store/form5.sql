-- By what each device lets the agent in, so that a reading begins with what served last. Credentials
-- have no number that lasts, so they stand here as fingerprints under a key of the agent's folder:
-- nothing in this file helps to guess a password.
CREATE TABLE access (
    device      INTEGER PRIMARY KEY REFERENCES device,
    credential  BLOB NOT NULL,
    -- v1, v2c or v3.
    version     TEXT NOT NULL,
    -- The engine of the device and its clock, in v3; null otherwise.
    engine      BLOB,
    boots       INTEGER,
    engine_time INTEGER,
    -- When the clock showed that, by this host's.
    heard_at    INTEGER NOT NULL,
    -- 1 since it served no more; then everything that had not served was worth one more try.
    lost        INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What a device did not take, so that it is left alone with it for ever longer.
CREATE TABLE turned (
    device     INTEGER NOT NULL REFERENCES device,
    credential BLOB NOT NULL,
    why        TEXT NOT NULL,
    -- In a row.
    times      INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    -- 1 where it is worth a try whatever its wait, since what served does so no more.
    is_due     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (device, credential)
) STRICT, WITHOUT ROWID;
