-- By what requests of one person find each other: keyed hashes of parts of a name with parts of a birth date, and of
-- passport numbers. Rows of requests that are refused or withdrawn go.
CREATE TABLE duplicate_key (
    value     BLOB NOT NULL,  -- 16 bytes; hashed apart for each kind
    enrolment BLOB NOT NULL REFERENCES enrolment (id),
    kind      TEXT NOT NULL,
    form      INTEGER NOT NULL,  -- version of the way in which keys are made
    PRIMARY KEY (value, enrolment)
) STRICT, WITHOUT ROWID;

CREATE INDEX duplicate_key_enrolment ON duplicate_key (enrolment);

-- How often keys were added for persons whose birth date falls into a bucket: two requests that are handed in at once see
-- each other by it.
CREATE TABLE duplicate_bucket (
    bucket  INTEGER PRIMARY KEY,  -- twenty bits of the hash of a key
    changes INTEGER NOT NULL
) STRICT;

-- Persons of whom a supervisor decided that they are not one: by blind indexes of their documents, the smaller ahead.
CREATE TABLE duplicate_decision (
    one        BLOB NOT NULL,
    other      BLOB NOT NULL,
    enrolment  BLOB NOT NULL REFERENCES enrolment (id),  -- the request that was decided; its review holds the reason
    against    BLOB NOT NULL REFERENCES enrolment (id),  -- the request that it was compared with
    decided_by BLOB NOT NULL REFERENCES staff (id),
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (one, other)
) STRICT;

CREATE INDEX duplicate_decision_other ON duplicate_decision (other);
