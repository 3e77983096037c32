-- Readings are told in the order in which they were made, also when the clock was set in between:
-- sorted by time, what a clock a day ahead has seen would hide all that was read after it.
CREATE TABLE reading_in_order (
    place       INTEGER PRIMARY KEY AUTOINCREMENT,
    device      INTEGER NOT NULL REFERENCES device,
    observed_at INTEGER NOT NULL,
    -- The civil day of the site.
    day         TEXT NOT NULL,
    -- 1 if the device said all it has to say.
    whole       INTEGER NOT NULL,
    facts       BLOB NOT NULL,
    UNIQUE (device, observed_at)
) STRICT;
INSERT INTO reading_in_order (device, observed_at, day, whole, facts)
    SELECT device, observed_at, day, whole, facts FROM reading ORDER BY device, observed_at;
DROP TABLE reading;
ALTER TABLE reading_in_order RENAME TO reading;
