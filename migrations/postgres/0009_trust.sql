-- Trust material: files by which chips of passports are believed. Each was proposed by one operator and decided by
-- another; nothing is deleted.
CREATE TABLE trust_material (
    id          UUID PRIMARY KEY,  -- time-ordered
    kind        TEXT NOT NULL,
    publisher   TEXT NOT NULL,  -- a newer file of the same kind and publisher takes the place of this one
    edition     BIGINT NOT NULL,  -- when its publisher made it
    sha256      BYTEA NOT NULL,  -- of the content
    content     BYTEA NOT NULL,  -- the file as it came
    report      TEXT NOT NULL,  -- JSON: what was found in it when it was proposed
    state       TEXT NOT NULL,  -- proposed, in-force, replaced, rejected
    proposed_by UUID NOT NULL REFERENCES staff (id),
    proposed_at BIGINT NOT NULL,
    decided_by  UUID REFERENCES staff (id),
    decided_at  BIGINT,
    replaced_at BIGINT,
    version     BIGINT NOT NULL
);

CREATE UNIQUE INDEX trust_material_in_force ON trust_material (kind, publisher) WHERE state = 'in-force';
CREATE UNIQUE INDEX trust_material_proposed ON trust_material (sha256) WHERE state = 'proposed';

-- How often the trust store was changed, so that every process notices. One row.
CREATE TABLE trust_revision (
    name     TEXT PRIMARY KEY,
    revision BIGINT NOT NULL
);
