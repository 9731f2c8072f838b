-- Accounts. A number once used stays used: rows are never deleted.
CREATE TABLE account (
    id                   UUID PRIMARY KEY,
    enrolment_id         UUID NOT NULL UNIQUE REFERENCES enrolment (id),
    represented          BOOLEAN NOT NULL,
    representative_index BYTEA,
    language             TEXT NOT NULL,
    number               BYTEA NOT NULL,  -- sealed
    number_index         BYTEA NOT NULL UNIQUE,
    phone                BYTEA NOT NULL,  -- sealed
    phone_index          BYTEA NOT NULL,
    login_index          BYTEA NOT NULL,  -- blind index of number and phone together
    email                BYTEA,  -- sealed
    email_index          BYTEA,
    passport_index       BYTEA NOT NULL,
    issued_at            BIGINT NOT NULL,
    notice_sent_at       BIGINT,
    notice_delivered_at  BIGINT,
    activated_at         BIGINT,
    failures_day         BIGINT NOT NULL,  -- Julian day that failures_today counts; 0 before the first
    failures_today       BIGINT NOT NULL,  -- wrong codes on that day, whatever they were for
    failures_in_row      BIGINT NOT NULL,  -- wrong codes since the last right one
    version              BIGINT NOT NULL
);

-- An unknown number and a wrong phone are one look-up that finds nothing.
CREATE INDEX account_login ON account (login_index);
CREATE INDEX account_phone ON account (phone_index);
CREATE INDEX account_email ON account (email_index);
CREATE INDEX account_passport ON account (passport_index);
