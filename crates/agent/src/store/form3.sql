-- What a device said at facts_at, where it has said a part of itself since; null if facts are that.
-- To tell everything anew, each word needs its own time.
ALTER TABLE device ADD COLUMN said BLOB;
-- 1 for a glimpse that the server has; it is told again after the word that it followed.
ALTER TABLE reading ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
