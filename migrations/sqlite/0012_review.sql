-- What a supervisor decided about a request that a rule referred; all absent, or all there.
ALTER TABLE enrolment ADD COLUMN reviewed_at INTEGER;
ALTER TABLE enrolment ADD COLUMN reviewer BLOB REFERENCES staff (id);
ALTER TABLE enrolment ADD COLUMN review_overridden INTEGER;
ALTER TABLE enrolment ADD COLUMN review_rules TEXT;  -- names, separated by commas
ALTER TABLE enrolment ADD COLUMN review_reason BLOB;  -- sealed

-- What the chip proved: JSON of answers and steps, no values of a person.
ALTER TABLE enrolment ADD COLUMN chip TEXT;

-- Challenges for active authentication. Each is spent with the submission that it was drawn for.
CREATE TABLE chip_challenge (
    id         BLOB PRIMARY KEY,  -- time-ordered
    officer    BLOB NOT NULL REFERENCES staff (id),
    challenge  BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    spent_at   INTEGER
) STRICT;

CREATE INDEX chip_challenge_expires ON chip_challenge (expires_at);
