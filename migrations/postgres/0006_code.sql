-- One slot for each account and purpose. A new code replaces the old one; failures are counted on the account.
CREATE TABLE code (
    account_id      UUID NOT NULL REFERENCES account (id),
    purpose         TEXT NOT NULL,
    code_id         UUID NOT NULL,
    digest          BYTEA NOT NULL,
    sent_at         BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    tries           BIGINT NOT NULL,
    tries_max       BIGINT NOT NULL,
    spent_at        BIGINT,
    version         BIGINT NOT NULL,
    PRIMARY KEY (account_id, purpose)
);
