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

-- What may serve one owner only: passport, residence card, phone, as blind indexes. A passport or card belongs to one
-- request and the account issued on it; a phone to one person, who may hold it for those whom they represent too.
CREATE TABLE binding (
    kind    TEXT NOT NULL,
    value   BLOB NOT NULL,
    owner   BLOB NOT NULL,
    holders INTEGER NOT NULL,  -- requests and accounts that use it
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;
