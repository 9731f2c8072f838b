-- Every device that was ever bound to an account, with its dates (NIST SP 800-63B-4 section 4.1): rows are never deleted, and
-- a key that was used once is not used again.
CREATE TABLE device (
    id             UUID PRIMARY KEY,
    account_id     UUID NOT NULL REFERENCES account (id),
    key_thumbprint BYTEA NOT NULL UNIQUE,  -- SHA-256 over spki
    spki           BYTEA NOT NULL,
    route          TEXT NOT NULL,
    assurance      TEXT NOT NULL,
    bound_at       BIGINT NOT NULL,
    ended_at       BIGINT,
    end_reason     TEXT
);

CREATE INDEX device_account ON device (account_id, bound_at);
-- One at a time.
CREATE UNIQUE INDEX device_active ON device (account_id) WHERE ended_at IS NULL;

-- Authorities that issue certificates to devices: one for each key of the ring that was ever used.
CREATE TABLE device_authority (
    id          BYTEA PRIMARY KEY,  -- SHA-256 over its public key
    certificate BYTEA NOT NULL,
    founded_at  BIGINT NOT NULL
);

CREATE TABLE device_certificate (
    serial       BYTEA PRIMARY KEY,
    device_id    UUID NOT NULL REFERENCES device (id),
    authority_id BYTEA NOT NULL REFERENCES device_authority (id),
    der          BYTEA NOT NULL,
    issued_at    BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    revoked_at   BIGINT,
    list_number  BIGINT  -- the first list that it stood in
);

CREATE INDEX device_certificate_device ON device_certificate (device_id, issued_at);
CREATE INDEX device_certificate_revoked ON device_certificate (authority_id, expires_at, serial)
    WHERE revoked_at IS NOT NULL;
CREATE INDEX device_certificate_unlisted ON device_certificate (authority_id, expires_at)
    WHERE revoked_at IS NOT NULL AND list_number IS NULL;

-- The latest list of each authority.
CREATE TABLE device_list (
    authority_id BYTEA PRIMARY KEY REFERENCES device_authority (id),
    number       BIGINT NOT NULL,
    der          BYTEA NOT NULL,
    made_at      BIGINT NOT NULL,
    next_at      BIGINT NOT NULL
);

-- Challenges that devices sign, each once.
CREATE TABLE device_challenge (
    value          BYTEA PRIMARY KEY,
    account_id     UUID NOT NULL REFERENCES account (id),
    purpose        TEXT NOT NULL,
    key_thumbprint BYTEA NOT NULL,
    drawn_at       BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL,
    spent_at       BIGINT
);

CREATE INDEX device_challenge_expires ON device_challenge (expires_at);

-- Secrets of offline codes, one for each device.
CREATE TABLE device_totp (
    device_id       UUID PRIMARY KEY REFERENCES device (id),
    secret          BYTEA NOT NULL,  -- sealed
    last_step       BIGINT NOT NULL,  -- the latest step that was taken; -1 before the first
    drift           BIGINT,  -- by how many steps the device's clock was ahead then
    failures_day    BIGINT NOT NULL,  -- Julian day that failures_today counts; 0 before the first
    failures_today  BIGINT NOT NULL,
    failures_in_row BIGINT NOT NULL
);

-- Proofs in person: one slot for each account, a new proof takes the place of the one before.
CREATE TABLE device_proof (
    account_id      UUID PRIMARY KEY REFERENCES account (id),
    id              UUID NOT NULL UNIQUE,
    purpose         TEXT NOT NULL,
    officer         UUID NOT NULL REFERENCES staff (id),
    office          TEXT NOT NULL,
    digest          BYTEA NOT NULL,  -- keyed hash of the code
    recorded_at     BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    countersigned_by UUID REFERENCES staff (id),
    used_at         BIGINT,
    tries           BIGINT NOT NULL
);
