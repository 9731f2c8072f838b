-- Codes that can be sent again within their life, and how often they were.
ALTER TABLE code ADD COLUMN sealed BYTEA;  -- the code, until it is spent; absent in those of before
ALTER TABLE code ADD COLUMN device_key BYTEA;  -- thumbprint of the key of the device that the code is to bind
ALTER TABLE code ADD COLUMN first_sent_at BIGINT;
ALTER TABLE code ADD COLUMN sends_day BIGINT;  -- Julian day that sends_today counts
ALTER TABLE code ADD COLUMN sends_today BIGINT;

-- What an account waits for, and how far its holder has come.
ALTER TABLE account ADD COLUMN held_until BIGINT;  -- no code can be tried before
ALTER TABLE account ADD COLUMN code_asked_at BIGINT;  -- first code for activation
ALTER TABLE account ADD COLUMN code_tried_at BIGINT;  -- first try at one
ALTER TABLE account ADD COLUMN reopened_at BIGINT;  -- the window was opened again
ALTER TABLE account ADD COLUMN reopened_until BIGINT;  -- and closes then

-- Windows to be opened again: one person of the hotline asks, another one agrees.
CREATE TABLE reopening (
    id          UUID PRIMARY KEY,
    account_id  UUID NOT NULL REFERENCES account (id),
    reason      BYTEA NOT NULL,  -- sealed
    asked_by    UUID NOT NULL REFERENCES staff (id),
    asked_at    BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    state       TEXT NOT NULL,
    settled_by  UUID REFERENCES staff (id),
    settled_at  BIGINT,
    version     BIGINT NOT NULL
);

CREATE UNIQUE INDEX reopening_pending ON reopening (account_id) WHERE state = 'pending';
