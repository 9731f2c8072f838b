-- What happened to accounts, in sixteen streams by the last byte of the account's name, each numbered without gaps in the
-- order of the commits. What happened before is not told: accounts of before have no events.
CREATE TABLE account_event (
    shard            BIGINT NOT NULL,
    position         BIGINT NOT NULL,
    account_id       UUID NOT NULL REFERENCES account (id),
    verb             TEXT NOT NULL,
    at               BIGINT NOT NULL,
    activated_at     BIGINT,  -- of the account when this had happened
    window_closes_at BIGINT,  -- the same
    PRIMARY KEY (shard, position)
);

-- The last position of each stream: whoever appends holds its row until the commit.
CREATE TABLE account_stream (
    shard BIGINT PRIMARY KEY,
    last  BIGINT NOT NULL
);
