-- Requests for an account.
CREATE TABLE enrolment (
    id                   UUID PRIMARY KEY,  -- time-ordered
    office               TEXT NOT NULL,
    officer              UUID NOT NULL REFERENCES staff (id),
    received_at          BIGINT NOT NULL,
    notes                TEXT NOT NULL,  -- JSON: rules and fields, no values
    content              BYTEA NOT NULL,  -- sealed application
    passport_index       BYTEA NOT NULL,  -- blind index of issuing state and number
    representative_index BYTEA,  -- the same of the representative's document
    stage                TEXT NOT NULL,
    lease_id             UUID,
    lease_expires_at     BIGINT,
    account_id           UUID,
    refusal_reason       TEXT,
    decided_at           BIGINT,
    version              BIGINT NOT NULL
);

CREATE INDEX enrolment_office ON enrolment (office, id);
CREATE INDEX enrolment_waiting ON enrolment (id) WHERE stage = 'forwarded';

-- What may serve one owner only: passport, residence card, phone, as blind indexes. A passport or card belongs to one
-- request and the account issued on it; a phone to one person, who may hold it for those whom they represent too.
CREATE TABLE binding (
    kind    TEXT NOT NULL,
    value   BYTEA NOT NULL,
    owner   BYTEA NOT NULL,
    holders BIGINT NOT NULL,  -- requests and accounts that use it
    PRIMARY KEY (kind, value)
);
