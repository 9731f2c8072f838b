-- The staff directory: which certificate may call, in which role, at which office.
CREATE TABLE staff (
    id         BLOB PRIMARY KEY,
    issuer     TEXT NOT NULL,  -- distinguished name of the certificate's issuer, RFC 4514
    uri        TEXT NOT NULL,  -- the certificate's SAN URI
    role       TEXT NOT NULL,
    office     TEXT,
    enabled    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,  -- microseconds since the Unix epoch, as every instant here
    UNIQUE (issuer, uri)
) STRICT;
