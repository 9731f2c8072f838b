-- One slot for each account and purpose. A new code replaces the old one; the failures stay.
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
    failures_day    INTEGER NOT NULL,
    failures_today  INTEGER NOT NULL,
    failures_in_row INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    PRIMARY KEY (account_id, purpose)
) STRICT, WITHOUT ROWID;
