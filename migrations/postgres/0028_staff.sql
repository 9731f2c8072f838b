-- Entries of the staff directory are changed at a version that was seen.
ALTER TABLE staff ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
-- When the entry got its post; absent: when it was entered.
ALTER TABLE staff ADD COLUMN posted_at BIGINT;
ALTER TABLE staff ADD COLUMN disabled_for TEXT;
-- The latest call, noted once a day.
ALTER TABLE staff ADD COLUMN seen_at BIGINT;
-- From when idle days are counted; absent for entries of before, until the first count.
ALTER TABLE staff ADD COLUMN active_at BIGINT;
ALTER TABLE staff ADD COLUMN reviewed_at BIGINT;

CREATE INDEX staff_role ON staff (role, id);
CREATE INDEX staff_office ON staff (office, id);

-- A new certificate is announced until it is shown for the first time, which ends the others of its entry.
ALTER TABLE staff_certificate ADD COLUMN announced BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE staff_certificate ADD COLUMN ended_at BIGINT;

-- One row, which every change of the directory updates first: changes queue there, so that two of them together cannot take
-- away the last administrator.
CREATE TABLE staff_directory (
    id       BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL
);

INSERT INTO staff_directory (id, revision) VALUES (1, 0);

-- What an authenticator and this service share. A step is taken once, and none before one that was taken.
CREATE TABLE staff_totp (
    staff_id        UUID PRIMARY KEY REFERENCES staff (id),
    secret          BYTEA NOT NULL,     -- sealed
    confirmed       BOOLEAN NOT NULL,
    begun_at        BIGINT NOT NULL,
    last_step       BIGINT NOT NULL,  -- -1: none yet
    failures_day    BIGINT NOT NULL,  -- Julian day number; 0 before the first failure
    failures_today  BIGINT NOT NULL,
    failures_in_row BIGINT NOT NULL,
    held_until      BIGINT
);

CREATE TABLE staff_recovery (
    staff_id UUID NOT NULL REFERENCES staff_totp (staff_id),
    digest   BYTEA NOT NULL,            -- keyed
    used_at  BIGINT,
    PRIMARY KEY (staff_id, digest)
);
