-- Changes of phone and e-mail address. The old value is the account's until the change is confirmed.
CREATE TABLE contact_change (
    id         BLOB PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES account (id),
    kind       TEXT NOT NULL,
    new_value  BLOB NOT NULL,  -- sealed
    begun_at   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    state      TEXT NOT NULL,
    settled_at INTEGER,
    version    INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX contact_change_pending ON contact_change (account_id, kind) WHERE state = 'pending';
