-- What was captured of one person. One key seals all of it: without the key every copy of the objects is noise.
CREATE TABLE capture_set (
    enrolment_id UUID PRIMARY KEY REFERENCES enrolment (id),
    secret       BYTEA,  -- sealed: the key, what each object is, its hash; gone from the moment nobody needs it
    kept_at      BIGINT NOT NULL,
    ended_at     BIGINT,
    end_reason   TEXT  -- received, refused, withdrawn
);

CREATE INDEX capture_set_held ON capture_set (enrolment_id) WHERE ended_at IS NULL;

-- The objects in the archive. Rows stay when objects go: they say what was deleted, and when.
CREATE TABLE capture (
    id           UUID PRIMARY KEY,  -- the object's name
    enrolment_id UUID NOT NULL REFERENCES capture_set (enrolment_id),
    kind         TEXT NOT NULL,  -- face, fingerprint
    sealed_bytes BIGINT NOT NULL,
    sealed_hash  BYTEA NOT NULL,  -- SHA-256 of the object as it lies in the archive
    state        TEXT NOT NULL,  -- held, ending, deleted
    attempts     BIGINT NOT NULL,  -- to delete it
    due_at       BIGINT,  -- while ending: when to try next
    deleted_at   BIGINT
);

CREATE INDEX capture_enrolment ON capture (enrolment_id);
CREATE INDEX capture_due ON capture (due_at, id) WHERE state = 'ending';
