-- Requests for an account.
CREATE TABLE enrolment (
    id                   BLOB PRIMARY KEY,  -- time-ordered
    office               TEXT NOT NULL,
    officer              BLOB NOT NULL REFERENCES staff (id),
    received_at          INTEGER NOT NULL,
    notes                TEXT NOT NULL,  -- JSON: rules and fields, no values
    content              BLOB NOT NULL,  -- sealed application
    passport_index       BLOB NOT NULL,  -- blind index of issuing state and number
    representative_index BLOB,  -- the same of the representative's document
    stage                TEXT NOT NULL,
    lease_id             BLOB,
    lease_expires_at     INTEGER,
    account_id           BLOB,
    refusal_reason       TEXT,
    decided_at           INTEGER,
    version              INTEGER NOT NULL
) STRICT;

CREATE INDEX enrolment_office ON enrolment (office, id);
CREATE INDEX enrolment_waiting ON enrolment (id) WHERE stage = 'forwarded';

-- What may serve one request or account only: phone, passport, residence card, as blind indexes.
CREATE TABLE binding (
    kind   TEXT NOT NULL,
    value  BLOB NOT NULL,
    holder BLOB NOT NULL REFERENCES enrolment (id),
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX binding_holder ON binding (holder);
