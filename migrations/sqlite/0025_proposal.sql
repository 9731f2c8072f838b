-- What one person proposes and another approves. Wishes to open an account's way to activation again are the first kind.
CREATE TABLE proposal (
    id           BLOB PRIMARY KEY,
    kind         TEXT NOT NULL,
    target       BLOB NOT NULL,  -- what it is done to
    detail       TEXT,  -- what there is to say beside kind and target; names only
    seen_version INTEGER NOT NULL,  -- of the target, by the first person; 0 if another look decides instead
    reason       BLOB NOT NULL,  -- sealed
    office       TEXT,  -- of both persons, if they are to be of one
    asked_by     BLOB NOT NULL REFERENCES staff (id),
    asked_at     INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    state        TEXT NOT NULL,
    settled_by   BLOB REFERENCES staff (id),
    settled_at   INTEGER,
    version      INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX proposal_pending ON proposal (kind, target) WHERE state = 'pending';
CREATE INDEX proposal_waiting ON proposal (id) WHERE state = 'pending';

-- The table of before stays for processes of the release before; what they write there lapses within a day.
INSERT INTO proposal (id, kind, target, seen_version, reason, asked_by, asked_at, expires_at, state, settled_by, settled_at, version)
SELECT id, 'reopening', account_id, 0, reason, asked_by, asked_at, expires_at, state, settled_by, settled_at, version
FROM reopening;

-- Each is settled in one place.
UPDATE reopening SET state = 'lapsed', version = version + 1 WHERE state = 'pending';
