-- The staff directory: who may call, in which role, at which office, with which certificates.
CREATE TABLE staff (
    id         UUID PRIMARY KEY,
    role       TEXT NOT NULL,
    office     TEXT,
    enabled    BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL  -- microseconds since the Unix epoch, as every instant here
);

-- A person may have several while an old certificate and its successor overlap.
CREATE TABLE staff_certificate (
    issuer     TEXT NOT NULL,  -- distinguished name of the certificate's issuer, RFC 4514
    uri        TEXT NOT NULL,  -- the certificate's SAN URI
    staff_id   UUID NOT NULL REFERENCES staff (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (issuer, uri)
);

CREATE INDEX staff_certificate_staff ON staff_certificate (staff_id);
