-- Every device that was ever bound to an account, with its dates (NIST SP 800-63B-4 section 4.1): rows are never deleted, and
-- a key that was used once is not used again.
CREATE TABLE device (
    id             BLOB PRIMARY KEY,
    account_id     BLOB NOT NULL REFERENCES account (id),
    key_thumbprint BLOB NOT NULL UNIQUE,  -- SHA-256 over spki
    spki           BLOB NOT NULL,
    route          TEXT NOT NULL,
    assurance      TEXT NOT NULL,
    bound_at       INTEGER NOT NULL,
    ended_at       INTEGER,
    end_reason     TEXT
) STRICT;

CREATE INDEX device_account ON device (account_id, bound_at);
-- One at a time.
CREATE UNIQUE INDEX device_active ON device (account_id) WHERE ended_at IS NULL;

-- Authorities that issue certificates to devices: one for each key of the ring that was ever used.
CREATE TABLE device_authority (
    id          BLOB PRIMARY KEY,  -- SHA-256 over its public key
    certificate BLOB NOT NULL,
    founded_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE device_certificate (
    serial       BLOB PRIMARY KEY,
    device_id    BLOB NOT NULL REFERENCES device (id),
    authority_id BLOB NOT NULL REFERENCES device_authority (id),
    der          BLOB NOT NULL,
    issued_at    INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    revoked_at   INTEGER,
    list_number  INTEGER  -- the first list that it stood in
) STRICT;

CREATE INDEX device_certificate_device ON device_certificate (device_id, issued_at);
CREATE INDEX device_certificate_revoked ON device_certificate (authority_id, expires_at, serial)
    WHERE revoked_at IS NOT NULL;
CREATE INDEX device_certificate_unlisted ON device_certificate (authority_id, expires_at)
    WHERE revoked_at IS NOT NULL AND list_number IS NULL;

-- The latest list of each authority.
CREATE TABLE device_list (
    authority_id BLOB PRIMARY KEY REFERENCES device_authority (id),
    number       INTEGER NOT NULL,
    der          BLOB NOT NULL,
    made_at      INTEGER NOT NULL,
    next_at      INTEGER NOT NULL
) STRICT;

-- Challenges that devices sign, each once.
CREATE TABLE device_challenge (
    value          BLOB PRIMARY KEY,
    account_id     BLOB NOT NULL REFERENCES account (id),
    purpose        TEXT NOT NULL,
    key_thumbprint BLOB NOT NULL,
    drawn_at       INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    spent_at       INTEGER
) STRICT;

CREATE INDEX device_challenge_expires ON device_challenge (expires_at);

-- Secrets of offline codes, one for each device.
CREATE TABLE device_totp (
    device_id       BLOB PRIMARY KEY REFERENCES device (id),
    secret          BLOB NOT NULL,  -- sealed
    last_step       INTEGER NOT NULL,  -- the latest step that was taken; -1 before the first
    drift           INTEGER,  -- by how many steps the device's clock was ahead then
    failures_day    INTEGER NOT NULL,  -- Julian day that failures_today counts; 0 before the first
    failures_today  INTEGER NOT NULL,
    failures_in_row INTEGER NOT NULL
) STRICT;

-- Proofs in person: one slot for each account, a new proof takes the place of the one before.
CREATE TABLE device_proof (
    account_id      BLOB PRIMARY KEY REFERENCES account (id),
    id              BLOB NOT NULL UNIQUE,
    purpose         TEXT NOT NULL,
    officer         BLOB NOT NULL REFERENCES staff (id),
    office          TEXT NOT NULL,
    digest           BLOB NOT NULL,  -- keyed hash of the code
    recorded_at     INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    countersigned_by BLOB REFERENCES staff (id),
    used_at         INTEGER,
    tries           INTEGER NOT NULL
) STRICT;
