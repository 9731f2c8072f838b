-- The calendar of working days: every edition that was in force, and the legal clocks that were counted on them.
CREATE TABLE calendar (
    version    BIGINT PRIMARY KEY,  -- 1, 2, ...: the last is in force
    edition    TEXT NOT NULL UNIQUE,  -- its name
    text       TEXT NOT NULL,  -- as it was published
    sha256     BYTEA NOT NULL,  -- of the text
    adopted_at BIGINT NOT NULL
);

-- The legal clock. All of it is absent in requests of before, until they get theirs.
ALTER TABLE enrolment ADD COLUMN due_at BIGINT;  -- midnight after the last day
ALTER TABLE enrolment ADD COLUMN deadline_basis TEXT;  -- on what the limit rests
ALTER TABLE enrolment ADD COLUMN limit_days BIGINT;  -- working days by law
ALTER TABLE enrolment ADD COLUMN spent_days BIGINT;  -- of them before the clock last began to run
ALTER TABLE enrolment ADD COLUMN clock_ran TEXT;  -- the spans in which they were, as JSON, oldest first
ALTER TABLE enrolment ADD COLUMN clock_running_since BIGINT;  -- absent while it stands still
ALTER TABLE enrolment ADD COLUMN calendar_edition TEXT;  -- on which it was counted
ALTER TABLE enrolment ADD COLUMN deadline_provisional BOOLEAN;
ALTER TABLE enrolment ADD COLUMN act_by BIGINT;  -- until when whoever holds it should act; absent when it has ended

CREATE INDEX enrolment_calendar ON enrolment (calendar_edition) WHERE decided_at IS NULL;
