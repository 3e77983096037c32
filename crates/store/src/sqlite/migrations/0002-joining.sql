-- Two devices become one on evidence, and two again when somebody says so.

-- How a view came to its device, as JSON; null for the sender that told of it first.
ALTER TABLE views ADD COLUMN joined TEXT;

-- Another device that bears the same mark and was not joined, until a person decides.
ALTER TABLE devices ADD COLUMN twin_id BLOB;

CREATE INDEX devices_twins ON devices (tenant_id, device_id) WHERE twin_id IS NOT NULL;

-- Pairs that are two whatever they bear, in both directions.
CREATE TABLE apart (
    tenant_id BLOB    NOT NULL,
    device_id BLOB    NOT NULL,
    other_id  BLOB    NOT NULL,
    said_by   TEXT    NOT NULL,
    said_at   INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, device_id, other_id)
) STRICT, WITHOUT ROWID;

-- What a device is known by, its views tell.
DROP INDEX marks_by_device;
