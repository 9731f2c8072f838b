-- One slot for each account and purpose. A new code replaces the old one; failures are counted on the account.
CREATE TABLE code (
    account_id      BLOB NOT NULL REFERENCES account (id),
    purpose         TEXT NOT NULL,
    code_id         BLOB NOT NULL,
    digest          BLOB NOT NULL,
    sent_at         INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    tries           INTEGER NOT NULL,
    tries_max       INTEGER NOT NULL,
    spent_at        INTEGER,
    version         INTEGER NOT NULL,
    PRIMARY KEY (account_id, purpose)
) STRICT, WITHOUT ROWID;
