-- Views lie in the order of their key, in one tree, so that a report finds and writes its rows in one
-- place; and one index by device stands for two, since it has in it when each view was read. What
-- nobody has read for long is found by walking through that index, which is short.

CREATE TABLE views_by_key (
    tenant_id BLOB    NOT NULL,
    sender_id BLOB    NOT NULL,
    number    INTEGER NOT NULL,
    device_id BLOB    NOT NULL,
    kind      TEXT    NOT NULL,
    read_at   INTEGER NOT NULL,
    view      BLOB    NOT NULL,
    joined    TEXT,
    PRIMARY KEY (tenant_id, sender_id, number)
) STRICT, WITHOUT ROWID;

INSERT INTO views_by_key SELECT tenant_id, sender_id, number, device_id, kind, read_at, view, joined FROM views;
DROP TABLE views;
ALTER TABLE views_by_key RENAME TO views;
CREATE INDEX views_by_device ON views (tenant_id, device_id, sender_id, read_at);

-- From here on a row of history tells of half a month, and `day` is its first day; rows that are
-- there tell of one day, as they did.
