-- The state machine of docs/states.md: returned, withdrawn, corrections, and one event for each passage.
ALTER TABLE enrolment ADD COLUMN since BIGINT NOT NULL DEFAULT 0;  -- when it came into its stage
ALTER TABLE enrolment ADD COLUMN revision BIGINT NOT NULL DEFAULT 1;  -- how often its content was handed in
ALTER TABLE enrolment ADD COLUMN return_reason TEXT;  -- while returned: what is to be corrected
ALTER TABLE enrolment ADD COLUMN return_note BYTEA;  -- sealed: what was said with the latest return
ALTER TABLE enrolment ADD COLUMN withdrawal_reason TEXT;

UPDATE enrolment SET since = COALESCE(decided_at, reviewed_at, received_at);

-- What was handed in before a correction took its place.
CREATE TABLE enrolment_revision (
    enrolment_id UUID NOT NULL REFERENCES enrolment (id),
    revision     BIGINT NOT NULL,
    officer      UUID NOT NULL REFERENCES staff (id),
    notes        TEXT NOT NULL,  -- JSON: rules and fields, no values
    content      BYTEA NOT NULL,  -- sealed application, as it stood in enrolment
    return_note  BYTEA,  -- sealed: what was said when it was returned
    replaced_at  BIGINT NOT NULL,
    PRIMARY KEY (enrolment_id, revision)
);

-- What happened, in one stream for each office code, numbered without gaps in the order of the commits.
CREATE TABLE enrolment_event (
    office       TEXT NOT NULL,  -- that took the request in
    position     BIGINT NOT NULL,
    enrolment_id UUID NOT NULL REFERENCES enrolment (id),
    at           BIGINT NOT NULL,
    verb         TEXT NOT NULL,
    from_stage   TEXT,
    to_stage     TEXT NOT NULL,
    actor        TEXT NOT NULL,
    reason       TEXT,
    lease_id     UUID,
    PRIMARY KEY (office, position)
);

CREATE INDEX enrolment_event_enrolment ON enrolment_event (enrolment_id, position);
CREATE INDEX enrolment_event_verb ON enrolment_event (verb, at);

-- The last position of each stream: whoever appends holds its row until the commit.
CREATE TABLE enrolment_stream (
    office TEXT PRIMARY KEY,
    last   BIGINT NOT NULL
);

-- Requests of before get the events that their columns still tell.
INSERT INTO enrolment_event (office, position, enrolment_id, at, verb, from_stage, to_stage, actor, reason, lease_id)
SELECT office, ROW_NUMBER() OVER (PARTITION BY office ORDER BY at, id, step), id, at, verb, from_stage, to_stage,
       'service:migration', reason, lease_id
FROM (
    SELECT office, id, 1 AS step, received_at AS at, 'receive' AS verb, NULL::text AS from_stage, 'received' AS to_stage,
           NULL::text AS reason, NULL::uuid AS lease_id
    FROM enrolment
    UNION ALL
    SELECT office, id, 2, received_at, CASE WHEN stage = 'referred' OR reviewed_at IS NOT NULL THEN 'refer' ELSE 'forward' END,
           'received', CASE WHEN stage = 'referred' OR reviewed_at IS NOT NULL THEN 'referred' ELSE 'forwarded' END,
           review_rules, NULL
    FROM enrolment
    UNION ALL
    SELECT office, id, 3, reviewed_at, CASE WHEN review_overridden THEN 'override' ELSE 'decline' END,
           'referred', CASE WHEN review_overridden THEN 'forwarded' ELSE 'refused' END,
           CASE WHEN review_overridden THEN NULL ELSE refusal_reason END, NULL
    FROM enrolment WHERE reviewed_at IS NOT NULL
    UNION ALL
    -- When it was claimed is not kept; it was not after the decision, and not after now.
    SELECT office, id, 4, COALESCE(decided_at, reviewed_at, received_at), 'claim',
           'forwarded', 'forwarded', NULL, lease_id
    FROM enrolment WHERE lease_id IS NOT NULL
    UNION ALL
    SELECT office, id, 5, decided_at, CASE stage WHEN 'issued' THEN 'issue' ELSE 'refuse' END,
           'forwarded', stage, refusal_reason, lease_id
    FROM enrolment WHERE decided_at IS NOT NULL AND (reviewed_at IS NULL OR review_overridden)
) AS told;

INSERT INTO enrolment_stream (office, last) SELECT office, MAX(position) FROM enrolment_event GROUP BY office;
