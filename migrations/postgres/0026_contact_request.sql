-- Requests for another phone or address by tiers. A row of contact_change is one request, open or ended. The columns of
-- before keep their meaning for a release that runs beside this one: 'pending' is open in any state, 'confirmed' is done, and
-- the others failed.
ALTER TABLE contact_change ADD COLUMN tier TEXT;          -- absent: begun by a release that had none
ALTER TABLE contact_change ADD COLUMN phase TEXT;         -- what an open request waits for
ALTER TABLE contact_change ADD COLUMN waits_until BIGINT;
ALTER TABLE contact_change ADD COLUMN account_print BYTEA; -- of the account as it was when the request was begun
ALTER TABLE contact_change ADD COLUMN link_index BYTEA;    -- of the code in the notices that stops it
ALTER TABLE contact_change ADD COLUMN office TEXT;        -- where it was begun, if at one
ALTER TABLE contact_change ADD COLUMN repeats UUID REFERENCES contact_change (id);
ALTER TABLE contact_change ADD COLUMN failure TEXT;
ALTER TABLE contact_change ADD COLUMN due_at BIGINT;     -- when an open one is to be looked at

UPDATE contact_change SET failure = CASE state WHEN 'cancelled' THEN 'cancelled-by-staff' WHEN 'lapsed' THEN 'expired' END;
-- Administrators began these alone. Nobody does any more, and what was open is to be asked for again.
UPDATE contact_change SET state = 'cancelled', failure = 'superseded', settled_at = begun_at, version = version + 1
    WHERE state = 'pending';
UPDATE contact_change SET tier = 'by-authority';

CREATE INDEX contact_change_account ON contact_change (account_id, begun_at);
CREATE INDEX contact_change_begun ON contact_change (begun_at, kind, tier, state, phase, failure, expires_at);
CREATE INDEX contact_change_due ON contact_change (due_at, id) WHERE due_at IS NOT NULL;
CREATE UNIQUE INDEX contact_change_link ON contact_change (link_index) WHERE link_index IS NOT NULL;

-- Whether the last code of a change could be brought there.
CREATE INDEX outbox_account_kind ON outbox (account_id, kind, id);

-- Claims to a number that serves an account.
CREATE TABLE contact_dispute (
    id          UUID PRIMARY KEY,
    account_id  UUID NOT NULL REFERENCES account (id),
    phone       BYTEA NOT NULL,  -- sealed
    phone_index BYTEA NOT NULL,
    opened_by   UUID NOT NULL REFERENCES staff (id),
    office      TEXT,
    opened_at   BIGINT NOT NULL,
    state       TEXT NOT NULL,
    resolved_by UUID REFERENCES staff (id),
    resolved_at BIGINT,
    version     BIGINT NOT NULL
);

CREATE UNIQUE INDEX contact_dispute_open ON contact_dispute (account_id, phone_index) WHERE state = 'open';
CREATE INDEX contact_dispute_waiting ON contact_dispute (id) WHERE state = 'open';
