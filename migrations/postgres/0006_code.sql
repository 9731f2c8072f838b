-- One slot for each account and purpose. A new code replaces the old one; the failures stay.
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
    failures_day    BIGINT NOT NULL,
    failures_today  BIGINT NOT NULL,
    failures_in_row BIGINT NOT NULL,
    version         BIGINT NOT NULL,
    PRIMARY KEY (account_id, purpose)
);
