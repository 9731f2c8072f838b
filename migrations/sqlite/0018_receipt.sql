-- Receipts as they were signed: a repeat gets the same text, whatever was corrected, recomputed or rotated since.
CREATE TABLE receipt (
    enrolment_id BLOB NOT NULL REFERENCES enrolment (id),
    revision     INTEGER NOT NULL,  -- of the request's content, counted from one
    signed       TEXT NOT NULL,  -- JSON Web Signature; no claim names a person
    PRIMARY KEY (enrolment_id, revision)
) STRICT, WITHOUT ROWID;
