-- By what requests of one person find each other: keyed hashes of parts of a name with parts of a birth date, and of
-- passport numbers. Rows of requests that are refused or withdrawn go.
CREATE TABLE duplicate_key (
    value     BYTEA NOT NULL,  -- 16 bytes; hashed apart for each kind
    enrolment UUID NOT NULL REFERENCES enrolment (id),
    kind      TEXT NOT NULL,
    form      BIGINT NOT NULL,  -- version of the way in which keys are made
    PRIMARY KEY (value, enrolment)
);

CREATE INDEX duplicate_key_enrolment ON duplicate_key (enrolment);

-- How often keys were added for persons whose birth date falls into a bucket: two requests that are handed in at once see
-- each other by it.
CREATE TABLE duplicate_bucket (
    bucket  BIGINT PRIMARY KEY,  -- twenty bits of the hash of a key
    changes BIGINT NOT NULL
);

-- Persons of whom a supervisor decided that they are not one: by blind indexes of their documents, the smaller ahead.
CREATE TABLE duplicate_decision (
    one        BYTEA NOT NULL,
    other      BYTEA NOT NULL,
    enrolment  UUID NOT NULL REFERENCES enrolment (id),  -- the request that was decided; its review holds the reason
    against    UUID NOT NULL REFERENCES enrolment (id),  -- the request that it was compared with
    decided_by UUID NOT NULL REFERENCES staff (id),
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (one, other)
);

CREATE INDEX duplicate_decision_other ON duplicate_decision (other);
