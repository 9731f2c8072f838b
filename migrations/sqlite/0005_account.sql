-- Accounts. A number once used stays used: rows are never deleted.
CREATE TABLE account (
    id                   BLOB PRIMARY KEY,
    enrolment_id         BLOB NOT NULL UNIQUE REFERENCES enrolment (id),
    represented          INTEGER NOT NULL,
    representative_index BLOB,
    language             TEXT NOT NULL,
    number               BLOB NOT NULL,  -- sealed
    number_index         BLOB NOT NULL UNIQUE,
    phone                BLOB NOT NULL,  -- sealed
    phone_index          BLOB NOT NULL,
    email                BLOB,  -- sealed
    email_index          BLOB,
    passport_index       BLOB NOT NULL,
    issued_at            INTEGER NOT NULL,
    notice_sent_at       INTEGER,
    notice_delivered_at  INTEGER,
    activated_at         INTEGER,
    version              INTEGER NOT NULL
) STRICT;

-- One look-up for number and phone together: an unknown number and a wrong phone end at the same place.
CREATE INDEX account_login ON account (number_index, phone_index);
CREATE INDEX account_phone ON account (phone_index);
CREATE INDEX account_email ON account (email_index);
CREATE INDEX account_passport ON account (passport_index);
