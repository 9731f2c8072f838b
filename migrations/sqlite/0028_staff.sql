-- Entries of the staff directory are changed at a version that was seen.
ALTER TABLE staff ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- When the entry got its post; absent: when it was entered.
ALTER TABLE staff ADD COLUMN posted_at INTEGER;
ALTER TABLE staff ADD COLUMN disabled_for TEXT;
-- The latest call, noted once a day.
ALTER TABLE staff ADD COLUMN seen_at INTEGER;
-- From when idle days are counted; absent for entries of before, until the first count.
ALTER TABLE staff ADD COLUMN active_at INTEGER;
ALTER TABLE staff ADD COLUMN reviewed_at INTEGER;

CREATE INDEX staff_role ON staff (role, id);
CREATE INDEX staff_office ON staff (office, id);

-- A new certificate is announced until it is shown for the first time, which ends the others of its entry.
ALTER TABLE staff_certificate ADD COLUMN announced INTEGER NOT NULL DEFAULT FALSE;
ALTER TABLE staff_certificate ADD COLUMN ended_at INTEGER;

-- One row, which every change of the directory updates first: changes queue there, so that two of them together cannot take
-- away the last administrator.
CREATE TABLE staff_directory (
    id       INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT;

INSERT INTO staff_directory (id, revision) VALUES (1, 0);

-- What an authenticator and this service share. A step is taken once, and none before one that was taken.
CREATE TABLE staff_totp (
    staff_id        BLOB PRIMARY KEY REFERENCES staff (id),
    secret          BLOB NOT NULL,     -- sealed
    confirmed       INTEGER NOT NULL,
    begun_at        INTEGER NOT NULL,
    last_step       INTEGER NOT NULL,  -- -1: none yet
    failures_day    INTEGER NOT NULL,  -- Julian day number; 0 before the first failure
    failures_today  INTEGER NOT NULL,
    failures_in_row INTEGER NOT NULL,
    held_until      INTEGER
) STRICT;

CREATE TABLE staff_recovery (
    staff_id BLOB NOT NULL REFERENCES staff_totp (staff_id),
    digest   BLOB NOT NULL,            -- keyed
    used_at  INTEGER,
    PRIMARY KEY (staff_id, digest)
) STRICT, WITHOUT ROWID;
