-- A device is known again by the weight of all that it tells, a UUID included; and serial numbers
-- are the same in any case.
ALTER TABLE device ADD COLUMN uuid TEXT;
CREATE INDEX device_uuid ON device (uuid);
DROP INDEX device_serial;
CREATE INDEX device_serial ON device (serial COLLATE NOCASE);

-- The last move of a device to another address: why it was taken for the same, and what it was
-- before, so that a person can see that and undo it.
CREATE TABLE move (
    device    INTEGER PRIMARY KEY REFERENCES device,
    at        INTEGER NOT NULL,
    -- Null if another device had been found there before.
    came_from TEXT,
    went_to   TEXT NOT NULL,
    why       TEXT NOT NULL,
    maker     TEXT,
    serial    TEXT,
    uuid      TEXT,
    facts_at  INTEGER,
    facts     BLOB NOT NULL
) STRICT;
