-- The first schema: who there is, what they reported, and what should have come.
--
-- A tenant's id stands first in every key, so that no query can meet another tenant's rows, and so
-- that the same tables can be spread over machines by tenant. What is looked up before a tenant is
-- known (names, hashes of secrets) lies in tables of its own at the end. Ids are 16 octets made by
-- the program; times are microseconds since 1970, UTC; nothing is counted by the database.

CREATE TABLE tenants (
    tenant_id  BLOB    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sites (
    tenant_id  BLOB    NOT NULL,
    site_id    BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, site_id),
    UNIQUE (tenant_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE codes (
    tenant_id  BLOB    NOT NULL,
    hash       BLOB    NOT NULL,
    site       TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    spent_at   INTEGER,
    PRIMARY KEY (tenant_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE tenant_tokens (
    tenant_id  BLOB    NOT NULL,
    token_id   BLOB    NOT NULL,
    hash       BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    site       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (tenant_id, token_id)
) STRICT, WITHOUT ROWID;

-- What seldom changes of a sender. `said` is what it tells of itself, as JSON.
CREATE TABLE senders (
    tenant_id       BLOB    NOT NULL,
    sender_id       BLOB    NOT NULL,
    site_id         BLOB    NOT NULL,
    name            TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    admission       TEXT    NOT NULL,
    admission_at    INTEGER,
    admission_reason TEXT,
    certificate     BLOB,
    said            TEXT    NOT NULL,
    PRIMARY KEY (tenant_id, sender_id)
) STRICT, WITHOUT ROWID;

-- What changes with each report, apart so that the row that is written again and again is short.
CREATE TABLE standings (
    tenant_id       BLOB    NOT NULL,
    sender_id       BLOB    NOT NULL,
    last_contact_at INTEGER,
    last_success_at INTEGER,
    last_data_at    INTEGER,
    last_error      TEXT,
    last_error_at   INTEGER,
    last_report     TEXT,
    last_sequence   INTEGER,
    next_at         INTEGER,
    stopped_at      INTEGER,
    next_sweep_at   INTEGER NOT NULL,
    owing_since     INTEGER,
    PRIMARY KEY (tenant_id, sender_id)
) STRICT, WITHOUT ROWID;

-- More than one row of a sender only while a new secret has not been shown yet.
CREATE TABLE credentials (
    tenant_id  BLOB    NOT NULL,
    sender_id  BLOB    NOT NULL,
    hash       BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, sender_id, hash)
) STRICT, WITHOUT ROWID;

-- Reports as they came. `payload` is a zstd frame: the sender's own if `coding` is zstd, ours if it is plain.
CREATE TABLE inbox (
    tenant_id   BLOB    NOT NULL,
    sender_id   BLOB    NOT NULL,
    sequence    INTEGER NOT NULL,
    report_id   TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    coding      TEXT    NOT NULL,
    payload     BLOB    NOT NULL,
    PRIMARY KEY (tenant_id, sender_id, sequence)
) STRICT;

CREATE INDEX inbox_by_age ON inbox (tenant_id, received_at);

CREATE TABLE devices (
    tenant_id     BLOB    NOT NULL,
    device_id     BLOB    NOT NULL,
    site_id       BLOB    NOT NULL,
    created_at    INTEGER NOT NULL,
    overdue_since INTEGER,
    overdue_why   TEXT,
    PRIMARY KEY (tenant_id, device_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX devices_overdue ON devices (tenant_id, device_id) WHERE overdue_since IS NOT NULL;

-- What devices are known by: maker and serial number.
CREATE TABLE marks (
    tenant_id BLOB NOT NULL,
    mark      TEXT NOT NULL,
    device_id BLOB NOT NULL,
    PRIMARY KEY (tenant_id, mark, device_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX marks_by_device ON marks (tenant_id, device_id);

-- One sender's word on one device. `read_at` is when the device last answered it.
CREATE TABLE views (
    tenant_id BLOB    NOT NULL,
    sender_id BLOB    NOT NULL,
    number    INTEGER NOT NULL,
    device_id BLOB    NOT NULL,
    kind      TEXT    NOT NULL,
    read_at   INTEGER NOT NULL,
    view      BLOB    NOT NULL,
    PRIMARY KEY (tenant_id, sender_id, number),
    UNIQUE (tenant_id, device_id, sender_id)
) STRICT;

CREATE INDEX views_by_age ON views (tenant_id, read_at, device_id);

-- One sender's samples of one device on one day. The day stands before the device, so that a
-- day's rows lie side by side: they are written together, and go together when they are old.
CREATE TABLE history (
    tenant_id BLOB    NOT NULL,
    day       INTEGER NOT NULL,
    device_id BLOB    NOT NULL,
    sender_id BLOB    NOT NULL,
    samples   BLOB    NOT NULL,
    PRIMARY KEY (tenant_id, day, device_id, sender_id)
) STRICT, WITHOUT ROWID;

-- The expected-report ledger. `day` is the civil day where the sender is, such as 2026-11-25.
CREATE TABLE ledger (
    tenant_id BLOB    NOT NULL,
    sender_id BLOB    NOT NULL,
    day       TEXT    NOT NULL,
    due_at    INTEGER NOT NULL,
    kept      TEXT    NOT NULL,
    met_at    INTEGER,
    reports   INTEGER NOT NULL,
    devices   INTEGER NOT NULL,
    why       TEXT,
    PRIMARY KEY (tenant_id, sender_id, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_by_day ON ledger (tenant_id, day, sender_id);

CREATE TABLE commands (
    tenant_id     BLOB    NOT NULL,
    sender_id     BLOB    NOT NULL,
    command_id    TEXT    NOT NULL,
    issued_at     INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    command       TEXT    NOT NULL,
    handed_out_at INTEGER,
    outcome       TEXT,
    PRIMARY KEY (tenant_id, sender_id, command_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX commands_open ON commands (tenant_id, sender_id) WHERE outcome IS NULL;

-- Leads from what is known at the door to the tenant: `kind` is tenant-name, code, tenant-token or
-- credential, `key` the name or the hash of a secret, `id` what it stands for.
CREATE TABLE signposts (
    kind      TEXT NOT NULL,
    key       BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    id        BLOB NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- A null tenant means all of them.
CREATE TABLE api_tokens (
    hash       BLOB    NOT NULL PRIMARY KEY,
    token_id   BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    tenant_id  BLOB,
    role       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    name          TEXT    NOT NULL PRIMARY KEY,
    user_id       BLOB    NOT NULL,
    password_hash TEXT    NOT NULL,
    tenant_id     BLOB,
    role          TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    is_disabled   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE web_sessions (
    hash       BLOB    NOT NULL PRIMARY KEY,
    user_id    BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row that is written to see whether the store can be written.
CREATE TABLE pulse (
    place INTEGER NOT NULL PRIMARY KEY,
    beat  INTEGER NOT NULL
) STRICT;
