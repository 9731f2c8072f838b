-- The life of an account after its issue: what locks it, until when its documents hold, its end.
ALTER TABLE account ADD COLUMN lock_set BIGINT NOT NULL DEFAULT 0;  -- the grounds in lock_ground that stand, as a number
ALTER TABLE account ADD COLUMN papers_at BIGINT;  -- when its documents were entered; absent: read from the request
ALTER TABLE account ADD COLUMN passport_until BIGINT;  -- Julian day: the last one on which a passport is valid
ALTER TABLE account ADD COLUMN residence_until BIGINT;  -- Julian day: the last one on which a residence card is
ALTER TABLE account ADD COLUMN closed_at BIGINT;
ALTER TABLE account ADD COLUMN closed_for TEXT;
ALTER TABLE account ADD COLUMN told_lock TEXT;  -- the lock that watchers were told of; absent: none
ALTER TABLE account ADD COLUMN noticed_lock TEXT;  -- the lock that the holder was told of; absent: none
ALTER TABLE account ADD COLUMN life_look_at BIGINT DEFAULT 0;  -- when to look at it; absent: when something happens
ALTER TABLE account ADD COLUMN warned_passport_until BIGINT;  -- the day that the last warning named
ALTER TABLE account ADD COLUMN warned_passport_days BIGINT;  -- and how many days before
ALTER TABLE account ADD COLUMN warned_residence_until BIGINT;
ALTER TABLE account ADD COLUMN warned_residence_days BIGINT;

CREATE INDEX account_life_look ON account (life_look_at, id) WHERE life_look_at IS NOT NULL;

-- What held an account back when this had happened.
ALTER TABLE account_event ADD COLUMN locked TEXT;
ALTER TABLE account_event ADD COLUMN closed_at BIGINT;

-- Grounds that somebody set. They are never deleted. Those that come by themselves are reckoned, and not here.
CREATE TABLE lock_ground (
    id         UUID PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES account (id),
    ground     TEXT NOT NULL,
    source     UUID NOT NULL,  -- the order that it rests on; nil: none
    silent     BOOLEAN NOT NULL,  -- the holder is not to be told
    evidence   BYTEA NOT NULL,  -- sealed
    set_by     UUID NOT NULL,  -- entry of the staff directory: a person, or the app's backend for the holder
    since      BIGINT NOT NULL,
    ended_by   UUID,
    ended_at   BIGINT,
    end_reason BYTEA  -- sealed
);

CREATE UNIQUE INDEX lock_ground_standing ON lock_ground (account_id, ground, source) WHERE ended_at IS NULL;
CREATE INDEX lock_ground_account ON lock_ground (account_id, id);

-- Passports and residence cards of accounts, as they were shown. They are never deleted.
CREATE TABLE account_document (
    id             UUID PRIMARY KEY,
    account_id     UUID NOT NULL REFERENCES account (id),
    kind           TEXT NOT NULL,  -- passport, temporary, permanent
    document_index BYTEA NOT NULL,  -- blind index of issuing state and number, or of the card's kind and number
    content        BYTEA NOT NULL,  -- sealed
    issued_on      BIGINT NOT NULL,  -- Julian days
    valid_until    BIGINT NOT NULL,
    added_by       UUID NOT NULL,
    added_at       BIGINT NOT NULL,
    UNIQUE (account_id, document_index)
);

CREATE INDEX account_document_index ON account_document (document_index);

-- Documents that wait for a supervisor: they name somebody else than the account does, or a rule asks for a person.
CREATE TABLE document_update (
    id         UUID PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES account (id),
    content    BYTEA NOT NULL,  -- sealed
    added_by   UUID NOT NULL,
    added_at   BIGINT NOT NULL
);

-- What the immigration database said last of each residence card, whether or not an account has it.
CREATE TABLE card_fact (
    card_index  BYTEA PRIMARY KEY,
    status      BIGINT NOT NULL,  -- 0 nothing yet, 1 issued, 2 extended, 3 cancelled, 4 left
    valid_until BIGINT NOT NULL,  -- Julian day
    recorded_at BIGINT NOT NULL
);

-- Orders of authorities to lock or unlock an account: form TK03.
CREATE TABLE lock_order (
    id           UUID PRIMARY KEY,
    account_id   UUID NOT NULL REFERENCES account (id),
    kind         TEXT NOT NULL,  -- lock, unlock
    silent       BOOLEAN NOT NULL,
    lifts        UUID,  -- of an order to unlock: the ground that it lets go
    content      BYTEA NOT NULL,  -- sealed: authority, reference number, evidence
    filed_by     UUID NOT NULL,
    filed_at     BIGINT NOT NULL,
    state        TEXT NOT NULL,  -- filed, forwarded, approved, refused
    forwarded_by UUID,
    forwarded_at BIGINT,
    decided_by   UUID,
    decided_at   BIGINT,
    reason       BYTEA,  -- sealed: why it was refused
    due_at       BIGINT NOT NULL,  -- of the step that is next
    edition      TEXT NOT NULL,  -- of the calendar on which that was counted
    provisional  BOOLEAN NOT NULL,
    version      BIGINT NOT NULL
);

CREATE INDEX lock_order_open ON lock_order (due_at, id) WHERE decided_at IS NULL;
CREATE INDEX lock_order_account ON lock_order (account_id, id);

-- Of records of one card of one instant the greater counts, so that the order in which they come does not matter.
ALTER TABLE registry_record ADD COLUMN strictness BIGINT NOT NULL DEFAULT 0;
