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
    login_index          BLOB NOT NULL,  -- blind index of number and phone together
    email                BLOB,  -- sealed
    email_index          BLOB,
    passport_index       BLOB NOT NULL,
    issued_at            INTEGER NOT NULL,
    notice_sent_at       INTEGER,
    notice_delivered_at  INTEGER,
    activated_at         INTEGER,
    failures_day         INTEGER NOT NULL,  -- Julian day that failures_today counts; 0 before the first
    failures_today       INTEGER NOT NULL,  -- wrong codes on that day, whatever they were for
    failures_in_row      INTEGER NOT NULL,  -- wrong codes since the last right one
    version              INTEGER NOT NULL
) STRICT;

-- An unknown number and a wrong phone are one look-up that finds nothing.
CREATE INDEX account_login ON account (login_index);
CREATE INDEX account_phone ON account (phone_index);
CREATE INDEX account_email ON account (email_index);
CREATE INDEX account_passport ON account (passport_index);
