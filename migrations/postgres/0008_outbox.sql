-- Messages to holders, written in the transaction of the change that causes them.
CREATE TABLE outbox (
    id               UUID PRIMARY KEY,  -- the carrier's idempotency key
    account_id       UUID REFERENCES account (id),  -- absent: about no account
    kind             TEXT NOT NULL,
    content          BYTEA NOT NULL,  -- sealed: destination, language, text
    created_at       BIGINT NOT NULL,
    useful_until     BIGINT,  -- a code is not worth sending after its end
    state            TEXT NOT NULL,  -- waiting, sent, failed
    attempts         BIGINT NOT NULL,
    due_at           BIGINT NOT NULL,  -- when to try next; while leased, when the lease lapses
    sent_at          BIGINT
);

CREATE INDEX outbox_due ON outbox (due_at, id) WHERE state = 'waiting';
