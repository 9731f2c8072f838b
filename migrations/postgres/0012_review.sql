-- What a supervisor decided about a request that a rule referred; all absent, or all there.
ALTER TABLE enrolment ADD COLUMN reviewed_at BIGINT;
ALTER TABLE enrolment ADD COLUMN reviewer UUID REFERENCES staff (id);
ALTER TABLE enrolment ADD COLUMN review_overridden BOOLEAN;
ALTER TABLE enrolment ADD COLUMN review_rules TEXT;  -- names, separated by commas
ALTER TABLE enrolment ADD COLUMN review_reason BYTEA;  -- sealed

-- What the chip proved: JSON of answers and steps, no values of a person.
ALTER TABLE enrolment ADD COLUMN chip TEXT;

-- Challenges for active authentication. Each is spent with the submission that it was drawn for.
CREATE TABLE chip_challenge (
    id         UUID PRIMARY KEY,  -- time-ordered
    officer    UUID NOT NULL REFERENCES staff (id),
    challenge  BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    spent_at   BIGINT
);

CREATE INDEX chip_challenge_expires ON chip_challenge (expires_at);
