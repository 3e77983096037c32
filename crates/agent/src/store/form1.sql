-- A device keeps its number for ever: readings of another one must never be taken for its own.
CREATE TABLE device (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Where it was last; null when another device has been found there since.
    address    TEXT,
    maker      TEXT,
    serial     TEXT,
    in_scope   INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    -- When it last answered.
    last_seen  INTEGER NOT NULL,
    -- When it last said all it has to say; null if it never did.
    facts_at   INTEGER,
    -- The newest word on every fact.
    facts      BLOB NOT NULL
) STRICT;
CREATE INDEX device_address ON device (address);
CREATE INDEX device_serial ON device (serial);

CREATE TABLE hardware_address (
    address TEXT NOT NULL,
    device  INTEGER NOT NULL REFERENCES device,
    PRIMARY KEY (address, device)
) STRICT, WITHOUT ROWID;

-- What the server is known to have on its disk; changes are told against this.
CREATE TABLE base (
    device INTEGER PRIMARY KEY REFERENCES device,
    facts  BLOB NOT NULL
) STRICT;

-- What was read and not yet acknowledged.
CREATE TABLE reading (
    device      INTEGER NOT NULL REFERENCES device,
    observed_at INTEGER NOT NULL,
    -- The civil day of the site.
    day         TEXT NOT NULL,
    -- 1 if the device said all it has to say.
    whole       INTEGER NOT NULL,
    facts       BLOB NOT NULL,
    PRIMARY KEY (device, observed_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE command (
    id       TEXT PRIMARY KEY,
    begun_at INTEGER NOT NULL,
    command  TEXT NOT NULL,
    -- Null while it runs.
    outcome  TEXT,
    -- 1 when the server has the outcome.
    told     INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Sessions with the server, newest last.
CREATE TABLE journal (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    -- Null if it went well.
    failure  TEXT,
    reports  INTEGER NOT NULL,
    sent     INTEGER NOT NULL,
    received INTEGER NOT NULL
) STRICT;

CREATE TABLE memory (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
