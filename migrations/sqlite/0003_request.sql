-- First answers to calls that create or settle something, by the client's name for the call.
CREATE TABLE request (
    caller     BLOB NOT NULL REFERENCES staff (id),
    request_id BLOB NOT NULL,
    content    BLOB NOT NULL,  -- keyed hash of method and content
    answer     TEXT NOT NULL,  -- JSON without personal data
    at         INTEGER NOT NULL,
    PRIMARY KEY (caller, request_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX request_at ON request (at);
