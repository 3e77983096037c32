-- The first schema: who there is, what they reported, and what should have come.
--
-- The tables and their columns are those of the SQLite store, so that rows go from one to the other
-- as they are. A tenant's id stands first in every key, so that no query can meet another tenant's
-- rows, and so that the same tables can be spread over machines by tenant. What is looked up before a
-- tenant is known lies in tables of its own at the end, which are small and can lie on every machine.
-- Ids are made by the program; times are microseconds since 1970, UTC; nothing is counted by the
-- database; no table refers to another, because a reference across machines cannot be kept.
-- Texts are compared octet by octet, as the program does it.
-- Blobs are compressed already: PostgreSQL is told not to try.

CREATE TABLE tenants (
    tenant_id  uuid   NOT NULL PRIMARY KEY,
    name       text   COLLATE "C" NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE sites (
    tenant_id  uuid   NOT NULL,
    site_id    uuid   NOT NULL,
    name       text   COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, site_id),
    UNIQUE (tenant_id, name)
);

CREATE TABLE codes (
    tenant_id  uuid   NOT NULL,
    hash       bytea  NOT NULL,
    site       text   COLLATE "C" NOT NULL,
    kind       text   NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    spent_at   bigint,
    PRIMARY KEY (tenant_id, hash)
);

CREATE TABLE tenant_tokens (
    tenant_id  uuid   NOT NULL,
    token_id   uuid   NOT NULL,
    hash       bytea  NOT NULL,
    name       text   COLLATE "C" NOT NULL,
    site       text   COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    PRIMARY KEY (tenant_id, token_id)
);

-- What seldom changes of a sender. `said` is what it tells of itself, as JSON; a column of text,
-- because only text keeps every sign that JSON allows.
CREATE TABLE senders (
    tenant_id        uuid   NOT NULL,
    sender_id        uuid   NOT NULL,
    site_id          uuid   NOT NULL,
    name             text   COLLATE "C" NOT NULL,
    kind             text   NOT NULL,
    created_at       bigint NOT NULL,
    admission        text   NOT NULL,
    admission_at     bigint,
    admission_reason text,
    certificate      bytea,
    said             text   NOT NULL,
    PRIMARY KEY (tenant_id, sender_id)
);

-- What changes with each report, apart so that the row that is written again and again is short. Pages
-- are left half empty, so that a new version of a row finds room beside the old one and no index is touched.
CREATE TABLE standings (
    tenant_id       uuid   NOT NULL,
    sender_id       uuid   NOT NULL,
    last_contact_at bigint,
    last_success_at bigint,
    last_data_at    bigint,
    last_error      text,
    last_error_at   bigint,
    last_report     text   COLLATE "C",
    last_sequence   bigint,
    next_at         bigint,
    stopped_at      bigint,
    next_sweep_at   bigint NOT NULL,
    owing_since     bigint,
    PRIMARY KEY (tenant_id, sender_id)
) WITH (fillfactor = 50);

-- More than one row of a sender only while a new secret has not been shown yet.
CREATE TABLE credentials (
    tenant_id  uuid   NOT NULL,
    sender_id  uuid   NOT NULL,
    hash       bytea  NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, sender_id, hash)
);

-- Reports as they came. `payload` is a zstd frame: the sender's own if `coding` is zstd, ours if it is
-- plain. `sequence` is the sequence number with its highest bit turned, so that it sorts as a signed one.
CREATE TABLE inbox (
    tenant_id   uuid   NOT NULL,
    sender_id   uuid   NOT NULL,
    sequence    bigint NOT NULL,
    report_id   text   COLLATE "C" NOT NULL,
    received_at bigint NOT NULL,
    coding      text   NOT NULL,
    payload     bytea  NOT NULL,
    PRIMARY KEY (tenant_id, sender_id, sequence)
);
ALTER TABLE inbox ALTER COLUMN payload SET STORAGE EXTERNAL;

CREATE INDEX inbox_by_age ON inbox (tenant_id, received_at);

CREATE TABLE devices (
    tenant_id     uuid   NOT NULL,
    device_id     uuid   NOT NULL,
    site_id       uuid   NOT NULL,
    created_at    bigint NOT NULL,
    overdue_since bigint,
    overdue_why   text,
    PRIMARY KEY (tenant_id, device_id)
);

