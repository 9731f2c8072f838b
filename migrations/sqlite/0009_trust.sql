-- Trust material: files by which chips of passports are believed. Each was proposed by one operator and decided by
-- another; nothing is deleted.
CREATE TABLE trust_material (
    id          BLOB PRIMARY KEY,  -- time-ordered
    kind        TEXT NOT NULL,
    publisher   TEXT NOT NULL,  -- a newer file of the same kind and publisher takes the place of this one
    edition     INTEGER NOT NULL,  -- when its publisher made it
    sha256      BLOB NOT NULL,  -- of the content
    content     BLOB NOT NULL,  -- the file as it came
    report      TEXT NOT NULL,  -- JSON: what was found in it when it was proposed
    state       TEXT NOT NULL,  -- proposed, in-force, replaced, rejected
    proposed_by BLOB NOT NULL REFERENCES staff (id),
    proposed_at INTEGER NOT NULL,
    decided_by  BLOB REFERENCES staff (id),
    decided_at  INTEGER,
    replaced_at INTEGER,
    version     INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX trust_material_in_force ON trust_material (kind, publisher) WHERE state = 'in-force';
CREATE UNIQUE INDEX trust_material_proposed ON trust_material (sha256) WHERE state = 'proposed';

-- How often the trust store was changed, so that every process notices. One row.
CREATE TABLE trust_revision (
    name     TEXT PRIMARY KEY,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
