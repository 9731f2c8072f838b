-- What was captured of one person. One key seals all of it: without the key every copy of the objects is noise.
CREATE TABLE capture_set (
    enrolment_id BLOB PRIMARY KEY REFERENCES enrolment (id),
    secret       BLOB,  -- sealed: the key, what each object is, its hash; gone from the moment nobody needs it
    kept_at      INTEGER NOT NULL,
    ended_at     INTEGER,
    end_reason   TEXT  -- received, refused, withdrawn
) STRICT;

CREATE INDEX capture_set_held ON capture_set (enrolment_id) WHERE ended_at IS NULL;

-- The objects in the archive. Rows stay when objects go: they say what was deleted, and when.
CREATE TABLE capture (
    id           BLOB PRIMARY KEY,  -- the object's name
    enrolment_id BLOB NOT NULL REFERENCES capture_set (enrolment_id),
    kind         TEXT NOT NULL,  -- face, fingerprint
    sealed_bytes INTEGER NOT NULL,
    sealed_hash  BLOB NOT NULL,  -- SHA-256 of the object as it lies in the archive
    state        TEXT NOT NULL,  -- held, ending, deleted
    attempts     INTEGER NOT NULL,  -- to delete it
    due_at       INTEGER,  -- while ending: when to try next
    deleted_at   INTEGER
) STRICT;

CREATE INDEX capture_enrolment ON capture (enrolment_id);
CREATE INDEX capture_due ON capture (due_at, id) WHERE state = 'ending';