CREATE INDEX devices_overdue ON devices (tenant_id, device_id) WHERE overdue_since IS NOT NULL;

-- What devices are known by: maker and serial number.
CREATE TABLE marks (
    tenant_id uuid NOT NULL,
    mark      text COLLATE "C" NOT NULL,
    device_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, mark, device_id)
);

CREATE INDEX marks_by_device ON marks (tenant_id, device_id);

-- One sender's word on one device. `read_at` is when the device last answered it.
CREATE TABLE views (
    tenant_id uuid   NOT NULL,
    sender_id uuid   NOT NULL,
    number    bigint NOT NULL,
    device_id uuid   NOT NULL,
    kind      text   NOT NULL,
    read_at   bigint NOT NULL,
    view      bytea  NOT NULL,
    PRIMARY KEY (tenant_id, sender_id, number),
    UNIQUE (tenant_id, device_id, sender_id)
) WITH (fillfactor = 70);
ALTER TABLE views ALTER COLUMN view SET STORAGE EXTERNAL;

CREATE INDEX views_by_age ON views (tenant_id, read_at, device_id);

-- One sender's samples of one device on one day (days since 1970, UTC). A month is a table of its own,
-- which the program makes ahead of its time and drops as a whole when all of it is old. What lies
-- outside the months there are, because a clock is wrong, is kept in the last one.
CREATE TABLE history (
    tenant_id uuid   NOT NULL,
    day       bigint NOT NULL,
    device_id uuid   NOT NULL,
    sender_id uuid   NOT NULL,
    samples   bytea  NOT NULL,
    PRIMARY KEY (tenant_id, day, device_id, sender_id)
) PARTITION BY RANGE (day);

ALTER TABLE history ALTER COLUMN samples SET STORAGE EXTERNAL;

CREATE TABLE history_other PARTITION OF history DEFAULT;

-- The expected-report ledger. `day` is the civil day where the sender is, such as 2026-11-25.
CREATE TABLE ledger (
    tenant_id uuid   NOT NULL,
    sender_id uuid   NOT NULL,
    day       text   COLLATE "C" NOT NULL,
    due_at    bigint NOT NULL,
    kept      text   NOT NULL,
    met_at    bigint,
    reports   bigint NOT NULL,
    devices   bigint NOT NULL,
    why       text,
    PRIMARY KEY (tenant_id, sender_id, day)
);

CREATE INDEX ledger_by_day ON ledger (tenant_id, day, sender_id);

CREATE TABLE commands (
    tenant_id     uuid   NOT NULL,
    sender_id     uuid   NOT NULL,
    command_id    text   COLLATE "C" NOT NULL,
    issued_at     bigint NOT NULL,
    expires_at    bigint NOT NULL,
    command       text   NOT NULL,
    handed_out_at bigint,
    outcome       text,
    PRIMARY KEY (tenant_id, sender_id, command_id)
);

CREATE INDEX commands_open ON commands (tenant_id, sender_id) WHERE outcome IS NULL;

-- The tables at the door.
--
-- Leads from what is known at the door to the tenant: `kind` is tenant-name, code, tenant-token or
-- credential, `key` the name or the hash of a secret, `id` what it stands for.
CREATE TABLE signposts (
    kind      text  NOT NULL,
    key       bytea NOT NULL,
    tenant_id uuid  NOT NULL,
    id        bytea NOT NULL,
    PRIMARY KEY (kind, key)
);

CREATE INDEX signposts_by_tenant ON signposts (tenant_id);

-- A null tenant means all of them.
CREATE TABLE api_tokens (
    hash       bytea  NOT NULL PRIMARY KEY,
    token_id   uuid   NOT NULL,
    name       text   COLLATE "C" NOT NULL,
    tenant_id  uuid,
    role       text   NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint
);

CREATE TABLE users (
    name          text    COLLATE "C" NOT NULL PRIMARY KEY,
    user_id       uuid    NOT NULL,
    password_hash text    NOT NULL,
    tenant_id     uuid,
    role          text    NOT NULL,
    created_at    bigint  NOT NULL,
    is_disabled   boolean NOT NULL
);

CREATE TABLE web_sessions (
    hash       bytea  NOT NULL PRIMARY KEY,
    user_id    uuid   NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);

-- One row that is written to see whether the store can be written.
CREATE TABLE pulse (
    place bigint NOT NULL PRIMARY KEY,
    beat  bigint NOT NULL
);
