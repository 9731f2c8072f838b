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
    email                BYTEA,  -- sealed
    email_index          BYTEA,
    passport_index       BYTEA NOT NULL,
    issued_at            BIGINT NOT NULL,
    notice_sent_at       BIGINT,
    notice_delivered_at  BIGINT,
    activated_at         BIGINT,
    version              BIGINT NOT NULL
);

-- One look-up for number and phone together: an unknown number and a wrong phone end at the same place.
CREATE INDEX account_login ON account (number_index, phone_index);
CREATE INDEX account_phone ON account (phone_index);
CREATE INDEX account_email ON account (email_index);
CREATE INDEX account_passport ON account (passport_index);
