-- Messages to holders, written in the transaction of the change that causes them.
CREATE TABLE outbox (
    id               BLOB PRIMARY KEY,  -- the carrier's idempotency key
    account_id       BLOB REFERENCES account (id),  -- absent: about no account
    kind             TEXT NOT NULL,
    content          BLOB NOT NULL,  -- sealed: destination, language, text
    created_at       INTEGER NOT NULL,
    useful_until     INTEGER,  -- a code is not worth sending after its end
    state            TEXT NOT NULL,  -- waiting, sent, failed
    attempts         INTEGER NOT NULL,
    due_at           INTEGER NOT NULL,  -- when to try next; while leased, when the lease lapses
    sent_at          INTEGER
) STRICT;

CREATE INDEX outbox_due ON outbox (due_at, id) WHERE state = 'waiting';
