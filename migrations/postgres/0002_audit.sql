-- Who did what to what. Written in the transaction of the change itself; no row depends on another, so that writers
-- do not queue behind each other.
CREATE TABLE audit_entry (
    id        UUID PRIMARY KEY,  -- time-ordered
    at        BIGINT NOT NULL,
    actor     TEXT NOT NULL,  -- as in the canonical bytes
    subject   UUID NOT NULL,
    action    TEXT NOT NULL,
    canonical BYTEA NOT NULL,  -- the entry's canonical bytes
    hash      BYTEA NOT NULL  -- SHA-256 of the canonical bytes
);

CREATE INDEX audit_entry_subject ON audit_entry (subject, id);
CREATE INDEX audit_entry_actor ON audit_entry (actor, id);
