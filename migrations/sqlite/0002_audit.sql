-- Who did what to what. Written in the transaction of the change itself; no row depends on another, so that writers
-- do not queue behind each other.
CREATE TABLE audit_entry (
    id        BLOB PRIMARY KEY,  -- time-ordered
    at        INTEGER NOT NULL,
    actor     TEXT NOT NULL,  -- as in the canonical bytes
    subject   BLOB NOT NULL,
    action    TEXT NOT NULL,
    canonical BLOB NOT NULL,  -- the entry's canonical bytes
    hash      BLOB NOT NULL  -- SHA-256 of the canonical bytes
) STRICT;

CREATE INDEX audit_entry_subject ON audit_entry (subject, id);
CREATE INDEX audit_entry_actor ON audit_entry (actor, id);
