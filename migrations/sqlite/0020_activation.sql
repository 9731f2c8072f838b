-- Codes that can be sent again within their life, and how often they were.
ALTER TABLE code ADD COLUMN sealed BLOB;  -- the code, until it is spent; absent in those of before
ALTER TABLE code ADD COLUMN device_key BLOB;  -- thumbprint of the key of the device that the code is to bind
ALTER TABLE code ADD COLUMN first_sent_at INTEGER;
ALTER TABLE code ADD COLUMN sends_day INTEGER;  -- Julian day that sends_today counts
ALTER TABLE code ADD COLUMN sends_today INTEGER;

-- What an account waits for, and how far its holder has come.
ALTER TABLE account ADD COLUMN held_until INTEGER;  -- no code can be tried before
ALTER TABLE account ADD COLUMN code_asked_at INTEGER;  -- first code for activation
ALTER TABLE account ADD COLUMN code_tried_at INTEGER;  -- first try at one
ALTER TABLE account ADD COLUMN reopened_at INTEGER;  -- the window was opened again
ALTER TABLE account ADD COLUMN reopened_until INTEGER;  -- and closes then

-- Windows to be opened again: one person of the hotline asks, another one agrees.
CREATE TABLE reopening (
    id          BLOB PRIMARY KEY,
    account_id  BLOB NOT NULL REFERENCES account (id),
    reason      BLOB NOT NULL,  -- sealed
    asked_by    BLOB NOT NULL REFERENCES staff (id),
    asked_at    INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    state       TEXT NOT NULL,
    settled_by  BLOB REFERENCES staff (id),
    settled_at  INTEGER,
    version     INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX reopening_pending ON reopening (account_id) WHERE state = 'pending';
