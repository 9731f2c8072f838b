-- The staff directory: who may call, in which role, at which office, with which certificates.
CREATE TABLE staff (
    id         BLOB PRIMARY KEY,
    role       TEXT NOT NULL,
    office     TEXT,
    enabled    INTEGER NOT NULL,
    created_at INTEGER NOT NULL  -- microseconds since the Unix epoch, as every instant here
) STRICT;

-- A person may have several while an old certificate and its successor overlap.
CREATE TABLE staff_certificate (
    issuer     TEXT NOT NULL,  -- distinguished name of the certificate's issuer, RFC 4514
    uri        TEXT NOT NULL,  -- the certificate's SAN URI
    staff_id   BLOB NOT NULL REFERENCES staff (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, uri)
) STRICT, WITHOUT ROWID;

CREATE INDEX staff_certificate_staff ON staff_certificate (staff_id);
