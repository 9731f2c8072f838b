-- What became of each attempt to send a message, the names that carriers gave its parts, and what only a person can settle.
ALTER TABLE outbox ADD COLUMN carrier TEXT;  -- who was asked last
ALTER TABLE outbox ADD COLUMN reason TEXT NOT NULL DEFAULT '';  -- why the last attempt brought nothing
ALTER TABLE outbox ADD COLUMN forgiven INTEGER NOT NULL DEFAULT 0;  -- attempts that count no more: a person had it tried again
ALTER TABLE outbox ADD COLUMN delivered_at INTEGER;
-- state is now one of: waiting, sent, failed (a person must look), given-up (a person did)

-- What has an end, which is codes, is claimed apart: it must not wait behind a carrier that hangs.
CREATE INDEX outbox_urgent ON outbox (due_at, id) WHERE state = 'waiting' AND useful_until IS NOT NULL;
CREATE INDEX outbox_failed ON outbox (id) WHERE state = 'failed';

CREATE TABLE attempt (
    message_id       BLOB NOT NULL REFERENCES outbox (id),
    attempt          INTEGER NOT NULL,  -- counted from 1
    carrier          TEXT,  -- who was asked; absent: nobody
    at               INTEGER NOT NULL,
    outcome          TEXT NOT NULL,
    PRIMARY KEY (message_id, attempt)
) STRICT;

CREATE TABLE carried (
    carrier          TEXT NOT NULL,
    part             TEXT NOT NULL,  -- the carrier's own name for the part
    message_id       BLOB REFERENCES outbox (id),  -- absent: the report came before the message was settled
    attempt          INTEGER,
    arrived          INTEGER,  -- the carrier's last word; absent: none yet
    seen_at          INTEGER NOT NULL,
    PRIMARY KEY (carrier, part)
) STRICT;

CREATE INDEX carried_message ON carried (message_id, attempt) WHERE message_id IS NOT NULL;
CREATE INDEX carried_orphan ON carried (seen_at) WHERE message_id IS NULL;
