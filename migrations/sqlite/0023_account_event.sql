-- What happened to accounts, in sixteen streams by the last byte of the account's name, each numbered without gaps in the
-- order of the commits. What happened before is not told: accounts of before have no events.
CREATE TABLE account_event (
    shard            INTEGER NOT NULL,
    position         INTEGER NOT NULL,
    account_id       BLOB NOT NULL REFERENCES account (id),
    verb             TEXT NOT NULL,
    at               INTEGER NOT NULL,
    activated_at     INTEGER,  -- of the account when this had happened
    window_closes_at INTEGER,  -- the same
    PRIMARY KEY (shard, position)
) STRICT, WITHOUT ROWID;

-- The last position of each stream: whoever appends holds its row until the commit.
CREATE TABLE account_stream (
    shard INTEGER PRIMARY KEY,
    last  INTEGER NOT NULL
) STRICT;
