-- Changes of phone and e-mail address. The old value is the account's until the change is confirmed.
CREATE TABLE contact_change (
    id         UUID PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES account (id),
    kind       TEXT NOT NULL,
    new_value  BYTEA NOT NULL,  -- sealed
    begun_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    state      TEXT NOT NULL,
    settled_at BIGINT,
    version    BIGINT NOT NULL
);

CREATE UNIQUE INDEX contact_change_pending ON contact_change (account_id, kind) WHERE state = 'pending';
