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

-- What may serve one request or account only: phone, passport, residence card, as blind indexes.
CREATE TABLE binding (
    kind   TEXT NOT NULL,
    value  BYTEA NOT NULL,
    holder UUID NOT NULL REFERENCES enrolment (id),
    PRIMARY KEY (kind, value)
);

CREATE INDEX binding_holder ON binding (holder);
